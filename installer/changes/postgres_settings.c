/* SPDX-License-Identifier: MIT */
/*
 * What a database's own settings make it need. PostgreSQL's server takes them from its command line, then from
 * postgresql.auto.conf, then from postgresql.conf (PostgreSQL's documentation, "Setting Parameters"); images that take
 * them from variables hand them on to one of these.
 */
#include <ctype.h>
#include <string.h>

#include "changes/container_view.h"
#include "changes/stack_needs.h"
#include "core/i18n.h"
#include "core/units.h"
#include "core/text.h"

/* PostgreSQL's default of shared_buffers. vpsfit's own stack sets half of it. */
#define USUAL_BUFFERS_MIB 128
#define USUAL_WORK_MIB 4
#define USUAL_MAINTENANCE_MIB 64
/* Queries that sort or join at the same time. Each may take work_mem more than once. */
#define BUSY_QUERIES 4
/* More connections than PostgreSQL takes. */
#define MOST_CONNECTIONS 262143

/* Files that include one another; people have one or two. */
#define MOST_DEPTH 8

struct reading {
	struct building *b;
	const struct service *s;
	const struct yaml_node *service; /* merged */
	bool unclear;			 /* a file that cannot be read may say it */
};

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* Compares names as PostgreSQL does, which takes "--shared-buffers" for shared_buffers. */
static bool same_name(const char *text, const char *name)
{
	for (; *name; text++, name++)
		if (tolower((unsigned char)*text) != *name && !(*text == '-' && *name == '_'))
			return false;
	return true;
}

/* The value behind "name =", or in a configuration file behind "name "; NULL: it is not there. The last one counts. */
static const char *value_in(struct arena *a, const char *text, const char *name, bool is_file)
{
	size_t n = strlen(name);
	const char *found = NULL;

	for (const char *at = text; *at; at++) {
		const char *value = at + n;
		bool starts = at == text || !is_name_char(at[-1]) || (at[-1] == '-' && !is_file) ||
			      (at[-1] == 'c' && at > text + 1 && at[-2] == '-' && !is_file);

		if (is_file && *at == '#') {
			at += strcspn(at, "\n");
			if (!*at)
				break;
			continue;
		}
		if (!starts || !same_name(at, name) || is_name_char(*value))
			continue;
		value += strspn(value, " \t");
		if (*value != '=' && !(is_file && value > at + n))
			continue;
		value += *value == '=';
		value += strspn(value, " \t'\"");
		found = arena_strndup(a, value, strcspn(value, " \t\r\n'\"#;,)]"));
	}
	return found;
}

static bool ends_with_name(const char *variable, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len >= n && same_name(variable + len - n, name) &&
	       (len == n || variable[len - n - 1] == '_' || variable[len - n - 1] == '-');
}

/* A variable such as POSTGRESQL_MAX_CONNECTIONS, or one with arguments in it. */
static const char *value_in_variables(struct arena *a, const char *variables, const char *name)
{
	const char *found = NULL;

	for (size_t n; *variables; variables += n + (variables[n] == '\n')) {
		size_t key = strcspn(variables, "=\n");
		const char *value;

		n = strcspn(variables, "\n");
		if (variables[key] != '=')
			continue;
		value = arena_strndup(a, variables + key + 1, n - key - 1);
		if (!ends_with_name(variables, key, name))
			value = value_in(a, value, name, false);
		found = value && value[0] ? value : found;
	}
	return found;
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && STR_EQ(text + n - k, end);
}

static const char *value_in_conf(struct reading *r, const char *path, const char *name, int depth);

/* The file that a line of another one includes; NULL: it includes none. */
static const char *included_by(struct arena *a, const char *line, const char *path, bool *ret_may_lack)
{
	static const char *const words[] = {"include_if_exists", "include_dir", "include"};
	const char *slash = strrchr(path, '/'), *name;
	size_t n = 0, i = 0;

	line += strspn(line, " \t");
	for (; i < ARRAY_SIZE(words); i++) {
		n = strlen(words[i]);
		if (strncmp(line, words[i], n) == 0 && line[n] && strchr(" \t='", line[n]))
			break;
	}
	if (i == ARRAY_SIZE(words))
		return NULL;
	*ret_may_lack = i == 0;
	name = line + n + strspn(line + n, " \t='");
	name = arena_strndup(a, name, strcspn(name, " \t\r'#"));
	return name[0] == '/' || !slash ? name : arena_printf(a, "%.*s/%s", (int)(slash - path), path, name);
}

/*
 * In the text of a configuration file and in those that it includes, in their order. One that is not to be read here
 * may say it.
 */
static const char *value_in_text(struct reading *r, const char *path, const char *text, const char *name, int depth)
{
	struct arena *a = r->b->a;
	const char *found = NULL;

	for (size_t n; *text; text += n + (text[n] == '\n')) {
		const char *line, *other, *value;
		bool may_lack = false;

		n = strcspn(text, "\n");
		line = arena_strndup(a, text, n);
		other = included_by(a, line, path, &may_lack);
		if (other && !view_file(r->b, r->service, other)) {
			r->unclear = r->unclear || !may_lack;
			found = may_lack ? found : NULL;
			continue;
		}
		value = other ? value_in_conf(r, other, name, depth + 1) : value_in(a, line, name, true);
		r->unclear = r->unclear && !value;
		found = value ? value : found;
	}
	return found;
}

/* NULL: there is no such file, or it does not say it. */
static const char *value_in_conf(struct reading *r, const char *path, const char *name, int depth)
{
	const char *text = depth > MOST_DEPTH ? NULL : view_file(r->b, r->service, path);

	return text ? value_in_text(r, path, text, name, depth) : NULL;
}

/*
 * In a file of the data's directory, where that is not a mount itself: PGDATA names it, and the image of PostgreSQL 18
 * has it two levels below its volume (docker-library/postgres, 18/bookworm/Dockerfile).
 */
static const char *value_in_data(struct reading *r, const char *file, const char *name)
{
	const char *dir = view_variable(r->b, r->service, "PGDATA");

	if (!dir)
		dir = arena_printf(r->b->a, "%s/18/docker", r->s->data ? r->s->data : "");
	return value_in_conf(r, arena_printf(r->b->a, "%s/%s", dir, file), name, 0);
}

/* In a file that is mounted, or that lies in a directory that is. */
static const char *value_in_files(struct reading *r, const char *name)
{
	const char *path, *found = NULL;

	for (size_t k = 0; !found && k < r->s->read_count; k++) {
		found = value_in_data(r, r->s->reads[k], name);
		for (size_t i = 0; !found && view_mount(r->b, r->service, i, &path); i++) {
			const char *file = r->s->reads[k];

			/* A file of another name is one that the last of them includes. */
			if (!path[0] || (ends_in(path, ".conf") && !ends_in(path, file) && k + 1 < r->s->read_count))
				continue;
			found = value_in_conf(
				r, ends_in(path, ".conf") ? path : arena_printf(r->b->a, "%s/%s", path, file), name, 0);
		}
	}
	return found;
}

/* The file that the command line names lies anywhere. */
static const char *value_in_named_file(struct reading *r, const char *command, const char *name)
{
	const char *path = value_in(r->b->a, command, "config_file", false);

	if (!path)
		return NULL;
	r->unclear = !view_file(r->b, r->service, path);
	return value_in_conf(r, path, name, 0);
}

/* A setting as text; NULL: nothing says it. flag: the server's short option for it, or NULL. */
static const char *setting(struct reading *r, const char *name, const char *flag)
{
	struct arena *a = r->b->a;
	const char *command = view_command(a, r->service), *found = value_in(a, command, name, false);

	r->unclear = false;
	if (!found && flag)
		found = view_after(a, command, flag);
	if (!found)
		found = value_in_named_file(r, command, name);
	if (!found)
		found = value_in_variables(a, view_variables(r->b, r->service), name);
	return found ? found : value_in_files(r, name);
}

/* A size as PostgreSQL reads it, in MiB: "1GB", "512MB", "131072kB"; without a unit it counts in `unit_kib`. */
static bool size_of(const char *text, int64_t unit_kib, int64_t *ret)
{
	static const struct {
		const char *unit;
		int64_t kib;
	} units[] = {{"kB", 1}, {"MB", 1024}, {"GB", 1024 * 1024}, {"TB", (int64_t)1024 * 1024 * 1024}};
	const char *end;
	uint64_t n;
	int64_t kib;

	if (!text || !parse_uint_prefix(text, UNITS_MAX_MIB, &n, &end))
		return false;
	kib = *end ? 0 : unit_kib;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		kib = STR_EQ(end, units[i].unit) ? units[i].kib : kib;
	if (kib == 0)
		return false;
	*ret = min_i64(UNITS_MAX_MIB, (int64_t)n * kib / 1024);
	return true;
}

static void take_buffers(const char *text, struct service_needs *n)
{
	int64_t mib = USUAL_BUFFERS_MIB;

	/* Blocks of 8 KiB. */
	if (size_of(text, 8, &mib))
		n->unknown = NULL;
	n->adds_mib += max_i64(0, mib - USUAL_BUFFERS_MIB);
	/* The buffers that the figures are made for are left as room for the connections of the reserve. */
	n->limit_adds_mib += min_i64(mib, USUAL_BUFFERS_MIB);
	if (mib > USUAL_BUFFERS_MIB && n->reason_count < MAX_NEED_REASONS)
		n->reasons[n->reason_count++] = N_("its shared_buffers are larger than usual, and fill with the data");
}

/* The next word of a command line, without its directory; NULL: there are no more. */
static const char *next_program(struct arena *a, const char **text)
{
	static const char ends[] = " \t\r\n\"'();&|";
	const char *word, *slash;
	size_t n;

	*text += strspn(*text, ends);
	n = strcspn(*text, ends);
	if (n == 0)
		return NULL;
	word = arena_strndup(a, *text, n);
	slash = strrchr(word, '/');
	*text += n;
	return slash ? slash + 1 : word;
}

/*
 * Is the server started as its image does it, by its own command line or by a shell's that can be read here? A program
 * of a person's own, and an image that is built here, may give it any setting.
 */
static bool starts_in_sight(const struct reading *r)
{
	/* The service has its program's name. */
	const char *const servers[] = {r->s->name, "docker-entrypoint.sh"}, *const starters[] = {
										    "sh",	"bash",
										    "ash",	"dash",
										    "env",	"exec",
										    "tini",	"dumb-init",
										    "gosu",	"su-exec",
										    r->s->name, "docker-entrypoint.sh"};
	const char *text = view_command(r->b->a, r->service), *word = next_program(r->b->a, &text);

	if (yaml_get(r->service, "build") || !view_knows_start(r->b->a, r->s, r->service))
		return false;
	if (!word || (word[0] == '-' && !view_words(r->b->a, yaml_get(r->service, "entrypoint"))[0]))
		return true;
	if (!text_is_among(word, starters, ARRAY_SIZE(starters)))
		return false;
	for (; word; word = next_program(r->b->a, &text))
		if (text_is_among(word, servers, ARRAY_SIZE(servers)))
			return true;
	return false;
}

/* As many connections as it allows. A script's variable is the service's; what is no number cannot be told. */
static void take_connections(struct reading *r, struct database_needs *ret)
{
	const char *text = setting(r, "max_connections", "-N"),
		   *value = text && text[0] == '$' ? view_shell_value(r->b, r->service, text) : text;
	uint64_t n;

	if (value && parse_uint(value, MOST_CONNECTIONS, &n))
		ret->said = (int64_t)n;
	else
		ret->unclear = text || r->unclear || !starts_in_sight(r);
}

void postgres_settings(struct building *b, const struct service *s, const struct yaml_node *service,
		       struct service_needs *needs, struct database_needs *ret)
{
	struct reading r = {b, s, service, false};
	int64_t mib;

	take_buffers(setting(&r, "shared_buffers", "-B"), needs);
	if (size_of(setting(&r, "work_mem", NULL), 1, &mib))
		needs->limit_adds_mib += BUSY_QUERIES * max_i64(0, mib - USUAL_WORK_MIB);
	if (size_of(setting(&r, "maintenance_work_mem", NULL), 1, &mib))
		needs->limit_adds_mib += max_i64(0, mib - USUAL_MAINTENANCE_MIB);
	take_connections(&r, ret);
}
