/* SPDX-License-Identifier: MIT */
#include "core/next_steps.h"
#include "output/json_machine.h"

json_t *json_next(const struct next_steps *n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n->count; i++) {
		const struct next_step *step = &n->items[i];

		json_add(all,
			 json_sure(json_pack("{s:s, s:o, s:o, s:b}", "code", step->code, "text", json_text(step->text),
					     "command", json_text(step->command), "daily", step->daily)));
	}
	return all;
}
