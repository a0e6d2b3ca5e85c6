/* SPDX-License-Identifier: MIT */
/*
 * The images that a stack on disk runs, held against those that vpsfit writes, and the cost model that was measured
 * with them. Pure: changes/ reads the files.
 */
#ifndef VPSFIT_STACK_IMAGES_H
#define VPSFIT_STACK_IMAGES_H

#include "core/images.h"
#include "core/needs.h"
#include "core/profile.h"
#include "core/stack_service.h"

/* How the image of a service stands to the one that vpsfit would write. */
enum image_standing {
	IMAGE_UNKNOWN, /* pinned by a digest, built here, of another repository or kind, without a version */
	IMAGE_CURRENT,
	IMAGE_AHEAD,	    /* newer */
	IMAGE_BEHIND,	    /* older, and may be moved */
	IMAGE_BEHIND_BASE,  /* an older database on another Debian, or on one that the tag does not tell */
	IMAGE_BEHIND_MAJOR, /* a database of an older major version, whose files the newer one cannot read */
};

struct stack_image {
	const char *text;	     /* as the compose file has it, variables filled in; NULL: none, or built here */
	const char *tag;	     /* NULL: pinned by a digest, or not understood */
	const struct image_row *row; /* what it is held against; NULL: nothing that vpsfit knows */
	enum image_standing standing;
};

struct stack_images {
	bool known;		 /* there is a stack; false: it is yet to be written, or could not be read */
	bool fresh;		 /* vpsfit's own stack, yet to be written: nothing of it is there */
	bool own;		 /* it is vpsfit's own */
	bool database_elsewhere; /* vpsfit's own, whose workers ask the database that DATABASE_URL of .env leads to */
	bool moved;		 /* `of` is as it will be, for --images new moves it; `was` is as it is */
	struct stack_image of[MAX_SERVICES]; /* indexed like the service set */
	struct stack_image was[MAX_SERVICES];
	/* In a stack of somebody else's, what the usual figures of a service depend on and is not so; NULL: nothing */
	const struct service_condition *condition[MAX_SERVICES];
	struct service_needs needs[MAX_SERVICES]; /* what its settings need beyond the usual figures */
	struct database_needs database;
	const struct stack_service *services; /* all that its compose files have, also where `known` is false */
	size_t service_count;
};

struct stack_image stack_image_judge(struct arena *a, const struct image_set *images, const struct service *service,
				     const char *text);
const struct image_never *stack_image_never(struct arena *a, const struct image_set *images, const char *service,
					    const char *text);
const char *stack_image_variant(const struct stack_image *image);
bool model_has_images(const struct cost_model *m);
size_t model_other_image(const struct cost_model *m, const struct stack_images *stack);
const struct cost_model *model_of_images(const struct cost_model_set *set, const struct service_set *services,
					 const struct stack_images *stack);
const struct cost_model *model_choose(const struct cost_model_set *set, const struct service_set *services,
				      const struct stack_images *stack, const char *applied);

#endif
