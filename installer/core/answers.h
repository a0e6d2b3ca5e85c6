/* SPDX-License-Identifier: MIT */
/*
 * What the user asked for, each answer with its origin. Plain values: answers/ parses and prints them, the session
 * fills in what the last apply left. Texts are borrowed from the session's arena.
 */
#ifndef VPSFIT_ANSWERS_H
#define VPSFIT_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/profile.h"

/* Where an answer comes from. Later ones override earlier ones. */
enum origin { ORIGIN_DEFAULT, ORIGIN_REMEMBERED, ORIGIN_FILE, ORIGIN_FLAG, ORIGIN_WIZARD, ORIGIN_COUNT };

const char *origin_name(enum origin o); /* "default", "remembered", "file", "flag", "wizard" */

/* In the order of --help and of rendered command lines. */
enum answer_id {
	ANSWER_PROFILE,
	ANSWER_WORKERS,
	ANSWER_SWAP,
	ANSWER_SWAP_FILE,
	ANSWER_SWAPPINESS,
	ANSWER_OPEN_WEBUI,
	ANSWER_REDIS,
	ANSWER_DOMAIN,
	ANSWER_LIMITS,
	ANSWER_DIR,
	ANSWER_COMPOSE,
	ANSWER_SERVICE,
	ANSWER_STATE,
	ANSWER_MOVED_FROM,
	ANSWER_BIND,
	ANSWER_PORT,
	ANSWER_IMAGES,
	ANSWER_START,
	ANSWER_START_TIMEOUT,
	ANSWER_RAM,
	ANSWER_CPUS,
	ANSWER_OVERHEAD,
	ANSWER_COST_MODEL,
	ANSWER_FORMAT,
	ANSWER_NODE,
	ANSWER_NODES,
	ANSWER_OUTPUT,
	ANSWER_ANSWERS,
	ANSWER_KEEP_EDITS,
	ANSWER_OVERWRITE_EDITS,
	ANSWER_YES,
	ANSWER_FORCE,
	ANSWER_JSON,
	ANSWER_QUIET,
	ANSWER_EXIT_CODE,
	ANSWER_DRY_RUN,
	ANSWER_PLAIN,
	ANSWER_SYSROOT,
	ANSWER_FOLLOW,
	ANSWER_INTERVAL,
	ANSWER_ENABLE,
	ANSWER_DISABLE,
	ANSWER_FROM,
	ANSWER_HELP,
	ANSWER_VERSION,
	ANSWER_COUNT
};

struct answer {
	enum origin origin;
	const char *text;  /* as the flag takes it, in its plainest form; NULL: the default, "auto" */
	int64_t number;	   /* a size in MiB, a count, or 1 for a switch that is on; else 0 */
	const char *since; /* ORIGIN_REMEMBERED: when an apply first got it (ISO 8601, UTC); NULL: unknown */
};

/* --service PART=NAME: which service of a compose file plays the part of one that vpsfit knows. */
struct part_answer {
	const char *part; /* NULL: end of the list */
	struct answer said;
};

/* --service PART=none: no service of the file plays the part. */
#define SERVICE_NONE "none"

/* Providers whose API keys have a line in the stack's .env. */
/* What .env gives LiteLLM of the providers: keys, and a server of one's own. */
enum provider {
	PROVIDER_OPENAI,
	PROVIDER_ANTHROPIC,
	PROVIDER_OPENROUTER,
	PROVIDER_GEMINI,
	PROVIDER_MISTRAL,
	PROVIDER_LOCAL,
	PROVIDER_LOCAL_MODEL,
	PROVIDER_LOCAL_KEY,
	PROVIDER_COUNT
};

/* All zero: nothing was answered. */
struct answers {
	struct answer of[ANSWER_COUNT];
	struct part_answer parts[MAX_SERVICES]; /* --service, sorted by part; unused ones are zero */
	/* Keys of the providers; NULL: .env keeps its own. Secret: never in a message, a diff or an argument list. */
	const char *provider_keys[PROVIDER_COUNT];
	const char *
		database_url; /* of a database elsewhere, with its password: as secret as a key; NULL: none was given */
	bool database_own;    /* it was answered that the stack is to have its own */
	bool database_elsewhere; /* the stack is planned without one: the session finds out, nobody answers it */
};

/* An answer as the last apply stored it: name of its table row, text, and since when (as in struct answer). */
struct remembered_answer {
	const char *name;
	const char *text;
	const char *since;
};

#define DEFAULT_DIR "/opt/ai-gateway"
#define DEFAULT_SWAP_FILE "/swapfile"
#define DEFAULT_START_TIMEOUT_S 900

bool answer_said(const struct answers *a, enum answer_id id);
const char *answer_text(const struct answers *a, enum answer_id id);
int64_t answer_number(const struct answers *a, enum answer_id id);
bool answer_on(const struct answers *a, enum answer_id id);
const char *answer_service(const struct answers *a, const char *part);
bool answer_set_service(struct answers *a, const char *part, const struct answer *said) must_check;

bool answer_limits_off(const struct answers *a);
const char *answer_domain(const struct answers *a);

enum swap_mode { SWAP_MODE_AUTO, SWAP_MODE_NONE, SWAP_MODE_SIZE, SWAP_MODE_DEVICE };

/* --swap, parsed. */
struct swap_answer {
	enum swap_mode mode;
	int64_t mib;	    /* for SWAP_MODE_SIZE */
	const char *device; /* for SWAP_MODE_DEVICE: a path below /dev, UUID=... or LABEL=..., as in fstab(5) */
};

struct swap_answer answer_swap(const struct answers *a);
const char *answer_swap_file(const struct answers *a);

enum edit_policy { EDITS_ASK, EDITS_KEEP, EDITS_OVERWRITE };

enum edit_policy answer_edits(const struct answers *a);

#endif
