/* SPDX-License-Identifier: MIT */
#include "swap/held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "swap/probe.h"

#define BLOCK "/sys/class/block/"

/* The disk of a partition; of anything else, itself. The kernel's link is ".../DISK/PARTITION". */
const char *swap_disk_of(const struct sysroot *r, struct arena *a, const char *name)
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

static bool is_number(const char *name)
{
	return name[0] && strspn(name, "0123456789") == strlen(name);
}

static bool has_open(const struct sysroot *r, struct arena *a, const char *pid, const dev_t *devices, size_t count)
{
	char **names;
	long n = sysroot_list(r, a, arena_printf(a, "/proc/%s/fd", pid), &names);
	struct stat st;

	for (long i = 0; i < n; i++) {
		if (stat(arena_printf(a, "/proc/%s/fd/%s", pid, names[i]), &st) < 0 || !S_ISBLK(st.st_mode))
			continue;
		for (size_t k = 0; k < count; k++)
			if (st.st_rdev == devices[k])
				return true;
	}
	return false;
}

/* A virtual machine's host has its guest's disk open like any file: only the list of open files shows that. */
static const char *opened_by(const struct sysroot *r, struct arena *a, const dev_t *devices, size_t count)
{
	const char *self = arena_printf(a, "%ld", (long)getpid()), *name;
	char **pids;
	long n = sysroot_list(r, a, "/proc", &pids);

	for (long i = 0; i < n; i++) {
		if (!is_number(pids[i]) || STR_EQ(pids[i], self) || !has_open(r, a, pids[i], devices, count))
			continue;
		name = sysroot_read_line(r, a, arena_printf(a, "/proc/%s/comm", pids[i]));
		/* It looks at each device that was written, for an instant. */
		if (name && strstr(name, "udev"))
			continue;
		return arena_printf(a, _("process %s (%s) has it open"), pids[i], name ? name : "?");
	}
	return NULL;
}

/* O_EXCL fails on what the kernel itself has in use: mounted, swap, a part of a mapping or of a RAID. */
static bool kernel_holds(const struct sysroot *r, struct arena *a, const char *name, const char *path)
{
	char **holders;
	int fd;

	if (sysroot_list(r, a, arena_printf(a, BLOCK "%s/holders", name), &holders) > 0)
		return true;
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EBUSY;
}

const char *swap_held_by(const struct sysroot *r, struct arena *a, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	const char *disk = swap_disk_of(r, a, name);
	dev_t devices[2];
	size_t count = 0;
	struct stat st;

	if (kernel_holds(r, a, name, path))
		return _("the kernel has it in use, for a RAID, a mapping or a mount");
	if (stat(path, &st) == 0)
		devices[count++] = st.st_rdev;
	if (stat(arena_printf(a, "/dev/%s", disk), &st) == 0)
		devices[count++] = st.st_rdev;
	return opened_by(r, a, devices, count);
}
