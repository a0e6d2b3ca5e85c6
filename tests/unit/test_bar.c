/* SPDX-License-Identifier: MIT */
/* The budget as a bar: what it shows adds up, and it can be told apart without colour. */
#include "unit.h"

#include <string.h>

#include "core/bar.h"
#include "core/units.h"
#include "output/bar.h"
#include "output/columns.h"
#include "output/style.h"

static const struct service names[] = {{.name = "litellm"},
				       {.name = "open-webui"},
				       {.name = "postgres"},
				       {.name = "litellm-two"},
				       {.name = "\xc3\xa9"}};

/* A plan of n services of 100, 200, ... MiB, an engine of 50, a system of 300, and `beside` of others. */
static void make(struct plan *p, struct service_set *set, size_t n, int64_t ram, int64_t swap, int64_t beside)
{
	*p = (struct plan){.set = set, .ram_mib = ram, .swap = {.total_mib = swap}, .beside = {.others_mib = beside}};
	*set = (struct service_set){.count = n};
	for (size_t i = 0; i < n; i++) {
		set->items[i] = names[i % ARRAY_SIZE(names)];
		p->services[i] = (struct plan_service){.in = true, .copies = 1, .expected_mib = 100 * (int64_t)(i + 1)};
		p->totals.total_mib += p->services[i].expected_mib;
	}
	p->totals.engine_mib = 50;
	p->totals.system_mib = 300;
	p->totals.total_mib += 350;
}

static void check_sums(const struct plan *p, const struct bar *b)
{
	int64_t used = 0, free = 0;

	for (size_t i = 0; i < b->count; i++)
		*(b->items[i].kind == BAR_FREE ? &free : &used) += b->items[i].mib;
	assert_int_equal(used, plan_idle_mib(p));
	assert_int_equal(used + free, max_i64(p->ram_mib, used));
	assert_int_equal(b->in_swap_mib + b->missing_mib, max_i64(0, used - p->ram_mib));
}

static void check_columns(const struct bar *b)
{
	for (size_t width = 0; width <= 120; width++) {
		size_t columns[MAX_BAR], sum = 0;

		bar_columns(b, width, columns);
		for (size_t i = 0; i < b->count; i++) {
			sum += columns[i];
			assert_true(width < b->count || columns[i] > 0);
		}
		assert_int_equal(sum, width);
		assert_true(bar_edge(b, width) <= width);
	}
}

static void adds_up(void **state)
{
	static const int64_t rams[] = {1, 400, 999, 2000, 65536}, swaps[] = {0, 512, 100000}, others[] = {0, 1, 777};
	static struct service_set set;
	static struct plan p;
	struct bar b;

	(void)state;
	for (size_t n = 0; n <= 9; n++)
		for (size_t r = 0; r < ARRAY_SIZE(rams); r++)
			for (size_t s = 0; s < ARRAY_SIZE(swaps); s++)
				for (size_t o = 0; o < ARRAY_SIZE(others); o++) {
					make(&p, &set, n, rams[r], swaps[s], others[o]);
					bar_of_plan(&p, &b);
					check_sums(&p, &b);
					check_columns(&b);
				}
}

static void no_two_letters_are_alike(void **state)
{
	static struct service_set set;
	static struct plan p;
	struct bar b;

	(void)state;
	make(&p, &set, 9, 65536, 0, 5);
	bar_of_plan(&p, &b);
	for (size_t i = 0; i < b.count; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(b.items[i].letter, b.items[k].letter);
}

static void what_is_beyond_ram_is_said(void **state)
{
	static struct service_set set;
	static struct plan p;
	struct bar b;

	(void)state;
	make(&p, &set, 3, 800, 100, 0);
	bar_of_plan(&p, &b);
	assert_int_equal(b.in_swap_mib, 100);
	assert_int_equal(b.missing_mib, 50);
	make(&p, &set, 3, 2000, 100, 0);
	bar_of_plan(&p, &b);
	assert_int_equal(b.in_swap_mib + b.missing_mib, 0);
	assert_int_equal(b.items[b.count - 1].kind, BAR_FREE);
}

static void drawn(const struct style *style, size_t width, struct strbuf *out)
{
	static struct service_set set;
	static struct plan p;
	struct bar b;

	make(&p, &set, 3, 800, 1000, 0);
	bar_of_plan(&p, &b);
	bar_text(&b, style, width, out);
}

static void ascii_without_colour(void **state)
{
	const struct style style = {false, false};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	drawn(&style, 80, &out);
	for (const char *p = strbuf_text(&out); *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	assert_non_null(strstr(strbuf_text(&out), "L litellm 100"));
	assert_non_null(strstr(strbuf_text(&out), "| 150 in swap"));
	strbuf_clear(&out);
}

/* The same text, whether it is coloured or not, and no line is too long. */
static void colour_adds_nothing_but_codes(void **state)
{
	const struct style coloured = {true, false}, plain = {false, false};

	(void)state;
	for (size_t width = 34; width <= 90; width++) {
		struct strbuf a = STRBUF_INIT, b = STRBUF_INIT, bare = STRBUF_INIT;

		drawn(&coloured, width, &a);
		drawn(&plain, width, &b);
		for (const char *p = strbuf_text(&a); *p;) {
			size_t code = style_code(p, strlen(p));

			if (code == 0)
				strbuf_putc(&bare, *p);
			p += code > 0 ? code : 1;
		}
		assert_string_equal(strbuf_text(&bare), strbuf_text(&b));
		for (const char *p = strbuf_text(&b); *p; p += strcspn(p, "\n") + 1)
			assert_true(columns_of(p, strcspn(p, "\n")) <= width);
		strbuf_clear(&a);
		strbuf_clear(&b);
		strbuf_clear(&bare);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_up),
		cmocka_unit_test(no_two_letters_are_alike),
		cmocka_unit_test(what_is_beyond_ram_is_said),
		cmocka_unit_test(ascii_without_colour),
		cmocka_unit_test(colour_adds_nothing_but_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
