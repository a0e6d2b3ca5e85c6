/* SPDX-License-Identifier: MIT */
/* The address that others reach this machine by, for commands to type elsewhere. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "detect/probe.h"

/* Connecting a datagram socket sends nothing: the kernel only looks up the route, and binds to its source address. */
static bool source_for(const struct sockaddr *to, socklen_t len, struct sockaddr_storage *ret)
{
	int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*ret);
	bool found;

	if (fd < 0)
		return false;
	found = connect(fd, to, len) == 0 && getsockname(fd, (struct sockaddr *)ret, &size) == 0;
	close(fd);
	return found;
}

static const char *address_of(struct arena *a, const struct sockaddr_storage *from)
{
	char text[INET6_ADDRSTRLEN];
	const void *raw = from->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)from)->sin6_addr
						      : (const void *)&((const struct sockaddr_in *)from)->sin_addr;

	return inet_ntop(from->ss_family, raw, text, sizeof(text)) ? arena_strdup(a, text) : NULL;
}

/*
 * The source address of a packet to the internet: to 192.0.2.1 and 2001:db8::1, which documentation has for itself
 * (RFC 5737, RFC 3849). Nothing is sent. Unknown without a route, and of a machine that is only read from a tree.
 */
void probe_address(const struct probe *p)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	struct sockaddr_storage from;

	if (!sysroot_is_live(p->root))
		return;
	inet_pton(AF_INET, "192.0.2.1", &four.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr);
	if (source_for((const struct sockaddr *)&four, sizeof(four), &from) ||
	    source_for((const struct sockaddr *)&six, sizeof(six), &from))
		p->m->address = address_of(p->a, &from);
}
