#include "output/secrets.h"

#include <string.h>
#include <strings.h>

#include "core/i18n.h"
#include "core/strbuf.h"
#include "stack/env.h"

/* "KEY=value" or "key: value" on a line, also as an item of a list, in quotes or commented out. */
struct setting {
	const char *key;
	size_t key_len;
	const char *value;
	size_t value_len;
};

static bool find_setting(const char *line, size_t len, struct setting *ret)
{
	const char *end = line + len, *p = line;

	while (p < end && strchr(" \t-#\"'", *p))
		p++;
	if (end - p > 7 && strncmp(p, "export ", 7) == 0)
		p += 7;
	ret->key = p;
	while (p < end && *p != '=' && *p != ':')
		p++;
	if (p == end)
		return false;
	ret->key_len = (size_t)(p - ret->key);
	while (ret->key_len > 0 && strchr(" \t\"'", ret->key[ret->key_len - 1]))
		ret->key_len--;
	for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	ret->value = p;
	ret->value_len = (size_t)(end - p);
	return ret->key_len > 0 && ret->value_len > 0;
}

static bool ends_with(const char *key, size_t len, const char *word)
{
	size_t n = strlen(word);

	while (len > 0 && ((key[len - 1] >= '0' && key[len - 1] <= '9') || key[len - 1] == '_'))
		len--;
	return len >= n && strncasecmp(key + len - n, word, n) == 0;
}

static bool value_has(const struct setting *s, const char *part)
{
	return memmem(s->value, s->value_len, part, strlen(part)) != NULL;
}

/* A reference to where the secret is kept is none. */
static bool is_secret(const struct setting *s)
{
	static const char *const words[] = {"KEY", "PASSWORD", "SECRET", "TOKEN", "PASS", "PWD", "CREDENTIALS", "AUTH"};
	static const char *const addresses[] = {"URL", "URI", "DSN"};

	if (value_has(s, "${") || s->value[0] == '$' || value_has(s, "os.environ/"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (ends_with(s->key, s->key_len, words[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (ends_with(s->key, s->key_len, addresses[i]) && value_has(s, "@"))
			return true;
	return false;
}

static void add_line(const char *line, size_t len, struct strbuf *out)
{
	struct setting s;

	if (!find_setting(line, len, &s) || !is_secret(&s)) {
		strbuf_add(out, line, len);
		return;
	}
	strbuf_add(out, line, (size_t)(s.value - line));
	strbuf_puts(out, value_has(&s, ENV_PLACEHOLDER) ? _("(a new secret)") : _("(hidden)"));
}

const char *secrets_hidden(struct arena *a, const char *text)
{
	struct strbuf out = STRBUF_INIT;
	const char *hidden;

	for (size_t len; *text; text += len) {
		len = strcspn(text, "\n");
		add_line(text, len, &out);
		if (text[len])
			strbuf_putc(&out, text[len++]);
	}
	hidden = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return hidden;
}
