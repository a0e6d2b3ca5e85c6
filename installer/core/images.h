/* SPDX-License-Identifier: MIT */
/*
 * The images of the stack as values, read from templates/images.yaml by catalog/, and what can be told of an image by
 * its reference alone. Pure; nothing here asks a registry. Texts are borrowed from the session's arena.
 */
#ifndef VPSFIT_IMAGES_H
#define VPSFIT_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/macros.h"

#define MAX_IMAGES 32
#define MAX_IMAGE_ITEMS 16 /* limit for each of: earlier tags, other names, tags never to be used */

/* A tag that must not run, and why. */
struct image_never {
	const char *tag;
	const char *why;
};

/* One image that vpsfit writes. */
struct image_row {
	const char *service;
	const char *variant; /* NULL: the usual image of the service */
	const char *image;   /* repository, as it is written into the compose file */
	const char *tag;
	const char *since; /* of a variant: the first release of it; NULL: all are */
	const char *line;  /* release line, as cost models name it: "1.110" */
	const char *why;   /* why this line */
	const char *supported_until;
	const char *older;		      /* what is wrong with older ones, for people; NULL: nothing is known */
	const char *older_than;		      /* only with those older than this tag; NULL: with all */
	const char *earlier[MAX_IMAGE_ITEMS]; /* tags that earlier versions of vpsfit wrote */
	size_t earlier_count;
	const char *names[MAX_IMAGE_ITEMS]; /* other repositories of the same maker, without a registry */
	size_t name_count;
	struct image_never never[MAX_IMAGE_ITEMS];
	size_t never_count;
};

struct image_set {
	struct image_row items[MAX_IMAGES];
	size_t count;
	const char *file; /* the file it was read from; NULL: none was */
};

/* "registry:5000/owner/name:tag@digest", taken apart. */
struct image_ref {
	const char *registry;	/* NULL: Docker's own */
	const char *repository; /* without the registry; Docker's "library/" is left out */
	const char *tag;	/* NULL: none, which means "latest" unless there is a digest */
	const char *digest;	/* NULL: none */
};

/* The numbers at the start of a tag: "v1.110.2-slim" is 1, 110, 2 and "-slim". */
#define IMAGE_NUMBERS 4

struct image_version {
	int64_t number[IMAGE_NUMBERS];
	size_t count;
	const char *rest; /* what follows; "": nothing */
};

/* How one tag stands to another of the same image. */
enum image_age { IMAGE_AGE_UNKNOWN, IMAGE_SAME, IMAGE_OLDER, IMAGE_NEWER };

const struct image_row *image_find(const struct image_set *set, const char *service, const char *variant);
/* The row whose repository this is, of the variant that the tag has; NULL: it is none that vpsfit knows. */
const struct image_row *image_row_of(struct arena *a, const struct image_set *set, const char *service,
				     const struct image_ref *ref);
const char *image_reference(struct arena *a, const struct image_row *row);
bool image_split(struct arena *a, const char *text, struct image_ref *ret);
bool image_same_repository(struct arena *a, const char *x, const char *y);
bool image_version(const char *tag, struct image_version *ret);
const char *image_line(struct arena *a, const char *tag);
bool image_in_line(const char *tag, const char *line);
enum image_age image_age(const char *tag, const char *than);
bool image_lines_moved(const char *before, const char *after);

#endif
