/* SPDX-License-Identifier: MIT */
/* Small helpers that every file may use. No I/O, no state. */
#ifndef VPSFIT_MACROS_H
#define VPSFIT_MACROS_H

#include <features.h>

/* glibc has this in unistd.h, musl has not. */
#ifndef __GLIBC__
#include <errno.h>
#define TEMP_FAILURE_RETRY(call)                                                                                       \
	({                                                                                                             \
		long int result_of_call;                                                                               \
                                                                                                                       \
		do                                                                                                     \
			result_of_call = (long int)(call);                                                             \
		while (result_of_call == -1L && errno == EINTR);                                                       \
		result_of_call;                                                                                        \
	})
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Fails the build if a table indexed by an enum lacks its last values; a unit test finds holes. */
#define ALL_NAMED(table, count) _Static_assert(ARRAY_SIZE(table) == (count), "a value of the enum has no entry")
#define must_check __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

#define STR_EQ(a, b) (strcmp((a), (b)) == 0)

#endif
