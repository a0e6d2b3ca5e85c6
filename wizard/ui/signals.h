/* SPDX-License-Identifier: MIT */
/*
 * Delivers signals as bytes in a pipe, so that user interfaces handle them only where they wait for a key. There is one
 * terminal, and so one pipe per process.
 */
#ifndef VPSFIT_SIGNALS_H
#define VPSFIT_SIGNALS_H

#include <stdbool.h>

#include "core/macros.h"

int signals_open(void) must_check;
void signals_close(void);
/* Installs the handlers; call again if a library has replaced them. */
void signals_catch(void);
/* Readable once a signal has arrived. */
int signals_fd(void);
/* The next signal, or 0. */
int signals_take(void);
/* The signal that ends the wizard if one has arrived, else 0. */
int signals_fatal(void);
/* Stops the process as SIGTSTP does; returns when it is continued. */
void signals_stop_here(void);

#endif
