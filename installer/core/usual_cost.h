/* SPDX-License-Identifier: MIT */
/*
 * What a program that people run beside the gateway usually needs, as values, one for each file of
 * templates/catalogue; catalog/usual.c reads a file when a stack has an image of its name. Texts are borrowed from the
 * session's arena.
 */
#ifndef VPSFIT_USUAL_COST_H
#define VPSFIT_USUAL_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/macros.h"

#define MAX_USUAL_IMAGES 12
/* Longest name of an image that is looked up, as of all names in the catalogue. */
#define USUAL_NAME_MAX 64

struct usual_cost {
	const char *name;		      /* the last part of its images' repositories, and the name of its file */
	const char *title;		      /* one line for people */
	const char *images[MAX_USUAL_IMAGES]; /* repositories with their registries, without tags */
	size_t image_count;
	const char *same_as;	/* the shipped file that has its figures; NULL: they are here */
	int64_t idle_mib;	/* 0: not known */
	int64_t floor_mib;	/* it does not run with less; 0: not known */
	const char *depends_on; /* what its use depends on, for people; NULL: nothing to say */
	const char *unknown;	/* why there is no idle_mib, beside depends_on; NULL: nothing to say */
	const char *source;	/* where the figures are from, with a date; NULL: there is none */
	const char *file;	/* the file it was read from */
};

/* One file: NULL and not broken if it is not there. */
struct usual_file {
	bool looked;			/* this run has looked for it */
	bool broken;			/* it cannot be read, or has no figures to take, which was said */
	const struct usual_cost *cost;	/* as it is */
	const struct usual_cost *whole; /* with the figures that it names; NULL: nobody asked yet */
};

/* What this run looked up, by name: the administrator's file, and the shipped one where that one was needed. */
struct usual_entry {
	const char *name;
	struct usual_file own;
	struct usual_file shipped;
	struct usual_entry *next;
};

struct usual_set {
	struct usual_entry *first;
};

const char *usual_cost_name(struct arena *a, const char *image);
bool usual_cost_is_of(struct arena *a, const struct usual_cost *cost, const char *image);

#endif
