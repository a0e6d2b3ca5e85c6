/* SPDX-License-Identifier: MIT */
/*
 * The plan's warnings: a table of rules, each with a stable code. A rule adds at most one text, in the table's order.
 */
#include <string.h>

#include "core/advice_notes.h"
#include "core/planner.h"
#include "core/address.h"
#include "core/i18n.h"
#include "core/units.h"
#include "core/vps.h"

struct rule {
	const char *code;
	enum severity severity;
	/* The text for people; NULL: the rule does not apply. */
	const char *(*text)(const struct planning *in, const struct plan *p);
	const char *help; /* what it means, for the man page */
};

static const char *peak_over(const struct planning *in, const struct plan *p)
{
	if (p->idle >= VERDICT_NEEDS_SWAP || p->peak != VERDICT_NEEDS_SWAP)
		return NULL;
	return arena_printf(
		in->arena,
		_("with every container at its limit %lld MiB are needed, %lld more than RAM; swap holds it"),
		(long long)plan_peak_mib(p), (long long)(plan_peak_mib(p) - p->ram_mib));
}

/* Idle use that does not fit is said by rules of its own. */
static const char *peak_beyond(const struct planning *in, const struct plan *p)
{
	if (p->idle >= VERDICT_NEEDS_SWAP || p->peak != VERDICT_DOES_NOT_FIT)
		return NULL;
	return arena_printf(
		in->arena,
		_("with every container at its limit %lld MiB are needed, %lld more than RAM, and more than "
		  "swap holds: under such a load the kernel ends a program"),
		(long long)plan_peak_mib(p), (long long)(plan_peak_mib(p) - p->ram_mib));
}

static const char *tight(const struct planning *in, const struct plan *p)
{
	if (p->idle != VERDICT_TIGHT || plan_idle_mib(p) * 100 <= p->ram_mib * TIGHT_PERCENT)
		return NULL;
	return arena_printf(in->arena, _("idle use is %lld %% of RAM, over the line of %d %%"),
			    (long long)plan_percent(p, plan_idle_mib(p)), TIGHT_PERCENT);
}

static const char *above_goal(const struct planning *in, const struct plan *p)
{
	if (p->idle != VERDICT_COMFORTABLE || plan_idle_mib(p) * 100 <= p->ram_mib * GOAL_PERCENT)
		return NULL;
	return arena_printf(in->arena, _("idle use is %lld %% of RAM; the goal is under %d %%"),
			    (long long)plan_percent(p, plan_idle_mib(p)), GOAL_PERCENT);
}

static const char *ram_gap(const struct planning *in, const struct plan *p)
{
	(void)p;
	return in->machine->ram.gap_text;
}

/* Does the stack that is there run the service, whatever it is called? */
static bool runs_already(const struct planning *in, size_t service)
{
	for (size_t i = 0; in->stack && i < in->stack->service_count; i++) {
		const struct stack_service *s = &in->stack->services[i];

		if ((s->like == service || s->part == service) && s->active && s->copies > 0)
			return true;
	}
	return false;
}

static const char *no_redis(const struct planning *in, const struct plan *p)
{
	if (p->workers < 2 || (in->stack && in->stack->names_redis))
		return NULL;
	for (size_t s = 0; s < p->set->count; s++)
		if (p->set->items[s].optional_from > 1 && p->set->items[s].optional_from <= MAX_WORKERS &&
		    (p->services[s].in || (in->stack && !in->stack->own && runs_already(in, s))))
			return NULL;
	return _("without Redis each worker counts rate limits and budgets for itself, so that several "
		 "together allow more");
}

/* What it has to allow is vpsfit's to say, for no file of the stack has the setting. */
static const char *database_elsewhere(const struct planning *in, const struct plan *p)
{
	if (!in->answers->database_elsewhere)
		return NULL;
	return arena_printf(in->arena,
			    _("the database is elsewhere and is not counted; it has to allow %lld connections: workers "
			      "%lld x %lld + %lld ('SHOW max_connections' in it tells how many it allows in all)"),
			    (long long)p->max_connections, (long long)p->workers, (long long)p->pool_size,
			    (long long)(p->max_connections - p->workers * p->pool_size));
}

/* The verdict that the plan would have without its optional services. */
static enum verdict verdict_without_optional(const struct planning *in, const struct plan *p)
{
	return plan_judge_idle(in, p, plan_idle_mib(p) - p->totals.optional_mib,
			       plan_is_the_most(in, p, p->workers, budget_optional(in, p->workers + 1)));
}

/* The most workers below the planned ones that have such a verdict; 0: none have, or their count stays. */
static int64_t workers_for(const struct planning *in, const struct plan *p, enum verdict verdict, int64_t *ret_need)
{
	int64_t n = in->held_workers > 0 ? 0 : p->workers - 1;

	for (; n > 0; n--) {
		*ret_need = budget_total(in, n, p->totals.system_mib) + budget_besides(in, n);
		if (plan_judge_idle(in, p, *ret_need, plan_is_the_most(in, p, n, 0)) <= verdict)
			break;
	}
	return max_i64(0, n);
}

/* If the optional services alone worsen the verdict: what fewer workers would need, where they have the better one. */
static const char *costs_verdict(const struct planning *in, const struct plan *p)
{
	enum verdict without = verdict_without_optional(in, p);
	int64_t fewer, need = 0;

	if (p->workers < 2 || p->totals.optional_mib == 0 || p->idle <= without)
		return NULL;
	fewer = workers_for(in, p, without, &need);
	if (fewer == 0)
		return arena_printf(in->arena, _("the optional services (%lld MiB) alone make it %s and not %s"),
				    (long long)p->totals.optional_mib, verdict_text(p->idle), verdict_text(without));
	return arena_printf(
		in->arena,
		_("the optional services (%lld MiB) alone make it %s and not %s; --workers %lld would need %lld MiB: %s"),
		(long long)p->totals.optional_mib, verdict_text(p->idle), verdict_text(without), (long long)fewer,
		(long long)need, verdict_text(plan_judge_idle(in, p, need, plan_is_the_most(in, p, fewer, 0))));
}

static const char *official_floor(const struct planning *in, const struct plan *p)
{
	int64_t floor = in->model->official_worker_mib * p->workers;
	size_t s = service_by_part(p->set, PART_WORKERS);

	if (s == NO_SERVICE || p->services[s].open || p->services[s].limit_mib <= 0 ||
	    p->services[s].limit_mib >= floor)
		return NULL;
	return arena_printf(in->arena,
			    _("LiteLLM's makers recommend %lld MiB for each worker under heavy use (%lld here); its "
			      "limit is %lld MiB"),
			    (long long)in->model->official_worker_mib, (long long)floor,
			    (long long)p->services[s].limit_mib);
}

/* Happens with an administrator's own cost model that is older than the service. */
static const char *unmeasured(const struct planning *in, const struct plan *p)
{
	const char *names = NULL;

	for (size_t s = 0; s < p->set->count; s++)
		if (p->services[s].in && !in->model->measured[s])
			names = names ? arena_printf(in->arena, "%s, %s", names, p->set->items[s].name)
				      : p->set->items[s].name;
	if (!names)
		return NULL;
	return arena_printf(
		in->arena,
		_("the cost model %s has no figures for %s: the usual ones are taken, which nobody measured here"),
		in->model->name, names);
}

static const char *stranger(const struct planning *in, const struct plan *p)
{
	(void)p;
	if (!in->model->strangers)
		return NULL;
	return arena_printf(in->arena,
			    _("the cost model %s has figures for a service that is not known here, which count for "
			      "nothing: %s"),
			    in->model->name, in->model->strangers);
}

/* For vpsfit's own stack alone: an adopted one listens where its own compose file says. */
static const char *bind_public(const struct planning *in, const struct plan *p)
{
	const char *bind = answer_text(in->answers, ANSWER_BIND);

	(void)p;
	if (!bind || answer_said(in->answers, ANSWER_COMPOSE) || address_is_loopback(bind))
		return NULL;
	return arena_printf(in->arena,
			    _("the gateway listens on %s, not for this machine alone: there is no TLS, a port that "
			      "Docker publishes goes past ufw, and whoever signs up first in Open WebUI is its "
			      "administrator"),
			    bind);
}

static const char *not_enforced(const struct planning *in, const struct plan *p)
{
	(void)p;
	if (in->machine->engine.limits != ENFORCED_NO)
		return NULL;
	return arena_printf(in->arena, _("memory limits will not be enforced here: %s"),
			    in->machine->engine.limits_why);
}

static const char *limits_off(const struct planning *in, const struct plan *p)
{
	(void)in;
	if (!p->limits_off)
		return NULL;
	return _("no memory limits are written (--limits off), and nothing can be said of the peak: a container that "
		 "goes wrong may take all memory, and the kernel then ends any program of this machine");
}

static const char *swap_impossible(const struct planning *in, const struct plan *p)
{
	if (p->swap.action != SWAP_ACT_IMPOSSIBLE)
		return NULL;
	return arena_printf(in->arena, _("%lld MiB of swap would help and cannot be made: %s"),
			    (long long)p->swap.wanted_mib, p->swap.why);
}

static const char *swap_small(const struct planning *in, const struct plan *p)
{
	if (p->swap.mode != SWAP_MODE_AUTO || p->swap.total_mib >= p->swap.wanted_mib ||
	    p->swap.action != SWAP_ACT_CREATE)
		return NULL;
	return arena_printf(in->arena, _("%lld MiB of swap would be needed; a quarter of the free disk%s allows %lld"),
			    (long long)p->swap.wanted_mib,
			    in->machine->swap_disk.wants_images ? _(", less what the images will take,") : "",
			    (long long)p->swap.total_mib);
}

static const char *swap_left(const struct planning *in, const struct plan *p)
{
	(void)in;
	return p->swap.left;
}

static const char *swap_missing(const struct planning *in, const struct plan *p)
{
	if (!p->swap.missing)
		return NULL;
	return arena_printf(in->arena,
			    _("the swap partition %s, which was asked for, is not there any more: swap is planned as "
			      "with --swap auto"),
			    p->swap.missing);
}

static const char *zswap(const struct planning *in, const struct plan *p)
{
	(void)p;
	if (!in->machine->swap.zswap)
		return NULL;
	return _("zswap is on: pages are compressed in RAM before they reach swap; it is not counted as capacity");
}

static const char *zram(const struct planning *in, const struct plan *p)
{
	(void)p;
	if (in->machine->swap.zram_mib == 0)
		return NULL;
	return arena_printf(in->arena, _("zram of %lld MiB is not counted as capacity: it lives in the same RAM"),
			    (long long)in->machine->swap.zram_mib);
}

/* The stack's own directory holds its files and what is kept of them; images and volumes are the engine's. */
#define STACK_DISK_MIB 64

static bool lacks(const struct machine_disk *d, int64_t mib)
{
	return d->free.confidence != FACT_UNKNOWN && d->free.value < mib;
}

static const char *disk_low(const struct planning *in, const struct plan *p)
{
	const struct machine_disk *images = &in->machine->image_disk, *stack = &in->machine->stack_disk;

	if (lacks(images, p->profile->min_disk_mib))
		return arena_printf(in->arena, _("%lld MiB are free for %s; images and data need %lld"),
				    (long long)images->free.value, images->path, (long long)p->profile->min_disk_mib);
	if (lacks(stack, STACK_DISK_MIB))
		return arena_printf(in->arena, _("%lld MiB are free for %s; the stack's own files need %d"),
				    (long long)stack->free.value, stack->path, STACK_DISK_MIB);
	return NULL;
}

static const char *reservations(const struct planning *in, const struct plan *p)
{
	int64_t sum = 0;

	for (size_t s = 0; s < p->set->count; s++)
		sum += p->services[s].reservation_mib;
	if (sum + p->totals.system_mib + p->totals.engine_mib <= p->ram_mib)
		return NULL;
	return arena_printf(in->arena,
			    _("the reservations (%lld MiB together) do not all fit beside the system; when memory is "
			      "short, each container gets a share of what there is"),
			    (long long)sum);
}

/* Stable codes; the man page lists them in this order. */
static const struct rule rules[] = {
	{"no-profile", SEV_WARNING, advice_no_profile,
	 "the machine is smaller than the smallest profile; nothing is recommended"},
	{"profile-too-large", SEV_WARNING, advice_larger_profile,
	 "a profile was asked for that is made for more RAM than this machine has"},
	{"exceeds-target", SEV_WARNING, advice_exceeds_target,
	 "the profile is expected to need more than the RAM it is made for"},
	{"exceeds-target-peak", SEV_INFO, advice_exceeds_target_peak,
	 "on a machine of 2 GB: with every container at its limit, more than the RAM that the profile is made for is needed"},
	{"lightweight-distro", SEV_INFO, advice_lightweight,
	 "a lightweight distribution would need noticeably less, and how much"},
	{"does-not-fit", SEV_WARNING, advice_does_not_fit,
	 "idle use exceeds RAM and swap together, or one and a half times the RAM; exit code 3 unless --force is given"},
	{"idle-needs-swap", SEV_WARNING, advice_idle_needs_swap, "part of the stack lies in swap even when idle"},
	{"daily-use", SEV_INFO, advice_daily_use,
	 "what such a machine is good for, and which size to rent for daily use"},
	{"peak-over-ram", SEV_INFO, peak_over,
	 "with every container at its limit, more than RAM is needed; swap holds it"},
	{"peak-beyond-swap", SEV_WARNING, peak_beyond,
	 "with every container at its limit, more than RAM and swap hold is needed"},
	{"tight", SEV_WARNING, tight, "idle use is over 80 % of RAM"},
	{"above-goal", SEV_INFO, above_goal, "idle use is over the goal of 75 % of RAM"},
	{"ram-gap", SEV_WARNING, ram_gap,
	 "the machine sees noticeably less RAM than it was given: crash kernel, balloon, offline blocks, firmware, mem=, a limit"},
	{"limits-not-enforced", SEV_WARNING, not_enforced,
	 "the kernel or the engine will not enforce memory limits here"},
	{"limits-off", SEV_WARNING, limits_off, "no memory limits are written (--limits off), and what that means"},
	{"swap-impossible", SEV_WARNING, swap_impossible, "swap would help and cannot be made here, and why"},
	{"swap-limited-by-disk", SEV_WARNING, swap_small, "the free disk allows less swap than would be needed"},
	{"swap-stops-snapshots", SEV_WARNING, advice_stops_snapshots,
	 "a swap file on btrfs keeps snapshots of its subvolume from being taken while it is in use"},
	{"swap-left", SEV_WARNING, swap_left, "swap that is no longer wanted stays, and why"},
	{"swap-partition-missing", SEV_WARNING, swap_missing,
	 "the swap partition that an earlier apply was asked to use is not there any more"},
	{"fstab-swap-not-in-use", SEV_WARNING, advice_fstab_swap, "/etc/fstab has swap that is not in use"},
	{"swap-not-at-boot", SEV_WARNING, advice_swap_passing,
	 "swap that is in use has neither a line in /etc/fstab nor a unit: after a reboot it is gone"},
	{"swap-offered", SEV_INFO, advice_swap_offered,
	 "a swap partition that is not in use is left alone unless --swap names it, and why"},
	{"swap-file-idle", SEV_INFO, advice_swap_file_idle,
	 "a swap file that is not vpsfit's lies idle, and how it is turned on"},
	{"zram", SEV_INFO, zram, "compressed swap in RAM is not counted as capacity"},
	{"zswap", SEV_INFO, zswap, "the kernel keeps swapped pages compressed in RAM first"},
	{"services-not-counted", SEV_WARNING, advice_not_counted,
	 "services of the stack's files that nothing is known of: no verdict is better than tight"},
	{"containers-not-told", SEV_INFO, advice_not_told,
	 "containers that run cannot be told apart, so that what they use counts as the system's"},
	{"containers-not-counted", SEV_WARNING, advice_others_unknown,
	 "containers of others whose use cannot be told: no verdict is better than tight"},
	{"other-figures", SEV_INFO, advice_condition,
	 "parts of a stack that somebody else wrote are not as in vpsfit's own, and planned with figures for that"},
	{"limit-kept", SEV_WARNING, advice_limit_kept,
	 "a limit that stays in the stack's files is less than its service is expected to need"},
	{"limit-beyond-ram", SEV_WARNING, advice_limit_beyond,
	 "a limit that stays in the stack's files is more than the machine's RAM, and limits nothing"},
	{"uses-more", SEV_WARNING, advice_uses_more,
	 "a planned service uses more now than the cost model expects: it counts with that, and its limit holds it"},
	{"usual-figures", SEV_INFO, advice_usual,
	 "services of the stack's files that count with what they usually use, and who measured that"},
	{"containers-unlimited", SEV_INFO, advice_unlimited,
	 "containers that are not planned have no memory limit: the peak is no better than tight"},
	{"disk-low", SEV_WARNING, disk_low,
	 "less disk is free than the images and data want where the engine keeps them, or than the stack's files want"},
	{"workers-capped", SEV_INFO, advice_workers_capped, "the profile has more workers than the cores carry"},
	{"workers-lowered", SEV_INFO, advice_workers_lowered,
	 "fewer workers are planned, so that idle use fits into RAM"},
	{"no-room-for-more", SEV_INFO, advice_no_room_for_more,
	 "one worker more of those of the profile would not fit into RAM: no verdict is better than tight"},
	{"workers-kept", SEV_INFO, advice_workers_kept,
	 "the stack keeps the workers of its last apply, although auto would take fewer today"},
	{"workers-over-cores", SEV_WARNING, advice_workers_over_cores,
	 "more workers were asked for than the cores carry"},
	{"workers-without-redis", SEV_INFO, no_redis,
	 "several workers without Redis count rate limits each for itself: in a stack that somebody else wrote, or with --redis no"},
	{"database-elsewhere", SEV_INFO, database_elsewhere,
	 "the stack's database is elsewhere: what it has to allow, and that its memory is not counted"},
	{"optional-costs-verdict", SEV_INFO, costs_verdict,
	 "an optional service alone makes the idle verdict worse, and what one worker fewer would need"},
	{"smaller-image", SEV_INFO, advice_smaller_image,
	 "a service runs its smaller image: what that saves, what it lacks, and why it was chosen"},
	{"smaller-image-offered", SEV_INFO, advice_smaller_offered,
	 "the stack does not fit into RAM, and a smaller image of a service would need less"},
	{"smaller-image-foreign", SEV_WARNING, advice_smaller_foreign,
	 "an image was asked for in a stack that somebody else wrote, whose file names its images itself"},
	{"below-official-floor", SEV_INFO, official_floor, "LiteLLM's makers advise more memory for each worker"},
	{"service-unmeasured", SEV_WARNING, unmeasured,
	 "the cost model has no figures for a service of the stack: those of the service's own file are taken"},
	{"service-unknown", SEV_INFO, stranger,
	 "the cost model has figures for a service that this version does not know"},
	{"limit-below-start", SEV_WARNING, advice_limit_below_start,
	 "a limit is lower than what the service was measured to need while it starts: it may be killed again and "
	 "again"},
	{"limit-near-start", SEV_INFO, advice_limit_near_start,
	 "a limit holds what the service was measured to need while it starts, with less than 5 % to spare"},
	{"limits-hold-start", SEV_INFO, advice_limits_hold_start,
	 "the limits hold what the services need while they start"},
	{"reservations-overcommitted", SEV_INFO, reservations, "the reservations do not all fit beside the system"},
	{"bind-public", SEV_WARNING, bind_public,
	 "the gateway listens for more than this machine, without TLS and past ufw; the first visitor who signs up is the "
	 "administrator"},
	{"engine-missing", SEV_INFO, advice_engine_missing,
	 "Docker's engine was not found, or only something that looks like it; how it is installed here"},
	{"engine-too-old", SEV_WARNING, advice_engine_old,
	 "Docker is older than 20.10.10, under which programs in newer images cannot start threads"},
	{"compose-missing", SEV_INFO, advice_compose_missing,
	 "Docker was found and Compose was not; how it is installed here"},
	{"engine-confined", SEV_WARNING, advice_engine_confined,
	 "Docker is a snap, which may read nothing outside /home: the stack's directory must be there"},
	{"engine-in-vm", SEV_WARNING, advice_engine_in_vm,
	 "Docker Desktop runs containers in a virtual machine with memory of its own"},
	{"engine-of-host", SEV_WARNING, advice_engine_of_host,
	 "vpsfit runs in a container, and the engine that it sees is the host's: it is to be run on the host"},
	{"swap-not-limited", SEV_INFO, advice_swap_unlimited,
	 "the kernel does not account for swap: how much of it a container uses is not limited"},
	{"port-taken", SEV_WARNING, advice_port_taken, "another program listens on the gateway's port"},
	{"published-taken", SEV_WARNING, advice_published_taken,
	 "another program listens on a port that a service of the stack needs on all addresses; apply ends with 2"},
	{"domain-elsewhere", SEV_WARNING, advice_domain,
	 "the name of --domain has no address, or none of this machine's: no certificate is got until it has"},
	{"domain-unknown", SEV_WARNING, advice_domain_unknown,
	 "it could not be found out in time where the name of --domain leads"},
	{"bind-not-here", SEV_WARNING, advice_bind_elsewhere,
	 "the address that the gateway is to listen on is not one of this machine's"},
	{"cpu-too-old", SEV_WARNING, advice_cpu_old,
	 "the processor, or the model that a virtual machine is shown, is below x86-64-v2, which the images want"},
	{"cpu-not-served", SEV_WARNING, advice_not_served,
	 "there are no images for the processor, or for the system's programs where these are 32-bit"},
	{"dir-read-only", SEV_WARNING, advice_read_only,
	 "the stack's directory lies on a file system that is mounted read-only"},
	{"dir-without-modes", SEV_WARNING, advice_no_modes,
	 "the stack's directory lies on a file system without owners and modes: its secrets are not private there"},
	{"no-ipv4", SEV_WARNING, advice_no_version_4,
	 "the machine reaches the internet by IPv6 alone, and not every registry can be reached so"},
	{"stack-not-kept", SEV_WARNING, advice_not_kept,
	 "the stack's directory, or the engine's data, lies in memory or on a temporary disk: a reboot or a move forgets it"},
	{"image-never-use", SEV_WARNING, advice_image_never_use,
	 "a service runs an image that must not run: a release that was published by attackers, or a tag that pointed to one"},
	{"image-old", SEV_INFO, advice_image_old,
	 "vpsfit's own stack runs older images than a new one would get, and what to do before that is changed"},
	{"images-move", SEV_WARNING, advice_images_move,
	 "--images new moves images to newer tags: what to back up first, for data that is migrated does not go back"},
	{"image-left", SEV_INFO, advice_image_left,
	 "an image that --images new leaves as it is: newer, pinned by a digest, or none that vpsfit knows"},
	{"image-collation", SEV_INFO, advice_image_collation,
	 "--images new leaves the database as it is: another major version, or another system that may sort text differently"},
	{"model-other-image", SEV_INFO, advice_model_other,
	 "the cost model was measured with another release line than the stack runs"},
	{"model-by-image", SEV_INFO, advice_model_by_image,
	 "the cost model was taken for what the stack runs, and which other than the default that is"},
	{"model-kept", SEV_INFO, advice_model_kept,
	 "the stack goes on with the cost model that it was applied with, and which one it would be today"},
};

/* About limits: of no use where none are written. */
static const char *const of_limits[] = {
	"exceeds-target-peak",	      "peak-over-ram",	   "peak-beyond-swap", "limits-not-enforced",
	"below-official-floor",	      "limit-below-start", "limit-near-start", "limits-hold-start",
	"reservations-overcommitted", "limit-kept",
};

static bool is_of_limits(const struct rule *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_limits); i++)
		if (STR_EQ(of_limits[i], r->code))
			return true;
	return false;
}

_Static_assert(ARRAY_SIZE(rules) <= MAX_PLAN_WARNINGS, "each rule adds at most one warning");

/* The code at index i with its help as text, for the man page; false past the last one. */
bool plan_warning_def(size_t i, struct plan_warning *ret)
{
	size_t note = i - ARRAY_SIZE(rules);

	if (i < ARRAY_SIZE(rules))
		*ret = (struct plan_warning){rules[i].code, rules[i].severity, rules[i].help};
	else if (note < advice_note_count)
		*ret = (struct plan_warning){advice_notes[note].code, advice_notes[note].severity,
					     advice_notes[note].help};
	return i < ARRAY_SIZE(rules) || note < advice_note_count;
}

/* Would it fit with so much less? */
static bool fits_with_less(const struct planning *in, const struct plan *p, int64_t mib)
{
	return mib > 0 && plan_idle_verdict(in, p, plan_idle_mib(p) - mib) != VERDICT_DOES_NOT_FIT;
}

/* What a lightweight distribution would save; 0 where there is one. */
static int64_t lightweight_mib(const struct planning *in, const struct plan *p)
{
	if (in->machine->distro.class == DISTRO_LIGHTWEIGHT)
		return 0;
	return p->totals.system_mib - in->model->system_mib[DISTRO_LIGHTWEIGHT];
}

/*
 * The smallest usual size that holds so much when idle, as the verdict has it: with the swap that is planned here, as
 * a larger machine lacks less.
 */
static int64_t holding_size(const struct planning *in, const struct plan *p, int64_t idle_mib)
{
	for (size_t i = 0; i < VPS_SIZES; i++)
		if (vps_sizes[i] > planning_ram_for_profile(in->machine) &&
		    idle_mib * 100 <= vps_sizes[i] * THRASH_PERCENT &&
		    idle_mib <= vps_usable(vps_sizes[i]) + p->swap.total_mib)
			return vps_sizes[i];
	return vps_roomy(idle_mib);
}

/* What RAM makes it fit, and what makes it fit well. */
static const char *size_that_fits(const struct planning *in, const struct plan *p, int64_t idle_mib)
{
	int64_t least = holding_size(in, p, idle_mib), roomy = vps_roomy(idle_mib);
	char size[UNITS_TEXT], better[UNITS_TEXT];

	format_plan(least, size);
	format_plan(roomy, better);
	return least < roomy ? arena_printf(in->arena, _("%s, better %s"), size, better)
			     : arena_strdup(in->arena, size);
}

/* Ways to make the stack fit, cheapest first; NULL if it fits. Swap is one only below the line where it thrashes. */
static const char *remedy(const struct planning *in, const struct plan *p)
{
	const struct profile *least = p->chosen_by_user ? p->profile : plan_smallest_profile(in);
	int64_t idle = plan_idle_mib(p);
	char target[UNITS_TEXT];
	const char *size;

	if (plan_fits(p))
		return NULL;
	if (p->too_small)
		return arena_printf(in->arena, _("a VPS of at least %s (--force goes on with %s all the same)"),
				    format_plan(least->target_ram_mib, target), p->profile->name);
	size = size_that_fits(in, p, idle);
	if (p->swap.mode == SWAP_MODE_NONE && !in->machine->swap.impossible && !plan_thrashes(in, idle))
		return arena_printf(in->arena,
				    _("a swap file (--swap auto), or %s of RAM (--force goes on all the same)"), size);
	return arena_printf(
		in->arena, _("%s%s%s of RAM (--force goes on all the same)"),
		fits_with_less(in, p, budget_idle(in, p->workers) - budget_idle(in, 1)) ? _("fewer workers, or ") : "",
		fits_with_less(in, p, lightweight_mib(in, p)) ? _("a lightweight distribution, or ") : "", size);
}

/* Fills in p->warnings and p->remedy. Runs last: it reads everything else in the plan. */
void plan_advice(const struct planning *in, struct plan *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const char *text = p->limits_off && is_of_limits(&rules[i]) ? NULL : rules[i].text(in, p);

		if (text)
			p->warnings[p->warning_count++] = (struct plan_warning){rules[i].code, rules[i].severity, text};
	}
	p->remedy = remedy(in, p);
}
