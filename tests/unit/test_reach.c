/* SPDX-License-Identifier: MIT */
/* Where the gateway is reached: what was asked for, what is there, and what an apply will have the files publish. */
#include "unit.h"

#include "core/machine.h"
#include "core/reach.h"

struct row {
	struct machine_front front;
	const char *bind, *domain, *compose; /* answers; NULL: none */
	int64_t port;
	const char *address; /* of the machine */
	const char *url;     /* NULL: none */
	const char *says;    /* in the text; NULL: no text */
};

#define THERE                                                                                                          \
	{                                                                                                              \
		.bind = "127.0.0.1", .port = 8080                                                                      \
	}

static const struct row rows[] = {
	{.front = THERE, .url = "http://127.0.0.1:8080", .says = "for this machine alone"},
	{.front = THERE, .port = 9000, .url = "http://127.0.0.1:9000", .says = "SSH tunnel"},
	{.front = THERE, .bind = "10.0.0.5", .url = "http://10.0.0.5:8080", .says = "for others too"},
	{.front = THERE, .bind = "0.0.0.0", .address = "10.0.0.7", .url = "http://10.0.0.7:8080", .says = "others"},
	{.front = THERE, .bind = "::", .address = "2001:db8::7", .url = "http://[2001:db8::7]:8080", .says = "others"},
	{.front = THERE, .bind = "[::1]", .url = "http://[::1]:8080", .says = "for this machine alone"},
	{.front = THERE, .bind = "0.0.0.0", .url = "http://ADDRESS-OF-THIS-MACHINE:8080", .says = "others"},
	{.front = {.port = 8080}},
	{.front = {.bind = "127.0.0.1"}},
	{.front = THERE,
	 .domain = "chat.example.org",
	 .url = "https://chat.example.org",
	 .says = "on ports 80 and 443"},
	{.front = THERE, .compose = "/srv/compose.yaml"},
	/* What the files will publish counts, whatever is answered. */
	{.front = {.settled = true, .then_bind = "10.0.0.8", .then_port = 81},
	 .bind = "127.0.0.1",
	 .port = 9000,
	 .url = "http://10.0.0.8:81",
	 .says = "for others too"},
	{.front = {.bind = "127.0.0.1", .port = 8080, .settled = true}, .says = "cannot be told"},
	{.front = {.bind = "127.0.0.1", .port = 8080, .settled = true}, .compose = "/srv/compose.yaml"},
};

static void each_row(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct machine m = {.front = r->front, .address = r->address};
		struct answers a = {.of = {{.origin = ORIGIN_DEFAULT}}};
		const char *url, *text;

		if (r->bind)
			a.of[ANSWER_BIND] = said(r->bind, 0);
		if (r->domain)
			a.of[ANSWER_DOMAIN] = said(r->domain, 1);
		if (r->compose)
			a.of[ANSWER_COMPOSE] = said(r->compose, 0);
		if (r->port)
			a.of[ANSWER_PORT] = said("said", r->port);
		url = reach_url(&b->arena, &m, &a);
		text = reach_text(&b->arena, &m, &a);
		if (!url != !r->url || (url && !STR_EQ(url, r->url)))
			fail_msg("row %zu: %s", i, url ? url : "no address");
		if (!text != !r->says || (text && !strstr(text, r->says)))
			fail_msg("row %zu: %s", i, text ? text : "no text");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(each_row, bench_setup, bench_teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
