/* SPDX-License-Identifier: MIT */
/*
 * Everything a run knows: answers, machine, plan, change set and messages. The command line and the wizard share it;
 * neither computes anything itself.
 */
#ifndef VPSFIT_SESSION_H
#define VPSFIT_SESSION_H

#include <stdbool.h>

#include "changes/changeset.h"
#include "core/answers.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/exit_codes.h"
#include "core/machine.h"
#include "core/plan.h"
#include "core/profile.h"
#include "files/sysroot.h"
#include "output/style.h"

/* Root's state directory unless --state is given. */
#define ROOTS_STATE_DIR "/var/lib/vpsfit"

/* What was found to stay when the stack was compared, as in struct knowledge. */
struct what_stays {
	int64_t held_workers;
	int64_t most_workers;
	int64_t present_workers;
	int64_t former_workers;
	int64_t connections_stay;
	struct standing_sizes standing[MAX_SERVICES];
};

struct session {
	struct arena arena;
	struct diag_list diags;
	struct answers answers;
	const char *command; /* in the command table; "" for the wizard */
	struct sysroot root;
	bool root_open;
	const char *data_dir;
	const char *dir;	/* stack directory, absolute */
	const char *compose;	/* name in dir of the adopted compose file; NULL: vpsfit's own stack */
	const char *state_dir;	/* absolute */
	const char *store;	/* the stack's state directory, on this host */
	const char *store_path; /* the same as the machine sees it */
	const char *moved_from; /* the stack's directory before it was moved; NULL: its state is in place */
	const char *moved_file; /* somebody else's file that got another name: the path that it had before */
	/*
	 * A stack that is gone, of which this one is a copy that was applied: its name comes along, and the apply ends
	 * its memory. NULL: there is none.
	 */
	const struct state *former;
	struct state state;
	struct remembered_answer remembered[ANSWER_COUNT]; /* what this run's apply leaves for the next */
	size_t remembered_count;
	struct edit_decision decisions[MAX_OWNED]; /* about single values edited by hand */
	size_t decision_count;
	struct machine machine;
	struct catalog catalog;
	struct stack_images stack;	/* what the stack that is planned for runs */
	struct kept_trees trees;	/* of the stack's files, read before the plan and again after it */
	struct secrets_source *secrets; /* with a memory of what was read */
	const struct state **others;	/* session_others: other stacks that are remembered; NULL: not looked at yet */
	struct what_stays stays;
	struct plan plan;
	struct changeset changes;
	const char *no_swap; /* why swap is not tried again in this run; NULL: try it */
	bool shows_later;    /* apply prints its one JSON document when the outcome is known */
	bool applied;	     /* the changes are written, or there were none */
	bool wrote;	     /* there were */
	bool took_back;	     /* the files are as they were before the last apply, and what runs is not */
	bool started;	     /* the stack was started, and answers */
	bool asks;	     /* may ask about values edited by hand */
	bool changes_known;  /* false if the stack directory could not be compared */
	struct style style;
};

void session_init(struct session *s);
const char *find_locale_dir(struct arena *a);
void session_clear(struct session *s);
int session_check_paths(struct session *s) must_check;
int session_open_paths(struct session *s) must_check;
int session_open_data(struct session *s) must_check;
int session_open(struct session *s) must_check;
int session_recover(struct session *s) must_check;
const char *session_project(struct session *s);
int session_detect(struct session *s) must_check;
void session_detect_again(struct session *s);
int session_plan(struct session *s) must_check;
void session_services(struct session *s);
bool session_open_choice(struct session *s, struct open_choice *ret);
void session_choose_service(struct session *s, size_t service, const struct answer *said);
int session_replan(struct session *s) must_check;
int session_prepare_elsewhere(struct session *s) must_check;
int session_plan_for(struct session *s, const struct machine *machine, const struct answers *answers,
		     struct plan *ret) must_check;
const char *session_path(struct session *s, const char *path);
const struct cost_model *session_model(struct session *s);
int session_what_if(struct session *s, const struct answers *answers, struct plan *ret) must_check;
bool session_cut_off(struct session *s);
int session_compare(struct session *s) must_check;
#endif
