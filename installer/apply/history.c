/* SPDX-License-Identifier: MIT */
#include "apply/history.h"

#include <string.h>

#include "state/state.h"

static bool is_copy(const struct tx_file *f, const char *path, const char *text, size_t len)
{
	return STR_EQ(f->path, path) && f->after.present && !f->after.link && f->after.len == len &&
	       memcmp(f->after.text, text, len) == 0;
}

/* When an apply left the file at that path with this very text; NULL: none that is kept did. */
const char *history_as_of(struct arena *a, const struct sysroot *root, const char *store, const char *path,
			  const char *text, size_t len)
{
	const long newest = state_newest(a, store, 0);
	struct diag_list unheard;
	const char *time = NULL;

	diag_init(&unheard, a);
	for (long e = newest; e > 0 && !time; e = state_newest(a, store, e)) {
		struct transaction t = {.a = a, .root = root, .store = store, .diags = &unheard};

		if (journal_read(&t, state_entry_dir(a, store, e)) < 0)
			continue;
		for (size_t i = 0; i < t.count && !time; i++)
			time = is_copy(&t.files[i], path, text, len) ? t.time : NULL;
	}
	diag_clear(&unheard);
	return time;
}

bool history_last(struct arena *a, const struct sysroot *root, const char *store, long below, const char *path,
		  struct tx_copy *ret)
{
	struct diag_list unheard;
	bool found = false;

	diag_init(&unheard, a);
	for (long e = state_newest(a, store, below); e > 0 && !found; e = state_newest(a, store, e)) {
		struct transaction t = {.a = a, .root = root, .store = store, .diags = &unheard};

		if (journal_read(&t, state_entry_dir(a, store, e)) < 0)
			continue;
		for (size_t i = 0; i < t.count && !found; i++) {
			found = STR_EQ(t.files[i].path, path) && t.files[i].after.present && !t.files[i].after.link;
			if (found)
				*ret = t.files[i].after;
		}
	}
	diag_clear(&unheard);
	return found;
}
