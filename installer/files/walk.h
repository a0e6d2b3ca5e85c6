/* SPDX-License-Identifier: MIT */
/* Private to this folder: the walk along a path, each part held by a descriptor. */
#ifndef VPSFIT_WALK_H
#define VPSFIT_WALK_H

#include "files/sysroot.h"

#define WALK_MAX_PATH 4096

struct walk {
	const struct sysroot *root;
	bool careful;	   /* running machine: follow no link of somebody else's */
	bool follow_last;  /* follow a link at the end too */
	int fd;		   /* O_PATH on the directory reached; closed by walk_end */
	struct stat dir;   /* status of fd */
	bool foreign;	   /* walked through a directory in which somebody else could have replaced a link */
	uid_t foreign_uid; /* owner of that directory */
	bool exposed;	   /* walked through a directory to which somebody else can add entries */
	int missing;	   /* -errno that ended the walk before the last part (-ENOENT, -ENOTDIR, ...); else 0 */
	int links;
	char done[WALK_MAX_PATH]; /* path of fd relative to the root, without links and outer slashes */
	size_t done_len;
	char left[WALK_MAX_PATH];    /* rest of the path below fd: one name, unless something is missing */
	char refused[WALK_MAX_PATH]; /* the link that was not followed */
	uid_t refused_uid;
};

int walk_start(struct walk *w, const struct sysroot *r, const char *path, bool careful, bool follow_last) must_check;
void walk_end(struct walk *w);

#endif
