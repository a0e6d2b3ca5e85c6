/* SPDX-License-Identifier: MIT */
#include "output/stacks_text.h"

#include <jansson.h>

#include "core/i18n.h"
#include "core/text.h"
#include "output/json_machine.h"
#include "output/style.h"

/* The commands stand on lines of their own, so that they can be pasted. */
void stacks_text(struct arena *a, const struct known_stack *all, size_t count, struct strbuf *out)
{
	style_wrap(out, "", 0,
		   _("Nothing was applied in the default place. Stacks that are remembered on this machine:"));
	for (size_t i = 0; i < count; i++) {
		const struct state *s = all[i].state;
		char when[TEXT_TIME];

		text_printf(out, "  %s: ", s->dir);
		if (all[i].gone)
			text_printf(out, "%s\n", arena_printf(a, _("gone; applied %s"), text_time(s->time, when)));
		else
			text_printf(out, "%s\n",
				    arena_printf(a, Q_("%s, %s, %lld worker", "%s, %s, %lld workers", s->workers),
						 text_time(s->time, when), s->profile, (long long)s->workers));
		text_printf(out, "    %s\n", all[i].command);
	}
}

void stacks_json(const struct known_stack *all, size_t count, struct strbuf *out)
{
	json_t *list = json_array(), *root;

	for (size_t i = 0; i < count; i++) {
		const struct state *s = all[i].state;

		json_add(list, json_pack("{s:o, s:o, s:o, s:I, s:b}", "stack", json_text(s->dir), "time",
					 json_text(s->time), "profile", json_text(s->profile), "workers",
					 (json_int_t)s->workers, "gone", all[i].gone));
	}
	root = json_sure(
		json_pack("{s:s, s:n, s:n, s:o}", "schema", "vpsfit.status/1", "stack", "applied", "stacks", list));
	json_dump(root, out);
}

void forget_text(const struct forgetting *f, struct strbuf *out)
{
	const struct state *state = f->state;
	char when[TEXT_TIME];

	style_wrapf(out, "", 0,
		    _("Forgets the stack in %s, applied %s: its state, its history and what was asked for."),
		    state->dir, text_time(state->time, when));
	if (f->secrets)
		style_wrapf(out, "", 0, _("Its secrets stay in %s."), f->secrets);
	if (f->files)
		style_wrapf(out, "", 0, _("What was last in its files stays in %s."), f->files);
	for (size_t i = 0; i < state->swap_count; i++)
		style_wrapf(out, "", 0, _("Its swap %s (%lld MiB) stays as it is, and belongs to no stack then."),
			    state->swaps[i].path, (long long)state->swaps[i].size_mib);
}

void forget_json(const struct forgetting *f, struct strbuf *out)
{
	const struct state *state = f->state;
	json_t *swaps = json_array();

	for (size_t i = 0; i < state->swap_count; i++)
		json_add(swaps, json_text(state->swaps[i].path));
	json_dump(json_sure(json_pack("{s:s, s:o, s:o, s:o, s:o}", "schema", "vpsfit.forget/1", "stack",
				      json_text(state->dir), "secrets_kept",
				      f->secrets ? json_text(f->secrets) : json_null(), "files_kept",
				      f->files ? json_text(f->files) : json_null(), "swap_left", swaps)),
		  out);
}
