/* SPDX-License-Identifier: MIT */
/* Between the files of this room: the walk to a place, part by part, each held by a descriptor. */
#ifndef VPSFIT_WALK_H
#define VPSFIT_WALK_H

#include "files/sysroot.h"

#define WALK_MAX_PATH 4096

struct walk {
	const struct sysroot *root;
	bool careful;	   /* the running machine's: no link of somebody else's is followed */
	bool follow_last;  /* a link at the end is followed as well */
	int fd;		   /* O_PATH on the directory that was reached; the walk's own */
	struct stat dir;   /* of it */
	bool foreign;	   /* the walk went through a directory whose links somebody else could have exchanged */
	uid_t foreign_uid; /* whose that one is */
	bool exposed;	   /* and through one in which somebody else could have put something */
	int missing;	   /* why the walk ended before the last part: -ENOENT, -ENOTDIR or another; 0: it did not */
	int links;
	char done[WALK_MAX_PATH]; /* the directory, relative to the root, without links and slashes around it */
	size_t done_len;
	char left[WALK_MAX_PATH];    /* what it leads to in the directory: one name, unless something is missing */
	char refused[WALK_MAX_PATH]; /* the link that was not followed */
	uid_t refused_uid;
};

int walk_start(struct walk *w, const struct sysroot *r, const char *path, bool careful, bool follow_last) must_check;
void walk_end(struct walk *w);

#endif
