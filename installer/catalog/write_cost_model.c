/* SPDX-License-Identifier: MIT */
#include "catalog/write_cost_model.h"

#include <string.h>

/* In double quotes; what is not printable ASCII becomes a blank or "?", for such texts are vpsfit's own. */
static void text(struct strbuf *out, const char *key, const char *value)
{
	strbuf_printf(out, "%s: \"", key);
	for (; *value; value++) {
		const unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\')
			strbuf_putc(out, '\\');
		strbuf_putc(out, c < 0x20 ? ' ' : c >= 0x7f ? '?' : (char)c);
	}
	strbuf_puts(out, "\"\n");
}

static void line(struct strbuf *out, size_t indent, const char *key, const struct cost_line *l)
{
	strbuf_fill(out, ' ', indent);
	if (l->per_worker_mib == 0 && l->base_mib >= l->floor_mib)
		strbuf_printf(out, "%s: %lld\n", key, (long long)l->base_mib);
	else if (l->base_mib >= 0)
		strbuf_printf(out, "%s: {base_mib: %lld, per_worker_mib: %lld, at_least_mib: %lld}\n", key,
			      (long long)l->base_mib, (long long)l->per_worker_mib, (long long)l->floor_mib);
	else
		strbuf_printf(out, "%s: {base_mib: 0, per_worker_mib: %lld, at_least_mib: %lld}\n", key,
			      (long long)l->per_worker_mib, (long long)l->floor_mib);
}

static void costs(struct strbuf *out, size_t indent, const struct cost_service *c)
{
	if (c->table_count > 0) {
		strbuf_fill(out, ' ', indent);
		strbuf_puts(out, "table:\n");
	}
	for (size_t i = 0; i < c->table_count; i++) {
		strbuf_fill(out, ' ', indent + 2);
		strbuf_printf(out, "- {workers: %lld, mib: %lld, source: ", (long long)c->table[i].workers,
			      (long long)c->table[i].mib);
		strbuf_puts(out, "\"moved to what was measured here\"}\n");
	}
	line(out, indent, "expected", &c->expected);
	line(out, indent, "reservation", &c->reservation);
	line(out, indent, "limit", &c->limit);
	if (c->start_peak.base_mib != 0 || c->start_peak.per_worker_mib != 0 || c->start_peak.floor_mib != 0)
		line(out, indent, "start_peak", &c->start_peak);
	if (c->error_percent > 0) {
		strbuf_fill(out, ' ', indent);
		strbuf_printf(out, "error_percent: %lld\n", (long long)c->error_percent);
	}
}

static void service(struct strbuf *out, const char *name, const struct cost_service *c)
{
	strbuf_printf(out, "  %s:\n", name);
	costs(out, 4, c);
	if (c->variant_count > 0)
		strbuf_puts(out, "    variants:\n");
	for (size_t i = 0; i < c->variant_count; i++) {
		strbuf_printf(out, "      %s:\n", c->variants[i].name);
		costs(out, 8, &c->variants[i].costs);
	}
}

static void images(struct strbuf *out, const struct cost_model *m, const struct service_set *services)
{
	bool first = true;

	for (size_t s = 0; s < services->count; s++) {
		if (!m->images[s])
			continue;
		strbuf_printf(out, "%s%s: \"%s\"", first ? "images: {" : ", ", services->items[s].name, m->images[s]);
		first = false;
	}
	if (!first)
		strbuf_puts(out, "}\n");
}

void cost_model_write(const struct cost_model *m, const struct service_set *services, const char *remarks,
		      struct strbuf *out)
{
	static const char *const page_cache[] = {"unknown", "counted", "left-out"};

	strbuf_puts(out, remarks ? remarks : "");
	strbuf_printf(out, "kind: cost-model\nname: %s\n", m->name);
	text(out, "date", m->date);
	text(out, "source", m->source);
	text(out, "measured_on", m->measured_on);
	if (m->machine)
		text(out, "machine", m->machine);
	images(out, m, services);
	strbuf_puts(out, "services:\n");
	for (size_t s = 0; s < services->count; s++)
		if (m->measured[s])
			service(out, services->items[s].name, &m->services[s]);
	strbuf_printf(out, "engine_mib: %lld\nsystem_mib: {lightweight: %lld, typical: %lld, desktop: %lld}\n",
		      (long long)m->engine_mib, (long long)m->system_mib[DISTRO_LIGHTWEIGHT],
		      (long long)m->system_mib[DISTRO_TYPICAL], (long long)m->system_mib[DISTRO_DESKTOP]);
	strbuf_printf(out, "page_cache: %s\npool_per_worker: %lld\nreserve_connections: %lld\n",
		      page_cache[m->page_cache], (long long)m->pool_per_worker, (long long)m->reserve_connections);
	if (m->official_worker_mib > 0)
		strbuf_printf(out, "official_worker_mib: %lld\n", (long long)m->official_worker_mib);
	if (m->official_worker_mib > 0 && m->official_source)
		text(out, "official_source", m->official_source);
}
