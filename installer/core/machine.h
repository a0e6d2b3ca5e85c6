/* SPDX-License-Identifier: MIT */
/*
 * What is known of a machine: facts with their source and how sure they are. A plain value,
 * filled in by detect/ (or by "what if" flags) and read by the planner and the output.
 * All texts are borrowed from the session's arena. Sizes are MiB, rounded down.
 */
#ifndef VPSFIT_MACHINE_H
#define VPSFIT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a fact came about. Only FACT_ASSUMED values enter the plan's list of assumptions. */
enum confidence { FACT_UNKNOWN, FACT_ASSUMED, FACT_INFERRED, FACT_EXACT, FACT_CONFIDENCE_COUNT };

struct fact {
	int64_t value; /* meaningless while FACT_UNKNOWN */
	enum confidence confidence;
	const char *source; /* "/proc/meminfo", "sched_getaffinity(2)", "--ram"; never NULL once set */
	const char *why;    /* how it was inferred or what was assumed; NULL where exact */
};

enum ram_gap { RAM_GAP_NONE, RAM_GAP_CRASH_KERNEL, RAM_GAP_BALLOON, RAM_GAP_OFFLINE, RAM_GAP_CONTAINER, RAM_GAP_COUNT };

struct machine_ram {
	struct fact nominal;   /* the plan as sold */
	struct fact usable;    /* MemTotal */
	struct fact effective; /* smallest of usable and every memory limit on our own cgroup path */
	struct fact available; /* MemAvailable */
	struct fact in_use;    /* MemTotal - MemAvailable, less the gateway's own containers */
	struct fact gateway;   /* what the gateway's own containers use now; 0 where none run */
	enum ram_gap gap;      /* why usable is much smaller than nominal */
	int64_t gap_mib;       /* how much of it that explains (crash kernel size, offline blocks, ...) */
	const char *gap_text;  /* one sentence for people, with what to do; NULL where there is no gap */
};

struct machine_cpus {
	struct fact online;
	struct fact affinity;
	struct fact cpuset;
	struct fact quota_milli; /* thousandths of a core; FACT_UNKNOWN: no quota */
	struct fact effective;	 /* whole cores, at least 1 */
};

enum swap_kind { SWAP_FILE, SWAP_PARTITION, SWAP_ZRAM, SWAP_KIND_COUNT };

struct swap_area {
	const char *path;
	enum swap_kind kind;
	int64_t size_mib;
	int64_t used_mib;
	int priority;
	bool deleted;	   /* the file was unlinked while active */
	const char *uuid;  /* of a partition; NULL: none, or not asked */
	const char *label; /* likewise */
};

/* Whose is what lies at a path? Ours: it carries vpsfit's label (asked as root), or its entry for the next boot
 * vpsfit's mark. */
enum swap_claim { SWAP_FREE, SWAP_OURS, SWAP_TAKEN };

/* A name that vpsfit's swap has, or may have. */
struct swap_candidate {
	const char *path;
	enum swap_claim claim;
	bool device;
	bool active;
	bool recorded; /* this stack's state says that vpsfit made it (a device: turned it on) */
	int64_t size_mib;
	int64_t used_mib;
	const char *uuid; /* of a device, as recorded; NULL: none */
};

/* What a stack's state remembers of an area: made by an apply, or (a device) turned on. */
struct swap_record {
	const char *path;
	bool device;
	int64_t size_mib;
	const char *uuid; /* of a device; NULL: none */
};

/* What the label of a swap area that vpsfit made says. */
#define SWAP_LABEL "vpsfit"
#define MACHINE_MAX_CANDIDATES 12

#define MACHINE_MAX_SWAPS 32 /* the kernel's own limit, MAX_SWAPFILES */

struct machine_swap {
	struct fact active; /* MiB of active areas on disk; zram is not counted */
	int64_t zram_mib;
	int64_t used_mib;
	struct swap_area areas[MACHINE_MAX_SWAPS];
	size_t area_count;
	struct swap_area inactive[MACHINE_MAX_SWAPS]; /* swap partitions that are not in use */
	size_t inactive_count;
	struct swap_candidate candidates[MACHINE_MAX_CANDIDATES]; /* in the order of preference */
	size_t candidate_count;
	const char *fstab_inactive[MACHINE_MAX_SWAPS]; /* swap that /etc/fstab names and that is not in use */
	size_t fstab_inactive_count;
	bool zswap;		/* pages are compressed in RAM before they reach swap */
	bool possible;		/* can this process ever turn swap on here? */
	const char *impossible; /* why not, for people; NULL where possible */
	bool needs_root;	/* root could */
};

enum distro_class { DISTRO_LIGHTWEIGHT, DISTRO_TYPICAL, DISTRO_DESKTOP, DISTRO_CLASS_COUNT };

struct machine_distro {
	const char *id;	     /* os-release ID, "unknown" where there is none */
	const char *version; /* VERSION_ID, "" where there is none */
	const char *name;    /* PRETTY_NAME or what comes nearest */
	enum distro_class class;
	enum confidence confidence;
	const char *evidence; /* what the class was inferred from */
	const char *source;
};

enum virt_kind {
	VIRT_NONE,
	VIRT_KVM,
	VIRT_VMWARE,
	VIRT_HYPERV,
	VIRT_XEN,
	VIRT_QEMU,
	VIRT_LXC,
	VIRT_OPENVZ,
	VIRT_DOCKER,
	VIRT_PODMAN,
	VIRT_WSL,
	VIRT_OTHER,
	VIRT_KIND_COUNT
};

struct machine_virt {
	enum virt_kind kind;
	enum confidence confidence;
	const char *source;
	const char *why;
	bool unprivileged; /* user namespace, or a container without CAP_SYS_ADMIN */
};

struct machine_disk {
	const char *path; /* the directory asked about */
	const char *fs;	  /* "ext4", "btrfs", ...; "unknown" */
	struct fact free; /* MiB, f_bavail */
	bool read_only;
	const char *no_swap; /* why no swap file can live here (overlay, zfs, tmpfs, ...); NULL: it can */
	bool others_write;   /* and that is the reason: another user can write where it would lie */
	bool wants_images;   /* the engine's images will be pulled to this file system, and are not there yet */
};

enum enforced { ENFORCED_UNKNOWN, ENFORCED_YES, ENFORCED_NO, ENFORCED_COUNT };

struct machine_engine {
	bool docker;
	const char *docker_path;    /* NULL where not found */
	const char *docker_version; /* NULL where unknown */
	const char *docker_source;  /* where presence and version come from */
	bool compose;
	const char *compose_path;
	const char *compose_version;
	const char *compose_source;
	const char *compose_command; /* "docker compose", or "docker-compose" where it is no plugin; never NULL */
	bool rootless;
	const char *rootless_socket; /* below /run/user */
	const char *rootless_why;    /* evidence, or NULL */
	int cgroup_version;	     /* 0: none found, 1, 2 */
	enum enforced limits;	     /* will a memory limit be enforced here? */
	const char *limits_why;	     /* the evidence, and what to do where it is NO; never NULL */
};

struct machine {
	const char *sysroot; /* "/" for the running machine */
	const char *arch;    /* "x86_64", "aarch64"; "unknown" */
	const char *kernel;  /* release; "unknown" */
	bool systemd;	     /* systemd is PID 1 */
	struct machine_ram ram;
	struct machine_cpus cpus;
	struct machine_swap swap;
	struct machine_distro distro;
	struct machine_virt virt;
	struct machine_disk stack_disk;
	struct machine_disk swap_disk;
	struct machine_engine engine;
};

const char *confidence_name(enum confidence c); /* "unknown", "assumed", "inferred", "exact" */
const char *distro_class_name(enum distro_class c);
const char *virt_kind_name(enum virt_kind v);
const char *swap_kind_name(enum swap_kind k);
const char *ram_gap_name(enum ram_gap g);
bool virt_is_container(enum virt_kind v);
struct fact fact_exact(int64_t value, const char *source);
struct fact fact_inferred(int64_t value, const char *source, const char *why);
struct fact fact_assumed(int64_t value, const char *source, const char *why);
struct fact fact_unknown(const char *source, const char *why);

#endif
