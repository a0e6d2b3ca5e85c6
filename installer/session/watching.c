/* SPDX-License-Identifier: MIT */
#include "session/watching.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "detect/watch_places.h"
#include "files/files.h"
#include "files/run_program.h"
#include "session/own_model.h"
#include "watch/ring.h"

/* systemd itself gives a unit 90 seconds; a machine that is out of memory or emulated takes them. */
#define SYSTEMCTL_S 120
#define UNIT "vpsfit-watch@.service"

static const char *plan_path(struct session *s)
{
	return arena_printf(&s->arena, "%s/" WATCH_PLAN_NAME, s->store);
}

static const char *unit_of(struct session *s, const char *store)
{
	return arena_printf(&s->arena, "vpsfit-watch@%s.service", strrchr(store, '/') + 1);
}

const char *session_watch_unit(struct session *s)
{
	return unit_of(s, s->store);
}

static bool take(char *ret, size_t size, const char *text)
{
	return !text || (size_t)snprintf(ret, size, "%s", text) < size;
}

/*
 * Where this stack's containers are found, without a plan: the session needs only its paths. Returns 0, or a negative
 * errno with an error.
 */
int session_watch_places(struct session *s, struct watch_places *ret)
{
	int rc = session_open_paths(s);

	if (rc < 0)
		return rc;
	memset(ret, 0, sizeof(*ret));
	detect_watch_places(&s->root, &s->arena, ret);
	if (!take(ret->stack_dir, sizeof(ret->stack_dir), s->dir) || !take(ret->store, sizeof(ret->store), s->store)) {
		diag_add(&s->diags, SEV_ERROR, s->dir, _("the name is too long to be watched; nothing was done"));
		return -ENAMETOOLONG;
	}
	/* A project's name that is too long tells nothing: then the directory does. */
	if (!take(ret->project, sizeof(ret->project), session_project(s)))
		ret->project[0] = '\0';
	return 0;
}

/* Needs session_plan. */
static int write_plan(struct session *s)
{
	const struct file_owner owner = {0600, geteuid(), getegid()};
	struct watch_places *p = arena_alloc(&s->arena, sizeof(*p));
	char *text = arena_alloc(&s->arena, WATCH_PLACES_MAX);
	int rc = session_watch_places(s, p);

	if (rc < 0)
		return rc;
	if (!watch_places_write(p, text, WATCH_PLACES_MAX))
		rc = -EINVAL;
	else
		rc = file_replace(&s->arena, plan_path(s), text, strlen(text), &owner);
	if (rc < 0)
		diag_add(&s->diags, SEV_ERROR, plan_path(s), _("the sampler's plan cannot be written: %s"),
			 strerror(-rc))
			->hint = _("fix that, then run again");
	return rc;
}

bool session_is_watched(struct session *s)
{
	return s->store && access(plan_path(s), F_OK) == 0;
}

/* enable, disable: now and at each boot. */
static int systemctl(struct session *s, const char *verb, const char *unit)
{
	const char *said = "";
	const char *const argv[] = {"systemctl", verb, "--now", unit, NULL};
	int rc = run_program(&s->arena, argv, SYSTEMCTL_S * 1000, &said);

	if (rc == 0)
		return 0;
	if (rc == -ETIMEDOUT) {
		diag_add(&s->diags, SEV_ERROR, unit, _("'systemctl %s --now' did not end within %d seconds"), verb,
			 SYSTEMCTL_S)
			->hint = _("run it again when the machine is less busy");
		return rc;
	}
	diag_add(&s->diags, SEV_ERROR, unit, _("'systemctl %s --now' failed: %s"), verb, rc < 0 ? strerror(-rc) : said)
		->hint = arena_printf(&s->arena, _("'systemctl status %s' may say more"), unit);
	return rc < 0 ? rc : -EIO;
}

/* The package's unit, or that of the program without libraries. */
static bool has_unit(const struct session *s)
{
	return sysroot_exists(&s->root, "/usr/lib/systemd/system/" UNIT) ||
	       sysroot_exists(&s->root, "/etc/systemd/system/" UNIT);
}

/* The unit finds a stack by the name of its store, below the usual directory of state. */
static bool is_found(const struct session *s)
{
	const size_t n = strlen(ROOTS_STATE_DIR);

	return strncmp(s->store, ROOTS_STATE_DIR "/", n + 1) == 0 && !strchr(s->store + n + 1, '/');
}

/* Is there something that runs the sampler: systemd, and a unit? */
static bool can_run(const struct session *s)
{
	return sysroot_is_live(&s->root) && geteuid() == 0 && sysroot_exists(&s->root, "/run/systemd/system") &&
	       has_unit(s) && is_found(s);
}

/* What was to be done is done: what went wrong here is only said. */
static void only_warn(struct session *s, size_t before)
{
	for (size_t i = before; i < s->diags.count; i++) {
		if (s->diags.items[i].severity != SEV_ERROR)
			continue;
		s->diags.items[i].severity = SEV_WARNING;
		s->diags.items[i].code = "sampler-by-hand";
	}
}

void session_watch_forget(struct session *s)
{
	static const char *const names[] = {
		WATCH_PLAN_NAME,
		OWN_MODEL_FILE,
		RING_NAME,
		RING_LOCK,
		RING_SERVICES,
		RING_SET_ASIDE ".1",
		RING_SET_ASIDE ".2",
		RING_SET_ASIDE ".3",
		RING_SET_ASIDE ".1.services",
		RING_SET_ASIDE ".2.services",
		RING_SET_ASIDE ".3.services",
	};
	const size_t before = s->diags.count;

	if (session_is_watched(s) && can_run(s))
		(void)!systemctl(s, "disable", session_watch_unit(s));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)!file_remove(arena_printf(&s->arena, "%s/%s", s->store, names[i]));
	only_warn(s, before);
}

/* Where nothing here runs the sampler by itself. */
static void note_by_hand(struct session *s)
{
	diag_note(&s->diags, "sampler-by-hand", SEV_WARNING, plan_path(s),
		  is_found(s) ? _("is written, but there is no systemd or no unit of the package to run the sampler")
			      : _("is written, but the package's unit runs samplers of stacks in "
				  "/var/lib/vpsfit alone"))
		->hint = arena_printf(&s->arena, _("have your init system run: %s %s"), VPSFIT_LIBEXECDIR "/sampler",
				      plan_path(s));
}

/* Somebody may have turned it off without vpsfit. */
static bool is_enabled(struct session *s, const char *unit)
{
	const char *said;
	const char *const argv[] = {"systemctl", "is-enabled", "--quiet", unit, NULL};

	return run_program(&s->arena, argv, SYSTEMCTL_S * 1000, &said) == 0;
}

/* The old sampler ends first: two of them do not write one ring. */
static void follow(struct session *s, const char *old)
{
	const char *unit = session_watch_unit(s);
	int off = systemctl(s, "disable", old), on = systemctl(s, "enable", unit);

	if (off == 0 && on == 0)
		diag_note(&s->diags, "watched", SEV_INFO, NULL,
			  _("the sampler goes along with the stack: %s is on, and %s is off"), unit, old);
}

void session_watch_moved(struct session *s, const char *from)
{
	const char *old = unit_of(s, state_store(&s->arena, "", from));
	const size_t before = s->diags.count;

	if (!session_is_watched(s) || !sysroot_is_live(&s->root) || STR_EQ(old, session_watch_unit(s)))
		return;
	if (write_plan(s) == 0) {
		if (!can_run(s))
			note_by_hand(s);
		else if (is_enabled(s, old))
			follow(s, old);
	}
	only_warn(s, before);
}

static int refuse(struct session *s, const char *why, const char *hint)
{
	diag_add(&s->diags, SEV_ERROR, NULL, _("the sampler was left as it was: %s"), why)->hint = hint;
	return -EPERM;
}

/* Writes the plan file and turns the service on. Needs session_plan. Returns 0, or a negative errno with an error. */
int session_watch_enable(struct session *s)
{
	const bool was = session_is_watched(s);
	int rc;

	if (!sysroot_is_live(&s->root))
		return refuse(s, _("it is another machine's tree"), _("run it there"));
	if (geteuid() != 0)
		return refuse(s, _("it needs root"), _("run it with sudo"));
	if (!s->state.present && !s->applied)
		return refuse(s, _("nothing was applied here yet"),
			      _("run 'vpsfit apply' first, or name the stack with --dir"));
	rc = write_plan(s);
	if (rc < 0)
		return rc;
	if (!can_run(s)) {
		note_by_hand(s);
		return 0;
	}
	rc = systemctl(s, "enable", session_watch_unit(s));
	/* What nothing runs is not watched, and can be asked for again. */
	if (rc < 0 && !was)
		(void)!file_remove(plan_path(s));
	return rc;
}

/* Turns the service off and takes the plan file away; what was seen is kept. Returns 0, or a negative errno. */
int session_watch_disable(struct session *s)
{
	int rc = 0;

	if (!sysroot_is_live(&s->root) || geteuid() != 0)
		return refuse(s, _("it needs root"), _("run it with sudo"));
	if (can_run(s))
		rc = systemctl(s, "disable", session_watch_unit(s));
	if (rc == 0 && session_is_watched(s))
		rc = file_remove(plan_path(s));
	return rc;
}

/* The sampler that was asked for along with an apply. */
static void turn(struct session *s, bool on)
{
	if (!on && !session_is_watched(s))
		return;
	if ((on ? session_watch_enable(s) : session_watch_disable(s)) == 0 && (!on || can_run(s)))
		diag_note(&s->diags, on ? "watched" : "not-watched", SEV_INFO, NULL,
			  on ? _("the stack in %s is watched from now on")
			     : _("the stack in %s is not watched any more; what was seen is kept"),
			  s->dir)
			->hint = on ? _("'vpsfit watch --disable' turns that off")
				    : _("'vpsfit watch --enable' turns it on again");
}

void session_watch_refresh(struct session *s)
{
	const char *asked = answer_text(&s->answers, ANSWER_WATCH);
	const size_t before = s->diags.count;

	if (asked)
		turn(s, STR_EQ(asked, "on"));
	else if (session_is_watched(s) && sysroot_is_live(&s->root))
		(void)!write_plan(s);
	only_warn(s, before);
}

bool session_watch_is_offered(struct session *s)
{
	return !session_is_watched(s) && can_run(s);
}
