/* SPDX-License-Identifier: MIT */
/* The answers file: a YAML mapping with the names of the flags as keys. */
#include "answers/file.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "answers/secrets.h"
#include "answers/table.h"
#include "core/i18n.h"
#include "core/text.h"
#include "files/files.h"
#include "yaml/tree.h"

struct reading {
	struct answers *answers;
	struct arena *a;
	struct diag_list *diags;
	const struct yaml_doc *doc;
};

/* Is this one of our keys? Any other text in a key's place may be a misplaced secret. */
static bool is_ours(const char *key, size_t len)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		if (strlen(answer_rows[i].name) == len && memcmp(answer_rows[i].name, key, len) == 0)
			return true;
	if (strlen(DATABASE_URL_ANSWER) == len && memcmp(DATABASE_URL_ANSWER, key, len) == 0)
		return true;
	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		if (strlen(secret_answers[i].name) == len && memcmp(secret_answers[i].name, key, len) == 0)
			return true;
	return false;
}

static int unknown_key(const struct reading *r, const struct yaml_node *key)
{
	const char *names[64];
	const char *meant;
	size_t n = 0;
	struct diag *d;

	for (size_t i = 0; i < ANSWER_COUNT && n < ARRAY_SIZE(names); i++)
		if (answer_rows[i].flags & IN_FILE)
			names[n++] = answer_rows[i].name;
	for (size_t i = 0; i < PROVIDER_COUNT && n < ARRAY_SIZE(names); i++)
		names[n++] = secret_answers[i].name;
	if (n < ARRAY_SIZE(names))
		names[n++] = DATABASE_URL_ANSWER;
	meant = yaml_is_scalar(key) ? text_nearest(key->value, names, n) : NULL;
	/*
	 * Quote a key only if it is ours or nearly ours (a typo). Anything else may be a misplaced secret: then the
	 * message gives the line alone.
	 */
	d = meant || (yaml_is_scalar(key) && is_ours(key->value, key->value_len))
		    ? yaml_diag(r->diags, SEV_ERROR, r->doc, key, _("unknown key '%s'"), key->value)
		    : yaml_diag(r->diags, SEV_ERROR, r->doc, key, _("this key is not known"));
	d->hint = meant ? arena_printf(r->a, _("did you mean '%s'?"), meant)
			: _("the keys are the options of 'vpsfit apply --help' without '--', those of the providers, "
			    "such as openai-api-key (vpsfit-answers(5)), and database-url");
	return -EINVAL;
}

static int bad_value(const struct reading *r, const struct yaml_node *value, const char *name, const char *expected)
{
	yaml_diag(r->diags, SEV_ERROR, r->doc, value, _("'%s' wants %s"), name, _(expected));
	return -EINVAL;
}

/* Accepts the booleans of YAML 1.1 and 1.2, as True and YES. false leaves the switch at its default. */
static int read_switch(const struct reading *r, const struct answer_row *o, const struct yaml_node *value)
{
	static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
	const char *wrong;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(value->value, no[i]) == 0)
			return 0;
		if (strcasecmp(value->value, yes[i]) != 0)
			continue;
		wrong = answer_set(r->answers, r->a, answer_id(o), "", ORIGIN_FILE);
		return wrong ? bad_value(r, value, o->name, wrong) : 0;
	}
	return bad_value(r, value, o->name, N_("true or false"));
}

/* Messages never repeat the value. */
static int read_secret(const struct reading *r, enum provider which, const struct yaml_node *value)
{
	const char *name = secret_answers[which].name, *wrong;

	if (!yaml_is_scalar(value) || strlen(value->value) != value->value_len)
		return bad_value(r, value, name, N_("a single value"));
	wrong = secret_answer_set(r->answers, which, value->value);
	return wrong ? bad_value(r, value, name, wrong) : 0;
}

static int read_database(const struct reading *r, const struct yaml_node *value)
{
	const char *wrong = N_("a single value");

	if (yaml_is_scalar(value) && strlen(value->value) == value->value_len)
		wrong = secret_database_set(r->answers, value->value);
	return wrong ? bad_value(r, value, DATABASE_URL_ANSWER, wrong) : 0;
}

static int read_answer(const struct reading *r, const struct yaml_node *key, const struct yaml_node *value)
{
	bool plain = yaml_is_scalar(key) && strlen(key->value) == key->value_len;
	const struct answer_row *o = plain ? answer_find(key->value) : NULL;
	enum provider which = plain ? secret_answer_find(key->value) : PROVIDER_COUNT;
	const char *wrong;

	if (which != PROVIDER_COUNT)
		return read_secret(r, which, value);
	if (plain && STR_EQ(key->value, DATABASE_URL_ANSWER))
		return read_database(r, value);
	if (!o || !(o->flags & IN_FILE))
		return unknown_key(r, key);
	if (!yaml_is_scalar(value))
		return bad_value(r, value, o->name, N_("a single value"));
	if (!o->argument)
		return read_switch(r, o, value);
	if (strlen(value->value) != value->value_len)
		return bad_value(r, value, o->name, N_("a text without NUL bytes"));
	wrong = answer_set(r->answers, r->a, answer_id(o), value->value, ORIGIN_FILE);
	return wrong ? bad_value(r, value, o->name, wrong) : 0;
}

static bool has_secrets(const struct answers *all)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		if (all->provider_keys[i])
			return true;
	return all->database_url != NULL;
}

static int read_answers(const struct reading *r)
{
	const struct yaml_node *root = r->doc->root;
	int rc = 0;

	if (!root)
		return 0;
	if (root->kind != YAML_MAPPING) {
		yaml_diag(r->diags, SEV_ERROR, r->doc, root, _("the answers must be a mapping of keys to values"));
		return -EINVAL;
	}
	for (size_t i = 0; i + 1 < root->count; i += 2)
		if (read_answer(r, root->items[i], root->items[i + 1]) < 0)
			rc = -EINVAL;
	return rc;
}

/* Reads the answers file at path into all; an empty file is valid. Returns 0, or -EINVAL with every error in diags. */
int answers_load(struct answers *all, struct arena *a, const char *path, struct diag_list *diags)
{
	struct yaml_doc *doc;
	struct stat st;
	char *text;
	size_t len;
	int rc = file_read(a, path, &text, &len, &st);

	if (rc < 0) {
		diag_add(diags, SEV_ERROR, path, _("the answers cannot be read: %s; nothing was done"),
			 file_read_why(rc));
		return -EINVAL;
	}
	diags->may_name = is_ours;
	rc = yaml_parse(a, path, text, len, diags, &doc);
	rc = rc < 0 ? -EINVAL : read_answers(&(struct reading){all, a, diags, doc});
	diags->may_name = NULL;
	if (rc == 0 && has_secrets(all) && (st.st_mode & (S_IRGRP | S_IROTH)))
		diag_note(diags, "private-answers", SEV_WARNING, path,
			  _("holds a secret, and others on this machine can read it"))
			->hint = _("'chmod 600' lets only you read it");
	return rc;
}
