/* SPDX-License-Identifier: MIT */
#include "answers/refused.h"

#include <string.h>

#include "answers/kinds.h"
#include "core/i18n.h"

static bool has_control(const char *v)
{
	for (; *v; v++)
		if ((unsigned char)*v < ' ' || *v == 127)
			return true;
	return false;
}

static const char *why_no_path(const char *v)
{
	if (has_control(v))
		return N_("a path without line breaks and other control characters");
	if (v[0] == '~')
		return N_(
			"a path written out, such as /home/NAME: '~' is replaced by a shell alone, and not within quotes");
	return NULL;
}

/* All of it could be of an address, or it ends in a number, as no name does. */
static bool is_address_like(const char *v)
{
	const char *dot = strrchr(v, '.'), *colon = strchr(v, ':');

	if (colon && strchr(colon + 1, ':'))
		return v[strspn(v, "0123456789abcdefABCDEF:.[]")] == '\0';
	return dot && dot[1] && strspn(dot + 1, "0123456789") == strcspn(dot + 1, ":");
}

static bool is_ascii(const char *v)
{
	for (; *v; v++)
		if ((unsigned char)*v >= 128)
			return false;
	return true;
}

static const char *why_no_domain(const char *v)
{
	if (strchr(v, '/'))
		return N_("the name alone, without https:// and without a path");
	if (is_address_like(v))
		return N_("a name that leads to this machine, not an address: certificates are made out to names");
	if (strchr(v, ':'))
		return N_("the name alone, without a port: HTTPS is on port 443");
	if (strchr(v, '*'))
		return N_("one name in full, without *: each name has a certificate of its own");
	if (!is_ascii(v))
		return N_(
			"the name's form that begins with xn--, as its registrar shows it: only letters from a to z, digits "
			"and hyphens can be asked for");
	if (v[0] && v[strlen(v) - 1] == '.')
		return N_("the name without the dot at its end");
	return NULL;
}

/*
 * What is expected instead of a value that the row's parser refused: what is wrong with this one where that can be
 * told, else what a valid value is. Untranslated, for people; never repeats the value.
 */
const char *answer_refused(const struct answer_row *row, const char *value)
{
	const char *why = NULL;

	if (row->parse == kind_domain)
		why = why_no_domain(value);
	else if (row->parse == kind_path || row->parse == kind_host_path || row->parse == kind_compose ||
		 row->parse == kind_swap_file)
		why = why_no_path(value);
	return why ? why : row->expected;
}
