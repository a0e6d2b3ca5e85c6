/* What a transaction is about to do, as files in a directory of its own. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "apply/transaction.h"
#include "core/strbuf.h"

#define SCHEMA "vpsfit.journal/1"

/* Copies hold what .env holds: nobody else reads them. */
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

/* Added later: a journal without them has none. */
static void add_areas(const struct transaction *t, json_t *root)
{
	json_t *areas = json_array();

	for (size_t i = 0; i < t->area_count; i++) {
		const struct tx_area *a = &t->areas[i];

		json_array_append_new(areas, json_pack("{s:s, s:b, s:{s:I, s:b}, s:{s:I, s:b}}", "path", a->path,
						       "device", a->device, "before", "size_mib",
						       (json_int_t)a->before_mib, "on", a->before_on, "after",
						       "size_mib", (json_int_t)a->after_mib, "on", a->after_on));
	}
	json_object_set_new(root, "areas", areas);
	json_object_set_new(root, "swappiness",
			    json_pack("{s:i, s:i}", "before", t->swappiness_before, "after", t->swappiness_after));
}

static char *journal_text(const struct transaction *t)
{
	json_t *files = json_array(), *dirs = json_array();
	json_t *root = json_pack("{s:s, s:s, s:I, s:o, s:o}", "schema", SCHEMA, "time", t->time, "undoes",
				 (json_int_t)t->undoes, "files", files, "dirs", dirs);
	char *text;

	for (size_t i = 0; i < t->count; i++)
		json_array_append_new(files, json_pack("{s:s, s:o, s:o}", "path", t->files[i].path, "before",
						       owner_json(&t->files[i].before), "after",
						       owner_json(&t->files[i].after)));
	add_areas(t, root);
	for (size_t i = 0; i < t->dir_count; i++)
		json_array_append_new(dirs, json_string(t->dirs[i]));
	text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}

static int put_copy(const struct transaction *t, const char *dir, size_t i, const char *when, const struct tx_copy *c)
{
	return c->present ? put(t, dir, arena_printf(t->a, "%zu.%s", i, when), c->text, c->len) : 0;
}

/* Writes the copies, the state, and last the journal: where that is, everything is. */
int journal_write(const struct transaction *t, const char *dir)
{
	char *text = journal_text(t);
	int rc = text ? 0 : -EINVAL;

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		rc = put_copy(t, dir, i, "before", &t->files[i].before);
		if (rc == 0)
			rc = put_copy(t, dir, i, "after", &t->files[i].after);
	}
	if (rc == 0 && t->state)
		rc = put(t, dir, "state.json", t->state, strlen(t->state));
	if (rc == 0)
		rc = put(t, dir, "journal.json", text, strlen(text));
	free(text);
	return rc;
}

static int get_copy(const struct transaction *t, const char *dir, size_t i, const char *when, const json_t *owner,
		    struct tx_copy *ret)
{
	char *text;

	*ret = (struct tx_copy){.present = json_is_object(owner)};
	if (!ret->present)
		return 0;
	ret->link = json_is_true(json_object_get(owner, "link"));
	ret->owner.mode = (mode_t)json_integer_value(json_object_get(owner, "mode")) & 07777;
	ret->owner.uid = (uid_t)json_integer_value(json_object_get(owner, "uid"));
	ret->owner.gid = (gid_t)json_integer_value(json_object_get(owner, "gid"));
	if (file_read(t->a, arena_printf(t->a, "%s/%zu.%s", dir, i, when), &text, &ret->len, NULL) < 0)
		return -EBADMSG;
	ret->text = text;
	return 0;
}

static bool is_link(const json_t *entry, const char *when)
{
	return json_is_true(json_object_get(json_object_get(entry, when), "link"));
}

static void get_side(const json_t *side, int64_t *size_mib, bool *on)
{
	*size_mib = (int64_t)json_integer_value(json_object_get(side, "size_mib"));
	*on = json_is_true(json_object_get(side, "on"));
}

static int get_area(struct transaction *t, const json_t *entry)
{
	const char *path = json_string_value(json_object_get(entry, "path"));
	struct tx_area area = {.device = json_is_true(json_object_get(entry, "device"))};

	if (!path || path[0] != '/' || t->area_count == TX_MAX_AREAS)
		return -EBADMSG;
	area.path = arena_strdup(t->a, path);
	get_side(json_object_get(entry, "before"), &area.before_mib, &area.before_on);
	get_side(json_object_get(entry, "after"), &area.after_mib, &area.after_on);
	if (area.before_mib < 0 || area.after_mib < 0)
		return -EBADMSG;
	t->areas[t->area_count++] = area;
	return 0;
}

static int get_swappiness(const json_t *root, const char *when)
{
	const json_t *value = json_object_get(json_object_get(root, "swappiness"), when);

	return json_is_integer(value) ? (int)json_integer_value(value) : -1;
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
	rc = get_copy(t, dir, i, "before", json_object_get(entry, "before"), &f->before);
	return rc < 0 ? rc : get_copy(t, dir, i, "after", json_object_get(entry, "after"), &f->after);
}

static int get_all(struct transaction *t, const char *dir, const json_t *root)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	const char *time = json_string_value(json_object_get(root, "time"));
	const json_t *entry;
	size_t i;
	int rc = schema && STR_EQ(schema, SCHEMA) ? 0 : -EBADMSG;

	t->undoes = (long)json_integer_value(json_object_get(root, "undoes"));
	t->time = arena_strdup(t->a, time ? time : "");
	json_array_foreach(json_object_get(root, "files"), i, entry) if (rc == 0) rc = get_file(t, dir, entry);
	json_array_foreach(json_object_get(root, "areas"), i, entry) if (rc == 0) rc = get_area(t, entry);
	t->swappiness_before = get_swappiness(root, "before");
	t->swappiness_after = get_swappiness(root, "after");
	json_array_foreach(json_object_get(root, "dirs"), i,
			   entry) if (json_string_value(entry) && t->dir_count < TX_MAX_DIRS) t->dirs[t->dir_count++] =
		arena_strdup(t->a, json_string_value(entry));
	return rc;
}

/* Fills in files, dirs, areas, time and undoes. 0, -ENOENT where there is no journal, -EBADMSG where it cannot be used.
 */
int journal_read(struct transaction *t, const char *dir)
{
	json_error_t error;
	json_t *root;
	char *text;
	size_t len;
	int rc = file_read(t->a, arena_printf(t->a, "%s/journal.json", dir), &text, &len, NULL);

	if (rc < 0)
		return rc;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	rc = root ? get_all(t, dir, root) : -EBADMSG;
	json_decref(root);
	return rc;
}
