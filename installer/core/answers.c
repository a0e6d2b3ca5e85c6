#include "core/answers.h"

#include <string.h>

#include "core/macros.h"

const char *origin_name(enum origin o)
{
	static const char *const names[] = {
		[ORIGIN_DEFAULT] = "default",
		[ORIGIN_REMEMBERED] = "remembered",
		[ORIGIN_FILE] = "file",
		[ORIGIN_FLAG] = "flag",
		[ORIGIN_WIZARD] = "wizard",
	};

	ALL_NAMED(names, ORIGIN_COUNT);
	return names[o];
}

/* Was anything said, "auto" too, now or at an earlier apply? */
bool answer_said(const struct answers *a, enum answer_id id)
{
	return a->of[id].origin != ORIGIN_DEFAULT;
}

/* The answer as its flag takes it; NULL where the default holds, also where "auto" was said. */
const char *answer_text(const struct answers *a, enum answer_id id)
{
	return a->of[id].text;
}

/* A count, or a size in MiB; -1 where the default holds. */
int64_t answer_number(const struct answers *a, enum answer_id id)
{
	return a->of[id].text ? a->of[id].number : -1;
}

/* Is a switch on? */
bool answer_on(const struct answers *a, enum answer_id id)
{
	return a->of[id].number > 0;
}

struct swap_answer answer_swap(const struct answers *a)
{
	const struct answer *swap = &a->of[ANSWER_SWAP];

	if (!swap->text)
		return (struct swap_answer){.wish = SWAP_AUTO};
	if (STR_EQ(swap->text, "none"))
		return (struct swap_answer){.wish = SWAP_NO};
	if (swap->number > 0)
		return (struct swap_answer){.wish = SWAP_SIZE, .mib = swap->number};
	return (struct swap_answer){.wish = SWAP_DEVICE, .device = swap->text};
}

/* Where a swap file goes; never NULL. */
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
