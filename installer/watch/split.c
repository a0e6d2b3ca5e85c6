/* SPDX-License-Identifier: MIT */
#include "watch/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"

#define MOST 256
/* The parent's id is the second field behind the name, which may hold blanks and brackets (proc(5)). */
#define PARENT_FIELD 2

struct process {
	int64_t pid, parent, pss_kib, own_kib;
	size_t children;
};

static int64_t parent_of(const char *stat)
{
	const char *at = strrchr(stat, ')'), *end;
	uint64_t parent;

	for (int i = 0; at && i < PARENT_FIELD; i++)
		at = strchr(at + 1, ' ');
	return at && parse_uint_prefix(at, INT32_MAX, &parent, &end) ? (int64_t)parent : 0;
}

static bool read_process(struct reading *r, int64_t pid, struct process *ret)
{
	char path[40], text[4096];
	int64_t clean, dirty;

	*ret = (struct process){.pid = pid};
	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	if (reading_file(r, path, text, sizeof(text)) <= 0)
		return false;
	ret->parent = parent_of(text);
	snprintf(path, sizeof(path), "/proc/%lld/smaps_rollup", (long long)pid);
	if (reading_file(r, path, text, sizeof(text)) <= 0)
		return false;
	ret->pss_kib = watch_field(text, "Pss");
	clean = watch_field(text, "Private_Clean");
	dirty = watch_field(text, "Private_Dirty");
	ret->own_kib = max_i64(0, clean) + max_i64(0, dirty);
	return ret->pss_kib >= 0 && clean >= 0;
}

/* False: one of them cannot be read, so that nothing can be said of the whole. */
static bool read_all(const struct watch_container *c, struct reading *r, struct process *all, size_t *ret_count)
{
	char text[MOST * 8];
	const char *at = text;
	uint64_t pid;
	int dir = reading_dir(r, c->group);

	if (dir < 0 || reading_at(r, dir, "cgroup.procs", text, sizeof(text)) <= 0)
		return false;
	for (*ret_count = 0; *ret_count < MOST && parse_uint_prefix(at, INT32_MAX, &pid, &at); ++*ret_count) {
		if (!read_process(r, (int64_t)pid, &all[*ret_count]))
			return false;
		at += strspn(at, "\n");
	}
	return true;
}

static int64_t father_of_most(struct process *all, size_t count, size_t *ret_children)
{
	int64_t father = 0;

	*ret_children = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++)
			all[i].children += all[k].parent == all[i].pid;
		if (all[i].children > *ret_children) {
			*ret_children = all[i].children;
			father = all[i].pid;
		}
	}
	return father;
}

void watch_split_look(const struct watch_container *c, struct reading *r, struct watch_split *ret)
{
	static struct process all[MOST];
	int64_t own[MOST], total = 0, father;
	size_t count, children, n = 0;

	*ret = (struct watch_split){.workers = 0};
	if (!c->group || c->seen != WATCH_SEEN || !read_all(c, r, all, &count))
		return;
	father = father_of_most(all, count, &children);
	if (children < 2)
		return;
	for (size_t i = 0; i < count; i++) {
		total += all[i].pss_kib;
		if (all[i].parent == father)
			own[n++] = all[i].own_kib;
	}
	qsort(own, n, sizeof(own[0]), by_size_i64);
	ret->workers = (int64_t)n;
	ret->each_kib = own[n / 2];
	ret->other_kib = max_i64(0, total - ret->each_kib * ret->workers);
}
