/* SPDX-License-Identifier: MIT */
/* The wizard's flow with a scripted user interface, columns of text, and answers as a command line. */
#include "unit.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "session/command_line.h"
#include "answers/secrets.h"
#include "answers/table.h"
#include "core/text.h"
#include "wizard/ui/layout.h"
#include "wizard/wizard.h"

/* One action of the person, on the page with that title. */
struct act {
	const char *title;
	enum ui_event event;
	enum step button; /* for UI_PRESSED */
	int field;	  /* field to change first; -1: none */
	const char *value;
	size_t chosen;
};

struct play {
	struct ui ui;
	const struct act *acts;
	size_t at;
	char said[65536]; /* body of the last page */
};

static const struct style no_style;

static void set_field(struct page *p, const struct act *act)
{
	struct field *f = &p->fields[act->field];

	assert_true((size_t)act->field < p->field_count);
	if (act->value)
		f->value = act->value;
	else
		f->chosen = act->chosen;
	p->changed(p, (size_t)act->field);
}

static enum ui_event play_show(struct ui *ui, struct page *p)
{
	struct play *play = (struct play *)ui;
	const struct act *act = &play->acts[play->at++];
	struct strbuf out = STRBUF_INIT;

	assert_non_null(act->title);
	assert_string_equal(p->title, act->title);
	assert_true(p->button_count > 0);
	if (act->field >= 0)
		set_field(p, act);
	layout_blocks(ui->arena, &p->intro, 70, &no_style, &out);
	layout_blocks(ui->arena, &p->body, 70, &no_style, &out);
	snprintf(play->said, sizeof(play->said), "%s", strbuf_text(&out));
	strbuf_clear(&out);
	if (act->event != UI_PRESSED)
		return act->event;
	for (p->pressed = 0; p->pressed < p->button_count; p->pressed++)
		if (p->buttons[p->pressed].step == act->button)
			return UI_PRESSED;
	fail_msg("%s has no such button", p->title);
	return UI_GONE;
}

static int play_open(struct ui *ui)
{
	(void)ui;
	return 0;
}

static void play_close(struct ui *ui)
{
	(void)ui;
}

static void play_progress(struct ui *ui, const char *title, const char *what, size_t done, size_t total)
{
	(void)ui, (void)title, (void)what, (void)done, (void)total;
}

static const struct ui_ops ops = {play_open, play_close, play_show, play_progress};

struct fixture {
	struct session s;
	struct wizard w;
	struct play play;
};

/* A session on a machine that is only read. */
static void begin(struct fixture *f, const char *machine, const struct act *acts)
{
	session_init(&f->s);
	f->s.answers.of[ANSWER_SYSROOT] = said(arena_printf(&f->s.arena, "%s/%s", getenv("VPSFIT_ROOTS"), machine), 0);
	/* The ways go past pages that only a machine too small for the founding figures has. */
	f->s.answers.of[ANSWER_COST_MODEL] = said("seed-2025-11", 0);
	f->play = (struct play){.ui = {&ops, &f->s.arena, "test"}, .acts = acts};
	f->w = (struct wizard){.s = &f->s, .ui = &f->play.ui};
	assert_int_equal(session_plan(&f->s), 0);
}

static void end(struct fixture *f)
{
	assert_null(f->play.acts[f->play.at].title);
	session_clear(&f->s);
}

static const struct act leave_at_review[] = {
	{"This machine", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Profile", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Open WebUI", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Tight: part of it will be in swap", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Swap", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"The gateway", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Models", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Review", UI_ESCAPE, STEP_LEAVE, -1, NULL, 0},
	{"Leave?", UI_PRESSED, STEP_STAY, -1, NULL, 0},
	{"Review", UI_HELP, STEP_LEAVE, -1, NULL, 0},
	{"Help", UI_PRESSED, STEP_STAY, -1, NULL, 0},
	{"Review", UI_PRESSED, STEP_LEAVE, -1, NULL, 0},
	{"Leave?", UI_PRESSED, STEP_LEAVE, -1, NULL, 0},
	{NULL, UI_GONE, STEP_GONE, -1, NULL, 0},
};

static void test_leaving_at_the_review(void **state)
{
	static struct fixture f;

	(void)state;
	begin(&f, "vm-2g", leave_at_review);
	assert_int_equal(flow_run(&f.w, screens, screen_count), STEP_LEAVE);
	assert_false(f.w.written);
	end(&f);
}

static const struct act back_and_forth[] = {
	{"This machine", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Profile", UI_PRESSED, STEP_NEXT, 0, NULL, 0},
	{"Open WebUI", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Tight: part of it will be in swap", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Swap", UI_HELP, STEP_NEXT, 0, NULL, 2},
	{"Help", UI_ESCAPE, STEP_STAY, -1, NULL, 0},
	{"Swap", UI_PRESSED, STEP_NEXT, 1, "3G", 0},
	{"The gateway", UI_PRESSED, STEP_BACK, 2, "99999", 0},
	{"Swap", UI_PRESSED, STEP_BACK, -1, NULL, 0},
	{"Tight: part of it will be in swap", UI_PRESSED, STEP_BACK, -1, NULL, 0},
	{"Open WebUI", UI_PRESSED, STEP_BACK, -1, NULL, 0},
	{"Profile", UI_PRESSED, STEP_NEXT, 1, NULL, 2},
	{"Open WebUI", UI_PRESSED, STEP_NEXT, 0, NULL, 1},
	{"It does not fit into memory", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Swap", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"The gateway", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"The gateway", UI_PRESSED, STEP_NEXT, 2, "8443", 0},
	{"Models", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Review", UI_GONE, STEP_LEAVE, -1, NULL, 0},
	{NULL, UI_GONE, STEP_GONE, -1, NULL, 0},
};

/* An invalid value survives going back and forth, and is still reported. */
static void test_back_and_forth(void **state)
{
	static struct fixture f;
	struct strbuf line = STRBUF_INIT;

	(void)state;
	begin(&f, "vm-2g", back_and_forth);
	assert_int_equal(flow_run(&f.w, screens, screen_count), STEP_GONE);
	assert_int_equal(answer_swap(&f.s.answers).mib, 3072);
	assert_int_equal(f.s.plan.workers, 3);
	assert_true(f.s.plan.smaller.chosen);
	assert_int_equal(answer_number(&f.s.answers, ANSWER_PORT), 8443);
	command_line_render(&f.s, &line);
	assert_non_null(strstr(strbuf_text(&line), " --profile auto --workers 3 --swap 3072M --open-webui slim"));
	strbuf_clear(&line);
	end(&f);
}

static const struct act without_swap[] = {
	{"This machine", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Profile", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Open WebUI", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Tight: part of it will be in swap", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Swap", UI_PRESSED, STEP_NEXT, 0, NULL, 1},
	{"It does not fit into memory", UI_PRESSED, STEP_BACK, -1, NULL, 0},
	{"Swap", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"It does not fit into memory", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"The gateway", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Models", UI_PRESSED, STEP_NEXT, -1, NULL, 0},
	{"Review", UI_GONE, STEP_LEAVE, -1, NULL, 0},
	{NULL, UI_GONE, STEP_GONE, -1, NULL, 0},
};

static void test_without_swap_it_is_asked_again(void **state)
{
	static struct fixture f;

	(void)state;
	begin(&f, "vm-2g", without_swap);
	assert_int_equal(flow_run(&f.w, screens, screen_count), STEP_GONE);
	assert_true(answer_on(&f.s.answers, ANSWER_FORCE));
	assert_int_equal(answer_swap(&f.s.answers).mode, SWAP_MODE_NONE);
	end(&f);
}

static enum step never(struct wizard *w)
{
	(void)w;
	fail_msg("a screen that is not wanted was shown");
	return STEP_GONE;
}

static int visits;

static enum step back_once(struct wizard *w)
{
	(void)w;
	return visits++ == 0 ? STEP_BACK : STEP_NEXT;
}

static enum step next(struct wizard *w)
{
	(void)w;
	return STEP_NEXT;
}

static bool unwanted(struct wizard *w)
{
	(void)w;
	return false;
}

static void test_back_past_unwanted_screens(void **state)
{
	const struct screen table[] = {{"a", unwanted, never, SCREEN_NO_STEP},
				       {"b", NULL, next, SCREEN_NO_STEP},
				       {"c", unwanted, never, SCREEN_NO_STEP},
				       {"d", NULL, back_once, SCREEN_NO_STEP}};
	const struct screen first[] = {{"a", unwanted, never, SCREEN_NO_STEP}, {"d", NULL, back_once, SCREEN_NO_STEP}};
	struct wizard w = {0};

	(void)state;
	visits = 0;
	assert_int_equal(flow_run(&w, table, ARRAY_SIZE(table)), STEP_END);
	assert_int_equal(visits, 2);
	visits = 0;
	assert_int_equal(flow_run(&w, first, ARRAY_SIZE(first)), STEP_END);
	assert_int_equal(visits, 2);
}

static size_t widest(const char *text)
{
	size_t most = 0;

	for (; *text; text = strchr(text, '\n') + 1) {
		size_t columns = layout_columns(text, strcspn(text, "\n"));

		most = columns > most ? columns : most;
	}
	return most;
}

static const char *const texts[] = {
	"plain words of different lengths, and one_that_is_very_much_longer_than_any_line_of_the_narrowest_screen_is",
	"Größe über Maß: señal, año, café, naïve",
	"漢字は二桁です 長い文章 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
	"e\xcc\x81 combining, and a line\nbreak\n\nand another",
	"",
};

/* At any width, no line is wider and no character is lost. */
static void test_lines_fit(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(texts); t++)
		for (size_t width = 20; width < 140; width++) {
			struct blocks b = {.count = 0};
			struct strbuf out = STRBUF_INIT;
			struct block *gauge;

			blocks_add(&b, BLOCK_TEXT, "", texts[t]);
			blocks_add(&b, BLOCK_TEXT, "[!]", texts[t]);
			blocks_add(&b, BLOCK_TEXT, "Etikett", texts[t]);
			blocks_add(&b, BLOCK_FIXED, "", texts[t]);
			blocks_add(&b, BLOCK_ROW, "workers", "1")->more = "2";
			gauge = blocks_add(&b, BLOCK_GAUGE, "idle", "2836 of 1978 MiB, 143 %: needs swap");
			gauge->used = 2836, gauge->ram = 1978, gauge->swap = 2048;
			layout_blocks(&a, &b, width, &no_style, &out);
			if (widest(strbuf_text(&out)) > width)
				fail_msg("wider than %zu:\n%s", width, strbuf_text(&out));
			strbuf_clear(&out);
		}
	arena_clear(&a);
}

static void test_columns(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	assert_int_equal(layout_columns("漢字", 6), 4);
	assert_int_equal(layout_columns("e\xcc\x81", 3), 1);
	assert_int_equal(layout_columns("año", 4), 3);
	assert_string_equal(layout_cut(&a, "漢字漢字", 7), "漢字...");
	assert_string_equal(layout_cut(&a, "漢字漢字", 6), "漢...");
	assert_string_equal(layout_cut(&a, "four", 4), "four");
	assert_string_equal(layout_clean(&a, "a\033[31mb\x9b\tc"), "a\\x1b[31mb\\x9b\\x09c");
	arena_clear(&a);
}

/* Every answer that a file may contain must be on the rendered command line. */
static void test_every_answer_has_a_flag_on_the_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ANSWER_COUNT; i++) {
		assert_non_null(answer_rows[i].name);
		assert_true(!answer_rows[i].argument || answer_rows[i].expected);
		/* The line that is rendered is one of apply. */
		if ((answer_rows[i].commands & (FOR_WIZARD | FOR_APPLY)) &&
		    (answer_rows[i].flags & (IN_FILE | REMEMBERED)) && !(answer_rows[i].flags & ON_THE_LINE))
			fail_msg("--%s is not on the rendered command line", answer_rows[i].name);
	}
}

static void test_quoting(void **state)
{
	static struct fixture f;
	struct strbuf line = STRBUF_INIT;

	(void)state;
	session_init(&f.s);
	f.s.answers.of[ANSWER_DIR] = said("/srv/it's mine $HOME", 0);
	f.s.answers.of[ANSWER_BIND] = said("::1", 0);
	f.s.answers.provider_keys[PROVIDER_OPENAI] = "sk-very-secret";
	command_line_render(&f.s, &line);
	assert_string_equal(strbuf_text(&line), "vpsfit apply --dir '/srv/it'\\''s mine $HOME' --bind ::1 --yes");
	strbuf_clear(&line);
	command_line_note(&f.s, &line);
	assert_non_null(strstr(strbuf_text(&line), "openai-api-key"));
	assert_null(strstr(strbuf_text(&line), "sk-very-secret"));
	strbuf_clear(&line);
	session_clear(&f.s);
}

static void test_keys(void **state)
{
	static struct fixture f;

	(void)state;
	session_init(&f.s);
	assert_null(secret_answer_set(&f.s.answers, PROVIDER_OPENAI, "sk-proj-Ab_9.x/y+z=="));
	assert_string_equal(f.s.answers.provider_keys[PROVIDER_OPENAI], "sk-proj-Ab_9.x/y+z==");
	assert_non_null(secret_answer_set(&f.s.answers, PROVIDER_OPENAI, "sk $HOME"));
	assert_non_null(secret_answer_set(&f.s.answers, PROVIDER_OPENAI, "sk#1"));
	assert_non_null(secret_answer_set(&f.s.answers, PROVIDER_OPENAI, "sk\n"));
	assert_null(secret_answer_set(&f.s.answers, PROVIDER_OPENAI, ""));
	assert_null(f.s.answers.provider_keys[PROVIDER_OPENAI]);
	session_clear(&f.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaving_at_the_review),
		cmocka_unit_test(test_back_and_forth),
		cmocka_unit_test(test_without_swap_it_is_asked_again),
		cmocka_unit_test(test_back_past_unwanted_screens),
		cmocka_unit_test(test_lines_fit),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_every_answer_has_a_flag_on_the_line),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_keys),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
