/* SPDX-License-Identifier: MIT */
/* Profile and workers, with a gauge that follows the choice. */
#include <string.h>

#include "core/i18n.h"
#include "core/units.h"
#include "wizard/wizard.h"

enum { FIELD_PROFILE, FIELD_WORKERS };

/* Computed once per screen; independent of the choices made on it. */
struct profiles {
	const struct profile *items[MAX_PROFILES]; /* by size */
	const char *labels[MAX_PROFILES];
	const char *shorts[MAX_PROFILES];
	size_t automatic[MAX_PROFILES];		  /* workers each profile gets automatically */
	const char *const *workers[MAX_PROFILES]; /* choices 1 to N, the automatic one marked */
	size_t count;
	bool folded;			     /* some are left out */
	const struct profile *recommended;   /* NULL: none */
	const struct profile *automatic_one; /* the planner's own choice, also where it recommends none */
};

/* The plan for the profile, or the planner's own choice if NULL. */
static void what_if(struct wizard *w, const struct profile *profile, struct plan *ret)
{
	struct answers asked = w->s->answers;

	asked.of[ANSWER_PROFILE] = (struct answer){ORIGIN_WIZARD, profile ? profile->name : NULL, 0, NULL};
	asked.of[ANSWER_WORKERS] = (struct answer){ORIGIN_WIZARD, NULL, 0, NULL};
	if (session_what_if(w->s, &asked, ret) < 0)
		*ret = w->s->plan;
}

static bool before(const struct profile *a, const struct profile *b)
{
	if (a->target_ram_mib != b->target_ram_mib)
		return a->target_ram_mib < b->target_ram_mib;
	return a->workers < b->workers;
}

/* For whom: a profile without a number is for a desktop. */
static const char *people_of(struct wizard *w, const struct plan *plan)
{
	return plan->people ? wizard_text(w, _("%s people,"), plan->people) : _("a desktop,");
}

static const char *label_of(struct wizard *w, const struct plan *plan, bool recommended)
{
	char need[UNITS_TEXT];

	return wizard_text(
		w, Q_("%-11s %-12s %lld worker,  needs %s%s", "%-11s %-12s %lld workers, needs %s%s", plan->workers),
		plan->profile->name, people_of(w, plan), (long long)plan->workers, format_gb(plan_idle_mib(plan), need),
		recommended ? _("  <- recommended") : "");
}

static const char *const *label_workers(struct wizard *w, size_t own)
{
	const char **choices = arena_array(&w->s->arena, MAX_WORKERS, sizeof(*choices));

	for (size_t i = 0; i < MAX_WORKERS; i++)
		choices[i] = wizard_text(w, i + 1 == own ? "%zu (auto)" : "%zu", i + 1);
	return choices;
}

static void sort_profiles(const struct profile_set *set, struct profiles *ret)
{
	for (size_t i = 0; i < set->count; i++) {
		size_t at = ret->count++;

		for (; at > 0 && before(&set->items[i], ret->items[at - 1]); at--)
			ret->items[at] = ret->items[at - 1];
		ret->items[at] = &set->items[i];
	}
}

/* Profiles that come to the same here, on few cores, are one line: the chosen or recommended one, else the smallest. */
static bool is_folded(const struct wizard *w, const struct profiles *all, const struct plan *plans, size_t i)
{
	const struct profile *one = all->items[i];

	if (one == all->recommended || one == all->automatic_one || one == w->s->plan.profile)
		return false;
	for (size_t k = 0; k < all->count; k++) {
		const struct profile *other = all->items[k];
		bool stays = k < i || other == all->recommended || other == all->automatic_one ||
			     other == w->s->plan.profile;

		if (k != i && stays && plans[k].workers == plans[i].workers &&
		    plan_idle_mib(&plans[k]) == plan_idle_mib(&plans[i]) &&
		    plan_peak_mib(&plans[k]) == plan_peak_mib(&plans[i]))
			return true;
	}
	return false;
}

static void add_profile(struct wizard *w, struct profiles *list, const struct plan *plan)
{
	const struct profile *one = plan->profile;
	bool recommended = one == list->recommended;
	size_t i = list->count++;

	list->items[i] = one;
	list->labels[i] = label_of(w, plan, recommended);
	list->shorts[i] = recommended ? wizard_text(w, _("%s (recommended)"), one->name) : one->name;
	list->automatic[i] = (size_t)plan->workers;
	list->workers[i] = label_workers(w, list->automatic[i]);
}

static const struct profiles *list_profiles(struct wizard *w)
{
	struct profiles *list = arena_alloc(&w->s->arena, sizeof(*list)), all;
	struct plan *plans = arena_array(&w->s->arena, MAX_PROFILES, sizeof(*plans)), plan;

	what_if(w, NULL, &plan);
	*list = (struct profiles){.recommended = plan.recommended ? plan.profile : NULL, .automatic_one = plan.profile};
	all = *list;
	sort_profiles(&w->s->catalog.profiles, &all);
	for (size_t i = 0; i < all.count; i++)
		what_if(w, all.items[i], &plans[i]);
	for (size_t i = 0; i < all.count; i++)
		if (!is_folded(w, &all, plans, i))
			add_profile(w, list, &plans[i]);
	list->folded = list->count < all.count;
	return list;
}

static size_t index_of(const struct profiles *list, const struct profile *profile)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] == profile)
			return i;
	return 0;
}

static void fill_workers(struct wizard *w, struct field *f)
{
	f->choices = w->profiles->workers[index_of(w->profiles, w->s->plan.profile)];
	f->choice_count = MAX_WORKERS;
	f->chosen = (size_t)w->s->plan.workers - 1;
}

static int64_t automatic_workers(const struct wizard *w)
{
	return (int64_t)w->profiles->automatic[index_of(w->profiles, w->s->plan.profile)];
}

static void describe(struct wizard *w, struct page *p)
{
	const struct plan *plan = &w->s->plan;
	struct blocks *b = &p->body;
	bool recommended = w->profiles->recommended == plan->profile && plan->workers == automatic_workers(w);

	b->count = 0;
	blocks_add(b, BLOCK_TEXT, "",
		   recommended ? wizard_text(w, _("Recommended. %s"), _(plan->profile->title))
			       : _(plan->profile->title));
	if (plan->workers != plan->profile->workers)
		blocks_add(b, BLOCK_TEXT, "",
			   wizard_text(w, Q_("%lld worker: %s", "%lld workers: %s", plan->workers),
				       (long long)plan->workers, plan->workers_why));
	wizard_gauges(w, plan, b);
	wizard_severe(w, plan, b);
	wizard_bar(w, plan, b);
	wizard_notes(w, plan, b);
	if (w->profiles->folded)
		blocks_add(b, BLOCK_TEXT, " i ", _("Profiles that come to the same on this machine are left out."));
	if (plan->next_text)
		blocks_add(b, BLOCK_TEXT, " i ", plan->next_text);
}

/* A --force confirmed for one size does not hold for another. */
static void forget_force(struct wizard *w)
{
	if (!w->forced)
		wizard_forget(w, ANSWER_FORCE);
}

/*
 * What the planner chose itself is set as "auto": a rerun after an upgrade may recommend another, and to confirm it
 * changes nothing.
 */
static void take_profile(struct wizard *w, size_t chosen)
{
	const struct profile *profile = w->profiles->items[chosen];

	(void)wizard_answer(w, ANSWER_PROFILE, profile == w->profiles->automatic_one ? "auto" : profile->name);
	wizard_forget(w, ANSWER_WORKERS);
	forget_force(w);
}

static void take_workers(struct wizard *w, size_t workers)
{
	bool own = (int64_t)workers == automatic_workers(w);

	(void)wizard_answer(w, ANSWER_WORKERS, own ? "auto" : wizard_text(w, "%zu", workers));
	forget_force(w);
}

static void changed(struct page *p, size_t field)
{
	struct wizard *w = p->context;

	if (field == FIELD_PROFILE)
		take_profile(w, p->fields[FIELD_PROFILE].chosen);
	else
		take_workers(w, p->fields[FIELD_WORKERS].chosen + 1);
	wizard_replan(w);
	fill_workers(w, &p->fields[FIELD_WORKERS]);
	describe(w, p);
}

static void fill(struct wizard *w, struct page *p)
{
	struct field *f = page_field(p, FIELD_LIST, _("Profile"));

	f->choices = w->profiles->labels;
	f->shorts = w->profiles->shorts;
	f->choice_count = w->profiles->count;
	f->chosen = index_of(w->profiles, w->s->plan.profile);
	f = page_field(p, FIELD_STEP, _("Workers (+/-)"));
	fill_workers(w, f);
}

enum step screen_profile(struct wizard *w)
{
	struct page p = flow_page(
		w, _("Profile"),
		_("A profile is a size of the gateway. More workers answer more requests at the same time, and each "
		  "takes memory. Idle is what is expected in daily use, peak is every container at its limit. The bar "
		  "in a gauge marks where memory ends and swap begins. The number marked 'auto' is as many workers as "
		  "the profile has, the cores can carry and the memory holds."));
	enum step step;

	wizard_replan(w);
	w->profiles = list_profiles(w);
	blocks_add(&p.intro, BLOCK_TEXT, "", _("Choose a size for your gateway:"));
	fill(w, &p);
	p.changed = changed;
	describe(w, &p);
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	step = flow_show(w, &p);
	/* Next confirms the highlighted profile even if the cursor was not moved. */
	if (step == STEP_NEXT && !answer_text(&w->s->answers, ANSWER_PROFILE)) {
		const struct answer workers = w->s->answers.of[ANSWER_WORKERS];

		take_profile(w, p.fields[FIELD_PROFILE].chosen);
		w->s->answers.of[ANSWER_WORKERS] = workers;
		wizard_replan(w);
	}
	return step;
}
