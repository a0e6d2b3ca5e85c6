/* SPDX-License-Identifier: MIT */
#include "changes/changeset.h"

#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/by_hand.h"
#include "files/at.h"
#include "files/files.h"
#include "changes/names.h"
#include "changes/secrets_source.h"
#include "changes/swap_changes.h"
#include "changes/take_up.h"
#include "core/i18n.h"
#include "core/text.h"
#include "compose/place.h"
#include "compose/roles.h"

const char *change_kind_name(enum change_kind k)
{
	static const char *const names[] = {
		[CHANGE_NONE] = N_("none"),
		[CHANGE_CREATE] = N_("create"),
		[CHANGE_EDIT] = N_("edit"),
		[CHANGE_REMOVE] = N_("remove"),
	};

	ALL_NAMED(names, CHANGE_KIND_COUNT);

	return names[k];
}

/* A state directory inside the stack directory (as with make run) does not make the latter foreign. */
static bool is_state_dir(const struct building *b, const char *name)
{
	const char *path = arena_printf(b->a, "%s/%s", b->req->dir, name);
	size_t n = strlen(path);

	return strncmp(b->req->state_dir, path, n) == 0 &&
	       (b->req->state_dir[n] == '\0' || b->req->state_dir[n] == '/');
}

static long list_dir(const struct building *b, char ***ret)
{
	struct file_at at;
	int rc = file_at_find(b->req->root, b->a, b->req->dir, true, &at);

	return rc < 0 ? rc : file_at_list(&at, b->a, ret);
}

static void tell_of_take_up(const struct building *b)
{
	diag_note(
		b->diags, "taken-up", SEV_INFO, b->req->dir,
		_("is vpsfit's own stack, and what was remembered of it is gone: it is taken up again, values that say "
		  "\"# vpsfit:\" count as written by vpsfit, and the secrets in .env stay"));
}

/* A stack that is not there yet. */
static int refuse_new(const struct building *b)
{
	int rc = gone_refuse_forgotten(b);

	return rc < 0 ? rc : gone_refuse_second(b);
}

/* Was there a stack that vpsfit wrote, and whose memory was ended? Its secrets are kept. */
static bool was_here(const struct building *b)
{
	const char *known = NULL;

	return secrets_source_known(b->req->secrets, b->a, b->req->root, b->req->state->store, &known) == 0 && known;
}

static int refuse_foreign(const struct building *b)
{
	char **names;
	long n = list_dir(b, &names);

	if (b->set->state.present) {
		int rc = b->req->cut_off ? 0 : gone_refuse(b);

		return rc < 0 || b->req->cut_off || b->req->moved_from ? rc : gone_refuse_another(b);
	}
	if (n == -ENOENT)
		return refuse_new(b);
	if (n < 0)
		return building_cannot_read(b, b->req->dir, (int)n);
	if (take_up_recognised(b->a, b->req->root, b->req->plan->set, b->req->dir)) {
		b->set->taken_up = true;
		if (!b->req->cut_off && !gone_tell_copy(b))
			tell_of_take_up(b);
	}
	/* Half of a first apply has no state yet. */
	if (b->set->taken_up)
		return gone_refuse_second(b);
	if (b->req->cut_off)
		return 0;
	for (long i = 0; i < n; i++) {
		if (is_state_dir(b, names[i]) || take_up_ignores(names[i]) || take_up_is_rest(b, names[i], was_here(b)))
			continue;
		diag_add(b->diags, SEV_ERROR, b->req->dir,
			 _("is not empty ('%s' is there) and was not written by vpsfit; nothing was written"), names[i])
			->hint =
			_("choose another directory with --dir, or fit a stack that is there with --compose FILE");
		return -ENOTEMPTY;
	}
	return refuse_new(b);
}

/* Secrets come first, so that there is never a compose file without them. */
static void put_env_files(struct building *b)
{
	for (size_t i = 0; i < b->env_count; i++) {
		struct file_change *f = &b->envs[i].change;

		bool nothing = !f->old_text && f->new_len == 0;

		/* What a person decides of a value is told where its line would be. */
		if (!b->envs[i].loaded || (nothing && f->value_count == 0))
			continue;
		if (!nothing)
			building_settle_kind(f);
		b->set->files[b->set->count++] = *f;
	}
}

/* Of a person's own files, include only those that vpsfit writes or has written. */
static void put_parts(struct building *b)
{
	for (size_t i = 0; i < b->part_count; i++) {
		struct file_change *f = b->parts[i].change;

		if (f->kind != CHANGE_NONE || f->value_count > 0 || STR_EQ(f->name, b->set->layout.file) ||
		    building_remembers(b, f->path))
			b->set->files[b->set->count++] = *f;
	}
}

/* How to start Compose: in the project's directory if it finds the files by itself, else naming them all. */
static void note_start(const struct building *b)
{
	const struct project *p = b->project;

	b->set->by_dir = !p->estranged && (p->source == PROJECT_FOUND || p->source == PROJECT_ENV);
	for (size_t i = 0; i < p->file_count; i++)
		b->set->named[b->set->named_count++] = p->files[i].path;
}

/* In vpsfit's own stack, a value in a later file is somebody's decision: it wins, and the user is told. */
static void note_held(const struct building *b)
{
	for (size_t i = 0; i < b->set->owned_count; i++) {
		const struct owned_value *v = &b->set->owned[i];
		const char *path = arena_printf(b->a, "%s/%s", b->req->dir, v->file), *text, *kept;

		if (!b->held[i] || !b->set->kept[i])
			continue;
		kept = b->set->kept[i][0] ? values_shown(b->a, b->set->kept[i]) : _("what is there");
		/* The plan may have followed it. */
		if (owned_same(v, b->set->kept[i]))
			text = arena_printf(b->a, _("%s: %s holds, for Compose merges this file over %s"), v->label,
					    kept, b->set->layout.file);
		else
			text = arena_printf(b->a,
					    _("%s: %s holds, for Compose merges this file over %s; the plan says %s"),
					    v->label, kept, b->set->layout.file, v->wanted);
		diag_note(b->diags, "override-holds", SEV_INFO, path, "%s", text)->hint =
			_("it stays as it is; --overwrite-edits writes what the plan says there");
	}
}

static void note_included(const struct building *b)
{
	const struct project_file *in = by_hand_file(b, service_by_part(b->req->plan->set, PART_WORKERS));

	if (!b->project->included)
		return;
	diag_note(b->diags, "included-files", SEV_WARNING, b->compose->name,
		  _("includes other files: what they start is counted, and not changed"))
		->hint = in ? text_aprintf(b->a, _("what is to be written into %s is for you to write"), in->path)
			    : _("name such a file with --compose to fit it");
}

/* Plans the owned values of all compose files together, because the merged result must be as wanted. */
static int plan_parts(struct building *b)
{
	int rc;

	compose_set_assign(b);
	rc = values_plan(b, b->parts, b->part_count);
	for (size_t i = 0; rc == 0 && i < b->part_count; i++)
		building_settle_kind(b->parts[i].change);
	if (rc == 0)
		rc = compose_set_prove(b);
	if (rc == 0) {
		note_start(b);
		note_held(b);
		swarm_note(b);
		note_included(b);
	}
	return rc;
}

/* Renamed services are fitted under their new names; one that was taken out is not counted, and stays out. */
static void follow_names(struct building *b)
{
	const struct service_set *set = b->req->plan->set;

	names_follow(b->a, b->project, set, &b->set->state, &b->set->layout);
	for (size_t s = 0; s < set->count; s++) {
		const char *name = b->set->layout.services[s];

		if ((set->items[s].optional_from > 0 && (!name || STR_EQ(name, set->items[s].name))) ||
		    project_service(b->project, set->items[s].name) ||
		    (set->items[s].part == PART_DATABASE && b->req->answers->database_elsewhere))
			continue;
		if (!name)
			diag_note(b->diags, "service-gone", SEV_INFO, b->compose->name,
				  _("%s is not in the file any more: it is not counted, and nothing is written for it"),
				  set->items[s].name);
		else if (!STR_EQ(name, set->items[s].name))
			diag_note(b->diags, "service-renamed", SEV_INFO, b->compose->name,
				  _("%s is '%s' here: it is fitted under that name"), set->items[s].name, name);
	}
}

/* The stack's own compose file under any of Compose's names, and a person's overrides of it. */
static int build_compose(struct building *b)
{
	const struct yaml_doc *settled = NULL, *put = NULL;
	const char *shipped;
	char *template;
	size_t len;
	int rc = building_template(b, COMPOSE_FILE, &template, &len);

	shipped = template;
	if (rc == 0)
		rc = blocks_shipped(b, &shipped);
	if (rc == 0)
		rc = smaller_shipped(b, &shipped);
	if (rc == 0)
		pieces_shipped(b, &shipped);
	if (rc == 0)
		rc = compose_named_refuse(b);
	if (rc == 0)
		rc = compose_set_load(b, template);
	if (rc == 0)
		rc = compose_set_parts(b);
	if (rc == 0)
		rc = lost_refuse(b);
	if (rc == 0)
		rc = database_settle(b, b->compose, &settled);
	if (rc == 0 && settled)
		rc = compose_set_replace(b, settled);
	if (rc == 0)
		follow_names(b);
	if (rc == 0)
		rc = blocks_settle(b, b->compose, &settled);
	if (rc == 0 && settled)
		rc = compose_set_replace(b, settled);
	if (rc == 0)
		rc = smaller_put(b, b->compose, &put);
	if (rc == 0 && put)
		rc = compose_set_replace(b, put);
	if (rc == 0)
		rc = pieces_settle(b, b->compose, &settled);
	if (rc == 0 && settled)
		rc = compose_set_replace(b, settled);
	if (rc < 0)
		return rc;
	roles_style(b->a, b->project->doc, &b->set->layout);
	compose_set_style(b);
	rc = limits_settle(b);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < b->part_count; i++)
		b->parts[i].change->shipped = shipped;
	images_settle(b);
	rc = smaller_settle(b);
	if (rc < 0)
		return rc;
	b->set->owned_count = owned_values(b->a, b->req->plan, &b->set->layout, b->set->owned);
	for (size_t i = 0; i < b->part_count; i++)
		values_settle_missing(b, b->parts[i].change);
	for (size_t i = 0; b->set->taken_up && i < b->part_count; i++)
		if (!b->parts[i].fresh)
			take_up_values(b, b->parts[i].doc, b->set->layout.file);
	pieces_record(b);
	limits_record(b);
	return plan_parts(b);
}

static bool is_bare(const struct project_service *one)
{
	return one->active && !yaml_get(one->node, "image") && !yaml_get(one->node, "build") &&
	       !yaml_get(one->node, "provider");
}

/* A net below all that edits: Compose refuses a service without image and build, and no edit may make one. */
static int refuse_bare(const struct building *b, const struct project *after)
{
	for (size_t i = 0; i < after->service_count; i++) {
		const struct project_service *was = project_service(b->project, after->services[i].name);

		if (!is_bare(&after->services[i]) || (was && is_bare(was)))
			continue;
		diag_add(b->diags, SEV_ERROR, b->compose->name,
			 _("the service '%s' would have neither an image nor a build; nothing was written"),
			 after->services[i].name)
			->hint = _("that is a fault of vpsfit's: please report it, with the file");
		return -EINVAL;
	}
	return 0;
}

static int build_stack(struct building *b)
{
	const struct project *after;
	int rc = refuse_foreign(b);

	b->set->layout = owned_layout_own(b->req->plan);
	if (rc == 0)
		rc = build_compose(b);
	if (rc == 0)
		rc = own_files_build(b);
	if (rc == 0)
		rc = env_files_plan_own(b);
	if (rc == 0)
		rc = project_name_keep(b);
	if (rc == 0)
		rc = env_answers_plan(b);
	if (rc < 0)
		return rc;
	after = compose_set_after(b);
	rc = refuse_bare(b, after);
	if (rc < 0)
		return rc;
	env_answers_record(b);
	public_note(b, after);
	put_env_files(b);
	for (size_t i = 0; i < b->own_count; i++)
		b->set->files[b->set->count++] = b->own[i];
	put_parts(b);
	return 0;
}

/* The other files that Compose merges and that an apply wrote into. */
static int refuse_lost_parts(struct building *b)
{
	const struct state *was = b->req->state;
	const size_t n = strlen(b->req->dir);
	int rc = 0;

	for (size_t i = 0; rc == 0 && was->present && i < was->file_count; i++) {
		struct file_change f = {.kind = CHANGE_NONE};
		const char *path = was->files[i].path;

		if (was->files[i].hash == 0 || STR_EQ(path, b->set->compose) || strncmp(path, b->req->dir, n) != 0 ||
		    path[n] != '/')
			continue;
		rc = building_load(b, path + n + 1, 0644, &f);
		if (rc == 0 && f.old_text)
			rc = lost_refuse_adopted(b, &f);
	}
	return rc;
}

static int load_foreign(struct building *b)
{
	struct file_change f = {.kind = CHANGE_NONE};
	int rc = building_load(b, b->req->compose, 0644, &f);

	if (rc == 0 && !f.old_text && !b->req->cut_off)
		rc = gone_refuse(b);
	if (rc == 0 && !f.old_text) {
		diag_add(b->diags, SEV_ERROR, f.path, _("is not there; nothing was written"))->hint =
			_("--compose names the compose file of a stack that is there; without it vpsfit writes one of "
			  "its own");
		return -ENOENT;
	}
	b->set->compose = f.path;
	if (rc == 0)
		rc = lost_refuse_adopted(b, &f);
	if (rc == 0)
		rc = refuse_lost_parts(b);
	return rc < 0 ? rc : compose_set_load(b, NULL);
}

/*
 * A service without image and build belongs to another file: Compose would refuse the project. `include` or a file that
 * was not read may still complete it.
 */
static int refuse_overlay(const struct building *b)
{
	const struct project *p = b->project;

	for (size_t i = 0; !p->included && !p->partial && i < p->service_count; i++) {
		const char *base = p->taken && !STR_EQ(p->taken, "COMPOSE_FILE") ? p->taken : "compose.yaml";

		if (!is_bare(&p->services[i]))
			continue;
		diag_add(b->diags, SEV_ERROR, b->set->compose,
			 _("the service '%s' has neither an image nor a build here: the file belongs over another one; "
			   "nothing was written"),
			 p->services[i].name)
			->hint = text_aprintf(b->a,
					      _("fit that other file (--compose %s), and name both in .env: "
						"COMPOSE_FILE=%s:%s"),
					      base, base, b->req->compose);
		return -EINVAL;
	}
	return 0;
}

/* A second service with the gateway's image, which could have been the one that is fitted; NULL: there is none. */
static const char *second_gateway(const struct building *b, size_t w)
{
	const struct role r = roles_candidates(b->a, b->project, b->req->plan->set, w, NULL);
	const char *fitted = b->set->layout.services[w];

	for (size_t i = 0; i < r.count; i++)
		if (!STR_EQ(r.candidates[i], fitted))
			return r.candidates[i];
	return r.passed_over && !STR_EQ(r.passed_over, fitted) ? r.passed_over : NULL;
}

static void note_second_gateway(const struct building *b)
{
	const struct service_set *set = b->req->plan->set;
	size_t w = service_by_part(set, PART_WORKERS);
	const char *other = w != NO_SERVICE && b->set->layout.services[w] ? second_gateway(b, w) : NULL;

	if (!other)
		return;
	diag_note(b->diags, "gateway-not-fitted", SEV_WARNING, b->compose->name,
		  _("%s runs %s like %s does: it is not changed, its workers and limit stay as they are"), other,
		  set->items[w].name, b->set->layout.services[w])
		->hint = text_aprintf(b->a, _("'--service %s=%s' fits that one instead"), set->items[w].name, other);
}

/* A stack that somebody else wrote: its compose files, and env files whose variables set owned values. */
static int build_adopted(struct building *b)
{
	int rc = load_foreign(b);

	if (rc < 0)
		return rc;
	b->set->layout = (struct owned_layout){.file = b->req->compose};
	rc = refuse_overlay(b);
	if (rc == 0)
		rc = roles_find(b->a, b->project, b->req->plan->set, b->req->answers, b->diags, &b->set->layout);
	if (rc == 0)
		rc = compose_set_parts(b);
	if (rc < 0)
		return rc;
	compose_set_style(b);
	rc = limits_settle(b);
	if (rc < 0)
		return rc;
	images_settle(b);
	b->set->owned_count = owned_values(b->a, b->req->plan, &b->set->layout, b->set->owned);
	limits_record(b);
	swarm_settle(b);
	rc = plan_parts(b);
	if (rc < 0)
		return rc;
	note_second_gateway(b);
	project_name_tell(b);
	put_env_files(b);
	put_parts(b);
	return 0;
}

/* Files that the package has another text for than when they were written: nothing moves by itself, so it is said. */
static void note_newer(const struct building *b)
{
	const struct changeset *set = b->set;
	const char *list = "";

	for (size_t i = 0; i < set->count; i++) {
		const struct file_change *f = &set->files[i];
		const struct state_file *was = f->shipped ? state_file_at(&set->state, f->path) : NULL;

		if (was && was->shipped != 0 && f->kind != CHANGE_CREATE && f->kind != CHANGE_REMOVE &&
		    !STR_EQ(f->new_text, f->shipped) && was->shipped != state_hash(f->shipped, strlen(f->shipped)))
			list = arena_printf(b->a, "%s%s%s", list, list[0] ? ", " : "", f->name);
	}
	if (!list[0])
		return;
	b->set->newer = list;
	diag_note(b->diags, "package-newer", SEV_INFO, b->req->dir,
		  _("the package has a newer %s than this stack was written with; yours stays"), list)
		->hint = text_aprintf(b->a, _("'diff -ru %s/templates %s' shows what is new; take over what you want"),
				      b->req->data_dir, b->req->dir);
}

/*
 * Compares the plan with the stack. Reads only. Returns 0, -ENOTEMPTY if the directory is somebody else's, -ENOTUNIQ if
 * it is ambiguous which service of the compose file plays which part, or another negative errno if a file cannot be
 * read or edited; errors are in diags, and ret is of no use then. Conflicts with manual edits are only counted: the
 * command decides about them.
 */
int changeset_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		    struct changeset *ret)
{
	struct building b = {.a = a, .req = req, .diags = diags, .set = ret};
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->dir = req->dir;
	ret->state = *req->state;
	ret->moved_from = req->moved_from;
	ret->moved_file = req->moved_file;
	rc = req->compose ? build_adopted(&b) : build_stack(&b);
	if (rc == 0)
		service_notes(&b);
	if (rc == 0 && !req->compose)
		note_newer(&b);
	if (rc == 0)
		rc = swap_changes_build(a, req, diags, ret);
	return rc;
}

bool changeset_open_choice(struct arena *a, const struct changeset_request *req, struct open_choice *ret)
{
	struct arena scratch = ARENA_INIT;
	struct diag_list unheard;
	struct building b = {.a = a, .req = req, .diags = &unheard, .set = arena_alloc(a, sizeof(*b.set))};
	const struct service_set *set = req->plan->set;
	bool found = false, readable;
	const char *workers;

	diag_init(&unheard, &scratch);
	readable = req->compose && load_foreign(&b) == 0;
	workers = readable ? roles_workers(a, b.project, set, req->answers) : NULL;
	for (size_t s = 0; readable && s < set->count && !found; s++) {
		struct role r = roles_candidates(a, b.project, set, s, workers);

		/* As in roles_find: optional services exist only in vpsfit's own stack. */
		found = set->items[s].optional_from == 0 && !answer_service(req->answers, set->items[s].name) &&
			r.count > 1;
		if (!found)
			continue;
		ret->service = s;
		ret->count = r.count;
		memcpy(ret->candidates, r.candidates, sizeof(ret->candidates));
	}
	diag_clear(&unheard);
	arena_clear(&scratch);
	return found;
}

static bool swap_pending(const struct changeset *c)
{
	bool pending = c->swappiness >= 0 && c->swappiness_now >= 0 && c->swappiness != c->swappiness_now;

	for (size_t i = 0; i < c->area_count; i++)
		pending |= swap_is_changed(&c->areas[i]);
	return pending;
}

bool changeset_pending(const struct changeset *c)
{
	if (c->decided > 0 || c->taken_up || c->moved_from || swap_pending(c))
		return true;
	for (size_t i = 0; i < c->count; i++)
		if (c->files[i].kind != CHANGE_NONE)
			return true;
	return false;
}

bool changeset_to_do(const struct changeset *c)
{
	return changeset_pending(c) || c->not_taken_over;
}

long changeset_kept(const struct changeset *c, size_t i)
{
	for (size_t k = 0; k < c->owned_count; k++)
		if (c->kept[k] && !STR_EQ(c->kept[k], c->owned[k].wanted) && i-- == 0)
			return (long)k;
	return -1;
}
