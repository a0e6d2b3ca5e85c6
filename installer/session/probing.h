/* SPDX-License-Identifier: MIT */
/* What the running containers cannot do without, found out within minutes: `vpsfit calibrate --probe`. */
#ifndef VPSFIT_SESSION_PROBING_H
#define VPSFIT_SESSION_PROBING_H

#include "session/session.h"
#include "watch/places.h"
#include "watch/squeeze.h"

#define PROBE_MAX 64

struct probe_row {
	char service[WATCH_NAME];
	int64_t limit_kib; /* in force; 0: none */
	struct squeeze by;
	int group;     /* its control group's directory */
	char high[32]; /* memory.high as it was; "": it is not touched */
};

struct probe {
	struct probe_row rows[PROBE_MAX];
	size_t count;
};

/*
 * Takes page cache away from all running containers of the stack, in small steps, until one waits for memory or reads
 * again what was taken; at most four minutes. say(context, text) is called when it begins. Returns 0, or a negative
 * errno with an error; then nothing was touched.
 */
int session_probe(struct session *s, void (*say)(void *context, const char *text), void *context,
		  struct probe *ret) must_check;
/* 0: it was not probed, or needs none. probed may be NULL. */
int64_t probe_cache_mib(const struct probe *probed, const char *service);

#endif
