/* SPDX-License-Identifier: MIT */
/*
 * printf for text that people see. The format is vpsfit's own and may hold line feeds; each %s is data and goes
 * through text_data, so that no name of a file, a service or a machine can end a line or control the terminal.
 */
#include <stdio.h>
#include <string.h>

#include "core/text.h"

#define MAX_SPEC 32

/* One conversion such as "%-*.3lld", with the values of its stars filled in. */
struct spec {
	char text[MAX_SPEC];
	size_t len;
	int precision; /* of a string; -1: none */
	size_t longs;  /* number of l; 3: z */
	char kind;
};

/* va_list may be an array type: in a struct, functions can share it by pointer. */
struct arguments {
	va_list ap;
};

static void spec_add(struct spec *s, char c)
{
	if (s->len + 1 < sizeof(s->text))
		s->text[s->len++] = c;
}

static int spec_number(struct spec *s, const char **fmt, struct arguments *args)
{
	char number[16];
	int n = 0;

	if (**fmt == '*') {
		n = va_arg(args->ap, int);
		++*fmt;
	}
	for (; **fmt >= '0' && **fmt <= '9' && n < 100000; ++*fmt)
		n = 10 * n + (**fmt - '0');
	snprintf(number, sizeof(number), "%d", n);
	for (const char *p = number; *p; p++)
		spec_add(s, *p);
	return n;
}

/* Reads one conversion after '%'; returns the rest. A string's precision is kept apart: it counts unescaped bytes. */
static const char *spec_read(struct spec *s, const char *fmt, struct arguments *args)
{
	*s = (struct spec){.text = "%", .len = 1, .precision = -1};
	for (; *fmt && strchr("-+ #0", *fmt); fmt++)
		spec_add(s, *fmt);
	if (*fmt == '*' || (*fmt >= '0' && *fmt <= '9'))
		spec_number(s, &fmt, args);
	if (*fmt == '.') {
		size_t before = s->len;

		fmt++;
		spec_add(s, '.');
		s->precision = spec_number(s, &fmt, args);
		if (*fmt == 's')
			s->len = before;
	}
	for (; *fmt == 'l' || *fmt == 'z' || *fmt == 'h'; fmt++) {
		s->longs += *fmt == 'l' ? 1 : *fmt == 'z' ? 3 : 0;
		spec_add(s, *fmt);
	}
	s->kind = *fmt;
	spec_add(s, *fmt);
	s->text[s->len] = '\0';
	return *fmt ? fmt + 1 : fmt;
}

/* The format is one conversion of a literal that the compiler checked where the caller passed it (printf_like). */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void add_string(struct strbuf *out, const struct spec *s, const char *data)
{
	struct strbuf shown = STRBUF_INIT;
	size_t len = !data ? 0 : s->precision >= 0 ? strnlen(data, (size_t)s->precision) : strlen(data);

	if (data)
		text_data(&shown, data, len);
	strbuf_printf(out, s->text, strbuf_text(&shown));
	strbuf_clear(&shown);
}

static void add_number(struct strbuf *out, const struct spec *s, struct arguments *args)
{
	if (s->longs == 0)
		strbuf_printf(out, s->text, va_arg(args->ap, int));
	else if (s->longs == 1)
		strbuf_printf(out, s->text, va_arg(args->ap, long));
	else if (s->longs == 2)
		strbuf_printf(out, s->text, va_arg(args->ap, long long));
	else
		strbuf_printf(out, s->text, va_arg(args->ap, size_t));
}
#pragma GCC diagnostic pop

void text_vprintf(struct strbuf *out, const char *fmt, va_list ap)
{
	struct arguments args;

	va_copy(args.ap, ap);
	while (*fmt) {
		size_t plain = strcspn(fmt, "%");
		struct spec s;

		strbuf_add(out, fmt, plain);
		fmt += plain;
		if (!*fmt)
			break;
		fmt = spec_read(&s, fmt + 1, &args);
		if (s.kind == 's')
			add_string(out, &s, va_arg(args.ap, const char *));
		else if (strchr("diouxXc", s.kind) && s.kind)
			add_number(out, &s, &args);
		else
			strbuf_putc(out, '%');
	}
	va_end(args.ap);
}

void text_printf(struct strbuf *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(out, fmt, ap);
	va_end(ap);
}

/* The same as a text allocated from a. */
char *text_aprintf(struct arena *a, const char *fmt, ...)
{
	struct strbuf out = STRBUF_INIT;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text_vprintf(&out, fmt, ap);
	va_end(ap);
	text = arena_strndup(a, strbuf_text(&out), out.len);
	strbuf_clear(&out);
	return text;
}
