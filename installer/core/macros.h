/* Small helpers that every file may use. No I/O, no state. */
#ifndef VPSFIT_MACROS_H
#define VPSFIT_MACROS_H

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define must_check __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define cleanup(fn) __attribute__((cleanup(fn)))

/* Hands ownership over and leaves NULL behind: return TAKE_PTR(p). */
#define TAKE_PTR(p)                                                                      \
	({                                                                               \
		__typeof__(p) taken_ = (p);                                              \
		(p) = NULL;                                                              \
		taken_;                                                                  \
	})

#define STR_EQ(a, b) (strcmp((a), (b)) == 0)

#endif
