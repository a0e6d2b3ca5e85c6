/* SPDX-License-Identifier: MIT */
/* What an address that something listens on means: as text, IPv6 with or without brackets. */
#ifndef VPSFIT_ADDRESS_H
#define VPSFIT_ADDRESS_H

#include <stdbool.h>

/* All addresses of the machine. */
bool address_is_any(const char *address);
/* This machine alone. */
bool address_is_loopback(const char *address);
/* Does an http:// or https:// address lead to the machine, or the container, that asks it? */
bool address_url_is_loopback(const char *url);

#endif
