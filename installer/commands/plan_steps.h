/* What plan and apply have in common. */
#ifndef VPSFIT_PLAN_STEPS_H
#define VPSFIT_PLAN_STEPS_H

#include "commands/session.h"

bool show_plan(struct session *s) must_check;

#endif
