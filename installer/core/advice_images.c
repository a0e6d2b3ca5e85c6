/* SPDX-License-Identifier: MIT */
/*
 * The plan's warnings about images, and about the cost model that goes with them. Each returns NULL if it does not
 * apply.
 */
#include <string.h>

#include "core/i18n.h"
#include "core/planner.h"

const char *advice_image_never_use(const struct planning *in, const struct plan *p)
{
	const char *all = NULL;

	for (size_t s = 0; in->stack && in->stack->known && s < p->set->count; s++) {
		const struct service *one = &p->set->items[s];
		const struct image_row *now = image_find(in->images, one->name, NULL);
		const struct image_never *never =
			stack_image_never(in->arena, in->images, one->name, in->stack->of[s].text);
		struct image_version v;

		if (!never || !now)
			continue;
		all = arena_printf(
			in->arena,
			image_version(never->tag, &v)
				? _("%s%s%s must not run: %s; take %s, and change every key and password that it was given")
				: _("%s%s%s must not run: %s; name a version, such as %s, and look which one ran"),
			all ? all : "", all ? "; " : "", in->stack->of[s].text, _(never->why), now->tag);
	}
	return all;
}

/* "v1.89.0 (today v1.110.2: what is wrong with it)" */
static const char *age_of(const struct planning *in, const struct stack_image *is)
{
	const char *from = is->row->older_than ? is->row->older_than : is->row->tag;

	if (!is->row->older || image_age(is->tag, from) != IMAGE_OLDER)
		return arena_printf(in->arena, _("%s (today %s)"), is->tag, is->row->tag);
	return arena_printf(in->arena, _("%s (today %s: %s)"), is->tag, is->row->tag, _(is->row->older));
}

/* In vpsfit's own stack alone: what somebody else pinned is theirs to move. */
const char *advice_image_old(const struct planning *in, const struct plan *p)
{
	const char *all = NULL;

	for (size_t s = 0; in->stack && in->stack->known && in->stack->own && s < p->set->count; s++) {
		const struct stack_image *is = &in->stack->of[s];

		if (is->standing == IMAGE_BEHIND || is->standing == IMAGE_BEHIND_BASE)
			all = arena_printf(in->arena, "%s%s%s %s", all ? all : "", all ? ", " : "",
					   p->set->items[s].name, age_of(in, is));
	}
	if (!all)
		return NULL;
	return arena_printf(
		in->arena,
		_("the stack runs older images: %s. Before it gets newer ones, back up the database (pg_dump) and "
		  "the volume of Open WebUI: they migrate their data, and there is no way back. Then "
		  "'vpsfit apply --images new'"),
		all);
}

/* Before it is written, not after. */
const char *advice_images_move(const struct planning *in, const struct plan *p)
{
	const char *all = NULL;

	for (size_t s = 0; in->stack && in->stack->moved && s < p->set->count; s++)
		if (in->stack->of[s].text != in->stack->was[s].text)
			all = arena_printf(in->arena, _("%s%s%s (%s to %s)"), all ? all : "", all ? ", " : "",
					   p->set->items[s].name, in->stack->was[s].tag, in->stack->of[s].tag);
	if (!all)
		return NULL;
	return arena_printf(
		in->arena,
		_("newer images: %s. Back up the database (pg_dump) and the volume of Open WebUI before you start "
		  "them: they migrate their data, and a rollback takes the tags back and not the data"),
		all);
}

/* What --images new does not touch. */
const char *advice_image_left(const struct planning *in, const struct plan *p)
{
	const char *all = NULL;

	if (!answer_said(in->answers, ANSWER_IMAGES) || !in->stack || !in->stack->known)
		return NULL;
	for (size_t s = 0; s < p->set->count; s++) {
		const struct stack_image *is = &in->stack->of[s];

		if (is->text && (is->standing == IMAGE_UNKNOWN || is->standing == IMAGE_AHEAD))
			all = arena_printf(in->arena, "%s%s%s", all ? all : "", all ? ", " : "", p->set->items[s].name);
	}
	if (!all)
		return NULL;
	return arena_printf(
		in->arena,
		_("images left as they are, because they are newer, pinned by a digest, or not known to vpsfit: %s"),
		all);
}

/* What goes with another C library: text may sort in another order than that of the indexes. */
const char *advice_image_collation(const struct planning *in, const struct plan *p)
{
	size_t s = service_by_part(p->set, PART_DATABASE);
	const struct stack_image *is = in->stack && in->stack->known && s != NO_SERVICE ? &in->stack->of[s] : NULL;

	if (!is || !answer_said(in->answers, ANSWER_IMAGES))
		return NULL;
	if (is->standing == IMAGE_BEHIND_MAJOR)
		return arena_printf(
			in->arena,
			_("%s stays at %s: %s is of another major version, which cannot read its files; move the data "
			  "with pg_dump and pg_restore"),
			p->set->items[s].name, is->tag, is->row->tag);
	if (is->standing != IMAGE_BEHIND_BASE)
		return NULL;
	return arena_printf(
		in->arena,
		_("%s stays at %s: %s is built on another system, or on one that the tag does not tell, and may sort "
		  "text differently (a collation mismatch), so that indexes are wrong. If you move it by hand, run "
		  "REINDEX DATABASE and ALTER DATABASE ... REFRESH COLLATION VERSION afterwards"),
		p->set->items[s].name, is->tag, is->row->tag);
}

/* "litellm 1.89, open-webui 0.11": what a model was measured with. */
static const char *lines_of(const struct planning *in, const struct cost_model *m)
{
	const char *all = "";

	for (size_t s = 0; s < in->services->count; s++)
		if (m->images[s])
			all = arena_printf(in->arena, "%s%s%s %s", all, all[0] ? ", " : "", in->services->items[s].name,
					   m->images[s]);
	return all;
}

static bool model_was_asked_for(const struct planning *in)
{
	return answer_text(in->answers, ANSWER_COST_MODEL) != NULL;
}

/* Is the model the one for what the stack runs? */
static bool is_of_images(const struct planning *in)
{
	const struct cost_model *m = model_of_images(in->models, in->services, in->stack);

	return m && STR_EQ(m->name, in->model->name);
}

const char *advice_model_other(const struct planning *in, const struct plan *p)
{
	size_t s = model_other_image(in->model, in->stack);

	(void)p;
	if (s == NO_SERVICE)
		return NULL;
	return arena_printf(
		in->arena,
		_("the cost model %s was measured with %s, and the stack runs %s %s: its figures may be off by 30 %%"),
		in->model->name, lines_of(in, in->model), in->services->items[s].name, in->stack->of[s].tag);
}

const char *advice_model_by_image(const struct planning *in, const struct plan *p)
{
	(void)p;
	if (model_was_asked_for(in) || STR_EQ(in->model->name, DEFAULT_MODEL) || !is_of_images(in))
		return NULL;
	return arena_printf(in->arena,
			    _("the stack runs %s: it is planned with the cost model %s, which was measured with these"),
			    lines_of(in, in->model), in->model->name);
}

/* An upgrade of the package moves no limit, and is told of. */
const char *advice_model_kept(const struct planning *in, const struct plan *p)
{
	const struct cost_model *today = model_choose(in->models, in->services, in->stack, NULL);

	(void)p;
	if (model_was_asked_for(in) || !in->stack || !in->stack->known || !today ||
	    STR_EQ(today->name, in->model->name))
		return NULL;
	return arena_printf(
		in->arena,
		_("the stack was applied with the cost model %s, which is still used; today it would be %s: --cost-model "
		  "auto switches to that one and shows what changes"),
		in->model->name, today->name);
}
