/* SPDX-License-Identifier: MIT */
/* The file systems of the stack, of a swap file, and of the engine's images. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/units.h"
#include "core/i18n.h"
#include "detect/probe.h"
#include "swap/place.h"
#include "swap/probe.h"
#include "swap/filesystems.h"

struct mount {
	const char *dir;
	const char *type;
	bool read_only;
	const char *options;
};

static const char *why_no_swap(const struct mount *m)
{
	const char *why = filesystem_refusal(m->type);

	if (!why && m->read_only)
		why = _("the file system is mounted read-only: choose another path with --swap-file");
	return why;
}

static bool lies_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (STR_EQ(dir, "/"))
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* A line "DEVICE DIR TYPE OPTIONS ...". */
static bool parse_mount(const struct probe *p, const char *line, struct mount *ret)
{
	const char *field[4];
	size_t len[4];

	if (probe_columns(line, field, len, 4) < 4)
		return false;
	ret->dir = probe_unescape(p->a, field[1], len[1]);
	ret->type = arena_strndup(p->a, field[2], len[2]);
	ret->options = arena_strndup(p->a, field[3], len[3]);
	ret->read_only = strncmp(field[3], "ro", 2) == 0 && (len[3] == 2 || field[3][2] == ',');
	return true;
}

/* The mount with the longest directory above path; of equal ones the last, which hides the others. */
static bool find_mount(const struct probe *p, const char *path, struct mount *ret)
{
	bool found = false;
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/self/mounts", 0, &text, &len) < 0 &&
	    sysroot_read(p->root, p->a, "/proc/mounts", 0, &text, &len) < 0)
		return false;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		struct mount m;

		line += *line == '\n';
		if (!parse_mount(p, line, &m) || !lies_below(path, m.dir))
			continue;
		if (!found || strlen(m.dir) >= strlen(ret->dir))
			*ret = m;
		found = true;
	}
	return found;
}

/* The nearest existing directory above path, on the running machine; NULL: an error. */
static char *nearest_dir(struct arena *a, const char *path)
{
	char *dir = arena_strdup(a, path);
	struct stat st;

	while (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		char *slash = strrchr(dir, '/');

		if (!slash || STR_EQ(dir, "/"))
			return NULL;
		slash[slash == dir] = '\0';
	}
	return dir;
}

#define REPORTED_SPACE "/report/free-space"

/* The tree of a report (vpsfit report) has a line "PATH<tab>MIB" for each place that was asked about. */
static bool reported_space(const struct probe *p, const char *path, struct fact *ret)
{
	const char *begin = arena_printf(p->a, "%s\t", path),
		   *line = sysroot_find(p->root, p->a, REPORTED_SPACE, begin, 65536);
	uint64_t mib;

	if (!line || !parse_uint_prefix(line + strlen(begin), INT64_MAX, &mib, &line))
		return false;
	*ret = fact_exact((int64_t)mib, "statvfs(2)");
	return true;
}

static struct fact free_space(const struct probe *p, const char *path)
{
	const char *dir;
	struct statvfs vfs;
	struct fact reported;

	if (!sysroot_is_live(p->root) && reported_space(p, path, &reported))
		return reported;
	if (!sysroot_is_live(p->root))
		return fact_unknown("statvfs(2)", _("it is not asked about another machine's tree"));
	dir = nearest_dir(p->a, path);
	if (!dir || statvfs(dir, &vfs) < 0)
		return fact_unknown("statvfs(2)", strerror(errno));
	return fact_exact((int64_t)((unsigned __int128)vfs.f_bavail * vfs.f_frsize >> 20), "statvfs(2)");
}

static const char *btrfs_refusal(const struct probe *p, const char *path)
{
	const char *dir = sysroot_is_live(p->root) ? nearest_dir(p->a, path) : NULL;
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	const char *why = fd >= 0 ? swap_btrfs_refusal(fd) : NULL;

	if (fd >= 0)
		close(fd);
	return why;
}

#define BTRFS_SUBVOLUME_INODE 256 /* BTRFS_FIRST_FREE_OBJECTID, the inode of each subvolume's root */

/* The file's directory, if it is the root of a subvolume; in another machine's tree, if one is mounted there. */
static const char *own_subvolume(const struct probe *p, const char *path)
{
	const bool live = sysroot_is_live(p->root);
	const char *dir =
		live ? nearest_dir(p->a, path) : arena_printf(p->a, "%.*s", (int)(strrchr(path, '/') - path), path);
	struct mount m;
	struct stat st;

	if (!dir || !dir[0] || STR_EQ(dir, "/"))
		return NULL;
	if (!live)
		return find_mount(p, dir, &m) && STR_EQ(m.dir, dir) && strstr(m.options, "subvol=/") ? dir : NULL;
	return stat(dir, &st) == 0 && st.st_ino == BTRFS_SUBVOLUME_INODE ? dir : NULL;
}

/* btrfs takes no snapshot of a subvolume with swap in use: a directory of nothing else is better one of its own. */
static bool stops_snapshots(const struct probe *p, const char *path)
{
	const char *dir = own_subvolume(p, path);
	const size_t n = strlen(path);
	char **names;
	long count;

	if (!dir)
		return true;
	count = sysroot_list(p->root, p->a, dir, &names);
	for (long i = 0; i < count; i++)
		if (strncmp(arena_printf(p->a, "%s/%s", dir, names[i]), path, n) != 0)
			return true;
	return sysroot_is_live(p->root) && count < 0;
}

static const char *no_inodes(const struct probe *p, const char *path)
{
	const char *dir = sysroot_is_live(p->root) ? nearest_dir(p->a, path) : NULL;
	struct statvfs vfs;

	return dir && statvfs(dir, &vfs) == 0 && vfs.f_files > 0 && vfs.f_favail == 0
		       ? _("the file system has no inodes left (df -i): remove files there that nobody needs")
		       : NULL;
}

/* Will the engine pull images to the file system of path? No if it is known to have them already. */
static bool wants_images(const struct probe *p, const char *path)
{
	const char *dir = nearest_dir(p->a, path), *store = nearest_dir(p->a, p->m->engine.image_store);
	struct stat a, b;

	if (!dir || !store || stat(dir, &a) < 0 || stat(store, &b) < 0 || a.st_dev != b.st_dev)
		return false;
	return !engine_has_images(p);
}

/* The path with all links resolved: /proc/mounts knows only such paths. */
static const char *real_place(const struct probe *p, const char *path)
{
	const char *dir = sysroot_is_live(p->root) ? nearest_dir(p->a, path) : NULL;
	const char *host = sysroot_is_live(p->root) ? NULL : sysroot_resolve(p->root, p->a, path);
	char *real = dir ? realpath(dir, NULL) : NULL;
	const char *place = real ? arena_strdup(p->a, real) : host ? host + strlen(p->root->root) : path;

	free(real);
	return place;
}

static bool in_memory(const char *type)
{
	return STR_EQ(type, "tmpfs") || STR_EQ(type, "ramfs") || STR_EQ(type, "rootfs");
}

static const char *option(const struct probe *p, const char *options, const char *key)
{
	for (const char *at = options; *at;) {
		size_t n = strcspn(at, ","), len = strlen(key);

		if (n > len && strncmp(at, key, len) == 0)
			return probe_unescape(p->a, at + len, n - len);
		at += n + (at[n] == ',');
	}
	return NULL;
}

/* Live systems and overlayroot put the upper layer into memory, often where the running system has no path to it. */
static bool started_without_disk(const struct probe *p)
{
	/* Ubuntu's later images start /casper/vmlinuz and say no more; raspi-config's overlay is "boot=overlay". */
	static const char *const words[] = {"overlayroot=tmpfs", "boot=live",	  "boot=casper",
					    "/casper/",		 "rd.live.image", "boot=overlay"};
	const char *line = sysroot_read_line(p->root, p->a, "/proc/cmdline");

	for (size_t i = 0; line && i < ARRAY_SIZE(words); i++)
		if (strstr(line, words[i]))
			return !strstr(line, "persisten");
	return false;
}

/* Is what is written below path gone after a reboot? A container's overlay is its engine's business. */
static bool is_forgotten(const struct probe *p, const struct mount *m)
{
	const char *upper = STR_EQ(m->type, "overlay") ? option(p, m->options, "upperdir=") : NULL;
	struct mount below;

	if (in_memory(m->type))
		return true;
	if (!upper || virt_is_container(p->m->virt.kind))
		return false;
	return (find_mount(p, upper, &below) && in_memory(below.type)) || started_without_disk(p);
}

/* Windows's and other file systems, whose files all belong to whom the mount says. WSL's are 9p with a name. */
static bool keeps_no_modes(const struct mount *m)
{
	static const char *const types[] = {"vfat",    "msdos", "exfat", "ntfs",  "ntfs3",
					    "fuseblk", "cifs",	"smb3",	 "drvfs", "vboxsf"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (STR_EQ(m->type, types[i]))
			return true;
	return STR_EQ(m->type, "9p") && strstr(m->options, "aname=drvfs") && !strstr(m->options, "metadata");
}

/* Azure's agent leaves this note on the disk that does not move along with the machine. */
static bool is_temporary(const struct probe *p, const struct mount *m)
{
	return sysroot_exists(p->root, arena_printf(p->a, "%s/DATALOSS_WARNING_README.txt", m->dir));
}

static void probe_disk(const struct probe *p, const char *path, struct machine_disk *d)
{
	struct mount m = {"/", "unknown", false, ""};
	bool found = find_mount(p, real_place(p, path), &m);

	d->path = path;
	d->fs = found ? m.type : _("unknown");
	d->read_only = found && m.read_only;
	d->in_memory = found && is_forgotten(p, &m);
	d->temporary = found && is_temporary(p, &m);
	d->no_modes = found && keeps_no_modes(&m);
	d->no_swap = found ? why_no_swap(&m) : NULL;
	d->free = free_space(p, path);
}

void probe_disks(const struct probe *p)
{
	struct machine_disk *swap = &p->m->swap_disk;

	probe_disk(p, p->request->stack_dir, &p->m->stack_disk);
	probe_disk(p, p->request->swap_file, swap);
	probe_disk(p, p->m->engine.image_store, &p->m->image_disk);
	p->m->image_disk.no_swap = NULL; /* nobody asks for swap there */
	if (!swap->no_swap && STR_EQ(swap->fs, "btrfs"))
		swap->no_swap = btrfs_refusal(p, swap->path);
	swap->stops_snapshots = !swap->no_swap && STR_EQ(swap->fs, "btrfs") && stops_snapshots(p, swap->path);
	if (!swap->no_swap)
		swap->no_swap = no_inodes(p, swap->path);
	if (!swap->no_swap && sysroot_is_live(p->root) && geteuid() == 0) {
		swap->no_swap = swap_place_refusal(p->a, swap->path);
		swap->others_write = swap->no_swap != NULL;
	}
	swap->wants_images = sysroot_is_live(p->root) && wants_images(p, swap->path);
}
