/* SPDX-License-Identifier: MIT */
/* Answers as the command line that gives them. */
#ifndef VPSFIT_COMMAND_LINE_H
#define VPSFIT_COMMAND_LINE_H

#include "session/session.h"

/* "vpsfit apply --yes ...", quoted for a shell: run unattended, it writes what these answers write. Secrets are not in
 * it, and neither are decisions about single values, for which there is no flag (see command_line_note). */
void command_line_render(struct session *s, struct strbuf *out);
/* What starts the stack, or takes over what was changed in it. */
void command_line_start(struct session *s, struct strbuf *out);
/* "sudo vpsfit" with what was answered so far by flags. */
void command_line_sudo(struct session *s, struct strbuf *out);
/* "vpsfit COMMAND" for the same stack as it is typed on the machine itself, without other answers. */
void command_line_there(struct session *s, const char *command, struct strbuf *out);
/* "vpsfit status" for the same stack. */
void command_line_status(struct session *s, struct strbuf *out);
/* The same as it is typed on the machine itself, where that is a tree here. */
void command_line_status_there(struct session *s, struct strbuf *out);
/* What the command line cannot say, one line each; nothing where it says all. */
void command_line_note(const struct session *s, struct strbuf *out);

#endif
