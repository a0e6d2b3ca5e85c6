/* SPDX-License-Identifier: MIT */
/* Includes that every unit test needs before cmocka. */
#ifndef VPSFIT_UNIT_H
#define VPSFIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/answers.h"
#include "core/arena.h"
#include "core/diag.h"

/* An arena and a message list, fresh for each test. */
struct bench {
	struct arena arena;
	struct diag_list diags;
};

static inline int bench_setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	diag_init(&b->diags, &b->arena);
	*state = b;
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct bench *b = *state;

	diag_clear(&b->diags);
	arena_clear(&b->arena);
	free(b);
	return 0;
}

/* The shipped services in the order of their rows; test_services.c checks it. */
enum {
	SERVICE_LITELLM,
	SERVICE_OPEN_WEBUI,
	SERVICE_POSTGRES,
	SERVICE_NGINX,
	SERVICE_REDIS,
	SERVICE_CADDY,
	SERVICE_COUNT
};

/* The knowledge that plan_build needs, from a catalogue. */
#define KNOWN_BESIDE(c, models, stack)                                                                                 \
	(&(struct knowledge){&(c).services,                                                                            \
			     &(c).profiles,                                                                            \
			     &(models),                                                                                \
			     &(c).images,                                                                              \
			     (stack),                                                                                  \
			     {.profile = NULL},                                                                        \
			     0,                                                                                        \
			     0,                                                                                        \
			     0,                                                                                        \
			     0,                                                                                        \
			     0,                                                                                        \
			     NULL})
#define KNOWN_OF(c, models) KNOWN_BESIDE(c, models, NULL)
#define KNOWN(c) KNOWN_OF(c, (c).models)

/* A parsed answer, as if given by a flag. */
static inline struct answer said(const char *text, int64_t number)
{
	return (struct answer){ORIGIN_FLAG, text, number, NULL};
}

static inline char *file_text(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	if (!f || !text) {
		free(text);
		return NULL;
	}
	*ret_len = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	return text;
}

static inline const char *tests_dir(void)
{
	const char *dir = getenv("VPSFIT_TESTS");

	return dir ? dir : "tests";
}

#define bench_test(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

#endif
