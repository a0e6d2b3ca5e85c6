/* SPDX-License-Identifier: MIT */
#include "output/changes_text.h"

#include <string.h>

#include "changes/swap_changes.h"
#include "core/discreet.h"
#include "core/i18n.h"
#include "swap/unit.h"
#include "core/text.h"
#include "output/columns.h"
#include "output/diff.h"
#include "output/secrets.h"
#include "apply/rollback.h"

static const char *mark_of(const struct value_change *v)
{
	if (v->conflict)
		return _("  [!] edited by hand");
	if (v->edited)
		return v->kept ? _("  [!] edited by hand: kept") : _("  [!] edited by hand: overwritten");
	return "";
}

static void value_text(const struct value_change *v, const struct style *style, struct strbuf *out)
{
	strbuf_puts(out, "      ");
	columns_left(out, v->label, 26);
	text_printf(out, " %s -> %s", v->from[0] ? v->from : _("(none)"), v->to);
	style_add(style, out, COLOUR_WARN, mark_of(v));
	strbuf_putc(out, '\n');
}

/* Prints the action in 7 columns; longer words push the rest to the right. */
static void verb(const char *word, struct strbuf *out)
{
	strbuf_puts(out, "  ");
	columns_left(out, _(word), 7);
	strbuf_putc(out, ' ');
}

static void note(struct strbuf *out, const char *text)
{
	text_printf(out, "      %s\n", text);
}

static void file_text(struct arena *a, const struct file_change *f, const struct style *style, struct strbuf *out)
{
	verb(f->kind == CHANGE_NONE ? N_("keep") : change_kind_name(f->kind), out);
	text_printf(out, "%s", f->path);
	if (f->link && f->new_text)
		text_printf(out, " -> %s", f->new_text);
	else if (f->kind == CHANGE_CREATE)
		strbuf_printf(out, " (%04o)", (unsigned)f->mode);
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < f->value_count; i++)
		if (f->values[i].from)
			value_text(&f->values[i], style, out);
	if (f->mode_was)
		note(out,
		     arena_printf(a, _("mode %04o -> 0600: others can read the secrets in it"), (unsigned)f->mode_was));
	if (f->from_copy)
		note(out, _("it was written before and is gone: it comes back from vpsfit's own copy"));
	for (size_t i = 0; i < f->restored_count; i++)
		note(out, arena_printf(a, _("%s: put back from vpsfit's own copy"), f->restored[i]));
	for (size_t i = 0; i < f->secret_count; i++)
		text_printf(out, _("      %s: a secret will be made\n"), f->secrets[i]->key);
	for (size_t i = 0; i < f->given_count; i++)
		text_printf(out,
			    strstr(f->given[i], "_API_KEY") ? _("      %s: set to the key that was given\n")
							    : _("      %s: set as it was given\n"),
			    f->given[i]);
}

static struct diff_side side(struct arena *a, const struct secrets_file *f, const char *text, size_t len)
{
	/* diff_side ends at the first NUL. .env has none at this point; any other file with one is hidden whole. */
	return (struct diff_side){text, len, text ? secrets_hidden(a, f, text, len) : NULL};
}

/* Values are reported beside the diff anyway, so the diff may show them. */
static struct secrets_file known_of(struct arena *a, const struct file_change *f)
{
	const char **shown = arena_array(a, 2 * MAX_OWNED, sizeof(*shown));
	struct secrets_file known = {.path = f->path, .env = f->env, .shipped = f->shipped, .shown = shown};

	memcpy(known.trees, f->trees, sizeof(known.trees));
	/* New files contain nobody else's lines, unless restored from a copy; units and sysctl.d are vpsfit's alone. */
	known.ours = (!f->old_text && !f->from_copy) || swap_is_unit(f->path) || STR_EQ(f->path, SWAPPINESS_PATH);
	for (size_t i = 0; i < f->value_count; i++) {
		if (f->values[i].from)
			shown[known.shown_count++] = f->values[i].from;
		shown[known.shown_count++] = f->values[i].to;
	}
	return known;
}

/* What a person may have written into is shown line by line; a file of the stack that goes, too. */
bool change_has_diff(const struct file_change *f)
{
	return f->kind == CHANGE_EDIT || (f->kind == CHANGE_REMOVE && f->shipped);
}

void change_diff_text(struct arena *a, const struct file_change *f, const struct style *style, struct strbuf *out)
{
	const struct secrets_file known = known_of(a, f);

	if (f->kind != CHANGE_NONE)
		diff_unified(a, f->path, side(a, &known, f->old_text, f->old_len),
			     side(a, &known, f->new_text, f->new_len), style, out);
}

void changes_manual_text(const struct changeset *c, const struct style *style, struct strbuf *out)
{
	for (size_t i = 0; i < c->manual_count; i++) {
		const struct manual_change *m = &c->manual[i];

		text_printf(out, "\n%s: ", m->path);
		style_add(style, out, COLOUR_WARN, m->label);
		text_printf(out, _(" is left as it is: %s. To change it by hand, make it read:\n"), m->why);
		for (const char *line = m->lines; *line;) {
			size_t n = strcspn(line, "\n");

			text_printf(out, "      %.*s\n", (int)n, line);
			line += n + (line[n] == '\n');
		}
	}
}

const char *swap_change_name(const struct swap_change *c)
{
	if (c->before.mib == 0)
		return N_("create");
	if (c->after.mib == 0)
		return N_("remove");
	return c->after.on == c->before.on ? N_("keep") : c->after.on ? N_("turn on") : N_("turn off");
}

static void area_text(const struct swap_change *area, struct strbuf *out)
{
	verb(swap_change_name(area), out);
	text_printf(out, _("%s (%lld MiB of swap)\n"), area->path, (long long)swap_change_mib(area));
}

void changes_areas_text(const struct changeset *c, struct strbuf *out)
{
	for (size_t i = 0; i < c->area_count; i++)
		if (swap_is_changed(&c->areas[i]))
			area_text(&c->areas[i], out);
}

static void swappiness_text(int before, int after, struct strbuf *out)
{
	verb(N_("set"), out);
	strbuf_printf(out, "vm.swappiness %d -> %d\n", before, after);
}

/* What a stack that was moved, or whose file got another name, takes along. */
const char *changes_moved_line(struct arena *a, const struct changeset *c)
{
	return arena_printf(a, _("%s: its state and history, from %s"), c->moved_file ? c->compose : c->dir,
			    c->moved_file ? c->moved_file : c->moved_from);
}

const char *changes_kept_line(struct arena *a, const struct changeset *c, size_t i)
{
	const long k = changeset_kept(c, i);
	const struct owned_value *v;
	const char *is;

	if (k < 0)
		return NULL;
	v = &c->owned[k];
	is = c->kept[k];
	if (v->place == OWNED_WHOLE && !STR_EQ(v->file, ".env"))
		return arena_printf(a, _("%s stays as it was edited"), v->label);
	if (!is[0])
		return arena_printf(a, _("%s stays out; the plan says %s"), v->label, v->wanted);
	if (!discreet_is_harmless(a, v->image ? SHAPE_IMAGE : STR_EQ(v->file, ".env") ? SHAPE_PORTS : SHAPE_NUMBER, is))
		is = _("(hidden)");
	return arena_printf(a, _("%s stays %s; the plan says %s"), v->label, is, v->wanted);
}

static void kept_text(struct arena *a, const struct changeset *c, struct strbuf *out)
{
	const char *line;

	for (size_t i = 0; (line = changes_kept_line(a, c, i)); i++)
		style_wrapf(out, i == 0 ? _("By hand") : "", 10, "%s", line);
}

/* Only names new files; `plan --json` has their text. */
void changes_text(struct arena *a, const struct changeset *c, const struct style *style, struct strbuf *out)
{
	struct strbuf diffs = STRBUF_INIT;

	if (!changeset_pending(c) && c->conflicts == 0) {
		columns_left(out, _("Changes"), 10);
		text_printf(out, _("none: %s is as the plan wants it%s\n"), c->compose ? c->compose : c->dir,
			    c->manual_count > 0 ? _(", but for what only you can change") : "");
		kept_text(a, c, out);
		changes_manual_text(c, style, out);
		return;
	}
	text_printf(out, "%s\n", _("Changes"));
	for (size_t i = 0; i < c->count; i++) {
		const struct file_change *f = &c->files[i];

		if (f->kind != CHANGE_NONE || f->value_count > 0)
			file_text(a, f, style, out);
		if (change_has_diff(f))
			change_diff_text(a, f, style, &diffs);
	}
	if (c->moved_from) {
		verb(N_("take along"), out);
		text_printf(out, "%s\n", changes_moved_line(a, c));
	}
	if (c->taken_up) {
		verb(N_("take up"), out);
		text_printf(out, "%s\n",
			    arena_printf(a, _("%s: vpsfit wrote it, and what it remembered of it is gone"), c->dir));
	}
	changes_areas_text(c, out);
	if (c->swappiness >= 0 && c->swappiness_now >= 0 && c->swappiness != c->swappiness_now)
		swappiness_text(c->swappiness_now, c->swappiness, out);
	kept_text(a, c, out);
	changes_manual_text(c, style, out);
	if (diffs.len > 0) {
		strbuf_putc(out, '\n');
		strbuf_add(out, strbuf_text(&diffs), diffs.len);
	}
	strbuf_clear(&diffs);
}

static const char *fate(const struct tx_file *f)
{
	if (!f->after.present)
		return N_("remove");
	return f->before.present ? N_("restore") : N_("bring back");
}

static bool was_edited(const struct rollback *r, const char *path)
{
	for (size_t i = 0; i < r->edited_count; i++)
		if (STR_EQ(r->edited[i], path))
			return true;
	return false;
}

bool rollback_moves_images(const struct rollback *r)
{
	for (size_t i = 0; i < r->t.count; i++) {
		const struct tx_file *f = &r->t.files[i];

		if (f->before.present && f->after.present && !f->before.link && !f->after.link &&
		    image_lines_moved(f->before.text, f->after.text))
			return true;
	}
	return false;
}

void rollback_text(const struct rollback *r, const struct style *style, struct strbuf *out)
{
	const struct transaction *t = &r->t;
	char when[TEXT_TIME];

	text_printf(out, _("Back to what was there before the apply of %s\n"), text_time(r->applied, when));
	for (size_t i = 0; i < t->count; i++) {
		verb(fate(&t->files[i]), out);
		text_printf(out, "%s", t->files[i].path);
		if (was_edited(r, t->files[i].path))
			style_add(style, out, COLOUR_WARN, _("  [!] edited by hand since"));
		strbuf_putc(out, '\n');
	}
	for (size_t i = 0; i < r->stay_count; i++) {
		verb(N_("keep"), out);
		text_printf(out, "%s\n", r->stays[i].path);
		note(out, r->stays[i].why);
	}
	if (r->kept_count > 0) {
		verb(N_("keep"), out);
		text_printf(out, _("%s, for a database that was made with them:\n"), r->kept_in);
	}
	for (size_t i = 0; i < r->kept_count; i++)
		text_printf(out, "      %s\n", r->kept[i]);
	if (r->edited_count > 0) {
		verb(N_("keep"), out);
		text_printf(out, _("%s: a copy of what was edited\n"), r->edits_path);
	}
	for (size_t i = 0; i < t->area_count; i++)
		area_text(&t->areas[i], out);
	if (t->swappiness_after >= 0)
		swappiness_text(t->swappiness_before, t->swappiness_after, out);
	if (rollback_moves_images(r)) {
		strbuf_putc(out, '\n');
		style_wrap(
			out, "[!]", 4,
			_("Tags of images go back, data does not: what a newer image has migrated in the database or in a "
			  "volume stays migrated, and the older image may not be able to read it. Restore the backup that "
			  "was made before"));
	}
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < t->count; i++) {
		const struct tx_file *f = &t->files[i];

		const struct secrets_file known = {.path = f->path};

		if (f->before.present && f->after.present && !f->after.link)
			diff_unified(t->a, f->path, side(t->a, &known, f->before.text, f->before.len),
				     side(t->a, &known, f->after.text, f->after.len), style, out);
	}
}
