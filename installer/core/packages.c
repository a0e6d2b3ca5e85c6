/* SPDX-License-Identifier: MIT */
#include "core/packages.h"

#include <string.h>

#include "core/i18n.h"
#include "core/macros.h"

struct family {
	const char *id; /* of os-release, or a word of ID_LIKE */
	const char *engine;
	const char *compose;
	const char *manager; /* installs a package by name; NULL: it has none of Docker's own */
};

/* Docker's own program, where a distribution has no package of it (docs.docker.com/compose/install/linux). */
#define PLUGIN_INTO(dir)                                                                                               \
	"curl -fL --create-dirs -o " dir "/cli-plugins/docker-compose "                                                \
	"https://github.com/docker/compose/releases/latest/download/docker-compose-linux-$(uname -m) && chmod +x " dir \
	"/cli-plugins/docker-compose"

/* Package names: each distribution's own archive, 2026. The first row that fits holds, so that Ubuntu is not Debian. */
static const struct family families[] = {
	{"ubuntu-core", "snap install docker", "snap install docker", NULL},
	{"ubuntu", "apt install docker.io docker-compose-v2", "apt install docker-compose-v2", "apt install"},
	{"debian", "apt install docker.io docker-compose", "apt install docker-compose", "apt install"},
	{"alpine", "apk add docker docker-cli-compose", "apk add docker-cli-compose", NULL},
	{"amzn", "dnf install docker", PLUGIN_INTO("/usr/local/lib/docker"), NULL},
	{"flatcar", NULL, PLUGIN_INTO("/root/.docker"), NULL},
	{"azurelinux", "tdnf install moby-engine moby-cli docker-compose", "tdnf install docker-compose", NULL},
	{"photon", "tdnf install docker docker-compose", "tdnf install docker-compose", NULL},
	{"fedora", "dnf install moby-engine docker-compose", "dnf install docker-compose", "dnf install"},
	{"opensuse", "zypper install docker docker-compose", "zypper install docker-compose", NULL},
	{"suse", "zypper install docker docker-compose", "zypper install docker-compose", NULL},
	{"sles", "zypper install docker docker-compose", "zypper install docker-compose", NULL},
	{"arch", "pacman -S docker docker-compose", "pacman -S docker-compose", NULL},
	{"void", "xbps-install docker docker-compose", "xbps-install docker-compose", NULL},
	{"gentoo", "emerge app-containers/docker app-containers/docker-compose", "emerge app-containers/docker-compose",
	 NULL},
	{"nixos",
	 N_("add virtualisation.docker.enable = true; to /etc/nixos/configuration.nix, then 'nixos-rebuild switch'"),
	 N_("add environment.systemPackages = [ pkgs.docker-compose ]; to /etc/nixos/configuration.nix, then "
	    "'nixos-rebuild switch'"),
	 NULL},
};

/* Red Hat's family is made from Fedora and has neither package in its own archives; Amazon's has its own. */
static bool is_enterprise(const struct machine_distro *d)
{
	return !distro_is(d, "amzn") && (distro_is(d, "rhel") || distro_is(d, "centos") || distro_is(d, "ol"));
}

/* The same for release 7, which has no dnf, and for a system that is replaced as a whole: the usual command fails. */
static const char *by_updates(struct arena *a, const struct machine_distro *d, const char *how)
{
	static const struct {
		enum distro_updates updates;
		const char *usual, *instead;
	} rows[] = {{DISTRO_OSTREE, "dnf install ", "rpm-ostree install "},
		    {DISTRO_TRANSACTIONAL, "zypper install ", "transactional-update pkg install "}};

	if (how && d->yum && strncmp(how, "dnf install ", strlen("dnf install ")) == 0)
		return arena_printf(a, "yum install %s", how + strlen("dnf install "));
	for (size_t i = 0; how && i < ARRAY_SIZE(rows); i++)
		if (d->updates == rows[i].updates && strncmp(how, rows[i].usual, strlen(rows[i].usual)) == 0)
			return arena_printf(a, _("%s%s, then reboot"), rows[i].instead, how + strlen(rows[i].usual));
	return how;
}

static const struct family *find(const struct machine_distro *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (d->id && STR_EQ(d->id, families[i].id))
			return &families[i];
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (distro_is(d, families[i].id))
			return &families[i];
	return NULL;
}

/* Docker's own packages and a distribution's do not go together (containerd.io conflicts with containerd). */
const char *packages_engine(struct arena *a, const struct machine_distro *d, const struct machine_engine *e)
{
	const struct family *f = find(d);

	if (e->theirs && f && f->manager)
		return by_updates(a, d, arena_printf(a, "%s docker-ce docker-compose-plugin", f->manager));
	if (is_enterprise(d))
		return by_updates(a, d, _("dnf install docker-ce docker-compose-plugin, from Docker's own repository"));
	return f && f->engine ? by_updates(a, d, _(f->engine)) : NULL;
}

bool packages_are_theirs(const struct machine_engine *e)
{
	return e->docker_package ? STR_EQ(e->docker_package, "docker-ce") : e->theirs;
}

const char *packages_compose(struct arena *a, const struct machine_distro *d, const struct machine_engine *e)
{
	const struct family *f = find(d);

	if (packages_are_theirs(e) && f && f->manager)
		return by_updates(a, d, arena_printf(a, "%s docker-compose-plugin", f->manager));
	if (is_enterprise(d))
		return by_updates(a, d, "dnf install docker-compose-plugin");
	if (packages_are_theirs(e) && e->docker_package)
		return NULL;
	return f ? by_updates(a, d, _(f->compose)) : NULL;
}

/* Debian 12 has 1.29.2, Debian 13 has 2.26 as docker-compose and as a plugin; no VERSION_ID: testing, or unstable. */
#define DEBIAN_WITH_PLUGIN "13"

bool packages_compose_is_old(const struct machine_distro *d)
{
	const struct family *f = find(d);
	size_t n = d->version ? strspn(d->version, "0123456789") : 0;

	/* Its derivatives have versions of their own, but for Raspbian. */
	return f && STR_EQ(f->id, "debian") && d->id && (STR_EQ(d->id, "debian") || STR_EQ(d->id, "raspbian")) &&
	       (n == 1 || (n == 2 && strncmp(d->version, DEBIAN_WITH_PLUGIN, 2) < 0));
}
