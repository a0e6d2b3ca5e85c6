/* What somebody asked for: flags, the answers file or the wizard. Texts are borrowed from the session's arena. */
#ifndef VPSFIT_ANSWERS_H
#define VPSFIT_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/profile.h"

enum swap_wish { SWAP_AUTO, SWAP_NO, SWAP_SIZE, SWAP_DEVICE };

/* Whose keys the stack's .env has a place for. */
enum provider { PROVIDER_OPENAI, PROVIDER_ANTHROPIC, PROVIDER_COUNT };

enum edit_policy { EDITS_ASK, EDITS_KEEP, EDITS_OVERWRITE };

struct answers {
	const char *profile; /* NULL: the recommended one */
	bool profile_auto;   /* that was said, and what was asked for before does not hold any more */
	int64_t workers;     /* 0: the profile's */
	bool workers_auto;   /* likewise */
	enum swap_wish swap;
	bool swap_said;		 /* something was, and what was asked for before does not hold any more */
	int64_t swap_mib;	 /* for SWAP_SIZE */
	const char *swap_device; /* for SWAP_DEVICE: a path below /dev, UUID=... or LABEL=..., as fstab(5) has them */
	const char *swap_file;
	bool swap_file_said; /* likewise */
	int64_t swappiness;  /* -1: not asked for */
	const char *dir;
	bool dir_given;
	const char *compose; /* a compose file that somebody else wrote; NULL: vpsfit's own stack in dir */
	const char *services[SERVICE_COUNT]; /* which of its services plays which part; NULL: found by image */
	const char *state;		     /* NULL: the default for this user */
	const char *bind;		     /* NULL: keep what .env says, else the template's */
	int64_t port;			     /* 0: likewise */
	int64_t ram_mib;		     /* 0: as detected */
	int64_t cpus;			     /* 0: as detected */
	int64_t overhead_mib;		     /* -1: by class and use */
	const char *cost_model;		     /* NULL: the default model */
	/* Keys of the providers; NULL: .env keeps what it has. Secret: never in a message, a difference or an argument
	 * list. */
	const char *provider_keys[PROVIDER_COUNT];
	enum edit_policy edits;
	const char *sysroot; /* NULL: the running machine */
	bool yes;
	bool force;
	bool json;
	bool quiet;
	bool exit_code;
	bool dry_run;
	bool plain; /* the wizard asks line by line */
};

#define ANSWERS_INIT                                                                                                   \
	{                                                                                                              \
		.swap_file = "/swapfile", .dir = "/opt/ai-gateway", .overhead_mib = -1, .swappiness = -1               \
	}

#endif
