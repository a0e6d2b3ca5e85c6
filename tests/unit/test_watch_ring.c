/* SPDX-License-Identifier: MIT */
/* The ring and its dictionary: cut anywhere, torn in a write, of another machine, on a full disk; two at once. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch/crc32c.h"
#include "watch/dictionary.h"
#include "watch/ring.h"

#define MACHINE 0x1234567890abcdefu

struct place {
	char path[64];
	int dir;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	/* In memory: a ring is synced often. */
	snprintf(p->path, sizeof(p->path), "/dev/shm/vpsfit-ring-XXXXXX");
	if (!mkdtemp(p->path)) {
		snprintf(p->path, sizeof(p->path), "/tmp/vpsfit-ring-XXXXXX");
		if (!mkdtemp(p->path))
			return -1;
	}
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = p;
	return p->dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"ring",
					    "ring.lock",
					    "ring.services",
					    "ring.new",
					    "ring.set-aside.1",
					    "ring.set-aside.1.services",
					    "ring.set-aside.2",
					    "ring.set-aside.2.services",
					    "ring.set-aside.3",
					    "ring.set-aside.3.services"};
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(p->dir, names[i], 0);
	close(p->dir);
	rmdir(p->path);
	free(p);
	return 0;
}

static struct ring_sample sample(uint32_t n, uint8_t count)
{
	struct ring_sample s = {.time = 1000 + n, .boot = 7, .uptime = n, .count = count, .total_kib = 2048000};

	for (uint8_t i = 0; i < count; i++)
		s.services[i] = (struct ring_service){n, n + 1, n + 2, n + 3, n + 4, 1, 2, i, 3, 4, RING_SETTLED};
	return s;
}

struct seen {
	uint32_t count, least, most, wrong;
};

static bool note(void *context, uint32_t cell, const struct ring_sample *s)
{
	struct seen *seen = context;

	(void)cell;
	seen->count++;
	seen->least = seen->least == 0 || s->seq < seen->least ? s->seq : seen->least;
	seen->most = s->seq > seen->most ? s->seq : seen->most;
	seen->wrong += s->count > 0 && s->services[0].need_kib != s->time - 1000;
	return true;
}

static struct seen look(int fd)
{
	struct seen seen = {0, 0, 0, 0};

	assert_int_equal(ring_scan(fd, note, &seen), 0);
	return seen;
}

static void checksum(void **state)
{
	(void)state;
	assert_int_equal(crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(crc32c("", 0), 0);
}

static void keeps_what_was_written(void **state)
{
	struct place *p = *state;
	struct ring r;

	assert_int_equal(ring_open(&r, p->dir, MACHINE, 1, 300), 0);
	assert_null(r.why_aside);
	for (uint32_t n = 0; n < 100; n++) {
		struct ring_sample s = sample(n, (uint8_t)(n % 5));

		assert_int_equal(ring_append(&r, &s), 0);
	}
	ring_close(&r);
	assert_int_equal(ring_open(&r, p->dir, MACHINE, 2, 300), 0);
	assert_int_equal(r.next_seq, 101);
	assert_int_equal(r.header.created, 1);
	assert_int_equal(look(r.fd).count, 100);
	assert_int_equal(look(r.fd).wrong, 0);
	ring_close(&r);
}

/* Three times round, with samples of changing length: what was written last is there, whole. */
static void goes_round(void **state)
{
	struct place *p = *state;
	struct seen seen;
	struct ring r;

	assert_int_equal(ring_open(&r, p->dir, MACHINE, 1, 300), 0);
	for (uint32_t n = 0; n < 33000; n++) {
		struct ring_sample s = sample(n, (uint8_t)(n * 7 % 9));

		assert_int_equal(ring_append(&r, &s), 0);
	}
	seen = look(r.fd);
	assert_int_equal(seen.most, 33000);
	assert_int_equal(seen.wrong, 0);
	assert_true(seen.count > 10000);
	ring_close(&r);
	assert_int_equal(ring_open(&r, p->dir, MACHINE, 1, 300), 0);
	assert_int_equal(r.next_seq, 33001);
	ring_close(&r);
}

/* A power cut after any number of bytes of a write: all earlier samples are there, the next one goes behind them. */
static void torn_writes(void **state)
{
	struct place *p = *state;
	unsigned char bytes[RING_SAMPLE_MAX], before[RING_SAMPLE_MAX];
	struct ring r;

	assert_int_equal(ring_open(&r, p->dir, MACHINE, 1, 300), 0);
	for (uint32_t n = 0; n < 10; n++) {
		struct ring_sample s = sample(n, 4);

		assert_int_equal(ring_append(&r, &s), 0);
	}
	for (size_t cut = 0; cut <= 6 * RING_CELL; cut++) {
		struct ring_sample s = sample(10, 4);
		struct ring again;
		const off_t at = (off_t)r.next_cell * RING_CELL;
		size_t len;
		bool whole;

		s.seq = r.next_seq;
		len = ring_put_sample(&s, bytes);
		assert_int_equal(pread(r.fd, before, len, at), len);
		whole = memcmp(before + cut, bytes + cut, len - cut) == 0;
		assert_int_equal(pwrite(r.fd, bytes, cut, at), cut);
		assert_int_equal(ring_open(&again, p->dir, MACHINE, 1, 300), 0);
		assert_int_equal(again.next_seq, whole ? 12 : 11);
		assert_int_equal(look(again.fd).count, whole ? 11 : 10);
		ring_close(&again);
		assert_int_equal(pwrite(r.fd, before, len, at), len);
	}
	ring_close(&r);
}

/* The file itself cut at any byte near its start and at many behind: set aside, never mixed, never lost. */
static void cut_files(void **state)
{
	struct place *p = *state;
	struct ring r;

	for (off_t len = 0; len < RING_BYTES; len += len < 2 * RING_CELL + 2 ? 1 : 99991) {
		struct ring_sample s = sample(1, 4);

		assert_int_equal(ring_open(&r, p->dir, MACHINE, 1, 300), 0);
		assert_int_equal(ring_append(&r, &s), 0);
		assert_int_equal(ftruncate(r.fd, len), 0);
		ring_close(&r);
		assert_int_equal(ring_open(&r, p->dir, MACHINE, 1, 300), 0);
		assert_non_null(r.why_aside);
		assert_int_equal(look(r.fd).count, 0);
		assert_int_equal(faccessat(p->dir, RING_SET_ASIDE ".1", F_OK, 0), 0);
		ring_close(&r);
		unlinkat(p->dir, "ring", 0);
		unlinkat(p->dir, RING_SET_ASIDE ".1", 0);
		unlinkat(p->dir, RING_SET_ASIDE ".2", 0);
		unlinkat(p->dir, RING_SET_ASIDE ".3", 0);
	}
}

static void flipped_bytes(void **state)
{
	unsigned char bytes[RING_SAMPLE_MAX];
	struct ring_sample s = sample(3, 3), back;
	size_t len = ring_put_sample(&s, bytes);
	(void)state;

	assert_int_equal(ring_get_sample(bytes, len, &back), len);
	assert_int_equal(back.services[2].limit_kib, 7);
	for (size_t i = 0; i < len; i++)
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] ^= (unsigned char)(1 << bit);
			/* 22 to 28 are the head's last fields, then padding of other cells: all are in the checksum. */
			assert_int_equal(ring_get_sample(bytes, len, &back), 0);
			bytes[i] ^= (unsigned char)(1 << bit);
		}
	for (size_t n = 0; n < len; n++)
		assert_int_equal(ring_get_sample(bytes, n, &back), 0);
}

static void of_another_machine_or_version(void **state)
{
	struct place *p = *state;
	unsigned char header[2 * RING_CELL];
	struct ring_header h;
	struct ring r;

	assert_int_equal(ring_open(&r, p->dir, MACHINE, 1, 300), 0);
	ring_close(&r);
	assert_int_equal(ring_open(&r, p->dir, MACHINE + 1, 2, 300), 0);
	assert_string_equal(r.why_aside, "it is of another machine");
	h = r.header;
	h.version = 2;
	ring_put_header(&h, header);
	assert_int_equal(pwrite(r.fd, header, sizeof(header), 0), sizeof(header));
	ring_close(&r);
	assert_int_equal(ring_open(&r, p->dir, MACHINE + 1, 3, 300), 0);
	assert_string_equal(r.why_aside, "another version of vpsfit wrote it");
	ring_close(&r);
	assert_int_equal(ring_open(&r, p->dir, MACHINE + 1, 3, 60), 0);
	assert_string_equal(r.why_aside, "its samples are of another interval");
	ring_close(&r);
	assert_int_equal(faccessat(p->dir, RING_SET_ASIDE ".3", F_OK, 0), 0);
}

static void one_writer(void **state)
{
	struct place *p = *state;
	int first = ring_lock(p->dir);

	assert_true(first >= 0);
	assert_int_equal(ring_lock(p->dir), -EWOULDBLOCK);
	close(first);
	first = ring_lock(p->dir);
	assert_true(first >= 0);
	close(first);
}

/* No room for the whole ring: it is said now, and nothing half is left. */
static void full_disk(void **state)
{
	struct place *p = *state;
	struct rlimit was, small = {RING_BYTES / 2, RING_BYTES / 2};
	struct ring r;
	int rc;

	getrlimit(RLIMIT_FSIZE, &was);
	small.rlim_max = was.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	rc = ring_open(&r, p->dir, MACHINE, 1, 300);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(rc, -EFBIG);
	assert_int_equal(faccessat(p->dir, "ring", F_OK, 0), -1);
	assert_int_equal(faccessat(p->dir, "ring.new", F_OK, 0), -1);
}

static struct dictionary_row row_of(const char *service, const char *image, int64_t workers, int64_t limit)
{
	struct dictionary_row row = {.workers = workers, .limit_kib = limit};

	snprintf(row.service, sizeof(row.service), "%s", service);
	snprintf(row.image, sizeof(row.image), "%s", image);
	return row;
}

static void another_image_is_another_row(void **state)
{
	struct place *p = *state;
	struct dictionary d;
	struct dictionary_row rows[] = {row_of("litellm", "abc", 2, 1572864), row_of("litellm", "abd", 2, 1572864),
					row_of("litellm", "abc", 3, 1572864), row_of("litellm", "abc", 2, 0),
					row_of("name with blanks", "", 0, 0)};

	assert_int_equal(dictionary_open(&d, p->dir, 77), 0);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			assert_int_equal(dictionary_index(&d, &rows[i]), i);
		dictionary_close(&d);
		assert_int_equal(dictionary_open(&d, p->dir, 77), 0);
	}
	assert_int_equal(d.count, 5);
	assert_string_equal(d.rows[4].service, "name with blanks");
	dictionary_close(&d);
	/* Of another ring: its indexes mean nothing here. */
	assert_int_equal(dictionary_open(&d, p->dir, 78), 0);
	assert_int_equal(d.count, 0);
	dictionary_close(&d);
}

/* Cut at every byte: whole lines stay, and a new row takes the next index, as it would have. */
static void a_cut_dictionary(void **state)
{
	struct place *p = *state;
	struct dictionary_row a = row_of("litellm", "abc", 2, 1), b = row_of("postgres", "def", 0, 2),
			      c = row_of("nginx", "f", 0, 3);
	struct dictionary d;
	off_t len;

	for (off_t cut = 0;; cut++) {
		size_t whole;

		unlinkat(p->dir, RING_SERVICES, 0);
		assert_int_equal(dictionary_open(&d, p->dir, 5), 0);
		assert_int_equal(dictionary_index(&d, &a), 0);
		assert_int_equal(dictionary_index(&d, &b), 1);
		len = (off_t)d.bytes;
		if (cut > len) {
			dictionary_close(&d);
			break;
		}
		assert_int_equal(ftruncate(d.fd, cut), 0);
		dictionary_close(&d);
		assert_int_equal(dictionary_open(&d, p->dir, 5), 0);
		whole = d.count;
		assert_true(whole <= 2);
		assert_int_equal(dictionary_index(&d, &c), whole);
		dictionary_close(&d);
		assert_int_equal(dictionary_read(&d, p->dir, "ring.services", 5), 0);
		assert_int_equal(d.count, whole + 1);
		assert_string_equal(d.rows[whole].service, "nginx");
		dictionary_close(&d);
	}
	assert_true(len > 60);
}

int main(void)
{
#define IN_A_PLACE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum),
		cmocka_unit_test(flipped_bytes),
		IN_A_PLACE(keeps_what_was_written),
		IN_A_PLACE(goes_round),
		IN_A_PLACE(torn_writes),
		IN_A_PLACE(cut_files),
		IN_A_PLACE(of_another_machine_or_version),
		IN_A_PLACE(one_writer),
		IN_A_PLACE(full_disk),
		IN_A_PLACE(another_image_is_another_row),
		IN_A_PLACE(a_cut_dictionary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
