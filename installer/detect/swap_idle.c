/* SPDX-License-Identifier: MIT */
/* Swap files of somebody's that are not in use: which there are, and what keeps swapon from taking them. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "detect/probe.h"
#include "swap/probe.h"
#include "swap/unit.h"

/* Where people and installers put swap files. */
static const char *const usual_files[] = {"/swapfile",	    "/swap.img",     "/swap",
					  "/swap/swapfile", "/var/swap",     "/var/swapfile",
					  "/swapfile1",	    "/mnt/swapfile", "/var/cache/swap/swapfile",
					  "/.swapfile",	    "/var/swap.1",   "/swap/swap.img"};

/* File systems may leave out the end of the last block, or count what they keep beside the data. */
#define HOLE_SLACK ((off_t)1 << 20)

/*
 * Fills in an idle swap file of root's. False: nothing of the kind is at the path. It may be a link's target, as
 * swapon and /etc/fstab take it.
 */
static bool look(const struct probe *p, const char *path, struct swap_area *ret, enum swap_header *ret_header)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != 0 ||
	    swap_find_active(p->root, p->m->swap.areas, p->m->swap.area_count, path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	*ret = (struct swap_area){.path = path, .kind = SWAP_KIND_FILE, .size_mib = (int64_t)(st.st_size >> 20)};
	*ret_header = swap_header_of(fd);
	close(fd);
	ret->holes = (off_t)st.st_blocks * 512 + HOLE_SLACK < st.st_size;
	ret->loose = st.st_mode & 077;
	ret->line = probe_fstab_line(p, ret, NULL);
	return true;
}

/* The first one found, but rather one that only has to be turned on. */
static void take(const struct probe *p, const char *path)
{
	struct swap_area *idle = &p->m->swap.idle_file, found;
	enum swap_header header;

	if ((!idle->path || idle->holes) && look(p, path, &found, &header) && header == SWAP_HEADER_OTHER &&
	    found.size_mib > 0 && !(idle->path && found.holes))
		*idle = found;
}

/* Why the swap file of a line cannot be turned on, and what helps, for people; NULL: not known. */
static const char *why_idle(const struct probe *p, const char *path)
{
	enum swap_header header;
	struct swap_area found;
	struct stat st;

	if (path[0] != '/' || strncmp(path, "/dev/", 5) == 0 || !sysroot_is_live(p->root))
		return NULL;
	if (stat(path, &st) < 0)
		return _("it is not there: take the line out, or make the file");
	if (geteuid() != 0 || !look(p, path, &found, &header))
		return NULL;
	if (header == SWAP_HEADER_NONE)
		return arena_printf(p->a, _("it holds no swap: 'mkswap %s' makes it a swap file, then 'swapon -a'"),
				    path);
	return found.holes ? swap_fill_holes(p->a, &found) : NULL;
}

/* Such a line has no effect here, whatever it names. NixOS' kernel takes swap as any other. */
static bool kernel_takes_none(const struct probe *p)
{
	const struct machine_swap *w = &p->m->swap;

	return w->impossible && !w->needs_root && !distro_is(&p->m->distro, "nixos");
}

void probe_swap_idle(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;

	if (w->fstab_inactive_count > 0)
		w->fstab_inactive_why = kernel_takes_none(p) ? w->impossible : why_idle(p, w->fstab_inactive[0]);
	if (!sysroot_is_live(p->root) || geteuid() != 0 || !w->possible)
		return;
	for (int i = 0; i < SWAP_NAMES; i++)
		take(p, swap_name(p->a, p->request->swap_file, i));
	for (size_t i = 0; i < ARRAY_SIZE(usual_files); i++)
		take(p, usual_files[i]);
}
