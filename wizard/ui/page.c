/* SPDX-License-Identifier: MIT */
#include "wizard/ui/page.h"

/*
 * Adds a block. Beyond PAGE_BLOCKS the last one is replaced; only a plan with more warnings than codes could get there.
 */
struct block *blocks_add(struct blocks *b, enum block_kind kind, const char *label, const char *text)
{
	struct block *one = &b->items[b->count < PAGE_BLOCKS ? b->count++ : PAGE_BLOCKS - 1];

	*one = (struct block){.kind = kind, .label = label, .text = text, .more = ""};
	return one;
}

void page_button(struct page *p, const char *label, enum step step)
{
	if (p->button_count < PAGE_BUTTONS)
		p->buttons[p->button_count++] = (struct button){label, step};
}

void page_focus_button(struct page *p, enum step step)
{
	for (size_t i = 0; i < p->button_count; i++)
		if (p->buttons[i].step == step)
			p->focus = p->field_count + i;
}

struct field *page_field(struct page *p, enum field_kind kind, const char *label)
{
	struct field *f = &p->fields[p->field_count < PAGE_FIELDS ? p->field_count++ : PAGE_FIELDS - 1];

	*f = (struct field){.kind = kind, .label = label, .value = ""};
	return f;
}

size_t page_first_wrong(const struct page *p)
{
	size_t i = 0;

	while (i < p->field_count && !p->fields[i].reason)
		i++;
	return i;
}
