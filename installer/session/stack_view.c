/* SPDX-License-Identifier: MIT */
#include "session/stack_view.h"

#include <string.h>

#include "compose/env.h"

static const char *env_text(const struct session *s)
{
	for (size_t i = 0; s->changes_known && i < s->changes.count; i++)
		if (STR_EQ(s->changes.files[i].name, ".env"))
			return s->changes.files[i].old_text;
	return NULL;
}

const char *stack_view_env(struct session *s, const char *key)
{
	const char *text = env_text(s);

	return text ? env_get(&s->arena, text, key) : NULL;
}

bool stack_view_has_key(struct session *s, enum provider which)
{
	const char *text = env_text(s);

	return text && env_has(&s->arena, text, env_provider_keys[which]);
}

const char *stack_view_service(const struct session *s, size_t which)
{
	return s->changes_known ? s->changes.layout.services[which] : NULL;
}
