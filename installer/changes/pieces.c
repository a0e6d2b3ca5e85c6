/* SPDX-License-Identifier: MIT */
/*
 * Pieces of vpsfit's own compose file that come and go as a whole, such as how the proxy is started. Pieces of one
 * name are put in together, or not at all: half of them would not run. They are settled before the values are
 * looked at.
 */
#include <string.h>

#include "changes/building.h"
#include "compose/piece.h"
#include "compose/project_proof.h"
#include "core/i18n.h"
#include "core/strbuf.h"

#define THERE "there"
#define ABSENT "absent"
#define OTHER "other"

/* The difference of the file shows all of it. */
#define MAX_SHOWN 40

/* The pieces of one name. */
struct group {
	const struct service *service;
	struct piece items[MAX_SERVICE_ITEMS];
	bool gone[MAX_SERVICE_ITEMS];
	size_t count;
	bool yields;
	struct whole *whole;
};

/* Does the merged project have the key from elsewhere: another file, or another service that this one extends? */
static bool is_elsewhere(const struct building *b, const struct group *g, const struct piece *p,
			 const struct yaml_doc *file)
{
	struct project_value v;
	const char *name = b->set->layout.services[g->service - b->req->plan->set->items];
	const char *path = p->path + strlen("services/") + strlen(name) + 1;

	return !p->entry && piece_find(b->a, p, file) == PIECE_ABSENT &&
	       project_service_value(b->a, b->project, name, path, &v);
}

/* THERE, ABSENT or OTHER; NULL where the file has no place for it, or somebody said it in another file. */
static const char *state_of(const struct building *b, const struct group *g, const struct yaml_doc *file)
{
	size_t there = 0, absent = 0, all = 0;

	for (size_t i = 0; i < g->count; i++) {
		enum piece_fate fate = piece_find(b->a, &g->items[i], file);

		if (g->gone[i])
			continue;
		if (fate == PIECE_NO_PLACE || is_elsewhere(b, g, &g->items[i], file))
			return NULL;
		there += fate == PIECE_THERE;
		absent += fate == PIECE_ABSENT;
		all++;
	}
	return there == all ? THERE : absent == all ? ABSENT : OTHER;
}

static void add_row(const struct building *b, struct group *g, const struct service_piece *p,
		    const struct yaml_doc *from)
{
	g->items[g->count] = (struct piece){
		.path = arena_printf(b->a, "services/%s/%s",
				     b->set->layout.services[g->service - b->req->plan->set->items], p->below),
		.entry = p->entry,
		.text = p->text,
		.comment = p->comment,
		.from = from,
		.from_path = arena_printf(b->a, "services/%s/%s", g->service->name, p->below)};
	g->gone[g->count++] = p->gone;
	g->yields |= p->yields != 0;
}

/* Collects the pieces of the name that the i-th one begins. False if an earlier one has begun it. */
static bool collect(struct building *b, const struct service *one, size_t i, const struct yaml_doc *from,
		    struct group *ret)
{
	const char *name = one->pieces[i].of;
	int64_t from_workers = 0;
	bool earlier = false;

	for (size_t k = 0; k < i; k++)
		if (STR_EQ(one->pieces[k].of, name))
			return false;
	*ret = (struct group){.service = one, .whole = &b->pieces[b->piece_count]};
	for (size_t k = i; k < one->piece_count; k++) {
		if (!STR_EQ(one->pieces[k].of, name))
			continue;
		add_row(b, ret, &one->pieces[k], from);
		earlier |= one->pieces[k].earlier != 0;
		if (one->pieces[k].from_workers > from_workers)
			from_workers = one->pieces[k].from_workers;
	}
	*ret->whole = (struct whole){.file = COMPOSE_FILE,
				     .key = arena_printf(b->a, "%s:services/%s (%s)", COMPOSE_FILE, one->name, name),
				     .label = arena_printf(b->a, "%s %s", one->name, name),
				     .wanted = b->req->plan->workers >= from_workers ? THERE : ABSENT,
				     .expected = earlier ? THERE : ABSENT};
	return true;
}

/* For people: the first piece that is put in. */
static const char *shown(const struct building *b, const struct group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		const char *text = g->gone[i] ? NULL : piece_text(b->a, &g->items[i]);

		if (text)
			return strlen(text) <= MAX_SHOWN ? text : arena_printf(b->a, "%.*s ...", MAX_SHOWN, text);
	}
	return g->whole->label;
}

/*
 * Does the merged project differ from *base in these pieces alone? Another service may extend this one, or share
 * its lines. If so, *base becomes the new one.
 */
static bool is_proved(struct building *b, const struct group *g, const struct yaml_doc *after,
		      const struct project **base)
{
	struct owned_value touched[MAX_SERVICE_ITEMS];
	struct project *project;

	for (size_t i = 0; i < g->count; i++)
		touched[i] = (struct owned_value){.path = g->items[i].path, .place = OWNED_SCALAR};
	if (compose_set_try(b, after, &project) < 0 || project_difference(b->a, *base, project, touched, g->count))
		return false;
	*base = project;
	return true;
}

/* Returns the file with the pieces or without them; NULL if that cannot be done without changing anything else. */
static const struct yaml_doc *changed(struct building *b, const struct group *g, const struct yaml_doc *file)
{
	bool put = STR_EQ(g->whole->wanted, THERE);

	for (size_t i = 0; file && i < g->count; i++) {
		enum piece_fate fate = piece_find(b->a, &g->items[i], file);

		if (!g->gone[i] && put && fate != PIECE_THERE)
			file = piece_put(b->a, &g->items[i], file);
		else if (!g->gone[i] && !put && fate == PIECE_THERE)
			file = piece_take(b->a, &g->items[i], file);
	}
	for (size_t i = 0; file && put && i < g->count; i++) {
		const struct yaml_doc *without = g->gone[i] ? piece_take(b->a, &g->items[i], file) : NULL;

		/* What a person changed of it is left: nothing reads it any more. */
		if (without && piece_find(b->a, &g->items[i], file) == PIECE_THERE)
			file = without;
	}
	return file;
}

/* Each piece as a person would write it, in one line. */
static const char *by_hand_lines(const struct building *b, const struct group *g)
{
	const char *without = STR_EQ(g->whole->wanted, THERE) ? "" : "without ";
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (size_t i = 0; i < g->count; i++)
		if (!g->gone[i] && g->items[i].entry)
			strbuf_printf(&out, "%s: [..., %s\"%s\"]\n", g->items[i].path, without, g->items[i].entry);
		else if (!g->gone[i])
			strbuf_printf(&out, "%s: %s\n", g->items[i].path, piece_text(b->a, &g->items[i]));
	text = arena_strdup(b->a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static void leave_to_a_person(struct building *b, const struct group *g, const struct yaml_doc *file)
{
	struct changeset *set = b->set;

	g->whole->by_hand = true;
	g->whole->change = g->whole->kept = g->whole->conflict = g->whole->edited = false;
	if (set->manual_count < MAX_OWNED)
		set->manual[set->manual_count++] = (struct manual_change){
			file->name,	     g->whole->label, _("it cannot be changed without changing something else"),
			by_hand_lines(b, g), false,	      false};
}

/* Is a list written in another way, such as a command in one string, and not as wanted? */
static bool is_out_of_reach(const struct building *b, const struct group *g, const struct yaml_doc *file)
{
	size_t s = (size_t)(g->service - b->req->plan->set->items);
	bool wanted = STR_EQ(g->whole->wanted, THERE);

	for (size_t i = 0; i < g->count; i++) {
		const char *key = strrchr(g->items[i].path, '/') + 1;

		if (!g->gone[i] && g->items[i].entry && yaml_path(file->root, g->items[i].path) &&
		    piece_find(b->a, &g->items[i], file) == PIECE_NO_PLACE &&
		    building_mentions(b, s, key, g->items[i].entry) != wanted)
			return true;
	}
	return false;
}

/* Returns the file after the group is settled, which may be the same. */
static const struct yaml_doc *settle(struct building *b, const struct group *g, const struct yaml_doc *file,
				     const struct project **base, bool fresh)
{
	struct whole *w = g->whole;
	const struct yaml_doc *after;
	bool put = STR_EQ(w->wanted, THERE);

	w->now = state_of(b, g, file);
	if (!w->now) {
		if (is_out_of_reach(b, g, file))
			leave_to_a_person(b, g, file);
		return file;
	}
	if (g->yields && STR_EQ(w->now, OTHER) && !state_find(&b->set->state, w->key))
		return file;
	b->piece_count++;
	w->fresh = fresh;
	w->from = STR_EQ(w->now, ABSENT) ? "" : STR_EQ(w->now, THERE) ? shown(b, g) : _("something else");
	w->to = put ? shown(b, g) : _("nothing");
	whole_decide(b, w);
	if (!w->change)
		return file;
	after = changed(b, g, file);
	if (after && is_proved(b, g, after, base))
		return after;
	leave_to_a_person(b, g, file);
	return file;
}

/*
 * Puts in and takes out pieces of the services as the plan wants it. *ret is the new document, or NULL if it does
 * not change. Returns 0, or a negative errno with an error in diags.
 */
int pieces_settle(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret)
{
	const struct service_set *set = b->req->plan->set;
	const struct yaml_doc *from = NULL, *at = file;
	const struct project *base = b->project;
	const bool fresh = building_is_fresh(b);
	int rc = building_template_tree(b, COMPOSE_FILE, &from);

	*ret = NULL;
	for (size_t s = 0; rc == 0 && file->root && s < set->count; s++)
		for (size_t i = 0; b->set->layout.services[s] && i < set->items[s].piece_count; i++) {
			struct group g;

			if (b->piece_count < ARRAY_SIZE(b->pieces) && collect(b, &set->items[s], i, from, &g))
				at = settle(b, &g, at, &base, fresh);
		}
	*ret = at != file ? at : NULL;
	return rc;
}

/* Adds the pieces to the owned values and to the changes of the stack's own compose file. */
void pieces_record(const struct building *b)
{
	struct file_change *f = NULL;

	for (size_t i = 0; i < b->part_count; i++)
		if (STR_EQ(b->parts[i].change->name, b->set->layout.file))
			f = b->parts[i].change;
	for (size_t i = 0; f && i < b->piece_count; i++)
		whole_record(b, &b->pieces[i], f);
}

/* Appends to *text what pieces that are gone had: lines that an earlier version put into such a file. */
void pieces_shipped(const struct building *b, const char **text)
{
	const struct service_set *set = b->req->plan->set;
	struct strbuf all = STRBUF_INIT;

	strbuf_puts(&all, *text);
	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; i < set->items[s].piece_count; i++) {
			const struct service_piece *p = &set->items[s].pieces[i];

			if (!p->gone)
				continue;
			if (p->entry)
				strbuf_printf(&all, "      - %s\n", p->entry);
			else
				strbuf_printf(&all, "      %s\n      %s: \"%s\"\n", p->comment ? p->comment : "",
					      strrchr(p->below, '/') ? strrchr(p->below, '/') + 1 : p->below, p->text);
		}
	*text = arena_strdup(b->a, strbuf_text(&all));
	strbuf_clear(&all);
}
