/* SPDX-License-Identifier: MIT */
#include "detect/name.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "files/child.h"

#define LOOK_UP_MS 5000
/* More addresses are not read: whoever has so many is no gateway of one machine. */
#define MAX_TEXT 2048

static const void *raw(const struct sockaddr *from)
{
	return from->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)from)->sin6_addr
					   : (const void *)&((const struct sockaddr_in *)from)->sin_addr;
}

/* In a process of its own: it can be ended, and a resolver that hangs cannot. One address a line. */
static void look_up(const char *name, int out)
{
	struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	char text[INET6_ADDRSTRLEN];
	int rc = getaddrinfo(name, NULL, &wanted, &found);

	for (const struct addrinfo *i = found; rc == 0 && i; i = i->ai_next) {
		if ((i->ai_family != AF_INET && i->ai_family != AF_INET6) ||
		    !inet_ntop(i->ai_family, raw(i->ai_addr), text, sizeof(text)))
			continue;
		if (dprintf(out, "%s\n", text) < 0)
			break;
	}
	/* A resolver that could not ask says nothing of the name. */
	_exit(rc == 0 || rc == EAI_NONAME || rc == EAI_NODATA ? 0 : 1);
}

/* Reads until the other end is closed, or the time is up: then child_wait ends the child, and says so. */
static void read_all(int fd, char *text, size_t size, int64_t deadline)
{
	size_t len = 0, n;

	do {
		n = child_read(fd, text + len, size - 1 - len, deadline);
		len += n;
	} while (n > 0 && len + 1 < size);
	text[len] = '\0';
}

/* The addresses by lines; NULL: it cannot be told. */
static const char *addresses_of(struct arena *a, const char *name)
{
	const int64_t deadline = child_now_ms() + LOOK_UP_MS;
	char *text = arena_alloc(a, MAX_TEXT);
	int pipes[2], rc = -1;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return NULL;
	pid = fork();
	if (pid == 0)
		look_up(name, pipes[1]);
	close(pipes[1]);
	if (pid > 0)
		read_all(pipes[0], text, MAX_TEXT, deadline);
	close(pipes[0]);
	if (pid > 0)
		rc = child_wait(pid, deadline, 0);
	return rc == 0 ? text : NULL;
}

static bool has_line(const char *lines, const char *line)
{
	const size_t n = strlen(line);

	for (const char *at = lines; *at; at += strcspn(at, "\n") + 1)
		if (strncmp(at, line, n) == 0 && at[n] == '\n')
			return true;
	return false;
}

/* Loopback does not count: a name that leads there is reached by nobody else. */
static bool is_here(const char *addresses)
{
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *all = NULL;
	bool here = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (i->ifa_addr && (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
		    !(i->ifa_flags & IFF_LOOPBACK) &&
		    inet_ntop(i->ifa_addr->sa_family, raw(i->ifa_addr), text, sizeof(text)))
			here |= has_line(addresses, text);
	freeifaddrs(all);
	return here;
}

struct machine_name detect_name(const struct sysroot *r, struct arena *a, const char *name)
{
	struct machine_name ret = {.name = name, .leads = NAME_UNKNOWN, .addresses = ""};
	const char *lines = sysroot_is_live(r) ? addresses_of(a, name) : NULL, *at = lines;

	for (size_t n; at && *at; at += n + (at[n] == '\n')) {
		n = strcspn(at, "\n");
		ret.addresses = arena_printf(a, "%s%s%.*s", ret.addresses, ret.addresses[0] ? ", " : "", (int)n, at);
	}
	if (lines)
		ret.leads = !lines[0] ? NAME_NOWHERE : is_here(lines) ? NAME_HERE : NAME_ELSEWHERE;
	return ret;
}
