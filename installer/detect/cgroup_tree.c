/* SPDX-License-Identifier: MIT */
/* The memory controller's tree of control groups: where it is mounted, whose group is whose, what a group uses. */
#include "detect/cgroup_tree.h"

#include <errno.h>
#include <string.h>

#include "core/cgroup_line.h"
#include "core/text.h"
#include "core/units.h"

#define CGROUP "/sys/fs/cgroup"
#define MOUNTINFO "/proc/self/mountinfo"

/* Far more than any machine has; what lies beyond is not looked at, and the index says so. */
#define MAX_DIRS 20000
#define MAX_DEPTH 24

/* "36 25 0:31 /root /mount/point options [tags] - cgroup2 source superoptions": any number of tags. */
static bool read_mount(const struct probe *p, const char *line, struct cgroup_tree *ret)
{
	const char *at[5], *tail[3];
	size_t len[5], n = strcspn(line, "\n"), tail_len[3];
	const char *text = arena_strndup(p->a, line, n), *dash = strstr(text, " - ");
	bool v2;

	if (!dash || probe_columns(text, at, len, 5) < 5 || probe_columns(dash + 3, tail, tail_len, 3) < 3)
		return false;
	v2 = tail_len[0] == strlen("cgroup2") && strncmp(tail[0], "cgroup2", tail_len[0]) == 0;
	if (!v2 && (tail_len[0] != strlen("cgroup") || strncmp(tail[0], "cgroup", tail_len[0]) != 0 ||
		    !cgroup_lists(tail[2], tail_len[2], "memory")))
		return false;
	*ret = (struct cgroup_tree){v2 ? 2 : 1, probe_unescape(p->a, at[4], len[4]),
				    probe_unescape(p->a, at[3], len[3])};
	return true;
}

/* Where both are mounted, the memory controller is version 1's: it can belong to one of them only. */
static bool find_in_mounts(const struct probe *p, struct cgroup_tree *ret)
{
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, MOUNTINFO, 0, &text, &len) < 0)
		return false;
	for (const char *line = text; *line; line += *line == '\n') {
		struct cgroup_tree t;

		if (read_mount(p, line, &t) && (ret->version == 0 || (ret->version == 2 && t.version == 1)))
			*ret = t;
		line += strcspn(line, "\n");
	}
	return ret->version != 0;
}

/* A dump may lack mountinfo: then the usual places are looked at. */
void cgroup_tree_find(const struct probe *p, struct cgroup_tree *ret)
{
	static const struct cgroup_tree usual[] = {{1, CGROUP "/memory", "/"}, {2, CGROUP, "/"}};

	*ret = (struct cgroup_tree){0, "", "/"};
	if (find_in_mounts(p, ret))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (sysroot_exists(p->root, usual[i].mount)) {
			*ret = usual[i];
			return;
		}
}

static bool climbs(const char *path)
{
	size_t n = strlen(path);

	return path[0] != '/' || strstr(path, "/../") || (n >= 3 && STR_EQ(path + n - 3, "/.."));
}

/* The directory of a group; NULL: the mount does not show it. */
static const char *directory_of(const struct probe *p, const struct cgroup_tree *t, const char *path)
{
	size_t n = STR_EQ(t->top, "/") ? 0 : strlen(t->top);

	if (climbs(path) || strncmp(path, t->top, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	path += n;
	return STR_EQ(path, "/") ? t->mount : arena_printf(p->a, "%s%s", t->mount, path);
}

enum cgroup_found cgroup_of_process(const struct probe *p, const struct cgroup_tree *t, const char *pid,
				    const char **ret_path, const char **ret_dir)
{
	const char *group;
	char *text;
	size_t len, n;

	*ret_path = *ret_dir = NULL;
	if (sysroot_read(p->root, p->a, arena_printf(p->a, "/proc/%s/cgroup", pid), 65536, &text, &len) < 0)
		return CGROUP_NO_PROCESS;
	group = t->version ? cgroup_memory_path(text, t->version, &n) : NULL;
	*ret_path = group ? arena_strndup(p->a, group, n) : NULL;
	*ret_dir = *ret_path ? directory_of(p, t, *ret_path) : NULL;
	return *ret_dir ? CGROUP_FOUND : CGROUP_OUT_OF_SIGHT;
}

static bool read_bytes(const struct probe *p, const char *path, uint64_t *ret)
{
	const char *line = sysroot_read_line(p->root, p->a, path);

	return line && parse_uint(line, INT64_MAX, ret);
}

static void read_swap(const struct probe *p, const struct cgroup_tree *t, const char *dir, const char *stat,
		      struct cgroup_use *ret)
{
	const char *path = arena_printf(p->a, "%s/%s", dir, t->version == 2 ? "memory.swap.current" : "memory.stat");
	uint64_t bytes = 0;

	ret->swap_source = path;
	/* Version 1 has the line only if it accounts for swap (swapaccount=1). */
	ret->swap_known = t->version == 2 ? read_bytes(p, path, &bytes) : probe_field(stat, "total_swap ", &bytes);
	ret->swap_mib = (int64_t)(bytes >> 20);
}

/* As `docker stats` counts (docker/cli, stats_helpers.go): usage less the inactive page cache. */
void cgroup_read_use(const struct probe *p, const struct cgroup_tree *t, const char *dir, struct cgroup_use *ret)
{
	bool v2 = t->version == 2;
	const char *path = arena_printf(p->a, "%s/%s", dir, v2 ? "memory.current" : "memory.usage_in_bytes");
	uint64_t usage, inactive = 0, active = 0;
	char *stat = arena_strdup(p->a, "");
	size_t len;

	*ret = (struct cgroup_use){.source = path};
	if (!read_bytes(p, path, &usage))
		return;
	if (sysroot_read(p->root, p->a, arena_printf(p->a, "%s/memory.stat", dir), 0, &stat, &len) < 0)
		stat = arena_strdup(p->a, "");
	probe_field(stat, v2 ? "inactive_file " : "total_inactive_file ", &inactive);
	probe_field(stat, v2 ? "active_file " : "total_active_file ", &active);
	usage -= inactive < usage ? inactive : usage;
	ret->known = true;
	ret->mib = (int64_t)(usage >> 20);
	ret->cache_mib = min_i64(ret->mib, (int64_t)(active >> 20));
	read_swap(p, t, dir, stat, ret);
}

/* Where a run of 64 hexadecimal digits starts; NULL: there is none. */
static const char *find_id(const char *text)
{
	for (size_t n; *text; text += n ? n : 1) {
		n = strspn(text, "0123456789abcdef");
		if (n == CONTAINER_ID)
			return text;
	}
	return NULL;
}

bool cgroup_lies_below(const char *dir, const char *top)
{
	size_t n = strlen(top);

	return strncmp(dir, top, n) == 0 && (dir[n] == '/' || dir[n] == '\0');
}

bool cgroup_path_has_container(const char *path)
{
	return find_id(path) != NULL;
}

const char *cgroup_path_to(struct arena *a, const char *path, const char *id)
{
	const char *at = strstr(path, id);

	return at ? arena_strndup(a, path, (size_t)(at - path) + strcspn(at, "/")) : NULL;
}

/* Files of the controllers, and units of systemd, are known by their names; only the others need a look. */
static bool is_group(const struct probe *p, const char *dir, const char *name)
{
	static const char *const files[] = {"memory.", "cpu.",	"cgroup.",  "io.",    "pids.", "cpuset.",  "hugetlb.",
					    "rdma.",   "misc.", "cpuacct.", "blkio.", "net_",  "devices.", "freezer."};
	static const char *const units[] = {".slice", ".service", ".scope", ".mount", ".socket", ".swap"};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (text_ends(name, units[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strncmp(name, files[i], strlen(files[i])) == 0)
			return false;
	return sysroot_stat(p->root, arena_printf(p->a, "%s/%s", dir, name), &st) == 0 && S_ISDIR(st.st_mode);
}

struct walker {
	const struct probe *p;
	struct cgroup_index *index;
	size_t room; /* in index->dirs */
	size_t left; /* directories that may still be looked at */
};

static void keep(struct walker *w, const char *dir)
{
	struct cgroup_index *index = w->index;

	if (index->count == w->room) {
		const char **more = arena_array(w->p->a, 2 * w->room + 16, sizeof(*more));

		if (index->count > 0)
			memcpy(more, index->dirs, index->count * sizeof(*more));
		index->dirs = more;
		w->room = 2 * w->room + 16;
	}
	index->dirs[index->count++] = dir;
}

static void walk(struct walker *w, const char *dir, int depth)
{
	char **names;
	long n = w->left > 0 && depth < MAX_DEPTH ? sysroot_list(w->p->root, w->p->a, dir, &names) : -EFBIG;

	if (n < 0) {
		/* A group may end while we look. */
		w->index->whole &= depth > 0 && n == -ENOENT;
		return;
	}
	w->left--;
	for (long i = 0; i < n; i++) {
		const char *path;

		if (!is_group(w->p, dir, names[i]))
			continue;
		path = arena_printf(w->p->a, "%s/%s", dir, names[i]);
		if (find_id(names[i]))
			keep(w, path);
		walk(w, path, depth + 1);
	}
}

void cgroup_index_build(const struct probe *p, const struct cgroup_tree *t, struct cgroup_index *ret)
{
	struct walker w = {p, ret, 0, MAX_DIRS};

	*ret = (struct cgroup_index){NULL, 0, t->version != 0};
	if (t->version != 0)
		walk(&w, t->mount, 0);
}

const char *cgroup_index_find(const struct cgroup_index *index, const char *id)
{
	for (size_t i = 0; i < index->count; i++) {
		const char *at = strstr(strrchr(index->dirs[i], '/'), id);

		if (at && (at[CONTAINER_ID] == '\0' || STR_EQ(at + CONTAINER_ID, ".scope")))
			return index->dirs[i];
	}
	return NULL;
}
