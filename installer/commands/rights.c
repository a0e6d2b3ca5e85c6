#include "commands/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "commands/command_line.h"

/* Could this user make files in it, and the directory itself where it is not there yet? */
static bool may_write(struct session *s, const char *dir)
{
	char *host = sysroot_resolve(&s->root, &s->arena, dir);

	while (host && faccessat(AT_FDCWD, host, F_OK, AT_EACCESS) < 0 && errno == ENOENT) {
		char *slash = strrchr(host, '/');

		if (!slash)
			break;
		/* Of "/name" the root is left. */
		slash[slash == host] = '\0';
	}
	/* What goes round in circles or is no directory is told by those who write. */
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
