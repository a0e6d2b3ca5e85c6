/* SPDX-License-Identifier: MIT */
/* Profiles and cost models as values, read by catalog/. Texts are borrowed from the session's arena. Sizes are MiB. */
#ifndef VPSFIT_PROFILE_H
#define VPSFIT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/images.h"
#include "core/machine.h"
#include "core/macros.h"
#include "core/service.h"
#include "core/usual_cost.h"

#define MAX_PROFILES 32
#define MAX_COST_MODELS 32
#define MAX_WORKERS 64
/* The cost model of a new stack, where --cost-model names no other: the one for the images of templates/images.yaml. */
#define DEFAULT_MODEL "measured-2026-11b"
/* The default until states said which model they were applied with. */
#define FIRST_MODEL "seed-2025-11"

enum machine_role { ROLE_SERVER, ROLE_DESKTOP, ROLE_COUNT };

struct profile {
	const char *name;
	const char *title;
	const char *people;	/* for how many, in figures: "3-5"; NULL: not said */
	enum machine_role role; /* ROLE_DESKTOP: only for machines with a desktop session */
	int64_t workers;
	int64_t target_ram_mib;
	int64_t min_disk_mib;
	const char *file; /* the file it was read from */
};

struct profile_set {
	struct profile items[MAX_PROFILES];
	size_t count;
};

const struct profile *profile_find(const struct profile_set *set, const char *name);
const char *profile_people(const struct profile_set *set, const struct profile *profile, int64_t workers);

/* Page cache, which the kernel gives back at once. The founding figures count it, as a margin. */
enum page_cache { PAGE_CACHE_UNKNOWN, PAGE_CACHE_COUNTED, PAGE_CACHE_LEFT_OUT };

/* What was measured with so many workers on so many cores. */
struct throughput_point {
	int64_t cores;
	int64_t workers;
	int64_t requests_per_minute;
};

#define MAX_THROUGHPUT_POINTS 40

struct throughput {
	const char *measured_on; /* date and processor */
	const struct throughput_point *points;
	size_t count; /* 0: nobody measured it */
};

struct cost_model {
	const char *name;
	const char *date;
	const char *source;
	const char *measured_on;
	const char *machine; /* it holds on the machine with this hash of its id alone; NULL: on any */
	const char *file;
	bool shipped;				    /* with the package; false: the administrator's */
	struct cost_service services[MAX_SERVICES]; /* indexed like the service set it was read with */
	bool measured[MAX_SERVICES];		    /* false: the model has no figures, these are the service's own */
	const char *images[MAX_SERVICES]; /* release line of each image it was measured with; NULL: not said */
	bool knows_smaller[MAX_SERVICES]; /* it has figures of its own for the service's smaller image */
	const char *strangers; /* services in the model that vpsfit does not know, joined by commas; NULL: none */
	int64_t engine_mib;
	int64_t system_mib[DISTRO_CLASS_COUNT];
	enum page_cache page_cache;  /* in system_mib */
	int64_t pool_per_worker;     /* database connections of one LiteLLM worker */
	int64_t reserve_connections; /* for migrations, administration and the server itself */
	int64_t official_worker_mib; /* LiteLLM's official advice for each worker; 0: unknown */
	const char *official_source;
	struct throughput throughput;
};

struct cost_model_set {
	struct cost_model items[MAX_COST_MODELS];
	size_t count;
	const char *default_name;
};

const struct cost_model *cost_model_find(const struct cost_model_set *set, const char *name);

/* All that the YAML files say. */
struct catalog {
	struct service_set services;
	struct profile_set profiles;
	struct cost_model_set models;
	struct image_set images;
	struct usual_set usual; /* what catalog_usual has read */
};

#endif
