/* SPDX-License-Identifier: MIT */
#include "apply/last_files.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "apply/history.h"
#include "apply/secrets.h"
#include "core/text.h"
#include "files/files.h"

static bool is_named(const struct last_file *all, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (STR_EQ(all[i].name, name))
			return true;
	return false;
}

/* What the package has too, and .env, whose lines are in kept.env, are not lost with the history. */
static bool is_lost(struct arena *a, const struct sysroot *root, const char *store, const struct state_file *f,
		    struct history_copy *ret)
{
	return !secrets_is_env(f->path) && !sysroot_exists(root, f->path) &&
	       history_find(a, root, store, 0, f->path, NULL, 0, ret) && ret->copy.text &&
	       (f->shipped == 0 || f->shipped != state_hash(ret->copy.text, ret->copy.len));
}

/* Adds a copy of the file at that path under a name that no other has. */
void last_files_add(struct arena *a, struct last_file *all, size_t *count, const char *path,
		    const struct last_file *one)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : "";

	if (!name[0])
		return;
	if (is_named(all, *count, name))
		name = arena_printf(a, "%zu-%s", *count, name);
	all[(*count)++] = (struct last_file){name, one->text, one->len};
}

size_t last_files_find(struct arena *a, const struct sysroot *root, const char *store, const struct state *state,
		       struct last_file ret[STATE_MAX_FILES])
{
	struct history_copy was;
	size_t count = 0;

	for (size_t i = 0; i < state->file_count; i++) {
		if (is_lost(a, root, store, &state->files[i], &was))
			last_files_add(a, ret, &count, state->files[i].path,
				       &(struct last_file){NULL, was.copy.text, was.copy.len});
	}
	return count;
}

const char *last_files_dir(struct arena *a, const char *store, const char *time)
{
	const bool well = time && time[0] && strspn(time, "0123456789-:TZ") == strlen(time);

	return arena_printf(a, "%s/" KEPT_FILES "/%s", store, well ? time : "unknown");
}

/* Returns 0, or a negative errno: then nothing may be forgotten or overwritten. */
int last_files_write(struct arena *a, const char *store, const char *dir, const struct last_file *files, size_t count)
{
	static const struct file_owner mine = {0600, (uid_t)-1, (gid_t)-1};
	int rc = 0;

	if (count == 0)
		return 0;
	rc = file_make_dir(arena_printf(a, "%s/" KEPT_FILES, store), 0700);
	if (rc == 0)
		rc = file_make_dir(dir, 0700);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = file_replace(a, arena_printf(a, "%s/%s", dir, files[i].name), files[i].text, files[i].len, &mine);
	return rc;
}

int last_files_keep(struct arena *a, const struct sysroot *root, const char *store, const struct state *state)
{
	struct last_file files[STATE_MAX_FILES];
	const size_t count = last_files_find(a, root, store, state, files);

	return last_files_write(a, store, last_files_dir(a, store, state->time), files, count);
}

int last_files_merge(struct arena *a, const char *from_store, const char *to_store)
{
	const char *const from = arena_printf(a, "%s/" KEPT_FILES, from_store);
	const char *const to = arena_printf(a, "%s/" KEPT_FILES, to_store);
	struct sysroot host;
	char **names;
	long n;
	int rc = 0;

	if (access(from, F_OK) < 0)
		return 0;
	if (sysroot_open(&host, "/") < 0)
		return -errno;
	n = sysroot_list(&host, a, from, &names);
	sysroot_close(&host);
	rc = n < 0 ? (int)n : file_make_dir(to, 0700);
	for (long i = 0; rc == 0 && i < n; i++)
		rc = file_rename(arena_printf(a, "%s/%s", from, names[i]), arena_printf(a, "%s/%s", to, names[i]));
	if (rc == 0 && rmdir(from) < 0)
		rc = -errno;
	return rc;
}
