/* SPDX-License-Identifier: MIT */
/*
 * Signals as bytes in a pipe, so that a user interface meets them where it waits for a key and nowhere else. A wizard
 * has one terminal: this is one for the process.
 */
#ifndef VPSFIT_SIGNALS_H
#define VPSFIT_SIGNALS_H

#include <stdbool.h>

#include "core/macros.h"

int signals_open(void) must_check;
void signals_close(void);
/* Sets the handlers, again where a library put others in their place. */
void signals_catch(void);
/* Readable when a signal has come. */
int signals_fd(void);
/* The next signal that has come; 0 where there is none. */
int signals_take(void);
/* The signal that ends the wizard, once one has come; else 0. */
int signals_fatal(void);
/* Stops the process as SIGTSTP does, and returns when it is continued. */
void signals_stop_here(void);

#endif
