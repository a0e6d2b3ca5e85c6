/* What a change set does to the owned values of a YAML file: written, kept, asked about, or left to a person. */
#include <errno.h>
#include <string.h>

#include "apply/building.h"
#include "core/i18n.h"
#include "stack/env.h"

/* What is to become of a value that was edited by hand. */
static enum edit_policy policy_for(const struct building *b, const char *key)
{
	for (size_t i = 0; i < b->req->decision_count; i++)
		if (STR_EQ(b->req->decisions[i].key, key))
			return b->req->decisions[i].keep ? EDITS_KEEP : EDITS_OVERWRITE;
	return answer_edits(b->req->answers);
}

/* What stands there; a value that was taken out by hand reads as nothing. */
static const char *current(const struct edit *e)
{
	return e->current ? e->current : "";
}

/* Was it kept by an earlier apply, and is it still what stood there then? */
static bool was_kept(const struct state_value *was, const struct edit *e)
{
	return was && was->kept && STR_EQ(current(e), was->kept);
}

/* Edited by hand is what is neither what was written last nor what is wanted now. */
static bool is_edited(const struct state_value *was, const struct edit *e)
{
	return was && !STR_EQ(current(e), was->written) && !was_kept(was, e);
}

static bool is_wanted(const struct edit *e)
{
	return e->current ? owned_same(e->owned, e->current) : e->owned->missing != MISSING_INSERT;
}

static bool only_by_hand(const struct edit *e)
{
	return e->place.kind == PLACE_MANUAL || (e->place.kind == PLACE_MISSING && e->owned->missing == MISSING_MANUAL);
}

/* A value is written, or kept, or in conflict. */
static void decide(const struct building *b, struct edit *e, struct value_change *v)
{
	const struct state_value *was = state_find(&b->set->state, e->owned->key);
	enum edit_policy policy = policy_for(b, e->owned->key);

	if (is_wanted(e) || only_by_hand(e))
		return;
	if (was_kept(was, e) && policy != EDITS_OVERWRITE) {
		e->keep = true;
	} else if (is_edited(was, e)) {
		v->conflict = policy == EDITS_ASK;
		v->edited = true;
		e->keep = policy != EDITS_OVERWRITE;
		b->set->conflicts += v->conflict;
		b->set->decided += policy == EDITS_KEEP;
	}
	if (e->keep)
		b->set->kept[e->owned - b->set->owned] = current(e);
}

/*
 * A variable counts with what its env file says, else with its default; one that no file sets yet may be no variable at
 * all. -EIO where the env file cannot be read.
 */
static int look_up(struct building *b, struct edit *e)
{
	size_t errors = diag_errors(b->diags);
	struct env_file *env;
	const char *value;

	if (e->place.kind != PLACE_VARIABLE && !(e->place.kind == PLACE_MISSING && e->place.env_file))
		return 0;
	env = env_files_get(b, e->place.env_file);
	if (!env && diag_errors(b->diags) > errors)
		return -EIO;
	value = env ? env_get(b->a, env->change.new_text, e->place.variable) : NULL;
	if (e->place.kind == PLACE_VARIABLE && !env)
		e->place = (struct place){.kind = PLACE_MANUAL,
					  .path = e->place.path,
					  .why = _("it is set in an env file outside of the stack's directory")};
	else if (e->place.kind == PLACE_MISSING && value)
		e->place.kind = PLACE_VARIABLE;
	if (value && value[0])
		e->current = value;
	return 0;
}

static struct edit *edit_of(struct edit_file *edits, enum service s, enum owned_size size)
{
	for (size_t i = 0; i < edits->count; i++)
		if (edits->edits[i].owned->size == size && edits->edits[i].owned->service == s)
			return &edits->edits[i];
	return NULL;
}

/* What will stand there, in MiB; -1 where that is not known. */
static int64_t outcome(const struct edit *e)
{
	const char *text = e->keep || e->place.kind == PLACE_MANUAL ? e->current : e->owned->wanted;
	int64_t mib;

	return text && owned_mib(text, &mib) ? mib : -1;
}

static void want(const struct building *b, struct edit *e, int64_t mib, const char *why)
{
	struct owned_value *v = &b->set->owned[e->owned - b->set->owned];

	v->wanted = owned_size_text(b->a, mib);
	v->comment = why;
	if (e->place.expected)
		e->place.expected = v->wanted;
}

static bool stays(const struct edit *e)
{
	return e->keep || e->place.kind == PLACE_MANUAL;
}

static void repeat(const struct building *b, struct edit_file *edits, enum service s, enum owned_size again,
		   int64_t mib)
{
	struct edit *e = edit_of(edits, s, again);

	if (e && !stays(e) && mib >= 0)
		want(b, e, mib, e->owned->comment);
}

/*
 * Where one of a service's sizes stays as it is, the others follow: the engine refuses a reservation above its limit,
 * and memory with swap below it. Beside a limit that nobody can tell nothing is put.
 */
static void follow(const struct building *b, struct edit_file *edits, enum service s)
{
	struct edit *limit = edit_of(edits, s, OWNED_LIMIT), *reserved = edit_of(edits, s, OWNED_RESERVATION),
		    *memswap = edit_of(edits, s, OWNED_MEMSWAP);
	int64_t is, planned, with_swap;

	if (!limit || !reserved || !memswap || !owned_mib(limit->owned->wanted, &planned) ||
	    !owned_mib(memswap->owned->wanted, &with_swap))
		return;
	if (stays(limit) && outcome(limit) < 0) {
		reserved->keep = memswap->keep = true;
		return;
	}
	if (!stays(limit) && stays(reserved) && outcome(reserved) > planned)
		want(b, limit, outcome(reserved), "as the reservation, which is kept as it is");
	is = outcome(limit);
	if (!stays(reserved) && outcome(reserved) > is)
		want(b, reserved, is, "as the limit, which is kept as it is");
	if (!stays(memswap) && planned != is)
		want(b, memswap, is + with_swap - planned, "the limit, and the planned share of swap");
	repeat(b, edits, s, OWNED_LIMIT_AGAIN, is);
	repeat(b, edits, s, OWNED_RESERVATION_AGAIN, outcome(reserved));
}

static void add_manual(const struct building *b, const struct file_change *f, const struct edit *e)
{
	if (e->current ? owned_same(e->owned, e->current) : e->owned->missing == MISSING_FINE)
		return;
	b->set->manual[b->set->manual_count++] = (struct manual_change){
		f->path, e->owned->label, e->place.kind == PLACE_MANUAL ? e->place.why : _("it is not there"),
		edit_by_hand(b->a, e)};
}

/* A variable's line in its env file is changed; the YAML stays as it is. */
static int change_variable(struct building *b, const struct edit *e, const struct value_change *v)
{
	struct env_file *env = env_files_get(b, e->place.env_file);
	struct file_change *f = &env->change;

	if (f->value_count < MAX_OWNED)
		f->values[f->value_count++] = *v;
	return e->keep ? 0 : env_files_set(b, env, e->place.variable, e->owned->wanted);
}

static bool is_news(const struct building *b, const struct edit *e)
{
	if (e->keep)
		return b->set->kept[e->owned - b->set->owned] &&
		       !was_kept(state_find(&b->set->state, e->owned->key), e);
	return !is_wanted(e);
}

static int note_value(struct building *b, const struct edit *e, bool fresh, struct value_change *v,
		      struct file_change *f)
{
	if (only_by_hand(e) || (!fresh && !is_news(b, e)))
		return 0;
	v->label = e->owned->label;
	v->key = e->owned->key;
	v->from = fresh ? NULL : current(e);
	v->to = e->owned->wanted;
	v->kept = e->keep;
	if (e->place.kind == PLACE_VARIABLE)
		return change_variable(b, e, v);
	f->values[f->value_count++] = *v;
	return 0;
}

static int note_values(struct building *b, struct edit_file *edits, bool fresh, struct file_change *f)
{
	struct value_change changes[MAX_OWNED] = {{NULL}};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < edits->count; i++)
		rc = look_up(b, &edits->edits[i]);
	for (size_t i = 0; !fresh && i < edits->count; i++)
		decide(b, &edits->edits[i], &changes[i]);
	for (int s = 0; s < SERVICE_COUNT; s++)
		follow(b, edits, (enum service)s);
	for (size_t i = 0; rc == 0 && i < edits->count; i++)
		rc = note_value(b, &edits->edits[i], fresh, &changes[i], f);
	return rc;
}

/* Plans what becomes of one YAML file, whose tree as it is (or of the template, where fresh) is doc: f->new_text. 0, or
 * a negative errno with errors in diags. */
int values_plan(struct building *b, const struct yaml_doc *doc, bool fresh, struct file_change *f)
{
	struct edit_file edits;
	struct strbuf out = STRBUF_INIT;
	int rc;

	edit_find(b->a, doc, f->name, b->set->owned, b->set->owned_count, &edits);
	rc = note_values(b, &edits, fresh, f);
	if (rc == 0)
		rc = edit_render(b->a, &edits, b->diags, &out);
	if (rc == 0) {
		f->new_text = arena_strndup(b->a, strbuf_text(&out), out.len);
		f->new_len = out.len;
		for (size_t i = 0; i < edits.count; i++)
			if (only_by_hand(&edits.edits[i]))
				add_manual(b, f, &edits.edits[i]);
	}
	strbuf_clear(&out);
	return rc;
}
