/* SPDX-License-Identifier: MIT */
#include "compose/roles.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/shell.h"
#include "core/strbuf.h"
#include "compose/place.h"
#include "compose/service_runs.h"

/* The text without "${...}". */
static const char *without_variables(struct arena *a, const char *text)
{
	struct strbuf out = STRBUF_INIT;
	const char *result;

	while (*text) {
		const char *end = text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;

		if (!end)
			strbuf_putc(&out, *text++);
		else
			text = end + 1;
	}
	result = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return result;
}

/* "registry:5000/owner/name:tag@digest" -> "name"; "" if the name is a variable. */
static const char *image_name(struct arena *a, const char *image)
{
	const char *plain = strstr(image, "${") ? without_variables(a, image) : image;
	const char *slash = memrchr(plain, '/', strcspn(plain, "@")), *last = slash ? slash + 1 : plain;

	return arena_strndup(a, last, strcspn(last, ":@"));
}

/* How well a name matches a service. */
enum likeness { UNLIKE, ALIKE, EXACTLY };

#define BETWEEN_WORDS "-_."

static bool is_word(const char *const *words, size_t count, const char *word, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == len && strncmp(words[i], word, len) == 0)
			return true;
	return false;
}

/*
 * Exporters, admin pages and the like carry the name of what they serve, but are not it. A word that begins with one
 * of the first list, or is one of the second, says so.
 */
static bool is_companion(const char *word, size_t len)
{
	static const char *const begins[] = {"migrat", "init", "backup", "export", "monitor", "prometheus", "spend"};
	static const char *const words[] = {"admin",  "manager",   "bouncer", "mcp",   "meta",	    "cache", "config",
					    "docs",   "dashboard", "client",  "cli",   "operator",  "sync",  "helm",
					    "acme",   "companion", "test",    "tests", "ui",	    "setup", "seed",
					    "seeder", "cron",	   "tools",   "tool",  "pipelines", "logs",  "upgrade"};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(word, begins[i], strlen(begins[i])) == 0 && len >= strlen(begins[i]))
			return true;
	return is_word(words, ARRAY_SIZE(words), word, len);
}

/* A service that is looked for, among all that vpsfit knows. */
struct sought {
	const struct service_set *set;
	const struct service *s;
};

static bool is_image_of(const struct service *s, const char *word, size_t len)
{
	return is_word(s->images, s->image_count, word, len);
}

/* Is the word the image of another service, and not of this one? */
static bool is_another(const struct sought *x, const char *word, size_t len)
{
	for (size_t i = 0; i < x->set->count; i++)
		if (is_image_of(&x->set->items[i], word, len))
			return true;
	return false;
}

/* Does one of the words say that it is something beside s? A word that names s itself does not. */
static bool is_beside(const char *words, const struct sought *x)
{
	for (size_t n; *words; words += n + (words[n] != '\0')) {
		n = strcspn(words, BETWEEN_WORDS);
		if (!is_image_of(x->s, words, n) && (is_companion(words, n) || is_another(x, words, n)))
			return true;
	}
	return false;
}

/* Matches an image name, or one that starts with it as a whole word: "postgres-16" is postgres, "postgrest" is not. */
static enum likeness likeness(const char *name, const struct sought *x)
{
	const struct service *s = x->s;
	enum likeness best = UNLIKE;

	for (size_t i = 0; i < s->image_count; i++) {
		size_t n = strlen(s->images[i]);

		if (strncmp(name, s->images[i], n) != 0)
			continue;
		if (name[n] == '\0')
			return EXACTLY;
		if (strchr(BETWEEN_WORDS, name[n]) && !is_beside(name + n + 1, x))
			best = ALIKE;
	}
	return best;
}

/* As likeness, for the name that a person gave a service: "litellm-db" is its database. */
static enum likeness likeness_of_key(const char *key, const struct sought *x)
{
	static const char *const databases[] = {"db", "database", "pg", "sql"};

	for (const char *word = key; x->s->part != PART_DATABASE && *word;) {
		size_t n = strcspn(word, BETWEEN_WORDS);

		if (is_word(databases, ARRAY_SIZE(databases), word, n))
			return UNLIKE;
		word += n + (word[n] != '\0');
	}
	return likeness(key, x);
}

static enum likeness plays(struct arena *a, const char *key, const struct yaml_node *service, const struct sought *x)
{
	const char *image = yaml_text(yaml_get(service, "image")),
		   *given = yaml_text(yaml_get(service, "container_name"));
	const char *name = image ? image_name(a, image) : "";
	enum likeness best = likeness(name, x), by_name;

	/* An image that is built here, or named by a variable, may have any name: the service's names tell. */
	if (name[0] && !yaml_get(service, "build"))
		return best;
	by_name = likeness_of_key(key, x);
	best = by_name > best ? by_name : best;
	by_name = given && by_name == UNLIKE ? likeness_of_key(given, x) : UNLIKE;
	return by_name > best ? by_name : best;
}

bool roles_is_like(struct arena *a, const char *name, const struct yaml_node *service, const struct service_set *set,
		   size_t s)
{
	const struct sought x = {set, &set->items[s]};

	return plays(a, name, service, &x) != UNLIKE;
}

/* A search for the service that plays the part of s. */
struct search {
	struct arena *a;
	const struct project *p;
	struct sought x;
	const struct ends *ends;
	const struct yaml_node *workers; /* the service with the workers; NULL: not found yet */
	const char *database;		 /* host of its database; NULL: not known */
};

static const struct yaml_node *node_of(const struct search *q, const char *name)
{
	const struct project_service *service = project_service(q->p, name);

	return service ? service->node : NULL;
}

static struct role candidates(const struct search *q)
{
	struct role r = {.count = 0};

	for (size_t i = 0; i < q->p->service_count; i++) {
		const struct project_service *one = &q->p->services[i];

		if (!strchr(one->name, '/') && r.count < MAX_CANDIDATES &&
		    plays(q->a, one->name, one->node, &q->x) != UNLIKE &&
		    !service_is_ending(q->ends, one->name, one->node))
			r.candidates[r.count++] = one->name;
	}
	return r;
}

static bool has_ports(const struct yaml_node *service)
{
	const struct yaml_node *ports = yaml_get(service, "ports");

	return ports && ports->kind == YAML_SEQUENCE && ports->count > 0;
}

static bool mentions(const struct yaml_node *n, const char *word)
{
	if (n && n->kind == YAML_SCALAR)
		return strstr(n->value, word) != NULL;
	for (size_t i = 0; n && n->kind != YAML_ALIAS && i < n->count; i++)
		if (mentions(n->items[i], word))
			return true;
	return false;
}

/* A command that does something once and ends, as those who set up a database run it. */
static bool works_once(const struct yaml_node *service)
{
	static const char *const words[] = {
		"migrat", "--skip_server_startup", "db push", "createdb", "pg_dump", "psql", "pg_restore"};
	static const char *const keys[] = {"command", "entrypoint"};

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (mentions(yaml_get(service, keys[k]), words[i]))
				return true;
	return false;
}

/* Is it no helper: nobody starts it again, or its command works once, and it publishes nothing? */
static bool stays_up(const struct search *q, const char *name)
{
	const struct yaml_node *service = node_of(q, name);

	return has_ports(service) || !(service_is_never_restarted(service) || works_once(service));
}

/* Does no word of its name say that it is a helper, such as "db-init" beside "db"? */
static bool is_plainly_named(const struct search *q, const char *name)
{
	(void)q;
	for (size_t n; *name; name += n + (name[n] != '\0')) {
		n = strcspn(name, BETWEEN_WORDS);
		if (is_companion(name, n))
			return false;
	}
	return true;
}

static bool is_exactly(const struct search *q, const char *name)
{
	return plays(q->a, name, node_of(q, name), &q->x) == EXACTLY;
}

static bool is_active(const struct search *q, const char *name)
{
	return project_service(q->p, name)->active;
}

static bool is_started(const struct search *q, const char *name)
{
	return service_copies(node_of(q, name)) > 0;
}

static bool has_alias(const struct yaml_node *service, const char *host)
{
	const struct yaml_node *networks = yaml_get(service, "networks");

	for (size_t i = 0; networks && networks->kind == YAML_MAPPING && i + 1 < networks->count; i += 2) {
		const struct yaml_node *aliases = yaml_get(networks->items[i + 1], "aliases");

		for (size_t k = 0; aliases && aliases->kind == YAML_SEQUENCE && k < aliases->count; k++)
			if (yaml_is_scalar(aliases->items[k]) && STR_EQ(aliases->items[k]->value, host))
				return true;
	}
	return false;
}

/* Does it listen on this machine's own addresses? */
static bool is_on_this_machine(const struct yaml_node *service)
{
	const char *mode = yaml_text(yaml_get(service, "network_mode"));

	return (mode && STR_EQ(mode, "host")) || has_ports(service);
}

/* Is it the service that the workers' address of their database names? */
static bool is_their_database(const struct search *q, const char *name)
{
	const struct yaml_node *service = node_of(q, name);
	const char *given = yaml_text(yaml_get(service, "container_name")),
		   *host = yaml_text(yaml_get(service, "hostname"));

	return q->database && (STR_EQ(q->database, name) || (given && STR_EQ(q->database, given)) ||
			       (host && STR_EQ(q->database, host)) || has_alias(service, q->database) ||
			       (roles_is_this_machine(q->database) && is_on_this_machine(service)));
}

static bool is_needed_by_workers(const struct search *q, const char *name)
{
	const struct yaml_node *on = q->workers ? yaml_get(q->workers, "depends_on") : NULL;

	return on && yaml_get(on, name);
}

static bool is_named_so(const struct search *q, const char *name)
{
	return STR_EQ(name, q->x.s->name) || is_image_of(q->x.s, name, strlen(name));
}

static bool is_published(const struct search *q, const char *name)
{
	return has_ports(node_of(q, name));
}

/* Keeps the candidates for which it is so, if there are any. */
static void prefer(const struct search *q, struct role *r, bool (*is_so)(const struct search *, const char *))
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += is_so(q, r->candidates[i]);
	if (n == 0 || n == r->count)
		return;
	n = 0;
	for (size_t i = 0; i < r->count; i++)
		if (is_so(q, r->candidates[i]))
			r->candidates[n++] = r->candidates[i];
	r->count = n;
}

/* The host in "postgresql://user:password@host:5432/name"; NULL: there is none. */
static const char *host_of(struct arena *a, const char *url)
{
	const char *start = strstr(url, "://"), *end, *at;

	if (!start)
		return NULL;
	start += 3;
	end = start + strcspn(start, "/?#");
	for (at = end; at > start && at[-1] != '@';)
		at--;
	return arena_strndup(a, at, strcspn(at, ":/?#,"));
}

/* Where the workers' service says that its database is. LiteLLM reads DATABASE_URL, or DATABASE_HOST and others. */
static const char *their_database(struct arena *a, const struct yaml_node *workers)
{
	const struct yaml_node *environment = workers ? yaml_get(workers, "environment") : NULL;
	const char *url = environment ? yaml_text(yaml_get(environment, "DATABASE_URL")) : NULL,
		   *host = environment ? yaml_text(yaml_get(environment, "DATABASE_HOST")) : NULL;

	host = url && url[0] ? host_of(a, url) : host;
	return host && host[0] ? roles_host_service(host) : NULL;
}

/* A database elsewhere has a name with a dot, or an address: then no service of the project is it. */
static bool is_elsewhere(const struct search *q, const struct role *r)
{
	if (q->x.s->part != PART_DATABASE || !q->database || !strchr(q->database, '.'))
		return false;
	for (size_t i = 0; i < r->count; i++)
		if (is_their_database(q, r->candidates[i]))
			return false;
	return true;
}

struct role roles_candidates(struct arena *a, const struct project *p, const struct service_set *set, size_t index,
			     const char *workers)
{
	const struct service *s = &set->items[index];
	struct search q = {.a = a, .p = p, .x = {set, s}, .ends = service_ends(a, p)};
	struct role r = candidates(&q);

	q.workers = workers ? node_of(&q, workers) : NULL;
	q.database = s->part == PART_DATABASE ? their_database(a, q.workers) : NULL;
	if (is_elsewhere(&q, &r))
		r.count = 0;
	if (s->part == PART_DATABASE)
		prefer(&q, &r, is_their_database);
	prefer(&q, &r, is_active);
	prefer(&q, &r, is_started);
	prefer(&q, &r, stays_up);
	prefer(&q, &r, is_exactly);
	prefer(&q, &r, is_plainly_named);
	prefer(&q, &r, is_needed_by_workers);
	if (r.count > 1) {
		const struct role both = r;

		prefer(&q, &r, is_named_so);
		prefer(&q, &r, is_published);
		for (size_t i = 0; r.count == 1 && i < both.count && !r.passed_over; i++)
			r.passed_over = STR_EQ(both.candidates[i], r.candidates[0]) ? NULL : both.candidates[i];
	}
	return r;
}

static const char *listed(struct arena *a, const struct role *r)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (size_t i = 0; i < r->count; i++)
		strbuf_printf(&out, "%s%s", i ? ", " : "", r->candidates[i]);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static int refuse_nobody(const struct project *p, const struct service *s, struct diag_list *diags)
{
	diag_add(diags, SEV_ERROR, p->doc->name,
		 _("'--service %s=none' leaves nothing to fit: the workers belong to this part; nothing was written"),
		 s->name)
		->hint = _("name the service that runs it, or fit another file");
	return -EINVAL;
}

static int choose(struct arena *a, const struct project *p, const struct service_set *set, size_t index,
		  const char *chosen, const char *workers, struct diag_list *diags, const char **ret)
{
	const struct service *s = &set->items[index];
	struct role r = roles_candidates(a, p, set, index, workers);

	*ret = NULL;
	if (chosen && STR_EQ(chosen, SERVICE_NONE))
		return s->part == PART_WORKERS ? refuse_nobody(p, s, diags) : 0;
	*ret = chosen ? chosen : r.count == 1 ? r.candidates[0] : NULL;
	if (chosen && (strchr(chosen, '/') || !project_service(p, chosen))) {
		diag_add(diags, SEV_ERROR, p->doc->name, _("there is no service '%s'; nothing was written"), chosen);
		return -ENOENT;
	}
	if (!chosen && r.count > 1) {
		diag_add(diags, SEV_ERROR, p->doc->name,
			 _("more than one service could be %s: %s; nothing was written"), s->name, listed(a, &r))
			->hint = arena_printf(
			a,
			s->part == PART_WORKERS ? _("say which: --service %s=%s")
						: _("say which: --service %s=%s, or none of them: --service %s=none"),
			s->name, shell_quoted(a, r.candidates[0]), s->name);
		return -ENOTUNIQ;
	}
	if (!*ret && s->part == PART_WORKERS) {
		diag_add(diags, SEV_ERROR, p->doc->name, _("no service runs an image of %s; nothing was written"),
			 s->name)
			->hint =
			p->included
				? _("nor does one of what it includes, as far as that can be read here: name the file that has it with --compose")
				: arena_printf(a, _("say which it is: --service %s=NAME"), s->name);
		return -ENOENT;
	}
	return 0;
}

static bool is_old_style(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "mem_limit") || place_effective(a, service, "mem_reservation");
}

static bool is_new_style(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "deploy/resources/limits/memory") ||
	       place_effective(a, service, "deploy/resources/reservations/memory");
}

/*
 * Beside these keys, even empty ones, Compose accepts a legacy key only if deploy repeats it: mem_limit, cpus and
 * pids_limit beside limits, mem_reservation beside reservations (compose-go, loader/validate.go, checkConsistency).
 */
static bool has_limits(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "deploy/resources/limits");
}

static bool has_reservations(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "deploy/resources/reservations");
}

/* Has it a legacy limit of something else than memory, which limits below deploy would contradict? */
static bool is_capped(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "cpus") || place_effective(a, service, "pids_limit");
}

/* The style of the file's other services, for one that has no limits. */
static bool file_is_old_style(struct arena *a, const struct yaml_node *services)
{
	size_t old = 0, new = 0;

	for (size_t i = 0; services->kind == YAML_MAPPING && i + 1 < services->count; i += 2) {
		old += is_old_style(a, services->items[i + 1]);
		new += is_new_style(a, services->items[i + 1]);
	}
	return old > 0 && new == 0;
}

static void style_of(struct arena *a, const struct yaml_node *services, const struct yaml_node *service,
		     struct owned_layout *layout, size_t s)
{
	bool limits = has_limits(a, service), reservations = has_reservations(a, service);
	bool old = !limits && !reservations && (is_old_style(a, service) || file_is_old_style(a, services));
	bool capped = !limits && is_capped(a, service);

	layout->old_limit[s] = old || capped;
	layout->old_reservation[s] = old || (capped && !reservations);
	layout->both_styles[s] = (limits || reservations) && is_old_style(a, service);
}

void roles_style(struct arena *a, const struct yaml_doc *doc, struct owned_layout *layout)
{
	const struct yaml_node *services = doc->root ? yaml_get(doc->root, "services") : NULL;

	for (size_t s = 0; services && s < MAX_SERVICES; s++) {
		const struct yaml_node *service = layout->services[s] ? yaml_get(services, layout->services[s]) : NULL;

		if (service)
			style_of(a, services, service, layout, s);
	}
}

const char *roles_workers(struct arena *a, const struct project *p, const struct service_set *set,
			  const struct answers *answers)
{
	size_t s = service_by_part(set, PART_WORKERS);
	const char *chosen = s == NO_SERVICE ? NULL : answer_service(answers, set->items[s].name);
	struct role r = {.count = 0};

	if (s != NO_SERVICE && !chosen)
		r = roles_candidates(a, p, set, s, NULL);
	return chosen ? chosen : r.count == 1 ? r.candidates[0] : NULL;
}

int roles_find(struct arena *a, const struct project *p, const struct service_set *set, const struct answers *answers,
	       struct diag_list *diags, struct owned_layout *ret)
{
	const char *workers = roles_workers(a, p, set, answers);

	for (size_t s = 0; s < set->count; s++) {
		const struct service *one = &set->items[s];
		int rc = one->optional_from > 0 ? 0
						: choose(a, p, set, s, answer_service(answers, one->name), workers,
							 diags, &ret->services[s]);

		if (rc < 0)
			return rc;
	}
	roles_style(a, p->doc, ret);
	return 0;
}

static bool is_a_name(const struct service_set *set, const char *name)
{
	return service_find(set, name) != NO_SERVICE;
}

/* The one service that runs its image under a name that none of vpsfit's services has; NULL: there is none, or more. */
const char *roles_renamed(struct arena *a, const struct project *p, const struct service_set *set, size_t s,
			  const char *workers)
{
	const struct role r = roles_candidates(a, p, set, s, workers);
	const char *found = NULL;

	for (size_t i = 0; i < r.count; i++) {
		if (is_a_name(set, r.candidates[i]))
			continue;
		if (found)
			return NULL;
		found = r.candidates[i];
	}
	return found;
}

/*
 * In vpsfit's own stack somebody may have renamed a service, or taken it out: the layout gets its new name, or none.
 * The service with the workers keeps its name if it is nowhere, for without it there is nothing to fit. Optional
 * services come and go with their blocks.
 */
void roles_follow(struct arena *a, const struct project *p, const struct service_set *set, struct owned_layout *l)
{
	size_t w = service_by_part(set, PART_WORKERS);
	const char *workers = NULL, *name;

	for (size_t i = 0; i < set->count; i++) {
		/* The workers first: they tell which database is theirs. */
		size_t s = w == NO_SERVICE ? i : i == 0 ? w : i <= w ? i - 1 : i;

		if (!l->services[s] || set->items[s].optional_from > 0 || project_service(p, l->services[s])) {
			workers = s == w ? l->services[s] : workers;
			continue;
		}
		name = roles_renamed(a, p, set, s, workers);
		if (name || s != w)
			l->services[s] = name;
		workers = s == w ? name : workers;
	}
}
