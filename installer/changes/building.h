/* SPDX-License-Identifier: MIT */
/* Between the files that build a change set. Not for anyone else. */
#ifndef VPSFIT_BUILDING_H
#define VPSFIT_BUILDING_H

#include "changes/changeset.h"
#include "compose/project.h"
#include "yaml/tree.h"

/* An env file as it will be, and what it was. */
struct env_file {
	const char *name; /* relative to the stack directory */
	struct file_change change;
	bool loaded;
};

#define MAX_ENV_FILES 3

/* A YAML file in which owned values stand. */
struct yaml_part {
	const struct yaml_doc *doc; /* as it is on disk, or the template */
	bool fresh;		    /* it is not there yet */
	struct file_change *change;
};

/* Files of the project as they will be, for reading it again. */
struct future_file {
	const char *path;
	const char *text;
	size_t len;
};

/* The files of a stack's services, beside the compose file. */
#define MAX_OWN_FILES 12

struct building {
	struct arena *a;
	const struct changeset_request *req;
	struct diag_list *diags;
	struct changeset *set;
	struct env_file envs[MAX_ENV_FILES]; /* the first is .env */
	size_t env_count;
	const struct yaml_doc *compose;		   /* as it is on disk, or the template */
	struct project *project;		   /* all compose files, merged */
	struct yaml_part parts[PROJECT_MAX_FILES]; /* those of them in the stack's directory */
	size_t part_count;
	struct file_change own[MAX_OWN_FILES]; /* vpsfit's stack: the files of its services */
	size_t own_count;
	struct future_file future[PROJECT_MAX_FILES + MAX_ENV_FILES];
	size_t future_count;
	const char *fixed[MAX_OWNED];	  /* what holds of an owned value where this file does not say it */
	const char *fixed_why[MAX_OWNED]; /* why that cannot be changed; NULL: it can */
	bool brought[MAX_SERVICES];	  /* an optional service that the stack gets now and did not have before */
	bool held[MAX_OWNED];		  /* in a person's own override: kept unless said otherwise */
};

/* changeset.c */
int building_cannot_read(const struct building *b, const char *path, int rc);
int building_load(const struct building *b, const char *name, mode_t mode, struct file_change *f) must_check;
int building_template(const struct building *b, const char *name, char **ret, size_t *ret_len) must_check;
void building_settle_kind(struct file_change *f);
/* Does the text stand in that key of the service, as the project has it? The service is one of the layout's. */
bool building_mentions(const struct building *b, size_t service, const char *key, const char *text);

/* service_notes.c: what the services' files have to say of the stack's. */
void service_notes(const struct building *b);

/* values.c: the owned values of YAML files. */
void values_settle_missing(struct building *b, const struct file_change *f);
int values_plan(struct building *b, struct yaml_part *parts, size_t count) must_check;
/*
 * What is in an owned value's place, as it may be told: somebody may have put anything there, and a number, a size or a
 * variable is no secret.
 */
const char *values_shown(struct arena *a, const char *value);

/* env_files.c: secrets and variables. */
struct env_file *env_files_get(struct building *b, const char *name);
int env_files_set(struct building *b, struct env_file *env, const char *key, const char *value) must_check;
int env_files_plan_own(struct building *b) must_check;

/* blocks.c: what optional services bring into the compose file. */
int blocks_shipped(struct building *b, const char **text) must_check;
int blocks_settle(struct building *b, const struct yaml_doc *file, const char **ret) must_check;

/* variable_uses.c: the project's other files. */
bool variable_used_beside(const struct building *b, const char *file, const char *variable, const struct env_file *env);

/* compose_set.c: the files that Compose merges. */
int compose_set_load(struct building *b, const char *fallback) must_check;
int compose_set_parts(struct building *b) must_check;
int compose_set_replace(struct building *b, const char *text) must_check;
void compose_set_style(struct building *b);
void compose_set_assign(struct building *b);
int compose_set_prove(struct building *b) must_check;
const struct project *compose_set_after(struct building *b);

/* public.c: ports that others reach. */
void public_note(const struct building *b, const struct project *after);

#endif
