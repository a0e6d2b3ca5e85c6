/* SPDX-License-Identifier: MIT */
#include "export/secrets.h"

#include <errno.h>
#include <string.h>

#include "compose/variables.h"
#include "core/i18n.h"
#include "export/record.h"

/* Docker's limit is 64, with the stack's name and the digest. */
#define MAX_KEY 32
#define DIGEST 12

static bool is_secret_variable(const struct secret_finder *f, const char *name)
{
	return service_secret_find(f->set, name) || env_is_provider_key(name);
}

static bool looks_secret(const char *name)
{
	static const char *const words[] = {"KEY", "SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIAL"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

/* Does the text use a variable that is a secret, or is named like one? */
static bool uses_secret(const struct secret_finder *f, const char *raw)
{
	size_t count;
	const char **keys = env_pair_keys(f->a, &f->source->env, &count);

	for (size_t i = 0; i < count; i++)
		if ((is_secret_variable(f, keys[i]) || looks_secret(keys[i])) && variable_in_text(raw, keys[i]))
			return true;
	return false;
}

/* May a variable of a container stand in a file that everybody can read? */
static bool secret_is_plain(const struct secret_finder *f, const char *name, const char *raw)
{
	return !looks_secret(name) && !uses_secret(f, raw);
}

const char *secret_digest(const struct secret_finder *f, const char *key, const char *value)
{
	const char *salt = "", *text;
	const struct service_secret *secret;

	/* Those that never change, or every name would be another one for a new password. */
	for (size_t i = 0; (secret = service_secret(f->set, i, NULL)); i++) {
		const char *has = secret->in_database ? env_pair_get(f->a, &f->source->env, secret->key) : NULL;

		salt = arena_printf(f->a, "%s%s", salt, has ? has : "");
	}
	text = arena_printf(f->a, "%s\n%s\n%s\n%s", salt, key, value, salt);
	return record_digest(f->a, text, strlen(text));
}

/* Another name for another value: Docker's secrets cannot be changed. */
static const char *name_of(const struct secret_finder *f, const char *key, const char *value)
{
	return arena_printf(f->a, "%.16s_%.*s_%.*s", f->source->name, MAX_KEY, key, DIGEST,
			    secret_digest(f, key, value));
}

const struct export_secret *secret_find(const struct export_result *r, const char *key)
{
	for (size_t i = 0; i < r->secret_count; i++)
		if (STR_EQ(r->secrets[i].key, key))
			return &r->secrets[i];
	return NULL;
}

/* As shells and programs take a variable's name: it is part of commands and files. */
bool export_is_name(const char *key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return strspn(key, letters) == strlen(key) && key[0] && !(key[0] >= '0' && key[0] <= '9');
}

static int add(const struct secret_finder *f, const char *key, const char *value, const struct export_secret **ret)
{
	struct export_result *r = f->result;

	*ret = secret_find(r, key);
	if (*ret)
		return 0;
	if (r->secret_count == MAX_EXPORT_SECRETS || strpbrk(value, "\r\n")) {
		diag_add(f->diags, SEV_ERROR, NULL,
			 r->secret_count == MAX_EXPORT_SECRETS
				 ? _("%s is one secret too many for an export; nothing was written")
				 : _("%s is more than one line, which cannot be handed over; nothing was written"),
			 key);
		return -EINVAL;
	}
	r->secrets[r->secret_count] = (struct export_secret){key, value, name_of(f, key, value)};
	*ret = &r->secrets[r->secret_count++];
	return 0;
}

static const char *own_key(const struct secret_finder *f, const char *name, const char *service)
{
	char *key = arena_printf(f->a, "%s_%s", name, service);

	for (char *p = key; *p; p++)
		if (*p == '-' || *p == '.')
			*p = '_';
	return key;
}

/* Characters that end a user's name or password in an address. */
#define ENDS_PART "@/?#[]: "

/* Fills in a variable for the part of an address before the host. "%" stays: it may be an encoding already. */
static const char *look_up_encoded(void *context, const char *name)
{
	const struct secret_finder *f = context;
	const char *value = f->emit->variables->look_up(f->emit->variables->context, name);
	struct strbuf out = STRBUF_INIT;
	const char *text;

	if (!value || !strpbrk(value, ENDS_PART))
		return value;
	for (; *value; value++)
		if (strchr(ENDS_PART, *value))
			strbuf_printf(&out, "%%%02X", (unsigned char)*value);
		else
			strbuf_putc(&out, *value);
	text = arena_strdup(f->a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/*
 * A text with its variables filled in. In SCHEME://USER:PASSWORD@HOST those before the host are percent-encoded, or a
 * password with "@" or "/" would lead elsewhere. An address that is one variable as a whole stays what it is.
 */
static const char *filled_in(const struct secret_finder *f, const char *raw)
{
	const char *scheme = strstr(raw, "://"), *at = strrchr(raw, '@'), *first = strchr(raw, '$');
	struct secret_finder copy = *f;
	const struct variables encoded = {look_up_encoded, &copy};

	if (!scheme || !at || !first || first < scheme || first > at)
		return interpolate(f->a, f->emit->variables, raw);
	return arena_printf(f->a, "%s%s", interpolate(f->a, &encoded, arena_strndup(f->a, raw, (size_t)(at - raw))),
			    interpolate(f->a, f->emit->variables, at));
}

int secret_of(const struct secret_finder *f, const char *service, const char *name, const char *raw,
	      const struct export_secret **ret)
{
	const char *value = filled_in(f, raw), *key = name;
	const struct export_secret *same;
	struct variable v;

	*ret = NULL;
	if (f->source->database_url && STR_EQ(name, ENV_DATABASE_URL))
		return add(f, name, f->source->database_url, ret);
	if (!value[0] || secret_is_plain(f, name, raw))
		return 0;
	if (!export_is_name(name)) {
		diag_add(f->diags, SEV_ERROR, f->source->compose->name,
			 _("'%s' is not a variable's name; nothing was written"), name);
		return -EINVAL;
	}
	if (variable_parse(f->a, raw, &v))
		key = v.name;
	same = secret_find(f->result, key);
	/* Another value of the same name belongs to this service alone. */
	if (same && !STR_EQ(same->value, value))
		key = own_key(f, name, service);
	return add(f, key, value, ret);
}
