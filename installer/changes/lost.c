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
#include "core/shell.h"
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

/* Is it byte for byte as the last apply left it? */
static bool is_as_left(const struct state_file *was, const char *text, size_t len)
{
	return text && was->hash != 0 && was->hash == state_hash(text, len);
}

/*
 * The copy that takes the place of the stack's own compose file at that path; text is what is there, or NULL. NULL: the
 * file is well, or there is no copy.
 */
const char *lost_copy(const struct building *b, const char *path, const char *text, size_t len)
{
	const struct state_file *was = b->req->state->present ? state_file_at(b->req->state, path) : NULL;
	const char *slash = strrchr(path, '/'), *copy;

	if (b->req->compose || b->req->cut_off || !was || is_as_left(was, text, len) || !slash ||
	    !STR_EQ(arena_strndup(b->a, path, (size_t)(slash - path)), b->req->dir) ||
	    !project_is_usual_name(slash + 1) || (!text && gone_renamed(b->a, b->req->root, path)))
		return NULL;
	copy = b->req->secrets->last_copy(b->a, b->req->root, b->req->state->store, path, NULL);
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

/*
 * A file beside the compose file that an earlier apply wrote and that is gone: it comes back as vpsfit wrote it last,
 * and a person may have written more into it, which no copy has.
 */
void lost_restore_beside(struct building *b, struct file_change *f)
{
	const struct state *was = b->req->state;
	const struct state_file *known = was->present ? state_file_at(was, f->path) : NULL;
	const char *copy;

	if (f->old_text || !known || b->req->cut_off)
		return;
	copy = b->req->secrets->last_copy(b->a, b->req->root, was->store, f->path, NULL);
	if (copy && known->shipped == state_hash(copy, strlen(copy)))
		copy = NULL;
	if (copy) {
		f->copy = copy;
		f->from_copy = true;
	}
	diag_note(b->diags, "file-new", SEV_WARNING, f->path,
		  copy ? _("is gone, and comes back as vpsfit wrote it last")
		       : _("is gone, and comes back as the package has it"))
		->hint = _("what was edited in it by hand since is in no copy of vpsfit's");
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

/* How far the line at `at` is indented; -1: there are no words in it. */
static long indent_of(const char *at)
{
	const size_t blanks = strspn(at, " ");

	return at[blanks] && !strchr("\r\n#", at[blanks]) ? (long)blanks : -1;
}

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return at + (*at == '\n');
}

/* How far the first line with words is indented, at or after `at`; -1: there is none. */
static long next_indent(const char *at)
{
	for (; *at; at = next_line(at))
		if (indent_of(at) >= 0)
			return indent_of(at);
	return -1;
}

/* How far the names of services are indented. */
static long indent_of_services(const char *text)
{
	const char *at = strncmp(text, "services:", 9) == 0 ? text : strstr(text, "\nservices:");

	return at ? next_indent(at + 1 + strcspn(at + 1, "\n")) : -1;
}

/* Do these lines go on inside a service, and is there another, or what follows the services, behind it? */
static bool goes_on(const char *at, long indent)
{
	if (next_indent(at) <= indent)
		return false;
	for (; *at; at = next_line(at))
		if (indent_of(at) >= 0 && indent_of(at) <= indent)
			return true;
	return false;
}

/*
 * Is a file of somebody else's cut off? As in is_cut, but for one that ends between two services, or lacks the last
 * lines of the last one: that is how somebody takes these out.
 */
static bool is_cut_inside(const char *text, size_t len, const char *copy)
{
	const size_t there = strnlen(text, len);

	return is_cut(text, len, copy) && (there < len || (there > 0 && text[there - 1] != '\n') ||
					   goes_on(copy + there, indent_of_services(copy)));
}

/*
 * The compose file of somebody else's stack was emptied, or cut off since an apply: it is theirs to put back, and no
 * service of it was taken out. Returns 0, or -ESTALE with an error; -EINVAL for
 * one that no apply wrote into.
 */
int lost_refuse_adopted(const struct building *b, const struct file_change *f)
{
	const struct state_file *was = b->req->state->present ? state_file_at(b->req->state, f->path) : NULL;
	const bool blank = is_blank(f->old_text, f->old_len);
	const char *where = NULL, *copy = NULL;
	struct diag *d;

	if (b->req->cut_off || (!blank && (!was || is_as_left(was, f->old_text, f->old_len))))
		return 0;
	if (was)
		copy = b->req->secrets->last_copy(b->a, b->req->root, b->req->state->store, f->path, &where);
	if (!blank && (!copy || !is_cut_inside(f->old_text, f->old_len, copy)))
		return 0;
	d = diag_add(b->diags, SEV_ERROR, f->path,
		     blank ? _("is empty; nothing was written") : _("is cut off; nothing was written"));
	d->hint = copy ? text_aprintf(
				 b->a,
				 _("as the apply of %s left it: 'cp %s %s'; what was edited in it since is in no copy "
				   "of vpsfit's"),
				 b->req->state->time, shell_quoted(b->a, where), shell_quoted(b->a, f->path))
		       : _("restore it from a backup");
	return was ? -ESTALE : -EINVAL;
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
