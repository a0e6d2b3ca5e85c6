/* SPDX-License-Identifier: MIT */
/*
 * Checks a service's file beyond the types of its keys: it must not repeat what another one says, and all of it must be
 * writable as it stands. Otherwise the fault would show up in somebody's stack.
 */
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* The document, its service, and what was read before. */
struct checking {
	const struct fields_reader *r;
	const struct service_set *set;
	const struct service *s;
};

static const struct yaml_node *item(const struct checking *c, const char *key, size_t i)
{
	return yaml_get(c->r->doc->root, key)->items[i];
}

/* Names separated by slashes, none of them empty, "." or "..". */
static bool is_plain_path(const char *path)
{
	for (size_t n;; path += n + 1) {
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (path[n] == '\0')
			return true;
	}
}

/* It is written within either kind of quotes, where Compose expands variables. */
static bool is_plain_text(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || strchr("\"'\\$", *p))
			return false;
	return true;
}

static bool same_text(const char *x, const char *y)
{
	return x && y ? STR_EQ(x, y) : x == y;
}

/* Do two values share a place? In the compose file each is below its own service. */
static bool same_place(const struct service_owned *x, const struct service_owned *y, bool same_service)
{
	return (same_service || x->file) && same_text(x->file, y->file) && same_text(x->below, y->below) &&
	       same_text(x->word, y->word);
}

static bool is_owned_already(const struct checking *c, size_t i)
{
	const struct service_owned *o = &c->s->owned[i];

	for (size_t k = 0; k < i; k++)
		if (same_place(o, &c->s->owned[k], true))
			return true;
	for (size_t s = 0; s < c->set->count; s++)
		for (size_t k = 0; k < c->set->items[s].owned_count; k++)
			if (same_place(o, &c->set->items[s].owned[k], false))
				return true;
	return false;
}

/* Values that vpsfit writes for every service (compose/owned.c). */
static bool is_size(const struct service_owned *o)
{
	static const char *const sizes[] = {"deploy/resources/limits/memory", "deploy/resources/reservations/memory",
					    "mem_limit", "mem_reservation", "memswap_limit"};

	for (size_t i = 0; !o->file && o->below && i < ARRAY_SIZE(sizes); i++)
		if (STR_EQ(o->below, sizes[i]))
			return true;
	return false;
}

static int check_owned(const struct checking *c, size_t i)
{
	const struct service_owned *o = &c->s->owned[i];
	const struct yaml_node *node = item(c, "owned", i);

	if (o->below && !is_plain_path(o->below))
		return field_error(c->r, node, _("'below' wants keys with one slash between any two"));
	if (o->file && !is_plain_path(o->file))
		return field_error(c->r, node, _("the file must lie below the stack's directory"));
	if (o->text && !is_plain_text(o->text))
		return field_error(c->r, node, _("'text' must do without quotes, backslashes, '$' and line breaks"));
	if (o->word && o->value != VALUE_WORKERS && (o->missing == ADD_IT || o->missing == ADD_UNTOUCHED))
		return field_error(c->r, node, _("a value with a 'word' cannot be added: 'missing' is tell or leave"));
	if (is_size(o))
		return field_error(c->r, node, _("this is written of every service anyhow"));
	return is_owned_already(c, i) ? field_error(c->r, node, _("this is an owned value already")) : 0;
}

static int check_secret(const struct checking *c, size_t i, size_t before)
{
	const char *key = c->s->secrets[i].key;
	const struct yaml_node *node = item(c, "secrets", i);
	bool there = service_secret_find(c->set, key) != NULL;

	for (size_t k = 0; k < i; k++)
		there |= STR_EQ(c->s->secrets[k].key, key);
	if (there)
		return field_error(c->r, node, _("%s is a secret already"), key);
	if (strspn(key, LETTERS "0123456789") != strlen(key) || !strchr(LETTERS, key[0]))
		return field_error(c->r, node, _("'%s' is not a variable's name: letters, digits and '_' only"), key);
	if (c->s->secrets[i].prefix &&
	    strspn(c->s->secrets[i].prefix, LETTERS "0123456789-") != strlen(c->s->secrets[i].prefix))
		return field_error(c->r, node, _("'prefix' wants letters, digits, '_' and '-' only"));
	if (before + i >= MAX_SECRETS)
		return field_error(c->r, node, _("there are more than %d secrets in all"), MAX_SECRETS);
	return 0;
}

static bool is_file_already(const struct checking *c, size_t i)
{
	const char *name = c->s->files[i].name;
	bool there = STR_EQ(name, "compose.yaml") || STR_EQ(name, ".env");

	for (size_t k = 0; k < i; k++)
		there |= STR_EQ(c->s->files[k].name, name);
	for (size_t s = 0; s < c->set->count; s++)
		for (size_t k = 0; k < c->set->items[s].file_count; k++)
			there |= STR_EQ(c->set->items[s].files[k].name, name);
	return there;
}

static int check_file(const struct checking *c, size_t i, size_t before)
{
	const struct yaml_node *node = item(c, "files", i);

	if (!is_plain_path(c->s->files[i].name))
		return field_error(c->r, node, _("the file must lie below the stack's directory"));
	if (c->s->files[i].gone && (c->s->files[i].ours || c->s->files[i].if_mounted))
		return field_error(c->r, node, _("a file that is gone is not written"));
	if (is_file_already(c, i))
		return field_error(c->r, node, _("%s is a file of the stack already"), c->s->files[i].name);
	if (before + i >= MAX_SERVICE_FILES)
		return field_error(c->r, node, _("there are more than %d files in all"), MAX_SERVICE_FILES);
	return 0;
}

/* The text goes between double quotes, or is compared with what is there. */
static int check_piece(const struct checking *c, size_t i)
{
	const struct service_piece *p = &c->s->pieces[i];
	const struct yaml_node *node = item(c, "pieces", i);

	if (!is_plain_path(p->below))
		return field_error(c->r, node, _("'below' wants keys with one slash between any two"));
	if ((p->entry && !is_plain_text(p->entry)) || (p->text && !is_plain_text(p->text)))
		return field_error(c->r, node, _("the text would read differently where Compose reads it"));
	if (p->gone ? !p->entry && !p->text : p->text || p->comment)
		return field_error(c->r, node,
				   _("'text' and 'comment' belong to a piece that is gone; what is put in is as "
				     "templates/compose.yaml has it"));
	if (p->comment && (p->comment[0] != '#' || strpbrk(p->comment, "\r\n")))
		return field_error(c->r, node, _("'comment' is one line that begins with '#'"));
	if (p->from_workers > MAX_WORKERS)
		return field_error(c->r, node, _("there are at most %d workers"), MAX_WORKERS);
	return 0;
}

/* Can a stack have the service beside those read before? Returns 0, or -EINVAL with errors in diags. */
int check_service(const struct fields_reader *r, const struct service_set *set, const struct service *s)
{
	const struct checking c = {r, set, s};
	size_t secrets = 0, files = 0;
	int rc = 0;

	for (size_t i = 0; i < set->count; i++) {
		secrets += set->items[i].secret_count;
		files += set->items[i].file_count;
	}
	if (s->optional_from > MAX_WORKERS && !s->option)
		rc = field_error(r, yaml_get(r->doc->root, "optional"), _("there are at most %d workers"), MAX_WORKERS);
	for (size_t i = 0; i < s->owned_count; i++)
		if (check_owned(&c, i) < 0)
			rc = -EINVAL;
	for (size_t i = 0; i < s->secret_count; i++)
		if (check_secret(&c, i, secrets) < 0)
			rc = -EINVAL;
	for (size_t i = 0; i < s->file_count; i++)
		if (check_file(&c, i, files) < 0)
			rc = -EINVAL;
	for (size_t i = 0; i < s->piece_count; i++)
		if (check_piece(&c, i) < 0)
			rc = -EINVAL;
	return rc;
}

static bool has_file(const struct service_set *set, const char *name)
{
	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; i < set->items[s].file_count; i++)
			if (STR_EQ(set->items[s].files[i].name, name))
				return true;
	return false;
}

/* Does every owned value's file belong to a service? Returns 0, or -EINVAL with errors in diags. */
int check_service_set(const struct service_set *set, struct diag_list *diags)
{
	int rc = 0;

	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; i < set->items[s].owned_count; i++) {
			const char *file = set->items[s].owned[i].file;

			if (!file || has_file(set, file))
				continue;
			diag_add(diags, SEV_ERROR, set->items[s].file,
				 _("an owned value stands in %s, which is in no service's 'files'"), file);
			rc = -EINVAL;
		}
	return rc;
}
