/* SPDX-License-Identifier: MIT */
/* Which swap areas that are in use come back at boot: by /etc/fstab, a unit, or a program or script that does it. */
#include <string.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "core/text.h"
#include "detect/probe.h"
#include "swap/at_boot.h"
#include "swap/probe.h"
#include "swap/unit.h"

#define WAAGENT "/etc/waagent.conf"
#define MAX_UNITS 4096 /* files of one directory that are looked at */
#define UNIT_MAX 65536

/* Is the path in the text as a whole: neither a part of a longer one nor behind a '#'? */
static bool has_path(const char *text, const char *path)
{
	static const char *const path_chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@\\";
	const size_t n = strlen(path);

	for (const char *line = text; *line;) {
		const char *end = line + strcspn(line, "\n"), *hash = memchr(line, '#', (size_t)(end - line)), *at;

		for (at = strstr(line, path); at && at + n <= (hash ? hash : end); at = strstr(at + 1, path))
			if ((at == text || !strchr(path_chars, at[-1])) && (!at[n] || !strchr(path_chars, at[n])))
				return true;
		line = end + (*end == '\n');
	}
	return false;
}

static bool file_has_path(const struct probe *p, const char *file, const char *path)
{
	char *text;
	size_t len;

	return sysroot_read(p->root, p->a, file, 0, &text, &len) == 0 && has_path(text, path);
}

/*
 * Does the unit of this text turn the area on? Services with a swapon of their own are as usual as swap units. A
 * generator's unit is made from /etc/fstab anew at each boot: the line decides, as it is now.
 */
static bool turns_on(const struct probe *p, const char *name, const char *text, const struct swap_area *area)
{
	const char *what;

	if (text_ends(name, ".service"))
		return strstr(text, "\nExec") && has_path(text, area->path);
	what = strstr(text, "SourcePath=" FSTAB_PATH) ? NULL : swap_unit_value(p->a, text, "What");
	return what && swap_find_active(p->root, area, 1, what);
}

/* What a program puts below /run/systemd/system it puts there at each boot, and starts it itself. */
static bool has_unit_in(const struct probe *p, const char *dir, struct swap_area *area)
{
	char **names, *text;
	long n = sysroot_list(p->root, p->a, dir, &names);
	size_t len;

	for (long i = 0; i < n && i < MAX_UNITS; i++) {
		const char *mend;

		if ((!text_ends(names[i], ".service") && !text_ends(names[i], ".swap")) ||
		    sysroot_read(p->root, p->a, arena_printf(p->a, "%s/%s", dir, names[i]), UNIT_MAX, &text, &len) <
			    0 ||
		    !turns_on(p, names[i], text, area))
			continue;
		mend = swap_unit_mend(p->root, p->a, names[i], text);
		if (!mend || (STR_EQ(dir, "/run/systemd/system") && !swap_unit_is_masked(p->root, p->a, names[i])))
			return true;
		area->mend = area->mend ? area->mend : mend;
	}
	return false;
}

/* /lib is a link to /usr/lib as a rule: no directory is read twice. */
static bool is_seen(const struct probe *p, const char *dir, struct stat *seen, size_t *count)
{
	struct stat st;

	if (sysroot_stat(p->root, dir, &st) < 0)
		return true;
	for (size_t i = 0; i < *count; i++)
		if (seen[i].st_dev == st.st_dev && seen[i].st_ino == st.st_ino)
			return true;
	seen[(*count)++] = st;
	return false;
}

static bool has_unit(const struct probe *p, struct swap_area *area)
{
	struct stat seen[SWAP_UNIT_DIRS];
	size_t count = 0;

	for (size_t i = 0; i < SWAP_UNIT_DIRS; i++)
		if (!is_seen(p, swap_unit_dirs[i], seen, &count) && has_unit_in(p, swap_unit_dirs[i], area))
			return true;
	return false;
}

/* systemd's rc-local.service, its generator and OpenRC's "local" pass over a script that may not be run. */
static bool is_run(const struct probe *p, const char *script, struct swap_area *area)
{
	struct stat st;

	if (!file_has_path(p, script, area->path))
		return false;
	if (sysroot_stat(p->root, script, &st) < 0 || st.st_mode & 0111)
		return true;
	area->mend = area->mend ? area->mend : arena_printf(p->a, "chmod +x %s", script);
	return false;
}

/* OpenRC's "local" service, cron's "@reboot", and what people still have in rc.local. */
static bool has_script(const struct probe *p, struct swap_area *area)
{
	static const char *const scripts[] = {"/etc/rc.local", "/etc/rc.d/rc.local"};
	static const char *const files[] = {"/etc/crontab", "/etc/conf.d/swap", "/etc/dphys-swapfile",
					    "/var/spool/cron/crontabs/root", "/var/spool/cron/root"};
	static const struct {
		const char *dir;
		bool run;
	} dirs[] = {{"/etc/local.d", true}, {"/etc/cron.d", false}};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		if (is_run(p, scripts[i], area))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (file_has_path(p, files[i], area->path))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char **names;
		long n = sysroot_list(p->root, p->a, dirs[i].dir, &names);

		for (long k = 0; k < n && k < MAX_UNITS; k++) {
			const char *file = arena_printf(p->a, "%s/%s", dirs[i].dir, names[k]);

			if (dirs[i].run ? is_run(p, file, area) : file_has_path(p, file, area->path))
				return true;
		}
	}
	return false;
}

/* Azure's agent makes its file on the temporary disk anew at each boot, where its configuration asks for it. */
static bool is_of_azure(const struct probe *p, const char *path)
{
	return text_ends(path, "/swapfile") && strncmp(path, "/mnt", 4) == 0 &&
	       sysroot_find(p->root, p->a, WAAGENT, "ResourceDisk.EnableSwap=y", 65536);
}

/* Programs that turn their own files on, and scripts of the administrator's. */
static bool has_other_way(const struct probe *p, struct swap_area *area)
{
	static const char *const dirs[] = {"/var/lib/swapspace/", "/var/lib/systemd-swap/", "/run/systemd/swap/"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strncmp(area->path, dirs[i], strlen(dirs[i])) == 0)
			return true;
	if (STR_EQ(area->path, "/var/swap") &&
	    (sysroot_exists(p->root, "/etc/dphys-swapfile") || sysroot_exists(p->root, "/etc/rpi/swap.conf")))
		return true;
	return is_of_azure(p, area->path) || has_script(p, area);
}

/* OpenRC leaves out what is in no runlevel: Alpine's installer puts "swap" there only if it made a partition for it. */
static bool openrc_leaves_it_out(const struct probe *p)
{
	static const char *const levels[] = {"sysinit", "boot", "default"};

	p->m->swap.openrc = sysroot_exists(p->root, SWAP_OPENRC) && sysroot_exists(p->root, SWAP_RUNLEVEL_DIR);
	if (!p->m->swap.openrc)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		const char *link = arena_printf(p->a, "/etc/runlevels/%s/swap", levels[i]);

		if (!sysroot_readlink(p->root, p->a, link) && !sysroot_exists(p->root, link))
			continue;
		p->m->swap.openrc = STR_EQ(link, SWAP_RUNLEVEL);
		return false;
	}
	return true;
}

/* Why no line and no unit has swap turned on; a masked target is a usual step before Kubernetes is set up. */
static const char *boot_off(const struct probe *p)
{
	if (p->m->systemd)
		return swap_unit_is_masked(p->root, p->a, "swap.target")
			       ? _("systemd's swap.target is masked ('systemctl unmask swap.target' changes that)")
			       : NULL;
	return openrc_leaves_it_out(p)
		       ? _("OpenRC's service 'swap' is in no runlevel ('rc-update add swap boot' changes that)")
		       : NULL;
}

/* A line of /etc/fstab is what boot follows, unless the unit that systemd makes of it is masked. */
static bool is_in_fstab(const struct probe *p, struct swap_area *area)
{
	const char *what = NULL, *unit;

	if (probe_fstab_line(p, area, &what) != SWAP_LINE_AUTO)
		return false;
	unit = swap_unit_name(p->a, what);
	if (!unit || !p->m->systemd || !swap_unit_is_masked(p->root, p->a, unit))
		return unit;
	area->mend = arena_printf(p->a, "systemctl unmask %s", unit);
	return false;
}

/* Is /etc/fstab made from a configuration, as NixOS makes it? What is added to it is gone with the next one. */
static bool is_made(const struct probe *p)
{
	const char *to = sysroot_readlink(p->root, p->a, FSTAB_PATH);

	return distro_is(&p->m->distro, "nixos") ||
	       (to && (strncmp(to, "/nix/", 5) == 0 || STR_EQ(to, "/etc/static/fstab")));
}

/* A container's swap is its host's business; a tree without /etc/fstab says nothing. */
void probe_swap_at_boot(const struct probe *p)
{
	struct machine_swap *w = &p->m->swap;

	if (virt_is_container(p->m->virt.kind) || p->m->virt.kind == VIRT_WSL || p->m->virt.unprivileged ||
	    (!sysroot_exists(p->root, FSTAB_PATH) && !sysroot_readlink(p->root, p->a, FSTAB_PATH)))
		return;
	w->boot_off = boot_off(p);
	w->fstab_made = is_made(p);
	for (size_t i = 0; i < w->area_count; i++) {
		struct swap_area *s = &w->areas[i];

		s->passing = (s->kind == SWAP_KIND_FILE || s->kind == SWAP_KIND_PARTITION) && !s->deleted &&
			     !is_in_fstab(p, s) && !has_unit(p, s) && !has_other_way(p, s);
		if (s->passing && !s->mend && s->kind == SWAP_KIND_PARTITION && !sysroot_is_live(p->root))
			s->passing = !probe_fstab_names_device(p);
		if (s->passing) {
			s->line = probe_fstab_line(p, s, NULL);
			s->named = s->kind == SWAP_KIND_PARTITION ? swap_lasting_name(p, s) : NULL;
		}
	}
}
