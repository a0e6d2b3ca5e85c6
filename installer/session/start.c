/* SPDX-License-Identifier: MIT */
#include "session/start.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "compose/env.h"
#include "core/address.h"
#include "core/i18n.h"
#include "core/text.h"
#include "files/child.h"
#include "files/run_lines.h"
#include "session/command_line.h"
#include "session/container_states.h"
#include "session/front.h"
#include "session/http.h"

#define LOOK_EVERY_MS 2000
/* Between two lines of Compose that are shown: it says one for each layer of an image. */
#define SHOW_EVERY_MS 2000
#define HTTP_MS 5000
#define LAST_LINES 5
#define LOGS_MS 10000
#define STEADY_MS 10000
#define MAX_ENV ((size_t)1 << 20)

struct starting {
	struct session *s;
	const struct start_progress *progress;
	int64_t began, deadline, shown;
	int64_t steady;	   /* since when no container has changed */
	struct arena a[2]; /* of the state now and the one before */
	struct container_states now, before;
	int turn;
	const char *last[LAST_LINES];
	size_t said;
	bool unknown; /* the engine did not tell the last time */
};

static int64_t timeout_s(const struct session *s)
{
	return answer_said(&s->answers, ANSWER_START_TIMEOUT) ? answer_number(&s->answers, ANSWER_START_TIMEOUT)
							      : DEFAULT_START_TIMEOUT_S;
}

static void say(const struct starting *st, const char *text)
{
	if (st->progress->say)
		st->progress->say(st->progress->context, text);
}

bool start_can(const struct session *s)
{
	const struct machine_engine *e = &s->machine.engine;

	return sysroot_is_live(&s->root) && e->docker && e->kind != ENGINE_HOST && e->compose && e->docker_path &&
	       (e->compose_path || !STR_EQ(e->compose_command, "docker-compose"));
}

bool start_is_possible(struct session *s)
{
	const struct machine_engine *e = &s->machine.engine;

	if (!sysroot_is_live(&s->root)) {
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("--start starts the stack of this machine, not of a tree; nothing was written"))
			->hint = _("leave out --start or --sysroot");
		return false;
	}
	if (e->kind == ENGINE_HOST) {
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("--start would start the stack on the host of this container, where its directory is not; "
			   "nothing was written"))
			->hint = _("run vpsfit on the host itself, or leave out --start");
		return false;
	}
	if (!start_can(s)) {
		diag_add(&s->diags, SEV_ERROR, NULL,
			 e->docker && e->docker_path
				 ? _("--start needs Compose, which was not found; nothing was written")
				 : _("--start needs Docker and Compose, which were not found; nothing was written"))
			->hint = _("install them, or leave out --start: the steps are printed then");
		return false;
	}
	return true;
}

/* Keeps the last lines, and shows one now and then. */
static void on_line(void *context, const char *text)
{
	struct starting *st = context;
	int64_t now = child_now_ms();

	st->last[st->said++ % LAST_LINES] = arena_strdup(&st->s->arena, text);
	if (now - st->shown < SHOW_EVERY_MS)
		return;
	st->shown = now;
	say(st, text);
}

/* Values of .env that a container might print. Short ones are left: they would be found in any text. */
#define LEAST_HIDDEN 8

/* .env as it is on disk: the change set does not hold the secrets that the apply has made. */
static const char *env_now(struct session *s)
{
	char *text;
	size_t len;
	int rc = sysroot_read(&s->root, &s->arena, arena_printf(&s->arena, "%s/.env", s->dir), MAX_ENV, &text, &len);

	return rc >= 0 ? text : NULL;
}

static const char *without_secrets(struct session *s, const char *text)
{
	for (const char *line = env_now(s); line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *value = line + strcspn(line, "=\n");
		const char *secret, *at;

		if (value[0] != '=')
			continue;
		secret = arena_strndup(&s->arena, value + 1, strcspn(value + 1, "\r\n"));
		while (strlen(secret) >= LEAST_HIDDEN && (at = strstr(text, secret)))
			text = arena_printf(&s->arena, "%.*s%s%s", (int)(at - text), text, _("(hidden)"),
					    at + strlen(secret));
	}
	return text;
}

static const char *last_lines(struct starting *st)
{
	struct arena *a = &st->s->arena;
	size_t from = st->said > LAST_LINES ? st->said - LAST_LINES : 0;
	const char *text = "";

	for (size_t i = from; i < st->said; i++)
		text = arena_printf(a, "%s%s%s", text, i > from ? "\n    " : "", st->last[i % LAST_LINES]);
	return without_secrets(st->s, text);
}

static void complain_of_those_that_are_not_well(struct starting *st);

static bool run_up(struct starting *st)
{
	static const char *const up[] = {"up", "-d", NULL};
	struct session *s = st->s;
	const struct lines_request r = {.argv = compose_arguments(s, up),
					.dir = compose_directory(s),
					.timeout_ms = (int)(st->deadline - child_now_ms()),
					.errors = true,
					.line = on_line,
					.context = st};
	int rc = run_lines(&r);
	struct strbuf command = STRBUF_INIT;

	if (rc == 0)
		return true;
	command_line_compose(s, "up -d", &command);
	if (rc == -ETIMEDOUT)
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("the stack is written, but Compose did not start it within the time of --start-timeout. The "
			   "last lines that it printed:\n    %s"),
			 last_lines(st))
			->hint = text_aprintf(&s->arena, _("go on with: %s"), strbuf_text(&command));
	else
		diag_add(
			&s->diags, SEV_ERROR, NULL,
			_("the stack is written, but Compose did not start it. The last lines that it printed:\n    %s"),
			st->said ? last_lines(st) : strerror(rc < 0 ? -rc : EIO))
			->hint = text_aprintf(&s->arena, _("when that is fixed: %s"), strbuf_text(&command));
	strbuf_clear(&command);
	complain_of_those_that_are_not_well(st);
	return false;
}

static const char *state_text(const struct container_state *c)
{
	if (STR_EQ(c->status, "running") && STR_EQ(c->health, "healthy"))
		return _("healthy");
	if (STR_EQ(c->status, "running") && c->health[0] && !STR_EQ(c->health, "unhealthy"))
		return _("starting");
	if (STR_EQ(c->status, "running") && c->health[0])
		return _("not healthy");
	if (STR_EQ(c->status, "running"))
		return _("running");
	if (STR_EQ(c->status, "restarting"))
		return _("ended and is being restarted");
	if (STR_EQ(c->status, "exited"))
		return c->exit_code == 0 ? _("done") : _("ended");
	return _("not started yet");
}

static const struct container_state *same_service(const struct container_states *all, const struct container_state *c)
{
	for (size_t i = 0; i < all->count; i++)
		if (STR_EQ(all->items[i].id, c->id))
			return &all->items[i];
	return NULL;
}

/* Returns whether anything did. */
static bool say_what_changed(struct starting *st)
{
	bool changed = false;

	for (size_t i = 0; i < st->now.count; i++) {
		const struct container_state *c = &st->now.items[i], *was = same_service(&st->before, c);

		changed = changed || !was || was->restarts != c->restarts;
		if (was && STR_EQ(state_text(was), state_text(c)))
			continue;
		say(st, text_aprintf(&st->s->arena, "%s: %s", c->service, state_text(c)));
		changed = true;
	}
	return changed;
}

/* Does the page come? A stack of somebody else's has none that is known, nor one whose ports do not tell. */
static bool answers(struct session *s)
{
	struct published is;
	int status;

	front_published(s, &is);
	if (!is.bind)
		return true;
	status = http_status(address_is_any(is.bind) ? "127.0.0.1" : is.bind, is.port, HTTP_MS);
	return status >= 200 && status < 400;
}

/* All are well; those without a health check count after a while only, since they may end at once. */
static bool all_are_well(const struct starting *st)
{
	bool checked = true;

	for (size_t i = 0; i < st->now.count; i++) {
		const struct container_state *c = &st->now.items[i];

		if (!container_is_well(c))
			return false;
		/* What has ended well has nothing more to end. */
		checked = checked && (STR_EQ(c->health, "healthy") || STR_EQ(c->status, "exited"));
	}
	return st->now.count > 0 && (checked || child_now_ms() - st->steady >= STEADY_MS);
}

static bool look(struct starting *st)
{
	struct session *s = st->s;

	st->before = st->now;
	st->turn = !st->turn;
	arena_clear(&st->a[st->turn]);
	st->unknown = container_states_read(s, &st->a[st->turn], &st->now) < 0;
	if (st->unknown)
		return false;
	if (say_what_changed(st))
		st->steady = child_now_ms();
	return all_are_well(st) && answers(s);
}

static void complain(struct starting *st, const struct container_state *c)
{
	struct session *s = st->s;
	const char *const argv[] = {s->machine.engine.docker_path, "logs", "--tail", "5", c->id, NULL};
	const struct lines_request r = {
		.argv = argv, .timeout_ms = LOGS_MS, .errors = true, .line = on_line, .context = st};
	struct strbuf command = STRBUF_INIT;
	struct diag *d;

	st->said = 0;
	st->shown = INT64_MAX;
	if (run_lines(&r) != 0)
		st->said = 0;
	if (c->out_of_memory)
		d = diag_add(&s->diags, SEV_ERROR, NULL,
			     _("%s was ended for lack of memory: it needed more than its limit"), c->service);
	else if (c->restarts > 0)
		d = diag_add(&s->diags, SEV_ERROR, NULL, _("%s is %s; it was restarted %d times"), c->service,
			     state_text(c), c->restarts);
	else
		d = diag_add(&s->diags, SEV_ERROR, NULL, _("%s is %s"), c->service, state_text(c));
	if (st->said)
		d->text = text_aprintf(&s->arena, _("%s. Its last lines:\n    %s"), d->text, last_lines(st));
	command_line_compose(s, text_aprintf(&s->arena, "logs %s", c->service), &command);
	d->hint = text_aprintf(&s->arena, _("its full log: %s"), strbuf_text(&command));
	strbuf_clear(&command);
}

/*
 * Compose waits for what is to be done before others start, and gives up with it: what it says of that is its exit
 * status, and the container has said why. What was never started says nothing.
 */
static void complain_of_those_that_are_not_well(struct starting *st)
{
	if (container_states_read(st->s, &st->s->arena, &st->now) < 0)
		return;
	for (size_t i = 0; i < st->now.count; i++)
		if (!container_is_well(&st->now.items[i]) && !STR_EQ(st->now.items[i].status, "created"))
			complain(st, &st->now.items[i]);
}

static void say_what_is_wrong(struct starting *st)
{
	struct session *s = st->s;
	size_t wrong = 0;

	diag_add(&s->diags, SEV_ERROR, NULL,
		 _("the stack is written and started, but it did not answer within %lld seconds"),
		 (long long)timeout_s(s))
		->hint = _("a slow machine may need more: the containers go on starting; --start-timeout waits longer");
	for (size_t i = 0; i < st->now.count; i++) {
		if (container_is_well(&st->now.items[i]))
			continue;
		complain(st, &st->now.items[i]);
		wrong++;
	}
	if (wrong == 0 && st->now.count > 0)
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("all containers run, and no page comes from the gateway's address"));
	if (st->now.count == 0)
		diag_add(&s->diags, SEV_ERROR, NULL,
			 st->unknown ? _("the engine does not tell how the containers are")
				     : _("the engine shows no containers of this stack"));
}

static bool wait_until_it_answers(struct starting *st)
{
	while (child_now_ms() < st->deadline) {
		if (look(st))
			return true;
		poll(NULL, 0, LOOK_EVERY_MS);
	}
	return false;
}

static void say_well(const struct starting *st)
{
	const long long seconds = (child_now_ms() - st->began) / 1000;
	struct arena *a = &st->s->arena;
	struct published is;

	front_published(st->s, &is);
	say(st, st->s->compose || is.bind
			? text_aprintf(a, _("The gateway answers, after %lld seconds."), seconds)
			: text_aprintf(a,
				       _("The containers are well, after %lld seconds. Whether the page comes was not "
					 "looked at: where it is cannot be told from the ports in the compose files."),
				       seconds));
}

bool start_stack(struct session *s, const struct start_progress *progress)
{
	struct starting *st = arena_alloc(&s->arena, sizeof(*st));
	bool well;

	*st = (struct starting){.s = s, .progress = progress, .began = child_now_ms(), .a = {ARENA_INIT, ARENA_INIT}};
	st->deadline = st->began + timeout_s(s) * 1000;
	say(st, _("Starting it"));
	well = run_up(st);
	if (well && !wait_until_it_answers(st)) {
		say_what_is_wrong(st);
		well = false;
	}
	if (well)
		say_well(st);
	arena_clear(&st->a[0]);
	arena_clear(&st->a[1]);
	s->started = well;
	session_detect_again(s);
	return well;
}
