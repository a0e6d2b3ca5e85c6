#include "output/changes_text.h"

#include <string.h>

#include "output/diff.h"
#include "output/secrets.h"

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
	strbuf_printf(out, "      %-26s %s -> %s", v->label, v->from[0] ? v->from : "(none)", v->to);
	style_add(style, out, COLOUR_WARN, mark_of(v));
	strbuf_putc(out, '\n');
}

static void file_text(const struct file_change *f, const struct style *style, struct strbuf *out)
{
	strbuf_printf(out, "  %-7s %s", f->kind == CHANGE_NONE ? "keep" : change_kind_name(f->kind), f->path);
	if (f->link && f->new_text)
		strbuf_printf(out, " -> %s", f->new_text);
	else if (f->kind == CHANGE_CREATE)
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

static struct diff_side side(struct arena *a, const char *text)
{
	const char *shown = text ? secrets_hidden(a, text) : NULL;

	return (struct diff_side){shown, shown ? strlen(shown) : 0};
}

void change_diff_text(struct arena *a, const struct file_change *f, const struct style *style, struct strbuf *out)
{
	if (f->kind != CHANGE_NONE)
		diff_unified(a, f->path, side(a, f->old_text), side(a, f->new_text), style, out);
}

static void manual_text(const struct changeset *c, const struct style *style, struct strbuf *out)
{
	for (size_t i = 0; i < c->manual_count; i++) {
		const struct manual_change *m = &c->manual[i];

		strbuf_printf(out, "\n%s: ", m->path);
		style_add(style, out, COLOUR_WARN, m->label);
		strbuf_printf(out, " is left as it is: %s. To change it by hand, make it read:\n", m->why);
		for (const char *line = m->lines; *line;) {
			size_t n = strcspn(line, "\n");

			strbuf_printf(out, "      %.*s\n", (int)n, line);
			line += n + (line[n] == '\n');
		}
	}
}

const char *area_change_name(int64_t before_mib, bool before_on, int64_t after_mib, bool after_on)
{
	if (before_mib == 0)
		return "create";
	if (after_mib == 0)
		return "remove";
	return after_on == before_on ? "keep" : after_on ? "turn on" : "turn off";
}

static void area_text(const struct plan_area *area, struct strbuf *out)
{
	int64_t size = area->after_mib > 0 ? area->after_mib : area->before_mib;

	if (plan_area_changes(area))
		strbuf_printf(out, "  %-7s %s (%lld MiB of swap)\n",
			      area_change_name(area->before_mib, area->before_on, area->after_mib, area->after_on),
			      area->path, (long long)size);
}

static void swappiness_text(const struct changeset *c, struct strbuf *out)
{
	if (c->swappiness >= 0 && c->swappiness_now >= 0 && c->swappiness != c->swappiness_now)
		strbuf_printf(out, "  set     vm.swappiness %d -> %d\n", c->swappiness_now, c->swappiness);
}

/* New files are named, not shown: `plan --json` has their text. */
void changes_text(struct arena *a, const struct changeset *c, const struct style *style, struct strbuf *out)
{
	struct strbuf diffs = STRBUF_INIT;

	if (!changeset_pending(c) && c->conflicts == 0) {
		strbuf_printf(out, "Changes   none: %s is as the plan wants it%s\n", c->compose ? c->compose : c->dir,
			      c->manual_count > 0 ? ", but for what only you can change" : "");
		manual_text(c, style, out);
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
	for (size_t i = 0; i < c->area_count; i++)
		area_text(&c->areas[i], out);
	swappiness_text(c, out);
	manual_text(c, style, out);
	if (diffs.len > 0)
		strbuf_printf(out, "\n%s", strbuf_text(&diffs));
	strbuf_clear(&diffs);
}

static const char *fate(const struct tx_file *f)
{
	if (!f->after.present)
		return "remove";
	return f->before.present ? "restore" : STR_EQ(strrchr(f->path, '/'), "/kept.env") ? "keep secrets in" : "bring back";
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
	for (size_t i = 0; i < t->area_count; i++) {
		const struct tx_area *a = &t->areas[i];

		strbuf_printf(out, "  %-7s %s (%lld MiB of swap)\n",
			      area_change_name(a->before_mib, a->before_on, a->after_mib, a->after_on), a->path,
			      (long long)(a->after_mib > 0 ? a->after_mib : a->before_mib));
	}
	if (t->swappiness_after >= 0)
		strbuf_printf(out, "  set     vm.swappiness %d -> %d\n", t->swappiness_before, t->swappiness_after);
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < t->count; i++) {
		const struct tx_file *f = &t->files[i];

		if (f->before.present && f->after.present && !f->after.link)
			diff_unified(t->a, f->path, side(t->a, f->before.text), side(t->a, f->after.text), style, out);
	}
}
