/* SPDX-License-Identifier: MIT */
/*
 * What vpsfit owns as a whole: a piece of the compose file, or a file. As with any owned value, a person's edit is
 * asked about, kept or replaced, and the state remembers what was written and what was kept.
 */
#include <string.h>

#include "changes/building.h"
#include "core/i18n.h"

/* As vpsfit left it last. A stack that is taken up has no state: what is there counts as written. */
static const char *left(const struct building *b, const struct whole *w, const struct state_value *was)
{
	if (was && was->written[0])
		return was->written;
	return b->set->taken_up ? w->now : w->expected;
}

/* Decides what happens: w->change, or it stays, as a conflict or an edit that is kept. */
void whole_decide(const struct building *b, struct whole *w)
{
	const struct state_value *was = state_find(&b->set->state, w->key);
	enum edit_policy policy = values_policy(b, w->key);
	const char *before = left(b, w, was);

	w->change = w->conflict = w->edited = w->kept = false;
	if (STR_EQ(w->now, w->wanted))
		return;
	if (w->fresh) {
		w->change = true;
	} else if (was && was->kept && STR_EQ(was->kept, w->now) && policy != EDITS_OVERWRITE) {
		w->kept = true;
	} else {
		w->edited = !before || !STR_EQ(before, w->now);
		w->conflict = w->edited && policy == EDITS_ASK;
		w->kept = w->edited && policy != EDITS_OVERWRITE;
		w->change = !w->kept;
	}
}

static bool was_kept(const struct state_value *was, const struct whole *w)
{
	return was && was->kept && STR_EQ(was->kept, w->now);
}

/*
 * Adds it to the owned values, for the state, and to the file's changes, for people. Never full: place_of() counts
 * them.
 */
void whole_record(const struct building *b, const struct whole *w, struct file_change *f)
{
	const struct state_value *was = state_find(&b->set->state, w->key);
	struct changeset *set = b->set;
	size_t i = set->owned_count;

	if (i == MAX_OWNED)
		return;
	set->owned_count++;
	set->owned[i] = (struct owned_value){.file = w->file,
					     .path = "",
					     .place = OWNED_WHOLE,
					     .missing = MISSING_FINE,
					     .service = NO_SERVICE,
					     .key = w->key,
					     .label = w->label,
					     .wanted = w->wanted,
					     .comment = ""};
	set->kept[i] = w->kept ? w->now : NULL;
	set->written[i] = w->by_hand ? NULL : w->kept ? (was && was->written[0] ? was->written : NULL) : w->wanted;
	set->conflicts += w->conflict;
	set->decided += w->edited && w->kept && !w->conflict;
	if (w->fresh || w->by_hand || (!w->change && !w->kept) || (w->kept && !w->conflict && was_kept(was, w)))
		return;
	building_show_value(b, f,
			    &(struct value_change){.label = w->label,
						   .key = w->key,
						   .from = w->from,
						   .to = w->to,
						   .edited = w->edited,
						   .conflict = w->conflict,
						   .kept = w->kept});
}
