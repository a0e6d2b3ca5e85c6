/* SPDX-License-Identifier: MIT */
/*
 * Between transaction.c and tx_areas.c: the swap areas' part of each step. Not for anyone else.
 *
 * Forwards each area becomes as it will be, backwards as it was. Every step finds out by itself what was done already,
 * so it may be done twice. First whatever is missing is made and turned on, then what goes is turned off, last removed:
 * at no time is there neither the old swap nor the new.
 */
#ifndef VPSFIT_TX_AREAS_H
#define VPSFIT_TX_AREAS_H

#include "apply/transaction.h"

/*
 * Adds to a rollback what an apply did to an area, the other way round; from what is there now, for swap may have been
 * turned off or removed since. -EEXIST with an error where something else has its place.
 */
int areas_take_back(struct transaction *t, const struct tx_area *done) must_check;
/* Before anything is written: is each area as it was when the plan was made? */
int areas_check(struct transaction *t) must_check;
int areas_turn_on(struct transaction *t, bool forwards) must_check;
int areas_turn_off(struct transaction *t, bool forwards) must_check;
/* Removes swap files that are to go and not in use; what is not vpsfit's is left. */
int areas_remove(struct transaction *t, bool forwards) must_check;
/* Is there one that will be removed after the end? */
bool areas_will_drop(const struct transaction *t);
/* The kernel's swappiness, at once; and systemd told of its units. Tried, not required. */
void areas_settle(struct transaction *t, bool forwards);

#endif
