/* SPDX-License-Identifier: MIT */
#include "compose/place.h"

#include <string.h>

#include "core/i18n.h"
#include "compose/place_inside.h"
#include "compose/variables.h"

static bool anchor_used(const struct yaml_node *n, const char *anchor)
{
	if (n->kind == YAML_ALIAS)
		return STR_EQ(n->value, anchor);
	for (size_t i = 0; i < n->count; i++)
		if (anchor_used(n->items[i], anchor))
			return true;
	return false;
}

static const struct yaml_node *behind_alias(const struct yaml_node *n)
{
	return n && n->kind == YAML_ALIAS ? n->target : n;
}

static const struct yaml_node *seen_through(const struct yaml_node *map, const char *key);

/* What a merge key (<<) brings under this key. Never add that key: it would shadow half of what the merge brings. */
static const struct yaml_node *merged(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *from = behind_alias(yaml_get(map, "<<")), *found = NULL;

	if (!from || from->kind == YAML_MAPPING)
		return from ? seen_through(from, key) : NULL;
	for (size_t i = 0; from->kind == YAML_SEQUENCE && i < from->count && !found; i++)
		found = seen_through(behind_alias(from->items[i]), key);
	return found;
}

/* Value of a key as Compose sees it, through aliases and merge keys; NULL: none. */
static const struct yaml_node *seen_through(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *found = behind_alias(yaml_get(map, key));

	return found ? found : merged(map, key);
}

static bool is_reset(const struct yaml_node *n)
{
	return n && yaml_tag(n) && STR_EQ(yaml_tag(n), "!reset");
}

/* YAML's own tags only state a type; Compose's (!reset, !override) change the meaning. */
static bool has_meaning(const char *tag)
{
	return tag && strncmp(tag, "tag:yaml.org,2002:", 18) != 0;
}

static const char *in_the_way(const struct yaml_doc *doc, const struct yaml_node *n)
{
	if (n->kind == YAML_ALIAS)
		return _("it is reached through an alias");
	if (yaml_anchor(n) && anchor_used(doc->root, yaml_anchor(n)))
		return _("it is below an anchor that is used elsewhere too");
	if (n->kind != YAML_SCALAR && has_meaning(yaml_tag(n)))
		return _("it is below a tag of Compose, such as !reset");
	return NULL;
}

static const struct yaml_node *key_node(const struct yaml_node *map, const struct yaml_node *value)
{
	for (size_t i = 0; i + 1 < map->count; i += 2)
		if (map->items[i + 1] == value)
			return map->items[i];
	return NULL;
}

static struct place missing(const struct finder *f, const struct yaml_node *map, const struct yaml_node *at,
			    const char *key, const char *rest)
{
	if (merged(map, key))
		return inside_manual(f, _("a merge key (<<) brings it in"));
	if (yaml_get(map, "extends"))
		return inside_manual(f, _("the service extends another one"));
	return (struct place){.kind = PLACE_MISSING, .path = f->path, .form = f->form, .node = at, .rest = rest};
}

/* Walks down the path. Returns HERE with just the node (of any kind), MISSING with the rest of the path, or MANUAL. */
static struct place follow(const struct finder *f, const char *path)
{
	const struct yaml_node *at = f->doc->root;
	const char *why;

	if (!at)
		return inside_manual(f, _("the file is empty"));
	for (const char *rest = path; *rest;) {
		const char *key = arena_strndup(f->a, rest, strcspn(rest, "/"));
		const struct yaml_node *next;

		why = in_the_way(f->doc, at);
		if (why || at->kind != YAML_MAPPING)
			return inside_manual(f, why ? why
						: has_meaning(yaml_tag(at))
							? _("it is below a tag of Compose, such as !reset")
							: _("something else is in its place"));
		next = yaml_get(at, key);
		if (!next)
			return missing(f, at, at, key, rest);
		rest += strlen(key);
		rest += *rest == '/';
		if (*rest && variable_is_null(next)) {
			struct place p = missing(f, at, next, "", rest);

			p.key = key_node(at, next);
			p.in_flow = at->style == YAML_FLOW;
			return p;
		}
		at = next;
	}
	why = in_the_way(f->doc, at);
	return why ? inside_manual(f, why)
		   : (struct place){.kind = PLACE_HERE, .path = f->path, .form = f->form, .node = at};
}

/* The node at a path as Compose sees it: through aliases and merge keys, nothing for !reset. NULL: none. */
const struct yaml_node *place_effective(struct arena *a, const struct yaml_node *root, const char *path)
{
	const struct yaml_node *at = root;

	for (size_t n; at && *path; path += n + (path[n] == '/')) {
		char key[64]; /* nearly all keys fit, and a search leaves nothing behind */

		n = strcspn(path, "/");
		if (n < sizeof(key)) {
			memcpy(key, path, n);
			key[n] = '\0';
		}
		at = seen_through(behind_alias(at), n < sizeof(key) ? key : arena_strndup(a, path, n));
		if (is_reset(at))
			return NULL;
	}
	return behind_alias(at);
}

static const struct yaml_node *effective(const struct finder *f, const char *key)
{
	return place_effective(f->a, f->doc->root, arena_printf(f->a, "%s/%s", f->v->path, key));
}

/* Is the flag in the command, wherever the command comes from? It overrides the environment. */
static bool has_flag(const struct finder *f)
{
	const struct yaml_node *command = effective(f, "command");

	return command ? inside_command(f, command).kind != PLACE_MISSING : effective(f, "extends") != NULL;
}

/*
 * Aims at the worker count: where the project has it; if that is not known, the command's flag if there is one, else
 * the environment, in the form it has.
 */
static void aim_at_workers(struct finder *f)
{
	const struct yaml_node *environment = effective(f, "environment");
	bool entrypoint = f->v->count == COUNT_IN_ENTRYPOINT;
	bool flag = entrypoint || f->v->count == COUNT_IN_COMMAND || (f->v->count == COUNT_UNSETTLED && has_flag(f));

	f->form = flag ? FORM_COMMAND : environment && environment->kind == YAML_SEQUENCE ? FORM_ENTRY : FORM_VALUE;
	f->path = arena_printf(f->a, "%s/%s", f->v->path,
			       entrypoint	       ? "entrypoint"
			       : flag		       ? "command"
			       : f->form == FORM_ENTRY ? "environment"
						       : arena_printf(f->a, "environment/%s", owned_variable(f->v)));
}

/* "NUM_WORKERS:" without a value passes the variable through from Compose's environment, that is, .env. */
static struct place passed_through(const struct finder *f, const struct yaml_node *n)
{
	struct place p = inside_null(f, n);

	p.kind = PLACE_VARIABLE;
	p.variable = owned_variable(f->v);
	p.env_file = ".env";
	return p;
}

/* The flag of a command or entrypoint. It is never put in: what else stands there is not known. */
static struct place find_flag(const struct finder *f)
{
	struct place p = follow(f, f->path);

	if (p.kind == PLACE_HERE)
		p = inside_command(f, p.node);
	return p.kind == PLACE_MISSING ? inside_manual(f, _("it comes from elsewhere")) : p;
}

/* The last env file of the service; NULL: none, or its path has variables. */
static const char *env_file_of(const struct yaml_node *service)
{
	const struct yaml_node *n = yaml_get(service, "env_file");

	if (n && n->kind == YAML_SEQUENCE && n->count > 0)
		n = n->items[n->count - 1];
	if (n && n->kind == YAML_MAPPING)
		n = yaml_get(n, "path");
	return yaml_is_scalar(n) && !strchr(n->value, '$') ? n->value : NULL;
}

/*
 * The worker count: a flag overrides the environment, which overrides an env file. If it is nowhere, it goes into the
 * environment: what the command would do with one more flag is unknown.
 */
static struct place find_workers(struct finder *f)
{
	struct place service = follow(f, f->v->path), p;

	aim_at_workers(f);
	if (service.kind != PLACE_HERE)
		return inside_manual(f, service.why ? service.why : _("something else is in its place"));
	if (f->form == FORM_COMMAND)
		return find_flag(f);
	p = follow(f, f->path);
	if (p.kind == PLACE_HERE && f->form == FORM_ENTRY)
		p = inside_entries(f, p.node);
	else if (p.kind == PLACE_HERE)
		p = variable_is_null(p.node) ? passed_through(f, p.node) : inside_whole(f, p.node);
	if (p.kind == PLACE_MISSING && f->v->count == COUNT_UNSETTLED) {
		p.variable = WORKERS_VARIABLE;
		p.env_file = env_file_of(service.node);
	} else if (p.kind == PLACE_MISSING) {
		p.variable = f->v->env_variable;
		p.env_file = f->v->env_file;
	}
	return p;
}

static struct place find(struct finder *f)
{
	struct place at;

	if (f->v->place == OWNED_WORKERS)
		return find_workers(f);
	at = follow(f, f->path);
	if (at.kind != PLACE_HERE)
		return at;
	if (f->v->place == OWNED_WORD)
		return inside_command(f, at.node);
	return variable_is_null(at.node) ? inside_null(f, at.node) : inside_whole(f, at.node);
}

/* Effective value of what we cannot edit, so that a manual fix is not asked for twice. */
static const char *holds(const struct finder *f)
{
	bool entry = f->form == FORM_ENTRY, command = f->form == FORM_COMMAND;
	const struct yaml_node *n = place_effective(f->a, f->doc->root, f->path);
	struct place at;

	if (!n)
		return NULL;
	if (!entry && !command)
		return n->kind == YAML_SCALAR && !variable_is_null(n) ? n->value : NULL;
	at = entry && n->kind == YAML_SEQUENCE ? inside_entries(f, n) : inside_command(f, n);
	/* Present, but not understood: never equals the wanted value. */
	return at.kind == PLACE_HERE ? at.current : at.kind == PLACE_MISSING ? NULL : "something else";
}

/* Never insert a whole service: one that has only limits is none. */
static bool service_is_gone(const struct finder *f)
{
	const char *name = f->v->path + 9;
	const struct yaml_node *service;

	if (strncmp(f->v->path, "services/", 9) != 0)
		return false;
	service =
		place_effective(f->a, f->doc->root, arena_printf(f->a, "services/%.*s", (int)strcspn(name, "/"), name));
	return !service || service->kind != YAML_MAPPING;
}

/* The service of the same file that `extends` names; NULL: none. */
static const char *extended_by(const struct yaml_node *service)
{
	const struct yaml_node *extends = behind_alias(yaml_get(behind_alias(service), "extends"));

	if (extends && extends->kind == YAML_MAPPING)
		extends = yaml_get(extends, "file") ? NULL : yaml_get(extends, "service");
	return yaml_text(extends);
}

/* Does another service of the file extend this one? A change here would change that one too. */
static bool is_extended(const struct finder *f)
{
	const struct yaml_node *services = behind_alias(yaml_get(f->doc->root, "services"));
	const char *name = f->v->path + 9;
	size_t len;

	if (strncmp(f->v->path, "services/", 9) != 0 || !services || services->kind != YAML_MAPPING)
		return false;
	len = strcspn(name, "/");
	for (size_t i = 0; i + 1 < services->count; i += 2) {
		const char *from = extended_by(services->items[i + 1]);

		if (from && strlen(from) == len && memcmp(from, name, len) == 0)
			return true;
	}
	return false;
}

/* Marks a place as one that only a person can change. */
void place_make_manual(struct place *p, const char *why)
{
	*p = (struct place){.kind = PLACE_MANUAL, .path = p->path, .form = p->form, .current = p->current, .why = why};
}

/* The value replaces a variable that must not be changed; if that is not possible, a person is told `why`. */
void place_write_here(struct place *p, const char *why)
{
	if (p->node)
		p->kind = PLACE_HERE;
	else
		place_make_manual(p, why);
}

/*
 * Finds an owned value. All is allocated from a. If its variable is used elsewhere in the file too, the place is not
 * VARIABLE but HERE, with the variable named.
 */
struct place place_find(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v)
{
	struct finder f = {a, doc, v, v->path, v->place == OWNED_WORD ? FORM_COMMAND : FORM_VALUE};
	struct place p;

	if (doc->root && service_is_gone(&f))
		return (struct place){.kind = PLACE_NOWHERE, .path = f.path, .form = f.form};
	p = find(&f);
	if (p.kind == PLACE_VARIABLE && variable_uses(doc, p.variable) > 1)
		place_write_here(&p, _("its variable stands for something else too"));
	if (p.kind != PLACE_MANUAL && doc->root && is_extended(&f))
		place_make_manual(&p, _("another service extends this one"));
	if (p.kind == PLACE_MANUAL && doc->root)
		p.current = holds(&f);
	return p;
}
