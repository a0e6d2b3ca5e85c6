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

	s->changes.not_taken_over = s->changes.running_over = NULL;
	for (size_t i = 0; s->stack.known && !s->stack.fresh && i < m->containers.count; i++) {
		const struct stack_service *is = service_of(s, &m->containers.items[i]);

		if (is)
			compare(s, &m->containers.items[i], is, &out);
	}
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
