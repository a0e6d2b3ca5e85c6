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

/* The bytes of a value on its line: between its quotes, or up to a comment and the blanks before it. */
struct value {
	const char *start;
	size_t len;
};

static struct value value_bytes(const char *at, const char *end)
{
	const char *stop;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at < end && (*at == '"' || *at == '\'')) {
		stop = memchr(at + 1, *at, (size_t)(end - at - 1));
		while (stop && *at == '"' && stop[-1] == '\\')
			stop = memchr(stop + 1, *at, (size_t)(end - stop - 1));
		if (stop)
			return (struct value){at + 1, (size_t)(stop - at - 1)};
	}
	for (stop = at; stop < end && !(*stop == '#' && stop > at && (stop[-1] == ' ' || stop[-1] == '\t')); stop++)
		;
	while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))
		stop--;
	return (struct value){at, (size_t)(stop - at)};
}

/* The last line that sets it holds. */
static bool find(const char *text, const char *key, struct value *ret)
{
	struct line l;
	bool found = false;

	for (const char *at = text; next_line(at, &l); at = l.next) {
		const char *value = value_on(&l, key);

		if (!value)
			continue;
		*ret = value_bytes(value, l.start + l.len);
		found = true;
	}
	return found;
}

char *env_get(struct arena *a, const char *text, const char *key)
{
	struct value v;

	return find(text, key, &v) ? arena_strndup(a, v.start, v.len) : NULL;
}

bool env_has(struct arena *a, const char *text, const char *key)
{
	const char *value = env_get(a, text, key);

	return value && value[0] && !STR_EQ(value, ENV_PLACEHOLDER);
}

static const char *line_end(const char *text)
{
	const char *first = strchr(text, '\n');

	return first && first > text && first[-1] == '\r' ? "\r\n" : "\n";
}

void env_set(const char *text, const char *key, const char *value, struct strbuf *out)
{
	struct value v;

	if (find(text, key, &v)) {
		strbuf_add(out, text, (size_t)(v.start - text));
		strbuf_puts(out, value);
		strbuf_puts(out, v.start + v.len);
		return;
	}
	strbuf_puts(out, text);
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		strbuf_puts(out, line_end(text));
	strbuf_printf(out, "%s=%s%s", key, value, line_end(text));
}
