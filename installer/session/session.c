/* SPDX-License-Identifier: MIT */
#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/database.h"
#include "session/domain.h"
#include "session/front.h"
#include "answers/remember.h"
#include "answers/table.h"
#include "apply/secrets.h"
#include "session/moved.h"
#include "session/own_model.h"
#include "session/rights.h"
#include "session/command_line.h"
#include "session/compare.h"
#include "changes/gone.h"
#include "changes/secrets_source.h"
#include "changes/stack_images.h"
#include "compose/env.h"
#include "compose/owned.h"
#include "core/docker_name.h"
#include "core/i18n.h"
#include "files/at.h"
#include "core/text.h"
#include "detect/detect.h"
#include "session/request.h"
#include "catalog/catalog.h"
#include "catalog/usual.h"

void session_init(struct session *s)
{
	memset(s, 0, sizeof(*s));
	diag_init(&s->diags, &s->arena);
	s->secrets = arena_alloc(&s->arena, sizeof(*s->secrets));
	*s->secrets = secrets_kept;
	s->secrets->memory = arena_alloc(&s->arena, sizeof(*s->secrets->memory));
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
		diag_note(&s->diags, "cut-off", SEV_INFO, s->store_path, _("an interrupted apply is finished first"));
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
const char *session_project(struct session *s)
{
	const char *said = sysroot_is_live(&s->root) ? getenv("COMPOSE_PROJECT_NAME") : NULL;

	return said && said[0] ? docker_project_name(&s->arena, said)
			       : gone_project(&s->arena, &s->root, s->dir, s->compose);
}

static void detect(struct session *s)
{
	struct detect_request req = {.stack_dir = s->dir,
				     .project = session_project(s),
				     .former_project = s->state.project,
				     .former_dir = s->moved_from,
				     .swap_file = answer_swap_file(&s->answers),
				     .services = &s->catalog.services,
				     .made = s->state.swaps,
				     .made_count = s->state.swap_count};

	const struct machine_name asked = s->machine.domain;

	front_find(s, &req);
	detect_machine(&s->root, &s->arena, &req, &s->machine);
	s->machine.domain = asked;
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

/* Looks at the machine anew, in a session whose plan stays: for what runs after a start. */
void session_detect_again(struct session *s)
{
	detect(s);
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
					  .moved_file = s->moved_file,
					  .joins = s->former ? s->former->dir : NULL,
					  .decisions = s->decisions,
					  .decision_count = s->decision_count,
					  .plan = &s->plan,
					  .answers = &s->answers,
					  .secrets = s->secrets,
					  .trees = &s->trees};
}

/* Is it another one of a part? An optional service's name alone says little: its image's owner tells. */
static bool is_like_a_part(const struct session *s, const struct stack_service *one)
{
	return one->like != NO_SERVICE && s->catalog.services.items[one->like].optional_from == 0;
}

/* What the catalogue says of services that play no part; only their files are read. */
static void look_up_usual(struct session *s)
{
	struct stack_service *all = arena_array(&s->arena, s->stack.service_count + 1, sizeof(*all));

	for (size_t i = 0; i < s->stack.service_count; i++) {
		all[i] = s->stack.services[i];
		if (all[i].part == NO_SERVICE && !is_like_a_part(s, &all[i]) && all[i].image)
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
		diag_add(&s->diags, SEV_ERROR, s->dir, _("cannot be read: %s; nothing was written"),
			 file_at_why(&s->root, &s->arena, rc))
			->hint = _("fix that, then run again");
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

/* The cost model that these answers plan with; NULL, with an error, if the one they name does not exist. */
static const struct cost_model *choose_model(struct session *s, const struct answers *answers)
{
	const struct cost_model_set *set = &s->catalog.models;
	const char *said = answer_text(answers, ANSWER_COST_MODEL), *name = said ? said : set->default_name;
	/* "--cost-model auto" also ends with what the stack was applied with. */
	const char *applied = answer_said(answers, ANSWER_COST_MODEL) ? NULL : s->state.model;
	const struct cost_model *own = said ? NULL : session_own_model_for(s), *m = own;
	const char *names[MAX_COST_MODELS];
	struct strbuf list = STRBUF_INIT;
	const char *meant;
	struct diag *d;

	if (!m)
		m = said ? cost_model_find(set, said) : model_choose(set, &s->catalog.services, &s->stack, applied);
	if (m)
		return m;
	for (size_t i = 0; i < set->count; i++) {
		names[i] = set->items[i].name;
		strbuf_printf(&list, "%s%s", i ? ", " : _("there are: "), names[i]);
	}
	meant = text_nearest(name, names, set->count);
	d = diag_add(&s->diags, SEV_ERROR, NULL, _("there is no cost model '%s'; nothing was planned"), name);
	if (answers->of[ANSWER_COST_MODEL].origin == ORIGIN_REMEMBERED)
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

/*
 * Links a service to the option of the same name, which asks for it where it is optional, or for its smaller image; or
 * to the one that its file names.
 */
static void name_options(struct service_set *set)
{
	for (size_t s = 0; s < set->count; s++) {
		const struct service *one = &set->items[s];
		const struct answer_row *row = answer_find(one->option ? one->option : one->name);

		if (row && (one->option || (one->optional_from > 0 && answer_is_yes_no(row)) ||
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
	if (rc == 0)
		rc = session_check_domain(s);
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

	s->secrets->memory->count = 0;
	s->others = NULL;
	if (rc == 0)
		rc = state_load(&s->arena, s->store, &s->diags, &s->state);
	if (rc == 0)
		rc = catalog_load(&s->arena, s->data_dir, &s->root, &s->diags, &s->catalog);
	if (rc == 0)
		rc = session_find_moved(s);
	if (rc == 0) {
		session_own_model(s);
		recall(s);
		name_options(&s->catalog.services);
		detect(s);
	}
	return rc < 0 ? rc : session_replan(s);
}

/* Makes the next plan one without what was found to stay. */
void session_forget_what_stays(struct session *s)
{
	s->stays = (struct what_stays){.held_workers = 0};
}

/* Plans again with the present answers; machine, state and catalog stay those of session_plan. */
int session_replan(struct session *s)
{
	int rc;

	session_forget_what_stays(s);
	s->machine.front.settled = false;
	recall(s);
	rc = check_parts(s);
	if (rc == 0)
		rc = session_check_domain(s);
	if (rc == 0)
		session_look_at_domain(s);
	if (rc == 0)
		rc = look_at_images(s);
	if (rc == 0)
		rc = session_settle_database(s);
	return rc < 0 ? rc : session_what_if(s, &s->answers, &s->plan);
}

/* The limit in MiB that the last apply wrote for the service; 0: none, or a person keeps another. */
static int64_t applied_limit(struct arena *a, const struct state *was, const char *service)
{
	static const char *const paths[] = {"deploy/resources/limits/memory", "mem_limit"};
	int64_t mib;

	for (size_t i = 0; was->present && i < ARRAY_SIZE(paths); i++) {
		const struct state_value *v =
			state_find(was, arena_printf(a, COMPOSE_FILE ":services/%s/%s", service, paths[i]));

		if (v && !v->kept && owned_mib(v->written, &mib) && mib > 0)
			return mib;
	}
	return 0;
}

/* The last apply's own count of workers; none where it was asked for a number. */
static struct applied_size applied_size(struct session *s)
{
	const struct state *was = &s->state;
	struct applied_size size = {was->present ? was->profile : NULL,
				    was->workers,
				    was->nominal_mib,
				    was->cpus,
				    was->usable_mib,
				    was->system_mib,
				    was->model,
				    {0}};

	for (size_t i = 0; i < s->catalog.services.count; i++)
		size.limit_mib[i] = applied_limit(&s->arena, was, s->catalog.services.items[i].name);
	for (size_t i = 0; i < was->answer_count; i++)
		if (STR_EQ(was->answers[i].name, answer_rows[ANSWER_WORKERS].name))
			size.profile = NULL;
	return size;
}

/* The cost model to plan with; NULL, with an error, if the one that was asked for does not exist. */
const struct cost_model *session_model(struct session *s)
{
	return choose_model(s, &s->answers);
}

/* Plans for another machine, without changing the session. */
int session_plan_for(struct session *s, const struct machine *machine, const struct answers *answers, struct plan *ret)
{
	const struct knowledge known = {.services = &s->catalog.services,
					.profiles = &s->catalog.profiles,
					.models = &s->catalog.models,
					.images = &s->catalog.images,
					.stack = &s->stack,
					.applied = applied_size(s),
					.held_workers = s->stays.held_workers,
					.most_workers = s->stays.most_workers,
					.present_workers = s->stays.present_workers,
					.former_workers = s->stays.former_workers,
					.connections_stay = s->stays.connections_stay,
					.standing = s->stays.standing};
	const struct cost_model *model = choose_model(s, answers);

	return model ? plan_build(&s->arena, machine, &known, model, answers, &s->diags, ret) : -EINVAL;
}

/* Plans with other answers, without changing the session. */
int session_what_if(struct session *s, const struct answers *answers, struct plan *ret)
{
	struct answers asked = *answers;
	int rc;

	if (answer_swap(&asked).mode == SWAP_MODE_DEVICE)
		asked.of[ANSWER_SWAP].text = detect_swap_device(&s->root, &s->machine, answer_swap(&asked).device);
	rc = session_plan_for(s, &s->machine, &asked, ret);
	for (size_t i = 0; rc == 0 && i < ret->warning_count; i++)
		ret->warnings[i].text = command_line_address(s, ret->warnings[i].text);
	return rc;
}

/* Is it ambiguous in the compose file which service plays a part? */
bool session_open_choice(struct session *s, struct open_choice *ret)
{
	const struct changeset_request req = compare_request(s);

	return changeset_open_choice(&s->arena, &req, ret);
}

/* Compares once, with the plan as it is; session_compare also plans for what stays. */
int session_compare_once(struct session *s)
{
	const struct changeset_request req = compare_request(s);

	return changeset_build(&s->arena, &req, &s->diags, &s->changes);
}
