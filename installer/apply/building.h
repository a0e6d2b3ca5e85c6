/* Between the files that build a change set. Not for anyone else. */
#ifndef VPSFIT_BUILDING_H
#define VPSFIT_BUILDING_H

#include "apply/changeset.h"
#include "yaml/tree.h"

/* An env file as it will be, and what it was. */
struct env_file {
	const char *name; /* relative to the stack directory */
	struct file_change change;
	bool loaded;
};

#define MAX_ENV_FILES 3

struct building {
	struct arena *a;
	const struct changeset_request *req;
	struct diag_list *diags;
	struct changeset *set;
	struct env_file envs[MAX_ENV_FILES]; /* the first is .env */
	size_t env_count;
	const struct yaml_doc *compose; /* as it is on disk, or the template */
};

/* changeset.c */
int building_cannot_read(const struct building *b, const char *path, int rc);
int building_load(const struct building *b, const char *name, mode_t mode, struct file_change *f) must_check;
int building_template(const struct building *b, const char *name, char **ret, size_t *ret_len) must_check;
void building_settle_kind(struct file_change *f);

/* values.c: the owned values of a YAML file. */
int values_plan(struct building *b, const struct yaml_doc *doc, bool fresh, struct file_change *f) must_check;

/* env_files.c: secrets and variables. */
struct env_file *env_files_get(struct building *b, const char *name);
int env_files_set(struct building *b, struct env_file *env, const char *key, const char *value) must_check;
int env_files_plan_own(struct building *b) must_check;

/* variable_uses.c: the project's other files. */
bool variable_used_beside(const struct building *b, const char *variable, const struct env_file *env);

#endif
