/* SPDX-License-Identifier: MIT */
/* Dispatches argv to the command table. */
#include <fcntl.h>
#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/parse.h"
#include "commands/report.h"
#include "commands/run.h"
#include "output/json.h"
#include "core/i18n.h"
#include "output/columns.h"
#include "session/static_libc.h"

#ifndef VPSFIT_VERSION
#define VPSFIT_VERSION "unknown"
#endif

static void out_of_memory(void)
{
	report_error_line(_("out of memory; run again when some is free: an interrupted apply is finished then"));
	_exit(EXIT_FAILED);
}

static void cannot_be_told(void)
{
	report_error_line(_("the JSON document cannot be made: a name in it is not valid UTF-8"));
	_exit(EXIT_FAILED);
}

/* A file opened later must never become standard output by accident. */
static bool reserve_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
			return false;
	return true;
}

static bool want_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && no[0]) && term && term[0] && !STR_EQ(term, "dumb");
}

/* Only a terminal shows them for sure: a log may be read anywhere. */
static bool want_blocks(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && columns_is_utf8() && term && term[0] && !STR_EQ(term, "dumb");
}

static enum exit_code print_help(const struct parsed *p)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (p->version)
		strbuf_puts(&out, "vpsfit " VPSFIT_VERSION "\n");
	else
		help_text(p->command, &out);
	written = report_out(&out);
	strbuf_clear(&out);
	return written ? EXIT_DONE : EXIT_FAILED;
}

static const char *translate_plural(const char *one, const char *many, unsigned long n)
{
	return ngettext(one, many, n);
}

static const char *translate(const char *text)
{
	/* gettext("") returns the catalogue's header. */
	return text[0] ? gettext(text) : text;
}

/* Use the user's language for texts and characters. LC_NUMERIC stays "C": numbers in files and JSON depend on it. */
static void set_language(struct arena *a)
{
#ifdef VPSFIT_STATIC
	static_libc_set_up(find_locale_dir(a));
#else
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
#endif
	bindtextdomain("vpsfit", find_locale_dir(a));
	bind_textdomain_codeset("vpsfit", "UTF-8");
	textdomain("vpsfit");
	i18n.one = translate;
	i18n.many = translate_plural;
}

/* Programs read JSON: its texts stay English in every locale. */
static void keep_to_english(void)
{
	setlocale(LC_CTYPE, "C");
	setlocale(LC_MESSAGES, "C");
}

static const struct {
	const char *name;
	enum exit_code (*run)(struct session *s);
} runners[] = {
	{"", command_wizard},
	{"detect", command_detect},
	{"plan", command_plan},
	{"apply", command_apply},
	{"status", command_status},
	{"rollback", command_rollback},
	{"recover", command_recover},
	{"notice", command_notice},
	{"sizes", command_sizes},
	{"forget", command_forget},
	{"export", command_export},
	{"watch", command_watch},
	{"calibrate", command_calibrate},
	{"report", command_report},
};

static enum exit_code run(struct session *s, const struct parsed *p)
{
	if (answer_on(&s->answers, ANSWER_JSON))
		keep_to_english();
	s->command = p->command->name;
	if (session_check_paths(s) < 0)
		return EXIT_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(runners); i++)
		if (STR_EQ(runners[i].name, p->command->name))
			return runners[i].run(s);
	abort();
}

int main(int argc, char **argv)
{
	struct session s;
	struct parsed p = {NULL, false, false, false};
	enum exit_code code;

	arena_set_out_of_memory(out_of_memory);
	json_begin(cannot_be_told);
	/* If a reader goes away, write fails; SIGPIPE must not kill an apply half way. */
	signal(SIGPIPE, SIG_IGN);
	if (!reserve_standard_fds())
		return EXIT_FAILED;
	session_init(&s);
	set_language(&s.arena);
	s.style.colour = want_colour();
	s.style.blocks = want_blocks();
	report_in_colour(s.style.colour);
	if (parse_command_line(&s, argc, argv, &p) < 0)
		code = EXIT_USAGE;
	else if (p.help || p.version)
		code = print_help(&p);
	else
		code = run(&s, &p);
	report_diags(&s);
	if (p.unattended)
		report_end(&s, code);
	session_clear(&s);
	return (int)code;
}
