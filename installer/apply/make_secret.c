/* SPDX-License-Identifier: MIT */
#include "apply/make_secret.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Makes one secret: 32 bytes of getrandom(2) in hex, safe in URLs and in YAML. */
int secret_make(const struct service_secret *secret, char out[static SECRET_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[SECRET_BYTES];
	size_t n = secret->prefix ? strlen(secret->prefix) : 0;

	if (TEMP_FAILURE_RETRY(getrandom(bytes, sizeof(bytes), 0)) != (ssize_t)sizeof(bytes))
		return -EIO;
	if (2 * SECRET_BYTES + n >= SECRET_TEXT)
		return -EINVAL;
	if (n > 0)
		memcpy(out, secret->prefix, n);
	for (size_t i = 0; i < SECRET_BYTES; i++) {
		out[n + 2 * i] = digits[bytes[i] >> 4];
		out[n + 2 * i + 1] = digits[bytes[i] & 15];
	}
	out[n + sizeof(bytes) * 2] = '\0';
	return 0;
}
