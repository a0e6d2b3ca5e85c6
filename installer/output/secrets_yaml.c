/* SPDX-License-Identifier: MIT */
/* Hides values in YAML by walking its tree, so that no syntax can bypass the rules. */
#include <stdlib.h>
#include <string.h>

#include "core/discreet.h"
#include "core/i18n.h"
#include "core/strbuf.h"
#include "output/secrets.h"
#include "yaml/tree.h"

#define BLANKS " \t\r\n"

/* Bytes of a scalar, in text order. */
struct span {
	size_t start, end;
	bool hide;
};

struct walk {
	struct arena *a;
	const struct secrets_file *f;
	const struct yaml_doc *doc;
	struct span *spans;
	size_t count, cap;
};

static void add(struct walk *w, size_t start, size_t end, bool hide)
{
	if (start >= end)
		return;
	if (w->count == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->spans = xrealloc(w->spans, w->cap * sizeof(*w->spans));
	}
	w->spans[w->count++] = (struct span){start, end, hide};
}

static bool one_of(const char *const *list, const char *text)
{
	for (; *list; list++)
		if (text && STR_EQ(*list, text))
			return true;
	return false;
}

static bool known_or_told(const struct walk *w, const char *key, const char *value)
{
	return secrets_told(w->f, key, strlen(key), value) || secrets_harmless(w->a, key, strlen(key), value);
}

/*
 * Splits "NAME=VALUE" in source[start, end): shows the name, treats the value as that of a key. False: not of that
 * form.
 */
static bool assignment(struct walk *w, size_t start, size_t end)
{
	const char *source = w->doc->text, *equals = memchr(source + start, '=', end - start);
	size_t from = start + (source[start] == '"' || source[start] == '\''), to = end;
	const char *name;

	if (!equals)
		return false;
	to -= from > start && source[end - 1] == source[start];
	name = arena_strndup(w->a, source + from, (size_t)(equals - source) - from);
	if (!discreet_is_name(name, strlen(name)))
		return false;
	equals++;
	add(w, start, (size_t)(equals - source), false);
	add(w, (size_t)(equals - source), to,
	    !known_or_told(w, name, arena_strndup(w->a, equals, to - (size_t)(equals - source))));
	add(w, to, end, false);
	return true;
}

/* The form expected after an option of a known program. */
static enum discreet_shape behind(const char *option)
{
	static const struct {
		const char *option;
		enum discreet_shape shape;
	} known[] = {
		{"--num_workers", SHAPE_NUMBER}, {"--workers", SHAPE_NUMBER},
		{"--port", SHAPE_NUMBER},	 {"--host", SHAPE_PORTS},
		{"--config", SHAPE_PATH},	 {"--max_requests_before_restart", SHAPE_NUMBER},
		{"--timeout", SHAPE_NUMBER},	 {"--maxmemory", SHAPE_NUMBER},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (option && STR_EQ(known[i].option, option))
			return known[i].shape;
	return SHAPE_NONE;
}

/* May a word of a command be shown? before is the word before it (NULL: none). */
static bool word_shown(const struct walk *w, const char *before, const char *word)
{
	static const char *const programs[] = {"litellm", "postgres",  "python3", "python", "redis-server",
					       "nginx",	  "caddy",     "sh",	  "bash",   "uvicorn",
					       "CMD",	  "CMD-SHELL", "NONE",	  NULL};
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t dashes = strspn(word, "-"), len = strlen(word);

	if (!before && (one_of(programs, word) || !len))
		return true;
	if (dashes == 2 && len > 2 && len <= 40 && strspn(word, letters) == len &&
	    !discreet_is_token(word + 2, len - 2))
		return true;
	if (dashes == 1 && len == 2)
		return true;
	return before &&
	       (discreet_shape_fits(behind(before), word) || secrets_told(w->f, before, strlen(before), word));
}

static void command_word(struct walk *w, const char **before, size_t start, size_t end)
{
	const char *source = w->doc->text;
	size_t from = start + strspn(source + start, "\"'"), to = end;
	const char *word;

	while (to > from && strchr("\"'", source[to - 1]))
		to--;
	word = from < to ? arena_strndup(w->a, source + from, to - from) : "";
	if (!(*before && word_shown(w, *before, word)) && strchr(word, '=') && assignment(w, start, end)) {
		*before = word;
		return;
	}
	add(w, start, end, !word_shown(w, *before, word));
	*before = word;
}

/* A command as one string: split at blanks, as a shell does. */
static void command_text(struct walk *w, const struct yaml_node *n)
{
	const char *source = w->doc->text, *before = NULL;
	size_t at = n->start;

	/* The first line of a block scalar is its header. */
	if (n->style == YAML_LITERAL || n->style == YAML_FOLDED)
		at += strcspn(source + at, "\n");
	while (at < n->end) {
		size_t len;

		at += strspn(source + at, BLANKS);
		len = strcspn(source + at, BLANKS);
		if (at + len > n->end)
			len = n->end > at ? n->end - at : 0;
		if (len == 0)
			break;
		command_word(w, &before, at, at + len);
		at += len;
	}
}

static void value(struct walk *w, const struct yaml_node *n, const char *key)
{
	static const char *const commands[] = {"command", "entrypoint", NULL};

	if (one_of(commands, key))
		command_text(w, n);
	else
		add(w, n->start, n->end, n->value_len > 0 && !known_or_told(w, key, n->value));
}

static bool is_variable(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 64 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == len &&
	       !discreet_is_token(text, len);
}

/* An item of the list under `key`. */
static void item(struct walk *w, const struct yaml_node *n, const char *key, const char **before)
{
	static const char *const settings[] = {"environment", "labels", "args", NULL};
	static const char *const words[] = {"command", "entrypoint", "test", NULL};
	static const struct {
		const char *key;
		enum discreet_shape shape;
	} lists[] = {{"ports", SHAPE_PORTS},   {"expose", SHAPE_PORTS},	 {"volumes", SHAPE_PATH},
		     {"env_file", SHAPE_PATH}, {"networks", SHAPE_NAME}, {"depends_on", SHAPE_NAME},
		     {"profiles", SHAPE_NAME}};
	bool shown = n->value_len == 0;

	if (one_of(words, key)) {
		command_word(w, before, n->start, n->end);
		return;
	}
	if (one_of(settings, key)) {
		if (!assignment(w, n->start, n->end))
			add(w, n->start, n->end, !is_variable(n->value));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		shown |= key && STR_EQ(key, lists[i].key) && discreet_is_harmless(w->a, lists[i].shape, n->value);
	add(w, n->start, n->end, !shown && !discreet_is_harmless(w->a, SHAPE_NONE, n->value));
}

static void visit(struct walk *w, const struct yaml_node *n, const char *key);

/* In a flow mapping, "{word}" parses as a key without a value but may be meant as a value. */
static void visit_mapping(struct walk *w, const struct yaml_node *map)
{
	for (size_t i = 0; i + 1 < map->count; i += 2) {
		const struct yaml_node *k = map->items[i], *v = map->items[i + 1];
		bool name =
			yaml_is_scalar(k) && discreet_is_name(k->value, k->value_len) &&
			!(map->style == YAML_FLOW && yaml_is_scalar(v) && v->start == v->end && !is_variable(k->value));

		if (yaml_is_scalar(k))
			add(w, k->start, k->end, !name);
		else
			visit(w, k, "");
		visit(w, v, name ? k->value : "");
	}
}

static void visit(struct walk *w, const struct yaml_node *n, const char *key)
{
	const char *before = NULL;

	if (n->kind == YAML_MAPPING)
		visit_mapping(w, n);
	else if (n->kind == YAML_SCALAR)
		value(w, n, key);
	for (size_t i = 0; n->kind == YAML_SEQUENCE && i < n->count; i++)
		if (n->items[i]->kind == YAML_SCALAR)
			item(w, n->items[i], key, &before);
		else
			visit(w, n->items[i], "");
}

/* Hides every line, keeping the line count. */
static void put_hidden(struct strbuf *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = 0;

		while (at < len && strchr(BLANKS, text[at]))
			strbuf_putc(out, text[at++]);
		while (at + n < len && text[at + n] != '\n')
			n++;
		if (n > 0)
			strbuf_puts(out, _("(hidden)"));
		at += n;
	}
}

/* Copies what is between scalars: punctuation, anchors, and comments. */
static void put_between(struct strbuf *out, const char *text, size_t from, size_t to)
{
	for (size_t at = from; at < to; at++) {
		const char *mark = memchr(text + at, '#', to - at);
		const size_t until = mark ? (size_t)(mark - text) : to;
		size_t n;

		strbuf_add(out, text + at, until - at);
		at = until;
		if (at == to)
			break;
		if (at > 0 && !strchr(BLANKS, text[at - 1])) {
			strbuf_putc(out, '#');
			continue;
		}
		n = strcspn(text + at, "\r\n");
		n = at + n > to ? to - at : n;
		if (secrets_comment_shown(text + at, n) || strspn(text + at, "# \t") >= n)
			strbuf_add(out, text + at, n);
		else
			strbuf_puts(out, _("# (hidden)"));
		at += n - 1;
	}
}

static const char *render(struct arena *a, const struct walk *w, size_t len)
{
	const char *text = w->doc->text, *hidden;
	struct strbuf out = STRBUF_INIT;
	size_t at = 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct span *s = &w->spans[i];

		if (s->start < at)
			continue;
		put_between(&out, text, at, s->start);
		if (s->hide)
			put_hidden(&out, text + s->start, s->end - s->start);
		else
			strbuf_add(&out, text + s->start, s->end - s->start);
		at = s->end;
	}
	put_between(&out, text, at, len);
	hidden = arena_strndup(a, strbuf_text(&out), out.len);
	strbuf_clear(&out);
	return hidden;
}

/* The tree of a text that was parsed before; NULL: it was not. */
static const struct yaml_doc *known_tree(const struct secrets_file *f, const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(f->trees); i++)
		if (f->trees[i] && f->trees[i]->len == len && memcmp(f->trees[i]->text, text, len) == 0)
			return f->trees[i];
	return NULL;
}

const char *secrets_hidden_yaml(struct arena *a, const struct secrets_file *f, const char *text, size_t len)
{
	struct arena scratch = ARENA_INIT; /* the tree of a large file is many times its size */
	struct walk w = {.a = &scratch, .f = f, .doc = known_tree(f, text, len)};
	const char *hidden = NULL;

	if (!w.doc)
		w.doc = yaml_parse_quietly(&scratch, f->path, text, len);
	if (w.doc) {
		if (w.doc->root)
			visit(&w, w.doc->root, "");
		hidden = render(a, &w, len);
	}
	free(w.spans);
	arena_clear(&scratch);
	return hidden;
}
