/* SPDX-License-Identifier: MIT */
#include "session/moved.h"

#include <errno.h>
#include <string.h>

#include "apply/store_move.h"
#include "changes/gone.h"
#include "changes/take_up.h"
#include "compose/project.h"
#include "core/docker_name.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"

static const char *state_dir_of(struct arena *a, const char *store)
{
	const char *slash = strrchr(store, '/');

	return slash > store ? arena_strndup(a, store, (size_t)(slash - store)) : "/";
}

long session_stores(struct session *s, char ***ret)
{
	const char *dir = state_dir_of(&s->arena, s->store);
	struct sysroot host;
	struct stat st;
	long n, kept = 0;

	if (sysroot_open(&host, "/") < 0)
		return -errno;
	n = sysroot_list(&host, &s->arena, dir, ret);
	for (long i = 0; i < n; i++)
		if (state_may_be_store((*ret)[i]) &&
		    sysroot_stat(&host, arena_printf(&s->arena, "%s/%s", dir, (*ret)[i]), &st) == 0 &&
		    S_ISDIR(st.st_mode))
			(*ret)[kept++] = (*ret)[i];
	sysroot_close(&host);
	return n < 0 ? n : kept;
}

static struct gone_search search_of(struct session *s)
{
	return (struct gone_search){&s->arena, &s->root, &s->catalog.services, s->secrets, NULL};
}

/* The stack as its state names it: an adopted one by its file. */
static const char *stack_in(struct session *s, const char *dir)
{
	return s->compose ? arena_printf(&s->arena, "%s/%s", dir, s->compose) : dir;
}

static int load(struct session *s, const char *store, struct state *ret)
{
	struct diag_list unheard;
	int rc;

	diag_init(&unheard, &s->arena);
	rc = state_load(&s->arena, store, &unheard, ret);
	diag_clear(&unheard);
	return rc;
}

/* The stack was in the directory `from`; file: the name that an adopted one's file had there, or NULL. */
static void take(struct session *s, const struct state *was, const char *from, const char *file)
{
	s->state = *was;
	s->moved_from = from;
	s->moved_file = NULL;
	state_move(&s->arena, &s->state, from, s->dir);
	if (!s->compose || !file || STR_EQ(file, s->compose))
		return;
	s->moved_file = arena_printf(&s->arena, "%s/%s", from, file);
	state_rename(&s->arena, &s->state, arena_printf(&s->arena, "%s/%s", s->dir, file), stack_in(s, s->dir));
}

static int refuse(struct session *s, const char *file, const char *text, const char *hint)
{
	diag_add(&s->diags, SEV_ERROR, file, "%s", text)->hint = hint;
	return -EINVAL;
}

/* Does the last part of the path name an adopted stack's file? */
static bool names_file(struct session *s, const char *said, const char *name)
{
	return STR_EQ(name, s->compose) || project_is_usual_name(name) ||
	       state_newest(&s->arena, state_store(&s->arena, state_dir_of(&s->arena, s->store), said), 0) > 0;
}

/* --moved-from names the old directory, or for an adopted stack its file, which may have had another name. */
static const char *said_from(struct session *s, const char **ret_file)
{
	const char *said = answer_text(&s->answers, ANSWER_MOVED_FROM), *slash;
	size_t n = said ? strlen(said) : 0;

	while (n > 1 && said[n - 1] == '/')
		n--;
	said = said ? arena_strndup(&s->arena, said, n) : NULL;
	slash = said ? strrchr(said, '/') : NULL;
	*ret_file = s->compose;
	if (!slash || slash == said || !s->compose || !names_file(s, said, slash + 1))
		return said;
	*ret_file = slash + 1;
	return arena_strndup(&s->arena, said, (size_t)(slash - said));
}

/*
 * The copy was applied before the old place went: it has a state of its own already. It goes on with that, under the
 * name that the old one's volumes have.
 */
static bool join(struct session *s, const struct state *was)
{
	const struct gone_search q = search_of(s);
	const char *base = strrchr(was->dir, '/');
	struct state *former;

	if (s->compose || gone_is_adopted(was) || !gone_is(&s->arena, &s->root, was) ||
	    !gone_same_stack(&q, was, s->dir))
		return false;
	former = arena_alloc(&s->arena, sizeof(*former));
	*former = *was;
	s->former = former;
	s->state.project = was->project ? was->project : docker_project_name(&s->arena, base + 1);
	return true;
}

/* The same command again has nothing to do: then the old place has no state, and the new one has. */
static int take_said(struct session *s, const char *from, const char *file)
{
	const char *stack = file ? arena_printf(&s->arena, "%s/%s", from, file) : from;
	const char *store = state_store(&s->arena, state_dir_of(&s->arena, s->store), stack);
	struct state was;
	int rc = load(s, store, &was);

	if (rc < 0)
		return state_load(&s->arena, store, &s->diags, &was);
	if (STR_EQ(stack, stack_in(s, s->dir)) || STR_EQ(from, "/"))
		return refuse(s, from, _("--moved-from names the directory before the move; nothing was done"),
			      _("--dir is where the stack is now"));
	if (!was.present && s->state.present)
		return 0;
	if (!was.present)
		return refuse(s, from, _("no apply is remembered here; nothing was done"),
			      _("'vpsfit status' without --dir lists the stacks that are remembered"));
	if (s->state.present && join(s, &was))
		return 0;
	if (s->state.present)
		return refuse(s, stack_in(s, s->dir), _("has a state of its own already; nothing was done"),
			      text_aprintf(&s->arena, _("'%s' ends that of the old place"),
					   gone_forget(&s->arena, stack, s->compose, gone_said_state(&s->answers))));
	if (!gone_is(&s->arena, &s->root, &was))
		return refuse(s, from, _("the stack is still here; nothing was done"),
			      _("move it, or choose for the second one a directory with another name"));
	take(s, &was, from, file);
	if (gone_is(&s->arena, &s->root, &s->state))
		return refuse(s, s->dir, _("there is no stack here; nothing was done"),
			      _("move the files first, .env with them; --dir names where they are now"));
	return 0;
}

/* A stack without state has the secrets of one that is gone: it is the same one. */
static void take_recognised(struct session *s)
{
	const struct gone_search q = search_of(s);
	char **names;
	long n;

	if (s->state.present || s->compose || !take_up_recognised(&s->arena, &s->root, &s->catalog.services, s->dir))
		return;
	n = session_stores(s, &names);
	for (long i = 0; i < n && !s->moved_from; i++) {
		const char *store = arena_printf(&s->arena, "%s/%s", state_dir_of(&s->arena, s->store), names[i]);
		struct state was;

		if (load(s, store, &was) == 0 && was.present && was.dir && !gone_is_adopted(&was) &&
		    state_is_in_place(&s->arena, &was) && gone_is(&s->arena, &s->root, &was) &&
		    gone_same_stack(&q, &was, s->dir))
			take(s, &was, was.dir, NULL);
	}
}

/* A move that was cut off left a store that is in place, and a state that is not. */
static void go_on(struct session *s)
{
	const struct state was = s->state;
	const char *stack = stack_in(s, s->dir), *slash;

	if (!was.present || !was.dir || STR_EQ(was.dir, stack) || state_is_in_place(&s->arena, &was))
		return;
	slash = strrchr(was.dir, '/');
	if (!s->compose)
		take(s, &was, was.dir, NULL);
	else if (slash && slash > was.dir)
		take(s, &was, arena_strndup(&s->arena, was.dir, (size_t)(slash - was.dir)), slash + 1);
}

/*
 * Finds the state of a stack that was moved: as --moved-from says, or because it has the secrets of one that is gone.
 * Nothing is changed on disk. Needs the state and the services. Returns 0, or a negative errno with an error.
 */
int session_find_moved(struct session *s)
{
	const char *file, *from = said_from(s, &file);

	s->moved_from = s->moved_file = NULL;
	s->former = NULL;
	go_on(s);
	if (s->moved_from)
		return 0;
	if (from)
		return take_said(s, from, file);
	take_recognised(s);
	return 0;
}

/* Where the stack was, as session_find_moved found it: its directory, or an adopted one's file; NULL: not moved. */
const char *session_moved_stack(struct session *s)
{
	if (!s->moved_from)
		return NULL;
	return s->moved_file ? s->moved_file : stack_in(s, s->moved_from);
}

/*
 * Takes the state of a moved stack along on disk, where session_find_moved found one. Returns 0, or a negative errno
 * with an error.
 */
int session_take_along(struct session *s)
{
	const char *from = s->moved_from;
	int rc;

	if (!from)
		return 0;
	rc = store_move(&s->arena, s->state.store, s->store,
			&(struct store_place){from, s->moved_file ? strrchr(s->moved_file, '/') + 1 : NULL},
			&(struct store_place){s->dir, s->compose}, &s->diags);
	if (rc < 0)
		return rc;
	s->moved_from = s->changes.moved_from = s->moved_file = s->changes.moved_file = NULL;
	s->state.store = s->store;
	s->state.path = arena_printf(&s->arena, "%s/state.json", state_entry_dir(&s->arena, s->store, s->state.entry));
	s->changes.state.store = s->state.store;
	s->changes.state.path = s->state.path;
	return 0;
}

/* After the apply of a copy: the memory of the stack that it was copied from ends. What cannot be ended is told. */
void session_end_former(struct session *s, const struct apply_request *req)
{
	const struct state *was = s->former;

	if (!was || store_forget(&s->arena, was->store, was, req, &s->diags) < 0)
		return;
	s->former = NULL;
}
