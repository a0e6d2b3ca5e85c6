/* SPDX-License-Identifier: MIT */
/*
 * Who reaches the database by this machine: with the machine's own network, or by a name for it, at a port that is
 * published. Other programs are reached so as well, so that the port decides.
 */
#include <string.h>

#include "changes/stack_needs.h"
#include "compose/roles.h"
#include "core/text.h"

/* PostgreSQL's own in its container. */
#define DATABASE_PORT "5432"

/*
 * The host of "scheme://user:password@host:port/name", or of "host:port"; NULL: it cannot be told. *ret_port: its port;
 * NULL: none is said.
 */
const char *stack_needs_host(struct arena *a, const char *address, const char **ret_port)
{
	const char *start = strstr(address, "://"), *at, *port;
	size_t n;

	*ret_port = NULL;
	start = start ? start + 3 : address;
	n = strcspn(start, "/?");
	/* A password may have an "@" in it. */
	for (at = start + n; at > start && at[-1] != '@';)
		at--;
	n -= (size_t)(at - start);
	start = at;
	port = start + (start[0] == '[' ? strcspn(start, "]") : 0);
	port += strcspn(port, ":/?,");
	if (*port == ':')
		*ret_port = arena_strndup(a, port + 1, strspn(port + 1, "0123456789"));
	if (start[0] == '[')
		return arena_strndup(a, start + 1, strcspn(start + 1, "]"));
	n = strcspn(start, ":/?,") < n ? strcspn(start, ":/?,") : n;
	return n > 0 && !memchr(start, '$', n) ? arena_strndup(a, start, n) : NULL;
}

static const char *network_of(const struct yaml_node *service)
{
	const char *mode = yaml_text(yaml_get(service, "network_mode"));

	return mode ? mode : "";
}

/* The first port of "[ADDRESS:]PORT:5432[/tcp]", or of a mapping; NULL: it is another one's, or any that is free. */
static const char *port_of_entry(struct arena *a, const struct yaml_node *entry)
{
	const char *text = yaml_text(entry), *target = yaml_text(yaml_get(entry, "target")), *colon, *start;

	if (!text)
		return target && STR_EQ(target, DATABASE_PORT) ? yaml_text(yaml_get(entry, "published")) : NULL;
	text = arena_strndup(a, text, strcspn(text, "/"));
	colon = strrchr(text, ':');
	if (!colon || !STR_EQ(colon + 1, DATABASE_PORT))
		return NULL;
	for (start = colon; start > text && start[-1] != ':';)
		start--;
	return arena_strndup(a, start, (size_t)(colon - start));
}

/* The port at which the database answers on this machine; NULL: at none that can be told. */
static const char *port_here(struct arena *a, const struct yaml_node *database)
{
	const struct yaml_node *ports = yaml_get(database, "ports");
	const char *port = STR_EQ(network_of(database), "host") ? DATABASE_PORT : NULL;

	for (size_t i = 0; !port && ports && ports->kind == YAML_SEQUENCE && i < ports->count; i++)
		port = port_of_entry(a, ports->items[i]);
	return port;
}

/* Is the variable's name one of a database's? */
static bool is_of_database(struct arena *a, const char *line)
{
	static const char *const words[] = {"DATABASE", "POSTGRES", "PG", "DB", "SQL"};
	const char *name = arena_strndup(a, line, strcspn(line, "="));

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

/* Is the value of "NAME=VALUE" an address of that port? loopback: does the service have the network where it is? */
static bool line_leads_here(struct arena *a, const char *line, const char *port, bool loopback)
{
	const char *value = strchr(line, '='), *said, *host;

	if (!value || !is_of_database(a, line))
		return false;
	host = stack_needs_host(a, value + 1, &said);
	return host && roles_is_this_machine(host) && (loopback || !roles_is_loopback(host)) &&
	       STR_EQ(said ? said : DATABASE_PORT, port);
}

bool database_is_used_here(struct arena *a, const char *variables, const struct yaml_node *service,
			   const struct yaml_node *database, const char *name)
{
	const char *mode = network_of(service);
	const bool shares = STR_EQ(mode, arena_printf(a, "service:%s", name));
	const char *port = shares ? DATABASE_PORT : port_here(a, database);
	bool leads = false;

	for (size_t n; port && *variables && !leads; variables += n + (variables[n] == '\n')) {
		n = strcspn(variables, "\n");
		leads = line_leads_here(a, arena_strndup(a, variables, n), port, shares || STR_EQ(mode, "host"));
	}
	return leads;
}
