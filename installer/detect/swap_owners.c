/* SPDX-License-Identifier: MIT */
/* Paths that vpsfit's swap has or may take, and who owns what lies there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "swap/unit.h"
#include "core/units.h"
#include "detect/probe.h"
#include "swap/probe.h"

/* Only root can read the label; vpsfit's mark in the unit or fstab line serves for others. */
static bool is_marked(const struct probe *p, const char *path)
{
	return sysroot_find(p->root, p->a, swap_unit_path(p->a, path), SWAP_UNIT_MARK, 4096) ||
	       probe_fstab_marks(p, path);
}

/* Was it made anew since it was recorded, or has another one its name by now? */
static bool is_another(const struct probe *p, const struct swap_area *c)
{
	struct swap_area now = {.path = c->path};
	int fd = c->uuid ? open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	bool another = fd >= 0 && swap_names_of(p->a, fd, &now) && now.uuid && strcasecmp(now.uuid, c->uuid) != 0;

	if (fd >= 0)
		close(fd);
	return another;
}

/* The kernel may give a recorded partition another name at each boot; its UUID stays. */
static struct swap_area as_named_now(const struct probe *p, struct swap_area area)
{
	const char *to;

	if (area.kind != SWAP_KIND_PARTITION || !area.uuid || !sysroot_is_live(p->root) || strchr(area.uuid, '/'))
		return area;
	to = sysroot_readlink(p->root, p->a, arena_printf(p->a, "/dev/disk/by-uuid/%s", area.uuid));
	if (to && strrchr(to, '/'))
		area.path = arena_printf(p->a, "/dev/%s", strrchr(to, '/') + 1);
	return area;
}

static enum swap_owner owner_of(const struct probe *p, const struct swap_area *c)
{
	const bool partition = c->kind == SWAP_KIND_PARTITION;
	enum swap_header header = SWAP_HEADER_NONE;
	struct stat st;

	if (sysroot_is_live(p->root) ? lstat(c->path, &st) < 0 : sysroot_stat(p->root, c->path, &st) < 0)
		return partition ? SWAP_OWNER_OTHER : SWAP_OWNER_NONE;
	if (!sysroot_is_live(p->root) || geteuid() != 0)
		return is_marked(p, c->path) ? SWAP_OWNER_OURS : SWAP_OWNER_OTHER;
	if (swap_header_at(c->path, partition, &header) < 0 || (partition && is_another(p, c)))
		return SWAP_OWNER_OTHER;
	return header == SWAP_HEADER_OURS || (partition && header == SWAP_HEADER_OTHER) ? SWAP_OWNER_OURS
											: SWAP_OWNER_OTHER;
}

/* An unused file's size is its own; a partition's is the one that was recorded. */
static void measure(const struct probe *p, struct swap_area *c, const struct swap_area *active)
{
	struct stat st;

	if (active) {
		c->size_mib = active->size_mib;
		c->used_mib = active->used_mib;
	} else if (c->kind == SWAP_KIND_FILE) {
		c->size_mib = c->owner != SWAP_OWNER_NONE && sysroot_stat(p->root, c->path, &st) == 0
				      ? (int64_t)(st.st_size >> 20)
				      : 0;
	}
}

static void add_candidate(const struct probe *p, struct swap_area c)
{
	struct machine_swap *w = &p->m->swap;
	const struct swap_area *active = swap_find_active(p->root, w->areas, w->area_count, c.path);

	for (size_t i = 0; i < w->candidate_count; i++)
		if (STR_EQ(w->candidates[i].path, c.path)) {
			w->candidates[i].recorded |= c.recorded;
			return;
		}
	if (w->candidate_count == SWAP_MAX_OWN)
		return;
	c.active = active;
	c.owner = owner_of(p, &c);
	if (active && c.owner == SWAP_OWNER_NONE)
		c.owner = SWAP_OWNER_OTHER;
	measure(p, &c, active);
	w->candidates[w->candidate_count++] = c;
}

/* Where people and installers put swap files. */
static const char *const usual_files[] = {"/swapfile",	    "/swap.img",     "/swap",
					  "/swap/swapfile", "/var/swap",     "/var/swapfile",
					  "/swapfile1",	    "/mnt/swapfile", "/var/cache/swap/swapfile",
					  "/.swapfile",	    "/var/swap.1",   "/swap/swap.img"};

/* A sound file, private to root, that is neither in use nor vpsfit's; a line of /etc/fstab is told of elsewhere. */
static bool is_idle_swap(const struct probe *p, const char *path)
{
	const struct swap_area area = {.path = path, .kind = SWAP_KIND_FILE};
	enum swap_header header = SWAP_HEADER_NONE;
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_size >> 20 > 0 &&
	       swap_header_at(path, false, &header) == 0 && header == SWAP_HEADER_OTHER &&
	       !swap_find_active(p->root, p->m->swap.areas, p->m->swap.area_count, path) &&
	       !probe_fstab_names_swap(p, &area);
}

static void find_idle_file(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	struct stat st;

	if (!sysroot_is_live(p->root) || geteuid() != 0 || !w->possible)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(usual_files) && !w->idle_file.path; i++)
		if (is_idle_swap(p, usual_files[i]) && lstat(usual_files[i], &st) == 0)
			w->idle_file = (struct swap_area){.path = usual_files[i],
							  .kind = SWAP_KIND_FILE,
							  .size_mib = (int64_t)(st.st_size >> 20)};
}

/* Lists the names for new files first, then other areas that applies recorded. */
void probe_swap_names(const struct probe *p)
{
	const struct detect_request *req = p->request;

	for (int i = 0; i < SWAP_NAMES; i++)
		add_candidate(p, (struct swap_area){.path = swap_name(p->a, req->swap_file, i)});
	for (size_t i = 0; i < req->made_count; i++)
		add_candidate(p, as_named_now(p, req->made[i]));
	find_idle_file(p);
}
