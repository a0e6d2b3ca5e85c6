/* SPDX-License-Identifier: MIT */
/* Answers: each reads back as it is printed, a wrong one changes nothing, and the next run remembers. */
#include "unit.h"

#include "answers/remember.h"
#include "answers/secrets.h"
#include "answers/table.h"
#include "core/macros.h"

/* Texts that somebody could give for anything. */
static const char *const texts[] = {
	"",
	"0",
	"1",
	"2",
	"007",
	"64",
	"65",
	"200",
	"201",
	"8080",
	"65535",
	"65536",
	"4096",
	"-1",
	"+1",
	" 1",
	"1 ",
	"1.5",
	"1e3",
	"0x10",
	"64M",
	"63M",
	"2G",
	"1.2G",
	"2gib",
	"2 G",
	"99999999T",
	"none",
	"None",
	"auto",
	"yes",
	"no",
	"true",
	"YES",
	"small",
	"a b",
	"/",
	"/swapfile",
	"/swap/",
	"/swap ",
	"/swap\\",
	"/a b",
	"/a/../b",
	"/..",
	"..",
	"../x",
	"a/..",
	"/...",
	"a..b",
	"relative",
	"./x",
	"/dev/vdb1",
	"/dev/",
	"/dev/../x",
	"UUID=ab",
	"UUID=",
	"LABEL=s",
	"LABEL=a b",
	"127.0.0.1",
	"0.0.0.0",
	"::1",
	"0:0::1",
	"::",
	"[::1]",
	"1.2.3",
	"1.2.3.4.5",
	"256.1.1.1",
	"fe80::1%eth0",
	"::ffff:1.2.3.4",
	"localhost",
	"a\nb",
	"/a\nb",
	"/a\033[m",
	"/gr\xc3\xbcn",
	"/\xff",
	"a=b",
	"a=b,c=d",
	"a=",
	"=b",
	"a",
	"a=b,",
	"a=b/c",
	"a=b=c",
	"18446744073709551616",
	"9223372036854775807",
	"%s%n",
	"$(id)",
};

static bool same_answer(const struct answer *x, const struct answer *y)
{
	return x->number == y->number && !x->text == !y->text && (!x->text || strcmp(x->text, y->text) == 0);
}

/* What is printed is read as the same answer, and printed as the same text. */
static void reads_back(void **state)
{
	struct bench *b = *state;

	for (int id = 0; id < ANSWER_COUNT; id++)
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
			struct answers first = {.parts = {{.part = NULL}}}, again = first;
			const struct answer *is = &first.of[id];

			if (!answer_rows[id].parse ||
			    answer_set(&first, &b->arena, (enum answer_id)id, texts[i], ORIGIN_FLAG))
				continue;
			assert_int_equal(is->origin, ORIGIN_FLAG);
			if (!is->text)
				continue;
			if (answer_set(&again, &b->arena, (enum answer_id)id, is->text, ORIGIN_FILE) ||
			    !same_answer(is, &again.of[id]))
				fail_msg("--%s %s is printed as %s", answer_rows[id].name, texts[i], is->text);
		}
}

/* A value that is not taken leaves all as it was, and says what is expected. */
static void wrong_ones(void **state)
{
	struct bench *b = *state;

	for (int id = 0; id < ANSWER_COUNT; id++)
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
			struct answers all = {.of[ANSWER_PORT] = said("1", 1), .parts = {{"x", said("y", 0)}}},
				       was = all;
			const char *wrong = answer_set(&all, &b->arena, (enum answer_id)id, texts[i], ORIGIN_FLAG);

			if (wrong && (!wrong[0] || memcmp(&all, &was, sizeof(all)) != 0))
				fail_msg("--%s '%s' changes something", answer_rows[id].name, texts[i]);
		}
}

struct example {
	enum answer_id id;
	const char *given, *printed; /* NULL: refused */
	int64_t number;
};

static void taken(struct bench *b, const struct example *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct example *row = &rows[i];
		struct answers all = {.parts = {{.part = NULL}}};
		bool is = !answer_set(&all, &b->arena, row->id, row->given, ORIGIN_FLAG);
		const struct answer *got = &all.of[row->id];

		if (is != (row->printed != NULL) ||
		    (is && (strcmp(got->text, row->printed) != 0 || got->number != row->number)))
			fail_msg("--%s '%s': '%s' %lld", answer_rows[row->id].name, row->given,
				 got->text ? got->text : "-", (long long)got->number);
	}
}

static void numbers(void **state)
{
	static const struct example rows[] = {
		{ANSWER_WORKERS, "1", "1", 1},	     {ANSWER_WORKERS, "64", "64", 64},
		{ANSWER_WORKERS, "0", NULL, 0},	     {ANSWER_WORKERS, "65", NULL, 0},
		{ANSWER_WORKERS, "1.5", NULL, 0},    {ANSWER_WORKERS, "", NULL, 0},
		{ANSWER_SWAPPINESS, "0", "0", 0},    {ANSWER_SWAPPINESS, "200", "200", 200},
		{ANSWER_SWAPPINESS, "201", NULL, 0}, {ANSWER_PORT, "65535", "65535", 65535},
		{ANSWER_PORT, "65536", NULL, 0},     {ANSWER_PORT, "0", NULL, 0},
		{ANSWER_CPUS, "-1", NULL, 0},	     {ANSWER_CPUS, "18446744073709551617", NULL, 0},
		{ANSWER_RAM, "64", "64M", 64},	     {ANSWER_RAM, "63M", NULL, 0},
		{ANSWER_RAM, "1.5G", "1536M", 1536}, {ANSWER_OVERHEAD, "0", "0M", 0},
		{ANSWER_OVERHEAD, "-1", NULL, 0},    {ANSWER_OVERHEAD, "x", NULL, 0},
		{ANSWER_REDIS, "yes", "yes", 1},     {ANSWER_REDIS, "no", "no", 0},
		{ANSWER_REDIS, "true", NULL, 0},
	};

	taken(*state, rows, ARRAY_SIZE(rows));
}

static void swap(void **state)
{
	static const struct example rows[] = {
		{ANSWER_SWAP, "none", "none", 0},	 {ANSWER_SWAP, "2G", "2048M", 2048},
		{ANSWER_SWAP, "63M", NULL, 0},		 {ANSWER_SWAP, "/dev/vdb1", "/dev/vdb1", 0},
		{ANSWER_SWAP, "UUID=ab", "UUID=ab", 0},	 {ANSWER_SWAP, "LABEL=a b", "LABEL=a b", 0},
		{ANSWER_SWAP, "/dev/", NULL, 0},	 {ANSWER_SWAP, "UUID=", NULL, 0},
		{ANSWER_SWAP, "/dev/../etc/x", NULL, 0}, {ANSWER_SWAP, "/swapfile", NULL, 0},
		{ANSWER_SWAP, "UUID=a\nb", NULL, 0},	 {ANSWER_SWAP_FILE, "/swapfile", "/swapfile", 0},
		{ANSWER_SWAP_FILE, "swapfile", NULL, 0}, {ANSWER_SWAP_FILE, "/a/../b", NULL, 0},
		{ANSWER_SWAP_FILE, "/a/", NULL, 0},	 {ANSWER_SWAP_FILE, "/a ", NULL, 0},
		{ANSWER_SWAP_FILE, "/a\\", NULL, 0},	 {ANSWER_SWAP_FILE, "/a b", "/a b", 0},
		{ANSWER_SWAP_FILE, "/a\177", NULL, 0},	 {ANSWER_SWAP_FILE, "/...", "/...", 0},
	};

	taken(*state, rows, ARRAY_SIZE(rows));
}

static void paths_and_addresses(void **state)
{
	static const struct example rows[] = {
		{ANSWER_DIR, "gw", "gw", 0},
		{ANSWER_DIR, "/opt/gw", "/opt/gw", 0},
		{ANSWER_DIR, "", NULL, 0},
		{ANSWER_DIR, "..", NULL, 0},
		{ANSWER_DIR, "../x", NULL, 0},
		{ANSWER_DIR, "a/..", NULL, 0},
		{ANSWER_DIR, "a/../b", NULL, 0},
		{ANSWER_DIR, "..a/b..", "..a/b..", 0},
		{ANSWER_DIR, "a\tb", NULL, 0},
		{ANSWER_DIR, "~", NULL, 0},
		{ANSWER_DIR, "~/gw", NULL, 0},
		{ANSWER_DIR, "./~", "./~", 0},
		{ANSWER_DIR, "/opt/~gw", "/opt/~gw", 0},
		{ANSWER_COMPOSE, "~/compose.yaml", NULL, 0},
		{ANSWER_COMPOSE, "c.yaml", "c.yaml", 0},
		{ANSWER_COMPOSE, "dir/", NULL, 0},
		{ANSWER_ANSWERS, "../a.yaml", "../a.yaml", 0},
		{ANSWER_SYSROOT, "a\nb", NULL, 0},
		{ANSWER_DIR, "/\xff", NULL, 0},
		{ANSWER_BIND, "127.0.0.1", "127.0.0.1", 0},
		{ANSWER_BIND, "0:0:0::1", "::1", 0},
		{ANSWER_BIND, "[::1]", NULL, 0},
		{ANSWER_BIND, "localhost", NULL, 0},
		{ANSWER_BIND, "1.2.3", NULL, 0},
		{ANSWER_BIND, "FE80::1", "fe80::1", 0},
	};

	taken(*state, rows, ARRAY_SIZE(rows));
}

/* What is wrong with this value, where that can be told. */
static void reasons(void **state)
{
	static const struct {
		enum answer_id id;
		const char *given, *says;
	} rows[] = {
		{ANSWER_DOMAIN, "b\303\274cher.example", "xn--"},
		{ANSWER_DOMAIN, "192.0.2.7", "not an address"},
		{ANSWER_DOMAIN, "192.0.2.7:443", "not an address"},
		{ANSWER_DOMAIN, "2001:db8::1", "not an address"},
		{ANSWER_DOMAIN, "[::1]", "not an address"},
		{ANSWER_DOMAIN, "https://chat.example.org", "without https://"},
		{ANSWER_DOMAIN, "chat.example.org/", "without a path"},
		{ANSWER_DOMAIN, "chat.example.org:8443", "without a port"},
		{ANSWER_DOMAIN, "chat.example.org.", "without the dot at its end"},
		{ANSWER_DOMAIN, "*.example.org", "without *"},
		{ANSWER_DOMAIN, "localhost", "with a dot in it"},
		{ANSWER_DOMAIN, "", "with a dot in it"},
		{ANSWER_DOMAIN, "a_b.example", "with a dot in it"},
		{ANSWER_DIR, "/opt/a\nb", "line breaks"},
		{ANSWER_DIR, "/opt/..", "'..'"},
		{ANSWER_DIR, "~/gw", "by a shell"},
		{ANSWER_SYSROOT, "a\nb", "line breaks"},
		{ANSWER_SWAP_FILE, "~/swap", "by a shell"},
		{ANSWER_SWAP_FILE, "swap", "absolute"},
		{ANSWER_COMPOSE, "dir/", "a compose file"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct answers all = {.parts = {{.part = NULL}}};
		const char *said = answer_set(&all, &b->arena, rows[i].id, rows[i].given, ORIGIN_FLAG);

		if (!said || !strstr(said, rows[i].says))
			fail_msg("--%s '%s': %s", answer_rows[rows[i].id].name, rows[i].given, said ? said : "taken");
	}
}

/* A path too long for the kernel is refused, a long one is not. */
static void long_paths(void **state)
{
	struct bench *b = *state;
	struct answers all = {.parts = {{.part = NULL}}};
	char path[5000];

	memset(path, 'a', sizeof(path));
	path[4999] = '\0';
	assert_non_null(answer_set(&all, &b->arena, ANSWER_DIR, path, ORIGIN_FLAG));
	path[2000] = '\0';
	assert_null(answer_set(&all, &b->arena, ANSWER_DIR, path, ORIGIN_FLAG));
}

/* "auto" takes back what is remembered; what is not remembered has no "auto" of its own. */
static void automatic(void **state)
{
	struct bench *b = *state;

	for (int id = 0; id < ANSWER_COUNT; id++) {
		const struct answer_row *row = &answer_rows[id];
		struct answers all = {.parts = {{.part = NULL}}};

		if (!row->argument || !(row->flags & REMEMBERED))
			continue;
		all.of[id] = said("1", 1);
		assert_null(answer_set(&all, &b->arena, (enum answer_id)id, "auto", ORIGIN_FLAG));
		assert_null(answer_text(&all, (enum answer_id)id));
		assert_int_equal(answer_number(&all, (enum answer_id)id), -1);
		assert_true(answer_said(&all, (enum answer_id)id));
	}
	assert_non_null(
		answer_set(&(struct answers){.parts = {{.part = NULL}}}, &b->arena, ANSWER_PORT, "auto", ORIGIN_FLAG));
}

static const char *services_after(struct bench *b, struct answers *all, const char *text)
{
	(void)!answer_set(all, &b->arena, ANSWER_SERVICE, text, ORIGIN_FLAG);
	return answers_services_text(all, &b->arena);
}

static void services(void **state)
{
	static const char *const bad[] = {"a",	  "=b",	   "a=",     "a=b,c", "a=b,,c=d",
					  ",a=b", "a=x/y", "a=b,c=", ",",     "\xff=b"};
	struct bench *b = *state;
	struct answers all = {.parts = {{.part = NULL}}};

	assert_null(answers_services_text(&all, &b->arena));
	assert_string_equal(services_after(b, &all, "redis=r,litellm=l"), "litellm=l,redis=r");
	assert_string_equal(services_after(b, &all, "nginx=n"), "litellm=l,nginx=n,redis=r");
	assert_string_equal(services_after(b, &all, "redis=other"), "litellm=l,nginx=n,redis=other");
	assert_string_equal(answer_service(&all, "nginx"), "n");
	assert_null(answer_service(&all, "postgres"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_non_null(answer_set(&all, &b->arena, ANSWER_SERVICE, bad[i], ORIGIN_FLAG));
		assert_string_equal(answers_services_text(&all, &b->arena), "litellm=l,nginx=n,redis=other");
	}
	assert_string_equal(services_after(b, &all, "a=b=c"), "a=b=c,litellm=l,nginx=n,redis=other");
	assert_null(services_after(b, &all, "auto"));
	assert_true(answer_said(&all, ANSWER_SERVICE));
}

static void too_many_services(void **state)
{
	struct bench *b = *state;
	struct answers all = {.parts = {{.part = NULL}}};

	for (int i = 0; i < MAX_SERVICES; i++)
		assert_null(
			answer_set(&all, &b->arena, ANSWER_SERVICE, arena_printf(&b->arena, "p%d=s", i), ORIGIN_FLAG));
	assert_non_null(answer_set(&all, &b->arena, ANSWER_SERVICE, "one-more=s", ORIGIN_FLAG));
	assert_null(answer_service(&all, "one-more"));
	assert_true(answer_set_service(&all, "p3", NULL));
	assert_null(answer_service(&all, "p3"));
	assert_null(answer_set(&all, &b->arena, ANSWER_SERVICE, "one-more=s", ORIGIN_FLAG));
	assert_string_equal(answer_service(&all, "one-more"), "s");
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *row = &answer_rows[i];

		assert_ptr_equal(answer_find(row->name), row);
		assert_int_equal(answer_id(row), i);
		assert_string_equal(answer_nearest(row->name), row->name);
		assert_true(!row->argument == !row->expected && row->help && row->commands);
		assert_true(i == ANSWER_SERVICE || !row->argument == !row->parse);
		/* What is remembered can be said in a file and in a line that is run again. */
		assert_true(!(row->flags & REMEMBERED) || ((row->flags & IN_FILE) && (row->flags & ON_THE_LINE)));
		for (size_t k = 0; row->letter && k < i; k++)
			assert_int_not_equal(answer_rows[k].letter, row->letter);
	}
	assert_null(answer_find("no-such"));
	assert_null(answer_find(""));
	assert_string_equal(answer_nearest("wrokers"), "workers");
	assert_null(answer_nearest("nothing-like-it"));
}

/* Gives an answer of this run. */
static void give(struct bench *b, struct answers *all, enum answer_id id, const char *text)
{
	assert_null(answer_set(all, &b->arena, id, text, ORIGIN_FLAG));
}

static size_t remembered(struct bench *b, const struct answers *all, const char *now,
			 const struct remembered_answer *list, size_t count, struct remembered_answer *out)
{
	return answers_remember(all, &b->arena, now, list, count, out);
}

static void remembers(void **state)
{
	struct bench *b = *state;
	struct answers first = {.parts = {{.part = NULL}}}, next = first, third = first;
	struct remembered_answer list[ANSWER_COUNT], later[ANSWER_COUNT];
	size_t n, m;

	give(b, &first, ANSWER_WORKERS, "4");
	give(b, &first, ANSWER_SWAP, "2G");
	give(b, &first, ANSWER_OVERHEAD, "auto");
	give(b, &first, ANSWER_SERVICE, "redis=r");
	give(b, &first, ANSWER_PORT, "99");
	n = remembered(b, &first, "T1", NULL, 0, list);
	/* The port is noted, and holds for its own run only. */
	assert_int_equal(n, 4);
	answers_recall(&next, &b->arena, list, n);
	assert_int_equal(answer_number(&next, ANSWER_WORKERS), 4);
	assert_string_equal(answer_text(&next, ANSWER_SWAP), "2048M");
	assert_int_equal(next.of[ANSWER_SWAP].origin, ORIGIN_REMEMBERED);
	assert_string_equal(next.of[ANSWER_SWAP].since, "T1");
	assert_string_equal(answer_service(&next, "redis"), "r");
	assert_string_equal(next.parts[0].said.since, "T1");
	assert_false(answer_said(&next, ANSWER_PORT) || answer_said(&next, ANSWER_OVERHEAD));
	/* The time stays while the answer does, even if it is given again in other words. */
	give(b, &next, ANSWER_SWAP, "2048");
	give(b, &next, ANSWER_WORKERS, "5");
	m = remembered(b, &next, "T2", list, n, later);
	assert_int_equal(m, 4);
	answers_recall(&third, &b->arena, later, m);
	assert_string_equal(third.of[ANSWER_SWAP].since, "T1");
	assert_string_equal(third.of[ANSWER_WORKERS].since, "T2");
	assert_string_equal(third.parts[0].said.since, "T1");
}

/* What this run was given wins; "auto" forgets. Recalling again changes nothing. */
static void news_wins(void **state)
{
	static const struct remembered_answer list[] = {{"workers", "4", "T"},	     {"swap", "none", NULL},
							{"service", "a=1,b=2", "T"}, {"swappiness", "300", "T"},
							{"port", "99", "T"},	     {"unknown", "x", "T"}};
	struct bench *b = *state;
	struct answers all = {.parts = {{.part = NULL}}}, was;
	struct remembered_answer out[ANSWER_COUNT];

	give(b, &all, ANSWER_WORKERS, "auto");
	give(b, &all, ANSWER_SERVICE, "b=3,c=4");
	answers_recall(&all, &b->arena, list, ARRAY_SIZE(list));
	assert_null(answer_text(&all, ANSWER_WORKERS));
	assert_string_equal(answer_text(&all, ANSWER_SWAP), "none");
	assert_null(all.of[ANSWER_SWAP].since);
	assert_string_equal(answers_services_text(&all, &b->arena), "a=1,b=3,c=4");
	/* A text that this version rejects, an answer that is not remembered, an unknown one: forgotten. */
	assert_false(answer_said(&all, ANSWER_SWAPPINESS) || answer_said(&all, ANSWER_PORT));
	was = all;
	answers_recall(&all, &b->arena, list, ARRAY_SIZE(list));
	assert_string_equal(answers_services_text(&all, &b->arena), answers_services_text(&was, &b->arena));
	assert_memory_equal(all.of, was.of, sizeof(all.of));
	answers_recall(&all, &b->arena, NULL, 0);
	assert_false(answer_said(&all, ANSWER_SWAP));
	assert_string_equal(answers_services_text(&all, &b->arena), "b=3,c=4");
	assert_int_equal(remembered(b, &all, "T2", list, ARRAY_SIZE(list), out), 2);
	assert_string_equal(out[0].name, "service");
	assert_string_equal(out[1].text, "99");
}

/* Asking for a profile anew drops what belonged to the old one. */
static void new_size(void **state)
{
	static const struct remembered_answer list[] = {
		{"workers", "4", "T"}, {"profile", "small", "T"}, {"swap", "none", "T"}};
	struct bench *b = *state;
	struct answers all = {.parts = {{.part = NULL}}}, same = all;

	give(b, &all, ANSWER_PROFILE, "large");
	answers_recall(&all, &b->arena, list, ARRAY_SIZE(list));
	assert_string_equal(answer_text(&all, ANSWER_PROFILE), "large");
	assert_false(answer_said(&all, ANSWER_WORKERS));
	assert_string_equal(answer_text(&all, ANSWER_SWAP), "none");
	answers_recall(&same, &b->arena, list, ARRAY_SIZE(list));
	assert_string_equal(answer_text(&same, ANSWER_WORKERS), "4");
}

static void of_two_kinds(void **state)
{
	struct bench *b = *state;
	struct answers all = {.parts = {{.part = NULL}}};

	assert_int_equal(answer_swap(&all).mode, SWAP_MODE_AUTO);
	assert_string_equal(answer_swap_file(&all), DEFAULT_SWAP_FILE);
	give(b, &all, ANSWER_SWAP, "none");
	assert_int_equal(answer_swap(&all).mode, SWAP_MODE_NONE);
	give(b, &all, ANSWER_SWAP, "1G");
	assert_int_equal(answer_swap(&all).mode, SWAP_MODE_SIZE);
	assert_int_equal(answer_swap(&all).mib, 1024);
	give(b, &all, ANSWER_SWAP, "UUID=a");
	assert_int_equal(answer_swap(&all).mode, SWAP_MODE_DEVICE);
	assert_string_equal(answer_swap(&all).device, "UUID=a");
	assert_int_equal(answer_edits(&all), EDITS_ASK);
	give(b, &all, ANSWER_OVERWRITE_EDITS, "");
	assert_int_equal(answer_edits(&all), EDITS_OVERWRITE);
	assert_true(answer_on(&all, ANSWER_OVERWRITE_EDITS) && !answer_on(&all, ANSWER_YES));
	give(b, &all, ANSWER_KEEP_EDITS, "");
	assert_int_equal(answer_edits(&all), EDITS_KEEP);
}

static void provider_keys(void **state)
{
	struct answers all = {.parts = {{.part = NULL}}};

	(void)state;
	for (int i = 0; i < PROVIDER_COUNT; i++)
		assert_int_equal(secret_answer_find(secret_answers[i].name), i);
	assert_int_equal(secret_answer_find("workers"), PROVIDER_COUNT);
	assert_null(secret_answer_set(&all, PROVIDER_OPENAI, "sk-1"));
	assert_string_equal(all.provider_keys[PROVIDER_OPENAI], "sk-1");
	for (const char *const *p = (const char *const[]){"a\nb", "a b", "a\"b", "\xff", NULL}; *p; p++)
		assert_non_null(secret_answer_set(&all, PROVIDER_OPENAI, *p));
	assert_string_equal(all.provider_keys[PROVIDER_OPENAI], "sk-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(reads_back),
		bench_test(wrong_ones),
		bench_test(numbers),
		bench_test(swap),
		bench_test(paths_and_addresses),
		bench_test(reasons),
		bench_test(long_paths),
		bench_test(automatic),
		bench_test(services),
		bench_test(too_many_services),
		bench_test(table),
		bench_test(remembers),
		bench_test(news_wins),
		bench_test(new_size),
		bench_test(of_two_kinds),
		bench_test(provider_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
