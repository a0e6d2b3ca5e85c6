/* SPDX-License-Identifier: MIT */
/*
 * A Compose project: the files that Compose would take, merged as Compose merges them, and where each value of the
 * result stands. The merged tree is made of yaml_nodes, so that everything that reads a compose file can read the
 * project. Variables are filled in, aliases, merge keys and `extends` are resolved, short forms of lists are the
 * mappings that they stand for. Held against `docker compose config` by tests/compose.
 *
 * Reads through a callback alone, and knows no machine. Everything is allocated from the arena that it was loaded with.
 */
#ifndef VPSFIT_PROJECT_H
#define VPSFIT_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/diag.h"
#include "yaml/tree.h"

#define PROJECT_MAX_FILES 10
#define PROJECT_MAX_EXTENDED 16

/* How it is known which files make the project. */
enum project_source {
	PROJECT_NONE,	/* there is no compose file */
	PROJECT_FOUND,	/* by the names that Compose looks for in the directory */
	PROJECT_ENV,	/* COMPOSE_FILE in .env */
	PROJECT_CALLER, /* COMPOSE_FILE in the environment of whoever calls */
	PROJECT_NAMED,	/* one file was named, and Compose would not find it by itself */
	PROJECT_RUNNING /* reserved: the label com.docker.compose.project.config_files of what runs */
};

struct project_file {
	const char *path; /* as the machine sees it, without "." and ".." */
	const char *name; /* below the directory; NULL: it lies elsewhere */
	const struct yaml_doc *doc;
	struct yaml_node *tree; /* resolved */
};

struct project_service {
	const char *name;
	const struct yaml_node *node; /* merged */
	bool active;		      /* not behind a profile that is off */
};

struct project {
	const char *dir;  /* where Compose is run */
	const char *name; /* of the project, as Compose makes it */
	enum project_source source;
	struct project_file files[PROJECT_MAX_FILES]; /* in Compose's order: what comes later goes before */
	size_t file_count;
	struct project_file extended[PROJECT_MAX_EXTENDED]; /* read for `extends` alone */
	size_t extended_count;
	const struct yaml_doc *doc; /* the merged tree, without a text of its own; its name is the first file's */
	struct project_service *services;
	size_t service_count;
	const char *taken; /* the file that Compose takes in place of the one that was named; NULL: none, or that one */
	const char *rivals; /* names, listed: further files of Compose's names, which it leaves aside; NULL: none */
	bool estranged; /* the caller's COMPOSE_FILE is of another project: Compose must be told the files by name */
	bool included;	/* `include` names files that are not looked into */
	bool partial;	/* a file that `extends` names cannot be read: what it would bring is not known */
};

struct project_request {
	/* Text of a file by its path. 0; -ENOENT where it is not there; another negative errno. */
	int (*read)(void *context, const char *path, const char **ret, size_t *ret_len);
	/* The tree of a text that was parsed before; NULL: parse it. */
	const struct yaml_doc *(*parsed)(void *context, const char *path, const char *text, size_t len);
	/* A variable of the caller's environment, which goes before .env; NULL: not set. */
	const char *(*environment)(void *context, const char *name);
	/*
	 * Why a file could not be read, and what to do (*hint may stay as it is), in words; NULL: strerror(3) says it.
	 */
	const char *(*why)(void *context, int rc, const char **hint);
	void *context;
	const char *dir;  /* absolute */
	const char *file; /* a compose file in dir; NULL: what Compose finds there */
	bool compose1;	  /* docker-compose 1.x looks for the names in another order */
};

/* A value of a service, and where it stands. */
struct project_value {
	const struct yaml_node *node; /* in the merged tree */
	const char *text;	      /* variables filled in; NULL: it is no scalar */
	const struct project_file *file;
	size_t start; /* bytes of the file's text */
	size_t end;
	bool direct; /* it stands in that file in this very service: an edit there changes no other one */
};

int project_load(struct arena *a, const struct project_request *req, struct diag_list *diags,
		 struct project **ret) must_check;
/* path: keys below the service, separated by '/'. False where there is nothing. */
bool project_service_value(struct arena *a, const struct project *p, const char *service, const char *path,
			   struct project_value *ret);
const struct project_service *project_service(const struct project *p, const char *name);
/*
 * The file in which a value of the service that is nowhere yet would hold after the merge, from `first` on; NULL: in
 * none, for a later one takes away what is there (!reset, !override).
 */
const struct project_file *project_room(struct arena *a, const struct project *p, const char *service, const char *path,
					const struct project_file *first);
/* Does a file take away, or write anew, what others have at the path or above it (!reset, !override)? */
bool project_marked(struct arena *a, const struct project *p, const char *service, const char *path);
/* The first file in which the service is; NULL: none. */
const struct project_file *project_home(const struct project *p, const char *service);
/* Is it one of the names that Compose looks for? */
bool project_is_usual_name(const char *name);

#endif
