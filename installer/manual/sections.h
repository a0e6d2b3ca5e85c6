/* SPDX-License-Identifier: MIT */
/* The parts of the manual that are made from the program's own tables. For the build only; nothing of it is installed.
 */
#ifndef VPSFIT_SECTIONS_H
#define VPSFIT_SECTIONS_H

#include "core/strbuf.h"

/* In a template, a line "@NAME@" is replaced with what the section writes. */
struct section {
	const char *name;
	void (*write)(struct strbuf *out);
};

/* Text as roff shows it as it is: hyphens that can be copied, no escapes, no requests. */
void roff_text(struct strbuf *out, const char *text);

void section_commands(struct strbuf *out);
void section_options(struct strbuf *out);
void section_exit_codes(struct strbuf *out);
void section_warnings(struct strbuf *out);
void section_answers(struct strbuf *out);
void section_profile_keys(struct strbuf *out);
void section_cost_model_keys(struct strbuf *out);
void section_service_keys(struct strbuf *out);

void section_bash_commands(struct strbuf *out);
void section_bash_options(struct strbuf *out);
void section_bash_values(struct strbuf *out);

#endif
