/* SPDX-License-Identifier: MIT */
/* What a message may show of somebody's file: the forms of values, names and tokens, the quoted line. */
#include "unit.h"

#include "core/discreet.h"

#define SHAPES (SHAPE_PORTS + 1)

static const char *const tokens[] = {"sk-abc",
				     "sk_x",
				     "pk-1",
				     "ghp_x",
				     "gho_x",
				     "xoxb-1",
				     "AKIAX",
				     "AIzaX",
				     "hf_x",
				     "eyJhbGciOi",
				     "0123456789abcdef",
				     "aB3dE6gH9jK2mN5p",
				     "a1b2c3d4e5f6a7b8"};
static const char *const names[] = {
	"litellm",     "ai-gateway", "a.b",	      "open-webui_data", "sk",	       "sk-",
	"NUM_WORKERS", "v1.89.0",    "postgres-16.9", "OPENAI_API_KEY",	 "2024-11-25", "my-service-2024",
	"task-force",  "x"};

static void names_and_tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++)
		if (!discreet_is_token(tokens[i], strlen(tokens[i])) || discreet_is_name(tokens[i], strlen(tokens[i])))
			fail_msg("%s is a name", tokens[i]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (discreet_is_token(names[i], strlen(names[i])) || !discreet_is_name(names[i], strlen(names[i])))
			fail_msg("%s is no name", names[i]);
	for (const char *const *p =
		     (const char *const[]){"", " ", "a b", "a:b", "a=b", "a\n", "a\033", "a@b", "$a", "a#", NULL};
	     *p; p++)
		assert_false(discreet_is_name(*p, strlen(*p)));
	assert_true(discreet_is_name("<<", 2) && discreet_is_name("gr\xc3\xbcn", 5));
	assert_false(discreet_is_name("<", 1) || discreet_is_name("<<<", 3));
	assert_true(discreet_is_name("a b", 1));
	assert_false(discreet_is_name("sk-x y", 4));
}

static void length_of_a_name(void **state)
{
	char text[80];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(discreet_is_name(text, 64));
	assert_false(discreet_is_name(text, 65));
}

static void keys_of_secrets(void **state)
{
	static const char *const yes[] = {"api_key",	 "PASSWORD",   "pgpass", "DB_PW", "client_secret", "Token",
					  "credentials", "basic_auth", "SALT",	 "pin",	  "DATABASE_URL",  "redis_uri",
					  "sentry_dsn",	 "connection", "cert",	 "hash",  "user",	   "KEY"};
	static const char *const no[] = {"image", "memory", "workers", "ports", "ke", "", "to-ken", "volumes"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!discreet_names_secret(yes[i], strlen(yes[i])))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (discreet_names_secret(no[i], strlen(no[i])))
			fail_msg("%s", no[i]);
	assert_false(discreet_names_secret("xkey", 3));
}

/* One row a value, one letter a form that it has: host, number, word, name, path, image, ports. */
static void shapes(void **state)
{
	static const struct {
		const char *value, *fits;
	} rows[] = {
		{"http://litellm:4000", "hPI"},
		{"https://h", "hPI"},
		{"http://h/", "hPI"},
		{"http://h/v1", "hPI"},
		{"http://h/v1/", "PI"},
		{"http://h/x", "PI"},
		{"http://", "PI"},
		{"http:///v1", "PI"},
		{"http://u@h", ""},
		{"http://h?x", ""},
		{"ftp://h", "PI"},
		{"http://H", "PI"},
		{"http://sk-abc", ""},
		{"4", "nNip"},
		{"0.5", "nNip"},
		{"1536M", "nNi"},
		{"1.5 GiB", "n"},
		{"30s", "nNi"},
		{"-2000", "nNip"},
		{"50%", "n"},
		{"123456789", "Nip"},
		{"1.5 GiBs", ""},
		{"M", "wNi"},
		{"-", "wNi"},
		{"1 2", ""},
		{"true", "nwNi"},
		{"~", "nw"},
		{"none", "nwNi"},
		{"unless-stopped", "wNi"},
		{"hunter2", "Ni"},
		{"a word", ""},
		{"/app/config.yaml", "PI"},
		{"./a:/b:ro", "PI"},
		{"./sk-abc:/b", ""},
		{"/a b", ""},
		{"ghcr.io/berriai/litellm:v1.2", "PI"},
		{"redis:7", "i"},
		{"x@sha256:0123456789abcdef0a", "i"},
		{"x/0123456789abcdef0a", ""},
		{"x:sk-abc", ""},
		{"127.0.0.1:8080:80/tcp", "PIp"},
		{"[::1]:80", "p"},
		{"8080", "nNip"},
		{"", ""},
		{"a;b", ""},
		{"a\nb", ""},
		{"\xff", "N"},
		{"$(id)", ""},
	};
	static const char letters[] = " hnwNPip";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int shape = 0; shape < SHAPES; shape++) {
			bool fits = discreet_shape_fits((enum discreet_shape)shape, rows[i].value);
			bool wanted = strchr(rows[i].fits, letters[shape]) != NULL ||
				      (shape == SHAPE_IMAGE && strchr(rows[i].fits, 'I'));

			if (fits != wanted)
				fail_msg("'%s' as '%c'", rows[i].value, letters[shape]);
		}
}

static void harmless(void **state)
{
	static const char *const always[] = {"$A", "${A}", "${A}${B}", "os.environ/A",
					     "${A:?run vpsfit apply to make it}"};
	static const char *const never[] = {"",
					    "x",
					    "$",
					    "$$",
					    "${A",
					    "${}",
					    "${A:-x}",
					    "${A-x}",
					    "${A:?x}",
					    "${A:+x}",
					    "${sk-abc}",
					    "$sk_abc",
					    "os.environ/sk-abc",
					    "os.environ/",
					    "${A}x",
					    "${A:=1}",
					    "${A:?run vpsfit apply to make it!}",
					    "os.environ/a b"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		for (int shape = 0; shape < SHAPES; shape++)
			if (!discreet_is_harmless(&b->arena, (enum discreet_shape)shape, always[i]))
				fail_msg("%s is hidden as %d", always[i], shape);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (discreet_is_harmless(&b->arena, SHAPE_NONE, never[i]))
			fail_msg("'%s' is shown", never[i]);
	/* What stands around and in variables must fit together. */
	assert_true(discreet_is_harmless(&b->arena, SHAPE_NUMBER, "${M:-512}M"));
	assert_true(discreet_is_harmless(&b->arena, SHAPE_NUMBER, "${M-512}"));
	assert_false(discreet_is_harmless(&b->arena, SHAPE_NUMBER, "${M:-hunter2}"));
	assert_false(discreet_is_harmless(&b->arena, SHAPE_IMAGE, "x:${T:-sk-abc}"));
	assert_true(discreet_is_harmless(&b->arena, SHAPE_PORTS, "${B:-127.0.0.1}:${P:-80}:80"));
}

/* Whatever is around them, tokens fit no form that is shown. */
static void tokens_fit_nothing(void **state)
{
	static const char *const around[] = {"%s",	  "/%s",	 "%s/x", "./%s:/y",
					     "http://%s", "http://h/%s", "x:%s", "${A:-%s}"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++)
		for (size_t k = 0; k < ARRAY_SIZE(around); k++) {
			size_t n = strcspn(around[k], "%");
			const char *text =
				arena_printf(&b->arena, "%.*s%s%s", (int)n, around[k], tokens[i], around[k] + n + 2);

			for (int shape = 0; shape < SHAPES; shape++)
				if (shape != SHAPE_WORD && shape != SHAPE_PORTS &&
				    discreet_is_harmless(&b->arena, (enum discreet_shape)shape, text))
					fail_msg("%s is shown as %d", text, shape);
		}
}

static void key_is(const char *line, const char *wanted)
{
	size_t len;
	const char *key = discreet_line_key(line, &len);

	if (len != strlen(wanted) || memcmp(key, wanted, len) != 0)
		fail_msg("'%s' has the key '%.*s'", line, (int)len, key);
}

static void keys_of_lines(void **state)
{
	(void)state;
	key_is("a: b", "a");
	key_is("  - a: b", "a");
	key_is("\t- - a:", "a");
	key_is("\"a b\": c", "a b");
	key_is("'a': c", "a");
	key_is("'a", "a");
	key_is("", "");
	key_is("- ", "");
	key_is("# a: b", "");
	key_is("{a: b}", "");
	key_is("[a]", "");
	key_is("-a: b", "-a");
	key_is("a", "a");
}

static void quoted(void **state)
{
	static const struct {
		const char *line;
		unsigned col;
		const char *wanted;
	} rows[] = {
		{"workers: 4", 1, "workers: 4"},
		{"workers: 4", 10, "workers: 4"},
		{"workers: 1234567", 1, "workers: (hidden)"},
		{"api_key: 4", 1, "api_key: (hidden)"},
		{"image: x:1", 8, "image: x:1"},
		{"image: x:sk-abc", 1, "image: (hidden)"},
		{"a: secret", 4, "a: (hidden)"},
		{"a: secret", 5, NULL},
		{"\"a\": 'x'", 6, "\"a\": (hidden)"},
		{"gr\xc3\xbcn: secret", 7, "gr\xc3\xbcn: (hidden)"},
		{"gr\xc3\xbcn: secret", 8, NULL},
		{"a:", 3, "a:"},
		{"- [", 1, "- ["},
		{"", 1, ""},
		{"secret", 1, NULL},
		{"- secret", 1, NULL},
		{"# secret", 1, NULL},
		{"a:secret", 1, NULL},
		{"a : secret", 1, NULL},
		{"{a: secret}", 1, NULL},
		{"'a: secret", 1, NULL},
		{"sk-abc: 1", 1, NULL},
		{"? secret", 1, NULL},
		{"- image: x:1", 1, "- image: x:1"},
		{"api_image: x:1", 1, "api_image: (hidden)"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *is = discreet_quote(&b->arena, rows[i].line, rows[i].col);

		if (!is != !rows[i].wanted || (is && strcmp(is, rows[i].wanted) != 0))
			fail_msg("'%s', column %u: '%s'", rows[i].line, rows[i].col, is ? is : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(names_and_tokens), bench_test(length_of_a_name), bench_test(keys_of_secrets),
		bench_test(shapes),	      bench_test(harmless),	    bench_test(tokens_fit_nothing),
		bench_test(keys_of_lines),    bench_test(quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
