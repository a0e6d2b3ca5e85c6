/* SPDX-License-Identifier: MIT */
/* What the sampler kept, as lines: the last samples, and the highest of each day. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/discreet.h"
#include "report/bundle.h"
#include "watch/dictionary.h"
#include "watch/ring.h"

#define LAST_SAMPLES 288 /* a day of them, five minutes apart */
#define DAY 86400
#define MAX_DAYS 4096

struct day {
	uint32_t day;
	uint16_t index;
	uint32_t need_kib, swap_kib;
	unsigned kills, restarts;
};

struct kept_samples {
	struct ring_sample *last; /* by time */
	size_t count, total;
	struct day days[MAX_DAYS];
	size_t day_count;
};

static struct day *day_of(struct kept_samples *k, uint32_t day, uint16_t index)
{
	for (size_t i = k->day_count; i-- > 0;)
		if (k->days[i].day == day && k->days[i].index == index)
			return &k->days[i];
	if (k->day_count == MAX_DAYS)
		return NULL;
	k->days[k->day_count] = (struct day){.day = day, .index = index};
	return &k->days[k->day_count++];
}

static void add_to_day(struct kept_samples *k, const struct ring_sample *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct ring_service *one = &s->services[i];
		struct day *d = day_of(k, s->time / DAY, one->index);

		if (!d)
			return;
		d->need_kib = one->need_kib > d->need_kib ? one->need_kib : d->need_kib;
		d->swap_kib = one->swap_kib > d->swap_kib ? one->swap_kib : d->swap_kib;
		d->kills += one->kills;
		d->restarts += one->restarts;
	}
}

static bool take(void *context, uint32_t cell, const struct ring_sample *s)
{
	struct kept_samples *k = context;
	size_t at;

	(void)cell;
	k->total++;
	add_to_day(k, s);
	if (k->count == LAST_SAMPLES) {
		if (s->time < k->last[0].time)
			return true;
		memmove(k->last, k->last + 1, --k->count * sizeof(*s));
	}
	for (at = k->count; at > 0 && k->last[at - 1].time > s->time; at--)
		k->last[at] = k->last[at - 1];
	k->last[at] = *s;
	k->count++;
	return true;
}

static int by_day(const void *x, const void *y)
{
	const struct day *a = x, *b = y;

	return a->day != b->day ? (a->day < b->day ? -1 : 1) : (int)a->index - (int)b->index;
}

/* A service's name is one of a compose file; the dictionary is a file as any other. */
static const char *service_name(struct redactor *r, const struct dictionary *d, uint16_t index)
{
	const char *name = index < d->count ? d->rows[index].service : "?";

	return discreet_is_name(name, strlen(name)) && !discreet_is_token(name, strlen(name))
		       ? redact_string(r, name)
		       : redact_token(r, REDACT_VALUE, name, strlen(name));
}

static void put_rows(struct redactor *r, const struct dictionary *d, struct strbuf *out)
{
	strbuf_puts(out, "# index service workers limit_mib image\n");
	for (size_t i = 0; i < d->count; i++)
		strbuf_printf(out, "service %zu %s %lld %lld %s\n", i, service_name(r, d, (uint16_t)i),
			      (long long)d->rows[i].workers, (long long)d->rows[i].limit_kib / 1024,
			      discreet_shape_fits(SHAPE_IMAGE, d->rows[i].image) ? redact_string(r, d->rows[i].image)
										 : "-");
}

static void put_days(struct kept_samples *k, struct redactor *r, const struct dictionary *d, struct strbuf *out)
{
	if (k->day_count > 0)
		qsort(k->days, k->day_count, sizeof(*k->days), by_day);
	strbuf_puts(out, "\n# day (since 1970) service most_need_mib most_swap_mib kills restarts\n");
	for (size_t i = 0; i < k->day_count; i++) {
		const struct day *day = &k->days[i];

		strbuf_printf(out, "day %u %s %u %u %u %u\n", day->day, service_name(r, d, day->index),
			      day->need_kib / 1024, day->swap_kib / 1024, day->kills, day->restarts);
	}
}

static void put_samples(const struct kept_samples *k, struct strbuf *out)
{
	strbuf_puts(out,
		    "\n# seconds_since_1970 total_mib available_mib swap_used_mib full_pressure_percent oom_kills; "
		    "index:need/ws/swap/limit_mib,kills,restarts\n");
	for (size_t i = 0; i < k->count; i++) {
		const struct ring_sample *s = &k->last[i];

		strbuf_printf(out, "sample %u %u %u %u %u.%02u %u;", s->time, s->total_kib / 1024,
			      s->available_kib / 1024, s->swap_used_kib / 1024, s->pressure_full / 100U,
			      s->pressure_full % 100U, s->oom_total);
		for (size_t n = 0; n < s->count; n++) {
			const struct ring_service *one = &s->services[n];

			strbuf_printf(out, " %u:%u/%u/%u/%u,%u,%u", one->index, one->need_kib / 1024,
				      one->ws_kib / 1024, one->swap_kib / 1024, one->limit_kib / 1024, one->kills,
				      one->restarts);
		}
		strbuf_putc(out, '\n');
	}
}

const char *bundle_ring(struct arena *a, struct redactor *r, int dir)
{
	struct kept_samples *k = arena_alloc(a, sizeof(*k));
	int fd = openat(dir, RING_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct dictionary d = {.fd = -1};
	struct ring_header header;
	struct strbuf out = STRBUF_INIT;
	const char *text;

	if (fd < 0)
		return NULL;
	k->last = arena_array(a, LAST_SAMPLES + 1, sizeof(*k->last));
	if (ring_header_of(fd, &header) < 0 || ring_scan(fd, take, k) < 0 || dictionary_read(&d, dir, header.id) < 0)
		strbuf_puts(&out, "# The ring cannot be read as one of this version.\n");
	put_rows(r, &d, &out);
	put_days(k, r, &d, &out);
	put_samples(k, &out);
	dictionary_close(&d);
	close(fd);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}
