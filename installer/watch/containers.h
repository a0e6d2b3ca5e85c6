/* SPDX-License-Identifier: MIT */
/*
 * The containers that the engine has recorded, from one look to the next: who each is and where its control group is,
 * read again only where the engine wrote its record anew.
 */
#ifndef VPSFIT_WATCH_CONTAINERS_H
#define VPSFIT_WATCH_CONTAINERS_H

#include <sys/types.h>

#include "core/cgroup_line.h"
#include "watch/counters.h"
#include "watch/places.h"
#include "watch/reading.h"

/* More are not looked at. */
#define WATCH_MAX_CONTAINERS 4096

/* What the engine recorded. */
struct watch_record {
	char name[WATCH_NAME];
	char service[WATCH_NAME]; /* "": none */
	char image[24];		  /* the first digits of the image's digest */
	int64_t workers;	  /* that its command says it starts; 0: it does not say */
	int64_t pid;
	int64_t restarts;
	int64_t exit_code;
	int64_t started; /* seconds since 1970; 0: not told */
	bool running, restarting, out_of_memory, ours;
};

enum watch_group { WATCH_STOPPED, WATCH_HIDDEN, WATCH_SEEN };

struct watch_container {
	char id[CONTAINER_ID + 1];
	unsigned short root; /* index of its data root */
	bool listed;	     /* in the present look */
	bool told;	     /* its record could be read */
	/* Of the record's file, to see whether it was written anew. */
	struct timespec written;
	ino_t inode;
	struct watch_record is;
	char *group; /* its control group's directory; NULL: none */
	ino_t group_inode;
	enum watch_group seen;
	struct watch_use use;
	/* Since the last look. */
	bool counted; /* there was one */
	int64_t last_oom, last_restarts, last_at_limit, last_exit;
	bool last_flag;
	int64_t kills, restarted, limit_hits;
	int64_t limit_kib; /* that was last read; 0: none */
};

struct watch_containers {
	struct watch_container **items;
	size_t count, room;
	size_t unreadable_roots; /* that are there and cannot be listed */
	size_t found_roots;
	bool more; /* than are looked at */
};

void watch_containers_look(struct watch_containers *c, struct reading *r, const struct watch_places *p);
void watch_containers_end(struct watch_containers *c);
/* The container with this id, new or known, as one that is there; NULL: there are too many. */
struct watch_container *watch_containers_add(struct watch_containers *c, const char *id);
void watch_container_take_group(struct watch_container *one, const char *dir);
void watch_container_read(struct watch_container *one, struct reading *r, const struct watch_places *p);
/* Those that can be seen without the engine's records: nobody's in particular, named by their first program. */
void watch_nameless_look(struct watch_containers *c, struct reading *r, const struct watch_places *p);
void watch_containers_clear(struct watch_containers *c);
/*
 * Was its first process ended for lack of memory? With control groups of version 2 Docker raises its flag for any
 * process of the container, and some versions never take it down. One that runs and was not started again has its
 * first process.
 */
bool watch_first_was_killed(const struct watch_record *r);
bool watch_record_read(const char *text, size_t len, const struct watch_places *p, struct watch_record *ret);

#endif
