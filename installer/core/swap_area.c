/* SPDX-License-Identifier: MIT */
#include "core/swap_area.h"

#include <stddef.h>

#include "core/i18n.h"
#include "core/macros.h"

const char *swap_kind_name(enum swap_kind k)
{
	static const char *const names[] = {
		[SWAP_KIND_FILE] = N_("file"),
		[SWAP_KIND_PARTITION] = N_("partition"),
		[SWAP_KIND_ZRAM] = N_("zram"),
		[SWAP_KIND_HOST] = N_("host"),
	};

	ALL_NAMED(names, SWAP_KIND_COUNT);

	return names[k];
}

bool swap_is_changed(const struct swap_change *c)
{
	return c->before.mib != c->after.mib || c->before.on != c->after.on;
}

int64_t swap_change_mib(const struct swap_change *c)
{
	return c->after.mib > 0 ? c->after.mib : c->before.mib;
}

struct swap_change swap_change_back(const struct swap_change *c)
{
	struct swap_change back = *c;

	back.before = c->after;
	back.after = c->before;
	return back;
}

/* Bytes that were written are there on every file system; those that were only allocated are not taken by all. */
const char *swap_fill_holes(struct arena *a, const struct swap_area *file)
{
	return arena_printf(a,
			    _("it has holes, as a copy that left out zeros has, and the kernel takes no such file: 'dd "
			      "if=/dev/zero of=%s bs=1M count=%lld' and 'mkswap %s' make it whole, then 'swapon %s'"),
			    file->path, (long long)file->size_mib, file->path, file->path);
}
