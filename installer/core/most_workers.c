/* SPDX-License-Identifier: MIT */
/* How far the workers of a stack that somebody else wrote may be raised. */
#include "core/planner.h"
#include "core/units.h"

/* Does the plan choose the count of another's stack? One that was asked for, or stays, is not chosen. */
static bool chooses(const struct planning *in)
{
	return answer_said(in->answers, ANSWER_COMPOSE) && in->held_workers == 0 &&
	       answer_number(in->answers, ANSWER_WORKERS) <= 0;
}

/* As many workers as the database has connections for, where only a person can change how many it allows. */
static int64_t most_by_connections(const struct planning *in)
{
	int64_t left = in->connections_stay - in->model->reserve_connections - needs_connections(in, 0);

	return max_i64(1, left / max_i64(1, needs_connections(in, 1) - needs_connections(in, 0)));
}

/*
 * The most workers that a stack of somebody else's gets by itself, and why; INT64_MAX: any number. Where something of
 * it is not counted, or its database is elsewhere or allows nobody
 * knows how many connections, there may be no room for more than it has or had: what an earlier
 * plan took away may come back. Connections that stay bound the count, and take no worker away.
 */
int64_t plan_most_workers(const struct planning *in, enum not_raised *ret_why)
{
	int64_t had = max_i64(in->present_workers, in->former_workers), most = INT64_MAX;

	*ret_why = RAISED;
	if (!chooses(in) || in->present_workers <= 0)
		return most;
	if (in->connections_stay > 0) {
		most = max_i64(in->present_workers, most_by_connections(in));
		*ret_why = NOT_RAISED_CONNECTIONS;
	}
	if (in->connections_stay == CONNECTIONS_UNKNOWN) {
		most = had;
		*ret_why = NOT_RAISED_CONNECTIONS_UNKNOWN;
	}
	if (in->stack && in->stack->database.elsewhere && had < most) {
		most = had;
		*ret_why = NOT_RAISED_DATABASE_ELSEWHERE;
	}
	if (beside_is_incomplete(in->beside) && had < most) {
		most = had;
		*ret_why = NOT_RAISED_UNKNOWN;
	}
	return most;
}

/*
 * Are there more workers than the stack has or had, and would they not fit with every container at its limit, into RAM
 * and the swap that is planned? Nobody is given more by a file that somebody else wrote than what holds then too.
 */
bool plan_rises_too_far(const struct planning *in, const struct plan *p)
{
	return chooses(in) && in->present_workers > 0 &&
	       p->workers > max_i64(in->present_workers, in->former_workers) && !p->limits_off &&
	       plan_peak_mib(p) > p->ram_mib + p->swap.total_mib;
}
