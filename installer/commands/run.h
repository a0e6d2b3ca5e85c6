/* SPDX-License-Identifier: MIT */
/* The commands' functions. Each command has a file in this folder; the wizard's is in wizard/. */
#ifndef VPSFIT_COMMANDS_RUN_H
#define VPSFIT_COMMANDS_RUN_H

#include "session/session.h"

enum exit_code command_detect(struct session *s);
enum exit_code command_plan(struct session *s);
enum exit_code command_apply(struct session *s);
enum exit_code command_status(struct session *s);
enum exit_code command_rollback(struct session *s);
enum exit_code command_recover(struct session *s);
enum exit_code command_notice(struct session *s);
enum exit_code command_forget(struct session *s);
enum exit_code command_sizes(struct session *s);
enum exit_code command_export(struct session *s);
enum exit_code command_watch(struct session *s);
enum exit_code command_calibrate(struct session *s);
enum exit_code command_report(struct session *s);
enum exit_code command_wizard(struct session *s);

#endif
