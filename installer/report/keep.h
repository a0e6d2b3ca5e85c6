/* SPDX-License-Identifier: MIT */
/*
 * What a report keeps of each file: the one list of them (keep.c). Of a file that no row knows, only that it is there.
 */
#ifndef VPSFIT_REPORT_KEEP_H
#define VPSFIT_REPORT_KEEP_H

#include "report/redact.h"

/* What is known of the stack's files, so that vpsfit's own lines are kept in them. */
struct keeper {
	struct arena *a;
	struct redactor *r;
	const char *dir; /* the stack's */
	const char *const *images;
	size_t image_count;
	const char *const *shown; /* owned values, which the plan tells as well */
	size_t shown_count;
	/* The package's file at a path of the stack; NULL: it has none. *ret_ours: the file is as vpsfit left it. */
	const char *(*shipped)(void *context, const char *path, const char *text, size_t len, bool *ret_ours);
	void *context;
};

/* Appends what is kept of the file, redacted. */
void keep_file(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out);

/* keep_json.c: the keys that detection reads, of JSON. */
void keep_json(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out);
bool keep_knows_json(const char *path);
/* keep_stack.c: a file of a stack, and lines of .env. */
void keep_stack(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out);
void keep_env(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out);
/* keep_net.c: tables with addresses in hexadecimal. */
void keep_net(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out);

#endif
