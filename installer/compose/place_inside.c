/* SPDX-License-Identifier: MIT */
#include "compose/place_inside.h"

#include <string.h>

#include "core/i18n.h"
#include "compose/variables.h"

struct place inside_manual(const struct finder *f, const char *why)
{
	return (struct place){.kind = PLACE_MANUAL, .path = f->path, .form = f->form, .why = why};
}

/* A place of these bytes, which read as `current`; after the edit the node reads as `expected`. */
static struct place here(const struct finder *f, const struct yaml_node *n, size_t start, size_t end,
			 const char *current, const char *expected)
{
	return (struct place){.kind = PLACE_HERE,
			      .path = f->path,
			      .form = f->form,
			      .node = n,
			      .start = start,
			      .end = end,
			      .current = current,
			      .expected = expected};
}

/* Turns the place into that of the variable in it. */
static struct place variable_here(const struct finder *f, struct place p)
{
	struct variable var;

	if (!variable_parse(f->a, p.current, &var))
		return inside_manual(f, _("it is put together from variables"));
	p.kind = PLACE_VARIABLE;
	p.variable = var.name;
	p.env_file = ".env";
	p.current = var.fallback;
	return p;
}

/* The value is the whole scalar. */
struct place inside_whole(const struct finder *f, const struct yaml_node *n)
{
	struct place p;

	if (n->kind == YAML_ALIAS)
		return inside_manual(f, _("it is reached through an alias"));
	if (n->kind != YAML_SCALAR)
		return inside_manual(f, _("something else is in its place"));
	if (yaml_anchor(n) || yaml_tag(n))
		return inside_manual(f, _("it has an anchor or a tag"));
	p = here(f, n, n->start, n->end, n->value, f->v->wanted);
	if (strchr(n->value, '$')) {
		p = variable_here(f, p);
		p.quote = n->style == YAML_PLAIN;
	}
	if (n->style != YAML_LITERAL && n->style != YAML_FOLDED)
		return p;
	if (p.kind == PLACE_HERE)
		return inside_manual(f, _("it is a block of text"));
	p.node = NULL;
	return p;
}

/* A null ("NAME:", "NAME: ~"): the value goes after the colon. */
struct place inside_null(const struct finder *f, const struct yaml_node *n)
{
	struct place p = here(f, n, n->start, n->end, NULL, f->v->wanted);
	size_t at = n->start;

	while (at > 0 && strchr(" \t\r\n", f->doc->text[at - 1]))
		at--;
	p.quote = true;
	if (at == 0 || f->doc->text[at - 1] != ':')
		p.lead = ": ";
	else if (at == n->start)
		p.lead = " ";
	return p;
}

struct range {
	size_t from;
	size_t to;
};

static bool ends_word(char c)
{
	return c == '\0' || strchr(" \t\r\n\"'[](),;|&", c);
}

/* The value after `word`: "word=VALUE", "word VALUE", also with quotes or line ends between. Returns the matches. */
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

static const char *with_wanted(const struct finder *f, const struct yaml_node *n, struct range r)
{
	return arena_printf(f->a, "%.*s%s%s", (int)r.from, n->value, f->v->wanted, n->value + r.to);
}

/* The value after the word within a scalar. *count is the number of matches. */
static struct place in_text(const struct finder *f, const struct yaml_node *n, size_t *count)
{
	struct range decoded = {0, 0}, raw = {0, 0};
	const char *value, *text = f->doc->text;
	bool as_written;
	struct place p;

	*count = find_word(n->value, n->value_len, f->v->word, &decoded);
	if (*count != 1)
		return inside_manual(f, _("it is there more than once"));
	value = arena_strndup(f->a, n->value + decoded.from, decoded.to - decoded.from);
	if (yaml_anchor(n) || yaml_tag(n))
		return inside_manual(f, _("it has an anchor or a tag"));
	as_written = find_word(text + n->start, n->end - n->start, f->v->word, &raw) == 1 &&
		     raw.to - raw.from == strlen(value) &&
		     memcmp(text + n->start + raw.from, value, strlen(value)) == 0;
	p = here(f, n, n->start + raw.from, n->start + raw.to, value, with_wanted(f, n, decoded));
	if (strchr(value, '$')) {
		p = variable_here(f, p);
		if (!as_written)
			p.node = NULL;
		return p;
	}
	return as_written && is_number(value) ? p
					      : inside_manual(f, _("it is written in a way that is not understood"));
}

/* The item after the word. It must look like its value: a number, or a variable. */
static struct place behind_word(const struct finder *f, const struct yaml_node *list, size_t i)
{
	const struct yaml_node *item = i < list->count ? list->items[i] : NULL;

	if (!item)
		return inside_manual(f, _("it has no value"));
	if (item->kind == YAML_SCALAR && !is_number(item->value) && !strchr(item->value, '$'))
		return inside_manual(f, _("it is written in a way that is not understood"));
	return inside_whole(f, item);
}

/* The value after the word in a list; MISSING if the word is not there. */
static struct place in_list(const struct finder *f, const struct yaml_node *list)
{
	struct place found = {.kind = PLACE_MISSING, .path = f->path, .form = f->form, .node = list, .rest = ""};
	size_t total = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		size_t count = 0;
		struct place p;

		if (item->kind == YAML_ALIAS)
			item = item->target;
		if (item->kind != YAML_SCALAR)
			continue;
		if (STR_EQ(item->value, f->v->word)) {
			count = 1;
			p = behind_word(f, list, i + 1);
		} else {
			p = in_text(f, item, &count);
		}
		if (count > 0 && list->items[i]->kind == YAML_ALIAS)
			p = inside_manual(f, _("it is reached through an alias"));
		total += count;
		if (count > 0)
			found = p;
	}
	return total > 1 ? inside_manual(f, _("it is there more than once")) : found;
}

/* The value after the word in a command, which is a list or a string. */
struct place inside_command(const struct finder *f, const struct yaml_node *n)
{
	size_t count = 0;
	struct place p;

	if (n->kind == YAML_SEQUENCE)
		return in_list(f, n);
	if (n->kind != YAML_SCALAR)
		return inside_manual(f, _("something else is in its place"));
	p = in_text(f, n, &count);
	return count > 0
		       ? p
		       : (struct place){.kind = PLACE_MISSING, .path = f->path, .form = f->form, .node = n, .rest = ""};
}

/* Is it "NUM_WORKERS" or "NUM_WORKERS=..."? A blank before "=" would belong to the name. */
static bool is_entry(const struct finder *f, const struct yaml_node *n)
{
	const char *name = owned_variable(f->v);
	const size_t len = strlen(name);

	return n->kind == YAML_SCALAR && strncmp(n->value, name, len) == 0 &&
	       (n->value[len] == '\0' || n->value[len] == '=');
}

/* One entry of an environment list. Without "=" it is passed through from .env. */
static struct place in_entry(const struct finder *f, const struct yaml_node *n)
{
	const char *variable = owned_variable(f->v);
	size_t mark = n->style == YAML_PLAIN ? 0 : 1, name = strlen(variable), at = n->start + mark + name;
	bool bare = n->value[name] == '\0';
	const char *value = bare ? "" : n->value + name + 1;
	const char *expected = arena_printf(f->a, "%s=%s", variable, f->v->wanted);
	struct place p;

	if (yaml_anchor(n) || yaml_tag(n))
		return inside_manual(f, _("it has an anchor or a tag"));
	if (n->style == YAML_LITERAL || n->style == YAML_FOLDED || n->end - n->start != n->value_len + 2 * mark ||
	    memcmp(f->doc->text + n->start + mark, n->value, n->value_len) != 0)
		return inside_manual(f, _("it is written in a way that is not understood"));
	p = here(f, n, at + !bare, n->end - mark, value, expected);
	if (strchr(value, '$'))
		return variable_here(f, p);
	if (!bare)
		return !*value || is_number(value)
			       ? p
			       : inside_manual(f, _("it is written in a way that is not understood"));
	p.kind = PLACE_VARIABLE;
	p.variable = variable;
	p.env_file = ".env";
	p.current = NULL;
	p.lead = "=";
	return p;
}

/* The worker count in an environment list. Never looks into other entries. */
struct place inside_entries(const struct finder *f, const struct yaml_node *list)
{
	struct place found = {.kind = PLACE_MISSING, .path = f->path, .form = f->form, .node = list, .rest = ""};
	size_t total = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		bool alias = item->kind == YAML_ALIAS;

		if (!is_entry(f, alias ? item->target : item))
			continue;
		found = alias ? inside_manual(f, _("it is reached through an alias")) : in_entry(f, item);
		total++;
	}
	return total > 1 ? inside_manual(f, _("it is there more than once")) : found;
}
