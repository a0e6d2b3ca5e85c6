/* SPDX-License-Identifier: MIT */
/*
 * The plan: a pure function of machine, profiles, cost model and answers. It says what would be written and
 * why; nothing else in the program computes a size. Texts live in the arena given to plan_build. Sizes are MiB.
 */
#ifndef VPSFIT_PLAN_H
#define VPSFIT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/machine.h"
#include "core/profile.h"

enum verdict { VERDICT_COMFORTABLE, VERDICT_TIGHT, VERDICT_NEEDS_SWAP, VERDICT_DOES_NOT_FIT, VERDICT_COUNT };

const char *verdict_name(enum verdict v);
const char *verdict_text(enum verdict v); /* for people */

enum swap_action {
	SWAP_ACT_NONE,
	SWAP_ACT_CREATE,
	SWAP_ACT_RESIZE,
	SWAP_ACT_ACTIVATE,
	SWAP_ACT_KEEP,
	SWAP_ACT_IMPOSSIBLE,
	SWAP_ACT_COUNT
};

const char *swap_action_name(enum swap_action a);

struct plan_service {
	int64_t expected_mib;
	int64_t reservation_mib;
	int64_t limit_mib;
	int64_t memswap_mib; /* memory and swap together; equal to the limit: no swap */
	bool in;	     /* is it part of the planned stack? Else all of it is 0. */
};

struct plan_totals {
	int64_t optional_mib;	   /* the optional services as expected; in none of the following */
	int64_t optional_peak_mib; /* at their limits */
	int64_t containers_mib;	   /* the other services as expected, and the engine */
	int64_t engine_mib;
	int64_t system_mib;
	int64_t total_mib; /* expected use: containers and system */
	int64_t peak_mib;  /* every container at its limit, engine and system */
};

/*
 * A swap area of vpsfit's: as it is and as it will be. A size of 0: it is not there. An active area can be neither
 * resized nor renamed, so no area changes its size: another takes its place.
 */
struct plan_area {
	const char *path;
	bool device;	  /* a partition: turned on and off, never made or removed */
	bool recorded;	  /* as this stack's: an apply of it made it, turned it on, or will */
	const char *uuid; /* of a device; NULL: none */
	int64_t before_mib;
	int64_t after_mib;
	bool before_on;
	bool after_on;
};

#define MAX_PLAN_AREAS MACHINE_MAX_CANDIDATES

/* The partition that --swap names. */
struct plan_device {
	const char *path; /* NULL: none is named */
	const char *uuid; /* NULL: none, or not asked */
	int64_t size_mib;
	bool active;
};

struct plan_swap {
	enum swap_wish wish;	   /* as answered; auto where a partition that was asked for before is gone */
	struct plan_device device; /* for SWAP_DEVICE */
	const char *missing;	   /* the partition that is gone, as it was named; NULL: none */
	enum swap_action action;
	int64_t size_mib; /* of the area to make, resize to, activate or keep */
	const char *path; /* "" where there is none */
	int64_t present_mib;
	int64_t total_mib;			/* present and planned: what the verdicts count with */
	int64_t wanted_mib;			/* before limits of disk and machine */
	const char *why;			/* the arithmetic, for people */
	struct plan_area areas[MAX_PLAN_AREAS]; /* every one that vpsfit made for this stack, and those that will be */
	size_t area_count;
	const char *left; /* what was asked for and is left undone, with the reason; NULL: nothing */
};

/* Will anything be made, removed, or turned on or off? */
bool plan_area_changes(const struct plan_area *a);

/* Stable codes; the list with texts is in advice.c and in the man page. */
struct plan_warning {
	const char *code;
	enum severity severity;
	const char *text;
};

struct plan_rejected {
	const struct profile *profile;
	int64_t total_mib;
	const char *reason;
};

/* The code at index i with what it means; false past the last one. */
bool plan_warning_def(size_t i, struct plan_warning *ret);

#define MAX_PLAN_WARNINGS 40
#define MAX_PLAN_ASSUMPTIONS 24

struct plan {
	const struct machine *machine;
	const struct cost_model *model;
	const struct profile *profile; /* never NULL; see recommended */
	bool recommended;	       /* false: no profile is recommended, the figures are the smallest one's */
	bool chosen_by_user;
	int64_t workers;
	const char *workers_why;
	const char *workers_comment; /* the same in English: files do not change with the language of who writes them */
	const struct service_set *set;		    /* the services that are known */
	struct plan_service services[MAX_SERVICES]; /* in the places of the set */
	struct plan_totals totals;
	const char *system_why;
	int64_t ram_mib; /* what the verdicts are held against: effective RAM */
	enum verdict idle;
	enum verdict peak;
	struct plan_swap swap;
	int64_t pool_size;	 /* database connections of each worker */
	int64_t max_connections; /* of PostgreSQL */
	struct plan_warning warnings[MAX_PLAN_WARNINGS];
	size_t warning_count;
	const char *assumptions[MAX_PLAN_ASSUMPTIONS];
	size_t assumption_count;
	struct plan_rejected rejected[MAX_PROFILES];
	size_t rejected_count;
	const struct profile *next; /* next size up; NULL: there is none */
	const char *next_text;
	const char *remedy; /* what would make it fit; NULL where it fits */
};

/* What is known of a stack and its machines, read by catalog/. */
struct knowledge {
	const struct service_set *services;
	const struct profile_set *profiles;
	const struct cost_model_set *models;
};

int plan_build(struct arena *a, const struct machine *m, const struct knowledge *known, const struct cost_model *model,
	       const struct answers *answers, struct diag_list *diags, struct plan *ret) must_check;
/* The partitions that --swap may name: those that lie idle, and those that this stack's applies turned on. Returns how
 * many. */
size_t plan_swap_devices(const struct machine *m, struct plan_device out[static MACHINE_MAX_SWAPS]);
/* Does the stack fit: is a profile recommended (or chosen) and does idle use fit RAM and swap? */
bool plan_fits(const struct plan *p);
/* Expected use of all that will run: what the idle verdict is held against. */
int64_t plan_idle_mib(const struct plan *p);
/* Everything at its limit: what the peak verdict is held against. */
int64_t plan_peak_mib(const struct plan *p);
/* Percentage of RAM in use, rounded down. */
int64_t plan_percent(const struct plan *p, int64_t mib);

/* Applies --ram and --cpus to a copy of the facts. */
void machine_what_if(struct machine *m, struct arena *a, const struct answers *answers);

#endif
