#include "commands/session.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/text.h"
#include "detect/detect.h"
#include "files/trust.h"

#ifndef VPSFIT_DATADIR
#define VPSFIT_DATADIR "/usr/share/vpsfit"
#endif
#ifndef VPSFIT_LOCALEDIR
#define VPSFIT_LOCALEDIR "/usr/share/locale"
#endif

void session_init(struct session *s)
{
	memset(s, 0, sizeof(*s));
	diag_init(&s->diags, &s->arena);
	s->answers = (struct answers)ANSWERS_INIT;
}

void session_clear(struct session *s)
{
	if (s->root_open)
		sysroot_close(&s->root);
	diag_clear(&s->diags);
	arena_clear(&s->arena);
}

static bool has_data(struct arena *a, const char *dir)
{
	return access(arena_printf(a, "%s/profiles/cost-model.yaml", dir), R_OK) == 0 &&
	       access(arena_printf(a, "%s/templates/compose.yaml", dir), R_OK) == 0;
}

static bool has_catalogues(struct arena *a, const char *dir)
{
	return access(arena_printf(a, "%s/locale/vpsfit.built", dir), R_OK) == 0;
}

/* The nearest directory above the program in which something is; NULL where it does not run from its build tree. */
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

/* Where the catalogues of translated texts are: in the build tree, else where they were installed. */
const char *find_locale_dir(struct arena *a)
{
	const char *dir = find_above_program(a, has_catalogues);

	return dir ? arena_printf(a, "%s/locale", dir) : VPSFIT_LOCALEDIR;
}

/* An absolute path without "." and empty parts; a relative one is taken from the working directory (live only). */
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

/* Root's state is the machine's; anybody else's lies where the XDG specification says. NULL: no home directory. */
static const char *default_state_dir(struct session *s)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const struct passwd *pw;

	if (geteuid() == 0 || !sysroot_is_live(&s->root))
		return "/var/lib/vpsfit";
	if (xdg && xdg[0] == '/')
		return arena_printf(&s->arena, "%s/vpsfit", xdg);
	if (!home || home[0] != '/') {
		pw = getpwuid(geteuid());
		home = pw ? pw->pw_dir : NULL;
	}
	return home && home[0] == '/' ? arena_printf(&s->arena, "%s/.local/state/vpsfit", home) : NULL;
}

static int open_root(struct session *s)
{
	const char *dir = s->answers.sysroot ? s->answers.sysroot : "/";
	int rc;

	if (s->root_open)
		return 0;
	rc = sysroot_open(&s->root, dir);
	if (rc < 0) {
		diag_add(&s->diags, SEV_ERROR, dir, _("cannot be used as the machine's root: %s; nothing was done"),
			 strerror(-rc))
			->hint = _("--sysroot wants a directory with proc, sys and etc in it");
		return rc;
	}
	s->root_open = true;
	return 0;
}

/* The directory of an adopted stack is its compose file's. */
static void split_compose(struct session *s)
{
	const char *path = absolute(s, s->answers.compose), *slash = strrchr(path, '/');

	s->compose = slash + 1;
	s->dir = slash > path ? arena_strndup(&s->arena, path, (size_t)(slash - path)) : "/";
}

static int settle_paths(struct session *s)
{
	const char *state = s->answers.state ? s->answers.state : default_state_dir(s);

	if (!state) {
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("there is no home directory to keep the state in; nothing was done"))
			->hint = _("say where with --state DIR");
		return -ENOENT;
	}
	s->dir = absolute(s, s->answers.dir);
	if (s->answers.compose)
		split_compose(s);
	s->state_dir = absolute(s, state);
	s->answers.swap_file = absolute(s, s->answers.swap_file);
	s->data_dir = find_data_dir(&s->arena);
	return 0;
}

/* A name that comes from the working directory or the environment; one that was said is looked at with the options. */
static int check_utf8(struct session *s)
{
	const char *const paths[] = {s->dir, s->state_dir};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (text_is_utf8(paths[i]))
			continue;
		diag_add(&s->diags, SEV_ERROR, paths[i], _("is not valid UTF-8 and cannot be recorded; nothing was done"))->hint =
			_("name --dir and --state with paths in UTF-8");
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
 * A stack in the state directory goes with it when the package is purged, and a state in the stack's directory is in reach of
 * whatever the stack's files name. Only DIR/.vpsfit may lie in DIR, as 'make run' has it: it is looked after (a change that
 * names something in it is refused). An adopted file may be in a home directory, which holds the state somewhere as well.
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
		d = diag_add(&s->diags, SEV_ERROR, s->dir,
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

/* Once the command line is known: do the directories go together? 0, or -EINVAL with an error; what else is wrong with them
 * the command says. */
int session_check_paths(struct session *s)
{
	if (!s->root_open && sysroot_open(&s->root, s->answers.sysroot ? s->answers.sysroot : "/") < 0)
		return 0;
	s->root_open = true;
	if (!s->answers.state && !default_state_dir(s))
		return 0;
	return settle_paths(s) < 0 ? 0 : keep_apart(s);
}

/* Opens the root and settles the paths; what is remembered is not looked at. 0, or a negative errno with an error. */
static int open_paths(struct session *s)
{
	const char *host, *stack;
	int rc = open_root(s);

	if (rc == 0)
		rc = settle_paths(s);
	if (rc == 0)
		rc = keep_apart(s);
	if (rc < 0)
		return rc;
	host = sysroot_resolve(&s->root, &s->arena, s->state_dir);
	if (!host && errno != ELOOP) {
		diag_add(&s->diags, SEV_ERROR, s->state_dir, _("the state cannot be kept here: %s; nothing was written"),
			 strerror(errno))
			->hint = _("mend that, then run again");
		return -EBADMSG;
	}
	if (!host) {
		diag_add(&s->diags, SEV_ERROR, s->state_dir,
			 _("cannot be used: its symbolic links go round in circles"))
			->hint = _("choose another directory with --state");
		return -ELOOP;
	}
	stack = s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : s->dir;
	s->store = state_store(&s->arena, host, stack);
	s->store_path = state_store(&s->arena, s->state_dir, stack);
	return 0;
}

/* The same, and whether what lies in the state directory may be believed. */
int session_open(struct session *s)
{
	int rc = open_paths(s);

	if (rc == 0 && sysroot_is_live(&s->root))
		rc = trust_parents(&s->arena,
				   arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store)),
				   &s->diags);
	return rc < 0 ? rc : state_trust(&s->arena, s->store, NULL, &s->diags);
}

static const char *now(struct arena *a)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[32] = "";

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, text);
}

struct apply_request session_request(struct session *s, tx_progress progress)
{
	return (struct apply_request){&s->root, now(&s->arena), progress, s, NULL};
}

/* Finishes an apply that was cut off, before anything is compared. 0, or a negative errno with errors. */
int session_recover(struct session *s)
{
	const struct apply_request req = session_request(s, NULL);
	int rc = session_open(s);

	if (rc == 0)
		rc = apply_recover(&s->arena, s->store, &req, &s->diags);
	if (rc > 0)
		diag_add(&s->diags, SEV_INFO, s->store_path, _("an apply that was cut off is finished now"));
	return rc < 0 ? rc : 0;
}

/* What was asked for at the last apply holds until something else is: a rerun does not fall back to the recommended
 * profile. */
static void recall(struct session *s)
{
	struct answers *ans = &s->answers;
	bool new_profile = ans->profile || ans->profile_auto;

	if (!new_profile)
		ans->profile = s->state.asked_profile;
	if (ans->workers == 0 && !ans->workers_auto && !new_profile)
		ans->workers = s->state.asked_workers;
	if (!ans->cost_model)
		ans->cost_model = s->state.asked_cost_model;
	if (ans->overhead_mib < 0)
		ans->overhead_mib = s->state.asked_overhead_mib;
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (!ans->services[i])
			ans->services[i] = s->state.asked_services[i];
	if (!ans->swap_said) {
		ans->swap = s->state.asked_swap;
		ans->swap_mib = s->state.asked_swap_mib;
		ans->swap_device = s->state.asked_swap_device;
	}
	if (!ans->swap_file_said && s->state.asked_swap_file) {
		ans->swap_file = s->state.asked_swap_file;
		ans->swap_file_said = true;
	}
	if (ans->swappiness < 0)
		ans->swappiness = s->state.asked_swappiness;
}

static void detect(struct session *s)
{
	const struct detect_request req = {.stack_dir = s->dir,
					   .swap_file = s->answers.swap_file,
					   .made = s->state.swaps,
					   .made_count = s->state.swap_count};

	detect_machine(&s->root, &s->arena, &req, &s->machine);
	machine_what_if(&s->machine, &s->arena, &s->answers);
	if (s->no_swap && s->machine.swap.possible) {
		s->machine.swap.possible = false;
		s->machine.swap.impossible = s->no_swap;
	}
}

/* Detects the machine. 0, or a negative errno with an error where there is no machine to look at. */
int session_detect(struct session *s)
{
	int rc = open_paths(s);

	if (rc == 0)
		detect(s);
	return rc;
}

static const struct cost_model *choose_model(struct session *s)
{
	const struct cost_model_set *set = &s->catalog.models;
	const char *name = s->answers.cost_model ? s->answers.cost_model : set->default_name;
	const struct cost_model *m = cost_model_find(set, name);
	const char *names[MAX_COST_MODELS];
	struct strbuf list = STRBUF_INIT;
	const char *meant;
	struct diag *d;

	if (m)
		return m;
	for (size_t i = 0; i < set->count; i++) {
		names[i] = set->items[i].name;
		strbuf_printf(&list, "%s%s", i ? ", " : _("there are: "), names[i]);
	}
	meant = text_nearest(name, names, set->count);
	d = diag_add(&s->diags, SEV_ERROR, NULL, _("there is no cost model '%s'; nothing was planned"), name);
	d->hint = meant ? arena_printf(&s->arena, _("did you mean %s?"), meant)
			: arena_strdup(&s->arena, strbuf_text(&list));
	strbuf_clear(&list);
	return NULL;
}

/* Detects, loads the catalog and plans. 0 or a negative errno with errors in diags. */
int session_plan(struct session *s)
{
	int rc = session_open(s);

	if (rc == 0)
		rc = state_load(&s->arena, s->store, &s->diags, &s->state);
	if (rc == 0) {
		recall(s);
		detect(s);
		rc = catalog_load(&s->arena, s->data_dir, &s->root, &s->diags, &s->catalog);
	}
	return rc < 0 ? rc : session_replan(s);
}

/* Plans again for the answers as they are now: the machine, the state and the catalog are those of session_plan. */
int session_replan(struct session *s)
{
	recall(s);
	return session_what_if(s, &s->answers, &s->plan);
}

/* The plan for other answers, which changes nothing else in the session. */
int session_what_if(struct session *s, const struct answers *answers, struct plan *ret)
{
	const struct cost_model *model = choose_model(s);
	struct answers asked = *answers;

	if (!model)
		return -EINVAL;
	if (asked.swap == SWAP_DEVICE)
		asked.swap_device = detect_swap_device(&s->root, &s->machine, asked.swap_device);
	return plan_build(&s->arena, &s->machine, &s->catalog.profiles, &s->catalog.models, model, &asked, &s->diags,
			  ret);
}

/* Was an apply to this stack cut off? The session is open. */
bool session_cut_off(struct session *s)
{
	return transaction_pending(&s->arena, s->store);
}

static struct changeset_request compare_request(struct session *s)
{
	return (struct changeset_request){.root = &s->root,
					  .data_dir = s->data_dir,
					  .dir = s->dir,
					  .compose = s->compose,
					  .state_dir = s->state_dir,
					  .state = &s->state,
					  .decisions = s->decisions,
					  .decision_count = s->decision_count,
					  .plan = &s->plan,
					  .answers = &s->answers};
}

/* Does the compose file leave open which service plays a part? */
bool session_open_choice(struct session *s, struct open_choice *ret)
{
	const struct changeset_request req = compare_request(s);

	return changeset_open_choice(&s->arena, &req, ret);
}

/* Compares the plan with the stack directory: fills in changes. 0 or a negative errno with errors in diags. */
int session_compare(struct session *s)
{
	const struct changeset_request req = compare_request(s);
	int rc = changeset_build(&s->arena, &req, &s->diags, &s->changes);

	s->changes_known = rc == 0;
	return rc;
}
