/* SPDX-License-Identifier: MIT */
#include "watch/squeeze.h"

#include "core/units.h"

#define LEAST_KIB 1024
/* A step is a fiftieth of what is there; half of that more after every four that were not missed, up to a twentieth. */
#define STEP_PART 50
#define CALM_STEPS 4
#define MOST_CALM 3
/* Waiting for 0.5 % of the time is a press, as is reading again half of what was taken; three end it. */
#define PRESS_PER_MILLE 5
#define PRESSES 3
/* Waiting for a tenth of the time ends it at once. */
#define TOO_MUCH_PER_MILLE 100
#define SWAP_KIB 16384

static bool is_pressed(const struct squeeze *s, const struct squeeze_look *now, int64_t per_mille)
{
	const int64_t stalled = now->stall_us - s->last.stall_us;

	return now->stall_us >= 0 && s->last.stall_us >= 0 && stalled > (now->now_ms - s->last.now_ms) * per_mille;
}

static bool is_missed(const struct squeeze *s, const struct squeeze_look *now)
{
	const int64_t back = now->refault_kib - s->last.refault_kib;

	return s->asked_kib > 0 && now->refault_kib >= 0 && s->last.refault_kib >= 0 &&
	       back >= max_i64(LEAST_KIB, s->asked_kib / 2);
}

static void finish(struct squeeze *s, const struct squeeze_look *now, enum squeeze_end why)
{
	s->end = why;
	s->ended_ms = now->now_ms;
	s->settled = why == SQUEEZE_GONE;
}

void squeeze_stop(struct squeeze *s, int64_t now_ms)
{
	finish(s, &(const struct squeeze_look){.now_ms = now_ms}, SQUEEZE_PRESSURE);
	s->asked_kib = 0;
}

/* Counts a press; the third one ends it. */
static void press(struct squeeze *s, const struct squeeze_look *now, enum squeeze_end why)
{
	s->calm = 0;
	if (++s->pressed >= PRESSES)
		finish(s, now, why);
}

static void note_empty(struct squeeze *s, const struct squeeze_look *now)
{
	const bool none = s->asked_kib > 0 && s->last.current_kib - now->current_kib < s->asked_kib / 8;

	s->empty = none ? s->empty + 1 : 0;
	if (s->empty >= PRESSES || now->current_kib - now->need_kib < LEAST_KIB)
		finish(s, now, SQUEEZE_EMPTY);
}

/* Without a press: how much next. Never what is needed: that could only go to swap. */
static int64_t next(struct squeeze *s, const struct squeeze_look *now)
{
	const int64_t more = min_i64(MOST_CALM, s->calm / CALM_STEPS);
	const int64_t step = now->current_kib * (2 + more) / (2 * (int64_t)STEP_PART) >> s->pressed;

	s->calm++;
	note_empty(s, now);
	return s->end == SQUEEZE_GOES_ON ? min_i64(max_i64(LEAST_KIB, step), now->current_kib - now->need_kib) : 0;
}

static int64_t go_on(struct squeeze *s, const struct squeeze_look *now)
{
	s->lowest_kib = min_i64(s->lowest_kib, now->current_kib);
	if (is_pressed(s, now, TOO_MUCH_PER_MILLE))
		finish(s, now, SQUEEZE_PRESSURE);
	else if (now->swap_kib - s->first.swap_kib > max_i64(SWAP_KIB, s->first.current_kib / STEP_PART))
		finish(s, now, SQUEEZE_SWAP);
	else if (now->now_ms - s->first.now_ms >= SQUEEZE_MOST_MS)
		finish(s, now, SQUEEZE_TIME);
	else if (is_pressed(s, now, PRESS_PER_MILLE))
		press(s, now, SQUEEZE_PRESSURE);
	else if (is_missed(s, now))
		press(s, now, SQUEEZE_REFAULTS);
	else
		return next(s, now);
	return 0;
}

int64_t squeeze_step(struct squeeze *s, const struct squeeze_look *now)
{
	int64_t asked = 0;

	if (s->settled)
		return 0;
	if (now->current_kib < 0 || now->need_kib < 0)
		finish(s, now, SQUEEZE_GONE);
	else if (s->first.now_ms == 0) {
		/* The first look only tells how it is without us. */
		s->first = *now;
		s->lowest_kib = now->current_kib;
	} else if (s->end == SQUEEZE_GOES_ON)
		asked = go_on(s, now);
	else
		s->true_kib = max_i64(s->true_kib, now->current_kib);
	if (s->end != SQUEEZE_GOES_ON && now->now_ms - s->ended_ms >= SQUEEZE_SETTLE_MS)
		s->settled = true;
	s->last = *now;
	s->asked_kib = asked;
	return asked;
}

int64_t squeeze_cache_kib(const struct squeeze *s)
{
	return s->true_kib > 0 ? max_i64(0, s->true_kib - s->last.need_kib) : 0;
}
