/* SPDX-License-Identifier: MIT */
#include "session/front.h"

#include "compose/env.h"
#include "core/units.h"

/* Both as in templates/compose.yaml. */
#define DEFAULT_BIND "127.0.0.1"
#define DEFAULT_PORT "8080"

static const char *value(struct session *s, enum answer_id id, const char *env, const char *key, const char *otherwise)
{
	const char *said = answer_text(&s->answers, id);

	if (!said && env)
		said = env_get(&s->arena, env, key);
	return said ? said : otherwise;
}

static int port_of(const char *text)
{
	uint64_t port;

	return parse_uint(text, 65535, &port) ? (int)port : 0;
}

void front_find(struct session *s, struct detect_request *req)
{
	const char *now;
	char *env;
	size_t len;

	if (s->compose)
		return;
	if (sysroot_read(&s->root, &s->arena, arena_printf(&s->arena, "%s/.env", s->dir), 0, &env, &len) < 0)
		env = NULL;
	req->bind = value(s, ANSWER_BIND, env, "GATEWAY_BIND", DEFAULT_BIND);
	now = env ? env_get(&s->arena, env, "GATEWAY_PORT") : NULL;
	req->port_now = port_of(now ? now : DEFAULT_PORT);
	req->port = port_of(value(s, ANSWER_PORT, env, "GATEWAY_PORT", DEFAULT_PORT));
}
