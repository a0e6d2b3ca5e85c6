/* SPDX-License-Identifier: MIT */
/*
 * Where to look, found once (by `vpsfit watch`, from what detect/ knows of Docker's layouts) and written into a plan
 * file for the sampler, which finds nothing out by itself.
 */
#ifndef VPSFIT_WATCH_PLACES_H
#define VPSFIT_WATCH_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCH_MAX_ROOTS 16
#define WATCH_PATH 512
#define WATCH_NAME 64

struct watch_places {
	char stack_dir[WATCH_PATH];
	char project[WATCH_NAME]; /* "": not known */
	char store[WATCH_PATH];	  /* where ring and dictionary lie; "": nowhere */
	char roots[WATCH_MAX_ROOTS][WATCH_PATH];
	size_t root_count;
	int cgroup_version; /* 0: none */
	char cgroup_mount[WATCH_PATH], cgroup_top[WATCH_PATH];
	bool host_kills; /* /proc/vmstat is this machine's own, and no host's around a container */
};

#define WATCH_PLACES_MAX 32768

/* As the text of a plan file, NUL-terminated; false: it does not fit into size, or a name in it cannot be written. */
bool watch_places_write(const struct watch_places *p, char *ret, size_t size);
/* Returns NULL, or what is wrong, with its line in *ret_line. */
const char *watch_places_read(const char *text, struct watch_places *ret, unsigned *ret_line);

#endif
