/* SPDX-License-Identifier: MIT */
/* Private to this folder: the memory controller's tree of control groups, and what a group in it uses. */
#ifndef VPSFIT_CGROUP_TREE_H
#define VPSFIT_CGROUP_TREE_H

#include "detect/probe.h"

struct cgroup_tree {
	int version;	   /* 0: there is none, 1, 2 */
	const char *mount; /* where it is mounted */
	const char *top;   /* the group that the mount shows as its root; "/" but in a container */
};

/* Use of a group and all below it. */
struct cgroup_use {
	bool known;
	int64_t mib;	    /* usage less the inactive page cache */
	int64_t cache_mib;  /* of that: page cache in active use */
	const char *source; /* the file that the usage is from */
	bool swap_known;
	int64_t swap_mib;
	const char *swap_source;
};

/* Groups by the 64 hexadecimal digits in their names. */
struct cgroup_index {
	const char **dirs;
	size_t count;
	bool whole; /* the tree was walked to its end */
};

enum cgroup_found { CGROUP_NO_PROCESS, CGROUP_OUT_OF_SIGHT, CGROUP_FOUND };

void cgroup_tree_find(const struct probe *p, struct cgroup_tree *ret);
/* The group of a process as the kernel names it: *ret_path is the path, *ret_dir its directory. */
enum cgroup_found cgroup_of_process(const struct probe *p, const struct cgroup_tree *t, const char *pid,
				    const char **ret_path, const char **ret_dir);
void cgroup_read_use(const struct probe *p, const struct cgroup_tree *t, const char *dir, struct cgroup_use *ret);
void cgroup_index_build(const struct probe *p, const struct cgroup_tree *t, struct cgroup_index *ret);
/* The first group whose last part is ID or ends with -ID.scope; NULL: none. */
const char *cgroup_index_find(const struct cgroup_index *index, const char *id);
/* A path up to and with its first part that contains id; NULL: no part does. */
const char *cgroup_path_to(struct arena *a, const char *path, const char *id);
bool cgroup_lies_below(const char *dir, const char *top); /* or is it top itself? */
/* Does the path lead through a container of any engine (a part with 64 hexadecimal digits)? */
bool cgroup_path_has_container(const char *path);

#endif
