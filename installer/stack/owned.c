#include "stack/owned.h"

#include <string.h>

struct writer {
	struct arena *a;
	const struct plan *plan;
	struct owned_value *out;
	size_t count;
};

static struct owned_value *add(struct writer *w, const char *file, const char *path, enum owned_place place,
			       const char *word)
{
	struct owned_value *v = &w->out[w->count++];

	*v = (struct owned_value){.file = file, .path = path, .place = place, .word = word};
	v->key = arena_printf(w->a, "%s:%s%s%s", file, path, word ? "/" : "", word ? word : "");
	return v;
}

static const char *mib(struct arena *a, int64_t size)
{
	return arena_printf(a, "%lldM", (long long)size);
}

static struct owned_value *add_size(struct writer *w, enum service s, const char *below, const char *label,
				    int64_t size)
{
	const char *name = service_name(s);
	struct owned_value *v = add(w, COMPOSE_FILE, arena_printf(w->a, "services/%s/%s", name, below),
				    OWNED_SCALAR, NULL);

	v->label = arena_printf(w->a, "%s %s", name, label);
	v->wanted = mib(w->a, size);
	return v;
}

static void add_service(struct writer *w, enum service s)
{
	const struct plan_service *ps = &w->plan->services[s];
	const char *model = w->plan->model->name;
	struct owned_value *v;

	v = add_size(w, s, "deploy/resources/limits/memory", "limit", ps->limit_mib);
	v->comment = arena_printf(w->a, "hard limit; %lld MiB expected (%s)", (long long)ps->expected_mib, model);
	v = add_size(w, s, "deploy/resources/reservations/memory", "reservation", ps->reservation_mib);
	v->comment = "kept for it under pressure, as far as there is room";
	v = add_size(w, s, "memswap_limit", "memory and swap", ps->memswap_mib);
	v->comment = ps->memswap_mib == ps->limit_mib
			     ? "as the limit: no swap"
			     : arena_printf(w->a, "the limit and %lld MiB of the machine's %lld MiB of swap",
					    (long long)(ps->memswap_mib - ps->limit_mib),
					    (long long)w->plan->swap.total_mib);
}

static void add_workers(struct writer *w)
{
	const struct plan *p = w->plan;
	struct owned_value *v = add(w, COMPOSE_FILE, "services/litellm/command", OWNED_AFTER_FLAG, "--num_workers");

	v->label = "litellm workers";
	v->wanted = arena_printf(w->a, "%lld", (long long)p->workers);
	v->comment = arena_printf(w->a, "workers, %s", p->workers_why);
}

static void add_database(struct writer *w)
{
	const struct plan *p = w->plan;
	struct owned_value *v = add(w, COMPOSE_FILE, "services/postgres/command", OWNED_SETTING, "max_connections");

	v->label = "postgres connections";
	v->wanted = arena_printf(w->a, "%lld", (long long)p->max_connections);
	v->comment = arena_printf(w->a, "%lld worker%s x %lld connections + %lld", (long long)p->workers,
				  p->workers == 1 ? "" : "s", (long long)p->pool_size,
				  (long long)p->model->reserve_connections);
	v = add(w, LITELLM_FILE, "general_settings/database_connection_pool_limit", OWNED_SCALAR, NULL);
	v->label = "litellm database pool";
	v->wanted = arena_printf(w->a, "%lld", (long long)p->pool_size);
	v->comment = "connections of each worker; PostgreSQL's limits are made for them";
}

/* Lists what the plan wants to see in the stack's files. Texts are allocated from a. Returns the number. */
size_t owned_values(struct arena *a, const struct plan *p, struct owned_value out[static MAX_OWNED])
{
	struct writer w = {a, p, out, 0};

	add_workers(&w);
	for (int s = 0; s < SERVICE_COUNT; s++)
		add_service(&w, (enum service)s);
	add_database(&w);
	return w.count;
}
