/* SPDX-License-Identifier: MIT */
/*
 * Screens over the same session that the command line uses. The wizard computes nothing: it asks, shows, and passes
 * answers to answer_set.
 */
#ifndef VPSFIT_WIZARD_H
#define VPSFIT_WIZARD_H

#include "answers/table.h"
#include "session/session.h"
#include "wizard/ui/ui.h"

struct profiles; /* screens/profile.c */

struct wizard {
	struct session *s;
	struct ui *ui;
	bool forced; /* by a flag */
	/* What was typed, valid or not, so that going back and forth loses nothing. NULL: not yet. */
	const char *size_text;
	const char *dir_text;
	const char *bind_text;
	const char *port_text;
	const char *domain_text;
	const char *key_texts[PROVIDER_COUNT];
	/* Partition named by a flag or the last apply; may be missing or in use now. */
	struct swap_area named_swap;
	const struct profiles *profiles;  /* of the profile screen while it is shown */
	bool asked_service[MAX_SERVICES]; /* the service's part was asked for here */
	bool keep[MAX_OWNED];		  /* decisions on edited values, in the order of the questions */
	size_t steps_done, steps;
	enum exit_code code;
	const char *step_text; /* "Step 2 of 6"; NULL: none */
	bool written;
	bool starts; /* the stack, after the apply */
};

/* A screen is a step of its own, belongs to the step before it, or is none. */
enum screen_step { SCREEN_STEP, SCREEN_PART, SCREEN_NO_STEP };

struct screen {
	const char *name;
	bool (*wanted)(struct wizard *w); /* NULL: always */
	enum step (*run)(struct wizard *w);
	enum screen_step step;
};

extern const struct screen screens[];
extern const size_t screen_count;

/* Walks through the screens, back and forth, until one ends it: STEP_END, STEP_LEAVE or STEP_GONE. */
enum step flow_run(struct wizard *w, const struct screen *table, size_t count);
/*
 * Shows a page until a button is pressed; F1 explains, Esc asks whether to leave. Returns the button's step, STEP_LEAVE
 * or STEP_GONE.
 */
enum step flow_show(struct wizard *w, struct page *p);
enum step flow_fields(struct wizard *w, struct page *p);
/* Shows a message with one button. */
enum step flow_tell(struct wizard *w, const char *title, const struct blocks *text);
/* Returns a page with the common members set. */
struct page flow_page(struct wizard *w, const char *title, const char *help);

/* Gives an answer like its flag. Returns NULL, or what is expected instead; then nothing has changed. */
const char *wizard_answer(struct wizard *w, enum answer_id id, const char *value);
/* Takes an answer back: the remembered one holds again. */
void wizard_forget(struct wizard *w, enum answer_id id);
/* Plans again with the present answers. */
void wizard_replan(struct wizard *w);
/* Moves the session's errors into blocks, so that they are not reported again. */
void wizard_take_errors(struct wizard *w, struct blocks *ret);
/* Formats into the session's arena. */
const char *wizard_text(struct wizard *w, const char *fmt, ...) printf_like(2, 3);
/* Adds gauges of idle and peak use, with verdicts. */
void wizard_gauges(struct wizard *w, const struct plan *p, struct blocks *ret);
/* Adds the idle budget as a stacked bar. */
void wizard_bar(struct wizard *w, const struct plan *p, struct blocks *ret);
/* Adds one line about what happens to swap. */
void wizard_swap(struct wizard *w, const char *label, struct blocks *ret);
/* Adds what only root could do here and the command to run instead, if that matters. */
void wizard_rights(struct wizard *w, struct blocks *ret);
/*
 * Plans with all answers, including those about the machine, and compares with what exists; errors are added to ret.
 * Returns 0 or the session's error.
 */
int wizard_compare(struct wizard *w, struct blocks *ret);
/* A text of the plan without "(--flag ...)", which nobody can type here. */
const char *wizard_without_flags(struct wizard *w, const char *text);
/* Adds those of the plan that are warnings, and those that are only notes. */
void wizard_severe(struct wizard *w, const struct plan *p, struct blocks *ret);
void wizard_notes(struct wizard *w, const struct plan *p, struct blocks *ret);
/* Adds the plan's warnings whose codes are in the list, which ends with NULL. */
void wizard_warnings(struct wizard *w, const struct plan *p, const char *const *codes, struct blocks *ret);

enum step screen_recover(struct wizard *w);
enum step screen_machine(struct wizard *w);
enum step screen_profile(struct wizard *w);
enum step screen_smaller(struct wizard *w);
enum step screen_fit(struct wizard *w);
enum step screen_swap(struct wizard *w);
enum step screen_services(struct wizard *w);
enum step screen_adopted(struct wizard *w);
enum step screen_gateway(struct wizard *w);
enum step screen_models(struct wizard *w);
enum step screen_images(struct wizard *w);
enum step screen_conflicts(struct wizard *w);
enum step screen_review(struct wizard *w);
enum step screen_apply(struct wizard *w);
enum step screen_start(struct wizard *w);
bool wants_recover(struct wizard *w);
bool wants_smaller(struct wizard *w);
bool wants_fit(struct wizard *w);
bool wants_force(struct wizard *w);
bool wants_services(struct wizard *w);
bool wants_adopted(struct wizard *w);
bool wants_gateway(struct wizard *w);
bool wants_images(struct wizard *w);
bool wants_conflicts(struct wizard *w);
bool wants_apply(struct wizard *w);
bool wants_start(struct wizard *w);
/* Adds what to do now. */
void wizard_next_steps(struct wizard *w, struct blocks *b);
/* The offer to watch the stack, on the last page; its button leads to STEP_STAY, and then wizard_watch does it. */
void wizard_watch_button(struct wizard *w, struct page *p);
void wizard_watch(struct wizard *w);

#endif
