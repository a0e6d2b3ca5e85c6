/* SPDX-License-Identifier: MIT */
/* File systems that cannot hold a swap file. */
#ifndef VPSFIT_FILESYSTEMS_H
#define VPSFIT_FILESYSTEMS_H

/* Why one of this type, as in /proc/mounts, cannot hold a swap file, and what to do instead; NULL: it can. */
const char *filesystem_refusal(const char *type);
/* Name of one that cannot, by its f_type from statfs(2); NULL: it can. */
const char *filesystem_refused_name(unsigned f_type);

#endif
