/* SPDX-License-Identifier: MIT */
/* Names of a swap partition that stay: the kernel numbers disks, mapped and striped devices anew at each boot. */
#include <string.h>

#include "core/macros.h"
#include "detect/probe.h"

#define MAX_LINKS 4096 /* names of one directory that are looked at */

struct naming {
	const char *dir;
	const char *tag; /* fstab(5)'s word for it; NULL: the path itself */
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The link of this directory that leads to the device; NULL: none. */
static const char *link_to(const struct probe *p, const char *dir, const char *device)
{
	char **names;
	long n = sysroot_list(p->root, p->a, dir, &names);

	for (long i = 0; i < n && i < MAX_LINKS; i++) {
		const char *to = sysroot_readlink(p->root, p->a, arena_printf(p->a, "%s/%s", dir, names[i]));

		if (to && STR_EQ(last_part(to), last_part(device)))
			return names[i];
	}
	return NULL;
}

static const char *by_links(const struct probe *p, const struct naming *rows, size_t count, const char *device)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = link_to(p, rows[i].dir, device);

		if (name)
			return rows[i].tag ? arena_printf(p->a, "%s=%s", rows[i].tag, name)
					   : arena_printf(p->a, "%s/%s", rows[i].dir, name);
	}
	return NULL;
}

/* The mapper's name comes first: swap that is encrypted with a key of the moment has another UUID at each boot. */
const char *swap_lasting_name(const struct probe *p, const struct swap_area *area)
{
	static const struct naming mapped[] = {{"/dev/mapper", NULL}};
	static const struct naming others[] = {{"/dev/disk/by-uuid", "UUID"},
					       {"/dev/md", NULL},
					       {"/dev/disk/by-partuuid", "PARTUUID"},
					       {"/dev/disk/by-id", NULL}};
	const char *name = by_links(p, mapped, ARRAY_SIZE(mapped), area->path);

	if (name || strncmp(area->path, "/dev/mapper/", strlen("/dev/mapper/")) == 0)
		return name;
	if (area->uuid)
		return arena_printf(p->a, "UUID=%s", area->uuid);
	return by_links(p, others, ARRAY_SIZE(others), area->path);
}
