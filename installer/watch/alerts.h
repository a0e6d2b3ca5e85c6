/* SPDX-License-Identifier: MIT */
/*
 * When a person is told. Pure: figures and a clock that nobody sets go in, messages come out. Each thing is told when
 * it begins and when it ends, repeated ever more rarely, and at most eight messages a day are sent in all.
 */
#ifndef VPSFIT_WATCH_ALERTS_H
#define VPSFIT_WATCH_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "watch/places.h"

enum alert_kind {
	ALERT_HOST_MEMORY,
	ALERT_MEMORY, /* of a service */
	ALERT_KILL,
	ALERT_UNNAMED_KILL,
	ALERT_RESTARTS,
	ALERT_PRESSURE,
	ALERT_SWAP,
	ALERT_LEAK,
	ALERT_KINDS
};

enum alert_says { ALERT_NOTHING, ALERT_BEGINS, ALERT_WORSE, ALERT_AGAIN, ALERT_ENDS };
enum alert_state { ALERT_OFF, ALERT_WARNING, ALERT_CRITICAL };

/* Times in seconds. Values in hundredths of a per cent, or counts. */
struct alert_rule {
	const char *name;
	int64_t enter, critical; /* above: it begins, it is worse; INT64_MAX: never */
	int64_t leave;		 /* below, for `hold`: it ends */
	int64_t sure;		 /* above `enter` for so long, and in two looks, before it begins */
	int64_t hold;
	int64_t repeat; /* the first time; each wait is half as long again, up to a day */
};

extern const struct alert_rule alert_rules[ALERT_KINDS];

struct alert {
	enum alert_kind kind;
	char service[WATCH_NAME]; /* "": the host */
	enum alert_state state;
	int64_t above_since, below_since; /* -1: it is not */
	int above_looks;
	int64_t told_at, wait;
	bool told; /* its beginning was sent, so that its end is as well */
};

#define ALERTS_MAX 160
#define ALERTS_A_DAY 8
#define ALERT_DAY 86400

struct alerts {
	struct alert items[ALERTS_MAX];
	size_t count;
	int64_t sent[ALERTS_A_DAY]; /* when the last ones were; 0: none */
	size_t next;
};

struct alert *alerts_find(struct alerts *all, enum alert_kind kind, const char *service);
enum alert_says alert_step(struct alert *a, int64_t now, int64_t value);
/* May a message be sent now? It is counted. *ret_last: it is the last one for today, and should say so. */
bool alerts_may_send(struct alerts *all, int64_t now, int64_t *ret_muted_until);
/* A straight line through hourly figures (Theil and Sen): what is added each hour; 0: there is no trend to trust. */
int64_t alert_slope(const int64_t *hourly, size_t count);

#endif
