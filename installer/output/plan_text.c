#include "output/plan_text.h"

#include <string.h>

#include "core/units.h"
#include "output/machine_text.h"

#define LABEL 10
#define GAUGE 30

static void heading(const struct plan *p, struct strbuf *out)
{
	machine_summary(p->machine, out);
	if (p->recommended)
		style_wrapf(out, "Profile", 16, "%s%s, %lld worker%s (%s)", p->profile->name,
			    p->chosen_by_user ? ", as asked for" : ", recommended", (long long)p->workers,
			    p->workers == 1 ? "" : "s", p->workers_why);
	else
		style_wrapf(out, "Profile", 16, "none recommended; the figures are those of %s with %lld worker%s",
			    p->profile->name, (long long)p->workers, p->workers == 1 ? "" : "s");
	style_wrapf(out, "Cost model", 16, "%s (%s)", p->model->name, p->model->measured_on);
}

static void budget(const struct plan *p, struct strbuf *out)
{
	strbuf_printf(out, "\n%-18s%10s%10s%10s%12s\n", "MiB", "expected", "reserved", "limit", "with swap");
	for (int s = 0; s < SERVICE_COUNT; s++) {
		const struct plan_service *ps = &p->services[s];

		strbuf_printf(out, "%-18s%10lld%10lld%10lld%12lld\n", service_name((enum service)s),
			      (long long)ps->expected_mib, (long long)ps->reservation_mib, (long long)ps->limit_mib,
			      (long long)ps->memswap_mib);
	}
	strbuf_printf(out, "%-18s%10lld%10s%10lld\n", "Docker engine", (long long)p->totals.engine_mib, "",
		      (long long)p->totals.engine_mib);
	strbuf_printf(out, "%-18s%10lld%10s%10lld   %s\n", "system", (long long)p->totals.system_mib, "",
		      (long long)p->totals.system_mib, strlen(p->system_why) <= 29 ? p->system_why : "");
	strbuf_printf(out, "%-18s%10lld%10s%10lld\n", "total", (long long)p->totals.total_mib, "",
		      (long long)p->totals.peak_mib);
	if (strlen(p->system_why) > 29)
		style_wrapf(out, "", 2, "system: %s", p->system_why);
}

static void gauge(const struct plan *p, const struct style *style, const char *label, int64_t need, enum verdict v,
		  struct strbuf *out)
{
	strbuf_printf(out, "%-6s", label);
	style_gauge(out, need, p->ram_mib, p->swap.total_mib, GAUGE);
	strbuf_printf(out, " %lld of %lld MiB, %lld %%  ", (long long)need, (long long)p->ram_mib,
		      (long long)plan_percent(p, need));
	style_add(style, out, style_of_verdict(v), verdict_text(v));
	strbuf_putc(out, '\n');
}

static void swap_line(const struct plan *p, struct strbuf *out)
{
	const struct plan_swap *s = &p->swap;

	if (s->action == SWAP_ACT_NONE || s->action == SWAP_ACT_IMPOSSIBLE)
		style_wrapf(out, "Swap", LABEL, "%s (%s)", swap_action_name(s->action), s->why);
	else
		style_wrapf(out, "Swap", LABEL, "%s %lld MiB%s%s (%s)", swap_action_name(s->action),
			    (long long)s->size_mib, s->path[0] ? " at " : "", s->path, s->why);
	for (size_t i = 0; i < s->area_count; i++)
		if (s->areas[i].before_on && !s->areas[i].after_on)
			style_wrapf(out, "", LABEL, "%s (%lld MiB) goes%s", s->areas[i].path,
				    (long long)s->areas[i].before_mib,
				    s->action == SWAP_ACT_RESIZE ? " when that is in use" : "");
}

/* A mark of three columns, then the text; only the mark is coloured, so that its codes count in no line's length. */
static void marked(const struct style *style, enum colour c, const char *mark, const char *text, struct strbuf *out)
{
	struct strbuf lines = STRBUF_INIT;

	style_wrap(&lines, mark, 4, text);
	style_add(style, out, c, mark);
	strbuf_puts(out, strbuf_text(&lines) + strlen(mark));
	strbuf_clear(&lines);
}

static void warnings(const struct plan *p, const struct style *style, struct strbuf *out)
{
	static const char *const marks[] = {" i ", "[!]", "[!]"};

	for (size_t i = 0; i < p->warning_count; i++) {
		const struct plan_warning *w = &p->warnings[i];
		struct strbuf text = STRBUF_INIT;

		strbuf_printf(&text, "%s (%s)", w->text, w->code);
		marked(style, w->severity == SEV_INFO ? COLOUR_STRONG : COLOUR_WARN, marks[w->severity],
		       strbuf_text(&text), out);
		strbuf_clear(&text);
	}
	for (size_t i = 0; i < p->assumption_count; i++)
		marked(style, COLOUR_STRONG, " ? ", p->assumptions[i], out);
}

static void alternatives(const struct plan *p, struct strbuf *out)
{
	for (size_t i = 0; i < p->rejected_count; i++)
		style_wrapf(out, i == 0 ? "Not taken" : "", LABEL, "%s (total %lld MiB): %s",
			    p->rejected[i].profile->name, (long long)p->rejected[i].total_mib, p->rejected[i].reason);
	if (p->next_text)
		style_wrapf(out, "Next size", LABEL, "%s", p->next_text);
	if (p->remedy)
		style_wrapf(out, "To fit", LABEL, "%s", p->remedy);
}

/* The whole plan, ending with a newline. No line is longer than 80 columns but for single long words. */
void plan_text(const struct plan *p, const struct style *style, struct strbuf *out)
{
	heading(p, out);
	budget(p, out);
	strbuf_putc(out, '\n');
	gauge(p, style, "idle", p->totals.total_mib, p->idle, out);
	gauge(p, style, "peak", p->totals.peak_mib, p->peak, out);
	strbuf_putc(out, '\n');
	swap_line(p, out);
	alternatives(p, out);
	if (p->warning_count + p->assumption_count > 0)
		strbuf_putc(out, '\n');
	warnings(p, style, out);
}
