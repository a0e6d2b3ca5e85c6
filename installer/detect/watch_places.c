/* SPDX-License-Identifier: MIT */
#include "detect/watch_places.h"

#include <stdio.h>
#include <string.h>

#include "detect/cgroup_tree.h"

static void take_roots(const struct docker_roots *roots, bool rootless, struct watch_places *ret)
{
	for (size_t i = 0; i < roots->count; i++) {
		const struct docker_root *one = &roots->items[i];

		if (!one->path || one->rootless != rootless || ret->root_count == WATCH_MAX_ROOTS ||
		    strlen(one->path) >= WATCH_PATH)
			continue;
		snprintf(ret->roots[ret->root_count++], WATCH_PATH, "%s", one->path);
	}
}

/*
 * Only looks at what names the places, so that a sample is quick. Root's engines come first: a user's record may claim
 * another container's id. In a container /proc/vmstat is the host's, and its kills are not ours.
 */
void detect_watch_places(const struct sysroot *r, struct arena *a, struct watch_places *ret)
{
	static const struct detect_request nothing;
	struct machine m = {.sysroot = r->root};
	struct docker_roots roots;
	const struct probe p = {r, a, &nothing, &m, &roots};
	struct cgroup_tree tree;

	docker_roots_of_caller(r, a, &roots);
	take_roots(&roots, false, ret);
	take_roots(&roots, true, ret);
	cgroup_tree_find(&p, &tree);
	ret->cgroup_version = strlen(tree.mount) < WATCH_PATH && strlen(tree.top) < WATCH_PATH ? tree.version : 0;
	if (ret->cgroup_version > 0) {
		snprintf(ret->cgroup_mount, WATCH_PATH, "%s", tree.mount);
		snprintf(ret->cgroup_top, WATCH_PATH, "%s", tree.top);
	}
	probe_virt(&p);
	ret->host_kills = !virt_is_container(m.virt.kind);
}
