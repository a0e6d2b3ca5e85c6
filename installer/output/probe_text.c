/* SPDX-License-Identifier: MIT */
#include "output/probe_text.h"

#include "core/i18n.h"
#include "core/macros.h"
#include "output/columns.h"
#include "output/json_machine.h"

enum { NAME = 14, FIGURE = 11 };

static const char *const end_names[] = {
	[SQUEEZE_GOES_ON] = "not-ended", [SQUEEZE_PRESSURE] = "pressure", [SQUEEZE_REFAULTS] = "refaults",
	[SQUEEZE_SWAP] = "swap",	 [SQUEEZE_EMPTY] = "empty",	  [SQUEEZE_TIME] = "time",
	[SQUEEZE_GONE] = "gone",
};
ALL_NAMED(end_names, SQUEEZE_END_COUNT);

static const char *const end_texts[] = {
	[SQUEEZE_GOES_ON] = N_("it was not ended"),
	[SQUEEZE_PRESSURE] = N_("with less it waits for memory"),
	[SQUEEZE_REFAULTS] = N_("with less it reads the same files again"),
	[SQUEEZE_SWAP] = N_("with less it swaps"),
	[SQUEEZE_EMPTY] = N_("it kept all that it needs, and had no page cache left to give"),
	[SQUEEZE_TIME] = N_("its time was up: it may do with less"),
	[SQUEEZE_GONE] =
		N_("it ended or was started anew meanwhile, or the kernel does not let it be probed: not known"),
};
ALL_NAMED(end_texts, SQUEEZE_END_COUNT);

static void mib(struct strbuf *out, int64_t kib)
{
	columns_figure(out, kib > 0, (kib + 1023) >> 10, FIGURE);
}

void probe_text(const struct probe_view *v, struct strbuf *out)
{
	columns_left(out, _("service"), NAME);
	columns_right(out, _("before"), FIGURE);
	columns_right(out, _("need"), FIGURE);
	columns_right(out, _("true need"), FIGURE);
	columns_right(out, _("limit"), FIGURE);
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < v->count; i++) {
		const struct probe_line *l = &v->lines[i];

		columns_left(out, l->service, NAME);
		mib(out, l->by->first.current_kib);
		mib(out, l->by->last.need_kib);
		mib(out, l->by->true_kib);
		mib(out, l->limit_kib);
		strbuf_putc(out, '\n');
		style_wrap(out, "  ", 2, _(end_texts[l->by->end]));
	}
	style_wrap(
		out, "", 0,
		_("MiB. 'before' and 'true need' have page cache in them. It is what was needed at the load of these "
		  "minutes: probe again when there is more."));
	strbuf_putc(out, '\n');
}

static json_t *kib(int64_t n)
{
	return json_known(n, n > 0);
}

json_t *probe_rows_json(const struct probe_view *v)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < v->count; i++) {
		const struct probe_line *l = &v->lines[i];
		json_t *one = json_object();

		json_put(one, "service", json_text(l->service));
		json_put(one, "before_kib", kib(l->by->first.current_kib));
		json_put(one, "lowest_kib", kib(l->by->lowest_kib));
		json_put(one, "need_kib", kib(l->by->last.need_kib));
		json_put(one, "true_need_kib", kib(l->by->true_kib));
		json_put(one, "limit_kib", kib(l->limit_kib));
		json_put(one, "ended_by", json_text(end_names[l->by->end]));
		json_add(rows, one);
	}
	return rows;
}

void probe_json(const struct probe_view *v, struct strbuf *out)
{
	json_t *root = json_object();

	json_put(root, "schema", json_text("vpsfit.probe/1"));
	json_put(root, "services", probe_rows_json(v));
	json_dump(root, out);
}
