/* SPDX-License-Identifier: MIT */
/* What `vpsfit notice` tells of the stacks, as text for a login and as one JSON document. */
#ifndef VPSFIT_NOTICE_H
#define VPSFIT_NOTICE_H

#include <stdbool.h>

#include "core/strbuf.h"

struct json_t;

struct notice {
	struct strbuf text;
	struct json_t *said; /* an array */
};

void notice_begin(struct notice *n);
/* Adds what there is to say of the stack in `stack`. code is stable, for programs. */
void notice_say(struct notice *n, const char *stack, const char *code, const char *text);
/* Adds a command to what was said last, on a line of its own that is fit for pasting. */
void notice_command(struct notice *n, const char *command);
/* Adds a sentence to what was said last. */
void notice_more(struct notice *n, const char *text);
void notice_json(const struct notice *n, bool pending, bool fits, struct strbuf *out);
void notice_clear(struct notice *n);

#endif
