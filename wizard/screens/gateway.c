/* SPDX-License-Identifier: MIT */
/* The gateway's directory, address and port. */
#include <string.h>

#include "session/rights.h"
#include "session/stack_view.h"
#include "core/i18n.h"
#include "wizard/wizard.h"

enum { FIELD_DIR, FIELD_BIND, FIELD_PORT, FIELD_DOMAIN };

#define USUAL_BIND "127.0.0.1"
#define USUAL_PORT "8080"

static void take_text(struct wizard *w, enum answer_id option, struct field *f, const char **text)
{
	*text = f->value;
	f->reason = wizard_answer(w, option, f->value);
}

/* A field left unchanged is no answer: the value in .env still holds. */
static void take_of_env(struct wizard *w, enum answer_id option, const char *key, const char *usual, struct field *f,
			const char **text)
{
	const char *now = stack_view_env(w->s, key);

	*text = f->value;
	f->reason = NULL;
	if (answer_said(&w->s->answers, option) || !STR_EQ(f->value, now ? now : usual))
		take_text(w, option, f, text);
}

/* An empty field is none: no answer, unless there was a name before. */
static void take_domain(struct wizard *w, struct field *f)
{
	w->domain_text = f->value;
	f->reason = NULL;
	if (f->value[0])
		f->reason = wizard_answer(w, ANSWER_DOMAIN, f->value);
	else if (answer_domain(&w->s->answers))
		f->reason = wizard_answer(w, ANSWER_DOMAIN, "none");
}

static void describe(struct wizard *w, struct page *p)
{
	struct blocks *b = &p->body;
	size_t n = p->field_count;

	b->count = 0;
	for (size_t i = 0; i < n; i++)
		if (p->fields[i].reason)
			blocks_add(b, BLOCK_TEXT, "[!]",
				   wizard_text(w, "%s: %s", p->fields[i].label, p->fields[i].reason));
	blocks_add(b, BLOCK_TEXT, "",
		   _("127.0.0.1 is reached through an SSH tunnel or a TLS proxy on this machine; 0.0.0.0 from "
		     "everywhere, without TLS. "
		     "A name (chat.example.org) that leads to this machine gets HTTPS, on ports 80 and 443; leave it "
		     "empty to do without."));
}

static void changed(struct page *p, size_t field)
{
	struct wizard *w = p->context;
	struct field *f = &p->fields[field];

	switch (field) {
	case FIELD_DIR:
		take_text(w, ANSWER_DIR, f, &w->dir_text);
		break;
	case FIELD_BIND:
		take_of_env(w, ANSWER_BIND, "GATEWAY_BIND", USUAL_BIND, f, &w->bind_text);
		break;
	case FIELD_DOMAIN:
		take_domain(w, f);
		break;
	default:
		take_of_env(w, ANSWER_PORT, "GATEWAY_PORT", USUAL_PORT, f, &w->port_text);
		break;
	}
	describe(w, p);
}

static const char *without_brackets(struct wizard *w, const char *address)
{
	return address[0] == '[' ? wizard_text(w, "%.*s", (int)strlen(address) - 2, address + 1) : address;
}

static void begin_texts(struct wizard *w)
{
	const struct answers *all = &w->s->answers;
	const char *bind = answer_text(all, ANSWER_BIND), *port = answer_text(all, ANSWER_PORT);

	if (!bind)
		bind = stack_view_env(w->s, "GATEWAY_BIND");
	if (!port)
		port = stack_view_env(w->s, "GATEWAY_PORT");
	if (!w->dir_text)
		w->dir_text = w->s->dir;
	if (!w->bind_text)
		w->bind_text = without_brackets(w, bind ? bind : USUAL_BIND);
	if (!w->port_text)
		w->port_text = port ? port : USUAL_PORT;
	if (!w->domain_text)
		w->domain_text = answer_domain(all) ? answer_domain(all) : "";
}

static void fill(struct wizard *w, struct page *p)
{
	begin_texts(w);
	page_field(p, FIELD_TEXT, _("Directory"))->value = w->dir_text;
	page_field(p, FIELD_TEXT, _("Address"))->value = w->bind_text;
	page_field(p, FIELD_TEXT, _("Port"))->value = w->port_text;
	page_field(p, FIELD_TEXT, _("Domain"))->value = w->domain_text;
	for (size_t i = 0; i < p->field_count; i++)
		changed(p, i);
}

/* Plans for that directory and compares with its contents; errors are shown beside the field. */
static bool directory_is_well(struct wizard *w, struct page *p)
{
	struct blocks errors = {.count = 0};
	struct session_rights rights;
	int rc = wizard_compare(w, &errors);

	session_rights(w->s, &rights);
	if (rc == 0 && !rights.dir)
		return true;
	if (rc == 0) {
		blocks_add(&errors, BLOCK_TEXT, "[!]", _("only root may write here"));
		wizard_rights(w, &errors);
	}
	p->fields[FIELD_DIR].reason = errors.count > 0 ? errors.items[0].text : _("it cannot be used");
	p->focus = FIELD_DIR;
	describe(w, p);
	for (size_t i = 1; i < errors.count; i++)
		blocks_add(&p->body, BLOCK_TEXT, errors.items[i].label, errors.items[i].text);
	return false;
}

bool wants_gateway(struct wizard *w)
{
	return !w->s->compose;
}

enum step screen_gateway(struct wizard *w)
{
	struct page p = flow_page(
		w, _("The gateway"),
		_("The directory gets compose.yaml, .env with the secrets, and the configuration of nginx and LiteLLM. "
		  "It must be new, empty, or written by vpsfit before. The address and the port are where nginx "
		  "listens."));
	enum step step;

	if (!w->s->changes_known && session_compare(w->s) < 0)
		diag_clear(&w->s->diags), diag_init(&w->s->diags, &w->s->arena);
	blocks_add(&p.intro, BLOCK_TEXT, "",
		   _("Where should the gateway's files go, and on which address should it listen?"));
	fill(w, &p);
	p.changed = changed;
	page_button(&p, _("Next"), STEP_NEXT);
	page_button(&p, _("Back"), STEP_BACK);
	do
		step = flow_fields(w, &p);
	while (step == STEP_NEXT && !directory_is_well(w, &p));
	return step;
}
