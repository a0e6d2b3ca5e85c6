/* SPDX-License-Identifier: MIT */
/* Who else of a project uses the gateway's database, and with how many connections. */
#include <string.h>

#include "changes/container_view.h"
#include "changes/stack_needs.h"
#include "core/strbuf.h"
#include "core/units.h"

/* What a client opens where nothing says it: SQLAlchemy's pool of 5 and 10 more, and about as many elsewhere. */
#define USUAL_POOL 15
#define MOST_POOL 1000
/* Services that are looked at: the variables of each are a text of their own. */
#define MOST_USERS 256

static void add_name(struct service_hosts *all, const char *name)
{
	if (name && name[0] && all->count < ARRAY_SIZE(all->names))
		all->names[all->count++] = name;
}

/* The names by which other containers reach a service. */
struct service_hosts service_hosts(const char *name, const struct yaml_node *service)
{
	const struct yaml_node *networks = yaml_get(service, "networks");
	struct service_hosts all = {.count = 0};

	add_name(&all, name);
	add_name(&all, yaml_text(yaml_get(service, "container_name")));
	add_name(&all, yaml_text(yaml_get(service, "hostname")));
	for (size_t i = 0; networks && networks->kind == YAML_MAPPING && i + 1 < networks->count; i += 2) {
		const struct yaml_node *aliases = yaml_get(networks->items[i + 1], "aliases");

		for (size_t k = 0; aliases && aliases->kind == YAML_SEQUENCE && k < aliases->count; k++)
			add_name(&all, yaml_text(aliases->items[k]));
	}
	return all;
}

/* Is the variable's name one of an address? Other variables may have the word "db" as their value too. */
static bool is_address(struct arena *a, const char *line)
{
	static const char *const words[] = {"HOST", "ADDR", "SERVER", "URL", "URI", "DSN"};
	const char *name = arena_strndup(a, line, strcspn(line, "="));

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

/* The place before a host's name in a value, or before "tasks." in front of it (a Swarm's name of the same). */
static const char *before_host(const char *value, const char *at)
{
	static const char tasks[] = "tasks.";
	size_t n = strlen(tasks);

	return (size_t)(at - value) > n && strncmp(at - n, tasks, n) == 0 ? at - n : at;
}

/* Does a line "NAME=VALUE" name the host: as the whole value, or in an address? */
static bool line_names(struct arena *a, const char *line, const char *host)
{
	const char *value = strchr(line, '=');
	size_t n = strlen(host);

	for (const char *at = value; at && (at = strstr(at, host)); at += n) {
		bool ends = at[n] == '\0' || strchr(":/,? ", at[n]);
		const char *from = before_host(value, at);

		if (ends && (from[-1] == '@' || (from > line + 2 && strncmp(from - 2, "//", 2) == 0)))
			return true;
		if (ends && from == value + 1 && is_address(a, line))
			return true;
	}
	return false;
}

static const char *next_line(struct arena *a, const char **text)
{
	size_t n = strcspn(*text, "\n");
	const char *line = **text ? arena_strndup(a, *text, n) : NULL;

	*text += n + ((*text)[n] == '\n');
	return line;
}

static bool uses(struct arena *a, const char *variables, const struct service_hosts *all)
{
	const char *line;

	while ((line = next_line(a, &variables)))
		for (size_t i = 0; i < all->count; i++)
			if (line_names(a, line, all->names[i]))
				return true;
	return false;
}

/* The number behind `word` in a text; 0: there is none. */
static int64_t number_behind(struct arena *a, const char *text, const char *word)
{
	const char *at = strstr(text, word);
	uint64_t n;

	if (!at)
		return 0;
	at += strlen(word);
	at = arena_strndup(a, at, strspn(at, "0123456789"));
	return parse_uint(at, MOST_POOL, &n) ? (int64_t)n : 0;
}

/* A variable such as DATABASE_POOL_SIZE, DB_POSTGRESDB_POOL_SIZE, DATABASE_POOL_MAX_OVERFLOW, or part of an address. */
static int64_t pool_in(struct arena *a, const char *line)
{
	static const char *const words[] = {"SIZE", "LIMIT", "MAX"};
	const char *name = arena_strndup(a, line, strcspn(line, "=")), *value = strchr(line, '=');
	bool is = false;
	uint64_t n;

	for (size_t i = 0; strstr(name, "POOL") && i < ARRAY_SIZE(words); i++)
		is |= strstr(name, words[i]) != NULL;
	if (is && value && parse_uint(value + 1, MOST_POOL, &n))
		return (int64_t)n;
	return value ? number_behind(a, value, "connection_limit=") : 0;
}

static int64_t pool_of(struct arena *a, const char *variables)
{
	int64_t sum = 0;
	const char *line;

	while ((line = next_line(a, &variables)))
		sum += pool_in(a, line);
	return sum > 0 ? sum : USUAL_POOL;
}

/* Processes of a part that each have a pool of their own, as the settings of its service say. */
static int64_t processes_of(const struct stack_images *stack, const struct stack_service *s)
{
	return s->part == NO_SERVICE ? 1 : max_i64(1, stack->needs[s->part].processes);
}

int64_t database_users(struct building *b, const struct owned_layout *layout, const struct stack_images *stack,
		       int64_t *ret_gateways)
{
	const struct service_set *set = b->req->plan->set;
	size_t workers = service_by_part(set, PART_WORKERS), database = service_by_part(set, PART_DATABASE);
	size_t most = stack->service_count < MOST_USERS ? stack->service_count : MOST_USERS;
	const char *name = database == NO_SERVICE ? NULL : layout->services[database];
	const struct project_service *one = name ? project_service(b->project, name) : NULL;
	struct service_hosts all;
	int64_t sum = 0;

	*ret_gateways = 0;
	if (!one)
		return 0;
	all = service_hosts(name, one->node);
	for (size_t i = 0; i < most; i++) {
		const struct stack_service *s = &stack->services[i];
		const struct project_service *it = project_service(b->project, s->name);
		const char *variables = it ? view_variables(b, it->node) : "";

		if (s->part == workers || s->part == database || !s->active || s->copies == 0 || s->one_shot ||
		    !(uses(b->a, variables, &all) ||
		      (it && database_is_used_here(b->a, variables, it->node, one->node, name))))
			continue;
		if (s->like == workers && workers != NO_SERVICE && s->workers > 0)
			sum += s->workers * stack->database.pool * s->copies;
		else if (s->like == workers && workers != NO_SERVICE)
			*ret_gateways += s->copies;
		else
			sum += pool_of(b->a, variables) * s->copies * processes_of(stack, s);
	}
	return sum;
}

/* A service other than the one with the workers whose variables lead to the database of that name; NULL: none. */
const char *database_user(struct building *b, const char *database, const char *workers)
{
	const struct project_service *one = project_service(b->project, database);
	const struct service_hosts all = service_hosts(database, one->node);

	for (size_t i = 0; i < b->project->service_count; i++) {
		const struct project_service *it = &b->project->services[i];

		if (!STR_EQ(it->name, database) && !STR_EQ(it->name, workers) &&
		    uses(b->a, view_variables(b, it->node), &all))
			return it->name;
	}
	return NULL;
}
