/* SPDX-License-Identifier: MIT */
/*
 * /usr/libexec/vpsfit/sampler: looks at a stack again and again, keeps what it saw in a ring, and tells a person when
 * something is wrong. Links libc alone, so that it costs a little over 1 MiB. It changes nothing but its own files.
 *
 *   sampler [--interval S] [--every S] [--looks N] [--once] [--run DIR] [--spool-only] [--alerts DIR]
 *           [--textfile DIR] [--sysroot DIR] PLAN
 *   sampler --deliver [--run DIR] [--alerts DIR] [--apart S]
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/units.h"
#include "watch/crc32c.h"
#include "watch/deliver.h"
#include "watch/identity.h"
#include "watch/keep.h"
#include "watch/ring.h"
#include "watch/window.h"

#define TEXTFILE_DIR "/var/lib/prometheus/node-exporter"
#define RUN_DIR "/run/vpsfit"
/* A ring that could not be made is tried again so often. */
#define TRY_AGAIN_S 3600

struct options {
	const char *plan, *run, *alerts, *textfile, *sysroot;
	uint64_t interval, every, looks, apart;
	bool once, spool_only, deliver;
};

struct sampler {
	struct options o;
	struct sysroot root;
	struct watch_places places;
	struct timespec plan_written;
	struct watch_sample sample;
	struct window window;
	struct feed feed;
	struct ring ring;
	struct dictionary dictionary;
	int store, lock;
	bool recording;
	int64_t window_began, try_again;
	uint32_t boot;
	uint64_t machine;
	char spool[PATH_MAX];
	pid_t delivering;
	char kept[PATH_MAX]; /* what was told */
	bool said_lost, said_textfile, said_unread, said_kept;
	bool told;   /* something since it was last kept */
	bool failed; /* the last sample is not in the ring */
};

static volatile sig_atomic_t ending;

static void end_soon(int signal)
{
	(void)signal;
	ending = 1;
}

/* Standard error of a unit is the journal, which gets the line by its socket already. */
static bool is_journal(int fd)
{
	const char *told = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return told && sscanf(told, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &st) == 0 &&
	       st.st_dev == (dev_t)device && st.st_ino == (ino_t)inode;
}

static void say(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(int priority, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (priority <= LOG_WARNING && !isatty(STDERR_FILENO) && !is_journal(STDERR_FILENO))
		dprintf(STDERR_FILENO, "sampler: %s\n", text);
	deliver_line(text, priority);
}

static int64_t clock_s(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec;
}

/* "--name value" or a switch; false: the command line is wrong. */
static bool take_option(struct options *o, const char *name, const char *value, bool *ret_took)
{
	const struct {
		const char *name;
		const char **text;
		uint64_t *number, least, most;
	} with[] = {
		{"--run", &o->run, NULL, 0, 0},
		{"--alerts", &o->alerts, NULL, 0, 0},
		{"--textfile", &o->textfile, NULL, 0, 0},
		{"--sysroot", &o->sysroot, NULL, 0, 0},
		{"--interval", NULL, &o->interval, 1, 3600},
		{"--every", NULL, &o->every, 1, 3600},
		{"--looks", NULL, &o->looks, 1, UINT32_MAX},
		{"--apart", NULL, &o->apart, 0, 3600},
	};

	*ret_took = false;
	o->once |= STR_EQ(name, "--once");
	o->spool_only |= STR_EQ(name, "--spool-only");
	o->deliver |= STR_EQ(name, "--deliver");
	if (STR_EQ(name, "--once") || STR_EQ(name, "--spool-only") || STR_EQ(name, "--deliver"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(with); i++) {
		if (!STR_EQ(name, with[i].name) || !value)
			continue;
		*ret_took = true;
		if (with[i].text)
			*with[i].text = value;
		return with[i].text ||
		       (parse_uint(value, with[i].most, with[i].number) && *with[i].number >= with[i].least);
	}
	return false;
}

static bool take_options(struct options *o, int argc, char **argv)
{
	*o = (struct options){.run = RUN_DIR,
			      .alerts = ALERT_DIR,
			      .textfile = TEXTFILE_DIR,
			      .sysroot = "/",
			      .interval = 10,
			      .every = 300,
			      .apart = ALERT_APART_SECONDS};
	for (int i = 1; i < argc; i++) {
		bool took;

		if (argv[i][0] != '-') {
			if (o->plan)
				return false;
			o->plan = argv[i];
			continue;
		}
		if (!take_option(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &took))
			return false;
		i += took;
	}
	return (o->plan != NULL) != o->deliver && o->every >= o->interval;
}

/* Reads the plan file if it is another one than before. Returns false if there is none that can be used. */
static bool read_plan(struct sampler *s)
{
	static char text[WATCH_PLACES_MAX];
	static struct watch_places fresh;
	int fd = open(s->o.plan, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *wrong = NULL;
	unsigned line = 0;
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		s->plan_written = st.st_mtim;
		n = read(fd, text, sizeof(text) - 1);
	}
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		say(LOG_ERR, "%s cannot be read: %s; run 'vpsfit watch --enable' again", s->o.plan, strerror(errno));
		return false;
	}
	text[n] = '\0';
	wrong = watch_places_read(text, &fresh, &line);
	if (wrong) {
		say(LOG_ERR, "%s:%u: %s; run 'vpsfit watch --enable' again", s->o.plan, line, wrong);
		return false;
	}
	s->places = fresh;
	return true;
}

/* An apply writes it anew. A new one that is wrong is said, and the old one goes on. */
static void follow_plan(struct sampler *s)
{
	struct stat st;

	if (stat(s->o.plan, &st) == 0 &&
	    (st.st_mtim.tv_sec != s->plan_written.tv_sec || st.st_mtim.tv_nsec != s->plan_written.tv_nsec)) {
		(void)read_plan(s);
		/* Whose containers are ours may be another answer now; their counters go on. */
		for (size_t i = 0; i < s->sample.containers.count; i++)
			s->sample.containers.items[i]->told = false;
	}
}

static void open_ring(struct sampler *s)
{
	int64_t now = clock_s(CLOCK_BOOTTIME);
	int rc;

	if (s->recording || s->store < 0 || now < s->try_again)
		return;
	s->try_again = now + TRY_AGAIN_S;
	rc = ring_open(&s->ring, s->store, s->machine, (uint64_t)clock_s(CLOCK_REALTIME), (uint32_t)s->o.every);
	if (rc == 0) {
		rc = dictionary_open(&s->dictionary, s->store, s->ring.header.id);
		if (rc < 0)
			ring_close(&s->ring);
	}
	if (rc < 0) {
		say(LOG_ERR, "%s: samples cannot be kept: %s; alerts go on, and it is tried again in an hour",
		    s->places.store, strerror(-rc));
		return;
	}
	s->recording = true;
	if (s->ring.why_aside)
		say(LOG_NOTICE, "%s/ring was set aside, for %s; a new one was begun", s->places.store,
		    s->ring.why_aside);
}

static uint8_t flags_of(const struct sampler *s)
{
	struct timex t = {.modes = 0};

	return (uint8_t)((adjtimex(&t) == TIME_ERROR ? RING_CLOCK_UNSURE : 0) | (s->o.once ? RING_ONESHOT : 0));
}

static void record(struct sampler *s)
{
	static struct ring_sample one;
	size_t lost;
	int rc;

	if (s->window.looks == 0 || !s->places.store[0])
		return;
	open_ring(s);
	if (!s->recording) {
		s->failed = true;
		return;
	}
	lost = window_finish(&s->window, &s->dictionary, &one);
	one.time = (uint32_t)clock_s(CLOCK_REALTIME);
	one.uptime = (uint32_t)clock_s(CLOCK_BOOTTIME);
	one.boot = s->boot;
	one.flags = flags_of(s);
	rc = ring_append(&s->ring, &one);
	if (rc == 0)
		rc = ring_sync(&s->ring);
	if (rc < 0 && !s->failed)
		say(LOG_ERR, "%s/ring: a sample could not be kept: %s; alerts go on", s->places.store, strerror(-rc));
	s->failed = rc < 0 || lost > 0;
	if (lost > 0 && !s->said_lost)
		say(LOG_WARNING, "%s: %zu services could not be kept in a sample: is the disk full?", s->places.store,
		    lost);
	s->said_lost = lost > 0;
}

/* At most every message, and every record: a restart of the sampler tells nobody the same again. */
static void keep_told(struct sampler *s)
{
	int rc = keep_write(s->kept, s->boot, &s->feed);

	if (rc < 0 && !s->said_kept)
		say(LOG_WARNING, "%s: what was told cannot be kept over a restart: %s", s->kept, strerror(-rc));
	s->said_kept = rc < 0;
}

static void tell(void *context, const struct alert_message *m)
{
	struct sampler *s = context;
	int rc;

	deliver_journal(m);
	s->told = true;
	if (m->muted)
		return;
	rc = deliver_put(s->spool, m);
	if (rc < 0)
		say(LOG_WARNING, "%s: a message cannot be handed to alert.d: %s", s->spool, strerror(-rc));
}

/* Runs the administrator's programs beside the looks, one process at a time. */
static void deliver_beside(struct sampler *s)
{
	if (s->delivering > 0 && waitpid(s->delivering, NULL, WNOHANG) != 0)
		s->delivering = 0;
	if (s->o.spool_only || s->delivering > 0 || s->feed.alerts.count == 0 || !deliver_is_waiting(s->spool))
		return;
	s->delivering = fork();
	if (s->delivering == 0)
		_exit(deliver_spool(s->spool, s->o.alerts, (int)s->o.apart) < 0);
}

static void export_textfile(struct sampler *s)
{
	int rc = deliver_textfile(s->o.textfile, &s->sample);

	if (rc < 0 && !s->said_textfile)
		say(LOG_WARNING, "%s/vpsfit.prom cannot be written: %s", s->o.textfile, strerror(-rc));
	s->said_textfile = rc < 0;
}

static void look(struct sampler *s)
{
	int64_t now = clock_s(CLOCK_BOOTTIME), wall = clock_s(CLOCK_REALTIME);

	follow_plan(s);
	watch_sample_look(&s->sample, &s->root, &s->places, true);
	window_add(&s->window, &s->sample, wall);
	feed_look(&s->feed, &s->sample, now + 1, wall);
	if (s->sample.containers.unreadable_roots > 0 && !s->said_unread)
		say(LOG_ERR, "the engine's records cannot be read, so no container is watched%s",
		    geteuid() != 0 ? ": run it as root" : "");
	s->said_unread = s->sample.containers.unreadable_roots > 0;
	if (now - s->window_began + (int64_t)s->o.interval > (int64_t)s->o.every || s->o.once || ending) {
		record(s);
		export_textfile(s);
		window_start(&s->window);
		s->window_began = now;
		s->told = true;
	}
	if (s->told)
		keep_told(s);
	s->told = false;
	deliver_beside(s);
}

/* Looks are `interval` apart from begin to begin, on a clock that nobody sets. */
static void run(struct sampler *s)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t n = 1; !ending; n++) {
		struct timespec now;

		look(s);
		if (s->o.once || n == s->o.looks)
			break;
		next.tv_sec += (time_t)s->o.interval;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (next.tv_sec < now.tv_sec)
			next = now;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	record(s);
	keep_told(s);
	if (ending && s->delivering > 0) {
		/* It ends its program within seconds, and keeps the message for those that did not get it. */
		kill(s->delivering, SIGTERM);
		waitpid(s->delivering, NULL, 0);
	}
}

static int lock_store(struct sampler *s)
{
	s->store = s->places.store[0] ? open(s->places.store, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (s->store < 0) {
		if (s->places.store[0])
			say(LOG_ERR, "%s cannot be opened: %s; nothing can be kept, so nothing is watched",
			    s->places.store, strerror(errno));
		return s->places.store[0] ? -1 : 0;
	}
	s->lock = ring_lock(s->store);
	if (s->lock == -EWOULDBLOCK || s->lock == -EAGAIN) {
		say(LOG_NOTICE, "%s: another sampler watches this stack; this one ends", s->places.store);
		return 1;
	}
	if (s->lock < 0)
		say(LOG_ERR, "%s/" RING_LOCK ": %s; nothing can be kept, so nothing is watched%s", s->places.store,
		    strerror(-s->lock), s->lock == -EACCES || s->lock == -EPERM ? ": run it as root" : "");
	return s->lock < 0 ? -1 : 0;
}

static int prepare(struct sampler *s)
{
	int rc = sysroot_open(&s->root, s->o.sysroot), locked;

	if (rc < 0) {
		say(LOG_ERR, "%s: %s", s->o.sysroot, strerror(-rc));
		return -1;
	}
	if (!read_plan(s))
		return -1;
	locked = lock_store(s);
	if (locked != 0)
		return locked;
	if (mkdir(s->o.run, 0755) < 0 && errno != EEXIST)
		say(LOG_WARNING, "%s: %s; alert.d is not run", s->o.run, strerror(errno));
	else if (mkdir(s->spool, 0700) < 0 && errno != EEXIST)
		say(LOG_WARNING, "%s: %s; alert.d is not run", s->spool, strerror(errno));
	s->boot = watch_boot(&s->root);
	snprintf(s->kept, sizeof(s->kept), "%s/alerts-%08x", s->o.run, crc32c(s->o.plan, strlen(s->o.plan)));
	rc = keep_read(s->kept, s->boot, &s->feed);
	if (rc < 0)
		say(LOG_NOTICE, "%s: what was told before cannot be taken over: %s", s->kept,
		    rc == -EBADMSG ? "it is of another boot or version" : strerror(-rc));
	s->machine = watch_machine(&s->root);
	s->feed.say = tell;
	s->feed.context = s;
	s->window_began = clock_s(CLOCK_BOOTTIME);
	window_start(&s->window);
	return 0;
}

int main(int argc, char **argv)
{
	static struct sampler s;
	struct sigaction end = {.sa_handler = end_soon};
	int rc;

	s.store = s.lock = s.ring.fd = -1;
	umask(0027);
	if (!take_options(&s.o, argc, argv)) {
		dprintf(STDERR_FILENO,
			"usage: sampler [--interval S] [--every S] [--looks N] [--once] [--run DIR] [--spool-only] "
			"[--alerts DIR]\n               [--textfile DIR] [--sysroot DIR] PLAN\n"
			"       sampler --deliver [--run DIR] [--alerts DIR] [--apart S]\n");
		return 2;
	}
	snprintf(s.spool, sizeof(s.spool), "%s/messages", s.o.run);
	if (s.o.deliver)
		return deliver_spool(s.spool, s.o.alerts, (int)s.o.apart) < 0;
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	rc = prepare(&s);
	if (rc != 0)
		return rc < 0;
	run(&s);
	return s.failed || s.said_unread;
}
