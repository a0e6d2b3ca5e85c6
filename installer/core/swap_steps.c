/* SPDX-License-Identifier: MIT */
/* The plan's list of vpsfit's swap areas, and what happens to each. */
#include "core/swap_steps.h"

#include <string.h>

#include "core/i18n.h"
#include "core/units.h"

static void add(struct swap_sum *sum, const struct swap_area *c)
{
	if (sum->count++ == 0)
		sum->path = c->path;
	sum->size_mib += c->size_mib;
	sum->active_mib += c->active ? c->size_mib : 0;
	sum->used_mib += c->used_mib;
}

struct swap_sum swap_own(const struct machine *m)
{
	struct swap_sum sum = {0};

	for (size_t i = 0; i < m->swap.candidate_count; i++)
		if (m->swap.candidates[i].owner == SWAP_OWNER_OURS && m->swap.candidates[i].kind == SWAP_KIND_FILE)
			add(&sum, &m->swap.candidates[i]);
	return sum;
}

struct swap_sum swap_recorded_but(const struct machine *m, const char *path)
{
	struct swap_sum sum = {0};

	for (size_t i = 0; i < m->swap.candidate_count; i++) {
		const struct swap_area *c = &m->swap.candidates[i];

		if (c->owner == SWAP_OWNER_OURS && c->recorded && !(path && STR_EQ(c->path, path)))
			add(&sum, c);
	}
	return sum;
}

struct swap_sum swap_recorded(const struct machine *m)
{
	return swap_recorded_but(m, NULL);
}

bool swap_may_turn_off(const struct machine *m, int64_t used_mib)
{
	return m->ram.available.confidence == FACT_UNKNOWN || used_mib + SWAP_HEADROOM_MIB <= m->ram.available.value;
}

/* No detection has listed candidates (a unit test): take the preferred name. */
const char *swap_free_name(const struct machine *m, const char *preferred)
{
	if (m->swap.candidate_count == 0)
		return preferred;
	for (size_t i = 0; i < m->swap.candidate_count; i++)
		if (m->swap.candidates[i].owner == SWAP_OWNER_NONE)
			return m->swap.candidates[i].path;
	return NULL;
}

const char *swap_names_taken(struct arena *a, const char *preferred)
{
	return arena_printf(a,
			    _("%s, %s.vpsfit and %s.vpsfit-2 are all taken by something else: choose another path with "
			      "--swap-file"),
			    preferred, preferred, preferred);
}

static struct swap_change *append(struct plan_swap *s, const struct swap_area *area)
{
	const struct swap_state now = {area->size_mib, area->active};

	if (s->area_count == SWAP_MAX_OWN)
		return NULL;
	s->areas[s->area_count] = (struct swap_change){.path = area->path,
						       .device = area->kind == SWAP_KIND_PARTITION,
						       .recorded = area->recorded,
						       .uuid = area->uuid,
						       .before = now,
						       .after = now};
	return &s->areas[s->area_count++];
}

void swap_steps_list(const struct machine *m, struct plan_swap *s)
{
	for (size_t i = 0; i < m->swap.candidate_count; i++) {
		const struct swap_area *c = &m->swap.candidates[i];

		if (c->owner == SWAP_OWNER_OURS)
			append(s, c);
	}
}

void swap_steps_keep(struct plan_swap *s)
{
	for (size_t i = 0; i < s->area_count; i++)
		s->areas[i].after = s->areas[i].before;
}

void swap_steps_make(struct plan_swap *s, const char *path, int64_t size_mib)
{
	struct swap_change *file = append(s, &(const struct swap_area){.path = path, .recorded = true});

	if (file)
		file->after = (struct swap_state){size_mib, true};
}

static void drop(struct swap_change *area)
{
	area->after.on = false;
	if (!area->device)
		area->after.mib = 0;
}

void swap_steps_drop_own(struct plan_swap *s)
{
	for (size_t i = 0; i < s->area_count; i++)
		if (!s->areas[i].device && s->areas[i].before.mib > 0)
			drop(&s->areas[i]);
}

void swap_steps_drop_idle(struct plan_swap *s)
{
	for (size_t i = 0; i < s->area_count; i++)
		if (s->areas[i].recorded && !s->areas[i].device && s->areas[i].before.mib > 0 && !s->areas[i].before.on)
			drop(&s->areas[i]);
}

void swap_steps_drop_recorded_but(struct plan_swap *s, const char *path)
{
	for (size_t i = 0; i < s->area_count; i++)
		if (s->areas[i].recorded && !(path && STR_EQ(s->areas[i].path, path)))
			drop(&s->areas[i]);
}

void swap_steps_drop_recorded(struct plan_swap *s)
{
	swap_steps_drop_recorded_but(s, NULL);
}

static struct swap_change *find_area(struct plan_swap *s, const char *path)
{
	for (size_t i = 0; i < s->area_count; i++)
		if (STR_EQ(s->areas[i].path, path))
			return &s->areas[i];
	return NULL;
}

/* It counts as this stack's from then on. NULL (the list is full) stays NULL. */
static struct swap_change *turn_on(struct swap_change *area)
{
	if (area)
		area->after.on = area->recorded = true;
	return area;
}

void swap_steps_turn_on(struct plan_swap *s, const struct swap_area *device)
{
	struct swap_change *own = find_area(s, device->path);

	turn_on(own ? own : append(s, device));
}

static bool suits(int64_t have, int64_t want, bool exact)
{
	return exact ? have == want : have >= want;
}

/* A partition of an earlier apply may be a guest's by now, and swapon would overwrite what that works with. */
static bool is_held(const struct machine *m, const struct swap_change *own)
{
	for (size_t i = 0; own->device && i < m->swap.inactive_count; i++)
		if (STR_EQ(m->swap.inactive[i].path, own->path))
			return m->swap.inactive[i].held;
	return false;
}

struct swap_change *swap_steps_spare(const struct machine *m, struct plan_swap *s, int64_t size_mib, bool exact)
{
	for (size_t i = 0; i < s->area_count; i++) {
		struct swap_change *own = &s->areas[i];

		if (own->before.on || !suits(own->before.mib, size_mib, exact) || is_held(m, own))
			continue;
		return turn_on(own);
	}
	for (size_t i = 0; !exact && i < m->swap.inactive_count; i++) {
		const struct swap_area *spare = &m->swap.inactive[i];

		if (!spare->spared && suits(spare->size_mib, size_mib, false))
			return turn_on(append(s, spare));
	}
	return NULL;
}
