/* SPDX-License-Identifier: MIT */
#include "core/usual_cost.h"

#include <string.h>

#include "core/images.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"

/* May it be a part of a repository's name, and so the name of a file? Never ".", "..", a hidden file or a path. */
static bool is_plain_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= USUAL_NAME_MAX && strchr(ALNUM, name[0]) && strspn(name, ALNUM "._-") == len;
}

/*
 * The name under which an image's usual cost is looked up: the last part of its repository. NULL if the text is no
 * reference, for example because a variable in it has no value, or if the engine would refuse the name. The result is
 * safe as the name of a file.
 */
const char *usual_cost_name(struct arena *a, const char *image)
{
	struct image_ref ref;
	const char *slash, *name;

	if (!image_split(a, image, &ref))
		return NULL;
	slash = strrchr(ref.repository, '/');
	name = slash ? slash + 1 : ref.repository;
	return is_plain_name(name) ? name : NULL;
}

/*
 * Is the image one of those that the cost is for? As with the stack's own images (core/images.c), registry and owner
 * count: an image of another owner or in a private registry may be another program. Tags and digests do not count.
 */
bool usual_cost_is_of(struct arena *a, const struct usual_cost *cost, const char *image)
{
	for (size_t i = 0; i < cost->image_count; i++)
		if (image_same_repository(a, cost->images[i], image))
			return true;
	return false;
}
