/* SPDX-License-Identifier: MIT */
/*
 * The services of a stack as values, one for each templates/services/NAME.yaml; catalog/ reads them. No code knows a
 * service by its name, only by its part. Texts are borrowed from the session's arena. Sizes are MiB.
 */
#ifndef VPSFIT_SERVICE_H
#define VPSFIT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/macros.h"

#define MAX_SERVICES 12
#define MAX_SERVICE_ITEMS 16 /* limit for each of: images, owned values, files, secrets, notes */
#define MAX_COST_POINTS 16
#define MAX_COST_VARIANTS 4
/*
 * Owned values of a whole stack: up to five sizes and the image of a service, and what the services' files list, pieces
 * and files too.
 */
#define MAX_OWNED 160
#define VALUES_OF_A_SERVICE 6
/* Room in a change set for the secrets and files of all services. */
#define MAX_SECRETS 14
#define MAX_SERVICE_FILES 14

/* Cost at a number of workers: max(floor, base + per_worker * workers). */
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
	struct cost_line start_peak;	/* highest use measured during start-up; all zero: unknown */
	const struct cost_point *table; /* measured points by rising worker count; overrides `expected` */
	size_t table_count;
	int64_t error_percent;		     /* how far the expected use may be off; 0: unknown */
	const struct cost_variant *variants; /* with another image of the same release */
	size_t variant_count;
};

/* Costs of a service with the image of that variant (struct image_row). */
struct cost_variant {
	const char *name;
	struct cost_service costs; /* without variants of its own */
};

/* What the code knows a service as. At most one service plays each part but PART_NONE. */
enum service_part { PART_NONE, PART_WORKERS, PART_DATABASE, PART_COUNT };

/* Does it get a share of the machine's swap? */
enum swap_share { SWAP_SHARE_NONE, SWAP_SHARE_BY_LIMIT, SWAP_SHARE_COUNT };

/* The source of an owned value. */
enum service_value {
	VALUE_WORKERS,	   /* the number of workers: a flag of the command, or NUM_WORKERS in the environment */
	VALUE_CONNECTIONS, /* database connections of all workers, and a reserve */
	VALUE_POOL,	   /* database connections of one worker */
	VALUE_LIMIT,	   /* a percentage of the service's own memory limit, in bytes */
	VALUE_TEXT,	   /* a fixed text */
	VALUE_COUNT
};

/* What to do if the compose file lacks the value. */
enum service_missing {
	ADD_IT,
	TELL_IT,
	LEAVE_IT,
	ADD_UNTOUCHED, /* add it if nobody edited the file since vpsfit wrote it, else tell */
	SERVICE_MISSING_COUNT
};

/* A value that vpsfit writes beside the sizes, which every service has. */
struct service_owned {
	const char *word;  /* precedes the value in a command; NULL: `below` leads to the value itself */
	const char *file;  /* a file of vpsfit's own stack; NULL: the compose file */
	const char *below; /* keys joined by '/', below the service, or from the root of `file` */
	enum service_value value;
	const char *text; /* for VALUE_TEXT */
	int64_t percent;  /* for VALUE_LIMIT */
	int64_t usual;	  /* the program's default: a target up to it needs no value in the file; 0: none */
	enum service_missing missing;
	int keep_larger; /* bool: in a stack somebody else wrote, a larger number stays */
};

/* A key of .env that vpsfit generates once. */
struct service_secret {
	const char *key;
	const char *prefix;
	int in_database; /* bool: data in the database cannot be decrypted without it */
	int if_named;	 /* bool: only where the environment of the service or of a helper has it */
};

/* A file of vpsfit's own stack beside the compose file. */
struct service_file {
	const char *name;
	int if_mounted;	  /* bool: write it only if the compose file mounts it */
	int ours;	  /* bool: replace what an earlier version wrote; else it is written once */
	int until_edited; /* bool: replace it only while nobody edited it, and leave it without a question then */
	const char *gone; /* a file below templates/: remove it where it still has this text; NULL: it is written */
};

/*
 * One key of a service with its value, or one entry of a list of it, in vpsfit's own compose file. Pieces of the same
 * name are put in and taken out together. What is put in is as templates/compose.yaml has it.
 */
struct service_piece {
	const char *of;	      /* the name */
	const char *below;    /* keys joined by '/', below the service: to the key, or to the list */
	const char *entry;    /* the entry of the list; NULL: a key */
	const char *text;     /* the key's value, where the template does not have it */
	const char *comment;  /* a comment above it that goes with it, where the template does not have it */
	int64_t from_workers; /* part of the stack from this many workers on; 0: always */
	int earlier;	      /* bool: versions that did not know the name yet wrote it */
	int gone;	      /* bool: taken out when the others are put in */
	int yields;	      /* bool: what a person has there before vpsfit wrote it stays, without a question */
};

/*
 * A text to look for in a service of a compose file, and the message if it is missing. {service}, {workers} and
 * {templates} in the message are replaced.
 */
struct service_note {
	const char *file;	/* a file of vpsfit's own stack to look into; NULL: the compose file */
	const char *in, *wants; /* key below the service, or from the root of `file`; the text it must contain */
	const char *having, *having_text; /* only if this key contains this text; NULL: always */
	int64_t from_workers;
	int own;      /* bool: only in vpsfit's own stack */
	int severity; /* 0: a note, 1: a warning */
	const char *otherwise;
	const char *hint;
};

/*
 * What figures of vpsfit's own stack depend on: where a stack that somebody else wrote does not have it, other ones
 * hold.
 */
struct service_condition {
	const char *in, *wants; /* key below the service; the text it must contain, "": any */
	int64_t from_workers;
	const char *costs;     /* the variant of the costs that holds otherwise */
	const char *otherwise; /* what is so then, for people */
};

#define MAX_SETTING_TEXTS 6
#define MAX_KNOWN_STARTS 16

enum setting_is { SETTING_SET, SETTING_UNSET, SETTING_IS_COUNT };

/* A setting of a stack that somebody else wrote with which a service needs more than the usual figures. */
struct service_setting {
	const char *in;			    /* key below the service; a variable may come from an env file */
	int is;				    /* enum setting_is; an empty value is none */
	const char *has[MAX_SETTING_TEXTS]; /* its value must contain one of these; none: any value */
	size_t has_count;
	const char *lacks;    /* and must not contain this; NULL: it may */
	const char *if_unset; /* only where this key has no value; NULL: always */
	int processes;	      /* bool: the value is the number of processes, each of which needs all of the figures */
	int64_t adds_mib;     /* to every figure */
	int64_t limit_adds_mib;
	int unknown;	  /* bool: nobody knows what it needs */
	const char *says; /* what is so then, for people */
};

#define MAX_DATA_SIGNS 4

#define MAX_PUBLISHED 4

#define MAX_HELPERS 2

/* optional_from of a service that no number of workers brings: over MAX_WORKERS. */
#define ONLY_ON_REQUEST INT64_MAX

#define MAX_START_WORDS 4

/* What an engine of many machines has to know of a service beyond its block in the compose file. */
struct service_swarm {
	const char *starts[MAX_START_WORDS]; /* what its image starts by itself, for a script that is put before it */
	size_t start_count;
	const char *once;   /* word that makes it bring its tables up to date and end; NULL: it has no such work */
	int stays;	    /* bool: its volume is on one node, and so is the service */
	const char *others; /* NAME=VALUE for the environment of all that leave that work to the one */
};

/* A smaller image of a service, which an option of the service's name asks for. */
struct service_smaller {
	const char *variant; /* of its image and its costs; NULL: the service has none */
	const char *lacks;   /* for people */
	const char *brings;  /* another service, which then needs an image of `brings_variant`; NULL: none */
	const char *brings_variant;
	const char *data; /* path in the container of what it may not be able to read */
	const char *signs
		[MAX_DATA_SIGNS]; /* folders of `data`: there is such data if one of them holds a folder or a file */
	size_t sign_count;
	const char *left; /* what happens to such data, for people */
};

struct service {
	const char *name;
	const char *title;
	int64_t order; /* position of its row among the others */
	const char *images[MAX_SERVICE_ITEMS];
	size_t image_count;
	enum service_part part;
	enum swap_share swap;
	const char *data;      /* path in the container of the data that must not be lost; NULL: none */
	int64_t optional_from; /* part of vpsfit's own stack from this many workers on, or on request; 0: always */
	const char *option;    /* the option that asks for it, where it is not that of its name; NULL: it is */
	int answer;	       /* enum answer_id that turns it on or off, or asks for its smaller image; -1: none */
	int64_t page;	       /* the port inside its container that the stack's page comes from; 0: none does */
	int64_t publishes[MAX_PUBLISHED]; /* ports that it alone listens on, on all addresses */
	size_t publish_count;
	const char *helpers[MAX_HELPERS]; /* services of vpsfit's own compose file that run its image, and end */
	size_t helper_count;
	struct service_smaller smaller;
	struct service_swarm swarm;
	const struct service_owned *owned;
	size_t owned_count;
	const struct service_secret *secrets;
	size_t secret_count;
	const struct service_file *files;
	size_t file_count;
	const struct service_piece *pieces;
	size_t piece_count;
	const struct service_note *notes;
	size_t note_count;
	const struct service_condition *conditions;
	size_t condition_count;
	const char *reads[MAX_SETTING_TEXTS]; /* names of its configuration files; what the first says goes before */
	size_t read_count;
	/* repositories whose image starts it with the usual settings, so that a command may say others */
	const char *known_start[MAX_KNOWN_STARTS];
	size_t known_start_count;
	const struct service_setting *settings;
	size_t setting_count;
	struct cost_service costs; /* for cost models without figures for it */
	const char *file;	   /* the file it was read from */
};

struct service_set {
	struct service items[MAX_SERVICES]; /* sorted by `order` */
	size_t count;
};

/* "No index": all arrays of MAX_SERVICES are indexed like the set. */
#define NO_SERVICE MAX_SERVICES

bool service_has_image(const struct service *one, const char *image);
size_t service_find(const struct service_set *set, const char *name);
size_t service_helped(const struct service_set *set, const char *helper);
size_t service_of_block(const struct service_set *set, const char *name, bool *ret_helper);
size_t service_by_part(const struct service_set *set, enum service_part part);
size_t service_owned_of(const struct service *s);
size_t service_owned_most(const struct service_set *set);
const struct service_secret *service_secret(const struct service_set *set, size_t i, size_t *ret_service);
const struct service_secret *service_secret_find(const struct service_set *set, const char *key);
const struct cost_service *cost_variant(const struct cost_service *s, const char *variant);
bool cost_has_variant(const struct cost_service *s, const char *variant);
int64_t cost_line_at(const struct cost_line *line, int64_t workers);
int64_t cost_expected_at(const struct cost_service *s, int64_t workers);

#endif
