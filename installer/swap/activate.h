/* SPDX-License-Identifier: MIT */
/*
 * Brings one area from one state to another: makes it, turns it on or off, removes it. Every step looks first at what
 * was done already, so it can be repeated, and leaves alone what is not vpsfit's. On the running machine only.
 */
#ifndef VPSFIT_SWAP_ACTIVATE_H
#define VPSFIT_SWAP_ACTIVATE_H

#include "core/arena.h"
#include "core/diag.h"
#include "core/swap_area.h"
#include "files/sysroot.h"

struct swap_step {
	struct arena *a;
	const struct sysroot *root;
	struct diag_list *diags;
	/* Called before something is done, with a description; may be NULL. */
	void (*progress)(void *context, const char *text);
	void *context;
	const char **why;	  /* set on failure: path and reason, for people */
	struct swap_change *area; /* marked as lost if something else takes its path meanwhile */
	struct swap_state from;	  /* its states in the direction being taken */
	struct swap_state to;
};

/* What is at an area's path: nothing, something that is not vpsfit's to touch, or the area. */
enum swap_found { SWAP_FOUND_NOTHING, SWAP_FOUND_FOREIGN, SWAP_FOUND_OFF, SWAP_FOUND_ON };

/* Reports `why` about the area, with what to do. Returns rc. */
int swap_failed(const struct swap_step *s, const char *why, const char *hint, int rc);
/* All return 0, or a negative errno with an error in diags. */
int swap_look(const struct swap_step *s, enum swap_found *ret) must_check;
/* Makes the file if there is none, and turns the area on if s->to says so. */
int swap_bring(const struct swap_step *s) must_check;
/* Turns the area off if it is on and its contents fit into memory. */
int swap_turn_off(const struct swap_step *s) must_check;
/* Removes the file unless it is active, and what an interrupted run left beside it. */
int swap_remove(const struct swap_step *s) must_check;

#endif
