/* SPDX-License-Identifier: MIT */
#include "core/swap_device.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/strbuf.h"
#include "core/swap_steps.h"

/* Does a path, UUID=... or LABEL=..., as in fstab(5), name the area? */
static bool names(const char *name, const struct swap_area *area)
{
	if (strncmp(name, "UUID=", 5) == 0)
		return area->uuid && strcasecmp(name + 5, area->uuid) == 0;
	if (strncmp(name, "LABEL=", 6) == 0)
		return area->label && STR_EQ(name + 6, area->label);
	return STR_EQ(name, area->path);
}

/* The number of partitions with the name; *ret is the last one. zram and files do not count. */
static size_t find(const struct machine_swap *w, const char *name, struct swap_area *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < w->inactive_count; i++)
		if (names(name, &w->inactive[i])) {
			*ret = w->inactive[i];
			found++;
		}
	for (size_t i = 0; i < w->area_count; i++)
		if (w->areas[i].kind == SWAP_KIND_PARTITION && names(name, &w->areas[i])) {
			*ret = w->areas[i];
			found++;
		}
	return found;
}

size_t plan_swap_devices(const struct machine *m, struct swap_area out[static MACHINE_MAX_SWAPS])
{
	const struct machine_swap *w = &m->swap;
	size_t n = 0;

	for (size_t i = 0; i < w->inactive_count; i++)
		if (!w->inactive[i].held)
			out[n++] = w->inactive[i];
	for (size_t i = 0; i < w->candidate_count && n < MACHINE_MAX_SWAPS; i++) {
		const struct swap_area *c = &w->candidates[i];

		if (c->kind == SWAP_KIND_PARTITION && c->active && c->recorded && c->owner == SWAP_OWNER_OURS)
			out[n++] = *c;
	}
	return n;
}

static const char *to_choose_from(const struct planning *in)
{
	struct swap_area all[MACHINE_MAX_SWAPS];
	size_t n = plan_swap_devices(in->machine, all);
	struct strbuf list = STRBUF_INIT;
	const char *text;

	if (!STR_EQ(in->machine->sysroot, "/"))
		return _("a tree has no devices to look at: use auto, none or a size");
	if (n == 0)
		return _("no swap partition lies idle here; 'vpsfit detect' shows what there is");
	for (size_t i = 0; i < n; i++)
		strbuf_printf(&list, "%s%s (%lld MiB)", i ? ", " : _("there are: "), all[i].path,
			      (long long)all[i].size_mib);
	text = arena_strdup(in->arena, strbuf_text(&list));
	strbuf_clear(&list);
	return text;
}

/* swapon would overwrite what somebody else is working with. */
static int refuse_held(const struct planning *in, const struct swap_area *device)
{
	diag_add(in->diags, SEV_ERROR, NULL, _("the swap partition %s is in use: %s; nothing was planned"),
		 device->path, device->held)
		->hint = _("stop what uses it, or use auto, none or a size");
	return -EINVAL;
}

int swap_device_settle(const struct planning *in, struct plan *p)
{
	const struct swap_answer asked = answer_swap(in->answers);
	const struct machine_swap *w = &in->machine->swap;
	struct diag *d;
	size_t found;

	p->swap.mode = asked.mode;
	if (asked.mode != SWAP_MODE_DEVICE)
		return 0;
	found = find(w, asked.device, &p->swap.device);
	if (found == 1 && p->swap.device.held && in->answers->of[ANSWER_SWAP].origin == ORIGIN_REMEMBERED) {
		p->swap.mode = SWAP_MODE_AUTO;
		return 0;
	}
	if (found == 1 && p->swap.device.held)
		return refuse_held(in, &p->swap.device);
	/* Partitions are probed only where swap can be turned on; else plan_swap_advice reports why it cannot. */
	if (found == 1 || (found == 0 && !w->possible)) {
		if (found == 0)
			p->swap.device = (struct swap_area){.path = asked.device, .kind = SWAP_KIND_PARTITION};
		return 0;
	}
	if (in->answers->of[ANSWER_SWAP].origin == ORIGIN_REMEMBERED) {
		p->swap.mode = SWAP_MODE_AUTO;
		p->swap.missing = asked.device;
		return 0;
	}
	d = diag_add(in->diags, SEV_ERROR, NULL,
		     found > 1 ? _("'%s' names more than one swap partition; nothing was planned")
			       : _("there is no idle swap partition '%s'; nothing was planned"),
		     asked.device);
	d->hint = to_choose_from(in);
	return -EINVAL;
}

void swap_device_advice(const struct planning *in, struct plan *p)
{
	struct plan_swap *s = &p->swap;
	const struct swap_area *device = &s->device;
	const struct swap_sum others = swap_recorded_but(in->machine, device->path);

	s->wanted_mib = s->size_mib = device->size_mib;
	s->path = device->path;
	s->action = device->active ? SWAP_ACT_KEEP : SWAP_ACT_ACTIVATE;
	s->total_mib = s->present_mib + (device->active ? 0 : device->size_mib);
	if (!device->active)
		swap_steps_turn_on(s, device);
	if (others.count == 0 || !in->machine->swap.possible)
		return;
	if (!swap_may_turn_off(in->machine, others.used_mib)) {
		s->left = arena_printf(in->arena,
				       _("%s was to make way for %s; it holds %lld MiB and %lld MiB of memory are "
					 "available, which is less than that plus %d: both are used, until a run when "
					 "more is free"),
				       others.path, device->path, (long long)others.used_mib,
				       (long long)in->machine->ram.available.value, SWAP_HEADROOM_MIB);
		return;
	}
	swap_steps_drop_recorded_but(s, device->path);
	s->total_mib -= others.active_mib;
}
