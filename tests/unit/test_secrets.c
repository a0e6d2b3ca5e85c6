/* SPDX-License-Identifier: MIT */
/* What a difference shows of a file: what is not known to be harmless is hidden, and every line stays a line. */
#include "unit.h"

#include "core/strbuf.h"
#include "output/secrets.h"

/* Of no form that a key could allow, and one that looks like a word. */
static const char *const secrets[] = {"sk-proj-0123456789abcdefABCDEF", "hunter2", "c0rrect-h0rse", "p@ss:w/ord!",
				      "gr\xc3\xbcn3r-s\xc3\xa4\xc3\xb6"};

static const struct secrets_file yaml = {.path = "compose.yaml"}, env = {.path = ".env", .env = true},
				 other = {.path = "/opt/gw/nginx.conf"}, fstab = {.path = "/etc/fstab"};

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static const char *hidden(struct bench *b, const struct secrets_file *f, const char *text)
{
	const char *shown = secrets_hidden(&b->arena, f, text, strlen(text));

	if (lines_of(shown) != lines_of(text))
		fail_msg("other lines: '%s' for '%s'", shown, text);
	return shown;
}

/* The text with each '^' replaced. */
static const char *with(struct bench *b, const char *form, const char *secret)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (; *form; form++)
		if (*form == '^')
			strbuf_puts(&out, secret);
		else
			strbuf_putc(&out, *form);
	text = arena_strdup(&b->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static void never_shown(struct bench *b, const struct secrets_file *f, const char *const *forms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(secrets); k++) {
			const char *text = with(b, forms[i], secrets[k]), *shown = hidden(b, f, text);

			if (strstr(shown, secrets[k]))
				fail_msg("'%s' is shown as '%s'", text, shown);
		}
}

/* A secret at every place of YAML. */
static void hidden_in_yaml(void **state)
{
	static const char *const forms[] = {
		"a: ^\n",
		"a: '^'\n",
		"a: \"^\"\n",
		"a: |\n  ^\n  x\nb: 1\n",
		"a: >-\n  x\n  ^\n",
		"a: &x '^'\nb: *x\n",
		"a: !t '^'\n",
		"- '^'\n",
		"a:\n- '^'\n- - '^'\n",
		"a: {b: '^', c: ['^']}\n",
		"a: ['^', {b: '^'}]\r\nb: '^'\r\n",
		"# ^\na: 1 # ^\n",
		"# vpsfit: a=^\n",
		"a: x\n  ^\n  y\n",
		"'^ x': 1\n",
		"? '^ x'\n: 1\n",
		"{'^'}\n",
		"a: {'^'}\n",
		"a:\n  '^'\n",
		"'^'\n",
		"API_KEY: '^'\n",
		"services: {s: {environment: ['A=^', 'A = ^', '^', '=^', 'A=x^']}}\n",
		"services:\n  s:\n    environment:\n      A: '^'\n      NUM_WORKERS: '^'\n      PORT: '^'\n",
		"services:\n  s:\n    labels: ['a.b=^']\n    build: {args: ['A=^'], x: '^'}\n",
		"services:\n  s:\n    command: [--num_workers, '^', --api-key, '^', '--x=^', '^']\n",
		"services:\n  s:\n    command: litellm --port ^ --key ^\n    entrypoint: 'A=^ sh -c ^'\n",
		"services:\n  s:\n    command: >\n      litellm\n      --key ^\n",
		"services:\n  s:\n    ports: ['^']\n    expose: ['^']\n",
		"services:\n  s:\n    env_file: '^'\n    mem_limit: '^'\n    deploy: {resources: {limits: {memory: '^'}}}\n",
		"services:\n  s:\n    healthcheck: {test: ['CMD', curl, '^'], interval: '^'}\n",
		"services:\n  s:\n    image: '${A:-^ }'\n    restart: '${A:?^}'\n",
		"DATABASE_URL: postgres://u:^@h/db\n",
		"a: http://u:^@h:1/v1\n",
		"a: https://h/^\n",
		"a: https://h/v1?k=^\n",
		"a: [\nb: ^\n",
		"a: 1\na: '^'\n---\nb: '^'\n",
		"a: '^\n",
		"\t^\n",
		"%YAML 1.2\n---\na: '^'\n...\n'^'\n",
	};

	never_shown(*state, &yaml, forms, ARRAY_SIZE(forms));
}

static void hidden_in_env(void **state)
{
	static const char *const forms[] = {
		"A=^\n",
		"A='^'\n",
		"A=\"^\"\r\nB=1\r\n",
		"export A=^\n",
		"export\tA = ^\n",
		" A=^\n",
		"A: ^\n",
		"^\n",
		"# ^\n",
		"#A=^\n",
		"A=\"x\n^\n\"\n",
		"A=1\\\n^\n",
		"=^\n",
		"A=^",
		"A\x01=^\n",
		"A=1 # ^\n",
		"A='x'^\n",
		"A B=^\n",
		"NUM_WORKERS=^\n",
		"PORT=^\n",
		"GATEWAY_BIND=^\n",
		"A=http://u:^@h\n",
		"WEB_CONCURRENCY=\"^\n",
		"LITELLM_MODE=^ 1\n",
		"A=made-by-vpsfit-apply^\n",
	};
	static const struct secrets_file by_name = {.path = "/opt/gw/prod.env"};

	never_shown(*state, &env, forms, ARRAY_SIZE(forms));
	never_shown(*state, &by_name, forms, ARRAY_SIZE(forms));
}

static void hidden_elsewhere(void **state)
{
	static const char *const forms[] = {"^\n", "x ^\n\n  ^\r\n", "^", "# ^\n", "auth_basic \"^\";\n"};
	static const char *const lines[] = {"//nas/x /m cifs password=^ 0 0\n", "# ^\n", "/x swap ext4 pass=^ 0 0\n",
					    "swap /x ^ 0 0\n"};

	never_shown(*state, &other, forms, ARRAY_SIZE(forms));
	never_shown(*state, &fstab, forms, ARRAY_SIZE(forms));
	never_shown(*state, &fstab, lines, ARRAY_SIZE(lines));
}

/* Generated keys are no names, whatever a key allows. */
static void tokens(void **state)
{
	static const char *const forms[] = {"services:\n  s:\n    image: x/^:1\n",
					    "services:\n  s:\n    image: x:^\n",
					    "services:\n  s:\n    volumes: ['./^:/x']\n",
					    "services:\n  s:\n    container_name: ^\n",
					    "services:\n  s:\n    command: --^ x\n",
					    "services:\n  s:\n    profiles: [^]\n",
					    "^: 1\n",
					    "services:\n  ^: {image: x}\n",
					    "a: $^\n",
					    "a: ${^}\n",
					    "a: os.environ/^\n",
					    "a: http://^/\n",
					    "a: 1 # vpsfit: it is ^\n",
					    "services: {s: {environment: [^, '^=1']}}\n"};
	static const char *const keys[] = {"sk-proj-0123456789abcdefABCDEF", "ghp_0123456789abcdefghijABCD",
					   "AKIA0123456789ABCDEF", "0123456789abcdef0123456789abcdef",
					   "hf_abcdefghijklmnop"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (strstr(hidden(b, &yaml, with(b, forms[i], keys[k])), keys[k]))
				fail_msg("shown: %s", with(b, forms[i], keys[k]));
}

static void shown_as_it_is(struct bench *b, const struct secrets_file *f, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(hidden(b, f, texts[i]), texts[i]);
}

static void may_be_shown(void **state)
{
	static const char *const yamls[] = {
		"",
		"\n\n",
		"services:\n  litellm: # vpsfit: as planned\n    image: ghcr.io/berriai/litellm:v1.2\n    mem_limit: 2048M\n",
		"services:\n  s: {image: 'x@sha256:0123456789abcdef0123456789abcdef', restart: unless-stopped}\n",
		"services:\n  s:\n    command: [litellm, --num_workers, '4', --port, '4000', -v]\n",
		"services:\n  s:\n    command: litellm --config /app/config.yaml --num_workers 4\n",
		"services:\n  s:\n    ports: ['127.0.0.1:8080:80/tcp']\n    volumes: ['./a:/b:ro']\n",
		"services:\n  s:\n    environment: [A, NUM_WORKERS=4, 'A=${A}']\n    depends_on: [db]\n",
		"services:\n  s:\n    environment:\n      A: ${A}\n      KEY: os.environ/MY_KEY\n      NUM_WORKERS: \"4\"\n",
		"a: http://litellm:4000/v1\r\nb: {C: , d: ''}\r\n# \n#\n",
		"a: &x {memory: 64M}\nb: *x\n<<: *x\n",
		"a: [\n]\n",
	};
	static const char *const envs[] = {"",
					   "\n \n",
					   "NUM_WORKERS=4\n",
					   "export PORT=8080\r\n",
					   "A=\nB=\r\n",
					   "GATEWAY_BIND=127.0.0.1\n",
					   "A=http://h:1\n",
					   "A=${B}\n",
					   "PORT='80'"};
	static const char *const fstabs[] = {"/swapfile none swap sw,nofail,x-vpsfit 0 0\n", "\n/x\tnone\tswap\tsw\n",
					     "/x y swap\n"};

	shown_as_it_is(*state, &yaml, yamls, ARRAY_SIZE(yamls));
	shown_as_it_is(*state, &env, envs, ARRAY_SIZE(envs));
	shown_as_it_is(*state, &fstab, fstabs, ARRAY_SIZE(fstabs));
}

static void in_their_places(void **state)
{
	struct bench *b = *state;

	assert_string_equal(hidden(b, &yaml, "a: x # y\nb: [x, {c: 'z'}] # vpsfit: why\n"),
			    "a: (hidden) # (hidden)\nb: [(hidden), {c: (hidden)}] # vpsfit: why\n");
	assert_string_equal(hidden(b, &yaml, "a: |\n  x\n\n  y\nb: 1\n"),
			    "a: (hidden)\n  (hidden)\n\n  (hidden)\nb: (hidden)\n");
	assert_string_equal(hidden(b, &env, "A=x\n# y\nz\nB=made-by-vpsfit-apply\n"),
			    "A=(hidden)\n# (hidden)\n(hidden)\nB=(a new secret)\n");
	assert_string_equal(hidden(b, &other, "a b\n\nc"), "(hidden)\n\n(hidden)");
}

/* A value that is reported elsewhere is no secret, but under a key that names one it is. */
static void told(void **state)
{
	static const char *const values[] = {"shown-1", "4"};
	const struct secrets_file f = {.path = "c.yaml", .shown = values, .shown_count = 2},
				  e = {.path = ".env", .env = true, .shown = values, .shown_count = 2};
	struct bench *b = *state;

	assert_string_equal(hidden(b, &f, "a: shown-1\nb: shown-12\nMY_KEY: shown-1\npassword: 4\n"),
			    "a: shown-1\nb: (hidden)\nMY_KEY: (hidden)\npassword: (hidden)\n");
	assert_string_equal(hidden(b, &e, "A=shown-1\nB='shown-1'\nDB_PASS=shown-1\nC=shown\n"),
			    "A=shown-1\nB='shown-1'\nDB_PASS=(hidden)\nC=(hidden)\n");
	assert_false(secrets_told(&f, "a", 1, ""));
	assert_true(secrets_told(&f, NULL, 0, "4"));
	assert_false(secrets_told(&f, "apiTOKEN", 8, "4"));
}

/* Lines that the package ships are known to everybody. A line that only begins like one is not. */
static void shipped(void **state)
{
	const struct secrets_file f = {.path = "/opt/gw/nginx.conf", .shipped = "server {\n  listen 80;\n}\n"},
				  y = {.path = "c.yaml", .shipped = "# why\na: words of ours\n"},
				  e = {.path = ".env", .env = true, .shipped = "# why\nA=words of ours\n"};
	struct bench *b = *state;

	assert_string_equal(hidden(b, &f, "server {\r\n  listen 80;\n  listen 80;x\n  listen\n}"),
			    "server {\r\n  listen 80;\n(hidden)\n(hidden)\n}");
	assert_string_equal(hidden(b, &y, "# why\n# not\na: words of ours\nb: words of ours\n"),
			    "# why\n# (hidden)\na: words of ours\nb: (hidden)\n");
	assert_string_equal(hidden(b, &y, "a: |\n  # why\nb: [\n"), "(hidden)\n(hidden)\n(hidden)\n");
	assert_string_equal(hidden(b, &e, "# why\r\n# wh\n# why!\nA=words of ours\n"),
			    "# why\r\n# (hidden)\n# (hidden)\nA=(hidden)\n");
}

/* vpsfit's own text is shown, but not the secrets of its .env. */
static void ours(void **state)
{
	const struct secrets_file conf = {.path = "nginx.conf", .ours = true},
				  dotenv = {.path = ".env", .env = true, .ours = true};
	struct bench *b = *state;

	assert_string_equal(hidden(b, &conf, "any text\n"), "any text\n");
	assert_string_equal(hidden(b, &dotenv, "# any comment\nA=x1y\n"), "# any comment\nA=(hidden)\n");
}

/* Bytes of any kind, and NUL: nothing of the file's own but blanks is left of a binary one. */
static void any_bytes(void **state)
{
	static const char letters[] = "ab1:-#'\"{}[],&*!|>%@`= \t\n\n\r=$\\\xff\xc3\xbc~?";
	const struct secrets_file *const files[] = {&yaml, &env, &other, &fstab};
	struct bench *b = *state;
	unsigned seed = 3;
	char text[48];

	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)(rand_r(&seed) % 47);

		for (size_t k = 0; k < n; k++)
			text[k] = letters[(size_t)rand_r(&seed) % (sizeof(letters) - 1)];
		text[n] = '\0';
		hidden(b, files[i % 4], text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_string_equal(secrets_hidden(&b->arena, files[i], "PORT=1\n\0b\n", 10), "(hidden)\n(hidden)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(hidden_in_yaml), bench_test(hidden_in_env), bench_test(hidden_elsewhere),
		bench_test(tokens),	    bench_test(may_be_shown),  bench_test(in_their_places),
		bench_test(told),	    bench_test(shipped),       bench_test(ours),
		bench_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
