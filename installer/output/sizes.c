/* SPDX-License-Identifier: MIT */
#include "output/sizes.h"

#include "answers/table.h"
#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "output/columns.h"
#include "output/json_machine.h"

/* A gap for the mark, then the size; 20 columns are left for the verdict. Headings of all languages fit. */
enum { GAP = 2, SIZE = 5, CORES = 8, PROFILE = 11, PEOPLE = 9, WORKERS = 9, FIGURE = 6 };

/* The smallest size that is comfortable when idle; VPS_SIZES: none. */
static size_t smallest_comfortable(const struct sizes *sizes)
{
	size_t i = 0;

	while (i < VPS_SIZES && sizes->plans[i].idle != VERDICT_COMFORTABLE)
		i++;
	return i;
}

static void head(struct strbuf *out)
{
	columns_left(out, "", GAP);
	columns_right(out, _("RAM"), SIZE);
	columns_right(out, _("cores"), CORES);
	columns_left(out, "", GAP);
	columns_left(out, _("profile"), PROFILE);
	columns_right(out, _("people"), PEOPLE);
	columns_right(out, _("workers"), WORKERS);
	columns_right(out, _("idle"), FIGURE);
	columns_right(out, _("peak"), FIGURE);
	columns_left(out, "", GAP);
	strbuf_puts(out, _("verdict"));
	strbuf_putc(out, '\n');
}

static void row(const struct plan *p, bool marked, const struct style *style, struct strbuf *out)
{
	const char *people = p->people;
	bool smaller = p->smaller.service != NO_SERVICE && p->smaller.chosen;
	struct strbuf name = STRBUF_INIT;
	char size[UNITS_TEXT];

	columns_left(out, marked ? "*" : "", GAP);
	columns_right(out, format_plan(p->machine->ram.nominal.value, size), SIZE);
	columns_figure(out, true, p->machine->cpus.effective.value, CORES);
	columns_left(out, "", GAP);
	text_printf(&name, "%s", p->recommended ? p->profile->name : "-");
	columns_left(out, strbuf_text(&name), PROFILE);
	strbuf_clear(&name);
	text_printf(&name, "%s", p->recommended && people ? people : "-");
	columns_right(out, strbuf_text(&name), PEOPLE);
	strbuf_clear(&name);
	columns_figure(out, p->recommended, p->workers, WORKERS);
	columns_figure(out, true, plan_idle_mib(p), FIGURE);
	columns_figure(out, !p->limits_off, plan_peak_mib(p), FIGURE);
	columns_left(out, "", GAP);
	style_add(style, out, style_of_verdict(p->idle), verdict_text(p->idle));
	if (smaller)
		text_printf(out, " (%s)", p->set->items[p->smaller.service].smaller.variant);
	strbuf_putc(out, '\n');
}

/* The service whose smaller image one of the rows has; NO_SERVICE: none has. */
static size_t smaller_service(const struct sizes *sizes)
{
	for (size_t i = 0; i < VPS_SIZES; i++)
		if (sizes->plans[i].smaller.service != NO_SERVICE && sizes->plans[i].smaller.chosen)
			return sizes->plans[i].smaller.service;
	return NO_SERVICE;
}

/* Services of the compose file that nobody knows the use of: no size is better than tight for them. */
static void not_counted(const struct beside *b, struct strbuf *out)
{
	struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < b->count; i++)
		if (beside_row_is_unknown(&b->rows[i]))
			text_printf(&names, "%s%s", names.len ? ", " : "", b->rows[i].service->name);
	if (names.len > 0)
		style_wrapf(out, "", GAP,
			    _("Nobody knows what these take, so no size is better than tight, and no more workers "
			      "run than the file has: %s."),
			    strbuf_text(&names));
	strbuf_clear(&names);
}

/* What the rows stand on, so that nobody takes them for a promise about a machine that is there. */
static void notes(const struct sizes *sizes, const struct answers *answers, struct strbuf *out)
{
	const struct plan *first = &sizes->plans[0];
	size_t smaller = smaller_service(sizes), best = smallest_comfortable(sizes);
	char size[UNITS_TEXT];

	strbuf_putc(out, '\n');
	if (best < VPS_SIZES)
		style_wrapf(out, "*", GAP,
			    _("%s is the smallest size that is comfortable (idle use up to 80 %% of RAM)"),
			    format_plan(vps_sizes[best], size));
	else
		style_wrapf(out, "", GAP, _("None of these sizes is comfortable."));
	style_wrapf(out, "", GAP,
		    _("MiB by the cost model %s, %lld of them for the system: a fresh VPS with a typical "
		      "distribution and nothing else on it."),
		    first->model->name, (long long)first->totals.system_mib);
	if (answer_number(answers, ANSWER_CPUS) > 0)
		style_wrapf(out, "", GAP, _("Cores: as asked for by --cpus."));
	else
		style_wrapf(out, "", GAP,
			    _("Cores: as such sizes are mostly sold, one for each 2 GB; --cpus N plans with N."));
	not_counted(&first->beside, out);
	if (smaller != NO_SERVICE)
		style_wrapf(out, "", GAP, _("(%s): with the smaller image of %s."),
			    first->set->items[smaller].smaller.variant, first->set->items[smaller].name);
}

void sizes_text(const struct sizes *sizes, const struct answers *answers, const struct style *style, struct strbuf *out)
{
	size_t best = smallest_comfortable(sizes);

	head(out);
	for (size_t i = 0; i < VPS_SIZES; i++)
		row(&sizes->plans[i], i == best, style, out);
	notes(sizes, answers, out);
}

static json_t *number(int64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *verdict_of(const struct plan *p)
{
	json_t *verdict = json_object();

	json_put(verdict, "idle", json_text(verdict_name(p->idle)));
	json_put(verdict, "peak", p->limits_off ? json_null() : json_text(verdict_name(p->peak)));
	return verdict;
}

static json_t *not_counted_json(const struct beside *b)
{
	json_t *names = json_array();

	for (size_t i = 0; i < b->count; i++)
		if (beside_row_is_unknown(&b->rows[i]))
			json_add(names, json_text(b->rows[i].service->name));
	return names;
}

static json_t *row_json(const struct plan *p, bool best)
{
	const struct plan_smaller *smaller = &p->smaller;
	json_t *one = json_object();

	json_put(one, "ram_mib", number(p->machine->ram.nominal.value));
	json_put(one, "usable_mib", number(p->ram_mib));
	json_put(one, "cpus", number(p->machine->cpus.effective.value));
	json_put(one, "profile", json_text(p->recommended ? p->profile->name : NULL));
	json_put(one, "title", json_text(p->recommended ? p->profile->title : NULL));
	json_put(one, "people", json_text(p->recommended ? p->people : NULL));
	json_put(one, "workers", number(p->recommended ? p->workers : 0));
	json_put(one, "image_variant",
		 json_text(smaller->service != NO_SERVICE && smaller->chosen
				   ? p->set->items[smaller->service].smaller.variant
				   : NULL));
	json_put(one, "idle_mib", number(plan_idle_mib(p)));
	json_put(one, "peak_mib", p->limits_off ? json_null() : number(plan_peak_mib(p)));
	json_put(one, "swap_mib", number(p->swap.total_mib));
	json_put(one, "verdict", verdict_of(p));
	json_put(one, "fits", json_boolean(plan_fits(p)));
	json_put(one, "smallest_comfortable", json_boolean(best));
	return one;
}

void sizes_json(const struct sizes *sizes, const struct answers *answers, struct strbuf *out)
{
	json_t *root = json_object(), *rows = json_array(), *assumed = json_object();
	const struct plan *first = &sizes->plans[0];
	size_t best = smallest_comfortable(sizes);

	for (size_t i = 0; i < VPS_SIZES; i++)
		json_add(rows, row_json(&sizes->plans[i], i == best));
	json_put(assumed, "distro_class", json_text(distro_class_name(first->machine->distro.class)));
	json_put(assumed, "system_mib", number(first->totals.system_mib));
	json_put(assumed, "cores", json_text(answer_number(answers, ANSWER_CPUS) > 0 ? "--cpus" : "one for each 2 GB"));
	json_put(root, "schema", json_text("vpsfit.sizes/1"));
	json_put(root, "answers", json_answers(answers, FOR_SIZES));
	json_put(root, "cost_model", json_text(first->model->name));
	json_put(root, "assumed", assumed);
	json_put(root, "sizes", rows);
	json_put(root, "not_counted", not_counted_json(&first->beside));
	json_put(root, "smallest_comfortable_mib", best < VPS_SIZES ? number(vps_sizes[best]) : json_null());
	json_dump(root, out);
}
