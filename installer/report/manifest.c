/* SPDX-License-Identifier: MIT */
#include "report/manifest.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Names of programs' use: they are the same in every language. */
static const char *const codes[] = {
	[REDACT_SECRET] = "secret", [REDACT_HEX] = "hex",     [REDACT_UUID] = "uuid", [REDACT_MAC] = "mac",
	[REDACT_IPV4] = "ipv4",	    [REDACT_IPV6] = "ipv6",   [REDACT_MAIL] = "mail", [REDACT_USER] = "user",
	[REDACT_HOST] = "host",	    [REDACT_VALUE] = "value", [REDACT_LINE] = "line", [REDACT_FILE] = "file",
};
ALL_NAMED(codes, REDACT_KINDS);

/* English in every language: who reads a report may speak another one than who sends it. */
void manifest_text(const struct manifest *m, struct strbuf *out)
{
	size_t bytes = 0;

	strbuf_printf(
		out,
		"A report of vpsfit %s, made %s. Read it before you hand it on.\n\n"
		"In it, besides this list:\n"
		"  " BUNDLE_OWN "/   the plan as text and JSON, the command, messages, and what the sampler saw\n"
		"  the rest  those files of the machine that vpsfit's detection reads, the stack's own files, and\n"
		"            its state: of each only what is known to be harmless\n\n"
		"Unpacked, in that directory:\n"
		"  %s\n\n"
		"Taken out or replaced by a token (the same text has the same token everywhere):\n",
		m->version, m->time, m->command);
	for (int i = 0; i < REDACT_KINDS; i++)
		strbuf_printf(out, "  %6zu  %s\n", m->redactor->times[i], redact_names[i]);
	for (size_t i = 0; i < m->count; i++)
		bytes += m->entries[i].type == TAR_FILE ? m->entries[i].len : 0;
	strbuf_printf(out, "\n%zu entries, %zu bytes:\n", m->count, bytes);
	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].type == TAR_LINK)
			strbuf_printf(out, "  %8s  %s -> %s\n", "link", m->entries[i].name, m->entries[i].text);
		else if (m->entries[i].type == TAR_DIR)
			strbuf_printf(out, "  %8s  %s/\n", "", m->entries[i].name);
		else
			strbuf_printf(out, "  %8zu  %s\n", m->entries[i].len, m->entries[i].name);
}

void manifest_json(const struct manifest *m, struct strbuf *out)
{
	json_t *root = json_object(), *removed = json_object(), *entries = json_array();
	char *text;

	json_object_set_new(root, "schema", json_string("vpsfit.report/1"));
	json_object_set_new(root, "file", m->file ? json_string(m->file) : json_null());
	json_object_set_new(root, "version", json_string(m->version));
	json_object_set_new(root, "command", json_string(m->command));
	for (int i = 0; i < REDACT_KINDS; i++)
		json_object_set_new(removed, codes[i], json_integer((json_int_t)m->redactor->times[i]));
	json_object_set_new(root, "removed", removed);
	for (size_t i = 0; i < m->count; i++)
		json_array_append_new(entries, json_string(m->entries[i].name));
	json_object_set_new(root, "entries", entries);
	text = json_dumps(root, JSON_INDENT(2));
	strbuf_printf(out, "%s\n", text ? text : "{}");
	free(text);
	json_decref(root);
}
