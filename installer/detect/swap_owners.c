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
static bool is_another(const struct probe *p, const struct swap_area *c, int fd)
{
	struct swap_area now = {.path = c->path};

	return c->uuid && swap_names_of(p->a, fd, &now) && now.uuid && strcasecmp(now.uuid, c->uuid) != 0;
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

static enum swap_owner by_header(const struct probe *p, const struct swap_area *c)
{
	const bool partition = c->kind == SWAP_KIND_PARTITION;
	enum swap_header header = SWAP_HEADER_NONE;
	int fd = swap_area_open(AT_FDCWD, c->path, partition, &header);
	bool ours;

	if (fd < 0)
		return SWAP_OWNER_OTHER;
	ours = partition ? header != SWAP_HEADER_NONE && !is_another(p, c, fd) : header == SWAP_HEADER_OURS;
	close(fd);
	return ours ? SWAP_OWNER_OURS : SWAP_OWNER_OTHER;
}

static enum swap_owner owner_of(const struct probe *p, const struct swap_area *c)
{
	struct stat st;

	if (sysroot_is_live(p->root) ? lstat(c->path, &st) < 0 : sysroot_stat(p->root, c->path, &st) < 0)
		return c->kind == SWAP_KIND_PARTITION ? SWAP_OWNER_OTHER : SWAP_OWNER_NONE;
	if (!sysroot_is_live(p->root) || geteuid() != 0)
		return is_marked(p, c->path) ? SWAP_OWNER_OURS : SWAP_OWNER_OTHER;
	return by_header(p, c);
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

/* Lists the names for new files first, then other areas that applies recorded. */
void probe_swap_names(const struct probe *p)
{
	const struct detect_request *req = p->request;

	for (int i = 0; i < SWAP_NAMES; i++)
		add_candidate(p, (struct swap_area){.path = swap_name(p->a, req->swap_file, i)});
	for (size_t i = 0; i < req->made_count; i++)
		add_candidate(p, as_named_now(p, req->made[i]));
}
