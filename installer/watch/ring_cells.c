/* SPDX-License-Identifier: MIT */
#include "watch/ring_cells.h"

#include <string.h>

#include "watch/crc32c.h"

#define HEAD_MAGIC 0x53765273u
#define FILE_MAGIC "VPSFRING"

static unsigned char *put16(unsigned char *at, unsigned v)
{
	at[0] = (unsigned char)(v & 255);
	at[1] = (unsigned char)((v >> 8) & 255);
	return at + 2;
}

static unsigned char *put32(unsigned char *at, uint32_t v)
{
	return put16(put16(at, v & 0xffff), v >> 16);
}

static unsigned char *put64(unsigned char *at, uint64_t v)
{
	return put32(put32(at, (uint32_t)v), (uint32_t)(v >> 32));
}

static uint16_t get16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const unsigned char *at)
{
	return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static uint64_t get64(const unsigned char *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

/* Two cells. */
void ring_put_header(const struct ring_header *h, unsigned char *ret)
{
	unsigned char *at = ret;

	memset(ret, 0, (size_t)2 * RING_CELL);
	memcpy(at, FILE_MAGIC, 8);
	at = put32(at + 8, h->version);
	at = put32(at, RING_CELLS);
	at = put64(at, h->machine);
	at = put64(at, h->created);
	at = put32(at, h->interval);
	at = put32(at, h->id);
	put32(at, crc32c(ret, (size_t)(at - ret)));
}

/* False: it is no ring, or its header is damaged. The version may be another one. */
bool ring_get_header(const unsigned char *bytes, struct ring_header *ret)
{
	if (memcmp(bytes, FILE_MAGIC, 8) != 0)
		return false;
	*ret = (struct ring_header){get32(bytes + 8), get64(bytes + 16), get64(bytes + 24), get32(bytes + 32),
				    get32(bytes + 36)};
	return ret->version != RING_VERSION ||
	       (get32(bytes + 12) == RING_CELLS && get32(bytes + 40) == crc32c(bytes, 40));
}

static void put_host(const struct ring_sample *s, unsigned char *at)
{
	at = put32(put32(at, s->total_kib), s->available_kib);
	at = put32(put32(at, s->swap_total_kib), s->swap_used_kib);
	at = put32(put32(at, s->others_kib), s->oom_total);
	put16(put16(at, s->others_kills), s->unnamed);
}

static void get_host(const unsigned char *at, struct ring_sample *ret)
{
	ret->total_kib = get32(at);
	ret->available_kib = get32(at + 4);
	ret->swap_total_kib = get32(at + 8);
	ret->swap_used_kib = get32(at + 12);
	ret->others_kib = get32(at + 16);
	ret->oom_total = get32(at + 20);
	ret->others_kills = get16(at + 24);
	ret->unnamed = get16(at + 26);
}

static void put_service(const struct ring_service *s, unsigned char *at)
{
	at = put32(put32(at, s->need_kib), s->ws_kib);
	at = put32(put32(put32(at, s->swap_kib), s->start_kib), s->limit_kib);
	at = put16(put16(put16(at, s->kills), s->restarts), s->index);
	put16(put16(put16(at, s->pressure), s->limit_hits), s->flags);
}

static void get_service(const unsigned char *at, struct ring_service *ret)
{
	*ret = (struct ring_service){get32(at),	     get32(at + 4),  get32(at + 8),  get32(at + 12),
				     get32(at + 16), get16(at + 20), get16(at + 22), get16(at + 24),
				     get16(at + 26), get16(at + 28), get16(at + 30)};
}

/* Writes count + 2 cells; returns their bytes. The checksum is over all of them, with 0 in its place. */
size_t ring_put_sample(const struct ring_sample *s, unsigned char *ret)
{
	const size_t len = ((size_t)s->count + 2) * RING_CELL;
	unsigned char *at = ret;

	memset(ret, 0, len);
	at = put32(put32(at, HEAD_MAGIC), s->time);
	at = put32(put32(put32(at, s->boot), s->seq), s->uptime);
	*at++ = s->count;
	*at++ = s->flags;
	put16(put16(at, s->pressure_some), s->pressure_full);
	put_host(s, ret + RING_CELL);
	for (size_t i = 0; i < s->count; i++)
		put_service(&s->services[i], ret + (i + 2) * RING_CELL);
	put32(ret + 28, crc32c(ret, len));
	return len;
}

static bool checksum_holds(const unsigned char *bytes, size_t len)
{
	unsigned char copy[RING_SAMPLE_MAX];

	memcpy(copy, bytes, len);
	memset(copy + 28, 0, 4);
	return crc32c(copy, len) == get32(bytes + 28);
}

/* The sample that starts at `bytes`; returns its length, or 0: none starts there, or it is not whole. */
size_t ring_get_sample(const unsigned char *bytes, size_t len, struct ring_sample *ret)
{
	size_t count, all;

	if (len < (size_t)2 * RING_CELL || get32(bytes) != HEAD_MAGIC)
		return 0;
	count = bytes[20];
	all = (count + 2) * RING_CELL;
	if (count > RING_MAX_SERVICES || all > len || !checksum_holds(bytes, all))
		return 0;
	ret->time = get32(bytes + 4);
	ret->boot = get32(bytes + 8);
	ret->seq = get32(bytes + 12);
	ret->uptime = get32(bytes + 16);
	ret->count = (uint8_t)count;
	ret->flags = bytes[21];
	ret->pressure_some = get16(bytes + 22);
	ret->pressure_full = get16(bytes + 24);
	get_host(bytes + RING_CELL, ret);
	for (size_t i = 0; i < count; i++)
		get_service(bytes + (i + 2) * RING_CELL, &ret->services[i]);
	return all;
}
