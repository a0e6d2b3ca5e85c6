/* SPDX-License-Identifier: MIT */
#include "swap/activate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/machine.h"
#include "core/macros.h"
#include "core/units.h"
#include "files/parse.h"
#include "swap/held.h"
#include "swap/make.h"
#include "swap/place.h"
#include "swap/probe.h"

static void say(const struct swap_step *s, const char *what)
{
	if (s->progress)
		s->progress(s->context, arena_printf(s->a, "%s %s", what, s->area->path));
}

int swap_failed(const struct swap_step *s, const char *why, const char *hint, int rc)
{
	diag_add(s->diags, SEV_ERROR, s->area->path, "%s", why)->hint = hint;
	*s->why = arena_printf(s->a, "%s: %s", s->area->path, why);
	return rc;
}

/* Sets *ret to NULL if the area is not active. Failing to find out is an error: it must not pass for "not active". */
static int find_active(const struct swap_step *s, const struct swap_area **ret)
{
	struct swap_area *areas = arena_array(s->a, MACHINE_MAX_SWAPS, sizeof(*areas));
	long n = swap_list_active(s->root, s->a, areas, MACHINE_MAX_SWAPS);

	if (n < 0)
		return swap_failed(s, arena_printf(s->a, _("/proc/swaps cannot be read: %s"), strerror((int)-n)),
				   _("fix that, then run again"), (int)n);
	*ret = swap_find_active(s->root, areas, (size_t)n, s->area->path);
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
static int hold(const struct swap_step *s, struct held *ret)
{
	struct held h = {.fd = -1, .dir = AT_FDCWD, .name = s->area->path, .header = SWAP_HEADER_NONE};

	if (!s->area->device) {
		h.name = strrchr(s->area->path, '/') + 1;
		h.dir = swap_place_open(s->a, s->area->path, &h.unsafe);
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
static bool is_ours(const struct swap_step *s, const struct held *h)
{
	return h->header == SWAP_HEADER_OURS || (s->area->device && h->header == SWAP_HEADER_OTHER);
}

/* Names the very file that is held, whatever is at its path by now. */
static const char *held_path(const struct swap_step *s, const struct held *h)
{
	return arena_printf(s->a, "/proc/self/fd/%d", h->fd);
}

static int cannot_look(const struct swap_step *s, int rc)
{
	return swap_failed(s, arena_printf(s->a, _("cannot be looked at: %s"), strerror(-rc)),
			   _("fix that, then run again"), rc);
}

int swap_look(const struct swap_step *s, enum swap_found *ret)
{
	const struct swap_area *area = NULL;
	struct held h;
	int rc = hold(s, &h);

	if (rc == -ENOENT || rc == -ENOTDIR) {
		*ret = SWAP_FOUND_NOTHING;
		return 0;
	}
	/* A link or a pipe is not our file, whatever it leads to. */
	if (rc == -ELOOP || rc == -ENXIO) {
		*ret = SWAP_FOUND_FOREIGN;
		return 0;
	}
	if (rc < 0)
		return cannot_look(s, rc);
	*ret = SWAP_FOUND_FOREIGN;
	if (is_ours(s, &h)) {
		rc = find_active(s, &area);
		*ret = area ? SWAP_FOUND_ON : SWAP_FOUND_OFF;
	}
	let_go(&h);
	return rc;
}

static int make(const struct swap_step *s, bool zeros)
{
	struct swap_job job = {.a = s->a,
			       .path = s->area->path,
			       .size_mib = s->to.mib,
			       .zeros = zeros,
			       .progress = s->progress,
			       .context = s->context};
	int rc;

	say(s, arena_printf(s->a, _("make   %lld MiB of swap at"), (long long)s->to.mib));
	rc = swap_make(&job);
	s->area->lost = rc == -EEXIST;
	return rc < 0 ? swap_failed(s,
				    arena_printf(s->a, _("swap cannot be made: %s"), job.why ? job.why : strerror(-rc)),
				    rc == -ENOSPC || rc == -EDQUOT
					    ? _("free some space, choose a smaller --swap SIZE, or another --swap-file")
					    : _("choose another --swap-file, or --swap none"),
				    rc)
		      : 0;
}

static const char *why_refused(int rc)
{
	return rc == -EPERM    ? _("the kernel does not let this process do that: in a container only the host may")
	       : rc == -EINVAL ? _("the kernel takes no swap file from this file system; its reason is in the kernel "
				   "log (dmesg)")
	       : rc == -EBUSY || rc == -ENFILE ? _("the kernel has as many swap areas as it can have")
					       : strerror(-rc);
}

static int is_taken(const struct swap_step *s)
{
	return swap_failed(s, _("is taken by something that is not vpsfit's swap; it was left alone"),
			   _("run again to see the new plan, or choose another --swap-file"), -EEXIST);
}

/* A partition may have been given to a guest since it was planned, or (on the way back) since it was turned off. */
static const char *held_by_others(const struct swap_step *s)
{
	return s->area->device ? swap_held_by(s->root, s->a, s->area->path) : NULL;
}

/*
 * swapon the file that was checked. If others than root can write to its directory, the name could lead to another file
 * at the next boot.
 */
static int ask_for_swap(const struct swap_step *s, int *ret)
{
	struct held h;
	const char *who;
	int rc = hold(s, &h);

	if (rc < 0)
		return cannot_look(s, rc);
	if (!is_ours(s, &h))
		rc = is_taken(s);
	else if ((who = held_by_others(s)))
		rc = swap_failed(s, who, _("stop what uses it, or say --swap auto, none or a size"), -EBUSY);
	else if (h.unsafe)
		rc = swap_failed(s, h.unsafe, _("choose another --swap-file, or --swap none"), -EPERM);
	else
		*ret = TEMP_FAILURE_RETRY(swapon(held_path(s, &h), 0)) < 0 ? -errno : 0;
	let_go(&h);
	return rc;
}

/* /proc/swaps decides whether it worked. */
static int turn_on(const struct swap_step *s, bool *ret_retry)
{
	const struct swap_area *area = NULL;
	int rc = 0, found;

	say(s, _("turn on"));
	found = ask_for_swap(s, &rc);
	if (found < 0)
		return found;
	/* An idle file of vpsfit's own may have come back with holes from an image: it is made anew like a new one. */
	*ret_retry = rc == -EINVAL && !s->area->device && s->to.mib > 0;
	if (*ret_retry)
		return rc;
	found = find_active(s, &area);
	if (found < 0 || area)
		return found;
	if (rc == 0)
		return swap_failed(s, _("was turned on, and /proc/swaps does not list it"),
				   _("see what the kernel log (dmesg) says"), -EIO);
	return swap_failed(s, arena_printf(s->a, _("cannot be turned on: %s"), why_refused(rc)),
			   _("choose another --swap-file, or --swap none"), rc);
}

/* Removes the file if it is there and ours. */
static int remove_file(const struct swap_step *s)
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

/* The kernel rejected the file as it is allocated: make it again with every byte written. */
static int turn_on_again(const struct swap_step *s)
{
	bool retry;
	int rc = remove_file(s);

	if (rc < 0)
		return swap_failed(s, arena_printf(s->a, _("cannot be made anew: %s"), strerror(-rc)),
				   _("fix that, then run again"), rc);
	rc = make(s, true);
	if (rc == 0)
		rc = turn_on(s, &retry);
	if (rc < 0 && !*s->why)
		swap_failed(s, arena_printf(s->a, _("cannot be turned on: %s"), why_refused(rc)),
			    _("choose another --swap-file, or --swap none"), rc);
	return rc;
}

int swap_bring(const struct swap_step *s)
{
	enum swap_found found;
	bool retry = false;
	int rc;

	/*
	 * Do this first: a file that was interrupted between its temporary and final name has both links, and is not
	 * recognised as ours.
	 */
	if (!s->area->device)
		swap_make_discard(s->a, s->area->path);
	rc = swap_look(s, &found);
	if (rc < 0)
		return rc;
	if (found == SWAP_FOUND_FOREIGN)
		return is_taken(s);
	if (found == SWAP_FOUND_NOTHING && s->area->device)
		return swap_failed(s, _("is not there any more"), _("run again to see the new plan"), -ENODEV);
	if (found == SWAP_FOUND_NOTHING)
		rc = make(s, false);
	if (rc == 0 && s->to.on && found != SWAP_FOUND_ON)
		rc = turn_on(s, &retry);
	return rc < 0 && retry ? turn_on_again(s) : rc;
}

/* MemAvailable in MiB, or -1 if unknown. */
static int64_t available_mib(const struct swap_step *s)
{
	uint64_t kib;
	const char *text = sysroot_find(s->root, s->a, "/proc/meminfo", "MemAvailable:", 65536), *end;

	return text && parse_uint_prefix(text + strlen("MemAvailable:"), INT64_MAX, &kib, &end) ? (int64_t)(kib >> 10)
												: -1;
}

static int ask_for_none(const struct swap_step *s)
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
static int turn_off(const struct swap_step *s)
{
	const struct swap_area *area = NULL, *after = NULL;
	int64_t available = available_mib(s);
	int rc = find_active(s, &area), asked;

	if (rc < 0 || !area)
		return rc;
	if (available >= 0 && area->used_mib + SWAP_HEADROOM_MIB > available)
		return swap_failed(
			s,
			arena_printf(s->a,
				     _("holds %lld MiB, and %lld MiB of memory are available: less than that plus %d, "
				       "so it was not turned off"),
				     (long long)area->used_mib, (long long)available, SWAP_HEADROOM_MIB),
			_("stop something that uses memory, then run again"), -ENOMEM);
	say(s, _("turn off"));
	rc = ask_for_none(s);
	asked = find_active(s, &after);
	if (asked < 0)
		return asked;
	if (after)
		return swap_failed(s,
				   arena_printf(s->a, _("cannot be turned off: %s"),
						rc ? strerror(-rc) : _("/proc/swaps still lists it")),
				   _("stop something that uses memory, then run again"), rc);
	return 0;
}

int swap_turn_off(const struct swap_step *s)
{
	enum swap_found found;
	int rc = swap_look(s, &found);

	return rc == 0 && found == SWAP_FOUND_ON ? turn_off(s) : rc;
}

int swap_remove(const struct swap_step *s)
{
	enum swap_found found;
	int rc;

	swap_make_discard(s->a, s->area->path);
	rc = swap_look(s, &found);
	if (rc < 0 || found != SWAP_FOUND_OFF)
		return rc;
	say(s, _("remove"));
	return remove_file(s);
}
