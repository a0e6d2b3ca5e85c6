/* SPDX-License-Identifier: MIT */
/*
 * Which ports of vpsfit's own stack others can reach after the change, according to .env, the compose file and its
 * overrides.
 */
#include <arpa/inet.h>
#include <string.h>

#include "changes/building.h"
#include "core/i18n.h"

/*
 * Is a port on this address reachable from this machine only? Text that is no address counts as private: Compose
 * refuses it.
 */
static bool is_private(const char *ip)
{
	unsigned char v4[4];
	struct in6_addr v6;

	if (inet_pton(AF_INET, ip, v4) == 1)
		return v4[0] == 127;
	if (inet_pton(AF_INET6, ip, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
	return ip[0] != '\0';
}

/*
 * Returns the address in "[IP:][PORT:]PORT[/PROTOCOL]", the IPv6 form with or without brackets; "" means all addresses.
 */
static const char *address_of_short(struct arena *a, const char *text)
{
	const char *end = text + strcspn(text, "/"), *at = end;

	if (text[0] == '[')
		return arena_strndup(a, text + 1, strcspn(text + 1, "]"));
	for (int colons = 0; colons < 2; colons += *at == ':')
		if (at-- == text)
			return "";
	return arena_strndup(a, text, (size_t)(at - text));
}

/* The address of an entry of `ports` in short or long form; NULL: neither. */
static const char *address_of(struct arena *a, const struct yaml_node *port)
{
	const struct yaml_node *ip = yaml_get(port, "host_ip");

	if (yaml_is_scalar(port))
		return address_of_short(a, port->value);
	if (!port || port->kind != YAML_MAPPING)
		return NULL;
	return yaml_is_scalar(ip) ? address_of_short(a, arena_printf(a, "[%s]", ip->value + (ip->value[0] == '[')))
				  : "";
}

/* The service's first address that others can reach; NULL: none. */
static const char *public_address(struct arena *a, const struct project_service *s)
{
	const struct yaml_node *ports = yaml_get(s->node, "ports");

	for (size_t i = 0; s->active && ports && ports->kind == YAML_SEQUENCE && i < ports->count; i++) {
		const char *ip = address_of(a, ports->items[i]);

		if (ip && !is_private(ip))
			return ip;
	}
	return NULL;
}

static bool is_said(const struct plan *plan)
{
	for (size_t i = 0; i < plan->warning_count; i++)
		if (STR_EQ(plan->warnings[i].code, "bind-public"))
			return true;
	return false;
}

/* Warns once, for the first such service, unless the plan already warns of --bind. */
void public_note(const struct building *b, const struct project *after)
{
	const size_t tls = env_answers_tls(b);
	const char *with_tls = tls == NO_SERVICE ? "" : b->set->layout.services[tls];

	for (size_t i = 0; b->set->layout.own && !is_said(b->req->plan) && i < after->service_count; i++) {
		const struct project_service *s = &after->services[i];
		const char *ip = public_address(b->a, s), *text;

		if (!ip || STR_EQ(s->name, with_tls))
			continue;
		text = arena_printf(
			b->a,
			_("%s listens on %s, not for this machine alone: there is no TLS, a port that Docker publishes "
			  "goes past ufw, and whoever signs up first in Open WebUI is its administrator"),
			s->name, ip[0] ? ip : _("all addresses"));
		diag_note(b->diags, "bind-public", SEV_WARNING, b->req->dir, "%s", text)->hint = _(
			"GATEWAY_BIND=127.0.0.1 in .env, and 127.0.0.1: before a port in the compose files, keep it to this machine");
		return;
	}
}
