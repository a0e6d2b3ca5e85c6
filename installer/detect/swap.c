/* Swap areas that are active, from /proc/swaps. */
#include <string.h>

#include "core/units.h"
#include "detect/probe.h"

#define SWAPS "/proc/swaps"
#define DELETED " (deleted)"

struct columns {
	const char *at[5];
	size_t len[5];
};

static bool split(const char *line, struct columns *c)
{
	for (size_t i = 0; i < 5; i++) {
		line += strspn(line, " \t");
		c->at[i] = line;
		c->len[i] = strcspn(line, " \t\n");
		if (c->len[i] == 0)
			return false;
		line += c->len[i];
	}
	return true;
}

/* Names are escaped, so that a blank in one is no blank here; a deleted file has one all the same. */
static void strip_deleted(struct swap_area *s, char *path)
{
	size_t n = strlen(path), d = strlen(DELETED);

	s->path = path;
	if (n > d && STR_EQ(path + n - d, DELETED)) {
		path[n - d] = '\0';
		s->deleted = true;
	}
}

static bool read_area(const struct probe *p, const char *line, struct swap_area *ret)
{
	struct columns c;
	uint64_t size, used, priority;
	const char *end;
	struct swap_area s = {.kind = SWAP_PARTITION};

	if (!split(line, &c) || c.at[0][0] != '/')
		return false;
	if (!parse_uint_prefix(c.at[2], INT64_MAX, &size, &end) || size >> 10 > (uint64_t)UNITS_MAX_MIB ||
	    !parse_uint_prefix(c.at[3], INT64_MAX, &used, &end) || used > size)
		return false;
	strip_deleted(&s, probe_unescape(p->a, c.at[0], c.len[0]));
	if (strncmp(s.path, "/dev/zram", 9) == 0)
		s.kind = SWAP_ZRAM;
	else if (strncmp(c.at[1], "file", 4) == 0)
		s.kind = SWAP_FILE;
	s.size_mib = (int64_t)(size >> 10);
	s.used_mib = (int64_t)(used >> 10);
	if (c.at[4][0] == '-' && parse_uint_prefix(c.at[4] + 1, 32768, &priority, &end))
		s.priority = -(int)priority;
	else if (parse_uint_prefix(c.at[4], 32767, &priority, &end))
		s.priority = (int)priority;
	*ret = s;
	return true;
}

static void add_area(struct machine_swap *w, const struct swap_area *s, int64_t *active)
{
	w->areas[w->area_count++] = *s;
	w->used_mib += s->used_mib;
	if (s->kind == SWAP_ZRAM)
		w->zram_mib += s->size_mib;
	else
		*active += s->size_mib;
}

static void set_possible(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	enum virt_kind v = p->m->virt.kind;

	w->possible = !virt_is_container(v) && v != VIRT_WSL && !p->m->virt.unprivileged;
	if (w->possible)
		return;
	if (v == VIRT_WSL)
		w->impossible = "WSL takes its swap from Windows: set it in .wslconfig";
	else
		w->impossible = arena_printf(p->a, "the kernel belongs to the host of this %s container: ask the host to set swap",
					     virt_kind_name(v));
}

void probe_swap(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	int64_t active = 0;
	char *text;
	size_t len;

	set_possible(p);
	if (sysroot_read(p->root, p->a, SWAPS, 0, &text, &len) < 0) {
		w->active = fact_inferred(0, SWAPS, "it cannot be read: taken as no swap");
		return;
	}
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		struct swap_area s;

		line += *line == '\n';
		if (w->area_count < MACHINE_MAX_SWAPS && read_area(p, line, &s))
			add_area(w, &s, &active);
	}
	w->active = fact_exact(active, SWAPS);
}
