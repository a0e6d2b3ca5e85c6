/* SPDX-License-Identifier: MIT */
/* A compose file of vpsfit's own stack that has a name of a person's, which only COMPOSE_FILE in .env leads to. */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/gone.h"
#include "compose/env.h"
#include "core/i18n.h"
#include "core/text.h"
#include "files/at.h"

/* Is it a compose file that only COMPOSE_FILE leads to, with values of vpsfit's in it? */
static bool is_named_file(const struct building *b, const char *name)
{
	struct file_change f = {.kind = CHANGE_NONE};
	struct diag_list unheard;
	struct building quiet = *b;
	bool ret;

	if (!(text_ends(name, ".yml") || text_ends(name, ".yaml")) || strstr(name, ".override."))
		return false;
	diag_init(&unheard, b->a);
	quiet.diags = &unheard;
	ret = building_load(&quiet, name, 0644, &f) == 0 && f.old_text && strstr(f.old_text, "services:") &&
	      strstr(f.old_text, "# vpsfit:");
	diag_clear(&unheard);
	return ret;
}

static const char *find_named_file(const struct building *b)
{
	struct file_at at;
	char **names;
	long n = file_at_find(b->req->root, b->a, b->req->dir, true, &at);

	n = n < 0 ? n : file_at_list(&at, b->a, &names);
	for (long i = 0; i < n; i++)
		if (is_named_file(b, names[i]))
			return names[i];
	return NULL;
}

/*
 * The stack's compose file has a name that only COMPOSE_FILE in .env led to, and that line is gone: an old copy under a
 * usual name would take its place. Returns 0, or -ESTALE with an error.
 */
int compose_named_refuse(struct building *b)
{
	const char *path = arena_printf(b->a, "%s/" COMPOSE_FILE, b->req->dir), *name, *env;
	bool usual = false;
	size_t len;

	for (size_t i = 0; (name = project_usual_name(i)); i++)
		usual |= sysroot_exists(b->req->root, arena_printf(b->a, "%s/%s", b->req->dir, name));
	if (usual || !b->set->state.present || b->req->cut_off || gone_is_unnamed(b->a, b->req->root, path))
		return 0;
	name = find_named_file(b);
	if (!name || compose_read(b, arena_printf(b->a, "%s/.env", b->req->dir), &env, &len) < 0 ||
	    env_get(b->a, env, "COMPOSE_FILE"))
		return 0;
	diag_add(b->diags, SEV_ERROR, arena_printf(b->a, "%s/%s", b->req->dir, name),
		 _("is a compose file of this stack, and nothing names it; nothing was written"))
		->hint = text_aprintf(b->a,
				      _("put COMPOSE_FILE=%s into .env, or call the file %s; if it is "
					"not in use any more, take it away"),
				      name, COMPOSE_FILE);
	return -ESTALE;
}
