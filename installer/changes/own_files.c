/* SPDX-License-Identifier: MIT */
/*
 * The files of the services beside the compose file. Most are written once and then a person's, but for owned
 * values; some are vpsfit's own and replaced by newer versions; some are gone, and removed where nobody edited
 * them.
 */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/take_up.h"
#include "core/i18n.h"
#include "files/at.h"
#include "files/files.h"

static int parse(const struct building *b, const struct file_change *f, const char *text, size_t len,
		 struct yaml_doc **ret)
{
	int rc = yaml_parse(b->a, f->path, text, len, b->diags, ret);

	if (rc < 0)
		diag_add(b->diags, SEV_ERROR, f->path, _("is not understood; nothing was written"))->hint =
			_("fix what is shown above, then run again");
	return rc;
}

/*
 * A file of vpsfit's own stack; starts from the last copy, or the template, if it does not exist. ours: no person
 * writes in it. *ret_doc is NULL for a file without owned values.
 */
static int build_own(struct building *b, const char *name, bool ours, struct file_change *f,
		     const struct yaml_doc **ret_doc)
{
	struct yaml_doc *doc;
	const char *text;
	char *shipped;
	size_t len, shipped_len;
	int rc = building_load(b, name, 0644, f);

	if (rc == 0)
		rc = building_template(b, name, &shipped, &shipped_len);
	if (rc < 0)
		return rc;
	f->shipped = shipped;
	if (!ours)
		lost_restore_beside(b, f);
	text = f->old_text ? f->old_text : f->copy ? f->copy : shipped;
	len = f->old_text ? f->old_len : f->copy ? strlen(f->copy) : shipped_len;
	f->new_text = text;
	f->new_len = len;
	if (ret_doc && (rc = parse(b, f, text, len, &doc)) == 0) {
		struct yaml_part part = {doc, !f->old_text && !f->copy, f};

		*ret_doc = doc;
		values_settle_missing(b, f);
		if (b->set->taken_up && f->old_text)
			take_up_values(b, doc, name);
		rc = values_plan(b, &part, 1);
	}
	if (rc == 0)
		building_settle_kind(f);
	return rc;
}

static bool has_owned(const struct building *b, const char *file)
{
	for (size_t i = 0; i < b->set->owned_count; i++)
		if (STR_EQ(b->set->owned[i].file, file))
			return true;
	return false;
}

static const char *digest(const struct building *b, const char *text, size_t len)
{
	return arena_printf(b->a, "%016llx", (unsigned long long)state_hash(text, len));
}

/* A file of vpsfit's own: the shipped text takes the place of what an earlier version wrote; an edit is asked about. */
static void settle_ours(const struct building *b, const char *name, struct file_change *f)
{
	size_t shipped_len = strlen(f->shipped);
	const char *is = f->old_text ? digest(b, f->old_text, f->old_len) : "";
	struct whole w = {.file = name,
			  .key = name,
			  .label = name,
			  .now = is,
			  .wanted = digest(b, f->shipped, shipped_len),
			  .expected = values_untouched(b, f) ? is : NULL,
			  .from = _("another text"),
			  .to = _("the text that this version has"),
			  .fresh = !f->old_text};

	whole_decide(b, &w);
	whole_record(b, &w, f);
	if (!w.change)
		return;
	f->new_text = f->shipped;
	f->new_len = shipped_len;
	building_settle_kind(f);
}

/* The shipped text takes the place of what an earlier version wrote, as long as it is just that. */
static void settle_unedited(const struct building *b, struct file_change *f)
{
	if (!f->old_text || !values_untouched(b, f))
		return;
	f->new_text = f->shipped;
	f->new_len = strlen(f->shipped);
	building_settle_kind(f);
}

/* Something that is no regular file, or a link, is in the place of the file: no concern of ours. */
static bool is_something_else(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -EINVAL || rc == -EFBIG || rc == -ELOOP || rc == -ENOLINK ||
	       rc == -EMLINK;
}

/* Reads the file if it is a regular one; else old_text stays NULL. A negative errno, with an error, if that fails. */
static int read_gone(const struct building *b, struct file_change *f)
{
	struct file_at at;
	char *text;
	int rc = file_at_find(b->req->root, b->a, f->path, false, &at);

	if (rc == 0)
		rc = file_at_read(&at, b->a, &text, &f->old_len, &f->old_st);
	if (rc == 0)
		f->old_text = text;
	return rc == 0 || is_something_else(rc) ? 0 : building_cannot_read(b, f->path, rc);
}

/*
 * A file that vpsfit does not write any more. It is removed if it has the text that it was shipped with and
 * nothing mounts it; an edited one is told of once, as long as the state knows it.
 */
static int build_gone(struct building *b, size_t s, const struct service_file *file)
{
	struct file_change *f = &b->own[b->own_count];
	char *shipped;
	size_t len;
	int rc;

	*f = (struct file_change){.kind = CHANGE_REMOVE, .name = file->name};
	f->path = arena_printf(b->a, "%s/%s", b->req->dir, file->name);
	if (building_mentions(b, s, "volumes", file->name))
		return 0;
	rc = read_gone(b, f);
	if (rc < 0 || !f->old_text)
		return rc;
	rc = building_template(b, file->gone, &shipped, &len);
	if (rc < 0)
		return rc;
	f->shipped = shipped;
	if (len == f->old_len && memcmp(shipped, f->old_text, len) == 0)
		b->own_count++;
	else if (building_remembers(b, f->path))
		diag_note(b->diags, "file-left", SEV_INFO, f->path,
			  _("is not read any more, and stays because it was edited"))
			->hint = _("remove it if you do not need it");
	return 0;
}

/*
 * A file that exists only to be mounted is skipped if the compose file does not mount it: a stack of an earlier
 * version, or somebody does without. If it is mounted and missing, Docker would create a directory in its place.
 */
static int build_file(struct building *b, size_t s, const struct service_file *file)
{
	const struct yaml_doc *doc;
	struct file_change *f = &b->own[b->own_count];

	int rc;

	if (b->own_count == ARRAY_SIZE(b->own))
		return 0;
	if (file->gone)
		return build_gone(b, s, file);
	if (file->if_mounted && !building_mentions_with_helpers(b, s, "volumes", file->name))
		return 0;
	*f = (struct file_change){.kind = CHANGE_NONE};
	b->own_count++;
	rc = build_own(b, file->name, file->ours, f, has_owned(b, file->name) ? &doc : NULL);
	if (rc == 0 && file->ours)
		settle_ours(b, file->name, f);
	if (rc == 0 && file->until_edited)
		settle_unedited(b, f);
	return rc;
}

/*
 * Plans the services' own files, starting with the outermost service. Returns 0, or a negative errno with an error
 * in diags.
 */
int own_files_build(struct building *b)
{
	const struct service_set *set = b->req->plan->set;
	int rc = 0;

	for (size_t s = set->count; rc == 0 && s-- > 0;)
		for (size_t i = 0; rc == 0 && b->set->layout.services[s] && i < set->items[s].file_count; i++)
			rc = build_file(b, s, &set->items[s].files[i]);
	return rc;
}
