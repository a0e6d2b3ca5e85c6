/* SPDX-License-Identifier: MIT */
#include "compose/env.h"

#include <string.h>

#include "compose/env_read.h"
#include "core/text.h"

const char *const env_provider_keys[] = {
	[PROVIDER_OPENAI] = "OPENAI_API_KEY",	      [PROVIDER_ANTHROPIC] = "ANTHROPIC_API_KEY",
	[PROVIDER_OPENROUTER] = "OPENROUTER_API_KEY", [PROVIDER_GEMINI] = "GEMINI_API_KEY",
	[PROVIDER_MISTRAL] = "MISTRAL_API_KEY",	      [PROVIDER_LOCAL] = "LOCAL_API_BASE",
	[PROVIDER_LOCAL_MODEL] = "LOCAL_MODEL",	      [PROVIDER_LOCAL_KEY] = "LOCAL_API_KEY",
};
ALL_NAMED(env_provider_keys, PROVIDER_COUNT);

bool env_is_provider_key(const char *key)
{
	return text_is_among(key, env_provider_keys, PROVIDER_COUNT);
}

/* What one Compose version reads for a key. */
struct seen {
	const struct env_item *item; /* NULL: the key is not set */
	const char *value;	     /* variables from the environment count as "" */
	bool open;		     /* a variable in it comes from the environment */
};

static struct seen see(struct arena *a, const struct env_reading *r, const char *key)
{
	struct seen s = {env_reading_find(r, key), NULL, false};

	if (s.item)
		s.value = env_reading_value(a, r, s.item, &s.open);
	return s;
}

struct env_pair env_pair_read(struct arena *a, const char *text)
{
	struct env_pair p = {.text = text};

	for (int d = 0; d < ENV_DIALECTS; d++)
		p.r[d] = env_read(a, text, (enum env_dialect)d);
	return p;
}

char *env_pair_get(struct arena *a, const struct env_pair *p, const char *key)
{
	for (int d = ENV_DIALECTS - 1; d >= 0; d--) {
		const struct seen s = see(a, &p->r[d], key);

		if (s.item)
			return (char *)s.value;
	}
	return NULL;
}

static bool usable(const struct seen *s)
{
	return s->item && (s->open || (s->value[0] && !STR_EQ(s->value, ENV_PLACEHOLDER)));
}

bool env_pair_has(struct arena *a, const struct env_pair *p, const char *key)
{
	for (int d = 0; d < ENV_DIALECTS; d++) {
		const struct seen s = see(a, &p->r[d], key);

		if (usable(&s))
			return true;
	}
	return false;
}

/* Both Composes take a name as its bytes stand in the text: where they do not, nothing need be read. */
static bool may_hold(const char *text, const char *key)
{
	return strstr(text, key) != NULL;
}

/*
 * Value of a key as Compose 2 reads it, else as docker-compose 1.29 does; NULL: neither finds it. Also "" for a bare
 * name, whose value comes from the environment of whoever starts the stack.
 */
char *env_get(struct arena *a, const char *text, const char *key)
{
	struct arena work = ARENA_INIT;
	struct env_pair p;
	char *value;

	if (!may_hold(text, key))
		return NULL;
	p = env_pair_read(&work, text);
	value = env_pair_get(a, &p, key);
	arena_clear(&work);
	return value;
}

/* Does the key have a usable value for either Compose? One from the environment counts. */
bool env_has(struct arena *a, const char *text, const char *key)
{
	struct arena work = ARENA_INIT;
	struct env_pair p;
	bool has;

	(void)a;
	if (!may_hold(text, key))
		return false;
	p = env_pair_read(&work, text);
	has = env_pair_has(&work, &p, key);
	arena_clear(&work);
	return has;
}

/*
 * Does the whole value come from the environment of whoever starts the stack: a bare name, or only variables that the
 * file does not set? As Compose 2 reads it.
 */
bool env_pair_from_outside(struct arena *a, const struct env_pair *p, const char *key)
{
	const struct seen s = see(a, &p->r[ENV_COMPOSE_2], key);

	return s.item && s.open && !s.value[0];
}

/* Names that either Compose accepts; no quotes, no blanks. */
static bool is_name(const char *key)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return key[0] && strspn(key, allowed) == strlen(key) && !(key[0] >= '0' && key[0] <= '9');
}

/* Is this the effective assignment, for the first Compose that finds the name? Lists each name once. */
static bool is_first_holding(const struct env_pair *p, enum env_dialect d, const struct env_item *i)
{
	const struct env_item *other = d == ENV_COMPOSE_1 ? NULL : env_reading_find(&p->r[ENV_COMPOSE_1], i->key);

	return !i->alone && env_reading_find(&p->r[d], i->key) == i && (!other || other->alone);
}

/* The names that either Compose finds a value for, each once, in the order of the file. */
const char **env_pair_keys(struct arena *a, const struct env_pair *p, size_t *ret_count)
{
	const char **keys = arena_array(a, p->r[ENV_COMPOSE_1].count + p->r[ENV_COMPOSE_2].count, sizeof(*keys));
	size_t n = 0;

	for (int d = 0; d < ENV_DIALECTS; d++)
		for (const struct env_item *i = p->r[d].first; i; i = i->next)
			if (is_name(i->key) && is_first_holding(p, (enum env_dialect)d, i))
				keys[n++] = i->key;
	*ret_count = n;
	return keys;
}

static const char *line_end(const char *text)
{
	const char *first = strchr(text, '\n');

	return first && first > text && first[-1] == '\r' ? "\r\n" : "\n";
}

/* Ways to write a value, in the order of preference: with the quotes that are there, then plainest first. */
enum spelling { AS_BEFORE, PLAIN, SINGLE, DOUBLE, SPELLINGS };

static const char *spell(struct arena *a, const char *value, enum spelling how, char quote_before)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;
	char quote = how == SINGLE ? '\'' : how == DOUBLE ? '"' : how == AS_BEFORE ? quote_before : '\0';

	if (!quote)
		return how == PLAIN ? value : NULL;
	strbuf_putc(&out, quote);
	for (const char *p = value; *p; p++) {
		if (*p == '\n' && quote == '"') {
			strbuf_puts(&out, "\\n");
			continue;
		}
		if (*p == quote || (*p == '\\' && quote == '"') || (*p == '$' && how == DOUBLE))
			strbuf_putc(&out, '\\');
		strbuf_putc(&out, *p);
	}
	strbuf_putc(&out, quote);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static bool reads_as(struct arena *a, const struct env_reading *r, const char *key, const char *value)
{
	const struct seen s = see(a, r, key);

	return s.item && !s.item->alone && STR_EQ(s.value, value);
}

static const struct env_item *next_other(const struct env_item *i, const char *key)
{
	while (i && (i->alone || STR_EQ(i->key, key)))
		i = i->next;
	return i;
}

/* Have all other keys the same bytes in two readings? */
static bool others_same(const struct env_reading *x, const struct env_reading *y, const char *key)
{
	const struct env_item *i = next_other(x->first, key), *j = next_other(y->first, key);

	for (; i && j; i = next_other(i->next, key), j = next_other(j->next, key))
		if (!STR_EQ(i->key, j->key) || i->end - i->value != j->end - j->value ||
		    memcmp(x->text + i->value, y->text + j->value, i->end - i->value) != 0)
			return false;
	return !i && !j;
}

struct setting {
	struct arena *a;
	const char *text;
	const char *key;
	const char *value;
	struct env_reading before[ENV_DIALECTS];
	const struct env_item *item[ENV_DIALECTS];
};

static bool proved(const struct setting *s, const char *text)
{
	for (int d = 0; d < ENV_DIALECTS; d++) {
		const struct env_reading now = env_read(s->a, text, (enum env_dialect)d);

		if (!reads_as(s->a, &now, s->key, s->value) || !others_same(&s->before[d], &now, s->key) ||
		    (now.refused && !s->before[d].refused))
			return false;
	}
	return true;
}

/* Replaces [from, to) by `spelled`; NULL unless both Composes then read the value there. */
static const char *replaced(const struct setting *s, size_t from, size_t to, const char *spelled)
{
	const char *text = arena_printf(s->a, "%.*s%s%s", (int)from, s->text, spelled, s->text + to);

	return proved(s, text) ? text : NULL;
}

static const char *try_spelling(const struct setting *s, enum spelling how)
{
	const struct env_item *i = s->item[ENV_COMPOSE_2] ? s->item[ENV_COMPOSE_2] : s->item[ENV_COMPOSE_1];
	char first = i && i->end > i->value ? s->text[i->value] : '\0';
	const char *spelled = spell(s->a, s->value, how, first == '"' || first == '\'' ? first : '\0');
	const char *text = NULL;

	if (!spelled || !i)
		return NULL;
	if (!i->alone)
		text = replaced(s, i->value, i->end, spelled);
	if (!text)
		text = replaced(s, i->start, i->end, arena_printf(s->a, "%s=%s", s->key, spelled));
	return text;
}

static const char *append(const struct setting *s, enum spelling how)
{
	const char *spelled = spell(s->a, s->value, how, '\0'), *end = line_end(s->text);
	size_t len = strlen(s->text);
	const char *text;

	if (!spelled)
		return NULL;
	text = arena_printf(s->a, "%s%s%s=%s%s", s->text, len > 0 && s->text[len - 1] != '\n' ? end : "", s->key,
			    spelled, end);
	return proved(s, text) ? text : NULL;
}

/*
 * Copies text to out with the key's value replaced in place, or appended as a new last line, such that both Composes
 * read it, and everything else as before. False, with the text unchanged, if that is not possible.
 */
bool env_set(const char *text, const char *key, const char *value, struct strbuf *out)
{
	struct arena a = ARENA_INIT;
	struct setting s = {.a = &a, .text = text, .key = key, .value = value};
	const char *done = NULL;

	for (int d = 0; d < ENV_DIALECTS; d++) {
		s.before[d] = env_read(&a, text, (enum env_dialect)d);
		s.item[d] = env_reading_find(&s.before[d], key);
	}
	for (int how = AS_BEFORE; !done && how < SPELLINGS; how++)
		done = try_spelling(&s, (enum spelling)how);
	for (int how = PLAIN; !done && how < SPELLINGS; how++)
		done = append(&s, (enum spelling)how);
	strbuf_puts(out, done ? done : text);
	arena_clear(&a);
	return done != NULL;
}

/* Does y give each Compose the value that it finds for the key in x? */
bool env_pair_same(struct arena *a, const struct env_pair *x, const struct env_pair *y, const char *key)
{
	for (int d = 0; d < ENV_DIALECTS; d++) {
		const struct seen in_x = see(a, &x->r[d], key), in_y = see(a, &y->r[d], key);

		if (in_x.item && (!in_y.item || !STR_EQ(in_x.value, in_y.value)))
			return false;
	}
	return true;
}

/* The first usable value that one Compose finds for the key, whatever comes after it; NULL: none. */
static const char *first_value(struct arena *a, const struct env_reading *r, const char *key)
{
	for (const struct env_item *i = r->first; i; i = i->next) {
		struct seen s = {i, NULL, false};

		if (i->alone || !STR_EQ(i->key, key))
			continue;
		s.value = env_reading_value(a, r, i, &s.open);
		if (usable(&s))
			return s.value;
	}
	return NULL;
}

/* Has the key the value that was kept of it first? True where nothing was kept, or it has none now. */
bool env_pair_is_first(struct arena *a, const struct env_pair *now, const struct env_pair *kept, const char *key)
{
	for (int d = 0; d < ENV_DIALECTS; d++) {
		const struct seen is = see(a, &now->r[d], key);
		const char *first = usable(&is) ? first_value(a, &kept->r[d], key) : NULL;

		if (first && !STR_EQ(first, is.value))
			return false;
	}
	return true;
}

static bool stands_alone(struct arena *a, const struct env_pair *whole, const char *key, const char *line)
{
	const struct env_pair part = env_pair_read(a, line);

	return env_pair_same(a, whole, &part, key);
}

/*
 * A line "KEY=VALUE" that, read alone, has the key's value in the text, for both Composes if one spelling can do
 * that. NULL if the text has no usable value.
 */
const char *env_pair_line(struct arena *a, const struct env_pair *p, const char *key)
{
	const char *line = NULL, *value = env_pair_get(a, p, key);

	if (!env_pair_has(a, p, key))
		return NULL;
	for (int d = ENV_DIALECTS - 1; d >= 0; d--) {
		const struct env_item *i = env_reading_find(&p->r[d], key);

		if (!i || i->alone)
			continue;
		line = arena_printf(a, "%s=%.*s\n", key, (int)(i->end - i->value), p->text + i->value);
		if (stands_alone(a, p, key, line))
			return line;
	}
	if (line && value[0]) {
		struct strbuf out = STRBUF_INIT;

		if (env_set("", key, value, &out))
			line = arena_strdup(a, strbuf_text(&out));
		strbuf_clear(&out);
	}
	return line;
}

const char *env_line(struct arena *a, const char *text, const char *key)
{
	const struct env_pair p = env_pair_read(a, text);

	return env_pair_line(a, &p, key);
}

/* Does a reading start with all assignments of another, with the same bytes and in the same order? */
static bool begins_with(const struct env_reading *now, const struct env_reading *before)
{
	const struct env_item *j = now->first;

	for (const struct env_item *i = before->first; i; i = i->next, j = j->next)
		if (!j || i->start != j->start || i->end != j->end || !STR_EQ(i->key, j->key))
			return false;
	return true;
}

/*
 * Appends lines for keys that `to` lacks and `from` has, so that both Composes read them, and all else as before.
 * NULL if not possible in one go. Parses once for all keys, since there may be many.
 */
const char *env_pair_append(struct arena *a, const struct env_pair *to, const struct env_pair *from,
			    const char *const *keys, size_t count)
{
	const char *end = line_end(to->text), *text = NULL;
	size_t len = strlen(to->text);
	struct arena work = ARENA_INIT;
	struct strbuf out = STRBUF_INIT;
	struct env_pair now;
	bool good = true;

	strbuf_printf(&out, "%s%s", to->text, len > 0 && to->text[len - 1] != '\n' ? end : "");
	for (size_t i = 0; good && i < count; i++) {
		const char *line = env_pair_line(&work, from, keys[i]);

		good = line && out.len < ENV_MAX_TEXT;
		if (line)
			strbuf_printf(&out, "%.*s%s", (int)strlen(line) - 1, line, end);
	}
	now = env_pair_read(&work, strbuf_text(&out));
	for (int d = 0; d < ENV_DIALECTS; d++)
		good = good && begins_with(&now.r[d], &to->r[d]) && (!now.r[d].refused || to->r[d].refused);
	for (size_t i = 0; good && i < count; i++)
		good = env_pair_same(&work, from, &now, keys[i]);
	if (good)
		text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	arena_clear(&work);
	return text;
}
