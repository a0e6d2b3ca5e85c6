/* SPDX-License-Identifier: MIT */
/* The files of a transaction, while it is put together. */
#include <string.h>

#include "apply/transaction.h"
#include "core/i18n.h"

static struct tx_file *add(struct transaction *t, const char *path, bool follow_last)
{
	struct tx_file *f = &t->files[t->count];
	int rc;

	if (t->count == TX_MAX_FILES) {
		diag_add(t->diags, SEV_ERROR, path, _("is one file too many for one change"));
		return NULL;
	}
	*f = (struct tx_file){.path = path};
	rc = file_at_find(t->root, t->a, path, follow_last, &f->at);
	if (rc < 0) {
		diag_add(t->diags, SEV_ERROR, path, _("cannot be used: %s"), file_at_why(t->root, t->a, rc))->hint =
			file_at_hint(rc, _("fix that, then run again"));
		return NULL;
	}
	t->count++;
	return f;
}

/*
 * Adds a file by its path on the machine. Returns NULL with an error if there are too many, or if the path may not be
 * followed.
 */
struct tx_file *transaction_add(struct transaction *t, const char *path)
{
	return add(t, path, true);
}

struct tx_file *transaction_add_link(struct transaction *t, const char *path)
{
	return add(t, path, false);
}

void transaction_add_missing_dirs(struct transaction *t, const char *path)
{
	const char *missing[TX_MAX_DIRS] = {NULL};
	struct tx_dirs *made = &t->made;
	size_t n = 0;
	const char *slash;

	for (const char *p = path; (slash = strrchr(p, '/')) && slash > p && n < TX_MAX_DIRS; n++) {
		p = arena_strndup(t->a, p, (size_t)(slash - p));
		if (sysroot_exists(t->root, p))
			break;
		missing[n] = p;
	}
	for (; n-- > 0 && made->count < TX_MAX_DIRS;) {
		bool known = false;

		for (size_t i = 0; i < made->count; i++)
			known |= STR_EQ(made->of[i], missing[n]);
		if (!known)
			made->of[made->count++] = missing[n];
	}
}
