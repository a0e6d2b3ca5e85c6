/* SPDX-License-Identifier: MIT */
/* How much swap the plan needs, and how to get it. */
#include <string.h>

#include "core/planner.h"
#include "core/i18n.h"
#include "core/swap_device.h"
#include "core/swap_steps.h"
#include "core/units.h"

#define SWAP_STEP_MIB 512
#define SWAP_SMALL_MACHINE_MIB 4096
#define SWAP_SMALL_MINIMUM_MIB 1024
#define SWAP_DISK_SHARE 4 /* at most a quarter of the free disk */
/* An active area is smaller than its file: header, blocks that are not page-aligned. Ignore a deficit up to this. */
#define SWAP_SLACK_PERCENT 1
/* Free space that a swap file of a requested size must leave on the disk. */
#define SWAP_DISK_RESERVE_MIB 256
/*
 * The founding analysis: "images 3-4 GB". They are pulled after the swap file is made; if they go to the same file
 * system and are not there yet, subtract them from the free space first.
 */
#define SWAP_IMAGES_MIB 4096
/* Where the disk is not known: more than this is a slip of the pen. */
#define SWAP_MOST_MIB ((int64_t)1 << 20)

/* A limit that stays may be less than its service is expected to need: then the idle use is more than the peak. */
static int64_t highest_need(const struct plan *p)
{
	return max_i64(plan_peak_mib(p), plan_idle_mib(p));
}

static int64_t peak_shortfall(const struct plan *p)
{
	return max_i64(0, highest_need(p) - p->ram_mib);
}

static int64_t wanted(const struct planning *in, const struct plan *p)
{
	int64_t want = round_up(peak_shortfall(p), SWAP_STEP_MIB);

	if (in->machine->ram.nominal.value < SWAP_SMALL_MACHINE_MIB && p->swap.present_mib == 0)
		want = max_i64(want, SWAP_SMALL_MINIMUM_MIB);
	return want;
}

static void set_action(struct plan_swap *s, enum swap_action action, int64_t size, const char *path)
{
	s->action = action;
	s->size_mib = size;
	s->path = path;
}

static void keep_or_none(struct plan_swap *s)
{
	set_action(s, s->present_mib > 0 ? SWAP_ACT_KEEP : SWAP_ACT_NONE, s->present_mib, "");
	s->total_mib = s->present_mib;
}

static void refuse(struct plan_swap *s, const char *why)
{
	swap_steps_keep(s);
	set_action(s, SWAP_ACT_IMPOSSIBLE, 0, "");
	s->total_mib = s->present_mib;
	s->why = why;
}

/* Free MiB after the images are pulled. */
static int64_t free_for_swap(const struct machine *m)
{
	return max_i64(0, m->swap_disk.free.value - (m->swap_disk.wants_images ? SWAP_IMAGES_MIB : 0));
}

/*
 * The largest file up to `size` that the disk allows, in MiB; 0: not worth making. gives_back: freed only afterwards.
 */
static int64_t limited_by_disk(const struct machine *m, int64_t size, int64_t gives_back)
{
	int64_t quarter, now;

	if (m->swap_disk.free.confidence == FACT_UNKNOWN)
		return size;
	quarter = (free_for_swap(m) + gives_back) / SWAP_DISK_SHARE;
	now = max_i64(0, free_for_swap(m) - SWAP_DISK_RESERVE_MIB);
	if (gives_back > 0)
		quarter = min_i64(quarter, now);
	return size <= quarter ? size : quarter / SWAP_STEP_MIB * SWAP_STEP_MIB;
}

static void disk_refuses(const struct planning *in, struct plan_swap *s)
{
	const struct machine *m = in->machine;
	const char *images =
		m->swap_disk.wants_images
			? arena_printf(in->arena, _(" (%lld MiB free, less %d for the images still to be pulled)"),
				       (long long)m->swap_disk.free.value, SWAP_IMAGES_MIB)
			: "";

	refuse(s, arena_printf(in->arena, _("a quarter of the free disk is less than 512 MiB%s: free some space first"),
			       images));
}

/* Plans a new file beside the present swap, of `size` or of what the disk allows. */
static void add_file(const struct planning *in, struct plan_swap *s, int64_t size)
{
	int64_t fits = limited_by_disk(in->machine, size, 0);
	const char *name = swap_free_name(in->machine, answer_swap_file(in->answers));

	if (in->machine->swap_disk.no_swap) {
		refuse(s, in->machine->swap_disk.no_swap);
	} else if (fits < SWAP_STEP_MIB && fits < size) {
		disk_refuses(in, s);
	} else if (!name) {
		refuse(s, swap_names_taken(in->arena, answer_swap_file(in->answers)));
	} else {
		set_action(s, SWAP_ACT_CREATE, min_i64(size, fits), name);
		swap_steps_drop_idle(s);
		swap_steps_make(s, name, s->size_mib);
		s->total_mib = s->present_mib + s->size_mib;
	}
}

/* Plans one file of the new size in place of vpsfit's own. False, with nothing planned, if that is not possible. */
static bool replace_own(const struct planning *in, struct plan_swap *s, int64_t size, bool exact)
{
	const struct machine *m = in->machine;
	const struct swap_sum own = swap_own(m);
	const char *name = swap_free_name(m, answer_swap_file(in->answers));
	bool known = m->swap_disk.free.confidence != FACT_UNKNOWN;

	if (!name || m->swap_disk.no_swap || !swap_may_turn_off(m, own.used_mib))
		return false;
	if (exact ? known && size > m->swap_disk.free.value - SWAP_DISK_RESERVE_MIB
		  : limited_by_disk(m, size, own.size_mib) < size)
		return false;
	set_action(s, SWAP_ACT_RESIZE, size, name);
	swap_steps_make(s, name, size);
	swap_steps_drop_own(s);
	s->total_mib = s->present_mib - own.active_mib + size;
	return true;
}

/*
 * Somebody's own swap file lies idle and would do: a second one beside it is only made where the stack does not run
 * without swap.
 */
static bool idle_file_serves(const struct planning *in, const struct plan *p, int64_t missing)
{
	const struct swap_area *f = &in->machine->swap.idle_file;

	return f->path && !f->holes && f->size_mib >= missing && plan_idle_mib(p) <= p->ram_mib;
}

static void leave_to_idle_file(const struct planning *in, struct plan_swap *s)
{
	const struct swap_area *f = &in->machine->swap.idle_file;

	keep_or_none(s);
	s->why = arena_printf(in->arena, _("%s lies idle, and its %lld MiB would do: turn it on, or use --swap SIZE"),
			      f->path, (long long)f->size_mib);
}

/* Smallest change first: activate what exists, else replace our file by a larger one, else add a file. */
static void make_up_for(const struct planning *in, struct plan *p, int64_t missing)
{
	struct plan_swap *s = &p->swap;
	const struct swap_sum own = swap_own(in->machine);
	struct swap_change *spare = swap_steps_spare(in->machine, s, missing, false);

	if (spare) {
		set_action(s, SWAP_ACT_ACTIVATE, spare->after.mib, spare->path);
		s->total_mib = s->present_mib + spare->after.mib;
	} else if (own.active_mib == 0 && idle_file_serves(in, p, missing)) {
		leave_to_idle_file(in, s);
	} else if (own.active_mib == 0 ||
		   !replace_own(in, s, round_up(own.active_mib + missing, SWAP_STEP_MIB), false)) {
		add_file(in, s, round_up(missing, SWAP_STEP_MIB));
	}
}

static void make_exactly_new(const struct planning *in, struct plan_swap *s, int64_t size)
{
	const struct machine *m = in->machine;
	const char *name = swap_free_name(m, answer_swap_file(in->answers));

	if (m->swap_disk.no_swap) {
		refuse(s, m->swap_disk.no_swap);
	} else if (!name) {
		refuse(s, swap_names_taken(in->arena, answer_swap_file(in->answers)));
	} else if (m->swap_disk.free.confidence != FACT_UNKNOWN &&
		   size > m->swap_disk.free.value - SWAP_DISK_RESERVE_MIB) {
		refuse(s, arena_printf(in->arena, _("%lld MiB are free for %s, and %d of them must stay free"),
				       (long long)m->swap_disk.free.value, name, SWAP_DISK_RESERVE_MIB));
	} else {
		set_action(s, SWAP_ACT_CREATE, size, name);
		swap_steps_make(s, name, size);
		s->total_mib = s->present_mib + size;
	}
}

/* Keeps swap as it is; s->left says that `what` was not done, and why. */
static void leave(const struct planning *in, struct plan_swap *s, const char *what, int64_t used_mib)
{
	keep_or_none(s);
	swap_steps_keep(s);
	s->left =
		arena_printf(in->arena,
			     _("%s; it holds %lld MiB and %lld MiB of memory are available, which is less "
			       "than that plus %d: it is left as it is, until a run when more is free"),
			     what, (long long)used_mib, (long long)in->machine->ram.available.value, SWAP_HEADROOM_MIB);
}

/* --swap SIZE: vpsfit's own swap gets exactly this size, whatever other swap there is. */
static void make_exactly(const struct planning *in, struct plan_swap *s, int64_t size)
{
	const struct swap_sum own = swap_own(in->machine);
	struct swap_change *spare;

	if (in->machine->swap_disk.free.confidence == FACT_UNKNOWN && size > SWAP_MOST_MIB)
		refuse(s,
		       arena_printf(in->arena,
				    _("%lld MiB are more than any such machine has, and how much is free for %s is not "
				      "known: use %lld MiB or less"),
				    (long long)size, in->machine->swap_disk.path, (long long)SWAP_MOST_MIB));
	else if (own.active_mib == 0 && (spare = swap_steps_spare(in->machine, s, size, true))) {
		set_action(s, SWAP_ACT_ACTIVATE, size, spare->path);
		s->total_mib = s->present_mib + size;
	} else if (own.size_mib == 0) {
		make_exactly_new(in, s, size);
	} else if (!replace_own(in, s, size, true)) {
		if (size > own.active_mib)
			make_exactly_new(in, s, size - own.active_mib);
		else
			leave(in, s,
			      arena_printf(in->arena, _("vpsfit's swap was to shrink from %lld to %lld MiB"),
					   (long long)own.active_mib, (long long)size),
			      own.used_mib);
	}
}

/* --swap none: removes what this stack's applies made, nothing else. */
static void remove_own(const struct planning *in, struct plan_swap *s)
{
	const struct swap_sum made = swap_recorded(in->machine);
	const struct swap_sum labelled = swap_own(in->machine);

	if (made.count > 0 && !in->machine->swap.possible) {
		keep_or_none(s);
		s->left = arena_printf(in->arena, _("vpsfit's swap stays: %s"), in->machine->swap.impossible);
	} else if (made.count > 0 && !swap_may_turn_off(in->machine, made.used_mib)) {
		leave(in, s, _("vpsfit's swap was to go"), made.used_mib);
	} else {
		swap_steps_drop_recorded(s);
		s->present_mib -= made.active_mib;
		keep_or_none(s);
		if (made.count > 0)
			set_action(s, SWAP_ACT_NONE, 0, "");
		else if (labelled.count > 0)
			s->left = arena_printf(
				in->arena,
				_("swap with vpsfit's label is there (%s), and no apply of this stack made "
				  "it: it stays"),
				labelled.path);
	}
}

static const char *arithmetic(const struct planning *in, const struct plan *p)
{
	const struct plan_swap *s = &p->swap;

	if (s->mode == SWAP_MODE_NONE || s->mode == SWAP_MODE_SIZE || s->mode == SWAP_MODE_DEVICE)
		return _("as chosen");
	if (peak_shortfall(p) == 0 && s->wanted_mib == 0)
		return arena_printf(in->arena, _("peak %lld MiB fits into %lld MiB of RAM"), (long long)highest_need(p),
				    (long long)p->ram_mib);
	if (peak_shortfall(p) == 0)
		return _("a small machine without swap gets 1 GiB to fall back on");
	return arena_printf(in->arena, _("peak %lld - RAM %lld = %lld MiB short, rounded up to %lld%s"),
			    (long long)highest_need(p), (long long)p->ram_mib, (long long)peak_shortfall(p),
			    (long long)s->wanted_mib,
			    s->present_mib > 0 && s->wanted_mib > s->present_mib
				    ? arena_printf(in->arena, _("; %lld are there"), (long long)s->present_mib)
				    : "");
}

/* What is needed is told with the virtual machine's memory (engine-in-vm). */
static void leave_to_desktop(struct plan_swap *s)
{
	keep_or_none(s);
	s->wanted_mib = s->present_mib;
	s->why =
		_("Docker Desktop's virtual machine has memory of its own, and swap of this machine does not reach it");
}

/* Fills in p->swap. Present swap counts, zram does not: it lives in the same RAM. */
void plan_swap_advice(const struct planning *in, struct plan *p)
{
	struct plan_swap *s = &p->swap;
	bool exact = s->mode == SWAP_MODE_SIZE;
	int64_t missing;

	s->path = "";
	s->present_mib = max_i64(0, in->machine->swap.active.value);
	s->total_mib = s->present_mib;
	s->wanted_mib = exact ? answer_swap(in->answers).mib : wanted(in, p);
	missing = s->wanted_mib - s->present_mib;
	swap_steps_list(in->machine, s);
	if (s->mode == SWAP_MODE_NONE)
		remove_own(in, s);
	else if (s->mode == SWAP_MODE_AUTO && missing > 0 && in->machine->engine.kind == ENGINE_DESKTOP)
		leave_to_desktop(s);
	else if (s->mode == SWAP_MODE_AUTO && missing * 100 <= s->wanted_mib * SWAP_SLACK_PERCENT)
		keep_or_none(s);
	else if (exact && swap_own(in->machine).active_mib == s->wanted_mib)
		keep_or_none(s);
	else if (s->mode == SWAP_MODE_DEVICE && s->device.active)
		swap_device_advice(in, p);
	else if (!in->machine->swap.possible)
		refuse(s, in->machine->swap.impossible);
	else if (s->mode == SWAP_MODE_DEVICE)
		swap_device_advice(in, p);
	else if (exact)
		make_exactly(in, s, s->wanted_mib);
	else
		make_up_for(in, p, missing);
	if (!s->why)
		s->why = arithmetic(in, p);
}

static bool shares_swap(const struct plan *p, size_t s)
{
	return p->set->items[s].swap == SWAP_SHARE_BY_LIMIT && p->services[s].limit_mib > 0;
}

static bool memswap_stays(const struct planning *in, size_t s)
{
	return in->standing && in->standing[s].memswap.stays;
}

/*
 * Divides the planned swap among the services that share it, in proportion to their limits. The others get none: a
 * database that is swapped out stalls every request.
 */
void plan_swap_allowance(const struct planning *in, struct plan *p)
{
	int64_t sharing = 0;

	for (size_t s = 0; s < p->set->count; s++)
		if (shares_swap(p, s))
			sharing += p->services[s].limit_mib;
	for (size_t s = 0; s < p->set->count; s++) {
		int64_t share = shares_swap(p, s) ? p->swap.total_mib * p->services[s].limit_mib / sharing : 0;

		p->services[s].wanted.memswap_mib += share;
		if (!memswap_stays(in, s))
			p->services[s].memswap_mib += share;
	}
}
