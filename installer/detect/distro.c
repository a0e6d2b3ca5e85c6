/* SPDX-License-Identifier: MIT */
/* The distribution, and its class by how much of the machine it takes. */
#include <string.h>

#include "core/units.h"
#include "core/text.h"
#include "core/i18n.h"
#include "detect/probe.h"

#define OS_RELEASE "/etc/os-release"
#define OS_RELEASE_USR "/usr/lib/os-release"
#define MAX_VALUE 128

/* Debian 12: minbase has about 100 packages, a cloud image about 330, a standard server 450 and more. */
#define FEW_PACKAGES 400

/* Untrusted text for display: printable ASCII, one line, bounded. An unterminated quote is tolerated. */
static char *clean_value(struct arena *a, const char *v, size_t n)
{
	char *out = arena_alloc(a, MAX_VALUE + 1), *to = out;
	char quote = n > 0 && (v[0] == '"' || v[0] == '\'') ? v[0] : 0;

	for (size_t i = quote ? 1 : 0; i < n && to < out + MAX_VALUE; i++) {
		/* As in a shell: a blank ends a word without quotes, and a comment may follow. */
		if (quote ? v[i] == quote : v[i] == ' ' || v[i] == '\t')
			break;
		if (v[i] == '\\' && quote == '"' && i + 1 < n)
			i++;
		if ((unsigned char)v[i] >= ' ' && (unsigned char)v[i] < 127)
			*to++ = v[i];
	}
	return out;
}

static char *os_value(const struct probe *p, const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0 && line[n] == '=')
			return clean_value(p->a, line + n + 1, strcspn(line + n + 1, "\r\n"));
	}
	return NULL;
}

/* Systems that are replaced as a whole. Fedora's have OSTREE_VERSION in os-release; a tree may lack /run. */
static enum distro_updates updates_of(const struct probe *p, const char *text)
{
	static const char *const variants[] = {"silverblue", "kinoite", "coreos", "iot", "sericea", "onyx"};
	const char *variant = os_value(p, text, "VARIANT_ID");

	if (sysroot_exists(p->root, "/run/ostree-booted") || os_value(p, text, "OSTREE_VERSION"))
		return DISTRO_OSTREE;
	for (size_t i = 0; variant && i < ARRAY_SIZE(variants); i++)
		if (STR_EQ(variant, variants[i]))
			return DISTRO_OSTREE;
	return sysroot_exists(p->root, "/usr/sbin/transactional-update") ? DISTRO_TRANSACTIONAL : DISTRO_PACKAGES;
}

/* Release 8 has yum too, as a name of dnf. Where a tree has neither, the release tells; Amazon's 2 is made from 7. */
static bool has_yum(const struct probe *p)
{
	static const char *const yum[] = {"/usr/bin/yum", "/bin/yum", NULL}, *const dnf[] = {
										     "/usr/bin/dnf", "/usr/bin/dnf-3",
										     "/usr/bin/dnf5", "/bin/dnf", NULL};
	static const char *const family[] = {"rhel", "centos", "ol", "amzn"};
	const struct machine_distro *d = &p->m->distro;
	bool theirs = false;
	const char *end;
	uint64_t release;

	for (size_t i = 0; i < ARRAY_SIZE(family); i++)
		theirs |= distro_is(d, family[i]);
	if (!theirs || probe_first_path(p, dnf))
		return false;
	return probe_first_path(p, yum) || (parse_uint_prefix(d->version, 10000, &release, &end) && release < 8);
}

static void read_os_release(const struct probe *p)
{
	static const char *const files[] = {OS_RELEASE, OS_RELEASE_USR};
	struct machine_distro *d = &p->m->distro;
	char *text, *id;
	size_t len;

	d->id = "unknown";
	d->like = "";
	d->version = "";
	d->name = _("unknown distribution");
	d->source = _("no os-release");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (sysroot_read(p->root, p->a, files[i], 65536, &text, &len) < 0)
			continue;
		id = os_value(p, text, "ID");
		if (!id || !id[0])
			continue;
		d->id = id;
		d->source = files[i];
		d->name = id;
		d->updates = updates_of(p, text);
		if (os_value(p, text, "ID_LIKE"))
			d->like = os_value(p, text, "ID_LIKE");
		if (os_value(p, text, "VERSION_ID"))
			d->version = os_value(p, text, "VERSION_ID");
		if (os_value(p, text, "PRETTY_NAME") && os_value(p, text, "PRETTY_NAME")[0])
			d->name = os_value(p, text, "PRETTY_NAME");
		return;
	}
}

static const char *first_session(const struct probe *p, const char *dir)
{
	char **names;
	long n = sysroot_list(p->root, p->a, dir, &names);

	for (long i = 0; i < n; i++) {
		if (text_ends(names[i], ".desktop"))
			return arena_printf(p->a, "%s/%s", dir, names[i]);
	}
	return NULL;
}

/* The program that Debian's file names: it stays behind where its package is gone. */
static bool names_program(const struct probe *p, const char *path)
{
	const char *program = sysroot_read_line(p->root, p->a, path);

	return program && program[0] == '/' && !strstr(program, "/false") && sysroot_exists(p->root, program);
}

/* A unit that is masked is a link to /dev/null, which is there. */
static bool is_unit(const struct probe *p, const char *path)
{
	const char *to = sysroot_readlink(p->root, p->a, path);

	return !(to && STR_EQ(to, "/dev/null")) && sysroot_exists(p->root, path);
}

/* 'systemctl set-default multi-user.target': what there is of a desktop is not started. */
static bool boots_to_text(const struct probe *p)
{
	const char *to = sysroot_readlink(p->root, p->a, "/etc/systemd/system/default.target"), *name;

	name = to ? strrchr(to, '/') : NULL;
	return to && STR_EQ(name ? name + 1 : to, "multi-user.target");
}

/* Evidence of a desktop session; NULL: none. A link to a unit that is gone is none. */
static const char *desktop_evidence(const struct probe *p)
{
	static const char *const dirs[] = {"/usr/share/wayland-sessions", "/usr/share/xsessions"};
	static const char *const manager = "/etc/X11/default-display-manager",
				 *const unit = "/etc/systemd/system/display-manager.service";

	if (boots_to_text(p))
		return NULL;
	if (names_program(p, manager))
		return manager;
	if (is_unit(p, unit))
		return unit;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *session = first_session(p, dirs[i]);

		if (session)
			return session;
	}
	return NULL;
}

/* A sysroot may lack dpkg's status file and have only its file lists. */
static long count_packages(const struct probe *p)
{
	long n = sysroot_count_lines(p->root, DPKG_STATUS, "Status: install ok installed", DPKG_STATUS_MAX);

	return n > 0 ? n : max_i64(0, sysroot_count(p->root, DPKG_INFO, ".list"));
}

static void set_class(struct machine_distro *d, enum distro_class class, enum confidence c, const char *evidence)
{
	d->class = class;
	d->confidence = c;
	d->evidence = evidence;
}

void probe_distro(const struct probe *p)
{
	struct machine_distro *d = &p->m->distro;
	bool snapd = sysroot_exists(p->root, "/usr/lib/snapd/snapd") || sysroot_exists(p->root, "/var/lib/snapd/snaps");
	const char *desktop = desktop_evidence(p), *text;
	long packages = count_packages(p);

	read_os_release(p);
	d->yum = has_yum(p);
	if (desktop) {
		set_class(d, DISTRO_DESKTOP, FACT_INFERRED, arena_printf(p->a, _("there is %s"), desktop));
		return;
	}
	if (distro_is(d, "alpine")) {
		set_class(d, DISTRO_LIGHTWEIGHT, FACT_INFERRED,
			  STR_EQ(d->id, "alpine") ? "Alpine" : _("made from Alpine (ID_LIKE)"));
		return;
	}
	if (packages == 0) {
		set_class(d, DISTRO_TYPICAL, FACT_ASSUMED, _("nothing tells how much is installed"));
		return;
	}
	text = arena_printf(p->a, Q_("%ld package%s", "%ld packages%s", packages), packages, snapd ? ", snapd" : "");
	set_class(d, packages < FEW_PACKAGES && !snapd ? DISTRO_LIGHTWEIGHT : DISTRO_TYPICAL, FACT_INFERRED, text);
}
