/*
 * Swap partitions that are not in use, by low-level probing: the cache may be stale, and evaluating by tag believes udev. Any
 * answer but a clear "swap" means: do not touch.
 */
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "detect/probe.h"

#define MAX_DEVICES 64

static bool worth_probing(const char *name)
{
	static const char *const skip[] = {"loop", "ram", "zram", "fd", "sr", "nbd", "mtd"};

	for (size_t i = 0; i < ARRAY_SIZE(skip); i++)
		if (strncmp(name, skip[i], strlen(skip[i])) == 0)
			return false;
	return true;
}

static bool is_swap(int fd)
{
	blkid_probe pr = blkid_new_probe();
	const char *type = NULL;
	bool found = false;

	if (!pr)
		return false;
	if (blkid_probe_set_device(pr, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(pr, 1);
		blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE);
		blkid_probe_enable_partitions(pr, 1);
		/* A hibernation image is TYPE=swsuspend and never reused. */
		found = blkid_do_safeprobe(pr) == 0 && blkid_probe_lookup_value(pr, "TYPE", &type, NULL) == 0 &&
			STR_EQ(type, "swap");
	}
	blkid_free_probe(pr);
	return found;
}

static bool is_active(const struct machine_swap *w, const char *path)
{
	struct stat a, b;

	if (stat(path, &a) < 0)
		return true;
	for (size_t i = 0; i < w->area_count; i++)
		if (stat(w->areas[i].path, &b) == 0 && S_ISBLK(b.st_mode) && a.st_rdev == b.st_rdev)
			return true;
	return false;
}

static int64_t device_mib(const struct probe *p, const char *name)
{
	const char *line = sysroot_read_line(p->root, p->a, arena_printf(p->a, "/sys/class/block/%s/size", name));
	uint64_t sectors;

	return line && parse_uint(line, INT64_MAX, &sectors) ? (int64_t)(sectors >> 11) : 0;
}

static void probe_device(const struct probe *p, const char *name)
{
	struct machine_swap *w = &p->m->swap;
	char *path = arena_printf(p->a, "/dev/%s", name);
	int64_t size = device_mib(p, name);
	int fd;

	if (size == 0 || is_active(w, path) || w->inactive_count == MACHINE_MAX_SWAPS)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (is_swap(fd))
		w->inactive[w->inactive_count++] =
			(struct swap_area){.path = path, .kind = SWAP_PARTITION, .size_mib = size};
	close(fd);
}

/* Only on the running machine and only as root: nobody else may read the devices. */
void probe_swap_partitions(const struct probe *p)
{
	char **names;
	long n;

	if (!sysroot_is_live(p->root) || geteuid() != 0 || !p->m->swap.possible)
		return;
	n = sysroot_list(p->root, p->a, "/sys/class/block", &names);
	for (long i = 0, probed = 0; i < n && probed < MAX_DEVICES; i++) {
		if (!worth_probing(names[i]))
			continue;
		probe_device(p, names[i]);
		probed++;
	}
}
