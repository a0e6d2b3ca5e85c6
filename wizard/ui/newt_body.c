/* SPDX-License-Identifier: MIT */
#include "wizard/ui/newt_body.h"

#include <stdlib.h>
#include <string.h>

#include "output/columns.h"
#include "output/style.h"
#include "wizard/ui/newt_library.h"

/* Room for a character and what combines with it. */
#define CELL 32
#define COLOURS_OF_256 256

/* On a window's background. Green, orange and red differ in lightness as well, for who cannot tell them apart. */
struct pair {
	const char *few, *many; /* of 16 and of 256 colours */
};

static const struct pair text_colours[] = {
	[COLOUR_GOOD] = {"green", "color22"},	     [COLOUR_WARN] = {"red", "color130"},
	[COLOUR_BAD] = {"brightred", "color160"},    [COLOUR_STRONG] = {"blue", "color25"},
	[COLOUR_PART_FIRST] = {"blue", "color25"},   [COLOUR_PART_2] = {"brown", "color172"},
	[COLOUR_PART_3] = {"cyan", "color37"},	     [COLOUR_PART_4] = {"magenta", "color133"},
	[COLOUR_PART_5] = {"brightblue", "color68"}, [COLOUR_PART_ENGINE] = {"green", "color65"},
	[COLOUR_PART_SYSTEM] = {"gray", "color243"},
};
ALL_NAMED(text_colours, COLOUR_COUNT);

#define INK_FEW "black"
#define PAPER_FEW "lightgray"
#define INK "color235"
#define PAPER "color254"

/* newt takes names that it does not change as char *. */
#define C(text) ((char *)(text))

static struct newtColors palette(bool many)
{
	char *ink = C(many ? INK : INK_FEW), *paper = C(many ? PAPER : PAPER_FEW), *deep = C(many ? "color24" : "blue"),
	     *light = C(many ? "color231" : "white"), *empty = C(many ? "color245" : "black"),
	     *dark = C(many ? "color236" : "black"), *pale = C(many ? "color250" : "lightgray");

	return (struct newtColors){
		.rootFg = light,
		.rootBg = deep,
		.borderFg = C(many ? "color244" : INK_FEW),
		.borderBg = paper,
		.windowFg = ink,
		.windowBg = paper,
		.shadowFg = light,
		.shadowBg = C(many ? "color237" : "black"),
		.titleFg = deep,
		.titleBg = paper,
		.buttonFg = light,
		.buttonBg = deep,
		.actButtonFg = light,
		.actButtonBg = deep,
		.checkboxFg = ink,
		.checkboxBg = paper,
		.actCheckboxFg = light,
		.actCheckboxBg = deep,
		.entryFg = C(many ? "color231" : "white"),
		.entryBg = C(many ? "color60" : "blue"),
		.labelFg = ink,
		.labelBg = paper,
		.listboxFg = ink,
		.listboxBg = paper,
		.actListboxFg = light,
		.actListboxBg = deep,
		.textboxFg = ink,
		.textboxBg = paper,
		.actTextboxFg = light,
		.actTextboxBg = deep,
		.helpLineFg = pale,
		.helpLineBg = dark,
		.rootTextFg = light,
		.rootTextBg = deep,
		.emptyScale = empty,
		.fullScale = deep,
		.disabledEntryFg = C(many ? "color244" : "black"),
		.disabledEntryBg = paper,
		.compactButtonFg = deep,
		.compactButtonBg = paper,
		.actSelListboxFg = light,
		.actSelListboxBg = deep,
		.selListboxFg = deep,
		.selListboxBg = paper,
	};
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && value[0];
}

bool newt_colours_wanted(void)
{
	return !is_set("NO_COLOR") && !getenv("NEWT_MONO");
}

void newt_colours_set(void)
{
	bool many = slang.SLtt_tgetnum(C("Co")) >= COLOURS_OF_256;

	if (!newt_colours_wanted())
		return;
	if (!is_set("NEWT_COLORS") && !is_set("NEWT_COLORS_FILE"))
		newt.SetColors(palette(many));
	for (int i = 0; i < COLOUR_COUNT; i++)
		newt.SetColor(NEWT_COLORSET_CUSTOM(i), C(many ? text_colours[i].many : text_colours[i].few),
			      C(many ? PAPER : PAPER_FEW));
}

void newt_body_add(struct newt_body *b, struct arena *a, newtComponent form, int left, int top, int width, int height)
{
	*b = (struct newt_body){.width = width, .height = height};
	b->cells = arena_array(a, (size_t)(width * height), sizeof(newtComponent));
	for (int i = 0; i < width * height; i++) {
		b->cells[i] = newt.Label(left + i % width, top + i / width, " ");
		newt.LabelSetColors(b->cells[i], NEWT_COLORSET_TEXTBOX);
		newt.FormAddComponent(form, b->cells[i]);
	}
}

/* The next character, with what combines with it, and the code before it. Returns what is behind. */
static const char *next_character(const char *p, enum colour *colour, char cell[static CELL])
{
	size_t left = strlen(p), columns, n, used = 0;
	enum colour next;

	while ((n = style_read(p, left, &next)) > 0) {
		*colour = next;
		p += n;
		left -= n;
	}
	do {
		n = left > 0 && *p != '\n' ? columns_character(p, left, &columns) : 0;
		if (n == 0 || (used > 0 && columns > 0) || used + n >= CELL)
			break;
		if (columns > 1) {
			/* Its second half would be overwritten by the next cell. */
			cell[used++] = '?';
			p += n;
			break;
		}
		memcpy(cell + used, p, n);
		used += n;
		p += n;
		left -= n;
	} while (true);
	cell[used] = '\0';
	return p;
}

static const char *show_line(const struct newt_body *b, int row, const char *p)
{
	enum colour colour = COLOUR_PLAIN;
	char cell[CELL];

	for (int column = 0; column < b->width; column++) {
		newtComponent here = b->cells[row * b->width + column];

		p = next_character(p, &colour, cell);
		newt.LabelSetText(here, cell[0] ? cell : " ");
		newt.LabelSetColors(here,
				    colour == COLOUR_PLAIN ? NEWT_COLORSET_TEXTBOX : NEWT_COLORSET_CUSTOM((int)colour));
	}
	p += strcspn(p, "\n");
	return p + (*p == '\n');
}

void newt_body_show(const struct newt_body *b, const char *text)
{
	for (int row = 0; row < b->height; row++)
		text = show_line(b, row, text);
}
