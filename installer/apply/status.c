#include "apply/status.h"

#include <errno.h>
#include <string.h>

#include "files/at.h"
#include "core/i18n.h"

const char *file_fate_name(enum file_fate f)
{
	static const char *const names[] = {
		[FILE_SAME] = N_("as written"),
		[FILE_THERE] = N_("there"),
		[FILE_EDITED] = N_("edited since"),
		[FILE_MISSING] = N_("missing"),
		[FILE_UNREADABLE] = N_("cannot be read"),
	};

	ALL_NAMED(names, FILE_FATE_COUNT);

	return names[f];
}

/* A file without a hash is meant to be edited: it is only looked whether it is there. */
enum file_fate status_of_file(struct arena *a, const struct sysroot *r, const struct state_file *f)
{
	struct file_at at;
	char *text;
	size_t len;
	int rc = file_at_find(r, a, f->path, true, &at);

	if (rc == 0)
		rc = file_at_read(&at, a, &text, &len, NULL);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return FILE_MISSING;
	if (rc < 0)
		return FILE_UNREADABLE;
	if (f->hash == 0)
		return FILE_THERE;
	return f->hash == state_hash(text, len) ? FILE_SAME : FILE_EDITED;
}

const char *swap_fate_name(enum swap_fate f)
{
	static const char *const names[] = {
		[SWAP_IN_USE] = N_("in use"),
		[SWAP_NOT_IN_USE] = N_("not in use"),
		[SWAP_MISSING] = N_("missing"),
		[SWAP_CHANGED] = N_("changed since"),
	};

	ALL_NAMED(names, SWAP_FATE_COUNT);

	return names[f];
}

enum swap_fate status_of_swap(const struct machine *m, const struct swap_record *r)
{
	for (size_t i = 0; i < m->swap.candidate_count; i++) {
		const struct swap_candidate *c = &m->swap.candidates[i];

		if (!STR_EQ(c->path, r->path))
			continue;
		if (c->claim == SWAP_FREE)
			return SWAP_MISSING;
		if (c->claim == SWAP_TAKEN || (!c->device && c->size_mib != r->size_mib))
			return SWAP_CHANGED;
		return c->active ? SWAP_IN_USE : SWAP_NOT_IN_USE;
	}
	return SWAP_MISSING;
}
