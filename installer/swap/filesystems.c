/* SPDX-License-Identifier: MIT */
#include "swap/filesystems.h"

#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/i18n.h"
#include "core/macros.h"

/* Not in linux/magic.h. */
#define ZFS_MAGIC 0x2fc12fc1
#define CIFS_MAGIC 0xff534d42
#define BCACHEFS_MAGIC 0xca451a4e
#define NTFS3_MAGIC 0x7366746e

#define MAX_MAGICS 2

/* Looked up by type before anything is made, by f_type when it is: mkswap succeeds on some, and only swapon fails. */
static const struct {
	const char *type; /* exact, or a prefix with '*' */
	unsigned magics[MAX_MAGICS];
	const char *name;
	const char *why;
} refused[] = {
	{"zfs", {ZFS_MAGIC}, "ZFS", N_("ZFS deadlocks with swap files: use a partition, or zram")},
	{"overlay",
	 {OVERLAYFS_SUPER_MAGIC},
	 N_("an overlay"),
	 N_("an overlay cannot hold a swap file: choose a path on a real disk with --swap-file")},
	{"tmpfs", {TMPFS_MAGIC}, "tmpfs", N_("tmpfs lives in RAM itself: choose a path on a disk with --swap-file")},
	{"ramfs", {RAMFS_MAGIC}, "ramfs", N_("ramfs lives in RAM itself: choose a path on a disk with --swap-file")},
	{"rootfs", /* what is started from an initramfs and never leaves it; its f_type is that of the two above */
	 {0},
	 "rootfs",
	 N_("this root lies in RAM itself (an initramfs): choose a path on a disk with --swap-file")},
	{"nfs*",
	 {NFS_SUPER_MAGIC},
	 "NFS",
	 N_("a network file system cannot hold a swap file: choose a local path with --swap-file")},
	{"cifs",
	 {CIFS_MAGIC, SMB_SUPER_MAGIC},
	 "CIFS",
	 N_("a network file system cannot hold a swap file: choose a local path with --swap-file")},
	{"smb3",
	 {SMB2_SUPER_MAGIC},
	 "SMB",
	 N_("a network file system cannot hold a swap file: choose a local path with --swap-file")},
	{"ceph",
	 {CEPH_SUPER_MAGIC},
	 "Ceph",
	 N_("a network file system cannot hold a swap file: choose a local path with --swap-file")},
	{"virtiofs", /* its f_type is that of FUSE */
	 {0},
	 "virtiofs",
	 N_("a file system of the host cannot hold a swap file: choose a local path with --swap-file")},
	{"9p",
	 {V9FS_MAGIC},
	 "9P",
	 N_("a file system of the host cannot hold a swap file: choose a local path with --swap-file")},
	{"fuse*",
	 {FUSE_SUPER_MAGIC},
	 "FUSE",
	 N_("a FUSE file system cannot hold a swap file: choose a local path with --swap-file")},
	{"vfat",
	 {MSDOS_SUPER_MAGIC},
	 "FAT",
	 N_("FAT keeps no file private, and whoever reads swap reads memory: choose a path on another disk with "
	    "--swap-file")},
	{"msdos",
	 {MSDOS_SUPER_MAGIC},
	 "FAT",
	 N_("FAT keeps no file private, and whoever reads swap reads memory: choose a path on another disk with "
	    "--swap-file")},
	{"exfat",
	 {EXFAT_SUPER_MAGIC},
	 "exFAT",
	 N_("exFAT cannot hold a swap file: choose a path on another disk with --swap-file")},
	{"ntfs*",
	 {NTFS3_MAGIC},
	 "NTFS",
	 N_("NTFS cannot hold a swap file: choose a path on another disk with --swap-file")},
	{"bcachefs",
	 {BCACHEFS_MAGIC},
	 "bcachefs",
	 N_("bcachefs cannot hold a swap file: use a partition, or choose a path on another disk with --swap-file")},
	{"squashfs",
	 {SQUASHFS_MAGIC},
	 "squashfs",
	 N_("squashfs is read-only: choose a path on a disk with --swap-file")},
};

static bool type_matches(const char *type, const char *pattern)
{
	size_t n = strlen(pattern);

	return pattern[n - 1] == '*' ? strncmp(type, pattern, n - 1) == 0 : STR_EQ(type, pattern);
}

const char *filesystem_refusal(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (type_matches(type, refused[i].type))
			return _(refused[i].why);
	return NULL;
}

const char *filesystem_refused_name(unsigned f_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		for (size_t k = 0; k < MAX_MAGICS && refused[i].magics[k]; k++)
			if (refused[i].magics[k] == f_type)
				return _(refused[i].name);
	return NULL;
}
