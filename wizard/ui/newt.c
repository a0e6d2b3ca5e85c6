/* SPDX-License-Identifier: MIT */
/* The full-screen wizard. Only the reason for which newtFormRun returned determines what happens. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "wizard/ui/layout.h"
#include "wizard/ui/newt_body.h"
#include "wizard/ui/newt_form.h"
#include "wizard/ui/newt_library.h"
#include "wizard/ui/signals.h"

#define CTRL_C '\003'
#define PROGRESS_COLUMNS 56
/* Stands for events that newt cannot report; nobody presses this key. */
#define CTRL_BACKSLASH '\034'

/* A process has one terminal. */
static bool is_open;
static newtComponent progress_form, progress_scale, progress_text;

/* S-Lang ends the process if the terminal is unusable, so check first. */
enum ui_fitness ui_newt_fitness(void)
{
	struct winsize size;
	int fd;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return UI_CANNOT;
	fd = (int)TEMP_FAILURE_RETRY(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
	if (fd < 0)
		return UI_CANNOT;
	close(fd);
	if (!newt_library_load() || slang.SLtt_initialize(NULL) < 0)
		return UI_CANNOT;
	/* A serial line without a size counts as 80 x 24. */
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0 &&
	    (size.ws_col < UI_MIN_COLUMNS || size.ws_row < UI_MIN_ROWS))
		return UI_TOO_SMALL;
	return UI_FIT;
}

static void suspend(void)
{
	newt.Suspend();
	signals_stop_here();
	newt.Resume();
}

/*
 * newt calls this while it reads a key, and goes on reading. The fake key makes it return, because the window size may
 * have changed while suspended.
 */
static void suspend_key(void *data)
{
	(void)data;
	suspend();
	slang.SLang_ungetkey(CTRL_BACKSLASH);
}

static void clear_screen(struct ui *ui)
{
	newt.Cls();
	newt.DrawRootText(1, 0, layout_clean(ui->arena, ui->heading));
}

static int open_newt(struct ui *ui)
{
	int rc;

	if (!newt_library_load())
		return -ENOTTY;
	if (!newt_colours_wanted())
		setenv("NEWT_MONO", "1", 0);
	if (newt.Init() != 0)
		return -ENOTTY;
	is_open = true;
	newt_colours_set();
	rc = signals_open();
	if (rc < 0) {
		newt.Finished();
		is_open = false;
		return rc;
	}
	newt.SetSuspendCallback(suspend_key, NULL);
	clear_screen(ui);
	return 0;
}

static void close_newt(struct ui *ui)
{
	(void)ui;
	if (is_open)
		newt.Finished();
	is_open = false;
	signals_close();
}

static void end_progress(void)
{
	if (!progress_form)
		return;
	newt.FormDestroy(progress_form);
	newt.PopWindowNoRefresh();
	progress_form = NULL;
}

/* newt does not react to a resize by itself. If the size is the same, only changes are redrawn. */
static void take_new_size(struct ui *ui)
{
	int columns, rows, new_columns, new_rows;

	newt.GetScreenSize(&columns, &rows);
	slang.SLtt_get_screen_size();
	newt.GetScreenSize(&new_columns, &new_rows);
	if (columns != new_columns || rows != new_rows)
		slang.SLsmg_reinit_smg();
	clear_screen(ui);
}

static void add_keys(const struct newt_form *f)
{
	static const int always[] = {NEWT_KEY_ESCAPE, NEWT_KEY_F12,    NEWT_KEY_F1,   CTRL_C,
				     CTRL_BACKSLASH,  NEWT_KEY_RESIZE, NEWT_KEY_PGUP, NEWT_KEY_PGDN};
	bool steps = false;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		newt.FormAddHotKey(f->form, always[i]);
	for (size_t i = 0; i < f->page->field_count; i++)
		steps |= f->page->fields[i].kind == FIELD_STEP;
	if (steps) {
		newt.FormAddHotKey(f->form, '+');
		newt.FormAddHotKey(f->form, '-');
	}
	if (f->page->field_count == 0) {
		newt.FormAddHotKey(f->form, NEWT_KEY_UP);
		newt.FormAddHotKey(f->form, NEWT_KEY_DOWN);
	}
	newt.FormWatchFd(f->form, signals_fd(), NEWT_FD_READ);
}

static const char *help_line(const struct newt_form *f)
{
	int columns, rows;

	newt.GetScreenSize(&columns, &rows);
	if (columns < 60)
		return _(" F1 help  Esc leave  PgDn more");
	return newt_form_overflows(f)
		       ? _(" F1 help | Esc leave | Tab next part | Page Up, Page Down: there is more text")
		       : _(" F1 help | Esc leave | Tab next part | Enter goes on");
}

enum verdict_of_key { KEY_AGAIN, KEY_DONE, KEY_REBUILD };

static enum verdict_of_key on_key(struct newt_form *f, int key, enum ui_event *ret)
{
	long at = (long)f->page->scroll, screen = f->body_height > 1 ? f->body_height - 1 : 1;

	switch (key) {
	case NEWT_KEY_F1:
		*ret = UI_HELP;
		return KEY_DONE;
	case NEWT_KEY_RESIZE:
	case CTRL_BACKSLASH:
		return KEY_REBUILD;
	case NEWT_KEY_PGUP:
		newt_form_scroll(f, at - screen);
		return KEY_AGAIN;
	case NEWT_KEY_PGDN:
		newt_form_scroll(f, at + screen);
		return KEY_AGAIN;
	case NEWT_KEY_UP:
		newt_form_scroll(f, at - 1);
		return KEY_AGAIN;
	case NEWT_KEY_DOWN:
		newt_form_scroll(f, at + 1);
		return KEY_AGAIN;
	case '+':
	case '-':
		newt_form_step(f, key == '+' ? 1 : -1);
		return KEY_AGAIN;
	default:
		*ret = UI_ESCAPE;
		return KEY_DONE;
	}
}

static enum verdict_of_key on_signal(enum ui_event *ret)
{
	enum verdict_of_key verdict = KEY_AGAIN;
	int sig;

	while ((sig = signals_take()) != 0) {
		if (signals_fatal()) {
			*ret = UI_GONE;
			return KEY_DONE;
		}
		if (sig == SIGTSTP)
			suspend();
		verdict = KEY_REBUILD;
	}
	return verdict;
}

/* A button, or Enter in a list, which means the first button. */
static enum verdict_of_key on_component(struct newt_form *f, newtComponent co, enum ui_event *ret)
{
	f->page->pressed = 0;
	for (size_t i = 0; i < f->page->button_count; i++)
		if (f->buttons[i] == co)
			f->page->pressed = i;
	if (f->page->pressed == 0 && newt_form_must_read_on(f)) {
		newt_form_scroll(f, (long)f->page->scroll + (f->body_height > 1 ? f->body_height - 1 : 1));
		return KEY_AGAIN;
	}
	*ret = UI_PRESSED;
	return KEY_DONE;
}

/* A serial line without a size never changes it. */
static bool has_new_size(void)
{
	struct winsize size;
	int columns, rows;

	newt.GetScreenSize(&columns, &rows);
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0 &&
	       (size.ws_col != columns || size.ws_row != rows);
}

static enum verdict_of_key run_once(struct newt_form *f, enum ui_event *ret)
{
	struct newtExitStruct es;

	/* newt, and gpm under xterm, have replaced the handlers meanwhile: a signal may have been lost. */
	signals_catch();
	if (has_new_size())
		return KEY_REBUILD;
	newt.FormRun(f->form, &es);
	switch (es.reason) {
	case NEWT_EXIT_HOTKEY:
		return on_key(f, es.u.key, ret);
	case NEWT_EXIT_COMPONENT:
		return on_component(f, es.u.co, ret);
	case NEWT_EXIT_FDREADY:
		return on_signal(ret);
	case NEWT_EXIT_TIMER:
		return KEY_AGAIN;
	case NEWT_EXIT_ERROR:
		break;
	}
	*ret = UI_GONE;
	return KEY_DONE;
}

static bool too_small(void)
{
	int columns, rows;

	newt.GetScreenSize(&columns, &rows);
	return columns < UI_MIN_COLUMNS || rows < UI_MIN_ROWS;
}

/* Draws no page that would be incomplete; it comes back when there is room. */
static enum verdict_of_key wait_for_room(struct ui *ui, struct page *p, enum ui_event *ret)
{
	struct newt_form f = {.ui = ui, .page = p};
	enum verdict_of_key verdict;
	int columns, rows;
	char *text;

	newt.GetScreenSize(&columns, &rows);
	text = layout_cut(ui->arena, layout_clean(ui->arena, _("Please make this window larger.")), (size_t)columns);
	f.form = newt.Form(NULL, NULL, 0);
	newt.FormAddComponent(f.form, newt.Label(0, 0, text));
	newt.FormAddHotKey(f.form, NEWT_KEY_RESIZE);
	newt.FormAddHotKey(f.form, CTRL_BACKSLASH);
	newt.FormWatchFd(f.form, signals_fd(), NEWT_FD_READ);
	newt.PushHelpLine("");
	do
		verdict = run_once(&f, ret);
	while (verdict == KEY_AGAIN || (verdict == KEY_DONE && *ret == UI_PRESSED));
	newt.PopHelpLine();
	newt.FormDestroy(f.form);
	return verdict;
}

static enum verdict_of_key show_once(struct ui *ui, struct page *p, enum ui_event *ret)
{
	struct newt_form below, f;
	enum verdict_of_key verdict;
	struct page under;

	if (too_small())
		return wait_for_room(ui, p, ret);
	if (p->under) {
		under = *p->under;
		newt_form_open(&below, ui, &under);
		newt.DrawForm(below.form);
	}
	newt_form_open(&f, ui, p);
	add_keys(&f);
	newt.PushHelpLine(help_line(&f));
	do
		verdict = run_once(&f, ret);
	while (verdict == KEY_AGAIN);
	newt_form_collect(&f);
	newt.PopHelpLine();
	newt_form_close(&f);
	if (p->under)
		newt_form_close(&below);
	return verdict;
}

static enum ui_event show(struct ui *ui, struct page *p)
{
	enum ui_event event = UI_GONE;

	end_progress();
	while (show_once(ui, p, &event) == KEY_REBUILD)
		take_new_size(ui);
	return event;
}

static void begin_progress(struct ui *ui, const char *title, size_t total)
{
	int columns, rows, width;

	newt.GetScreenSize(&columns, &rows);
	width = columns - 8 < PROGRESS_COLUMNS ? columns - 8 : PROGRESS_COLUMNS;
	newt.CenteredWindow((unsigned)width, 4,
			    layout_cut(ui->arena, layout_clean(ui->arena, title), (size_t)width - 6));
	progress_form = newt.Form(NULL, NULL, 0);
	progress_text = newt.Textbox(0, 1, width, 1, 0);
	progress_scale = newt.Scale(0, 3, width, (long long)total);
	newt.FormAddComponents(progress_form, progress_text, progress_scale, NULL);
	newt.PushHelpLine(" ");
	newt.DrawForm(progress_form);
}

static void progress(struct ui *ui, const char *title, const char *what, size_t done, size_t total)
{
	int width, height;

	if (!progress_form)
		begin_progress(ui, title, total);
	newt.ComponentGetSize(progress_text, &width, &height);
	newt.TextboxSetText(progress_text, layout_cut(ui->arena, layout_clean(ui->arena, what), (size_t)width));
	newt.ScaleSet(progress_scale, done < total ? done : total);
	newt.Refresh();
}

const struct ui_ops ui_newt = {open_newt, close_newt, show, progress};
