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

/* Directories that were made for the files, in this order. */
struct made {
	const char *dirs[4 * MAX_EXPORT_FILES];
	size_t count;
};

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

static int refuse(const struct export_target *t, const char *path, int rc)
{
	diag_add(t->diags, SEV_ERROR, path, _("cannot be written: %s; nothing was written"),
		 file_at_why(t->root, t->a, rc))
		->hint = file_at_hint(rc, _("fix that, or name another directory with --output"));
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
	if (p->same || t->overwrite || record_is_ours(t->a, list, p->file->name, text, len))
		return 0;
	diag_add(t->diags, SEV_ERROR, p->path, _("is not as an export left it; nothing was written"))->hint =
		_("--overwrite-edits replaces it; --output names another directory");
	return -EEXIST;
}

/* Makes the directories above a file, as far as they are missing. */
static int make_dirs(const struct export_target *t, const char *path, struct made *made)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *dir = arena_strndup(t->a, path, (size_t)(slash - path));
		struct file_at at;
		int rc;

		if (sysroot_exists(t->root, dir))
			continue;
		rc = file_at_find(t->root, t->a, dir, true, &at);
		if (rc == 0)
			rc = made->count < ARRAY_SIZE(made->dirs) ? file_at_make_dir(&at, 0755) : -ENAMETOOLONG;
		if (rc == 0)
			made->dirs[made->count++] = dir;
		else if (rc != -EEXIST)
			return rc;
	}
	return 0;
}

/* "Nothing was written" means the directories too; one that somebody has put something into stays. */
static void remove_dirs(const struct export_target *t, const struct made *made)
{
	for (size_t i = made->count; i-- > 0;) {
		struct file_at at;

		if (file_at_find(t->root, t->a, made->dirs[i], false, &at) < 0 || file_at_remove_dir(&at) < 0)
			return;
	}
}

static int stage(const struct export_target *t, struct place *p, struct made *made)
{
	const struct file_owner owner = {p->file->mode, p->exists ? p->seen.st_uid : geteuid(),
					 p->exists ? p->seen.st_gid : getegid()};
	int rc = make_dirs(t, p->path, made);

	if (rc == 0)
		rc = file_at_find(t->root, t->a, p->path, false, &p->at);
	if (rc == 0)
		rc = file_at_stage(&p->at, t->a, p->file->text, p->file->len, &owner, p->exists ? &p->seen : NULL);
	if (rc < 0)
		return refuse(t, p->path, rc);
	p->staged = true;
	return 0;
}

static bool is_wanted(const struct export_result *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (STR_EQ(r->files[i].name, name))
			return true;
	return false;
}

/* A file that holds secrets. It is never removed: a volume that was made with them may be wanted again. */
static bool export_holds_secrets(const char *name)
{
	const size_t len = strlen(name), end = strlen(".env");

	return len >= end && STR_EQ(name + len - end, ".env");
}

/* The list's lines of secrets that are not of this export stay: whoever wants them again finds them, or is warned. */
static const char *kept_lines(const struct export_target *t, const struct export_result *r)
{
	const char *text = "", *at = t->record->text, *name, *digest;

	while ((name = record_next_file(t->a, &at, &digest)))
		if (export_holds_secrets(name) && !is_wanted(r, name))
			text = arena_printf(t->a, "%s%s %s\n", text, digest, name);
	return text;
}

static struct export_file list_of(const struct export_target *t, const struct export_result *r)
{
	const char *text = "";

	for (size_t i = 0; i < r->count; i++)
		text = arena_printf(t->a, "%s%s %s\n", text, record_digest(t->a, r->files[i].text, r->files[i].len),
				    r->files[i].name);
	text = arena_printf(t->a, "%s%s%s", text, kept_lines(t, r), t->notes);
	return (struct export_file){EXPORT_LIST, text, strlen(text), 0600};
}

/* Says what becomes of a file of the last export that this one does not have. */
static bool put_away(const struct export_target *t, const char *name)
{
	const char *path = path_of(t, name);
	struct file_at at;
	struct stat st;
	char *text;
	size_t len;

	if (file_at_find(t->root, t->a, path, false, &at) < 0 || file_at_read(&at, t->a, &text, &len, &st) < 0)
		return false;
	if (export_holds_secrets(name))
		diag_note(t->diags, "file-left", SEV_INFO, path,
			  _("is not used by this export, and stays for its secrets"))
			->hint = _("delete it when no volume needs them");
	else if (!record_is_ours(t->a, t->record->text, name, text, len))
		diag_note(t->diags, "file-left", SEV_WARNING, path,
			  _("is not used by this export, and stays because it was edited"))
			->hint = _("nothing reads it; delete it when you do not need it");
	else if (file_at_remove(&at) < 0)
		diag_note(t->diags, "file-left", SEV_WARNING, path,
			  _("is not used by this export, and cannot be removed"))
			->hint = _("nothing reads it; delete it when you do not need it");
	else
		return true;
	return false;
}

/* Files of an earlier export go with what they were for. Returns how many went. */
static size_t put_away_all(const struct export_target *t, const struct export_result *r)
{
	const char *at = t->record->text, *name;
	size_t gone = 0;

	while ((name = record_next_file(t->a, &at, NULL))) {
		if (is_wanted(r, name) || !put_away(t, name))
			continue;
		diag_note(t->diags, "file-removed", SEV_INFO, path_of(t, name),
			  _("was of the last export, is not used by this one, and was removed"));
		gone++;
	}
	return gone;
}

/*
 * Writes the files that are not there as they should be, and says how many those were. Returns 0, or a negative errno
 * with an error in diags: -EEXIST if something is there that is not an export's.
 */
int export_write(const struct export_target *t, const struct export_result *r, size_t *ret_changed)
{
	struct place places[MAX_EXPORT_FILES + 1] = {{.path = NULL}};
	struct export_target of_list = *t;
	const struct export_file own = list_of(t, r);
	struct made made = {.count = 0};
	int rc = 0;

	*ret_changed = 0;
	/* The list is nobody's to edit. */
	of_list.overwrite = true;
	for (size_t i = 0; rc == 0 && i <= r->count; i++) {
		places[i].file = i < r->count ? &r->files[i] : &own;
		rc = look(i < r->count ? t : &of_list, t->record->text, &places[i]);
	}
	for (size_t i = 0; rc == 0 && i <= r->count; i++)
		if (!places[i].same)
			rc = stage(t, &places[i], &made);
	for (size_t i = 0; i <= r->count; i++) {
		if (!places[i].staged)
			continue;
		if (rc == 0)
			rc = file_at_commit(&places[i].at, t->a);
		else
			file_at_discard(&places[i].at, t->a);
		*ret_changed += rc == 0 && i < r->count;
	}
	if (rc < 0 && *ret_changed == 0)
		remove_dirs(t, &made);
	if (rc == 0)
		*ret_changed += put_away_all(t, r);
	return rc;
}
