/* SPDX-License-Identifier: MIT */
#include "apply/tx_areas.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "files/files.h"
#include "files/run_program.h"
#include "swap/make.h"
#include "core/i18n.h"
#include "swap/unit.h"
#include "core/swap_steps.h"
#include "core/units.h"
#include "swap/place.h"
#include "swap/probe.h"

#define SWAPPINESS "/proc/sys/vm/swappiness"
#define SYSTEMCTL_MS 30000

/* One area's transition in the direction being taken. */
struct step {
	struct transaction *t;
	struct swap_change *area;
	struct swap_state from;
	struct swap_state to;
};

enum found { FOUND_NOTHING, FOUND_FOREIGN, FOUND_OFF, FOUND_ON };

static struct step step_of(struct transaction *t, size_t i, bool forwards)
{
	struct swap_change *a = &t->areas[i];

	return forwards ? (struct step){t, a, a->before, a->after} : (struct step){t, a, a->after, a->before};
}

static void say(const struct step *s, const char *what)
{
	if (s->t->progress)
		s->t->progress(s->t->context, arena_printf(s->t->a, "%s %s", what, s->area->path));
}

static int failed(const struct step *s, const char *why, const char *hint, int rc)
{
	diag_add(s->t->diags, SEV_ERROR, s->area->path, "%s", why)->hint = hint;
	s->t->swap_why = arena_printf(s->t->a, "%s: %s", s->area->path, why);
	return rc;
}

/* Sets *ret to NULL if the area is not active. Failing to find out is an error: it must not pass for "not active". */
static int find_active(const struct step *s, const struct swap_area **ret)
{
	struct swap_area *areas = arena_array(s->t->a, MACHINE_MAX_SWAPS, sizeof(*areas));
	long n = swap_list_active(s->t->root, s->t->a, areas, MACHINE_MAX_SWAPS);

	if (n < 0)
		return failed(s, arena_printf(s->t->a, _("/proc/swaps cannot be read: %s"), strerror((int)-n)),
			      _("mend that, then run again"), (int)n);
	*ret = swap_find_active(s->t->root, areas, (size_t)n, s->area->path);
	return 0;
}

/* What lies at the path, held open so that what was checked is what is turned on, off or removed. */
struct held {
	int fd;
	int dir;	    /* its directory; AT_FDCWD for a device */
	const char *name;   /* below dir */
	const char *unsafe; /* why this name could refer to another file later; NULL: it could not */
	enum swap_header header;
};

static void let_go(const struct held *h)
{
	if (h->fd >= 0)
		close(h->fd);
	if (h->dir >= 0)
		close(h->dir);
}

/* Returns 0 (release with let_go), or a negative errno with nothing to release. */
static int hold(const struct step *s, struct held *ret)
{
	struct held h = {.fd = -1, .dir = AT_FDCWD, .name = s->area->path, .header = SWAP_HEADER_NONE};

	if (!s->area->device) {
		h.name = strrchr(s->area->path, '/') + 1;
		h.dir = swap_place_open(s->t->a, s->area->path, &h.unsafe);
		if (h.dir < 0)
			return h.dir;
	}
	h.fd = swap_area_open(h.dir, h.name, s->area->device, &h.header);
	if (h.fd < 0) {
		let_go(&h);
		return h.fd;
	}
	*ret = h;
	return 0;
}

/* A file is vpsfit's by its label and owner. A device that was chosen only has to be a swap area. */
static bool is_ours(const struct step *s, const struct held *h)
{
	return h->header == SWAP_HEADER_OURS || (s->area->device && h->header == SWAP_HEADER_OTHER);
}

/* Names the very file that is held, whatever is at its path by now. */
static const char *held_path(const struct step *s, const struct held *h)
{
	return arena_printf(s->t->a, "/proc/self/fd/%d", h->fd);
}

static int cannot_look(const struct step *s, int rc)
{
	return failed(s, arena_printf(s->t->a, _("cannot be looked at: %s"), strerror(-rc)),
		      _("mend that, then run again"), rc);
}

static int look(const struct step *s, enum found *ret)
{
	const struct swap_area *area = NULL;
	struct held h;
	int rc = hold(s, &h);

	if (rc == -ENOENT || rc == -ENOTDIR) {
		*ret = FOUND_NOTHING;
		return 0;
	}
	/* A link or a pipe is not our file, whatever it leads to. */
	if (rc == -ELOOP || rc == -ENXIO) {
		*ret = FOUND_FOREIGN;
		return 0;
	}
	if (rc < 0)
		return cannot_look(s, rc);
	*ret = FOUND_FOREIGN;
	if (is_ours(s, &h)) {
		rc = find_active(s, &area);
		*ret = area ? FOUND_ON : FOUND_OFF;
	}
	let_go(&h);
	return rc;
}

static bool as_planned(const struct step *s, enum found found)
{
	if (s->from.mib == 0)
		return found == FOUND_NOTHING;
	return found == (s->from.on ? FOUND_ON : FOUND_OFF);
}

int areas_check(struct transaction *t)
{
	for (size_t i = 0; i < t->area_count; i++) {
		const struct step s = step_of(t, i, true);
		enum found found;
		int rc = look(&s, &found);

		if (rc < 0)
			return rc;
		if (!as_planned(&s, found))
			return failed(&s, _("is not as it was when the plan was made; nothing was written"),
				      _("run again to see the new plan"), -EAGAIN);
	}
	return 0;
}

int areas_take_back(struct transaction *t, const struct swap_change *done)
{
	struct swap_change back = swap_change_back(done);
	const struct step s = {.t = t, .area = &back};
	enum found found;
	int rc;

	if (!sysroot_is_live(t->root) || t->area_count == SWAP_MAX_OWN)
		return 0;
	rc = look(&s, &found);
	if (rc < 0)
		return rc;
	if (found == FOUND_FOREIGN && back.after.mib > 0)
		return failed(
			&s,
			_("vpsfit's swap was here before that apply, and something else is now; nothing was changed"),
			_("move it away, then run again"), -EEXIST);
	if (found == FOUND_FOREIGN || (found == FOUND_NOTHING && (back.after.mib == 0 || back.device)))
		return 0;
	back.before = (struct swap_state){found == FOUND_NOTHING ? 0 : swap_change_mib(done), found == FOUND_ON};
	if (swap_is_changed(&back))
		t->areas[t->area_count++] = back;
	return 0;
}

static void pass_on(void *context, const char *text)
{
	const struct transaction *t = context;

	if (t->progress)
		t->progress(t->context, text);
}

static int make(const struct step *s, bool zeros)
{
	struct swap_job job = {.a = s->t->a,
			       .path = s->area->path,
			       .size_mib = s->to.mib,
			       .zeros = zeros,
			       .progress = pass_on,
			       .context = s->t};
	int rc;

	say(s, arena_printf(s->t->a, _("make   %lld MiB of swap at"), (long long)s->to.mib));
	rc = swap_make(&job);
	s->area->lost = rc == -EEXIST;
	return rc < 0 ? failed(s,
			       arena_printf(s->t->a, _("swap cannot be made: %s"), job.why ? job.why : strerror(-rc)),
			       rc == -ENOSPC || rc == -EDQUOT
				       ? _("free some space, say a smaller --swap SIZE, or another --swap-file")
				       : _("say another --swap-file, or --swap none"),
			       rc)
		      : 0;
}

static const char *why_refused(int rc)
{
	return rc == -EPERM    ? _("the kernel does not let this process: in a container only the host may")
	       : rc == -EINVAL ? _("the kernel takes no swap file from this file system; its reason is in the kernel "
				   "log (dmesg)")
	       : rc == -EBUSY || rc == -ENFILE ? _("the kernel has as many swap areas as it can have")
					       : strerror(-rc);
}

static int is_taken(const struct step *s)
{
	return failed(s, _("is taken by something that is not vpsfit's swap; it was left alone"),
		      _("run again to see the new plan, or say another --swap-file"), -EEXIST);
}

/*
 * swapon the file that was checked. If others than root can write to its directory, the name could lead to another file
 * at the next boot.
 */
static int ask_for_swap(const struct step *s, int *ret)
{
	struct held h;
	int rc = hold(s, &h);

	if (rc < 0)
		return cannot_look(s, rc);
	if (!is_ours(s, &h))
		rc = is_taken(s);
	else if (h.unsafe)
		rc = failed(s, h.unsafe, _("say another --swap-file, or --swap none"), -EPERM);
	else
		*ret = TEMP_FAILURE_RETRY(swapon(held_path(s, &h), 0)) < 0 ? -errno : 0;
	let_go(&h);
	return rc;
}

/* /proc/swaps decides whether it worked. */
static int turn_on(const struct step *s, bool *ret_retry)
{
	const struct swap_area *area = NULL;
	int rc = 0, found;

	say(s, _("turn on"));
	found = ask_for_swap(s, &rc);
	if (found < 0)
		return found;
	*ret_retry = rc == -EINVAL && !s->area->device && s->from.mib == 0;
	if (*ret_retry)
		return rc;
	found = find_active(s, &area);
	if (found < 0 || area)
		return found;
	if (rc == 0)
		return failed(s, _("was turned on, and /proc/swaps does not list it"),
			      _("see what the kernel log (dmesg) says"), -EIO);
	return failed(s, arena_printf(s->t->a, _("cannot be turned on: %s"), why_refused(rc)),
		      _("say another --swap-file, or --swap none"), rc);
}

/* Removes the file if it is there and ours. */
static int remove_file(const struct step *s)
{
	struct held h;
	int rc = hold(s, &h);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (is_ours(s, &h))
		rc = TEMP_FAILURE_RETRY(unlinkat(h.dir, h.name, 0)) < 0 ? -errno
		     : TEMP_FAILURE_RETRY(fsync(h.dir)) < 0		? -errno
									: 0;
	let_go(&h);
	return rc;
}

/* The kernel rejected the file as it was allocated: make it again with every byte written. */
static int turn_on_again(const struct step *s)
{
	bool retry;
	int rc = remove_file(s);

	if (rc < 0)
		return failed(s, arena_printf(s->t->a, _("cannot be made anew: %s"), strerror(-rc)),
			      _("mend that, then run again"), rc);
	rc = make(s, true);
	if (rc == 0)
		rc = turn_on(s, &retry);
	if (rc < 0 && !s->t->swap_why)
		failed(s, arena_printf(s->t->a, _("cannot be turned on: %s"), why_refused(rc)),
		       _("say another --swap-file, or --swap none"), rc);
	return rc;
}

static int bring(const struct step *s)
{
	enum found found;
	bool retry = false;
	int rc;

	/*
	 * Do this first: a file that was interrupted between its temporary and final name has both links, and is not
	 * recognised as ours.
	 */
	if (!s->area->device)
		swap_make_discard(s->t->a, s->area->path);
	rc = look(s, &found);
	if (rc < 0)
		return rc;
	if (found == FOUND_FOREIGN)
		return is_taken(s);
	if (found == FOUND_NOTHING && s->area->device)
		return failed(s, _("is not there any more"), _("run again to see the new plan"), -ENODEV);
	if (found == FOUND_NOTHING)
		rc = make(s, false);
	if (rc == 0 && s->to.on && found != FOUND_ON)
		rc = turn_on(s, &retry);
	return rc < 0 && retry ? turn_on_again(s) : rc;
}

int areas_turn_on(struct transaction *t, bool forwards)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->area_count; i++) {
		const struct step s = step_of(t, i, forwards);

		if (s.to.mib > 0 && !s.area->lost)
			rc = bring(&s);
	}
	return rc;
}

/* MemAvailable in MiB, or -1 if unknown. */
static int64_t available_mib(const struct transaction *t)
{
	uint64_t kib;
	const char *text = sysroot_find(t->root, t->a, "/proc/meminfo", "MemAvailable:", 65536), *end;

	return text && parse_uint_prefix(text + strlen("MemAvailable:"), INT64_MAX, &kib, &end) ? (int64_t)(kib >> 10)
												: -1;
}

static int ask_for_none(const struct step *s)
{
	struct held h;
	int rc = hold(s, &h);

	if (rc < 0)
		return rc;
	rc = TEMP_FAILURE_RETRY(swapoff(held_path(s, &h))) < 0 ? -errno : 0;
	let_go(&h);
	return rc;
}

/*
 * swapoff brings everything in the area back into RAM, and is the first process to be killed if that does not fit:
 * check again right before.
 */
static int turn_off(const struct step *s)
{
	const struct swap_area *area = NULL, *after = NULL;
	int64_t available = available_mib(s->t);
	int rc = find_active(s, &area), asked;

	if (rc < 0 || !area)
		return rc;
	if (available >= 0 && area->used_mib + SWAP_HEADROOM_MIB > available)
		return failed(
			s,
			arena_printf(s->t->a,
				     _("holds %lld MiB, and %lld MiB of memory are available: less than that and %d, "
				       "so it was not turned off"),
				     (long long)area->used_mib, (long long)available, SWAP_HEADROOM_MIB),
			_("stop something that uses memory, then run again"), -ENOMEM);
	say(s, _("turn off"));
	rc = ask_for_none(s);
	asked = find_active(s, &after);
	if (asked < 0)
		return asked;
	if (after)
		return failed(s,
			      arena_printf(s->t->a, _("cannot be turned off: %s"),
					   rc ? strerror(-rc) : _("/proc/swaps still lists it")),
			      _("stop something that uses memory, then run again"), rc);
	return 0;
}

int areas_turn_off(struct transaction *t, bool forwards)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->area_count; i++) {
		const struct step s = step_of(t, i, forwards);
		enum found found;

		if (s.to.on || s.area->lost)
			continue;
		rc = look(&s, &found);
		if (rc == 0 && found == FOUND_ON)
			rc = turn_off(&s);
	}
	return rc;
}

int areas_remove(struct transaction *t, bool forwards)
{
	int worst = 0;

	for (size_t i = 0; i < t->area_count; i++) {
		const struct step s = step_of(t, i, forwards);
		enum found found;
		int rc;

		if (s.area->device || s.to.mib > 0 || s.area->lost)
			continue;
		swap_make_discard(t->a, s.area->path);
		rc = look(&s, &found);
		if (rc == 0 && found == FOUND_OFF) {
			say(&s, _("remove"));
			rc = remove_file(&s);
		}
		worst = rc < 0 ? rc : worst;
	}
	return worst;
}

bool areas_will_drop(const struct transaction *t)
{
	for (size_t i = 0; i < t->area_count; i++)
		if (!t->areas[i].device && t->areas[i].before.mib > 0 && t->areas[i].after.mib == 0)
			return true;
	return false;
}

static void set_swappiness(const struct transaction *t, int value)
{
	int fd = open(SWAPPINESS, O_WRONLY | O_CLOEXEC);
	const char *text = arena_printf(t->a, "%d\n", value);

	if (fd < 0 || TEMP_FAILURE_RETRY(write(fd, text, strlen(text))) < 0)
		diag_add(t->diags, SEV_WARNING, SWAPPINESS,
			 _("cannot be set to %d now: %s; it holds from the next boot on"), value, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static bool has_units(const struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (strncmp(t->files[i].path, SWAP_UNIT_DIR "/", strlen(SWAP_UNIT_DIR "/")) == 0)
			return true;
	return false;
}

/* systemd follows /proc/swaps, but must be told of new and removed units. */
static void reload_units(const struct transaction *t)
{
	static const char *const argv[] = {"systemctl", "daemon-reload", NULL};
	const char *said;
	int rc = run_program(t->a, argv, SYSTEMCTL_MS, &said);

	if (rc != 0)
		diag_add(t->diags, SEV_WARNING, NULL,
			 _("systemctl daemon-reload: %s; systemd learns of the swap unit at the next boot"),
			 rc < 0 ? strerror(-rc) : said);
}

void areas_settle(struct transaction *t, bool forwards)
{
	int value = forwards ? t->swappiness_after : t->swappiness_before;

	if (!sysroot_is_live(t->root))
		return;
	if (value >= 0)
		set_swappiness(t, value);
	if (has_units(t) && sysroot_exists(t->root, "/run/systemd/system"))
		reload_units(t);
}
