/* SPDX-License-Identifier: MIT */
/* The swap lines of /etc/fstab. */
#include <string.h>
#include <strings.h>

#include "core/macros.h"
#include "detect/probe.h"
#include "swap/probe.h"
#include "swap/unit.h"

struct fstab_line {
	const char *source;
	const char *type;
	const char *options;
};

/* UUID="..." is UUID=... */
static const char *unquoted(struct arena *a, const char *source)
{
	const char *equals = strchr(source, '=');
	size_t n = equals ? strlen(equals) : 0;

	if (n < 3 || source[0] == '/' || equals[1] != '"' || equals[n - 1] != '"')
		return source;
	return arena_printf(a, "%.*s=%.*s", (int)(equals - source), source, (int)n - 3, equals + 2);
}

/* A line "SOURCE TARGET TYPE OPTIONS ..." for swap; false for all other lines. */
static bool parse_line(struct arena *a, const char *line, struct fstab_line *ret)
{
	const char *field[4];
	size_t len[4];

	/* Options may be missing. */
	if (probe_columns(line, field, len, 4) < 3 || field[0][0] == '#')
		return false;
	ret->source = unquoted(a, probe_unescape(a, field[0], len[0]));
	ret->type = arena_strndup(a, field[2], len[2]);
	ret->options = arena_strndup(a, field[3], len[3]);
	return STR_EQ(ret->type, "swap");
}

/* "noauto" among the options: boot and 'swapon -a' pass the line over. */
static bool is_off(const struct fstab_line *f)
{
	for (const char *o = f->options; *o;) {
		size_t n = strcspn(o, ",");

		if (n == 6 && strncmp(o, "noauto", 6) == 0)
			return true;
		o += n + (o[n] == ',');
	}
	return false;
}

static const char *read_fstab(const struct probe *p)
{
	char *text;
	size_t len;

	return sysroot_read(p->root, p->a, FSTAB_PATH, 0, &text, &len) == 0 ? text : "";
}

bool probe_fstab_marks(const struct probe *p, const char *path)
{
	struct fstab_line f;

	for (const char *line = read_fstab(p); line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (parse_line(p->a, line, &f) && STR_EQ(f.source, path) && strstr(f.options, SWAP_FSTAB_MARK))
			return true;
	}
	return false;
}

static bool is_tag(const char *source)
{
	return source[0] != '/' && strchr(source, '=');
}

/* The path of a UUID=, LABEL=, PARTUUID= or PARTLABEL= by udev's links; NULL: unknown. */
static const char *source_path(const struct probe *p, const char *source)
{
	static const struct {
		const char *tag, *dir;
	} tags[] = {{"UUID=", "uuid"}, {"LABEL=", "label"}, {"PARTUUID=", "partuuid"}, {"PARTLABEL=", "partlabel"}};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		size_t n = strlen(tags[i].tag);
		const char *path;

		if (strncmp(source, tags[i].tag, n) != 0)
			continue;
		path = arena_printf(p->a, "/dev/disk/by-%s/%s", tags[i].dir, source + n);
		return sysroot_exists(p->root, path) ? path : NULL;
	}
	return source[0] == '/' ? source : NULL;
}

/* An area whose UUID and label were read is found without udev's links too. */
static bool names_area(const struct probe *p, const char *source, const struct swap_area *area)
{
	const char *path = source_path(p, source);

	if (area->uuid && strncmp(source, "UUID=", 5) == 0 && strcasecmp(source + 5, area->uuid) == 0)
		return true;
	if (area->label && strncmp(source, "LABEL=", 6) == 0 && STR_EQ(source + 6, area->label))
		return true;
	return path && swap_find_active(p->root, area, 1, path);
}

/* The source that a unit of systemd's generator has as What=. */
static const char *what_of(const struct probe *p, const char *source, const struct swap_area *area)
{
	const char *path = source_path(p, source);

	return path ? path : area->uuid ? arena_printf(p->a, "/dev/disk/by-uuid/%s", area->uuid) : area->path;
}

enum swap_line probe_fstab_line(const struct probe *p, const struct swap_area *area, const char **ret_what)
{
	enum swap_line found = SWAP_LINE_NONE;
	struct fstab_line f;

	for (const char *line = read_fstab(p); line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!parse_line(p->a, line, &f) || !names_area(p, f.source, area))
			continue;
		if (!is_off(&f)) {
			if (ret_what)
				*ret_what = what_of(p, f.source, area);
			return SWAP_LINE_AUTO;
		}
		found = SWAP_LINE_NOAUTO;
	}
	return found;
}

bool probe_fstab_names_swap(const struct probe *p, const struct swap_area *area)
{
	return probe_fstab_line(p, area, NULL) == SWAP_LINE_AUTO;
}

/* Is a partition in use that no line names, as far as can be told? */
static bool has_unnamed_partition(const struct probe *p)
{
	const struct machine_swap *w = &p->m->swap;

	for (size_t i = 0; i < w->area_count; i++)
		if (w->areas[i].kind == SWAP_KIND_PARTITION && !probe_fstab_names_swap(p, &w->areas[i]))
			return true;
	return false;
}

/*
 * In another machine's tree the links that lead from one name of a device to the other may be missing: there a line
 * may mean a partition that is in use under another name.
 */
static bool cannot_tell(const struct probe *p, const char *source)
{
	return !sysroot_is_live(p->root) && (is_tag(source) || strncmp(source, "/dev/", 5) == 0) &&
	       has_unnamed_partition(p);
}

static bool in_use(const struct probe *p, const char *source)
{
	const struct machine_swap *w = &p->m->swap;

	for (size_t i = 0; i < w->area_count; i++)
		if (!w->areas[i].deleted && names_area(p, source, &w->areas[i]))
			return true;
	return false;
}

/* Finds swap lines of /etc/fstab without effect: the machine has less swap than its owner thinks. */
void probe_fstab_swap(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;
	struct fstab_line f;

	for (const char *line = read_fstab(p); line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!parse_line(p->a, line, &f) || is_off(&f) || w->fstab_inactive_count == MACHINE_MAX_SWAPS)
			continue;
		if (!in_use(p, f.source) && !cannot_tell(p, f.source))
			w->fstab_inactive[w->fstab_inactive_count++] = f.source;
	}
}

/* In another machine's tree, where udev's links may be missing, a line by another name may well be a partition's. */
bool probe_fstab_names_device(const struct probe *p)
{
	struct fstab_line f;

	for (const char *line = read_fstab(p); line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (parse_line(p->a, line, &f) && !is_off(&f) &&
		    (is_tag(f.source) || strncmp(f.source, "/dev/", 5) == 0))
			return true;
	}
	return false;
}
