/* SPDX-License-Identifier: MIT */
/* This machine: the important facts, and anything unusual. */
#include <string.h>

#include "session/rights.h"
#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "wizard/wizard.h"

static const char *memory(struct wizard *w, const struct machine *m)
{
	char sold[UNITS_TEXT];

	return m->ram.effective.value < m->ram.usable.value
		       ? wizard_text(w, _("%lld MiB, the limit of this container; the machine has %lld MiB"),
				     (long long)m->ram.effective.value, (long long)m->ram.usable.value)
		       : wizard_text(w, _("%s as sold, %lld MiB usable"), format_plan(m->ram.nominal.value, sold),
				     (long long)m->ram.usable.value);
}

static const char *in_use(struct wizard *w, const struct machine *m)
{
	int64_t others = machine_others_mib(m);
	int64_t gateway = m->ram.gateway.confidence == FACT_UNKNOWN ? 0 : m->ram.gateway.value;

	if (m->ram.in_use.confidence == FACT_UNKNOWN)
		return _("unknown");
	if (others > 0)
		return wizard_text(w, _("%lld MiB, %lld MiB by the gateway and %lld MiB by other containers"),
				   (long long)m->ram.in_use.value, (long long)gateway, (long long)others);
	if (gateway > 0)
		return wizard_text(w, _("%lld MiB, and %lld MiB by the gateway"), (long long)m->ram.in_use.value,
				   (long long)gateway);
	return wizard_text(w, _("%lld MiB"), (long long)m->ram.in_use.value);
}

static const char *swap(struct wizard *w, const struct machine *m)
{
	const char *active = m->swap.active.value > 0
				     ? wizard_text(w, _("%lld MiB on disk"), (long long)m->swap.active.value)
				     : _("none");

	return m->swap.zram_mib > 0 ? wizard_text(w, _("%s, and zram of %lld MiB"), active, (long long)m->swap.zram_mib)
				    : active;
}

static const char *engine(struct wizard *w, const struct machine_engine *e)
{
	if (!e->docker)
		return _("not installed yet");
	return wizard_text(w, "%s%s%s", e->docker_version ? e->docker_version : _("installed"),
			   e->rootless ? _(", rootless") : "",
			   e->compose ? _(", with Compose") : _(", without Compose"));
}

static void facts(struct wizard *w, const struct machine *m, struct blocks *b)
{
	blocks_add(b, BLOCK_TEXT, _("Memory"), memory(w, m));
	blocks_add(b, BLOCK_TEXT, _("In use now"), in_use(w, m));
	blocks_add(b, BLOCK_TEXT, _("Cores"), wizard_text(w, "%lld", (long long)m->cpus.effective.value));
	blocks_add(b, BLOCK_TEXT, _("Swap"), swap(w, m));
	blocks_add(b, BLOCK_TEXT, _("System"),
		   wizard_text(w, "%s (%s: %s)", m->distro.name, _(distro_class_name(m->distro.class)),
			       m->distro.evidence));
	blocks_add(b, BLOCK_TEXT, _("Runs on"),
		   m->virt.kind == VIRT_NONE ? _("bare metal")
					     : wizard_text(w, "%s%s", _(virt_kind_name(m->virt.kind)),
							   m->virt.unprivileged ? _(", unprivileged") : ""));
	blocks_add(b, BLOCK_TEXT, _("Docker"), engine(w, &m->engine));
}

static void oddities(struct wizard *w, const struct machine *m, struct blocks *b)
{
	const struct plan *p = &w->s->plan;

	blocks_add(b, BLOCK_GAP, "", "");
	if (m->ram.gap_text)
		blocks_add(b, BLOCK_TEXT, "[!]", m->ram.gap_text);
	/* Needing root for swap is reported above, where it matters. */
	if (!m->swap.possible && !m->swap.needs_root)
		blocks_add(b, BLOCK_TEXT, "[!]",
			   wizard_text(w, _("swap cannot be turned on here: %s"), m->swap.impossible));
	if (m->engine.limits == ENFORCED_NO)
		blocks_add(b, BLOCK_TEXT, "[!]",
			   wizard_text(w, _("memory limits will not be enforced here: %s"), m->engine.limits_why));
	if (m->swap.zram_mib > 0)
		blocks_add(b, BLOCK_TEXT, " i ", _("zram is not counted as swap: it lives in the same memory"));
	for (size_t i = 0; i < p->assumption_count; i++)
		blocks_add(b, BLOCK_TEXT, " ? ", p->assumptions[i]);
}

static void last_time(struct wizard *w, struct blocks *b)
{
	const struct state *was = &w->s->state;
	char sold[UNITS_TEXT], when[TEXT_TIME];

	if (!was->present)
		return;
	blocks_add(b, BLOCK_TEXT, _("Last apply"),
		   wizard_text(w,
			       Q_("%s with %s of memory and %lld core, on %s",
				  "%s with %s of memory and %lld cores, on %s", was->cpus),
			       was->profile ? was->profile : "?", format_plan(was->nominal_mib, sold),
			       (long long)was->cpus, was->time ? text_time(was->time, when) : "?"));
}

/* Without root's rights, a stack that root applied must not look as if there were none. */
static void roots(struct wizard *w, struct blocks *b)
{
	if (session_is_roots(w->s))
		blocks_add(
			b, BLOCK_TEXT, "[!]",
			wizard_text(w,
				    _("The stack in %s was applied by root, and only root may look at its state: leave "
				      "and run vpsfit with sudo."),
				    w->s->dir));
}

enum step screen_machine(struct wizard *w)
{
	struct page p = flow_page(
		w, _("This machine"),
		_("Everything here was read from this machine; 'vpsfit detect' names the source of each figure. "
		  "Memory as sold is what the provider's plan says, usable is what the kernel has left of it. "
		  "[!] marks what needs attention, ? what could not be found out and was assumed."));

	blocks_add(&p.intro, BLOCK_TEXT, "",
		   _("vpsfit sets up your own AI gateway, a chat page and an API, so that it fits this "
		     "machine. Nothing is changed until you press Write at the end."));
	roots(w, &p.intro);
	wizard_rights(w, &p.intro);
	facts(w, &w->s->machine, &p.body);
	last_time(w, &p.body);
	oddities(w, &w->s->machine, &p.body);
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Leave"), STEP_LEAVE);
	return flow_show(w, &p);
}

bool wants_recover(struct wizard *w)
{
	return session_cut_off(w->s);
}

/* Offers to finish an interrupted apply; nothing can be compared before that. */
enum step screen_recover(struct wizard *w)
{
	struct page p = flow_page(
		w, _("An apply was interrupted"),
		_("A power cut or a crash interrupted an earlier apply. Finishing it puts every file into its "
		  "place, or back as it was, and nothing else."));
	struct blocks errors = {.count = 0};
	enum step step;

	blocks_add(
		&p.body, BLOCK_TEXT, "",
		wizard_text(w, _("An earlier apply to %s was interrupted. It has to be finished first."), w->s->dir));
	page_button(&p, _("Finish it"), STEP_NEXT);
	page_button(&p, _("Leave"), STEP_LEAVE);
	step = flow_show(w, &p);
	if (step != STEP_NEXT)
		return step;
	if (session_recover(w->s) == 0 && session_plan(w->s) == 0) {
		wizard_take_errors(w, &errors);
		return STEP_NEXT;
	}
	wizard_take_errors(w, &errors);
	step = flow_tell(w, _("It could not be finished"), &errors);
	return step == STEP_BACK ? STEP_STAY : step;
}
