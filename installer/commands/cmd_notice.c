#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "apply/take_up.h"
#include "commands/command.h"
#include "commands/report.h"
#include "core/i18n.h"
#include "output/status_text.h"

/* One stack of the state directory, with a session of its own: the plan is made as for that stack's directory. */
static int look(const struct session *s, const char *store, struct strbuf *out, int *changed)
{
	struct session one;
	struct state state = {.present = false};
	struct status status;
	const char *machine;
	int rc;

	session_init(&one);
	rc = state_load(&one.arena, store, &one.diags, &state);
	if (rc == 0 && state.present) {
		one.answers = s->answers;
		one.answers.dir = state.dir;
		rc = session_plan(&one);
		status = (struct status){.state = &one.state, .plan = &one.plan};
		machine = rc == 0 && one.state.present ? status_machine(&one.arena, &status) : NULL;
		if (machine) {
			*changed += 1;
			style_wrapf(
				out, "vpsfit:", 8,
				_("the machine has changed since the stack in %s was fitted to it: %s. 'vpsfit plan "
				  "--dir "
				  "%s' shows what would change, 'vpsfit apply' does it."),
				state.dir, machine, state.dir);
		}
	}
	report_diags(&one);
	session_clear(&one);
	return rc;
}

static int look_at_all(struct session *s, const char *host, struct strbuf *out, int *changed)
{
	DIR *dir = opendir(host);
	const struct dirent *e;
	int worst = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(dir))) {
		int rc = e->d_name[0] == '.' ? 0
					     : look(s, arena_printf(&s->arena, "%s/%s", host, e->d_name), out, changed);

		worst = rc < 0 ? rc : worst;
	}
	closedir(dir);
	return worst;
}

/* After a purge, or on another machine: the stack is there, and nothing is remembered of it. */
static bool is_stateless(struct session *s)
{
	return state_newest(&s->arena, s->store, 0) == 0 && !s->compose && take_up_is_callers(&s->arena, &s->root, s->dir);
}

/*
 * A few lines for every stack of the state directory whose machine has changed since its last apply, nothing where none
 * has; for the boot and for the login. Changes nothing.
 */
enum exit_code command_notice(struct session *s)
{
	struct strbuf out = STRBUF_INIT;
	const char *host;
	int rc, changed = 0;
	bool written;

	if (session_open(s) < 0)
		return EXIT_FAILED;
	host = arena_strndup(&s->arena, s->store, (size_t)(strrchr(s->store, '/') - s->store));
	rc = look_at_all(s, host, &out, &changed);
	if (is_stateless(s)) {
		changed++;
		style_wrapf(&out, "vpsfit:", 8,
			    _("In %s is a stack of vpsfit's without its state: 'vpsfit apply' for this directory takes it up."), s->dir);
	}
	if (rc < 0)
		diag_add(&s->diags, SEV_ERROR, host, _("not every stack could be looked at: %s; nothing was changed"),
			 strerror(-rc))
			->hint = _("'vpsfit status --dir DIR' looks at one");
	written = s->answers.quiet || report_out(&out);
	strbuf_clear(&out);
	if (rc < 0 || !written)
		return EXIT_FAILED;
	return s->answers.exit_code && changed > 0 ? EXIT_PENDING : EXIT_DONE;
}
