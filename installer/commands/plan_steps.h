/* SPDX-License-Identifier: MIT */
/* Steps shared by plan, apply and other commands. */
#ifndef VPSFIT_PLAN_STEPS_H
#define VPSFIT_PLAN_STEPS_H

#include "session/session.h"

/* Plans, compares, shows both, and reports any obstacle. Returns EXIT_DONE if there is none. */
enum exit_code prepare(struct session *s) must_check;
/* Shows the plan that prepare was told to defer. Returns false if standard output cannot be written. */
bool show_later(struct session *s) must_check;
/* Prints what to do now, unless --json or --quiet. Returns false if standard output cannot be written. */
bool show_next(struct session *s) must_check;
/* Applies the change set from prepare or session_compare; calls progress(context, text) before each step. */
enum exit_code apply_prepared(struct session *s, void (*progress)(void *context, const char *text),
			      void *context) must_check;
/* Can swap that was explicitly asked for not be had? Then refuse_swap adds why to the diagnostics. */
bool cannot_have_swap(const struct session *s);
enum exit_code refuse_swap(struct session *s) must_check;
/* Prints a progress line, unless --json or --quiet. */
void show_progress(void *session, const char *text);
/* Returns EXIT_NO_TERMINAL with an error if questions cannot be asked. */
enum exit_code need_terminal(struct session *s) must_check;

#endif
