/* SPDX-License-Identifier: MIT */
/* What all files that build a change set need: a file of the stack, or its template. */
#include "changes/building.h"

#include <errno.h>
#include <string.h>

#include "compose/place.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"
#include "files/at.h"
#include "files/files.h"

/* A path of the machine, or of this host for what the package has. */
static bool is_empty_directory(const struct building *b, const char *path)
{
	char **names;

	return sysroot_list(b->req->root, b->a, path, &names) == 0;
}

int building_cannot_read(const struct building *b, const char *path, int rc)
{
	struct diag *d = diag_add(b->diags, SEV_ERROR, path, _("cannot be read: %s; nothing was written"),
				  rc == -EFBIG	  ? _("it is over 1 MiB")
				  : rc == -EINVAL ? _("it is not a regular file")
						  : file_at_why(b->req->root, b->a, rc));

	if (rc == -EINVAL && is_empty_directory(b, path)) {
		d->hint = text_aprintf(
			b->a,
			_("an engine makes a directory where a file that it mounts is missing: 'rmdir %s', "
			  "and an apply brings the file back"),
			shell_quoted(b->a, path));
		return rc;
	}
	d->hint = rc == -EACCES || rc == -EPERM
			  ? _("run as the one who applied the stack (sudo vpsfit)")
			  : file_at_hint(rc, _("vpsfit leaves it as it is; fix it, then run again"));
	return rc;
}

int building_template(const struct building *b, const char *name, char **ret, size_t *ret_len)
{
	const char *path = arena_printf(b->a, "%s/templates/%s", b->req->data_dir, name);
	int rc = file_read(b->a, path, ret, ret_len, NULL);

	return rc < 0 ? building_cannot_read(b, path, rc) : 0;
}

/* A text that was parsed is there already: a file is looked at several times a run. */
static const char *kept_text(const struct building *b, const char *text, size_t len)
{
	const struct yaml_doc *doc = building_kept_tree(b, NULL, text, len);

	return doc ? doc->text : arena_strndup(b->a, text, len);
}

/* Fills in what is on disk; old_text stays NULL if there is no file. mode is for a new file. */
int building_load(const struct building *b, const char *name, mode_t mode, struct file_change *f)
{
	struct arena scratch = ARENA_INIT;
	struct file_at at;
	char *text;
	int rc;

	f->name = name;
	f->mode = mode;
	f->path = arena_printf(b->a, "%s/%s", STR_EQ(b->req->dir, "/") ? "" : b->req->dir, name);
	rc = file_at_find(b->req->root, b->a, f->path, true, &at);
	if (rc == 0)
		rc = file_at_read(&at, &scratch, &text, &f->old_len, &f->old_st);
	if (rc == 0)
		f->old_text = kept_text(b, text, f->old_len);
	arena_clear(&scratch);
	return rc < 0 && rc != -ENOENT ? building_cannot_read(b, f->path, rc) : 0;
}

void building_settle_kind(struct file_change *f)
{
	if (!f->old_text)
		f->kind = CHANGE_CREATE;
	else if (f->secret_count > 0 || f->mode_was || f->new_len != f->old_len ||
		 memcmp(f->new_text, f->old_text, f->new_len) != 0)
		f->kind = CHANGE_EDIT;
}

/* Adds a copy of v to what people are shown of the file. */
void building_show_value(const struct building *b, struct file_change *f, const struct value_change *v)
{
	/* Few files have any. */
	if (!f->values)
		f->values = arena_array(b->a, MAX_OWNED, sizeof(*f->values));
	if (f->value_count < MAX_OWNED)
		f->values[f->value_count++] = *v;
}

void building_keep_tree(struct building *b, const struct yaml_doc *doc)
{
	struct kept_trees *trees = b->req->trees ? b->req->trees : &b->own_trees;

	trees->items[trees->count++ % KEPT_TREES] = doc;
}

bool building_remembers(const struct building *b, const char *path)
{
	return state_file_at(&b->set->state, path) != NULL;
}

bool building_is_fresh(const struct building *b)
{
	for (size_t i = 0; i < b->part_count; i++)
		if (b->parts[i].doc == b->compose)
			return b->parts[i].fresh;
	return true;
}

const struct yaml_doc *kept_tree(const struct kept_trees *trees, const char *name, const char *text, size_t len)
{
	for (size_t i = 0; i < KEPT_TREES; i++) {
		const struct yaml_doc *doc = trees->items[i];

		if (doc && doc->len == len && memcmp(doc->text, text, len) == 0 && (!name || STR_EQ(doc->name, name)))
			return doc;
	}
	return NULL;
}

/* As kept_tree, of this building's. */
const struct yaml_doc *building_kept_tree(const struct building *b, const char *name, const char *text, size_t len)
{
	return kept_tree(b->req->trees ? b->req->trees : &b->own_trees, name, text, len);
}

/*
 * The tree of a template. A stack that is not there yet was read from one a moment ago: that tree is taken. Returns 0,
 * or a negative errno with an error in diags.
 */
int building_template_tree(const struct building *b, const char *name, const struct yaml_doc **ret)
{
	struct yaml_doc *doc = NULL;
	char *text;
	size_t len;
	int rc = building_template(b, name, &text, &len);

	if (rc < 0)
		return rc;
	*ret = building_kept_tree(b, NULL, text, len);
	if (*ret)
		return 0;
	rc = yaml_parse(b->a, arena_printf(b->a, "%s/templates/%s", b->req->data_dir, name), text, len, b->diags, &doc);
	*ret = doc;
	return rc;
}

/* Does a service's list or string contain the text, in Compose's short or long form? "": anything. */
bool building_node_mentions(const struct yaml_node *node, const char *text)
{
	if (!node || node->kind == YAML_SCALAR)
		return node && node->value[0] && strstr(node->value, text);
	for (size_t i = 0; node->kind != YAML_ALIAS && i < node->count; i++)
		if (building_node_mentions(node->items[i], text))
			return true;
	return false;
}

bool building_mentions(const struct building *b, size_t s, const char *key, const char *text)
{
	const char *path = arena_printf(b->a, "services/%s/%s", b->set->layout.services[s], key);

	return building_node_mentions(place_effective(b->a, b->project->doc->root, path), text);
}

bool values_untouched(const struct building *b, const struct file_change *f)
{
	const struct state_file *was = state_file_at(&b->set->state, f->path);

	if (!was)
		return false;
	return f->copy ? was->hash == state_hash(f->copy, strlen(f->copy))
		       : f->old_text && was->hash == state_hash(f->old_text, f->old_len);
}

enum edit_policy values_policy(const struct building *b, const char *key)
{
	for (size_t i = 0; i < b->req->decision_count; i++)
		if (STR_EQ(b->req->decisions[i].key, key))
			return b->req->decisions[i].keep ? EDITS_KEEP : EDITS_OVERWRITE;
	return answer_edits(b->req->answers);
}

bool building_mentions_with_helpers(const struct building *b, size_t s, const char *key, const char *text)
{
	const struct service *one = &b->req->plan->set->items[s];
	bool found = building_mentions(b, s, key, text);

	for (size_t i = 0; !found && i < one->helper_count; i++)
		found = building_node_mentions(
			place_effective(b->a, b->project->doc->root,
					arena_printf(b->a, "services/%s/%s", one->helpers[i], key)),
			text);
	return found;
}

/*
 * Some values are only inserted into files that nobody edited: decides that for one file. f is as building_load left
 * it.
 */
void values_settle_missing(struct building *b, const struct file_change *f)
{
	bool add = !f->old_text || values_untouched(b, f);

	for (size_t i = 0; i < b->set->owned_count; i++) {
		struct owned_value *v = &b->set->owned[i];

		if (v->missing == MISSING_UNTOUCHED && STR_EQ(v->file, f->name))
			v->missing = add ? MISSING_INSERT : MISSING_MANUAL;
	}
}
