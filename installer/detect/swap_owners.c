/* SPDX-License-Identifier: MIT */
/* Paths that vpsfit's swap has or may take, who owns them, and the swap lines of /etc/fstab. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "swap/unit.h"
#include "core/units.h"
#include "detect/probe.h"
#include "swap/probe.h"

#define FSTAB "/etc/fstab"

struct fstab_line {
	const char *source;
	const char *type;
	const char *options;
};

/* A line "SOURCE TARGET TYPE OPTIONS ..." for swap; false for all other lines. */
static bool parse_line(struct arena *a, const char *line, struct fstab_line *ret)
{
	const char *field[4];
	size_t len[4];

	/* Options may be missing. */
	if (probe_columns(line, field, len, 4) < 3 || field[0][0] == '#')
		return false;
	ret->source = probe_unescape(a, field[0], len[0]);
	ret->type = arena_strndup(a, field[2], len[2]);
	ret->options = arena_strndup(a, field[3], len[3]);
	return STR_EQ(ret->type, "swap");
}

static const char *read_fstab(const struct probe *p)
{
	char *text;
	size_t len;

	return sysroot_read(p->root, p->a, FSTAB, 0, &text, &len) == 0 ? text : "";
}

/* Only root can read the label; vpsfit's mark in the unit or fstab line serves for others. */
static bool is_marked(const struct probe *p, const char *path)
{
	struct fstab_line f;

	if (sysroot_find(p->root, p->a, swap_unit_path(p->a, path), SWAP_UNIT_MARK, 4096))
		return true;
	for (const char *line = read_fstab(p); line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (parse_line(p->a, line, &f) && STR_EQ(f.source, path) && strstr(f.options, SWAP_FSTAB_MARK))
			return true;
	}
	return false;
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
	if (swap_header_at(c->path, partition, &header) < 0)
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

/* Lists the names for new files first, then other areas that applies recorded. */
void probe_swap_names(const struct probe *p)
{
	const struct detect_request *req = p->request;

	for (int i = 0; i < SWAP_NAMES; i++)
		add_candidate(p, (struct swap_area){.path = swap_name(p->a, req->swap_file, i)});
	for (size_t i = 0; i < req->made_count; i++)
		add_candidate(p, req->made[i]);
}

/* The path of a UUID=, LABEL=, PARTUUID= or PARTLABEL= by udev's links; NULL: unknown. */
static const char *source_path(const struct probe *p, const char *source)
{
	static const struct {
		const char *tag, *dir;
	} tags[] = {{"UUID=", "uuid"}, {"LABEL=", "label"}, {"PARTUUID=", "partuuid"}, {"PARTLABEL=", "partlabel"}};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		size_t n = strlen(tags[i].tag);
		const char *path;

		if (strncmp(source, tags[i].tag, n) != 0)
			continue;
		path = arena_printf(p->a, "/dev/disk/by-%s/%.*s", tags[i].dir,
				    (int)strcspn(source + n + (source[n] == '"'), "\""),
				    source + n + (source[n] == '"'));
		return sysroot_exists(p->root, path) ? path : NULL;
	}
	return source[0] == '/' ? source : NULL;
}

/* Finds swap lines of /etc/fstab without effect: the machine has less swap than its owner thinks. */
void probe_fstab_swap(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	struct fstab_line f;

	for (const char *line = read_fstab(p); line && *line; line = strchr(line, '\n')) {
		const char *path;

		line += *line == '\n';
		if (!parse_line(p->a, line, &f) || strstr(f.options, "noauto") ||
		    w->fstab_inactive_count == MACHINE_MAX_SWAPS)
			continue;
		path = source_path(p, f.source);
		/* Live, an unresolvable UUID= or LABEL= is not in use. Under --sysroot we cannot tell. */
		if (!path && !sysroot_is_live(p->root))
			continue;
		if (!path || !swap_find_active(p->root, w->areas, w->area_count, path))
			w->fstab_inactive[w->fstab_inactive_count++] = f.source;
	}
}
