/* SPDX-License-Identifier: MIT */
/* For the one static program for all distributions (make static). */
#ifndef VPSFIT_STATIC_LIBC_H
#define VPSFIT_STATIC_LIBC_H

void static_libc_set_up(const char *dir);

#endif
