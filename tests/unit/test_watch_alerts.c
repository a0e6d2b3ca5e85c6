/* SPDX-License-Identifier: MIT */
/* Messages: each trouble is told once when it begins and once when it ends, whatever the figures do in between. */
#include "unit.h"

#include "watch/feed.h"

static uint32_t seed = 1;

static uint32_t chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static int64_t between(int64_t least, int64_t most)
{
	return least + (int64_t)(chance() % (uint32_t)(most - least + 1));
}

/* A walk that wanders by up to 3 % a look, kept within two bounds. */
static int64_t wander(int64_t at, int64_t least, int64_t most)
{
	at += between(-300, 300);
	return at < least ? least : at > most ? most : at;
}

struct told {
	int begins, worse, again, ends, looks;
};

static int64_t walk(struct alert *a, int64_t now, int64_t at, int64_t least, int64_t most, int looks, struct told *t)
{
	for (int i = 0; i < looks; i++, now += 10) {
		at = wander(at, least, most);
		switch (alert_step(a, now, at)) {
		case ALERT_BEGINS:
			t->begins++;
			break;
		case ALERT_WORSE:
			t->worse++;
			break;
		case ALERT_AGAIN:
			t->again++;
			break;
		case ALERT_ENDS:
			t->ends++;
			break;
		case ALERT_NOTHING:
			break;
		}
	}
	return now;
}

/*
 * Up to 79 %, then a trouble between 71 and 95 % with dips that are no end of it and a stretch surely above 80, then
 * down for good: one message in, one out.
 */
static void ten_thousand_walks(void **state)
{
	(void)state;

	for (int n = 0; n < 10000; n++) {
		struct alert a = {.kind = ALERT_MEMORY, .above_since = -1, .below_since = -1};
		struct told t = {0, 0, 0, 0, 0};
		int64_t now = 1;

		now = walk(&a, now, 4000, 2000, 8000, 60, &t);
		assert_int_equal(t.begins, 0);
		now = walk(&a, now, 8500, 8100, 9400, 10, &t);
		now = walk(&a, now, 8500, 7100, 9400, (int)between(20, 200), &t);
		/* Dips below 70 % for less than a quarter of an hour. */
		now = walk(&a, now, 6500, 6000, 6900, 80, &t);
		now = walk(&a, now, 8000, 7100, 9400, 30, &t);
		assert_int_equal(t.ends, 0);
		walk(&a, now, 6000, 2000, 6900, 100, &t);
		if (t.begins != 1 || t.ends != 1 || t.worse != 0)
			fail_msg("walk %d: %d begins, %d ends, %d worse", n, t.begins, t.ends, t.worse);
	}
}

/* Whatever the figures do: in and out take turns, and nothing is repeated within the hour. */
static void wild_walks(void **state)
{
	(void)state;

	for (int n = 0; n < 2000; n++) {
		struct alert a = {
			.kind = (enum alert_kind)(chance() % ALERT_KINDS), .above_since = -1, .below_since = -1};
		int64_t at = 5000, last = -100000;
		bool in = false;

		for (int64_t now = 1; now < 20000; now += 10) {
			enum alert_says says;

			at = chance() % 50 == 0 ? between(-1, 10000) : wander(at, 0, 10000);
			says = alert_step(&a, now, at);
			assert_true(says != ALERT_BEGINS || !in);
			assert_true(says != ALERT_ENDS || in);
			assert_true(says != ALERT_AGAIN || (in && now - last >= 3600));
			in = says == ALERT_BEGINS || (in && says != ALERT_ENDS);
			last = says == ALERT_NOTHING ? last : now;
		}
	}
}

static void one_high_look_is_no_trouble(void **state)
{
	struct alert a = {.kind = ALERT_MEMORY, .above_since = -1, .below_since = -1};
	(void)state;

	assert_int_equal(alert_step(&a, 10, 9990), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 20, 5000), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 30, 8500), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 40, 8500), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 90, 8500), ALERT_BEGINS);
	assert_int_equal(alert_step(&a, 100, 9600), ALERT_WORSE);
	assert_int_equal(alert_step(&a, 110, -1), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 110 + 3600, 9600), ALERT_AGAIN);
	assert_int_equal(alert_step(&a, 110 + 3600 + 3700, 9600), ALERT_NOTHING); /* an hour and a half now */
	assert_int_equal(alert_step(&a, 110 + 3600 + 5500, 9600), ALERT_AGAIN);
}

static void a_kill_is_told_at_once(void **state)
{
	struct alert a = {.kind = ALERT_KILL, .above_since = -1, .below_since = -1};
	(void)state;

	assert_int_equal(alert_step(&a, 10, 0), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 20, 1), ALERT_BEGINS);
	assert_int_equal(a.state, ALERT_CRITICAL);
	assert_int_equal(alert_step(&a, 30, 2), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 40, 0), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 40 + 1790, 0), ALERT_NOTHING);
	assert_int_equal(alert_step(&a, 40 + 1800, 0), ALERT_ENDS);
}

static void eight_a_day(void **state)
{
	struct alerts all = {.count = 0};
	int sent = 0;
	int64_t until, said = 0;
	(void)state;

	for (int64_t now = 1; now < 3 * ALERT_DAY; now += 600) {
		if (!alerts_may_send(&all, now, &until))
			continue;
		sent++;
		if (now < ALERT_DAY)
			said += until != 0;
		if (now < ALERT_DAY && until)
			assert_int_equal(until, 1 + ALERT_DAY);
	}
	assert_int_equal(sent, 24);
	assert_int_equal(said, 1);
}

struct mail {
	int count;
	struct alert_message last;
};

static void receive(void *context, const struct alert_message *m)
{
	struct mail *mail = context;

	mail->count += !m->muted;
	mail->last = *m;
}

static void what_is_said(void **state)
{
	static struct feed f;
	struct mail mail = {.count = 0};
	struct watch_container c = {.is = {.service = "litellm", .ours = true, .running = true, .started = 1},
				    .use = {.need_kib = 1 << 20,
					    .limit_kib = 1572864,
					    .oom_kill = 0,
					    .pressure = {-1, -1, -1, -1, -1, -1}}},
			       *items[] = {&c};
	struct watch_sample s = {.containers = {.items = items, .count = 1},
				 .host = {2048000, 1024000, 0, 0, 0, 0, {-1, -1, -1, -1, -1, -1}}};
	(void)state;

	memset(&f, 0, sizeof(f));
	f.say = receive;
	f.context = &mail;
	c.limit_kib = c.use.limit_kib;
	feed_look(&f, &s, 10, 100000);
	assert_int_equal(mail.count, 0);
	c.kills = 2;
	feed_look(&f, &s, 20, 100010);
	assert_int_equal(mail.count, 1);
	assert_string_equal(mail.last.what, "kill");
	assert_string_equal(mail.last.level, "critical");
	assert_string_equal(mail.last.text,
			    "litellm: 2 of its processes were killed for lack of memory; its limit is 1536 MiB");
	/* Nobody's: one look later, for its container may tell by then. */
	c.kills = 0;
	s.unnamed = 1;
	feed_look(&f, &s, 30, 100020);
	assert_int_equal(mail.count, 1);
	s.unnamed = 0;
	feed_look(&f, &s, 40, 100030);
	assert_string_equal(mail.last.what, "unnamed-kill");
	c.restarted = 3;
	feed_look(&f, &s, 50, 100040);
	assert_string_equal(mail.last.what, "restarts");
	c.restarted = 0;
	s.host.available_kib = 100000;
	for (int64_t now = 60; now < 200; now += 10)
		feed_look(&f, &s, now, 100000 + now);
	assert_string_equal(mail.last.what, "host-memory");
	assert_string_equal(mail.last.service, "");
	assert_string_equal(mail.last.level, "critical");
}

static void a_leak(void **state)
{
	int64_t flat[24], up[24], day[24], step[24];
	(void)state;

	for (int i = 0; i < 24; i++) {
		flat[i] = 1000000 + (i % 3) * 4000;
		up[i] = 1000000 + i * 20000 + (i % 2) * 3000;
		day[i] = 1000000 + (i < 12 ? i : 24 - i) * 20000;
		step[i] = i < 10 ? 1000000 : 1400000;
	}
	assert_int_equal(alert_slope(flat, 24), 0);
	assert_int_equal(alert_slope(day, 24), 0);
	assert_int_equal(alert_slope(step, 24), 0);
	assert_true(alert_slope(up, 24) > 18000 && alert_slope(up, 24) < 22000);
	assert_int_equal(alert_slope(up, 6), 0);
	assert_true(alert_slope(up, 7) > 0);
	assert_int_equal(alert_slope(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_walks),
		cmocka_unit_test(wild_walks),
		cmocka_unit_test(one_high_look_is_no_trouble),
		cmocka_unit_test(a_kill_is_told_at_once),
		cmocka_unit_test(eight_a_day),
		cmocka_unit_test(what_is_said),
		cmocka_unit_test(a_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
