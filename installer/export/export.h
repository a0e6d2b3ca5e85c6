/* SPDX-License-Identifier: MIT */
/* What is written for an engine of many machines: texts, from the own stack and the plan over several nodes. */
#ifndef VPSFIT_EXPORT_H
#define VPSFIT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "compose/env.h"
#include "core/arena.h"
#include "core/diag.h"
#include "core/nodes.h"
#include "yaml/tree.h"

#define MAX_EXPORT_FILES 24
#define MAX_EXPORT_SECRETS 24
#define MAX_EXPORT_EMPTY 64

struct export_record;

struct export_file {
	const char *name; /* below the directory that is written to */
	const char *text;
	size_t len;
	mode_t mode;
};

/* A file of the stack, as an apply would leave it. */
struct export_mount {
	const char *name; /* below the stack's directory */
	const char *text;
	size_t len;
};

/* The stack that is taken along, as an apply with this plan would leave it. */
struct export_source {
	const char *name; /* of the stack, as Compose calls the project */
	const struct yaml_doc *compose;
	struct export_mount mounts[MAX_EXPORT_FILES];
	size_t mount_count;
	struct env_pair env; /* .env with every secret made */
	const char *entry;   /* for a swarm: the script that turns secrets into variables; for Helm: the commands */
	const char *values[MAX_SERVICES];   /* for Helm: what the chart of each service takes; NULL: it has none */
	const char *database_url;	    /* of a database elsewhere; NULL: the stack has its own */
	const char *earlier;		    /* .env of the last export to the same place; NULL: there is none */
	const struct export_record *record; /* of that export; NULL: none is known */
	const char *port;		    /* that is published on every address of a node; NULL: none is */
};

/* What one Docker secret holds. */
struct export_secret {
	const char *key; /* of the line in the export's .env */
	const char *value;
	const char *name; /* in the swarm: with the stack's name, and another one for another value */
};

/* Where people come in. */
struct export_door {
	size_t service;	       /* index */
	const char *target;    /* port of the container; NULL: no service has one to publish */
	const char *published; /* port of the node */
	bool open;	       /* the stack publishes it */
};

struct export_result {
	struct export_file files[MAX_EXPORT_FILES];
	size_t count;
	const char *stack; /* its name in the swarm; NULL: this is for a cluster */
	struct export_door door;
	struct export_secret secrets[MAX_EXPORT_SECRETS];
	size_t secret_count;
	const char *empty[MAX_EXPORT_EMPTY]; /* variables without a value */
	size_t empty_count;
};

/* What a compose file says of a service or helper; NULL: it has none of that name. */
const struct yaml_node *export_block(struct arena *a, const struct yaml_doc *compose, const char *service);
/* An entry of a service's volumes in its short form, SOURCE:TARGET and :ro; NULL: it has none. */
const char *export_mount_text(struct arena *a, const struct yaml_node *entry);
/* As shells and programs take a variable's name. */
bool export_is_name(const char *key);
int swarm_export(struct arena *a, const struct export_source *source, const struct nodes_plan *plan,
		 struct diag_list *diags, struct export_result *ret) must_check;
void export_note_secrets(struct arena *a, const struct export_source *source, const struct export_mount *m,
			 struct diag_list *diags);
void export_note_missed(struct diag_list *diags, const struct export_source *source, const char *service,
			const char *key);
int export_add(struct export_result *r, struct diag_list *diags, const struct export_file *file) must_check;
/* The same with a text, which is copied into a and cleared. */
int export_add_text(struct arena *a, struct export_result *r, struct diag_list *diags, const char *name,
		    struct strbuf *text, mode_t mode) must_check;

#endif
