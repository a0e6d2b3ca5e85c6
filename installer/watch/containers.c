/* SPDX-License-Identifier: MIT */
#include "watch/containers.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/cgroup_line.h"
#include "core/macros.h"

/* A real record has a few KiB. */
#define MAX_RECORD ((size_t)256 << 10)
#define CONTAINER_DIR (WATCH_PATH + CONTAINER_ID + 64)

static struct watch_container *find(const struct watch_containers *c, const char *id)
{
	for (size_t i = 0; i < c->count; i++)
		if (memcmp(c->items[i]->id, id, CONTAINER_ID) == 0)
			return c->items[i];
	return NULL;
}

/* Containers come in the order of the directory: the next one is mostly the one after the last. */
static struct watch_container *find_from(const struct watch_containers *c, const char *id, size_t *hint)
{
	if (*hint < c->count && memcmp(c->items[*hint]->id, id, CONTAINER_ID) == 0)
		return c->items[(*hint)++];
	return find(c, id);
}

static struct watch_container *add(struct watch_containers *c, const char *id, size_t root)
{
	struct watch_container *one;

	if (c->count == WATCH_MAX_CONTAINERS) {
		c->more = true;
		return NULL;
	}
	if (c->count == c->room) {
		c->room = c->room ? 2 * c->room : 16;
		c->items = xrealloc(c->items, c->room * sizeof(struct watch_container *));
	}
	one = xrealloc(NULL, sizeof(*one));
	memset(one, 0, sizeof(*one));
	memcpy(one->id, id, CONTAINER_ID);
	one->root = (unsigned short)root;
	c->items[c->count++] = one;
	return one;
}

struct watch_container *watch_containers_add(struct watch_containers *c, const char *id)
{
	struct watch_container *one = find(c, id);

	one = one ? one : add(c, id, 0);
	if (one)
		one->listed = one->told = true;
	return one;
}

void watch_container_take_group(struct watch_container *one, const char *dir)
{
	const size_t size = strlen(dir) + 1;

	free(one->group);
	one->group = xrealloc(NULL, size);
	memcpy(one->group, dir, size);
	one->seen = WATCH_SEEN;
}

static void forget(struct watch_container *one)
{
	free(one->group);
	free(one);
}

void watch_containers_clear(struct watch_containers *c)
{
	for (size_t i = 0; i < c->count; i++)
		forget(c->items[i]);
	free(c->items);
	*c = (struct watch_containers){.items = NULL};
}

/*
 * Keeps the directory of the container's group, up to and with the part that has its id. A process of another group is
 * somebody else's by now, under the same number.
 */
static bool keep_group(struct watch_container *one, const struct watch_places *p, const char *path)
{
	const char *at = strstr(path, one->id);
	size_t top = STR_EQ(p->cgroup_top, "/") ? 0 : strlen(p->cgroup_top), n;
	char *group;

	if (!at || path[0] != '/' || strstr(path, "/../") || strncmp(path, p->cgroup_top, top) != 0 ||
	    (top > 0 && path[top] != '/'))
		return false;
	n = (size_t)(at - path) + strcspn(at, "/");
	group = xrealloc(NULL, strlen(p->cgroup_mount) + n - top + 1);
	snprintf(group, strlen(p->cgroup_mount) + n - top + 1, "%s%.*s", p->cgroup_mount, (int)(n - top), path + top);
	one->group = group;
	return true;
}

/* Where its process cannot be seen, as in a tree that was carried here: the two places where engines put groups. */
static void find_usual_group(struct watch_container *one, struct reading *r, const struct watch_places *p)
{
	char path[sizeof(p->cgroup_mount) + CONTAINER_ID + 40];
	struct stat st;

	for (int i = 0; i < 2 && p->cgroup_version > 0 && !one->group; i++) {
		snprintf(path, sizeof(path), i == 0 ? "%s/system.slice/docker-%s.scope" : "%s/docker/%s",
			 p->cgroup_mount, one->id);
		if (reading_stat(r, path, &st) == 0 && S_ISDIR(st.st_mode))
			watch_container_take_group(one, path);
	}
}

static void find_group(struct watch_container *one, struct reading *r, const struct watch_places *p)
{
	char path[64], text[4096], *group;
	size_t n;

	free(one->group);
	one->group = NULL;
	one->seen = WATCH_STOPPED;
	if (!one->is.running || one->is.pid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%lld/cgroup", (long long)one->is.pid);
	if (reading_file(r, path, text, sizeof(text)) < 0) {
		find_usual_group(one, r, p);
		return;
	}
	one->seen = WATCH_HIDDEN;
	/* Of the caller's own text, which may be cut. */
	group = p->cgroup_version > 0 ? (char *)cgroup_memory_path(text, p->cgroup_version, &n) : NULL;
	if (group)
		group[n] = '\0';
	if (group && keep_group(one, p, group))
		one->seen = WATCH_SEEN;
	else if (group && !strstr(group, one->id) && strstr(group, "/..") != group)
		one->seen = WATCH_STOPPED;
}

/* The engine replaces the file when it writes it, so that no half of it is seen. Nothing of it is kept in memory. */
static bool read_record(struct watch_container *one, struct reading *r, const struct watch_places *p, const char *path)
{
	struct watch_record is;
	char small[16384], *text = small;
	long n = reading_file(r, path, small, sizeof(small));
	bool ok;

	if (n == (long)sizeof(small) - 1) {
		text = xrealloc(NULL, MAX_RECORD);
		n = reading_file(r, path, text, MAX_RECORD);
	}
	ok = n > 0 && n < (long)MAX_RECORD - 1 && watch_record_read(text, (size_t)n, p, &is);
	if (text != small)
		free(text);
	one->told = ok;
	if (ok)
		one->is = is;
	return ok;
}

static void read_files(struct watch_container *one, struct reading *r, const char *const names[8], int version)
{
	static char texts[8][4096];
	const char *got[8];
	const struct watch_files *f;
	int dir = reading_dir(r, one->group);
	struct stat st;

	one->use = watch_use_unknown;
	if (dir < 0) {
		one->seen = WATCH_STOPPED;
		return;
	}
	if (r->keeps && fstat(dir, &st) == 0 && st.st_ino != one->group_inode) {
		one->group_inode = st.st_ino;
		one->last_oom = one->last_at_limit = 0;
	}
	for (int i = 0; i < 8; i++)
		got[i] = names[i] && reading_at(r, dir, names[i], texts[i], sizeof(texts[i])) > 0 ? texts[i] : NULL;
	f = &(const struct watch_files){.current = got[0],
					.stat = got[1],
					.events = got[2],
					.swap = got[3],
					.pressure = got[4],
					.max = got[5],
					.peak = got[6],
					.kmem = got[7]};
	if (version == 2)
		watch_count_v2(f, &one->use);
	else
		watch_count_v1(f, &one->use);
	if (one->use.limit_kib >= 0)
		one->limit_kib = one->use.limit_kib;
}

void watch_container_read(struct watch_container *one, struct reading *r, const struct watch_places *p)
{
	static const char *const v2[8] = {"memory.current",  "memory.stat", "memory.events", "memory.swap.current",
					  "memory.pressure", "memory.max",  "memory.peak"};
	static const char *const v1[8] = {"memory.usage_in_bytes",
					  "memory.stat",
					  "memory.oom_control",
					  NULL,
					  NULL,
					  NULL,
					  "memory.max_usage_in_bytes",
					  "memory.kmem.usage_in_bytes"};

	if (one->seen == WATCH_SEEN)
		read_files(one, r, p->cgroup_version == 2 ? v2 : v1, p->cgroup_version);
	else
		one->use = watch_use_unknown;
}

/* Looks at one container; the record is read again only if the engine wrote it anew. */
static void look_at(struct watch_container *one, struct reading *r, const struct watch_places *p, bool watching)
{
	char path[CONTAINER_DIR];
	struct stat st = {.st_ino = 0};
	bool same = false;

	snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", p->roots[one->root], one->id);
	one->listed = true;
	if (watching) {
		if (reading_stat(r, path, &st) < 0) {
			one->listed = false;
			return;
		}
		same = one->told && st.st_ino == one->inode && st.st_mtim.tv_sec == one->written.tv_sec &&
		       st.st_mtim.tv_nsec == one->written.tv_nsec;
	}
	if (!same) {
		one->inode = st.st_ino;
		one->written = st.st_mtim;
		if (!read_record(one, r, p, path))
			return;
		find_group(one, r, p);
	}
	if (same && one->seen != WATCH_SEEN)
		find_group(one, r, p);
	watch_container_read(one, r, p);
}

static void look_into(struct watch_containers *c, struct reading *r, const struct watch_places *p, size_t root,
		      size_t *hint)
{
	char path[WATCH_PATH + 16];
	struct dirent *e;
	int fd;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/containers", p->roots[root]);
	fd = sysroot_open_dir(r->root, path);
	if (fd < 0) {
		c->unreadable_roots += fd != -ENOENT && fd != -ENOTDIR;
		return;
	}
	c->found_roots++;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((e = readdir(dir))) {
		struct watch_container *one = is_container_id(e->d_name) ? find_from(c, e->d_name, hint) : NULL;
		bool known = one != NULL;

		if (!is_container_id(e->d_name) || (known && one->listed))
			continue;
		one = known ? one : add(c, e->d_name, root);
		if (one)
			look_at(one, r, p, r->keeps);
		reading_end(r);
	}
	closedir(dir);
}

/* Forgets those that were not there in this look. */
void watch_containers_end(struct watch_containers *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->items[i]->listed)
			c->items[kept++] = c->items[i];
		else
			forget(c->items[i]);
	c->count = kept;
}

/* Looks at all containers. Root's engines come first in the places: the first one that has an id has it. */
void watch_containers_look(struct watch_containers *c, struct reading *r, const struct watch_places *p)
{
	size_t hint = 0;

	c->unreadable_roots = c->found_roots = 0;
	c->more = false;
	for (size_t i = 0; i < c->count; i++)
		c->items[i]->listed = false;
	for (size_t i = 0; i < p->root_count; i++)
		look_into(c, r, p, i, &hint);
}
