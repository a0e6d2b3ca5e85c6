/* SPDX-License-Identifier: MIT */
#include "output/status_text.h"

#include <jansson.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "output/changes_text.h"
#include "output/columns.h"
#include "output/json_machine.h"
#include "output/bar.h"
#include "output/next_text.h"

#define LABEL_LEAST 10

static size_t label_column(void)
{
	static const char *const labels[] = {N_("Stack"), N_("Applied"), N_("Machine"), N_("Files"),
					     N_("Swap"),  N_("In use"),	 N_("Images"),	N_("Pending"),
					     N_("Held"),  N_("By hand"), N_("Package")};

	return style_label_column(labels, ARRAY_SIZE(labels), LABEL_LEAST);
}

static const char *cores(struct arena *a, int64_t n)
{
	return arena_printf(a, Q_("%lld core", "%lld cores", n), (long long)n);
}

const char *status_misfit(const struct plan *p)
{
	static const char *const codes[] = {"no-profile", "does-not-fit"};

	if (plan_fits(p))
		return NULL;
	for (size_t k = 0; k < ARRAY_SIZE(codes); k++)
		for (size_t i = 0; i < p->warning_count; i++)
			if (STR_EQ(p->warnings[i].code, codes[k]))
				return p->warnings[i].text;
	return p->remedy ? p->remedy : "";
}

/* A kernel of another version shows some MiB more or less. */
static bool is_other_size(int64_t was, int64_t is)
{
	const int64_t slack = max_i64(64, was / 32);

	return is < was - slack || is > was + slack;
}

/* RAM that can be used, and swap of others, where they changed though the machine as it was sold did not. */
static const char *machine_inside(struct arena *a, const struct status *s)
{
	const struct state *was = s->state;
	const int64_t usable = s->plan->ram_mib,
		      swap = state_swap_besides(s->plan->machine, was->swaps, was->swap_count);
	const char *text = NULL;

	if (was->usable_mib > 0 && s->plan->machine->ram.nominal.value == was->nominal_mib &&
	    is_other_size(was->usable_mib, usable))
		text = arena_printf(a, _("usable RAM was %lld MiB, now %lld"), (long long)was->usable_mib,
				    (long long)usable);
	if (was->other_swap_mib >= 0 && is_other_size(was->other_swap_mib, swap))
		text = arena_printf(a, _("%s%sother swap was %lld MiB, now %lld"), text ? text : "", text ? ", " : "",
				    (long long)was->other_swap_mib, (long long)swap);
	return text;
}

static bool is_other_plan(const struct state *was, const struct plan *p)
{
	return p->workers != was->workers || !STR_EQ(p->profile->name, was->profile);
}

bool status_is_other_machine(struct arena *a, const struct status *s)
{
	const struct machine *m = s->plan->machine;

	return m->ram.nominal.value != s->state->nominal_mib || m->cpus.effective.value != s->state->cpus ||
	       machine_inside(a, s);
}

const char *status_machine(struct arena *a, const struct status *s)
{
	const struct state *was = s->state;
	const struct plan *p = s->plan;
	int64_t nominal = p->machine->ram.nominal.value, cpus = p->machine->cpus.effective.value;
	char then[UNITS_TEXT], now[UNITS_TEXT];
	const char *machine, *inside = machine_inside(a, s);

	if (nominal == was->nominal_mib && cpus == was->cpus && !is_other_plan(was, p))
		return inside;
	machine = nominal == was->nominal_mib && cpus == was->cpus
			  ? _("as it was")
			  : arena_printf(a, _("was %s and %s, now %s and %s"), format_plan(was->nominal_mib, then),
					 cores(a, was->cpus), format_plan(nominal, now), cores(a, cpus));
	if (inside)
		machine = arena_printf(a, "%s, %s", machine, inside);
	if (!is_other_plan(was, p))
		return machine;
	return arena_printf(a,
			    Q_("%s: %s -> %s, %lld -> %lld worker", "%s: %s -> %s, %lld -> %lld workers", p->workers),
			    machine, was->profile, p->profile->name, (long long)was->workers, (long long)p->workers);
}

bool status_pending(const struct status *s)
{
	return s->cut_off || !s->changes || changeset_to_do(s->changes) || s->changes->conflicts > 0;
}

static void use_text(const struct status *s, struct strbuf *out)
{
	const size_t column = label_column();
	const struct fact *use = &s->plan->planned_use;
	const struct plan_totals *t = &s->plan->totals;

	if (use->confidence == FACT_UNKNOWN || use->value <= 0)
		return;
	style_wrapf(out, _("In use"), column, _("%lld MiB by the gateway's containers; %lld are expected when idle"),
		    (long long)use->value, (long long)(t->containers_mib - t->engine_mib + t->optional_mib));
}

static void swap_text(const struct status *s, size_t i, const struct style *style, struct strbuf *out)
{
	const size_t column = label_column();
	const struct swap_area *r = &s->state->swaps[i];
	enum swap_fate fate = status_of_swap(s->plan->machine, r);

	columns_left(out, i == 0 ? _("Swap") : "", column);
	text_printf(out, "%s, %lld MiB: ", r->path, (long long)r->size_mib);
	style_add(style, out, fate == SWAP_FATE_IN_USE ? COLOUR_GOOD : COLOUR_WARN, _(swap_fate_name(fate)));
	strbuf_putc(out, '\n');
}

/* What the plan says of the images that run. */
static bool is_of_images(const struct plan_warning *w)
{
	return strncmp(w->code, "image-", strlen("image-")) == 0;
}

static void images_text(const struct status *s, struct strbuf *out)
{
	for (size_t i = 0; i < s->plan->warning_count; i++) {
		const struct plan_warning *w = &s->plan->warnings[i];

		if (is_of_images(w))
			style_wrapf(out, w->severity == SEV_WARNING ? "[!]" : _("Images"), label_column(), "%s (%s)",
				    w->text, w->code);
	}
}

static json_t *warnings_json(const struct status *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->plan->warning_count; i++) {
		const struct plan_warning *w = &s->plan->warnings[i];

		if (is_of_images(w))
			json_add(all, json_pack("{s:s, s:s, s:o}", "code", w->code, "severity",
						w->severity == SEV_WARNING ? "warning" : "info", "text",
						json_text(w->text)));
	}
	return all;
}

/* The command stands on a line of its own, so that it can be pasted. */
static void command_text(const char *command, struct strbuf *out)
{
	strbuf_fill(out, ' ', label_column());
	text_printf(out, "%s\n", command);
}

static void running_text(const struct status *s, struct strbuf *out)
{
	if (s->changes && s->changes->not_taken_over) {
		style_wrapf(out, "[!]", label_column(), _("written, but not in effect yet: %s"),
			    s->changes->not_taken_over);
		command_text(s->start, out);
	}
	if (s->changes && s->changes->running_over)
		style_wrapf(out, "[!]", label_column(), "%s", s->changes->running_over);
}

static void kept_text(struct arena *a, const struct status *s, struct strbuf *out)
{
	const char *line;

	for (size_t i = 0; s->changes && (line = changes_kept_line(a, s->changes, i)); i++)
		style_wrapf(out, i == 0 ? _("By hand") : "", label_column(), "%s", line);
	if (s->let_go)
		style_wrapf(out, "", label_column(), "%s", s->let_go);
}

/* Nothing is to be written, and what runs has not taken over what is. */
static bool only_to_start(const struct status *s)
{
	return !s->cut_off && s->changes && s->changes->not_taken_over && !changeset_pending(s->changes) &&
	       s->changes->conflicts == 0;
}

static void pending_text(const struct status *s, struct strbuf *out)
{
	const size_t column = label_column();

	if (!status_pending(s)) {
		style_wrap(out, _("Pending"), column, _("nothing"));
	} else if (only_to_start(s)) {
		style_wrap(out, _("Pending"), column,
			   _("only to be put into effect, as above; nothing is to be written"));
	} else {
		/* Do not wrap: the command must be fit for pasting. */
		columns_left(out, _("Pending"), column);
		text_printf(out, _("%s shows what an apply would change\n"), s->look);
	}
}

/* Of a stack that is gone there is nothing else to say. */
static void gone_text(const struct status *s, struct strbuf *out)
{
	const struct gone_ways *w = &s->ways;

	style_wrapf(out, "[!]", label_column(), "%s %s",
		    w->left ? _("its compose file and its .env are not there any more.")
			    : _("nothing of it is there any more."),
		    gone_what(w));
	if (w->moved)
		command_text(w->moved, out);
	if (w->back)
		command_text(w->back, out);
	if (!w->moved)
		command_text(w->forget, out);
}

static void cut_off_text(const struct status *s, struct strbuf *out)
{
	style_wrapf(out, "[!]", label_column(), _("an apply was interrupted; '%s' or the next apply finishes it"),
		    s->recover);
}

void status_text(struct arena *a, const struct status *s, const struct style *style, struct strbuf *out)
{
	const size_t column = label_column();
	const char *machine;
	char when[TEXT_TIME];

	if (!s->state->present && s->cut_off) {
		cut_off_text(s, out);
		return;
	}
	if (!s->state->present && s->stateless) {
		style_wrapf(out, "", 0,
			    _("%s has a stack that vpsfit wrote, and its state is missing. To take it up again:"),
			    s->stateless);
		text_printf(out, "    %s\n", s->take_up);
		return;
	}
	if (!s->state->present) {
		strbuf_puts(out, _("Nothing has been applied here yet.\n"));
		return;
	}
	machine = status_machine(a, s);
	style_wrapf(out, _("Stack"), column, "%s", s->state->dir);
	style_wrapf(out, _("Applied"), column, Q_("%s, %s, %lld worker", "%s, %s, %lld workers", s->state->workers),
		    text_time(s->state->time, when), s->state->profile, (long long)s->state->workers);
	if (s->gone) {
		gone_text(s, out);
		return;
	}
	style_wrapf(out, _("Machine"), column, "%s", machine ? machine : _("as it was then"));
	if (s->misfit)
		style_wrapf(out, "[!]", column, _("the stack does not fit this machine: %s"), s->misfit);
	if (s->held)
		style_wrapf(out, _("Held"), column, "%s", s->held);
	for (size_t i = 0; i < s->state->file_count; i++) {
		columns_left(out, i == 0 ? _("Files") : "", column);
		text_printf(out, "%s: ", s->state->files[i].path);
		style_add(style, out, s->fates[i] <= FILE_THERE ? COLOUR_GOOD : COLOUR_WARN,
			  _(file_fate_name(s->fates[i])));
		strbuf_putc(out, '\n');
	}
	for (size_t i = 0; i < s->state->swap_count; i++)
		swap_text(s, i, style, out);
	use_text(s, out);
	running_text(s, out);
	kept_text(a, s, out);
	images_text(s, out);
	if (s->changes && s->changes->newer)
		style_wrapf(out, _("Package"), column,
			    _("has a newer %s than this stack was written with; yours stays"), s->changes->newer);
	for (size_t i = 0; i < s->watched_count; i++)
		style_wrap(out, i == 0 ? _("Watched") : "", column, s->watched[i]);
	if (s->cut_off)
		cut_off_text(s, out);
	pending_text(s, out);
	if (s->plan && s->plan->profile) {
		struct bar bar;

		strbuf_putc(out, '\n');
		bar_of_plan(s->plan, &bar);
		bar_text(&bar, style, TEXT_COLUMNS, out);
	}
	if (s->next) {
		strbuf_putc(out, '\n');
		next_text(s->next, out);
	}
}

static json_t *files_json(const struct status *s)
{
	json_t *files = json_array();

	for (size_t i = 0; i < s->state->file_count; i++)
		json_add(files, json_pack("{s:o, s:s}", "path", json_text(s->state->files[i].path), "state",
					  file_fate_name(s->fates[i])));
	return files;
}

static json_t *swaps_json(const struct status *s)
{
	json_t *swaps = json_array();

	for (size_t i = 0; i < s->state->swap_count; i++) {
		const struct swap_area *r = &s->state->swaps[i];

		json_add(swaps,
			 json_pack("{s:o, s:I, s:s}", "path", json_text(r->path), "size_mib", (json_int_t)r->size_mib,
				   "state", swap_fate_name(status_of_swap(s->plan->machine, r))));
	}
	return swaps;
}

static json_t *applied_json(const struct status *s)
{
	const struct state *was = s->state;

	if (!was->present)
		return json_null();
	return json_sure(json_pack("{s:o, s:o, s:I, s:I, s:I}", "time", json_text(was->time), "profile",
				   json_text(was->profile), "workers", (json_int_t)was->workers, "nominal_mib",
				   (json_int_t)was->nominal_mib, "cpus", (json_int_t)was->cpus));
}

void status_json(struct arena *a, const struct status *s, struct strbuf *out)
{
	const struct plan *p = s->plan;
	json_t *now =
		json_sure(json_pack("{s:o, s:I, s:I, s:I}", "profile", json_text(p->profile->name), "workers",
				    (json_int_t)p->workers, "nominal_mib", (json_int_t)p->machine->ram.nominal.value,
				    "cpus", (json_int_t)p->machine->cpus.effective.value));
	json_t *root =
		json_sure(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "schema", "vpsfit.status/1", "stack",
				    json_text(s->state->dir), "applied", applied_json(s), "now", now, "machine_change",
				    json_text(s->state->present ? status_machine(a, s) : NULL), "files", files_json(s),
				    "cut_off", s->cut_off, "pending", status_pending(s)));

	json_put(root, "swap", swaps_json(s));
	json_put(root, "warnings", warnings_json(s));
	json_put(root, "gone", json_boolean(s->gone));
	json_put(root, "fits", json_boolean(!s->misfit));
	json_put(root, "held_back", json_text(s->held));
	json_put(root, "not_taken_over", json_text(s->changes ? s->changes->not_taken_over : NULL));
	if (s->watched_count > 0) {
		json_t *watched = json_array();

		for (size_t i = 0; i < s->watched_count; i++)
			json_add(watched, json_text(s->watched[i]));
		json_put(root, "watched", watched);
	}
	if (s->next)
		json_put(root, "next_steps", json_next(s->next));
	if (s->stateless)
		json_put(root, "without_state", json_text(s->stateless));
	json_dump(root, out);
}
