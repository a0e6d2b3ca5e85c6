/* SPDX-License-Identifier: MIT */
#include "core/reach.h"

#include <string.h>

#include "core/address.h"
#include "core/i18n.h"
#include "core/macros.h"

const char *reach_bind(const struct machine *m, const struct answers *all)
{
	const char *said = answer_text(all, ANSWER_BIND);

	return m->front.settled ? m->front.then_bind : said ? said : m->front.bind;
}

int64_t reach_port(const struct machine *m, const struct answers *all)
{
	const int64_t asked = answer_number(all, ANSWER_PORT);

	return m->front.settled ? m->front.then_port : asked > 0 ? asked : m->front.port;
}

static const char *host_of(struct arena *a, const struct machine *m, const char *bind)
{
	const char *host = !address_is_any(bind) ? bind : m->address ? m->address : _("ADDRESS-OF-THIS-MACHINE");

	return strchr(host, ':') && host[0] != '[' ? arena_printf(a, "[%s]", host) : host;
}

const char *reach_url(struct arena *a, const struct machine *m, const struct answers *all)
{
	const char *bind = reach_bind(m, all);
	const int64_t port = reach_port(m, all);

	if (answer_said(all, ANSWER_COMPOSE))
		return NULL;
	if (answer_domain(all))
		return arena_printf(a, "https://%s", answer_domain(all));
	return bind && port > 0 ? arena_printf(a, "http://%s:%lld", host_of(a, m, bind), (long long)port) : NULL;
}

const char *reach_text(struct arena *a, const struct machine *m, const struct answers *all)
{
	const char *url = reach_url(a, m, all), *bind = reach_bind(m, all);

	if (!url && m->front.settled && !answer_said(all, ANSWER_COMPOSE))
		return _("it cannot be told from the ports in its compose files");
	if (!url)
		return NULL;
	if (answer_domain(all))
		return arena_printf(a, _("%s, on ports 80 and 443"), url);
	return address_is_loopback(bind) ? arena_printf(a, _("%s, for this machine alone: through an SSH tunnel"), url)
					 : arena_printf(a, _("%s, for others too, without TLS"), url);
}
