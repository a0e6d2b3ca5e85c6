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

/* PostgreSQL's default of shared_buffers. vpsfit's own stack sets half of it. */
#define USUAL_BUFFERS_MIB 128
#define USUAL_WORK_MIB 4
#define USUAL_MAINTENANCE_MIB 64
/* Queries that sort or join at the same time. Each may take work_mem more than once. */
#define BUSY_QUERIES 4
/* More connections than PostgreSQL takes. */
#define MOST_CONNECTIONS 262143

struct reading {
	struct building *b;
	const struct service *s;
	const struct yaml_node *service; /* merged */
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

/*
 * In a file of the data's directory, where that is not a mount itself: PGDATA names it, and the image of PostgreSQL 18
 * has it two levels below its volume (docker-library/postgres, 18/bookworm/Dockerfile).
 */
static const char *value_in_data(const struct reading *r, const char *file, const char *name)
{
	const char *dir = view_variable(r->b, r->service, "PGDATA"), *text;

	if (!dir)
		dir = arena_printf(r->b->a, "%s/18/docker", r->s->data ? r->s->data : "");
	text = view_file(r->b, r->service, arena_printf(r->b->a, "%s/%s", dir, file));

	return text ? value_in(r->b->a, text, name, true) : NULL;
}

/* In a file that is mounted, or that lies in a directory that is. */
static const char *value_in_files(const struct reading *r, const char *name)
{
	const char *path, *found = NULL;

	for (size_t k = 0; !found && k < r->s->read_count; k++) {
		found = value_in_data(r, r->s->reads[k], name);
		for (size_t i = 0; !found && view_mount(r->b, r->service, i, &path); i++) {
			const char *file = r->s->reads[k], *text;

			/* A file of another name is one that the last of them includes. */
			if (!path[0] || (ends_in(path, ".conf") && !ends_in(path, file) && k + 1 < r->s->read_count))
				continue;
			text = view_file(r->b, r->service,
					 ends_in(path, ".conf") ? path : arena_printf(r->b->a, "%s/%s", path, file));
			found = text ? value_in(r->b->a, text, name, true) : NULL;
		}
	}
	return found;
}

/* The file that the command line names lies anywhere. */
static const char *value_in_named_file(const struct reading *r, const char *command, const char *name)
{
	const char *path = value_in(r->b->a, command, "config_file", false);
	const char *text = path ? view_file(r->b, r->service, path) : NULL;

	return text ? value_in(r->b->a, text, name, true) : NULL;
}

/* A setting as text; NULL: nothing says it. flag: the server's short option for it, or NULL. */
static const char *setting(const struct reading *r, const char *name, const char *flag)
{
	struct arena *a = r->b->a;
	const char *command = view_command(a, r->service), *found = value_in(a, command, name, false);

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

void postgres_settings(struct building *b, const struct service *s, const struct yaml_node *service,
		       struct service_needs *needs, int64_t *ret_connections)
{
	const struct reading r = {b, s, service};
	const char *connections = setting(&r, "max_connections", "-N");
	int64_t mib;
	uint64_t n;

	take_buffers(setting(&r, "shared_buffers", "-B"), needs);
	if (size_of(setting(&r, "work_mem", NULL), 1, &mib))
		needs->limit_adds_mib += BUSY_QUERIES * max_i64(0, mib - USUAL_WORK_MIB);
	if (size_of(setting(&r, "maintenance_work_mem", NULL), 1, &mib))
		needs->limit_adds_mib += max_i64(0, mib - USUAL_MAINTENANCE_MIB);
	if (connections && parse_uint(connections, MOST_CONNECTIONS, &n))
		*ret_connections = (int64_t)n;
}
