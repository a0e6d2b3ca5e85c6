/* SPDX-License-Identifier: MIT */
/* Private to this folder: the probes, in the order in which detect.c calls them, and what they share. */
#ifndef VPSFIT_PROBE_H
#define VPSFIT_PROBE_H

#include "core/arena.h"
#include "core/machine.h"
#include "detect/detect.h"
#include "detect/docker_roots.h"
#include "files/parse.h"
#include "files/sysroot.h"

struct probe {
	const struct sysroot *root;
	struct arena *a;
	const struct detect_request *request;
	struct machine *m;
	const struct docker_roots *roots;
};

/* The smallest limits on our own cgroup path. */
struct cgroup_limits {
	int version;		/* 0: no cgroup file system, 1, 2 */
	int64_t memory_mib;	/* 0: no limit */
	const char *memory_at;	/* the file that sets it */
	const char *memory_dir; /* the control group that it limits */
	int memory_version;
	bool memory_high;    /* above it the group is not stopped, but slowed down and reclaimed */
	int64_t swap_mib;    /* that the groups may use besides memory; -1: no limit */
	const char *swap_at; /* the file that sets it */
	int64_t quota_milli; /* 0: no quota */
	const char *quota_at;
	int64_t cpuset; /* number of cores; 0: no cpuset */
	const char *cpuset_at;
};

void probe_virt(const struct probe *p);
void probe_cgroup(const struct probe *p, struct cgroup_limits *ret);
void probe_memory(const struct probe *p, const struct cgroup_limits *limits);
void probe_cpus(const struct probe *p, const struct cgroup_limits *limits);
void probe_swap(const struct probe *p, const struct cgroup_limits *limits);
/* Size of a block device by its name in /sys/class/block, in MiB; 0: unknown. */
int64_t probe_device_mib(const struct probe *p, const char *name);
void probe_swap_names(const struct probe *p);
void probe_fstab_swap(const struct probe *p);
/* Has /etc/fstab vpsfit's own line for this path? */
bool probe_fstab_marks(const struct probe *p, const char *path);
/* Names a line that boot follows any device at all, be it by a tag? */
bool probe_fstab_names_device(const struct probe *p);
/* Sets `passing` of the areas in use. Needs virt and swap. */
void probe_swap_at_boot(const struct probe *p);
/*
 * How /etc/fstab names a partition in use so that it is the same after each boot, as a name like /dev/dm-1 or /dev/sda2
 * need not be; NULL: no such name is known.
 */
const char *swap_lasting_name(const struct probe *p, const struct swap_area *area);
void probe_swap_partitions(const struct probe *p);
/* Finds idle_file, and why the first of fstab_inactive is not in use. */
void probe_swap_idle(const struct probe *p);
/*
 * The line of /etc/fstab that names the area, the first that boot follows before any other. ret_what (or NULL), set for
 * that one alone: the path that it leads to, as systemd names its unit by.
 */
enum swap_line probe_fstab_line(const struct probe *p, const struct swap_area *area, const char **ret_what);
/* Has /etc/fstab a swap line for the partition that boot follows (without noauto)? */
bool probe_fstab_names_swap(const struct probe *p, const struct swap_area *area);
/* Sets held and spared of an idle partition, on the running machine. */
void swap_spare_it(const struct probe *p, struct swap_area *area);
/*
 * Why a block device (by its name in /sys/class/block) does not lie on the disks of the root file system's device
 * alone, for people; NULL: it does.
 */
const char *swap_other_disk(const struct sysroot *r, struct arena *a, const char *name, const char *root_name);
void probe_distro(const struct probe *p);
void probe_engine(const struct probe *p, const struct cgroup_limits *limits);
/* Of dpkg: is the package installed, and its version (NULL: unknown). A removed one that left files behind is not. */
bool probe_package(const struct probe *p, const char *package, const char **version);
/* The first of these packages that is installed; NULL: none. */
const char *probe_installed(const struct probe *p, const char *const *names, const char **version);
/* A field of a paragraph of dpkg's status, as "\nStatus: "; NULL: it has none. */
const char *probe_package_field(const struct probe *p, const char *paragraph, const char *field);
/* Is a socket there? Docker leaves a directory where one was to be mounted that was not there. */
bool probe_socket(const struct probe *p, const char *path);
/* The first of these paths that is there, be it as a link that leads nowhere in this tree; NULL: none. */
const char *probe_first_path(const struct probe *p, const char *const *paths);
/* Where a chain of links ends, such as that of Debian's alternatives; it need not be there. */
const char *probe_link_end(const struct probe *p, const char *path);
/* Sets kind, docker, docker_* and instead. Needs rootless. */
void probe_engine_kind(const struct probe *p);
/* For people: where something is added to the kernel's command line here, and what to run then. Never NULL. */
const char *boot_command_line(const struct probe *p);
/*
 * What follows an option like "mem=" on the command line of the kernel that runs, further on than an earlier one
 * (`after`; NULL: from the start); NULL: it is not there.
 */
const char *boot_option(const struct probe *p, const char *option, const char *after);
/* Needs engine. */
void probe_engine_store(const struct probe *p);
void probe_disks(const struct probe *p);
/* Has the engine an image of every service that all stacks have? */
bool engine_has_images(const struct probe *p);
/* Port, address, processor. */
void probe_needs(const struct probe *p);
/* Needs memory, swap, virt and engine. */
void probe_footprint(const struct probe *p, const struct cgroup_limits *limits);

void probe_address(const struct probe *p);

#define DPKG_INFO "/var/lib/dpkg/info"
#define DPKG_STATUS "/var/lib/dpkg/status"
/* Enough for a few thousand packages; what follows is not read. */
#define DPKG_STATUS_MAX ((size_t)8 << 20)

#endif
