/* SPDX-License-Identifier: MIT */
/* Internal to the files that build a change set. */
#ifndef VPSFIT_BUILDING_H
#define VPSFIT_BUILDING_H

#include "changes/changeset.h"
#include "compose/project.h"
#include "yaml/tree.h"

/* An env file before and after the change. */
struct env_file {
	const char *name; /* relative to the stack directory */
	struct file_change change;
	bool loaded;
};

#define MAX_ENV_FILES 3

/* A YAML file with owned values. */
struct yaml_part {
	const struct yaml_doc *doc; /* as on disk, or the template */
	bool fresh;		    /* not on disk yet */
	struct file_change *change;
};

/* Future contents of the project's files, for reading it again. */
struct future_file {
	const char *path;
	const char *text;
	size_t len;
};

/* A file as it was when the project was first read. */
struct disk_read {
	const char *path;
	int rc; /* 0 or a negative errno */
	const char *text;
	size_t len;
};

/* Room for the names that Compose looks for and the files that a project names. */
#define MAX_DISK_READS 32

/*
 * Something that is owned as a whole. States are words that the state file keeps: "there", "absent", or whatever tells
 * one text from another.
 */
struct whole {
	const char *file;     /* relative to the stack's directory */
	const char *key;      /* stable; the state refers to it */
	const char *label;    /* for people */
	const char *now;      /* as it is */
	const char *wanted;   /* as the plan wants it */
	const char *expected; /* as an earlier version left it, where the state does not know the key; NULL: unknown */
	const char *from;     /* for people: what is there, "" for nothing */
	const char *to;	      /* for people: what would be there */
	bool fresh;	      /* nothing is on disk yet: nobody is asked */
	bool by_hand;	      /* it cannot be changed: a person is told */
	/* whole_decide sets: */
	bool change, conflict, edited, kept;
};

/* Lines of .env that answers give: the order is that of env_answers.c. */
#define ENV_ANSWERS 3

/* Groups of pieces in a stack. */
#define MAX_PIECES 48

/* The project is read several times: as it is, with and without its optional services, and as it will be. */

struct building {
	struct arena *a;
	const struct changeset_request *req;
	struct diag_list *diags;
	struct changeset *set;
	struct env_file envs[MAX_ENV_FILES];	/* index 0 is .env */
	struct whole *env_answers[ENV_ANSWERS]; /* its lines that --bind, --port and --domain give; NULL: not planned */
	size_t env_count;
	const struct yaml_doc *compose;		   /* as on disk, or the template */
	struct project *project;		   /* all compose files, merged */
	struct yaml_part parts[PROJECT_MAX_FILES]; /* compose files inside the stack's directory */
	size_t part_count;
	struct file_change own[MAX_SERVICE_FILES]; /* own stack: the files of its services */
	size_t own_count;
	struct future_file future[PROJECT_MAX_FILES + MAX_ENV_FILES];
	size_t future_count;
	struct disk_read disk[MAX_DISK_READS];
	size_t disk_count;
	const struct docker_roots *roots; /* where engines keep their data; NULL: not looked up yet */
	struct kept_trees own_trees;	  /* where the request brings none */
	const char *fixed[MAX_OWNED];	  /* the effective owned value if this file does not set it */
	const char *fixed_why[MAX_OWNED]; /* why it cannot be changed; NULL: it can */
	bool brought[MAX_SERVICES];	  /* an optional service that the stack gets now and did not have before */
	struct whole pieces[MAX_PIECES];  /* pieces of the compose file, each group once */
	size_t piece_count;
	bool brings[MAX_SERVICES];	     /* its image is to be that which another service's smaller image needs */
	bool brought_before[MAX_SERVICES];   /* what else that needs was there already */
	bool told_lost;			     /* that the compose file comes back from a copy */
	bool count_told;		     /* the files say how many workers there are now */
	bool held[MAX_OWNED];		     /* set in a person's override: keep unless told otherwise */
	struct owned_value sizes[MAX_OWNED]; /* where no limits are written: those that would be */
	const char *size_stays[MAX_OWNED];   /* what is there and stays; NULL: nothing */
	size_t size_count;
	bool somewhere[MAX_OWNED];	  /* the project sets it, whether its text can be told or not */
	const char *effective[MAX_OWNED]; /* as Compose reads it now, variables filled in; NULL: nothing, or unknown */
};

/* building.c: a file of the stack, or its template. */
int building_cannot_read(const struct building *b, const char *path, int rc);
int building_load(const struct building *b, const char *name, mode_t mode, struct file_change *f) must_check;
int building_template(const struct building *b, const char *name, char **ret, size_t *ret_len) must_check;
void building_settle_kind(struct file_change *f);
void building_show_value(const struct building *b, struct file_change *f, const struct value_change *v);
/* Remembers a document, so that reading the project does not parse its text again. */
const struct yaml_doc *building_kept_tree(const struct building *b, const char *name, const char *text, size_t len);
int building_template_tree(const struct building *b, const char *name, const struct yaml_doc **ret) must_check;
void building_keep_tree(struct building *b, const struct yaml_doc *doc);
/* Did an earlier apply leave the file at this path? */
bool building_remembers(const struct building *b, const char *path);
/* Is the compose file the template, because there is none on disk yet? */
bool building_is_fresh(const struct building *b);
/* Does that key of the service contain the text, in the merged project? The service must be in the layout. */
bool building_node_mentions(const struct yaml_node *node, const char *text);
bool building_mentions_with_helpers(const struct building *b, size_t service, const char *key, const char *text);
bool building_mentions(const struct building *b, size_t service, const char *key, const char *text);

/* gone.c: a stack that is not where it was, or that Compose would take for another. */
struct gone_search gone_search_of(const struct building *b);
int gone_refuse(const struct building *b) must_check;
int gone_refuse_another(const struct building *b) must_check;
int gone_refuse_forgotten(const struct building *b) must_check;
int gone_refuse_second(const struct building *b) must_check;
/* Where another stack with the same secrets is remembered; NULL: nowhere. */
const char *gone_twin(const struct building *b);
bool gone_tell_copy(const struct building *b);
/* Where another stack of that project name is: it runs there, or it is remembered. NULL: nowhere. */
const char *gone_other(const struct building *b, const char *project);

/* service_notes.c: notes that the services' files define. */
void service_notes(const struct building *b);

/* values.c: owned values in YAML files. */
void values_settle_missing(struct building *b, const struct file_change *f);
int values_plan(struct building *b, struct yaml_part *parts, size_t count) must_check;
/* What to do about a value edited by hand. */
enum edit_policy values_policy(const struct building *b, const char *key);
/* Is the file byte for byte as the last apply left it? Then nothing in it was edited, whatever the state says. */
bool values_untouched(const struct building *b, const struct file_change *f);
/*
 * An owned value's present text, if it can be displayed: a person may have put anything there, but a number, a size or
 * a variable is not secret.
 */
const char *values_shown(struct arena *a, const char *value);

/* env_files.c: secrets and variables. */
struct env_file *env_files_get(struct building *b, const char *name);
int env_files_set(struct building *b, struct env_file *env, const char *key, const char *value) must_check;
int env_files_plan_own(struct building *b) must_check;

/* env_answers.c: lines of .env that answers give. */
int env_answers_plan(struct building *b) must_check;
void env_answers_record(struct building *b);
/* The service that the stack will have and that the name of --domain asks for; NO_SERVICE: none. */
size_t env_answers_tls(const struct building *b);

/* lost.c: a compose file that was lost. */
const char *lost_copy(const struct building *b, const char *path, const char *text, size_t len);
void lost_restore(struct building *b, struct file_change *f);
void lost_restore_beside(struct building *b, struct file_change *f);
int lost_refuse(const struct building *b) must_check;
int lost_refuse_adopted(const struct building *b, const struct file_change *f) must_check;

/* project_name.c: Compose's name for the stack. */
int project_name_keep(struct building *b) must_check;
void project_name_tell(struct building *b);

/* images.c: which image is written for each service. */
void images_settle(struct building *b);
struct stack_image images_now(const struct building *b, size_t service);

/* smaller.c: smaller images of services, and what goes with them. */
int smaller_shipped(struct building *b, const char **text) must_check;
int smaller_put(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret) must_check;
int smaller_settle(struct building *b) must_check;

/* blocks.c: blocks of optional services in the compose file. */
int blocks_shipped(struct building *b, const char **text) must_check;
int blocks_settle(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret) must_check;

/* database.c: the stack's database, in it or elsewhere. */
bool database_is_elsewhere(struct building *b, const struct owned_layout *layout);
int database_settle(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret) must_check;

/* database_users.c */
const char *database_user(struct building *b, const char *database, const char *workers);

/* limits.c: sizes that are not to be there. */
int limits_settle(struct building *b) must_check;
void limits_record(const struct building *b);

/* whole.c: what is owned as a whole, that is, pieces and files. */
void whole_decide(const struct building *b, struct whole *w);
void whole_record(const struct building *b, const struct whole *w, struct file_change *f);

/* pieces.c: pieces of the compose file. */
int pieces_settle(struct building *b, const struct yaml_doc *file, const struct yaml_doc **ret) must_check;
void pieces_record(const struct building *b);
void pieces_shipped(const struct building *b, const char **text);

/* own_files.c: the files of the services. */
int own_files_build(struct building *b) must_check;

/* variable_uses.c: other files of the project. */
bool variable_used_beside(const struct building *b, const char *file, const char *variable, const struct env_file *env);

/* compose_named.c: a compose file that COMPOSE_FILE led to. */
int compose_named_refuse(struct building *b) must_check;

/* compose_read.c: the files of the project. */
int compose_read(void *context, const char *path, const char **ret, size_t *ret_len) must_check;

/* project_reading.c: projects from this machine. */
int project_reading_own(struct building *b, struct arena *a, struct diag_list *diags, struct project **ret) must_check;
/* One that the stack's files include, by its directory and file. */
int project_reading_other(struct building *b, struct diag_list *diags, const char *dir, const char *file,
			  struct project **ret) must_check;

/* compose_set.c: the files that Compose merges. */
int compose_set_load(struct building *b, const char *fallback) must_check;
int compose_set_parts(struct building *b) must_check;
int compose_set_replace(struct building *b, const struct yaml_doc *file) must_check;
/* Puts docs in place of the parts; 1, with nothing changed, if more than the touched values would differ. */
int compose_set_replace_parts(struct building *b, const struct yaml_doc *const *docs, const struct owned_value *touched,
			      size_t touched_count) must_check;
int compose_set_try(struct building *b, const struct yaml_doc *file, struct project **ret) must_check;
void compose_set_style(struct building *b);
void compose_set_assign(struct building *b);
int compose_set_prove(struct building *b) must_check;
const struct project *compose_set_after(struct building *b);

/* swarm.c: files that 'docker stack deploy' takes. */
void swarm_settle(struct building *b);
void swarm_note(const struct building *b);

/* public.c: ports reachable by others. */
void public_note(const struct building *b, const struct project *after);

#endif
