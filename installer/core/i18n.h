/* SPDX-License-Identifier: MIT */
/*
 * Texts for people, in their language. core/ knows no catalogue: it asks through a pointer, which main sets to
 * gettext(3) and which gives the text back unchanged until then. Codes, keys and JSON are never translated.
 */
#ifndef VPSFIT_I18N_H
#define VPSFIT_I18N_H

struct i18n {
	const char *(*one)(const char *text);
	const char *(*many)(const char *one, const char *many, unsigned long n);
};

extern struct i18n i18n;

static inline const char *i18n_text(const char *text) __attribute__((format_arg(1)));
static inline const char *i18n_text(const char *text)
{
	return i18n.one(text);
}

static inline const char *i18n_plural(const char *one, const char *many, unsigned long n)
	__attribute__((format_arg(1), format_arg(2)));
static inline const char *i18n_plural(const char *one, const char *many, unsigned long n)
{
	return i18n.many(one, many, n);
}

/* The text in the user's language. The compiler checks a format through it. */
#define _(text) i18n_text(text)
/* The plural form for n: Q_("%lld core", "%lld cores", n). */
#define Q_(one, many, n) i18n_plural(one, many, (unsigned long)(n))
/* Marks a text in a table for xgettext; call _() where it is shown. */
#define N_(text) text

#endif
