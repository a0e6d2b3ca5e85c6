#include "stack/place.h"

#include <string.h>

#include "core/i18n.h"
#include "stack/env.h"

static struct place manual(const char *why)
{
	return (struct place){.kind = PLACE_MANUAL, .why = why};
}

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

/* What a merge key (<<) of the mapping brings in under this key. What it brings in must not be shadowed by half of it. */
static const struct yaml_node *merged(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *from = behind_alias(yaml_get(map, "<<")), *found = NULL;

	if (!from || from->kind == YAML_MAPPING)
		return from ? seen_through(from, key) : NULL;
	for (size_t i = 0; from->kind == YAML_SEQUENCE && i < from->count && !found; i++)
		found = seen_through(behind_alias(from->items[i]), key);
	return found;
}

/* What a key of the mapping holds, as Compose sees it. NULL: nothing. */
static const struct yaml_node *seen_through(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *found = behind_alias(yaml_get(map, key));

	return found ? found : merged(map, key);
}

static const char *shared(const struct yaml_doc *doc, const struct yaml_node *n)
{
	if (n->kind == YAML_ALIAS)
		return _("it stands behind an alias");
	if (n->anchor && anchor_used(doc->root, n->anchor))
		return _("it stands below an anchor that is used elsewhere too");
	return NULL;
}

static bool is_empty_scalar(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->style == YAML_PLAIN && n->value_len == 0 && !n->anchor && !n->tag;
}

static const struct yaml_node *key_node(const struct yaml_node *map, const struct yaml_node *value)
{
	for (size_t i = 0; i + 1 < map->count; i += 2)
		if (map->items[i + 1] == value)
			return map->items[i];
	return NULL;
}

static struct place missing(const struct yaml_node *map, const struct yaml_node *at, const char *key, const char *rest)
{
	if (merged(map, key))
		return manual(_("a merge key (<<) brings it in"));
	if (yaml_get(map, "extends"))
		return manual(_("the service extends another one"));
	return (struct place){.kind = PLACE_MISSING, .node = at, .rest = rest};
}

/* Walks down the path. HERE with the node alone (of any kind), MISSING with what is left of the path, or MANUAL. */
static struct place follow(struct arena *a, const struct yaml_doc *doc, const char *path)
{
	const struct yaml_node *at = doc->root;

	if (!at)
		return manual(_("the file is empty"));
	for (const char *rest = path; *rest;) {
		const char *key = arena_strndup(a, rest, strcspn(rest, "/")), *why = shared(doc, at);
		const struct yaml_node *next;

		if (why)
			return manual(why);
		if (at->kind != YAML_MAPPING)
			return manual(_("something else stands in its place"));
		next = yaml_get(at, key);
		if (!next)
			return missing(at, at, key, rest);
		rest += strlen(key);
		rest += *rest == '/';
		if (*rest && is_empty_scalar(next)) {
			struct place p = missing(at, next, "", rest);

			p.key = key_node(at, next);
			return p;
		}
		at = next;
	}
	return shared(doc, at) ? manual(shared(doc, at)) : (struct place){.kind = PLACE_HERE, .node = at};
}

const struct yaml_node *place_effective(struct arena *a, const struct yaml_node *root, const char *path)
{
	const struct yaml_node *at = root;

	for (size_t n; at && *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		at = seen_through(behind_alias(at), arena_strndup(a, path, n));
	}
	return behind_alias(at);
}

/* "${NAME}", "${NAME:-default}", "${NAME-default}" or "$NAME", the whole of it. */
static bool parse_variable(struct arena *a, const char *text, struct place *ret)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	bool braces = text[0] == '$' && text[1] == '{';
	const char *name = text + (braces ? 2 : 1);
	size_t n = text[0] == '$' ? strspn(name, letters) : 0, rest;

	if (n == 0 || (name[0] >= '0' && name[0] <= '9'))
		return false;
	*ret = (struct place){.kind = PLACE_VARIABLE, .variable = arena_strndup(a, name, n), .env_file = ".env"};
	if (!braces)
		return name[n] == '\0';
	name += n;
	rest = strlen(name);
	if (rest == 0 || name[rest - 1] != '}' || memchr(name, '$', rest) || memchr(name, '{', rest))
		return false;
	name += *name == ':';
	if (*name == '-')
		ret->current = arena_strndup(a, name + 1, strlen(name) - 2);
	return *name == '-' || *name == '?' || *name == '}';
}

static struct place in_whole(struct arena *a, const struct yaml_node *n, const char *wanted)
{
	struct place p;

	if (n->kind == YAML_ALIAS)
		return manual(_("it stands behind an alias"));
	if (n->kind != YAML_SCALAR)
		return manual(_("something else stands in its place"));
	if (n->anchor || n->tag)
		return manual(_("it carries an anchor or a tag"));
	if (strchr(n->value, '$'))
		return parse_variable(a, n->value, &p) ? p : manual(_("it is put together from variables"));
	if (n->style == YAML_LITERAL || n->style == YAML_FOLDED)
		return manual(_("it is a block of text"));
	return (struct place){.kind = PLACE_HERE,
			      .node = n,
			      .start = n->start,
			      .end = n->end,
			      .current = n->value,
			      .expected = wanted};
}

struct range {
	size_t from;
	size_t to;
};

static bool ends_word(char c)
{
	return c == '\0' || strchr(" \t\r\n\"'[](),;|&", c);
}

/* The value behind `word` in a text: "word=VALUE", "word VALUE", also with quotes or a line end between. How often it
 * is there. */
static size_t find_word(const char *text, size_t len, const char *word, struct range *ret)
{
	size_t n = strlen(word), count = 0;

	for (size_t at = 0; at + n < len; at++) {
		size_t value = at + n;

		if (memcmp(text + at, word, n) != 0 || (at > 0 && !ends_word(text[at - 1])) ||
		    !(text[value] == '=' || ends_word(text[value])))
			continue;
		while (value < len && (text[value] == '=' || (text[value] && strchr(" \t\r\n\"'", text[value]))))
			value++;
		ret->from = value;
		while (value < len && !ends_word(text[value]))
			value++;
		ret->to = value;
		count++;
	}
	return count;
}

static bool is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

/* The value behind a word within a scalar. count is how often the word is there. */
static struct place in_text(struct arena *a, const struct yaml_doc *doc, const struct yaml_node *n,
			    const struct owned_value *v, const char *word, size_t *count)
{
	struct range decoded = {0, 0}, raw = {0, 0};
	const char *value;
	struct place p;

	*count = find_word(n->value, n->value_len, word, &decoded);
	if (*count != 1)
		return manual(_("it is there more than once"));
	value = arena_strndup(a, n->value + decoded.from, decoded.to - decoded.from);
	if (n->anchor || n->tag)
		return manual(_("it carries an anchor or a tag"));
	if (strchr(value, '$'))
		return parse_variable(a, value, &p) ? p : manual(_("it is put together from variables"));
	if (!is_number(value) || find_word(doc->text + n->start, n->end - n->start, word, &raw) != 1 ||
	    raw.to - raw.from != strlen(value) || memcmp(doc->text + n->start + raw.from, value, strlen(value)) != 0)
		return manual(_("it is written in a way that is not understood"));
	return (struct place){
		.kind = PLACE_HERE,
		.node = n,
		.start = n->start + raw.from,
		.end = n->start + raw.to,
		.current = value,
		.expected = arena_printf(a, "%.*s%s%s", (int)decoded.from, n->value, v->wanted, n->value + decoded.to)};
}

/* In a list the value may be the item behind the word, or stand within an item. MISSING where the word is nowhere. */
static struct place in_list(struct arena *a, const struct yaml_doc *doc, const struct yaml_node *list,
			    const struct owned_value *v, const char *word)
{
	struct place found = {.kind = PLACE_MISSING, .node = list, .rest = ""};
	size_t total = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		size_t count = 0;
		struct place p;

		if (item->kind != YAML_SCALAR)
			continue;
		if (STR_EQ(item->value, word)) {
			count = 1;
			p = i + 1 < list->count ? in_whole(a, list->items[i + 1], v->wanted)
						: manual(_("nothing stands behind it"));
		} else {
			p = in_text(a, doc, item, v, word, &count);
		}
		total += count;
		if (count > 0)
			found = p;
	}
	return total > 1 ? manual(_("it is there more than once")) : found;
}

static struct place in_command(struct arena *a, const struct yaml_doc *doc, const struct place *at,
			       const struct owned_value *v, const char *word)
{
	size_t count = 0;
	struct place p;

	if (at->node->kind == YAML_SEQUENCE)
		return in_list(a, doc, at->node, v, word);
	if (at->node->kind != YAML_SCALAR)
		return manual(_("something else stands in its place"));
	p = in_text(a, doc, at->node, v, word, &count);
	return count > 0 ? p : (struct place){.kind = PLACE_MISSING, .node = at->node, .rest = ""};
}

static struct place in_environment(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v)
{
	const char *path = arena_printf(a, "%s/environment", v->path);
	struct place at = follow(a, doc, path), p;

	if (at.kind == PLACE_HERE && at.node->kind == YAML_SEQUENCE) {
		p = in_list(a, doc, at.node, v, WORKERS_VARIABLE);
		p.path = path;
		return p;
	}
	if (at.kind == PLACE_MANUAL)
		return at;
	path = arena_printf(a, "%s/" WORKERS_VARIABLE, path);
	p = follow(a, doc, path);
	if (p.kind == PLACE_HERE && is_empty_scalar(p.node))
		/* An empty value takes it from the environment of Compose, that is, from .env. */
		p = (struct place){.kind = PLACE_VARIABLE, .variable = WORKERS_VARIABLE, .env_file = ".env"};
	else if (p.kind == PLACE_HERE)
		p = in_whole(a, p.node, v->wanted);
	p.path = path;
	return p;
}

/* The last env file that the service names; NULL where it names none, or in a way that is not understood. */
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
 * The worker count: a flag goes before the environment, the environment before an env file. Where it is nowhere it goes
 * into the environment, for what a command does with one more flag is not known.
 */
static struct place find_workers(struct arena *a, const struct yaml_doc *doc, const struct place *service,
				 const struct owned_value *v)
{
	const char *path = arena_printf(a, "%s/command", v->path);
	struct place at = follow(a, doc, path), p;

	p = at.kind == PLACE_HERE ? in_command(a, doc, &at, v, v->word) : at;
	p.path = path;
	if (p.kind != PLACE_MISSING)
		return p;
	p = in_environment(a, doc, v);
	if (p.kind == PLACE_MISSING) {
		p.variable = WORKERS_VARIABLE;
		p.env_file = env_file_of(service->node);
	}
	return p;
}

static struct place find(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v)
{
	struct place at = follow(a, doc, v->path);

	if (at.kind != PLACE_HERE)
		return at;
	if (v->place == OWNED_SCALAR)
		return is_empty_scalar(at.node) ? manual(_("it is there, and empty")) : in_whole(a, at.node, v->wanted);
	if (v->place == OWNED_WORD)
		return in_command(a, doc, &at, v, v->word);
	return find_workers(a, doc, &at, v);
}

/* What holds where nothing can be changed, so that a person who has done it by hand is not told again. */
static const char *holds(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v)
{
	const char *path = v->place == OWNED_WORKERS ? arena_printf(a, "%s/command", v->path) : v->path;
	const struct yaml_node *n = place_effective(a, doc->root, path);
	struct place at = {.node = n};

	if (!n)
		return NULL;
	if (v->place == OWNED_SCALAR)
		return n->kind == YAML_SCALAR ? n->value : NULL;
	at = in_command(a, doc, &at, v, v->word);
	/* Something is there, and it is not the number that is wanted as far as anybody can tell. */
	return at.kind == PLACE_HERE ? at.current : at.kind == PLACE_MISSING ? NULL : "something else";
}

/* Finds an owned value. Everything is allocated from a. */
struct place place_find(struct arena *a, const struct yaml_doc *doc, const struct owned_value *v)
{
	struct place p = find(a, doc, v);

	if (!p.path)
		p.path = v->path;
	if (p.kind == PLACE_MANUAL && doc->root)
		p.current = holds(a, doc, v);
	return p;
}
