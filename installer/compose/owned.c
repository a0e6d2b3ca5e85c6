/* SPDX-License-Identifier: MIT */
#include "compose/owned.h"

#include <string.h>

#include "core/i18n.h"
#include "core/units.h"

/* In vpsfit's own stack, services have the names of their files. */
struct owned_layout owned_layout_own(const struct plan *p)
{
	struct owned_layout own = {.file = COMPOSE_FILE, .own = true};

	for (size_t s = 0; s < p->set->count; s++)
		own.services[s] = p->services[s].in ? p->set->items[s].name : NULL;
	return own;
}

struct writer {
	struct arena *a;
	const struct plan *plan;
	const struct owned_layout *layout;
	struct owned_value *out;
	size_t count;
};

/* The path with the name that the service has in the package: a key does not change with what somebody calls it. */
static const char *key_path(const struct writer *w, const char *path)
{
	static const char services[] = "services/";
	const char *name = path + strlen(services);

	if (!w->layout->own || strncmp(path, services, strlen(services)) != 0)
		return path;
	for (size_t s = 0; s < w->plan->set->count; s++) {
		const char *is = w->layout->services[s];
		size_t n = is ? strlen(is) : 0;

		if (n > 0 && strncmp(name, is, n) == 0 && (name[n] == '/' || name[n] == '\0'))
			return arena_printf(w->a, "%s%s%s", services, w->plan->set->items[s].name, name + n);
	}
	return path;
}

/* Never full: read_service checks that the values of all services fit. */
static struct owned_value *add(struct writer *w, const char *file, const char *path, enum owned_place place,
			       const char *word)
{
	struct owned_value *v = &w->out[w->count < MAX_OWNED - 1 ? w->count++ : MAX_OWNED - 1];

	*v = (struct owned_value){.file = file, .path = path, .place = place, .word = word, .service = NO_SERVICE};
	/* vpsfit's own compose file may have another of Compose's names; its keys must not change. */
	v->key = arena_printf(w->a, "%s:%s%s%s", w->layout->own && file == w->layout->file ? COMPOSE_FILE : file,
			      key_path(w, path), word ? "/" : "", word ? word : "");
	return v;
}

/* Binary units; a percentage of a limit is written in bytes, of whole MiB. */
void owned_set_mib(struct arena *a, struct owned_value *v, int64_t mib, const char *why)
{
	v->mib = mib;
	v->comment = why;
	if (v->percent > 0)
		v->wanted = arena_printf(a, "%lld", (long long)(mib * v->percent / 100) * 1024 * 1024);
	else
		v->wanted = arena_printf(a, "%lldM", (long long)mib);
}

const char *owned_reason(enum size_reason reason)
{
	static const char *const texts[] = {
		[SIZE_AS_PLANNED] = "",
		[SIZE_AS_TWIN] = "as mem_limit, which is kept as it is",
		[SIZE_AS_MEMSWAP] = "as memory and swap, which is kept as it is",
		[SIZE_AS_RESERVATION] = "as the reservation, which is kept as it is",
		[SIZE_AS_LIMIT] = "as the limit, which is kept as it is",
		[SIZE_LIMIT_AND_SWAP] = "the limit, and the planned share of swap",
		[SIZE_REPEATED] = "as below deploy",
		[SIZE_LEFT] = "",
		[SIZE_BY_HAND] = "",
	};

	ALL_NAMED(texts, SIZE_REASONS);
	return texts[reason];
}

static const char *below(const struct writer *w, size_t s, const char *path)
{
	return arena_printf(w->a, "services/%s%s%s", w->layout->services[s], path[0] ? "/" : "", path);
}

static const char *label(const struct writer *w, size_t s, const char *what)
{
	return arena_printf(w->a, "%s %s", w->plan->set->items[s].name, what);
}

static struct owned_value *add_size(struct writer *w, size_t s, enum size_kind which, const char *path,
				    const char *what, int64_t mib, const char *comment)
{
	struct owned_value *v = add(w, w->layout->file, below(w, s, path), OWNED_SCALAR, NULL);

	v->label = label(w, s, _(what));
	v->size = which;
	v->service = s;
	owned_set_mib(w->a, v, mib, comment);
	return v;
}

static void add_sizes(struct writer *w, size_t s)
{
	const struct plan_service *ps = &w->plan->services[s];
	bool old_limit = w->layout->old_limit[s], old_reservation = w->layout->old_reservation[s];

	add_size(w, s, SIZE_LIMIT, old_limit ? "mem_limit" : "deploy/resources/limits/memory", N_("limit"),
		 ps->wanted.limit_mib,
		 arena_printf(w->a, "hard limit; %lld MiB expected (%s)", (long long)ps->model_mib,
			      w->plan->model->name));
	add_size(w, s, SIZE_RESERVATION, old_reservation ? "mem_reservation" : "deploy/resources/reservations/memory",
		 N_("reservation"), ps->wanted.reservation_mib, "kept for it under pressure, as far as there is room");
	add_size(w, s, SIZE_MEMSWAP, "memswap_limit", N_("memory and swap"), ps->wanted.memswap_mib,
		 ps->wanted.memswap_mib == ps->wanted.limit_mib
			 ? "as the limit: no swap"
			 : arena_printf(w->a, "the limit and %lld MiB of the machine's %lld MiB of swap",
					(long long)(ps->wanted.memswap_mib - ps->wanted.limit_mib),
					(long long)w->plan->swap.total_mib));
}

static void add_again(struct writer *w, size_t s)
{
	const struct plan_service *ps = &w->plan->services[s];

	add_size(w, s, SIZE_LIMIT_AGAIN, "mem_limit", N_("limit, in mem_limit"), ps->wanted.limit_mib,
		 "as below deploy")
		->missing = MISSING_FINE;
	add_size(w, s, SIZE_RESERVATION_AGAIN, "mem_reservation", N_("reservation, in mem_reservation"),
		 ps->wanted.reservation_mib, "as below deploy")
		->missing = MISSING_FINE;
}

static void number(const struct writer *w, struct owned_value *v, int64_t n)
{
	v->wanted = arena_printf(w->a, "%lld", (long long)n);
}

static void of_workers(struct writer *w, size_t s, const struct service_owned *o, struct owned_value *v)
{
	(void)o;
	v->label = label(w, s, _("workers"));
	number(w, v, w->plan->wanted_workers);
	v->comment = arena_printf(w->a, "workers, %s", w->plan->workers_comment);
}

static void of_connections(struct writer *w, size_t s, const struct service_owned *o, struct owned_value *v)
{
	const struct plan *p = w->plan;
	int64_t theirs = p->gateways * p->workers * p->pool_size;
	const char *times = p->gateways > 1 ? arena_printf(w->a, "%lld x ", (long long)p->gateways) : "";

	(void)o;
	v->label = label(w, s, _("connections"));
	number(w, v, p->max_connections);
	v->comment = arena_printf(w->a, "%s%lld worker%s x %lld connections + %lld", times, (long long)p->workers,
				  p->workers == 1 ? "" : "s", (long long)p->pool_size,
				  (long long)(p->max_connections - theirs));
}

static void of_pool(struct writer *w, size_t s, const struct service_owned *o, struct owned_value *v)
{
	(void)o;
	v->label = label(w, s, _("database pool"));
	number(w, v, w->plan->pool_size);
	v->comment = "connections of each worker; PostgreSQL's limits are made for them";
}

static void of_limit(struct writer *w, size_t s, const struct service_owned *o, struct owned_value *v)
{
	v->label = label(w, s, o->word ? o->word : o->below);
	v->percent = o->percent;
	owned_set_mib(w->a, v, w->plan->services[s].wanted.limit_mib,
		      arena_printf(w->a, "bytes, %lld %% of its limit", (long long)o->percent));
}

static void of_text(struct writer *w, size_t s, const struct service_owned *o, struct owned_value *v)
{
	v->label = label(w, s, o->word ? o->word : o->below);
	v->wanted = o->text;
	v->comment = "as vpsfit's stack has it";
}

static void (*const makers[])(struct writer *, size_t, const struct service_owned *, struct owned_value *) = {
	[VALUE_WORKERS] = of_workers, [VALUE_CONNECTIONS] = of_connections,
	[VALUE_POOL] = of_pool,	      [VALUE_LIMIT] = of_limit,
	[VALUE_TEXT] = of_text,
};

_Static_assert(ARRAY_SIZE(makers) == VALUE_COUNT, "a kind of value has nobody who makes it");

/* If the program's default suffices, nothing is missing. */
static enum owned_missing missing_of(const struct plan *p, const struct service_owned *o, const struct owned_value *v)
{
	static const enum owned_missing as[] = {[ADD_IT] = MISSING_INSERT,
						[TELL_IT] = MISSING_MANUAL,
						[LEAVE_IT] = MISSING_FINE,
						[ADD_UNTOUCHED] = MISSING_UNTOUCHED};
	/* Another file of somebody else's database may say more, or less. */
	int64_t usual = o->value == VALUE_CONNECTIONS && p->connections_said > 0 ? p->connections_said : o->usual;
	uint64_t n;

	if (o->value == VALUE_CONNECTIONS && p->connections_unclear)
		return as[o->missing];
	if (usual > 0 && parse_uint(v->wanted, INT64_MAX, &n) && (int64_t)n <= usual)
		return MISSING_FINE;
	return as[o->missing];
}

static void add_value(struct writer *w, size_t s, const struct service_owned *o)
{
	const char *path = o->file ? o->below : below(w, s, o->below ? o->below : "");
	enum owned_place place = o->value == VALUE_WORKERS ? OWNED_WORKERS : o->word ? OWNED_WORD : OWNED_SCALAR;
	struct owned_value *v = add(w, o->file ? o->file : w->layout->file, path, place, o->word);

	v->service = s;
	makers[o->value](w, s, o, v);
	v->missing = missing_of(w->plan, o, v);
	v->at_least = o->keep_larger && !w->layout->own;
	v->may_be_theirs = o->missing == ADD_UNTOUCHED;
}

static void add_image_at(struct writer *w, size_t s, const char *path, const char *what)
{
	struct owned_value *v = add(w, w->layout->file, path, OWNED_SCALAR, NULL);

	v->service = s;
	v->label = what;
	v->wanted = w->layout->images[s];
	v->comment = "moved by 'vpsfit apply --images new' alone";
	v->missing = MISSING_FINE;
	v->image = true;
	v->may_be_theirs = w->layout->their_images[s];
}

/* Only where an image is to be written: at all other times it belongs to whoever pinned it. */
static void add_image(struct writer *w, size_t s)
{
	const struct service *one = &w->plan->set->items[s];

	add_image_at(w, s, below(w, s, "image"), label(w, s, _("image")));
	for (size_t i = 0; w->layout->own && i < one->helper_count; i++)
		add_image_at(w, s, arena_printf(w->a, "services/%s/image", one->helpers[i]),
			     arena_printf(w->a, "%s %s", one->helpers[i], _("image")));
}

/* Values in other files exist in vpsfit's own stack alone. */
static void add_values(struct writer *w, bool of_the_workers)
{
	for (size_t s = 0; s < w->plan->set->count; s++) {
		const struct service *one = &w->plan->set->items[s];

		for (size_t i = 0; w->layout->services[s] && i < one->owned_count; i++)
			if ((one->owned[i].value == VALUE_WORKERS) == of_the_workers &&
			    (w->layout->own || !one->owned[i].file))
				add_value(w, s, &one->owned[i]);
	}
}

static void add_all_sizes(struct writer *w)
{
	for (size_t s = 0; s < w->plan->set->count; s++)
		if (w->layout->services[s] && !w->plan->services[s].open)
			add_sizes(w, s);
	for (size_t s = 0; s < w->plan->set->count; s++)
		if (w->layout->services[s] && w->layout->both_styles[s] && !w->plan->services[s].open)
			add_again(w, s);
}

size_t owned_sizes(struct arena *a, const struct plan *p, const struct owned_layout *layout,
		   struct owned_value out[static MAX_OWNED])
{
	struct writer w = {a, p, layout, out, 0};

	add_all_sizes(&w);
	return w.count;
}

/* Lists all values that the plan wants in the stack's files. Texts are allocated from a. Returns their number. */
size_t owned_values(struct arena *a, const struct plan *p, const struct owned_layout *layout,
		    struct owned_value out[static MAX_OWNED])
{
	struct writer w = {a, p, layout, out, 0};

	add_values(&w, true);
	for (size_t s = 0; s < p->set->count; s++)
		if (layout->services[s] && layout->images[s])
			add_image(&w, s);
	if (!layout->unlimited)
		add_all_sizes(&w);
	add_values(&w, false);
	return w.count;
}

const char *owned_variable(const struct owned_value *v)
{
	return v->variable ? v->variable : WORKERS_VARIABLE;
}

/* A whole number as YAML also writes it: "10_000_000_000", "0x100000000"; its bytes. False: it is not written so. */
static bool yaml_number(const char *text, uint64_t *ret)
{
	char plain[32];
	size_t n = 0;

	if (!strchr("0123456789", text[0]) || !strpbrk(text, "_xX"))
		return false;
	for (; *text && n + 1 < sizeof(plain); text++)
		if (*text != '_')
			plain[n++] = *text;
	plain[n] = '\0';
	if (*text)
		return false;
	return plain[0] == '0' && (plain[1] | 0x20) == 'x' ? parse_hex(plain + 2, INT64_MAX, ret)
							   : parse_uint(plain, INT64_MAX, ret);
}

/*
 * Binary units, bytes if there is none (compose-spec, "byte value"); blanks before the unit and decimals as go-units'
 * RAMInBytes and docker-compose 1.29 take them.
 */
bool owned_mib(const char *text, int64_t *ret)
{
	uint64_t bytes;

	if (text[0] && yaml_number(text, &bytes)) {
		*ret = min_i64((int64_t)(bytes >> 20), UNITS_MAX_MIB);
		return true;
	}
	return parse_size_mib(text, false, ret);
}

bool owned_same(const struct owned_value *v, const char *x)
{
	int64_t is, wanted;
	uint64_t number, least;

	if (STR_EQ(x, v->wanted))
		return true;
	if (v->size != SIZE_NONE)
		return owned_mib(x, &is) && owned_mib(v->wanted, &wanted) && is == wanted;
	return v->at_least && parse_uint(x, INT64_MAX, &number) && parse_uint(v->wanted, INT64_MAX, &least) &&
	       number >= least;
}
