/* SPDX-License-Identifier: MIT */
/*
 * The services of a stack as values, one for each file templates/services/NAME.yaml. They are read by catalog/; nothing
 * here does I/O. No service is known to the program by its name: what it means by one, it says by the service's part.
 * Texts are borrowed from the session's arena. Sizes are MiB.
 */
#ifndef VPSFIT_SERVICE_H
#define VPSFIT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/macros.h"

#define MAX_SERVICES 12
#define MAX_SERVICE_ITEMS 12 /* images, owned values, files, secrets, notes: of each at most so many */
#define MAX_COST_POINTS 16
/* Owned values of a whole stack: five sizes of each service, and what the services' files name. */
#define MAX_OWNED 64
#define SIZES_OF_A_SERVICE 5
/* Secrets and files of all services: a change set has room for so many. */
#define MAX_SECRETS 12
#define MAX_SERVICE_FILES 12

/* What a number of workers costs: max(floor, base + per_worker * workers). */
struct cost_line {
	int64_t base_mib;
	int64_t per_worker_mib;
	int64_t floor_mib;
};

struct cost_point {
	int64_t workers;
	int64_t mib;
	const char *source;
};

struct cost_service {
	struct cost_line expected;
	struct cost_line reservation;
	struct cost_line limit;
	struct cost_line start_peak;	/* the highest use that was measured while it starts; all zero: not known */
	const struct cost_point *table; /* measured points, by rising worker count; before the line */
	size_t table_count;
};

/* What the program knows a service for. Each but PART_NONE is played by one service at most. */
enum service_part { PART_NONE, PART_WORKERS, PART_DATABASE, PART_COUNT };

/* Does it get a share of the machine's swap? */
enum swap_share { SWAP_SHARE_NONE, SWAP_SHARE, SWAP_SHARE_COUNT };

/* What an owned value is made of. */
enum service_value {
	VALUE_WORKERS,	   /* the number of workers; a flag, or NUM_WORKERS in the environment */
	VALUE_CONNECTIONS, /* of all workers to the database, and some to spare */
	VALUE_POOL,	   /* of one worker to the database */
	VALUE_LIMIT,	   /* a share of the service's own memory limit, in bytes */
	VALUE_TEXT,	   /* always the same */
	VALUE_COUNT
};

/* What is done where there is no such value. */
enum service_missing {
	ADD_IT,
	TELL_IT,
	LEAVE_IT,
	ADD_UNTOUCHED, /* added to a file that nobody edited since vpsfit wrote it, else told */
	SERVICE_MISSING_COUNT
};

/* A value that vpsfit writes beside the service's sizes, which every service has. */
struct service_owned {
	const char *word;  /* stands ahead of it in a command; NULL: the path leads to it */
	const char *file;  /* a file of vpsfit's own stack; NULL: the compose file */
	const char *below; /* keys with '/' between, from the service on, in a file of its own from its root on */
	enum service_value value;
	const char *text; /* VALUE_TEXT */
	int64_t percent;  /* VALUE_LIMIT */
	int64_t usual;	  /* what holds where it is missing: up to that nothing is missed; 0: nothing does */
	enum service_missing missing;
	int keep_larger; /* in somebody else's stack a larger number has its reason */
};

/* A key of .env whose value is made once. */
struct service_secret {
	const char *key;
	const char *prefix;
	int in_database; /* what is in the database cannot be read without it */
};

/* A file of vpsfit's own stack, beside the compose file. */
struct service_file {
	const char *name;
	int if_mounted; /* only where the compose file mounts it */
};

/*
 * What to look for in a service of a compose file, and what to say where it is not there. {words} stand for what is
 * known.
 */
struct service_note {
	const char *in, *wants;		  /* the key below the service, and the text that must stand in it */
	const char *having, *having_text; /* only where this text stands in that key; NULL: always */
	int64_t from_workers;
	int own;      /* in vpsfit's own stack alone */
	int severity; /* 0: worth knowing, 1: a warning */
	const char *otherwise;
	const char *hint;
};

struct service {
	const char *name;
	const char *title;
	int64_t order; /* where its row stands among the others' */
	const char *images[MAX_SERVICE_ITEMS];
	size_t image_count;
	enum service_part part;
	enum swap_share swap;
	const char *data;      /* where its container keeps what must not be lost; NULL: nowhere */
	int64_t optional_from; /* in vpsfit's own stack with so many workers or more, or where asked for; 0: always */
	int answer;	       /* the answer that asks for it or not (enum answer_id); -1: none does */
	const struct service_owned *owned;
	size_t owned_count;
	const struct service_secret *secrets;
	size_t secret_count;
	const struct service_file *files;
	size_t file_count;
	const struct service_note *notes;
	size_t note_count;
	struct cost_service costs; /* where a cost model has none */
	const char *file;	   /* where it was read from */
};

struct service_set {
	struct service items[MAX_SERVICES]; /* by their order */
	size_t count;
};

/* The places of services in a set, and of what is kept for each of them. */
#define NO_SERVICE MAX_SERVICES

size_t service_find(const struct service_set *set, const char *name);
size_t service_by_part(const struct service_set *set, enum service_part part);
size_t service_owned_most(const struct service_set *set);
const struct service_secret *service_secret(const struct service_set *set, size_t i, size_t *ret_service);
const struct service_secret *service_secret_find(const struct service_set *set, const char *key);
int64_t cost_line_at(const struct cost_line *line, int64_t workers);
int64_t cost_expected_at(const struct cost_service *s, int64_t workers);

#endif
