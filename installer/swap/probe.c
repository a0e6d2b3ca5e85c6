/* SPDX-License-Identifier: MIT */
#include "swap/probe.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "core/units.h"
#include "files/parse.h"

#define SWAPS "/proc/swaps"
#define DELETED " (deleted)"
#define COLUMNS 5
/* Data, metadata and system, each with several profiles during a balance. */
#define MAX_BTRFS_SPACES 32

struct columns {
	const char *at[COLUMNS];
	size_t len[COLUMNS];
};

/* The kernel appends " (deleted)" to the path of an unlinked file; once unescaped, it looks like a part of the name. */
static void strip_deleted(struct swap_area *s, char *path)
{
	size_t n = strlen(path), d = strlen(DELETED);

	s->path = path;
	if (n > d && STR_EQ(path + n - d, DELETED)) {
		path[n - d] = '\0';
		s->deleted = true;
	}
}

static bool read_area(struct arena *a, const char *line, struct swap_area *ret)
{
	struct columns c = {0};
	uint64_t size, used, priority;
	const char *end;
	struct swap_area s = {.kind = SWAP_KIND_PARTITION, .active = true};
	bool virtual;

	if (probe_columns(line, c.at, c.len, COLUMNS) < COLUMNS)
		return false;
	/* lxcfs's whole list is one line "none virtual SIZE USED PRIORITY" (proc_fuse.c). */
	virtual = c.len[1] == strlen("virtual") && strncmp(c.at[1], "virtual", c.len[1]) == 0;
	if (c.at[0][0] != '/' && !virtual)
		return false;
	if (!parse_uint_prefix(c.at[2], INT64_MAX, &size, &end) || size >> 10 > (uint64_t)UNITS_MAX_MIB ||
	    !parse_uint_prefix(c.at[3], INT64_MAX, &used, &end) || used > size)
		return false;
	strip_deleted(&s, probe_unescape(a, c.at[0], c.len[0]));
	if (virtual) {
		s.kind = SWAP_KIND_HOST;
		s.path = SWAPS; /* where it lies is not said */
	} else if (strncmp(s.path, "/dev/zram", 9) == 0)
		s.kind = SWAP_KIND_ZRAM;
	else if (strncmp(c.at[1], "file", 4) == 0)
		s.kind = SWAP_KIND_FILE;
	s.size_mib = (int64_t)(size >> 10);
	s.used_mib = (int64_t)(used >> 10);
	if (c.at[4][0] == '-' && parse_uint_prefix(c.at[4] + 1, 32768, &priority, &end))
		s.priority = -(int)priority;
	else if (parse_uint_prefix(c.at[4], 32767, &priority, &end))
		s.priority = (int)priority;
	*ret = s;
	return true;
}

long swap_list_active(const struct sysroot *r, struct arena *a, struct swap_area *areas, size_t max)
{
	long count = 0;
	char *text;
	size_t len;
	int rc = sysroot_read(r, a, SWAPS, 0, &text, &len);

	if (rc < 0)
		return rc;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if ((size_t)count < max && read_area(a, line, &areas[count]))
			count++;
	}
	return count;
}

/* Are both names the same device (by number) or the same file (by inode)? */
static bool same_thing(const char *x, const char *y)
{
	struct stat a, b;

	if (stat(x, &a) < 0 || stat(y, &b) < 0)
		return false;
	if (S_ISBLK(a.st_mode) && S_ISBLK(b.st_mode))
		return a.st_rdev == b.st_rdev;
	return S_ISREG(a.st_mode) && S_ISREG(b.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* In another machine's tree: links may lead from both names to the same node, or to a file that stands for it. */
static bool same_in_tree(const struct sysroot *r, const char *x, const char *y)
{
	struct stat a, b;

	return sysroot_stat(r, x, &a) == 0 && sysroot_stat(r, y, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

const struct swap_area *swap_find_active(const struct sysroot *r, const struct swap_area *areas, size_t count,
					 const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (!areas[i].deleted &&
		    (STR_EQ(areas[i].path, path) ||
		     (sysroot_is_live(r) ? same_thing(areas[i].path, path) : same_in_tree(r, areas[i].path, path))))
			return &areas[i];
	return NULL;
}

/* Low-level probe, without libblkid's cache and udev. Anything but a definite "swap" counts as none. */
static blkid_probe probe_swap_area(int fd)
{
	blkid_probe pr = blkid_new_probe();
	const char *type = NULL;

	if (!pr)
		return NULL;
	if (blkid_probe_set_device(pr, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(pr, 1);
		blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
		blkid_probe_enable_partitions(pr, 1);
		/* Skips hibernation images (TYPE=swsuspend), which must not be overwritten. */
		if (blkid_do_safeprobe(pr) == 0 && blkid_probe_lookup_value(pr, "TYPE", &type, NULL) == 0 &&
		    STR_EQ(type, "swap"))
			return pr;
	}
	blkid_free_probe(pr);
	return NULL;
}

/* Anybody can write the label, but not give a file to root: require one that only root ever could read or link. */
static bool is_private(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISBLK(st.st_mode) || (S_ISREG(st.st_mode) && st.st_uid == 0 &&
							       (st.st_mode & 07777) == 0600 && st.st_nlink == 1));
}

enum swap_header swap_header_of(int fd)
{
	blkid_probe pr = probe_swap_area(fd);
	const char *label = NULL;
	bool ours;

	if (!pr)
		return SWAP_HEADER_NONE;
	ours = blkid_probe_lookup_value(pr, "LABEL", &label, NULL) == 0 && STR_EQ(label, SWAP_LABEL) && is_private(fd);
	blkid_free_probe(pr);
	return ours ? SWAP_HEADER_OURS : SWAP_HEADER_OTHER;
}

int swap_area_open(int dir, const char *path, bool device, enum swap_header *ret)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (device ? 0 : O_NOFOLLOW);
	int fd = (int)TEMP_FAILURE_RETRY(openat(dir, path, flags | O_CLOEXEC));
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	*ret = (device ? S_ISBLK(st.st_mode) : S_ISREG(st.st_mode)) ? swap_header_of(fd) : SWAP_HEADER_NONE;
	return fd;
}

static const char *value_of(struct arena *a, blkid_probe pr, const char *name)
{
	const char *value = NULL;

	return blkid_probe_lookup_value(pr, name, &value, NULL) == 0 ? arena_strdup(a, value) : NULL;
}

bool swap_names_of(struct arena *a, int fd, struct swap_area *ret)
{
	blkid_probe pr = probe_swap_area(fd);

	if (!pr)
		return false;
	ret->uuid = value_of(a, pr, "UUID");
	ret->label = value_of(a, pr, "LABEL");
	blkid_free_probe(pr);
	return true;
}

const struct swap_area *swap_find_same(const struct swap_area *areas, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (same_thing(areas[i].path, path))
			return &areas[i];
	return NULL;
}

/* btrfs(5), "Swapfile support": a single device, and a data profile that keeps one copy. */
const char *swap_btrfs_refusal(int dir_fd)
{
	_Alignas(8) unsigned char
		room[sizeof(struct btrfs_ioctl_space_args) + MAX_BTRFS_SPACES * sizeof(struct btrfs_ioctl_space_info)];
	struct btrfs_ioctl_space_args *args = (void *)room;
	struct btrfs_ioctl_fs_info_args info;
	struct statfs fs;

	if (fstatfs(dir_fd, &fs) < 0 || fs.f_type != BTRFS_SUPER_MAGIC)
		return NULL;
	memset(&info, 0, sizeof(info));
	if (ioctl(dir_fd, BTRFS_IOC_FS_INFO, &info) == 0 && info.num_devices > 1)
		return _("this btrfs spans more than one device, and its swap files must not: choose a path on another "
			 "file system "
			 "with --swap-file, or use a partition");
	memset(room, 0, sizeof(room));
	args->space_slots = MAX_BTRFS_SPACES;
	if (ioctl(dir_fd, BTRFS_IOC_SPACE_INFO, args) < 0)
		return NULL;
	for (uint64_t i = 0; i < args->total_spaces && i < MAX_BTRFS_SPACES; i++)
		if (args->spaces[i].flags & BTRFS_BLOCK_GROUP_DATA &&
		    args->spaces[i].flags & BTRFS_BLOCK_GROUP_PROFILE_MASK)
			return _("this btrfs keeps its data more than once or in stripes, and the kernel wants the "
				 "data profile "
				 "\"single\" for swap: choose a path on another file system with --swap-file, or use a "
				 "partition");
	return NULL;
}
