/* SPDX-License-Identifier: MIT */
#include "output/json_machine.h"

#include "answers/table.h"

/* A string, or null for the default. Answers with a flag are never secret. */
static json_t *value_of(const struct answers *all, enum answer_id id)
{
	struct arena a = ARENA_INIT;
	const char *text = id == ANSWER_SERVICE ? answers_services_text(all, &a) : answer_text(all, id);
	json_t *value = text ? json_string(text) : json_null();

	arena_clear(&a);
	return value;
}

static enum origin origin_of(const struct answers *all, enum answer_id id)
{
	enum origin last = all->of[id].origin;

	for (size_t i = 0; id == ANSWER_SERVICE && i < MAX_SERVICES && all->parts[i].part; i++)
		if (all->parts[i].said.origin > last)
			last = all->parts[i].said.origin;
	return last;
}

json_t *json_answers(const struct answers *all, unsigned commands)
{
	json_t *object = json_object();

	for (int id = 0; id < ANSWER_COUNT; id++) {
		const struct answer_row *row = &answer_rows[id];
		json_t *one;

		if (!(row->flags & IN_PLAN) || !(row->commands & commands))
			continue;
		one = json_object();
		json_object_set_new(one, "value", value_of(all, (enum answer_id)id));
		json_object_set_new(one, "origin", json_string(origin_name(origin_of(all, (enum answer_id)id))));
		if (all->of[id].since)
			json_object_set_new(one, "since", json_string(all->of[id].since));
		json_object_set_new(object, row->name, one);
	}
	return object;
}
