/* SPDX-License-Identifier: MIT */
/*
 * Where LiteLLM's worker count comes from, in the order of LiteLLM's own command line (litellm/proxy/proxy_cli.py of
 * 1.89): the last --num_workers of the container's arguments, which are its entry point and its command; the variable
 * NUM_WORKERS, unless it is empty; DEFAULT_NUM_WORKERS_LITELLM_PROXY; 1. A variable of `environment` overrides one of
 * `env_file`, of which later files override earlier ones (compose-spec). Whoever starts the application with a server
 * of their own gives that server a count: uvicorn and gunicorn take --workers, else WEB_CONCURRENCY.
 */
#include "changes/worker_count.h"

#include <errno.h>
#include <string.h>

#include "changes/container_view.h"
#include "compose/env.h"
#include "compose/roles.h"
#include "core/i18n.h"
#include "core/units.h"

#define DEFAULT_VARIABLE "DEFAULT_NUM_WORKERS_LITELLM_PROXY"

struct counting {
	struct building *b;
	const struct yaml_node *service; /* merged */
	struct worker_count *is;
	size_t part; /* index of what vpsfit knows it as */
};

/* Is one of the text's words this program, with or without its directory? */
static bool runs(const char *text, const char *program)
{
	size_t n = strlen(program);

	for (const char *at = text; (at = strstr(at, program)); at += n)
		if ((at == text || at[-1] == '/' || view_ends_word(at[-1])) && view_ends_word(at[n]))
			return true;
	return false;
}

/* Does a shell run a script here that does not hand on the arguments behind it? */
static bool takes_no_arguments(const char *text)
{
	static const char *const shells[] = {"sh", "bash", "ash", "dash"}, *const flags[] = {"-c", "-lc", "-ec", "-xc"};
	bool shell = false, script = false;

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		shell |= runs(text, shells[i]);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		script |= runs(text, flags[i]);
	return shell && script && !strstr(text, "$@") && !strstr(text, "$*");
}

/* Is the gateway's own command line started, by its name or by a script of its image? */
static bool starts_gateway(const char *text, const struct service *s)
{
	static const char *const programs[] = {"prod_entrypoint.sh", "docker/entrypoint.sh", "proxy_cli.py",
					       "vpsfit_launch.py"};
	bool starts = strstr(text, ".proxy.proxy_cli") != NULL;

	for (size_t i = 0; i < s->image_count; i++)
		starts |= runs(text, s->images[i]);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		starts |= runs(text, programs[i]);
	return starts;
}

/* The merged environment's value of a variable, and whether it has the entry at all. */
static bool entry(const struct counting *c, const char *name, const char **ret)
{
	const struct yaml_node *environment = yaml_get(c->service, "environment");
	const struct yaml_node *n = environment ? yaml_get(environment, name) : NULL;

	*ret = yaml_text(n);
	*ret = *ret && **ret ? *ret : NULL;
	return n != NULL;
}

/* The i-th env file from the end, as an absolute path; NULL: there are no more. */
static const char *env_file_from_end(const struct counting *c, size_t i)
{
	const struct yaml_node *files = yaml_get(c->service, "env_file"), *n;

	if (!files || files->kind != YAML_SEQUENCE || i >= files->count)
		return NULL;
	n = files->items[files->count - 1 - i];
	n = n->kind == YAML_MAPPING ? yaml_get(n, "path") : n;
	return yaml_is_scalar(n) ? project_file_path(c->b->a, c->b->project, n->value) : "";
}

/* Looks for the variable in the env files, the last one first. One that is not there sets nothing. */
static bool in_env_files(struct counting *c, const char *name)
{
	const char *path, *dir = arena_printf(c->b->a, "%s/", c->b->req->dir);

	for (size_t i = 0; (path = env_file_from_end(c, i)); i++) {
		const char *text, *value;
		size_t len;
		int rc = path[0] ? compose_read(c->b, path, &text, &len) : -ENOENT;

		if (rc == -ENOENT)
			continue;
		if (rc < 0 || strlen(text) != len) {
			c->is->say_it = true;
			continue;
		}
		value = env_get(c->b->a, text, name);
		if (!value || !value[0])
			continue;
		c->is->value = value;
		c->is->env_variable = name;
		if (strncmp(path, dir, strlen(dir)) == 0)
			c->is->env_file = path + strlen(dir);
		return true;
	}
	return false;
}

/* Finds the variable that decides. The entry of a null or empty value is there, too: it hides those of env files. */
static bool find_variable(struct counting *c, const char *name)
{
	if (!entry(c, name, &c->is->value))
		return in_env_files(c, name);
	c->is->variable = name;
	return true;
}

static bool find_any_variable(struct counting *c)
{
	return find_variable(c, c->is->variable) ||
	       (STR_EQ(c->is->variable, WORKERS_VARIABLE) && find_variable(c, DEFAULT_VARIABLE));
}

/* Does the Dockerfile of an image that is built in this directory say the flag? */
static bool dockerfile_says(const struct counting *c, const char *word)
{
	const struct yaml_node *build = yaml_get(c->service, "build"),
			       *file = build ? yaml_get(build, "dockerfile") : NULL,
			       *context = build ? yaml_get(build, "context") : NULL;
	const char *path, *text;
	size_t len;

	if (!yaml_is_scalar(context) || strstr(context->value, "://"))
		return false;
	path = project_file_path(c->b->a, c->b->project, context->value);
	path = arena_printf(c->b->a, "%s/%s", path, yaml_is_scalar(file) ? file->value : "Dockerfile");
	return compose_read(c->b, path, &text, &len) == 0 && strlen(text) == len && view_after(c->b->a, text, word);
}

/* Source and target of a mount of a file or directory of this machine; false: it is of another kind. */
static bool mount_of(struct arena *a, const struct yaml_node *mount, const char **ret_source, const char **ret_target)
{
	const struct yaml_node *source = yaml_get(mount, "source"), *target = yaml_get(mount, "target");
	size_t n = mount->kind == YAML_SCALAR ? strcspn(mount->value, ":") : 0;

	if (mount->kind == YAML_SCALAR && mount->value[n]) {
		*ret_source = arena_strndup(a, mount->value, n);
		*ret_target = arena_strndup(a, mount->value + n + 1, strcspn(mount->value + n + 1, ":"));
	} else if (yaml_is_scalar(source) && yaml_is_scalar(target)) {
		*ret_source = source->value;
		*ret_target = target->value;
	} else {
		return false;
	}
	return strchr("./", (*ret_source)[0]) && (*ret_source)[0] && (*ret_target)[0] == '/';
}

/* The path below a mount's target that is a word of the text, without the target; NULL: no word is below it. */
static const char *below_target(struct arena *a, const char *text, const char *target)
{
	size_t n = strlen(target);

	n -= n > 1 && target[n - 1] == '/';
	for (const char *at = text; (at = strstr(at, target)); at += n)
		if ((at == text || view_ends_word(at[-1])) && (at[n] == '/' || view_ends_word(at[n])))
			return arena_strndup(a, at + n, strcspn(at + n, " \t\r\n\"'[](),;|&"));
	return NULL;
}

/* The text of the script of this machine that is started; NULL: there is none, or it cannot be read. */
static const char *script_of(const struct counting *c, const char *start)
{
	const struct yaml_node *mounts = yaml_get(c->service, "volumes");
	struct arena *a = c->b->a;

	for (size_t i = 0; mounts && mounts->kind == YAML_SEQUENCE && i < mounts->count; i++) {
		const char *source, *target, *rest, *text;
		size_t len;

		if (!mount_of(a, mounts->items[i], &source, &target) || !(rest = below_target(a, start, target)))
			continue;
		source = arena_printf(a, "%s%s", project_file_path(a, c->b->project, source), rest);
		if (compose_read(c->b, source, &text, &len) == 0 && strlen(text) == len && strncmp(text, "#!", 2) == 0)
			return text;
	}
	return NULL;
}

/*
 * A program of a person's own starts the gateway. A script that hands on the variable, or says nothing of the count,
 * leaves it to the environment. One that says it decides; so may one that cannot be read, but then a variable that is
 * there is taken for what acts.
 */
static void look_at_starter(struct counting *c, const char *start)
{
	const struct service *s = &c->b->req->plan->set->items[c->part];
	const char *script = script_of(c, start), *said = script ? view_after(c->b->a, script, c->is->word) : NULL;
	uint64_t n;

	c->is->say_it = true;
	if (said && !strstr(said, WORKERS_VARIABLE)) {
		c->is->value = parse_uint(said, INT64_MAX, &n) ? said : NULL;
		c->is->unseen =
			_("the script that starts it says the count: let it take NUM_WORKERS from the environment");
	} else if (!find_any_variable(c) && (!script || (!said && !starts_gateway(script, s)))) {
		c->is->unseen = _("a program of your own starts it, and may say the count itself");
	}
}

/*
 * Servers that people start in LiteLLM's place, and the variable that each takes its count from (uvicorn's, gunicorn's,
 * hypercorn's and granian's documentation of 2026).
 */
static const struct server {
	const char *program;
	const char *variable; /* NULL: none, it takes the flag alone */
} servers[] = {
	{"uvicorn", "WEB_CONCURRENCY"},
	{"gunicorn", "WEB_CONCURRENCY"},
	{"hypercorn", NULL},
	{"granian", "GRANIAN_WORKERS"},
};

/* The server that is started; NULL: there is none. */
static const struct server *server_of(const char *start)
{
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
		if (runs(start, servers[i].program))
			return &servers[i];
	return NULL;
}

/* "-w12": the digits behind the flag; NULL: it is not so. */
static const char *attached_count(struct arena *a, const char *start)
{
	const char *found = NULL;

	for (const char *at = start; (at = strstr(at, "-w")); at += 2)
		if ((at == start || view_ends_word(at[-1])) && strchr("0123456789", at[2]) && at[2])
			found = arena_strndup(a, at + 2, strspn(at + 2, "0123456789"));
	return found;
}

/* A server that is started in LiteLLM's place has a flag and a variable of its own. Returns it; NULL: none is. */
static const struct server *look_at_server(struct counting *c, const char *start)
{
	const struct server *server = server_of(start);

	if (!server)
		return NULL;
	c->is->variable = server->variable;
	c->is->value = attached_count(c->b->a, start);
	/* The flag that is spelled out goes after an attached count, and the last one counts. */
	c->is->word = !c->is->value && view_after(c->b->a, start, "-w") ? "-w" : "--workers";
	if (c->is->value)
		c->is->unseen = _("the count is written without a space behind -w");
	else if (!server->variable && !view_after(c->b->a, start, c->is->word))
		c->is->unseen = _("the server that starts it takes the count from its command alone");
	return server;
}

static void find_flag(struct counting *c, const char *entrypoint, const char *command)
{
	const char *first = view_after(c->b->a, entrypoint, c->is->word);
	const char *last = view_after(c->b->a, command, c->is->word);

	if (first && (!last || takes_no_arguments(entrypoint))) {
		c->is->place = COUNT_IN_ENTRYPOINT;
		c->is->value = first;
	} else if (last) {
		c->is->place = COUNT_IN_COMMAND;
		c->is->value = last;
	}
}

/*
 * Finds what decides the worker count of a service of the project. Texts are allocated from b->a. Reads env files and
 * a Dockerfile; one that cannot be read is no error.
 */
struct worker_count worker_count_find(struct building *b, const struct owned_value *v, const char *name)
{
	struct worker_count is = {.place = COUNT_IN_ENVIRONMENT, .word = v->word, .variable = WORKERS_VARIABLE};
	const struct project_service *service = project_service(b->project, name);
	struct counting c = {b, service ? service->node : NULL, &is, v->service};
	const char *entrypoint, *command, *start;
	const struct server *server;

	if (!service)
		return is;
	entrypoint = view_words(b->a, yaml_get(service->node, "entrypoint"));
	command = view_words(b->a, yaml_get(service->node, "command"));
	start = arena_printf(b->a, "%s\n%s", entrypoint, command);
	server = look_at_server(&c, start);
	if (is.unseen) {
		is.place = entrypoint[0] ? COUNT_IN_ENTRYPOINT : COUNT_IN_COMMAND;
		return is;
	}
	find_flag(&c, entrypoint, command);
	if (is.place != COUNT_IN_ENVIRONMENT) {
		is.value = is.value[0] == '$' && is.value[1] ? view_shell_value(b, c.service, is.value) : is.value;
		return is;
	}
	is.say_it = yaml_get(service->node, "build") ||
		    !roles_is_like(b->a, "", service->node, b->req->plan->set, v->service);
	if (!entrypoint[0] && !command[0] && yaml_get(service->node, "build") && dockerfile_says(&c, v->word)) {
		is.place = COUNT_IN_COMMAND;
		is.unseen = _("the image that is built here says it in its Dockerfile");
	} else if (entrypoint[0] && !server && !starts_gateway(start, &b->req->plan->set->items[v->service])) {
		look_at_starter(&c, start);
	} else {
		find_any_variable(&c);
	}
	return is;
}

int64_t worker_count_told(const struct worker_count *is)
{
	uint64_t n;

	if (is->value)
		return parse_uint(is->value, MOST_WORKERS, &n) ? (int64_t)n : 0;
	/* Without a count LiteLLM starts one, if it is LiteLLM's own command line that starts it. */
	return is->unseen || is->say_it || is->place != COUNT_IN_ENVIRONMENT ? 0 : 1;
}

int64_t worker_count_of(struct building *b, size_t like, const char *service)
{
	const struct service *s = &b->req->plan->set->items[like];
	struct owned_value v = {.service = like};
	struct worker_count is;

	for (size_t i = 0; i < s->owned_count && !v.word; i++)
		if (s->owned[i].value == VALUE_WORKERS)
			v.word = s->owned[i].word;
	if (!v.word)
		return 0;
	is = worker_count_find(b, &v, service);
	return worker_count_told(&is);
}

bool worker_count_none(struct building *b, size_t like, const char *name)
{
	const struct project_service *service = project_service(b->project, name);
	const struct service *s = &b->req->plan->set->items[like];
	const char *entrypoint = service ? view_words(b->a, yaml_get(service->node, "entrypoint")) : "", *first,
		   *command;

	/* Without an entry point of its own the image's starts the gateway. */
	if (!entrypoint[0])
		return false;
	first = arena_strndup(b->a, entrypoint, strcspn(entrypoint, " \t\r\n"));
	command = view_command(b->a, service->node);
	/* A script may start anything. */
	return !strstr(first, ".sh") && !strstr(first, "entry") &&
	       !(takes_no_arguments(entrypoint) && strstr(entrypoint, ".sh")) && !server_of(command) &&
	       !starts_gateway(command, s);
}

/* The most workers that were in the files since a person wrote their count. */
void worker_count_note_most(struct building *b, const struct edit *e)
{
	const struct state *was = &b->set->state;
	const struct state_value *value = state_find(was, e->owned->key);
	bool ours = value && value->written && e->current && STR_EQ(value->written, e->current);

	b->set->workers_most = max_i64(b->set->workers_now, ours ? was->workers_most : 0);
}
