/* SPDX-License-Identifier: MIT */
/* The wizard line by line, without cursor addressing and colour, for dumb terminals, logs and screen readers. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "commands/report.h"
#include "core/i18n.h"
#include "core/macros.h"
#include "core/units.h"
#include "wizard/ui/layout.h"
#include "wizard/ui/signals.h"
#include "wizard/ui/ui.h"

#define MAX_LINE 4096
#define USUAL_COLUMNS 80

enum asked { ASKED_VALUE, ASKED_KEEP, ASKED_BACK, ASKED_LEAVE, ASKED_HELP, ASKED_EOF };

static struct termios before;
static bool echo_off;

static void set_echo(bool on)
{
	struct termios now;

	if (!on && tcgetattr(STDIN_FILENO, &before) == 0) {
		now = before;
		now.c_lflag &= (tcflag_t)~ECHO;
		now.c_lflag |= ECHONL;
		echo_off = tcsetattr(STDIN_FILENO, TCSADRAIN, &now) == 0;
	} else if (on && echo_off) {
		/* TCSADRAIN keeps type-ahead for the next question */
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
		echo_off = false;
	}
}

static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return USUAL_COLUMNS;
	return size.ws_col < 20 ? 20 : size.ws_col;
}

static bool say_blocks(const struct ui *ui, const struct blocks *b)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	layout_blocks(ui->arena, b, columns(), &ui->style, &out);
	written = out.len == 0 || report_out(&out);
	strbuf_clear(&out);
	return written;
}

/* Handles signals while waiting for input; returns false if one ends the wizard. */
static bool live_through(void)
{
	int sig;

	while ((sig = signals_take()) != 0) {
		bool hidden = echo_off;

		if (signals_fatal())
			return false;
		if (sig != SIGTSTP)
			continue;
		set_echo(true);
		signals_stop_here();
		if (hidden)
			set_echo(false);
	}
	return true;
}

/* Waits for a byte on standard input; returns false at its end or if a signal ends the wizard. */
static bool wait_byte(char *ret)
{
	struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {signals_fd(), POLLIN, 0}};

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return false;
		if (!live_through())
			return false;
		if (fds[0].revents == 0)
			continue;
		fds[0].revents = 0;
		return TEMP_FAILURE_RETRY(read(STDIN_FILENO, ret, 1)) == 1;
	}
}

/* Reads a line without its end, cut to MAX_LINE. Returns false at end of input. */
static bool read_line(char line[static MAX_LINE])
{
	size_t n = 0;
	char c;

	while (wait_byte(&c)) {
		if (c == '\n') {
			line[n] = '\0';
			return true;
		}
		if (c != '\r' && n < MAX_LINE - 1)
			line[n++] = c;
	}
	return false;
}

static enum asked ask(const struct ui *ui, const char *prompt, bool hidden, bool letters, const char **ret)
{
	char line[MAX_LINE] = "";
	bool read;

	/* Before the prompt, so that an early answer is not echoed. */
	if (hidden)
		set_echo(false);
	read = report_text(prompt) && read_line(line);
	set_echo(true);
	if (!read)
		return ASKED_EOF;
	*ret = arena_strdup(ui->arena, line);
	explicit_bzero(line, sizeof(line));
	if (!(*ret)[0])
		return ASKED_KEEP;
	if (STR_EQ(*ret, "?"))
		return ASKED_HELP;
	if (STR_EQ(*ret, "<"))
		return ASKED_BACK;
	return letters && STR_EQ(*ret, "q") ? ASKED_LEAVE : ASKED_VALUE;
}

static bool is_listed(const struct field *f)
{
	return f->kind == FIELD_LIST || f->kind == FIELD_STEP;
}

/* Numbers are typed as they are; words are numbered. */
static bool is_numbered(const struct field *f)
{
	return f->kind == FIELD_LIST || (f->kind == FIELD_STEP && strcspn(f->choices[0], "0123456789") > 0);
}

static void add_choices(const struct ui *ui, const struct field *f, struct strbuf *out)
{
	for (size_t i = 0; is_numbered(f) && i < f->choice_count; i++)
		strbuf_printf(out, "  %zu) %s\n", i + 1, layout_clean(ui->arena, f->choices[i]));
}

/* A number is typed here: the keys that step through them on a full screen do nothing. */
static const char *label_of(const struct ui *ui, const struct field *f)
{
	static const char keys[] = " (+/-)";
	const char *label = layout_clean(ui->arena, f->label);
	size_t n = strlen(label);

	if (n > strlen(keys) && STR_EQ(label + n - strlen(keys), keys))
		return arena_strndup(ui->arena, label, n - strlen(keys));
	return label;
}

static const char *prompt_of(const struct ui *ui, const struct field *f)
{
	const char *label = label_of(ui, f);
	struct strbuf out = STRBUF_INIT;
	const char *prompt;

	add_choices(ui, f, &out);
	if (is_numbered(f))
		strbuf_printf(&out, "%s [%zu]: ", label, f->chosen + 1);
	else if (f->kind == FIELD_STEP)
		strbuf_printf(&out, _("%s, %s to %s [%s]: "), label, f->choices[0], f->choices[f->choice_count - 1],
			      f->choices[f->chosen]);
	else if (f->kind == FIELD_HIDDEN || !f->value[0])
		strbuf_printf(&out, "%s [%s]: ", label, f->value[0] ? _("as typed") : "");
	else
		strbuf_printf(&out, "%s [%s]: ", label, layout_clean(ui->arena, f->value));
	prompt = arena_strdup(ui->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return prompt;
}

/* Selects by the number shown, or by the first word of a step's choice. */
static bool choose(struct field *f, const char *typed)
{
	uint64_t n;

	if (is_numbered(f) && parse_uint(typed, f->choice_count, &n) && n > 0) {
		f->chosen = (size_t)n - 1;
		return true;
	}
	if (f->kind == FIELD_LIST)
		return false;
	for (size_t i = 0; i < f->choice_count; i++) {
		size_t word = strcspn(f->choices[i], " ");

		if (strlen(typed) == word && strncmp(typed, f->choices[i], word) == 0) {
			f->chosen = i;
			return true;
		}
	}
	return false;
}

static bool take_value(struct page *p, size_t i, const char *typed)
{
	struct field *f = &p->fields[i];

	if (is_listed(f) && !choose(f, typed))
		return report_text(_("  [!] please answer with one of the values shown\n")), false;
	if (!is_listed(f))
		f->value = typed;
	if (p->changed)
		p->changed(p, i);
	return true;
}

static void say_reason(const struct ui *ui, const struct field *f)
{
	(void)report_text(arena_printf(ui->arena, "  [!] %s\n", layout_clean(ui->arena, f->reason)));
}

static void say_help(const struct ui *ui, const struct page *p)
{
	struct blocks help = {.count = 0};

	blocks_add(&help, BLOCK_TEXT, "", p->help ? p->help : _("There is nothing more to say here."));
	blocks_add(&help, BLOCK_TEXT, "", _("Enter keeps what is in brackets, < goes back, q leaves, ? shows this."));
	(void)say_blocks(ui, &help);
}

/* Asks one field until its value is valid. */
static enum asked ask_field(const struct ui *ui, struct page *p, size_t i)
{
	struct field *f = &p->fields[i];
	const char *was = f->value;

	for (;;) {
		const char *typed;
		enum asked asked = ask(ui, prompt_of(ui, f), f->kind == FIELD_HIDDEN, is_listed(f), &typed);

		if (asked == ASKED_HELP) {
			say_help(ui, p);
			continue;
		}
		if (asked == ASKED_VALUE && !take_value(p, i, typed))
			continue;
		if (asked != ASKED_VALUE && asked != ASKED_KEEP)
			return asked;
		/* A choice that needs another field is checked there. */
		if (!f->reason || (is_listed(f) && i + 1 < p->field_count))
			return asked;
		say_reason(ui, f);
		if (is_listed(f))
			return asked;
		/* Enter must not repeat what was just refused, and what was empty can be left empty again. */
		if (asked == ASKED_VALUE)
			(void)take_value(p, i, was);
	}
}

static enum ui_event press(struct page *p, enum step step)
{
	for (size_t i = 0; i < p->button_count; i++)
		if (p->buttons[i].step == step) {
			p->pressed = i;
			return UI_PRESSED;
		}
	return UI_ESCAPE;
}

static enum ui_event event_of(struct page *p, enum asked asked)
{
	return asked == ASKED_EOF ? UI_GONE : asked == ASKED_BACK ? press(p, STEP_BACK) : UI_ESCAPE;
}

static enum ui_event ask_buttons(const struct ui *ui, struct page *p)
{
	size_t usual = p->focus >= p->field_count ? p->focus - p->field_count : 0;
	struct strbuf out = STRBUF_INIT;
	const char *prompt, *typed;
	enum asked asked;
	uint64_t n;

	for (size_t i = 0; i < p->button_count; i++)
		strbuf_printf(&out, "  %zu) %s", i + 1, layout_clean(ui->arena, p->buttons[i].label));
	strbuf_printf(&out, "  [%zu]: ", usual + 1);
	prompt = arena_strdup(ui->arena, strbuf_text(&out));
	strbuf_clear(&out);
	for (;;) {
		asked = ask(ui, prompt, false, true, &typed);
		p->pressed = usual;
		if (asked == ASKED_KEEP)
			return UI_PRESSED;
		if (asked == ASKED_VALUE && parse_uint(typed, p->button_count, &n) && n > 0) {
			p->pressed = (size_t)n - 1;
			return UI_PRESSED;
		}
		if (asked == ASKED_HELP)
			say_help(ui, p);
		else if (asked != ASKED_VALUE)
			return event_of(p, asked);
	}
}

static enum ui_event plain_show(struct ui *ui, struct page *p)
{
	const char *title =
		layout_clean(ui->arena, p->step ? arena_printf(ui->arena, "%s: %s", p->step, p->title) : p->title);

	if (!live_through() || !report_text(arena_printf(ui->arena, "\n== %s ==\n\n", title)) ||
	    !say_blocks(ui, &p->intro))
		return UI_GONE;
	for (size_t i = 0; i < p->field_count; i++) {
		enum asked asked;

		/* The page is shown again because of this field. */
		if (i == p->focus && p->fields[i].reason && !p->fields[i].off)
			say_reason(ui, &p->fields[i]);
		asked = p->fields[i].off ? ASKED_KEEP : ask_field(ui, p, i);
		if (asked != ASKED_VALUE && asked != ASKED_KEEP)
			return event_of(p, asked);
	}
	if (!say_blocks(ui, &p->body))
		return UI_GONE;
	return ask_buttons(ui, p);
}

static int plain_open(struct ui *ui)
{
	int rc = signals_open();

	if (rc == 0 && !report_text(arena_printf(ui->arena, "%s\n", ui->heading)))
		rc = -EIO;
	if (rc == 0)
		(void)report_text(_("Enter keeps what is in brackets, < goes back, q leaves, ? explains.\n"));
	return rc;
}

static void plain_close(struct ui *ui)
{
	(void)ui;
	set_echo(true);
	signals_close();
}

static void plain_progress(struct ui *ui, const char *title, const char *what, size_t done, size_t total)
{
	if (done == 0)
		(void)report_text(arena_printf(ui->arena, "\n== %s ==\n\n", layout_clean(ui->arena, title)));
	(void)report_text(arena_printf(ui->arena, "  %zu/%zu %s\n", done < total ? done + 1 : total, total,
				       layout_clean(ui->arena, what)));
}

const struct ui_ops ui_plain = {plain_open, plain_close, plain_show, plain_progress};
