/* SPDX-License-Identifier: MIT */
#include "watch/crc32c.h"

/* The checksum of RFC 3720 (Castagnoli), four bits at a time: a table of 64 bytes instead of one of 1 KiB. */
uint32_t crc32c(const void *bytes, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const unsigned char *at = bytes;
	uint32_t crc = ~(uint32_t)0;

	while (len-- > 0) {
		crc ^= *at++;
		crc = table[crc & 15] ^ (crc >> 4);
		crc = table[crc & 15] ^ (crc >> 4);
	}
	return ~crc;
}
