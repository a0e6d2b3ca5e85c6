/* SPDX-License-Identifier: MIT */
#include "changes/container_view.h"

#include <errno.h>
#include <string.h>

#include "changes/volumes.h"
#include "compose/env.h"
#include "core/strbuf.h"
#include "core/text.h"

/* Bytes of an env file: a longer one is no list of settings. */
#define MOST_VARIABLES 65536

bool view_ends_word(char c)
{
	return c == '\0' || strchr(" \t\r\n\"'[](),;|&", c);
}

const char *view_after(struct arena *a, const char *text, const char *word)
{
	size_t n = strlen(word);
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, word)); at += n) {
		const char *value = at + n;

		if ((at > text && !view_ends_word(at[-1])) || !(*value == '=' || view_ends_word(*value)))
			continue;
		value += strspn(value, "= \t\r\n\"'");
		found = arena_strndup(a, value, strcspn(value, " \t\r\n\"'[](),;|&"));
	}
	return found;
}

const char *view_words(struct arena *a, const struct yaml_node *n)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	if (n && n->kind == YAML_SCALAR)
		return n->value;
	for (size_t i = 0; n && n->kind == YAML_SEQUENCE && i < n->count; i++)
		if (yaml_is_scalar(n->items[i]))
			strbuf_printf(&out, "%s\n", n->items[i]->value);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

const char *view_command(struct arena *a, const struct yaml_node *service)
{
	return arena_printf(a, "%s\n%s", view_words(a, yaml_get(service, "entrypoint")),
			    view_words(a, yaml_get(service, "command")));
}

bool view_knows_start(struct arena *a, const struct service *s, const struct yaml_node *service)
{
	const char *image = yaml_text(yaml_get(service, "image"));
	struct image_ref ref;

	if (s->known_start_count == 0 || view_words(a, yaml_get(service, "command"))[0] || yaml_get(service, "build"))
		return true;
	/* A mirror keeps the repository's name. */
	return image && image_split(a, image, &ref) &&
	       text_is_among(ref.repository, s->known_start, s->known_start_count);
}

bool view_takes_command(const struct building *b, const char *name)
{
	const struct project_service *one = name ? project_service(b->project, name) : NULL;
	const char *start = one ? view_words(b->a, yaml_get(one->node, "entrypoint")) : "";

	return !start[0] || strstr(start, "docker-entrypoint.sh\n") || STR_EQ(start, "docker-entrypoint.sh");
}

/* Reads a file of this machine as text; NULL: it cannot be read, or is none. */
static const char *text_of(struct building *b, const char *path)
{
	const char *text;
	size_t len;

	return compose_read(b, path, &text, &len) == 0 && strlen(text) == len ? text : NULL;
}

/* The text of the i-th env file; *ret is NULL if it cannot be read. False past the last one. */
static bool env_file(struct building *b, const struct yaml_node *service, size_t i, const char **ret)
{
	const struct yaml_node *files = yaml_get(service, "env_file"), *n;

	*ret = NULL;
	if (!files || files->kind != YAML_SEQUENCE || i >= files->count)
		return false;
	n = files->items[i];
	n = n->kind == YAML_MAPPING ? yaml_get(n, "path") : n;
	if (yaml_is_scalar(n))
		*ret = text_of(b, project_file_path(b->a, b->project, n->value));
	return true;
}

/* A variable without a value is passed through from where Compose runs: .env is what is known of that. */
static const char *passed_through(struct building *b, const char *name)
{
	const char *text = text_of(b, arena_printf(b->a, "%s/.env", b->req->dir));

	return text ? env_get(b->a, text, name) : NULL;
}

/* As YAML 1.2's core schema has it. */
static bool is_null(const struct yaml_node *n)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; n->style == YAML_PLAIN && i < ARRAY_SIZE(words); i++)
		if (STR_EQ(n->value, words[i]))
			return true;
	return false;
}

static const char *entry_text(struct building *b, const char *name, const struct yaml_node *value)
{
	if (!yaml_is_scalar(value))
		return NULL;
	if (is_null(value))
		return passed_through(b, name);
	return value->value;
}

const char *view_variable(struct building *b, const struct yaml_node *service, const char *name)
{
	const struct yaml_node *environment = yaml_get(service, "environment");
	const struct yaml_node *entry = environment ? yaml_get(environment, name) : NULL;
	const char *text, *found = NULL, *value;

	if (entry) {
		found = entry_text(b, name, entry);
		return found && found[0] ? found : NULL;
	}
	for (size_t i = 0; env_file(b, service, i, &text); i++) {
		value = text && env_has(b->a, text, name) ? env_get(b->a, text, name) : NULL;
		found = value ? value : found;
	}
	return found && found[0] ? found : NULL;
}

const char *view_shell_value(struct building *b, const struct yaml_node *service, const char *text)
{
	const char *name = text + 1 + (text[0] && text[1] == '{'), *value, *rest;
	size_t n = text[0] == '$' ? strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") : 0;

	if (n == 0)
		return NULL;
	value = view_variable(b, service, arena_strndup(b->a, name, n));
	rest = name + n + (name[n] == ':');
	if (!value && text[1] == '{' && *rest == '-')
		value = arena_strndup(b->a, rest + 1, strcspn(rest + 1, "}"));
	return value;
}

static void add_env_file(struct building *b, const char *text, struct strbuf *out)
{
	const struct env_pair pair = env_pair_read(b->a, text);
	size_t count;
	const char **keys = env_pair_keys(b->a, &pair, &count);

	for (size_t i = 0; i < count; i++) {
		const char *value = env_pair_get(b->a, &pair, keys[i]);

		strbuf_printf(out, "%s=%s\n", keys[i], value ? value : "");
	}
}

const char *view_variables(struct building *b, const struct yaml_node *service)
{
	const struct yaml_node *environment = yaml_get(service, "environment");
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (size_t i = 0; env_file(b, service, i, &text); i++)
		if (text && strlen(text) <= MOST_VARIABLES)
			add_env_file(b, text, &out);
	for (size_t i = 0; environment && environment->kind == YAML_MAPPING && i + 1 < environment->count; i += 2) {
		const char *name = environment->items[i]->value;
		const char *value = entry_text(b, name, environment->items[i + 1]);

		strbuf_printf(&out, "%s=%s\n", name, value ? value : "");
	}
	text = arena_strdup(b->a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* A mount, a config or a secret: a short text, or a mapping. */
static bool source_and_target(struct arena *a, const struct yaml_node *n, const char **ret_source,
			      const char **ret_target)
{
	const struct yaml_node *source = yaml_get(n, "source"), *target = yaml_get(n, "target");
	size_t len = n->kind == YAML_SCALAR ? strcspn(n->value, ":") : 0;

	if (n->kind == YAML_SCALAR) {
		*ret_source = arena_strndup(a, n->value, len);
		*ret_target = n->value[len] ? arena_strndup(a, n->value + len + 1, strcspn(n->value + len + 1, ":"))
					    : arena_printf(a, "/%s", *ret_source);
		return true;
	}
	if (!yaml_is_scalar(source))
		return false;
	*ret_source = source->value;
	*ret_target = yaml_is_scalar(target) ? target->value : arena_printf(a, "/%s", source->value);
	return true;
}

/* What is left of a path below a mount's target: "" if it is the target itself; NULL: it lies elsewhere. */
static const char *below(const char *path, const char *target)
{
	size_t n = strlen(target);

	n -= n > 1 && target[n - 1] == '/';
	return strncmp(path, target, n) == 0 && (path[n] == '/' || path[n] == '\0') ? path + n : NULL;
}

/* Where a mount's source is on this machine; NULL: it is a volume that nobody here can look into. */
static const char *on_this_machine(struct building *b, const char *source)
{
	const char *env = arena_printf(b->a, "%s/.env", b->req->dir);
	struct database_place place;

	if (source[0] == '.' || source[0] == '/')
		return project_file_path(b->a, b->project, source);
	place = database_volume(b->project->doc, source);
	return volumes_folder(b->req->root, b->a, b->req->dir, text_of(b, env), &place, &b->roots);
}

static const char *in_mounts(struct building *b, const struct yaml_node *service, const char *path)
{
	const struct yaml_node *mounts = yaml_get(service, "volumes");
	const char *found = NULL, *deepest = "";

	for (size_t i = 0; mounts && mounts->kind == YAML_SEQUENCE && i < mounts->count; i++) {
		const char *source, *target, *rest, *text;

		if (!source_and_target(b->a, mounts->items[i], &source, &target) || !(rest = below(path, target)) ||
		    strlen(target) < strlen(deepest) || !(source = on_this_machine(b, source)))
			continue;
		text = text_of(b, arena_printf(b->a, "%s%s", source, rest));
		found = text ? text : found;
		deepest = text ? target : deepest;
	}
	return found;
}

static const char *config_text(struct building *b, const char *name)
{
	const struct yaml_node *config = yaml_get(yaml_get(b->project->doc->root, "configs"), name);
	const char *content = yaml_text(yaml_get(config, "content")), *file = yaml_text(yaml_get(config, "file"));

	if (content)
		return content;
	return file ? text_of(b, project_file_path(b->a, b->project, file)) : NULL;
}

static const char *in_configs(struct building *b, const struct yaml_node *service, const char *path)
{
	const struct yaml_node *configs = yaml_get(service, "configs");

	for (size_t i = 0; configs && configs->kind == YAML_SEQUENCE && i < configs->count; i++) {
		const char *source, *target;

		if (source_and_target(b->a, configs->items[i], &source, &target) && STR_EQ(target, path))
			return config_text(b, source);
	}
	return NULL;
}

const char *view_file(struct building *b, const struct yaml_node *service, const char *path)
{
	const char *text = in_configs(b, service, path);

	return text ? text : in_mounts(b, service, path);
}

static size_t length(const struct yaml_node *list)
{
	return list && list->kind == YAML_SEQUENCE ? list->count : 0;
}

bool view_mount(struct building *b, const struct yaml_node *service, size_t i, const char **ret_path)
{
	const struct yaml_node *mounts = yaml_get(service, "volumes"), *configs = yaml_get(service, "configs");
	size_t n = length(mounts);
	const struct yaml_node *one;
	const char *source;

	if (i >= n + length(configs))
		return false;
	one = i < n ? mounts->items[i] : configs->items[i - n];
	*ret_path = "";
	if (!source_and_target(b->a, one, &source, ret_path))
		*ret_path = "";
	return true;
}
