/* SPDX-License-Identifier: MIT */
/*
 * The images of the stack on disk, and which of them are written. Tags come from templates/images.yaml; a stack that is
 * there keeps its own unless --images new moves them, for a newer one may migrate the data one way.
 */
#include "changes/names.h"
#include "changes/stack_images.h"

#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/container_view.h"
#include "changes/included.h"
#include "changes/stack_needs.h"
#include "changes/take_up.h"
#include "changes/worker_count.h"
#include "compose/owned.h"
#include "compose/roles.h"
#include "compose/service_runs.h"
#include "compose/stack_services.h"
#include "core/units.h"

/* The row that a service of vpsfit's own stack is written with. */
static const struct image_row *planned(const struct plan *p, size_t s)
{
	return image_find(p->images, p->set->items[s].name, p->services[s].variant);
}

/* The effective image of a service; NULL: there is none, or it is built here and its tag is somebody's own. */
static const char *image_of(struct arena *a, const struct project *p, const char *service)
{
	struct project_value image, build;

	if (!service || !project_service_value(a, p, service, "image", &image) ||
	    project_service_value(a, p, service, "build", &build))
		return NULL;
	return image.text;
}

/* The image of a service in the project as it is. */
struct stack_image images_now(const struct building *b, size_t s)
{
	const struct plan *p = b->req->plan;

	return stack_image_judge(b->a, p->images, &p->set->items[s],
				 image_of(b->a, b->project, b->set->layout.services[s]));
}

/* What an image becomes with --images new: the same kind, with the tag of today. */
static const char *moved_to(struct arena *a, const struct stack_image *is)
{
	return is->standing == IMAGE_BEHIND ? image_reference(a, is->row) : NULL;
}

/* Judges the images of all services of the layout, as they are and as they will be. */
static void look(struct arena *a, const struct project *p, const struct plan *plan, const struct owned_layout *layout,
		 const struct answers *answers, struct stack_images *ret)
{
	for (size_t s = 0; s < plan->set->count; s++) {
		const char *to;

		ret->was[s] =
			stack_image_judge(a, plan->images, &plan->set->items[s], image_of(a, p, layout->services[s]));
		to = answer_said(answers, ANSWER_IMAGES) ? moved_to(a, &ret->was[s]) : NULL;
		ret->of[s] = to ? stack_image_judge(a, plan->images, &plan->set->items[s], to) : ret->was[s];
		ret->moved |= to != NULL;
	}
}

/* The first condition of a service that does not hold in the project; NULL: all do. */
static const struct service_condition *unmet(struct building *b, const struct service *s, const char *service)
{
	const struct project_service *one = project_service(b->project, service);

	for (size_t i = 0; one && i < s->condition_count; i++) {
		const struct service_condition *c = &s->conditions[i];

		if (!stack_needs_has(b, one->node, c->in, c->wants ? c->wants : ""))
			return c;
	}
	return NULL;
}

/* "-Xmx3g" of a Java program, in its command or in any variable, such as JAVA_OPTS; 0: it is not there. */
static int64_t heap_of(struct building *b, const struct yaml_node *service)
{
	static const char flag[] = "-Xmx";
	const char *at = arena_printf(b->a, "%s\n%s", view_variables(b, service), view_command(b->a, service));
	int64_t most = 0, mib;

	while ((at = strstr(at, flag))) {
		at += strlen(flag);
		if (owned_mib(arena_strndup(b->a, at, strspn(at, "0123456789kKmMgGtT")), &mib))
			most = max_i64(most, mib);
	}
	return most;
}

/* The same for services that run a part's image without playing its part. */
static void find_conditions(struct building *b, const struct service_set *set, struct stack_images *ret)
{
	struct stack_service *all = arena_array(b->a, ret->service_count + 1, sizeof(*all));

	for (size_t i = 0; i < ret->service_count; i++) {
		const struct project_service *one = project_service(b->project, ret->services[i].name);

		all[i] = ret->services[i];
		all[i].heap_mib = one ? heap_of(b, one->node) : 0;
		if (all[i].like == NO_SERVICE)
			continue;
		if (set->items[all[i].like].part == PART_WORKERS && worker_count_none(b, all[i].like, all[i].name)) {
			const struct yaml_node *it = project_service(b->project, all[i].name)->node;

			all[i].like = NO_SERVICE;
			all[i].one_shot |= service_is_never_restarted(it);
			continue;
		}
		all[i].condition = unmet(b, &set->items[all[i].like], all[i].name);
		if (set->items[all[i].like].part == PART_WORKERS && project_service(b->project, all[i].name))
			all[i].workers = worker_count_of(b, all[i].like, all[i].name);
	}
	ret->services = all;
}

/*
 * In vpsfit's own stack, services have the names of their files, or those that somebody gave them, whether the plan
 * wants them or not.
 */
static void own_names(struct arena *a, const struct project *p, const struct service_set *set,
		      const struct state *state, struct owned_layout *layout)
{
	for (size_t s = 0; s < set->count; s++)
		layout->services[s] = set->items[s].name;
	names_follow(a, p, set, state, layout);
}

/* A failure that is not of the files: they may be read the next time. */
static bool is_machines_fault(int rc)
{
	return rc == -EIO || rc == -ENOSPC || rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE;
}

/*
 * Reads the images of the stack on disk before it is planned for. req->plan needs machine, set and images alone.
 * Changes nothing and says nothing: what is wrong with the files is told when they are compared. ret->known is false
 * if there is no stack yet, or if it cannot be read. Returns 0, or a negative errno where the machine fails: then a
 * plan would be made for another stack than is there a moment later.
 */
int stack_images_find(struct arena *a, const struct changeset_request *req, struct stack_images *ret)
{
	struct building *b = arena_alloc(a, sizeof(*b));
	struct owned_layout layout = {.own = !req->compose};
	struct diag_list unheard;
	int rc;

	*ret = (struct stack_images){.own = !req->compose};
	memset(b, 0, sizeof(*b));
	b->a = a;
	b->req = req;
	b->diags = &unheard;
	ret->fresh = !req->compose && !req->state->present && !req->cut_off &&
		     !take_up_recognised(a, req->root, req->plan->set, req->dir);
	if (ret->fresh)
		return 0;
	diag_init(&unheard, a);
	rc = compose_set_load(b, NULL);
	if (rc == 0) {
		if (!req->compose)
			own_names(a, b->project, req->plan->set, req->state, &layout);
		ret->known = !req->compose ||
			     roles_find(a, b->project, req->plan->set, req->answers, &unheard, &layout) == 0;
		ret->service_count = stack_services(a, b->project, req->plan->set, &layout, &ret->services);
		ret->service_count = included_services(b, ret->services, ret->service_count, &ret->services);
	}
	if (ret->known && !req->compose)
		ret->database_elsewhere = database_is_elsewhere(b, &layout);
	if (ret->known)
		look(a, b->project, req->plan, &layout, req->answers, ret);
	for (size_t s = 0; ret->known && req->compose && s < req->plan->set->count; s++)
		if (layout.services[s])
			ret->condition[s] = unmet(b, &req->plan->set->items[s], layout.services[s]);
	if (req->compose)
		find_conditions(b, req->plan->set, ret);
	if (ret->known && req->compose) {
		stack_needs_find(b, &layout, ret);
		gateway_reach(b, &layout, ret);
	}
	diag_clear(&unheard);
	return is_machines_fault(rc) ? rc : 0;
}

/* Did somebody put another tag there than this or an earlier version of vpsfit? */
static bool is_theirs(const struct stack_image *is)
{
	for (size_t i = 0; i < is->row->earlier_count; i++)
		if (STR_EQ(is->row->earlier[i], is->tag))
			return false;
	return true;
}

/* Fills in the layout's images: those of today for a new stack, with --images new those that are older than that. */
void images_settle(struct building *b)
{
	const struct plan *p = b->req->plan;
	struct owned_layout *l = &b->set->layout;
	struct stack_images stack = {.known = true};
	bool fresh = b->part_count > 0 && b->parts[0].fresh;

	look(b->a, b->project, p, l, b->req->answers, &stack);
	for (size_t s = 0; s < p->set->count; s++) {
		const char *to =
			fresh || !answer_said(b->req->answers, ANSWER_IMAGES) ? NULL : moved_to(b->a, &stack.was[s]);

		if (fresh && planned(p, s))
			to = image_reference(b->a, planned(p, s));
		l->images[s] = to;
		l->their_images[s] = to && !fresh && l->own && is_theirs(&stack.was[s]);
	}
}
