/* SPDX-License-Identifier: MIT */
#include "compose/edit.h"

#include <string.h>

#include "core/diag.h"
#include "core/discreet.h"
#include "core/i18n.h"
#include "compose/insert.h"
#include "compose/same_tree.h"
#include "yaml/splice.h"

/* Finds the owned values of `file` in doc, which is borrowed. All else is allocated from a. */
void edit_find(struct arena *a, const struct yaml_doc *doc, const char *file, const struct owned_value *owned,
	       size_t owned_count, struct edit_file *ret)
{
	struct edit_file f = {.doc = doc};

	for (size_t i = 0; i < owned_count; i++) {
		struct place p;

		if (!STR_EQ(owned[i].file, file) || owned[i].place == OWNED_WHOLE)
			continue;
		p = place_find(a, doc, &owned[i]);
		f.edits[f.count++] = (struct edit){.owned = &owned[i], .place = p, .current = p.current};
	}
	*ret = f;
}

/* Is the present value as wanted, or is its absence? */
bool edit_is_wanted(const struct edit *e)
{
	return e->current ? owned_same(e->owned, e->current) : e->owned->missing != MISSING_INSERT;
}

/* The value quoted like the present one; digits and sizes need no escapes. */
static const char *in_its_way(struct arena *a, const struct place *p, const char *value)
{
	bool whole = p->start == p->node->start && p->end == p->node->end;
	const char *lead = p->lead ? p->lead : "";

	if (p->quote || (whole && p->node->style == YAML_DOUBLE))
		return arena_printf(a, "%s\"%s\"", lead, value);
	if (whole && p->node->style == YAML_SINGLE)
		return arena_printf(a, "'%s'", value);
	return arena_printf(a, "%s%s", lead, value);
}

/* The range of vpsfit's comment after the node, on its last line; empty if there is none. */
static struct splice comment_range(const char *text, size_t len, const struct yaml_node *n)
{
	size_t start = n->end, end;

	while (start < len && (text[start] == ' ' || text[start] == '\t'))
		start++;
	/* A block scalar ends at the start of the next line. */
	if (n->style == YAML_LITERAL || n->style == YAML_FOLDED || len - start < strlen(OWNED_MARK) ||
	    memcmp(text + start, OWNED_MARK, strlen(OWNED_MARK)) != 0)
		return (struct splice){n->end, n->end, NULL};
	for (end = start; end < len && text[end] != '\n' && text[end] != '\r'; end++)
		;
	return (struct splice){start, end, NULL};
}

/* Does a present value have vpsfit's comment? */
bool edit_is_marked(const struct edit_file *f, const struct edit *e)
{
	struct splice comment = {0, 0, NULL};

	if (e->place.kind == PLACE_HERE)
		comment = comment_range(f->doc->text, f->doc->len, e->place.node);
	return comment.end > comment.start;
}

/* What vpsfit said behind a value that is kept is not true of it. */
#define BY_HAND "kept as it was edited by hand"

/* Does vpsfit's comment say that the value is a person's? Where nothing else is remembered, that is believed. */
bool edit_is_marked_as_edit(const struct edit_file *f, const struct edit *e)
{
	static const char note[] = OWNED_MARK " " BY_HAND;
	struct splice comment = {0, 0, NULL};

	if (e->place.kind == PLACE_HERE)
		comment = comment_range(f->doc->text, f->doc->len, e->place.node);
	return comment.end - comment.start == strlen(note) &&
	       memcmp(f->doc->text + comment.start, note, strlen(note)) == 0;
}

static size_t add_splices(struct arena *a, const struct edit_file *f, const struct edit *e, struct splice *out)
{
	const struct place *p = &e->place;
	struct splice comment = comment_range(f->doc->text, f->doc->len, p->node);
	const char *note = arena_printf(a, OWNED_MARK " %s", e->by_hand ? BY_HAND : e->owned->comment);
	size_t n = 0;

	if (!e->by_hand && !edit_is_wanted(e))
		out[n++] = (struct splice){p->start, p->end, in_its_way(a, p, e->owned->wanted)};
	if (comment.end > comment.start && (strlen(note) != comment.end - comment.start ||
					    memcmp(note, f->doc->text + comment.start, strlen(note)) != 0))
		out[n++] = (struct splice){comment.start, comment.end, note};
	return n;
}

static bool changes_here(const struct edit *e)
{
	return (!e->keep || e->by_hand) && e->place.kind == PLACE_HERE;
}

/* Changes the present values: all, or `only` one. Returns the new document, or NULL if anything else would change. */
static const struct yaml_doc *change(struct arena *a, const struct edit_file *f, const struct edit *only)
{
	struct splice splices[2 * MAX_OWNED] = {{0, 0, NULL}};
	struct tree_change changes[MAX_OWNED];
	size_t count = 0, changed = 0;
	const struct yaml_doc *after;

	for (size_t i = 0; i < f->count; i++) {
		const struct edit *e = &f->edits[i];

		if (!changes_here(e) || (only && e != only))
			continue;
		if (!e->by_hand && !edit_is_wanted(e))
			changes[changed++] = (struct tree_change){e->place.node, e->place.expected, e->place.quote};
		count += add_splices(a, f, e, splices + count);
	}
	if (count == 0)
		return f->doc;
	after = splice_parsed(a, f->doc, splices, count);
	return after && same_tree(f->doc, after, changes, changed, NULL, 0) ? after : NULL;
}

/* Changes all present values at once; those that cannot be changed become manual. Returns the new document. */
static const struct yaml_doc *change_values(struct arena *a, struct edit_file *f)
{
	const char *why = _("it cannot be changed without changing something else");
	const struct yaml_doc *after = change(a, f, NULL);

	if (after)
		return after;
	for (size_t i = 0; i < f->count; i++)
		if (changes_here(&f->edits[i]) && !change(a, f, &f->edits[i]))
			place_make_manual(&f->edits[i].place, why);
	after = change(a, f, NULL);
	if (after)
		return after;
	for (size_t i = 0; i < f->count; i++)
		if (changes_here(&f->edits[i]))
			place_make_manual(&f->edits[i].place, why);
	return f->doc;
}

/* A round of insertions into one text. Only new keys of the same block may share a place. */
struct round {
	const struct yaml_doc *doc;
	struct edit *edits[MAX_OWNED];
	struct place places[MAX_OWNED];
	struct splice splices[MAX_OWNED]; /* text NULL: this way is not possible */
	size_t count;
};

static bool wants_insert(const struct edit *e)
{
	return !e->keep && !e->put_in && e->place.kind == PLACE_MISSING && e->owned->missing != MISSING_MANUAL &&
	       !edit_is_wanted(e);
}

static bool share_block(const struct place *x, const struct place *y)
{
	return x->node == y->node && x->node->kind == YAML_MAPPING && x->node->style == YAML_BLOCK;
}

static bool same_key(const struct place *x, const struct place *y)
{
	size_t n = strcspn(x->rest, "/");

	return n == strcspn(y->rest, "/") && strncmp(x->rest, y->rest, n) == 0;
}

/* The missing path of the value before the i-th in the same block; NULL: there is none. */
static const char *above(const struct round *r, size_t i)
{
	for (size_t k = i; k-- > 0;)
		if (share_block(&r->places[k], &r->places[i]))
			return r->places[k].rest;
	return NULL;
}

static bool insert_at(struct arena *a, struct round *r, size_t i, enum insert_way way)
{
	if (insert_value(a, r->doc, &r->places[i], r->edits[i]->owned, above(r, i), way, &r->splices[i]) == 0)
		return true;
	r->splices[i].text = NULL;
	return false;
}

/* Can the i-th follow the k-th at the same place? Lines below the same key must follow one another. */
static bool may_follow(const struct round *r, size_t k, size_t i)
{
	if (!share_block(&r->places[k], &r->places[i]))
		return false;
	return !same_key(&r->places[k], &r->places[i]) || above(r, i) == r->places[k].rest ||
	       same_key(&r->places[i], &(struct place){.rest = above(r, i)});
}

static void add_insertion(struct arena *a, struct round *r, struct edit *e)
{
	struct place p = place_find(a, r->doc, e->owned);

	if (p.kind != PLACE_MISSING) {
		e->place = p;
		return;
	}
	r->edits[r->count] = e;
	r->places[r->count] = p;
	insert_at(a, r, r->count, INSERT_LAST);
	for (size_t i = 0; i < r->count; i++)
		if (r->splices[i].start == r->splices[r->count].start && !may_follow(r, i, r->count))
			return; /* left for the next round */
	r->count++;
}

/* Do the inserted nodes contain nothing but the inserted values? */
static bool nothing_else(const struct yaml_node *const *added, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t sharing = 0;

		for (size_t k = 0; k < count; k++)
			sharing += added[k] == added[i];
		if (insert_leaves(added[i]) != sharing)
			return false;
	}
	return true;
}

/* Makes the first `count` insertions of a round. Returns the new document, or NULL if anything else would change. */
static const struct yaml_doc *put_in(struct arena *a, const struct round *r, size_t count)
{
	const struct yaml_node *added[MAX_OWNED];
	const struct yaml_doc *after;

	for (size_t i = 0; i < count; i++)
		if (!r->splices[i].text)
			return NULL;
	after = splice_parsed(a, r->doc, r->splices, count);
	for (size_t i = 0; after && i < count; i++) {
		added[i] = insert_found(a, after, &r->places[i], r->edits[i]->owned);
		after = added[i] ? after : NULL;
	}
	if (!after || !nothing_else(added, count) || !same_tree(r->doc, after, NULL, 0, added, count) ||
	    !same_services(r->doc, after))
		return NULL;
	for (size_t i = 0; i < count; i++)
		r->edits[i]->put_in = true;
	return after;
}

/* Inserts the first value of a round alone, trying each way; if none works, it becomes manual. Returns the document. */
static const struct yaml_doc *put_in_first(struct arena *a, struct round *r)
{
	for (int way = 0; way < INSERT_WAYS; way++) {
		bool found = insert_at(a, r, 0, (enum insert_way)way);
		const struct yaml_doc *after = found ? put_in(a, r, 1) : NULL;

		if (after)
			return after;
	}
	place_make_manual(&r->edits[0]->place, _("the file leaves no safe room for it"));
	return r->doc;
}

/*
 * Inserts missing values in rounds. Each parses the result of the one before, so that a mapping that one value
 * brought can take the next. Ends, since each round settles at least one value. Returns the new document.
 */
static const struct yaml_doc *insert_values(struct arena *a, struct edit_file *f, const struct yaml_doc *doc)
{
	for (;;) {
		struct round *r = arena_alloc(a, sizeof(*r));
		const struct yaml_doc *after;

		r->doc = doc;
		for (size_t i = 0; i < f->count; i++)
			if (wants_insert(&f->edits[i]))
				add_insertion(a, r, &f->edits[i]);
		if (r->count == 0)
			return doc;
		after = put_in(a, r, r->count);
		doc = after ? after : put_in_first(a, r);
	}
}

/*
 * Returns the edited document, f->doc itself if nothing changes: owned values that are not kept get their wanted value,
 * missing ones are inserted, all other bytes stay. Each step is parsed again; what would change anything else, or the
 * set of services, is not done and becomes PLACE_MANUAL.
 */
const struct yaml_doc *edit_render(struct arena *a, struct edit_file *f)
{
	return insert_values(a, f, change_values(a, f));
}

/* A service may have any name: quotes it where YAML could read it as something else. */
static void add_key(const char *key, struct strbuf *out)
{
	if (yaml_plain_safe(key)) {
		strbuf_puts(out, key);
		return;
	}
	strbuf_putc(out, '"');
	for (const char *c = key; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			strbuf_printf(out, "\\x%02x", (unsigned char)*c);
		else
			strbuf_printf(out, "%s%c", strchr("\"\\", *c) ? "\\" : "", *c);
	strbuf_putc(out, '"');
}

/* A mapping that replaces an alias loses what the alias brought: tell how to keep it. */
static void add_alias_note(const struct yaml_node *n, struct strbuf *out)
{
	if (!n || n->kind != YAML_ALIAS)
		return;
	strbuf_printf(out, " # instead of *%s", n->value);
	if (n->target->kind == YAML_MAPPING)
		strbuf_printf(out, "; \"<<: *%s\" keeps what it brings", n->value);
	else if (n->target->kind == YAML_SEQUENCE)
		strbuf_puts(out, "; with what it lists");
}

/* A key beside "<<" replaces what that brings under the same name, as a whole. */
static void add_merge_note(struct arena *a, const struct yaml_node *map, const char *key, struct strbuf *out)
{
	const struct yaml_node *from = yaml_get(map, "<<");

	if (!from || yaml_get(map, key) || !place_effective(a, map, key))
		return;
	if (from->kind == YAML_ALIAS)
		strbuf_printf(out, " # with what \"<<: *%s\" brings into it, which this replaces", from->value);
	else
		strbuf_puts(out, " # with what \"<<\" brings into it, which this replaces");
}

/* The next of the words that stand there, and the place behind it; NULL: there is none. */
static const char *next_word(struct arena *a, const char **at)
{
	const char *word = *at + strspn(*at, " \t\r\n");
	size_t n = strcspn(word, " \t\r\n");

	*at = word + n;
	return n > 0 ? arena_strndup(a, word, n) : NULL;
}

/* Is it a shell and its script, such as [sh, -c, "..."] or the same as a text? Returns the shell and its flag. */
static bool is_script(struct arena *a, const struct yaml_node *n, const char **ret_shell, const char **ret_flag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	bool list = n && n->kind == YAML_SEQUENCE && n->count > 2;
	const char *text = n && n->kind == YAML_SCALAR ? n->value : "", *slash, *shell;
	size_t len;

	*ret_shell = list ? yaml_text(n->items[0]) : next_word(a, &text);
	*ret_flag = list ? yaml_text(n->items[1]) : next_word(a, &text);
	if (!*ret_shell || !*ret_flag)
		return false;
	slash = strrchr(*ret_shell, '/');
	shell = slash ? slash + 1 : *ret_shell;
	len = strlen(shell);
	return (*ret_flag)[0] == '-' && strchr(*ret_flag, 'c') && !(*ret_flag)[1 + strspn(*ret_flag + 1, letters)] &&
	       len >= 2 && STR_EQ(shell + len - 2, "sh") && (list || text[strspn(text, " \t\r\n")]);
}

/* Is the word inside one of the list's texts, and not an item of its own? Then that is a script. */
static bool is_inside(const struct yaml_node *n, const char *word)
{
	for (size_t i = 0; n && n->kind == YAML_SEQUENCE && i < n->count; i++) {
		const char *text = yaml_text(n->items[i]);

		if (text && strstr(text, word) && strpbrk(text, " \t\n"))
			return true;
	}
	return false;
}

static bool is_plain_value(struct arena *a, const char *text)
{
	return discreet_is_harmless(a, SHAPE_NAME, text) || discreet_is_harmless(a, SHAPE_PATH, text) ||
	       discreet_is_harmless(a, SHAPE_NUMBER, text);
}

/* May a word of a command be shown: a name, a path, a number, or "NAME=" one of these where NAME is no secret's? */
static bool is_shown(struct arena *a, const char *word)
{
	size_t n = strcspn(word, "=");

	if (discreet_is_token(word, strlen(word)))
		return false;
	if (!word[n])
		return is_plain_value(a, word);
	return discreet_is_name(word, n) && !discreet_names_secret(word, n) && is_plain_value(a, word + n + 1);
}

/* The words of a command that are there, as far as all may be shown; else dots. */
static const char *shown_words(struct arena *a, const struct yaml_node *now)
{
	bool list = now->kind == YAML_SEQUENCE;
	struct strbuf out = STRBUF_INIT;
	const char *text, *words = list ? NULL : now->value;
	bool all = list || now->kind == YAML_SCALAR;

	for (size_t i = 0, n; all && (list ? i < now->count : *words != '\0'); i++, words = list ? NULL : words + n) {
		const char *word;

		if (!list)
			words += strspn(words, " \t\n");
		n = list ? 0 : strcspn(words, " \t\n");
		word = list ? yaml_text(now->items[i]) : arena_strndup(a, words, n);
		if (!list && n == 0)
			break;
		all = word && word[0] && is_shown(a, word);
		if (all)
			strbuf_printf(&out,
				      !list					? "%s "
				      : word[0] == '-' || yaml_plain_safe(word) ? "%s, "
										: "\"%s\", ",
				      word);
	}
	text = all ? arena_strdup(a, strbuf_text(&out)) : list ? "..., " : "... ";
	strbuf_clear(&out);
	return text;
}

/* The words of a command, with dots for those that are there and may not be shown. */
static void add_hand_command(struct arena *a, const struct owned_value *v, const struct yaml_node *now,
			     struct strbuf *out)
{
	bool option = v->place == OWNED_WORD;
	const char *shell, *flag;

	if (is_script(a, now, &shell, &flag))
		strbuf_printf(out, option ? " [%s, %s, \"... -c %s=%s ...\"]" : " [%s, %s, \"... %s %s ...\"]", shell,
			      flag, v->word, v->wanted);
	else if (option && now && now->kind == YAML_SCALAR)
		strbuf_printf(out, " %s-c %s=%s", shown_words(a, now), v->word, v->wanted);
	else if (option && now)
		strbuf_printf(out, " [%s-c, %s=%s]", shown_words(a, now), v->word, v->wanted);
	else if (!option && is_inside(now, v->word))
		strbuf_printf(out, now->count > 1 ? " [..., \"... %s %s ...\"]" : " [\"... %s %s ...\"]", v->word,
			      v->wanted);
	else
		strbuf_printf(out, option ? " [%s-c, %s=%s]" : " [%s%s, \"%s\"]", now ? "..., " : "", v->word,
			      v->wanted);
}

/* now: what stands there; NULL: nothing. */
static void add_hand_value(struct arena *a, const struct edit *e, const struct yaml_node *now, int indent,
			   struct strbuf *out)
{
	const struct owned_value *v = e->owned;

	if (e->place.form == FORM_ENTRY)
		strbuf_printf(out, "\n%*s- \"%s=%s\"", indent, "", owned_variable(v), v->wanted);
	else if (e->place.form == FORM_COMMAND)
		add_hand_command(a, v, now, out);
	else
		strbuf_printf(out, " \"%s\"", v->wanted);
}

static size_t last_slash(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

/* Images whose command is a script of their own, and which take a setting from a variable (bitnami/containers). */
static const struct {
	const char *image, *word, *variable;
} by_variable[] = {{"bitnami", "max_connections", "POSTGRESQL_MAX_CONNECTIONS"}};

/* The variable that a word of the command is written as instead; NULL: none. */
static const char *variable_of(struct arena *a, const struct yaml_doc *doc, const struct edit *e,
			       const struct yaml_node *now)
{
	const char *image = yaml_text(place_effective(
		a, doc->root, arena_printf(a, "%.*s/image", (int)last_slash(e->place.path), e->place.path)));

	for (size_t i = 0; image && !now && e->owned->place == OWNED_WORD && i < ARRAY_SIZE(by_variable); i++)
		if (strstr(image, by_variable[i].image) && STR_EQ(e->owned->word, by_variable[i].word))
			return by_variable[i].variable;
	return NULL;
}

/*
 * YAML that a person should write into the file of doc, one key a line. now: what the project has there; NULL: nothing.
 */
const char *edit_by_hand(struct arena *a, const struct yaml_doc *doc, const struct edit *e, const struct yaml_node *now)
{
	const struct yaml_node *at = doc->root;
	struct strbuf out = STRBUF_INIT;
	const char *variable = variable_of(a, doc, e, now),
		   *path = variable ? arena_printf(a, "%.*s/environment/%s", (int)last_slash(e->place.path),
						   e->place.path, variable)
				    : e->place.path,
		   *text;
	int indent = 0;

	for (size_t n; *path; path += n + (path[n] == '/'), indent += 2) {
		const char *key = arena_strndup(a, path, n = strcspn(path, "/"));

		strbuf_printf(&out, "%s%*s", indent ? "\n" : "", indent, "");
		add_key(key, &out);
		strbuf_putc(&out, ':');
		at = at && at->kind == YAML_ALIAS ? at->target : at;
		if (path[n] || e->place.form == FORM_ENTRY) {
			add_alias_note(yaml_get(at, key), &out);
			add_merge_note(a, at, key, &out);
		}
		at = yaml_get(at, key);
	}
	if (variable)
		strbuf_printf(&out, " \"%s\"", e->owned->wanted);
	else
		add_hand_value(a, e, now, indent, &out);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}
