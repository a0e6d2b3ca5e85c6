/* SPDX-License-Identifier: MIT */
/* Compares plan and stack; what stays in its files, though the plan wants it otherwise, the plan is made again with. */
#include "session/compare.h"

#include <errno.h>
#include <string.h>

#include "core/beside.h"
#include "core/i18n.h"
#include "core/units.h"
#include "session/command_line.h"
#include "session/front.h"
#include "session/rights.h"
#include "session/running.h"

/* The limit of the service with the workers, as it should be; 0: there is no such service. */
static int64_t workers_limit(const struct plan *p)
{
	size_t w = service_by_part(p->set, PART_WORKERS);

	return w == NO_SERVICE ? 0 : p->services[w].wanted.limit_mib;
}

/*
 * Plans with fewer and fewer workers until the limit that stays holds them. A count that was asked for stays. Of one
 * that only a person can change, those that the file starts are there in any case.
 */
static int bound_workers(struct session *s, int64_t limit_mib)
{
	int64_t most = s->plan.workers, least = s->changes.count_by_hand ? max_i64(1, s->changes.workers_now) : 1;
	int rc = 0;

	if (answer_number(&s->answers, ANSWER_WORKERS) > 0 || s->changes.count_hidden)
		return 0;
	while (rc == 0 && workers_limit(&s->plan) > limit_mib && most > least) {
		s->stays.most_workers = --most;
		rc = session_what_if(s, &s->answers, &s->plan);
	}
	return rc;
}

/*
 * Connections that only a person can change. Where nothing of the stack says them, or its database is one of a file
 * that is not fitted, nobody can tell how many they are.
 */
static int64_t connections_that_stay(const struct session *s)
{
	const struct database_needs *d = &s->stack.database;

	if (d->outside || (d->unclear && s->changes.connections_stay != 0))
		return CONNECTIONS_UNKNOWN;
	return s->changes.connections_stay;
}

/*
 * Does the plan depend on the count that acts now? It does where something of the stack is not known, which may take
 * the room, where the peak does not fit, and where fewer workers than that are planned while they use more than the
 * model says.
 */
static bool needs_present(const struct session *s)
{
	const struct plan *p = &s->plan;
	size_t w = service_by_part(p->set, PART_WORKERS);

	return (s->compose && (beside_is_incomplete(&p->beside) || s->stack.database.elsewhere ||
			       connections_that_stay(s) != 0 || plan_peak_mib(p) > p->ram_mib + p->swap.total_mib)) ||
	       (w != NO_SERVICE && p->services[w].held_mib > 0 && p->workers < s->changes.workers_now);
}

static bool same_size(const struct standing_size *a, const struct standing_size *b)
{
	return a->stays == b->stays && a->mib == b->mib;
}

static bool same_standing(const struct standing_sizes *a, const struct standing_sizes *b)
{
	for (size_t i = 0; i < MAX_SERVICES; i++)
		if (!same_size(&a[i].limit, &b[i].limit) || !same_size(&a[i].reservation, &b[i].reservation) ||
		    !same_size(&a[i].memswap, &b[i].memswap) || a[i].unplanned != b[i].unplanned)
			return false;
	return true;
}

/* Is the plan made with something that an earlier comparison found to stay? */
static bool is_known(const struct session *s)
{
	static const struct standing_sizes nothing[MAX_SERVICES];

	return s->stays.held_workers > 0 || s->stays.most_workers > 0 || s->stays.present_workers > 0 ||
	       s->stays.connections_stay != 0 || !same_standing(s->stays.standing, nothing);
}

/*
 * A limit for a count that nobody can tell kills whoever starts more: the service is then one of which nobody knows
 * what it needs. A count that is asked for tells nobody what a program of somebody's own starts. Returns whether that
 * is new.
 */
static bool learn_hidden_count(struct session *s)
{
	size_t w = service_by_part(s->plan.set, PART_WORKERS);
	struct service_needs *n = w == NO_SERVICE ? NULL : &s->stack.needs[w];

	if (!n || n->count_hidden || !s->changes.count_hidden)
		return false;
	n->count_hidden = true;
	if (!n->unknown)
		n->unknown = N_("nobody can tell from its files how many workers it starts");
	return true;
}

/* Takes over what the comparison found to stay. False if it is what the plan was made with. */
static bool learn_what_stays(struct session *s)
{
	const struct changeset *c = &s->changes;
	bool asks = s->stays.present_workers > 0 || needs_present(s);
	/* Once the plan keeps to what the database allows, it asks for nothing that could stay. */
	int64_t connections = s->stays.connections_stay != 0 ? s->stays.connections_stay : connections_that_stay(s);
	bool same = s->stays.held_workers == c->workers_stay &&
		    s->stays.present_workers == (asks ? c->workers_now : 0) &&
		    s->stays.connections_stay == connections && same_standing(s->stays.standing, c->standing);

	s->stays.held_workers = c->workers_stay;
	s->stays.present_workers = asks ? c->workers_now : 0;
	s->stays.former_workers = asks ? c->workers_most : 0;
	s->stays.connections_stay = connections;
	memcpy(s->stays.standing, c->standing, sizeof(s->stays.standing));
	return !same;
}

static const char *compared_file(const struct session *s)
{
	return s->changes.compose ? s->changes.compose : s->dir;
}

static const char *ask_database(struct session *s, long long workers)
{
	return arena_printf(&s->arena, _("'SHOW max_connections' in the database tells; --workers %lld takes them"),
			    workers);
}

/* What keeps the plan from more workers than it has, beyond the stack's own limit. */
static void tell_not_raised(struct session *s, const char *name)
{
	const struct plan *p = &s->plan;
	const long long now = p->wanted_workers, more = p->not_raised;

	if (p->not_raised_why == NOT_RAISED_UNKNOWN)
		diag_note(&s->diags, "workers-not-raised", SEV_INFO, compared_file(s),
			  _("%s: the workers stay at %lld as in the file, not %lld, because not everything that runs "
			    "here is counted (--workers %lld takes them all the same)"),
			  name, now, more, more);
	else if (p->not_raised_why == NOT_RAISED_DATABASE_ELSEWHERE)
		diag_note(
			&s->diags, "database-elsewhere", SEV_INFO, compared_file(s),
			_("%s: the workers stay at %lld as in the file, not %lld, because its database is none of the "
			  "file's services, and nobody here can tell whether it allows %lld connections"),
			name, now, more, more * p->pool_size * p->gateways)
			->hint = ask_database(s, more);
	else if (p->not_raised_why == NOT_RAISED_CONNECTIONS_UNKNOWN)
		diag_note(
			&s->diags, "connections-bound", SEV_WARNING, compared_file(s),
			_("%s: the workers stay at %lld as in the file, not %lld, because nobody here can tell whether "
			  "its database allows %lld connections, and only a person can change that"),
			name, now, more, more * p->pool_size * p->gateways)
			->hint = ask_database(s, more);
	else if (p->not_raised_why == NOT_RAISED_PEAK)
		diag_note(
			&s->diags, "workers-not-raised", SEV_INFO, compared_file(s),
			Q_("%s: %lld worker and not %lld, because with every container at its limit more would not fit "
			   "into RAM and swap (--workers %lld takes them all the same)",
			   "%s: %lld workers and not %lld, because with every container at its limit more would not "
			   "fit into RAM and swap (--workers %lld takes them all the same)",
			   now),
			name, now, more, more);
	else
		diag_note(
			&s->diags, "connections-bound", SEV_WARNING, compared_file(s),
			Q_("%s: %lld worker and not %lld, because the database allows %lld connections, which only a "
			   "person can change, and each worker opens %lld",
			   "%s: %lld workers and not %lld, because the database allows %lld connections, which only a "
			   "person can change, and each worker opens %lld",
			   now),
			name, now, more, (long long)s->stays.connections_stay, (long long)p->pool_size)
			->hint = _("once max_connections is raised by hand, the next apply takes more workers");
}

/*
 * A count that only a person can lower: are the lines to write by hand those of the plan with fewer? They are where
 * that is asked for, or what stays does not fit; else they go with what stays, and no lines mix the two.
 */
static bool wants_lines_for_fewer(const struct session *s, const struct plan *full)
{
	return answer_number(&s->answers, ANSWER_WORKERS) > 0 || (!plan_fits(&s->plan) && plan_fits(full));
}

/* Why the count is left to a person, and where the lines for another one are. */
static const char *lines_for_wanted(struct session *s, const struct plan *full, const struct changeset *first)
{
	const long long n = s->plan.wanted_workers;
	const char *why = NULL;

	if (!s->changes.count_by_hand)
		return NULL;
	if (wants_lines_for_fewer(s, full))
		return arena_printf(&s->arena, _("what is to be changed by hand is shown for %lld"), n);
	for (size_t i = 0; i < first->manual_count; i++)
		why = first->manual[i].count ? first->manual[i].why : why;
	return arena_printf(&s->arena, _("%s%s'--workers %lld' shows what is to be changed by hand for %lld"),
			    why ? why : "", why ? "; " : "", n, n);
}

static void tell_of_fewer(struct session *s, const struct plan *full, int64_t limit_mib, const char *name,
			  const char *hint)
{
	const struct plan *p = &s->plan;

	if (p->not_raised > 0)
		tell_not_raised(s, name);
	else if (s->stays.held_workers > 0)
		diag_note(&s->diags, "workers-stay", SEV_INFO, compared_file(s),
			  _("%s: the workers stay at %lld, not %lld; the sizes are made for them"), name,
			  (long long)p->workers, (long long)p->wanted_workers)
			->hint = hint;
	else if (s->stays.most_workers > 0 && p->workers < full->workers)
		diag_note(&s->diags, "workers-bounded", SEV_INFO, compared_file(s),
			  _("%s: its limit stays at %lld MiB, which bounds the workers to %lld; %lld need %lld MiB"),
			  name, (long long)limit_mib, (long long)p->workers, (long long)full->workers,
			  (long long)workers_limit(full))
			->hint =
			s->changes.manual_count > 0 ? _("what is to be changed by hand makes room for them") : NULL;
}

/*
 * Says what the plan follows. full: the plan without that; limit_mib: the workers' limit that stays, or 0; hint: about
 * a count that stays.
 */
static void tell_what_stays(struct session *s, const struct plan *full, int64_t limit_mib, const char *hint)
{
	const struct plan *p = &s->plan;
	size_t w = service_by_part(p->set, PART_WORKERS);
	const char *name = w == NO_SERVICE ? "" : p->set->items[w].name;

	tell_of_fewer(s, full, limit_mib, name, hint);
	if (limit_mib > 0 && workers_limit(p) > limit_mib)
		diag_note(&s->diags, "limit-stays", SEV_WARNING, compared_file(s),
			  _("%s: its limit stays at %lld MiB; its workers (%lld) need %lld MiB"), name,
			  (long long)limit_mib, (long long)p->workers, (long long)workers_limit(p));
}

/* The lines that let the database take the connections of the full count, which a bounded plan does not need. */
static void keep_connection_lines(struct changeset *c, const struct changeset *first)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->manual_count; i++)
		if (!c->manual[i].connections)
			c->manual[kept++] = c->manual[i];
	c->manual_count = kept;
	for (size_t i = 0; i < first->manual_count && c->manual_count < ARRAY_SIZE(c->manual); i++)
		if (first->manual[i].connections)
			c->manual[c->manual_count++] = first->manual[i];
}

static void drop_count_lines(struct changeset *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->manual_count; i++)
		if (!c->manual[i].count)
			c->manual[kept++] = c->manual[i];
	c->manual_count = kept;
}

/* What is left to a person counts as written. Returns whether anything is. */
static bool take_as_written(struct standing_sizes *sizes)
{
	bool any = false;

	for (size_t i = 0; i < MAX_SERVICES; i++) {
		struct standing_size *const all[] = {&sizes[i].limit, &sizes[i].reservation, &sizes[i].memswap};

		for (size_t k = 0; k < ARRAY_SIZE(all); k++)
			if (all[k]->by_hand) {
				any = true;
				*all[k] = (struct standing_size){.stays = false};
			}
	}
	return any;
}

/*
 * Sizes follow one another: a limit that is not there yet has no share of swap. The lines are those of the plan as it
 * is once they are there, so that the next run has no others; plan and changes stay those of what is there now.
 */
static int look_ahead_for_lines(struct session *s)
{
	const struct what_stays stays = s->stays;
	const size_t said = s->diags.count;
	struct plan *plan = arena_alloc(&s->arena, sizeof(*plan));
	struct changeset *now = arena_alloc(&s->arena, sizeof(*now)), *then = arena_alloc(&s->arena, sizeof(*then));
	int rc;

	if (s->changes.manual_count == 0 || !take_as_written(s->stays.standing))
		return 0;
	*plan = s->plan;
	*now = s->changes;
	rc = session_what_if(s, &s->answers, &s->plan);
	if (rc == 0)
		rc = session_compare_once(s);
	*then = s->changes;
	s->plan = *plan;
	s->changes = *now;
	s->stays = stays;
	if (rc < 0)
		return rc;
	s->diags.count = said;
	memcpy(s->changes.manual, then->manual, sizeof(then->manual));
	s->changes.manual_count = then->manual_count;
	return 0;
}

/* The lines to write by hand are those of one plan, so that nothing is left to do once all of them are there. */
static int choose_lines(struct session *s, const struct plan *full, const struct changeset *first)
{
	struct changeset *c = &s->changes;
	bool held = s->stays.held_workers > 0 && c->count_by_hand;
	int rc;

	/* What a person writes by hand makes room for the full count: then it is planned. */
	if (s->stays.most_workers > 0 || (held && wants_lines_for_fewer(s, full))) {
		memcpy(c->manual, first->manual, sizeof(first->manual));
		c->manual_count = first->manual_count;
		return 0;
	}
	rc = look_ahead_for_lines(s);
	if (rc == 0 && held)
		drop_count_lines(c);
	else if (rc == 0 && (s->plan.not_raised_why == NOT_RAISED_CONNECTIONS ||
			     s->plan.not_raised_why == NOT_RAISED_CONNECTIONS_UNKNOWN))
		keep_connection_lines(c, first);
	return rc;
}

/* What stays may change what else is planned, which may change what else stays. More rounds were never seen. */
#define MOST_ROUNDS 4

/* One round: plans with what stays. Returns 1 if that is another plan, 0 if it is the same, or a negative errno. */
static int plan_what_stays(struct session *s)
{
	bool hidden = learn_hidden_count(s), news = learn_what_stays(s) || hidden;
	int rc = news ? session_what_if(s, &s->answers, &s->plan) : 0;
	int64_t workers = s->plan.workers;

	if (rc == 0 && s->changes.limit_stays_mib > 0 && s->stays.held_workers == 0)
		rc = bound_workers(s, s->changes.limit_stays_mib);
	return rc < 0 ? rc : news || s->plan.workers != workers;
}

/*
 * What stays in the stack's files as it is, the plan follows: a worker count sizes it, a limit bounds the count and is
 * in the sums. Plans and compares until both agree, and says so. A conflict is decided first. said: messages that were
 * there before the first comparison. Returns 0, or a negative errno with errors in diags.
 */
static int follow(struct session *s, size_t said)
{
	struct plan *full = arena_alloc(&s->arena, sizeof(*full));
	struct changeset *first = arena_alloc(&s->arena, sizeof(*first));
	int64_t limit_mib = s->changes.limit_stays_mib;
	int rc = 1;

	if (s->changes.conflicts > 0)
		return 0;
	*full = s->plan;
	*first = s->changes;
	for (int round = 0; rc > 0 && round < MOST_ROUNDS; round++) {
		rc = plan_what_stays(s);
		if (rc <= 0)
			break;
		s->diags.count = said;
		rc = session_compare_once(s);
		if (rc < 0)
			return rc;
		limit_mib = max_i64(limit_mib, s->changes.limit_stays_mib);
		rc = 1;
	}
	if (rc < 0)
		return rc;
	rc = choose_lines(s, full, first);
	if (rc == 0)
		tell_what_stays(s, full, limit_mib, lines_for_wanted(s, full, first));
	return rc;
}

/* Makes sure that a failure is reported even if the code that failed added no error. */
static void say_at_least(struct session *s, size_t from, int rc)
{
	for (size_t i = from; i < s->diags.count; i++)
		if (s->diags.items[i].severity == SEV_ERROR)
			return;
	diag_add(&s->diags, SEV_ERROR, s->dir, _("cannot be used: %s"), strerror(-rc))->hint =
		_("fix that, then run again");
}

/*
 * Compares the plan with the stack directory and fills in changes. What stays there as it is, the plan follows. Returns
 * 0, or a negative errno with errors in diags.
 */
int session_compare(struct session *s)
{
	size_t said = s->diags.count;
	int rc;

	s->changes_known = s->machine.front.settled = false;
	if (session_refuse_roots(s))
		return -EACCES;
	if (is_known(s)) {
		session_forget_what_stays(s);
		if (session_what_if(s, &s->answers, &s->plan) < 0)
			return -EINVAL;
	}
	rc = session_compare_once(s);
	if (rc == 0)
		rc = follow(s, said);
	if (rc < 0)
		say_at_least(s, said, rc);
	/* What the plan says of its port is said of the one that it has. */
	else if (front_settle(s))
		rc = session_what_if(s, &s->answers, &s->plan);
	if (rc == 0)
		session_look_at_running(s);
	s->changes_known = rc == 0;
	command_line_address_all(s);
	return rc;
}
