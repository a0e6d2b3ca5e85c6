/* SPDX-License-Identifier: MIT */
/* Warnings about limits beside what services were seen to need while they start. */
#include "core/planner.h"
#include "core/i18n.h"
#include "core/units.h"

/* A peak was seen once. A limit that exceeds it by less than this may not hold the next release. */
#define START_ROOM_PERCENT 5

enum start_room { START_UNKNOWN, START_BELOW, START_NEAR, START_HELD };

static int64_t limit_in(const struct planning *in, const struct cost_model *model, size_t s, int64_t workers)
{
	const struct cost_service *costs = budget_costs(in, model, s, workers);

	return max_i64(cost_line_at(&costs->limit, workers), cost_expected_at(costs, workers));
}

static int64_t peak_in(const struct planning *in, const struct cost_model *model, size_t s, int64_t workers)
{
	return cost_line_at(&budget_costs(in, model, s, workers)->start_peak, workers);
}

static enum start_room room(int64_t limit, int64_t peak)
{
	if (peak <= 0)
		return START_UNKNOWN;
	if (limit < peak)
		return START_BELOW;
	return limit * 100 < peak * (100 + START_ROOM_PERCENT) ? START_NEAR : START_HELD;
}

/* Measured start peak in MiB: the model's figure, else the highest of all models; 0: nobody measured it. */
static int64_t start_peak(const struct planning *in, const struct plan *p, size_t s)
{
	int64_t own = peak_in(in, in->model, s, p->workers), highest = 0;

	for (size_t i = 0; i < in->models->count; i++)
		highest = max_i64(highest, peak_in(in, &in->models->items[i], s, p->workers));
	return own > 0 ? own : highest;
}

/* Suggest the first other model that knows the peak and whose limit holds it; "": there is none. */
static const char *roomier(const struct planning *in, const struct plan *p, size_t s, int64_t peak)
{
	if (p->services[s].limit_stays)
		return "";
	for (size_t i = 0; i < in->models->count; i++) {
		const struct cost_model *other = &in->models->items[i];
		int64_t limit = limit_in(in, other, s, p->workers);

		if (peak_in(in, other, s, p->workers) > 0 && room(limit, peak) == START_HELD)
			return arena_printf(in->arena, _("; --cost-model %s gives it %lld"), other->name,
					    (long long)limit);
	}
	return "";
}

static const char *start_text(const struct planning *in, const struct plan *p, size_t s, enum start_room which)
{
	long long peak = start_peak(in, p, s), limit = p->services[s].limit_mib;
	const char *name = p->set->items[s].name;

	if (!p->services[s].in || limit <= 0 || room(limit, peak) != which)
		return NULL;
	if (which == START_HELD)
		return arena_printf(in->arena, _("%s %lld of %lld"), name, peak, limit);
	if (which == START_NEAR)
		return arena_printf(in->arena, _("%s used %lld of its %lld MiB while starting, when it was measured%s"),
				    name, peak, limit, roomier(in, p, s, peak));
	return arena_printf(in->arena, _("%s needed %lld MiB to start, when it was measured, and its limit is %lld%s"),
			    name, peak, limit, roomier(in, p, s, peak));
}

/* Texts of all services in this relation of limit to start peak, joined by commas; NULL: there is none. */
static const char *start_texts(const struct planning *in, const struct plan *p, enum start_room which)
{
	const char *all = NULL;

	for (size_t s = 0; s < p->set->count; s++) {
		const char *one = p->services[s].open ? NULL : start_text(in, p, s, which);

		if (one)
			all = all ? arena_printf(in->arena, "%s, %s", all, one) : one;
	}
	return all;
}

const char *advice_limit_below_start(const struct planning *in, const struct plan *p)
{
	return start_texts(in, p, START_BELOW);
}

const char *advice_limit_near_start(const struct planning *in, const struct plan *p)
{
	return start_texts(in, p, START_NEAR);
}

/* Explain the limits: far above the expected use, they look like waste. */
const char *advice_limits_hold_start(const struct planning *in, const struct plan *p)
{
	const char *text = start_texts(in, p, START_HELD);

	if (!text || start_texts(in, p, START_BELOW) || start_texts(in, p, START_NEAR))
		return NULL;
	return arena_printf(in->arena, _("the limits hold the measured peak of starting, MiB: %s"), text);
}
