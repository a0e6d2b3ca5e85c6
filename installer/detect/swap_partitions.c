/* SPDX-License-Identifier: MIT */
/* Swap partitions that are not in use. Anything but a definite "swap" is left alone. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "detect/detect.h"
#include "detect/probe.h"
#include "swap/probe.h"

#define MAX_DEVICES 64

/* A whole loop device is somebody's mounted image; its partitions are like any others. */
static bool worth_probing(const char *name)
{
	static const char *const skip[] = {"ram", "zram", "fd", "sr", "nbd", "mtd"};

	for (size_t i = 0; i < ARRAY_SIZE(skip); i++)
		if (strncmp(name, skip[i], strlen(skip[i])) == 0)
			return false;
	return strncmp(name, "loop", 4) != 0 || strchr(name + 4, 'p');
}

int64_t probe_device_mib(const struct probe *p, const char *name)
{
	const char *line = sysroot_read_line(p->root, p->a, arena_printf(p->a, "/sys/class/block/%s/size", name));
	uint64_t sectors;

	return line && parse_uint(line, INT64_MAX, &sectors) ? (int64_t)(sectors >> 11) : 0;
}

static void probe_device(const struct probe *p, const char *name)
{
	struct machine_swap *w = &p->m->swap;
	char *path = arena_printf(p->a, "/dev/%s", name);
	int64_t size = probe_device_mib(p, name);
	struct swap_area area;
	int fd;

	if (size == 0 || swap_find_active(p->root, w->areas, w->area_count, path) ||
	    w->inactive_count == MACHINE_MAX_SWAPS)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	area = (struct swap_area){.path = path, .kind = SWAP_KIND_PARTITION, .size_mib = size};
	if (swap_names_of(p->a, fd, &area)) {
		swap_spare_it(p, &area);
		w->inactive[w->inactive_count++] = area;
	}
	close(fd);
}

/* Active partitions need UUID and label too: --swap may name them by these. */
static void name_active(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;

	for (size_t i = 0; i < w->area_count; i++) {
		int fd = w->areas[i].kind == SWAP_KIND_PARTITION
				 ? open(w->areas[i].path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
				 : -1;

		if (fd < 0)
			continue;
		(void)swap_names_of(p->a, fd, &w->areas[i]);
		close(fd);
	}
}

const char *detect_swap_device(const struct sysroot *r, const struct machine *m, const char *name)
{
	const struct machine_swap *w = &m->swap;
	const struct swap_area *found = NULL;

	if (name[0] == '/' && sysroot_is_live(r)) {
		found = swap_find_same(w->inactive, w->inactive_count, name);
		found = found ? found : swap_find_same(w->areas, w->area_count, name);
	}
	return found ? found->path : name;
}

/* Only on the running machine and as root: nobody else can read the devices. */
void probe_swap_partitions(const struct probe *p)
{
	char **names;
	long n;

	if (!sysroot_is_live(p->root) || geteuid() != 0 || !p->m->swap.possible)
		return;
	name_active(p);
	n = sysroot_list(p->root, p->a, "/sys/class/block", &names);
	for (long i = 0, probed = 0; i < n && probed < MAX_DEVICES; i++) {
		if (!worth_probing(names[i]))
			continue;
		probe_device(p, names[i]);
		probed++;
	}
}
