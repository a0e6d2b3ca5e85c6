/* SPDX-License-Identifier: MIT */
#include "changes/stack_needs.h"

#include <string.h>

#include "changes/container_view.h"
#include "core/units.h"

#define VARIABLE "environment/"

/* More of anything than a stack has: a larger number is a slip. */
#define MOST 10000

static bool number_of(const char *text, int64_t *ret)
{
	uint64_t n;

	if (!text || !parse_uint(text, MOST, &n) || n == 0)
		return false;
	*ret = (int64_t)n;
	return true;
}

static bool is_variable(const char *in)
{
	return strncmp(in, VARIABLE, strlen(VARIABLE)) == 0;
}

/* The value of a scalar below the service, or of a variable; NULL: there is none, or it is empty. */
static const char *value_of(struct building *b, const struct yaml_node *service, const char *in)
{
	const char *text;

	if (is_variable(in))
		return view_variable(b, service, in + strlen(VARIABLE));
	text = yaml_text(yaml_path(service, in));
	return text && text[0] ? text : NULL;
}

bool stack_needs_has(struct building *b, const struct yaml_node *service, const char *in, const char *text)
{
	const char *value = value_of(b, service, in);

	return value ? strstr(value, text) != NULL
		     : !is_variable(in) && building_node_mentions(yaml_path(service, in), text);
}

static bool has_one_of(const struct service_setting *s, const char *value)
{
	for (size_t i = 0; i < s->has_count; i++)
		if (strstr(value, s->has[i]))
			return true;
	return s->has_count == 0;
}

static bool applies(struct building *b, const struct yaml_node *service, const struct service_setting *s)
{
	const char *value = value_of(b, service, s->in);

	if (s->if_unset && value_of(b, service, s->if_unset))
		return false;
	if (s->is == SETTING_UNSET || !value)
		return s->is == SETTING_UNSET && !value;
	return has_one_of(s, value) && !(s->lacks && strstr(value, s->lacks));
}

static void take(const struct service_setting *s, const char *value, struct service_needs *n)
{
	int64_t processes = 1;

	if (s->unknown) {
		n->unknown = n->unknown ? n->unknown : s->says;
		return;
	}
	if (s->processes && (!number_of(value, &processes) || processes == 1))
		return;
	if (s->processes)
		n->processes = processes;
	n->adds_mib += s->adds_mib;
	n->limit_adds_mib += s->limit_adds_mib;
	/* What is in the limit alone is no other figure of what is in use. */
	if ((s->processes || s->adds_mib > 0) && n->reason_count < MAX_NEED_REASONS)
		n->reasons[n->reason_count++] = s->says;
}

/* A smaller image brings none of what the settings turn on. Processes of it are as many as of the usual one. */
static void take_settings(struct building *b, const struct service *s, const struct yaml_node *service, bool smaller,
			  struct service_needs *ret)
{
	for (size_t i = 0; i < s->setting_count; i++)
		if ((!smaller || s->settings[i].processes) && applies(b, service, &s->settings[i]))
			take(&s->settings[i], value_of(b, service, s->settings[i].in), ret);
}

/* The row of the pool's size: the keys that lead to it in the workers' configuration, and what holds without it. */
static const struct service_owned *pool_row(const struct service *s)
{
	for (size_t i = 0; i < s->owned_count; i++)
		if (s->owned[i].value == VALUE_POOL)
			return &s->owned[i];
	return NULL;
}

/* Files of a configuration, in the order in which they are read. A person has a few. */
#define MOST_FILES 16

struct files {
	const char *paths[MOST_FILES];
	size_t count;
};

/* `include` of a file: paths beside it, each read once. */
static void add_included(struct arena *a, const struct yaml_doc *doc, const char *path, struct files *all)
{
	const struct yaml_node *list = doc->root ? yaml_get(doc->root, "include") : NULL;
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; list && list->kind == YAML_SEQUENCE && i < list->count; i++) {
		const char *name = yaml_text(list->items[i]);
		bool read = !name || !name[0];

		if (!read && name[0] != '/')
			name = arena_printf(a, "%.*s/%s", (int)(slash - path), path,
					    name + (strncmp(name, "./", 2) == 0 ? 2 : 0));
		for (size_t k = 0; !read && k < all->count; k++)
			read = STR_EQ(all->paths[k], name);
		if (!read && all->count < MOST_FILES)
			all->paths[all->count++] = name;
	}
}

/*
 * The file whose section holds: a later one's replaces that of an earlier one as a whole (litellm/proxy/
 * common_utils/config_includes.py of 1.110).
 */
static const struct yaml_doc *with_section(struct building *b, const struct yaml_node *service, const char *path,
					   const char *section)
{
	struct files all = {{path}, 1};
	const struct yaml_doc *found = NULL;

	for (size_t i = 0; i < all.count; i++) {
		const char *text = view_file(b, service, all.paths[i]);
		const struct yaml_doc *doc = text ? yaml_parse_quietly(b->a, all.paths[i], text, strlen(text)) : NULL;

		if (!doc || !doc->root)
			continue;
		if (yaml_get(doc->root, section))
			found = doc;
		add_included(b->a, doc, all.paths[i], &all);
	}
	return found;
}

/*
 * The workers' configuration as their container has it: --config or -c, else CONFIG_FILE_PATH (litellm/proxy/
 * proxy_cli.py and proxy_server.py of 1.110). A relative path counts from the image's working directory.
 */
const struct yaml_doc *stack_needs_configuration(struct building *b, const struct yaml_node *service,
						 const char *section)
{
	const char *command = view_command(b->a, service), *path = view_after(b->a, command, "--config");

	path = path && path[0] ? path : view_after(b->a, command, "-c");
	path = path && path[0] ? path : view_variable(b, service, "CONFIG_FILE_PATH");
	if (!path)
		return NULL;
	path += strncmp(path, "./", 2) == 0 ? 2 : 0;
	return with_section(b, service, path[0] == '/' ? path : arena_printf(b->a, "/app/%s", path), section);
}

/* A text of the configuration; "os.environ/NAME" is the variable's. NULL: none, or it is empty. */
const char *stack_needs_text(struct building *b, const struct yaml_node *service, const struct yaml_node *n)
{
	static const char from[] = "os.environ/";
	const char *text = yaml_text(n);

	if (text && strncmp(text, from, strlen(from)) == 0)
		text = view_variable(b, service, text + strlen(from));
	return text && text[0] ? text : NULL;
}

static bool number_in(struct building *b, const struct yaml_node *service, const struct yaml_node *n, int64_t *ret)
{
	return number_of(stack_needs_text(b, service, n), ret);
}

/*
 * Connections of each worker: LiteLLM puts its own number in place of one in DATABASE_URL, and a further parameter of
 * the configuration in place of that (proxy_cli.py of 1.110).
 */
static int64_t pool_of(struct building *b, const struct service *s, const struct yaml_node *service)
{
	const struct service_owned *row = pool_row(s);
	const struct yaml_doc *doc = row ? stack_needs_configuration(b, service, "general_settings") : NULL;
	int64_t pool = row ? row->usual : 0;
	const char *more = "general_settings/database_extra_connection_params/connection_limit";

	if (doc && doc->root && !number_in(b, service, yaml_path(doc->root, more), &pool))
		number_in(b, service, yaml_path(doc->root, row->below), &pool);
	return pool;
}

static const struct stack_service *listed(const struct stack_images *stack, size_t part)
{
	for (size_t i = 0; i < stack->service_count; i++)
		if (stack->services[i].part == part)
			return &stack->services[i];
	return NULL;
}

void stack_needs_find(struct building *b, const struct owned_layout *layout, struct stack_images *ret)
{
	const struct service_set *set = b->req->plan->set;

	for (size_t s = 0; s < set->count; s++) {
		const struct project_service *one =
			layout->services[s] ? project_service(b->project, layout->services[s]) : NULL;
		const struct stack_service *is = one ? listed(ret, s) : NULL;

		if (!is)
			continue;
		ret->needs[s].declared_mib = is->limit_mib;
		take_settings(b, &set->items[s], one->node, stack_image_variant(&ret->of[s]) != NULL, &ret->needs[s]);
		if (set->items[s].part == PART_DATABASE)
			postgres_settings(b, &set->items[s], one->node, &ret->needs[s], &ret->database);
		if (set->items[s].part == PART_WORKERS)
			ret->database.pool = pool_of(b, &set->items[s], one->node);
	}
	ret->database.beside = database_users(b, layout, ret, &ret->database.gateways);
}
