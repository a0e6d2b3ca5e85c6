/* SPDX-License-Identifier: MIT */
#include "watch/deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "watch/window.h"

#define JOURNAL "/run/systemd/journal/socket"
/* Of this program's messages; nobody else has it. */
#define MESSAGE_ID "5c1d8f0e7b0a4f4c9d5f6b2f6f1e6a37"

/* A datagram of "FIELD=value" lines (systemd's native protocol). False: there is no journal. */
static bool send_journal(const char *fields, size_t len)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = JOURNAL};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool sent;

	if (fd < 0)
		return false;
	sent = sendto(fd, fields, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to)) ==
	       (ssize_t)len;
	close(fd);
	return sent;
}

static void say(const char *fields, int priority, const char *text)
{
	if (send_journal(fields, strlen(fields)))
		return;
	openlog("vpsfit", LOG_NDELAY, LOG_DAEMON);
	syslog(priority, "%s", text);
	closelog();
}

/* One line, without fields of its own; also to standard error where that is a terminal. */
void deliver_line(const char *text, int priority)
{
	char fields[1024];

	snprintf(fields, sizeof(fields), "PRIORITY=%d\nSYSLOG_IDENTIFIER=vpsfit\nMESSAGE=%s\n", priority, text);
	if (isatty(STDERR_FILENO))
		dprintf(STDERR_FILENO, "vpsfit: %s\n", text);
	else
		say(fields, priority, text);
}

static int priority_of(const struct alert_message *m)
{
	return STR_EQ(m->level, "critical") ? LOG_CRIT : STR_EQ(m->level, "warning") ? LOG_WARNING : LOG_NOTICE;
}

static int render(const struct alert_message *m, char *ret, size_t size)
{
	return snprintf(ret, size,
			"VPSFIT_WHAT=%s\nVPSFIT_SERVICE=%s\nVPSFIT_STATE=%s\nVPSFIT_LEVEL=%s\nVPSFIT_VALUE=%s\n"
			"VPSFIT_LIMIT=%s\nVPSFIT_MESSAGE=%s%s\n",
			m->what, m->service, m->state, m->level, m->value, m->limit, m->text,
			m->muted_until ? " (this is the eighth message today: no more for now, the journal has them)"
				       : "");
}

/* The journal gets all of them, muted ones as well. */
void deliver_journal(const struct alert_message *m)
{
	char own[768], fields[2048];

	render(m, own, sizeof(own));
	snprintf(fields, sizeof(fields),
		 "PRIORITY=%d\nSYSLOG_IDENTIFIER=vpsfit\nMESSAGE_ID=" MESSAGE_ID "\nMESSAGE=%s\n%s", priority_of(m),
		 m->text, own);
	if (isatty(STDERR_FILENO))
		dprintf(STDERR_FILENO, "vpsfit: %s\n", m->text);
	else
		say(fields, priority_of(m), m->text);
}

static int write_file(int dir, const char *name, const char *bytes, size_t len, mode_t mode)
{
	char hidden[96];
	int fd, rc = 0;

	snprintf(hidden, sizeof(hidden), ".%s.new", name);
	if (unlinkat(dir, hidden, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	errno = 0;
	if (write(fd, bytes, len) != (ssize_t)len)
		rc = errno ? -errno : -ENOSPC;
	if (rc == 0 && fchmod(fd, mode) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0 && renameat(dir, hidden, dir, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(dir, hidden, 0);
	return rc;
}

int deliver_put(const char *spool, const struct alert_message *m)
{
	static unsigned number;
	struct timespec now;
	char name[64], bytes[1024];
	int dir = open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (dir < 0)
		return -errno;
	clock_gettime(CLOCK_BOOTTIME, &now);
	snprintf(name, sizeof(name), "%012lld-%09ld-%06u", (long long)now.tv_sec, now.tv_nsec, number++ % 1000000);
	rc = write_file(dir, name, bytes, (size_t)render(m, bytes, sizeof(bytes)), 0600);
	close(dir);
	return rc;
}

struct text {
	char bytes[16384];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->bytes + t->len, sizeof(t->bytes) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(t->bytes) - t->len)
		t->len += (size_t)n;
	else
		t->bytes[t->len] = '\0';
}

/* A label's value: quotes and backslashes are escaped, other bytes of a name are as they are. */
static void put_label(struct text *t, const char *name)
{
	put(t, "{service=\"");
	for (; *name; name++)
		put(t, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
	put(t, "\"} ");
}

static int64_t figure(const struct watch_container *c, int which)
{
	const int64_t all[] = {c->use.need_kib, c->use.ws_kib, c->use.swap_kib, c->use.limit_kib};

	return which < 4 ? (all[which] < 0 ? -1 : all[which] * 1024) : which == 4 ? c->use.oom_kill : c->is.restarts;
}

static void put_metric(struct text *t, const struct watch_sample *s, int which)
{
	static const char *const names[][3] = {
		{"vpsfit_need_bytes", "gauge", "Memory that no limit can squeeze out."},
		{"vpsfit_working_set_bytes", "gauge", "Usage less inactive page cache."},
		{"vpsfit_swap_bytes", "gauge", "Pages in swap."},
		{"vpsfit_limit_bytes", "gauge", "Memory limit in force; 0: none."},
		{"vpsfit_oom_kills", "gauge", "Processes killed for lack of memory since the container was started."},
		{"vpsfit_restarts", "gauge", "Restarts by the engine since the container was made."},
	};

	put(t, "# HELP %s %s\n# TYPE %s %s\n", names[which][0], names[which][2], names[which][0], names[which][1]);
	for (size_t i = 0; i < s->containers.count; i++) {
		const struct watch_container *c = s->containers.items[i];

		if (!c->is.ours || figure(c, which) < 0)
			continue;
		put(t, "%s", names[which][0]);
		put_label(t, window_name(c));
		put(t, "%lld\n", (long long)figure(c, which));
	}
}

/* For node_exporter's textfile collector: HELP and TYPE once, no times, renamed when it is whole. 0 or -errno. */
int deliver_textfile(const char *dir, const struct watch_sample *s)
{
	static struct text t;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	t.len = 0;
	for (int i = 0; i < 6; i++)
		put_metric(&t, s, i);
	put(&t,
	    "# HELP vpsfit_host_oom_kills Processes killed for lack of memory since boot.\n"
	    "# TYPE vpsfit_host_oom_kills gauge\nvpsfit_host_oom_kills %lld\n",
	    (long long)s->host.oom_kill);
	rc = write_file(fd, "vpsfit.prom", t.bytes, t.len, 0644);
	close(fd);
	return rc;
}
