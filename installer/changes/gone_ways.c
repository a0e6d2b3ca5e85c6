/* SPDX-License-Identifier: MIT */
/* What can be done about a stack that is not where it was: each way is a command that works as it stands. */
#include "changes/gone.h"

#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "compose/project.h"
#include "core/i18n.h"
#include "core/path.h"
#include "core/shell.h"
#include "core/text.h"

/*
 * Its compose file and its .env are gone, and other files that vpsfit wrote there are not: it was not moved. An apply
 * brings back what is missing.
 */
static bool is_left(struct arena *a, const struct sysroot *root, const struct state *state)
{
	if (gone_is_adopted(state) || !gone_is(a, root, state))
		return false;
	for (size_t i = 0; i < state->file_count; i++)
		if (sysroot_is_file(root, state->files[i].path))
			return true;
	return false;
}

/* Has the file one of the names that Compose finds by itself? */
bool gone_is_compose(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && project_is_usual_name(slash + 1);
}

static const char *more_of(struct arena *a, const char *state_dir)
{
	return state_dir ? arena_printf(a, " --state %s", shell_quoted(a, state_dir)) : "";
}

/* The command that ends the memory of a stack; state_dir: as it was said with --state, or NULL. */
const char *gone_forget(struct arena *a, const char *stack, bool adopted, const char *state_dir)
{
	return arena_printf(a, "vpsfit forget --%s %s%s", adopted ? "compose" : "dir", shell_quoted(a, stack),
			    more_of(a, state_dir));
}

/* What was said with --state; NULL: nothing. */
const char *gone_said_state(const struct answers *said)
{
	return answer_said(said, ANSWER_STATE) ? answer_text(said, ANSWER_STATE) : NULL;
}

/* The files that Compose needs: vpsfit's own stack gets the others from an apply. */
static bool is_needed(const struct state *state, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path && (gone_is_adopted(state) || project_is_usual_name(slash + 1));
}

/* "mkdir -p DIR && cp COPY FILE && ..."; NULL: the history has no copy. */
static const char *copies(const struct gone_search *q, const struct state *state)
{
	const char *text = NULL, *where, *made = "";

	for (size_t i = 0; i < state->file_count; i++) {
		const char *path = state->files[i].path, *dir = is_needed(state, path) ? path_parent(q->a, path) : NULL;

		/* Another of Compose's names is there, and the copy could go before it. */
		if (!dir || sysroot_exists(q->root, path) || gone_renamed(q->a, q->root, path) ||
		    !q->secrets->last_copy(q->a, q->root, state->store, path, &where))
			continue;
		if (!sysroot_exists(q->root, dir) && !STR_EQ(made, dir))
			text = arena_printf(q->a, "%s%smkdir -p %s", text ? text : "", text ? " && " : "",
					    shell_quoted(q->a, made = dir));
		text = arena_printf(q->a, "%s%scp %s %s", text ? text : "", text ? " && " : "",
				    shell_quoted(q->a, where), shell_quoted(q->a, path));
	}
	return text;
}

static const char *way_back(const struct gone_search *q, const struct state *state, const char *more)
{
	const char *apply = arena_printf(q->a, "vpsfit apply --dir %s%s", shell_quoted(q->a, state->dir), more), *text;

	if (is_left(q->a, q->root, state))
		return apply;
	text = copies(q, state);
	return text && !gone_is_adopted(state) ? arena_printf(q->a, "%s && %s", text, apply) : text;
}

/* Where somebody else's file is that got another of Compose's names; NULL: none, or it is another stack. */
static const char *renamed(const struct gone_search *q, const struct state *state)
{
	const char *other = gone_is_adopted(state) ? gone_renamed(q->a, q->root, state->dir) : NULL;

	const char *store = other ? state_store(q->a, path_parent(q->a, state->store), other) : NULL;

	return store && state_newest(q->a, store, 0) == 0 ? other : NULL;
}

/* The commands for a stack that is gone. state_dir: as --state says; NULL: it was not said. */
struct gone_ways gone_ways(const struct gone_search *q, const struct state *state, const char *state_dir)
{
	const char *const more = more_of(q->a, state_dir), *from = shell_quoted(q->a, state->dir);
	struct gone_ways ret = {.where = gone_where(q, state)};
	const char *other = ret.where ? NULL : renamed(q, state);

	if (ret.where)
		ret.moved = arena_printf(q->a, "vpsfit apply --dir %s --moved-from %s%s", shell_quoted(q->a, ret.where),
					 from, more);
	else if (other)
		ret.moved = arena_printf(q->a, "vpsfit apply --compose %s --moved-from %s%s", shell_quoted(q->a, other),
					 from, more);
	else
		ret.back = way_back(q, state, more);
	if (other)
		ret.where = other;
	ret.left = !ret.moved && is_left(q->a, q->root, state);
	ret.forget = gone_forget(q->a, state->dir, gone_is_adopted(state), state_dir);
	return ret;
}

/* What happened to it, before the commands: that which takes it along, or that which brings it back and `forget`. */
const char *gone_what(const struct gone_ways *w)
{
	if (w->moved)
		return _("It was moved; this takes its state and history along:");
	if (w->left)
		return _("The first command brings back what the last apply left, the second ends its memory:");
	if (w->back)
		return _("It was moved, its disk is not mounted, or it was deleted. The first command brings back what "
			 "the last apply left, the second ends its memory:");
	return _("It was moved, its disk is not mounted, or it was removed; tell vpsfit which:");
}

static const char *hint_of(const struct gone_search *q, const struct state *state, const struct gone_ways *w,
			   const char *more)
{
	const char *from = shell_quoted(q->a, state->dir);
	const char *deleted =
		w->back ? text_aprintf(q->a, _("deleted: '%s' brings back what the last apply left; "), w->back) : "";

	if (w->moved)
		return text_aprintf(q->a, _("it is in %s now: '%s' takes its state and history along"), w->where,
				    w->moved);
	if (gone_is_adopted(state))
		return text_aprintf(
			q->a,
			_("moved: 'vpsfit apply --compose NEW-FILE --moved-from %s%s'; on a disk that is not "
			  "mounted: mount it; %sno more: '%s'"),
			from, more, deleted, w->forget);
	return text_aprintf(
		q->a,
		_("moved: 'vpsfit apply --dir NEW --moved-from %s%s'; on a disk that is not mounted: mount it; "
		  "%sno more: '%s', and an apply then writes a new one with the same secrets"),
		from, more, deleted, w->forget);
}

/*
 * The stack that is remembered is not where it was: writing a new one would leave the old one running with other
 * secrets and, under the same project name, take its place; a rollback would end its memory. One of which only the
 * compose file and .env were lost is not refused. Returns 0, or -ESTALE with an error.
 */
int gone_refuse_state(const struct gone_search *q, const struct state *state, const char *state_dir,
		      struct diag_list *diags)
{
	struct gone_ways ways;

	if (!gone_is(q->a, q->root, state))
		return 0;
	ways = gone_ways(q, state, state_dir);
	if (ways.left)
		return 0;
	diag_add(diags, SEV_ERROR, state->dir, _("the stack that was applied here on %s is gone; nothing was written"),
		 state->time)
		->hint = hint_of(q, state, &ways, more_of(q->a, state_dir));
	return -ESTALE;
}

int gone_refuse(const struct building *b)
{
	const struct gone_search q = gone_search_of(b);

	return gone_refuse_state(&q, &b->set->state, gone_said_state(b->req->answers), b->diags);
}
