/* SPDX-License-Identifier: MIT */
/* Lines of /proc/PID/cgroup (cgroups(7)), and the names of Docker's containers in them. */
#ifndef VPSFIT_CGROUP_LINE_H
#define VPSFIT_CGROUP_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define CONTAINER_ID 64

/* Is it the full id of a container: 64 hexadecimal digits? */
bool is_container_id(const char *name);
/* Is name in a comma-separated list of n bytes? */
bool cgroup_lists(const char *list, size_t n, const char *name);
/* The memory controller's group in a text of /proc/PID/cgroup, *ret_len bytes long; NULL: it names none. */
const char *cgroup_memory_path(const char *text, int version, size_t *ret_len);

#endif
