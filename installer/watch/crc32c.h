/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_WATCH_CRC32C_H
#define VPSFIT_WATCH_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *bytes, size_t len);

#endif
