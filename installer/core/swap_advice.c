/* How much swap the plan needs and where it can come from (design, sections 4 and 6). */
#include <string.h>

#include "core/planner.h"
#include "core/units.h"

#define SWAP_STEP_MIB 512
#define SWAP_SMALL_MACHINE_MIB 4096
#define SWAP_SMALL_MINIMUM_MIB 1024
#define SWAP_DISK_SHARE 4 /* at most a quarter of the free disk */

static int64_t peak_shortfall(const struct plan *p)
{
	return max_i64(0, p->totals.peak_mib - p->ram_mib);
}

static int64_t wanted(const struct planning *in, const struct plan *p)
{
	int64_t want = round_up(peak_shortfall(p), SWAP_STEP_MIB);

	if (in->machine->ram.nominal.value < SWAP_SMALL_MACHINE_MIB && p->swap.present_mib == 0)
		want = max_i64(want, SWAP_SMALL_MINIMUM_MIB);
	return want;
}

static const struct swap_area *active_at(const struct machine *m, const char *path)
{
	for (size_t i = 0; i < m->swap.area_count; i++)
		if (STR_EQ(m->swap.areas[i].path, path))
			return &m->swap.areas[i];
	return NULL;
}

static const struct swap_area *inactive_of(const struct machine *m, int64_t size_mib)
{
	for (size_t i = 0; i < m->swap.inactive_count; i++)
		if (m->swap.inactive[i].size_mib >= size_mib)
			return &m->swap.inactive[i];
	return NULL;
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

/* What the disk allows for one more area of `size`; 0 where it is not worth making. */
static int64_t limited_by_disk(const struct machine *m, int64_t size)
{
	int64_t quarter;

	if (m->swap_disk.free.confidence == FACT_UNKNOWN)
		return size;
	quarter = m->swap_disk.free.value / SWAP_DISK_SHARE;
	if (size <= quarter)
		return size;
	return quarter / SWAP_STEP_MIB * SWAP_STEP_MIB;
}

static const char *impossible_why(const struct planning *in)
{
	const struct machine *m = in->machine;

	if (!m->swap.possible)
		return m->swap.impossible;
	if (m->swap_disk.no_swap)
		return m->swap_disk.no_swap;
	return NULL;
}

static void make_area(const struct planning *in, struct plan *p, int64_t size, bool exact)
{
	const struct machine *m = in->machine;
	struct plan_swap *s = &p->swap;
	const char *path = in->answers->swap_file;
	const struct swap_area *own = active_at(m, path);
	const struct swap_area *spare = exact ? NULL : inactive_of(m, size);
	int64_t others = s->present_mib - (own ? own->size_mib : 0);
	int64_t file = exact ? size : round_up(size + (own ? own->size_mib : 0), SWAP_STEP_MIB);
	int64_t fits = limited_by_disk(m, own ? file - own->size_mib : file) + (own ? own->size_mib : 0);

	if (spare) {
		set_action(s, SWAP_ACT_ACTIVATE, spare->size_mib, spare->path);
		s->total_mib = s->present_mib + spare->size_mib;
	} else if (own && own->size_mib == file) {
		keep_or_none(s);
	} else if (fits < SWAP_STEP_MIB && fits < file) {
		set_action(s, SWAP_ACT_IMPOSSIBLE, 0, "");
		s->why = "a quarter of the free disk is less than 512 MiB: free some space first";
	} else {
		set_action(s, own ? SWAP_ACT_RESIZE : SWAP_ACT_CREATE, exact ? size : min_i64(file, fits), path);
		s->total_mib = others + s->size_mib;
	}
}

static const char *arithmetic(const struct planning *in, const struct plan *p)
{
	const struct plan_swap *s = &p->swap;

	if (in->answers->swap == SWAP_NO)
		return "none, as asked for by --swap none";
	if (in->answers->swap == SWAP_SIZE)
		return "as asked for by --swap";
	if (peak_shortfall(p) == 0 && s->wanted_mib == 0)
		return arena_printf(in->arena, "peak %lld MiB fits into %lld MiB of RAM",
				    (long long)p->totals.peak_mib, (long long)p->ram_mib);
	if (peak_shortfall(p) == 0)
		return "a small machine without swap gets 1 GiB to fall back on";
	return arena_printf(in->arena, "peak %lld - RAM %lld = %lld MiB short, rounded up to %lld",
			    (long long)p->totals.peak_mib, (long long)p->ram_mib,
			    (long long)peak_shortfall(p), (long long)s->wanted_mib);
}

/* Fills in p->swap. What is there counts; zram does not, it lives in the same RAM. */
void plan_swap_advice(const struct planning *in, struct plan *p)
{
	struct plan_swap *s = &p->swap;
	const char *impossible = impossible_why(in);
	int64_t missing;

	s->path = "";
	s->present_mib = max_i64(0, in->machine->swap.active.value);
	s->total_mib = s->present_mib;
	s->wanted_mib = in->answers->swap == SWAP_SIZE ? in->answers->swap_mib : wanted(in, p);
	missing = in->answers->swap == SWAP_SIZE ? s->wanted_mib : s->wanted_mib - s->present_mib;
	if (in->answers->swap == SWAP_NO || missing <= 0) {
		keep_or_none(s);
	} else if (impossible) {
		set_action(s, SWAP_ACT_IMPOSSIBLE, 0, "");
		s->why = impossible;
	} else {
		make_area(in, p, missing, in->answers->swap == SWAP_SIZE);
	}
	if (!s->why)
		s->why = arithmetic(in, p);
}

/*
 * Hands the swap that the plan counts to LiteLLM and Open WebUI, by the size of their limits. PostgreSQL and nginx get
 * none: a database that is swapped out stalls every request.
 */
void plan_swap_allowance(struct plan *p)
{
	struct plan_service *litellm = &p->services[SERVICE_LITELLM];
	struct plan_service *webui = &p->services[SERVICE_OPEN_WEBUI];
	int64_t both = litellm->limit_mib + webui->limit_mib;

	if (both <= 0)
		return;
	litellm->memswap_mib = litellm->limit_mib + p->swap.total_mib * litellm->limit_mib / both;
	webui->memswap_mib = webui->limit_mib + p->swap.total_mib * webui->limit_mib / both;
}
