/* SPDX-License-Identifier: MIT */
#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answers/remember.h"
#include "answers/table.h"
#include "apply/secrets.h"
#include "session/moved.h"
#include "session/rights.h"
#include "session/running.h"
#include "changes/gone.h"
#include "changes/stack_images.h"
#include "compose/env.h"
#include "core/docker_name.h"
#include "core/i18n.h"
#include "core/text.h"
#include "detect/detect.h"
#include "session/request.h"
#include "catalog/catalog.h"
#include "catalog/usual.h"

void session_init(struct session *s)
{
	memset(s, 0, sizeof(*s));
	diag_init(&s->diags, &s->arena);
}

void session_clear(struct session *s)
{
	if (s->root_open)
		sysroot_close(&s->root);
	diag_clear(&s->diags);
	arena_clear(&s->arena);
}

static const char *now(struct arena *a)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[32] = "";

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, text);
}

/*
 * What was chosen by itself is remembered like an answer, so that more RAM does not change it; so is an edit by
 * hand.
 */
static void keep_choice(struct session *s, struct answers *all)
{
	const struct plan_smaller *smaller = &s->plan.smaller;
	const struct service *one =
		smaller->service < s->catalog.services.count ? &s->catalog.services.items[smaller->service] : NULL;
	struct answer *said = one && one->answer >= 0 ? &all->of[one->answer] : NULL;

	if (!said || s->compose || !s->plan.profile)
		return;
	if (smaller->chosen)
		said->text = one->smaller.variant;
	else if (said->text && STR_EQ(said->text, one->smaller.variant))
		said->text = NULL;
}

/* Device names change between boots: the answer to remember names a partition by UUID if it has one. */
static struct answers lasting_answers(struct session *s)
{
	const struct swap_area *device = &s->plan.swap.device;
	struct answers all = s->answers;

	if (answer_swap(&all).mode == SWAP_MODE_DEVICE && device->uuid)
		all.of[ANSWER_SWAP].text = arena_printf(&s->arena, "UUID=%s", device->uuid);
	keep_choice(s, &all);
	return all;
}

struct apply_request session_request(struct session *s, tx_progress progress)
{
	const struct answers all = lasting_answers(s);
	struct apply_request req = {.root = &s->root,
				    .services = &s->catalog.services,
				    .time = now(&s->arena),
				    .progress = progress,
				    .context = s};

	s->remembered_count =
		answers_remember(&all, &s->arena, req.time, s->state.answers, s->state.answer_count, s->remembered);
	req.answers = s->remembered;
	req.answer_count = s->remembered_count;
	return req;
}

/* Finishes an interrupted apply before anything is compared. Returns 0, or a negative errno with errors in diags. */
int session_recover(struct session *s)
{
	const struct apply_request req = session_request(s, NULL);
	int rc = session_open(s);

	if (rc == 0)
		rc = apply_recover(&s->arena, s->store, &req, &s->diags);
	if (rc > 0)
		diag_note(&s->diags, "cut-off", SEV_INFO, s->store_path,
			  _("an apply that was cut off is finished now"));
	return rc < 0 ? rc : 0;
}

/* Answers of the last apply hold until changed: a rerun does not fall back to the recommended profile. */
static void recall(struct session *s)
{
	answers_recall(&s->answers, &s->arena, s->state.answers, s->state.answer_count);
}

/*
 * Compose's name for the stack, to tell its containers: COMPOSE_PROJECT_NAME of the caller and of .env, else the
 * directory's. NULL where the file has a name of its own: then only the directory tells them.
 */
static const char *project_of(struct session *s)
{
	const char *said = sysroot_is_live(&s->root) ? getenv("COMPOSE_PROJECT_NAME") : NULL;

	return said && said[0] ? docker_project_name(&s->arena, said)
			       : gone_project(&s->arena, &s->root, s->dir, s->compose);
}

static void detect(struct session *s)
{
	const struct detect_request req = {.stack_dir = s->dir,
					   .project = project_of(s),
					   .swap_file = answer_swap_file(&s->answers),
					   .services = &s->catalog.services,
					   .made = s->state.swaps,
					   .made_count = s->state.swap_count};

	detect_machine(&s->root, &s->arena, &req, &s->machine);
	machine_what_if(&s->machine, &s->arena, &s->answers);
	if (s->no_swap && s->machine.swap.possible) {
		s->machine.swap.possible = false;
		s->machine.swap.impossible = s->no_swap;
	}
}

/* Detects the machine. Returns 0, or a negative errno with an error if there is none to look at. */
int session_detect(struct session *s)
{
	int rc = session_open_paths(s);

	if (rc == 0)
		detect(s);
	return rc;
}

/* Was an apply to this stack interrupted? The session must be open. */
bool session_cut_off(struct session *s)
{
	return s->store && transaction_pending(&s->arena, s->store);
}

static struct changeset_request compare_request(struct session *s)
{
	return (struct changeset_request){.root = &s->root,
					  .data_dir = s->data_dir,
					  .dir = s->dir,
					  .compose = s->compose,
					  .state_dir = s->state_dir,
					  .state = &s->state,
					  .cut_off = session_cut_off(s),
					  .moved_from = s->moved_from,
					  .decisions = s->decisions,
					  .decision_count = s->decision_count,
					  .plan = &s->plan,
					  .answers = &s->answers,
					  .secrets = &secrets_kept,
					  .trees = &s->trees};
}

/* What the catalogue says of services that play no part; only their files are read. */
static void look_up_usual(struct session *s)
{
	struct stack_service *all = arena_array(&s->arena, s->stack.service_count + 1, sizeof(*all));

	for (size_t i = 0; i < s->stack.service_count; i++) {
		all[i] = s->stack.services[i];
		if (all[i].part == NO_SERVICE && all[i].like == NO_SERVICE && all[i].image)
			all[i].usual =
				catalog_usual(&s->arena, s->data_dir, &s->root, &s->diags, &s->catalog, all[i].image);
	}
	s->stack.services = all;
}

/* Reads what the stack on disk runs. A model that nobody asked for is chosen by it. */
static int find_images(struct session *s)
{
	const struct plan early = {.machine = &s->machine, .set = &s->catalog.services, .images = &s->catalog.images};
	struct changeset_request req = compare_request(s);
	int rc;

	req.plan = &early;
	rc = stack_images_find(&s->arena, &req, &s->stack);
	if (rc < 0) {
		diag_add(&s->diags, SEV_ERROR, s->dir, _("cannot be read: %s; nothing was written"), strerror(-rc))
			->hint = _("mend that, then run again");
		return -EBADMSG;
	}
	look_up_usual(s);
	return 0;
}

static int look_at_images(struct session *s)
{
	s->stack = (struct stack_images){.known = false};
	return session_is_roots(s) ? 0 : find_images(s);
}

static const struct cost_model *choose_model(struct session *s)
{
	const struct cost_model_set *set = &s->catalog.models;
	const char *said = answer_text(&s->answers, ANSWER_COST_MODEL), *name = said ? said : set->default_name;
	/* "--cost-model auto" also ends with what the stack was applied with. */
	const char *applied = answer_said(&s->answers, ANSWER_COST_MODEL) ? NULL : s->state.model;
	const struct cost_model *m =
		said ? cost_model_find(set, said) : model_choose(set, &s->catalog.services, &s->stack, applied);
	const char *names[MAX_COST_MODELS];
	struct strbuf list = STRBUF_INIT;
	const char *meant;
	struct diag *d;

	if (m)
		return m;
	for (size_t i = 0; i < set->count; i++) {
		names[i] = set->items[i].name;
		strbuf_printf(&list, "%s%s", i ? ", " : _("there are: "), names[i]);
	}
	meant = text_nearest(name, names, set->count);
	d = diag_add(&s->diags, SEV_ERROR, NULL, _("there is no cost model '%s'; nothing was planned"), name);
	if (s->answers.of[ANSWER_COST_MODEL].origin == ORIGIN_REMEMBERED)
		d->hint = _("an earlier apply was asked for it; '--cost-model auto' forgets it");
	else
		d->hint = meant ? arena_printf(&s->arena, _("did you mean %s?"), meant)
				: arena_strdup(&s->arena, strbuf_text(&list));
	strbuf_clear(&list);
	return NULL;
}

static void refuse_part(struct session *s, const char *part)
{
	const struct service_set *known = &s->catalog.services;
	const char *names[MAX_SERVICES], *meant, *list = "";
	size_t count = 0;
	struct diag *d = diag_add(&s->diags, SEV_ERROR, NULL,
				  _("there is no part '%s' for --service; nothing was planned"), part);

	for (size_t i = 0; i < known->count; i++) {
		if (known->items[i].optional_from > 0)
			continue;
		names[count++] = known->items[i].name;
		list = arena_printf(&s->arena, "%s%s%s", list, list[0] ? ", " : "", known->items[i].name);
	}
	meant = text_nearest(part, names, count);
	d->hint = meant ? arena_printf(&s->arena, _("did you mean %s?"), meant)
			: arena_printf(&s->arena, _("there are: %s"), list);
}

/*
 * Loads only the services, for a command without a plan. Errors in their files are ignored, because they must not
 * prevent a rollback.
 */
void session_services(struct session *s)
{
	struct diag_list unheard;

	diag_init(&unheard, &s->arena);
	if (catalog_load_services(&s->arena, s->data_dir, &unheard, &s->catalog) < 0)
		s->catalog.services.count = 0;
	diag_clear(&unheard);
}

/* May a service of a foreign stack play the part? Optional services exist only in vpsfit's own stack. */
static bool is_part(const struct service_set *known, const char *part)
{
	size_t s = service_find(known, part);

	return s != NO_SERVICE && known->items[s].optional_from == 0;
}

/* An unknown part is an error if given in this run; a remembered one is dropped. */
static int check_parts(struct session *s)
{
	const struct service_set *known = &s->catalog.services;
	int rc = 0;

	for (size_t i = 0; i < MAX_SERVICES && s->answers.parts[i].part;) {
		const struct part_answer p = s->answers.parts[i];

		if (is_part(known, p.part)) {
			i++;
			continue;
		}
		if (p.said.origin > ORIGIN_REMEMBERED) {
			refuse_part(s, p.part);
			rc = -EINVAL;
		}
		if (!answer_set_service(&s->answers, p.part, NULL))
			return -EINVAL;
	}
	return rc;
}

/* Sets which service of the compose file plays a part; NULL takes the choice back. */
void session_choose_service(struct session *s, size_t service, const struct answer *said)
{
	if (!answer_set_service(&s->answers, s->catalog.services.items[service].name, said))
		diag_add(&s->diags, SEV_ERROR, NULL, _("too many parts were named with --service"));
}

/* Links a service to the option of the same name, which asks for it where it is optional, or for its smaller image. */
static void name_options(struct service_set *set)
{
	for (size_t s = 0; s < set->count; s++) {
		const struct service *one = &set->items[s];
		const struct answer_row *row = answer_find(one->name);

		if (row && ((one->optional_from > 0 && answer_is_yes_no(row)) ||
			    (one->smaller.variant && answer_is_choice(row))))
			set->items[s].answer = (int)answer_id(row);
	}
}

/*
 * Makes ready to plan for machines that are not here, with this run's answers alone: no state is read, and no fact of
 * this machine. Returns 0, or a negative errno with errors in diags.
 */
int session_prepare_elsewhere(struct session *s)
{
	int rc = session_open_data(s);

	if (rc == 0)
		rc = catalog_load(&s->arena, s->data_dir, &s->root, &s->diags, &s->catalog);
	if (rc < 0)
		return rc;
	name_options(&s->catalog.services);
	s->state = (struct state){.store = "/dev/null"};
	rc = check_parts(s);
	if (rc == 0 && s->compose)
		rc = find_images(s);
	else if (rc == 0)
		s->stack = (struct stack_images){.own = true, .fresh = true};
	return rc;
}

/* Detects, loads the catalog and plans. Returns 0, or a negative errno with errors in diags. */
int session_plan(struct session *s)
{
	int rc = session_open(s);

	if (rc == 0)
		rc = state_load(&s->arena, s->store, &s->diags, &s->state);
	if (rc == 0)
		rc = catalog_load(&s->arena, s->data_dir, &s->root, &s->diags, &s->catalog);
	if (rc == 0)
		rc = session_find_moved(s);
	if (rc == 0) {
		recall(s);
		name_options(&s->catalog.services);
		detect(s);
	}
	return rc < 0 ? rc : session_replan(s);
}

/* Plans again with the present answers; machine, state and catalog stay those of session_plan. */
int session_replan(struct session *s)
{
	int rc;

	s->held_workers = s->most_workers = 0;
	recall(s);
	rc = check_parts(s);
	if (rc == 0)
		rc = look_at_images(s);
	return rc < 0 ? rc : session_what_if(s, &s->answers, &s->plan);
}

/* The last apply's own count of workers; none where it was asked for a number. */
static struct applied_size applied_size(const struct session *s)
{
	const struct state *was = &s->state;
	struct applied_size size = {was->present ? was->profile : NULL,
				    was->workers,
				    was->nominal_mib,
				    was->cpus,
				    was->usable_mib,
				    was->system_mib,
				    was->model};

	for (size_t i = 0; i < was->answer_count; i++)
		if (STR_EQ(was->answers[i].name, answer_rows[ANSWER_WORKERS].name))
			size.profile = NULL;
	return size;
}

/* Plans for another machine, without changing the session. */
int session_plan_for(struct session *s, const struct machine *machine, const struct answers *answers, struct plan *ret)
{
	const struct knowledge known = {
		&s->catalog.services, &s->catalog.profiles, &s->catalog.models, &s->catalog.images, &s->stack,
		applied_size(s),      s->held_workers,	    s->most_workers};
	const struct cost_model *model = choose_model(s);

	return model ? plan_build(&s->arena, machine, &known, model, answers, &s->diags, ret) : -EINVAL;
}

/* Plans with other answers, without changing the session. */
int session_what_if(struct session *s, const struct answers *answers, struct plan *ret)
{
	struct answers asked = *answers;

	if (answer_swap(&asked).mode == SWAP_MODE_DEVICE)
		asked.of[ANSWER_SWAP].text = detect_swap_device(&s->root, &s->machine, answer_swap(&asked).device);
	return session_plan_for(s, &s->machine, &asked, ret);
}

/* Is it ambiguous in the compose file which service plays a part? */
bool session_open_choice(struct session *s, struct open_choice *ret)
{
	const struct changeset_request req = compare_request(s);

	return changeset_open_choice(&s->arena, &req, ret);
}

/* Makes sure that a failure is reported even if the code that failed added no error. */
static void say_at_least(struct session *s, size_t from, int rc)
{
	for (size_t i = from; i < s->diags.count; i++)
		if (s->diags.items[i].severity == SEV_ERROR)
			return;
	diag_add(&s->diags, SEV_ERROR, s->dir, _("cannot be used: %s"), strerror(-rc))->hint =
		_("mend that, then run again");
}

static int compare_once(struct session *s)
{
	const struct changeset_request req = compare_request(s);

	return changeset_build(&s->arena, &req, &s->diags, &s->changes);
}

/* The limit of the service with the workers, as planned; 0: there is no such service. */
static int64_t workers_limit(const struct plan *p)
{
	size_t w = service_by_part(p->set, PART_WORKERS);

	return w == NO_SERVICE ? 0 : p->services[w].limit_mib;
}

/*
 * Plans with fewer and fewer workers until the limit that stays holds them. A count that was asked for stays, and so
 * does one that only a person can change.
 */
static int bound_workers(struct session *s, int64_t limit_mib)
{
	int64_t most = s->plan.workers;
	int rc = 0;

	if (answer_number(&s->answers, ANSWER_WORKERS) > 0 || s->changes.count_by_hand)
		return 0;
	while (rc == 0 && workers_limit(&s->plan) > limit_mib && most > 1) {
		s->most_workers = --most;
		rc = session_what_if(s, &s->answers, &s->plan);
	}
	return rc;
}

static void note(struct session *s, const char *code, enum severity severity, const char *text)
{
	struct changeset *c = &s->changes;

	diag_add(&s->diags, severity, c->compose ? c->compose : s->dir, "%s", text);
	if (c->note_count < ARRAY_SIZE(c->notes))
		c->notes[c->note_count++] = (struct plan_warning){code, severity, text};
}

/*
 * Where something of a stack is not counted, there may be no room for more workers than it has: the present count is
 * the most. A count that was asked for stays.
 */
static bool must_not_grow(const struct session *s)
{
	return s->compose && beside_is_incomplete(&s->plan.beside) && s->changes.workers_now > 0 &&
	       s->plan.workers > s->changes.workers_now && answer_number(&s->answers, ANSWER_WORKERS) <= 0;
}

/*
 * Says what the plan follows. full: the plan without that; limit_mib: the limit that stays, or 0; grown: more workers
 * were planned than there may be.
 */
static void tell_what_stays(struct session *s, const struct plan *full, int64_t limit_mib, bool grown)
{
	const struct plan *p = &s->plan;
	size_t w = service_by_part(p->set, PART_WORKERS);
	const char *name = w == NO_SERVICE ? "" : p->set->items[w].name;

	if (grown)
		note(s, "workers-not-raised", SEV_INFO,
		     text_aprintf(
			     &s->arena,
			     _("%s: the workers stay at %lld as in the file, not %lld, because not everything that runs "
			       "here is counted (--workers %lld takes them all the same)"),
			     name, (long long)p->workers, (long long)full->workers, (long long)full->workers));
	else if (s->held_workers > 0)
		note(s, "workers-stay", SEV_INFO,
		     text_aprintf(&s->arena, _("%s: the workers stay at %lld, not %lld; the sizes are made for them"),
				  name, (long long)p->workers, (long long)p->wanted_workers));
	else if (p->workers < full->workers)
		note(s, "workers-bounded", SEV_INFO,
		     text_aprintf(
			     &s->arena,
			     _("%s: its limit stays at %lld MiB, which bounds the workers to %lld; %lld need %lld MiB"),
			     name, (long long)limit_mib, (long long)p->workers, (long long)full->workers,
			     (long long)workers_limit(full)));
	if (limit_mib > 0 && workers_limit(p) > limit_mib)
		note(s, "limit-stays", SEV_WARNING,
		     text_aprintf(&s->arena, _("%s: its limit stays at %lld MiB; its workers (%lld) need %lld MiB"),
				  name, (long long)limit_mib, (long long)p->workers, (long long)workers_limit(p)));
}

/*
 * A worker count that stays as it is in the stack's files sizes the plan, and a limit that stays bounds the count:
 * plans and compares once more. A conflict is decided first.
 */
static int follow_what_stays(struct session *s, size_t said)
{
	const int64_t limit_mib = s->changes.limit_stays_mib;
	struct plan *full = arena_alloc(&s->arena, sizeof(*full));
	struct changeset *first = arena_alloc(&s->arena, sizeof(*first));
	bool grown = must_not_grow(s);
	int rc = 0;

	if (s->changes.conflicts > 0 || (s->changes.workers_stay == 0 && limit_mib == 0 && !grown))
		return 0;
	*full = s->plan;
	*first = s->changes;
	if (s->changes.workers_stay > 0) {
		s->held_workers = s->changes.workers_stay;
		rc = session_what_if(s, &s->answers, &s->plan);
	} else {
		if (grown) {
			s->most_workers = s->changes.workers_now;
			rc = session_what_if(s, &s->answers, &s->plan);
		}
		if (rc == 0 && limit_mib > 0)
			rc = bound_workers(s, limit_mib);
	}
	if (rc == 0) {
		s->diags.count = said;
		rc = compare_once(s);
	}
	/* What a person writes by hand makes room for the full count: then it is planned. */
	if (rc == 0 && s->most_workers > 0 && !grown) {
		memcpy(s->changes.manual, first->manual, sizeof(first->manual));
		s->changes.manual_count = first->manual_count;
	}
	if (rc == 0)
		tell_what_stays(s, full, limit_mib, grown && s->plan.workers < full->workers && s->held_workers == 0);
	return rc;
}

/*
 * Compares the plan with the stack directory and fills in changes. What stays there as it is, the plan follows. Returns
 * 0, or a negative errno with errors in diags.
 */
int session_compare(struct session *s)
{
	size_t said = s->diags.count;
	int rc;

	s->changes_known = false;
	if (session_refuse_roots(s))
		return -EACCES;
	if (s->held_workers > 0 || s->most_workers > 0) {
		s->held_workers = s->most_workers = 0;
		if (session_what_if(s, &s->answers, &s->plan) < 0)
			return -EINVAL;
	}
	rc = compare_once(s);
	if (rc == 0)
		rc = follow_what_stays(s, said);
	if (rc < 0)
		say_at_least(s, said, rc);
	else
		session_look_at_running(s);
	s->changes_known = rc == 0;
	return rc;
}
