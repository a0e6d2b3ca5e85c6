/* SPDX-License-Identifier: MIT */
#include "session/probing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/units.h"
#include "session/restoring.h"
#include "session/watching.h"
#include "watch/reading.h"
#include "watch/sample.h"
#include "watch/window.h"

/* Where the whole machine waits for memory so much (hundredths of a per cent over 10 seconds), it is no time for it. */
#define HOST_PRESSURE 1000
#define HIGH "memory.high"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void look_at(const struct probe_row *row, const struct sysroot *root, struct squeeze_look *ret)
{
	static char current[64], stat[WATCH_TEXT], swap[64], pressure[512];
	const int64_t page = sysconf(_SC_PAGESIZE) / 1024;
	struct watch_use use = watch_use_unknown;
	struct reading r;
	int64_t file, anon;
	bool there;

	reading_start(&r, root);
	there = reading_at(&r, row->group, "memory.current", current, sizeof(current)) > 0 &&
		reading_at(&r, row->group, "memory.stat", stat, sizeof(stat)) > 0;
	if (there)
		watch_count_v2(&(const struct watch_files){.current = current, .stat = stat}, &use);
	file = watch_field(stat, "workingset_refault_file");
	anon = watch_field(stat, "workingset_refault_anon");
	if (file < 0)
		file = watch_field(stat, "workingset_refault");
	*ret = (struct squeeze_look){.now_ms = now_ms(),
				     .current_kib = there ? watch_bytes(current) : WATCH_UNKNOWN,
				     .need_kib = use.need_kib,
				     .refault_kib = file < 0 ? WATCH_UNKNOWN : (file + max_i64(0, anon)) * page};
	if (reading_at(&r, row->group, "memory.swap.current", swap, sizeof(swap)) > 0)
		ret->swap_kib = max_i64(0, watch_bytes(swap));
	ret->stall_us = reading_at(&r, row->group, "memory.pressure", pressure, sizeof(pressure)) > 0
				? watch_stalled_us(pressure)
				: WATCH_UNKNOWN;
	reading_end(&r);
}

static bool put(int group, const char *name, const char *text)
{
	int fd = openat(group, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	/* EAGAIN of memory.reclaim: less than asked was there to be had. */
	bool done = fd >= 0 && (write(fd, text, strlen(text)) == (ssize_t)strlen(text) || errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return done;
}

/*
 * memory.reclaim (5.19) leaves nothing behind. Before it, memory.high is lowered for a moment, in which the kernel
 * reclaims within the write, and put back at once.
 */
static void reclaim(struct probe_row *row, struct restoring *guard, size_t number, int64_t kib)
{
	char text[32];

	if (!row->high[0]) {
		snprintf(text, sizeof(text), "%lld", (long long)kib * 1024);
		if (!put(row->group, "memory.reclaim", text))
			row->by.end = SQUEEZE_GONE;
		return;
	}
	snprintf(text, sizeof(text), "%lld", (long long)(row->by.last.current_kib - kib) * 1024);
	restoring_begin(guard, number);
	if (!put(row->group, HIGH, text) || !put(row->group, HIGH, row->high))
		row->by.end = SQUEEZE_GONE;
	restoring_end(guard, number);
}

static bool host_waits(const struct sysroot *root)
{
	static char text[512];
	struct watch_pressure p = {.full10 = WATCH_UNKNOWN};
	struct reading r;

	reading_start(&r, root);
	if (reading_file(&r, "/proc/pressure/memory", text, sizeof(text)) > 0)
		watch_read_pressure(text, &p);
	reading_end(&r);
	return p.full10 > HOST_PRESSURE;
}

/* False: all figures hold. */
static bool tick(struct session *s, struct probe *p, struct restoring *guard)
{
	const bool stop = host_waits(&s->root);
	bool on = false;

	for (size_t i = 0; i < p->count; i++) {
		struct probe_row *row = &p->rows[i];
		struct squeeze_look look;
		int64_t kib;

		look_at(row, &s->root, &look);
		kib = squeeze_step(&row->by, &look);
		if (kib > 0 && !stop)
			reclaim(row, guard, i, kib);
		else if (kib > 0)
			squeeze_stop(&row->by, look.now_ms);
		on |= !row->by.settled && row->by.end != SQUEEZE_GONE;
	}
	return on;
}

static int refuse(struct session *s, int error, const char *why, const char *hint)
{
	diag_add(&s->diags, SEV_ERROR, NULL, _("nothing was probed: %s"), why)->hint = hint;
	return error;
}

/* Opens the group, and holds it against a second probe. 0, or -errno. */
static int take_group(struct probe_row *row, const struct sysroot *root, const struct watch_container *c)
{
	long n;
	struct reading r;

	snprintf(row->service, sizeof(row->service), "%s", window_name(c));
	row->limit_kib = c->limit_kib;
	row->group = open(c->group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (row->group < 0)
		return -errno;
	if (flock(row->group, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	if (faccessat(row->group, "memory.reclaim", W_OK, 0) == 0)
		return 0;
	reading_start(&r, root);
	n = reading_at(&r, row->group, HIGH, row->high, sizeof(row->high));
	reading_end(&r);
	return n > 0 ? 0 : -ENOTSUP;
}

static int take_all(struct session *s, const struct watch_sample *sample, struct probe *ret)
{
	for (size_t i = 0; i < sample->containers.count && ret->count < PROBE_MAX; i++) {
		const struct watch_container *c = sample->containers.items[i];
		int rc;

		if (!c->is.ours || c->seen != WATCH_SEEN || !c->group)
			continue;
		rc = take_group(&ret->rows[ret->count++], &s->root, c);
		if (rc == -EWOULDBLOCK)
			return refuse(s, rc, _("another probe is at it"),
				      _("wait until it has ended, at most four minutes"));
		if (rc == -ENOENT)
			ret->count--;
		else if (rc < 0)
			return refuse(s, rc, strerror(-rc), _("fix that, then run again"));
	}
	return ret->count > 0 ? 0
			      : refuse(s, -ENOENT, _("no container of this stack runs"),
				       _("start it, and probe it under its usual load"));
}

static void let_go(struct probe *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->rows[i].group >= 0)
			close(p->rows[i].group);
}

static int look_on(struct session *s, struct probe *p)
{
	const struct timespec pause = {SQUEEZE_TICK_MS / 1000, 0};
	const int64_t end = now_ms() + SQUEEZE_MOST_MS + 2 * SQUEEZE_SETTLE_MS;
	struct restoring guard;
	int rc = restoring_start(&guard, p);

	if (rc < 0)
		return refuse(s, rc, strerror(-rc), _("fix that, then run again"));
	while (tick(s, p, &guard) && now_ms() < end)
		nanosleep(&pause, NULL);
	restoring_stop(&guard);
	return 0;
}

int session_probe(struct session *s, void (*say)(void *context, const char *text), void *context, struct probe *ret)
{
	struct watch_places *places = arena_alloc(&s->arena, sizeof(*places));
	struct watch_sample sample = {.counted = false};
	int rc;

	*ret = (struct probe){.count = 0};
	if (!sysroot_is_live(&s->root))
		return refuse(s, -EPERM, _("it is another machine's tree"), _("run it there"));
	if (geteuid() != 0)
		return refuse(s, -EPERM, _("it needs root"), _("run it with sudo"));
	rc = session_watch_places(s, places);
	if (rc < 0)
		return rc;
	if (places->cgroup_version != 2)
		return refuse(s, -ENOTSUP, _("it needs control groups of version 2, and this machine has others"),
			      _("'vpsfit watch' shows what cannot be squeezed out here as well"));
	watch_sample_look(&sample, &s->root, places, false);
	rc = take_all(s, &sample, ret);
	watch_sample_clear(&sample);
	if (rc == 0) {
		say(context,
		    _("Probing the running containers for three minutes at most; their limits are not touched."));
		rc = look_on(s, ret);
	}
	let_go(ret);
	return rc;
}

int64_t probe_cache_mib(const struct probe *probed, const char *service)
{
	for (size_t i = 0; probed && i < probed->count; i++)
		if (STR_EQ(probed->rows[i].service, service))
			return (squeeze_cache_kib(&probed->rows[i].by) + 1023) / 1024;
	return 0;
}
