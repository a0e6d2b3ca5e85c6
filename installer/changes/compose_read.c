/* SPDX-License-Identifier: MIT */
/* Reads the files of a project, each at most once a run; those that are to be written as they will be. */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/secrets_source.h"
#include "files/at.h"

/*
 * If .env is missing or empty, read the kept copy that will be restored: the project is what Compose made of that one.
 */
static const char *lost_env(const struct building *b, const char *path, const char *text)
{
	if (text && text[strspn(text, " \t\r\n")])
		return text;
	if (!STR_EQ(path, arena_printf(b->a, "%s/.env", b->req->dir)))
		return text;
	return b->req->secrets->last_copy(b->a, b->req->root, b->req->state->store, path, NULL);
}

/* Files below the stack's directory are read like the stack's own; files elsewhere are only ever read. */
static int read_on_disk(struct building *b, const char *path, const char **ret, size_t *ret_len)
{
	size_t n = strlen(b->req->dir);
	struct diag_list *heard = b->diags;
	struct diag_list unheard;
	struct file_change f = {.kind = CHANGE_NONE};
	const char *lost;
	char *text;
	int rc;

	diag_init(&unheard, b->a);
	b->diags = &unheard;
	if (strncmp(path, b->req->dir, n) == 0 && path[n] == '/') {
		rc = building_load(b, path + n + 1, 0644, &f);
		lost = rc == 0 ? lost_copy(b, path, f.old_text, f.old_len) : NULL;
		*ret = lost ? lost : rc == 0 ? lost_env(b, path, f.old_text) : NULL;
		*ret_len = *ret == f.old_text || !*ret ? f.old_len : strlen(*ret);
		rc = rc == 0 && !*ret ? -ENOENT : rc;
	} else {
		rc = sysroot_read(b->req->root, b->a, path, 0, &text, ret_len);
		*ret = text;
	}
	b->diags = heard;
	diag_clear(&unheard);
	return rc == -ENOTDIR ? -ENOENT : rc;
}

/*
 * Reads a file once per run, so that the project stays the same even if somebody changes it meanwhile. If the cache is
 * full, the first entry is replaced.
 */
static const struct disk_read *read_once(struct building *b, const char *path)
{
	struct disk_read *r = b->disk;

	for (size_t i = 0; i < b->disk_count; i++)
		if (STR_EQ(b->disk[i].path, path))
			return &b->disk[i];
	if (b->disk_count < ARRAY_SIZE(b->disk))
		r = &b->disk[b->disk_count++];
	r->path = arena_strdup(b->a, path); /* the caller's may be gone before the building is */
	r->rc = read_on_disk(b, path, &r->text, &r->len);
	return r;
}

/*
 * Reads a file of the project by its absolute path, at most once a run. context is the building. Returns 0, -ENOENT or
 * another negative errno, without a word.
 */
int compose_read(void *context, const char *path, const char **ret, size_t *ret_len)
{
	struct building *b = context;
	const struct disk_read *r;

	for (size_t i = 0; i < b->future_count; i++) {
		if (!STR_EQ(b->future[i].path, path))
			continue;
		*ret = b->future[i].text;
		*ret_len = b->future[i].len;
		return 0;
	}
	r = read_once(b, path);
	if (r->rc == 0) {
		*ret = r->text;
		*ret_len = r->len;
	}
	return r->rc;
}
