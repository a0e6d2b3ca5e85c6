/* SPDX-License-Identifier: MIT */
#include "watch/sample.h"

#include "core/macros.h"
#include "core/units.h"

/* As the engine records the end of a process that SIGKILL ended. */
#define EXIT_KILLED 137

/* How far a counter went on; one that went back was started anew. */
static int64_t delta(int64_t now, int64_t last)
{
	return now < 0 ? 0 : now >= last ? now - last : now;
}

static void count_on(struct watch_container *c, bool first)
{
	const bool baseline = first && !c->counted;

	c->kills = baseline ? 0 : delta(c->use.oom_kill, c->last_oom);
	c->limit_hits = baseline ? 0 : delta(c->use.at_limit, c->last_at_limit);
	c->restarted = !c->counted ? 0 : max_i64(0, c->is.restarts - c->last_restarts);
	if (c->use.oom_kill >= 0)
		c->last_oom = c->use.oom_kill;
	if (c->use.at_limit >= 0)
		c->last_at_limit = c->use.at_limit;
}

/* Did its first process end for lack of memory, as far as the engine recorded it since the last look? */
static bool owns_up(const struct watch_container *c)
{
	const bool flagged = c->is.out_of_memory && (!c->last_flag || c->restarted > 0);
	const bool killed =
		c->is.exit_code == EXIT_KILLED && !c->is.running && (c->last_exit != EXIT_KILLED || c->restarted > 0);

	return c->counted && c->kills == 0 && (flagged || killed);
}

static void remember(struct watch_container *c)
{
	c->last_restarts = c->is.restarts;
	c->last_exit = c->is.exit_code;
	c->last_flag = c->is.out_of_memory;
	c->counted = true;
}

/* A container's group is gone between two starts, with its counters: what the host counted besides belongs to it. */
static void name_the_rest(struct watch_sample *s, bool known)
{
	int64_t left = s->unnamed;

	for (size_t i = 0; i < s->containers.count; i++) {
		struct watch_container *c = s->containers.items[i];
		int64_t n = max_i64(1, c->restarted), now, before;

		if (!owns_up(c))
			continue;
		if (!known) {
			c->kills += c->is.out_of_memory ? n : 0;
			continue;
		}
		now = min_i64(n, left);
		before = min_i64(n - now, s->late);
		c->kills += now + before;
		left -= now;
		s->late -= before;
		s->unnamed -= now + before;
	}
	s->late = max_i64(0, s->unnamed);
}

/*
 * Kills: each container's own counter, then the engine's record of a first process that was killed, held against what
 * the host counted. A kill may be told by a container before the host is asked again: that is a debt of the host's.
 */
void watch_sample_account(struct watch_sample *s, bool host_kills)
{
	const bool known = host_kills && s->host.oom_kill >= 0 && s->counted && s->last_host_oom >= 0;
	int64_t sum = 0;

	for (size_t i = 0; i < s->containers.count; i++) {
		count_on(s->containers.items[i], !s->counted);
		sum += s->containers.items[i]->kills;
	}
	s->unnamed = known ? delta(s->host.oom_kill, s->last_host_oom) - sum + s->debt : 0;
	s->debt = min_i64(0, s->unnamed);
	s->unnamed = max_i64(0, s->unnamed);
	name_the_rest(s, known);
	for (size_t i = 0; i < s->containers.count; i++)
		remember(s->containers.items[i]);
	s->last_host_oom = s->host.oom_kill;
	s->counted = true;
}

static void read_host(struct watch_host *ret, struct reading *r)
{
	static char meminfo[4096], vmstat[WATCH_TEXT], pressure[512];
	long told;

	meminfo[0] = vmstat[0] = '\0';
	if (reading_file(r, "/proc/meminfo", meminfo, sizeof(meminfo)) < 0)
		meminfo[0] = '\0';
	if (reading_file(r, "/proc/vmstat", vmstat, sizeof(vmstat)) < 0)
		vmstat[0] = '\0';
	told = reading_file(r, "/proc/pressure/memory", pressure, sizeof(pressure));
	watch_count_host(meminfo, vmstat, told > 0 ? pressure : NULL, ret);
	reading_end(r);
}

/* watching: there will be more looks, so that records are read again only when they changed. */
void watch_sample_look(struct watch_sample *s, const struct sysroot *root, const struct watch_places *p, bool watching)
{
	struct reading r;

	reading_start(&r, root);
	r.keeps = watching;
	read_host(&s->host, &r);
	watch_containers_look(&s->containers, &r, p);
	if (s->containers.unreadable_roots > 0 && s->containers.found_roots == 0)
		watch_nameless_look(&s->containers, &r, p);
	watch_containers_end(&s->containers);
	watch_sample_account(s, p->host_kills);
}

void watch_sample_clear(struct watch_sample *s)
{
	watch_containers_clear(&s->containers);
	*s = (struct watch_sample){.counted = false};
}
