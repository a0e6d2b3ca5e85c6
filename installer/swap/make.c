/* SPDX-License-Identifier: MIT */
#include "swap/make.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/macros.h"
#include "files/files.h"
#include "files/run_program.h"
#include "core/i18n.h"
#include "core/machine.h"
#include "swap/unit.h"
#include "swap/place.h"
#include "swap/probe.h"
#include "swap/filesystems.h"

#define MIB ((int64_t)1 << 20)
#define MKSWAP_MS 60000
#define FIEMAP_AT_ONCE 128

static int fail(struct swap_job *job, int rc, const char *what)
{
	if (rc == -EFBIG)
		what = arena_printf(job->a, _("%s (a limit on the size of files, ulimit -f, or the file system's own)"),
				    what);
	job->why = arena_printf(job->a, "%s: %s", what, strerror(-rc));
	return rc;
}

static int refuse(struct swap_job *job, const char *why)
{
	job->why = why;
	return -EOPNOTSUPP;
}

static int check_file_system(struct swap_job *job, int dir)
{
	struct statfs fs;
	const char *name, *why;

	if (TEMP_FAILURE_RETRY(fstatfs(dir, &fs)) < 0)
		return fail(job, -errno, _("the file system cannot be looked at"));
	name = filesystem_refused_name((unsigned)fs.f_type);
	if (name)
		return refuse(job, arena_printf(job->a,
						_("%s cannot hold a swap file: choose a path on a disk of its own with "
						  "--swap-file"),
						name));
	why = swap_btrfs_refusal(dir);
	if (why)
		return refuse(job, why);
	/* Check before hours of writing whether it fits. */
	if ((unsigned __int128)fs.f_bavail * (unsigned __int128)fs.f_bsize < (unsigned __int128)(job->size_mib * MIB))
		return fail(job, -ENOSPC, arena_printf(job->a, _("%lld MiB do not fit"), (long long)job->size_mib));
	return 0;
}

/*
 * NOCOW keeps blocks in place. Only btrfs needs it, and only on an empty file does it take effect. A directory's
 * property "compression" is inherited, and btrfs refuses both flags together, even in the call that takes one away.
 */
static int set_nocow(struct swap_job *job, int fd)
{
	struct statfs fs;
	int flags = 0, plain;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != BTRFS_SUPER_MAGIC)
		return 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return fail(job, -errno, _("copy-on-write cannot be turned off"));
	plain = flags & ~(FS_COMPR_FL | FS_NOCOMP_FL);
	if (plain != flags && ioctl(fd, FS_IOC_SETFLAGS, &plain) < 0)
		return fail(job, -errno, _("compression cannot be turned off"));
	flags = plain | FS_NOCOW_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? fail(job, -errno, _("copy-on-write cannot be turned off")) : 0;
}

static void tell(const struct swap_job *job, int64_t done)
{
	if (job->progress)
		job->progress(job->context, arena_printf(job->a, _("fill   %s: %lld of %lld MiB"), job->path,
							 (long long)done, (long long)job->size_mib));
}

/* Writes every byte, so that every block is allocated. */
static int write_zeros(struct swap_job *job, int fd)
{
	char *zeros = calloc(1, MIB);
	int64_t at = 0, end = job->size_mib * MIB;
	int rc = zeros ? 0 : -ENOMEM;

	while (rc == 0 && at < end) {
		ssize_t n = TEMP_FAILURE_RETRY(pwrite(fd, zeros, (size_t)(end - at < MIB ? end - at : MIB), at));

		if (n < 0)
			rc = -errno;
		else if (n == 0)
			rc = -ENOSPC;
		else if (at / (end / 4 + 1) != (at + n) / (end / 4 + 1))
			tell(job, (at + n) / MIB);
		at += n > 0 ? n : 0;
	}
	free(zeros);
	return rc < 0 ? fail(job, rc, _("zeros cannot be written")) : 0;
}

/*
 * Is every byte allocated on disk? mkswap only warns about holes and succeeds. If the file system does not support
 * FIEMAP, assume yes: swapon decides.
 */
static bool has_no_holes(const struct swap_job *job, int fd)
{
	struct fiemap *map = calloc(1, sizeof(*map) + FIEMAP_AT_ONCE * sizeof(map->fm_extents[0]));
	uint64_t at = 0, end = (uint64_t)(job->size_mib * MIB);
	bool whole = map != NULL, asked = whole;

	while (whole && asked && at < end) {
		map->fm_start = at;
		map->fm_length = end - at;
		map->fm_flags = at == 0 ? FIEMAP_FLAG_SYNC : 0;
		map->fm_extent_count = FIEMAP_AT_ONCE;
		asked = ioctl(fd, FS_IOC_FIEMAP, map) == 0;
		whole = !asked || map->fm_mapped_extents > 0;
		for (uint32_t i = 0; asked && whole && i < map->fm_mapped_extents; i++) {
			const struct fiemap_extent *e = &map->fm_extents[i];

			whole = e->fe_logical <= at &&
				!(e->fe_flags &
				  (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_ENCODED));
			at = e->fe_logical + e->fe_length;
		}
	}
	free(map);
	return whole;
}

static int allocate(struct swap_job *job, int fd)
{
	int rc = job->zeros							    ? -EOPNOTSUPP
		 : TEMP_FAILURE_RETRY(fallocate(fd, 0, 0, job->size_mib * MIB)) < 0 ? -errno
										    : 0;

	if (rc == -EOPNOTSUPP || (rc == 0 && !has_no_holes(job, fd)))
		rc = write_zeros(job, fd);
	else if (rc < 0)
		return fail(job, rc, arena_printf(job->a, _("%lld MiB cannot be allocated"), (long long)job->size_mib));
	if (rc == 0 && !has_no_holes(job, fd))
		return refuse(job, _("the file has holes however it is written: choose a path on another file system "
				     "with --swap-file"));
	return rc;
}

/* Writes the header with mkswap, through the descriptor of the file just made, then reads it back. */
static int write_header(struct swap_job *job, int fd)
{
	const char *const argv[] = {"mkswap", "-L", SWAP_LABEL, RUN_PROGRAM_FD_PATH, NULL};
	const char *said;
	int rc = run_program_on(job->a, argv, fd, MKSWAP_MS, &said);

	if (rc != 0) {
		job->why = rc == -ENOENT ? _("mkswap is missing: install util-linux")
			   : rc < 0	 ? arena_printf(job->a, _("mkswap cannot be run: %s"), strerror(-rc))
					 : arena_printf(job->a, _("mkswap ended with %d: %s"), rc, said);
		return rc < 0 ? rc : -EIO;
	}
	if (swap_header_of(fd) != SWAP_HEADER_OURS) {
		job->why = arena_printf(job->a, _("mkswap wrote no header that can be read back%s%s"),
					said[0] ? ": " : "", said);
		return -EIO;
	}
	return 0;
}

static int sync_file(struct swap_job *job, int fd)
{
	return TEMP_FAILURE_RETRY(fsync(fd)) < 0 ? fail(job, -errno, _("cannot be synced")) : 0;
}

static int fill(struct swap_job *job, int fd)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return fail(job, -errno, _("cannot be looked at"));
	if (st.st_mode & 077 || st.st_uid != geteuid())
		return refuse(job, _("this file system keeps no file private, and whoever reads swap reads memory: "
				     "choose a path on "
				     "another disk with --swap-file"));
	rc = set_nocow(job, fd);
	if (rc == 0)
		rc = allocate(job, fd);
	return rc == 0 ? sync_file(job, fd) : rc;
}

/* Final and hidden name in one directory, opened once: later changes of the path do not matter. */
struct place {
	int dir;
	const char *name;
	const char *hidden;
};

static struct place place_of(struct arena *a, int dir, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return (struct place){dir, name, swap_hidden_name(a, name)};
}

/* Removes the file of an earlier run. Another user's file is not from one. */
static void discard(const struct place *p)
{
	struct stat st;

	if (fstatat(p->dir, p->hidden, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		(void)!TEMP_FAILURE_RETRY(unlinkat(p->dir, p->hidden, 0));
}

/*
 * Renames without replacing, for which not all file systems have a flag; link(2) replaces nothing either. musl has no
 * renameat2.
 */
static int rename_new(const struct place *p)
{
	if (TEMP_FAILURE_RETRY(syscall(SYS_renameat2, p->dir, p->hidden, p->dir, p->name, RENAME_NOREPLACE)) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (TEMP_FAILURE_RETRY(linkat(p->dir, p->hidden, p->dir, p->name, 0)) < 0)
		return -errno;
	if (TEMP_FAILURE_RETRY(unlinkat(p->dir, p->hidden, 0)) < 0) {
		int rc = -errno;

		(void)!TEMP_FAILURE_RETRY(unlinkat(p->dir, p->name, 0));
		return rc;
	}
	return 0;
}

static int settle(struct swap_job *job, const struct place *p, int fd)
{
	struct stat made, named;
	int rc = rename_new(p);

	if (rc == -EEXIST)
		return fail(job, rc, _("something has taken this name meanwhile"));
	if (rc < 0)
		return fail(job, rc, _("cannot be given its name"));
	if (fstat(fd, &made) < 0 || fstatat(p->dir, p->name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(job, -errno, _("cannot be looked at"));
	if (made.st_dev != named.st_dev || made.st_ino != named.st_ino)
		return fail(job, -EEXIST, _("somebody put another file in its place"));
	if (TEMP_FAILURE_RETRY(fsync(p->dir)) < 0) {
		rc = -errno;
		(void)!TEMP_FAILURE_RETRY(unlinkat(p->dir, p->name, 0));
		return fail(job, rc, _("cannot be given its name"));
	}
	return 0;
}

/* "No space left" may mean that there is plenty, and no inode for one more file. */
static int cannot_create(struct swap_job *job, int dir, int rc)
{
	struct statfs fs;

	if (rc != -ENOSPC || fstatfs(dir, &fs) < 0 || fs.f_files == 0 || fs.f_ffree > 0)
		return fail(job, rc, _("cannot be created"));
	job->why = _("the file system has no inodes left (df -i): remove files there that nobody needs");
	return -EOVERFLOW;
}

static int make_at(struct swap_job *job, const struct place *p)
{
	int fd = (int)TEMP_FAILURE_RETRY(
		openat(p->dir, p->hidden, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	int rc = fd < 0 ? cannot_create(job, p->dir, -errno) : fill(job, fd);

	if (rc == 0)
		rc = write_header(job, fd);
	if (rc == 0)
		rc = sync_file(job, fd);
	if (rc == 0)
		rc = settle(job, p, fd);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int make_in(struct swap_job *job, int dir, const char *unsafe)
{
	struct place p = place_of(job->a, dir, job->path);
	int rc = unsafe ? refuse(job, unsafe) : check_file_system(job, dir);

	if (rc == 0) {
		discard(&p);
		rc = make_at(job, &p);
		if (rc < 0)
			discard(&p);
	}
	return rc;
}

/* A limit on the size of files (RLIMIT_FSIZE) sends a signal that ends the process; ignored, it is EFBIG. */
int swap_make(struct swap_job *job)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	const char *unsafe;
	int dir = swap_place_open(job->a, job->path, &unsafe), rc;

	if (dir < 0)
		return fail(job, dir, _("its directory cannot be used"));
	sigaction(SIGXFSZ, &ignore, &before);
	rc = make_in(job, dir, unsafe);
	sigaction(SIGXFSZ, &before, NULL);
	close(dir);
	return rc;
}

void swap_make_discard(struct arena *a, const char *path)
{
	const char *unsafe;
	int dir = swap_place_open(a, path, &unsafe);
	struct place p;

	if (dir < 0)
		return;
	p = place_of(a, dir, path);
	discard(&p);
	close(dir);
}
