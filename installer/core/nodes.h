/* SPDX-License-Identifier: MIT */
/*
 * The plan over several machines: which service runs on which node, and how many workers each node has. A pure function
 * of nodes, services, cost model and answers. Sizes are MiB. Names and texts are borrowed or in the arena given.
 *
 * A node has at most one copy of the service with the workers, with as many workers as it carries; of everything else
 * there is one in all.
 */
#ifndef VPSFIT_NODES_H
#define VPSFIT_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/plan.h"
#include "core/profile.h"

#define MAX_NODES 64
#define MAX_NODE_LABELS 16
#define MAX_NODE_NAME 64
#define MAX_NODE_CPUS 8192

struct node_label {
	const char *key;
	const char *value;
};

struct node {
	const char *name;
	int64_t ram_mib;    /* as sold */
	int64_t usable_mib; /* what its kernel shows of it */
	int64_t cpus;
	int64_t system_mib; /* what its system itself takes; -1: as usual */
	struct node_label labels[MAX_NODE_LABELS];
	size_t label_count;
};

struct node_set {
	struct node items[MAX_NODES];
	size_t count;
};

/* A label that names a service, with the value "true", keeps a service with data on that node: its volume is there. */
#define NODE_LABEL "vpsfit."
#define NODE_LABEL_WORKERS NODE_LABEL "workers"
/* The node where the tables are brought up to date. */
#define NODE_LABEL_ONCE NODE_LABEL "tables"

bool node_has_label(const struct node *n, const char *key);
bool node_name_is_valid(const char *name);
size_t node_find(const struct node_set *set, const char *name);
struct node node_of(const char *name, int64_t ram_mib, int64_t cpus);

struct node_sizes {
	int64_t expected_mib;
	int64_t reservation_mib;
	int64_t limit_mib;
};

/* What is left when a node is gone. */
enum node_loss {
	LOSS_NOTHING,	 /* it answers on, with the workers that are left */
	LOSS_A_SERVICE,	 /* a service stays away until the node is back; the workers answer */
	LOSS_EVERYTHING, /* nobody is answered until the node is back */
	LOSS_COUNT
};

const char *node_loss_name(enum node_loss l); /* "answers", "partly", "down" */

struct node_plan {
	const struct node *node;
	int64_t system_mib;
	int64_t engine_mib;
	int64_t workers;	     /* of its copy; 0: it has none */
	bool runs[MAX_SERVICES];     /* indexed like the services */
	bool stand_by[MAX_SERVICES]; /* room is kept for it, for the case that its own node is lost */
	int64_t idle_mib;	     /* expected use, with the system, the engine and the room that is kept */
	int64_t peak_mib;	     /* everything at its limit */
	int64_t reserved_mib;	     /* reservations, which Swarm places by */
	enum verdict idle;
	enum verdict peak;
	bool start_first; /* a new copy may start beside the old one */
	enum node_loss loss;
	int64_t workers_left;	       /* on the others, when this one is lost */
	bool moves[MAX_SERVICES];      /* what is then placed on another node */
	size_t moves_to[MAX_SERVICES]; /* index of that node */
	bool waits[MAX_SERVICES];      /* what stays away until it is back */
};

/* Workers that another set of nodes would give. */
struct nodes_outlook {
	const char *name; /* of the node that is larger; NULL: one more */
	int64_t ram_mib, cpus;
	int64_t workers;
};

struct nodes_plan {
	const struct service_set *set;
	const struct cost_model *model;
	bool fits;
	bool in_swarm; /* Swarm places the services; else whatever the charts are for */
	struct node_plan nodes[MAX_NODES];
	size_t count;
	size_t part;				   /* index of the service with the workers */
	size_t database;			   /* NO_SERVICE: it is elsewhere */
	struct node_sizes copies[MAX_WORKERS + 1]; /* of a copy with so many workers */
	bool in[MAX_SERVICES];
	struct node_sizes sizes[MAX_SERVICES]; /* of all others; zero for the one with the workers */
	size_t home[MAX_SERVICES];	       /* index of the node that it runs on */
	int64_t workers;		       /* in all copies */
	int64_t copy_count;
	int64_t pool_size;
	int64_t reserve;
	int64_t connections;   /* workers x pool_size + reserve */
	size_t once;	       /* index of the node where the tables are brought up to date, at each update */
	bool once_has_room;    /* at the limit of a copy with one worker, beside everything else at its limit */
	struct node_sizes sum; /* of all services and copies, without system, engine and room that is kept */
	struct nodes_outlook more, larger;
	size_t no_room; /* fits is false: a service that no single node has room for; NO_SERVICE: each has a node */
	int64_t would_do_mib; /* fits is false: RAM of one more node that would be enough; 0: not known */
};

struct nodes_request {
	const struct service_set *services;
	const struct cost_model *model;
	const struct answers *answers;
	const struct node_set *nodes;
	bool database_elsewhere;
	bool left_out[MAX_SERVICES]; /* services that somebody else has there already */
	bool plain_start;	     /* the part with the workers is started without what lets workers share memory */
	int64_t exact;		     /* workers of every copy; 0: as --workers says, or as many as each node carries */
};

void nodes_plan_alike(struct nodes_request *req, struct nodes_plan *ret);
void nodes_plan(const struct nodes_request *req, struct nodes_plan *ret);
/* Of one copy, the largest number; at least 1. */
int64_t nodes_most_workers(const struct nodes_plan *p);
/* The variant of a service's image that was asked for; NULL: the usual one. */
const char *nodes_variant(const struct nodes_request *req, size_t service);
/* Sizes of a service on a node. */
struct node_sizes nodes_sizes(const struct nodes_plan *p, size_t node, size_t service);

#endif
