/* SPDX-License-Identifier: MIT */
/*
 * Secrets that stand in a configuration. It becomes a Docker config or a ConfigMap, which everybody with access to the
 * swarm or the namespace can read; what is in the environment becomes a secret. The line is named, never its value.
 */
#include <stdlib.h>
#include <string.h>

#include "core/discreet.h"
#include "core/i18n.h"
#include "export/export.h"

#define LEAST_KEY 8

struct looking {
	struct arena *a;
	struct diag_list *diags;
	const char *path;
	unsigned last; /* the line that was told of last */
};

static void tell(struct looking *l, unsigned line)
{
	struct diag *d;

	if (line == l->last)
		return;
	l->last = line;
	d = diag_note(
		l->diags, "secret-in-config", SEV_WARNING, l->path,
		_("this looks like a secret, and a configuration is open to everybody who may look at the swarm or "
		  "cluster"));
	d->line = line;
	d->hint = _("put it into .env, name it in the service's environment, and write os.environ/NAME here");
}

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), k = strlen(end);

	return n >= k && STR_EQ(text + n - k, end);
}

/* Keys whose plain value is what they say. Unlike in a diff, a word too many here is a false alarm. */
static bool names_secret(const char *key)
{
	static const char *const words[] = {"api_key",	  "apikey",   "secret",	    "password",
					    "passwd",	  "token",    "credential", "private_key",
					    "master_key", "salt_key", "access_key", "authorization"};
	char *lower = strdup(key);
	bool found = false;

	for (char *p = lower; p && *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p == '-' ? '_' : *p);
	for (size_t i = 0; lower && i < ARRAY_SIZE(words); i++)
		found |= strstr(lower, words[i]) != NULL;
	found = found && !ends_with(lower, "tokens") && !ends_with(lower, "_name") && !ends_with(lower, "_env");
	free(lower);
	return found;
}

/* scheme://user:password@host */
static bool has_password(const char *v)
{
	const char *begin = strstr(v, "://"), *at = begin ? strchr(begin, '@') : NULL, *colon;

	colon = at ? memchr(begin + 3, ':', (size_t)(at - begin - 3)) : NULL;
	return colon && colon + 1 < at && colon[1] != '$';
}

static bool is_secret(struct arena *a, const char *key, const char *v)
{
	if (!v[0] || v[0] == '$' || strncmp(v, "os.environ/", 11) == 0 || STR_EQ(v, "none"))
		return false;
	if (has_password(v) || (strncmp(v, "sk-", 3) == 0 && strlen(v) >= LEAST_KEY))
		return true;
	return key && names_secret(key) && !discreet_is_harmless(a, SHAPE_NUMBER, v);
}

static void look(struct looking *l, const char *key, const struct yaml_node *n)
{
	if (n->kind == YAML_SCALAR && is_secret(l->a, key, n->value))
		tell(l, n->line);
	for (size_t i = 0; n->kind == YAML_SEQUENCE && i < n->count; i++)
		look(l, key, n->items[i]);
	for (size_t i = 0; n->kind == YAML_MAPPING && i + 1 < n->count; i += 2)
		look(l, yaml_text(n->items[i]), n->items[i + 1]);
}

/* Warns of each line of a configuration, as YAML and JSON are read, that seems to hold a secret. */
void export_note_secrets(struct arena *a, const struct export_source *source, const struct export_mount *m,
			 struct diag_list *diags)
{
	const char *slash = strrchr(source->compose->name, '/');
	struct looking l = {a, diags, m->name, 0};
	struct diag_list unread;
	struct yaml_doc *doc;

	if (!ends_with(m->name, ".yaml") && !ends_with(m->name, ".yml") && !ends_with(m->name, ".json"))
		return;
	if (slash)
		l.path = arena_printf(a, "%.*s/%s", (int)(slash - source->compose->name), source->compose->name,
				      m->name);
	diag_init(&unread, a);
	if (yaml_parse(a, l.path, m->text, m->len, &unread, &doc) == 0 && doc->root)
		look(&l, NULL, doc->root);
}

/* What the compose file says of a service, and the export does not. Copies of one service are one to the list. */
void export_note_missed(struct diag_list *diags, const struct export_source *source, const char *service,
			const char *key)
{
	const bool env = STR_EQ(key, "env_file");

	diag_note(diags, "left-out", SEV_WARNING, source->compose->name, _("%s: '%s' was left out"), service, key)
		->hint = env ? _("put its variables into the environment of the service; their values may stay in .env")
			     : _("what needs it does not run elsewhere as it does here");
}
