/* SPDX-License-Identifier: MIT */
/*
 * The difference between the plan and what is on disk. Building it changes nothing; `plan` shows it and `apply` carries
 * it out. Everything is allocated from the session's arena.
 */
#ifndef VPSFIT_CHANGESET_H
#define VPSFIT_CHANGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "state/state.h"
#include "core/answers.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/plan.h"
#include "compose/owned.h"

struct yaml_doc;

struct secrets_source;
struct sysroot;

enum change_kind { CHANGE_NONE, CHANGE_CREATE, CHANGE_EDIT, CHANGE_REMOVE, CHANGE_KIND_COUNT };

const char *change_kind_name(enum change_kind k);

/* Covers the stack's secrets, the providers' keys and the database's address. */
#define SECRETS_SHOWN (MAX_SECRETS + PROVIDER_COUNT + 1)

/* One owned value that changes, or differs from the plan. */
struct value_change {
	const char *label;
	const char *key;  /* key of the owned value */
	const char *from; /* NULL: new */
	const char *to;
	bool edited;   /* edited by hand since vpsfit wrote it */
	bool conflict; /* edited, and no decision was given */
	bool kept;     /* stays as it is */
};

/* A value that only a person can change. */
struct manual_change {
	const char *path; /* path of the file */
	const char *label;
	const char *why;
	const char *lines; /* lines to write */
	bool connections;  /* it is how many connections the database allows */
	bool count;	   /* it is how many workers there are */
};

struct file_change {
	enum change_kind kind;
	const char *name; /* relative to the stack directory */
	const char *path; /* as the machine sees it */
	mode_t mode;	  /* for a new file */
	bool link;	  /* symbolic link: the texts are its targets */
	struct stat old_st;
	const char *old_text; /* NULL: does not exist */
	size_t old_len;
	const char *new_text; /* for .env: without secrets that are still to be made */
	size_t new_len;
	const struct yaml_doc *trees[2];		   /* of both texts, where they were parsed; NULL: not */
	const struct service_secret *secrets[MAX_SECRETS]; /* whose values apply will make */
	size_t secret_count;
	bool env;	     /* holds secrets: do not show its values */
	const char *shipped; /* the package's file of that name; its lines are no secrets. NULL: none */
	const char *given[PROVIDER_COUNT + 1]; /* keys given as answers, and the database's; values are not shown */
	size_t given_count;
	const char *restored[SECRETS_SHOWN]; /* keys restored from kept copies; values are not shown */
	size_t restored_count;
	const char *copy;	     /* a compose file that was lost: what it comes back as; NULL: it is there */
	bool from_copy;		     /* the whole file was missing or empty, and is restored from a copy */
	mode_t mode_was;	     /* old mode if others can read it: it becomes 0600; 0: keep the mode */
	struct value_change *values; /* at most MAX_OWNED; building_show_value() adds */
	size_t value_count;
};

/* The stack's files, and those that make swap permanent: a unit and a link for each area, /etc/fstab, sysctl.d. */
#define CHANGE_FILES 30

/* A part that several services could play. */
struct open_choice {
	size_t service;
	const char *candidates[MAX_CANDIDATES];
	size_t count;
};

struct changeset {
	const char *dir;     /* of the stack, as the machine sees it */
	const char *compose; /* path of the adopted compose file; NULL: vpsfit's own stack */
	struct owned_layout layout;
	struct state state;
	struct file_change files[CHANGE_FILES];
	size_t count;
	struct swap_change areas[SWAP_MAX_OWN]; /* vpsfit's swap, including unchanged areas */
	size_t area_count;
	int swappiness_now; /* the kernel's value; -1: leave it alone */
	int swappiness;
	struct owned_value owned[MAX_OWNED];
	const char *kept[MAX_OWNED];	/* manual edit that stays in place of an owned value; NULL: none */
	const char *written[MAX_OWNED]; /* vpsfit's value as it will read after the apply; NULL: not vpsfit's doing */
	size_t owned_count;
	size_t conflicts;
	struct manual_change manual[MAX_OWNED];
	size_t manual_count;
	size_t decided;		  /* manual edits to keep that are not recorded yet */
	int64_t workers_now;	  /* the workers' count that acts now; 0: there is no such service */
	int64_t workers_most;	  /* the most that were there since a person wrote the count */
	int64_t connections_stay; /* the database allows so many, and only a person can change it; 0: none */
	int64_t workers_stay;	  /* the workers' count that is there and stays, other than the planned one; 0: none */
	struct standing_sizes standing[MAX_SERVICES]; /* sizes that will not be the planned ones */
	bool count_by_hand;			      /* only a person can change the count */
	bool count_hidden;			      /* nor can anybody tell from the files what it is now */
	int64_t limit_stays_mib; /* their service's limit, where it stays below the planned one; 0: it does not */
	bool by_dir;		 /* Compose finds the project's files in dir by itself */
	const char *named[10];	 /* the files, in Compose's order */
	size_t named_count;
	bool taken_up;	   /* vpsfit's own stack without state: what is found counts as written */
	const char *newer; /* files that the package has newer than they were written, for people; NULL: none */
	const char *not_taken_over; /* what runs otherwise than the files say, for people; NULL: nothing */
	const char *orphans;	 /* containers that run of services that are not in the files, for people; NULL: none */
	const char *not_running; /* services that do not run while others do, for people; NULL: none */
	const char *taken_out[MAX_SERVICES]; /* optional services that go out of the file */
	size_t taken_out_count;
	const char *running_over; /* why that is too much for the machine, for people; NULL: it is not */
	const char *moved_from;	  /* where the state still has it; NULL: it was not moved */
	const char *moved_file;	  /* and by which file, where that has another name now */
	const char *project;	  /* Compose's name for it, to be remembered; NULL: the file has one of its own */
};

/* A person's decision about one value edited by hand. */
struct edit_decision {
	const char *key;
	bool keep;
};

#define KEPT_TREES 64

/* Parsed texts, so that none is parsed twice; a new one replaces the oldest. They live as long as their arena. */
struct kept_trees {
	const struct yaml_doc *items[KEPT_TREES];
	size_t count;
};

/*
 * A kept tree of the same text; name is that of its file, or NULL for any. Documents are never modified, so that the
 * same text can share one tree. NULL: there is none.
 */
const struct yaml_doc *kept_tree(const struct kept_trees *trees, const char *name, const char *text, size_t len);

struct changeset_request {
	const struct sysroot *root;
	const char *data_dir; /* contains templates/; a path on this host */
	const char *dir;
	const char *compose; /* name in dir of the file to adopt; NULL: vpsfit's own stack */
	const char *state_dir;
	const struct state *state; /* of this stack */
	bool cut_off;		   /* an apply to it was: what lies in dir is what that one left */
	const char *moved_from;	   /* the stack's directory before; its state is told of the new one already */
	const char *moved_file;	   /* the adopted file's path before, where it has another name now */
	const char *joins;	   /* the directory of a stack that is gone, whose name and volumes this copy takes */
	const struct plan *plan;
	const struct answers *answers;
	const struct secrets_source *secrets; /* where copies of its .env are kept */
	struct kept_trees *trees;	      /* shared with other requests of the same arena; NULL: not shared */
	const struct edit_decision *decisions;
	size_t decision_count;
};

int changeset_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		    struct changeset *ret) must_check;
/* Is it ambiguous which service plays a part? Then fills in the part and the candidates. */
bool changeset_open_choice(struct arena *a, const struct changeset_request *req, struct open_choice *ret);
/* Index among the owned of the i-th value that an edit by hand keeps; -1 past the last one. */
long changeset_kept(const struct changeset *c, size_t i);
bool changeset_pending(const struct changeset *c);
/* Is something to be done: written, or taken over by containers that run? */
bool changeset_to_do(const struct changeset *c);

#endif
