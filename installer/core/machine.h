/* SPDX-License-Identifier: MIT */
/*
 * Facts about a machine, each with its source and confidence. A plain value, filled in by detect/ (or by --ram and
 * --cpus) and read by planner and output. Texts are borrowed from the session's arena. Sizes are MiB, rounded down.
 */
#ifndef VPSFIT_MACHINE_H
#define VPSFIT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/swap_area.h"

/* How a fact was established. FACT_ASSUMED values are listed as assumptions of the plan. */
enum confidence { FACT_UNKNOWN, FACT_ASSUMED, FACT_INFERRED, FACT_EXACT, FACT_CONFIDENCE_COUNT };

struct fact {
	int64_t value; /* meaningless if FACT_UNKNOWN */
	enum confidence confidence;
	const char *source; /* "/proc/meminfo", "sched_getaffinity(2)", "--ram"; never NULL once set */
	const char *why;    /* how it was inferred or what was assumed; NULL: exact */
};

enum ram_gap {
	RAM_GAP_NONE,
	RAM_GAP_CRASH_KERNEL,
	RAM_GAP_BALLOON,
	RAM_GAP_OFFLINE,
	RAM_GAP_CONTAINER,
	RAM_GAP_FIRMWARE,
	RAM_GAP_COMMAND_LINE,
	RAM_GAP_LIMIT,
	RAM_GAP_COUNT
};

struct machine_ram {
	struct fact nominal;   /* RAM as sold */
	struct fact usable;    /* MemTotal */
	struct fact effective; /* the smallest of usable and all memory limits on our own cgroup path */
	struct fact available; /* MemAvailable */
	/*
	 * What the system itself holds now: MemTotal - MemAvailable less what the containers, the engine's own daemons
	 * and ZFS's cache hold of it; where a control group limits us, that group's use instead.
	 */
	struct fact in_use;
	struct fact containers; /* use of all containers; unknown if one of them, or a whole engine, cannot be told */
	struct fact gateway;	/* of that: the planned stack's own; 0 where none runs */
	struct fact daemons;	/* the engine's own processes: dockerd, containerd, shims, proxies */
	int64_t huge_pages_mib; /* of in_use: set aside as huge pages, used or not */
	int64_t arc_mib;	/* ZFS's cache above its minimum, which the kernel gets back: not in in_use */
	enum ram_gap gap;	/* why usable is much smaller than nominal */
	int64_t gap_mib;	/* MiB of the gap that this explains: crash kernel, offline blocks, ... */
	const char *gap_text;	/* one sentence for people, with what to do; NULL: no gap */
};

struct machine_cpus {
	struct fact online;
	struct fact affinity;
	struct fact cpuset;
	struct fact quota_milli; /* thousandths of a core; FACT_UNKNOWN: no quota */
	struct fact effective;	 /* whole cores, at least 1 */
	const char *model;	 /* its name; NULL: not looked at */
	bool unserved;		 /* there are no images for it */
	const char *userland;	 /* what the system's programs are for, where that is not what the kernel is for */
	const char *lacks;	 /* features of x86-64-v2 that it has not; NULL: none, unknown, or no x86 */
};

/* A socket that listens: the address in words as /proc/net/tcp and tcp6 have them. */
struct machine_listener {
	uint32_t address[4];
	bool six;
	bool six_only; /* version 6 was seen to leave the port of version 4 free */
	int port;
	const char *inode;
	const char *who; /* the process, where the port is to be the stack's; NULL: not known */
};

/* Where the gateway of vpsfit's own stack listens when the machine is looked at; port 0: not known. */
struct machine_front {
	const char *bind;
	int port;
	int now;	       /* of a stack that is there: the port that it has */
	bool settled;	       /* compared with the stack's files: what they publish is known, whatever is answered */
	const char *then_bind; /* so the files will publish it; only where that is settled */
	int then_port;	       /* 0: it cannot be told */
};

/* Where the addresses of a name lead: to an interface of this machine, to another place, or there are none. */
enum name_leads { NAME_UNKNOWN, NAME_HERE, NAME_ELSEWHERE, NAME_NOWHERE, NAME_LEADS_COUNT };

struct machine_name {
	const char *name;      /* NULL: none was looked up */
	enum name_leads leads; /* UNKNOWN: nobody could be asked, or nobody answered in time */
	const char *addresses; /* for people; "": none */
};

#define MACHINE_MAX_SWAPS 32 /* the kernel's own limit, MAX_SWAPFILES */

struct machine_swap {
	struct fact active; /* MiB of active areas on disk; zram is not counted */
	int64_t zram_mib;
	int64_t used_mib;	/* of all areas, zram included */
	struct fact containers; /* of that: pages of containers */
	struct fact system; /* pages of everybody else that lie on disk; those that are in RAM too are not counted */
	struct swap_area areas[MACHINE_MAX_SWAPS];
	size_t area_count;
	struct swap_area inactive[MACHINE_MAX_SWAPS]; /* swap partitions that are not in use */
	size_t inactive_count;
	struct swap_area candidates[SWAP_MAX_OWN]; /* paths for vpsfit's own, preferred ones first */
	size_t candidate_count;
	struct swap_area idle_file;		       /* somebody's swap file that is not in use; path NULL: none */
	const char *fstab_inactive[MACHINE_MAX_SWAPS]; /* named by /etc/fstab as swap and not in use */
	size_t fstab_inactive_count;
	const char *fstab_inactive_why; /* of the first: why it cannot be turned on, for people; NULL: not known */
	bool fstab_made;		/* /etc/fstab is made from NixOS' configuration: that is what is to be edited */
	bool openrc; /* OpenRC turns swap on at boot, if its service is in a runlevel: it is in "boot" or in none */
	const char *boot_off; /* why no swap of /etc/fstab or of a unit is turned on at boot, for people; NULL: it is */
	bool zswap;	      /* the kernel compresses pages in RAM before they reach swap */
	bool possible;	      /* can this process turn swap on here? */
	const char *impossible; /* why not, for people; NULL: possible */
	bool needs_root;	/* not possible now, but as root it would be */
};

enum distro_class { DISTRO_LIGHTWEIGHT, DISTRO_TYPICAL, DISTRO_DESKTOP, DISTRO_CLASS_COUNT };

/* How software gets onto the system: PACKAGES into the running one, the others into a new one for the next boot. */
enum distro_updates { DISTRO_PACKAGES, DISTRO_OSTREE, DISTRO_TRANSACTIONAL };

struct machine_distro {
	const char *id;	     /* ID of os-release; "unknown": none */
	const char *like;    /* ID_LIKE: the distributions that it is made from, by blanks; "": none */
	const char *version; /* VERSION_ID; "": none */
	const char *name;    /* PRETTY_NAME, or the nearest to it */
	enum distro_updates updates;
	bool yum; /* of Red Hat's family with yum and without dnf, as up to release 7 */
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
	VIRT_NSPAWN,
	VIRT_CONTAINER, /* by another name */
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
	const char *path; /* the directory that was probed */
	const char *fs;	  /* "ext4", "btrfs", ...; "unknown" */
	struct fact free; /* MiB, from f_bavail */
	bool read_only;
	bool in_memory;	      /* it lies in memory: a reboot forgets it */
	bool temporary;	      /* it lies on a disk that the provider empties now and then */
	bool no_modes;	      /* its files have neither owner nor mode of their own */
	const char *no_swap;  /* why no swap file can be here (overlay, zfs, tmpfs, ...); NULL: it can */
	bool others_write;    /* no_swap is set because another user may write to the directory */
	bool stops_snapshots; /* a swap file in use there keeps btrfs from taking snapshots of more than itself */
	bool wants_images;    /* the engine has yet to pull its images to this file system */
};

/* A container that runs now, as its engine recorded it. */
struct machine_container {
	const char *name;    /* without the engine's leading slash */
	const char *id;	     /* 64 hexadecimal digits */
	const char *image;   /* as it was asked for; NULL: unknown */
	const char *project; /* Compose's labels; NULL: not started by Compose */
	const char *service;
	const char *working_dir;
	int64_t limit_mib; /* its declared memory limit; 0: none */
	bool limit_known;  /* false: its declaration could not be read */
	int64_t workers;   /* that its command says it starts; 0: it does not say */
	struct fact use;   /* as `docker stats` shows it: usage less inactive page cache */
	int64_t cache_mib; /* of that: page cache in active use, which MemAvailable counts as available */
	struct fact swap;
	int64_t age_seconds; /* for how long it has been running; 0: it cannot be told */
	const char *group;   /* directory of its control group; NULL: not found */
	bool ours;	     /* of the planned stack: its directory or its Compose project */
};

#define MACHINE_MAX_CONTAINERS 1024

struct machine_containers {
	struct machine_container *items; /* by name */
	size_t count;
};

enum enforced { ENFORCED_UNKNOWN, ENFORCED_YES, ENFORCED_NO, ENFORCED_COUNT };

/*
 * SYSTEM: a package's or any other daemon of root's; DESKTOP: in a virtual machine of its own; HOST: of the machine
 * outside, seen from within a container.
 */
enum engine_kind {
	ENGINE_NONE,
	ENGINE_SYSTEM,
	ENGINE_SNAP,
	ENGINE_DESKTOP,
	ENGINE_ROOTLESS,
	ENGINE_HOST,
	ENGINE_KIND_COUNT
};

struct machine_engine {
	bool docker; /* its daemon is installed: a client alone does not count */
	enum engine_kind kind;
	const char *docker_package; /* NULL: not known to dpkg */
	bool theirs;		    /* something of Docker's own repository is installed */
	const char *instead;	    /* without an engine: what looks like one and is none, for people; NULL: nothing */
	const char *docker_path;    /* NULL: not found */
	const char *docker_version; /* NULL: unknown */
	const char *docker_source;  /* where presence and version come from */
	bool compose;
	const char
		*compose_elsewhere; /* without Compose: a plugin in the home of another user, which only he can use */
	const char *compose_path;
	const char *compose_version;
	const char *compose_source;
	const char *compose_command; /* "docker compose", or "docker-compose" if it is not a plugin; never NULL */
	bool rootless;
	const char *rootless_socket; /* below /run/user */
	const char *rootless_why;    /* evidence, or NULL */
	int cgroup_version;	     /* 0: none found, 1, 2 */
	enum enforced limits;	     /* does the kernel enforce a container's memory limit here? */
	const char *limits_why;	     /* evidence, with what to do if it is NO; never NULL */
	/* Swap is not accounted for, so no container's is limited: where to add what turns that on; NULL: it is. */
	const char *swap_limits_why;
	const char *data_root; /* where the engine keeps, or will keep, its data; never NULL */
	const char *data_root_source;
	const char *image_store; /* where its images lie: the data root, or containerd's root */
};

struct machine {
	const char *sysroot; /* "/" for the running machine */
	const char *arch;    /* "x86_64", "aarch64"; "unknown" */
	const char *kernel;  /* release; "unknown" */
	bool systemd;	     /* systemd is PID 1 */
	const char *address; /* the one that packets to the internet come from; NULL: unknown */
	struct machine_ram ram;
	struct machine_cpus cpus;
	struct machine_swap swap;
	struct machine_distro distro;
	struct machine_virt virt;
	struct machine_disk stack_disk;
	struct machine_disk swap_disk;
	struct machine_disk image_disk; /* of the engine's image store */
	struct machine_engine engine;
	struct machine_containers containers;
	struct machine_listener *listeners;
	size_t listener_count;
	struct machine_front front;
	struct machine_name domain;
	bool version_6_only;	    /* packets to the internet have a route by version 6 and none by version 4 */
	const char *bind_elsewhere; /* front.bind, if it is no address of this machine; NULL: it is, or unknown */
};

const char *confidence_name(enum confidence c); /* "unknown", "assumed", "inferred", "exact" */
const char *distro_class_name(enum distro_class c);
const char *virt_kind_name(enum virt_kind v);
const char *engine_kind_name(enum engine_kind k); /* "none", "system", "snap", "desktop", "rootless" */
const char *ram_gap_name(enum ram_gap g);
/* Is it this distribution, or made from it (ID, ID_LIKE of os-release)? */
bool distro_is(const struct machine_distro *d, const char *id);
bool virt_is_container(enum virt_kind v);
/* A container of one application, in which no engine runs as a rule; LXC's and nspawn's are used as machines. */
bool virt_is_application(enum virt_kind v);
int64_t machine_others_mib(const struct machine *m);
int64_t fact_or_zero(const struct fact *f);
struct fact fact_exact(int64_t value, const char *source);
struct fact fact_inferred(int64_t value, const char *source, const char *why);
struct fact fact_assumed(int64_t value, const char *source, const char *why);
struct fact fact_unknown(const char *source, const char *why);

#endif
