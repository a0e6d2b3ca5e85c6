/* SPDX-License-Identifier: MIT */
/* What a report must not tell, and what it must keep because programs read it. */
#include "unit.h"

#include "report/redact.h"

static struct arena arena = ARENA_INIT;

static const char *done(const char *text)
{
	struct redactor r = {.a = &arena};
	const char *clean;

	redact_word(&r, REDACT_HOST, "berlin-7", 8);
	redact_word(&r, REDACT_USER, "karla", 5);
	redact_word(&r, REDACT_USER, "ab", 2);
	redact_word(&r, REDACT_USER, "ubuntu", 6);
	clean = redact_string(&r, text);
	redact_clear(&r);
	return clean;
}

static void replaced(void **state)
{
	static const char *const rows[][2] = {
		{"key=sk-proj-1234abcd", "key=<secret-1>"},
		{"Bearer eyJhbGciOi.eyJzdWIiOiIx.c2ln_nature", "Bearer <secret-1>"},
		{"http://bob:s3cret@proxy:3128/", "http://<secret-1>@proxy:3128/"},
		{"mail k.s+x@firma-intern.de now", "mail <mail-1> now"},
		{"7c1d9a2e-5b3f-4e8a-9c6d-0f1e2d3c4b5a", "00000000-0000-4000-8000-000000000001"},
		{"ether 52:54:00:ab:cd:ef brd", "ether 02:00:00:00:00:01 brd"},
		{"85.214.132.117/24", "203.0.113.2/24"},
		{"(192.168.1.7)", "(10.255.0.2)"},
		{"inet6 2a01:4f8:c0c:1::1/64", "inet6 2001:db8::1/64"},
		{"[fe80::1234:5678]:80", "[fe80::1]:80"},
		{"docker-0123456789abcdef0123456789abcdef.scope", "docker-00000000000000000000000000000001.scope"},
		{"A=QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "A=<secret-1>"},
		{"QWxhZGRpbjpvcGVuIHNlc2FtZQ1", "<secret-1>"},
		{"on berlin-7.local for karla", "on <host-1>.local for <user-1>"},
		{"/home/jdoe77/gateway", "/home/<user-1>/gateway"},
		{"karla karla", "<user-1> <user-1>"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(done(rows[i][0]), rows[i][1]);
}

static void kept(void **state)
{
	static const char *const rows[] = {
		"127.0.0.1:8080",
		"0.0.0.0",
		"::1",
		"0::/user.slice/user-1000.slice/user@1000.service",
		"5.15.167.4-microsoft-standard-WSL2",
		"5:20.10.24+dfsg1-1+deb12u1",
		"0000:00:1f.2",
		"12:34:56",
		"/etc/X11/default-display-manager",
		"etc/X11/default-display-manager",
		"LITELLM_SALT_KEY",
		"ghcr.io/berriai/litellm:v1.110.2",
		"compose.yaml:services/litellm/deploy/resources/limits/memory",
		"d34226622627c1ad",
		"karlas ubuntu ab skarla",
		"/home/ubuntu/gateway",
		"memory: 700 of 1024 MiB",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(done(rows[i]), rows[i]);
}

static void one_text_has_one_token(void **state)
{
	struct redactor r = {.a = &arena};

	(void)state;
	assert_string_equal(redact_string(&r, "8.8.8.8 9.9.9.9 8.8.8.8"), "203.0.113.2 203.0.113.3 203.0.113.2");
	assert_int_equal(r.times[REDACT_IPV4], 3);
	assert_int_equal(r.of_kind[REDACT_IPV4], 2);
	redact_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(replaced), cmocka_unit_test(kept),
					   cmocka_unit_test(one_text_has_one_token)};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	arena_clear(&arena);
	return rc;
}
