/* SPDX-License-Identifier: MIT */
/*
 * --limits off: takes limits, reservations and swap allowances out of the compose files where vpsfit wrote them, and
 * remembers that they are not there, so that --limits on brings them back. What a person wrote stays.
 */
#include <string.h>

#include "changes/building.h"
#include "compose/edit.h"
#include "compose/env.h"
#include "compose/take.h"
#include "core/i18n.h"
#include "core/strbuf.h"

/* One size in one file. */
struct spot {
	size_t size; /* index in building.sizes */
	size_t part;
	const char *text;  /* as it reads; NULL: it cannot be told */
	const char *stuck; /* why only a person can take it out; NULL: it can be taken out */
	bool ours;
	bool goes;
};

struct taking {
	struct building *b;
	const struct yaml_doc *docs[PROJECT_MAX_FILES];
	struct spot spots[2 * MAX_OWNED];
	size_t count;
};

static bool same_size(const struct owned_value *v, const char *x, const char *y)
{
	struct owned_value wanted = *v;

	wanted.wanted = y;
	return owned_same(&wanted, x);
}

/* Does the comment behind it say that vpsfit wrote it? */
static bool is_marked(const struct yaml_doc *doc, const struct owned_value *v, const struct place *p)
{
	const struct edit_file file = {.doc = doc};
	const struct edit e = {.owned = v, .place = *p};

	return edit_is_marked(&file, &e) && !edit_is_marked_as_edit(&file, &e);
}

/* Did vpsfit write it, here and now or at an earlier apply? An edit that was kept is a person's. */
static bool is_ours(const struct building *b, const struct yaml_part *part, const struct owned_value *v,
		    const struct place *p)
{
	const struct state_value *was = state_find(&b->set->state, v->key);

	if (part->fresh || b->brought[v->service])
		return true;
	if (b->set->taken_up)
		return is_marked(part->doc, v, p);
	return was && was->written[0] && same_size(v, p->current, was->written) &&
	       !(was->kept && STR_EQ(was->kept, p->current));
}

/* What a variable stands for: its value in the env file goes before the default that the place has. */
static const char *value_of(struct building *b, const struct place *p)
{
	const struct env_file *env = p->env_file ? env_files_get(b, p->env_file) : NULL;
	const char *value = env ? env_get(b->a, env->change.new_text, p->variable) : NULL;

	return value && value[0] ? value : p->current;
}

static void find_in(struct taking *t, size_t size, size_t part)
{
	const struct owned_value *v = &t->b->sizes[size];
	struct place p = place_find(t->b->a, t->docs[part], v);
	struct spot *s = &t->spots[t->count];

	if (p.kind == PLACE_MISSING || p.kind == PLACE_NOWHERE || t->count == ARRAY_SIZE(t->spots))
		return;
	/* Where the value comes from another file, the place there is looked at. */
	if (p.kind == PLACE_MANUAL && !p.current)
		return;
	if (p.kind == PLACE_VARIABLE)
		p.current = value_of(t->b, &p);
	*s = (struct spot){.size = size, .part = part, .text = p.current};
	s->ours = p.current && is_ours(t->b, &t->b->parts[part], v, &p);
	s->stuck = p.kind == PLACE_MANUAL ? p.why : p.kind == PLACE_VARIABLE ? _("it is a variable's") : NULL;
	s->goes = s->ours && !s->stuck;
	t->count++;
}

/* The engine refuses a swap allowance without a limit: where the one stays, the other does. */
static void keep_together(struct taking *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct owned_value *stays = &t->b->sizes[t->spots[i].size];

		if (t->spots[i].goes || stays->size != SIZE_MEMSWAP)
			continue;
		for (size_t k = 0; k < t->count; k++) {
			const struct owned_value *v = &t->b->sizes[t->spots[k].size];

			if (v->service == stays->service && (v->size == SIZE_LIMIT || v->size == SIZE_LIMIT_AGAIN))
				t->spots[k].goes = false;
		}
	}
}

static void take(struct taking *t, struct spot *s)
{
	const struct yaml_doc *after = take_value(t->b->a, t->docs[s->part], t->b->sizes[s->size].path);

	if (after)
		t->docs[s->part] = after;
	else
		s->stuck = _("it cannot be taken out without changing something else");
	s->goes = after != NULL;
}

/* The keys above, and that the last one is not to be there. */
static const char *lines_without(const struct building *b, const char *path)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;
	int indent = 0;

	for (size_t n; *path; path += n + (path[n] == '/'), indent += 2) {
		n = strcspn(path, "/");
		strbuf_printf(&out, path[n] ? "%*s%.*s:\n" : "%*s# no %.*s", indent, "", (int)n, path);
	}
	text = arena_strdup(b->a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* Tells of what stays, and why. */
static void tell_of(const struct taking *t, const struct spot *s)
{
	const struct building *b = t->b;
	const struct owned_value *v = &b->sizes[s->size];
	const char *path = b->parts[s->part].change->path;

	if (s->goes)
		return;
	if (s->ours && s->stuck && b->set->manual_count < MAX_OWNED)
		b->set->manual[b->set->manual_count++] =
			(struct manual_change){path, v->label, s->stuck, lines_without(b, v->path), false, false};
	else
		diag_note(b->diags, "limits-stay", SEV_INFO, path,
			  _("%s stays: vpsfit did not write it, or it goes with what stays"), v->label);
}

/* Shows it as a change of its file, and has the state remember that it is vpsfit's not to be there. */
static void record(const struct taking *t, const struct spot *s)
{
	struct file_change *f = t->b->parts[s->part].change;
	const struct owned_value *v = &t->b->sizes[s->size];

	if (s->goes && !t->b->parts[s->part].fresh)
		building_show_value(t->b, f,
				    &(struct value_change){.label = v->label,
							   .key = v->key,
							   .from = values_shown(t->b->a, s->text),
							   .to = _("none")});
}

/* A limit of the workers that stays bounds their count, as it does where limits are written. */
static void bound(const struct taking *t, const struct spot *s)
{
	const struct building *b = t->b;
	const struct owned_value *v = &b->sizes[s->size];
	size_t w = service_by_part(b->req->plan->set, PART_WORKERS);
	int64_t mib;

	if (s->goes || v->service != w || (v->size != SIZE_LIMIT && v->size != SIZE_LIMIT_AGAIN) || !s->text ||
	    !owned_mib(s->text, &mib) || mib <= 0 || mib >= b->req->plan->services[w].wanted.limit_mib)
		return;
	b->set->limit_stays_mib = mib;
}

/* In somebody else's file a person's limit may have stood where vpsfit's is now: that one does not come back. */
static void tell_of_going(const struct taking *t)
{
	const struct building *b = t->b;
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->spots[i].goes && !b->parts[t->spots[i].part].fresh;
	if (n > 0 && !b->set->layout.own)
		diag_note(b->diags, "limits-go", SEV_INFO, b->compose->name,
			  Q_("%zu size that vpsfit wrote is taken out: --limits on will write a planned one, below "
			     "'deploy', and not what stood there before vpsfit",
			     "%zu sizes that vpsfit wrote are taken out: --limits on will write planned ones, below "
			     "'deploy', and not what stood there before vpsfit",
			     n),
			  n)
			->hint = _("'vpsfit rollback' brings back what stood there, as long as that apply is kept");
}

static bool anything_goes(const struct taking *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->spots[i].goes)
			return true;
	return false;
}

static void nothing_goes(struct taking *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->spots[i].goes)
			t->spots[i].stuck = _("it cannot be taken out without changing something else");
		t->spots[i].goes = false;
	}
}

/* Puts the new documents in place of those that are there, or leaves all as it is. */
static int settle(struct taking *t)
{
	int rc;

	if (!anything_goes(t))
		return 0;
	rc = compose_set_replace_parts(t->b, t->docs, t->b->sizes, t->b->size_count);
	if (rc > 0)
		nothing_goes(t);
	return rc < 0 ? rc : 0;
}

/*
 * Does nothing unless the plan wants no limits. Before the owned values are listed: sizes are not among them then.
 * Returns 0, or a negative errno with an error in diags.
 */
int limits_settle(struct building *b)
{
	struct taking *t = arena_alloc(b->a, sizeof(*t));
	int rc;

	if (!b->req->plan->limits_off)
		return 0;
	b->set->layout.unlimited = true;
	b->size_count = owned_sizes(b->a, b->req->plan, &b->set->layout, b->sizes);
	*t = (struct taking){.b = b};
	for (size_t k = 0; k < b->part_count; k++)
		t->docs[k] = b->parts[k].doc;
	for (size_t i = 0; i < b->size_count; i++)
		for (size_t k = 0; k < b->part_count; k++)
			find_in(t, i, k);
	keep_together(t);
	for (size_t i = 0; i < t->count; i++)
		if (t->spots[i].goes)
			take(t, &t->spots[i]);
	rc = settle(t);
	if (rc == 0)
		tell_of_going(t);
	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		tell_of(t, &t->spots[i]);
		record(t, &t->spots[i]);
		bound(t, &t->spots[i]);
		if (!t->spots[i].goes)
			b->size_stays[t->spots[i].size] = t->spots[i].text ? t->spots[i].text : "";
	}
	return rc;
}

/*
 * For the state: "" for what is not there. An edit of what vpsfit wrote is kept, also when limits are back; of what it
 * never wrote nothing is known. Never full: they are counted as values.
 */
void limits_record(const struct building *b)
{
	struct changeset *set = b->set;

	for (size_t k = 0; k < b->size_count && set->owned_count < MAX_OWNED; k++) {
		const struct state_value *was = state_find(&set->state, b->sizes[k].key);
		const char *stays = b->size_stays[k];
		bool edited = stays && stays[0] && was && !same_size(&b->sizes[k], stays, was->written);
		size_t i = set->owned_count++;

		set->owned[i] = b->sizes[k];
		set->owned[i].place = OWNED_WHOLE;
		set->owned[i].path = set->owned[i].comment = set->owned[i].wanted = "";
		set->owned[i].missing = MISSING_FINE;
		set->kept[i] = edited ? stays : NULL;
		set->written[i] = !stays ? "" : was && was->written[0] ? was->written : NULL;
	}
}
