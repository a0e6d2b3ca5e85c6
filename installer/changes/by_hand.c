/* SPDX-License-Identifier: MIT */
#include "changes/by_hand.h"

#include "changes/container_view.h"
#include "compose/edit.h"
#include "core/i18n.h"

/* The service that plays the s-th part; NULL: none does. */
static const struct project_service *player(const struct building *b, size_t s)
{
	const char *name = s == NO_SERVICE ? NULL : b->set->layout.services[s];

	return name ? project_service(b->project, name) : NULL;
}

const struct project_file *by_hand_file(const struct building *b, size_t s)
{
	const struct project_service *one = player(b, s);

	return one ? one->included : NULL;
}

const struct yaml_doc *by_hand_doc(const struct building *b, const struct owned_value *v)
{
	const struct project_file *file = by_hand_file(b, v->service);

	return file ? file->doc : NULL;
}

/* Is it how many connections the database allows? */
bool by_hand_is_connections(const struct building *b, const struct edit *e)
{
	return e->owned->place == OWNED_WORD && e->owned->service == service_by_part(b->req->plan->set, PART_DATABASE);
}

/* Would a command that says the setting leave out what the image's own one says? */
static bool knows_start(const struct building *b, const struct edit *e)
{
	const struct project_service *one = player(b, e->owned->service);

	return !one || view_knows_start(b->a, &b->req->plan->set->items[e->owned->service], one->node);
}

/* A setting for the configuration that an image brings, wherever that lies. */
static void add_setting(const struct building *b, const struct file_change *f, const struct edit *e)
{
	const struct project_file *in = by_hand_file(b, e->owned->service);

	b->set->manual[b->set->manual_count++] = (struct manual_change){
		in ? in->path : f->path,
		e->owned->label,
		_("its image starts it with a configuration of its own, which a command here would leave out: it belongs "
		  "there"),
		arena_printf(b->a, "%s = %s", e->owned->word, e->owned->wanted),
		true,
		false};
}

/* Adds what a person should write in place of an edit that cannot be made; nothing where it is as wanted. */
void by_hand_add(const struct building *b, const struct yaml_doc *doc, const struct file_change *f,
		 const struct edit *e)
{
	const struct project_file *in = by_hand_file(b, e->owned->service);

	if (e->place.kind == PLACE_NOWHERE ||
	    (e->current ? owned_same(e->owned, e->current) : e->owned->missing == MISSING_FINE))
		return;
	if (by_hand_is_connections(b, e) && !e->current && !knows_start(b, e)) {
		add_setting(b, f, e);
		return;
	}
	if (by_hand_is_connections(b, e) && !e->current &&
	    !view_takes_command(b, b->set->layout.services[e->owned->service]))
		return;
	b->set->manual[b->set->manual_count++] = (struct manual_change){
		in ? in->path : f->path,
		e->owned->label,
		e->place.kind == PLACE_MANUAL ? e->place.why : _("it is not there"),
		edit_by_hand(b->a, in ? in->doc : doc, e, yaml_path(b->project->doc->root, e->place.path)),
		by_hand_is_connections(b, e),
		e->owned->place == OWNED_WORKERS};
}
