/* SPDX-License-Identifier: MIT */
#include "wizard/ui/newt_library.h"

#include <dlfcn.h>
#include <string.h>

#include "core/macros.h"

struct newt_calls newt;
struct slang_calls slang;

#ifdef VPSFIT_STATIC
/* Both are part of the program. */
bool newt_library_load(void)
{
#define X(name) newt.name = newt##name;
	NEWT_CALLS(X)
#undef X
#define X(name) slang.name = name;
	SLANG_CALLS(X)
#undef X
	return true;
}
#else

/* The sonames that the headers belong to: Debian's libnewt0.52 and libslang2, the same in Alpine and Fedora. */
#define NEWT_SONAME "libnewt.so.0.52"
#define SLANG_SONAME "libslang.so.2"

struct call {
	const char *name;
	void *where; /* a pointer to a function */
};

static const struct call newt_calls[] = {
#define X(name) {"newt" #name, &newt.name},
	NEWT_CALLS(X)
#undef X
};
static const struct call slang_calls[] = {
#define X(name) {#name, &slang.name},
	SLANG_CALLS(X)
#undef X
};

/* The library stays loaded: S-Lang's handlers at exit are part of it. */
static bool load(const char *soname, const struct call *calls, size_t count)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	bool all = library != NULL;

	for (size_t i = 0; all && i < count; i++) {
		void *found = dlsym(library, calls[i].name);

		/* POSIX has a pointer to a function fit into one to an object, but C converts none into the other. */
		memcpy(calls[i].where, &found, sizeof(found));
		all = found != NULL;
	}
	return all;
}

/* Loads both libraries, once. False: one is missing, or too old to have all functions; nothing must be called then. */
bool newt_library_load(void)
{
	static bool tried, is_loaded;

	if (!tried)
		is_loaded = load(NEWT_SONAME, newt_calls, ARRAY_SIZE(newt_calls)) &&
			    load(SLANG_SONAME, slang_calls, ARRAY_SIZE(slang_calls));
	tried = true;
	return is_loaded;
}
#endif
