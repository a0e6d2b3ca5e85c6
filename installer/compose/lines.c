/* SPDX-License-Identifier: MIT */
#include "compose/lines.h"

#include <string.h>

/* Start of the line that the byte is on. */
size_t lines_start(const struct yaml_doc *doc, size_t at)
{
	while (at > 0 && doc->text[at - 1] != '\n')
		at--;
	return at;
}

/* Start of the next line, or the end of the text. */
size_t lines_next(const struct yaml_doc *doc, size_t at)
{
	while (at < doc->len && doc->text[at] != '\n')
		at++;
	return at < doc->len ? at + 1 : at;
}

/* End of a node's own text: a collection's `end` may lie after comments and blank lines. */
static size_t content_end(const struct yaml_node *n)
{
	size_t end = n->start;

	if (n->kind == YAML_SCALAR || n->kind == YAML_ALIAS || n->style == YAML_FLOW || n->count == 0)
		return n->end;
	for (size_t i = 0; i < n->count; i++) {
		size_t one = content_end(n->items[i]);

		end = one > end ? one : end;
	}
	return end;
}

/*
 * End of the last line of a pair, or of an item where key and value are the same. A block scalar ends after its
 * line end.
 */
size_t lines_pair_end(const struct yaml_doc *doc, const struct yaml_node *key, const struct yaml_node *value)
{
	size_t end = content_end(value);

	end = end < key->end && key != value ? key->end : end;
	return end > 0 && doc->text[end - 1] == '\n' ? end : lines_next(doc, end);
}

/* Is there nothing on the line but blanks? */
bool lines_is_blank(const struct yaml_doc *doc, size_t at)
{
	at += strspn(doc->text + at, " \t\r");
	return at >= doc->len || doc->text[at] == '\n';
}

/*
 * Start of the comment lines directly above with the same indentation; they belong to the line that starts at
 * `start`.
 */
size_t lines_comments_above(const struct yaml_doc *doc, size_t start)
{
	size_t indent = strspn(doc->text + start, " ");

	while (start > 0) {
		size_t above = lines_start(doc, start - 1), in = strspn(doc->text + above, " ");

		if (in != indent || doc->text[above + in] != '#')
			break;
		start = above;
	}
	return start;
}

/* Start of the line behind the one that ends at `at`. A lone CR ends lines, too. */
static size_t behind_end(const struct yaml_doc *doc, size_t at)
{
	at += at < doc->len && doc->text[at] == '\r';
	return at + (at < doc->len && doc->text[at] == '\n');
}

/* How deep is what a comment hides: as its "#", or as its text if the "#" was put at the line's start. */
static size_t depth_of(const char *line, size_t mark)
{
	return mark > 0 ? mark : strspn(line + 1, " ");
}

size_t lines_end_below(const struct yaml_doc *doc, size_t end, size_t indent, bool dashes)
{
	size_t entry = 0, found = end;
	bool gap = false;

	for (size_t at = behind_end(doc, end); at < doc->len; at = behind_end(doc, at)) {
		const char *line = doc->text + at;
		size_t mark = strspn(line, " \t"), depth, text;

		at += strcspn(line, "\r\n");
		if (line + mark == doc->text + at) {
			gap = true;
			continue;
		}
		if (line[mark] != '#' || (mark == 0 && gap))
			break;
		depth = depth_of(line, mark);
		text = mark + 1 + strspn(line + mark + 1, " ");
		if (depth == indent && dashes && line[text] == '-')
			entry = text;
		else if (depth < indent || (depth == indent && (entry == 0 || text <= entry)))
			break;
		found = at;
	}
	return found;
}

/* The line end that the file has: that of its first line. */
const char *lines_end_of(const struct yaml_doc *doc)
{
	size_t at = strcspn(doc->text, "\n");

	return at > 0 && at < doc->len && doc->text[at - 1] == '\r' ? "\r\n" : "\n";
}

/* Appends the lines of a pair or an item with the comments above, indented by `indent` and with these line ends. */
void lines_copy(const struct yaml_doc *doc, const struct yaml_node *key, const struct yaml_node *value, size_t indent,
		const char *end, struct strbuf *out)
{
	size_t start = lines_start(doc, key->start), own = strspn(doc->text + start, " ");
	size_t stop = lines_pair_end(doc, key, value);

	for (size_t at = lines_comments_above(doc, start); at < stop; at = lines_next(doc, at)) {
		size_t in = strspn(doc->text + at, " ");

		if (doc->text[at + in] != '\n')
			strbuf_fill(out, ' ', in - (in < own ? in : own) + indent);
		strbuf_add(out, doc->text + at + in, strcspn(doc->text + at + in, "\r\n"));
		strbuf_puts(out, end);
	}
}

/* Is the byte inside a value, where "#" starts no comment? Nesting is bounded by YAML_MAX_DEPTH. */
static bool in_value(const struct yaml_node *n, size_t at)
{
	if (at < n->start || at >= n->end)
		return false;
	if (n->kind == YAML_SCALAR || n->kind == YAML_ALIAS)
		return true;
	for (size_t i = 0; i < n->count; i++)
		if (in_value(n->items[i], at))
			return true;
	return false;
}

/* The comment on the line that starts at `at`, outside of both nodes; NULL: none. */
const char *lines_comment(const struct yaml_doc *file, const struct yaml_node *key, const struct yaml_node *value,
			  size_t at)
{
	for (size_t i = at; i < file->len && !strchr("\r\n", file->text[i]); i++)
		if (file->text[i] == '#' && (i == at || strchr(" \t", file->text[i - 1])) && !in_value(key, i) &&
		    !in_value(value, i))
			return file->text + i;
	return NULL;
}

/* Comments that a person added to the lines of a pair, each on a line of its own and indented like its line. */
const char *lines_kept_comments(struct arena *a, const struct yaml_doc *file, const struct yaml_node *key,
				const struct yaml_node *value, lines_is_own_fn *is_own, const void *context)
{
	size_t end = lines_pair_end(file, key, value);
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (size_t at = lines_start(file, key->start); at < end; at = lines_next(file, at)) {
		const char *comment = lines_comment(file, key, value, at);

		if (!comment || is_own(a, context, comment))
			continue;
		strbuf_fill(&out, ' ', strspn(file->text + at, " "));
		strbuf_add(&out, comment, strcspn(comment, "\r\n"));
		strbuf_puts(&out, lines_end_of(file));
	}
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}
