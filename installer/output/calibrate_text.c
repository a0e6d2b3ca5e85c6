/* SPDX-License-Identifier: MIT */
#include "output/calibrate_text.h"

#include <time.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "output/columns.h"
#include "output/json_machine.h"

enum { NAME = 14, FIGURE = 9 };

static const char *const why_names[] = {[RULE_SEEN] = "seen", [RULE_START] = "start", [RULE_KILLED] = "killed"};
ALL_NAMED(why_names, RULE_WHY_COUNT);

static const char *const why_texts[] = {
	[RULE_SEEN] = N_("the highest need seen, and room for what was not seen yet"),
	[RULE_START] = N_("what it takes while it starts, and a tenth more"),
	[RULE_KILLED] = N_("processes were killed under the limit of then: a fifth more than that"),
};
ALL_NAMED(why_texts, RULE_WHY_COUNT);

static const char *const held_names[] = {
	[RULE_TAKEN] = "taken",	      [RULE_SMALL] = "small",		[RULE_DAYS] = "days",
	[RULE_WEEKEND] = "weekend",   [RULE_STARTS] = "starts",		[RULE_KILLS] = "kills",
	[RULE_AT_LIMIT] = "at-limit", [RULE_PRESSURE] = "pressure",	[RULE_LEAK] = "leak",
	[RULE_STEP] = "step",	      [RULE_UNNAMED] = "unnamed-kills",
};
ALL_NAMED(held_names, RULE_HELD_COUNT);

static const char *const held_texts[] = {
	[RULE_TAKEN] = "",
	[RULE_SMALL] = N_("it stays: less than a tenth, or than 32 MiB, would change"),
	[RULE_DAYS] = N_("it stays: a limit is lowered only after a week and 1000 samples"),
	[RULE_WEEKEND] = N_("it stays: a limit is lowered only after a Saturday and a Sunday were seen"),
	[RULE_STARTS] = N_("it stays: a limit is lowered only after two starts were seen"),
	[RULE_KILLS] = N_("it stays: processes were killed within the last 30 days"),
	[RULE_UNNAMED] = N_("it stays: processes were killed on this machine, and no container told whose they were"),
	[RULE_AT_LIMIT] = N_("it stays: the limit was reached, so nobody knows what it would take"),
	[RULE_PRESSURE] = N_("it stays: it waited for memory"),
	[RULE_LEAK] = N_("it stays: its need grows from start to start, and no limit helps"),
	[RULE_STEP] = N_("lowered by a fifth at most; calibrate again later"),
};
ALL_NAMED(held_texts, RULE_HELD_COUNT);

static const char *const sure_names[] = {
	[RULE_HARDLY] = N_("hardly sure"), [RULE_FAIRLY] = N_("fairly sure"), [RULE_WELL] = N_("sure")};
ALL_NAMED(sure_names, RULE_SURE_COUNT);

static void head(struct strbuf *out)
{
	columns_left(out, _("service"), NAME);
	columns_right(out, _("limit"), FIGURE);
	columns_right(out, _("usual"), FIGURE);
	columns_right(out, _("high"), FIGURE);
	columns_right(out, _("highest"), FIGURE);
	columns_right(out, _("start"), FIGURE);
	columns_right(out, _("new limit"), FIGURE + 4);
	strbuf_putc(out, '\n');
}

static void mib(struct strbuf *out, int64_t n, size_t width)
{
	columns_figure(out, n > 0, n, width);
}

/* LiteLLM's workers can be started anew before they have grown too far: but not the only one. */
static void recycle(const struct calibrate_row *r, struct strbuf *out)
{
	if (r->of->row.workers > 1)
		style_wrap(
			out, "  ", 2,
			_("what its workers hold is given back where each is started anew after so many requests: add "
			  "'--max_requests_before_restart', '1000', '--max_requests_before_restart_jitter', '200' to "
			  "its command. That cuts off answers that are longer under way than a worker's grace."));
	else if (r->of->row.workers == 1)
		style_wrap(
			out, "  ", 2,
			_("it has one worker, so '--max_requests_before_restart' is not for it: the gateway would not "
			  "answer until that worker is back. Restart it in a quiet hour, or take two workers."));
}

static void why(struct arena *a, const struct calibrate_row *r, struct strbuf *out)
{
	const struct rule_seen *seen = &r->of->seen;
	const char *held = held_texts[r->says->held];

	if (r->says->cache_mib > 0)
		style_wrapf(out, "  ", 2, _("with %lld MiB for the page cache that it cannot do without"),
			    (long long)r->says->cache_mib);
	style_wrapf(out, "  ", 2, _("%s; %s (%lld.%lld days, %s, %s%s%s)"),
		    held[0] && r->says->held != RULE_STEP ? _(held) : _(why_texts[r->says->why]),
		    _(sure_names[r->says->sure]), (long long)(seen->days10 / 10), (long long)(seen->days10 % 10),
		    arena_printf(a, Q_("%lld sample", "%lld samples", seen->samples), (long long)seen->samples),
		    arena_printf(a, Q_("%lld start", "%lld starts", seen->starts), (long long)seen->starts),
		    seen->kills > 0
			    ? arena_printf(a, Q_(", %lld killed", ", %lld killed", seen->kills), (long long)seen->kills)
			    : "",
		    seen->oneshot ? _(", short peaks missed") : "");
	if (r->says->held == RULE_STEP)
		style_wrap(out, "  ", 2, _(held));
	if (r->says->held == RULE_LEAK && r->says->limit_mib > 0) {
		style_wrapf(out, "  ", 2, _("it grows by about %lld MiB an hour"), (long long)(seen->slope_kib >> 10));
		recycle(r, out);
	}
}

static void row(struct arena *a, const struct calibrate_row *r, struct strbuf *out)
{
	const struct rule_seen *seen = &r->of->seen;

	columns_left(out, r->of->row.service, NAME);
	mib(out, r->plan_limit_mib, FIGURE);
	mib(out, seen->median_kib >> 10, FIGURE);
	mib(out, seen->high_kib >> 10, FIGURE);
	mib(out, seen->max_kib >> 10, FIGURE);
	mib(out, seen->start_kib >> 10, FIGURE);
	mib(out, r->used ? r->after_limit_mib : 0, FIGURE + 4);
	strbuf_putc(out, '\n');
	if (r->used)
		why(a, r, out);
	else
		style_wrap(out, "  ", 2, _("too little was seen of it, or it is no part of the plan: it stays"));
}

/* What to do where the calibrated plan does not fit, or only with swap in constant use. */
static void tight(const struct calibrate_view *v, struct strbuf *out)
{
	const struct plan *n = v->after, *f = v->fewer;

	if (n->idle < VERDICT_NEEDS_SWAP)
		return;
	style_wrap(out, "", 0,
		   plan_fits(n)
			   ? _("It fits only with swap in constant use, which makes the gateway slow. No limit is made "
			       "smaller than what was seen for that.")
			   : _("It does not fit any more. No limit is made smaller than what was seen for that."));
	if (v->fewer_workers > 0)
		style_wrapf(
			out, "", 0,
			Q_("With %lld worker: %lld MiB idle (%s), %lld with every container at its limit (%s). 'vpsfit "
			   "apply --workers %lld' takes it.",
			   "With %lld workers: %lld MiB idle (%s), %lld with every container at its limit (%s). "
			   "'vpsfit apply --workers %lld' takes it.",
			   v->fewer_workers),
			(long long)v->fewer_workers, (long long)plan_idle_mib(f), _(verdict_text(f->idle)),
			(long long)plan_peak_mib(f), _(verdict_text(f->peak)), (long long)v->fewer_workers);
	else
		style_wrap(out, "", 0,
			   n->workers > 1 ? _("Fewer workers do not help.")
					  : _("There is one worker already, so none can be spared."));
	style_wrap(out, "", 0,
		   v->fewer_workers > 0 && f->idle < VERDICT_NEEDS_SWAP
			   ? _("Or take the next size of machine: 'vpsfit sizes'.")
			   : _("Take the next size of machine ('vpsfit sizes'), or leave out an optional service."));
}

static void plans(const struct calibrate_view *v, struct strbuf *out)
{
	const struct plan *b = v->before, *n = v->after;

	strbuf_putc(out, '\n');
	style_wrapf(out, "", 0, _("Plan now: %lld MiB idle (%s), %lld with every container at its limit (%s)."),
		    (long long)plan_idle_mib(b), _(verdict_text(b->idle)), (long long)plan_peak_mib(b),
		    _(verdict_text(b->peak)));
	style_wrapf(out, "", 0, _("Calibrated: %lld MiB idle (%s), %lld with every container at its limit (%s)."),
		    (long long)plan_idle_mib(n), _(verdict_text(n->idle)), (long long)plan_peak_mib(n),
		    _(verdict_text(n->peak)));
	if (v->freed_mib > 0)
		style_wrapf(out, "", 0,
			    v->more_workers > 0 ? _("That frees %lld MiB of limits: there is room for one more worker.")
						: _("That frees %lld MiB of limits."),
			    (long long)v->freed_mib);
	else if (v->freed_mib < 0)
		style_wrapf(out, "", 0, _("That takes %lld MiB more of limits."), (long long)-v->freed_mib);
	tight(v, out);
}

static void clock_text(const struct calibrate_view *v, struct strbuf *out)
{
	const int64_t off = v->series->clock_off;
	const time_t at = (time_t)v->series->clock_at;
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
	style_wrapf(
		out, "", 0,
		_("The clock was set by %lld seconds before %s: days, usual need and starts are counted from then on "
		  "(%lld.%lld days); the highest need and kills from before it count as well."),
		(long long)off, when, (long long)(v->days10 / 10), (long long)(v->days10 % 10));
}

void calibrate_text(struct arena *a, const struct calibrate_view *v, struct strbuf *out)
{
	head(out);
	for (size_t i = 0; i < v->count; i++)
		row(a, &v->rows[i], out);
	if (v->series->unnamed > 0)
		style_wrapf(
			out, "", 0,
			Q_("%lld process was killed on this machine within 30 days, and no container told of it. It may "
			   "have been one of the stack's, so no limit is lowered and no room is promised until 30 days "
			   "have passed without one. 'journalctl -k -g oom' tells whose it was; where it was none of the "
			   "stack's, the machine itself ran out of memory: more RAM or swap helps, no limit does.",
			   "%lld processes were killed on this machine within 30 days, and no container told of them. "
			   "They may have been the stack's (those of a container that is started again and again are), so "
			   "no limit is lowered and no room is promised until 30 days have passed without one. "
			   "'journalctl -k -g oom' tells whose they were; where they were none of the stack's, the machine "
			   "itself ran out of memory: more RAM or swap helps, no limit does.",
			   v->series->unnamed),
			(long long)v->series->unnamed);
	if (v->series->clock_at != 0)
		clock_text(v, out);
	plans(v, out);
	strbuf_putc(out, '\n');
	if (v->written)
		style_wrapf(out, "", 0, _("Written to %s. Nothing runs otherwise yet: 'vpsfit apply' takes it."),
			    v->file);
	else
		style_wrap(out, "", 0, _("Nothing was written."));
}

static void put_number(json_t *object, const char *key, int64_t n)
{
	json_put(object, key, json_integer((json_int_t)n));
}

static json_t *row_json(const struct calibrate_row *r)
{
	const struct rule_seen *seen = &r->of->seen;
	json_t *one = json_object();

	json_put(one, "service", json_text(r->of->row.service));
	json_put(one, "used", json_boolean(r->used));
	put_number(one, "limit_mib", r->plan_limit_mib);
	json_put(one, "new_limit_mib", r->used ? json_integer((json_int_t)r->after_limit_mib) : json_null());
	json_put(one, "wanted_mib", r->used ? json_integer((json_int_t)r->says->wanted_mib) : json_null());
	json_put(one, "why", json_text(r->used ? why_names[r->says->why] : NULL));
	json_put(one, "held", json_text(r->used ? held_names[r->says->held] : NULL));
	json_put(one, "sure", json_text(r->used ? sure_names[r->says->sure] : NULL));
	put_number(one, "usual_mib", seen->median_kib >> 10);
	put_number(one, "high_mib", seen->high_kib >> 10);
	put_number(one, "highest_mib", seen->max_kib >> 10);
	put_number(one, "start_mib", seen->start_kib >> 10);
	put_number(one, "cache_mib", r->says->cache_mib);
	put_number(one, "samples", seen->samples);
	put_number(one, "days_x10", seen->days10);
	put_number(one, "starts", seen->starts);
	put_number(one, "kills", seen->kills);
	put_number(one, "growth_kib_an_hour", seen->slope_kib);
	return one;
}

static json_t *plan_of(const struct plan *p)
{
	json_t *one = json_object(), *verdict = json_object();

	json_put(verdict, "idle", json_text(verdict_name(p->idle)));
	json_put(verdict, "peak", json_text(verdict_name(p->peak)));
	put_number(one, "idle_mib", plan_idle_mib(p));
	put_number(one, "peak_mib", plan_peak_mib(p));
	json_put(one, "verdict", verdict);
	json_put(one, "cost_model", json_text(p->model->name));
	json_put(one, "fits", json_boolean(plan_fits(p)));
	return one;
}

void calibrate_json(const struct calibrate_view *v, struct strbuf *out)
{
	json_t *root = json_object(), *rows = json_array();

	for (size_t i = 0; i < v->count; i++)
		json_add(rows, row_json(&v->rows[i]));
	json_put(root, "schema", json_text("vpsfit.calibrate/1"));
	put_number(root, "days_x10", v->days10);
	put_number(root, "samples", (int64_t)v->series->samples);
	put_number(root, "kills_nobody_named", v->series->unnamed);
	json_put(root, "clock_set_at", v->series->clock_at ? json_integer(v->series->clock_at) : json_null());
	json_put(root, "services", rows);
	json_put(root, "before", plan_of(v->before));
	json_put(root, "after", plan_of(v->after));
	put_number(root, "freed_mib", v->freed_mib);
	put_number(root, "more_workers", v->more_workers);
	put_number(root, "fewer_workers", v->fewer_workers);
	json_put(root, "with_fewer", v->fewer_workers > 0 ? plan_of(v->fewer) : json_null());
	json_put(root, "changes", json_boolean(v->changes));
	json_put(root, "written", json_boolean(v->written));
	json_put(root, "file", json_text(v->file));
	json_put(root, "probe", v->probe ? probe_rows_json(v->probe) : json_null());
	json_dump(root, out);
}
