/* SPDX-License-Identifier: MIT */
/* Swap without a kernel: names and units, lines of /etc/fstab, and the planner's decisions. */
#include "unit.h"

#include <errno.h>

#include "swap/fstab.h"
#include "catalog/catalog.h"
#include "core/plan.h"
#include "swap/unit.h"
#include "files/sysroot.h"

static const char *const odd_paths[] = {
	"/swapfile",
	"/swapfile.vpsfit",
	"/swapfile.vpsfit-2",
	"/var/lib/a-b_c.d:e",
	"/.hidden/swap",
	"/a/.hidden",
	"/a b",
	"/-x",
	"/\xc3\xbc"
	"ber",
	"/a//b",
	"/a@b,c+d=e~f!",
	"/100%/swap",
	"/x\\y",
	"/UPPER/lower9",
	"/dev/disk/by-uuid/0a-1b",
};

/* The result of systemd's own tool. */
static const char *escaped(struct arena *a, const char *path)
{
	char line[1024] = "";
	FILE *f = popen(arena_printf(a, "systemd-escape --path --suffix=swap -- '%s'", path), "re");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(pclose(f), 0);
	line[strcspn(line, "\n")] = '\0';
	return arena_strdup(a, line);
}

static void unit_names_are_systemds(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(odd_paths); i++)
		assert_string_equal(swap_unit_name(&b->arena, odd_paths[i]), escaped(&b->arena, odd_paths[i]));
}

static void a_unit_names_its_file(void **state)
{
	struct bench *b = *state;
	const char *text = swap_unit_text(&b->arena, "/100%/a b");

	assert_int_equal(strncmp(text, SWAP_UNIT_MARK, strlen(SWAP_UNIT_MARK)), 0);
	assert_non_null(strstr(text, "\n[Swap]\nWhat=/100%%/a b\n"));
	assert_non_null(strstr(text, "\n[Install]\nWantedBy=swap.target\n"));
	assert_string_equal(swap_unit_wants(&b->arena, "/swapfile"),
			    "/etc/systemd/system/swap.target.wants/swapfile.swap");
	assert_string_equal(swap_unit_what(&b->arena, "/dev/vda2", "0a-1b"), "/dev/disk/by-uuid/0a-1b");
}

static void units_are_told_from_other_files(void **state)
{
	static const char *const others[] = {"/etc/systemd/system/.swap.d/compose.yaml",
					     "/etc/systemd/system/a.service",
					     "/etc/systemd/system/gateway/a.swap",
					     "/etc/systemd/systems/a.swap",
					     "/etc/systemd/system.swap",
					     "a.swap"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(odd_paths); i++) {
		assert_true(swap_is_unit(swap_unit_path(&b->arena, odd_paths[i])));
		assert_true(swap_is_unit(swap_unit_wants(&b->arena, odd_paths[i])));
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(swap_is_unit(others[i]));
}

#define LINE "/swapfile none swap sw,nofail,x-vpsfit 0 0\n"

/* The text after adding or removing /swapfile; NULL: refused. */
static const char *edited(struct bench *b, const char *text, bool comes)
{
	const char *const file[] = {"/swapfile"};
	const char *result = NULL;
	int rc = fstab_edit(&b->arena, "/etc/fstab", text, file, comes, file, !comes, &b->diags, &result);

	return rc == 0 ? result : NULL;
}

static void fstab_lines_come_and_go(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{"", LINE},
		{"# only this\n", "# only this\n" LINE},
		{"/dev/vda / ext4 defaults 0 1", "/dev/vda / ext4 defaults 0 1\n" LINE},
		{"/dev/vda\t/\text4 defaults 0 1\n\n\n", "/dev/vda\t/\text4 defaults 0 1\n\n\n" LINE},
		{"UUID=1 / ext4 defaults 0 1\r\n", "UUID=1 / ext4 defaults 0 1\r\n" LINE},
		{"/dev/vdb none swap sw 0 0\n", "/dev/vdb none swap sw 0 0\n" LINE},
		{"/swapfile.old none swap sw 0 0\n#/swapfile none swap sw 0 0\n",
		 "/swapfile.old none swap sw 0 0\n#/swapfile none swap sw 0 0\n" LINE},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].before);

		assert_string_equal(edited(b, rows[i].before, true), rows[i].after);
		assert_string_equal(edited(b, rows[i].after, true), rows[i].after); /* never twice */
		/* Removing it again; a missing line end may be added. */
		assert_int_equal(strncmp(edited(b, rows[i].after, false), rows[i].before, n), 0);
		assert_true(strlen(edited(b, rows[i].after, false)) <= n + 1);
	}
}

static void fstab_somebody_elses_line(void **state)
{
	struct bench *b = *state;

	assert_string_equal(edited(b, " /swapfile\tswap  swap\tdefaults\n/x /y ext4\n", true),
			    " /swapfile\tswap  swap\tdefaults\n/x /y ext4\n");
	assert_string_equal(edited(b, " /swapfile\tswap  swap\tdefaults\n/x /y ext4\n", false), "/x /y ext4\n");
	assert_true(fstab_lists(&b->arena, "/swapfile none swap sw 0 0", "/swapfile"));
	assert_false(fstab_marks(&b->arena, "/swapfile none swap sw 0 0", "/swapfile"));
	assert_true(fstab_marks(&b->arena, LINE, "/swapfile"));
	/* A file system mounted from a file of that name is no swap. */
	assert_false(fstab_lists(&b->arena, "/swapfile /mnt ext4 loop 0 0\n", "/swapfile"));
}

static void fstab_odd_names(void **state)
{
	struct bench *b = *state;
	const char *const name[] = {"/a b#c\\d"};
	const char *text, *back;

	assert_int_equal(
		fstab_edit(&b->arena, "/etc/fstab", "/x / ext4 defaults 0 1\n", name, 1, NULL, 0, &b->diags, &text), 0);
	assert_string_equal(text, "/x / ext4 defaults 0 1\n/a\\040b\\043c\\134d none swap sw,nofail,x-vpsfit 0 0\n");
	assert_true(fstab_lists(&b->arena, text, name[0]));
	assert_int_equal(fstab_edit(&b->arena, "/etc/fstab", text, NULL, 0, name, 1, &b->diags, &back), 0);
	assert_string_equal(back, "/x / ext4 defaults 0 1\n");
}

static void a_change_and_its_way_back(void **state)
{
	const struct swap_change made = {.path = "/swapfile", .recorded = true, .after = {512, true}};
	const struct swap_change back = swap_change_back(&made);
	const struct swap_change kept = {
		.path = "/dev/vdb1", .device = true, .before = {64, true}, .after = {64, true}};
	const struct swap_change off = {
		.path = "/dev/vdb1", .device = true, .before = {64, true}, .after = {64, false}};

	(void)state;
	assert_true(swap_is_changed(&made) && swap_is_changed(&back) && swap_is_changed(&off));
	assert_false(swap_is_changed(&kept));
	assert_true(back.before.mib == 512 && back.before.on && back.after.mib == 0 && !back.after.on);
	assert_string_equal(back.path, "/swapfile");
	assert_int_equal(swap_change_mib(&made), 512);
	assert_int_equal(swap_change_mib(&back), 512); /* what goes */
}

/* A 2 GB VPS and two candidates for swap files; each test sets them up. */
struct planned {
	struct catalog catalog;
	struct machine m;
	struct answers a;
};

static struct planned two_gb(struct bench *b)
{
	struct planned p = {.a = {.of = {{ORIGIN_DEFAULT, NULL, 0, NULL}}}};
	const char *empty = getenv("VPSFIT_ROOTS");
	struct sysroot root;

	assert_int_equal(sysroot_open(&root, arena_printf(&b->arena, "%s/bad-empty", empty ? empty : "build/roots")),
			 0);
	assert_int_equal(catalog_load(&b->arena, ".", &root, &b->diags, &p.catalog), 0);
	sysroot_close(&root);
	p.m.sysroot = p.m.arch = p.m.kernel = "test";
	p.m.ram.nominal = fact_exact(2048, "test");
	p.m.ram.usable = p.m.ram.effective = fact_exact(1978, "test");
	p.m.ram.in_use = fact_exact(200, "test");
	p.m.ram.containers = fact_exact(0, "test");
	p.m.ram.available = fact_exact(1500, "test");
	p.m.cpus.effective = fact_exact(1, "test");
	p.m.swap.active = fact_exact(0, "test");
	p.m.swap.possible = true;
	p.m.distro.class = DISTRO_TYPICAL;
	p.m.distro.confidence = FACT_EXACT;
	p.m.distro.id = p.m.distro.version = p.m.distro.name = "test";
	p.m.stack_disk.free = p.m.image_disk.free = p.m.swap_disk.free = fact_exact(40960, "test");
	p.m.stack_disk.path = p.m.image_disk.path = p.m.swap_disk.path = "/";
	p.m.engine.docker = p.m.engine.compose = true;
	p.m.engine.limits = ENFORCED_YES;
	for (int i = 0; i < SWAP_NAMES; i++)
		p.m.swap.candidates[p.m.swap.candidate_count++].path = swap_name(&b->arena, "/swapfile", i);
	return p;
}

/* Puts vpsfit's own file at the first candidate. */
static void has_own(struct planned *p, int64_t size, int64_t used, bool active, bool recorded)
{
	struct swap_area *c = &p->m.swap.candidates[0];

	c->owner = SWAP_OWNER_OURS;
	c->size_mib = size;
	c->used_mib = used;
	c->active = active;
	c->recorded = recorded;
	p->m.swap.active.value += active ? size : 0;
}

static struct plan_swap advice(struct bench *b, struct planned *p)
{
	static struct plan plan;

	assert_int_equal(plan_build(&b->arena, &p->m, KNOWN(p->catalog),
				    cost_model_find(&p->catalog.models, "seed-2025-11"), &p->a, &b->diags, &plan),
			 0);
	return plan.swap;
}

static void images_go_before_swap(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);

	p.m.swap_disk.free = fact_exact(8192, "test");
	assert_int_equal(advice(b, &p).size_mib, 2048); /* a quarter of 8192 */
	p.m.swap_disk.wants_images = true;
	assert_int_equal(advice(b, &p).size_mib, 1024); /* a quarter of 8192 - 4096 */
	p.m.swap_disk.free = fact_exact(5000, "test");
	assert_int_equal(advice(b, &p).action, SWAP_ACT_IMPOSSIBLE);
	assert_non_null(strstr(advice(b, &p).why, "less 4096 for the images"));
}

static void growth_takes_the_place(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);
	struct plan_swap s;

	has_own(&p, 1024, 300, true, true);
	s = advice(b, &p); /* 2028 missing: 2048 */
	assert_int_equal(s.action, SWAP_ACT_RESIZE);
	assert_string_equal(s.path, "/swapfile.vpsfit");
	assert_int_equal(s.size_mib, 2048);
	assert_int_equal(s.total_mib, 2048);
	assert_int_equal(s.area_count, 2);
	assert_true(s.areas[0].before.on && !s.areas[0].after.on && s.areas[0].after.mib == 0);
	assert_true(s.areas[1].before.mib == 0 && s.areas[1].after.on && s.areas[1].after.mib == 2048);
	/* Contents do not fit into RAM: add a second file. */
	p.m.swap.candidates[0].used_mib = 1000;
	p.m.ram.available = fact_exact(1255, "test");
	s = advice(b, &p);
	assert_int_equal(s.action, SWAP_ACT_CREATE);
	assert_int_equal(s.size_mib, 1024);
	assert_int_equal(s.total_mib, 2048);
	assert_false(swap_is_changed(&s.areas[0]));
	p.m.ram.available = fact_exact(1256, "test"); /* 1000 + 256 */
	assert_int_equal(advice(b, &p).action, SWAP_ACT_RESIZE);
	/* No room for both at once: add a second file as well. */
	p.m.swap_disk.free = fact_exact(4096, "test");
	s = advice(b, &p);
	assert_int_equal(s.action, SWAP_ACT_CREATE);
	assert_int_equal(s.size_mib, 1024);
}

static void nothing_shrinks_by_itself(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);

	has_own(&p, 4096, 0, true, true);
	assert_int_equal(advice(b, &p).action, SWAP_ACT_KEEP);
	assert_false(swap_is_changed(&advice(b, &p).areas[0]));
	p.a.of[ANSWER_SWAP] = said("size", 1024);
	assert_int_equal(advice(b, &p).action, SWAP_ACT_RESIZE);
	assert_int_equal(advice(b, &p).total_mib, 1024);
	p.m.swap.candidates[0].used_mib = 1500;
	assert_int_equal(advice(b, &p).action, SWAP_ACT_KEEP);
	assert_non_null(strstr(advice(b, &p).left, "shrink from 4096 to 1024 MiB"));
}

static void exactly_what_was_asked_for(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);

	p.a.of[ANSWER_SWAP] = said("size", 3000);
	p.m.swap.active.value = 8192; /* another's swap does not count here */
	assert_int_equal(advice(b, &p).action, SWAP_ACT_CREATE);
	assert_int_equal(advice(b, &p).size_mib, 3000);
	p.m.swap_disk.free = fact_exact(3255, "test");
	assert_int_equal(advice(b, &p).action, SWAP_ACT_IMPOSSIBLE);
	p.m.swap_disk.free = fact_exact(3256, "test"); /* 256 stay */
	assert_int_equal(advice(b, &p).action, SWAP_ACT_CREATE);
	has_own(&p, 3000, 0, true, true);
	assert_int_equal(advice(b, &p).action, SWAP_ACT_KEEP);
	p.m.swap.possible = false; /* existing swap stays */
	p.m.swap.impossible = "a container";
	assert_int_equal(advice(b, &p).action, SWAP_ACT_KEEP);
}

static void none_takes_only_its_own(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);
	struct plan_swap s;

	p.m.swap.active.value = 512;
	has_own(&p, 1024, 0, true, true);
	p.a.of[ANSWER_SWAP] = said("none", 0);
	s = advice(b, &p);
	assert_int_equal(s.action, SWAP_ACT_NONE);
	assert_int_equal(s.total_mib, 512);
	assert_true(s.areas[0].after.mib == 0 && !s.areas[0].after.on);
	/* Another stack's file: vpsfit's by label, but not to be touched. */
	p.m.swap.candidates[0].recorded = false;
	s = advice(b, &p);
	assert_int_equal(s.action, SWAP_ACT_KEEP);
	assert_false(swap_is_changed(&s.areas[0]));
	assert_non_null(s.left);
}

static void what_is_there_is_turned_on(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);
	struct plan_swap s;

	p.m.swap.inactive[p.m.swap.inactive_count++] =
		(struct swap_area){.path = "/dev/vdb1", .kind = SWAP_KIND_PARTITION, .size_mib = 2048, .uuid = "1-2"};
	s = advice(b, &p);
	assert_int_equal(s.action, SWAP_ACT_ACTIVATE);
	assert_string_equal(s.path, "/dev/vdb1");
	assert_true(s.areas[0].device && s.areas[0].after.on);
	has_own(&p, 2048, 0, false, true); /* our own file is preferred */
	assert_string_equal(advice(b, &p).path, "/swapfile");
	p.m.swap.candidates[0].size_mib = 1024; /* too small */
	assert_string_equal(advice(b, &p).path, "/dev/vdb1");
	p.m.swap.inactive[0].spared = "no line of /etc/fstab names it"; /* not unasked */
	assert_int_equal(advice(b, &p).action, SWAP_ACT_CREATE);
	p.m.swap.inactive[0].spared = NULL;
	p.m.swap.inactive[0].size_mib = 2047;
	assert_int_equal(advice(b, &p).action, SWAP_ACT_CREATE);
	s = advice(b, &p);
	assert_string_equal(s.path, "/swapfile.vpsfit");
	assert_int_equal(s.areas[0].after.mib, 0); /* the small one is of no use */
}

static void idle_partitions(struct planned *p)
{
	struct machine_swap *w = &p->m.swap;

	w->inactive[w->inactive_count++] = (struct swap_area){
		.path = "/dev/vdb1", .kind = SWAP_KIND_PARTITION, .size_mib = 4096, .uuid = "aa-11", .label = "first"};
	w->inactive[w->inactive_count++] = (struct swap_area){
		.path = "/dev/vdb2", .kind = SWAP_KIND_PARTITION, .size_mib = 64, .uuid = "bb-22", .label = "both"};
}

/* Uses the named partition and no other, whatever is advised. */
static void the_named_partition_is_turned_on(void **state)
{
	static const char *const names[] = {"/dev/vdb2", "UUID=bb-22", "UUID=BB-22", "LABEL=both"};
	struct bench *b = *state;
	struct planned p = two_gb(b);
	struct swap_area listed[MACHINE_MAX_SWAPS];
	struct plan_swap s;

	idle_partitions(&p);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		p.a.of[ANSWER_SWAP] = said(names[i], 0);
		s = advice(b, &p);
		assert_int_equal(s.action, SWAP_ACT_ACTIVATE);
		assert_string_equal(s.path, "/dev/vdb2");
		assert_int_equal(s.total_mib, 64);
		assert_int_equal(s.area_count, 1);
		assert_true(s.areas[0].device && s.areas[0].recorded && !s.areas[0].before.on && s.areas[0].after.on);
	}
	assert_int_equal(plan_swap_devices(&p.m, listed), 2);
	/* A place without swap files does not matter for a partition; a machine without swap does. */
	p.m.swap_disk.no_swap = "tmpfs";
	assert_int_equal(advice(b, &p).action, SWAP_ACT_ACTIVATE);
	p.m.swap.possible = false;
	p.m.swap.impossible = "a container";
	assert_int_equal(advice(b, &p).action, SWAP_ACT_IMPOSSIBLE);
}

/* Swap made or turned on earlier is removed if its contents fit into memory. */
static void others_make_way_for_the_named_one(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);
	struct plan_swap s;

	idle_partitions(&p);
	p.a.of[ANSWER_SWAP] = said("/dev/vdb1", 0);
	has_own(&p, 1024, 300, true, true);
	s = advice(b, &p);
	assert_int_equal(s.total_mib, 4096);
	assert_true(s.areas[0].before.on && !s.areas[0].after.on && s.areas[0].after.mib == 0);
	p.m.ram.available = fact_exact(555, "test"); /* less than 300 + 256 */
	s = advice(b, &p);
	assert_int_equal(s.total_mib, 5120);
	assert_false(swap_is_changed(&s.areas[0]));
	assert_non_null(strstr(s.left, "/swapfile was to make way for /dev/vdb1"));
}

static int refused(struct bench *b, struct planned *p)
{
	static struct plan plan;

	return plan_build(&b->arena, &p->m, KNOWN(p->catalog), cost_model_find(&p->catalog.models, "seed-2025-11"),
			  &p->a, &b->diags, &plan);
}

static void what_is_not_there_is_refused(void **state)
{
	static const char *const names[] = {"/dev/vdb3", "UUID=cc", "LABEL=FIRST", "/dev/vdb"};
	struct bench *b = *state;
	struct planned p = two_gb(b);

	idle_partitions(&p);
	p.m.sysroot = "/";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		p.a.of[ANSWER_SWAP] = said(names[i], 0);
		assert_int_equal(refused(b, &p), -EINVAL);
		assert_string_equal(b->diags.items[i].hint, "there are: /dev/vdb1 (4096 MiB), /dev/vdb2 (64 MiB)");
	}
	p.m.swap.inactive[0].label = "both";
	p.a.of[ANSWER_SWAP] = said("LABEL=both", 0);
	assert_int_equal(refused(b, &p), -EINVAL);
	/* A remembered partition that is missing gives way to auto, with a notice. */
	p.a.of[ANSWER_SWAP] = (struct answer){ORIGIN_REMEMBERED, "UUID=gone", 0, NULL};
	assert_int_equal(advice(b, &p).mode, SWAP_MODE_AUTO);
	assert_string_equal(advice(b, &p).missing, "UUID=gone");
	assert_string_equal(advice(b, &p).path, "/dev/vdb1"); /* advised */
}

/* A second file beside somebody's idle one only where it has to be: idle use of 2836 MiB does not fit into 1978. */
static void an_idle_file_is_not_doubled(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);
	struct plan_swap s;

	p.m.swap.idle_file = (struct swap_area){.path = "/swap.img", .kind = SWAP_KIND_FILE, .size_mib = 2048};
	assert_int_equal(advice(b, &p).action, SWAP_ACT_CREATE);
	p.a.of[ANSWER_OVERHEAD] = said("300", 300); /* idle 1936 */
	s = advice(b, &p);
	assert_int_equal(s.action, SWAP_ACT_NONE);
	assert_non_null(strstr(s.why, "/swap.img lies idle, and its 2048 MiB would do"));
	p.m.swap.idle_file.size_mib = 511; /* too small */
	assert_int_equal(advice(b, &p).action, SWAP_ACT_CREATE);
	p.m.swap.idle_file.size_mib = 2048;
	p.a.of[ANSWER_SWAP] = said("size", 512); /* asked for */
	assert_int_equal(advice(b, &p).action, SWAP_ACT_CREATE);
}

/* What lies in it is in use: not even a name makes it vpsfit's to turn on. */
static void what_is_held_is_refused(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);
	struct swap_area listed[MACHINE_MAX_SWAPS];

	idle_partitions(&p);
	p.m.swap.inactive[1].spared = p.m.swap.inactive[1].held = "process 7 (qemu) has it open";
	p.a.of[ANSWER_SWAP] = said("UUID=bb-22", 0);
	assert_int_equal(refused(b, &p), -EINVAL);
	assert_non_null(strstr(b->diags.items[0].text, "/dev/vdb2 is in use: process 7 (qemu) has it open"));
	assert_int_equal(plan_swap_devices(&p.m, listed), 1);
	assert_string_equal(listed[0].path, "/dev/vdb1");
}

static void no_file_but_a_partition(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);

	idle_partitions(&p);
	p.a.of[ANSWER_SWAP] = said(NULL, 0);
	p.m.swap_disk.no_swap = "ZFS deadlocks";
	assert_string_equal(advice(b, &p).path, "/dev/vdb1");
	p.m.swap.inactive_count = 0;
	assert_int_equal(advice(b, &p).action, SWAP_ACT_IMPOSSIBLE);
	assert_string_equal(advice(b, &p).why, "ZFS deadlocks");
	p.a.of[ANSWER_SWAP] = said("size", 512);
	assert_int_equal(advice(b, &p).action, SWAP_ACT_IMPOSSIBLE);
}

static void taken_names_are_left(void **state)
{
	struct bench *b = *state;
	struct planned p = two_gb(b);

	p.m.swap.candidates[0].owner = SWAP_OWNER_OTHER;
	assert_string_equal(advice(b, &p).path, "/swapfile.vpsfit");
	p.m.swap.candidates[1].owner = p.m.swap.candidates[2].owner = SWAP_OWNER_OTHER;
	assert_int_equal(advice(b, &p).action, SWAP_ACT_IMPOSSIBLE);
	assert_non_null(strstr(advice(b, &p).why, "are all taken"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(unit_names_are_systemds),	      bench_test(a_unit_names_its_file),
		bench_test(units_are_told_from_other_files),  bench_test(fstab_lines_come_and_go),
		bench_test(fstab_somebody_elses_line),	      bench_test(fstab_odd_names),
		bench_test(a_change_and_its_way_back),	      bench_test(images_go_before_swap),
		bench_test(growth_takes_the_place),	      bench_test(nothing_shrinks_by_itself),
		bench_test(exactly_what_was_asked_for),	      bench_test(none_takes_only_its_own),
		bench_test(what_is_there_is_turned_on),	      bench_test(taken_names_are_left),
		bench_test(the_named_partition_is_turned_on), bench_test(others_make_way_for_the_named_one),
		bench_test(what_is_not_there_is_refused),     bench_test(what_is_held_is_refused),
		bench_test(an_idle_file_is_not_doubled),      bench_test(no_file_but_a_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
