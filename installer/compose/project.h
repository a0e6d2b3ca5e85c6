/* SPDX-License-Identifier: MIT */
/*
 * A Compose project: the files that Compose would use, merged as it merges them, and where each value of the result
 * comes from. The merged tree consists of yaml_nodes, so that all code for compose files works on it. Variables are
 * filled in; aliases, merge keys and `extends` are resolved; short forms of lists become mappings. tests/compose
 * compares it with `docker compose config`.
 *
 * Reads only through a callback and knows no machine. Everything is allocated from the arena passed to project_load.
 */
#ifndef VPSFIT_PROJECT_H
#define VPSFIT_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "compose/project_index.h"
#include "core/diag.h"
#include "yaml/tree.h"

#define PROJECT_MAX_FILES 10
#define PROJECT_MAX_EXTENDED 16

/* How the project's files were found. */
enum project_source {
	PROJECT_NONE,	/* no compose file */
	PROJECT_FOUND,	/* by Compose's file names in the directory */
	PROJECT_ENV,	/* COMPOSE_FILE in .env */
	PROJECT_CALLER, /* COMPOSE_FILE in the caller's environment */
	PROJECT_NAMED,	/* --compose names a file that Compose would not find by itself */
	PROJECT_RUNNING /* reserved: label com.docker.compose.project.config_files of running containers */
};

struct project_file {
	const char *path; /* absolute, below the sysroot, without "." and ".." */
	const char *name; /* relative to the directory; NULL: it lies elsewhere */
	const struct yaml_doc *doc;
	struct yaml_node *tree; /* with aliases, merge keys and variables resolved */
};

struct project_service {
	const char *name;
	const struct yaml_node *node; /* merged */
	bool active;		      /* not disabled by a Compose profile */
	/* the included file that has it, by project_take; NULL: it is in the project's own files */
	const struct project_file *included;
};

struct project {
	const char *dir;  /* where Compose is run */
	const char *name; /* project name, as Compose derives it */
	enum project_source source;
	struct project_file files[PROJECT_MAX_FILES]; /* in Compose's order: later ones override */
	size_t file_count;
	struct project_file extended[PROJECT_MAX_EXTENDED]; /* only read for `extends` */
	size_t extended_count;
	const struct yaml_doc *doc; /* the merged tree; it has no text, and the first file's name */
	struct project_service *services;
	size_t service_count;
	struct text_index by_name; /* of the first `indexed` services; each of the others is looked at */
	size_t indexed;
	const char *taken;  /* the file that Compose uses instead of the named one; NULL: none */
	const char *rivals; /* further files with Compose's names, which it ignores, as a list; NULL: none */
	bool estranged;	    /* the caller's COMPOSE_FILE belongs to another project: name the files to Compose */
	bool included;	    /* `include` names files that are not read */
	bool partial;	    /* a file named by `extends` cannot be read, so its values are unknown */
};

struct project_request {
	/* Reads a file by its path. Returns 0; -ENOENT if there is none; or another negative errno. */
	int (*read)(void *context, const char *path, const char **ret, size_t *ret_len);
	/* The tree of a text that was parsed before, or NULL. The callback may be NULL. */
	const struct yaml_doc *(*parsed)(void *context, const char *path, const char *text, size_t len);
	/* A variable of the caller's environment, which overrides .env; NULL: not set. */
	const char *(*environment)(void *context, const char *name);
	/* Why a file cannot be read, for people, with an optional *hint. The callback may be NULL: strerror(3) then. */
	const char *(*why)(void *context, int rc, const char **hint);
	void *context;
	const char *dir;  /* absolute */
	const char *file; /* a compose file in dir; NULL: what Compose finds there */
	bool compose1;	  /* use the search order of docker-compose 1.x */
	bool as_written;  /* leave variables in the texts; nothing but the merged tree is of use then */
};

/* A value of a service, and where it comes from. */
struct project_value {
	const struct yaml_node *node; /* in the merged tree */
	const char *text;	      /* with variables filled in; NULL: it is no scalar */
	const struct project_file *file;
	size_t start; /* byte offsets in the file's text */
	size_t end;
	bool direct; /* written in a merged file for this very service: an edit changes no other one */
};

int project_load(struct arena *a, const struct project_request *req, struct diag_list *diags,
		 struct project **ret) must_check;
/* path: keys below the service, joined by '/'; "": the service itself. False if there is no such value. */
bool project_service_value(struct arena *a, const struct project *p, const char *service, const char *path,
			   struct project_value *ret);
const struct project_service *project_service(const struct project *p, const char *name);
/*
 * The file, from `first` on, in which a new value of the service would survive the merge; NULL: none, as a later file
 * removes or replaces what is there (!reset, !override).
 */
const struct project_file *project_room(struct arena *a, const struct project *p, const char *service, const char *path,
					const struct project_file *first);
/* The last file that removes or replaces, by !reset or !override, what others have at the path or above it; or NULL. */
const struct project_file *project_marked(struct arena *a, const struct project *p, const char *service,
					  const char *path);
/* The first file that has the service; NULL: none. */
const struct project_file *project_home(const struct project *p, const char *service);
/*
 * Takes in the services of a project that one of p's files includes, as far as p has none of that name. They are
 * read and never edited: no file of theirs has a name. Their own paths become absolute, for they count from other's
 * directory.
 */
void project_take(struct arena *a, struct project *p, struct project *other);
/* A path from one of the files as an absolute one: relative ones count from the first file's directory. */
const char *project_file_path(struct arena *a, const struct project *p, const char *path);
/* Is it one of the names that Compose looks for? */
bool project_is_usual_name(const char *name);
/* The i-th of them; NULL past the last one. */
const char *project_usual_name(size_t i);

#endif
