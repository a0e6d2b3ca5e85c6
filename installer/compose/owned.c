#include "compose/owned.h"

#include <string.h>

#include "core/i18n.h"
#include "core/units.h"

/* PostgreSQL's own max_connections where nothing says otherwise. */
#define DEFAULT_CONNECTIONS 100

/* A stack that vpsfit writes calls each service by its name. */
struct owned_layout owned_layout_own(const struct service_set *set)
{
	struct owned_layout own = {.file = COMPOSE_FILE, .own = true};

	for (size_t s = 0; s < set->count; s++)
		own.services[s] = set->items[s].name;
	return own;
}

struct writer {
	struct arena *a;
	const struct plan *plan;
	const struct owned_layout *layout;
	struct owned_value *out;
	size_t count;
};

static struct owned_value *add(struct writer *w, const char *file, const char *path, enum owned_place place,
			       const char *word)
{
	struct owned_value *v = &w->out[w->count++];

	*v = (struct owned_value){.file = file, .path = path, .place = place, .word = word};
	/* The key stays what it is where somebody gives vpsfit's own file another of Compose's names. */
	v->key = arena_printf(w->a, "%s:%s%s%s",
			      w->layout->own && file == w->layout->file ? COMPOSE_FILE : file, path,
			      word ? "/" : "", word ? word : "");
	return v;
}

const char *owned_size_text(struct arena *a, int64_t mib)
{
	return arena_printf(a, "%lldM", (long long)mib);
}

static const char *below(const struct writer *w, size_t s, const char *path)
{
	return arena_printf(w->a, "services/%s%s%s", w->layout->services[s], path[0] ? "/" : "", path);
}

static struct owned_value *add_size(struct writer *w, size_t s, enum owned_size which, const char *path,
				    const char *label, int64_t size)
{
	const char *name = w->plan->set->items[s].name;
	struct owned_value *v = add(w, w->layout->file, below(w, s, path), OWNED_SCALAR, NULL);

	v->label = arena_printf(w->a, "%s %s", name, _(label));
	v->wanted = owned_size_text(w->a, size);
	v->size = which;
	v->service = s;
	return v;
}

static void add_service(struct writer *w, size_t s)
{
	const struct plan_service *ps = &w->plan->services[s];
	const char *model = w->plan->model->name;
	bool old = w->layout->old_style[s];
	struct owned_value *v;

	v = add_size(w, s, OWNED_LIMIT, old ? "mem_limit" : "deploy/resources/limits/memory", N_("limit"),
		     ps->limit_mib);
	v->comment = arena_printf(w->a, "hard limit; %lld MiB expected (%s)", (long long)ps->expected_mib, model);
	v = add_size(w, s, OWNED_RESERVATION, old ? "mem_reservation" : "deploy/resources/reservations/memory",
		     N_("reservation"), ps->reservation_mib);
	v->comment = "kept for it under pressure, as far as there is room";
	v = add_size(w, s, OWNED_MEMSWAP, "memswap_limit", N_("memory and swap"), ps->memswap_mib);
	v->comment = ps->memswap_mib == ps->limit_mib
			     ? "as the limit: no swap"
			     : arena_printf(w->a, "the limit and %lld MiB of the machine's %lld MiB of swap",
					    (long long)(ps->memswap_mib - ps->limit_mib),
					    (long long)w->plan->swap.total_mib);
}

static void add_again(struct writer *w, size_t s)
{
	const struct plan_service *ps = &w->plan->services[s];
	struct owned_value *v =
		add_size(w, s, OWNED_LIMIT_AGAIN, "mem_limit", N_("limit, in mem_limit"), ps->limit_mib);

	v->missing = MISSING_FINE;
	v->comment = "as below deploy";
	v = add_size(w, s, OWNED_RESERVATION_AGAIN, "mem_reservation", N_("reservation, in mem_reservation"),
		     ps->reservation_mib);
	v->missing = MISSING_FINE;
	v->comment = "as below deploy";
}

static void add_workers(struct writer *w, size_t s)
{
	const struct plan *p = w->plan;
	struct owned_value *v = add(w, w->layout->file, below(w, s, ""), OWNED_WORKERS, "--num_workers");

	v->missing = p->workers == 1 ? MISSING_FINE : MISSING_INSERT;
	v->label = _("litellm workers");
	v->wanted = arena_printf(w->a, "%lld", (long long)p->workers);
	v->comment = arena_printf(w->a, "workers, %s", p->workers_comment);
}

static void add_database(struct writer *w, size_t s)
{
	const struct plan *p = w->plan;
	struct owned_value *v =
		add(w, w->layout->file, below(w, s, "command"), OWNED_WORD, "max_connections");

	v->missing = p->max_connections <= DEFAULT_CONNECTIONS ? MISSING_FINE : MISSING_MANUAL;
	/* In somebody else's stack the pool is not known: their larger number has its reason. */
	v->at_least = !w->layout->own;
	v->label = _("postgres connections");
	v->wanted = arena_printf(w->a, "%lld", (long long)p->max_connections);
	v->comment = arena_printf(w->a, "%lld worker%s x %lld connections + %lld", (long long)p->workers,
				  p->workers == 1 ? "" : "s", (long long)p->pool_size,
				  (long long)p->model->reserve_connections);
}

/* A config.yaml that somebody made their own may well lack it. */
static void add_pool(struct writer *w)
{
	const struct plan *p = w->plan;
	struct owned_value *v =
		add(w, LITELLM_FILE, "general_settings/database_connection_pool_limit", OWNED_SCALAR, NULL);

	v->missing = MISSING_FINE;
	v->label = _("litellm database pool");
	v->wanted = arena_printf(w->a, "%lld", (long long)p->pool_size);
	v->comment = "connections of each worker; PostgreSQL's limits are made for them";
}

/* Lists what the plan wants to see in the stack's files. Texts are allocated from a. Returns the number. */
size_t owned_values(struct arena *a, const struct plan *p, const struct owned_layout *layout,
		    struct owned_value out[static MAX_OWNED])
{
	struct writer w = {a, p, layout, out, 0};
	size_t workers = service_by_part(p->set, PART_WORKERS), database = service_by_part(p->set, PART_DATABASE);

	if (workers != NO_SERVICE && layout->services[workers])
		add_workers(&w, workers);
	for (size_t s = 0; s < p->set->count; s++)
		if (layout->services[s])
			add_service(&w, s);
	for (size_t s = 0; s < p->set->count; s++)
		if (layout->services[s] && layout->both_styles[s])
			add_again(&w, s);
	if (database != NO_SERVICE && layout->services[database])
		add_database(&w, database);
	if (layout->own)
		add_pool(&w);
	return w.count;
}

/* Units are binary, a number alone counts bytes (compose-spec, "byte value"). */
bool owned_mib(const char *text, int64_t *ret)
{
	return parse_size_mib(text, false, ret);
}

bool owned_same(const struct owned_value *v, const char *x)
{
	int64_t is, wanted;
	uint64_t number, least;

	if (STR_EQ(x, v->wanted))
		return true;
	if (v->size != OWNED_NO_SIZE)
		return owned_mib(x, &is) && owned_mib(v->wanted, &wanted) && is == wanted;
	return v->at_least && parse_uint(x, INT64_MAX, &number) && parse_uint(v->wanted, INT64_MAX, &least) &&
	       number >= least;
}
