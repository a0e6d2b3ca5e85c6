/* SPDX-License-Identifier: MIT */
#include "core/answers.h"

#include <string.h>

#include "core/macros.h"

const char *origin_name(enum origin o)
{
	static const char *const names[] = {
		[ORIGIN_DEFAULT] = "default", [ORIGIN_REMEMBERED] = "remembered", [ORIGIN_FILE] = "file",
		[ORIGIN_FLAG] = "flag",	      [ORIGIN_WIZARD] = "wizard",
	};

	ALL_NAMED(names, ORIGIN_COUNT);
	return names[o];
}

/* Was it answered at all, now or at an earlier apply? "auto" is an answer too. */
bool answer_said(const struct answers *a, enum answer_id id)
{
	return a->of[id].origin != ORIGIN_DEFAULT;
}

/* The answer as its flag takes it; NULL if the default holds, also after "auto". */
const char *answer_text(const struct answers *a, enum answer_id id)
{
	return a->of[id].text;
}

/* A count, or a size in MiB; -1 if the default holds. */
int64_t answer_number(const struct answers *a, enum answer_id id)
{
	return a->of[id].text ? a->of[id].number : -1;
}

/* Is a switch on? */
bool answer_on(const struct answers *a, enum answer_id id)
{
	return a->of[id].number > 0;
}

/* Name of the service that --service gives this part; NULL: not answered. */
const char *answer_service(const struct answers *a, const char *part)
{
	for (size_t i = 0; i < MAX_SERVICES && a->parts[i].part; i++)
		if (STR_EQ(a->parts[i].part, part))
			return a->parts[i].said.text;
	return NULL;
}

/* Sets who plays a part, or removes the answer if said is NULL. Keeps the parts sorted. False if the table is full. */
bool answer_set_service(struct answers *a, const char *part, const struct answer *said)
{
	struct part_answer *p = a->parts;
	size_t at = 0, count = 0;
	bool there;

	while (count < MAX_SERVICES && p[count].part)
		count++;
	while (at < count && strcmp(p[at].part, part) < 0)
		at++;
	there = at < count && STR_EQ(p[at].part, part);
	if (there && said) {
		p[at].said = *said;
	} else if (there) {
		memmove(&p[at], &p[at + 1], (count - at - 1) * sizeof(*p));
		p[count - 1] = (struct part_answer){.part = NULL};
	} else if (said && count == MAX_SERVICES) {
		return false;
	} else if (said) {
		memmove(&p[at + 1], &p[at], (count - at) * sizeof(*p));
		p[at] = (struct part_answer){part, *said};
	}
	return true;
}

bool answer_limits_off(const struct answers *a)
{
	const char *said = answer_text(a, ANSWER_LIMITS);

	return said && STR_EQ(said, "off");
}

/* The name that the gateway is reached by over TLS; NULL: none. */
const char *answer_domain(const struct answers *a)
{
	return answer_on(a, ANSWER_DOMAIN) ? answer_text(a, ANSWER_DOMAIN) : NULL;
}

struct swap_answer answer_swap(const struct answers *a)
{
	const struct answer *swap = &a->of[ANSWER_SWAP];

	if (!swap->text)
		return (struct swap_answer){.mode = SWAP_MODE_AUTO};
	if (STR_EQ(swap->text, "none"))
		return (struct swap_answer){.mode = SWAP_MODE_NONE};
	if (swap->number > 0)
		return (struct swap_answer){.mode = SWAP_MODE_SIZE, .mib = swap->number};
	return (struct swap_answer){.mode = SWAP_MODE_DEVICE, .device = swap->text};
}

/* Path of the swap file; never NULL. */
const char *answer_swap_file(const struct answers *a)
{
	const char *said = answer_text(a, ANSWER_SWAP_FILE);

	return said ? said : DEFAULT_SWAP_FILE;
}

enum edit_policy answer_edits(const struct answers *a)
{
	if (answer_on(a, ANSWER_KEEP_EDITS))
		return EDITS_KEEP;
	return answer_on(a, ANSWER_OVERWRITE_EDITS) ? EDITS_OVERWRITE : EDITS_ASK;
}
