/* SPDX-License-Identifier: MIT */
/*
 * Which idle swap partitions are not vpsfit's to turn on unasked: what lies in them may belong to a guest, to another
 * installation, or to a disk that leaves. swapon overwrites it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/units.h"
#include "detect/probe.h"

#define BLOCK "/sys/class/block/"
#define MAX_DISKS 16
#define MAX_DEPTH 8 /* of mappings upon mappings */

struct disks {
	const char *names[MAX_DISKS];
	size_t count;
	bool more; /* than fit: nothing can be said */
};

/* The disk of a partition; of anything else, itself. The kernel's link is ".../DISK/PARTITION". */
static const char *disk_of(const struct sysroot *r, struct arena *a, const char *name)
{
	char *way, *slash;

	if (!sysroot_exists(r, arena_printf(a, BLOCK "%s/partition", name)))
		return name;
	way = sysroot_readlink(r, a, arena_printf(a, BLOCK "%s", name));
	slash = way ? strrchr(way, '/') : NULL;
	if (!slash)
		return name;
	*slash = '\0';
	slash = strrchr(way, '/');
	return slash ? slash + 1 : name;
}

static void add_disk(struct disks *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (STR_EQ(d->names[i], name))
			return;
	if (d->count == MAX_DISKS)
		d->more = true;
	else
		d->names[d->count++] = name;
}

/* The whole disks below a block device: its own, or those of everything that it is mapped to. */
static void find_disks(const struct sysroot *r, struct arena *a, const char *name, int depth, struct disks *d)
{
	char **slaves;
	long n = sysroot_list(r, a, arena_printf(a, BLOCK "%s/slaves", name), &slaves);

	if (n <= 0)
		add_disk(d, disk_of(r, a, name));
	for (long i = 0; i < n; i++)
		if (depth < MAX_DEPTH)
			find_disks(r, a, slaves[i], depth + 1, d);
		else
			d->more = true;
}

static const char *foreign_disk(const struct sysroot *r, struct arena *a, const struct disks *of,
				const struct disks *root)
{
	for (size_t i = 0; i < of->count; i++) {
		const char *removable = sysroot_read_line(r, a, arena_printf(a, BLOCK "%s/removable", of->names[i]));
		bool found = false;

		if (removable && STR_EQ(removable, "1"))
			return arena_printf(a, _("its disk %s can be taken out"), of->names[i]);
		for (size_t k = 0; k < root->count; k++)
			found |= STR_EQ(of->names[i], root->names[k]);
		if (!found)
			return arena_printf(a, _("it lies on %s, and the system on another disk"), of->names[i]);
	}
	return NULL;
}

const char *swap_other_disk(const struct sysroot *r, struct arena *a, const char *name, const char *root_name)
{
	struct disks of = {.count = 0}, root = {.count = 0};

	if (!root_name)
		return _("it cannot be told which disk the system lies on");
	find_disks(r, a, name, 0, &of);
	find_disks(r, a, root_name, 0, &root);
	if (of.more || root.more)
		return _("it lies on more disks than can be looked at");
	return foreign_disk(r, a, &of, &root);
}

static const char *block_name(const struct probe *p, dev_t number)
{
	char *way = sysroot_readlink(p->root, p->a,
				     arena_printf(p->a, "/sys/dev/block/%u:%u", major(number), minor(number)));
	char *slash = way ? strrchr(way, '/') : NULL;

	return slash ? slash + 1 : NULL;
}

/* The source that the last mount at / names; btrfs has a device number of no device. */
static const char *root_source(const struct probe *p)
{
	const char *source = NULL;
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/self/mounts", 0, &text, &len) < 0)
		return NULL;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *field[2];
		size_t n[2];

		line += *line == '\n';
		if (probe_columns(line, field, n, 2) == 2 && n[1] == 1 && field[1][0] == '/')
			source = probe_unescape(p->a, field[0], n[0]);
	}
	return source;
}

/* The block device of the root file system, by its name in /sys/class/block; NULL: it has none. */
static const char *root_device(const struct probe *p)
{
	const char *source;
	struct stat st;

	if (stat("/", &st) == 0 && major(st.st_dev) != 0)
		return block_name(p, st.st_dev);
	source = root_source(p);
	return source && source[0] == '/' && stat(source, &st) == 0 && S_ISBLK(st.st_mode) ? block_name(p, st.st_rdev)
											   : NULL;
}

static bool is_number(const char *name)
{
	return name[0] && strspn(name, "0123456789") == strlen(name);
}

static bool has_open(const struct probe *p, const char *pid, const dev_t *devices, size_t count)
{
	char **names;
	long n = sysroot_list(p->root, p->a, arena_printf(p->a, "/proc/%s/fd", pid), &names);
	struct stat st;

	for (long i = 0; i < n; i++) {
		if (stat(arena_printf(p->a, "/proc/%s/fd/%s", pid, names[i]), &st) < 0 || !S_ISBLK(st.st_mode))
			continue;
		for (size_t k = 0; k < count; k++)
			if (st.st_rdev == devices[k])
				return true;
	}
	return false;
}

/* A virtual machine's host has its guest's disk open like any file: only the list of open files shows that. */
static const char *opened_by(const struct probe *p, const dev_t *devices, size_t count)
{
	const char *self = arena_printf(p->a, "%ld", (long)getpid()), *name;
	char **pids;
	long n = sysroot_list(p->root, p->a, "/proc", &pids);

	for (long i = 0; i < n; i++) {
		if (!is_number(pids[i]) || STR_EQ(pids[i], self) || !has_open(p, pids[i], devices, count))
			continue;
		name = sysroot_read_line(p->root, p->a, arena_printf(p->a, "/proc/%s/comm", pids[i]));
		return arena_printf(p->a, _("process %s (%s) has it open"), pids[i], name ? name : "?");
	}
	return NULL;
}

/* O_EXCL fails on what the kernel itself has in use: mounted, swap, a part of a mapping or of a RAID. */
static bool kernel_holds(const struct probe *p, const char *name, const char *path)
{
	char **holders;
	int fd;

	if (sysroot_list(p->root, p->a, arena_printf(p->a, BLOCK "%s/holders", name), &holders) > 0)
		return true;
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EBUSY;
}

static const char *held_by(const struct probe *p, const char *name, const char *path)
{
	const char *disk = disk_of(p->root, p->a, name);
	dev_t devices[2];
	size_t count = 0;
	struct stat st;

	if (kernel_holds(p, name, path))
		return _("the kernel has it in use, for a RAID, a mapping or a mount");
	if (stat(path, &st) == 0)
		devices[count++] = st.st_rdev;
	if (stat(arena_printf(p->a, "/dev/%s", disk), &st) == 0)
		devices[count++] = st.st_rdev;
	return opened_by(p, devices, count);
}

void swap_spare_it(const struct probe *p, struct swap_area *area)
{
	const char *name = strrchr(area->path, '/') + 1;

	area->held = held_by(p, name, area->path);
	area->spared = area->held			  ? area->held
		       : !probe_fstab_names_swap(p, area) ? _("no line of /etc/fstab names it")
							  : swap_other_disk(p->root, p->a, name, root_device(p));
}
