#include "apply/swap_make.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "files/files.h"
#include "files/run_program.h"
#include "core/i18n.h"
#include "core/machine.h"
#include "detect/swap_probe.h"

#define MIB ((int64_t)1 << 20)
#define MKSWAP_MS 60000
#define FIEMAP_AT_ONCE 128

/* Not in linux/magic.h. */
#define ZFS_MAGIC 0x2fc12fc1
#define CIFS_MAGIC 0xff534d42
#define NTFS3_MAGIC 0x7366746e

/* By f_type of the directory: mkswap succeeds on some of these, and only swapon fails. */
static const struct {
	unsigned type;
	const char *name;
} no_swap[] = {
	{ZFS_MAGIC, "ZFS"},	    {OVERLAYFS_SUPER_MAGIC, N_("an overlay")},
	{TMPFS_MAGIC, "tmpfs"},	    {RAMFS_MAGIC, "ramfs"},
	{NFS_SUPER_MAGIC, "NFS"},   {SMB_SUPER_MAGIC, "SMB"},
	{SMB2_SUPER_MAGIC, "SMB"},  {CIFS_MAGIC, "CIFS"},
	{FUSE_SUPER_MAGIC, "FUSE"}, {SQUASHFS_MAGIC, "squashfs"},
	{V9FS_MAGIC, "9P"},	    {CEPH_SUPER_MAGIC, "Ceph"},
	{MSDOS_SUPER_MAGIC, "FAT"}, {EXFAT_SUPER_MAGIC, "exFAT"},
	{NTFS3_MAGIC, "NTFS"},
};

static int fail(struct swap_job *job, int rc, const char *what)
{
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
	const char *why;

	if (TEMP_FAILURE_RETRY(fstatfs(dir, &fs)) < 0)
		return fail(job, -errno, _("the file system cannot be looked at"));
	for (size_t i = 0; i < ARRAY_SIZE(no_swap); i++)
		if ((unsigned)fs.f_type == no_swap[i].type)
			return refuse(job,
				      arena_printf(job->a,
						   _("%s cannot hold a swap file: choose a path on a disk of its own "
						     "with --swap-file"),
						   _(no_swap[i].name)));
	why = swap_btrfs_refusal(dir);
	if (why)
		return refuse(job, why);
	/* Said before hours of writing: the last byte would not fit. */
	if ((unsigned __int128)fs.f_bavail * (unsigned __int128)fs.f_bsize < (unsigned __int128)(job->size_mib * MIB))
		return fail(job, -ENOSPC, arena_printf(job->a, _("%lld MiB do not fit"), (long long)job->size_mib));
	return 0;
}

/* Only while a file is empty, and only on btrfs, does this mean that its blocks stay where they are. */
static int set_nocow(struct swap_job *job, int fd)
{
	struct statfs fs;
	int flags = 0;

	if (fstatfs(fd, &fs) < 0 || fs.f_type != BTRFS_SUPER_MAGIC)
		return 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return fail(job, -errno, _("copy-on-write cannot be turned off"));
	flags |= FS_NOCOW_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? fail(job, -errno, _("copy-on-write cannot be turned off")) : 0;
}

static void tell(const struct swap_job *job, int64_t done)
{
	if (job->progress)
		job->progress(job->context, arena_printf(job->a, _("fill   %s: %lld of %lld MiB"), job->path,
							 (long long)done, (long long)job->size_mib));
}

/* Every byte, so that every block is there. */
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
 * Is every byte in a block of its own? mkswap only warns of holes and says that it succeeded. A file system that cannot
 * be asked answers yes: swapon decides.
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

/* The header by the tool that every swap area's header is made with; then it is read back. */
static int write_header(struct swap_job *job, const char *path)
{
	const char *const argv[] = {"mkswap", "-L", SWAP_LABEL, path, NULL};
	enum swap_header header = SWAP_HEADER_NONE;
	const char *said;
	int rc = run_program(job->a, argv, MKSWAP_MS, &said);

	if (rc != 0) {
		job->why = rc == -ENOENT ? _("mkswap is missing: install util-linux")
			   : rc < 0	 ? arena_printf(job->a, _("mkswap cannot be run: %s"), strerror(-rc))
					 : arena_printf(job->a, _("mkswap ended with %d: %s"), rc, said);
		return rc < 0 ? rc : -EIO;
	}
	rc = swap_header_at(path, false, &header);
	if (rc == 0 && header != SWAP_HEADER_OURS) {
		job->why = arena_printf(job->a, _("mkswap wrote no header that can be read back%s%s"),
					said[0] ? ": " : "", said);
		return -EIO;
	}
	return rc < 0 ? fail(job, rc, _("the header cannot be read back")) : 0;
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
	if (rc == 0 && TEMP_FAILURE_RETRY(fsync(fd)) < 0)
		rc = fail(job, -errno, _("cannot be synced"));
	return rc;
}

static int sync_path(struct swap_job *job, const char *path)
{
	int fd = (int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
	int rc = fd < 0 || TEMP_FAILURE_RETRY(fsync(fd)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc < 0 ? fail(job, rc, _("cannot be synced")) : 0;
}

/* A link never replaces what is there; after it the hidden name is one too many. */
static int settle(struct swap_job *job, const char *temp)
{
	int rc = TEMP_FAILURE_RETRY(link(temp, job->path)) < 0 ? -errno : 0;

	if (rc == -EEXIST)
		return fail(job, rc, _("something has taken this name meanwhile"));
	if (rc < 0)
		return fail(job, rc, _("cannot be given its name"));
	if (TEMP_FAILURE_RETRY(unlink(temp)) < 0)
		rc = -errno;
	if (rc == 0)
		rc = file_sync_parent(job->path);
	if (rc < 0)
		(void)!TEMP_FAILURE_RETRY(unlink(job->path));
	return rc < 0 ? fail(job, rc, _("cannot be given its name")) : 0;
}

static int open_dir(struct swap_job *job)
{
	const char *slash = strrchr(job->path, '/');
	const char *dir = arena_strndup(job->a, job->path, slash > job->path ? (size_t)(slash - job->path) : 1);
	int fd = (int)TEMP_FAILURE_RETRY(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	return fd < 0 ? fail(job, -errno, arena_printf(job->a, _("%s cannot be used"), dir)) : fd;
}

static int make_hidden(struct swap_job *job, const char *temp)
{
	int fd = (int)TEMP_FAILURE_RETRY(open(temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	int rc = fd < 0 ? fail(job, -errno, _("cannot be created")) : fill(job, fd);

	if (fd >= 0 && close(fd) < 0 && rc == 0 && errno != EINTR)
		rc = fail(job, -errno, _("cannot be written"));
	if (rc == 0)
		rc = write_header(job, temp);
	return rc == 0 ? sync_path(job, temp) : rc;
}

int swap_make(struct swap_job *job)
{
	const char *temp = file_staged_path(job->a, job->path);
	int dir = open_dir(job), rc;

	if (dir < 0)
		return dir;
	rc = check_file_system(job, dir);
	close(dir);
	if (rc < 0)
		return rc;
	swap_make_discard(job->a, job->path);
	rc = make_hidden(job, temp);
	if (rc == 0)
		rc = settle(job, temp);
	if (rc < 0)
		swap_make_discard(job->a, job->path);
	return rc;
}

void swap_make_discard(struct arena *a, const char *path)
{
	(void)!TEMP_FAILURE_RETRY(unlink(file_staged_path(a, path)));
}
