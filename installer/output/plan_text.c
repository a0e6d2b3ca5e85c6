/* SPDX-License-Identifier: MIT */
#include "output/plan_text.h"

#include <string.h>

#include "core/i18n.h"
#include "core/reach.h"
#include "core/text.h"
#include "core/units.h"
#include "output/answers_text.h"
#include "output/bar.h"
#include "output/columns.h"
#include "output/machine_text.h"

#define HEADING 16
#define LABEL_LEAST 10
#define GAUGE 30
#define LABELS 18
/* Columns left on a line after three figures and a gap. */
#define BESIDE 29

static size_t label_column(void)
{
	static const char *const labels[] = {N_("Swap"),   N_("Rejected"), N_("Next size"), N_("Reached"),
					     N_("To fit"), N_("Models"),   N_("Worker +1")};

	return style_label_column(labels, ARRAY_SIZE(labels), LABEL_LEAST);
}

static void heading(const struct plan *p, struct strbuf *out)
{
	machine_summary(p->machine, out);
	if (p->recommended)
		style_wrapf(out, _("Profile"), HEADING,
			    Q_("%s%s, %lld worker (%s)", "%s%s, %lld workers (%s)", p->workers), p->profile->name,
			    p->chosen_by_user ? _(", as chosen") : _(", recommended"), (long long)p->workers,
			    p->workers_why);
	else
		style_wrapf(out, _("Profile"), HEADING,
			    Q_("none recommended; the figures are those of %s with %lld worker",
			       "none recommended; the figures are those of %s with %lld workers", p->workers),
			    p->profile->name, (long long)p->workers);
	style_wrapf(out, _("Cost model"), HEADING, "%s (%s)", p->model->name, p->model->measured_on);
}

static void budget_head(struct strbuf *out)
{
	strbuf_putc(out, '\n');
	columns_left(out, "MiB", LABELS);
	columns_right(out, _("expected"), 10);
	columns_right(out, _("reserved"), 10);
	columns_right(out, _("limit"), 10);
	columns_right(out, _("with swap"), 12);
	strbuf_putc(out, '\n');
}

/* A row without a container: expected and maximum, nothing reserved or swapped. No maximum where no limits are. */
static void budget_other(const struct plan *p, struct strbuf *out, const char *label, int64_t expected_mib,
			 int64_t most_mib)
{
	columns_left(out, label, LABELS);
	if (p->limits_off)
		text_printf(out, "%10lld%10s%10s", (long long)expected_mib, "", "-");
	else
		text_printf(out, "%10lld%10s%10lld", (long long)expected_mib, "", (long long)most_mib);
}

/* A name that fits its column: a longer one loses its end, and never how many copies there are. */
static const char *short_label(struct arena *a, const char *name, int64_t copies)
{
	const char *times = copies > 1 ? arena_printf(a, " x%lld", (long long)copies) : "";
	int room = LABELS - 1 - (int)strlen(times);

	if ((int)columns_of(name, strlen(name)) <= room)
		return arena_printf(a, "%s%s", name, times);
	return arena_printf(a, "%.*s~%s", room - 1, name, times);
}

/* A service's name, and which of its images it is planned with where there is a choice. */
static const char *label_of(struct arena *a, const struct plan *p, size_t s)
{
	const struct service *one = &p->set->items[s];
	const char *variant = p->services[s].variant;

	return short_label(a,
			   one->smaller.variant && variant ? arena_printf(a, "%s %s", one->name, variant) : one->name,
			   p->services[s].copies);
}

/* "-" where there is none. */
static const char *size_text(struct arena *a, const struct plan *p, int64_t mib)
{
	return p->limits_off || mib <= 0 ? "-" : arena_printf(a, "%lld", (long long)mib);
}

/* What a reader must know of the figures of a row: they are measured, or are not the planned ones. */
static const char *service_remark(struct arena *a, const struct plan *p, const struct plan_service *ps)
{
	if (ps->copies == 0)
		return _("not started");
	if (ps->idle)
		return _("not started, counted");
	if (ps->limit_stays && !p->limits_off)
		return arena_printf(a, _("kept, not %lld"), (long long)ps->wanted.limit_mib);
	if (ps->held_mib > 0)
		return _("in use now");
	if (ps->error_percent > 0)
		return arena_printf(a, "+-%lld %%", (long long)ps->error_percent);
	if (ps->open)
		return _("at least");
	if (ps->copies > 1)
		return arena_printf(a, _("each %lld MiB"), (long long)ps->expected_mib);
	/* Beside others each row says where it is from. */
	return p->beside.count > 0 ? beside_source_text(ps->source) : NULL;
}

static void budget_service(struct arena *a, const struct plan *p, size_t s, struct strbuf *out)
{
	const struct plan_service *ps = &p->services[s];
	const char *remark = service_remark(a, p, ps);
	int64_t n = max_i64(1, ps->copies), sized = ps->open ? 0 : n;
	const char *expected = arena_printf(a, "%lld", (long long)(ps->copies * ps->expected_mib));

	text_printf(out, "%-18s%10s%10s%10s%12s", label_of(a, p, s), ps->copies > 0 ? expected : "-",
		    size_text(a, p, sized * ps->reservation_mib), size_text(a, p, sized * ps->limit_mib),
		    size_text(a, p, sized * ps->memswap_mib));
	if (remark)
		text_printf(out, "   %s", remark);
	strbuf_putc(out, '\n');
}

/* As budget_other, with a remark behind it. */
static void budget_remark(const struct plan *p, struct strbuf *out, const char *label, int64_t expected_mib,
			  int64_t most_mib, const char *remark)
{
	budget_other(p, out, label, expected_mib, most_mib);
	if (remark)
		text_printf(out, "   %s", remark);
	strbuf_putc(out, '\n');
}

static void beside_row(struct arena *a, const struct plan *p, const struct beside_row *r, struct strbuf *out)
{
	const char *limit = size_text(a, p, r->limit_mib),
		   *expected = r->source == BESIDE_UNKNOWN ? "?" : arena_printf(a, "%lld", (long long)r->expected_mib);

	columns_left(out, short_label(a, r->service->name, r->copies), LABELS);
	text_printf(out, "%10s%10s%10s   %s\n", expected, "", limit,
		    r->least ? _("reserved, at least") : beside_source_text(r->source));
}

/* What is not planned and counts all the same. */
static void budget_beside(struct arena *a, const struct plan *p, struct strbuf *out)
{
	const struct beside *b = &p->beside;
	const char *label;

	for (size_t i = 0; i < b->count; i++)
		beside_row(a, p, &b->rows[i], out);
	for (size_t i = 0; i < b->idle_count; i++) {
		columns_left(out, short_label(a, b->idle[i].service->name, 1), LABELS);
		text_printf(out, "%10s%10s%10s   %s\n", "-", "", size_text(a, p, b->idle[i].limit_mib),
			    _("not started"));
	}
	if (b->others_count > 0) {
		label = arena_printf(a, Q_("%lld other", "%lld others", b->others_count), (long long)b->others_count);
		budget_remark(p, out, label, b->others_mib, b->others_peak_mib, _("containers of others, now"));
	}
	if (p->totals.set_aside_peak_mib > 0)
		budget_remark(p, out, _("set aside"), p->totals.set_aside_mib, p->totals.set_aside_peak_mib,
			      arena_printf(a,
					   Q_("as %lld worker more (model)", "as %lld workers more (model)",
					      p->totals.set_aside_workers),
					   (long long)p->totals.set_aside_workers));
	if (b->count + b->others_count > 0)
		budget_remark(p, out, _("all together"), plan_idle_mib(p), plan_peak_mib(p), NULL);
}

/* The rows of services: mandatory ones go above the total, optional ones below. */
static void budget_services(struct arena *a, const struct plan *p, bool optional, struct strbuf *out)
{
	for (size_t s = 0; s < p->set->count; s++) {
		if (p->services[s].in && (p->set->items[s].optional_from > 0) == optional)
			budget_service(a, p, s, out);
	}
}

/* Why the figure is not the one that people know from `free -m`. */
static void system_note(const struct plan *p, struct strbuf *out)
{
	static const char *const notes[] = {
		[PAGE_CACHE_COUNTED] =
			N_("The system's figure counts page cache, as a margin: free -m shows less as used."),
		[PAGE_CACHE_LEFT_OUT] =
			N_("The system's figure leaves out page cache, which the kernel gives back, and Docker and "
			   "containers, which free -m counts as used."),
	};

	if (notes[p->model->page_cache])
		style_wrapf(out, "", 2, "%s", _(notes[p->model->page_cache]));
}

/* Does the row of a planned service say where its figure is from? */
static bool says_source(struct arena *a, const struct plan *p, const struct plan_service *ps)
{
	const char *remark = service_remark(a, p, ps);

	return remark && (STR_EQ(remark, _("in use now")) || STR_EQ(remark, beside_source_text(ps->source)));
}

/* Rows whose remark is another one, or none: every figure of a stack that somebody else wrote has a source. */
static void sources(struct arena *a, const struct plan *p, struct strbuf *out)
{
	bool daemons = fact_or_zero(&p->machine->ram.daemons) >= p->totals.engine_mib;
	struct strbuf all = STRBUF_INIT;

	for (size_t s = 0; s < p->set->count; s++)
		if (p->services[s].in && !says_source(a, p, &p->services[s]))
			text_printf(&all, "%s%s: %s", all.len ? ", " : "", p->set->items[s].name,
				    p->services[s].held_mib > 0 ? _("in use now")
								: beside_source_text(p->services[s].source));
	text_printf(&all, "%s%s: %s", all.len ? ", " : "", _("Docker engine"),
		    daemons ? _("in use now") : beside_source_text(BESIDE_MODEL));
	style_wrapf(out, "", 2, _("Where figures are from: %s."), strbuf_text(&all));
	strbuf_clear(&all);
}

static void budget(struct arena *a, const struct plan *p, const struct answers *answers, struct strbuf *out)
{
	bool beside = columns_of(p->system_why, strlen(p->system_why)) <= BESIDE;

	budget_head(out);
	budget_services(a, p, false, out);
	budget_other(p, out, _("Docker engine"), p->totals.engine_mib, p->totals.engine_mib);
	strbuf_putc(out, '\n');
	budget_other(p, out, _("system"), p->totals.system_mib, p->totals.system_mib);
	text_printf(out, "   %s\n", beside ? p->system_why : "");
	budget_other(p, out, _("total"), p->totals.total_mib, p->totals.peak_mib);
	strbuf_putc(out, '\n');
	budget_services(a, p, true, out);
	budget_beside(a, p, out);
	if (!beside)
		style_wrapf(out, "", 2, _("system: %s"), p->system_why);
	if (answer_said(answers, ANSWER_COMPOSE))
		sources(a, p, out);
	system_note(p, out);
}

static void gauge(const struct plan *p, const struct style *style, const char *label, int64_t need, enum verdict v,
		  struct strbuf *out)
{
	columns_left(out, label, 6);
	style_gauge(out, need, p->ram_mib, p->swap.total_mib, GAUGE);
	strbuf_printf(out, _(" %lld of %lld MiB, %lld %%  "), (long long)need, (long long)p->ram_mib,
		      (long long)plan_percent(p, need));
	style_add(style, out, style_of_verdict(v), verdict_text(v));
	strbuf_putc(out, '\n');
}

static void swap_line(const struct plan *p, struct strbuf *out)
{
	const size_t column = label_column();
	const struct plan_swap *s = &p->swap;

	if (s->action == SWAP_ACT_NONE || s->action == SWAP_ACT_IMPOSSIBLE)
		style_wrapf(out, _("Swap"), column, "%s (%s)", _(swap_action_name(s->action)), s->why);
	else
		style_wrapf(out, _("Swap"), column, s->path[0] ? _("%s %lld MiB at %s (%s)") : _("%s %lld MiB%s (%s)"),
			    _(swap_action_name(s->action)), (long long)s->size_mib, s->path, s->why);
	for (size_t i = 0; i < s->area_count; i++)
		if (s->areas[i].before.on && !s->areas[i].after.on)
			style_wrapf(out, "", column,
				    s->action == SWAP_ACT_RESIZE ? _("%s (%lld MiB) goes when that is in use")
								 : _("%s (%lld MiB) goes"),
				    s->areas[i].path, (long long)s->areas[i].before.mib);
}

/*
 * Prints a mark in three columns, then the text. Only the mark is coloured, so that colour codes do not count as width.
 */
static void marked(const struct style *style, enum colour c, const char *mark, const char *text, struct strbuf *out)
{
	struct strbuf lines = STRBUF_INIT;

	style_wrap(&lines, mark, 4, text);
	style_add(style, out, c, mark);
	strbuf_puts(out, strbuf_text(&lines) + strlen(mark));
	strbuf_clear(&lines);
}

static void warnings(const struct plan *p, const struct style *style, struct strbuf *out)
{
	static const char *const marks[] = {
		[SEV_INFO] = " i ",
		[SEV_WARNING] = "[!]",
		[SEV_ERROR] = "[!]",
	};

	ALL_NAMED(marks, SEVERITY_COUNT);

	for (size_t i = 0; i < p->warning_count; i++) {
		const struct plan_warning *w = &p->warnings[i];
		struct strbuf text = STRBUF_INIT;

		text_printf(&text, "%s (%s)", w->text, w->code);
		marked(style, w->severity == SEV_INFO ? COLOUR_STRONG : COLOUR_WARN, marks[w->severity],
		       strbuf_text(&text), out);
		strbuf_clear(&text);
	}
	for (size_t i = 0; i < p->assumption_count; i++)
		marked(style, COLOUR_STRONG, " ? ", p->assumptions[i], out);
}

static void other_models(const struct plan *p, struct strbuf *out)
{
	struct strbuf all = STRBUF_INIT;

	for (size_t i = 0; i < p->other_count; i++)
		text_printf(&all, "%s%s %lld MiB", i > 0 ? ", " : "", p->others[i].model->name,
			    (long long)p->others[i].total_mib);
	if (p->other_count > 0)
		style_wrapf(out, _("Models"), label_column(), _("idle by the other cost models: %s"),
			    strbuf_text(&all));
	strbuf_clear(&all);
}

static void next_worker(const struct plan *p, struct strbuf *out)
{
	const struct plan_next_worker *n = &p->next_worker;

	if (n->percent > 0)
		style_wrapf(out, _("Worker +1"), label_column(),
			    Q_("%lld MiB more, and about %lld.%lld times the requests on %lld core (measured on %s)",
			       "%lld MiB more, and about %lld.%lld times the requests on %lld cores (measured on %s)",
			       n->cores),
			    (long long)n->mib, (long long)(n->percent + 5) / 100, (long long)(n->percent + 5) / 10 % 10,
			    (long long)n->cores, n->measured_on);
	else
		style_wrapf(out, _("Worker +1"), label_column(), _("%lld MiB more"), (long long)n->mib);
}

static void alternatives(const struct plan *p, struct strbuf *out)
{
	const bool beside = p->beside.count + p->beside.others_count > 0;
	const size_t column = label_column();

	for (size_t i = 0; i < p->rejected_count; i++)
		style_wrapf(out, i == 0 ? _("Rejected") : "", column,
			    beside ? _("%s (all together %lld MiB): %s") : _("%s (total %lld MiB): %s"),
			    p->rejected[i].profile->name,
			    (long long)(beside ? p->rejected[i].idle_mib : p->rejected[i].total_mib),
			    p->rejected[i].reason);
	if (p->next_text)
		style_wrapf(out, _("Next size"), column, "%s", p->next_text);
	if (p->remedy)
		style_wrapf(out, _("To fit"), column, "%s", p->remedy);
	next_worker(p, out);
	other_models(p, out);
}

/* Prints the whole plan, ending with a newline. Lines have at most 80 columns, except for single long words. */
void plan_text(const struct plan *p, const struct answers *answers, struct arena *a, const struct style *style,
	       struct strbuf *out)
{
	struct bar bar;

	heading(p, out);
	answers_text(answers, a, HEADING, out);
	budget(a, p, answers, out);
	strbuf_putc(out, '\n');
	bar_of_plan(p, &bar);
	bar_text(&bar, style, TEXT_COLUMNS, out);
	gauge(p, style, _("idle"), plan_idle_mib(p), p->idle, out);
	if (!p->limits_off)
		gauge(p, style, _("peak"), plan_peak_mib(p), p->peak, out);
	strbuf_putc(out, '\n');
	if (reach_text(a, p->machine, answers))
		style_wrapf(out, _("Reached"), label_column(), "%s", reach_text(a, p->machine, answers));
	swap_line(p, out);
	alternatives(p, out);
	if (p->warning_count + p->assumption_count > 0)
		strbuf_putc(out, '\n');
	warnings(p, style, out);
}
