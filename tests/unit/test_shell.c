/* SPDX-License-Identifier: MIT */
/* Words for a shell: what a person pastes is that word and nothing more. */
#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core/shell.h"
#include "core/text.h"

static const char *const words[] = {"",	     "a",	    "/opt/ai-gateway",
				    "a b",   " ",	    "'",
				    "''",    "a'b'c",	    "\"",
				    "\\",    "\\\\",	    "\\'",
				    "$HOME", "${HOME}",	    "$(id)",
				    "`id`",  "~",	    "~root",
				    "a;b",   "a&b",	    "a|b",
				    "a>b",   "<b",	    "*",
				    "?",     "[a]",	    "{a,b}",
				    "!",     "!!",	    "#a",
				    "a#b",   "-n",	    "--",
				    "a=b",   "=",	    "%s%n",
				    "@",     "^",	    "(",
				    ")",     "gr\xc3\xbcn", "\xe2\x82\xac"};
static const char *const odd[] = {"\n",	  "a\nb",    "\t",    "\r",	      "\033[2J", "\177", "\x01",
				  "\xff", "a\xff'b", "\\\n'", "\xe2\x80\xae", "1\0012",	 "\n1"};

/* How many words a shell reads, ':', and the first one. Only there to hold the quoting against. */
static const char *as_sh_reads(struct bench *b, const char *shell, const char *quoted)
{
	const char *script = arena_printf(&b->arena, "set -- %s; printf %%s:%%s \"$#\" \"$1\"", quoted);
	char text[256] = "";
	size_t len = 0;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execl(shell, shell, "-c", script, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	for (ssize_t n; len < sizeof(text) - 1 && (n = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0;)
		len += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return arena_strndup(&b->arena, text, len);
}

static void read_as_it_was(struct bench *b, const char *shell, const char *word)
{
	const char *quoted = shell_quoted(&b->arena, word), *is = as_sh_reads(b, shell, quoted);

	if (strncmp(is, "1:", 2) != 0 || strcmp(is + 2, word) != 0)
		fail_msg("%s reads %s as %s", shell, quoted, is);
}

static void any_shell(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		read_as_it_was(*state, "/bin/sh", words[i]);
}

/* $'...' is not in every /bin/sh of today. */
static void bash(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		read_as_it_was(*state, "/bin/bash", words[i]);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		read_as_it_was(*state, "/bin/bash", odd[i]);
}

/* Shown on a terminal and copied from there, no byte is changed on the way. */
static void on_a_terminal(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_true(text_is_plain(shell_quoted(&b->arena, words[i])));
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		const char *quoted = shell_quoted(&b->arena, odd[i]);

		assert_true(text_is_plain(quoted));
		assert_int_equal(strlen(quoted), text_plain(quoted, strlen(quoted)));
	}
}

/* What needs no quotes gets none; what looks like it but does not get them is quoted. */
static void bare(void **state)
{
	static const char *const safe[] = {"a", "/opt/gw", "--dir", "1.5G", "a_b:c,d+e@f%g", "x-1"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(safe); i++)
		assert_string_equal(shell_quoted(&b->arena, safe[i]), safe[i]);
	assert_string_equal(shell_quoted(&b->arena, "PART=name"), "'PART=name'");
	assert_string_equal(shell_quoted(&b->arena, "~"), "'~'");
}

/* Every byte by itself and between letters. */
static void every_byte(void **state)
{
	struct bench *b = *state;
	struct strbuf all = STRBUF_INIT;

	for (int c = 1; c < 256; c++) {
		const char word[] = {'a', (char)c, 'b', '\0'};
		const char *quoted = shell_quoted(&b->arena, word);

		assert_true(text_is_plain(quoted));
		if (c < 128)
			strbuf_putc(&all, (char)c);
	}
	read_as_it_was(b, "/bin/bash", strbuf_text(&all));
	strbuf_clear(&all);
}

static void appended(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	strbuf_puts(&out, "x ");
	shell_word(&out, "a b");
	shell_word(&out, "c");
	assert_string_equal(strbuf_text(&out), "x 'a b'c");
	strbuf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(any_shell), bench_test(bash),       bench_test(on_a_terminal),
		bench_test(bare),      bench_test(every_byte), bench_test(appended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
