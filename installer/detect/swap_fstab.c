/* SPDX-License-Identifier: MIT */
/* The swap lines of /etc/fstab, and which areas that are in use come back at boot. */
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

/* A line "SOURCE TARGET TYPE OPTIONS ..." for swap; false for all other lines. */
static bool parse_line(struct arena *a, const char *line, struct fstab_line *ret)
{
	const char *field[4];
	size_t len[4];

	/* Options may be missing. */
	if (probe_columns(line, field, len, 4) < 3 || field[0][0] == '#')
		return false;
	ret->source = probe_unescape(a, field[0], len[0]);
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
		path = arena_printf(p->a, "/dev/disk/by-%s/%.*s", tags[i].dir,
				    (int)strcspn(source + n + (source[n] == '"'), "\""),
				    source + n + (source[n] == '"'));
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

bool probe_fstab_names_swap(const struct probe *p, const struct swap_area *area)
{
	struct fstab_line f;

	for (const char *line = read_fstab(p); line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (parse_line(p->a, line, &f) && !is_off(&f) && names_area(p, f.source, area))
			return true;
	}
	return false;
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

/* Does a swap unit in this directory turn the area on? Generators' units are of GPT partition types, for example. */
static bool has_unit_in(const struct probe *p, const char *dir, const struct swap_area *area)
{
	char **names;
	long n = sysroot_list(p->root, p->a, dir, &names);

	for (long i = 0; i < n; i++) {
		size_t len = strlen(names[i]);
		const char *what;

		if (len <= 5 || !STR_EQ(names[i] + len - 5, ".swap"))
			continue;
		what = sysroot_find(p->root, p->a, arena_printf(p->a, "%s/%s", dir, names[i]), "What=", 65536);
		what = what ? arena_strndup(p->a, what + 5, strcspn(what + 5, "\r\n")) : NULL;
		if (what && swap_find_active(p->root, area, 1, what))
			return true;
	}
	return false;
}

static bool has_unit(const struct probe *p, const struct swap_area *area)
{
	static const char *const dirs[] = {
		SWAP_UNIT_DIR,	       "/run/systemd/generator",  "/run/systemd/generator.late",
		"/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (has_unit_in(p, dirs[i], area))
			return true;
	return false;
}

/* Programs that turn their own files on, and scripts of the administrator's. */
static bool has_other_way(const struct probe *p, const struct swap_area *area)
{
	static const char *const files[] = {"/etc/rc.local", "/etc/rc.d/rc.local", "/etc/crontab", "/etc/conf.d/swap",
					    "/etc/dphys-swapfile"};
	static const char *const dirs[] = {"/var/lib/swapspace/", "/var/lib/systemd-swap/", "/run/systemd/swap/"};
	char *text;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strncmp(area->path, dirs[i], strlen(dirs[i])) == 0)
			return true;
	if (STR_EQ(area->path, "/var/swap") && sysroot_exists(p->root, "/etc/dphys-swapfile"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (sysroot_read(p->root, p->a, files[i], 0, &text, &len) == 0 && strstr(text, area->path))
			return true;
	return false;
}

/* In another machine's tree, where udev's links may be missing, a line by another name may well be a partition's. */
static bool names_any_device(const struct probe *p)
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

/* A container's swap is its host's business; a tree without /etc/fstab says nothing. */
void probe_swap_at_boot(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;

	if (virt_is_container(p->m->virt.kind) || p->m->virt.kind == VIRT_WSL || p->m->virt.unprivileged ||
	    !sysroot_exists(p->root, FSTAB_PATH))
		return;
	for (size_t i = 0; i < w->area_count; i++) {
		struct swap_area *s = &w->areas[i];

		s->passing = (s->kind == SWAP_KIND_FILE || s->kind == SWAP_KIND_PARTITION) && !s->deleted &&
			     !probe_fstab_names_swap(p, s) && !has_unit(p, s) && !has_other_way(p, s);
		if (s->passing && s->kind == SWAP_KIND_PARTITION && !sysroot_is_live(p->root))
			s->passing = !names_any_device(p);
	}
}
