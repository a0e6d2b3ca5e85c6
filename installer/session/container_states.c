/* SPDX-License-Identifier: MIT */
#include "session/container_states.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compose/project.h"
#include "files/run_lines.h"

#define ASK_MS 30000
#define MAX_ARGUMENTS 80

/* One line a container, by the names of Docker's own types. The service comes last: it alone is a person's text. */
static const char format[] = "{{.ID}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} "
			     "{{.State.OOMKilled}} {{.RestartCount}} {{.State.ExitCode}} "
			     "{{index .Config.Labels \"com.docker.compose.service\"}}";

struct reading {
	struct arena *a;
	struct container_states *ret;
	const char *ids[MAX_STATES];
	size_t id_count;
};

const char *compose_directory(const struct session *s)
{
	return s->changes.by_dir ? s->dir : NULL;
}

const char *const *compose_arguments(struct session *s, const char *const more[])
{
	const struct machine_engine *e = &s->machine.engine;
	const char **argv = arena_array(&s->arena, MAX_ARGUMENTS, sizeof(*argv));
	size_t n = 0;

	if (STR_EQ(e->compose_command, "docker-compose")) {
		argv[n++] = e->compose_path;
	} else {
		argv[n++] = e->docker_path;
		argv[n++] = "compose";
	}
	for (size_t i = 0; !s->changes.by_dir && i < s->changes.named_count; i++) {
		argv[n++] = "-f";
		argv[n++] = s->changes.named[i];
	}
	for (size_t i = 0; more[i] && n < MAX_ARGUMENTS - 1; i++)
		argv[n++] = more[i];
	argv[n] = NULL;
	return argv;
}

/* Whole, or cut to twelve digits: versions of Compose differ. */
static bool is_id(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n >= 12 && n <= 64 && !text[n];
}

static void take_id(void *context, const char *text)
{
	struct reading *r = context;

	if (is_id(text) && r->id_count < MAX_STATES)
		r->ids[r->id_count++] = arena_strdup(r->a, text);
}

static void take_state(void *context, const char *text)
{
	struct reading *r = context;
	char id[65], status[32], health[32], killed[8];
	struct container_state *c;
	int restarts, code, at;

	if (r->ret->count == MAX_STATES ||
	    sscanf(text, "%64s %31s %31s %7s %d %d %n", id, status, health, killed, &restarts, &code, &at) != 6)
		return;
	c = &r->ret->items[r->ret->count++];
	*c = (struct container_state){.service = arena_strdup(r->a, text + at),
				      .id = arena_strdup(r->a, id),
				      .status = arena_strdup(r->a, status),
				      .health = STR_EQ(health, "-") ? "" : arena_strdup(r->a, health),
				      .out_of_memory = STR_EQ(killed, "true"),
				      .restarts = restarts,
				      .exit_code = code};
}

int container_states_read(struct session *s, struct arena *a, struct container_states *ret)
{
	static const char *const ps[] = {"ps", "-a", "-q", NULL};
	struct reading r = {.a = a, .ret = ret};
	const char *argv[MAX_STATES + 6] = {
		s->machine.engine.docker_path, "inspect", "--type", "container", "--format", format};
	struct lines_request ids = {.argv = compose_arguments(s, ps),
				    .dir = compose_directory(s),
				    .timeout_ms = ASK_MS,
				    .line = take_id,
				    .context = &r},
			     states = {.argv = argv, .timeout_ms = ASK_MS, .line = take_state, .context = &r};

	ret->count = 0;
	if (run_lines(&ids) != 0)
		return -EIO;
	memcpy(argv + 6, r.ids, r.id_count * sizeof(argv[0]));
	return r.id_count == 0 || run_lines(&states) == 0 ? 0 : -EIO;
}

bool container_is_well(const struct container_state *c)
{
	if (STR_EQ(c->status, "exited"))
		return c->exit_code == 0;
	return STR_EQ(c->status, "running") && (!c->health[0] || STR_EQ(c->health, "healthy"));
}
