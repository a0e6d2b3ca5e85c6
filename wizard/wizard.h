/* SPDX-License-Identifier: MIT */
/*
 * The wizard: screens over the session that the command line works on too. It computes nothing; it asks, shows, and
 * hands the answers to the options' own setters.
 */
#ifndef VPSFIT_WIZARD_H
#define VPSFIT_WIZARD_H

#include "answers/table.h"
#include "session/session.h"
#include "wizard/ui/ui.h"

struct profiles; /* screen_profile.c */

struct wizard {
	struct session *s;
	struct ui *ui;
	bool forced; /* by a flag */
	/* What was typed, well or not, so that nothing is lost on the way back and forth. NULL: not yet. */
	const char *size_text;
	const char *dir_text;
	const char *bind_text;
	const char *port_text;
	const char *key_texts[PROVIDER_COUNT];
	/* The partition that a flag or the last apply named, which may be none of those that lie idle. */
	struct plan_device named_swap;
	const struct profiles *profiles;  /* of the profile screen that is shown */
	bool asked_service[MAX_SERVICES]; /* which part a service plays was asked here */
	bool keep[MAX_OWNED];		  /* values edited by hand, in the order in which they are asked about */
	size_t steps_done, steps;
	enum exit_code code;
	bool written;
};

/* A screen of the way through. */
struct screen {
	const char *name;
	bool (*wanted)(struct wizard *w); /* NULL: always */
	enum step (*run)(struct wizard *w);
};

extern const struct screen screens[];
extern const size_t screen_count;

/* Walks through the screens, back and forth, until one ends it: STEP_END, STEP_LEAVE or STEP_GONE. */
enum step flow_run(struct wizard *w, const struct screen *table, size_t count);
/* Shows a page until a button is pressed: F1 explains, Esc asks whether to leave. The button's step, STEP_LEAVE or
 * STEP_GONE. */
enum step flow_show(struct wizard *w, struct page *p);
/* One message with one button. */
enum step flow_tell(struct wizard *w, const char *title, const struct blocks *text);
/* A page with what all pages have in common. */
struct page flow_page(struct wizard *w, const char *title, const char *help);

/* Gives an answer as its flag would. NULL where it is well, else what is expected instead; then nothing is changed. */
const char *wizard_answer(struct wizard *w, enum answer_id id, const char *value);
/* Takes an answer back: what an earlier apply was asked for holds again. */
void wizard_forget(struct wizard *w, enum answer_id id);
/* Plans again with the answers as they are now. */
void wizard_replan(struct wizard *w);
/* The session's errors as blocks; they are not reported again. */
void wizard_take_errors(struct wizard *w, struct blocks *ret);
/* Formats into the session's arena. */
const char *wizard_text(struct wizard *w, const char *fmt, ...) printf_like(2, 3);
/* What idle and peak use need, as gauges with verdicts. */
void wizard_gauges(struct wizard *w, const struct plan *p, struct blocks *ret);
/* What becomes of swap, on one line. */
void wizard_swap(struct wizard *w, const char *label, struct blocks *ret);
/* What only root could do here, and what to type instead; nothing where that does not matter. */
void wizard_rights(struct wizard *w, struct blocks *ret);
/* Plans for all answers, those about the machine too, and compares with what is there; what is wrong is added to ret.
 * 0, or what the session failed with. */
int wizard_compare(struct wizard *w, struct blocks *ret);
/* The plan's warnings whose codes are in the list (NULL: all). */
void wizard_warnings(const struct plan *p, const char *const *codes, struct blocks *ret);

enum step screen_recover(struct wizard *w);
enum step screen_machine(struct wizard *w);
enum step screen_profile(struct wizard *w);
enum step screen_fit(struct wizard *w);
enum step screen_swap(struct wizard *w);
enum step screen_services(struct wizard *w);
enum step screen_adopted(struct wizard *w);
enum step screen_gateway(struct wizard *w);
enum step screen_conflicts(struct wizard *w);
enum step screen_review(struct wizard *w);
enum step screen_apply(struct wizard *w);
bool wants_recover(struct wizard *w);
bool wants_fit(struct wizard *w);
bool wants_force(struct wizard *w);
bool wants_services(struct wizard *w);
bool wants_adopted(struct wizard *w);
bool wants_gateway(struct wizard *w);
bool wants_conflicts(struct wizard *w);
bool wants_apply(struct wizard *w);

#endif
