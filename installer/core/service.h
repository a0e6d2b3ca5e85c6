/*
 * The services of a stack as values, one for each file templates/services/NAME.yaml. They are read by catalog/; nothing here does I/O.
 * No service is known to the program by its name: what it means by one, it says by the service's part. Texts are borrowed from the
 * session's arena. Sizes are MiB.
 */
#ifndef VPSFIT_SERVICE_H
#define VPSFIT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/macros.h"

#define MAX_SERVICES 16
#define MAX_SERVICE_ITEMS 12 /* images, owned values, files, secrets, notes: of each at most so many */
#define MAX_COST_POINTS 16

/* What a number of workers costs: max(floor, base + per_worker * workers). */
struct cost_line {
	int64_t base_mib;
	int64_t per_worker_mib;
	int64_t floor_mib;
};

struct cost_point {
	int64_t workers;
	int64_t mib;
	const char *source;
};

struct cost_service {
	struct cost_line expected;
	struct cost_line reservation;
	struct cost_line limit;
	struct cost_line start_peak; /* the highest use that was measured while it starts; all zero: not known */
	const struct cost_point *table; /* measured points, by rising worker count; before the line */
	size_t table_count;
};

/* What the program knows a service for. Each but PART_NONE is played by one service at most. */
enum service_part { PART_NONE, PART_WORKERS, PART_DATABASE, PART_COUNT };

/* Does it get a share of the machine's swap? */
enum swap_share { SWAP_SHARE_NONE, SWAP_SHARE, SWAP_SHARE_COUNT };

struct service {
	const char *name;
	const char *title;
	int64_t order; /* where its row stands among the others' */
	const char *images[MAX_SERVICE_ITEMS];
	size_t image_count;
	enum service_part part;
	enum swap_share swap;
	struct cost_service costs; /* where a cost model has none */
	const char *file;	   /* where it was read from */
};

struct service_set {
	struct service items[MAX_SERVICES]; /* by their order */
	size_t count;
};

/* The places of services in a set, and of what is kept for each of them. */
#define NO_SERVICE MAX_SERVICES

size_t service_find(const struct service_set *set, const char *name);
size_t service_by_part(const struct service_set *set, enum service_part part);
int64_t cost_line_at(const struct cost_line *line, int64_t workers);
int64_t cost_expected_at(const struct cost_service *s, int64_t workers);

#endif
