/* What a change set does to env files: secrets that are missing, the address, and variables that stand for owned
 * values. */
#include <errno.h>
#include <string.h>

#include "apply/building.h"
#include "files/files.h"
#include "apply/volumes.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "stack/database.h"
#include "stack/env.h"

#define OWN_ENV ".env"

static bool climbs(const char *name)
{
	return name[0] == '/' || STR_EQ(name, "..") || strncmp(name, "../", 3) == 0 || strstr(name, "/../");
}

/* "./litellm.env" and "litellm.env" are one file. */
static const char *plain_name(const char *name)
{
	while (strncmp(name, "./", 2) == 0)
		name += 2 + strspn(name + 2, "/");
	return name;
}

/* What is there, or the template in vpsfit's own stack, or nothing. */
static int start_text(const struct building *b, struct file_change *f)
{
	char *text = (char *)f->old_text;
	int rc = 0;

	f->new_len = f->old_len;
	if (!text && b->set->layout.own && STR_EQ(f->name, OWN_ENV))
		rc = building_template(b, OWN_ENV, &text, &f->new_len);
	f->new_text = text ? text : "";
	return rc;
}

/* An env file of the stack, read when it is first asked for; NULL with an error in diags, or where it lies outside of
 * the stack. */
struct env_file *env_files_get(struct building *b, const char *name)
{
	struct env_file *env;

	name = plain_name(name);
	for (size_t i = 0; i < b->env_count; i++)
		if (STR_EQ(b->envs[i].name, name))
			return b->envs[i].loaded ? &b->envs[i] : NULL;
	if (b->env_count == MAX_ENV_FILES || climbs(name))
		return NULL;
	env = &b->envs[b->env_count++];
	env->name = name;
	if (building_load(b, name, 0600, &env->change) < 0)
		return NULL;
	if (env->change.old_text && strlen(env->change.old_text) != env->change.old_len) {
		diag_add(b->diags, SEV_ERROR, env->change.path, _("holds a NUL byte; nothing was written"))->hint =
			_("take it out with an editor, then run again");
		return NULL;
	}
	if (start_text(b, &env->change) < 0)
		return NULL;
	env->change.env = true;
	env->loaded = true;
	return env;
}

static void set_text(const struct building *b, struct file_change *f, const char *key, const char *value)
{
	struct strbuf out = STRBUF_INIT;
	const char *now = env_get(b->a, f->new_text, key);

	if (!value || (now && STR_EQ(now, value)))
		return;
	env_set(f->new_text, key, value, &out);
	f->new_text = arena_strdup(b->a, strbuf_text(&out));
	f->new_len = out.len;
	strbuf_clear(&out);
}

/* Sets a variable. 0, or -EINVAL where the file would not read back so. */
int env_files_set(struct building *b, struct env_file *env, const char *key, const char *value)
{
	const char *now;

	set_text(b, &env->change, key, value);
	now = env_get(b->a, env->change.new_text, key);
	if (now && STR_EQ(now, value))
		return 0;
	diag_add(b->diags, SEV_ERROR, env->change.path, _("%s cannot be changed in place; nothing was written"), key)
		->hint = arena_printf(b->a, _("write %s=%s by hand"), key, value);
	return -EINVAL;
}

/*
 * A database keeps the password it was made with: a new one would lock the gateway out of its own data. 0, or
 * -EKEYREJECTED with an error where the secret is neither in .env nor kept from a rollback.
 */
static int guard_database(const struct building *b, const struct file_change *f, const char *key)
{
	const struct database_place place = database_find(b->a, b->compose);
	const char *data;
	char *kept;
	size_t len;
	struct diag *d;

	if (!env_secret_find(key)->in_database ||
	    (file_read(b->a, arena_printf(b->a, "%s/kept.env", b->set->state.store), &kept, &len, NULL) == 0 &&
	     env_has(b->a, kept, key)))
		return 0;
	data = volumes_find(b->req->root, b->a, b->req->dir, f->old_text, &place);
	if (!data)
		return 0;
	d = diag_add(b->diags, SEV_ERROR, f->path,
		     _("%s is missing, and the database in %s was made with it; nothing was written"), key, data);
	d->hint = arena_printf(b->a,
			       _("put the old %s back into %s, or remove the database with everything in it: %s %s"),
			       key, f->path, data[0] == '/' ? "rm -r" : "docker volume rm", shell_quoted(b->a, data));
	return -EKEYREJECTED;
}

/* A provider's key that is given takes the place of the one that is there: a new one was bought, or the old one was
 * mistyped. */
static void set_provider_keys(const struct building *b, struct file_change *f)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		const char *before = f->new_text;

		set_text(b, f, env_provider_keys[i], b->req->answers->provider_keys[i]);
		if (f->new_text != before)
			f->given[f->given_count++] = env_provider_keys[i];
	}
}

/* The .env of vpsfit's own stack. Address and port change only where they were asked for; secrets are named here and
 * made by apply. */
/* An IPv6 address stands in brackets in Compose's short form of a port. */
static const char *bind_text(const struct building *b)
{
	const char *bind = answer_text(b->req->answers, ANSWER_BIND);

	return bind && strchr(bind, ':') ? arena_printf(b->a, "[%s]", bind) : bind;
}

int env_files_plan_own(struct building *b)
{
	struct env_file *env = env_files_get(b, OWN_ENV);
	struct file_change *f;

	if (!env)
		return -EIO;
	f = &env->change;
	set_text(b, f, "GATEWAY_BIND", bind_text(b));
	set_text(b, f, "GATEWAY_PORT", answer_text(b->req->answers, ANSWER_PORT));
	set_provider_keys(b, f);
	for (size_t i = 0; i < env_secret_count; i++) {
		if (env_has(b->a, f->new_text, env_secrets[i].key))
			continue;
		if (guard_database(b, f, env_secrets[i].key) < 0)
			return -EKEYREJECTED;
		f->secrets[f->secret_count++] = env_secrets[i].key;
	}
	return 0;
}
