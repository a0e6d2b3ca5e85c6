/* SPDX-License-Identifier: MIT */
#include "output/machine_text.h"

#include <string.h>

#include "core/i18n.h"
#include "core/units.h"
#include "output/style.h"

#define LABEL 16

static void fact_line(struct strbuf *out, const char *label, const struct fact *f, const char *unit)
{
	const char *sep = f->why ? "; " : "", *why = f->why ? f->why : "";

	if (f->confidence == FACT_UNKNOWN)
		style_wrapf(out, label, LABEL, _("unknown (%s%s%s)"), f->source, sep, why);
	else if (f->confidence == FACT_EXACT)
		style_wrapf(out, label, LABEL, "%lld%s (%s%s%s)", (long long)f->value, unit, f->source, sep, why);
	else
		style_wrapf(out, label, LABEL, "%lld%s, %s (%s%s%s)", (long long)f->value, unit,
			    _(confidence_name(f->confidence)), f->source, sep, why);
}

/* A part that is nothing needs no line; one that is not known does. */
static void part_line(struct strbuf *out, const char *label, const struct fact *f)
{
	if (f->confidence == FACT_UNKNOWN || f->value > 0)
		fact_line(out, label, f, " MiB");
}

static void ram_text(const struct machine_ram *r, struct strbuf *out)
{
	strbuf_puts(out, _("Memory\n"));
	fact_line(out, _("  nominal"), &r->nominal, " MiB");
	fact_line(out, _("  usable"), &r->usable, " MiB");
	fact_line(out, _("  effective"), &r->effective, " MiB");
	fact_line(out, _("  available"), &r->available, " MiB");
	fact_line(out, _("  in use now"), &r->in_use, " MiB");
	part_line(out, _("  containers"), &r->containers);
	if (r->gateway.confidence != FACT_UNKNOWN)
		part_line(out, _("  gateway"), &r->gateway);
	part_line(out, _("  engine"), &r->daemons);
	if (r->huge_pages_mib > 0)
		style_wrapf(out, _("  huge pages"), LABEL, _("%lld MiB, of what is in use"),
			    (long long)r->huge_pages_mib);
	if (r->arc_mib > 0)
		style_wrapf(out, _("  ZFS cache"), LABEL, _("%lld MiB above its minimum, given back at need"),
			    (long long)r->arc_mib);
	if (r->gap_text)
		style_wrapf(out, "  [!]", LABEL, "%s", r->gap_text);
}

static void cpus_text(const struct machine_cpus *c, struct strbuf *out)
{
	strbuf_puts(out, _("Cores\n"));
	fact_line(out, _("  online"), &c->online, "");
	fact_line(out, _("  affinity"), &c->affinity, "");
	fact_line(out, _("  cpuset"), &c->cpuset, "");
	if (c->quota_milli.confidence == FACT_UNKNOWN)
		style_wrapf(out, _("  quota"), LABEL, "%s", _("none"));
	else
		style_wrapf(out, _("  quota"), LABEL, _("%lld.%02lld cores (%s)"),
			    (long long)(c->quota_milli.value / 1000), (long long)(c->quota_milli.value % 1000 / 10),
			    c->quota_milli.source);
	fact_line(out, _("  effective"), &c->effective, "");
}

static void area_text(const struct swap_area *s, const char *label, struct strbuf *out)
{
	style_wrapf(out, label, LABEL, _("%s %s, %lld MiB, %lld in use, priority %d%s"), _(swap_kind_name(s->kind)),
		    s->path, (long long)s->size_mib, (long long)s->used_mib, s->priority,
		    s->deleted	 ? _(", deleted")
		    : s->passing ? _(", not turned on at boot")
				 : "");
}

static void idle_text(const struct swap_area *s, struct strbuf *out)
{
	area_text(s, _("  not in use"), out);
	if (s->spared)
		style_wrapf(out, "", LABEL, _("not turned on unasked: %s"), s->spared);
}

static void swap_text(const struct machine_swap *s, struct strbuf *out)
{
	strbuf_puts(out, _("Swap\n"));
	fact_line(out, _("  on disk"), &s->active, " MiB");
	if (s->used_mib > 0) {
		style_wrapf(out, _("  in use"), LABEL, _("%lld MiB"), (long long)s->used_mib);
		fact_line(out, _("  containers"), &s->containers, " MiB");
		fact_line(out, _("  system"), &s->system, " MiB");
	}
	for (size_t i = 0; i < s->area_count; i++)
		area_text(&s->areas[i], _("  active"), out);
	for (size_t i = 0; i < s->inactive_count; i++)
		idle_text(&s->inactive[i], out);
	if (s->idle_file.path)
		style_wrapf(
			out, _("  not in use"), LABEL,
			s->idle_file.holes
				? _("file %s, %lld MiB, not vpsfit's; it has holes, and the kernel takes no such file")
				: _("file %s, %lld MiB, not vpsfit's; 'swapon %s' turns it on"),
			s->idle_file.path, (long long)s->idle_file.size_mib, s->idle_file.path);
	if (s->zram_mib > 0)
		style_wrapf(out, _("  zram"), LABEL, _("%lld MiB, not counted: it lives in RAM"),
			    (long long)s->zram_mib);
	if (s->zswap)
		style_wrapf(out, _("  zswap"), LABEL, "%s", _("on: pages are compressed in RAM first; not counted"));
	for (size_t i = 0; i < s->candidate_count; i++)
		if (s->candidates[i].owner == SWAP_OWNER_OURS)
			style_wrapf(out, _("  vpsfit's"), LABEL, "%s, %lld MiB%s", s->candidates[i].path,
				    (long long)s->candidates[i].size_mib,
				    s->candidates[i].active ? "" : _(", not in use"));
	for (size_t i = 0; i < s->fstab_inactive_count; i++)
		style_wrapf(out, "  [!]", LABEL, _("%s is in /etc/fstab as swap and not in use"), s->fstab_inactive[i]);
	if (!s->possible)
		style_wrapf(out, "  [!]", LABEL, _("swap cannot be turned on here: %s"), s->impossible);
}

static void system_text(const struct machine *m, struct strbuf *out)
{
	const struct machine_distro *d = &m->distro;
	const struct machine_virt *v = &m->virt;

	strbuf_puts(out, _("System\n"));
	style_wrapf(out, _("  distribution"), LABEL, "%s (%s)", d->name, d->source);
	style_wrapf(out, _("  footprint"), LABEL, "%s, %s (%s)", _(distro_class_name(d->class)),
		    _(confidence_name(d->confidence)), d->evidence);
	style_wrapf(out, _("  virtual"), LABEL, "%s%s (%s%s%s)", _(virt_kind_name(v->kind)),
		    v->unprivileged ? _(", unprivileged") : "", v->source, v->why ? "; " : "", v->why ? v->why : "");
	style_wrapf(out, _("  kernel"), LABEL, _("%s on %s%s"), m->kernel, m->arch, m->systemd ? ", systemd" : "");
}

static void disk_text(const struct machine_disk *d, const char *label, struct strbuf *out)
{
	if (d->free.confidence == FACT_UNKNOWN)
		style_wrapf(out, label, LABEL, _("%s on %s, free space unknown"), d->path, d->fs);
	else
		style_wrapf(out, label, LABEL, _("%s on %s, %lld MiB free%s"), d->path, d->fs, (long long)d->free.value,
			    d->read_only ? _(", read-only") : "");
	if (d->no_swap)
		style_wrapf(out, "", LABEL, _("no swap file here: %s"), d->no_swap);
}

static void tool_text(const char *label, bool present, const char *version, const char *path, const char *source,
		      struct strbuf *out)
{
	if (!present)
		style_wrapf(out, label, LABEL, "%s", _("not found"));
	else
		style_wrapf(out, label, LABEL, "%s%s%s (%s)", path ? path : _("present"),
			    version ? _(", version ") : "", version ? version : "",
			    source ? source : _("found in the file system"));
}

static void engine_text(const struct machine_engine *e, struct strbuf *out)
{
	static const char *const enforced[] = {
		[ENFORCED_UNKNOWN] = N_("unknown"),
		[ENFORCED_YES] = N_("enforced"),
		[ENFORCED_NO] = N_("NOT enforced"),
	};

	ALL_NAMED(enforced, ENFORCED_COUNT);

	strbuf_puts(out, _("Engine\n"));
	tool_text(_("  Docker"), e->docker, e->docker_version, e->docker_path, e->docker_source, out);
	tool_text(_("  Compose"), e->compose, e->compose_version, e->compose_path, e->compose_source, out);
	if (e->instead)
		style_wrapf(out, "  [!]", LABEL, "%s", e->instead);
	if (e->rootless)
		style_wrapf(out, _("  rootless"), LABEL, "%s", e->rootless_why ? e->rootless_why : _("yes"));
	style_wrapf(out, _("  memory limits"), LABEL, "%s (%s)", _(enforced[e->limits]), e->limits_why);
	style_wrapf(out, _("  data root"), LABEL, "%s (%s)", e->data_root,
		    STR_EQ(e->data_root, e->data_root_source) ? _("the usual place") : e->data_root_source);
	if (!STR_EQ(e->image_store, e->data_root))
		style_wrapf(out, _("  images"), LABEL, "%s", e->image_store);
}

/* What it may use, what of it is in swap, whose it is, and why its use is unknown. */
static void container_notes(const struct machine_container *c, struct strbuf *notes)
{
	if (c->limit_mib > 0)
		strbuf_printf(notes, _(", limit %lld MiB"), (long long)c->limit_mib);
	if (c->swap.confidence != FACT_UNKNOWN && c->swap.value > 0)
		strbuf_printf(notes, _(", %lld MiB in swap"), (long long)c->swap.value);
	if (c->ours)
		strbuf_puts(notes, _(", of this stack"));
	if (c->use.confidence != FACT_UNKNOWN)
		return;
	strbuf_puts(notes, ": ");
	strbuf_puts(notes, c->use.why);
}

static void container_text(const struct machine_container *c, struct strbuf *out)
{
	const bool of_compose = c->project && c->service;
	struct strbuf label = STRBUF_INIT, notes = STRBUF_INIT;

	if (c->use.confidence == FACT_UNKNOWN)
		strbuf_puts(&label, _("  unknown"));
	else
		strbuf_printf(&label, _("  %lld MiB"), (long long)c->use.value);
	container_notes(c, &notes);
	style_wrapf(out, strbuf_text(&label), LABEL, "%s%s%s%s%s%s%s%s%s", c->name, of_compose ? " (" : "",
		    of_compose ? c->project : "", of_compose ? "/" : "", of_compose ? c->service : "",
		    of_compose ? ")" : "", c->image ? ", " : "", c->image ? c->image : "", strbuf_text(&notes));
	strbuf_clear(&label);
	strbuf_clear(&notes);
}

static void containers_text(const struct machine_containers *list, struct strbuf *out)
{
	if (list->count > 0)
		strbuf_puts(out, _("Containers\n"));
	for (size_t i = 0; i < list->count; i++)
		container_text(&list->items[i], out);
}

void machine_text(const struct machine *m, struct strbuf *out)
{
	ram_text(&m->ram, out);
	cpus_text(&m->cpus, out);
	swap_text(&m->swap, out);
	system_text(m, out);
	strbuf_puts(out, _("Disk\n"));
	disk_text(&m->stack_disk, _("  stack"), out);
	disk_text(&m->swap_disk, _("  swap file"), out);
	disk_text(&m->image_disk, _("  images"), out);
	engine_text(&m->engine, out);
	containers_text(&m->containers, out);
}

void machine_summary(const struct machine *m, struct strbuf *out)
{
	char sold[UNITS_TEXT];

	style_wrapf(out, _("Machine"), LABEL,
		    Q_("%s RAM (%lld MiB usable%s), %lld core, %lld MiB swap, %s, %s (%s)",
		       "%s RAM (%lld MiB usable%s), %lld cores, %lld MiB swap, %s, %s (%s)", m->cpus.effective.value),
		    format_plan(m->ram.nominal.value, sold), (long long)m->ram.effective.value,
		    m->ram.effective.value < m->ram.usable.value ? _(" by its limit") : "",
		    (long long)m->cpus.effective.value, (long long)m->swap.active.value,
		    m->virt.kind == VIRT_NONE ? _("bare metal") : _(virt_kind_name(m->virt.kind)), m->distro.name,
		    _(distro_class_name(m->distro.class)));
}
