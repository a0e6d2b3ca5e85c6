/* SPDX-License-Identifier: MIT */
#include "answers/remember.h"

#include <string.h>

#include "answers/table.h"

static const struct remembered_answer *find(const struct remembered_answer *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (STR_EQ(list[i].name, name))
			return &list[i];
	return NULL;
}

static bool is_news(const struct answer *said)
{
	return said->origin > ORIGIN_REMEMBERED;
}

/* Merges per part: what this run was given wins over what is remembered. */
static void recall_services(struct answers *all, struct arena *a, const struct remembered_answer *was)
{
	struct answers old = {.parts = {{.part = NULL}}}, now = {.parts = {{.part = NULL}}};
	bool fits = true;

	if (was && answer_set(&old, a, ANSWER_SERVICE, was->text, ORIGIN_REMEMBERED))
		memset(&old, 0, sizeof(old));
	for (size_t i = 0; i < MAX_SERVICES && old.parts[i].part; i++) {
		old.parts[i].said.since = was->since;
		fits &= answer_set_service(&now, old.parts[i].part, &old.parts[i].said);
	}
	for (size_t i = 0; i < MAX_SERVICES && all->parts[i].part; i++)
		if (is_news(&all->parts[i].said))
			fits &= answer_set_service(&now, all->parts[i].part, &all->parts[i].said);
	if (fits)
		memcpy(all->parts, now.parts, sizeof(all->parts));
}

/*
 * Fills in the remembered value of every answer that this run was not given. May be called again: it replaces what it
 * filled in before. A remembered text that this version rejects counts as forgotten.
 */
void answers_recall(struct answers *all, struct arena *a, const struct remembered_answer *list, size_t count)
{
	bool new_size = is_news(&all->of[ANSWER_PROFILE]);

	for (int id = 0; id < ANSWER_COUNT; id++) {
		const struct answer_row *row = &answer_rows[id];
		const struct remembered_answer *was = find(list, count, row->name);

		if (!(row->flags & REMEMBERED) || is_news(&all->of[id]))
			continue;
		if (id == ANSWER_SERVICE) {
			recall_services(all, a, was);
			continue;
		}
		all->of[id] = (struct answer){ORIGIN_DEFAULT, NULL, 0, NULL};
		if (!was || (new_size && (row->flags & NOT_WITH_NEW_SIZE)))
			continue;
		if (!answer_set(all, a, (enum answer_id)id, was->text, ORIGIN_REMEMBERED))
			all->of[id].since = was->since;
	}
}

/*
 * Computes what an apply at time `now` leaves for the next run; list is what the last apply left. An unchanged answer
 * keeps the time at which it was first given, even if it was given again; a noted one stays until another is given.
 * Returns the number of entries in out.
 */
size_t answers_remember(const struct answers *all, struct arena *a, const char *now,
			const struct remembered_answer *list, size_t count,
			struct remembered_answer out[static ANSWER_COUNT])
{
	size_t n = 0;

	for (int id = 0; id < ANSWER_COUNT; id++) {
		const char *text = id == ANSWER_SERVICE ? answers_services_text(all, a) : all->of[id].text;
		const struct remembered_answer *was = find(list, count, answer_rows[id].name);
		bool same = was && was->since && text && STR_EQ(was->text, text);

		if ((answer_rows[id].flags & NOTED) && !text && was) {
			out[n++] = *was;
			continue;
		}
		if ((answer_rows[id].flags & (REMEMBERED | NOTED)) && text)
			out[n++] = (struct remembered_answer){answer_rows[id].name, text, same ? was->since : now};
	}
	return n;
}
