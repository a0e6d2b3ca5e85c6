/* SPDX-License-Identifier: MIT */
#include "changes/status.h"

#include <errno.h>
#include <string.h>

#include "changes/env_mode.h"
#include "core/i18n.h"
#include "files/at.h"
#include "compose/env.h"

const char *file_fate_name(enum file_fate f)
{
	static const char *const names[] = {
		[FILE_SAME] = N_("as written"),
		[FILE_THERE] = N_("there"),
		[FILE_EDITED] = N_("edited since"),
		[FILE_MISSING] = N_("missing"),
		[FILE_UNREADABLE] = N_("cannot be read"),
		[FILE_OPEN] = N_("others can read it"),
		[FILE_FOREIGN] = N_("belongs to somebody else"),
		[FILE_LACKING] = N_("lacks a secret"),
	};

	ALL_NAMED(names, FILE_FATE_COUNT);

	return names[f];
}

/* Does a file of the stack name the variable? */
static bool is_named(struct arena *a, const struct sysroot *r, const struct state *state, const char *key)
{
	for (size_t i = 0; i < state->file_count; i++) {
		char *text;
		size_t len;

		if (state->files[i].hash != 0 && sysroot_read(r, a, state->files[i].path, 0, &text, &len) == 0 &&
		    strstr(text, arena_printf(a, "${%s", key)))
			return true;
	}
	return false;
}

/* What the stack that was applied lacks: a service that only the next apply brings has its secret made by it. */
static bool lacks_secret(struct arena *a, const struct sysroot *r, const struct plan *plan, const struct state *state,
			 const char *text)
{
	const struct service_secret *one;
	size_t s;

	for (size_t i = 0; (one = service_secret(plan->set, i, &s)); i++)
		if (plan->services[s].in && !env_has(a, text, one->key) &&
		    (!one->if_named || is_named(a, r, state, one->key)) &&
		    (plan->set->items[s].optional_from == 0 || state_has_service(a, state, plan->set->items[s].name)))
			return true;
	return false;
}

/*
 * Is it a file of a service, which is no env file and holds no secret? Of a stack that was taken up, nobody
 * knows how they were. */
static bool is_of_service(struct arena *a, const struct plan *plan, const struct state *state, const char *path)
{
	for (size_t s = 0; s < plan->set->count; s++)
		for (size_t i = 0; i < plan->set->items[s].file_count; i++)
			if (STR_EQ(path, arena_printf(a, "%s/%s", state->dir, plan->set->items[s].files[i].name)))
				return true;
	return false;
}

/* .env is meant to be edited: only check who can read it. */
static enum file_fate fate_of_env(const char *host, const struct stat *st)
{
	if ((st->st_mode & ENV_OTHERS) != 0)
		return FILE_OPEN;
	return env_is_foreign(st, host) ? FILE_FOREIGN : FILE_THERE;
}

enum file_fate status_of_file(struct arena *a, const struct sysroot *r, const struct plan *plan,
			      const struct state *state, const struct state_file *f)
{
	bool own = state->dir && STR_EQ(f->path, arena_printf(a, "%s/.env", state->dir));
	struct file_at at;
	struct stat st;
	char *text;
	size_t len;
	int rc = file_at_find(r, a, f->path, true, &at);

	if (rc == 0)
		rc = file_at_read(&at, a, &text, &len, &st);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return FILE_MISSING;
	if (rc < 0)
		return FILE_UNREADABLE;
	if (f->hash == 0 && own && lacks_secret(a, r, plan, state, text))
		return FILE_LACKING;
	if (f->hash == 0 && state->dir && is_of_service(a, plan, state, f->path))
		return FILE_THERE;
	if (f->hash == 0)
		return fate_of_env(at.host, &st);
	return f->hash == state_hash(text, len) ? FILE_SAME : FILE_EDITED;
}

const char *swap_fate_name(enum swap_fate f)
{
	static const char *const names[] = {
		[SWAP_FATE_IN_USE] = N_("in use"),
		[SWAP_FATE_NOT_IN_USE] = N_("not in use"),
		[SWAP_FATE_MISSING] = N_("missing"),
		[SWAP_FATE_CHANGED] = N_("changed since"),
	};

	ALL_NAMED(names, SWAP_FATE_COUNT);

	return names[f];
}

enum swap_fate status_of_swap(const struct machine *m, const struct swap_area *r)
{
	for (size_t i = 0; i < m->swap.candidate_count; i++) {
		const struct swap_area *c = &m->swap.candidates[i];

		if (!STR_EQ(c->path, r->path))
			continue;
		if (c->owner == SWAP_OWNER_NONE)
			return SWAP_FATE_MISSING;
		if (c->owner == SWAP_OWNER_OTHER || (c->kind == SWAP_KIND_FILE && c->size_mib != r->size_mib))
			return SWAP_FATE_CHANGED;
		return c->active ? SWAP_FATE_IN_USE : SWAP_FATE_NOT_IN_USE;
	}
	return SWAP_FATE_MISSING;
}
