/* SPDX-License-Identifier: MIT */
#include "session/http.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/macros.h"

static int open_to(const char *address, const char *port)
{
	struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found;
	size_t len = strcspn(address + (address[0] == '['), "]");
	char plain[128];
	int fd;

	snprintf(plain, sizeof(plain), "%.*s", (int)len, address + (address[0] == '['));
	if (getaddrinfo(plain, port, &wanted, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static bool ready(int fd, short events, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, timeout_ms) == 1 && (p.revents & events);
}

/* "HTTP/1.1 200 OK": the first line alone, which comes in one piece. */
static int read_status(int fd, int timeout_ms)
{
	char text[64] = "";
	int minor, status;
	ssize_t n;

	if (!ready(fd, POLLIN, timeout_ms))
		return 0;
	n = recv(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "HTTP/1.%1d %3d", &minor, &status) == 2 ? status : 0;
}

int http_status(const char *address, const char *port, int timeout_ms)
{
	static const char ask[] = "GET / HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	int fd = open_to(address, port), status = 0;

	if (fd < 0)
		return 0;
	if (ready(fd, POLLOUT, timeout_ms) && send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(ask) - 1)
		status = read_status(fd, timeout_ms);
	close(fd);
	return status;
}
