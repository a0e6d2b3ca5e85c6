/* SPDX-License-Identifier: MIT */
/* Asks a server on this machine for a page. */
#ifndef VPSFIT_SESSION_HTTP_H
#define VPSFIT_SESSION_HTTP_H

/*
 * GET / from address (IPv4, or IPv6 with or without brackets) and port. Returns the status code of the answer, such as
 * 200, or 0 if nothing that speaks HTTP answered within timeout_ms.
 */
int http_status(const char *address, const char *port, int timeout_ms);

#endif
