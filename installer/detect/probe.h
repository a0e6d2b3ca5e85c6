/* SPDX-License-Identifier: MIT */
/* Between the probes: what they share, and the order detect.c calls them in. Not for anyone else. */
#ifndef VPSFIT_PROBE_H
#define VPSFIT_PROBE_H

#include "core/arena.h"
#include "core/machine.h"
#include "detect/detect.h"
#include "files/parse.h"
#include "files/sysroot.h"

struct probe {
	const struct sysroot *root;
	struct arena *a;
	const struct detect_request *request;
	struct machine *m;
};

/* A limit that some level of our own cgroup path sets. */
struct cgroup_limits {
	int version;	       /* 0: no cgroup found, 1, 2 */
	int64_t memory_mib;    /* 0: no limit */
	const char *memory_at; /* the file that sets it */
	int64_t quota_milli;   /* 0: no quota */
	const char *quota_at;
	int64_t cpuset; /* cores in the set; 0: none */
	const char *cpuset_at;
};

void probe_virt(const struct probe *p);
void probe_cgroup(const struct probe *p, struct cgroup_limits *ret);
void probe_memory(const struct probe *p, const struct cgroup_limits *limits);
void probe_cpus(const struct probe *p, const struct cgroup_limits *limits);
void probe_swap(const struct probe *p);
/* Size of a block device by its name in /sys/class/block; 0 where it is not known. */
int64_t probe_device_mib(const struct probe *p, const char *name);
void probe_swap_names(const struct probe *p);
void probe_fstab_swap(const struct probe *p);
void probe_swap_partitions(const struct probe *p);
void probe_distro(const struct probe *p);
void probe_disks(const struct probe *p);
void probe_engine(const struct probe *p, const struct cgroup_limits *limits);
void probe_footprint(const struct probe *p);

#define DPKG_INFO "/var/lib/dpkg/info"
#define DPKG_STATUS "/var/lib/dpkg/status"
/* A status file of a few thousand packages; nothing more is looked at. */
#define DPKG_STATUS_MAX ((size_t)8 << 20)

#endif
