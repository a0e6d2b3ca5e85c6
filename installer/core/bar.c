/* SPDX-License-Identifier: MIT */
#include "core/bar.h"

#include <string.h>

#include "core/macros.h"
#include "core/units.h"

static bool is_taken(const struct bar *b, char letter)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->items[i].letter == letter)
			return true;
	return false;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The first letter of the name that nobody has yet, else any that is left. */
static char letter_for(const struct bar *b, const char *name)
{
	for (const char *p = name; *p; p++) {
		char c = upper(*p);

		if (c >= 'A' && c <= 'Z' && !is_taken(b, c))
			return c;
	}
	for (char c = 'A'; c < 'Z'; c++)
		if (!is_taken(b, c))
			return c;
	return 'Z';
}

static void add(struct bar *b, enum bar_kind kind, const char *label, const char *name, int64_t mib)
{
	char letter;

	if (mib <= 0 || b->count == MAX_BAR)
		return;
	letter = kind == BAR_FREE ? '\0' : letter_for(b, name);
	b->items[b->count++] = (struct bar_segment){kind, label, mib, letter};
}

/*
 * Fills ret with the services by their order, what is not planned and counts all the same, the engine, the system, and
 * what is free. Only what is expected when idle counts: the sum of all but what is free is plan_idle_mib. Labels are
 * borrowed from the plan.
 */
void bar_of_plan(const struct plan *p, struct bar *ret)
{
	int64_t idle = plan_idle_mib(p), over = max_i64(0, idle - p->ram_mib), rest = idle;

	*ret = (struct bar){.ram_mib = p->ram_mib, .in_swap_mib = min_i64(over, p->swap.total_mib)};
	ret->missing_mib = over - ret->in_swap_mib;
	for (size_t s = 0; s < p->set->count && ret->count < MAX_BAR - 4; s++) {
		const struct plan_service *one = &p->services[s];

		if (!one->in)
			continue;
		add(ret, BAR_SERVICE, p->set->items[s].name, p->set->items[s].name, one->expected_mib * one->copies);
		rest -= one->expected_mib * one->copies;
	}
	rest -= p->totals.engine_mib + p->totals.system_mib;
	add(ret, BAR_OTHERS, NULL, "others", rest);
	add(ret, BAR_ENGINE, NULL, "docker", p->totals.engine_mib);
	add(ret, BAR_SYSTEM, NULL, "system", p->totals.system_mib);
	add(ret, BAR_FREE, NULL, "", p->ram_mib - idle);
}

static int64_t whole(const struct bar *b)
{
	int64_t sum = 0;

	for (size_t i = 0; i < b->count; i++)
		sum += b->items[i].mib;
	return max_i64(sum, 1);
}

/*
 * How many of `width` columns each segment gets. They add up to width, as long as there is a segment; a segment gets
 * none only if there is not a column for each.
 */
void bar_columns(const struct bar *b, size_t width, size_t ret[static MAX_BAR])
{
	const int64_t sum = whole(b);
	size_t given = 0, largest = 0;

	for (size_t i = 0; i < b->count; i++) {
		ret[i] = (size_t)(b->items[i].mib * (int64_t)width / sum);
		if (ret[i] == 0 && width >= b->count)
			ret[i] = 1;
		given += ret[i];
	}
	/* What rounding left over, or took too much, is least to be seen in the largest one. */
	while (given != width && b->count > 0) {
		for (size_t i = 0; i < b->count; i++)
			largest = ret[i] > ret[largest] ? i : largest;
		if (given < width) {
			ret[largest] += width - given;
			given = width;
		} else {
			ret[largest]--;
			given--;
		}
	}
}

/* The column where RAM ends; width if everything fits. */
size_t bar_edge(const struct bar *b, size_t width)
{
	return (size_t)min_i64((int64_t)width, b->ram_mib * (int64_t)width / whole(b));
}
