/* SPDX-License-Identifier: MIT */
/* What happens to the owned values of YAML files: written, kept, asked about, or left to a person. */
#include <errno.h>
#include <string.h>

#include "changes/by_hand.h"
#include "changes/building.h"
#include "changes/container_view.h"
#include "changes/value_variables.h"
#include "changes/worker_count.h"
#include "core/discreet.h"
#include "core/i18n.h"
#include "core/units.h"
#include "compose/env.h"
#include "compose/edit.h"

/* Values of several files, which depend on one another. */
struct planning {
	struct building *b;
	struct yaml_part *parts;
	size_t count;
	struct edit_file edits; /* of all the files */
	struct yaml_part *of[MAX_OWNED];
	const char *why[MAX_OWNED]; /* why the i-th value, contrary to first plans, is left to a person */
	struct value_change changes[MAX_OWNED];
};

/* A value that was removed by hand reads as "". */
static const char *current(const struct edit *e)
{
	return e->current ? e->current : "";
}

/* Do two texts mean the same to Compose, such as "1.5g" and "1536M"? */
static bool same_value(const struct owned_value *v, const char *x, const char *y)
{
	struct owned_value wanted = *v;

	wanted.wanted = y;
	wanted.at_least = false;
	return owned_same(&wanted, x);
}

/* Did an earlier apply keep this very text? */
static bool was_kept(const struct state_value *was, const struct edit *e)
{
	return was && was->kept && STR_EQ(current(e), was->kept);
}

/* For a value that may be larger than wanted: a text that is at least what we wrote is no edit. */
static bool is_above(const struct owned_value *v, const char *x, const char *written)
{
	struct owned_value least = *v;

	least.wanted = written;
	return v->at_least && owned_same(&least, x);
}

/* 0.1.0 wrote several values through one variable: the last one won, which is no edit of the others. */
static bool is_anothers(const struct building *b, const struct edit *e)
{
	const struct state *was = &b->set->state;

	for (size_t i = 0; e->place.variable && e->place.kind == PLACE_HERE && i < was->count; i++)
		if (same_value(e->owned, current(e), was->values[i].written))
			return true;
	return false;
}

/*
 * Edited means: differs from what the last apply left. 0.1.0 also recorded values that it never wrote; one worker that
 * no file mentions is such a value. A setting that vpsfit never wrote, or forgot with its service, is a person's.
 */
static bool is_edited(const struct building *b, const struct yaml_part *part, const struct state_value *was,
		      const struct edit *e)
{
	const struct edit_file file = {.doc = part->doc};
	bool never = !e->current && e->owned->place == OWNED_WORKERS && was && STR_EQ(was->written, "1");

	if (!was && edit_is_marked_as_edit(&file, e))
		return true;
	if (!was || e->owned->image)
		return e->owned->may_be_theirs && e->current;
	if (was_kept(was, e) || never || same_value(e->owned, current(e), was->written) ||
	    is_above(e->owned, current(e), was->written))
		return false;
	return e->place.variable ? !is_anothers(b, e) : !values_untouched(b, part->change);
}

static bool only_by_hand(const struct edit *e)
{
	return e->place.kind == PLACE_MANUAL || e->place.kind == PLACE_NOWHERE ||
	       (e->place.kind == PLACE_MISSING && e->owned->missing == MISSING_MANUAL);
}

static struct edit *edit_of(struct edit_file *edits, size_t s, enum size_kind size)
{
	for (size_t i = 0; i < edits->count; i++)
		if (edits->edits[i].owned->size == size && edits->edits[i].owned->service == s)
			return &edits->edits[i];
	return NULL;
}

static bool stays(const struct edit *e)
{
	return e->keep || e->place.kind == PLACE_MANUAL || e->place.kind == PLACE_NOWHERE;
}

/* The resulting size in MiB; -1 if unknown. */
static int64_t outcome(const struct edit *e)
{
	const char *text = stays(e) ? e->current : e->owned->wanted;
	int64_t mib;

	return text && owned_mib(text, &mib) ? mib : -1;
}

/* What depends on an unreadable limit stays as it is. */
static bool depends_on_unknown(struct edit_file *edits, const struct edit *e)
{
	const struct edit *limit = edit_of(edits, e->owned->service, SIZE_LIMIT);

	return e->owned->size != SIZE_NONE && limit && limit != e && stays(limit) && outcome(limit) < 0;
}

/*
 * The first apply after 0.1.0 records what a later file of somebody else's stack sets: from then on a change of it
 * counts as an edit.
 */
static bool is_taken_over(const struct building *b, const struct edit *e)
{
	return b->held[e->owned - b->set->owned] && !b->set->layout.own;
}

/*
 * Does a person's override hold the value? Not where an apply wrote into that file what is there: asked to, it took the
 * value over.
 */
static bool is_held(const struct building *b, const struct file_change *f, const struct state_value *was,
		    const struct edit *e)
{
	const bool ours = b->set->layout.own && was && !was->kept && was->written[0] &&
			  building_remembers(b, f->path) && same_value(e->owned, current(e), was->written);

	return b->held[e->owned - b->set->owned] && !ours;
}

/* Was another image asked for in this run? An edit that was kept earlier does not hold against that. */
static bool is_asked_image(const struct edit *e)
{
	return e->owned->image && !e->owned->may_be_theirs;
}

/* Decides whether to write or keep a value, or to report a conflict. */
static void decide(const struct building *b, const struct yaml_part *part, struct edit_file *edits, struct edit *e,
		   struct value_change *v)
{
	const struct state_value *was = state_find(&b->set->state, e->owned->key);
	enum edit_policy policy = values_policy(b, e->owned->key);

	if (edit_is_wanted(e) || only_by_hand(e) || depends_on_unknown(edits, e))
		return;
	if (is_held(b, part->change, was, e) && policy != EDITS_OVERWRITE) {
		e->keep = true;
		v->edited = is_taken_over(b, e);
	} else if (was_kept(was, e) && policy != EDITS_OVERWRITE && !is_asked_image(e)) {
		e->keep = true;
	} else if (is_edited(b, part, was, e)) {
		v->conflict = policy == EDITS_ASK;
		v->edited = true;
		e->keep = policy != EDITS_OVERWRITE;
	}
	if (e->keep)
		b->set->kept[e->owned - b->set->owned] = current(e);
	e->by_hand = e->keep && !v->conflict;
}

static void want(const struct building *b, const struct yaml_doc *doc, struct edit *e, int64_t mib, const char *why)
{
	struct owned_value *v = &b->set->owned[e->owned - b->set->owned];
	bool whole = e->place.expected && STR_EQ(e->place.expected, v->wanted);

	owned_set_mib(b->a, v, mib, why);
	if (whole)
		e->place.expected = v->wanted;
	else if (e->place.expected && e->place.kind == PLACE_HERE)
		e->place = place_find(b->a, doc, v);
}

static struct size_fate fate_of(const struct edit *e)
{
	int64_t now;

	if (!e)
		return (struct size_fate){.known = false};
	return (struct size_fate){.known = true,
				  .nowhere = e->place.kind == PLACE_MISSING,
				  .stays = stays(e),
				  .now = e->current && owned_mib(e->current, &now) ? now : -1,
				  .mib = e->owned->mib};
}

static void take_fate(const struct building *b, const struct yaml_doc *doc, struct edit *e,
		      const struct size_fate *fate)
{
	if (fate->reason == SIZE_BY_HAND)
		place_make_manual(&e->place, _("mem_limit must say the same, and cannot be changed"));
	else if (fate->reason == SIZE_LEFT)
		e->keep = true;
	else if (fate->reason != SIZE_AS_PLANNED)
		want(b, doc, e, fate->mib, owned_reason(fate->reason));
}

/* Adjusts the sizes of one service to one another; sizes_follow has the rules. */
static void follow(struct planning *p, size_t s)
{
	struct size_fate fates[SIZE_KINDS] = {{.known = false}};
	const struct edit *limit = edit_of(&p->edits, s, SIZE_LIMIT);
	int64_t now = limit ? limit->owned->mib : -1;

	for (int k = SIZE_LIMIT; k < SIZE_KINDS; k++)
		fates[k] = fate_of(edit_of(&p->edits, s, (enum size_kind)k));
	sizes_follow(fates);
	if (limit && fates[SIZE_LIMIT].known)
		now = fates[SIZE_LIMIT].mib;
	for (size_t i = 0; i < p->edits.count; i++) {
		struct edit *e = &p->edits.edits[i];

		if (e->owned->service != s)
			continue;
		if (e->owned->size != SIZE_NONE)
			take_fate(p->b, p->of[i]->doc, e, &fates[e->owned->size]);
		else if (e->owned->percent > 0 && now < 0)
			e->keep = true;
		else if (e->owned->percent > 0 && !stays(e) && e->owned->mib != now)
			want(p->b, p->of[i]->doc, e, now, e->owned->comment);
	}
}

/* Changes the variable's line in its env file; the YAML stays as it is. */
static int change_variable(struct building *b, const struct edit *e, const struct value_change *v)
{
	struct env_file *env = env_files_get(b, e->place.env_file);
	struct file_change *f = &env->change;

	building_show_value(b, f, v);
	return e->keep ? 0 : env_files_set(b, env, e->place.variable, e->owned->wanted);
}

static bool is_news(const struct building *b, const struct edit *e)
{
	if (e->keep)
		return b->set->kept[e->owned - b->set->owned] &&
		       (!b->held[e->owned - b->set->owned] || is_taken_over(b, e)) &&
		       !was_kept(state_find(&b->set->state, e->owned->key), e);
	return !edit_is_wanted(e);
}

/*
 * An optional service that a person took out: that it was there once stays known, or the next apply would put it in
 * again. The one value stands for all of it, as state_has_service reads it.
 */
static bool is_taken_out(const struct building *b, const struct edit *e)
{
	return e->place.kind == PLACE_NOWHERE && b->set->layout.own && e->owned->size == SIZE_MEMSWAP &&
	       b->req->plan->set->items[e->owned->service].optional_from > 0;
}

/* vpsfit's value as it will read afterwards; NULL if it is a person's doing, or nothing. */
static const char *left_there(const struct building *b, const struct edit *e)
{
	const struct state_value *was = state_find(&b->set->state, e->owned->key);
	bool known = was && was->written[0];

	if (e->keep)
		return known && (b->set->kept[e->owned - b->set->owned] || STR_EQ(current(e), was->written))
			       ? was->written
			       : NULL;
	if (only_by_hand(e))
		return known && is_taken_out(b, e) ? was->written : NULL;
	if (e->current && edit_is_wanted(e))
		return e->current;
	return edit_is_wanted(e) ? NULL : e->owned->wanted;
}

static const char *shown_as(struct arena *a, enum discreet_shape shape, const char *value)
{
	return !value[0] || discreet_is_harmless(a, shape, value) ? value : _("(hidden)");
}

const char *values_shown(struct arena *a, const char *value)
{
	return shown_as(a, SHAPE_NUMBER, value);
}

static int note_value(struct building *b, const struct edit *e, bool fresh, struct value_change *v,
		      struct file_change *f)
{
	b->set->written[e->owned - b->set->owned] = left_there(b, e);
	b->set->conflicts += v->conflict;
	b->set->decided += v->edited && !v->conflict && v->kept;
	if (only_by_hand(e) || (!fresh && !is_news(b, e)))
		return 0;
	v->label = e->owned->label;
	v->key = e->owned->key;
	v->from = fresh ? NULL : shown_as(b->a, e->owned->image ? SHAPE_IMAGE : SHAPE_NUMBER, current(e));
	v->to = e->owned->wanted;
	if (e->place.kind == PLACE_VARIABLE)
		return change_variable(b, e, v);
	building_show_value(b, f, v);
	return 0;
}

/* A service that a person removed or renamed is not created again. */
static void tell_of_gone(const struct building *b, const struct file_change *f, const struct edit *e)
{
	if (e->place.kind == PLACE_NOWHERE && e->owned->size == SIZE_LIMIT)
		diag_note(b->diags, "service-gone", SEV_INFO, f->path,
			  _("there is no service '%s' any more; nothing is written for it"),
			  b->set->layout.services[e->owned->service]);
}

static void find_all(struct planning *p)
{
	struct building *b = p->b;

	p->edits.count = 0;
	for (size_t k = 0; k < p->count; k++) {
		struct edit_file one;

		edit_find(b->a, p->parts[k].doc, p->parts[k].change->name, b->set->owned, b->set->owned_count, &one);
		for (size_t i = 0; i < one.count; i++) {
			p->of[p->edits.count] = &p->parts[k];
			p->edits.edits[p->edits.count++] = one.edits[i];
		}
	}
}

/* Uses the effective value from elsewhere if it cannot be changed. */
static void take_fixed(const struct building *b, struct edit *e)
{
	size_t i = (size_t)(e->owned - b->set->owned);

	if (b->fixed_why[i]) {
		const struct yaml_doc *doc = by_hand_doc(b, e->owned);

		if (doc)
			e->place = place_find(b->a, doc, e->owned);
		place_make_manual(&e->place, b->fixed_why[i]);
	}
	if (b->fixed_why[i] || (b->fixed[i] && !e->current && e->place.kind == PLACE_MANUAL))
		e->current = b->fixed[i];
	/* An env file that cannot be edited: an entry of the environment overrides it. */
	if (e->owned->place == OWNED_WORKERS && !e->current && e->place.kind == PLACE_MISSING && b->effective[i])
		e->current = values_readable(e->owned, b->effective[i]);
}

static int attempt(struct planning *p)
{
	struct building *b = p->b;
	int rc = 0;

	find_all(p);
	for (size_t i = 0; rc == 0 && i < p->edits.count; i++) {
		struct edit *e = &p->edits.edits[i];

		p->changes[i] = (struct value_change){.label = NULL};
		b->set->kept[e->owned - b->set->owned] = NULL;
		rc = values_look_up(b, e);
		take_fixed(b, e);
		if (p->why[i] && e->place.kind != PLACE_MANUAL)
			place_make_manual(&e->place, p->why[i]);
	}
	for (size_t i = 0; rc == 0 && i < p->edits.count; i++)
		if (!p->of[i]->fresh)
			decide(b, p->of[i], &p->edits, &p->edits.edits[i], &p->changes[i]);
	for (size_t s = 0; s < b->req->plan->set->count; s++)
		follow(p, s);
	return rc;
}

/* Renders one file from its share of the edits. */
static void render_part(struct planning *p, struct yaml_part *part)
{
	struct edit_file one = {.doc = part->doc};
	const struct yaml_doc *after;
	size_t k = 0;

	for (size_t i = 0; i < p->edits.count; i++)
		if (p->of[i] == part)
			one.edits[one.count++] = p->edits.edits[i];
	after = edit_render(p->b->a, &one);
	for (size_t i = 0; i < p->edits.count; i++)
		if (p->of[i] == part)
			p->edits.edits[i] = one.edits[k++];
	part->change->new_text = after->text;
	part->change->new_len = after->len;
	part->change->trees[0] = part->doc;
	part->change->trees[1] = after;
	building_keep_tree(p->b, after);
}

/* Renders all files. Returns true if a value turned out to be impossible to write; why[] then has the reason. */
static bool render(struct planning *p)
{
	bool manual[MAX_OWNED] = {false}, again = false;

	for (size_t i = 0; i < p->edits.count; i++)
		manual[i] = p->edits.edits[i].place.kind == PLACE_MANUAL;
	for (size_t k = 0; k < p->count; k++)
		render_part(p, &p->parts[k]);
	for (size_t i = 0; i < p->edits.count; i++) {
		if (manual[i] || p->edits.edits[i].place.kind != PLACE_MANUAL)
			continue;
		p->why[i] = p->edits.edits[i].place.why;
		again = true;
	}
	return again;
}

/* What is there now: as the file has it, else as the whole project has it. */
static bool present_number(const struct building *b, const struct edit *e, int64_t *ret)
{
	const char *const texts[] = {e->current, b->effective[e->owned - b->set->owned]};
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i] && e->owned->size != SIZE_NONE && owned_mib(texts[i], ret))
			return true;
		if (texts[i] && e->owned->size == SIZE_NONE && parse_uint(texts[i], INT64_MAX, &n)) {
			*ret = (int64_t)n;
			return true;
		}
	}
	return false;
}

/* The size that will stand there in MiB; 0: none; -1: it cannot be told. */
static int64_t final_size(const struct building *b, const struct edit *e)
{
	int64_t now;

	if (!stays(e))
		return outcome(e);
	if (present_number(b, e, &now))
		return now;
	return e->current || b->somewhere[e->owned - b->set->owned] ? -1 : 0;
}

/* Is it one that is not written, such as a swap allowance in a file for a Swarm? */
static bool is_left_out(const struct edit *e)
{
	return e->place.kind == PLACE_MISSING && e->owned->missing == MISSING_FINE && !e->current;
}

/* What follows from the limit the plan works out itself; what stays it must be told. */
static void note_size(const struct building *b, const struct edit *e)
{
	struct standing_sizes *is = &b->set->standing[e->owned->service];
	int64_t wanted = b->req->plan->services[e->owned->service].wanted.limit_mib;
	const struct standing_size mib = {true, final_size(b, e), only_by_hand(e) && !e->keep};

	if (e->owned->size == SIZE_MEMSWAP && is_left_out(e))
		is->memswap = (struct standing_size){.stays = true};
	if (mib.mib < 0 || is_left_out(e))
		return;
	if (e->owned->size == SIZE_LIMIT && (stays(e) || mib.mib != wanted))
		is->limit = mib;
	else if (e->owned->size == SIZE_RESERVATION && stays(e))
		is->reservation = mib;
	else if (e->owned->size == SIZE_MEMSWAP && stays(e))
		is->memswap = mib;
}

/*
 * What the database allows, where only a person can change it: as its command has it, else as its other files have it,
 * else the program's own default.
 */
static void note_connections(struct building *b, const struct edit *e)
{
	const struct service *database = &b->req->plan->set->items[e->owned->service];
	int64_t now = b->req->plan->connections_said;

	if (!stays(e) && e->place.kind != PLACE_MISSING)
		return;
	if (e->current || b->effective[e->owned - b->set->owned])
		(void)present_number(b, e, &now);
	for (size_t i = 0; now <= 0 && i < database->owned_count; i++)
		now = database->owned[i].value == VALUE_CONNECTIONS ? database->owned[i].usual : now;
	b->set->connections_stay = now;
}

/*
 * A worker count or a limit that stays is what the rest must be planned for. What only a person can change may become
 * the planned count at any time, so that the sizes are made for the larger one.
 */
static void note_what_stays(const struct planning *p)
{
	struct building *b = p->b;
	const struct plan *plan = b->req->plan;
	size_t s = service_by_part(plan->set, PART_WORKERS);

	for (size_t i = 0; i < p->edits.count; i++) {
		const struct edit *e = &p->edits.edits[i];
		int64_t now;

		if (p->of[i]->fresh || (e->place.kind == PLACE_NOWHERE && e->owned->place != OWNED_WORKERS))
			continue;
		if (e->owned->place == OWNED_WORKERS) {
			bool told = present_number(b, e, &now) && now > 0;

			b->set->count_by_hand = only_by_hand(e) && !e->keep;
			b->set->count_hidden = b->set->count_by_hand && !told && !b->count_told;
			/* A file without a count runs one. */
			b->set->workers_now = told ? now : b->set->count_hidden ? 0 : 1;
			if (!b->set->layout.own)
				worker_count_note_most(b, e);
		}
		if (by_hand_is_connections(b, e) && !b->set->layout.own)
			note_connections(b, e);
		if (e->owned->place == OWNED_WORKERS && stays(e) && present_number(b, e, &now) && now > 0 &&
		    now <= MOST_WORKERS && now != plan->wanted_workers && (e->keep || now > plan->wanted_workers))
			b->set->workers_stay = now;
		if (e->owned->size != SIZE_NONE)
			note_size(b, e);
		if (e->owned->size != SIZE_LIMIT || e->owned->service != s)
			continue;
		if (stays(e) ? present_number(b, e, &now) : (now = outcome(e)) > 0)
			b->set->limit_stays_mib = now > 0 && now < plan->services[s].wanted.limit_mib ? now : 0;
	}
}

/* A limit that somebody else chose, and that gets lower: they may know what it is for. */
static void tell_of_lowered(const struct planning *p, size_t i)
{
	const struct building *b = p->b;
	const struct edit *e = &p->edits.edits[i];
	const struct state_value *was = state_find(&b->set->state, e->owned->key);
	int64_t now, then = outcome(e);

	if (b->set->layout.own || e->owned->size != SIZE_LIMIT || stays(e) || !present_number(b, e, &now) ||
	    then <= 0 || then >= now || (was && was->written && e->current && STR_EQ(was->written, e->current)))
		return;
	diag_note(b->diags, "limit-lowered", SEV_WARNING, p->of[i]->change->path,
		  _("%s: lowered from %lld MiB to %lld, which is what vpsfit's stack needs"), e->owned->label,
		  (long long)now, (long long)then)
		->hint =
		_("a service that needs more is killed at that limit: put the old one back, and --keep-edits keeps it");
}

/* Records the outcome of each value. */
static int note_values(struct planning *p)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->edits.count; i++) {
		struct edit *e = &p->edits.edits[i];
		struct file_change *f = p->of[i]->change;

		p->changes[i].kept = e->keep;
		rc = note_value(p->b, e, p->of[i]->fresh, &p->changes[i], f);
		tell_of_gone(p->b, f, e);
		tell_of_lowered(p, i);
		if (only_by_hand(e))
			by_hand_add(p->b, p->of[i]->doc, f, e);
	}
	return rc;
}

/*
 * Plans the values of YAML files that depend on one another, and renders the files. If a value turns out to be
 * impossible to write, plans again without it. Returns 0, or a negative errno with errors in diags.
 */
int values_plan(struct building *b, struct yaml_part *parts, size_t count)
{
	struct planning *p = arena_alloc(b->a, sizeof(*p));
	struct owned_value planned[MAX_OWNED];
	int rc;

	*p = (struct planning){.b = b, .parts = parts, .count = count};
	memcpy(planned, b->set->owned, sizeof(planned));
	do {
		memcpy(b->set->owned, planned, sizeof(planned));
		rc = attempt(p);
	} while (rc == 0 && render(p));
	if (rc == 0)
		note_what_stays(p);
	return rc < 0 ? rc : note_values(p);
}
