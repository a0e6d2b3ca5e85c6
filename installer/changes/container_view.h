/* SPDX-License-Identifier: MIT */
/*
 * What a container of the project would see: its command line, its variables, and files of this machine at its own
 * paths.
 */
#ifndef VPSFIT_CONTAINER_VIEW_H
#define VPSFIT_CONTAINER_VIEW_H

#include "changes/building.h"

/* The text of a command or entry point; the words of a list are separated by line ends. Never NULL. */
const char *view_words(struct arena *a, const struct yaml_node *n);
/* Does the character end a word of a command line, in a list or a shell? */
bool view_ends_word(char c);
/* The word after the last `word`, or behind its "="; NULL: the word is not there. */
const char *view_after(struct arena *a, const char *text, const char *word);
/* Entry point and command together. Never NULL. */
const char *view_command(struct arena *a, const struct yaml_node *service);
/*
 * Does the image start the database with the usual settings, or does the service have a command of its own? What
 * another image's command says, such as a configuration that it brings, is not seen, and a command would leave it out.
 */
bool view_knows_start(struct arena *a, const struct service *s, const struct yaml_node *service);
/* Would a command reach the service's program? An entry point of a person's own need not hand it on. */
bool view_takes_command(const struct building *b, const char *name);
/* A variable's value, also one of an env file or passed through from .env; NULL: it has none, or is empty. */
const char *view_variable(struct building *b, const struct yaml_node *service, const char *name);
/* "$NAME", "${NAME}", "${NAME:-TEXT}" of a shell, from the service's variables; NULL: something else, or empty. */
const char *view_shell_value(struct building *b, const struct yaml_node *service, const char *text);
/* All variables as "NAME=VALUE" lines: those of env files, then those of `environment`. Never NULL. */
const char *view_variables(struct building *b, const struct yaml_node *service);
/* The text of a file at a path in the container, mounted from this machine or from `configs`; NULL: it is not seen. */
const char *view_file(struct building *b, const struct yaml_node *service, const char *path);
/* The i-th file that is mounted: its path in the container; false past the last one. It may be a directory. */
bool view_mount(struct building *b, const struct yaml_node *service, size_t i, const char **ret_path);

#endif
