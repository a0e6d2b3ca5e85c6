/* SPDX-License-Identifier: MIT */
/*
 * Writes an export's files: all of them are staged beside their places before the first takes its place, so that a full
 * disk or a directory that cannot be written changes nothing.
 */
#include "export/write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "files/at.h"
#include "state/state.h"

struct place {
	const struct export_file *file;
	const char *path;
	struct file_at at;
	struct stat seen;
	bool exists, same, staged;
};

static const char *path_of(const struct export_target *t, const char *name)
{
	return arena_printf(t->a, "%s/%s", STR_EQ(t->dir, "/") ? "" : t->dir, name);
}

/* The text of a file that is there; NULL: there is none that can be read. */
const char *export_read(const struct export_target *t, const char *name)
{
	struct file_at at;
	struct stat st;
	char *text;
	size_t len;

	if (file_at_find(t->root, t->a, path_of(t, name), false, &at) < 0 ||
	    file_at_read(&at, t->a, &text, &len, &st) < 0)
		return NULL;
	return text;
}

static const char *digest(struct arena *a, const char *text, size_t len)
{
	return arena_printf(a, "%016llx", (unsigned long long)state_hash(text, len));
}

/* Is the text what an earlier export wrote there? The list has one "DIGEST NAME" a line. */
static bool is_ours(const struct export_target *t, const char *list, const char *name, const char *text, size_t len)
{
	const char *line = arena_printf(t->a, "%s %s\n", digest(t->a, text, len), name);

	for (const char *at = list; at && (at = strstr(at, line)); at++)
		if (at == list || at[-1] == '\n')
			return true;
	return false;
}

static int refuse(const struct export_target *t, const char *path, int rc)
{
	diag_add(t->diags, SEV_ERROR, path, _("cannot be written: %s; nothing was written"),
		 file_at_why(t->root, t->a, rc))
		->hint = file_at_hint(rc, _("mend that, or name another directory with --output"));
	return rc;
}

/* Looks at what is there. -EEXIST with an error: it is not what an export wrote. */
static int look(const struct export_target *t, const char *list, struct place *p)
{
	char *text;
	size_t len;
	int rc;

	p->path = path_of(t, p->file->name);
	rc = file_at_find(t->root, t->a, p->path, false, &p->at);
	if (rc == 0)
		rc = file_at_read(&p->at, t->a, &text, &len, &p->seen);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return refuse(t, p->path, rc);
	p->exists = true;
	p->same = len == p->file->len && memcmp(text, p->file->text, len) == 0 &&
		  (p->seen.st_mode & 07777) == p->file->mode;
	if (p->same || t->overwrite || is_ours(t, list, p->file->name, text, len))
		return 0;
	diag_add(t->diags, SEV_ERROR, p->path, _("is not as an export left it; nothing was written"))->hint =
		_("--overwrite-edits replaces it; --output names another directory");
	return -EEXIST;
}

/* Makes the directories above a file, as far as they are missing. */
static int make_dirs(const struct export_target *t, const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *dir = arena_strndup(t->a, path, (size_t)(slash - path));
		struct file_at at;
		int rc = sysroot_exists(t->root, dir) ? 0 : file_at_find(t->root, t->a, dir, true, &at);

		if (rc == 0 && !sysroot_exists(t->root, dir))
			rc = file_at_make_dir(&at, 0755);
		if (rc < 0 && rc != -EEXIST)
			return rc;
	}
	return 0;
}

static int stage(const struct export_target *t, struct place *p)
{
	const struct file_owner owner = {p->file->mode, p->exists ? p->seen.st_uid : geteuid(),
					 p->exists ? p->seen.st_gid : getegid()};
	int rc = make_dirs(t, p->path);

	if (rc == 0)
		rc = file_at_find(t->root, t->a, p->path, false, &p->at);
	if (rc == 0)
		rc = file_at_stage(&p->at, t->a, p->file->text, p->file->len, &owner, p->exists ? &p->seen : NULL);
	if (rc < 0)
		return refuse(t, p->path, rc);
	p->staged = true;
	return 0;
}

static struct export_file list_of(const struct export_target *t, const struct export_result *r)
{
	const char *text = "";

	for (size_t i = 0; i < r->count; i++)
		text = arena_printf(t->a, "%s%s %s\n", text, digest(t->a, r->files[i].text, r->files[i].len),
				    r->files[i].name);
	return (struct export_file){EXPORT_LIST, text, strlen(text), 0600};
}

/*
 * Writes the files that are not there as they should be, and says how many those were. Returns 0, or a negative errno
 * with an error in diags: -EEXIST if something is there that is not an export's.
 */
int export_write(const struct export_target *t, const struct export_result *r, size_t *ret_changed)
{
	struct place places[MAX_EXPORT_FILES + 1] = {{.path = NULL}};
	const char *list = export_read(t, EXPORT_LIST);
	const struct export_file own = list_of(t, r);
	int rc = 0;

	*ret_changed = 0;
	for (size_t i = 0; rc == 0 && i <= r->count; i++) {
		places[i].file = i < r->count ? &r->files[i] : &own;
		/* The list is nobody's to edit. */
		if (i < r->count)
			rc = look(t, list, &places[i]);
		else
			rc = look(&(struct export_target){t->root, t->a, t->dir, true, t->diags}, list, &places[i]);
	}
	for (size_t i = 0; rc == 0 && i <= r->count; i++)
		if (!places[i].same)
			rc = stage(t, &places[i]);
	for (size_t i = 0; i <= r->count; i++) {
		if (!places[i].staged)
			continue;
		if (rc == 0)
			rc = file_at_commit(&places[i].at, t->a);
		else
			file_at_discard(&places[i].at, t->a);
		*ret_changed += rc == 0 && i < r->count;
	}
	return rc;
}
