/* SPDX-License-Identifier: MIT */
#include "wizard/ui/newt_form.h"
#include "wizard/ui/newt_library.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "core/i18n.h"
#include "core/units.h"
#include "output/columns.h"
#include "output/style.h"
#include "wizard/ui/layout.h"

/* Title, frame, shadow, and two lines of the screen outside of the window. */
#define DECORATION_ROWS 5
#define DECORATION_COLUMNS 6
#define WIDEST 110
#define POPUP_WIDEST 64
#define USUAL_HEIGHT 19
/* From this height on, parts are separated by empty lines. */
#define ROOMY 12
#define BAR_COLUMNS 2
#define ENTRY_COLUMNS 24
#define LEAST_ENTRY 8
/* Room for "[!]" alone: pages repeat the reason in their text. */
#define LEAST_REASON 3
#define STEP_COLUMNS 12
#define MARK_COLUMNS 4
#define MARGIN 1
/* Keeps consequences of a choice visible beside a long list. */
#define LEAST_BODY 3

struct rows {
	int intro, fields, list, body, gap;
	bool scrolls; /* whether the list scrolls */
};

static const struct style plain;

static int field_rows(const struct field *f)
{
	return f->kind == FIELD_LIST ? (int)f->choice_count : 1;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static const char *render(struct newt_form *f, const struct blocks *b, const struct style *style)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	layout_blocks(f->ui->arena, b, (size_t)(f->width - BAR_COLUMNS - MARGIN), style, &out);
	text = arena_strdup(f->ui->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

/* The lines of the blocks that must have been on the screen. */
static size_t must_see(struct newt_form *f, const char *intro, const struct style *style)
{
	struct blocks first = f->page->body;

	if (f->page->must_see == 0)
		return 0;
	first.count = f->page->must_see;
	return layout_count_lines(intro) + layout_count_lines(render(f, &first, style));
}

static void render_body(struct newt_form *f)
{
	const struct page *p = f->page;
	const struct style style = {newt_colours_wanted(), columns_is_utf8()};
	const char *intro = f->intro_scrolls ? render(f, &p->intro, &style) : "";

	f->body_text = arena_printf(f->ui->arena, "%s%s", intro, render(f, &p->body, &style));
	f->body_lines = layout_count_lines(f->body_text);
	f->must_see = must_see(f, intro, &style);
}

bool newt_form_must_read_on(const struct newt_form *f)
{
	return f->page->seen < f->must_see;
}

static const char *button_label(const struct newt_form *f, size_t i)
{
	return layout_clean(f->ui->arena,
			    i == 0 && newt_form_must_read_on(f) ? _("Read on") : f->page->buttons[i].label);
}

/* Lines of the body that are on the screen count as seen. */
static void note_seen(struct newt_form *f)
{
	size_t to = f->page->scroll + (size_t)(f->body_height > 0 ? f->body_height : 0);

	f->page->seen = to > f->page->seen ? to : f->page->seen;
}

/* Sets the row of each button and returns the number of rows: buttons that do not fit go on a new row. */
static int place_buttons(const struct newt_form *f, int lefts[static PAGE_BUTTONS], int rows[static PAGE_BUTTONS])
{
	const struct page *p = f->page;
	int left = MARGIN, row = 0;

	for (size_t i = 0; i < p->button_count; i++) {
		const char *label = button_label(f, i);
		int columns = (int)layout_columns(label, strlen(label)) + 2;

		if (left > MARGIN && left + columns > f->width) {
			left = MARGIN;
			row++;
		}
		lefts[i] = left;
		rows[i] = row;
		left += columns + 2;
	}
	return row + 1;
}

static int button_rows(const struct newt_form *f)
{
	int lefts[PAGE_BUTTONS], rows[PAGE_BUTTONS];

	return place_buttons(f, lefts, rows);
}

/* Assigns rows to buttons, fields and introduction; the body gets the rest and scrolls. */
static struct rows share_rows(struct newt_form *f, int room, int intro)
{
	const struct page *p = f->page;
	struct rows r = {.intro = intro};
	int others = 0;

	r.gap = room >= ROOMY;
	room -= button_rows(f) + r.gap;
	for (size_t i = 0; i < p->field_count; i++) {
		r.fields += field_rows(&p->fields[i]);
		if (p->fields[i].kind == FIELD_LIST)
			r.list = field_rows(&p->fields[i]);
		else
			others++;
	}
	if (r.intro + r.fields + 2 * r.gap + 2 > room && p->body.count > 0)
		r.intro = 0;
	if (r.list > 0) {
		int list = least(r.list, room - others - LEAST_BODY > 1 ? room - others - LEAST_BODY : 1);

		r.scrolls = list < r.list;
		r.list = list;
	}
	r.fields = r.list + others;
	r.body = room - r.intro - r.fields - (r.intro > 0 ? r.gap : 0) - (r.fields > 0 ? r.gap : 0);
	return r;
}

static int rows_wanted(const struct newt_form *f, const struct rows *r)
{
	int body = (int)f->body_lines;

	/* Another choice may have longer consequences. */
	if (f->page->changed)
		body += 6;
	return button_rows(f) + r->gap + r->intro + (r->intro > 0 ? r->gap : 0) + r->fields +
	       (r->fields > 0 ? r->gap : 0) + body;
}

static struct rows size_window(struct newt_form *f)
{
	bool popup = f->page->under != NULL;
	int columns, rows, room, intro, wanted;
	struct rows r;

	newt.GetScreenSize(&columns, &rows);
	f->width = least(columns - DECORATION_COLUMNS, popup ? POPUP_WIDEST : WIDEST);
	room = rows - DECORATION_ROWS;
	intro = (int)layout_count_lines(render(f, &f->page->intro, &plain));
	r = share_rows(f, room, intro);
	f->intro_scrolls = intro > r.intro;
	render_body(f);
	wanted = rows_wanted(f, &r);
	f->height = popup || wanted > USUAL_HEIGHT ? least(wanted, room) : least(USUAL_HEIGHT, room);
	r.body -= room - f->height;
	return r;
}

static const char *title_of(const struct newt_form *f, size_t room)
{
	const char *title = layout_clean(f->ui->arena, f->page->title);
	const char *numbered =
		f->page->step ? arena_printf(f->ui->arena, "%s: %s", layout_clean(f->ui->arena, f->page->step), title)
			      : title;

	if (columns_of(numbered, strlen(numbered)) <= room)
		return numbered;
	if (f->page->short_title && columns_of(title, strlen(title)) > room)
		title = layout_clean(f->ui->arena, f->page->short_title);
	return layout_cut(f->ui->arena, title, room);
}

static void open_window(const struct newt_form *f)
{
	const char *title = title_of(f, (size_t)f->width - 6);
	int columns, rows;

	newt.GetScreenSize(&columns, &rows);
	newt.OpenWindow((columns - f->width) / 2, 2 + (rows - DECORATION_ROWS - f->height) / 2, (unsigned)f->width,
			(unsigned)f->height, title);
}

bool newt_form_overflows(const struct newt_form *f)
{
	return f->body_height > 0 && f->body_lines > (size_t)f->body_height;
}

static void show_body(struct newt_form *f)
{
	const char *from = layout_line(f->body_text, f->page->scroll);
	const char *to = layout_line(from, (size_t)f->body_height);
	struct strbuf out = STRBUF_INIT;

	if (f->body_height <= 0)
		return;
	strbuf_add(&out, from, (size_t)(to - from));
	/* newt does not clear lines that are not written. */
	for (size_t i = layout_count_lines(strbuf_text(&out)); i < (size_t)f->body_height; i++)
		strbuf_puts(&out, " \n");
	if (f->body)
		newt.TextboxSetText(f->body, strbuf_text(&out));
	else
		newt_body_show(&f->coloured, strbuf_text(&out));
	strbuf_clear(&out);
	if (f->bar && newt_form_overflows(f))
		newt.ScrollbarSet(f->bar, (int)f->page->scroll, (int)f->body_lines - f->body_height);
}

void newt_form_scroll(struct newt_form *f, long to)
{
	long last = (long)f->body_lines - f->body_height;
	bool unread;

	to = to > last ? last : to;
	f->page->scroll = to < 0 ? 0 : (size_t)to;
	show_body(f);
	unread = newt_form_must_read_on(f);
	note_seen(f);
	/* Another label needs a rebuild. */
	if (unread && !newt_form_must_read_on(f))
		raise(SIGWINCH);
}

/* If one row does not fit, all use the short labels; the body has the full text. */
static const char *const *rows_of(const struct newt_form *f, const struct field *field)
{
	for (size_t i = 0; field->shorts && i < field->choice_count; i++) {
		const char *row = layout_clean(f->ui->arena, field->choices[i]);

		if ((int)layout_columns(row, strlen(row)) + MARK_COLUMNS > f->list_room)
			return field->shorts;
	}
	return field->choices;
}

/* The choice must be readable, not only visible by colour. */
static const char *entry_text(const struct newt_form *f, const struct field *field, size_t i)
{
	const char *row = layout_clean(f->ui->arena, rows_of(f, field)[i]);

	if (field->kind == FIELD_STEP)
		return layout_cut(f->ui->arena, row, STEP_COLUMNS);
	return layout_cut(f->ui->arena, arena_printf(f->ui->arena, "%s%s", i == field->chosen ? "(*) " : "( ) ", row),
			  (size_t)f->list_room);
}

/* The screens use a separate array for each set of choices, so only a new array and moved marks need redrawing. */
static void set_choices(struct newt_form *f, size_t i)
{
	const struct field *field = &f->page->fields[i];

	for (size_t k = 0; k < field->choice_count; k++)
		if (f->choices[i] != field->choices || (field->kind == FIELD_LIST && f->marked[i] != field->chosen &&
							(k == f->marked[i] || k == field->chosen)))
			newt.ListboxSetEntry(f->fields[i], (int)k, entry_text(f, field, k));
	f->choices[i] = field->choices;
	f->marked[i] = field->chosen;
}

/* Setting the current entry redraws the list, so skip it if unchanged. */
static void set_current(const struct newt_form *f, size_t i)
{
	size_t now = (size_t)(intptr_t)newt.ListboxGetCurrent(f->fields[i]);

	if (now != f->page->fields[i].chosen + 1)
		newt.ListboxSetCurrent(f->fields[i], (int)f->page->fields[i].chosen);
}

static void set_reason(struct newt_form *f, size_t i)
{
	const struct field *field = &f->page->fields[i];
	const char *text = field->reason && !field->off ? arena_printf(f->ui->arena, "[!] %s", field->reason) : " ";

	if (f->reasons[i])
		newt.TextboxSetText(f->reasons[i], layout_cut(f->ui->arena, layout_clean(f->ui->arena, text),
							      (size_t)f->reason_width));
}

/* Updates everything that may depend on a changed field. */
static void refresh(struct newt_form *f)
{
	const struct page *p = f->page;

	f->syncing = true;
	for (size_t i = 0; i < p->field_count; i++) {
		const struct field *field = &p->fields[i];

		if (field->kind == FIELD_STEP || field->kind == FIELD_LIST) {
			set_choices(f, i);
			set_current(f, i);
			continue;
		}
		newt.EntrySetFlags(f->fields[i], NEWT_FLAG_DISABLED, field->off ? NEWT_FLAGS_SET : NEWT_FLAGS_RESET);
		set_reason(f, i);
	}
	f->syncing = false;
	render_body(f);
	newt_form_scroll(f, 0);
	/* Showing or hiding the scroll bar needs a rebuild. */
	if (newt_form_overflows(f) != (f->bar != NULL))
		raise(SIGWINCH);
}

static void changed(struct newt_form *f, size_t i)
{
	if (f->page->changed)
		f->page->changed(f->page, i);
	refresh(f);
}

static size_t field_of(const struct newt_form *f, newtComponent co)
{
	size_t i = 0;

	while (i < f->page->field_count && f->fields[i] != co)
		i++;
	return i;
}

static void list_moved(newtComponent co, void *data)
{
	struct newt_form *f = data;
	size_t i = field_of(f, co), chosen = (size_t)(intptr_t)newt.ListboxGetCurrent(co);

	if (f->syncing || i == f->page->field_count || chosen == 0 || f->page->fields[i].chosen == chosen - 1)
		return;
	f->page->fields[i].chosen = chosen - 1;
	changed(f, i);
}

/* Returns true if the value changed. */
static bool take_entry(struct newt_form *f, size_t i)
{
	const char *value = newt.EntryGetValue(f->fields[i]);

	if (!value || STR_EQ(value, f->page->fields[i].value))
		return false;
	f->page->fields[i].value = arena_strdup(f->ui->arena, value);
	return true;
}

static void entry_left(newtComponent co, void *data)
{
	struct newt_form *f = data;
	size_t i = field_of(f, co);

	if (i < f->page->field_count && take_entry(f, i))
		changed(f, i);
}

static newtComponent make_list(struct newt_form *f, const struct field *field, int left, int top, int height, int width)
{
	int flags = NEWT_FLAG_RETURNEXIT | NEWT_FLAG_SHOWCURSOR;
	bool scrolls = height < (int)field->choice_count && height > 1;
	newtComponent list = newt.Listbox(left, top, height, flags | (scrolls ? NEWT_FLAG_SCROLL : 0));

	for (size_t i = 0; i < field->choice_count; i++)
		newt.ListboxAppendEntry(list, entry_text(f, field, i), (void *)(intptr_t)(i + 1));
	newt.ListboxSetWidth(list, width - (scrolls ? BAR_COLUMNS : 0));
	newt.ListboxSetCurrent(list, (int)field->chosen);
	f->choices[field - f->page->fields] = field->choices;
	f->marked[field - f->page->fields] = field->chosen;
	newt.ComponentAddCallback(list, list_moved, f);
	return list;
}

static newtComponent make_entry(struct newt_form *f, const struct field *field, int left, int top, int width)
{
	int flags = NEWT_FLAG_SCROLL | (field->kind == FIELD_HIDDEN ? NEWT_FLAG_PASSWORD : 0);
	newtComponent entry = newt.Entry(left, top, field->value, width, NULL, flags);

	newt.EntrySetFlags(entry, NEWT_FLAG_DISABLED, field->off ? NEWT_FLAGS_SET : NEWT_FLAGS_RESET);
	newt.ComponentAddCallback(entry, entry_left, f);
	return entry;
}

static int label_columns(const struct newt_form *f)
{
	int widest = 0;

	for (size_t i = 0; i < f->page->field_count; i++) {
		const char *label = layout_clean(f->ui->arena, f->page->fields[i].label);
		int columns = f->page->fields[i].kind == FIELD_LIST ? 0 : (int)layout_columns(label, strlen(label));

		widest = columns > widest ? columns : widest;
	}
	return least(widest + 1, f->width - LEAST_ENTRY - LEAST_REASON - 2 * MARGIN);
}

static void add_labelled(struct newt_form *f, size_t i, int top, int label)
{
	const struct field *field = &f->page->fields[i];
	const char *text = layout_cut(f->ui->arena, layout_clean(f->ui->arena, field->label), (size_t)label - 1);
	int width = least(ENTRY_COLUMNS, f->width - label - LEAST_REASON - 2 * MARGIN);

	newt.FormAddComponent(f->form, newt.Label(MARGIN, top, text));
	label += MARGIN;
	if (field->kind == FIELD_STEP) {
		f->fields[i] = make_list(f, field, label, top, 1, STEP_COLUMNS);
		newt.FormAddComponent(f->form, f->fields[i]);
		return;
	}
	f->fields[i] = make_entry(f, field, label, top, width);
	newt.FormAddComponent(f->form, f->fields[i]);
	f->reason_width = f->width - label - width - 1;
	f->reasons[i] = newt.Textbox(label + width + 1, top, f->reason_width, 1, 0);
	newt.FormAddComponent(f->form, f->reasons[i]);
}

static int add_fields(struct newt_form *f, const struct rows *r, int top)
{
	int label = label_columns(f);

	f->list_room = f->width - 2 * MARGIN - (r->scrolls ? BAR_COLUMNS + 2 : 0);
	for (size_t i = 0; i < f->page->field_count; i++) {
		const struct field *field = &f->page->fields[i];

		if (field->kind == FIELD_LIST) {
			f->fields[i] = make_list(f, field, MARGIN, top, r->list, f->width - 2 * MARGIN);
			newt.FormAddComponent(f->form, f->fields[i]);
			top += r->list;
		} else {
			add_labelled(f, i, top++, label);
		}
	}
	return top;
}

static void add_buttons(struct newt_form *f)
{
	const struct page *p = f->page;
	int lefts[PAGE_BUTTONS], rows[PAGE_BUTTONS];
	int count = place_buttons(f, lefts, rows);

	for (size_t i = 0; i < p->button_count; i++) {
		f->buttons[i] = newt.CompactButton(lefts[i], f->height - count + rows[i], button_label(f, i));
		newt.FormAddComponent(f->form, f->buttons[i]);
	}
}

static void add_body(struct newt_form *f)
{
	if (f->body_height <= 0)
		return;
	if (newt_colours_wanted()) {
		newt_body_add(&f->coloured, f->ui->arena, f->form, MARGIN, f->body_top, f->width - BAR_COLUMNS - MARGIN,
			      f->body_height);
	} else {
		f->body = newt.Textbox(MARGIN, f->body_top, f->width - BAR_COLUMNS - MARGIN, f->body_height, 0);
		newt.FormAddComponent(f->form, f->body);
	}
	if (!newt_form_overflows(f))
		return;
	f->bar = newt.VerticalScrollbar(f->width - 1, f->body_top, f->body_height, NEWT_COLORSET_WINDOW,
					NEWT_COLORSET_ACTCHECKBOX);
	newt.FormAddComponent(f->form, f->bar);
}

static bool takes_focus(const struct newt_form *f, size_t i)
{
	return i < f->page->field_count && !f->page->fields[i].off;
}

static void set_focus(struct newt_form *f)
{
	const struct page *p = f->page;
	size_t focus = p->focus;

	if (takes_focus(f, focus))
		newt.FormSetCurrent(f->form, f->fields[focus]);
	else if (focus >= p->field_count && focus - p->field_count < p->button_count)
		newt.FormSetCurrent(f->form, f->buttons[focus - p->field_count]);
	else if (p->button_count > 0)
		newt.FormSetCurrent(f->form, f->buttons[0]);
}

void newt_form_open(struct newt_form *f, struct ui *ui, struct page *p)
{
	struct rows r;
	int top = 0;

	*f = (struct newt_form){.ui = ui, .page = p};
	r = size_window(f);
	f->body_height = r.body;
	note_seen(f);
	open_window(f);
	f->form = newt.Form(NULL, NULL, 0);
	if (r.intro > 0) {
		newtComponent intro = newt.Textbox(MARGIN, 0, f->width - BAR_COLUMNS - MARGIN, r.intro, 0);

		newt.TextboxSetText(intro, render(f, &p->intro, &plain));
		newt.FormAddComponent(f->form, intro);
		top = r.intro + r.gap;
	}
	if (p->field_count > 0)
		top = add_fields(f, &r, top) + r.gap;
	add_buttons(f);
	f->body_top = top;
	add_body(f);
	set_focus(f);
	newt_form_scroll(f, (long)p->scroll);
	for (size_t i = 0; i < p->field_count; i++)
		set_reason(f, i);
}

static void note_focus(struct newt_form *f)
{
	newtComponent now = newt.FormGetCurrent(f->form);
	struct page *p = f->page;

	for (size_t i = 0; i < p->field_count; i++)
		if (f->fields[i] == now)
			p->focus = i;
	for (size_t i = 0; i < p->button_count; i++)
		if (f->buttons[i] == now)
			p->focus = p->field_count + i;
}

void newt_form_collect(struct newt_form *f)
{
	note_focus(f);
	for (size_t i = 0; i < f->page->field_count; i++)
		if ((f->page->fields[i].kind == FIELD_TEXT || f->page->fields[i].kind == FIELD_HIDDEN) &&
		    take_entry(f, i) && f->page->changed)
			f->page->changed(f->page, i);
}

void newt_form_close(struct newt_form *f)
{
	/* No redraw before the window goes: it would flicker. */
	newt.FormDestroy(f->form);
	newt.PopWindowNoRefresh();
}

bool newt_form_step(struct newt_form *f, int by)
{
	for (size_t i = 0; i < f->page->field_count; i++) {
		struct field *field = &f->page->fields[i];

		if (field->kind != FIELD_STEP)
			continue;
		if ((by < 0 && field->chosen > 0) || (by > 0 && field->chosen + 1 < field->choice_count)) {
			field->chosen = by < 0 ? field->chosen - 1 : field->chosen + 1;
			changed(f, i);
		}
		return true;
	}
	return false;
}
