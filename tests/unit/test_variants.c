/* SPDX-License-Identifier: MIT */
/* Variants of images: their costs, which one is planned with, and that more of a machine never means fewer workers. */
#include "unit.h"

#include "shipped.h"
#include "core/plan.h"

#define COSTS(expected, more) "{expected: " #expected ", reservation: 300, limit: 1280, start_peak: 295" more "}\n"
/* At one worker 1390 MiB of a small system with the full image, and 770 with the slim one. */
#define MODEL(name, variants)                                                                                          \
	"kind: cost-model\nname: " name "\ndate: \"2026-11-25\"\nsource: \"a test\"\nmeasured_on: \"nothing\"\n"       \
	"engine_mib: 100\nsystem_mib: {lightweight: 100, typical: 400, desktop: 900}\npool_per_worker: 5\n"            \
	"reserve_connections: 20\nservices:\n"                                                                         \
	"  litellm: {expected: {base_mib: 100, per_worker_mib: 120}, reservation: 100, "                               \
	"limit: {base_mib: 800, per_worker_mib: 500}}\n"                                                               \
	"  open-webui: " COSTS(950, variants) "  postgres: {expected: 14, reservation: 20, limit: 200}\n"              \
					      "  nginx: {expected: 6, reservation: 20, limit: 50}\n"                   \
					      "  redis: {expected: 14, reservation: 16, limit: 64}\n"

#define SLIM ", variants: {slim: {expected: 330, reservation: 290, limit: 640, start_peak: 295}}"

struct world {
	struct fixture *f;
	struct stack_images stack;
	struct answers answers;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	void *fixture = NULL;
	static const char with[] = MODEL("with", SLIM), without[] = MODEL("without", "");

	if (!w || shipped_setup(&fixture) < 0)
		return -1;
	w->f = fixture;
	w->f->catalog.services.items[SERVICE_OPEN_WEBUI].answer = ANSWER_OPEN_WEBUI;
	w->stack = (struct stack_images){.own = true, .fresh = true};
	*state = w;
	return catalog_add_text(&w->f->arena, "with", with, strlen(with), &w->f->diags, &w->f->catalog) |
	       catalog_add_text(&w->f->arena, "without", without, strlen(without), &w->f->diags, &w->f->catalog);
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *fixture = w->f;

	shipped_teardown(&fixture);
	free(w);
	return 0;
}

static struct plan plan_with(struct world *w, const char *model, const struct machine *m)
{
	struct catalog *c = &w->f->catalog;
	const struct knowledge known = {
		&c->services, &c->profiles, &c->models, &c->images, &w->stack, {.profile = NULL}, 0, 0, 0, 0, 0, NULL};
	struct plan p;

	assert_int_equal(
		plan_build(&w->f->arena, m, &known, cost_model_find(&c->models, model), &w->answers, &w->f->diags, &p),
		0);
	return p;
}

static bool is_slim(const struct plan *p)
{
	bool slim = p->services[SERVICE_OPEN_WEBUI].variant != NULL;

	if (slim)
		assert_string_equal(p->services[SERVICE_OPEN_WEBUI].variant, "slim");
	assert_int_equal(slim, p->smaller.chosen);
	return slim;
}

static bool has(const struct plan *p, const char *code)
{
	for (size_t i = 0; i < p->warning_count; i++)
		if (strcmp(p->warnings[i].code, code) == 0)
			return true;
	return false;
}

/* The stack on disk runs this image of Open WebUI, and this one of PostgreSQL. */
static void runs(struct world *w, const char *webui, const char *postgres)
{
	struct catalog *c = &w->f->catalog;

	w->stack = (struct stack_images){.own = true, .known = true};
	w->stack.of[SERVICE_OPEN_WEBUI] =
		stack_image_judge(&w->f->arena, &c->images, &c->services.items[SERVICE_OPEN_WEBUI], webui);
	w->stack.of[SERVICE_POSTGRES] =
		stack_image_judge(&w->f->arena, &c->images, &c->services.items[SERVICE_POSTGRES], postgres);
}

/* The line is RAM itself, whatever swap there is or will be. */
static void chosen_where_the_usual_one_is_over(void **state)
{
	static const char *const swaps[] = {NULL, "none", "4096M"};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(swaps); i++) {
		struct machine m = vps(2048, 1690, 1);
		struct plan p;

		if (swaps[i])
			w->answers.of[ANSWER_SWAP] = said(swaps[i], swaps[i][0] == '4' ? 4096 : 0);
		p = plan_with(w, "with", &m);
		assert_false(is_slim(&p));
		assert_int_equal(plan_idle_mib(&p), 1690);
		assert_int_equal(p.idle, VERDICT_TIGHT);
		assert_false(has(&p, "smaller-image") || has(&p, "smaller-image-offered"));
		m = vps(2048, 1689, 1);
		p = plan_with(w, "with", &m);
		assert_true(is_slim(&p));
		assert_true(p.smaller.by_itself && has(&p, "smaller-image"));
		assert_int_equal(plan_idle_mib(&p), 1070);
		assert_int_equal(p.smaller.saves_mib, 620);
		assert_int_equal(p.smaller.usual_mib, 1690);
		assert_string_equal(p.services[SERVICE_POSTGRES].variant, "vectors");
		assert_int_equal(p.services[SERVICE_OPEN_WEBUI].limit_mib, 640);
		assert_int_equal(p.services[SERVICE_OPEN_WEBUI].reservation_mib, 290);
		assert_int_equal(p.services[SERVICE_POSTGRES].limit_mib, 200);
	}
}

/* Figures of another source decide nothing: the seed's table stays. */
static void not_chosen_by_other_figures(void **state)
{
	static const char *const models[] = {"without", "seed-2025-11"};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct machine m = vps(2048, 1600, 1);
		struct plan p = plan_with(w, models[i], &m);

		assert_false(is_slim(&p));
		assert_true(has(&p, "smaller-image-offered"));
		w->answers.of[ANSWER_OPEN_WEBUI] = said("slim", 0);
		p = plan_with(w, models[i], &m);
		assert_true(is_slim(&p));
		assert_int_equal(p.services[SERVICE_OPEN_WEBUI].expected_mib, 330);
		w->answers.of[ANSWER_OPEN_WEBUI] = said("full", 0);
		p = plan_with(w, models[i], &m);
		assert_false(is_slim(&p) || has(&p, "smaller-image-offered"));
		w->answers.of[ANSWER_OPEN_WEBUI] = (struct answer){.text = NULL};
	}
	assert_int_equal(
		cost_model_find(&w->f->catalog.models, "seed-2025-11")->services[SERVICE_OPEN_WEBUI].expected.base_mib,
		602);
}

/* A stack that is there keeps what it runs: nothing but an answer of this run changes it. */
static void kept_and_asked_for(void **state)
{
	static const struct {
		const char *webui, *postgres, *answer;
		enum origin origin;
		bool compose, slim, vectors;
	} rows[] = {
		{"ghcr.io/open-webui/open-webui:v0.12.4", "postgres:16.16-bookworm", NULL, ORIGIN_DEFAULT, false, false,
		 false},
		{"ghcr.io/open-webui/open-webui:v0.12.4-slim", "pgvector/pgvector:0.8.6-pg16-bookworm", NULL,
		 ORIGIN_DEFAULT, false, true, true},
		{"ghcr.io/open-webui/open-webui:v0.12.4", "pgvector/pgvector:0.8.6-pg16-bookworm", "full", ORIGIN_FLAG,
		 false, false, true},
		{"ghcr.io/open-webui/open-webui:v0.12.4-slim", "pgvector/pgvector:0.8.6-pg16-bookworm", "full",
		 ORIGIN_FLAG, false, false, true},
		{"ghcr.io/open-webui/open-webui:v0.12.4", "postgres:16.9", "slim", ORIGIN_FILE, false, true, true},
		{"ghcr.io/open-webui/open-webui:v0.12.4", "postgres:16.9", "slim", ORIGIN_WIZARD, false, true, true},
		/* What was edited by hand goes before what is remembered: limits must fit what runs. */
		{"ghcr.io/open-webui/open-webui:v0.12.4", "postgres:16.9", "slim", ORIGIN_REMEMBERED, false, false,
		 false},
		{"ghcr.io/open-webui/open-webui:v0.12.5-slim", "postgres:16.9", "full", ORIGIN_REMEMBERED, false, true,
		 true},
		/* Of an image that is not known, what is remembered is the best that is known. */
		{"registry:5000/ours@sha256:00", "postgres:16.9", "slim", ORIGIN_REMEMBERED, false, true, true},
		{"registry:5000/ours@sha256:00", "postgres:16.9", NULL, ORIGIN_DEFAULT, false, false, false},
		/* Until 0.11.4, slim was another thing. */
		{"ghcr.io/open-webui/open-webui:v0.11.3-slim", "postgres:16.9", NULL, ORIGIN_DEFAULT, false, false,
		 false},
		{"ghcr.io/open-webui/open-webui:v0.11.4-slim", "postgres:16.9", NULL, ORIGIN_DEFAULT, false, true,
		 true},
		/* In somebody else's stack the image that is there counts, and nothing is chosen. */
		{"ghcr.io/open-webui/open-webui:v0.12.4-slim", "postgres:16", NULL, ORIGIN_DEFAULT, true, true, false},
		{"ghcr.io/open-webui/open-webui:v0.12.4", "postgres:16", "slim", ORIGIN_REMEMBERED, true, false, false},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine m = vps(2048, 1000, 1);
		struct plan p;

		runs(w, rows[i].webui, rows[i].postgres);
		w->answers = (struct answers){.of = {[ANSWER_OPEN_WEBUI] = {rows[i].origin, rows[i].answer, 0, NULL}}};
		if (rows[i].compose)
			w->answers.of[ANSWER_COMPOSE] = said("compose.yaml", 0);
		p = plan_with(w, "with", &m);
		if ((p.services[SERVICE_OPEN_WEBUI].variant != NULL) != rows[i].slim ||
		    (p.services[SERVICE_POSTGRES].variant != NULL) != rows[i].vectors)
			fail_msg("row %zu", i);
		assert_int_equal(p.services[SERVICE_OPEN_WEBUI].expected_mib, rows[i].slim ? 330 : 950);
		assert_false(p.smaller.by_itself);
		assert_int_equal(p.smaller.service, rows[i].compose ? NO_SERVICE : SERVICE_OPEN_WEBUI);
	}
}

/* An adopted file never gets one, also where nothing is known of its images. */
static void never_in_a_foreign_stack(void **state)
{
	struct world *w = *state;
	struct machine m = vps(2048, 1000, 1);
	struct plan p;

	w->stack = (struct stack_images){.known = false};
	w->answers.of[ANSWER_COMPOSE] = said("compose.yaml", 0);
	p = plan_with(w, "with", &m);
	assert_null(p.services[SERVICE_OPEN_WEBUI].variant);
	assert_false(has(&p, "smaller-image") || has(&p, "smaller-image-offered"));
}

/* The walk of test_planner.c with a model that may choose, in steps that cross every line. */
static void monotone(void **state)
{
	struct world *w = *state;
	size_t slim = 0, points = 0;

	for (int64_t cores = 1; cores <= 8; cores++)
		for (int64_t ram = 1024, before = 0; ram <= 9216; ram += 96, points++) {
			struct machine m = vps(ram, ram - ram / 20, cores), more = vps(ram, ram - ram / 20, cores + 1);
			struct plan p = plan_with(w, "with", &m), q = plan_with(w, "with", &more);

			assert_true(p.workers * p.recommended >= before);
			assert_true(q.workers * q.recommended >= p.workers * p.recommended);
			before = p.workers * p.recommended;
			slim += is_slim(&p);
			/* Where it is chosen, the usual one would be over RAM; where not, it is not. */
			assert_int_equal(p.smaller.over, is_slim(&p));
		}
	assert_true(slim > 0 && slim < points);
}

static const char *error_of(struct bench *b, const char *text)
{
	struct catalog c = {.services = {.count = 0}};

	if (catalog_add_text(&b->arena, "test.yaml", text, strlen(text), &b->diags, &c) == 0)
		return NULL;
	return b->diags.items[b->diags.count - 1].text;
}

static void refused(void **state)
{
#define HEAD "kind: service\nname: s\ntitle: t\norder: 1\nimages: [s]\npart: none\nswap: none\n"
#define PLAIN HEAD "costs: {expected: 10, reservation: 20, limit: 30}\n"
	static const struct {
		const char *text, *error;
	} rows[] = {
		{HEAD
		 "costs: {expected: 10, reservation: 20, limit: 30, variants: {small: {expected: 5, reservation: 10, limit: 9}}}\n",
		 "the reservation is 10 MiB and the limit 9"},
		{HEAD "costs: {expected: 10, reservation: 20, limit: 30, variants: {small: {expected: 5, limit: 9}}}\n",
		 "the key 'reservation' is missing in a variant"},
		{HEAD
		 "costs: {expected: 10, reservation: 20, limit: 30, variants: {small: {expected: 5, reservation: 9, limit: 9, "
		 "variants: {}}}}\n",
		 "unknown key 'variants' in a variant"},
		{HEAD "costs: {expected: 10, reservation: 20, limit: 30, variants: [small]}\n",
		 "a mapping of at most 4 variants"},
		{PLAIN "smaller: {variant: small}\n", "the key 'lacks' is missing in smaller"},
		{PLAIN "smaller: {variant: small, lacks: much, brings: db}\n",
		 "'brings' and 'brings_variant' belong together"},
		{PLAIN "smaller: {variant: small, lacks: much, signs: [uploads]}\n",
		 "'data', 'signs' and 'left' belong together"},
	};
	struct bench *b = *state;

	assert_null(error_of(b, PLAIN "smaller: {variant: small, lacks: much}\n"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *error = error_of(b, rows[i].text);

		if (!error || !strstr(error, rows[i].error))
			fail_msg("row %zu: %s", i, error ? error : "it was taken");
	}
}

int main(void)
{
#define world_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		world_test(chosen_where_the_usual_one_is_over),
		world_test(not_chosen_by_other_figures),
		world_test(kept_and_asked_for),
		world_test(never_in_a_foreign_stack),
		world_test(monotone),
		bench_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
