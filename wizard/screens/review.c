/* SPDX-License-Identifier: MIT */
/* Shows everything that will change, before anything does. */
#include <string.h>

#include "core/i18n.h"
#include "core/reach.h"
#include "core/units.h"
#include "output/changes_text.h"
#include "wizard/wizard.h"

static const char *number(struct wizard *w, int64_t n)
{
	return wizard_text(w, "%lld", (long long)n);
}

static void row(struct blocks *b, const char *label, const char *was, const char *will)
{
	blocks_add(b, BLOCK_ROW, label, was)->more = will;
}

static void was_and_will(struct wizard *w, struct blocks *b)
{
	const struct state *was = &w->s->state;
	const struct plan *plan = &w->s->plan;
	char sold[UNITS_TEXT];
	const char *then;

	if (was->present || w->s->compose)
		row(b, "", _("was"), _("will be"));
	if (!was->present)
		return;
	then = wizard_text(w, "%s", format_plan(was->nominal_mib, sold));
	row(b, _("memory"), then, wizard_text(w, "%s", format_plan(plan->machine->ram.nominal.value, sold)));
	row(b, _("cores"), number(w, was->cpus), number(w, plan->machine->cpus.effective.value));
	row(b, _("profile"), was->profile ? was->profile : "?", plan->profile->name);
	row(b, _("workers"), number(w, was->workers), number(w, plan->workers));
}

static const char *mark_of(const struct value_change *v)
{
	return v->kept ? _(" [!] kept") : v->edited ? _(" [!] replaced") : "";
}

static void values(struct wizard *w, const struct file_change *f, struct blocks *b)
{
	for (size_t i = 0; i < f->value_count; i++) {
		const struct value_change *v = &f->values[i];

		if (v->from)
			row(b, v->label, v->from[0] ? v->from : _("(none)"),
			    wizard_text(w, "%s%s", v->kept ? v->from : v->to, mark_of(v)));
	}
}

/* limit: -1 where none is written. */
static void budget_row(const struct plan *p, const char *label, int64_t expected, int64_t limit, struct strbuf *out)
{
	strbuf_printf(out, "%-13.12s%9lld", label, (long long)expected);
	if (p->limits_off || limit <= 0)
		strbuf_printf(out, "%9s\n", "-");
	else
		strbuf_printf(out, "%9lld\n", (long long)limit);
}

static void budget_services(const struct plan *p, bool optional, struct strbuf *out)
{
	for (size_t i = 0; i < p->set->count; i++)
		if (p->services[i].in && (p->set->items[i].optional_from > 0) == optional)
			budget_row(p, p->set->items[i].name, p->services[i].expected_mib,
				   p->services[i].open ? -1 : p->services[i].limit_mib, out);
}

/* What is not planned and counts all the same; "?" where nobody knows. */
static void budget_beside(const struct plan *p, struct strbuf *out)
{
	const struct beside *b = &p->beside;

	for (size_t i = 0; i < b->count; i++) {
		const struct beside_row *r = &b->rows[i];

		if (r->source == BESIDE_UNKNOWN)
			strbuf_printf(out, "%-13.12s%9s%9s\n", r->service->name, "?", "-");
		else
			budget_row(p, r->service->name, r->expected_mib, max_i64(r->limit_mib, r->expected_mib), out);
	}
	if (b->others_count > 0)
		budget_row(p, _("others"), b->others_mib, b->others_peak_mib, out);
	if (p->totals.set_aside_peak_mib > 0)
		budget_row(p, _("set aside"), p->totals.set_aside_mib, p->totals.set_aside_peak_mib, out);
}

static void budget(struct wizard *w, struct blocks *b)
{
	const struct plan *p = &w->s->plan;
	const struct plan_totals *t = &p->totals;
	struct strbuf out = STRBUF_INIT;

	strbuf_printf(&out, "%-13s%9s%9s\n", "MiB", _("expected"), _("limit"));
	budget_services(p, false, &out);
	budget_row(p, "Docker", t->engine_mib, t->engine_mib, &out);
	budget_row(p, _("system"), t->system_mib, t->system_mib, &out);
	budget_row(p, _("total"), t->total_mib, t->peak_mib, &out);
	budget_services(p, true, &out);
	budget_beside(p, &out);
	blocks_add(b, BLOCK_FIXED, "", wizard_text(w, "%s", strbuf_text(&out)));
	strbuf_clear(&out);
}

static void swap_line(struct wizard *w, struct blocks *b)
{
	const struct plan_swap *s = &w->s->plan.swap;

	if (s->action == SWAP_ACT_NONE || s->action == SWAP_ACT_IMPOSSIBLE)
		blocks_add(b, BLOCK_TEXT, _("Swap"), wizard_text(w, "%s (%s)", _(swap_action_name(s->action)), s->why));
	else
		wizard_swap(w, _("Swap"), b);
}

static const char *verb(enum change_kind kind)
{
	return kind == CHANGE_CREATE ? _("Create") : kind == CHANGE_REMOVE ? _("Remove") : _("Edit");
}

static void file_lines(struct wizard *w, const struct file_change *f, struct blocks *b)
{
	if (f->kind == CHANGE_NONE)
		return;
	blocks_add(b, BLOCK_TEXT, verb(f->kind), f->path);
	if (f->mode_was)
		blocks_add(b, BLOCK_TEXT, "   ",
			   wizard_text(w, _("mode %04o -> 0600: others can read the secrets in it"),
				       (unsigned)f->mode_was));
	for (size_t i = 0; i < f->restored_count; i++)
		blocks_add(b, BLOCK_TEXT, "   ",
			   wizard_text(w, _("%s: put back from vpsfit's own copy"), f->restored[i]));
	if (f->secret_count > 0)
		blocks_add(b, BLOCK_TEXT, "   ",
			   wizard_text(w, Q_("%zu secret will be made", "%zu secrets will be made", f->secret_count),
				       f->secret_count));
	for (size_t i = 0; i < f->given_count; i++)
		blocks_add(b, BLOCK_TEXT, "   ", wizard_text(w, _("%s: set to the key that was given"), f->given[i]));
}

/* Swap areas that change, and changes that only a person can make. */
static void others(struct wizard *w, struct blocks *b)
{
	const struct style plain = {false};
	struct strbuf out = STRBUF_INIT;

	changes_areas_text(&w->s->changes, &out);
	changes_manual_text(&w->s->changes, &plain, &out);
	if (out.len > 0)
		blocks_add(b, BLOCK_FIXED, "", wizard_text(w, "%s", strbuf_text(&out)));
	strbuf_clear(&out);
}

static void differences(struct wizard *w, struct blocks *b)
{
	const struct style plain = {false};
	const struct changeset *c = &w->s->changes;
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < c->count; i++)
		if (change_has_diff(&c->files[i]))
			change_diff_text(&w->s->arena, &c->files[i], &plain, &out);
	if (out.len > 0) {
		blocks_add(b, BLOCK_GAP, "", "");
		blocks_add(b, BLOCK_FIXED, "", wizard_text(w, "%s", strbuf_text(&out)));
	}
	strbuf_clear(&out);
}

/* *ret_seen: how many of the blocks nobody must write without having seen. */
static void describe(struct wizard *w, struct blocks *b, size_t *ret_seen)
{
	const struct changeset *c = &w->s->changes;

	blocks_add(b, BLOCK_TEXT, w->s->plan.profile->name,
		   wizard_text(w, Q_("%lld worker, in %s", "%lld workers, in %s", w->s->plan.workers),
			       (long long)w->s->plan.workers, c->compose ? c->compose : w->s->dir));
	wizard_gauges(w, &w->s->plan, b);
	if (reach_text(&w->s->arena, &w->s->machine, &w->s->answers))
		blocks_add(b, BLOCK_TEXT, _("Reached"), reach_text(&w->s->arena, &w->s->machine, &w->s->answers));
	swap_line(w, b);
	wizard_severe(w, &w->s->plan, b);
	*ret_seen = b->count;
	wizard_bar(w, &w->s->plan, b);
	blocks_add(b, BLOCK_GAP, "", "");
	was_and_will(w, b);
	/* Start with the compose file, which is last: its sizes are what people compare. */
	for (size_t i = c->count; i-- > 0;)
		values(w, &c->files[i], b);
	if (w->s->state.present)
		blocks_add(b, BLOCK_GAP, "", "");
	if (c->moved_from)
		blocks_add(b, BLOCK_TEXT, _("Take along"), changes_moved_line(&w->s->arena, c));
	if (c->taken_up)
		blocks_add(b, BLOCK_TEXT, _("Take up"),
			   wizard_text(w, _("%s: vpsfit wrote it, and what it remembered of it is gone"), c->dir));
	for (size_t i = 0; i < c->count; i++)
		file_lines(w, &c->files[i], b);
	others(w, b);
	blocks_add(b, BLOCK_GAP, "", "");
	budget(w, b);
	blocks_add(b, BLOCK_GAP, "", "");
	wizard_notes(w, &w->s->plan, b);
	differences(w, b);
}

enum step screen_review(struct wizard *w)
{
	struct page p = flow_page(w, _("Review"),
				  _("This is everything that will change, before anything does. Page Up and Page Down "
				    "scroll. Write does all of it or nothing: a failure puts everything back."));
	const bool pending = changeset_pending(&w->s->changes);

	blocks_add(&p.intro, BLOCK_TEXT, "",
		   pending ? _("Nothing has been changed yet. This is what Write does:")
			   : _("There is nothing to change: everything is as the plan wants it."));
	describe(w, &p.body, &p.must_see);
	page_button(&p, pending ? _("Write") : _("Finish"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	page_button(&p, _("Leave"), STEP_LEAVE);
	return flow_show(w, &p);
}
