/* SPDX-License-Identifier: MIT */
#include "session/domain.h"

#include <errno.h>
#include <string.h>

#include "core/address.h"
#include "core/i18n.h"
#include "detect/name.h"

void session_look_at_domain(struct session *s)
{
	const char *name = answer_domain(&s->answers), *known = s->machine.domain.name;

	if (!name || (known && STR_EQ(known, name)) || !sysroot_is_live(&s->root) || !s->command ||
	    !(STR_EQ(s->command, "") || STR_EQ(s->command, "plan") || STR_EQ(s->command, "apply")))
		return;
	s->machine.domain = detect_name(&s->root, &s->arena, name);
}

/* Does a service that the stack gets now publish the port itself, on all addresses? */
static bool is_published(const struct session *s, int64_t port)
{
	const struct service_set *set = &s->catalog.services;

	for (size_t i = 0; i < set->count; i++)
		for (size_t k = 0; k < set->items[i].publish_count; k++)
			if (set->items[i].answer == ANSWER_DOMAIN && set->items[i].publishes[k] == port)
				return true;
	return false;
}

int session_check_domain(struct session *s)
{
	const struct answers *all = &s->answers;
	const char *name = answer_domain(all), *bind = answer_text(all, ANSWER_BIND);
	int64_t port = answer_number(all, ANSWER_PORT);
	struct diag *d;

	if (!name)
		return 0;
	if (answer_said(all, ANSWER_COMPOSE)) {
		d = diag_add(&s->diags, SEV_ERROR, NULL,
			     _("--domain is for vpsfit's own stack: no service is put into a file that somebody else "
			       "wrote; nothing was planned"));
		d->hint = _("put a TLS proxy before it yourself, or leave out --domain");
		return -EINVAL;
	}
	if (bind && !address_is_loopback(bind)) {
		d = diag_add(
			&s->diags, SEV_ERROR, NULL,
			_("--bind %s and --domain %s contradict each other: the TLS proxy listens for everybody, and "
			  "the gateway behind it for this machine alone; nothing was planned"),
			bind, name);
		d->hint = _("leave out --bind, or say --domain none");
		return -EINVAL;
	}
	if (port > 0 && is_published(s, port)) {
		d = diag_add(&s->diags, SEV_ERROR, NULL,
			     _("--port %lld belongs to the TLS proxy where --domain names one; nothing was planned"),
			     (long long)port);
		d->hint = _("leave out --port: the gateway behind it takes 8080");
		return -EINVAL;
	}
	return 0;
}
