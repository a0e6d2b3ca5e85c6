/* SPDX-License-Identifier: MIT */
/* Parts of the manual that are generated from the program's tables. Used at build time only, not installed. */
#ifndef VPSFIT_SECTIONS_H
#define VPSFIT_SECTIONS_H

#include "core/strbuf.h"

/* A line "@NAME@" in a template is replaced with the output of write. */
struct section {
	const char *name;
	void (*write)(struct strbuf *out);
};

/* Escapes text for roff: literal hyphens, no escapes, no requests. */
void roff_text(struct strbuf *out, const char *text);

void section_commands(struct strbuf *out);
void section_options(struct strbuf *out);
void section_exit_codes(struct strbuf *out);
void section_warnings(struct strbuf *out);
void section_answers(struct strbuf *out);
void section_profile_keys(struct strbuf *out);
void section_cost_model_keys(struct strbuf *out);
void section_service_keys(struct strbuf *out);
void section_images_keys(struct strbuf *out);
void section_usual_keys(struct strbuf *out);

void section_shell_commands(struct strbuf *out);
void section_shell_options(struct strbuf *out);
void section_shell_values(struct strbuf *out);
void section_fish_commands(struct strbuf *out);
void section_fish_options(struct strbuf *out);

#endif
