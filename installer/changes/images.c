/* SPDX-License-Identifier: MIT */
/* Which image is written for each service of vpsfit's own stack. Tags come from templates/images.yaml. */
#include "changes/building.h"

static const char *wanted(const struct building *b, size_t s)
{
	const struct plan *p = b->req->plan;
	const struct image_row *row = image_find(p->images, p->set->items[s].name, p->services[s].variant);

	return row ? image_reference(b->a, row) : NULL;
}

/* A new stack gets the images of today. A stack that is there keeps its own: a newer one may migrate its database. */
void images_settle(struct building *b)
{
	for (size_t s = 0; s < b->req->plan->set->count; s++)
		b->set->layout.images[s] = b->parts[0].fresh ? wanted(b, s) : NULL;
}
