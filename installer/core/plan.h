/* SPDX-License-Identifier: MIT */
/*
 * The plan: a pure function of machine, profiles, cost model and answers. It says what to write and why; nothing else
 * in the program computes a size. Texts are in the arena given to plan_build. Sizes are MiB.
 */
#ifndef VPSFIT_PLAN_H
#define VPSFIT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/beside.h"
#include "core/diag.h"
#include "core/machine.h"
#include "core/profile.h"
#include "core/stack_images.h"

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

/* The sizes of a service in the stack's files. */
struct service_sizes {
	int64_t limit_mib;
	int64_t reservation_mib;
	int64_t memswap_mib; /* Compose's memswap_limit: memory plus swap; equal to the limit: no swap */
};

/* A size that is in the stack's files and stays as it is. */
struct standing_size {
	bool stays;
	int64_t mib;  /* 0: there is none */
	bool by_hand; /* a person is shown what to write in its place */
};

struct standing_sizes {
	struct standing_size limit, reservation, memswap;
	bool unplanned; /* the service is not planned, and stays all the same */
};

struct plan_service {
	int64_t expected_mib; /* the model's figure, or what it holds now where that is more */
	int64_t model_mib;    /* the model's figure */
	int64_t held_mib;     /* what each copy holds now where that is more than the model's figure; 0: it is not */
	int64_t reservation_mib;
	int64_t limit_mib; /* 0: it has none, for somebody took it out */
	int64_t memswap_mib;
	struct service_sizes wanted; /* to be written: others than those above where the file's own stay */
	bool limit_stays;	     /* the limit is not the wanted one */
	int64_t error_percent;	     /* how far model_mib may be off; 0: unknown */
	bool in;		     /* part of the planned stack; if not, all sizes are 0 */
	int64_t copies;		     /* containers of it; the sizes are those of one; 0: none is started */
	bool idle;		     /* a profile is inactive, or no copies are wanted: nothing starts it now */
	const char *variant;	     /* of its image, in vpsfit's own stack; NULL: the usual one */
	enum beside_source source;   /* of model_mib */
	bool open; /* nobody knows what it needs: it gets no limit, and its sizes are the least of it */
};

/* What a smaller image of a service makes of the plan. */
struct plan_smaller {
	size_t service;	   /* NO_SERVICE: no service of vpsfit's own stack has one */
	bool chosen;	   /* it is planned with */
	bool by_itself;	   /* nobody asked for it: a new stack would not fit otherwise */
	bool unmeasured;   /* nothing was chosen, because the cost model has no figures for it */
	bool over;	   /* with the usual image, more than RAM is expected to be used */
	int64_t usual_mib; /* expected use of everything with the usual image */
	int64_t saves_mib; /* that much less with the smaller one */
};

struct plan_totals {
	int64_t optional_mib;	   /* optional services, expected; not part of the sums below */
	int64_t optional_peak_mib; /* optional services at their limits; not part of the sums below */
	int64_t containers_mib;	   /* engine and the other services, expected */
	int64_t engine_mib;
	int64_t system_mib;
	int64_t total_mib; /* containers_mib + system_mib */
	int64_t peak_mib;  /* every container at its limit, engine and system */
	/*
	 * Room for services that nobody knows: what so many more workers of the profile would take, as far as there is
	 * RAM. Not part of the sums above.
	 */
	int64_t set_aside_mib;
	int64_t set_aside_peak_mib;
	int64_t set_aside_workers;
};

struct plan_swap {
	enum swap_mode mode;	 /* as answered; SWAP_MODE_AUTO if a remembered partition is gone */
	struct swap_area device; /* for SWAP_MODE_DEVICE: the partition that --swap names; path NULL: it names none */
	const char *missing;	 /* the remembered partition that is gone, by its name in the answer; NULL: none */
	enum swap_action action;
	int64_t size_mib; /* of the area to make, replace, activate or keep */
	const char *path; /* "": none */
	int64_t present_mib;
	int64_t total_mib;			/* present and planned; the verdicts count with it */
	int64_t wanted_mib;			/* before disk and machine limit it */
	const char *why;			/* the arithmetic, for people */
	struct swap_change areas[SWAP_MAX_OWN]; /* those that are vpsfit's now, and the planned ones */
	size_t area_count;
	const char *left; /* a requested change that was not planned, with the reason, for people; NULL: none */
};

/* code is stable; advice.c and the man page list them all. */
struct plan_warning {
	const char *code;
	enum severity severity;
	const char *text;
};

struct plan_rejected {
	const struct profile *profile;
	int64_t total_mib; /* as the plan's total */
	int64_t idle_mib;  /* with all that stands below the total */
	const char *reason;
};

struct plan_other {
	const struct cost_model *model;
	int64_t total_mib; /* idle use, optional services included */
	int64_t peak_mib;
};

/* What one worker more would cost and bring. */
struct plan_next_worker {
	int64_t mib;	 /* idle use, with the optional services that it would bring along */
	int64_t percent; /* of the present throughput: 160 is 1.6 times as much; 0: nobody measured it */
	int64_t cores;	 /* that it was measured on; at most those of the machine */
	const char *measured_on;
};

/* The code at index i, with what it means as text; false past the last one. */
bool plan_warning_def(size_t i, struct plan_warning *ret);

#define MAX_PLAN_WARNINGS 96
#define MAX_PLAN_ASSUMPTIONS 24

/* Only a person can change how many connections the database allows, and nobody here can tell how many. */
#define CONNECTIONS_UNKNOWN (-1)

/* Why there are fewer workers than there would be. */
enum not_raised {
	RAISED,
	NOT_RAISED_UNKNOWN,
	NOT_RAISED_CONNECTIONS,
	NOT_RAISED_CONNECTIONS_UNKNOWN,
	NOT_RAISED_DATABASE_ELSEWHERE,
	NOT_RAISED_PEAK
};

struct plan {
	const struct machine *machine;
	const struct cost_model *model;
	const struct profile *profile; /* never NULL; see recommended */
	bool recommended; /* false: the machine is too small for any profile, the figures are the smallest one's */
	bool too_small;	  /* no profile is made for so little RAM, whoever named one */
	bool chosen_by_user;
	bool limits_off;	   /* --limits off: no limit is written, and the peak means nothing */
	int64_t carried_workers;   /* those of the profile that the cores carry */
	int64_t automatic_workers; /* what auto gives; more run where the last apply gave this machine more */
	int64_t workers;	   /* that the sizes are made for */
	int64_t wanted_workers;	   /* that are to be written: others where the file's own count stays */
	int64_t not_raised;	   /* as many as there would be without what keeps them from it; 0: nothing does */
	enum not_raised not_raised_why;
	const char *workers_why;
	const char *workers_comment;   /* the same in English: comments in files do not depend on the writer's locale */
	const struct service_set *set; /* all services that vpsfit knows */
	const struct image_set *images;		    /* theirs */
	struct plan_service services[MAX_SERVICES]; /* indexed like set */
	struct plan_smaller smaller;
	struct plan_totals totals;
	struct beside beside;	 /* what else runs here; not part of totals.total_mib */
	struct fact planned_use; /* what the planned services use now, as far as they run; 0: none does */
	const char *system_why;
	int64_t ram_mib; /* effective RAM; the verdicts compare with it */
	enum verdict idle;
	enum verdict peak;
	struct plan_swap swap;
	int64_t pool_size;	  /* database connections of each worker */
	int64_t gateways;	  /* containers with so many workers each, which all use the database */
	int64_t max_connections;  /* PostgreSQL's setting */
	int64_t connections_said; /* as many as a stack that somebody else wrote allows; 0: its files do not say */
	bool connections_unclear; /* nor can anybody tell, and the workers planned are more than there are now */
	struct plan_warning warnings[MAX_PLAN_WARNINGS];
	size_t warning_count;
	const char *assumptions[MAX_PLAN_ASSUMPTIONS];
	size_t assumption_count;
	struct plan_rejected rejected[MAX_PROFILES];
	size_t rejected_count;
	const char *people;	    /* for how many so many workers are, in figures; NULL: not said */
	const struct profile *next; /* next larger profile; NULL: none */
	int64_t next_workers;	    /* that it would have with what runs here */
	const char *next_text;
	const char *remedy;			   /* what would make it fit; NULL: it fits */
	struct plan_other others[MAX_COST_MODELS]; /* what the other cost models say of the same stack */
	size_t other_count;
	struct plan_next_worker next_worker;
};

/*
 * What the last apply counted by itself, and for which machine; profile NULL: there was none, or a count was asked for.
 */
struct applied_size {
	const char *profile;
	int64_t workers;
	int64_t nominal_mib;
	int64_t cpus;
	int64_t usable_mib;		 /* the next two are 0 where they were not recorded */
	int64_t system_mib;		 /* what it took the system for, by itself */
	const char *model;		 /* cost model that it counted with */
	int64_t limit_mib[MAX_SERVICES]; /* that it wrote for each service; 0: none, or a person's */
};

/* What catalog/ has read: services, profiles, cost models, images. */
struct knowledge {
	const struct service_set *services;
	const struct profile_set *profiles;
	const struct cost_model_set *models;
	const struct image_set *images;
	const struct stack_images *stack; /* what the stack that is planned for runs; NULL: not known */
	struct applied_size applied;
	int64_t held_workers;	 /* the count that stays in the stack's file; 0: none does */
	int64_t most_workers;	 /* as many as a limit that stays can hold; 0: any number */
	int64_t present_workers; /* that the stack's file has now; 0: not known */
	int64_t former_workers;	 /* the most that it had since a person wrote the count; 0: not known */
	/* the database allows so many, and only a person can change that; 0: they follow; CONNECTIONS_UNKNOWN */
	int64_t connections_stay;
	const struct standing_sizes *standing; /* indexed like the services; NULL: nothing stays */
};

int plan_build(struct arena *a, const struct machine *m, const struct knowledge *known, const struct cost_model *model,
	       const struct answers *answers, struct diag_list *diags, struct plan *ret) must_check;
/* Lists the partitions that --swap may name: idle ones, and those this stack's applies turned on. Returns how many. */
size_t plan_swap_devices(const struct machine *m, struct swap_area out[static MACHINE_MAX_SWAPS]);
/* Does the stack fit: the machine reaches a profile, and idle use fits into RAM and swap without thrashing. */
bool plan_fits(const struct plan *p);
bool plan_limit_is_beyond(const struct plan *p, size_t service);
/* Expected use of everything that will run, in MiB; the idle verdict compares it with RAM. */
int64_t plan_idle_mib(const struct plan *p);
/* Use with everything at its limit, in MiB; the peak verdict compares it with RAM. */
int64_t plan_peak_mib(const struct plan *p);
/* mib as a percentage of RAM, rounded down; 0 if RAM is 0. */
int64_t plan_percent(const struct plan *p, int64_t mib);

/* Replaces RAM and cores of m by --ram and --cpus. New texts are allocated from a. */
void machine_what_if(struct machine *m, struct arena *a, const struct answers *answers);
/* The text of the warning with this code; NULL: the plan has none. */
const char *plan_warning_text(const struct plan *p, const char *code);

#endif
