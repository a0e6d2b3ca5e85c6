#include "output/changes_text.h"

#include <string.h>

#include "output/diff.h"

static const char *mark_of(const struct value_change *v)
{
	if (v->conflict)
		return "  [!] edited by hand";
	if (v->edited)
		return v->kept ? "  [!] edited by hand: kept" : "  [!] edited by hand: overwritten";
	return "";
}

static void value_text(const struct value_change *v, const struct style *style, struct strbuf *out)
{
	strbuf_printf(out, "      %-26s %s -> %s", v->label, v->from, v->to);
	style_add(style, out, COLOUR_WARN, mark_of(v));
	strbuf_putc(out, '\n');
}

static void file_text(const struct file_change *f, const struct style *style, struct strbuf *out)
{
	strbuf_printf(out, "  %-7s %s", f->kind == CHANGE_NONE ? "keep" : change_kind_name(f->kind), f->path);
	if (f->kind == CHANGE_CREATE)
		strbuf_printf(out, " (%04o)", (unsigned)f->mode);
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < f->value_count; i++)
		if (f->values[i].from)
			value_text(&f->values[i], style, out);
	for (size_t i = 0; i < f->secret_count; i++)
		strbuf_printf(out, "      %s: a secret will be made\n", f->secrets[i]);
	for (size_t i = 0; i < f->given_count; i++)
		strbuf_printf(out, "      %s: set to the key that was given\n", f->given[i]);
}

static bool is_env(const char *path)
{
	size_t n = strlen(path);

	return n >= 4 && STR_EQ(path + n - 4, ".env");
}

static struct diff_side side(struct arena *a, const char *path, const char *text, size_t len)
{
	const char *shown = text && is_env(path) ? diff_hide_secrets(a, text) : text;

	return (struct diff_side){shown, shown == text ? len : strlen(shown)};
}

void change_diff_text(struct arena *a, const struct file_change *f, const struct style *style, struct strbuf *out)
{
	if (f->kind != CHANGE_NONE)
		diff_unified(a, f->path, side(a, f->path, f->old_text, f->old_len),
			     side(a, f->path, f->new_text, f->new_len), style, out);
}

/* New files are named, not shown: `plan --json` has their text. */
void changes_text(struct arena *a, const struct changeset *c, const struct style *style, struct strbuf *out)
{
	struct strbuf diffs = STRBUF_INIT;

	if (!changeset_pending(c) && c->conflicts == 0) {
		strbuf_printf(out, "Changes   none: %s is as the plan wants it\n", c->dir);
		return;
	}
	strbuf_puts(out, "Changes\n");
	for (size_t i = 0; i < c->count; i++) {
		const struct file_change *f = &c->files[i];

		if (f->kind != CHANGE_NONE || f->value_count > 0)
			file_text(f, style, out);
		if (f->kind == CHANGE_EDIT)
			change_diff_text(a, f, style, &diffs);
	}
	if (diffs.len > 0)
		strbuf_printf(out, "\n%s", strbuf_text(&diffs));
	strbuf_clear(&diffs);
}

static const char *fate(const struct tx_file *f)
{
	if (!f->after.present)
		return "remove";
	return f->before.present ? "restore" : is_env(f->path) ? "keep secrets in" : "bring back";
}

static bool was_edited(const struct rollback *r, const char *path)
{
	for (size_t i = 0; i < r->edited_count; i++)
		if (STR_EQ(r->edited[i], path))
			return true;
	return false;
}

void rollback_text(const struct rollback *r, const struct style *style, struct strbuf *out)
{
	const struct transaction *t = &r->t;

	strbuf_printf(out, "Back to what was there before the apply of %s\n", r->applied);
	for (size_t i = 0; i < t->count; i++) {
		strbuf_printf(out, "  %-7s %s", fate(&t->files[i]), t->files[i].path);
		if (was_edited(r, t->files[i].path))
			style_add(style, out, COLOUR_WARN, "  [!] edited by hand since");
		strbuf_putc(out, '\n');
	}
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < t->count; i++) {
		const struct tx_file *f = &t->files[i];

		if (f->before.present && f->after.present)
			diff_unified(t->a, f->path, side(t->a, f->path, f->before.text, f->before.len),
				     side(t->a, f->path, f->after.text, f->after.len), style, out);
	}
}
