/* SPDX-License-Identifier: MIT */
#include "watch/identity.h"

#include "watch/crc32c.h"
#include "watch/reading.h"

static size_t read_id(const struct sysroot *root, const char *path, char *ret, size_t size)
{
	struct reading r;
	long n;

	reading_start(&r, root);
	n = reading_file(&r, path, ret, size);
	reading_end(&r);
	return n < 0 ? 0 : (size_t)n;
}

uint64_t watch_machine(const struct sysroot *root)
{
	char text[80];
	size_t n = read_id(root, "/etc/machine-id", text, sizeof(text) - 1);

	text[n] = 'v';
	return (uint64_t)crc32c(text, n) << 32 | crc32c(text, n + 1);
}

uint32_t watch_boot(const struct sysroot *root)
{
	char text[80];

	return crc32c(text, read_id(root, "/proc/sys/kernel/random/boot_id", text, sizeof(text)));
}
