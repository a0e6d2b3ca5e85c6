/* SPDX-License-Identifier: MIT */
/* Between the files that load a project. Not for anyone else. */
#ifndef VPSFIT_PROJECT_PARTS_H
#define VPSFIT_PROJECT_PARTS_H

#include "compose/env.h"
#include "compose/interpolate.h"
#include "compose/project.h"

/* What a tag says that Compose is to do with what earlier files hold. */
enum project_mark { MARK_NONE, MARK_RESET, MARK_OVERRIDE };

/* A node of a resolved or merged tree. The yaml_node is the first member: each node of such a tree is one of these. */
struct project_node {
	struct yaml_node yaml;
	const struct project_file *file;
	const struct yaml_node *from; /* where it stands in the file */
	enum project_mark mark;
	bool shared; /* reached through an alias or a merge key */
};

struct loading {
	struct arena *a;
	struct project *p;
	const struct project_request *req;
	struct diag_list *diags;
	struct variables variables;
	struct env_pair
		envs[2]; /* .env of the directory, and that of the project's directory where it is another one */
	size_t env_count;
	size_t nodes; /* made so far */
};

/* project_files.c */
int project_files_find(struct loading *l) must_check;
/* A path from a file, taken from the directory `from` where it is relative; without "." and "..". */
const char *project_path(struct arena *a, const char *from, const char *path);
const char *project_dir_of(struct arena *a, const char *path);
/* Reads and parses a file; 0 or a negative errno, with an error in diags where it was read and is not understood. */
int project_read(struct loading *l, const char *path, struct project_file *ret) must_check;
/* Why it could not be read, in words. */
const char *project_why(const struct loading *l, int rc, const char **hint);

/* project_tree.c */
int project_resolve(struct loading *l, struct project_file *f) must_check;
struct project_node *project_new_node(struct arena *a, const struct project_node *like, enum yaml_kind kind);
const struct project_node *project_node(const struct yaml_node *n);
bool project_is_null(const struct yaml_node *n);
/* Sets, or adds, or (value NULL) takes out a key of a mapping that nobody else holds yet. */
void project_set(struct arena *a, struct yaml_node *map, const struct yaml_node *key, struct yaml_node *value);
struct yaml_node *project_copy(struct arena *a, const struct yaml_node *collection, size_t room);

/* project_normal.c: short forms as the long ones that they stand for. */
void project_normalise(struct arena *a, struct yaml_node *root);

/* project_merge.c */
struct yaml_node *project_merge(struct arena *a, struct yaml_node *base, struct yaml_node *over);
/* A service over the one that it extends; what tags say of earlier files still holds in the result. */
struct yaml_node *project_merge_service(struct arena *a, struct yaml_node *base, struct yaml_node *over);

/* project_extends.c */
int project_extend(struct loading *l, struct project_file *f) must_check;

#endif
