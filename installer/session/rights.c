/* SPDX-License-Identifier: MIT */
#include "session/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/command_line.h"
#include "core/i18n.h"

/* Can this user create files in dir, or dir itself if it does not exist? */
static bool may_write(struct session *s, const char *dir)
{
	char *host = sysroot_resolve(&s->root, &s->arena, dir);

	while (host && faccessat(AT_FDCWD, host, F_OK, AT_EACCESS) < 0 && errno == ENOENT) {
		char *slash = strrchr(host, '/');

		if (!slash)
			break;
		/* For "/name", keep "/". */
		slash[slash == host] = '\0';
	}
	/* Link loops and the like are reported by the code that writes. */
	return !host || faccessat(AT_FDCWD, host, W_OK | X_OK, AT_EACCESS) == 0 || (errno != EACCES && errno != EROFS);
}

void session_rights(struct session *s, struct session_rights *ret)
{
	const struct plan_swap *swap = &s->plan.swap;
	struct strbuf out = STRBUF_INIT;

	*ret = (struct session_rights){.swap = s->machine.swap.needs_root && swap->action == SWAP_ACT_IMPOSSIBLE};
	if (geteuid() == 0)
		return;
	if (!may_write(s, s->dir))
		ret->dir = s->dir;
	else if (!may_write(s, s->state_dir))
		ret->dir = s->state_dir;
	if (!ret->dir && !ret->swap)
		return;
	command_line_sudo(s, &out);
	ret->command = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
}

/* Not root, on the running machine, and no --state given. */
static bool looks_past_root(const struct session *s)
{
	return geteuid() != 0 && sysroot_is_live(&s->root) && !answer_said(&s->answers, ANSWER_STATE);
}

bool session_roots_are_hidden(struct session *s)
{
	return looks_past_root(s) && access(ROOTS_STATE_DIR, R_OK | X_OK) < 0 && errno == EACCES;
}

/* Does the file have the comment that marks vpsfit's values? An unreadable file is another user's, and counts too. */
static bool looks_applied(struct session *s, const char *path)
{
	char *text;
	size_t len;
	int rc = sysroot_read(&s->root, &s->arena, path, 0, &text, &len);

	return rc == -EACCES || rc == -EPERM || (rc == 0 && strstr(text, "# vpsfit: "));
}

bool session_is_roots(struct session *s)
{
	const char *stack = s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : s->dir;
	struct stat st;

	if (!looks_past_root(s) || s->state.present)
		return false;
	if (lstat(state_store(&s->arena, ROOTS_STATE_DIR, stack), &st) == 0)
		return true;
	/* If even root's state directory is closed, look at the stack itself. */
	return errno == EACCES && stat(stack, &st) == 0 && st.st_uid == 0 &&
	       looks_applied(s, s->compose ? stack : arena_printf(&s->arena, "%s/" COMPOSE_FILE, s->dir));
}

bool session_refuse_roots(struct session *s)
{
	struct strbuf out = STRBUF_INIT;

	if (!session_is_roots(s))
		return false;
	strbuf_puts(&out, "sudo ");
	command_line_there(s, s->command ? s->command : "", &out);
	diag_add(&s->diags, SEV_ERROR, s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : s->dir,
		 _("was applied by root, and only root may look at its state; nothing was done"))
		->hint = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return true;
}
