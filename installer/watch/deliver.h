/* SPDX-License-Identifier: MIT */
/* Where messages go: the journal, and programs of the administrator's. */
#ifndef VPSFIT_WATCH_DELIVER_H
#define VPSFIT_WATCH_DELIVER_H

#include "core/macros.h"
#include "watch/feed.h"

#define ALERT_DIR "/etc/vpsfit/alert.d"
/* A program gets so long, and messages are so far apart. */
#define ALERT_PROGRAM_SECONDS 20
#define ALERT_APART_SECONDS 60

void deliver_line(const char *text, int priority);
void deliver_journal(const struct alert_message *m);
/* Puts the message into a spool directory, for deliver_spool of this or another process. 0 or -errno. */
int deliver_put(const char *spool, const struct alert_message *m) must_check;
/* Runs the programs in `programs` for each message in the spool, then removes it. Takes its time. */
int deliver_spool(const char *spool, const char *programs, int apart_seconds) must_check;
bool deliver_is_waiting(const char *spool);
int deliver_textfile(const char *dir, const struct watch_sample *s) must_check;

#endif
