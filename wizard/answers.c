/* SPDX-License-Identifier: MIT */
/* Glue between screens and session: sets answers, provides texts. */
#include <string.h>

#include "session/rights.h"
#include "core/i18n.h"
#include "wizard/wizard.h"

const char *wizard_answer(struct wizard *w, enum answer_id id, const char *value)
{
	const char *wrong = answer_set(&w->s->answers, &w->s->arena, id, value, ORIGIN_WIZARD);

	return wrong ? _(wrong) : NULL;
}

void wizard_forget(struct wizard *w, enum answer_id id)
{
	w->s->answers.of[id] = (struct answer){ORIGIN_DEFAULT, NULL, 0, NULL};
}

/* Profile, cost model and workers are picked from lists, so planning cannot fail because of them. */
void wizard_replan(struct wizard *w)
{
	struct plan plan = w->s->plan;

	if (session_replan(w->s) < 0)
		w->s->plan = plan;
}

const char *wizard_text(struct wizard *w, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(&w->s->arena, fmt, ap);
	va_end(ap);
	return text;
}

void wizard_take_errors(struct wizard *w, struct blocks *ret)
{
	struct diag_list *diags = &w->s->diags;

	for (size_t i = 0; i < diags->count; i++) {
		const struct diag *d = &diags->items[i];
		const char *text = d->file ? wizard_text(w, "%s: %s", d->file, d->text) : d->text;

		blocks_add(ret, BLOCK_TEXT, d->severity == SEV_INFO ? " i " : "[!]", text);
		if (d->hint)
			blocks_add(ret, BLOCK_TEXT, "   ", d->hint);
	}
	diag_clear(diags);
	diag_init(diags, &w->s->arena);
}

static void gauge(struct wizard *w, const struct plan *p, const char *label, int64_t need, enum verdict v,
		  struct blocks *ret)
{
	struct block *b =
		blocks_add(ret, BLOCK_GAUGE, label,
			   wizard_text(w, _("%lld of %lld MiB, %lld %%: %s"), (long long)need, (long long)p->ram_mib,
				       (long long)plan_percent(p, need), verdict_text(v)));

	b->more = verdict_text(v);
	b->verdict = v;
	b->used = need;
	b->ram = p->ram_mib;
	b->swap = p->swap.total_mib;
}

void wizard_gauges(struct wizard *w, const struct plan *p, struct blocks *ret)
{
	gauge(w, p, _("idle"), plan_idle_mib(p), p->idle, ret);
	if (!p->limits_off)
		gauge(w, p, _("peak"), plan_peak_mib(p), p->peak, ret);
}

void wizard_bar(struct wizard *w, const struct plan *p, struct blocks *ret)
{
	struct bar *bar = arena_alloc(&w->s->arena, sizeof(*bar));

	bar_of_plan(p, bar);
	blocks_add(ret, BLOCK_BAR, "", "")->bar = bar;
}

void wizard_swap(struct wizard *w, const char *label, struct blocks *ret)
{
	const struct plan_swap *s = &w->s->plan.swap;
	const char *action = _(swap_action_name(s->action));

	if (s->action == SWAP_ACT_NONE || s->action == SWAP_ACT_IMPOSSIBLE)
		blocks_add(ret, BLOCK_TEXT, label, action);
	else
		blocks_add(ret, BLOCK_TEXT, label,
			   wizard_text(w, "%s %lld MiB %s", action, (long long)s->size_mib, s->path));
}

int wizard_compare(struct wizard *w, struct blocks *ret)
{
	int rc;

	w->s->decision_count = 0;
	rc = session_plan(w->s);
	if (rc == 0)
		rc = session_compare(w->s);
	wizard_take_errors(w, ret);
	return rc;
}

void wizard_rights(struct wizard *w, struct blocks *ret)
{
	struct session_rights r;

	session_rights(w->s, &r);
	if (r.dir)
		blocks_add(ret, BLOCK_TEXT, "[!]",
			   wizard_text(w, _("You are not root, and cannot write to %s."), r.dir));
	if (r.swap)
		blocks_add(ret, BLOCK_TEXT, "[!]", _("You are not root, and only root can make swap or turn it on."));
	if (r.dir || r.swap)
		blocks_add(ret, BLOCK_TEXT, "   ",
			   r.dir ? _("Leave and type this, or go on with a directory of your own:")
				 : _("Leave and type this, or go on without swap:"));
	/* Add nothing around the command: its quotes are for the shell. */
	if (r.dir || r.swap)
		blocks_add(ret, BLOCK_TEXT, "   ", r.command);
}

static bool listed(const char *const *codes, const char *code)
{
	for (; *codes; codes++)
		if (STR_EQ(*codes, code))
			return true;
	return false;
}

const char *wizard_without_flags(struct wizard *w, const char *text)
{
	static const char opening[] = " (--";

	for (const char *at = strstr(text, opening); at; at = strstr(text, opening)) {
		const char *end = strchr(at, ')');

		if (!end)
			break;
		text = wizard_text(w, "%.*s%s", (int)(at - text), text, end + 1);
	}
	return text;
}

static void add_warning(struct wizard *w, const struct plan_warning *warning, struct blocks *ret)
{
	blocks_add(ret, BLOCK_TEXT, warning->severity == SEV_INFO ? " i " : "[!]",
		   wizard_without_flags(w, warning->text));
}

void wizard_severe(struct wizard *w, const struct plan *p, struct blocks *ret)
{
	for (size_t i = 0; i < p->warning_count; i++)
		if (p->warnings[i].severity != SEV_INFO)
			add_warning(w, &p->warnings[i], ret);
}

void wizard_notes(struct wizard *w, const struct plan *p, struct blocks *ret)
{
	for (size_t i = 0; i < p->warning_count; i++)
		if (p->warnings[i].severity == SEV_INFO)
			add_warning(w, &p->warnings[i], ret);
}

void wizard_warnings(struct wizard *w, const struct plan *p, const char *const *codes, struct blocks *ret)
{
	for (size_t i = 0; i < p->warning_count; i++)
		if (listed(codes, p->warnings[i].code))
			add_warning(w, &p->warnings[i], ret);
}
