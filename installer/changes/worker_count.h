/* SPDX-License-Identifier: MIT */
/* What decides how many workers a service starts now. */
#ifndef VPSFIT_WORKER_COUNT_H
#define VPSFIT_WORKER_COUNT_H

#include "changes/building.h"
#include "compose/edit.h"

/* More workers than anybody has: such a number is a slip, and nothing is planned for it. */
#define MOST_WORKERS 4096

struct worker_count {
	enum count_place place; /* a flag, or a variable of the environment and of env files */
	const char *word;	/* the flag */
	const char *variable;	/* the environment's entry that is there, or that would be put in */
	const char *env_file;	/* that sets it, relative to the stack's directory; NULL: none, or it lies elsewhere */
	const char *env_variable;
	const char *value;  /* the count as it is written, variables filled in; NULL: none, or it cannot be told */
	bool say_it;	    /* what starts by default is not known: write the count even where the default would do */
	const char *unseen; /* why nobody can tell from here what decides; NULL: it is told above */
};

/* Does a service with the image of the one at index `like` run another program of it, such as a backup? */
bool worker_count_none(struct building *b, size_t like, const char *service);
/* The count; 0: it cannot be told. */
int64_t worker_count_told(const struct worker_count *is);
/* How many workers a service that is like the one at index `like` of the set starts; 0: it cannot be told. */
int64_t worker_count_of(struct building *b, size_t like, const char *service);
/* The most workers that were in the files since a person wrote their count: fills in set->workers_most. */
void worker_count_note_most(struct building *b, const struct edit *e);
struct worker_count worker_count_find(struct building *b, const struct owned_value *v, const char *service);

#endif
