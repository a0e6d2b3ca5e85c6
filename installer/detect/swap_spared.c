/* SPDX-License-Identifier: MIT */
/*
 * Which idle swap partitions are not vpsfit's to turn on unasked: what lies in them may belong to a guest, to another
 * installation, or to a disk that leaves. swapon overwrites it.
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/units.h"
#include "detect/probe.h"
#include "swap/held.h"

#define BLOCK "/sys/class/block/"
#define MAX_DISKS 16
#define MAX_DEPTH 8 /* of mappings upon mappings */

struct disks {
	const char *names[MAX_DISKS];
	size_t count;
	bool more; /* than fit: nothing can be said */
};

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
		add_disk(d, swap_disk_of(r, a, name));
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

void swap_spare_it(const struct probe *p, struct swap_area *area)
{
	const char *name = strrchr(area->path, '/') + 1;

	area->held = swap_held_by(p->root, p->a, area->path);
	area->spared = area->held			  ? area->held
		       : !probe_fstab_names_swap(p, area) ? _("no line of /etc/fstab names it")
							  : swap_other_disk(p->root, p->a, name, root_device(p));
}
