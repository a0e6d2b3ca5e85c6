/* SPDX-License-Identifier: MIT */
/* The stack's containers against its files. */
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "session/running.h"

static const struct stack_service *service_of(const struct session *s, const struct machine_container *c)
{
	for (size_t i = 0; c->ours && c->service && i < s->stack.service_count; i++)
		if (STR_EQ(s->stack.services[i].name, c->service) && s->stack.services[i].part != NO_SERVICE)
			return &s->stack.services[i];
	return NULL;
}

static bool is_going(const struct session *s, const char *service)
{
	for (size_t i = 0; i < s->changes.taken_out_count; i++)
		if (STR_EQ(s->changes.taken_out[i], service))
			return true;
	return false;
}

static bool is_in_files(const struct session *s, const char *service)
{
	for (size_t i = 0; i < s->stack.service_count; i++)
		if (STR_EQ(s->stack.services[i].name, service))
			return true;
	return false;
}

/*
 * A container of the stack's own whose service was renamed or taken out. Others under the project's name may belong to
 * files that somebody starts with -f: only those that run what vpsfit's services run count.
 */
static bool is_orphan(const struct session *s, const struct machine_container *c)
{
	const struct service_set *set = &s->catalog.services;

	if (!c->ours || !c->service || s->compose || (is_in_files(s, c->service) && !is_going(s, c->service)))
		return false;
	if (service_find(set, c->service) != NO_SERVICE)
		return true;
	for (size_t i = 0; c->image && i < set->count; i++)
		if (service_has_image(&set->items[i], c->image))
			return true;
	return false;
}

static const char *add_name(struct session *s, const char *list, const char *name)
{
	return list ? arena_printf(&s->arena, "%s, %s", list, name) : name;
}

static bool runs(const struct session *s, const char *service)
{
	for (size_t i = 0; i < s->machine.containers.count; i++) {
		const struct machine_container *c = &s->machine.containers.items[i];

		/* One that cannot be told may be any. */
		if (c->ours && (!c->service || STR_EQ(c->service, service)))
			return true;
	}
	return false;
}

/* Services that are to run all the time and do not, though something of the stack does. */
static void find_not_running(struct session *s)
{
	bool any = false;

	s->changes.not_running = NULL;
	for (size_t i = 0; i < s->machine.containers.count; i++)
		any |= s->machine.containers.items[i].ours;
	for (size_t i = 0; any && i < s->stack.service_count; i++) {
		const struct stack_service *is = &s->stack.services[i];

		if (is->active && is->copies > 0 && !is->one_shot && !is_going(s, is->name) && !runs(s, is->name))
			s->changes.not_running = add_name(s, s->changes.not_running, is->name);
	}
}

/* Returns those of services that the files do not have now; NULL: none. */
static const char *find_orphans(struct session *s)
{
	const char *gone = NULL;

	s->changes.orphans = NULL;
	for (size_t i = 0; i < s->machine.containers.count; i++) {
		const char *service = s->machine.containers.items[i].service;

		if (!is_orphan(s, &s->machine.containers.items[i]))
			continue;
		s->changes.orphans = add_name(s, s->changes.orphans, service);
		if (!is_in_files(s, service))
			gone = add_name(s, gone, service);
	}
	return gone;
}

static const char *mib_or_none(struct session *s, int64_t mib)
{
	return mib > 0 ? arena_printf(&s->arena, "%lld MiB", (long long)mib) : _("no limit");
}

static void compare(struct session *s, const struct machine_container *c, const struct stack_service *is,
		    struct strbuf *out)
{
	const bool workers = s->catalog.services.items[is->part].part == PART_WORKERS;
	const int64_t now = s->changes.workers_now;

	/* An engine that cannot enforce a limit drops it, and starting anew would not help. */
	const bool dropped = c->limit_mib == 0 && s->machine.engine.limits == ENFORCED_NO;

	if (c->limit_known && !dropped && c->limit_mib != is->limit_mib)
		text_printf(out, "%s%s", out->len ? "; " : "",
			    text_aprintf(&s->arena, _("%s runs with %s, the file says %s"), c->service,
					 mib_or_none(s, c->limit_mib), mib_or_none(s, is->limit_mib)));
	if (workers && c->workers > 0 && now > 0 && c->workers != now)
		text_printf(out, "%s%s", out->len ? "; " : "",
			    text_aprintf(&s->arena,
					 Q_("%s runs %lld worker, the file says %lld",
					    "%s runs %lld workers, the file says %lld", c->workers),
					 c->service, (long long)c->workers, (long long)now));
}

static bool holds_more_than_planned(const struct session *s)
{
	return fact_or_zero(&s->machine.ram.gateway) > s->plan.totals.containers_mib + s->plan.totals.optional_mib;
}

/* The container of the stack that holds most. */
static const char *largest(const struct session *s)
{
	const struct machine_containers *all = &s->machine.containers;
	const struct machine_container *most = NULL;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].ours && (!most || fact_or_zero(&all->items[i].use) > fact_or_zero(&most->use)))
			most = &all->items[i];
	return most ? most->name : "";
}

/*
 * Fills in what the changes say of running containers: limits and counts are written, and a container keeps those that
 * it was started with until it is made anew. Needs the comparison.
 */
void session_look_at_running(struct session *s)
{
	const struct machine *m = &s->machine;
	const int64_t system = s->plan.totals.system_mib, all = fact_or_zero(&m->ram.containers);
	struct strbuf out = STRBUF_INIT;
	const char *gone = NULL;

	s->changes.not_taken_over = s->changes.running_over = NULL;
	for (size_t i = 0; s->stack.known && !s->stack.fresh && i < m->containers.count; i++) {
		const struct stack_service *is = service_of(s, &m->containers.items[i]);

		if (is)
			compare(s, &m->containers.items[i], is, &out);
	}
	if (s->stack.known && !s->stack.fresh) {
		gone = find_orphans(s);
		find_not_running(s);
	}
	if (gone)
		text_printf(&out, "%s%s", out.len ? "; " : "",
			    text_aprintf(&s->arena, _("%s runs and is not in the file any more"), gone));
	if (out.len > 0)
		s->changes.not_taken_over = arena_strdup(&s->arena, strbuf_text(&out));
	if (all + system > s->plan.ram_mib && (out.len > 0 || holds_more_than_planned(s)))
		s->changes.running_over = text_aprintf(
			&s->arena,
			_("containers hold %lld MiB now and the system needs %lld: that is more than the %lld MiB of RAM; "
			  "%s holds most, stop it before anything else is started"),
			(long long)all, (long long)system, (long long)s->plan.ram_mib, largest(s));
	strbuf_clear(&out);
}

static bool runs_part(const struct session *s, enum service_part part)
{
	for (size_t i = 0; i < s->machine.containers.count; i++) {
		const struct stack_service *one = service_of(s, &s->machine.containers.items[i]);

		if (one && one->part == service_by_part(&s->catalog.services, part))
			return true;
	}
	return false;
}

const char *session_database_gone(struct session *s)
{
	const size_t database = service_by_part(&s->catalog.services, PART_DATABASE);

	for (size_t i = 0; i < s->stack.service_count; i++) {
		const struct stack_service *one = &s->stack.services[i];

		if (one->part == database && database != NO_SERVICE && one->active && one->copies > 0)
			return runs_part(s, PART_WORKERS) && !runs_part(s, PART_DATABASE)
				       ? text_aprintf(
						 &s->arena,
						 _("%s does not run, though the gateway before it does: nobody can sign in "
						   "and nothing is recorded, whatever the gateway's health check says"),
						 one->name)
				       : NULL;
	}
	return NULL;
}
