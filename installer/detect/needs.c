/* SPDX-License-Identifier: MIT */
/* What else the stack needs of the machine: a free port, an address, a recent processor, a root that stays. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/units.h"
#include "detect/probe.h"

#define LISTEN_STATE 0x0a
#define TCP_MAX ((size_t)4 << 20)
/* Shorter lists of flags are not a processor's own: a dump, say, that was cut. */
#define MANY_FLAGS 20
#define MAX_INODE 20
#define SOCKET "socket:["

/* Eight hexadecimal digits of a word of an address, as the kernel stores it. */
static bool read_word(const char *hex, uint32_t *ret)
{
	char word[9];
	uint64_t n;

	memcpy(word, hex, 8);
	word[8] = '\0';
	if (strspn(word, "0123456789ABCDEFabcdef") != 8 || !parse_hex(word, UINT32_MAX, &n))
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* "0100007F:1F90": /proc/net/tcp writes addresses in words of the processor's own byte order. */
static bool read_end(const char *text, size_t len, bool six, struct machine_listener *ret)
{
	size_t digits = six ? 32 : 8;
	uint32_t words[4] = {0};
	uint64_t port;

	if (len != digits + 5 || text[digits] != ':')
		return false;
	for (size_t i = 0; i < digits / 8; i++)
		if (!read_word(text + i * 8, &words[i]))
			return false;
	ret->six = six;
	memcpy(ret->address, words, sizeof(words));
	if (!parse_hex((char[]){text[digits + 1], text[digits + 2], text[digits + 3], text[digits + 4], 0}, 65535,
		       &port))
		return false;
	ret->port = (int)port;
	return true;
}

/* A line "SL LOCAL REMOTE STATE QUEUES TIMER RETRANSMITS UID TIMEOUT INODE ..."; false: nobody listens. */
static bool read_listener(const struct probe *p, const char *line, bool six, struct machine_listener *ret)
{
	const char *field[10];
	size_t len[10];
	uint64_t state;

	*ret = (struct machine_listener){.port = 0};
	if (probe_columns(line, field, len, 10) < 10 || len[3] != 2 ||
	    !parse_hex((char[]){field[3][0], field[3][1], 0}, 255, &state) || state != LISTEN_STATE ||
	    !read_end(field[1], len[1], six, ret))
		return false;
	if (len[9] < MAX_INODE)
		ret->inode = arena_strndup(p->a, field[9], len[9]);
	return true;
}

static void read_listeners(const struct probe *p, const char *path, bool six)
{
	struct machine *m = p->m;
	struct machine_listener one, *all;
	size_t len, lines = 0;
	char *text;

	if (sysroot_read(p->root, p->a, path, TCP_MAX, &text, &len) < 0)
		return;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		lines += read_listener(p, line, six, &one);
	}
	all = arena_array(p->a, m->listener_count + lines + 1, sizeof(*all));
	if (m->listener_count > 0)
		memcpy(all, m->listeners, m->listener_count * sizeof(*all));
	m->listeners = all;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		m->listener_count += read_listener(p, line, six, &all[m->listener_count]);
	}
}

/* Could one listen on this port of version 4? Below 1024 only root can tell. */
static bool can_bind(int port)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
		   bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;

	if (fd >= 0)
		close(fd);
	return can;
}

/* "::" takes the ports of version 4 too, unless its socket has IPV6_V6ONLY, which /proc/net/tcp6 does not show. */
static void find_version_6_only(const struct probe *p)
{
	for (size_t i = 0; i < p->m->listener_count; i++) {
		struct machine_listener *l = &p->m->listeners[i];

		if (l->six && l->port == p->request->port &&
		    !(l->address[0] | l->address[1] | l->address[2] | l->address[3]))
			l->six_only = can_bind(l->port);
	}
}

static bool is_number(const char *name)
{
	return name[0] && strspn(name, "0123456789") == strlen(name);
}

/* Is it the gateway's port, or one that a service publishes? */
static bool is_wanted(const struct probe *p, int port)
{
	const struct service_set *set = p->request->services;

	for (size_t s = 0; set && s < set->count; s++)
		for (size_t i = 0; i < set->items[s].publish_count; i++)
			if (set->items[s].publishes[i] == port)
				return true;
	return port == p->request->port;
}

/* The listeners whose owner is asked for and not known yet. */
static bool is_open_question(const struct probe *p, const struct machine_listener *l)
{
	return !l->who && l->inode && is_wanted(p, l->port);
}

/* Names the process as the owner of every socket in question that it has open. */
static void take_sockets(const struct probe *p, const char *pid)
{
	char **names;
	long n = sysroot_list(p->root, p->a, arena_printf(p->a, "/proc/%s/fd", pid), &names);
	const char *comm = NULL;

	for (long i = 0; i < n; i++) {
		const char *to = sysroot_readlink(p->root, p->a, arena_printf(p->a, "/proc/%s/fd/%s", pid, names[i]));

		for (size_t k = 0; to && strncmp(to, SOCKET, strlen(SOCKET)) == 0 && k < p->m->listener_count; k++) {
			struct machine_listener *l = &p->m->listeners[k];
			size_t len = is_open_question(p, l) ? strlen(l->inode) : 0;

			if (len == 0 || strncmp(to + strlen(SOCKET), l->inode, len) != 0 ||
			    to[strlen(SOCKET) + len] != ']')
				continue;
			if (!comm)
				comm = sysroot_read_line(p->root, p->a, arena_printf(p->a, "/proc/%s/comm", pid));
			l->who = comm;
		}
	}
}

/* Who listens on a port that the stack needs; without root, or for another namespace's process, nobody can tell. */
static void find_owners(const struct probe *p)
{
	char **pids;
	size_t open = 0;
	long n;

	for (size_t i = 0; i < p->m->listener_count; i++)
		open += is_open_question(p, &p->m->listeners[i]);
	n = open > 0 ? sysroot_list(p->root, p->a, "/proc", &pids) : 0;
	for (long i = 0; i < n; i++)
		if (is_number(pids[i]))
			take_sockets(p, pids[i]);
}

static bool has_flag(const char *flags, size_t len, const char *flag)
{
	size_t n = strlen(flag);

	for (const char *at = flags; at < flags + len;) {
		size_t word = strcspn(at, " \t\n");

		if (word == n && strncmp(at, flag, n) == 0)
			return true;
		at += word + 1;
	}
	return false;
}

static size_t count_words(const char *at, size_t len)
{
	size_t n = 0;

	for (size_t i = 1; i < len; i++)
		n += at[i] == ' ' && at[i - 1] != ' ';
	return n;
}

/* Level 2 of the x86-64 psABI. Linux calls SSE3 "pni" and CMPXCHG16B "cx16". */
static void probe_level(const struct probe *p)
{
	static const char *const wanted[] = {"cx16", "lahf_lm", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2"};
	const char *line, *model;
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/cpuinfo", (size_t)4 << 20, &text, &len) < 0 ||
	    !strstr(text, "vendor_id"))
		return;
	line = strstr(text, "\nflags");
	line = line && STR_EQ(p->m->arch, "x86_64") ? strchr(line, ':') : NULL;
	len = line ? strcspn(line, "\n") : 0;
	if (count_words(line ? line : "", len) < MANY_FLAGS)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!has_flag(line, len, wanted[i]))
			p->m->cpus.lacks =
				p->m->cpus.lacks ? arena_printf(p->a, "%s %s", p->m->cpus.lacks, wanted[i]) : wanted[i];
	model = strstr(text, "model name");
	model = model ? strchr(model, ':') : NULL;
	p->m->cpus.model = model ? arena_strndup(p->a, model + 1 + strspn(model + 1, " \t"),
						 strcspn(model + 1 + strspn(model + 1, " \t"), "\r\n"))
				 : _("unknown");
}

/* dpkg lists the system's own architecture first, where there are others; Raspbian is the 32-bit system alone. */
static const char *packages_arch(const struct probe *p)
{
	static const char *const files[] = {"/var/lib/dpkg/arch", "/etc/apk/arch"};
	const char *text, *arch;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *line = sysroot_read_line(p->root, p->a, files[i]);

		if (line)
			return line;
	}
	text = sysroot_find(p->root, p->a, DPKG_STATUS, "Package: dpkg\n", DPKG_STATUS_MAX);
	arch = text ? probe_package_field(p, text, "\nArchitecture: ") : NULL;
	return arch ? arch : STR_EQ(p->m->distro.id, "raspbian") ? "armhf" : NULL;
}

/* Is it the name of a 32-bit system, as dpkg or apk call it? NULL: neither says. */
static const char *name_of_32(const char *arch)
{
	static const struct {
		const char *arch, *name;
	} rows[] = {{"armhf", "armhf (32 bits)"},
		    {"armel", "armel (32 bits)"},
		    {"armv7", "armv7 (32 bits)"},
		    {"i386", "i386 (32 bits)"},
		    {"x86", "x86 (32 bits)"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (STR_EQ(arch, rows[i].arch))
			return rows[i].name;
	return NULL;
}

/* A 64-bit kernel below a 32-bit system, as Raspberry Pi's images have it: dpkg's and Docker's kind is the system's. */
static void probe_userland(const struct probe *p)
{
	static const struct {
		const char *arch, *loader, *other, *name;
	} rows[] = {
		{"aarch64", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-armhf.so.3", "armhf (32 bits)"},
		{"x86_64", "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux.so.2", "i386 (32 bits)"},
	};
	const char *arch = packages_arch(p);
	bool served = false;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!STR_EQ(p->m->arch, rows[i].arch))
			continue;
		served = true;
		if (arch)
			p->m->cpus.userland = name_of_32(arch);
		else if (!sysroot_exists(p->root, rows[i].loader) && sysroot_exists(p->root, rows[i].other))
			p->m->cpus.userland = rows[i].name;
	}
	p->m->cpus.unserved = !served && !STR_EQ(p->m->arch, _("unknown"));
}

/* Local addresses of version 4: the lines before "/32 host LOCAL" in /proc/net/fib_trie. */
static bool has_address4(const struct probe *p, const char *address, bool *ret)
{
	const char *last = NULL, *line;
	char *text;
	size_t len, n = strlen(address);

	if (sysroot_read(p->root, p->a, "/proc/net/fib_trie", TCP_MAX, &text, &len) < 0)
		return false;
	*ret = false;
	for (line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		line += strspn(line, " ");
		if (strncmp(line, "|-- ", 4) == 0)
			last = line + 4;
		else if (strncmp(line, "/32 host LOCAL", 14) == 0 && last && strncmp(last, address, n) == 0 &&
			 (last[n] == '\n' || last[n] == '\0'))
			*ret = true;
	}
	return true;
}

static bool has_address6(const struct probe *p, const unsigned char address[16], bool *ret)
{
	char hex[33], *text;
	size_t len;

	for (int i = 0; i < 16; i++) {
		hex[2 * i] = "0123456789abcdef"[address[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[address[i] & 15];
	}
	hex[32] = '\0';
	if (sysroot_read(p->root, p->a, "/proc/net/if_inet6", 0, &text, &len) < 0)
		return false;
	*ret = strncmp(text, hex, 32) == 0 || strstr(text, arena_printf(p->a, "\n%s", hex));
	return true;
}

/* Has the table a default route by an interface that is not the loop? Its destination and mask are zeros. */
static bool has_default(const char *text, size_t destination, size_t mask, const char *zeros)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *field[10];
		size_t len[10], n;

		line += *line == '\n';
		n = probe_columns(line, field, len, 10);
		if (n < 8 || strncmp(field[destination], zeros, len[destination]) != 0 ||
		    strncmp(field[mask], zeros, len[mask]) != 0)
			continue;
		/* The interface is the first column for version 4, the last for version 6. */
		if (mask == 1 ? n == 10 && !(len[9] == 2 && strncmp(field[9], "lo", 2) == 0)
			      : strncmp(field[0], "lo", len[0]))
			return true;
	}
	return false;
}

/* Without either table, or with no way out at all, nothing is said. */
static void probe_versions(const struct probe *p)
{
	static const char zeros[] = "00000000000000000000000000000000";
	char *four, *six;
	size_t len;

	if (sysroot_read(p->root, p->a, "/proc/net/route", TCP_MAX, &four, &len) < 0 ||
	    sysroot_read(p->root, p->a, "/proc/net/ipv6_route", TCP_MAX, &six, &len) < 0)
		return;
	p->m->version_6_only = !has_default(four, 1, 7, zeros) && has_default(six, 0, 1, zeros);
}

/* A public address that the provider translates belongs to no interface, and nothing can listen on it. */
static void probe_bind(const struct probe *p)
{
	const char *bind = p->request->bind;
	unsigned char bytes[16];
	bool here = true, known = false;

	if (!bind)
		return;
	if (inet_pton(AF_INET, bind, bytes) == 1)
		known = bytes[0] != 127 && !STR_EQ(bind, "0.0.0.0") && has_address4(p, bind, &here);
	else if (inet_pton(AF_INET6, bind, bytes) == 1)
		known = !STR_EQ(bind, "::") && !STR_EQ(bind, "::1") && has_address6(p, bytes, &here);
	p->m->bind_elsewhere = known && !here ? bind : NULL;
}

void probe_needs(const struct probe *p)
{
	p->m->front =
		(struct machine_front){.bind = p->request->bind, .port = p->request->port, .now = p->request->port_now};
	read_listeners(p, "/proc/net/tcp", false);
	read_listeners(p, "/proc/net/tcp6", true);
	if (sysroot_is_live(p->root))
		find_version_6_only(p);
	if (sysroot_is_live(p->root) && geteuid() == 0)
		find_owners(p);
	probe_userland(p);
	probe_versions(p);
	probe_level(p);
	probe_bind(p);
}
