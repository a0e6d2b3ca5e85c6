/* SPDX-License-Identifier: MIT */
/* The rules about the machine itself: its swap, its engine, and what else the stack needs of it. */
#include <string.h>

#include "core/i18n.h"
#include "core/planner.h"
#include "core/units.h"

const char *advice_fstab_swap(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;

	(void)p;
	if (w->fstab_inactive_count == 0)
		return NULL;
	return arena_printf(in->arena, _("/etc/fstab names %s as swap, and it is not in use: 'swapon -a' tells why%s"),
			    w->fstab_inactive[0], w->fstab_inactive_count > 1 ? _(" (and there are more)") : "");
}

/* Said while swap is wanted that is not there yet; whoever chose a way already knows. */
const char *advice_swap_offered(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;
	const struct swap_area *first = NULL;
	size_t more = 0;

	for (size_t i = 0; i < w->inactive_count; i++)
		if (w->inactive[i].spared && first)
			more++;
		else if (w->inactive[i].spared)
			first = &w->inactive[i];
	if (!first || p->swap.mode != SWAP_MODE_AUTO || p->swap.wanted_mib <= p->swap.present_mib)
		return NULL;
	return arena_printf(in->arena,
			    first->held ? _("%s is a swap partition of %lld MiB, and is left alone: %s%s")
					: _("%s is a swap partition of %lld MiB that is not in use, and is not turned on "
					    "unasked: %s%s; if nothing else needs what is in it, --swap %s takes it"),
			    first->path, (long long)first->size_mib, first->spared,
			    more > 0 ? _(" (and there are more, 'vpsfit detect' lists them)") : "", first->path);
}

const char *advice_swap_file_idle(const struct planning *in, const struct plan *p)
{
	const struct swap_area *f = &in->machine->swap.idle_file;

	if (!f->path || p->swap.wanted_mib <= p->swap.present_mib)
		return NULL;
	return arena_printf(in->arena,
			    _("%s is a swap file of %lld MiB that is not in use and not vpsfit's: to use it, 'swapon %s', "
			      "add the line '%s none swap sw,nofail 0 0' to /etc/fstab, and run vpsfit again%s"),
			    f->path, (long long)f->size_mib, f->path, f->path,
			    p->swap.action == SWAP_ACT_CREATE ? _("; otherwise a second file is made beside it") : "");
}

const char *advice_swap_passing(const struct planning *in, const struct plan *p)
{
	const struct machine_swap *w = &in->machine->swap;
	const char *names = NULL, *line = NULL;

	(void)p;
	for (size_t i = 0; i < w->area_count; i++) {
		const struct swap_area *s = &w->areas[i];

		if (!s->passing)
			continue;
		line = line ? line
		       : s->uuid
			       ? arena_printf(in->arena, "UUID=%s none swap sw,nofail 0 0", s->uuid)
			       : arena_printf(in->arena, "%s none swap sw,nofail 0 0", s->path);
		names = names ? arena_printf(in->arena, "%s, %s", names, s->path) : s->path;
	}
	if (!names)
		return NULL;
	return arena_printf(in->arena,
			    _("nothing was found that turns the swap at %s on at boot: it is counted, and gone after a "
			      "reboot; a line in /etc/fstab keeps it: '%s'"),
			    names, line);
}
