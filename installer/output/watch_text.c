/* SPDX-License-Identifier: MIT */
#include "output/watch_text.h"

#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "output/columns.h"
#include "watch/window.h"

/* Nine columns within 80; headings of all languages fit. */
enum { NAME = 12, BAR = 10, FIGURE = 7, SMALL = 6, LAST = 6, MAX_LACKS = 8 };
/* A file that is at its limit often is not one with much room. */
#define NEAR_PERCENT 80

static void head(struct strbuf *out)
{
	columns_left(out, _("service"), NAME);
	strbuf_fill(out, ' ', BAR + 3);
	columns_right(out, _("need"), FIGURE);
	columns_right(out, _("stats"), FIGURE);
	columns_right(out, _("limit"), FIGURE);
	columns_right(out, _("peak"), FIGURE);
	columns_right(out, _("swap"), SMALL);
	columns_right(out, _("wait"), SMALL + 1);
	columns_right(out, _("kills"), LAST);
	columns_right(out, _("starts"), LAST + 2);
	strbuf_putc(out, '\n');
}

static void mib(struct strbuf *out, int64_t kib, size_t width)
{
	columns_figure(out, kib >= 0, (kib + 512) >> 10, width);
}

static void percent(struct strbuf *out, int64_t hundredths, size_t width)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "%lld.%lld%%", (long long)(hundredths / 100), (long long)(hundredths % 100 / 10));
	columns_right(out, hundredths < 0 ? "-" : strbuf_text(&text), width);
	strbuf_clear(&text);
}

/* A bar against the limit; without a limit there is nothing to hold it against. */
static void bar(struct strbuf *out, const struct style *style, int64_t used, int64_t most)
{
	struct strbuf text = STRBUF_INIT;
	int64_t filled = used > 0 && most > 0 ? min_i64(BAR, (used * BAR + most - 1) / most) : 0;

	strbuf_putc(&text, '[');
	for (int64_t i = 0; i < BAR; i++)
		strbuf_putc(&text, i < filled ? '#' : most > 0 ? '.' : ' ');
	strbuf_puts(&text, "] ");
	if (most > 0 && used * 100 > most * NEAR_PERCENT)
		style_add(style, out, used * 100 > most * 95 ? COLOUR_BAD : COLOUR_WARN, strbuf_text(&text));
	else
		strbuf_puts(out, strbuf_text(&text));
	strbuf_clear(&text);
}

static const char *state_of(const struct watch_container *c)
{
	if (c->is.restarting || (c->is.running && c->seen == WATCH_STOPPED))
		return _("between two starts");
	if (!c->is.running)
		return _("not running");
	return _("its control group is out of sight");
}

static void row(const struct watch_container *c, const struct style *style, struct strbuf *out)
{
	struct strbuf name = STRBUF_INIT;
	const char *called = window_name(c);

	text_printf(&name, "%.*s", NAME - 1, called);
	columns_left(out, strbuf_text(&name), NAME);
	strbuf_clear(&name);
	bar(out, style, c->use.need_kib, c->use.limit_kib);
	mib(out, c->use.need_kib, FIGURE);
	mib(out, c->use.ws_kib, FIGURE);
	if (c->use.limit_kib == 0)
		columns_right(out, _("none"), FIGURE);
	else
		mib(out, c->use.limit_kib, FIGURE);
	mib(out, c->use.peak_kib, FIGURE);
	mib(out, c->use.swap_kib, SMALL);
	percent(out, c->use.pressure.full60, SMALL + 1);
	columns_figure(out, c->use.oom_kill >= 0, c->use.oom_kill, LAST);
	columns_figure(out, c->is.restarts >= 0, c->is.restarts, LAST + 2);
	strbuf_putc(out, '\n');
}

static void remarks(const struct watch_container *c, const struct watch_view *v, struct strbuf *out)
{
	const char *called = window_name(c);

	if (c->seen != WATCH_SEEN)
		style_wrapf(out, "  ", 2, "%s: %s", called, state_of(c));
	if (watch_first_was_killed(&c->is))
		style_wrapf(out, "  ", 2,
			    _("%s: its first process was killed for lack of memory (exit code %lld, %lld restarts)"),
			    called, (long long)c->is.exit_code, (long long)c->is.restarts);
	else if (c->use.oom_kill > 0)
		style_wrapf(
			out, "  ", 2,
			Q_("%s: %lld of its processes was killed for lack of memory since it was started; Docker itself "
			   "does not show that",
			   "%s: %lld of its processes were killed for lack of memory since it was started; Docker "
			   "itself does not show that",
			   c->use.oom_kill),
			called, (long long)c->use.oom_kill);
	if (v->following && (c->kills > 0 || c->restarted > 0))
		style_wrapf(out, "  ", 2, _("%s: since the last look %lld killed, %lld restarts"), called,
			    (long long)c->kills, (long long)c->restarted);
}

static int64_t kills_told(const struct watch_sample *s)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->containers.count; i++)
		sum += max_i64(0, s->containers.items[i]->use.oom_kill);
	return sum;
}

/* Is there a container, or a list of them, that could not be read? */
static bool is_hidden(const struct watch_containers *c)
{
	bool hidden = c->unreadable_roots > 0;

	for (size_t i = 0; i < c->count; i++)
		hidden |= !c->items[i]->told || c->items[i]->seen == WATCH_HIDDEN;
	return hidden;
}

static void machine(const struct watch_view *v, const struct style *style, struct strbuf *out)
{
	const struct watch_host *h = &v->sample->host;
	const int64_t used = h->available_kib < 0 ? -1 : h->total_kib - h->available_kib, seen = kills_told(v->sample);

	columns_left(out, _("machine"), NAME);
	bar(out, style, used, h->total_kib);
	if (used >= 0 && h->total_kib > 0)
		text_printf(out, _("%lld of %lld MiB in use (%lld %%)"), (long long)(used >> 10),
			    (long long)(h->total_kib >> 10), (long long)(used * 100 / h->total_kib));
	else
		strbuf_puts(out, _("its memory cannot be read"));
	if (h->swap_total_kib > 0)
		text_printf(out, _(", swap %lld of %lld"), (long long)(h->swap_used_kib >> 10),
			    (long long)(h->swap_total_kib >> 10));
	strbuf_putc(out, '\n');
	if (h->pressure.some60 >= 0 && h->pressure.full60 >= 0)
		style_wrapf(
			out, "  ", 2,
			_("In the last minute some task waited for memory %lld.%lld %% of the time, and all of them at "
			  "once %lld.%lld %%."),
			(long long)(h->pressure.some60 / 100), (long long)(h->pressure.some60 % 100 / 10),
			(long long)(h->pressure.full60 / 100), (long long)(h->pressure.full60 % 100 / 10));
	if (v->places->host_kills && h->oom_kill > 0 && is_hidden(&v->sample->containers))
		style_wrapf(
			out, "  ", 2,
			Q_("Since boot %lld process was killed for lack of memory; whose it was cannot be told, "
			   "because not every container can be read.",
			   "Since boot %lld processes were killed for lack of memory; whose they were cannot be told, "
			   "because not every container can be read.",
			   h->oom_kill),
			(long long)h->oom_kill);
	else if (v->places->host_kills && h->oom_kill > 0)
		style_wrapf(out, "  ", 2,
			    _("Since boot %lld processes were killed for lack of memory; the containers that are there "
			      "tell of %lld of them. The others were the machine's own, or of containers that were "
			      "started anew."),
			    (long long)h->oom_kill, (long long)min_i64(seen, h->oom_kill));
}

static void split(const struct watch_view *v, size_t i, struct strbuf *out)
{
	const struct watch_split *s = v->splits ? &v->splits[i] : NULL;

	if (s && s->workers > 0)
		style_wrapf(
			out, "  ", 2,
			_("%s: each of %lld workers holds %lld MiB of its own, and all of them share %lld MiB: one more "
			  "takes about %lld MiB"),
			window_name(v->sample->containers.items[i]), (long long)s->workers,
			(long long)(s->each_kib >> 10), (long long)(s->other_kib >> 10),
			(long long)((s->each_kib + 1023) >> 10));
}

static size_t list(const struct watch_view *v, bool ours, const struct style *style, struct strbuf *out)
{
	const struct watch_containers *all = &v->sample->containers;
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (!all->items[i]->told || all->items[i]->is.ours != ours ||
		    (!ours && all->items[i]->seen != WATCH_SEEN))
			continue;
		n++;
		row(all->items[i], style, out);
	}
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i]->told && all->items[i]->is.ours == ours &&
		    (ours || all->items[i]->seen == WATCH_SEEN)) {
			remarks(all->items[i], v, out);
			split(v, i, out);
		}
	return n;
}

size_t watch_lacks(struct arena *a, const struct watch_view *v, const char **ret, size_t most)
{
	const struct watch_containers *c = &v->sample->containers;
	const struct watch_host *h = &v->sample->host;
	size_t n = 0, hidden = 0;

	for (size_t i = 0; i < c->count; i++)
		hidden += c->items[i]->seen == WATCH_HIDDEN || !c->items[i]->told;
	if (n < most && c->unreadable_roots > 0)
		ret[n++] = v->root ? _("The engine's records cannot be read, so its containers are not known.")
				   : _("The engine's records are root's: run it as root to see names, restarts, whose "
				       "containers they are, and what each worker holds.");
	else if (n < most && c->found_roots == 0)
		ret[n++] = _("There is no engine here whose containers could be looked at.");
	if (n < most && v->places->cgroup_version == 0)
		ret[n++] = _("The kernel counts no memory by control group here: containers' figures cannot be had.");
	if (n < most && hidden > 0)
		ret[n++] = arena_printf(
			a,
			Q_("Of %lld container only the name can be had: its control group is out of sight.",
			   "Of %lld containers only the names can be had: their control groups are out of "
			   "sight.",
			   hidden),
			(long long)hidden);
	if (n < most && h->pressure.full60 < 0)
		ret[n++] = _("The kernel does not tell how long tasks wait for memory (PSI is off or too old).");
	if (n < most && (h->oom_kill < 0 || !v->places->host_kills))
		ret[n++] = _("How many processes were killed on the whole machine cannot be told here.");
	if (n < most && c->more)
		ret[n++] = _("There are more containers than are looked at.");
	return n;
}

void watch_text(struct arena *a, const struct watch_view *v, const struct style *style, struct strbuf *out)
{
	const char *lacks[MAX_LACKS];
	struct strbuf others = STRBUF_INIT;
	size_t n;

	machine(v, style, out);
	strbuf_putc(out, '\n');
	head(out);
	n = list(v, true, style, out);
	if (n == 0 && v->sample->containers.unreadable_roots > 0)
		style_wrapf(out, "  ", 2, _("The containers of the stack in %s cannot be seen."), v->places->stack_dir);
	else if (n == 0)
		style_wrapf(out, "  ", 2, _("No container of the stack in %s was found."), v->places->stack_dir);
	if (list(v, false, style, &others) > 0) {
		strbuf_putc(out, '\n');
		style_wrap(
			out, "", 0,
			v->sample->containers.unreadable_roots > 0
				? _("Containers by their first program; which of them are the stack's only root may see:")
				: _("Other containers:"));
		strbuf_puts(out, strbuf_text(&others));
	}
	strbuf_clear(&others);
	n = watch_lacks(a, v, lacks, MAX_LACKS);
	if (n > 0)
		strbuf_putc(out, '\n');
	for (size_t i = 0; i < n; i++)
		style_wrap(out, "", 0, lacks[i]);
	if (v->following)
		return;
	strbuf_putc(out, '\n');
	style_wrapf(out, "", 0,
		    _("MiB. need: what no limit can squeeze out; stats: as 'docker stats' shows it; wait: share of the "
		      "last minute in which all of it waited for memory."));
}
