/* SPDX-License-Identifier: MIT */
/* What a transaction is about to do, written as files into a directory of its own. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/state.h"
#include "apply/transaction.h"
#include "files/trust.h"

#define SCHEMA "vpsfit.journal/1"

/* The copies include .env: nobody else may read them. */
static const struct file_owner mine = {0600, (uid_t)-1, (gid_t)-1};

static int put(const struct transaction *t, const char *dir, const char *name, const char *text, size_t len)
{
	return file_replace(t->a, arena_printf(t->a, "%s/%s", dir, name), text, len, &mine);
}

static json_t *owner_json(const struct tx_copy *c)
{
	if (!c->present)
		return json_null();
	if (c->link)
		return json_pack("{s:b}", "link", true);
	return json_pack("{s:I, s:I, s:I}", "mode", (json_int_t)(c->owner.mode & 07777), "uid",
			 (json_int_t)c->owner.uid, "gid", (json_int_t)c->owner.gid);
}

static json_t *area_json(const struct swap_change *a)
{
	return json_pack("{s:s, s:b, s:{s:I, s:b}, s:{s:I, s:b}}", "path", a->path, "device", a->device, "before",
			 "size_mib", (json_int_t)a->before.mib, "on", a->before.on, "after", "size_mib",
			 (json_int_t)a->after.mib, "on", a->after.on);
}

/* Older journals lack these keys and have no areas. */
static bool add_areas(const struct transaction *t, json_t *root)
{
	json_t *areas = json_array();
	bool well = json_object_set_new(root, "areas", areas) == 0;

	for (size_t i = 0; well && i < t->area_count; i++)
		well = json_array_append_new(areas, area_json(&t->areas[i])) == 0;
	return well && json_object_set_new(root, "swappiness",
					   json_pack("{s:i, s:i}", "before", t->swappiness_before, "after",
						     t->swappiness_after)) == 0;
}

static bool add_files(const struct transaction *t, json_t *root)
{
	json_t *files = json_array();
	bool well = json_object_set_new(root, "files", files) == 0;

	for (size_t i = 0; well && i < t->count; i++)
		well = json_array_append_new(files, json_pack("{s:s, s:o, s:o}", "path", t->files[i].path, "before",
							      owner_json(&t->files[i].before), "after",
							      owner_json(&t->files[i].after))) == 0;
	return well;
}

static bool add_dirs(json_t *root, const char *key, const struct tx_dirs *list)
{
	json_t *dirs = json_array();
	bool well = json_object_set_new(root, key, dirs) == 0;

	for (size_t i = 0; well && i < list->count; i++)
		well = json_array_append_new(dirs, json_string(list->of[i])) == 0;
	return well;
}

/*
 * "dirs" always lists the directories that the apply made, also when undoing it. "remade", the directories that a
 * rollback makes, was added later; a journal without it has none.
 */
static bool add_all_dirs(const struct transaction *t, json_t *root)
{
	if (!t->undoes)
		return add_dirs(root, "dirs", &t->made);
	return add_dirs(root, "dirs", &t->gone) && (t->made.count == 0 || add_dirs(root, "remade", &t->made));
}

/* The steps as JSON, to be freed. NULL if a name is not valid UTF-8: a journal must be complete. */
char *journal_text(const struct transaction *t)
{
	json_t *root = json_pack("{s:s, s:s, s:I}", "schema", SCHEMA, "time", t->time, "undoes", (json_int_t)t->undoes);
	char *text = root && add_files(t, root) && add_all_dirs(t, root) && add_areas(t, root)
			     ? json_dumps(root, JSON_INDENT(2))
			     : NULL;

	json_decref(root);
	return text;
}

static int put_copy(const struct transaction *t, const char *dir, size_t i, const char *when, const struct tx_copy *c)
{
	return c->present ? put(t, dir, arena_printf(t->a, "%zu.%s", i, when), c->text, c->len) : 0;
}

/* Writes the copies, the state, and last the journal (text from journal_text): if it exists, everything does. */
int journal_write(const struct transaction *t, const char *dir, const char *text)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		rc = put_copy(t, dir, i, "before", &t->files[i].before);
		if (rc == 0)
			rc = put_copy(t, dir, i, "after", &t->files[i].after);
	}
	if (rc == 0 && t->state)
		rc = put(t, dir, "state.json", t->state, strlen(t->state));
	if (rc == 0)
		rc = put(t, dir, "journal.json", text, strlen(text));
	return rc;
}

/* Trust a file in the store only if nobody else could have put it there. */
static int get_file_text(const struct transaction *t, const char *path, char **ret, size_t *ret_len)
{
	int rc = trust_own(t->a, path, t->diags);

	return rc < 0 ? rc : file_read(t->a, path, ret, ret_len, NULL);
}

/*
 * A key that every journal has. Without it the journal is damaged: taken for 0 or "absent", a file would become root's,
 * or be removed.
 */
static int get_number(const json_t *object, const char *key, int64_t least, int64_t most, int64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	*ret = (int64_t)json_integer_value(value);
	return json_is_integer(value) && *ret >= least && *ret <= most ? 0 : -EBADMSG;
}

static int get_switch(const json_t *object, const char *key, bool *ret)
{
	const json_t *value = json_object_get(object, key);

	*ret = json_is_true(value);
	return json_is_boolean(value) ? 0 : -EBADMSG;
}

static int get_owner(const json_t *owner, struct file_owner *ret)
{
	int64_t mode, uid, gid;

	if (get_number(owner, "mode", 0, 07777, &mode) < 0 || get_number(owner, "uid", 0, UINT32_MAX, &uid) < 0 ||
	    get_number(owner, "gid", 0, UINT32_MAX, &gid) < 0)
		return -EBADMSG;
	*ret = (struct file_owner){(mode_t)mode, (uid_t)uid, (gid_t)gid};
	return 0;
}

/* null: the file did not exist. */
static int get_copy(const struct transaction *t, const char *dir, size_t i, const char *when, const json_t *owner,
		    struct tx_copy *ret)
{
	char *text;

	*ret = (struct tx_copy){.present = json_is_object(owner)};
	if (!ret->present)
		return json_is_null(owner) ? 0 : -EBADMSG;
	ret->link = json_is_true(json_object_get(owner, "link"));
	if (!ret->link && get_owner(owner, &ret->owner) < 0)
		return -EBADMSG;
	if (get_file_text(t, arena_printf(t->a, "%s/%zu.%s", dir, i, when), &text, &ret->len) < 0)
		return -EBADMSG;
	ret->text = text;
	return 0;
}

static bool is_link(const json_t *entry, const char *when)
{
	return json_is_true(json_object_get(json_object_get(entry, when), "link"));
}

static int get_side(const json_t *side, struct swap_state *ret)
{
	int rc = get_number(side, "size_mib", 0, INT64_MAX, &ret->mib);

	return rc < 0 ? rc : get_switch(side, "on", &ret->on);
}

static int get_area(struct transaction *t, const json_t *entry)
{
	const char *path = json_string_value(json_object_get(entry, "path"));
	struct swap_change area = {.path = NULL};

	if (!path || path[0] != '/' || t->area_count == SWAP_MAX_OWN || get_switch(entry, "device", &area.device) < 0 ||
	    get_side(json_object_get(entry, "before"), &area.before) < 0 ||
	    get_side(json_object_get(entry, "after"), &area.after) < 0)
		return -EBADMSG;
	area.path = arena_strdup(t->a, path);
	t->areas[t->area_count++] = area;
	return 0;
}

static int get_swappiness(const json_t *both, const char *when, int *ret)
{
	int64_t value;
	int rc = get_number(both, when, -1, INT_MAX, &value);

	*ret = (int)value;
	return rc;
}

/* The first journals had no areas, and neither of these keys. */
static int get_areas(struct transaction *t, const json_t *root)
{
	const json_t *areas = json_object_get(root, "areas"), *swappiness = json_object_get(root, "swappiness");
	int rc = json_is_array(areas) ? 0 : -EBADMSG;

	t->swappiness_before = t->swappiness_after = -1;
	if (!areas && !swappiness)
		return 0;
	for (size_t i = 0; rc == 0 && i < json_array_size(areas); i++)
		rc = get_area(t, json_array_get(areas, i));
	if (rc == 0)
		rc = get_swappiness(swappiness, "before", &t->swappiness_before);
	return rc < 0 ? rc : get_swappiness(swappiness, "after", &t->swappiness_after);
}

static int get_file(struct transaction *t, const char *dir, const json_t *entry)
{
	const char *path = json_string_value(json_object_get(entry, "path"));
	size_t i = t->count;
	struct tx_file *f;
	int rc;

	if (!path || path[0] != '/' || i == TX_MAX_FILES)
		return -EBADMSG;
	path = arena_strdup(t->a, path);
	f = is_link(entry, "before") || is_link(entry, "after") ? transaction_add_link(t, path)
								: transaction_add(t, path);
	if (!f)
		return -ELOOP;
	rc = journal_check_file(t, f);
	if (rc < 0)
		return rc;
	rc = get_copy(t, dir, i, "before", json_object_get(entry, "before"), &f->before);
	return rc < 0 ? rc : get_copy(t, dir, i, "after", json_object_get(entry, "after"), &f->after);
}

static int get_dir(const struct transaction *t, const json_t *entry, struct tx_dirs *ret)
{
	const char *path = json_string_value(entry);

	if (!path || path[0] != '/' || ret->count == TX_MAX_DIRS)
		return -EBADMSG;
	path = arena_strdup(t->a, path);
	ret->of[ret->count++] = path;
	return journal_check_dir(t, path);
}

static int get_dirs(const struct transaction *t, const json_t *dirs, struct tx_dirs *ret)
{
	int rc = json_is_array(dirs) ? 0 : -EBADMSG;

	for (size_t i = 0; rc == 0 && i < json_array_size(dirs); i++)
		rc = get_dir(t, json_array_get(dirs, i), ret);
	return rc;
}

static int get_files(struct transaction *t, const char *dir, const json_t *files)
{
	int rc = json_is_array(files) ? 0 : -EBADMSG;

	for (size_t i = 0; rc == 0 && i < json_array_size(files); i++)
		rc = get_file(t, dir, json_array_get(files, i));
	return rc;
}

static int get_head(struct transaction *t, const json_t *root)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	const char *time = json_string_value(json_object_get(root, "time"));
	int64_t undoes;

	if (!schema || !STR_EQ(schema, SCHEMA) || !time || get_number(root, "undoes", 0, LONG_MAX, &undoes) < 0)
		return -EBADMSG;
	t->undoes = (long)undoes;
	t->time = arena_strdup(t->a, time);
	return 0;
}

static int get_all(struct transaction *t, const char *dir, const json_t *root)
{
	const json_t *remade = json_object_get(root, "remade");
	int rc = get_head(t, root);

	if (rc == 0)
		rc = get_files(t, dir, json_object_get(root, "files"));
	if (rc == 0)
		rc = get_areas(t, root);
	if (rc == 0)
		rc = get_dirs(t, json_object_get(root, "dirs"), t->undoes ? &t->gone : &t->made);
	if (rc == 0 && t->undoes && remade)
		rc = get_dirs(t, remade, &t->made);
	return rc;
}

/*
 * Fills in files, dirs, areas, time and undoes. Returns 0, -ENOENT if there is no journal, -EBADMSG if it is unusable:
 * then what is filled in is only part of it.
 */
int journal_read(struct transaction *t, const char *dir)
{
	const char *path = arena_printf(t->a, "%s/journal.json", dir);
	json_error_t error;
	json_t *root;
	char *text;
	size_t len;
	int rc = state_trust(t->a, t->store, dir, t->diags);

	if (rc == 0)
		rc = get_file_text(t, path, &text, &len);
	if (rc == 0)
		rc = journal_find_base(t, dir);
	if (rc < 0)
		return rc;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	rc = root ? get_all(t, dir, root) : -EBADMSG;
	json_decref(root);
	return rc;
}
