/* SPDX-License-Identifier: MIT */
/* One run at a time per stack: creates, checks and locks its store. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/macros.h"
#include "state/store_lock.h"

#include "core/i18n.h"
#include "files/files.h"
#include "files/trust.h"
#include "state/state.h"

/* Retries if the directory was removed between creating and locking it. */
#define LOCK_TRIES 20

static int make_store(struct arena *a, const char *store)
{
	const char *parent = arena_strndup(a, store, (size_t)(strrchr(store, '/') - store));
	int rc = 0;

	for (size_t i = 1; rc == 0 && i <= strlen(parent); i++)
		if (parent[i] == '/' || parent[i] == '\0') {
			const char *part = arena_strndup(a, parent, i);
			struct stat st;

			rc = stat(part, &st) == 0 && S_ISDIR(st.st_mode)
				     ? 0
				     : file_make_dir(part, parent[i] == '\0' ? 0700 : 0755);
		}
	return rc == 0 ? file_make_dir(store, 0700) : rc;
}

/*
 * Locks the store directory itself. store_unlock may remove it, so check that the locked one is still in place. Returns
 * 0 with the descriptor, -EAGAIN if it is not, or another -errno.
 */
static int lock_store(const char *store, int *ret_fd)
{
	struct stat locked, there;
	int fd = (int)TEMP_FAILURE_RETRY(open(store, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	int rc = fd < 0 ? -errno : TEMP_FAILURE_RETRY(flock(fd, LOCK_EX | LOCK_NB)) < 0 ? -errno : 0;

	if (rc == -EWOULDBLOCK)
		rc = -EBUSY;
	if (rc == 0 && fstat(fd, &locked) < 0)
		rc = -errno;
	if (rc == 0 && (lstat(store, &there) < 0 || there.st_ino != locked.st_ino || there.st_dev != locked.st_dev))
		rc = -EAGAIN;
	if (rc == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return rc;
}

/* In a directory like /tmp, somebody else may have created the store first. */
static int trust_locked(struct arena *a, const char *store, struct diag_list *diags, int fd)
{
	int rc = state_trust(a, store, NULL, diags);

	if (rc < 0)
		close(fd);
	return rc;
}

/*
 * Locks a stack's store and creates it if it is missing. Returns 0, -EBUSY with an error if another run holds the lock,
 * or another -errno with an error. Release with store_unlock.
 */
int store_lock(struct arena *a, const char *store, struct diag_list *diags, int *ret_fd)
{
	int rc = state_trust(a, store, NULL, diags);

	if (rc < 0)
		return rc;
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		rc = make_store(a, store);
		if (rc == 0)
			rc = lock_store(store, ret_fd);
		if (rc == 0)
			return trust_locked(a, store, diags, *ret_fd);
		/* Created, but removed by another run that ended: retry. */
		if (rc != -EAGAIN && rc != -ENOENT)
			break;
	}
	if (rc == -EBUSY || rc == -EAGAIN) {
		diag_add(diags, SEV_ERROR, store, _("another vpsfit is at work on this stack; nothing was written"))
			->hint = _("wait for it to end, then run again");
		return -EBUSY;
	}
	diag_add(diags, SEV_ERROR, store, _("the state cannot be kept here: %s; nothing was written"), strerror(-rc))
		->hint = _("run as root, or use --state DIR where you may write");
	return rc;
}

/* Removes the store if it is empty, then unlocks. */
void store_unlock(struct arena *a, const char *store, int fd)
{
	if (rmdir(arena_printf(a, "%s/history", store)) == 0 || errno == ENOENT)
		if (rmdir(store) == 0)
			(void)!rmdir(arena_strndup(a, store, (size_t)(strrchr(store, '/') - store)));
	close(fd);
}
