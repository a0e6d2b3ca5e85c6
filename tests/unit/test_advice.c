/* SPDX-License-Identifier: MIT */
/*
 * Every warning code from both sides: a machine that gets it, and the nearest one that does not. The last test fails
 * for a code without both rows, so a new rule needs them.
 */
#include "unit.h"

#include "shipped.h"
#include "core/advice_notes.h"
#include "core/plan.h"

/* Input of one plan: machine, answers, and the cost model, which a row may change. */
struct scene {
	struct machine machine;
	struct answers answers;
	struct cost_model model;
	struct cost_model_set others; /* models that the chosen one is compared with */
	struct stack_images stack;    /* of which nothing is known, as long as no row sets it */
	struct applied_size applied;
	const struct standing_sizes *standing; /* NULL: nothing stays */
	int64_t held_workers;		       /* the count that stays; 0: none does */
};

static int setup(void **state)
{
	struct fixture *f;

	if (shipped_setup(state) < 0)
		return -1;
	f = *state;
	f->catalog.services.items[SERVICE_REDIS].answer = ANSWER_REDIS;
	f->catalog.services.items[SERVICE_OPEN_WEBUI].answer = ANSWER_OPEN_WEBUI;
	f->catalog.services.items[SERVICE_CADDY].answer = ANSWER_DOMAIN;
	return 0;
}

static void size(struct scene *s, int64_t nominal, int64_t usable, int64_t cores)
{
	s->machine.ram.nominal = fact_exact(nominal, "test");
	s->machine.ram.usable = s->machine.ram.effective = fact_exact(usable, "test");
	s->machine.cpus.effective = fact_exact(cores, "test");
}

/* An unremarkable 4 GB VPS with the figures of the seed cost model: 2 workers, idle 3296, peak 4036. */
static void ordinary(const struct fixture *f, struct scene *s)
{
	s->machine = vps(4096, 3926, 2);
	s->machine.ram.available = fact_exact(3000, "test");
	s->machine.engine.limits_why = "test";
	/* The seed figures are for four services; rows that want the fifth ask for it. */
	s->answers = (struct answers){.of = {[ANSWER_REDIS] = said("no", 0)}};
	s->model = *cost_model_find(&f->catalog.models, "seed-2025-11");
	s->others = f->catalog.models;
	s->stack = (struct stack_images){.known = false};
	s->applied = (struct applied_size){.profile = NULL};
	s->standing = NULL;
	s->held_workers = 0;
}

/* By itself the planner would take one away where they do not fit. */
static void exactly_two_workers(struct scene *s)
{
	s->answers.of[ANSWER_WORKERS] = said("2", 2);
}

static void swap_there(struct scene *s, int64_t mib)
{
	s->machine.swap.active = fact_exact(mib, "test");
	s->answers.of[ANSWER_SWAP] = said("none", 0);
}

static void below_smallest(struct scene *s)
{
	size(s, 2047, 1978, 1);
}
static void smallest(struct scene *s)
{
	size(s, 2048, 1978, 1);
}

/* SMALL_VPS costs 1636 without the system. */
static void total_is_target(struct scene *s)
{
	smallest(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 412);
}
static void total_over_target(struct scene *s)
{
	smallest(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 413);
}
static void small_profile_on_more(struct scene *s)
{
	s->answers.of[ANSWER_PROFILE] = said("SMALL_VPS", 0);
}

static void target_over_nominal_reached(struct scene *s)
{
	size(s, 4096, 3926, 4);
	s->answers.of[ANSWER_PROFILE] = said("LARGE_VPS", 0);
	s->answers.of[ANSWER_WORKERS] = said("6", 6);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 8192 - 3936);
}
static void total_is_nominal(struct scene *s)
{
	small_profile_on_more(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 4096 - 1636);
}

static void system_is_lightweight(struct scene *s)
{
	smallest(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 700);
}
static void system_over_lightweight(struct scene *s)
{
	smallest(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 701);
}
static void lightweight(struct scene *s)
{
	smallest(s);
	s->machine.distro.class = DISTRO_LIGHTWEIGHT;
	s->answers.of[ANSWER_OVERHEAD] = said("said", 1200);
}
static void a_little_more_than_two_gb(struct scene *s)
{
	size(s, 2049, 1978, 1);
}
/* Four services of so many MiB each, a system of 701, and the seed's engine of 200. */
static void services_of(struct scene *s, int64_t expected, int64_t limit)
{
	smallest(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 701);
	for (size_t i = 0; i < MAX_SERVICES; i++) {
		s->model.services[i].expected = (struct cost_line){expected, 0, 0};
		s->model.services[i].limit = (struct cost_line){limit, 0, 0};
	}
}
/* Idle 1301 of 1978 MiB, peak 1701 of 2048. */
static void all_within_two_gb(struct scene *s)
{
	services_of(s, 100, 200);
}
static void peak_of_two_gb(struct scene *s)
{
	services_of(s, 100, 250);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 2048 - 4 * 250 - 200);
}
static void peak_over_two_gb(struct scene *s)
{
	peak_of_two_gb(s);
	s->answers.of[ANSWER_OVERHEAD].number++;
}
static void peak_over_on_a_little_more(struct scene *s)
{
	peak_over_two_gb(s);
	a_little_more_than_two_gb(s);
}
/* 1901 of 1978 MiB: over 80 %, within 2 GB even at the limits. */
static void idle_tight_within_two_gb(struct scene *s)
{
	services_of(s, 250, 250);
}

static void swap_holds_idle(struct scene *s)
{
	smallest(s);
	swap_there(s, 858);
}
static void swap_lacks_one(struct scene *s)
{
	smallest(s);
	swap_there(s, 857);
}
static void too_small_for_any(struct scene *s)
{
	size(s, 1024, 972, 1);
	swap_there(s, 0);
}
/* 1301 MiB of 972, less than one and a half times 1024. */
static void too_small_and_swap_lacks_one(struct scene *s)
{
	services_of(s, 100, 200);
	size(s, 1024, 972, 1);
	swap_there(s, 1301 - 972 - 1);
}
static void too_small_and_swap_holds(struct scene *s)
{
	too_small_and_swap_lacks_one(s);
	swap_there(s, 1301 - 972);
}
static void too_small_and_asked(struct scene *s)
{
	too_small_and_swap_holds(s);
	s->answers.of[ANSWER_PROFILE] = said("LARGE_VPS", 0);
}
/* 3072 MiB on 2 GB, and swap for any need. */
static void idle_at_the_line(struct scene *s)
{
	smallest(s);
	swap_there(s, 65536);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 3072 - 1636);
}
static void idle_over_the_line(struct scene *s)
{
	idle_at_the_line(s);
	s->answers.of[ANSWER_OVERHEAD].number++;
}
/* Idle 1701 of 1978 MiB, peak 2501. */
static void busy_on_two_gb(struct scene *s)
{
	services_of(s, 200, 400);
}
static void busy_on_a_little_more(struct scene *s)
{
	busy_on_two_gb(s);
	a_little_more_than_two_gb(s);
}

static void ram_is_idle(struct scene *s)
{
	size(s, 4096, 3296, 2);
	swap_there(s, 1000);
}
static void ram_lacks_one(struct scene *s)
{
	size(s, 4096, 3295, 2);
	swap_there(s, 1000);
	exactly_two_workers(s);
}
static void auto_and_ram_lacks_one(struct scene *s)
{
	ram_lacks_one(s);
	s->answers.of[ANSWER_WORKERS] = said(NULL, 0);
}
static void applied_and_ram_lacks_one(struct scene *s)
{
	auto_and_ram_lacks_one(s);
	s->answers.of[ANSWER_WORKERS] = (struct answer){.origin = ORIGIN_DEFAULT};
	s->applied = (struct applied_size){.profile = "MEDIUM_VPS", .workers = 2, .nominal_mib = 4096, .cpus = 2};
}
static void applied_and_ram_is_idle(struct scene *s)
{
	ram_is_idle(s);
	s->applied = (struct applied_size){.profile = "MEDIUM_VPS", .workers = 2, .nominal_mib = 4096, .cpus = 2};
}
static void limits_off(struct scene *s)
{
	s->answers.of[ANSWER_LIMITS] = said("off", 0);
}
static void limits_on(struct scene *s)
{
	s->answers.of[ANSWER_LIMITS] = said("on", 0);
}

static void ram_is_peak(struct scene *s)
{
	size(s, 4096, 4036, 2);
}
static void peak_lacks_one(struct scene *s)
{
	size(s, 4096, 4035, 2);
}

static void eighty_percent(struct scene *s)
{
	size(s, 4096, 4120, 2);
}
static void over_eighty(struct scene *s)
{
	size(s, 4096, 4119, 2);
}
static void under_goal(struct scene *s)
{
	size(s, 4096, 4395, 2);
}
static void over_goal(struct scene *s)
{
	size(s, 4096, 4394, 2);
}

static void exactly_goal(struct scene *s)
{
	size(s, 4096, 4000, 2);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 3000 - 2096);
}
static void peak_over_swap_too(struct scene *s)
{
	size(s, 4096, 3900, 2);
	swap_there(s, 10);
}
static void peak_in_swap(struct scene *s)
{
	size(s, 4096, 3900, 2);
	swap_there(s, 136);
}

static void gap(struct scene *s)
{
	s->machine.ram.gap_text = "a crash kernel holds 256 MiB";
}
static void not_enforced(struct scene *s)
{
	s->machine.engine.limits = ENFORCED_NO;
}
static void enforcement_unknown(struct scene *s)
{
	s->machine.engine.limits = ENFORCED_UNKNOWN;
}

static void no_swap_in_container(struct scene *s)
{
	smallest(s);
	s->machine.swap.possible = false;
	s->machine.swap.impossible = "a container";
}
static void no_swap_and_none_wanted(struct scene *s)
{
	size(s, 16384, 16004, 8);
	s->machine.swap.possible = false;
	s->machine.swap.impossible = "a container";
}

/* 2 GB needs 2048 MiB of swap; swap gets at most a quarter of the free disk. */
static void disk_for_all_swap(struct scene *s)
{
	smallest(s);
	s->machine.swap_disk.free = fact_exact(8192, "test");
}
static void disk_for_less_swap(struct scene *s)
{
	smallest(s);
	s->machine.swap_disk.free = fact_exact(8191, "test");
}
static void little_disk_and_no_swap_wanted(struct scene *s)
{
	size(s, 16384, 16004, 8);
	s->machine.swap_disk.free = fact_exact(4096, "test");
}

static void own_swap(struct scene *s, int64_t used)
{
	struct machine_swap *w = &s->machine.swap;

	w->active = fact_exact(1024, "test");
	w->used_mib = used;
	w->candidates[w->candidate_count++] = (struct swap_area){.path = "/swapfile",
								 .owner = SWAP_OWNER_OURS,
								 .active = true,
								 .recorded = true,
								 .size_mib = 1024,
								 .used_mib = used};
	s->answers.of[ANSWER_SWAP] = said("none", 0);
	s->machine.ram.available = fact_exact(600, "test");
}

/* swapoff needs 256 MiB more than the area holds. */
static void swapoff_fits(struct scene *s)
{
	own_swap(s, 344);
}
static void swapoff_lacks_one(struct scene *s)
{
	own_swap(s, 345);
}

static void partition_gone(struct scene *s)
{
	s->answers.of[ANSWER_SWAP] = (struct answer){ORIGIN_REMEMBERED, "UUID=0123", 0, NULL};
}
static void partition_there(struct scene *s)
{
	partition_gone(s);
	s->machine.swap.inactive[0] =
		(struct swap_area){.path = "/dev/vdb1", .kind = SWAP_KIND_PARTITION, .size_mib = 1024, .uuid = "0123"};
	s->machine.swap.inactive_count = 1;
	s->answers.of[ANSWER_SWAP] = said("/dev/vdb1", 0);
}

static void fstab_not_in_use(struct scene *s)
{
	s->machine.swap.fstab_inactive[s->machine.swap.fstab_inactive_count++] = "UUID=9";
}
static void fstab_two_not_in_use(struct scene *s)
{
	fstab_not_in_use(s);
	fstab_not_in_use(s);
}
/* Two GB want 1536 MiB of swap. */
static void idle_partition(struct scene *s, const char *held, const char *spared)
{
	smallest(s);
	s->machine.swap.inactive[s->machine.swap.inactive_count++] = (struct swap_area){
		.path = "/dev/sdb1", .kind = SWAP_KIND_PARTITION, .size_mib = 4096, .held = held, .spared = spared};
}
static void partition_spared(struct scene *s)
{
	idle_partition(s, NULL, "no line of /etc/fstab names it");
}
static void partition_held(struct scene *s)
{
	idle_partition(s, "process 7 (qemu) has it open", "process 7 (qemu) has it open");
}
static void partitions_spared(struct scene *s)
{
	partition_spared(s);
	partition_spared(s);
}
static void partition_may_be_taken(struct scene *s)
{
	idle_partition(s, NULL, NULL);
}
static void partition_spared_and_asked_for(struct scene *s)
{
	partition_spared(s);
	s->answers.of[ANSWER_SWAP] = said("/dev/sdb1", 0);
}
static void partition_spared_and_none_needed(struct scene *s)
{
	partition_spared(s);
	s->machine.swap.active = fact_exact(4096, "test");
}
static void idle_file(struct scene *s)
{
	smallest(s);
	s->machine.swap.idle_file = (struct swap_area){.path = "/swap.img", .size_mib = 2048};
}
static void idle_file_with_holes(struct scene *s)
{
	idle_file(s);
	s->machine.swap.idle_file.holes = true;
}
static void idle_file_that_others_read(struct scene *s)
{
	idle_file(s);
	s->machine.swap.idle_file.loose = true;
}
static void idle_file_with_noauto(struct scene *s)
{
	idle_file(s);
	s->machine.swap.idle_file.line = SWAP_LINE_NOAUTO;
}
static void idle_file_of_a_line(struct scene *s)
{
	idle_file(s);
	s->machine.swap.idle_file.line = SWAP_LINE_AUTO;
}
static void idle_file_not_needed(struct scene *s)
{
	idle_file(s);
	s->machine.swap.active = fact_exact(4096, "test");
}
static void area_on(struct scene *s, bool passing)
{
	s->machine.swap.areas[s->machine.swap.area_count++] =
		(struct swap_area){.path = "/swap.img", .size_mib = 2048, .active = true, .passing = passing};
	s->machine.swap.active = fact_exact(2048, "test");
}
static void swap_passing(struct scene *s)
{
	area_on(s, true);
}
static void swap_of_a_unit_that_is_off(struct scene *s)
{
	area_on(s, true);
	s->machine.swap.areas[s->machine.swap.area_count - 1].mend = "systemctl enable swap.img.swap";
}
static void swap_lasting(struct scene *s)
{
	area_on(s, false);
}
static void swap_passing_with_uuid(struct scene *s)
{
	area_on(s, true);
	s->machine.swap.areas[0].named = "UUID=11-22";
}

static void swap_passing_by_noauto(struct scene *s)
{
	area_on(s, true);
	s->machine.swap.areas[0].line = SWAP_LINE_NOAUTO;
}

static void swap_passing_on_nixos(struct scene *s)
{
	swap_passing_with_uuid(s);
	s->machine.swap.fstab_made = true;
}
static void on_btrfs(struct scene *s)
{
	smallest(s);
	s->machine.swap.possible = true;
	s->machine.swap_disk.path = "/swapfile";
	s->machine.swap_disk.stops_snapshots = true;
}
static void on_a_subvolume_of_its_own(struct scene *s)
{
	on_btrfs(s);
	s->machine.swap_disk.stops_snapshots = false;
}
static void on_btrfs_without_swap(struct scene *s)
{
	on_btrfs(s);
	s->answers.of[ANSWER_SWAP] = said("none", 0);
}
static void zram(struct scene *s)
{
	s->machine.swap.zram_mib = 1;
}
static void zswap(struct scene *s)
{
	s->machine.swap.zswap = true;
}

/* MEDIUM_VPS has a minimum of its own. */
static int64_t min_disk(const struct fixture *f)
{
	return profile_find(&f->catalog.profiles, "MEDIUM_VPS")->min_disk_mib;
}
static struct fixture *now;
static void disk_is_enough(struct scene *s)
{
	s->machine.image_disk.free = fact_exact(min_disk(now), "test");
	s->machine.stack_disk.free = fact_exact(64, "test");
}
static void disk_lacks_one(struct scene *s)
{
	s->machine.image_disk.free = fact_exact(min_disk(now) - 1, "test");
}
static void stack_disk_lacks_one(struct scene *s)
{
	s->machine.stack_disk.free = fact_exact(63, "test");
}
static void disk_unknown(struct scene *s)
{
	s->machine.stack_disk.free = s->machine.image_disk.free = fact_unknown("test", "a dump");
}

static void one_core(struct scene *s)
{
	size(s, 8192, 7952, 2);
}
static void one_core_and_auto(struct scene *s)
{
	one_core(s);
	s->answers.of[ANSWER_WORKERS] = said("auto", 0);
}
static void cores_enough(struct scene *s)
{
	size(s, 8192, 7952, 3);
}
static void few_workers_asked(struct scene *s)
{
	one_core(s);
	s->answers.of[ANSWER_WORKERS] = said("said", 3);
}

static void workers_two_a_core(struct scene *s)
{
	size(s, 8192, 7952, 2);
	s->answers.of[ANSWER_WORKERS] = said("said", 4);
}
static void workers_over_two_a_core(struct scene *s)
{
	size(s, 8192, 7952, 2);
	s->answers.of[ANSWER_WORKERS] = said("said", 5);
}

static void one_worker(struct scene *s)
{
	s->answers.of[ANSWER_WORKERS] = said("said", 1);
}
static void without_database(struct scene *s)
{
	exactly_two_workers(s);
	s->answers.database_elsewhere = true;
}
static void two_workers(struct scene *s)
{
	s->answers.of[ANSWER_WORKERS] = said("said", 2);
}

/* The limit for two workers is 1536. */
static void floor_held(struct scene *s)
{
	s->model.official_worker_mib = 768;
}
static void floor_not_held(struct scene *s)
{
	s->model.official_worker_mib = 769;
}
static void counted_together(struct scene *s)
{
	s->answers.of[ANSWER_REDIS] = (struct answer){.origin = ORIGIN_DEFAULT};
}
static void counted_together_in_theirs(struct scene *s)
{
	counted_together(s);
	s->answers.of[ANSWER_COMPOSE] = said("compose.yaml", 0);
}
/* 3296 of 4120 is 80 %; 14 MiB more exceed it. */
static void room_but_for_redis(struct scene *s)
{
	counted_together(s);
	size(s, 4299, 4120, 2);
}
static void room_for_redis(struct scene *s)
{
	counted_together(s);
	size(s, 4299, 4138, 2);
}
static void no_room_without_it(struct scene *s)
{
	counted_together(s);
	size(s, 4299, 4119, 2);
}
static void room_without_redis(struct scene *s)
{
	size(s, 4299, 4120, 2);
}
/* 2836 of 3545 is 80 % with one worker, the minimum. */
static void room_but_for_redis_of_one(struct scene *s)
{
	one_worker(s);
	s->answers.of[ANSWER_REDIS] = said("yes", 1);
	size(s, 3699, 3545, 2);
}

static void a_service_unmeasured(struct scene *s)
{
	s->model.measured[SERVICE_NGINX] = false;
}
static void all_measured(struct scene *s)
{
	(void)s;
}
static void two_unmeasured(struct scene *s)
{
	s->model.measured[SERVICE_NGINX] = s->model.measured[SERVICE_POSTGRES] = false;
}
static void a_stranger(struct scene *s)
{
	s->model.strangers = "searxng";
}

static void floor_unknown(struct scene *s)
{
	s->model.official_worker_mib = 0;
}

/* Sets all start peaks, because rules use other models' figures for missing ones. Limits: 1536, 800, 200, 100. */
static void peaks(struct scene *s, int64_t litellm)
{
	static const int64_t low[] = {0, 100, 50, 10, 10, 10};

	for (int i = 1; i < SERVICE_COUNT; i++)
		s->model.services[i].start_peak = (struct cost_line){.base_mib = low[i]};
	s->model.services[SERVICE_LITELLM].start_peak = (struct cost_line){.base_mib = litellm};
}
static void peak_is_limit(struct scene *s)
{
	peaks(s, 1536);
}
static void peak_over_limit(struct scene *s)
{
	peaks(s, 1537);
}
/* 1462 x 1.05 = 1535.1, 1463 x 1.05 = 1536.15 */
static void peak_with_room(struct scene *s)
{
	peaks(s, 1462);
}
static void peak_near_limit(struct scene *s)
{
	peaks(s, 1463);
}

/* No model has start peaks. */
static void no_peaks(struct scene *s)
{
	s->others.count = 0;
	for (int i = 0; i < SERVICE_COUNT; i++)
		s->model.services[i].start_peak = (struct cost_line){0};
}

/* Adds another model, with this limit for LiteLLM and this start peak. */
static void other(struct scene *s, int64_t limit, int64_t known)
{
	peaks(s, 1537);
	s->others.count = 1;
	s->others.items[0] = s->model;
	s->others.items[0].name = "roomy";
	s->others.items[0].services[SERVICE_LITELLM].limit = (struct cost_line){.base_mib = limit};
	s->others.items[0].services[SERVICE_LITELLM].start_peak = (struct cost_line){.base_mib = known};
}
static void other_holds(struct scene *s)
{
	other(s, 2000, 1);
}
static void other_is_near(struct scene *s)
{
	other(s, 1540, 1);
}
static void other_knows_nothing(struct scene *s)
{
	other(s, 2000, 0);
}

/* 1600 of 1680: exactly five per cent to spare. */
static void exactly_room(struct scene *s)
{
	peaks(s, 1600);
	s->model.services[SERVICE_LITELLM].limit = (struct cost_line){.base_mib = 1680};
}

/* Reservations 1978, engine 200, system 1200. */
static void reservations_fit(struct scene *s)
{
	size(s, 4096, 3378, 2);
}
static void reservations_lack_one(struct scene *s)
{
	size(s, 4096, 3377, 2);
}

static void bind(struct scene *s, const char *address)
{
	s->answers.of[ANSWER_BIND] = said(address, 0);
}

static void bind_all(struct scene *s)
{
	bind(s, "0.0.0.0");
}

static void bind_all_v6(struct scene *s)
{
	bind(s, "::");
}

static void bind_other_loopback(struct scene *s)
{
	bind(s, "127.8.9.1");
}

static void bind_loopback_v6(struct scene *s)
{
	bind(s, "::1");
}

static void bind_mapped_loopback(struct scene *s)
{
	bind(s, "::ffff:127.0.0.1");
}

static void bind_of_a_foreign_file(struct scene *s)
{
	bind(s, "0.0.0.0");
	s->answers.of[ANSWER_COMPOSE] = said("/srv/compose.yaml", 0);
}

static void no_engine(struct scene *s)
{
	s->machine.engine.docker = s->machine.engine.compose = false;
}
static void podman_in_place_of_it(struct scene *s)
{
	no_engine(s);
	s->machine.engine.instead = "/usr/bin/docker is Podman's stand-in";
}
static void by_snap(struct scene *s)
{
	s->machine.engine.kind = ENGINE_SNAP;
	s->machine.stack_disk.path = "/opt/ai-gateway";
}
static void by_snap_below_home(struct scene *s)
{
	by_snap(s);
	s->machine.stack_disk.path = "/home/ann/ai-gateway";
}
static void by_package_in_opt(struct scene *s)
{
	by_snap(s);
	s->machine.engine.kind = ENGINE_SYSTEM;
}
static void by_desktop(struct scene *s)
{
	s->machine.engine.kind = ENGINE_DESKTOP;
}
static void of_the_host(struct scene *s)
{
	by_snap(s);
	s->machine.engine.kind = ENGINE_HOST;
	s->machine.engine.docker_source = "/run/docker.sock";
}
static void swap_not_accounted(struct scene *s)
{
	swap_there(s, 1024);
	s->machine.engine.swap_limits_why = "/etc/default/grub";
}
static void swap_not_accounted_and_none(struct scene *s)
{
	swap_not_accounted(s);
	s->machine.swap.active = fact_exact(0, "test");
}
static void swap_accounted(struct scene *s)
{
	swap_there(s, 1024);
}
static void listens(struct scene *s, uint32_t address, const char *who)
{
	static struct machine_listener one;

	one = (struct machine_listener){.address = {address}, .port = 8080, .who = who};
	s->machine.front = (struct machine_front){.bind = "127.0.0.1", .port = 8080, .now = 8080};
	s->machine.listeners = &one;
	s->machine.listener_count = 1;
}
static void port_taken_by_nginx(struct scene *s)
{
	listens(s, 0, "nginx");
}
static void port_taken_by_nobody_known(struct scene *s)
{
	listens(s, 0, NULL);
}
static void port_of_another_address(struct scene *s)
{
	listens(s, 0x0500000a, "nginx"); /* 10.0.0.5 */
}
static void port_of_a_foreign_stack(struct scene *s)
{
	port_taken_by_nginx(s);
	s->answers.of[ANSWER_COMPOSE] = said("/srv/compose.yaml", 0);
}
static void by_name(struct scene *s)
{
	s->answers.of[ANSWER_DOMAIN] = said("chat.example.org", 1);
}
static void https_port_taken(struct scene *s)
{
	listens(s, 0, "apache2");
	s->machine.listeners[0].port = 443;
}
static void https_port_taken_by_name(struct scene *s)
{
	https_port_taken(s);
	by_name(s);
}
static void https_port_of_its_own(struct scene *s)
{
	static struct machine_container own = {.name = "a-caddy-1", .service = "caddy", .ours = true};

	https_port_taken_by_name(s);
	s->machine.containers = (struct machine_containers){&own, 1};
}
static void leads(struct scene *s, enum name_leads where, const char *addresses)
{
	by_name(s);
	s->machine.domain = (struct machine_name){"chat.example.org", where, addresses};
}
static void leads_here(struct scene *s)
{
	leads(s, NAME_HERE, "192.0.2.1");
}
static void leads_elsewhere(struct scene *s)
{
	leads(s, NAME_ELSEWHERE, "203.0.113.9");
}
static void leads_nowhere(struct scene *s)
{
	leads(s, NAME_NOWHERE, "");
}
static void leads_unknown(struct scene *s)
{
	leads(s, NAME_UNKNOWN, "");
}
static void leads_elsewhere_by_another_name(struct scene *s)
{
	leads_elsewhere(s);
	s->answers.of[ANSWER_DOMAIN] = said("other.example.org", 1);
}
static void leads_elsewhere_and_none(struct scene *s)
{
	leads_elsewhere(s);
	s->answers.of[ANSWER_DOMAIN] = said("none", 0);
}
static void address_elsewhere(struct scene *s)
{
	s->machine.bind_elsewhere = "203.0.113.9";
}
static void another_address_by_now(struct scene *s)
{
	address_elsewhere(s);
	s->answers.of[ANSWER_BIND] = said("127.0.0.1", 0);
}
static void old_processor(struct scene *s)
{
	s->machine.cpus.model = "Common KVM processor";
	s->machine.cpus.lacks = "ssse3";
	s->machine.virt.kind = VIRT_KVM;
}
static void not_served(struct scene *s)
{
	s->machine.cpus.unserved = true;
	s->machine.arch = "riscv64";
}
static void a_32_bit_system(struct scene *s)
{
	s->machine.cpus.userland = "armhf (32 bits)";
	s->machine.arch = "aarch64";
}
static void read_only(struct scene *s)
{
	s->machine.stack_disk.path = "/opt/ai-gateway";
	s->machine.stack_disk.read_only = true;
}
static void no_modes(struct scene *s)
{
	s->machine.stack_disk.path = "/mnt/c/gw";
	s->machine.stack_disk.fs = "9p";
	s->machine.stack_disk.no_modes = true;
}
static void no_version_4(struct scene *s)
{
	s->machine.version_6_only = true;
}
static void temporary_stack(struct scene *s)
{
	s->machine.stack_disk.path = "/mnt/gw";
	s->machine.stack_disk.temporary = true;
}
static void temporary_images(struct scene *s)
{
	s->machine.image_disk.path = "/mnt/docker";
	s->machine.image_disk.temporary = true;
}
static void engine_of(struct scene *s, const char *version)
{
	s->machine.engine.docker = true;
	s->machine.engine.docker_version = version;
}
static void old_engine(struct scene *s)
{
	engine_of(s, "5:20.10.9~3-0~debian-bullseye");
}
static void older_engine(struct scene *s)
{
	engine_of(s, "19.03.15-r0");
}
static void new_enough_engine(struct scene *s)
{
	engine_of(s, "20.10.24+dfsg1-1+deb12u1");
}
static void newer_engine(struct scene *s)
{
	engine_of(s, "5:28.0.0");
}
static void engine_of_no_number(struct scene *s)
{
	engine_of(s, "master");
}
static void boot_off(struct scene *s)
{
	swap_lasting(s);
	s->machine.swap.boot_off = "OpenRC's service 'swap' is in no runlevel";
}
static void boot_off_without_swap(struct scene *s)
{
	s->machine.swap.boot_off = "OpenRC's service 'swap' is in no runlevel";
	s->answers.of[ANSWER_SWAP] = said("none", 0);
}
static void old_hardware(struct scene *s)
{
	old_processor(s);
	s->machine.virt.kind = VIRT_NONE;
}
static void stack_in_memory(struct scene *s)
{
	s->machine.stack_disk = (struct machine_disk){.path = "/opt/ai-gateway", .fs = "overlay", .in_memory = true};
}
static void images_in_memory(struct scene *s)
{
	s->machine.image_disk = (struct machine_disk){.path = "/var/lib/docker", .fs = "tmpfs", .in_memory = true};
}
static void no_compose(struct scene *s)
{
	s->machine.engine.compose = false;
}
static void nothing(struct scene *s)
{
	(void)s;
}

static void asks_for(struct scene *s, const char *image, enum origin origin)
{
	s->answers.of[ANSWER_OPEN_WEBUI] = (struct answer){origin, image, 0, NULL};
}
static void asks_for_slim(struct scene *s)
{
	smallest(s);
	asks_for(s, "slim", ORIGIN_FLAG);
}
static void asks_for_full(struct scene *s)
{
	smallest(s);
	asks_for(s, "full", ORIGIN_REMEMBERED);
}
static void slim_by_other_figures(struct scene *s)
{
	smallest(s);
	s->stack.fresh = true;
}
static void slim_by_itself(struct scene *s)
{
	slim_by_other_figures(s);
	s->model.knows_smaller[SERVICE_OPEN_WEBUI] = true;
}
/* SMALL_VPS needs 2836 MiB. */
static void ram_is_just_enough(struct scene *s)
{
	size(s, 3000, 2836, 1);
}
static void small_in_a_foreign_stack(struct scene *s)
{
	smallest(s);
	s->answers.of[ANSWER_COMPOSE] = said("compose.yaml", 0);
}
static void asks_for_slim_in_a_foreign_stack(struct scene *s)
{
	small_in_a_foreign_stack(s);
	asks_for(s, "slim", ORIGIN_FILE);
}
static void remembers_slim_in_a_foreign_stack(struct scene *s)
{
	small_in_a_foreign_stack(s);
	asks_for(s, "slim", ORIGIN_REMEMBERED);
}

/* The stack runs this image for a service. */
static void runs(struct scene *s, size_t service, const char *image)
{
	s->stack.known = s->stack.own = true;
	s->stack.was[service] = s->stack.of[service] =
		stack_image_judge(&now->arena, &now->catalog.images, &now->catalog.services.items[service], image);
}
static void is_foreign(struct scene *s)
{
	s->stack.own = false;
}
static void asks_for_new(struct scene *s)
{
	s->answers.of[ANSWER_IMAGES] = said("new", 1);
}
static void runs_today(struct scene *s)
{
	for (size_t i = 0; i < now->catalog.images.count; i++) {
		const struct image_row *row = &now->catalog.images.items[i];

		if (!row->variant)
			runs(s, service_find(&now->catalog.services, row->service), image_reference(&now->arena, row));
	}
}
static void runs_old(struct scene *s)
{
	runs_today(s);
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm:v1.89.0");
	runs(s, SERVICE_OPEN_WEBUI, "ghcr.io/open-webui/open-webui:v0.11.3");
}
static void runs_old_in_a_foreign_stack(struct scene *s)
{
	runs_old(s);
	is_foreign(s);
}
static void runs_old_from_a_mirror(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "mirror.example/berriai/litellm:v1.89.0");
}
static void runs_newer(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm:v1.111.0");
}
static void runs_malicious(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm:1.82.7");
}
static void runs_malicious_in_a_foreign_stack(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "docker.io/litellm/litellm-database:v1.82.8");
	is_foreign(s);
}
static void runs_a_mirror_of_malicious(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "registry:5000/berriai/litellm:main-v1.107.0-stable");
}
static void runs_before_the_malicious(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm:v1.107.0-rc.1");
}
static void runs_rolling(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm:main-stable");
	is_foreign(s);
}
static void runs_rolling_of_ones_own(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "registry:5000/ours/litellm:latest");
}
static void runs_without_a_tag(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm");
}
static void runs_a_digest(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm:v1.82.7@sha256:00");
}
static void runs_a_rolling_database(struct scene *s)
{
	runs(s, SERVICE_POSTGRES, "postgres:16");
}
static void runs_another_debian(struct scene *s)
{
	runs(s, SERVICE_POSTGRES, "postgres:16.4");
}
static void asked_with_another_debian(struct scene *s)
{
	runs_another_debian(s);
	asks_for_new(s);
}
static void asked_with_another_major(struct scene *s)
{
	runs(s, SERVICE_POSTGRES, "postgres:15.4-bookworm");
	asks_for_new(s);
}
static void moves_old(struct scene *s)
{
	runs_today(s);
	asks_for_new(s);
	s->stack.moved = true;
	s->stack.was[SERVICE_LITELLM] =
		stack_image_judge(&now->arena, &now->catalog.images, &now->catalog.services.items[SERVICE_LITELLM],
				  "ghcr.io/berriai/litellm:v1.89.0");
}
static void leaves_a_digest(struct scene *s)
{
	runs_a_digest(s);
	asks_for_new(s);
}
static void leaves_a_newer(struct scene *s)
{
	runs_newer(s);
	asks_for_new(s);
}
static void newer_model(struct scene *s)
{
	s->model.images[SERVICE_LITELLM] = "1.110";
}
static void runs_old_with_a_newer_model(struct scene *s)
{
	runs_old(s);
	newer_model(s);
}
static void runs_a_patch_of_the_model(struct scene *s)
{
	runs(s, SERVICE_LITELLM, "ghcr.io/berriai/litellm:v1.110.9");
	newer_model(s);
}
static void runs_a_digest_with_a_newer_model(struct scene *s)
{
	runs_a_digest(s);
	newer_model(s);
}
static void planned_by_image(struct scene *s)
{
	runs_old(s);
	s->model = *cost_model_find(&now->catalog.models, "measured-2026-11");
}
/* Applied with the founding figures when there were no others, and with today's images since. */
static void planned_by_the_founding_model(struct scene *s)
{
	runs_today(s);
}
static void planned_by_the_default(struct scene *s)
{
	runs_today(s);
	s->model = *cost_model_find(&now->catalog.models, DEFAULT_MODEL);
}
static void planned_by_answer(struct scene *s)
{
	planned_by_image(s);
	s->answers.of[ANSWER_COST_MODEL] = said("measured-2026-11", 0);
}
static void runs_old_and_asked_for_seed(struct scene *s)
{
	runs_old(s);
	s->answers.of[ANSWER_COST_MODEL] = said("seed-2025-11", 0);
}

static struct stack_service beside_them[1];
static struct machine_container beside_container[1];

/* A service of the stack that plays no part. */
static void neighbour(struct scene *s, int64_t limit_mib)
{
	beside_them[0] = (struct stack_service){.name = "mystery",
						.part = NO_SERVICE,
						.like = NO_SERVICE,
						.copies = 1,
						.active = true,
						.limit_mib = limit_mib};
	s->stack.services = beside_them;
	s->stack.service_count = 1;
}

static void neighbour_unknown(struct scene *s)
{
	neighbour(s, 0);
}

static void neighbour_usual(struct scene *s)
{
	static const struct usual_cost costs = {.idle_mib = 93, .source = "weighed by hand"};

	neighbour(s, 0);
	beside_them[0].usual = &costs;
}

static void neighbour_with_limit(struct scene *s)
{
	neighbour(s, 100);
}

static void other_container(struct scene *s, struct fact use, int64_t limit_mib)
{
	beside_container[0] = (struct machine_container){
		.name = "other", .use = use, .swap = fact_exact(0, "test"), .limit_mib = limit_mib};
	s->machine.containers = (struct machine_containers){beside_container, 1};
}

static void other_unknown(struct scene *s)
{
	other_container(s, fact_unknown("test", "it cannot be read"), 100);
}

static void records_unread(struct scene *s)
{
	s->machine.ram.containers = fact_unknown("/var/lib/docker/containers/x/config.v2.json", "it is not JSON");
}

/* One that is told by its name and not by its use has a warning of its own. */
static void record_read_and_use_unknown(struct scene *s)
{
	other_unknown(s);
	records_unread(s);
}

static void other_unlimited(struct scene *s)
{
	other_container(s, fact_exact(90, "test"), 0);
}

static void other_limited(struct scene *s)
{
	other_container(s, fact_exact(90, "test"), 100);
}

/* Somebody else's stack, whose workers load the program each for itself. */
static void each_alone(struct scene *s)
{
	const struct service *litellm = &now->catalog.services.items[SERVICE_LITELLM];

	s->model = *cost_model_find(&now->catalog.models, "measured-2026-11");
	s->stack.condition[SERVICE_LITELLM] = &litellm->conditions[0];
	exactly_two_workers(s);
}

/* One has nobody to share with, however it is started. */
static void one_alone(struct scene *s)
{
	each_alone(s);
	s->answers.of[ANSWER_WORKERS] = said("1", 1);
}

/* With workers of 1000 MiB one needs 2927 of 3926 MiB, and two 3927. */
static void one_more_lacks_room(struct scene *s)
{
	s->answers.of[ANSWER_WORKERS] = said("1", 1);
	s->model.services[SERVICE_LITELLM].expected.per_worker_mib = 1000;
	s->answers.of[ANSWER_OVERHEAD] = said("said", 751);
}
static void one_more_has_room(struct scene *s)
{
	one_more_lacks_room(s);
	s->answers.of[ANSWER_OVERHEAD].number--;
}

static struct standing_sizes standing[MAX_SERVICES];

static void limit_stays(struct scene *s, size_t service, int64_t mib)
{
	exactly_two_workers(s);
	memset(standing, 0, sizeof(standing));
	standing[service].limit = (struct standing_size){true, mib, false};
	s->standing = standing;
}
/* What keeps the verdict at tight is another thing: neither fewer workers nor no Redis would change it. */
static void room_but_for_redis_and_a_stranger(struct scene *s)
{
	room_but_for_redis(s);
	neighbour_unknown(s);
}
static void room_but_for_redis_and_a_limit(struct scene *s)
{
	limit_stays(s, SERVICE_LITELLM, 1239);
	room_but_for_redis(s);
}
/* --workers would change nothing. */
static void room_but_for_redis_and_a_count_that_stays(struct scene *s)
{
	room_but_for_redis(s);
	s->held_workers = 2;
}
/* The seed expects 1240 MiB of two workers. */
static void kept_below(struct scene *s)
{
	limit_stays(s, SERVICE_LITELLM, 1239);
}
static void kept_as_expected(struct scene *s)
{
	limit_stays(s, SERVICE_LITELLM, 1240);
}
static void chat_kept_below(struct scene *s)
{
	limit_stays(s, SERVICE_OPEN_WEBUI, 601);
}
static void kept_at_ram(struct scene *s)
{
	limit_stays(s, SERVICE_LITELLM, s->machine.ram.effective.value);
}
static void kept_beyond_ram(struct scene *s)
{
	limit_stays(s, SERVICE_LITELLM, s->machine.ram.effective.value + 1);
}
static void kept_without(struct scene *s)
{
	limit_stays(s, SERVICE_LITELLM, 0);
}
static void database_holds(struct scene *s, int64_t mib)
{
	neighbour(s, 0);
	beside_them[0].name = "db";
	beside_them[0].part = SERVICE_POSTGRES;
	other_container(s, fact_exact(mib, "test"), 0);
	beside_container[0].service = "db";
	beside_container[0].ours = true;
	s->stack.known = s->stack.own = true;
}
static void holds_more(struct scene *s)
{
	database_holds(s, 49);
}
static void holds_its_figure(struct scene *s)
{
	database_holds(s, 48);
}

#define GIVEN(code, arrange, says, lacks)                                                                              \
	{                                                                                                              \
		code, true, arrange, says, lacks                                                                       \
	}
#define NOT(code, arrange)                                                                                             \
	{                                                                                                              \
		code, false, arrange, NULL, NULL                                                                       \
	}

static const struct row {
	const char *code;
	bool given;
	void (*arrange)(struct scene *s);
	const char *says;  /* must be in the text; NULL: anything */
	const char *lacks; /* must not be in the text; NULL: nothing */
} rows[] = {
	NOT("profile-too-large", nothing),
	GIVEN("services-not-counted", neighbour_unknown, "mystery", NULL),
	NOT("services-not-counted", neighbour_with_limit),
	GIVEN("usual-figures", neighbour_usual, "mystery (weighed by hand)", NULL),
	NOT("usual-figures", neighbour_with_limit),
	GIVEN("containers-not-counted", other_unknown, "1 container of", NULL),
	NOT("containers-not-counted", other_unlimited),
	GIVEN("containers-not-told", records_unread, "config.v2.json: it is not JSON", NULL),
	NOT("containers-not-told", other_unlimited),
	NOT("containers-not-told", record_read_and_use_unknown),
	GIVEN("containers-unlimited", other_unlimited, "1 container that", NULL),
	GIVEN("containers-unlimited", neighbour_unknown, NULL, NULL),
	NOT("containers-unlimited", other_limited),
	GIVEN("other-figures", each_alone, "litellm: each worker loads the program for itself", NULL),
	NOT("other-figures", one_alone),
	GIVEN("no-room-for-more", one_more_lacks_room, NULL, NULL),
	NOT("no-room-for-more", one_more_has_room),
	NOT("no-room-for-more", ram_lacks_one),
	GIVEN("limit-kept", kept_below, "litellm is kept at 1239 MiB; 2 workers are expected to need 1240", NULL),
	GIVEN("limit-kept", chat_kept_below, "open-webui is kept at 601 MiB, and is expected to need 602", NULL),
	NOT("limit-kept", kept_as_expected),
	NOT("limit-kept", kept_without),
	GIVEN("limit-beyond-ram", kept_beyond_ram, "it may take the whole machine", NULL),
	NOT("limit-beyond-ram", kept_at_ram),
	GIVEN("uses-more", holds_more, "postgres uses 49 MiB now, more than the 48", NULL),
	NOT("uses-more", holds_its_figure),
	GIVEN("no-profile", below_smallest, NULL, NULL),
	NOT("no-profile", smallest),
	GIVEN("exceeds-target", total_over_target, NULL, NULL),
	NOT("exceeds-target", total_is_target),
	NOT("exceeds-target", small_profile_on_more),
	NOT("exceeds-target", target_over_nominal_reached),
	NOT("exceeds-target", total_is_nominal),
	GIVEN("lightweight-distro", system_over_lightweight, NULL, NULL),
	NOT("lightweight-distro", system_is_lightweight),
	NOT("lightweight-distro", lightweight),
	NOT("lightweight-distro", a_little_more_than_two_gb),
	NOT("lightweight-distro", all_within_two_gb),
	GIVEN("lightweight-distro", peak_over_two_gb, NULL, NULL),
	GIVEN("lightweight-distro", idle_tight_within_two_gb, NULL, NULL),
	GIVEN("exceeds-target-peak", peak_over_two_gb, "(2049 MiB)", NULL),
	NOT("exceeds-target-peak", peak_of_two_gb),
	NOT("exceeds-target-peak", peak_over_on_a_little_more),
	GIVEN("does-not-fit", swap_lacks_one, NULL, NULL),
	NOT("does-not-fit", swap_holds_idle),
	GIVEN("does-not-fit", too_small_for_any, "one and a half times the RAM (1024 MiB)", "exceeds"),
	GIVEN("does-not-fit", too_small_and_swap_lacks_one, "exceeds 972 MiB of RAM and 328 MiB of swap", NULL),
	NOT("does-not-fit", too_small_and_swap_holds),
	GIVEN("does-not-fit", idle_over_the_line, "3073 MiB is more than one and a half", NULL),
	NOT("does-not-fit", idle_at_the_line),
	GIVEN("no-profile", too_small_and_asked, "the smallest, SMALL_VPS, is made for 2 GB", "LARGE"),
	GIVEN("profile-too-large", target_over_nominal_reached, "LARGE_VPS is made for 8 GB of RAM", NULL),
	NOT("profile-too-large", small_profile_on_more),
	NOT("profile-too-large", too_small_and_asked),
	GIVEN("daily-use", smallest, "fine for trying it out alone; for daily use rent 4 GB", "workers"),
	GIVEN("daily-use", ram_lacks_one, "rent 8 GB, or take fewer workers", NULL),
	GIVEN("daily-use", busy_on_two_gb, "enough for 1-2 people", "trying"),
	NOT("daily-use", busy_on_a_little_more),
	NOT("daily-use", idle_tight_within_two_gb),
	NOT("daily-use", idle_over_the_line),
	NOT("daily-use", ram_is_idle),
	GIVEN("limits-off", limits_off, NULL, NULL),
	NOT("limits-off", limits_on),
	NOT("limits-off", nothing),
	GIVEN("idle-needs-swap", ram_lacks_one, NULL, NULL),
	NOT("idle-needs-swap", ram_is_idle),
	NOT("idle-needs-swap", swap_lacks_one),
	GIVEN("peak-over-ram", peak_lacks_one, NULL, NULL),
	NOT("peak-over-ram", peak_over_swap_too),
	GIVEN("peak-beyond-swap", peak_over_swap_too, "more than swap holds: under such a load", NULL),
	NOT("peak-beyond-swap", peak_in_swap),
	NOT("peak-beyond-swap", ram_is_peak),
	NOT("peak-beyond-swap", ram_lacks_one),
	GIVEN("peak-over-ram", peak_in_swap, "; swap holds it", NULL),
	NOT("peak-over-ram", ram_is_peak),
	NOT("peak-over-ram", ram_lacks_one),
	GIVEN("tight", over_eighty, NULL, NULL),
	NOT("tight", eighty_percent),
	NOT("tight", ram_lacks_one),
	GIVEN("above-goal", over_goal, NULL, NULL),
	NOT("above-goal", under_goal),
	NOT("above-goal", exactly_goal),
	NOT("above-goal", over_eighty),
	GIVEN("ram-gap", gap, NULL, NULL),
	NOT("ram-gap", nothing),
	GIVEN("limits-not-enforced", not_enforced, NULL, NULL),
	NOT("limits-not-enforced", enforcement_unknown),
	NOT("limits-not-enforced", nothing),
	GIVEN("swap-impossible", no_swap_in_container, NULL, NULL),
	NOT("swap-impossible", no_swap_and_none_wanted),
	NOT("swap-impossible", smallest),
	GIVEN("swap-limited-by-disk", disk_for_less_swap, NULL, NULL),
	NOT("swap-limited-by-disk", disk_for_all_swap),
	NOT("swap-limited-by-disk", little_disk_and_no_swap_wanted),
	GIVEN("swap-left", swapoff_lacks_one, NULL, NULL),
	NOT("swap-left", swapoff_fits),
	GIVEN("swap-partition-missing", partition_gone, NULL, NULL),
	NOT("swap-partition-missing", partition_there),
	GIVEN("fstab-swap-not-in-use", fstab_not_in_use, "UUID=9", "more"),
	GIVEN("fstab-swap-not-in-use", fstab_two_not_in_use, "and there are more", NULL),
	NOT("fstab-swap-not-in-use", nothing),
	GIVEN("swap-offered", partition_spared, "--swap /dev/sdb1 takes it", "there are more"),
	GIVEN("swap-offered", partition_held, "process 7 (qemu) has it open", "takes it"),
	GIVEN("swap-offered", partitions_spared, "there are more", NULL),
	NOT("swap-offered", partition_may_be_taken),
	NOT("swap-offered", partition_spared_and_asked_for),
	NOT("swap-offered", partition_spared_and_none_needed),
	GIVEN("swap-file-idle", idle_file, "'swapon /swap.img'", NULL),
	GIVEN("swap-file-idle", idle_file_with_holes, "count=2048' and 'mkswap /swap.img' make it whole", NULL),
	GIVEN("swap-file-idle", idle_file_that_others_read, "'chmod 600 /swap.img' (others can read it), 'swapon",
	      NULL),
	GIVEN("swap-file-idle", idle_file_with_noauto, "take 'noauto' out of its line", NULL),
	NOT("swap-file-idle", idle_file_of_a_line),
	NOT("swap-file-idle", idle_file_not_needed),
	NOT("swap-file-idle", smallest),
	GIVEN("swap-not-at-boot", swap_of_a_unit_that_is_off, "'systemctl enable swap.img.swap' keeps it", NULL),
	GIVEN("swap-not-at-boot", swap_passing, "'/swap.img none swap sw,nofail 0 0'", NULL),
	GIVEN("swap-not-at-boot", swap_passing_with_uuid, "'UUID=11-22 none", NULL),
	GIVEN("swap-not-at-boot", swap_passing_by_noauto, "take 'noauto' out", "none swap"),
	GIVEN("swap-not-at-boot", swap_passing_on_nixos, "[ { device = \"/dev/disk/by-uuid/11-22\"; } ];", "none swap"),
	NOT("swap-not-at-boot", swap_lasting),
	GIVEN("swap-stops-snapshots", on_btrfs, "btrfs subvolume create /swap", NULL),
	NOT("swap-stops-snapshots", on_a_subvolume_of_its_own),
	NOT("swap-stops-snapshots", on_btrfs_without_swap),
	GIVEN("zram", zram, NULL, NULL),
	NOT("zram", nothing),
	GIVEN("zswap", zswap, NULL, NULL),
	NOT("zswap", nothing),
	GIVEN("disk-low", disk_lacks_one, NULL, NULL),
	GIVEN("disk-low", stack_disk_lacks_one, NULL, NULL),
	NOT("disk-low", disk_is_enough),
	NOT("disk-low", disk_unknown),
	GIVEN("workers-capped", one_core, NULL, NULL),
	GIVEN("workers-capped", one_core_and_auto, NULL, NULL),
	NOT("workers-capped", cores_enough),
	NOT("workers-capped", few_workers_asked),
	GIVEN("workers-lowered", auto_and_ram_lacks_one, "1 worker and not 2", NULL),
	NOT("workers-lowered", ram_lacks_one),
	NOT("workers-lowered", ram_is_idle),
	NOT("workers-lowered", one_core),
	NOT("workers-lowered", applied_and_ram_lacks_one),
	NOT("workers-capped", auto_and_ram_lacks_one),
	GIVEN("workers-kept", applied_and_ram_lacks_one, "--workers auto would take 1", NULL),
	NOT("workers-kept", auto_and_ram_lacks_one),
	NOT("workers-kept", applied_and_ram_is_idle),
	NOT("workers-kept", ram_lacks_one),
	GIVEN("workers-over-cores", workers_over_two_a_core, NULL, NULL),
	NOT("workers-over-cores", workers_two_a_core),
	GIVEN("workers-without-redis", two_workers, NULL, NULL),
	NOT("workers-without-redis", one_worker),
	NOT("workers-without-redis", counted_together),
	GIVEN("workers-without-redis", counted_together_in_theirs, NULL, NULL),
	GIVEN("database-elsewhere", without_database, "allow 30 connections: workers 2 x 5 + 20", NULL),
	NOT("database-elsewhere", two_workers),
	GIVEN("optional-costs-verdict", room_but_for_redis,
	      "(14 MiB) alone make it tight and not comfortable; --workers 1 would need 2836 MiB: comfortable", NULL),
	GIVEN("optional-costs-verdict", room_but_for_redis_and_a_count_that_stays,
	      "(14 MiB) alone make it tight and not comfortable", "--workers"),
	NOT("optional-costs-verdict", room_but_for_redis_and_a_stranger),
	NOT("optional-costs-verdict", room_but_for_redis_and_a_limit),
	NOT("optional-costs-verdict", room_for_redis),
	NOT("optional-costs-verdict", no_room_without_it),
	NOT("optional-costs-verdict", room_without_redis),
	NOT("optional-costs-verdict", room_but_for_redis_of_one),
	GIVEN("below-official-floor", floor_not_held, NULL, NULL),
	NOT("below-official-floor", floor_held),
	NOT("below-official-floor", floor_unknown),
	GIVEN("service-unmeasured", a_service_unmeasured, "has no figures for nginx: ", "postgres"),
	GIVEN("service-unmeasured", two_unmeasured, "has no figures for postgres, nginx: ", NULL),
	NOT("service-unmeasured", all_measured),
	GIVEN("service-unknown", a_stranger, "searxng", NULL),
	NOT("service-unknown", all_measured),
	GIVEN("limit-below-start", peak_over_limit,
	      "litellm needed 1537 MiB to start, when it was measured, and its limit is 1536", NULL),
	GIVEN("limit-below-start", other_holds, "; --cost-model roomy gives it 2000", NULL),
	GIVEN("limit-below-start", other_is_near, NULL, "roomy"),
	GIVEN("limit-below-start", other_knows_nothing, NULL, "roomy"),
	NOT("limit-below-start", peak_is_limit),
	GIVEN("limit-near-start", peak_near_limit,
	      "litellm used 1463 of its 1536 MiB while starting, when it was measured", NULL),
	NOT("limit-near-start", peak_with_room),
	NOT("limit-near-start", peak_over_limit),
	GIVEN("limits-hold-start", peak_with_room, "litellm 1462 of 1536, open-webui 100 of 800", NULL),
	GIVEN("limits-hold-start", exactly_room, NULL, NULL),
	NOT("limits-hold-start", no_peaks),
	NOT("limits-hold-start", peak_near_limit),
	NOT("limits-hold-start", peak_over_limit),
	GIVEN("reservations-overcommitted", reservations_lack_one, NULL, NULL),
	NOT("reservations-overcommitted", reservations_fit),
	GIVEN("bind-public", bind_all, "listens on 0.0.0.0,", NULL),
	GIVEN("bind-public", bind_all_v6, "listens on ::,", NULL),
	NOT("bind-public", bind_other_loopback),
	NOT("bind-public", bind_loopback_v6),
	NOT("bind-public", bind_mapped_loopback),
	NOT("bind-public", bind_of_a_foreign_file),
	NOT("bind-public", nothing),
	GIVEN("engine-missing", no_engine, "https://docs.docker.com/engine/install", "engine was not found"),
	GIVEN("engine-missing", podman_in_place_of_it, "stand-in", NULL),
	GIVEN("engine-confined", by_snap, "/opt/ai-gateway", NULL),
	NOT("engine-confined", by_snap_below_home),
	NOT("engine-confined", by_package_in_opt),
	GIVEN("engine-in-vm", by_desktop, "give it at least 2836 MiB", NULL),
	NOT("engine-in-vm", by_snap),
	GIVEN("engine-of-host", of_the_host, "Docker (/run/docker.sock) is its host's", NULL),
	NOT("engine-of-host", by_package_in_opt),
	GIVEN("swap-not-limited", swap_not_accounted, "swapaccount=1 in /etc/default/grub", NULL),
	NOT("swap-not-limited", swap_not_accounted_and_none),
	NOT("swap-not-limited", swap_accounted),
	GIVEN("port-taken", port_taken_by_nginx, "port 8080 is taken by nginx:", NULL),
	GIVEN("port-taken", port_taken_by_nobody_known, "port 8080 is taken:", NULL),
	NOT("port-taken", port_of_another_address),
	NOT("port-taken", port_of_a_foreign_stack),
	GIVEN("published-taken", https_port_taken_by_name, "port 443, which caddy needs, is taken by apache2", NULL),
	NOT("published-taken", https_port_taken),
	NOT("published-taken", https_port_of_its_own),
	GIVEN("domain-elsewhere", leads_elsewhere, "leads to 203.0.113.9", NULL),
	GIVEN("domain-elsewhere", leads_nowhere, "has no address yet", NULL),
	NOT("domain-elsewhere", leads_here),
	NOT("domain-elsewhere", leads_unknown),
	NOT("domain-elsewhere", leads_elsewhere_by_another_name),
	NOT("domain-elsewhere", leads_elsewhere_and_none),
	GIVEN("domain-unknown", leads_unknown, "within 5 seconds", NULL),
	NOT("domain-unknown", leads_here),
	NOT("domain-unknown", by_name),
	GIVEN("bind-not-here", address_elsewhere, "203.0.113.9", NULL),
	NOT("bind-not-here", another_address_by_now),
	NOT("bind-not-here", nothing),
	GIVEN("cpu-too-old", old_processor, "(Common KVM processor) lacks ssse3", "newer machine"),
	GIVEN("cpu-too-old", old_hardware, "newer machine", "CPU type"),
	NOT("cpu-too-old", nothing),
	GIVEN("dir-without-modes", no_modes, "/mnt/c/gw lies on 9p", NULL),
	NOT("dir-without-modes", nothing),
	GIVEN("no-ipv4", no_version_4, "no route for IPv4", NULL),
	NOT("no-ipv4", nothing),
	GIVEN("stack-not-kept", temporary_stack, "choose --dir on another disk", "data-root"),
	GIVEN("stack-not-kept", temporary_images, "data-root in daemon.json", NULL),
	GIVEN("engine-too-old", old_engine, "older than 20.10.10", NULL),
	GIVEN("engine-too-old", older_engine, "Docker 19.03.15-r0", NULL),
	NOT("engine-too-old", new_enough_engine),
	NOT("engine-too-old", newer_engine),
	NOT("engine-too-old", engine_of_no_number),
	NOT("engine-too-old", nothing),
	GIVEN("swap-not-at-boot", boot_off, "in no runlevel, so that", NULL),
	NOT("swap-not-at-boot", boot_off_without_swap),
	GIVEN("cpu-not-served", not_served, "(riscv64)", "64-bit system"),
	GIVEN("cpu-not-served", a_32_bit_system, "armhf (32 bits)", "cannot run here"),
	NOT("cpu-not-served", nothing),
	GIVEN("dir-read-only", read_only, "/opt/ai-gateway lies on", NULL),
	NOT("dir-read-only", nothing),
	GIVEN("stack-not-kept", stack_in_memory, "/opt/ai-gateway lies in memory (overlay)", "data-root"),
	GIVEN("stack-not-kept", images_in_memory, "data-root in daemon.json", NULL),
	NOT("stack-not-kept", nothing),
	NOT("engine-missing", nothing),
	GIVEN("compose-missing", no_compose, NULL, NULL),
	NOT("compose-missing", no_engine),
	NOT("compose-missing", nothing),
	GIVEN("image-never-use", runs_malicious,
	      "ghcr.io/berriai/litellm:1.82.7 must not run: it was published by attackers", "look which"),
	GIVEN("image-never-use", runs_malicious_in_a_foreign_stack, "change every key", NULL),
	GIVEN("image-never-use", runs_a_mirror_of_malicious, "registry:5000/berriai/litellm:main-v1.107.0-stable",
	      NULL),
	GIVEN("image-never-use", runs_rolling, "name a version, such as v1.110", "change every key"),
	GIVEN("image-never-use", runs_without_a_tag, "ghcr.io/berriai/litellm must not run", NULL),
	NOT("image-never-use", runs_old),
	NOT("image-never-use", runs_a_digest),
	NOT("image-never-use", runs_before_the_malicious),
	NOT("image-never-use", runs_rolling_of_ones_own),
	NOT("image-never-use", nothing),
	GIVEN("image-old", runs_old,
	      "litellm v1.89.0 (today v1.110.2: out of support, with no fix for CVE-2026-114612)", "nginx"),
	GIVEN("image-old", runs_another_debian, "postgres 16.4 (today 16.16-bookworm", NULL),
	NOT("image-old", runs_today),
	NOT("image-old", runs_newer),
	NOT("image-old", runs_old_in_a_foreign_stack),
	NOT("image-old", runs_a_digest),
	NOT("image-old", runs_without_a_tag),
	NOT("image-old", runs_a_rolling_database),
	NOT("image-old", runs_old_from_a_mirror),
	GIVEN("images-move", moves_old, "litellm (v1.89.0 to v1.110.2)", "open-webui ("),
	NOT("images-move", runs_old),
	GIVEN("image-left", leaves_a_digest, "not known to vpsfit: litellm", NULL),
	GIVEN("image-left", leaves_a_newer, "not known to vpsfit: litellm", NULL),
	NOT("image-left", runs_a_digest),
	NOT("image-left", moves_old),
	GIVEN("image-collation", asked_with_another_debian, "postgres stays at 16.4", "major"),
	GIVEN("image-collation", asked_with_another_major,
	      "postgres stays at 15.4-bookworm: 16.16-bookworm is of another major", "REINDEX"),
	NOT("image-collation", runs_another_debian),
	NOT("image-collation", moves_old),
	GIVEN("model-other-image", runs_old_with_a_newer_model,
	      "measured with litellm 1.110, and the stack runs litellm v1.89.0", NULL),
	NOT("model-other-image", runs_old),
	NOT("model-other-image", runs_a_patch_of_the_model),
	NOT("model-other-image", runs_a_digest_with_a_newer_model),
	GIVEN("model-by-image", planned_by_image,
	      "litellm 1.89, open-webui 0.11: it is planned with the cost model measured-2026-11", NULL),
	NOT("model-by-image", planned_by_answer),
	NOT("model-by-image", runs_old),
	GIVEN("model-kept", runs_old,
	      "the cost model seed-2025-11, which is still used; today it would be measured-2026-11", NULL),
	NOT("model-kept", planned_by_image),
	GIVEN("model-kept", planned_by_the_founding_model, "today it would be " DEFAULT_MODEL, NULL),
	NOT("model-kept", planned_by_the_default),
	NOT("model-kept", runs_old_and_asked_for_seed),
	GIVEN("smaller-image", asks_for_slim, "the slim image of open-webui needs about 272 MiB less. It reads text",
	      "chosen"),
	GIVEN("smaller-image", slim_by_itself, "and is chosen: with the usual one 2836 MiB would be expected in 1978",
	      NULL),
	NOT("smaller-image", nothing),
	NOT("smaller-image", smallest),
	NOT("smaller-image", slim_by_other_figures),
	GIVEN("smaller-image-offered", smallest, "272 MiB less: --open-webui slim takes it. It reads", "by itself"),
	GIVEN("smaller-image-offered", slim_by_other_figures,
	      "(it is not chosen by itself, for the cost model has no figures", NULL),
	NOT("smaller-image-offered", nothing),
	NOT("smaller-image-offered", ram_is_just_enough),
	NOT("smaller-image-offered", asks_for_full),
	NOT("smaller-image-offered", asks_for_slim),
	NOT("smaller-image-offered", slim_by_itself),
	NOT("smaller-image-offered", small_in_a_foreign_stack),
	GIVEN("smaller-image-foreign", asks_for_slim_in_a_foreign_stack, "--open-webui slim changes nothing here",
	      NULL),
	NOT("smaller-image-foreign", remembers_slim_in_a_foreign_stack),
	NOT("smaller-image-foreign", small_in_a_foreign_stack),
	NOT("smaller-image-foreign", asks_for_slim),
};

static const struct plan_warning *given(const struct plan *p, const char *code)
{
	for (size_t i = 0; i < p->warning_count; i++)
		if (STR_EQ(p->warnings[i].code, code))
			return &p->warnings[i];
	return NULL;
}

static void each_side(void **state)
{
	struct fixture *f = *state;

	now = f;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct plan_warning *w;
		struct knowledge known;
		struct scene s;
		struct plan p;

		ordinary(f, &s);
		rows[i].arrange(&s);
		known = *KNOWN_BESIDE(f->catalog, s.others, &s.stack);
		known.applied = s.applied;
		known.standing = s.standing;
		known.held_workers = s.held_workers;
		assert_int_equal(plan_build(&f->arena, &s.machine, &known, &s.model, &s.answers, &f->diags, &p), 0);
		w = given(&p, rows[i].code);
		if (!w != !rows[i].given)
			fail_msg("row %zu: %s is %s", i, rows[i].code, w ? "given and should not be" : "missing");
		if (w && ((rows[i].says && !strstr(w->text, rows[i].says)) ||
			  (rows[i].lacks && strstr(w->text, rows[i].lacks))))
			fail_msg("row %zu: %s says: %s", i, rows[i].code, w->text);
	}
}

/* An optional service that one worker has as well is not about several workers. */
static void an_optional_service_of_one_worker(void **state)
{
	struct fixture *f = *state;
	struct service *redis = &f->catalog.services.items[SERVICE_REDIS];
	int64_t from = redis->optional_from;
	struct scene s;
	struct plan p;

	ordinary(f, &s);
	counted_together(&s);
	redis->optional_from = 1;
	assert_int_equal(plan_build(&f->arena, &s.machine, KNOWN(f->catalog), &s.model, &s.answers, &f->diags, &p), 0);
	redis->optional_from = from;
	assert_true(p.services[SERVICE_REDIS].in);
	assert_non_null(given(&p, "workers-without-redis"));
}

/* A missing figure is taken from the model with the highest one. */
static void peaks_of_other_models(void **state)
{
	struct fixture *f = *state;
	struct scene s;
	struct plan p;

	ordinary(f, &s);
	peaks(&s, 0);
	s.others.count = 2;
	s.others.items[0] = s.others.items[1] = s.model;
	s.others.items[0].services[SERVICE_LITELLM].start_peak = (struct cost_line){.base_mib = 1000};
	s.others.items[1].services[SERVICE_LITELLM].start_peak = (struct cost_line){.base_mib = 900};
	assert_int_equal(
		plan_build(&f->arena, &s.machine, KNOWN_OF(f->catalog, s.others), &s.model, &s.answers, &f->diags, &p),
		0);
	assert_non_null(given(&p, "limits-hold-start"));
	assert_non_null(strstr(given(&p, "limits-hold-start")->text, "litellm 1000 of 1536"));
}

static void no_room_on_typical(struct scene *s)
{
	size(s, 4096, 3926, 2);
	exactly_two_workers(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 3000);
	swap_there(s, 0);
	s->machine.swap.impossible = "a container";
}
static void no_room_for_two(struct scene *s)
{
	no_room_on_typical(s);
	s->answers.of[ANSWER_OVERHEAD] = said("said", 2200);
}
static void no_room_with_one_worker(struct scene *s)
{
	no_room_on_typical(s);
	s->answers.of[ANSWER_WORKERS] = said("said", 1);
}
static void no_room_on_lightweight(struct scene *s)
{
	no_room_on_typical(s);
	s->machine.distro.class = DISTRO_LIGHTWEIGHT;
}
static void no_room_without_swap(struct scene *s)
{
	no_room_on_typical(s);
	s->machine.swap.impossible = NULL;
}
static void no_room_with_swap(struct scene *s)
{
	no_room_without_swap(s);
	s->answers.of[ANSWER_SWAP] = said(NULL, 0);
	s->machine.swap_disk.free = fact_exact(0, "test");
}

/* Advice must be feasible on this machine. */
static void remedies(void **state)
{
	static const struct {
		void (*arrange)(struct scene *s);
		const char *text; /* NULL: it fits, no advice */
	} all[] = {
		{nothing, NULL},
		{below_smallest, "a VPS of at least 2 GB (--force goes on with SMALL_VPS all the same)"},
		{no_room_for_two,
		 "fewer workers, or a lightweight distribution, or 5 GB, better 6 GB of RAM (--force goes on all the "
		 "same)"},
		/* One worker does not fit either. */
		{no_room_on_typical,
		 "a lightweight distribution, or 6 GB, better 8 GB of RAM (--force goes on all the same)"},
		{no_room_with_one_worker,
		 "a lightweight distribution, or 5 GB, better 6 GB of RAM (--force goes on all the same)"},
		{no_room_on_lightweight, "6 GB, better 8 GB of RAM (--force goes on all the same)"},
		{no_room_without_swap,
		 "a swap file (--swap auto), or 6 GB, better 8 GB of RAM (--force goes on all the same)"},
		{no_room_with_swap,
		 "a lightweight distribution, or 6 GB, better 8 GB of RAM (--force goes on all the same)"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct scene s;
		struct plan p;

		ordinary(f, &s);
		all[i].arrange(&s);
		assert_int_equal(plan_build(&f->arena, &s.machine, KNOWN_OF(f->catalog, s.others), &s.model, &s.answers,
					    &f->diags, &p),
				 0);
		if (!all[i].text)
			assert_null(p.remedy);
		else
			assert_string_equal(p.remedy, all[i].text);
	}
}

static bool has_row(const char *code, bool which)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].given == which && STR_EQ(rows[i].code, code))
			return true;
	return false;
}

/* Given by whoever finds it, and in the list only for the manual (tests/cli/test_warnings.py). */
static bool is_no_rule(const char *code)
{
	for (size_t i = 0; i < advice_note_count; i++)
		if (STR_EQ(advice_notes[i].code, code))
			return true;
	return false;
}

/* Where no limits are written, nothing is said of them, whatever the machine. */
static void nothing_is_said_of_limits_that_are_not(void **state)
{
	static const char *const about[] = {
		"exceeds-target-peak", "peak-over-ram",	       "peak-beyond-swap",
		"limits-not-enforced", "below-official-floor", "limit-below-start",
		"limit-near-start",    "limits-hold-start",    "reservations-overcommitted"};
	struct fixture *f = *state;
	size_t both = 0;

	now = f;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(about); k++) {
			struct scene s;
			struct plan p;

			if (!rows[i].given || !STR_EQ(rows[i].code, about[k]))
				continue;
			ordinary(f, &s);
			rows[i].arrange(&s);
			limits_off(&s);
			assert_int_equal(plan_build(&f->arena, &s.machine, KNOWN_OF(f->catalog, s.others), &s.model,
						    &s.answers, &f->diags, &p),
					 0);
			assert_null(given(&p, about[k]));
			assert_non_null(given(&p, "limits-off"));
			both++;
		}
	assert_true(both >= ARRAY_SIZE(about));
}

static void every_code_has_both(void **state)
{
	struct plan_warning def;

	(void)state;
	for (size_t i = 0; plan_warning_def(i, &def); i++)
		if (!is_no_rule(def.code) && (!has_row(def.code, true) || !has_row(def.code, false)))
			fail_msg("%s wants a row where it is given and one where it is not", def.code);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		bool known = false;

		for (size_t i = 0; plan_warning_def(i, &def); i++)
			known |= STR_EQ(def.code, rows[k].code);
		if (!known)
			fail_msg("there is no code %s", rows[k].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_side),
		cmocka_unit_test(an_optional_service_of_one_worker),
		cmocka_unit_test(peaks_of_other_models),
		cmocka_unit_test(remedies),
		cmocka_unit_test(every_code_has_both),
		cmocka_unit_test(nothing_is_said_of_limits_that_are_not),
	};

	return cmocka_run_group_tests(tests, setup, shipped_teardown);
}
