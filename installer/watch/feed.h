/* SPDX-License-Identifier: MIT */
/* From looks to messages: what each alert is fed with, and how it is said. Pure. */
#ifndef VPSFIT_WATCH_FEED_H
#define VPSFIT_WATCH_FEED_H

#include "watch/alerts.h"
#include "watch/sample.h"

#define FEED_HOURS 48
#define FEED_MAX 64
#define FEED_RESTARTS 4

struct alert_message {
	const char *what;	   /* the rule's name */
	char service[WATCH_NAME];  /* "": the host */
	const char *state;	   /* "begins", "worse", "again", "ends" */
	const char *level;	   /* "warning", "critical", "info" */
	char value[32], limit[32]; /* with units; "": none */
	char text[320];
	int64_t muted_until; /* of the same clock as `now`; 0: there may be more */
	bool muted;	     /* not to be sent: eight were sent today */
};

/* What is kept of a service from look to look. */
struct feed_service {
	char name[WATCH_NAME];
	int64_t seen_at; /* for dropping those that are no more */
	int64_t restarts[FEED_RESTARTS];
	size_t next_restart;
	int64_t kills; /* since the last message about them */
	int64_t started;
	int64_t hourly[FEED_HOURS], hour_began, hour_sum, hour_looks;
	size_t hours;
};

typedef void feed_say(void *context, const struct alert_message *m);

struct feed {
	struct alerts alerts;
	struct feed_service services[FEED_MAX];
	size_t count;
	int64_t swapped_at, swapped_kib, swap_moved; /* how much was swapped out in the last half hour */
	int64_t unnamed, last_unnamed;		     /* kills of no container: not told yet, and of the last look */
	feed_say *say;				     /* this and what follows is not kept over a restart */
	void *context;
};

/* now: seconds of a clock that nobody sets, above 0; wall: seconds since 1970. */
void feed_look(struct feed *f, const struct watch_sample *s, int64_t now, int64_t wall);

#endif
