/* SPDX-License-Identifier: MIT */
#include "apply/history.h"

#include <string.h>

#include "state/state.h"

static bool is_copy(const struct tx_file *f, const char *path, const char *text, size_t len)
{
	return STR_EQ(f->path, path) && f->after.present && !f->after.link &&
	       (!text || (f->after.len == len && memcmp(f->after.text, text, len) == 0));
}

/* Looks in one entry. What is wrong with it is for those to say who need it. */
static bool find_in(struct transaction *t, long entry, const char *path, const char *text, size_t len,
		    struct history_copy *ret)
{
	const char *dir = state_entry_dir(t->a, t->store, entry);

	if (journal_read(t, dir) < 0)
		return false;
	for (size_t i = 0; i < t->count; i++) {
		if (!is_copy(&t->files[i], path, text, len))
			continue;
		*ret = (struct history_copy){t->time, arena_printf(t->a, "%s/%zu.after", dir, i), t->files[i].after};
		return true;
	}
	return false;
}

bool history_find(struct arena *a, const struct sysroot *root, const char *store, long below, const char *path,
		  const char *text, size_t len, struct history_copy *ret)
{
	struct diag_list unheard;
	bool found = false;

	diag_init(&unheard, a);
	for (long e = state_newest(a, store, below); e > 0 && !found; e = state_newest(a, store, e)) {
		struct transaction t = {.a = a, .root = root, .store = store, .diags = &unheard};

		found = find_in(&t, e, path, text, len, ret);
	}
	diag_clear(&unheard);
	return found;
}
