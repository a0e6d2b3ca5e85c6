/* SPDX-License-Identifier: MIT */
/* What plan, apply and the others have in common. */
#ifndef VPSFIT_PLAN_STEPS_H
#define VPSFIT_PLAN_STEPS_H

#include "session/session.h"

/* Plans, compares, shows both, and says what stands in the way: EXIT_DONE where nothing does. */
enum exit_code prepare(struct session *s) must_check;
/* Shows the plan now, where prepare was told to leave that to the end. False where standard output cannot be written.
 */
bool show_later(struct session *s) must_check;
/* Makes the change set that prepare or session_compare made so, and calls progress(context, what) before each step. */
enum exit_code apply_prepared(struct session *s, tx_progress progress, void *context) must_check;
/* Progress lines for people, unless --json or --quiet. */
void show_progress(void *session, const char *text);
/* EXIT_NO_TERMINAL with an error where a question could not be asked. */
enum exit_code need_terminal(struct session *s) must_check;

#endif
