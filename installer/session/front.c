/* SPDX-License-Identifier: MIT */
#include "session/front.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "compose/env.h"
#include "compose/project.h"
#include "core/reach.h"
#include "core/units.h"

/* Both as in templates/compose.yaml. */
#define DEFAULT_BIND "127.0.0.1"
#define DEFAULT_PORT "8080"

struct reading {
	struct session *s;
	bool after; /* as an apply would leave the files */
};

/* A file of the stack as it is, or as an apply would leave it. */
static int read_file(void *context, const char *path, const char **ret, size_t *ret_len)
{
	const struct reading *r = context;
	char *text;
	int rc;

	for (size_t i = 0; r->after && i < r->s->changes.count; i++) {
		const struct file_change *f = &r->s->changes.files[i];

		if (!STR_EQ(f->path, path) || !f->new_text)
			continue;
		*ret = f->new_text;
		*ret_len = f->new_len;
		return 0;
	}
	rc = sysroot_read(&r->s->root, &r->s->arena, path, 0, &text, ret_len);
	*ret = text;
	return rc < 0 ? rc : 0;
}

static const struct yaml_doc *parsed(void *context, const char *path, const char *text, size_t len)
{
	const struct reading *r = context;

	return kept_tree(&r->s->trees, path, text, len);
}

/* This machine's environment does not apply to another one's tree. */
static const char *environment(void *context, const char *name)
{
	const struct reading *r = context;

	return sysroot_is_live(&r->s->root) ? getenv(name) : NULL;
}

/* The name may have been changed: then the image tells. */
static bool is_front(const struct service *front, const struct project_service *one)
{
	const struct yaml_node *image = yaml_get(one->node, "image");

	return yaml_is_scalar(image) && service_has_image(front, image->value);
}

/* The service before the gateway in vpsfit's own stack; NULL: none is known. */
static const struct service *known_front(const struct session *s)
{
	const struct service_set *set = &s->catalog.services;

	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].page > 0)
			return &set->items[i];
	return NULL;
}

/* Compose starts no service of a profile that is off. */
static const struct project_service *front_of(const struct service *front, const struct project *p)
{
	const struct project_service *one = project_service(p, front->name);

	if (one)
		return one->active ? one : NULL;
	for (size_t i = 0; i < p->service_count; i++)
		if (p->services[i].active && is_front(front, &p->services[i]))
			return &p->services[i];
	return NULL;
}

/* An entry of `ports` in parts; NULL: not said. */
struct entry {
	const char *ip, *published, *target;
	bool tcp;
};

/* "[IP:][PORT:]PORT[/PROTOCOL]", the IPv6 form with or without brackets. */
static struct entry short_entry(struct arena *a, const char *text)
{
	const size_t n = strcspn(text, "/");
	char *rest = arena_strndup(a, text, n), *colon = strrchr(rest, ':');
	struct entry e = {.target = rest, .tcp = !text[n] || STR_EQ(text + n, "/tcp")};

	if (!colon)
		return e;
	*colon = '\0';
	e.target = colon + 1;
	e.published = rest;
	colon = strrchr(rest, ':');
	if (colon) {
		*colon = '\0';
		e.published = colon + 1;
		e.ip = rest;
	}
	return e;
}

static const char *scalar(const struct yaml_node *mapping, const char *key)
{
	const struct yaml_node *n = yaml_get(mapping, key);

	return yaml_is_scalar(n) ? n->value : NULL;
}

static struct entry entry_of(struct arena *a, const struct yaml_node *n)
{
	const char *protocol;

	if (yaml_is_scalar(n))
		return short_entry(a, n->value);
	if (!n || n->kind != YAML_MAPPING)
		return (struct entry){.tcp = false};
	protocol = scalar(n, "protocol");
	return (struct entry){scalar(n, "host_ip"), scalar(n, "published"), scalar(n, "target"),
			      !protocol || STR_EQ(protocol, "tcp")};
}

/* The entry that leads to the page: the one to its port, or the only one there is. */
static bool page_entry(struct arena *a, const struct yaml_node *ports, int64_t page, struct entry *ret)
{
	const char *target = arena_printf(a, "%lld", (long long)page);
	size_t count = 0;

	for (size_t i = 0; ports && ports->kind == YAML_SEQUENCE && i < ports->count; i++) {
		const struct entry e = entry_of(a, ports->items[i]);

		if (!e.tcp || !e.target)
			continue;
		if (count++ == 0 || STR_EQ(e.target, target))
			*ret = e;
		if (STR_EQ(e.target, target))
			return true;
	}
	return count == 1;
}

static int port_of(const char *text)
{
	uint64_t port;

	return text && parse_uint(text, 65535, &port) ? (int)port : 0;
}

/* As Compose takes it before a port, so that it can be shown; NULL: it is no address. */
static const char *address_of(struct arena *a, const char *ip)
{
	unsigned char room[16];
	const char *bare = ip && ip[0] == '[' ? arena_strndup(a, ip + 1, strcspn(ip + 1, "]")) : ip;

	if (!bare || !bare[0])
		return "0.0.0.0";
	if (inet_pton(AF_INET, bare, room) == 1)
		return bare;
	return inet_pton(AF_INET6, bare, room) == 1 ? arena_printf(a, "[%s]", bare) : NULL;
}

/* A range of ports, or none, is the engine's to choose from. */
static void take_entry(struct arena *a, const struct entry *e, struct published *ret)
{
	const char *bind = address_of(a, e->ip);
	const int port = port_of(e->published);

	if (!bind || port == 0)
		return;
	ret->bind = bind;
	ret->port = arena_printf(a, "%d", port);
}

/* NULL: there is none that can be read. */
static const struct project *read_project(struct session *s, bool after)
{
	struct reading r = {s, after};
	const struct project_request req = {
		.read = read_file, .parsed = parsed, .environment = environment, .context = &r, .dir = s->dir};
	struct diag_list unheard;
	struct project *p;
	int rc;

	diag_init(&unheard, &s->arena);
	rc = project_load(&s->arena, &req, &unheard, &p);
	diag_clear(&unheard);
	return rc == 0 && p->doc && p->doc->root ? p : NULL;
}

static void look_at_ports(struct session *s, bool after, struct published *ret)
{
	const struct service *known = s->compose ? NULL : known_front(s);
	const struct project *p = known ? read_project(s, after) : NULL;
	const struct project_service *front = p ? front_of(known, p) : NULL;
	struct entry e;

	*ret = (struct published){.there = p != NULL};
	if (!front)
		return;
	ret->service = front->name;
	ret->inside = known->page;
	/* What is included is not read: it may have other ports. A network that is not its own publishes none. */
	if (!scalar(front->node, "network_mode") && !p->included && !p->partial &&
	    page_entry(&s->arena, yaml_get(front->node, "ports"), known->page, &e))
		take_entry(&s->arena, &e, ret);
}

void front_published(struct session *s, struct published *ret)
{
	look_at_ports(s, false, ret);
}

bool front_settle(struct session *s)
{
	struct machine_front *f = &s->machine.front;
	const char *bind = reach_bind(&s->machine, &s->answers);
	const int64_t port = reach_port(&s->machine, &s->answers);
	struct published then;

	look_at_ports(s, true, &then);
	if (!then.there)
		return false;
	f->settled = true;
	f->then_bind = then.bind;
	f->then_port = port_of(then.port);
	return f->then_port != port || !bind != !then.bind || (bind && !STR_EQ(bind, then.bind));
}

static const char *value(struct session *s, enum answer_id id, const char *env, const char *key, const char *otherwise)
{
	const char *said = answer_text(&s->answers, id);

	if (!said && env)
		said = env_get(&s->arena, env, key);
	return said ? said : otherwise;
}

void front_find(struct session *s, struct detect_request *req)
{
	struct published is;
	const char *now;
	char *env;
	size_t len;

	if (s->compose)
		return;
	if (sysroot_read(&s->root, &s->arena, arena_printf(&s->arena, "%s/.env", s->dir), 0, &env, &len) < 0)
		env = NULL;
	front_published(s, &is);
	now = env ? env_get(&s->arena, env, "GATEWAY_PORT") : NULL;
	now = now ? now : DEFAULT_PORT;
	req->bind = value(s, ANSWER_BIND, env, "GATEWAY_BIND", DEFAULT_BIND);
	req->port_now = port_of(is.there ? is.port : now);
	/* A port that is written out stays, whatever is answered: the comparison settles it. */
	req->port = port_of(value(s, ANSWER_PORT, env, "GATEWAY_PORT", DEFAULT_PORT));
	if (is.there && !answer_said(&s->answers, ANSWER_PORT))
		req->port = req->port_now;
	if (is.bind && !answer_said(&s->answers, ANSWER_BIND))
		req->bind = is.bind;
}
