/* SPDX-License-Identifier: MIT */
/* Small helpers that every file may use. No I/O, no state. */
#ifndef VPSFIT_MACROS_H
#define VPSFIT_MACROS_H

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Fails the build if a table indexed by an enum lacks its last values; a unit test finds holes. */
#define ALL_NAMED(table, count) _Static_assert(ARRAY_SIZE(table) == (count), "a value of the enum has no entry")
#define must_check __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

#define STR_EQ(a, b) (strcmp((a), (b)) == 0)

#endif
