/* SPDX-License-Identifier: MIT */
#include "output/notice.h"

#include <jansson.h>

#include "core/text.h"
#include "output/json_machine.h"
#include "output/style.h"

void notice_begin(struct notice *n)
{
	*n = (struct notice){.text = STRBUF_INIT, .said = json_sure(json_array())};
}

void notice_clear(struct notice *n)
{
	strbuf_clear(&n->text);
	json_decref(n->said);
}

static json_t *last(const struct notice *n)
{
	return json_array_get(n->said, json_array_size(n->said) - 1);
}

void notice_say(struct notice *n, const char *stack, const char *code, const char *text)
{
	json_t *one = json_sure(json_object());

	json_put(one, "stack", json_text(stack));
	json_put(one, "code", json_text(code));
	json_put(one, "text", json_text(text));
	json_put(one, "commands", json_array());
	json_add(n->said, one);
	style_wrapf(&n->text, "vpsfit:", 8, "%s", text);
}

void notice_command(struct notice *n, const char *command)
{
	json_add(json_object_get(last(n), "commands"), json_text(command));
	text_printf(&n->text, "          %s\n", command);
}

void notice_more(struct notice *n, const char *text)
{
	json_put(last(n), "more", json_text(text));
	style_wrapf(&n->text, "", 8, "%s", text);
}

void notice_json(const struct notice *n, bool pending, bool fits, struct strbuf *out)
{
	json_t *document = json_sure(json_object());

	json_put(document, "schema", json_text("vpsfit.notice/1"));
	json_put(document, "pending", json_boolean(pending));
	json_put(document, "fits", json_boolean(fits));
	json_put(document, "notices", json_incref(n->said));
	json_dump(document, out);
}
