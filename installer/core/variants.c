/* SPDX-License-Identifier: MIT */
/*
 * Which image of each service is planned with: the usual one, or a smaller one of the same release. A stack that is
 * there keeps what it runs, and a change is only asked for; by itself one is chosen for a stack that is yet to be
 * written.
 */
#include "core/planner.h"

#include <string.h>

#include "core/units.h"

/* What the stack on disk runs of the service; NULL: not known. */
static const struct stack_image *on_disk(const struct planning *in, size_t s)
{
	const struct stack_images *stack = in->stack;

	return stack && stack->known && stack->of[s].row ? &stack->of[s] : NULL;
}

/* A rolling tag may have been pulled when its image needed more: what runs shows it. */
static bool is_another(const struct planning *in, size_t s, const char *variant)
{
	struct image_version v;
	int64_t now;

	return !image_version(on_disk(in, s)->tag, &v) && beside_measured(in, s, &now) &&
	       now > cost_line_at(&cost_variant(&in->model->services[s], variant)->limit, 1);
}

static const char *variant_on_disk(const struct planning *in, size_t s)
{
	const char *variant = on_disk(in, s) ? stack_image_variant(on_disk(in, s)) : NULL;

	return variant && !is_another(in, s, variant) ? variant : NULL;
}

/* The answer that asks for one of the service's images; NULL: none was given that counts here. */
static const struct answer *asked_for(const struct planning *in, size_t s)
{
	const struct service *one = &in->services->items[s];
	const struct answer *said = one->answer < 0 ? NULL : &in->answers->of[one->answer];

	return said && said->text && !answer_said(in->answers, ANSWER_COMPOSE) ? said : NULL;
}

/*
 * A smaller image that nobody asked for: for a stack of vpsfit's own that is yet to be written, by figures that the
 * cost model has itself. It comes before fewer workers, so that more RAM never means fewer of them.
 */
static bool is_chosen(const struct planning *in, struct plan *p, size_t s)
{
	bool new = in->stack && in->stack->fresh && !answer_said(in->answers, ANSWER_COMPOSE);

	if (!new || !budget_is_over(in, p))
		return false;
	p->smaller.unmeasured = !in->model->knows_smaller[s];
	return in->model->knows_smaller[s];
}

static const char *choose(const struct planning *in, struct plan *p, size_t s)
{
	const char *variant = in->services->items[s].smaller.variant;
	const struct answer *said = asked_for(in, s);

	if (said && (said->origin > ORIGIN_REMEMBERED || !on_disk(in, s)))
		return STR_EQ(said->text, variant) ? variant : NULL;
	if (on_disk(in, s))
		return variant_on_disk(in, s);
	p->smaller.by_itself = is_chosen(in, p, s);
	return p->smaller.by_itself ? variant : NULL;
}

static void note_smaller(const struct planning *in, struct plan *p, size_t s)
{
	const struct cost_service *costs = &in->model->services[s];
	const char *variant = in->services->items[s].smaller.variant;

	p->smaller.service = s;
	p->smaller.chosen = p->services[s].variant != NULL;
	p->smaller.saves_mib =
		cost_expected_at(costs, p->workers) - cost_expected_at(cost_variant(costs, variant), p->workers);
	p->smaller.usual_mib = budget_idle(in, p->workers) + (p->smaller.chosen ? p->smaller.saves_mib : 0);
	p->smaller.over = plan_verdict(p->smaller.usual_mib, p->ram_mib, 0) > VERDICT_TIGHT;
}

/* Fills in p->services[].variant and p->smaller. Workers are chosen by then. */
void plan_choose_variants(const struct planning *in, struct plan *p)
{
	p->smaller = (struct plan_smaller){.service = NO_SERVICE};
	for (size_t s = 0; s < in->services->count; s++)
		p->services[s].variant = variant_on_disk(in, s);
	for (size_t s = 0; s < in->services->count; s++) {
		const struct service_smaller *smaller = &in->services->items[s].smaller;
		size_t brought = smaller->brings ? service_find(in->services, smaller->brings) : NO_SERVICE;

		if (!smaller->variant || answer_said(in->answers, ANSWER_COMPOSE))
			continue;
		/* It would keep its data in a database that the stack does not have. */
		if (in->answers->database_elsewhere && brought != NO_SERVICE &&
		    in->services->items[brought].part == PART_DATABASE)
			continue;
		p->services[s].variant = NULL;
		p->services[s].variant = choose(in, p, s);
		if (p->services[s].variant && brought != NO_SERVICE)
			p->services[brought].variant = smaller->brings_variant;
		note_smaller(in, p, s);
	}
}
