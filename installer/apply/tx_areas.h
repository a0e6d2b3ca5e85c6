/* SPDX-License-Identifier: MIT */
/*
 * Internal to transaction.c and tx_areas.c: the swap areas' part of each step.
 *
 * Forwards brings areas to their new state, backwards to the old one. Every step checks what was already done, so it
 * can be repeated. Missing areas are made and turned on first, then old ones turned off, then removed: the old swap or
 * the new one is always on.
 */
#ifndef VPSFIT_TX_AREAS_H
#define VPSFIT_TX_AREAS_H

#include "apply/transaction.h"

/*
 * Adds the reverse of what an apply did to an area to a rollback, starting from its present state: swap may have been
 * turned off or removed since. Returns -EEXIST with an error if something else is in its place.
 */
int areas_take_back(struct transaction *t, const struct swap_change *done) must_check;
/* Before anything is written: is each area still as it was when the plan was made? */
int areas_check(struct transaction *t) must_check;
int areas_turn_on(struct transaction *t, bool forwards) must_check;
int areas_turn_off(struct transaction *t, bool forwards) must_check;
/* Removes swap files that are to go and are not active; leaves files that are not vpsfit's. */
int areas_remove(struct transaction *t, bool forwards) must_check;
/* Will any area be removed after the commit? */
bool areas_will_drop(const struct transaction *t);
/* Sets the kernel's swappiness and tells systemd of new units. Best effort. */
void areas_settle(struct transaction *t, bool forwards);

#endif
