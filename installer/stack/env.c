#include "stack/env.h"

#include <string.h>

const char *const env_provider_keys[PROVIDER_COUNT] = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"};

const struct env_secret env_secrets[] = {
	{"LITELLM_MASTER_KEY", "sk-", false},
	{"LITELLM_SALT_KEY", "sk-", true},
	{"POSTGRES_PASSWORD", "", true},
	{"WEBUI_SECRET_KEY", "", false},
};
const size_t env_secret_count = ARRAY_SIZE(env_secrets);

/* NULL: the key is no secret of ours. */
const struct env_secret *env_secret_find(const char *key)
{
	for (size_t i = 0; i < env_secret_count; i++)
		if (STR_EQ(env_secrets[i].key, key))
			return &env_secrets[i];
	return NULL;
}

struct line {
	const char *start;
	size_t len; /* without the line end */
	const char *next;
};

static bool next_line(const char *at, struct line *ret)
{
	if (!*at)
		return false;
	ret->start = at;
	ret->len = strcspn(at, "\n");
	ret->next = at + ret->len + (at[ret->len] == '\n' ? 1 : 0);
	if (ret->len > 0 && at[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

/* Where the value begins on a line that sets key ("KEY=", "export KEY="); NULL where it sets something else. */
static const char *value_on(const struct line *l, const char *key)
{
	const char *p = l->start, *end = l->start + l->len;
	size_t n = strlen(key);

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(end - p) > 7 && strncmp(p, "export ", 7) == 0)
		p += 7;
	if ((size_t)(end - p) <= n || strncmp(p, key, n) != 0 || p[n] != '=')
		return NULL;
	return p + n + 1;
}

static bool find(const char *text, const char *key, struct line *ret, const char **ret_value)
{
	struct line l;
	bool found = false;

	for (const char *at = text; next_line(at, &l); at = l.next) {
		const char *value = value_on(&l, key);

		if (!value)
			continue;
		*ret = l;
		*ret_value = value;
		found = true;
	}
	return found;
}

char *env_get(struct arena *a, const char *text, const char *key)
{
	struct line l;
	const char *value;

	if (!find(text, key, &l, &value))
		return NULL;
	return arena_strndup(a, value, (size_t)(l.start + l.len - value));
}

bool env_has(struct arena *a, const char *text, const char *key)
{
	const char *value = env_get(a, text, key);

	return value && !STR_EQ(value, "") && !STR_EQ(value, "\"\"") && !STR_EQ(value, "''") &&
	       !STR_EQ(value, ENV_PLACEHOLDER);
}

void env_set(const char *text, const char *key, const char *value, struct strbuf *out)
{
	struct line l;
	const char *at;

	if (find(text, key, &l, &at)) {
		strbuf_add(out, text, (size_t)(at - text));
		strbuf_puts(out, value);
		strbuf_puts(out, l.start + l.len);
		return;
	}
	strbuf_puts(out, text);
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		strbuf_putc(out, '\n');
	strbuf_printf(out, "%s=%s\n", key, value);
}
