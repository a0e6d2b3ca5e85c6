/* SPDX-License-Identifier: MIT */
/* What a sample is read from: files of control groups and an engine's records, whole and broken; whose kills. */
#include "unit.h"

#include "core/utc.h"
#include "core/units.h"
#include "watch/json_scan.h"
#include "watch/sample.h"

#define MIB(n) (INT64_C(1024) * (n))
#define U WATCH_UNKNOWN

static void numbers_of_the_kernel(void **state)
{
	static const struct {
		const char *text;
		int64_t kib;
	} cases[] = {
		{"1048576\n", 1024},
		{"0\n", 0},
		{"max\n", 0},
		{"", U},
		{"\n", U},
		{"garbage\n", U},
		{"-4096\n", 0},
		{"-\n", U},
		{"9223372036854771712\n", 0},  /* version 1's "no limit" */
		{"18446744073709547520\n", 0}, /* 4096 less than nothing */
		{"18446744073709551616\n", U}, /* above 64 bits */
		{"123456789012345678901234567890\n", U},
		{NULL, U},
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(watch_bytes(cases[i].text), cases[i].kib);
}

static void fields_stand_at_the_start_of_a_line(void **state)
{
	static const char text[] = "oom_kill_disable 0\nunder_oom 1\noom_kill 7\nx oom_kill 9\nlast -3";
	(void)state;

	assert_int_equal(watch_field(text, "oom_kill"), 7);
	assert_int_equal(watch_field(text, "oom"), U);
	assert_int_equal(watch_field(text, "last"), 0);
	assert_int_equal(watch_field("oom_kill", "oom_kill"), U);
	assert_int_equal(watch_field("oom_kill ", "oom_kill"), U);
	assert_int_equal(watch_field("", "oom_kill"), U);
	assert_int_equal(watch_field(NULL, "oom_kill"), U);
	assert_int_equal(watch_field("MemTotal:     2048 kB\n", "MemTotal"), 2048);
}

static const char stat2[] = "anon 104857600\nfile 52428800\nkernel 10485760\nsock 1048576\nshmem 2097152\n"
			    "inactive_file 31457280\nslab_reclaimable 4194304\nslab_unreclaimable 999999999\n";

static void need_leaves_out_what_a_limit_squeezes_out(void **state)
{
	struct watch_files f = {.stat = stat2,
				.current = "167772160\n",
				.max = "max\n",
				.swap = "0\n",
				.events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n",
				.peak = "209715200\n",
				.pressure = "some avg10=1.50 avg60=0.07 avg300=0.00 total=1\n"
					    "full avg10=100.00 avg60=12.3 avg300=0.01 total=1\n"};
	struct watch_use u;
	(void)state;

	watch_count_v2(&f, &u);
	assert_int_equal(u.need_kib, MIB(100 + 2 + 1 + 6));
	assert_int_equal(u.ws_kib, MIB(160 - 30));
	assert_int_equal(u.limit_kib, 0);
	assert_int_equal(u.oom_kill, 2);
	assert_int_equal(u.at_limit, 12);
	assert_int_equal(u.peak_kib, MIB(200));
	assert_int_equal(u.pressure.some10, 150);
	assert_int_equal(u.pressure.some60, 7);
	assert_int_equal(u.pressure.full10, 10000);
	assert_int_equal(u.pressure.full60, 1230);
	/* Before 5.18 the kernel's memory is told in parts. */
	f.stat = "anon 104857600\nslab_unreclaimable 1048576\nkernel_stack 2097152\npagetables 1048576\npercpu 1024\n";
	watch_count_v2(&f, &u);
	assert_int_equal(u.need_kib, MIB(104) + 1);
}

static void version_1(void **state)
{
	struct watch_files f = {.stat = "rss 1\nhierarchical_memory_limit 134217728\ntotal_rss 62914560\n"
					"total_shmem 1048576\ntotal_swap 3145728\ntotal_inactive_file 209715200\n",
				.current = "83886080\n",
				.events = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
				.kmem = "5242880\n"};
	struct watch_use u;
	(void)state;

	watch_count_v1(&f, &u);
	assert_int_equal(u.need_kib, MIB(60 + 1 + 5));
	assert_int_equal(u.ws_kib, 0); /* more inactive than used: read at two moments */
	assert_int_equal(u.swap_kib, MIB(3));
	assert_int_equal(u.limit_kib, MIB(128));
	assert_int_equal(u.oom_kill, 4);
	f.kmem = NULL;
	f.events = "oom_kill_disable 0\nunder_oom 0\n"; /* before 4.13 */
	watch_count_v1(&f, &u);
	assert_int_equal(u.need_kib, MIB(61));
	assert_int_equal(u.oom_kill, U);
}

/* A group that ended while it was read: some files are there, some are not, some are cut anywhere. */
static void files_that_vanish(void **state)
{
	struct watch_files nothing = {.stat = NULL}, f = {.current = "1\n"};
	char cut[sizeof(stat2)];
	struct watch_use u;
	(void)state;

	watch_count_v2(&nothing, &u);
	assert_memory_equal(&u, &watch_use_unknown, sizeof(u));
	watch_count_v1(&nothing, &u);
	assert_memory_equal(&u, &watch_use_unknown, sizeof(u));
	f.stat = cut;
	for (size_t n = 0; n < sizeof(stat2); n++) {
		memcpy(cut, stat2, n);
		cut[n] = '\0';
		watch_count_v2(&f, &u);
		assert_true(u.need_kib >= U && u.need_kib < MIB(2000) && u.ws_kib >= U);
		watch_count_v1(&f, &u);
		assert_int_equal(u.need_kib, U);
	}
}

static void host(void **state)
{
	struct watch_host h;
	(void)state;

	watch_count_host("MemTotal: 2048000 kB\nMemAvailable: 1024000 kB\nSwapTotal: 100 kB\nSwapFree: 40 kB\n",
			 "nr_free_pages 1\npswpout 10\noom_kill 5\n", NULL, &h);
	assert_int_equal(h.available_kib, 1024000);
	assert_int_equal(h.swap_used_kib, 60);
	assert_int_equal(h.swapped_out_kib, 40);
	assert_int_equal(h.oom_kill, 5);
	assert_int_equal(h.pressure.full60, U);
	watch_count_host("", "", "", &h);
	assert_int_equal(h.total_kib, U);
	assert_int_equal(h.swap_used_kib, U);
}

static const char record[] =
	"{\"StreamConfig\":{},\"State\":{\"Running\":true,\"Restarting\":false,\"OOMKilled\":true,\"Pid\":4242,"
	"\"ExitCode\":137,\"StartedAt\":\"2026-11-26T12:34:56.789Z\"},\"ID\":\"x\",\"Args\":[\"--config\",\"/a\","
	"\"--num_workers\",\"3\"],\"Config\":{\"Env\":[\"A=\\\"}{\\\\\"],\"Labels\":{\"com.docker.compose.project\":"
	"\"gw\",\"com.docker.compose.project.working_dir\":\"/opt/ai-gateway/\",\"com.docker.compose.service\":"
	"\"lite\\nllm\\u00e9\"}},\"Image\":\"sha256:0123456789abcdef0123456789abcdef\",\"Name\":\"/gw-litellm-1\","
	"\"RestartCount\":6}";

static void an_engines_record(void **state)
{
	struct watch_places p = {.stack_dir = "/opt/ai-gateway"};
	struct watch_record r;
	(void)state;

	assert_true(watch_record_read(record, sizeof(record) - 1, &p, &r));
	assert_string_equal(r.name, "gw-litellm-1");
	assert_string_equal(r.service, "lite?llm?");
	assert_string_equal(r.image, "0123456789abcdef0123456");
	assert_int_equal(r.pid, 4242);
	assert_int_equal(r.restarts, 6);
	assert_int_equal(r.workers, 3);
	assert_int_equal(r.exit_code, 137);
	assert_int_equal(r.started, 1795696496);
	assert_true(r.running && r.out_of_memory && r.ours && !r.restarting);
	snprintf(p.stack_dir, sizeof(p.stack_dir), "/opt/other");
	assert_true(watch_record_read(record, sizeof(record) - 1, &p, &r) && !r.ours);
	snprintf(p.project, sizeof(p.project), "gw");
	assert_true(watch_record_read(record, sizeof(record) - 1, &p, &r) && r.ours);
}

/* Cut at every byte, and with every byte another one: nothing is read beyond the end (the sanitizers watch). */
static void broken_records(void **state)
{
	struct watch_places p = {.stack_dir = "/opt/ai-gateway"};
	struct watch_record r;
	(void)state;

	for (size_t n = 0; n < sizeof(record); n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, record, n);
		watch_record_read(copy, n, &p, &r);
		for (size_t i = 0; i < 3 && n > 0; i++) {
			copy[n - 1] = "\"{\\"[i];
			watch_record_read(copy, n, &p, &r);
			scan_element(scan_member(scan_text(copy, n), "Args"), 7);
		}
		free(copy);
	}
	assert_false(watch_record_read("[]", 2, &p, &r));
	assert_false(watch_record_read("{\"State\":1}", 11, &p, &r));
}

static void times(void **state)
{
	(void)state;

	assert_int_equal(utc_seconds("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(utc_seconds("2000-02-29T23:59:59Z"), 951868799);
	assert_int_equal(utc_seconds("0001-01-01T00:00:00Z"), 0);
	assert_int_equal(utc_seconds("yesterday"), 0);
	assert_int_equal(utc_seconds("2000-02-29T23:59:59.5Z"), 951868799);
	assert_int_equal(utc_seconds("2000-02-29T23:59:59+02:00"), 0);
	assert_int_equal(utc_seconds("-9-9-02-29T23:59:59Z"), 0);
	assert_int_equal(utc_seconds("2026-13-01T00:00:00Z"), 0);
}

static struct watch_container *container(struct watch_sample *s)
{
	struct watch_containers *all = &s->containers;
	struct watch_container *c = calloc(1, sizeof(*c));

	all->items = xrealloc(all->items, (all->count + 1) * sizeof(struct watch_container *));
	all->items[all->count++] = c;
	c->use.oom_kill = 0;
	c->is.running = true;
	return c;
}

static int64_t named(const struct watch_sample *s)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->containers.count; i++)
		sum += s->containers.items[i]->kills;
	return sum;
}

static void kills_of_workers(void **state)
{
	struct watch_sample s = {.host.oom_kill = 10};
	struct watch_container *c = container(&s);
	(void)state;

	c->use.oom_kill = 4;
	watch_sample_account(&s, true); /* what was before the first look is not news */
	assert_int_equal(c->kills, 0);
	s.host.oom_kill = 12;
	c->use.oom_kill = 6;
	watch_sample_account(&s, true);
	assert_int_equal(c->kills, 2);
	assert_int_equal(s.unnamed, 0);
	/* The container told before the host was asked: no kill is told twice, and none goes under. */
	c->use.oom_kill = 7;
	watch_sample_account(&s, true);
	assert_int_equal(c->kills, 1);
	s.host.oom_kill = 14;
	watch_sample_account(&s, true);
	assert_int_equal(c->kills, 0);
	assert_int_equal(s.unnamed, 1);
	watch_sample_clear(&s);
}

static void kills_of_first_processes(void **state)
{
	struct watch_sample s = {.host.oom_kill = 0};
	struct watch_container *c = container(&s);
	(void)state;

	watch_sample_account(&s, true);
	/* The group is gone with its counters; the engine's record is what is left. */
	c->use = watch_use_unknown;
	c->is.out_of_memory = true;
	c->is.restarts = 3;
	s.host.oom_kill = 4;
	watch_sample_account(&s, true);
	assert_int_equal(c->kills, 3);
	assert_int_equal(s.unnamed, 1);
	/* The engine records it a moment later: what nobody named then is named now. */
	s.host.oom_kill = 5;
	watch_sample_account(&s, true);
	assert_int_equal(s.unnamed, 1);
	c->is.restarts = 4;
	watch_sample_account(&s, true);
	assert_int_equal(c->kills, 1);
	assert_int_equal(s.unnamed, -1);
	/* A stop by hand ends with 137 too, but the host counted nothing. */
	c->is.out_of_memory = false;
	watch_sample_account(&s, true);
	c->is.exit_code = 137;
	c->is.running = false;
	watch_sample_account(&s, true);
	assert_int_equal(c->kills, 0);
	watch_sample_clear(&s);
}

/* Random lives of containers: every kill that the host counts is told once, of a container or of nobody. */
static void every_kill_is_told_once(void **state)
{
	uint32_t seed = 12345;
	(void)state;

	for (int life = 0; life < 200; life++) {
		struct watch_sample s = {.host.oom_kill = 0};
		struct watch_container *c[3];
		int64_t sum = 0, host_kills = 0;

		for (int i = 0; i < 3; i++)
			c[i] = container(&s);
		watch_sample_account(&s, true);
		for (int look = 0; look < 100; look++) {
			seed = seed * 1664525 + 1013904223;
			switch (look < 95 ? seed >> 29 : 7) {
			case 0: /* a worker */
			case 1:
				c[look % 3]->use.oom_kill += 1 + (c[look % 3]->use.oom_kill < 0);
				host_kills++;
				break;
			case 2: /* a first process; the counter starts anew */
				c[look % 3]->use.oom_kill = 0;
				c[look % 3]->last_oom = 0;
				c[look % 3]->is.restarts++;
				c[look % 3]->is.out_of_memory = true;
				host_kills++;
				break;
			case 3: /* somebody else */
				host_kills++;
				break;
			case 4:
				c[look % 3]->is.out_of_memory = false;
				break;
			}
			s.host.oom_kill = host_kills;
			watch_sample_account(&s, true);
			sum += named(&s) + s.unnamed;
		}
		assert_int_equal(sum, host_kills);
		watch_sample_clear(&s);
	}
}

static void a_plan_file(void **state)
{
	struct watch_places p = {.stack_dir = "/opt/a b",
				 .project = "gw",
				 .store = "/var/lib/vpsfit/x",
				 .root_count = 1,
				 .roots = {"/var/lib/docker"},
				 .cgroup_version = 2,
				 .cgroup_mount = "/sys/fs/cgroup",
				 .cgroup_top = "/",
				 .host_kills = true},
			    back;
	char text[4096], cut[4096];
	unsigned line;
	(void)state;

	assert_true(watch_places_write(&p, text, sizeof(text)));
	assert_null(watch_places_read(text, &back, &line));
	assert_memory_equal(&p, &back, sizeof(p));
	assert_non_null(watch_places_read("vpsfit-watch 2\n", &back, &line));
	assert_non_null(watch_places_read("vpsfit-watch 1\nroot relative\n", &back, &line));
	assert_int_equal(line, 2);
	assert_null(watch_places_read("vpsfit-watch 1\na-later-word 17\n", &back, &line));
	/* As earlier versions wrote it. */
	assert_null(watch_places_read("vpsfit-watch 1\nservice 972 1536 litellm\n", &back, &line));
	for (size_t n = 0; n < strlen(text); n++) {
		memcpy(cut, text, n);
		cut[n] = '\0';
		watch_places_read(cut, &back, &line);
	}
	snprintf(p.project, sizeof(p.project), "a\nroot /");
	assert_false(watch_places_write(&p, text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_the_kernel),
		cmocka_unit_test(fields_stand_at_the_start_of_a_line),
		cmocka_unit_test(need_leaves_out_what_a_limit_squeezes_out),
		cmocka_unit_test(version_1),
		cmocka_unit_test(files_that_vanish),
		cmocka_unit_test(host),
		cmocka_unit_test(an_engines_record),
		cmocka_unit_test(broken_records),
		cmocka_unit_test(times),
		cmocka_unit_test(kills_of_workers),
		cmocka_unit_test(kills_of_first_processes),
		cmocka_unit_test(every_kill_is_told_once),
		cmocka_unit_test(a_plan_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
