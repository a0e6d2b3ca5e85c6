/* SPDX-License-Identifier: MIT */
/* The keys of the providers that the models are asked of, and a server of one's own. */
#include "answers/secrets.h"
#include "core/address.h"
#include "core/i18n.h"
#include "session/stack_view.h"
#include "wizard/wizard.h"

static void take(struct wizard *w, struct field *f, enum provider which)
{
	const char *wrong;

	w->key_texts[which] = f->value;
	wrong = secret_answer_set(&w->s->answers, which, f->value);
	f->reason = wrong ? _(wrong) : NULL;
}

static bool has_any(struct wizard *w)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		if (w->key_texts[i][0] || stack_view_has_key(w->s, (enum provider)i))
			return true;
	return false;
}

static void describe(struct wizard *w, struct page *p)
{
	struct blocks *b = &p->body;

	b->count = 0;
	for (size_t i = 0; i < p->field_count; i++)
		if (p->fields[i].reason)
			blocks_add(b, BLOCK_TEXT, "[!]",
				   wizard_text(w, "%s: %s", p->fields[i].label, p->fields[i].reason));
	if (!has_any(w))
		blocks_add(b, BLOCK_TEXT, " i ",
			   _("Without a key no model answers. You can put one into .env later; the last screen says "
			     "how."));
	if (w->key_texts[PROVIDER_LOCAL][0] && !w->key_texts[PROVIDER_LOCAL_MODEL][0] &&
	    !stack_view_has_key(w->s, PROVIDER_LOCAL_MODEL))
		blocks_add(b, BLOCK_TEXT, "[!]", _("Your own server is not used without the name of a model."));
	if (address_url_is_loopback(w->key_texts[PROVIDER_LOCAL]))
		blocks_add(
			b, BLOCK_TEXT, "[!]",
			_("localhost is the container that asks: write an address of your own server that a container "
			  "reaches."));
	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		if (stack_view_has_key(w->s, (enum provider)i))
			blocks_add(b, BLOCK_TEXT, " i ",
				   wizard_text(w,
					       _("%s: there is one in .env already; leave the field empty to keep it."),
					       p->fields[i].label));
}

static void changed(struct page *p, size_t field)
{
	struct wizard *w = p->context;

	take(w, &p->fields[field], (enum provider)field);
	describe(w, p);
}

static void fill(struct wizard *w, struct page *p)
{
	const struct answers *all = &w->s->answers;

	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		if (!w->key_texts[i])
			w->key_texts[i] = all->provider_keys[i] ? all->provider_keys[i] : "";
		page_field(p, secret_answers[i].shown ? FIELD_TEXT : FIELD_HIDDEN, _(secret_answers[i].label))->value =
			w->key_texts[i];
	}
	for (size_t i = 0; i < p->field_count; i++)
		changed(p, i);
}

enum step screen_models(struct wizard *w)
{
	struct page p = flow_page(
		w, _("Models"),
		_("The models run at a provider, who bills each request; a key from the provider's console is what lets "
		  "the gateway ask them. Only models of providers with a key are offered (litellm/config.yaml lists "
		  "them). Keys go into .env, which only its owner can read; they are not shown while you type, and never "
		  "in a difference or a message. Your own server is one that speaks OpenAI's interface, such as Ollama or "
		  "vLLM: its address as a container reaches it, and the name of a model there."));

	blocks_add(&p.intro, BLOCK_TEXT, "",
		   _("Which providers do you have a key for? One is enough; leave the others empty."));
	fill(w, &p);
	p.changed = changed;
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	return flow_fields(w, &p);
}
