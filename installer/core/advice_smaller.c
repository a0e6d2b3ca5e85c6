/* SPDX-License-Identifier: MIT */
/* The plan's notes about smaller images. Each returns NULL if it does not apply. */
#include "core/i18n.h"
#include "core/planner.h"

/* What is said of a service's smaller image begins so. */
static const char *smaller_saves(const struct planning *in, const struct plan *p)
{
	const struct service *s = &p->set->items[p->smaller.service];

	return arena_printf(in->arena, _("the %s image of %s needs about %lld MiB less"), s->smaller.variant, s->name,
			    (long long)p->smaller.saves_mib);
}

static const char *smaller_lacks(const struct plan *p)
{
	return _(p->set->items[p->smaller.service].smaller.lacks);
}

const char *advice_smaller_image(const struct planning *in, const struct plan *p)
{
	if (p->smaller.service == NO_SERVICE || !p->smaller.chosen)
		return NULL;
	if (!p->smaller.by_itself)
		return arena_printf(in->arena, "%s. %s", smaller_saves(in, p), smaller_lacks(p));
	return arena_printf(
		in->arena,
		_("%s, and is chosen: with the usual one %lld MiB would be expected in %lld MiB of RAM (--%s full "
		  "takes it all the same). %s"),
		smaller_saves(in, p), (long long)p->smaller.usual_mib, (long long)p->ram_mib,
		p->set->items[p->smaller.service].name, smaller_lacks(p));
}

/* To somebody who decided for the usual image it is not offered again. */
const char *advice_smaller_offered(const struct planning *in, const struct plan *p)
{
	const struct service *s = p->smaller.service == NO_SERVICE ? NULL : &p->set->items[p->smaller.service];

	if (!s || p->smaller.chosen || p->smaller.saves_mib <= 0 || s->answer < 0 ||
	    answer_text(in->answers, (enum answer_id)s->answer) || !p->smaller.over)
		return NULL;
	return arena_printf(
		in->arena, _("%s: --%s %s takes it%s. %s"), smaller_saves(in, p), s->name, s->smaller.variant,
		p->smaller.unmeasured ? _(" (it is not chosen by itself, for the cost model has no figures of it)")
				      : "",
		smaller_lacks(p));
}

/* Somebody else's compose file names its images itself. */
const char *advice_smaller_foreign(const struct planning *in, const struct plan *p)
{
	for (size_t s = 0; answer_said(in->answers, ANSWER_COMPOSE) && s < p->set->count; s++) {
		const struct service *one = &p->set->items[s];
		const struct answer *said = one->answer < 0 ? NULL : &in->answers->of[one->answer];

		if (one->smaller.variant && said && said->text && said->origin > ORIGIN_REMEMBERED)
			return arena_printf(
				in->arena,
				_("--%s %s changes nothing here: it is for vpsfit's own stack. Write the image that you "
				  "want into the file, and the plan follows it"),
				one->name, said->text);
	}
	return NULL;
}
