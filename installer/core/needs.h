/* SPDX-License-Identifier: MIT */
/*
 * What the settings of a stack that somebody else wrote make its services need beyond the usual figures, which hold for
 * vpsfit's own stack. A plain value; changes/ reads it from the stack's files. Texts are borrowed. Sizes are MiB.
 */
#ifndef VPSFIT_NEEDS_H
#define VPSFIT_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_NEED_REASONS 4

/* Zero: nothing beyond the usual figures. */
struct service_needs {
	int64_t processes;		       /* each needs all of the figures; 0: one does */
	int64_t adds_mib;		       /* to every figure */
	int64_t limit_adds_mib;		       /* to the limit alone: what it takes only now and then */
	bool count_hidden;		       /* nobody can tell how many workers it starts, whatever is asked for */
	const char *unknown;		       /* nobody knows what it needs, and why, for people; NULL: it is known */
	int64_t declared_mib;		       /* its limit as the files declare it now; 0: none */
	const char *reasons[MAX_NEED_REASONS]; /* for people, of what is not unknown */
	size_t reason_count;
};

/* The connections to the database; zero: as in vpsfit's own stack. */
struct database_needs {
	int64_t pool;	  /* of each worker */
	int64_t gateways; /* further containers with as many workers that use the same database */
	int64_t beside;	  /* connections of everybody else that uses it */
	int64_t said;	  /* as many as its files allow; 0: they do not say */
	bool unclear;	  /* something that cannot be read here says how many it allows, or may say it */
	bool outside;	  /* it is a service that is not fitted, such as one of a file that is included */
	bool elsewhere;	  /* the gateway's database is no service of the files: nobody can tell what it allows */
};

#endif
