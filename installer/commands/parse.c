/* SPDX-License-Identifier: MIT */
#include "commands/parse.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "answers/file.h"
#include "answers/secrets.h"
#include "answers/table.h"
#include "core/i18n.h"

#define MAX_OPTIONS 64
/* Above every letter, to tell long options from short ones. */
#define LONG_BASE 1000

struct given {
	const struct answer_row *option;
	const char *value;
};

static int usage(struct session *s, const char *hint, const char *fmt, ...) printf_like(3, 4);

static int usage(struct session *s, const char *hint, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(&s->arena, fmt, ap);
	va_end(ap);
	diag_add(&s->diags, SEV_ERROR, NULL, _("%s; nothing was done"), text)->hint =
		hint ? hint : _("'vpsfit --help' lists commands and options");
	return -EINVAL;
}

/* The text after "=" may be a secret, and messages end up in logs. */
static const char *without_value(struct session *s, const char *word)
{
	return arena_strndup(&s->arena, word, strcspn(word, "="));
}

static int bad_option(struct session *s, const char *word, int code)
{
	const char *name = word + strspn(word, "-");
	char *plain = arena_strndup(&s->arena, name, strcspn(name, "="));
	const char *meant = answer_nearest(plain);

	if (code == ':')
		return usage(s, NULL, _("%s needs a value"), word);
	if (secret_is_answer(plain))
		return usage(
			s,
			arena_printf(
				&s->arena,
				_("every user of the machine can read command lines: put '%s' into an answers file, and "
				  "name it with --answers"),
				plain),
			_("there is no option --%s"), plain);
	if (answer_find(plain))
		return usage(s, NULL, _("--%s takes no value"), plain);
	return usage(s, meant ? arena_printf(&s->arena, _("did you mean --%s?"), meant) : NULL, _("unknown option %s"),
		     without_value(s, word));
}

static void build_tables(struct option *longs, char *shorts)
{
	size_t n = 0;

	shorts[n++] = ':';
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		const struct answer_row *o = &answer_rows[i];

		longs[i] = (struct option){o->name, o->argument ? required_argument : no_argument, NULL,
					   LONG_BASE + (int)i};
		if (o->letter)
			shorts[n++] = o->letter;
	}
	longs[ANSWER_COUNT] = (struct option){NULL, 0, NULL, 0};
	shorts[n] = '\0';
}

static const struct answer_row *by_letter(int letter)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		if (answer_rows[i].letter && answer_rows[i].letter == letter)
			return &answer_rows[i];
	return NULL;
}

static bool is_option(const char *word)
{
	return strncmp(word, "--", 2) == 0 && word[2] && answer_find(word + 2);
}

static int collect(struct session *s, int argc, char **argv, struct given *given, size_t *ret_count)
{
	struct option longs[MAX_OPTIONS + 1];
	char shorts[MAX_OPTIONS];
	size_t n = 0;
	int code;

	build_tables(longs, shorts);
	opterr = 0;
	optind = 1;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (code == '?' || code == ':')
			return bad_option(s,
					  optopt > 0 && optopt < LONG_BASE ? arena_printf(&s->arena, "-%c", optopt)
									   : argv[optind - 1],
					  code);
		if (n == MAX_OPTIONS)
			return usage(s, NULL, _("there are more than %d options"), MAX_OPTIONS);
		/* getopt takes any word for a value: one that is an option of ours was meant as that. */
		if (optarg && is_option(optarg) && optarg == argv[optind - 1])
			return usage(s, NULL, _("%s needs a value, and '%s' follows it"), argv[optind - 2],
				     without_value(s, optarg));
		given[n++] =
			(struct given){code >= LONG_BASE ? &answer_rows[code - LONG_BASE] : by_letter(code), optarg};
	}
	*ret_count = n;
	return 0;
}

static int find_command(struct session *s, int argc, char **argv, struct parsed *p)
{
	const char *meant;

	if (optind >= argc) {
		p->command = command_find("");
		return 0;
	}
	/* As with other programs: 'vpsfit help plan' is 'vpsfit plan --help'. */
	if (STR_EQ(argv[optind], "version") && optind + 1 == argc) {
		p->version = true;
		return 0;
	}
	if (STR_EQ(argv[optind], "help")) {
		p->help = true;
		p->command = command_find("");
		optind++;
		return optind < argc ? find_command(s, argc, argv, p) : 0;
	}
	p->command = argv[optind][0] ? command_find(argv[optind]) : NULL;
	if (!p->command) {
		meant = command_nearest(argv[optind]);
		return usage(s, meant ? arena_printf(&s->arena, _("did you mean 'vpsfit %s'?"), meant) : NULL,
			     _("unknown command '%s'"), without_value(s, argv[optind]));
	}
	if (optind + 1 < argc)
		return usage(s, NULL, _("unexpected argument '%s'"), without_value(s, argv[optind + 1]));
	return 0;
}

static int check_scope(struct session *s, const struct command *c, const struct given *given, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!command_takes(c, given[i].option))
			return usage(s, NULL, _("'%s' takes no --%s"), c->synopsis, given[i].option->name);
	return 0;
}

static int contradictions(struct session *s)
{
	const struct answers *all = &s->answers;

	if (answer_on(all, ANSWER_KEEP_EDITS) && answer_on(all, ANSWER_OVERWRITE_EDITS))
		return usage(s,
			     arena_printf(&s->arena, _("expected: %s"),
					  _("one of --keep-edits and --overwrite-edits, not both")),
			     _("--keep-edits and --overwrite-edits contradict each other"));
	if (answer_said(all, ANSWER_COMPOSE) && answer_said(all, ANSWER_DIR))
		return usage(s, _("the stack's directory is the one that the compose file is in"),
			     _("--compose and --dir contradict each other"));
	return 0;
}

static int store(struct session *s, const struct given *given, size_t count)
{
	bool edits = false;

	/* Edit flags replace those of the answers file; only two flags contradict each other. */
	for (size_t i = 0; i < count; i++)
		edits |=
			STR_EQ(given[i].option->name, "keep-edits") || STR_EQ(given[i].option->name, "overwrite-edits");
	if (edits)
		s->answers.of[ANSWER_KEEP_EDITS] = s->answers.of[ANSWER_OVERWRITE_EDITS] =
			(struct answer){ORIGIN_DEFAULT, NULL, 0, NULL};
	for (size_t i = 0; i < count; i++) {
		const char *wrong =
			answer_set(&s->answers, &s->arena, answer_id(given[i].option), given[i].value, ORIGIN_FLAG);

		if (wrong)
			return usage(s, arena_printf(&s->arena, _("expected: %s"), _(wrong)),
				     _("--%s%s%s is not valid"), given[i].option->name, given[i].value ? " " : "",
				     given[i].value ? given[i].value : "");
	}
	return contradictions(s);
}

/* What somebody else's file says of its database stays: an answer that has no effect is not passed over in silence. */
static int check_database(struct session *s, const struct command *c)
{
	const struct answers *all = &s->answers;

	if ((!all->database_url && !all->database_own) || (c->bit & FOR_EXPORT) || !answer_said(all, ANSWER_COMPOSE) ||
	    ((c->bit & FOR_PLAN) && (answer_said(all, ANSWER_NODE) || answer_said(all, ANSWER_NODES))))
		return 0;
	return usage(s, _("the file that --compose names says itself where its database is"),
		     _("'%s' takes no database-url with --compose, which is for vpsfit's own stack"), c->synopsis);
}

/*
 * Parses the command line into ret and s->answers. Flags override the answers file, which is read first. With --help or
 * --version only the command is parsed. Returns 0, or -EINVAL with errors in diags.
 */
int parse_command_line(struct session *s, int argc, char **argv, struct parsed *ret)
{
	struct given given[MAX_OPTIONS];
	struct parsed p = {NULL, false, false, false};
	size_t count = 0;

	if (collect(s, argc, argv, given, &count) < 0 || find_command(s, argc, argv, &p) < 0)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		p.help |= STR_EQ(given[i].option->name, "help");
		p.version |= STR_EQ(given[i].option->name, "version");
		p.unattended |= STR_EQ(given[i].option->name, "yes") && STR_EQ(p.command->name, "apply");
	}
	*ret = p;
	if (p.help || p.version)
		return 0;
	if (check_scope(s, p.command, given, count) < 0)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		if (STR_EQ(given[i].option->name, "answers") &&
		    answers_load(&s->answers, &s->arena, given[i].value, &s->diags) < 0)
			return -EINVAL;
	if (store(s, given, count) < 0)
		return -EINVAL;
	return check_database(s, p.command);
}
