/* SPDX-License-Identifier: MIT */
/* What stands beside the plan: what the other cost models say, and what one worker more would cost and bring. */
#include "core/planner.h"

#include "core/units.h"

static void other_models(const struct planning *in, struct plan *p)
{
	for (size_t i = 0; i < in->models->count; i++) {
		struct planning other = *in;

		other.model = &in->models->items[i];
		if (other.model == in->model)
			continue;
		p->others[p->other_count++] = (struct plan_other){
			other.model,
			budget_idle(&other, p->workers),
			budget_peak(&other, p->workers, budget_system(&other)),
		};
	}
}

static const struct throughput_point *measured_at(const struct throughput *t, int64_t cores, int64_t workers)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->points[i].cores == cores && t->points[i].workers == workers)
			return &t->points[i];
	return NULL;
}

/*
 * Takes the figures of the most cores that the machine has and that both worker counts were measured with. Figures of
 * fewer cores than the workers could use here would say too little, so they are left out.
 */
static void next_throughput(const struct planning *in, struct plan *p)
{
	const struct throughput *t = &in->model->throughput;
	int64_t has = in->machine->cpus.effective.value, used = min_i64(has, p->workers + 1);

	for (size_t i = 0; i < t->count; i++) {
		int64_t cores = t->points[i].cores;
		const struct throughput_point *now = measured_at(t, cores, p->workers),
					      *then = measured_at(t, cores, p->workers + 1);

		if (!now || !then || now->requests_per_minute <= 0 || cores <= p->next_worker.cores || cores > has ||
		    cores < used)
			continue;
		p->next_worker.cores = cores;
		p->next_worker.percent =
			(then->requests_per_minute * 100 + now->requests_per_minute / 2) / now->requests_per_minute;
		p->next_worker.measured_on = t->measured_on;
	}
}

/* Fills in p->others and p->next_worker. */
void plan_outlook(const struct planning *in, struct plan *p)
{
	int64_t more = p->workers + 1;

	other_models(in, p);
	p->next_worker.mib = budget_idle(in, more) - budget_idle(in, p->workers);
	next_throughput(in, p);
}
