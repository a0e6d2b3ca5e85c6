/* SPDX-License-Identifier: MIT */
/* Renders answers as the equivalent command line. */
#ifndef VPSFIT_COMMAND_LINE_H
#define VPSFIT_COMMAND_LINE_H

#include "session/session.h"

/*
 * "vpsfit apply ..." quoted for a shell: run unattended, it writes what these answers write. Secrets are left out, and
 * so are decisions about single values, for which there is no flag (see command_line_note).
 */
void command_line_render(struct session *s, struct strbuf *out);
/* Compose's command for this stack: command is "ps", or another that a shell takes as it is. */
void command_line_compose(struct session *s, const char *command, struct strbuf *out);
/* The command that starts the stack, or restarts what changed. */
void command_line_start(struct session *s, struct strbuf *out);
/* "sudo vpsfit" with the answers given so far as flags. */
void command_line_sudo(struct session *s, struct strbuf *out);
/* "vpsfit COMMAND" for the same stack, as typed on the target machine, without other answers. */
void command_line_there(struct session *s, const char *command, struct strbuf *out);
/* "vpsfit status" for the same stack, as typed here. */
void command_line_status(struct session *s, struct strbuf *out);
/* The same as typed on the target machine, without --sysroot. */
void command_line_status_there(struct session *s, struct strbuf *out);
/*
 * The text with the stack's own --dir, --compose or --state in each command of vpsfit's that it quotes and that would
 * else be about the usual place: 'vpsfit apply --images new' can then be typed as it stands.
 */
const char *command_line_address(struct session *s, const char *text);
/* The same for all messages. */
void command_line_address_all(struct session *s);
/* What the command line cannot express, one line each. */
void command_line_note(const struct session *s, struct strbuf *out);

#endif
