/* SPDX-License-Identifier: MIT */
/* Rules that look at more than one thing, each asked by itself: addresses, lists of names, directories, versions. */
#include "unit.h"

#include <arpa/inet.h>

#include "shipped.h"
#include "core/advice_notes.h"
#include "core/planner.h"
#include "core/text.h"

struct desk {
	struct machine machine;
	struct answers answers;
	struct stack_images stack;
	struct plan plan;
	struct planning in;
};

static void lay_out(struct fixture *f, struct desk *d)
{
	memset(d, 0, sizeof(*d));
	d->machine = vps(4096, 3926, 2);
	d->plan.set = &f->catalog.services;
	d->plan.machine = &d->machine;
	d->in = (struct planning){.arena = &f->arena,
				  .machine = &d->machine,
				  .services = &f->catalog.services,
				  .model = cost_model_find(&f->catalog.models, "seed-2025-11"),
				  .answers = &d->answers,
				  .stack = &d->stack};
}

static void listen_on(struct machine_listener *l, const char *address, const char *who)
{
	*l = (struct machine_listener){.port = 8080, .who = who, .six = strchr(address, ':') != NULL};
	assert_int_equal(inet_pton(l->six ? AF_INET6 : AF_INET, address, l->address), 1);
}

/* Is a bind to one address refused while another is listened on? */
static void addresses_in_the_way(void **state)
{
	static const struct {
		const char *bind, *other;
		bool six_only, taken;
	} rows[] = {
		{"127.0.0.1", "127.0.0.1", false, true},
		{"127.0.0.1", "10.0.0.5", false, false},
		{"127.0.0.1", "0.0.0.0", false, true},
		{"0.0.0.0", "10.0.0.5", false, true},
		{"127.0.0.1", "::", false, true},
		{"127.0.0.1", "::", true, false},
		{"::1", "::", true, true},
		{"[::1]", "::1", false, true},
		{"::1", "0.0.0.0", false, false},
		{"::", "0.0.0.0", false, true},
		{"::", "10.0.0.5", false, true},
		{"::1", "127.0.0.1", false, false},
		{"127.0.0.1", "::ffff:127.0.0.1", false, true},
		{"127.0.0.1", "::ffff:10.0.0.5", false, false},
		{"0.0.0.0", "::ffff:10.0.0.5", false, true},
		{"127.0.0.1", "2001:db8::7", false, false},
		{"0.0.0.0", "2001:db8::7", false, false},
		{"32.1.13.184", "2001:db8::7", false, false}, /* the first four bytes of that one */
		{"2001:db8::7", "2001:db8::8", false, false},
		{"name", "127.0.0.1", false, false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine_listener l;
		struct desk d;

		lay_out(f, &d);
		listen_on(&l, rows[i].other, "nginx");
		l.six_only = rows[i].six_only;
		d.machine.listeners = &l;
		d.machine.listener_count = 1;
		d.machine.front = (struct machine_front){.bind = rows[i].bind, .port = 8080};
		if (!advice_port_taken(&d.in, &d.plan) == rows[i].taken)
			fail_msg("%s beside %s", rows[i].bind, rows[i].other);
	}
}

/* The port that a stack runs on is its own, if an engine may hold it; a port that nobody can tell is not looked at. */
static void ports_of_its_own(void **state)
{
	static const struct {
		const char *who;
		int now, port;
		bool runs, taken;
	} rows[] = {{"docker-proxy", 8080, 8080, true, false}, {"rootlesskit", 8080, 8080, true, false},
		    {NULL, 8080, 8080, true, false},	       {"nginx", 8080, 8080, true, true},
		    {"docker-proxy", 8080, 8080, false, true}, {"docker-proxy", 9000, 8080, true, true},
		    {"nginx", 8080, 0, false, false},	       {NULL, 8080, 8080, false, true}};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine_container own = {.name = "a", .ours = rows[i].runs};
		struct machine_listener l;
		struct desk d;

		lay_out(f, &d);
		listen_on(&l, "127.0.0.1", rows[i].who);
		d.machine.containers = (struct machine_containers){&own, 1};
		d.machine.listeners = &l;
		d.machine.listener_count = 1;
		l.port = rows[i].port ? rows[i].port : l.port;
		d.machine.front = (struct machine_front){.bind = "127.0.0.1", .port = rows[i].port, .now = rows[i].now};
		if (!advice_port_taken(&d.in, &d.plan) == rows[i].taken)
			fail_msg("row %zu", i);
	}
}

/* A port that nobody is to have: a listener on port 0 is none of it. */
static void no_port_is_not_taken(void **state)
{
	struct machine_listener l;
	struct desk d;

	lay_out(*state, &d);
	listen_on(&l, "127.0.0.1", "nginx");
	l.port = 0;
	d.machine.listeners = &l;
	d.machine.listener_count = 1;
	d.machine.front = (struct machine_front){.bind = "127.0.0.1"};
	assert_null(advice_port_taken(&d.in, &d.plan));
	d.machine.front = (struct machine_front){.port = 8080};
	l.port = 8080;
	assert_null(advice_port_taken(&d.in, &d.plan));
}

/* A published port is the service's own while its container runs; another's container makes it nobody's. */
static void published_by_its_own(void **state)
{
	static const struct {
		const char *service;
		bool ours, taken;
	} rows[] = {{"caddy", true, false}, {"caddy", false, true}, {"nginx", true, true}, {NULL, true, true}};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine_container one = {.name = "a", .service = rows[i].service, .ours = rows[i].ours};
		struct machine_listener l;
		struct desk d;

		lay_out(f, &d);
		listen_on(&l, "0.0.0.0", "apache2");
		l.port = 443;
		d.machine.containers = (struct machine_containers){&one, 1};
		d.machine.listeners = &l;
		d.machine.listener_count = 1;
		d.plan.services[SERVICE_CADDY].in = true;
		if (!advice_published_taken(&d.in, &d.plan) == rows[i].taken)
			fail_msg("row %zu", i);
		/* One address of version 6 is enough to be in the way of all. */
		listen_on(&l, "2001:db8::7", "apache2");
		l.port = 443;
		if (!advice_published_taken(&d.in, &d.plan) == rows[i].taken)
			fail_msg("row %zu, version 6", i);
	}
}

/* Up to six are named; how many more there are is said. */
static void names_of_six(void **state)
{
	static const struct stack_service named[] = {{.name = "n1"}, {.name = "n2"}, {.name = "n3"}, {.name = "n4"},
						     {.name = "n5"}, {.name = "n6"}, {.name = "n7"}};
	struct fixture *f = *state;
	struct beside_row rows[ARRAY_SIZE(named)];
	struct desk d;

	lay_out(f, &d);
	d.plan.beside = (struct beside){.rows = rows, .count = 6, .unknown_count = 6};
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		rows[i] = (struct beside_row){.service = &named[i], .source = BESIDE_UNKNOWN};
	rows[0].from = "no figure";
	assert_non_null(strstr(advice_not_counted(&d.in, &d.plan), ": n1 (no figure), n2, n3, n4, n5, n6. "));
	d.plan.beside.count = 7;
	rows[6].from = "no figure";
	assert_non_null(strstr(advice_not_counted(&d.in, &d.plan), " n1 (no figure), n2, n3, n4, n5, n6 and 1 more. "));
	rows[6].from = NULL;
	assert_non_null(strstr(advice_not_counted(&d.in, &d.plan), " n5, n6 and 1 more. "));
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		rows[i] = (struct beside_row){.service = &named[i], .source = BESIDE_USUAL, .from = "w"};
	assert_non_null(
		strstr(advice_usual(&d.in, &d.plan), ": n1 (w); n2 (w); n3 (w); n4 (w); n5 (w); n6 (w) and 1 more"));
	d.plan.beside.count = 6;
	assert_true(text_ends(advice_usual(&d.in, &d.plan), "; n6 (w)"));
}

/* What containers use and is not told is said once, with what could not be read. */
static void containers_not_told(void **state)
{
	struct desk d;

	lay_out(*state, &d);
	d.machine.ram.containers = (struct fact){.confidence = FACT_UNKNOWN, .source = "/a", .why = "it is cut"};
	assert_non_null(advice_not_told(&d.in, &d.plan));
	d.machine.ram.containers.why = NULL;
	assert_null(advice_not_told(&d.in, &d.plan));
	d.machine.ram.containers = (struct fact){.confidence = FACT_UNKNOWN, .why = "it is cut"};
	assert_null(advice_not_told(&d.in, &d.plan));
}

/* The snap reads what lies in a home, but for hidden directories and the home itself. */
static void directories_of_a_snap(void **state)
{
	static const struct {
		const char *dir;
		bool reads;
	} rows[] = {{"/home/user/ai-gateway", true}, {"/home/user/.ai-gateway", false}, {"/home/user", false},
		    {"/home/user/", false},	     {"/opt/ai-gateway", false},	{"/root/ai-gateway", false}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct desk d;

		lay_out(*state, &d);
		d.machine.engine.kind = ENGINE_SNAP;
		d.machine.stack_disk.path = rows[i].dir;
		if (!advice_engine_confined(&d.in, &d.plan) != rows[i].reads)
			fail_msg("%s", rows[i].dir);
	}
}

static void a_file_alone_stops_snapshots(void **state)
{
	static const struct {
		bool device, on, stops;
	} rows[] = {{false, true, true}, {true, true, false}, {false, false, false}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct desk d;

		lay_out(*state, &d);
		d.machine.swap_disk.stops_snapshots = true;
		d.plan.swap.area_count = 1;
		d.plan.swap.areas[0].device = rows[i].device;
		d.plan.swap.areas[0].after.on = rows[i].on;
		if (!advice_stops_snapshots(&d.in, &d.plan) == rows[i].stops)
			fail_msg("row %zu", i);
	}
}

/* A second file is only spoken of where one is made. */
static void a_second_file(void **state)
{
	static const struct {
		enum swap_action action;
		const char *idle;
		enum swap_line line;
		bool said;
	} rows[] = {{SWAP_ACT_CREATE, "/swap.img", SWAP_LINE_AUTO, true},
		    {SWAP_ACT_NONE, "/swap.img", SWAP_LINE_AUTO, false},
		    {SWAP_ACT_CREATE, NULL, SWAP_LINE_AUTO, false},
		    {SWAP_ACT_CREATE, "/swap.img", SWAP_LINE_NOAUTO, false}};
	struct desk d;
	const char *text;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		lay_out(*state, &d);
		d.machine.swap.fstab_inactive[d.machine.swap.fstab_inactive_count++] = "UUID=9";
		d.machine.swap.idle_file = (struct swap_area){.path = rows[i].idle, .line = rows[i].line};
		d.plan.swap.action = rows[i].action;
		text = advice_fstab_swap(&d.in, &d.plan);
		assert_non_null(text);
		if (!strstr(text, "a second file") == rows[i].said)
			fail_msg("row %zu: %s", i, text);
	}
	lay_out(*state, &d);
	d.machine.swap.idle_file = (struct swap_area){.path = "/swap.img", .size_mib = 9};
	d.plan.swap.wanted_mib = 1;
	assert_null(strstr(advice_swap_file_idle(&d.in, &d.plan), "a second file"));
	d.plan.swap.present_mib = 1;
	assert_null(advice_swap_file_idle(&d.in, &d.plan));
	d.plan.swap.action = SWAP_ACT_CREATE;
	assert_non_null(strstr(advice_swap_file_idle(&d.in, &d.plan), "a second file"));
}

static void a_partition_is_offered_while_swap_is_wanted(void **state)
{
	struct desk d;

	lay_out(*state, &d);
	d.machine.swap.inactive[d.machine.swap.inactive_count++] =
		(struct swap_area){.path = "/dev/sdb1", .spared = "nobody asked"};
	d.plan.swap.mode = SWAP_MODE_AUTO;
	d.plan.swap.wanted_mib = 1;
	assert_non_null(advice_swap_offered(&d.in, &d.plan));
	d.plan.swap.present_mib = 1;
	assert_null(advice_swap_offered(&d.in, &d.plan));
}

/* Areas that one thing keeps are told of together. */
static void passing_areas(void **state)
{
	struct desk d;
	const char *text;

	lay_out(*state, &d);
	d.machine.swap.area_count = 3;
	d.machine.swap.areas[0] = (struct swap_area){.path = "/a b\t\\", .passing = true};
	d.machine.swap.areas[1] = (struct swap_area){.path = "/b", .passing = true, .mend = "on"};
	d.machine.swap.areas[2] = (struct swap_area){.path = "/c", .passing = true};
	text = advice_swap_passing(&d.in, &d.plan);
	assert_non_null(strstr(text, "the swap at /a b\t\\, /c on"));
	assert_non_null(strstr(text, "'/a\\040b\\011\\134 none swap sw,nofail 0 0', '/c none swap sw,nofail 0 0'"));
	d.machine.swap.areas[0].path = "/a";
	d.machine.swap.fstab_made = true;
	text = advice_swap_passing(&d.in, &d.plan);
	assert_non_null(strstr(text, "[ { device = \"/a\"; } { device = \"/c\"; } ]"));
	d.machine.swap.fstab_made = false;
	for (size_t i = 0; i < 3; i++)
		d.machine.swap.areas[i] = (struct swap_area){.path = "/n", .passing = true, .line = SWAP_LINE_NOAUTO};
	assert_non_null(strstr(advice_swap_passing(&d.in, &d.plan), "the swap at /n, /n, /n is counted"));
}

/* vpsfit's own swap puts OpenRC's service into its runlevel: an area of its own that will be on, and no other. */
static void openrc_is_mended_by_swap_of_its_own(void **state)
{
	static const struct {
		bool recorded, on, mends;
	} rows[] = {{true, true, true}, {true, false, false}, {false, true, false}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct desk d;

		lay_out(*state, &d);
		d.machine.swap.openrc = true;
		d.machine.swap.boot_off = "swap is in no runlevel";
		d.plan.swap.total_mib = 1;
		d.plan.swap.area_count = 1;
		d.plan.swap.areas[0].recorded = rows[i].recorded;
		d.plan.swap.areas[0].after.on = rows[i].on;
		if (!advice_swap_passing(&d.in, &d.plan) != rows[i].mends)
			fail_msg("row %zu", i);
	}
}

/* A development container may run an engine; one of an unnamed kind runs none as a rule. */
static void engines_in_containers(void **state)
{
	struct desk d;

	lay_out(*state, &d);
	d.machine.engine.docker = false;
	d.machine.virt.kind = VIRT_CONTAINER;
	assert_non_null(strstr(advice_engine_missing(&d.in, &d.plan), "no engine runs as a rule"));
	d.machine.virt.kind = VIRT_DOCKER;
	assert_non_null(strstr(advice_engine_missing(&d.in, &d.plan), "container: run vpsfit on its host, or"));
}

/* A Redis of somebody else's stack counts if it is started, under whatever name. */
static void a_redis_that_runs(void **state)
{
	static const struct {
		size_t part, like;
		bool active, own;
		int64_t copies;
		bool missed;
	} rows[] = {
		{SERVICE_REDIS, NO_SERVICE, true, false, 1, false}, {NO_SERVICE, SERVICE_REDIS, true, false, 1, false},
		{NO_SERVICE, SERVICE_NGINX, true, false, 1, true},  {SERVICE_NGINX, NO_SERVICE, true, false, 1, true},
		{NO_SERVICE, SERVICE_REDIS, false, false, 1, true}, {NO_SERVICE, SERVICE_REDIS, true, false, 0, true},
		{NO_SERVICE, SERVICE_REDIS, true, true, 1, true},   {NO_SERVICE, NO_SERVICE, false, false, 1, true},
		{SERVICE_NGINX, NO_SERVICE, false, false, 0, true}};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct stack_service one = {.name = "cache",
						  .part = rows[i].part,
						  .like = rows[i].like,
						  .active = rows[i].active,
						  .copies = rows[i].copies};
		struct plan_warning given[MAX_PLAN_WARNINGS];
		bool missed = false;
		struct desk d;
		struct plan p;

		lay_out(f, &d);
		d.stack = (struct stack_images){.own = rows[i].own, .services = &one, .service_count = 1};
		d.answers = (struct answers){.of = {[ANSWER_REDIS] = said("no", 0),
						    [ANSWER_COMPOSE] = said("/srv/compose.yaml", 0),
						    [ANSWER_WORKERS] = said("2", 2)}};
		assert_int_equal(plan_build(&f->arena, &d.machine,
					    KNOWN_BESIDE(f->catalog, f->catalog.models, &d.stack), d.in.model,
					    &d.answers, &f->diags, &p),
				 0);
		memcpy(given, p.warnings, sizeof(given));
		for (size_t k = 0; k < p.warning_count; k++)
			missed |= STR_EQ(given[k].code, "workers-without-redis");
		if (missed != rows[i].missed)
			fail_msg("row %zu", i);
	}
}

static bool warns(const struct plan *p, const char *code)
{
	for (size_t i = 0; i < p->warning_count; i++)
		if (STR_EQ(p->warnings[i].code, code))
			return true;
	return false;
}

static struct plan planned(struct fixture *f, struct desk *d)
{
	struct plan p;

	assert_int_equal(plan_build(&f->arena, &d->machine, KNOWN_BESIDE(f->catalog, f->catalog.models, NULL),
				    d->in.model, &d->answers, &f->diags, &p),
			 0);
	return p;
}

/* A service that the highest count of workers alone brings is still about several workers. */
static void redis_for_the_most_workers(void **state)
{
	struct fixture *f = *state;
	struct service *redis = &f->catalog.services.items[SERVICE_REDIS];
	const int64_t from = redis->optional_from;
	struct desk d;
	struct plan p;

	lay_out(f, &d);
	redis->answer = ANSWER_REDIS;
	d.answers.of[ANSWER_REDIS] = said("yes", 1);
	d.answers.of[ANSWER_WORKERS] = said("2", 2);
	redis->optional_from = MAX_WORKERS;
	p = planned(f, &d);
	assert_true(p.services[SERVICE_REDIS].in);
	assert_false(warns(&p, "workers-without-redis"));
	redis->optional_from = MAX_WORKERS + 1;
	p = planned(f, &d);
	assert_true(p.services[SERVICE_REDIS].in);
	assert_true(warns(&p, "workers-without-redis"));
	redis->optional_from = from;
}

/* What the rules need to be asked of a plan that a test has changed. */
static void asked_again(struct fixture *f, struct desk *d, struct plan *p)
{
	d->in.planned = p->services;
	d->in.beside = &p->beside;
	d->in.profiles = &f->catalog.profiles;
	d->in.models = &f->catalog.models;
	d->in.images = &f->catalog.images;
	d->in.diags = &f->diags;
	d->in.stack = NULL;
}

/* Exactly at a line a plan is still within it. */
static void at_the_line(void **state)
{
	struct fixture *f = *state;
	struct desk d;
	struct plan p;

	lay_out(f, &d);
	p = planned(f, &d);
	asked_again(f, &d, &p);
	p.idle = VERDICT_TIGHT;
	p.ram_mib = 4000;
	p.totals.total_mib += 3200 - plan_idle_mib(&p);
	p.warning_count = 0;
	plan_advice(&d.in, &p);
	assert_false(warns(&p, "tight"));
	p.totals.total_mib++;
	p.warning_count = 0;
	plan_advice(&d.in, &p);
	assert_true(warns(&p, "tight"));
	/* What is over the line is told as that, and not as room for a worker; nor is what is comfortable. */
	p.workers = 1;
	p.carried_workers = 2;
	p.ram_mib = 1000;
	p.totals.total_mib += 800 - plan_idle_mib(&p);
	assert_non_null(advice_no_room_for_more(&d.in, &p));
	p.totals.total_mib++;
	assert_null(advice_no_room_for_more(&d.in, &p));
	p.totals.total_mib--;
	p.idle = VERDICT_COMFORTABLE;
	assert_null(advice_no_room_for_more(&d.in, &p));
	p.idle = VERDICT_TIGHT;
	p.carried_workers = 1;
	assert_null(advice_no_room_for_more(&d.in, &p));
}

/* Idle use that lies in swap is told of by a rule of its own, whatever the peak. */
static void idle_in_swap_says_nothing_of_the_peak(void **state)
{
	struct fixture *f = *state;
	struct desk d;
	struct plan p;

	lay_out(f, &d);
	p = planned(f, &d);
	asked_again(f, &d, &p);
	p.idle = VERDICT_NEEDS_SWAP;
	p.peak = VERDICT_DOES_NOT_FIT;
	p.warning_count = 0;
	plan_advice(&d.in, &p);
	assert_false(warns(&p, "peak-beyond-swap"));
	p.peak = VERDICT_NEEDS_SWAP;
	p.warning_count = 0;
	plan_advice(&d.in, &p);
	assert_false(warns(&p, "peak-over-ram"));
}

/* Why it is so many workers is told as it was decided. */
static void why_so_many_workers(void **state)
{
	struct fixture *f = *state;
	struct desk d;

	lay_out(f, &d);
	d.machine = vps(8192, 7900, 4);
	assert_non_null(strstr(planned(f, &d).workers_why, "from profile LARGE_VPS"));
	d.machine = vps(8192, 7900, 2);
	assert_string_equal(planned(f, &d).workers_why, "6 in the profile, at most 2 per core");
	assert_string_equal(planned(f, &d).workers_comment, "6 in the profile, at most 2 per core");
	d.answers.of[ANSWER_WORKERS] = said("2", 2);
	assert_string_equal(planned(f, &d).workers_why, "as asked for by --workers");
	d.answers.of[ANSWER_WORKERS] = said("auto", 0);
	assert_int_equal(planned(f, &d).workers, 4);
}

/* The manual has each rule and each note once, and ends with the last one. */
static void definitions_end(void **state)
{
	struct plan_warning def = {.code = NULL}, last;
	size_t n = 0;

	(void)state;
	while (plan_warning_def(n, &def)) {
		last = def;
		def = (struct plan_warning){.code = NULL};
		assert_non_null(last.code);
		n++;
	}
	assert_null(def.code);
	assert_true(n > 60);
	assert_string_equal(last.code, advice_notes[advice_note_count - 1].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_in_the_way),
		cmocka_unit_test(ports_of_its_own),
		cmocka_unit_test(no_port_is_not_taken),
		cmocka_unit_test(published_by_its_own),
		cmocka_unit_test(names_of_six),
		cmocka_unit_test(containers_not_told),
		cmocka_unit_test(directories_of_a_snap),
		cmocka_unit_test(a_file_alone_stops_snapshots),
		cmocka_unit_test(a_second_file),
		cmocka_unit_test(a_partition_is_offered_while_swap_is_wanted),
		cmocka_unit_test(passing_areas),
		cmocka_unit_test(openrc_is_mended_by_swap_of_its_own),
		cmocka_unit_test(engines_in_containers),
		cmocka_unit_test(a_redis_that_runs),
		cmocka_unit_test(redis_for_the_most_workers),
		cmocka_unit_test(at_the_line),
		cmocka_unit_test(idle_in_swap_says_nothing_of_the_peak),
		cmocka_unit_test(why_so_many_workers),
		cmocka_unit_test(definitions_end),
	};

	return cmocka_run_group_tests(tests, shipped_setup, shipped_teardown);
}
