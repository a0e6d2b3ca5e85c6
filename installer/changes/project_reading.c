/* SPDX-License-Identifier: MIT */
/* Loads a project from this machine: files, variables of the caller, messages for people. */
#include <stdlib.h>
#include <string.h>

#include "changes/building.h"
#include "compose/env.h"
#include "files/at.h"

static const struct yaml_doc *parsed(void *context, const char *path, const char *text, size_t len)
{
	return building_kept_tree(context, path, text, len);
}

/* This host's environment does not apply to another machine's tree. */
static const char *environment(void *context, const char *name)
{
	const struct building *b = context;

	return sysroot_is_live(b->req->root) ? getenv(name) : NULL;
}

/* What the project says goes before what an included one's own .env says (compose-spec, "include"). */
static const char *outer_environment(void *context, const char *name)
{
	struct building *b = context;
	const char *said = environment(context, name), *text;
	size_t len;

	if (said || compose_read(b, arena_printf(b->a, "%s/.env", b->req->dir), &text, &len) < 0 || strlen(text) != len)
		return said;
	return env_get(b->a, text, name);
}

/* Refused links of other users are no ordinary errno; file_at_why explains them. */
static const char *why(void *context, int rc, const char **hint)
{
	const struct building *b = context;

	*hint = file_at_hint(rc, *hint);
	return file_at_why(b->req->root, b->a, rc);
}

static bool is_compose1(const struct plan *plan)
{
	const struct machine_engine *e = plan && plan->machine ? &plan->machine->engine : NULL;

	return e && e->compose && e->compose_command && STR_EQ(e->compose_command, "docker-compose") &&
	       !(e->compose_version && e->compose_version[0] == '2');
}

typedef const char *(*environment_reader)(void *context, const char *name);

static int read_project(struct building *b, struct arena *a, struct diag_list *diags, const char *dir, const char *file,
			environment_reader of_the_caller, struct project **ret)
{
	const struct project_request req = {.read = compose_read,
					    .parsed = parsed,
					    .environment = of_the_caller,
					    .why = why,
					    .context = b,
					    .dir = dir,
					    .file = file,
					    .compose1 = is_compose1(b->req->plan)};

	return project_load(a, &req, diags, ret);
}

int project_reading_other(struct building *b, struct diag_list *diags, const char *dir, const char *file,
			  struct project **ret)
{
	return read_project(b, b->a, diags, dir, file, outer_environment, ret);
}

int project_reading_own(struct building *b, struct arena *a, struct diag_list *diags, struct project **ret)
{
	return read_project(b, a, diags, b->req->dir, b->req->compose, environment, ret);
}
