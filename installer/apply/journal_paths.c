/* SPDX-License-Identifier: MIT */
/*
 * Which paths a journal may name. Root executes a journal at the next boot: even a manipulated one must reach nothing
 * but the stack's directory and the few places that make swap permanent. The same check runs before a journal is
 * written, so that none is written which could not be read.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "state/state.h"
#include "changes/swap_changes.h"
#include "apply/transaction.h"
#include "core/i18n.h"
#include "swap/unit.h"
#include "files/trust.h"

static bool lies_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (STR_EQ(dir, "/"))
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool climbs(const char *path)
{
	size_t n = strlen(path);

	return strstr(path, "/../") || (n > 2 && STR_EQ(path + n - 3, "/.."));
}

/*
 * State of an adopted stack has the compose file as "dir", and lists it among its files; vpsfit's own stack has its
 * directory.
 */
static const char *base_of(const struct transaction *t, const json_t *state)
{
	const char *dir = json_string_value(json_object_get(state, "dir"));
	const json_t *files = json_object_get(state, "files");
	bool is_file = false;

	if (!dir || dir[0] != '/' || climbs(dir))
		return NULL;
	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *path = json_string_value(json_object_get(json_array_get(files, i), "path"));

		is_file |= path && STR_EQ(path, dir);
	}
	if (!is_file && !(sysroot_is_file(t->root, dir)))
		return arena_strdup(t->a, dir);
	return strrchr(dir, '/') == dir ? "/" : arena_strndup(t->a, dir, (size_t)(strrchr(dir, '/') - dir));
}

/* Reads the base from one state.json; NULL if that fails. */
static const char *base_in(const struct transaction *t, const char *dir)
{
	const char *path = arena_printf(t->a, "%s/state.json", dir), *base = NULL;
	json_error_t error;
	json_t *state;
	char *text;
	size_t len;

	if (trust_own(t->a, path, t->diags) < 0 || file_read(t->a, path, &text, &len, NULL) < 0)
		return NULL;
	state = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (state)
		base = base_of(t, state);
	json_decref(state);
	return base;
}

/*
 * Sets base to the directory of the stack whose journal is in dir. The state of an apply lies beside its journal; a
 * rollback uses the state of the entry that it undoes. Returns 0, or -EBADMSG with an error.
 */
int journal_find_base(struct transaction *t, const char *dir)
{
	long newest = state_newest(t->a, t->store, 0);

	t->base = base_in(t, dir);
	if (!t->base && newest > 0)
		t->base = base_in(t, state_entry_dir(t->a, t->store, newest));
	if (!t->base)
		t->base = base_in(t, arena_printf(t->a, "%s/undone", dir));
	if (t->base)
		return 0;
	diag_add(t->diags, SEV_ERROR, dir, _("does not say which stack it belongs to: there is no usable state.json"))
		->hint = _(
		"the directory holds copies of the files: N.before is what was there, N.after what was to be written");
	return -EBADMSG;
}

static int refuse(const struct transaction *t, const char *path, const char *why)
{
	diag_add(t->diags, SEV_ERROR, path, "%s", why)->hint = arena_printf(
		t->a,
		_("the stack is in %s; a record in %s names this path: if you did not expect that, move this "
		  "directory away"),
		t->base ? t->base : "?", t->store);
	return -EBADMSG;
}

/*
 * vpsfit's state is not part of a stack, even if it lies inside one. kept.env is the exception: a rollback moves
 * secrets there.
 */
static bool is_in_state(const struct transaction *t, const struct tx_file *f)
{
	const char *state = arena_strndup(t->a, t->store, (size_t)(strrchr(t->store, '/') - t->store));
	const char *base = sysroot_resolve(t->root, t->a, t->base);

	if (STR_EQ(f->at.host, arena_printf(t->a, "%s/kept.env", t->store)) && !f->before.link && !f->after.link)
		return false;
	if (lies_below(f->at.host, t->store))
		return true;
	return lies_below(f->at.host, state) && !(base && lies_below(base, state));
}

/* Returns 0, or -EBADMSG with an error that names the path. */
int journal_check_file(const struct transaction *t, const struct tx_file *f)
{
	const char *kept = arena_printf(t->a, "%s/kept.env", t->store);

	if (climbs(f->path))
		return refuse(t, f->path, _("contains '..'; a change may not touch it"));
	if (is_in_state(t, f))
		return refuse(t, f->path, _("belongs to vpsfit's own state; a change may not touch it"));
	if (!(lies_below(f->path, t->base) && !STR_EQ(f->path, t->base)) && !swap_is_unit(f->path) &&
	    !STR_EQ(f->path, FSTAB_PATH) && !STR_EQ(f->path, SWAPPINESS_PATH) && !STR_EQ(f->at.host, kept))
		return refuse(t, f->path, _("is outside the stack's directory; a change may not touch it"));
	return 0;
}

/* Allows the stack's directory, those below and above it, and the parents of the files that make swap permanent. */
int journal_check_dir(const struct transaction *t, const char *path)
{
	if (!climbs(path) && (lies_below(path, t->base) || lies_below(t->base, path) ||
			      lies_below(SWAP_WANTS_DIR, path) || lies_below(SWAPPINESS_PATH, path)))
		return 0;
	return refuse(t, path, _("is outside the stack's directory; a change may not touch it"));
}

/* Checks a whole transaction before its journal is written. */
int journal_check(const struct transaction *t)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++)
		rc = journal_check_file(t, &t->files[i]);
	for (size_t i = 0; rc == 0 && i < t->made.count; i++)
		rc = journal_check_dir(t, t->made.of[i]);
	for (size_t i = 0; rc == 0 && i < t->gone.count; i++)
		rc = journal_check_dir(t, t->gone.of[i]);
	return rc;
}
