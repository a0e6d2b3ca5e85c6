/* SPDX-License-Identifier: MIT */
/*
 * The compose file of vpsfit's own stack that was lost: it is gone, empty, or cut off as by a full disk or a power cut.
 * It comes back as the last apply left it, with all that a person had written there by then.
 */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/gone.h"
#include "changes/secrets_source.h"
#include "core/i18n.h"
#include "core/text.h"
#include "compose/project.h"

static bool is_blank(const char *text, size_t len)
{
	return strspn(text, " \t\r\n") == len;
}

/* Ends with NUL bytes, as a file system leaves it that lost its last blocks, or is the beginning of the copy. */
static bool is_cut(const char *text, size_t len, const char *copy)
{
	const size_t whole = strlen(copy), there = strnlen(text, len);

	return there < whole && strncmp(text, copy, there) == 0 && strspn(copy + there, " \t\r\n") < whole - there;
}

static bool is_remembered(const struct state *state, const char *path)
{
	for (size_t i = 0; state->present && i < state->file_count; i++)
		if (STR_EQ(state->files[i].path, path))
			return true;
	return false;
}

/*
 * The copy that takes the place of the stack's own compose file at that path; text is what is there, or NULL. NULL: the
 * file is well, or there is no copy.
 */
const char *lost_copy(const struct building *b, const char *path, const char *text, size_t len)
{
	const char *slash = strrchr(path, '/'), *copy;

	if (b->req->compose || b->req->cut_off || !is_remembered(b->req->state, path) || !slash ||
	    !STR_EQ(arena_strndup(b->a, path, (size_t)(slash - path)), b->req->dir) ||
	    !project_is_usual_name(slash + 1) || (!text && gone_renamed(b->a, b->req->root, path)))
		return NULL;
	copy = b->req->secrets->last_copy(b->a, b->req->root, b->req->state->store, path);
	if (!copy || is_blank(copy, strlen(copy)))
		return NULL;
	return !text || is_blank(text, len) || is_cut(text, len, copy) ? copy : NULL;
}

/* Puts the copy in place of a file that was lost, and says so. */
void lost_restore(struct building *b, struct file_change *f)
{
	const char *copy = lost_copy(b, f->path, f->old_text, f->old_len);

	if (!copy)
		return;
	f->copy = f->new_text = copy;
	f->new_len = strlen(copy);
	f->from_copy = true;
	if (b->told_lost)
		return;
	b->told_lost = true;
	diag_note(b->diags, "file-restored", SEV_WARNING, f->path,
		  !f->old_text			      ? _("is gone, and comes back as the apply of %s left it")
		  : is_blank(f->old_text, f->old_len) ? _("is empty, and comes back as the apply of %s left it")
						      : _("is cut off, and comes back as the apply of %s left it"),
		  b->req->state->time)
		->hint = _("what was edited in it since that apply is not in the copy");
}

/* Ends in the middle of a line, and a service that every stack has is not in it: an editor leaves no such file. */
static bool ends_too_soon(const struct building *b)
{
	const struct service_set *set = b->req->plan->set;
	const struct yaml_doc *doc = b->compose;
	bool lacks = false;

	for (size_t s = 0; s < set->count; s++)
		lacks |= set->items[s].optional_from == 0 && !project_service(b->project, set->items[s].name) &&
			 !(set->items[s].part == PART_DATABASE && b->req->answers->database_elsewhere);
	return lacks && doc->len > 0 && doc->text[doc->len - 1] != '\n';
}

/* Nothing can be planned for a compose file that is empty or cut off. Returns 0, or -EINVAL with an error. */
int lost_refuse(const struct building *b)
{
	const bool empty = !b->compose->root;

	if (building_is_fresh(b) || (!empty && !ends_too_soon(b)))
		return 0;
	diag_add(b->diags, SEV_ERROR, b->compose->name,
		 empty ? _("is empty, and no copy of it is kept; nothing was written")
		       : _("is cut off, and no copy of it is kept; nothing was written"))
		->hint = _("restore it from a backup, or take it away: then an apply writes a new one, with the same "
			   "secrets");
	return -EINVAL;
}
