/* SPDX-License-Identifier: MIT */
/* Locates the machine's root, the stack, its state, and the package's data. */
#include "session/session.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/project.h"
#include "core/i18n.h"
#include "core/text.h"
#include "files/at.h"
#include "files/trust.h"

/* Limit for searching the state directory for a stack's other name. */
#define MAX_STACKS 256

#ifndef VPSFIT_DATADIR
#define VPSFIT_DATADIR "/usr/share/vpsfit"
#endif
#ifndef VPSFIT_LOCALEDIR
#define VPSFIT_LOCALEDIR "/usr/share/locale"
#endif

static bool has_data(struct arena *a, const char *dir)
{
	return access(arena_printf(a, "%s/profiles/cost-model.yaml", dir), R_OK) == 0 &&
	       access(arena_printf(a, "%s/templates/compose.yaml", dir), R_OK) == 0;
}

static bool has_catalogues(struct arena *a, const char *dir)
{
	return access(arena_printf(a, "%s/locale/vpsfit.built", dir), R_OK) == 0;
}

/* Finds the nearest directory above the program that passes is_there; NULL if it does not run from its build tree. */
static const char *find_above_program(struct arena *a, bool (*is_there)(struct arena *a, const char *dir))
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	for (int up = 0; n > 0 && up < 3; up++) {
		char *slash;
		const char *dir;

		exe[n] = '\0';
		slash = strrchr(exe, '/');
		if (!slash || slash == exe)
			break;
		*slash = '\0';
		n = slash - exe;
		dir = arena_strdup(a, exe);
		if (is_there(a, dir))
			return dir;
	}
	return NULL;
}

static const char *find_data_dir(struct arena *a)
{
	const char *dir = find_above_program(a, has_data);

	return dir ? dir : VPSFIT_DATADIR;
}

/* The directory of message catalogues: in the build tree, else where they are installed. */
const char *find_locale_dir(struct arena *a)
{
	const char *dir = find_above_program(a, has_catalogues);

	return dir ? arena_printf(a, "%s/locale", dir) : VPSFIT_LOCALEDIR;
}

/* Makes a path absolute and drops "." and empty parts. A relative path starts at the working directory (live only). */
static const char *absolute(struct session *s, const char *path)
{
	struct strbuf out = STRBUF_INIT;
	const char *result;
	char cwd[PATH_MAX];

	if (path[0] != '/' && sysroot_is_live(&s->root) && getcwd(cwd, sizeof(cwd)))
		path = arena_printf(&s->arena, "%s/%s", cwd, path);
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n > 0 && !(n == 1 && path[0] == '.')) {
			strbuf_putc(&out, '/');
			strbuf_add(&out, path, n);
		}
		path += n;
		path += strspn(path, "/");
	}
	result = arena_strdup(&s->arena, out.len ? strbuf_text(&out) : "/");
	strbuf_clear(&out);
	return result;
}

/* Root's state is system-wide; other users' follows the XDG specification. NULL: no home directory. */
static const char *default_state_dir(struct session *s)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const struct passwd *pw;

	if (geteuid() == 0 || !sysroot_is_live(&s->root))
		return ROOTS_STATE_DIR;
	if (xdg && xdg[0] == '/')
		return arena_printf(&s->arena, "%s/vpsfit", xdg);
	if (!home || home[0] != '/') {
		pw = getpwuid(geteuid());
		home = pw ? pw->pw_dir : NULL;
	}
	return home && home[0] == '/' ? arena_printf(&s->arena, "%s/.local/state/vpsfit", home) : NULL;
}

/* Not even one of the directories that every machine has: an empty directory, or the wrong one. */
static bool is_no_machine(const struct sysroot *r)
{
	static const char *const dirs[] = {"/proc", "/sys", "/etc", "/usr"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (sysroot_exists(r, dirs[i]))
			return false;
	return true;
}

static int open_root(struct session *s)
{
	const char *sysroot = answer_text(&s->answers, ANSWER_SYSROOT), *dir = sysroot ? sysroot : "/";
	int rc = s->root_open ? 0 : sysroot_open(&s->root, dir);

	if (rc < 0) {
		diag_add(&s->diags, SEV_ERROR, dir, _("cannot be used as the machine's root: %s; nothing was done"),
			 strerror(-rc))
			->hint = _("--sysroot wants a directory with proc, sys and etc in it");
		return rc;
	}
	s->root_open = true;
	return 0;
}

/* For what looks at the machine; 'vpsfit sizes' does not. */
static int check_root(struct session *s)
{
	if (!is_no_machine(&s->root))
		return 0;
	diag_add(&s->diags, SEV_ERROR, s->root.root,
		 _("is no machine: none of proc, sys, etc and usr is in it; nothing was done"))
		->hint = _("--sysroot wants a directory with proc, sys and etc in it");
	return -ENOENT;
}

/* An adopted stack's directory is that of its compose file. */
static void split_compose(struct session *s)
{
	const char *path = absolute(s, answer_text(&s->answers, ANSWER_COMPOSE)), *slash = strrchr(path, '/');

	s->compose = slash + 1;
	s->dir = slash > path ? arena_strndup(&s->arena, path, (size_t)(slash - path)) : "/";
}

/* Makes a given path absolute in the answers, so that a rendered command line works in any directory. */
/* A path as it was said, absolute: from the working directory, or below the root where that is another one. */
const char *session_path(struct session *s, const char *path)
{
	return absolute(s, path);
}

static const char *settled(struct session *s, enum answer_id id, const char *usual)
{
	struct answer *said = &s->answers.of[id];

	if (!said->text)
		return absolute(s, usual);
	said->text = absolute(s, said->text);
	return said->text;
}

static int settle_paths(struct session *s)
{
	const char *state = default_state_dir(s);

	if (!state && !answer_said(&s->answers, ANSWER_STATE)) {
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("there is no home directory to keep the state in; nothing was done"))
			->hint = _("name one with --state DIR");
		return -ENOENT;
	}
	s->dir = settled(s, ANSWER_DIR, DEFAULT_DIR);
	if (answer_said(&s->answers, ANSWER_COMPOSE)) {
		(void)settled(s, ANSWER_COMPOSE, "");
		split_compose(s);
	}
	s->state_dir = settled(s, ANSWER_STATE, state ? state : "");
	(void)settled(s, ANSWER_SWAP_FILE, DEFAULT_SWAP_FILE);
	s->data_dir = find_data_dir(&s->arena);
	return 0;
}

/* Checks paths derived from the working directory or the environment; given ones were checked with the options. */
static int check_utf8(struct session *s)
{
	const char *const paths[] = {s->dir, s->state_dir};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (text_is_utf8(paths[i]))
			continue;
		diag_add(&s->diags, SEV_ERROR, paths[i],
			 _("is not valid UTF-8 and cannot be recorded; nothing was done"))
			->hint = _("name --dir and --state with paths in UTF-8");
		return -EINVAL;
	}
	return 0;
}

static bool lies_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (STR_EQ(dir, "/"))
		return true;
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/*
 * A stack inside the state directory would be deleted when the package is purged, and state inside the stack's
 * directory is within reach of whatever the stack's files name. The exception is DIR/.vpsfit, used by 'make run':
 * changes that name something in it are refused. An adopted file may be in a home directory, which usually contains the
 * state as well.
 */
static int keep_apart(struct session *s)
{
	const char *dir = sysroot_resolve(&s->root, &s->arena, s->dir);
	const char *state = sysroot_resolve(&s->root, &s->arena, s->state_dir);
	struct diag *d;

	if (check_utf8(s) < 0)
		return -EINVAL;
	if (!dir || !state)
		return 0;
	if (lies_below(dir, state) || lies_below(s->dir, s->state_dir)) {
		d = diag_add(
			&s->diags, SEV_ERROR, s->dir,
			_("lies in the state directory %s, which is emptied when the package is purged; nothing was done"),
			s->state_dir);
		d->hint = _("choose another directory with --dir, or another --state");
		return -EINVAL;
	}
	if (s->compose || !(lies_below(state, dir) || lies_below(s->state_dir, s->dir)) ||
	    STR_EQ(state, arena_printf(&s->arena, "%s/.vpsfit", dir)))
		return 0;
	d = diag_add(&s->diags, SEV_ERROR, s->state_dir,
		     _("is the state directory and lies inside the stack's directory %s; nothing was done"), s->dir);
	d->hint = _("choose another directory with --dir, or another --state; only DIR/.vpsfit may lie in DIR");
	return -EINVAL;
}

/*
 * Checks that the given directories are compatible, once the command line is known. Returns 0, or -EINVAL with an
 * error; other problems with them are left for the command to report.
 */
int session_check_paths(struct session *s)
{
	const char *sysroot = answer_text(&s->answers, ANSWER_SYSROOT);

	if (!s->root_open && sysroot_open(&s->root, sysroot ? sysroot : "/") < 0)
		return 0;
	s->root_open = true;
	if (!answer_said(&s->answers, ANSWER_STATE) && !default_state_dir(s))
		return 0;
	return settle_paths(s) < 0 ? 0 : keep_apart(s);
}

/*
 * Resolves a stack's directory. For an adopted stack, appends the name of its file, unresolved, because several stacks
 * may share a linked file. NULL: the path cannot be resolved.
 */
static const char *real_place(struct session *s, struct arena *a, const char *stack)
{
	const char *slash = strrchr(stack, '/'), *dir;

	if (!s->compose)
		return sysroot_resolve(&s->root, a, stack);
	dir = sysroot_resolve(&s->root, a, slash > stack ? arena_strndup(a, stack, (size_t)(slash - stack)) : "/");
	return dir ? arena_printf(a, "%s%s", dir, slash) : NULL;
}

/* A bind mount shows the same directory in two places. */
static bool is_one_directory(const char *x, const char *y)
{
	struct stat a, b;

	return stat(x, &a) == 0 && stat(y, &b) == 0 && S_ISDIR(a.st_mode) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* If the stack remembered in `store` resolves to leads_to, returns the name it was applied by; else NULL. */
static const char *same_place(struct session *s, const char *store, const char *leads_to)
{
	struct arena scratch = ARENA_INIT;
	struct diag_list unheard;
	struct state state = {.present = false};
	const char *there, *name = NULL;

	diag_init(&unheard, &scratch);
	if (state_load(&scratch, store, &unheard, &state) == 0 && state.present && state.dir) {
		there = real_place(s, &scratch, state.dir);
		if (there && (STR_EQ(there, leads_to) || (!s->compose && is_one_directory(there, leads_to))))
			name = arena_strdup(&s->arena, state.dir);
	}
	diag_clear(&unheard);
	arena_clear(&scratch);
	return name;
}

/*
 * A stack is the same whether its directory is named by a link or by the target; it keeps the name it was applied by.
 */
static const char *known_name(struct session *s, const char *host_state, const char *stack)
{
	const char *leads_to = real_place(s, &s->arena, stack), *name = NULL;
	DIR *dir = leads_to ? opendir(host_state) : NULL;
	const struct dirent *e;
	int left = MAX_STACKS;

	while (dir && !name && left-- > 0 && (e = readdir(dir)))
		if (state_may_be_store(e->d_name))
			name = same_place(s, arena_printf(&s->arena, "%s/%s", host_state, e->d_name), leads_to);
	if (dir)
		closedir(dir);
	if (!name)
		return stack;
	s->dir = name;
	if (s->compose) {
		const char *slash = strrchr(name, '/');

		s->dir = slash > name ? arena_strndup(&s->arena, name, (size_t)(slash - name)) : "/";
		s->compose = slash + 1;
	}
	return name;
}

static int refuse_state(struct session *s, int rc)
{
	struct diag *d;

	if (rc == -ELOOP)
		d = diag_add(&s->diags, SEV_ERROR, s->state_dir,
			     _("cannot be used: its symbolic links go round in circles"));
	else
		d = diag_add(&s->diags, SEV_ERROR, s->state_dir,
			     _("the state cannot be kept here: %s; nothing was written"),
			     file_at_why(&s->root, &s->arena, rc));
	d->hint = rc == -ELOOP	   ? _("choose another directory with --state")
		  : rc == -ENOLINK ? _("name the directory itself with --state, not through a link")
				   : _("fix that, then run again");
	return rc == -ELOOP ? rc : -EBADMSG;
}

/*
 * Finds the state directory on this host, as strictly as any place that is written to: another user who owns a link on
 * the way could choose which history is trusted, and swap it later. Links owned by root, such as to a data disk, are
 * followed. Returns 0, or a negative errno with an error.
 */
static int find_state(struct session *s, const char **ret)
{
	struct file_at at;
	int rc = file_at_find(&s->root, &s->arena, s->state_dir, true, &at);
	size_t n;

	if (rc < 0)
		return refuse_state(s, rc);
	n = strlen(at.host);
	/* A link to "/" or to a path ending in "..": use the directory itself. */
	*ret = STR_EQ(at.name, ".") ? arena_strndup(&s->arena, at.host, n > 2 ? n - 2 : 1) : at.host;
	return 0;
}

/*
 * --compose that names the file of a stack of vpsfit's own, which is remembered by its directory: it is that stack, for
 * a second memory of it would know nothing of .env and the rest.
 */
static void take_as_own(struct session *s, const char *host)
{
	const char *file = s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : NULL;

	if (!file || !project_is_usual_name(s->compose) ||
	    state_newest(&s->arena, state_store(&s->arena, host, file), 0) != 0 ||
	    state_newest(&s->arena, state_store(&s->arena, host, s->dir), 0) <= 0)
		return;
	diag_note(&s->diags, "own-stack", SEV_INFO, file,
		  _("is the file of a stack of vpsfit's own: it is fitted as that one (--dir %s)"), s->dir);
	s->compose = NULL;
	s->answers.of[ANSWER_COMPOSE] = (struct answer){ORIGIN_DEFAULT, NULL, 0, NULL};
	s->answers.of[ANSWER_DIR] = (struct answer){ORIGIN_FLAG, s->dir, 0, NULL};
}

/* Opens the root and resolves the paths, without looking at the state. Returns 0, or a negative errno with an error. */
int session_open_paths(struct session *s)
{
	const char *host = NULL, *stack;
	int rc = open_root(s);

	if (rc == 0)
		rc = check_root(s);
	if (rc == 0)
		rc = settle_paths(s);
	if (rc == 0)
		rc = keep_apart(s);
	if (rc == 0)
		rc = find_state(s, &host);
	if (rc < 0)
		return rc;
	take_as_own(s, host);
	stack = s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : s->dir;
	if (state_newest(&s->arena, state_store(&s->arena, host, stack), 0) == 0)
		stack = known_name(s, host, stack);
	s->store = state_store(&s->arena, host, stack);
	s->store_path = state_store(&s->arena, s->state_dir, stack);
	return 0;
}

/* Opens the root, and finds the package's data and the compose file that was named; no state is looked for. */
int session_open_data(struct session *s)
{
	int rc = open_root(s);

	if (rc < 0)
		return rc;
	s->data_dir = find_data_dir(&s->arena);
	s->dir = settled(s, ANSWER_DIR, DEFAULT_DIR);
	if (answer_said(&s->answers, ANSWER_COMPOSE))
		split_compose(s);
	s->store = NULL;
	return 0;
}

/* session_open_paths, and checks that the state directory can be trusted. */
int session_open(struct session *s)
{
	int rc = session_open_paths(s);

	if (rc == 0 && sysroot_is_live(&s->root))
		rc = trust_parents(&s->arena,
				   arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store)),
				   &s->diags);
	return rc < 0 ? rc : state_trust(&s->arena, s->store, NULL, &s->diags);
}
