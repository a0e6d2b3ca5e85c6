/* SPDX-License-Identifier: MIT */
/*
 * The difference between what the plan wants and what is on disk. Built without changing anything; `plan` shows it and
 * `apply` makes it. Everything is allocated from the session's arena.
 */
#ifndef VPSFIT_CHANGESET_H
#define VPSFIT_CHANGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "state/state.h"
#include "changes/secrets_source.h"
#include "core/answers.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/plan.h"
#include "files/sysroot.h"
#include "compose/edit.h"
#include "compose/roles.h"

enum change_kind { CHANGE_NONE, CHANGE_CREATE, CHANGE_EDIT, CHANGE_REMOVE, CHANGE_KIND_COUNT };

const char *change_kind_name(enum change_kind k);

/* The stack's secrets and the providers' keys. */
#define SECRETS_SHOWN 12

/* One owned value that is or will be different. */
struct value_change {
	const char *label;
	const char *key;  /* of the owned value */
	const char *from; /* NULL: new */
	const char *to;
	bool edited;   /* by hand, since vpsfit wrote it */
	bool conflict; /* edited, and nobody said what to do */
	bool kept;     /* it stays as it is */
};

/* A value that only a person can change. */
struct manual_change {
	const char *path; /* of the file */
	const char *label;
	const char *why;
	const char *lines; /* to write */
};

struct file_change {
	enum change_kind kind;
	const char *name; /* relative to the stack directory */
	const char *path; /* as the machine sees it */
	mode_t mode;	  /* for a new file */
	bool link;	  /* a symbolic link: the texts are where it leads */
	struct stat old_st;
	const char *old_text; /* NULL: not there */
	size_t old_len;
	const char *new_text; /* for .env: without the secrets yet to be made */
	size_t new_len;
	const struct service_secret *secrets[8]; /* whose values apply will make */
	size_t secret_count;
	bool env;	     /* holds secrets: its values are not shown */
	const char *shipped; /* the package's file of that name, whose lines are no secrets; NULL: there is none */
	const char *given[PROVIDER_COUNT]; /* keys whose values were given, and are not shown */
	size_t given_count;
	const char *restored[SECRETS_SHOWN]; /* keys whose values come back from vpsfit's own copy, and are not shown */
	size_t restored_count;
	bool from_copy;	 /* the whole file was gone or empty, and comes back from there */
	mode_t mode_was; /* others can read it: it becomes 0600; 0: it stays as it is */
	struct value_change values[MAX_OWNED];
	size_t value_count;
};

/* The stack's, and what makes swap last: a unit and a link for each area, /etc/fstab, the kernel's setting. */
#define CHANGE_FILES 30

/* A service that several could play the part of. */
struct open_choice {
	size_t service;
	const char *candidates[MAX_CANDIDATES];
	size_t count;
};

struct changeset {
	const char *dir;     /* of the stack, as the machine sees it */
	const char *compose; /* path of the compose file that was adopted; NULL: the stack is vpsfit's own */
	struct owned_layout layout;
	struct state state;
	struct file_change files[CHANGE_FILES];
	size_t count;
	struct plan_area areas[MAX_PLAN_AREAS]; /* vpsfit's swap, those that stay as they are as well */
	size_t area_count;
	int swappiness_now; /* of the kernel; -1: it is not touched */
	int swappiness;
	struct owned_value owned[MAX_OWNED];
	const char
		*kept[MAX_OWNED]; /* what stays in an owned value's place, for it was edited by hand; NULL: nothing */
	const char *written
		[MAX_OWNED]; /* what vpsfit's value reads as once this is applied; NULL: it is not vpsfit's doing */
	size_t owned_count;
	size_t conflicts;
	struct manual_change manual[MAX_OWNED];
	size_t manual_count;
	size_t decided;	       /* kept by hand and not recorded yet */
	bool by_dir;	       /* Compose finds the project's files by itself in dir */
	const char *named[10]; /* the files, in Compose's order */
	size_t named_count;
	struct plan_warning notes[MAX_OWNED + 2]; /* further to the plan's warnings: what holds in other files */
	size_t note_count;
	bool taken_up; /* it is vpsfit's own stack, and its state is gone: what is found counts as written */
};

/* What a person decided about one value that was edited by hand. */
struct edit_decision {
	const char *key;
	bool keep;
};

struct changeset_request {
	const struct sysroot *root;
	const char *data_dir; /* templates/ lies in it, on this host */
	const char *dir;
	const char *compose; /* to adopt: its name in dir; NULL: the stack is vpsfit's own */
	const char *state_dir;
	const struct state *state; /* of this stack */
	bool cut_off;		   /* an apply to it was: what lies in dir is what that one left */
	const struct plan *plan;
	const struct answers *answers;
	const struct secrets_source *secrets; /* where copies of its .env are kept */
	const struct edit_decision *decisions;
	size_t decision_count;
};

int changeset_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		    struct changeset *ret) must_check;
/* Where the compose file leaves open which service plays a part: which, and who could. False where it does not. */
bool changeset_open_choice(struct arena *a, const struct changeset_request *req, struct open_choice *ret);
bool changeset_pending(const struct changeset *c);

#endif
