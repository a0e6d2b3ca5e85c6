/* Files written whole or not at all. Paths are host paths (below a sysroot: already resolved). */
#ifndef VPSFIT_FILES_H
#define VPSFIT_FILES_H

#include <stddef.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/macros.h"

#define FILES_MAX_READ ((size_t)1 << 20)

int file_read(struct arena *a, const char *path, char **ret, size_t *ret_len, struct stat *ret_st) must_check;
int file_make_dirs(const char *path, mode_t mode, char **ret_first_made, struct arena *a) must_check;

/* A file that has been written beside its target and waits to take its place. */
struct staged_file {
	char *temp;
	char *target;
};

int file_stage(struct arena *a, const char *target, const char *bytes, size_t len, mode_t mode,
	       const struct stat *replaces, struct staged_file *ret) must_check;
int file_commit(const struct staged_file *f) must_check;
void file_discard(const struct staged_file *f);
int file_sync_dir(const char *path) must_check;
int file_sync_parent(const char *path) must_check;

#endif
