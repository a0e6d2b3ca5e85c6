/* SPDX-License-Identifier: MIT */
#include "report/keep.h"

#include <fnmatch.h>
#include <string.h>

#include "output/secrets.h"

typedef void keep_way(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out);

static void all(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	(void)path;
	redact_text(k->r, text, len, out);
}

/* Shall this line be kept? */
typedef bool line_fits(const char *line, size_t len);

static void lines(struct keeper *k, const char *text, size_t len, line_fits *fits, struct strbuf *out)
{
	for (size_t at = 0, n; at < len; at += n) {
		const char *end = memchr(text + at, '\n', len - at);

		n = end ? (size_t)(end - text) - at + 1 : len - at;
		if (fits(text + at, n))
			redact_text(k->r, text + at, n, out);
		else
			k->r->times[REDACT_LINE]++;
	}
}

static bool begins(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(line, with, n) == 0;
}

static bool begins_any(const char *line, size_t len, const char *const *with)
{
	for (; *with; with++)
		if (begins(line, len, *with))
			return true;
	return false;
}

/* "KEY=...", with blanks before '=' or without. */
static bool sets_any(const char *line, size_t len, const char *const *keys)
{
	for (; *keys; keys++) {
		size_t at = strlen(*keys);

		if (!begins(line, len, *keys))
			continue;
		while (at < len && (line[at] == ' ' || line[at] == '\t'))
			at++;
		if (at < len && line[at] == '=')
			return true;
	}
	return false;
}

static bool of_os_release(const char *line, size_t len)
{
	static const char *const keys[] = {"ID=",	   "ID_LIKE=",		"NAME=",
					   "VERSION=",	   "VERSION_ID=",	"VARIANT=",
					   "VARIANT_ID=",  "VERSION_CODENAME=", "UBUNTU_CODENAME=",
					   "PRETTY_NAME=", "OSTREE_VERSION=",	NULL};

	return begins_any(line, len, keys);
}

static void os_release(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	(void)path;
	lines(k, text, len, of_os_release, out);
}

/* What a unit or a configuration says of swap; and root directories and versions, which stand alone on their lines. */
static bool of_settings(const char *line, size_t len)
{
	static const char *const keys[] = {"What", "Where", "SourcePath", "WantedBy", "RequiredBy", "root", NULL};
	static const char *const starts[] = {"ResourceDisk.", "version:", "[", NULL};
	size_t blanks = 0;

	while (blanks < len && (line[blanks] == ' ' || line[blanks] == '\t'))
		blanks++;
	line += blanks;
	len -= blanks;
	return sets_any(line, len, keys) || begins_any(line, len, starts) ||
	       (begins(line, len, "ExecStart") && memmem(line, len, "swap", 4)) || memmem(line, len, "vpsfit", 6);
}

static void settings(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	(void)path;
	lines(k, text, len, of_settings, out);
}

/* Programs of other engines, and people's own. */
static bool of_program(const char *line, size_t len)
{
	return begins(line, len, "#!") ||
	       ((memmem(line, len, "podman", 6) || memmem(line, len, "nerdctl", 7)) && !memchr(line, '=', len));
}

static void program(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	(void)path;
	if (begins(text, len, "#!"))
		lines(k, text, len, of_program, out);
}

/*
 * Of other packages only that they are installed: their number tells how large the system is. dpkg's own architecture
 * is the system's.
 */
static void packages(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	static const char *const ours[] = {"docker", "containerd", "podman", "moby", "runc", "vpsfit", NULL};
	static const char *const keys[] = {"Package:", "Status:", "Version:", "Architecture:", NULL};
	bool known = false;

	(void)path;
	for (size_t at = 0, n; at < len; at += n) {
		const char *line = text + at, *end = memchr(line, '\n', len - at);

		n = end ? (size_t)(end - line) + 1 : len - at;
		if (begins(line, n, "Package: "))
			known = begins_any(line + 9, n - 9, ours) || memmem(line, n, "docker", 6) ||
				begins(line, n, "Package: dpkg\n");
		if (line[0] == '\n' || begins(line, n, "Status:") || (known && begins_any(line, n, keys)))
			strbuf_add(out, line, n);
		else
			k->r->times[REDACT_LINE]++;
	}
}

/* Words that are separated by `mark`. */
static void words(struct keeper *k, const char *text, size_t len, char mark, const char *const *with,
		  struct strbuf *out)
{
	for (size_t at = 0, n; at < len; at += n + 1) {
		const char *end = memchr(text + at, mark, len - at);

		n = end ? (size_t)(end - text) - at : len - at;
		if (n > 0 && begins_any(text + at, n, with)) {
			redact_text(k->r, text + at, n, out);
			strbuf_putc(out, mark);
		} else {
			k->r->times[REDACT_VALUE] += n > 0;
		}
	}
}

static void kernel_line(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	static const char *const known[] = {"cgroup",
					    "swapaccount=",
					    "systemd.unified_cgroup",
					    "crashkernel=",
					    "mem=",
					    "boot=",
					    "overlayroot=",
					    "rd.live.image",
					    "persistent",
					    "zswap.",
					    "BOOT_IMAGE=/casper/",
					    "BOOT_IMAGE=/boot/",
					    "ro",
					    "quiet",
					    NULL};

	(void)path;
	words(k, text, len > 0 && text[len - 1] == '\n' ? len - 1 : len, ' ', known, out);
	strbuf_putc(out, '\n');
}

static void environment(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	static const char *const known[] = {"container=", NULL};

	(void)path;
	words(k, text, len, '\0', known, out);
}

/* The program, and of an engine where its data and its socket are. */
static void command_line(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	static const char *const known[] = {
		"--data-root", "--graph", "--exec-root", "--config-file", "-g", "-H", "--host", "unix:///", "/", NULL};
	size_t first = strnlen(text, len), blank = strcspn(first < len ? text : "", " ");

	(void)path;
	redact_text(k->r, text, blank < first ? blank : first, out);
	strbuf_putc(out, '\0');
	if (first < len)
		words(k, text + first + 1, len - first - 1, '\0', known, out);
}

/* "SOURCE DIR TYPE OPTIONS 0 0", or a line of mountinfo: of options only words, and what detection reads. */
static void mounts(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	static const char *const known[] = {"upperdir=", "aname=", "subvol=", "size=", "mode=", "name=systemd", NULL};

	(void)path;
	for (size_t at = 0, n; at < len; at += n) {
		const char *p = text + at, *comma;

		n = strcspn(p, ", \n");
		n = n > len - at ? len - at : n;
		comma = memchr(p, '=', n);
		if (comma && !begins_any(p, n, known)) {
			k->r->times[REDACT_VALUE]++;
			strbuf_puts(out, "x");
		} else if (begins(p, n, "//") || memmem(p, n, ":/", 2)) {
			strbuf_puts(out, redact_token(k->r, REDACT_HOST, p, n));
		} else {
			redact_text(k->r, p, n, out);
		}
		if (at + n < len)
			strbuf_putc(out, p[n++]);
	}
}

/* "name:x:uid:gid:the person's name:home:shell", without the person's name. */
static void users(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	int field = 0;

	(void)path;
	for (size_t at = 0, n; at < len; at += n) {
		n = strcspn(text + at, ":\n");
		if (field == 1)
			strbuf_putc(out, 'x');
		else if (field == 4)
			k->r->times[REDACT_VALUE] += n > 0;
		else
			redact_text(k->r, text + at, n, out);
		field = at + n < len && text[at + n] == ':' ? field + 1 : 0;
		if (at + n < len)
			strbuf_putc(out, text[at + n++]);
	}
}

/* The structure's formatted part; the serial numbers behind it are texts. */
static void dmi(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	size_t n = len > 1 ? (unsigned char)text[1] : 0;

	(void)path;
	strbuf_add(out, text, n < len ? n : len);
	k->r->times[REDACT_VALUE] += n < len;
}

/* Which of the stack's images it names. */
static void image_names(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	(void)path;
	for (size_t i = 0; i < k->image_count; i++)
		if (memmem(text, len, k->images[i], strlen(k->images[i])))
			strbuf_printf(out, "%s\n", k->images[i]);
	k->r->times[REDACT_FILE]++;
}

/* Each line that is not of swap is there as a line that says nothing. */
static void fstab(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	const char *shown = secrets_hidden(k->a, &(struct secrets_file){.path = path}, text, len);

	for (const char *p = shown; *p; p++)
		if (p == shown || p[-1] == '\n')
			k->r->times[REDACT_LINE] += *p == '(';
	redact_text(k->r, shown, strlen(shown), out);
}

static void nothing(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	(void)path, (void)text, (void)out;
	k->r->times[REDACT_FILE] += len > 0;
}

/* The first that fits counts. '*' is any text, with slashes too. */
static const struct {
	const char *path;
	keep_way *way;
} rows[] = {
	{"/proc/cmdline", kernel_line},
	{"/proc/*/cmdline", command_line},
	{"/proc/*/environ", environment},
	{"/proc/mounts", mounts},
	{"/proc/*/mounts", mounts},
	{"/proc/*/mountinfo", mounts},
	{"/proc/net/tcp", keep_net},
	{"/proc/net/tcp6", keep_net},
	{"/proc/net/route", keep_net},
	{"/proc/net/ipv6_route", keep_net},
	{"/proc/net/if_inet6", keep_net},
	{"/sys/firmware/dmi/*", dmi},
	{"/proc/*/fd/*", nothing},
	{"/proc/*", all},
	{"/sys/*", all},
	{"*/os-release", os_release},
	{"/var/lib/dpkg/status", packages},
	{"/var/lib/dpkg/arch", all},
	{"/etc/apk/arch", all},
	{"/etc/passwd", users},
	{"/etc/fstab", fstab},
	{"/etc/machine-id", all},
	{"/etc/X11/default-display-manager", all},
	{"/run/systemd/container", all},
	{"/etc/waagent.conf", settings},
	{"/etc/containerd/config.toml", settings},
	{"/etc/systemd/*", settings},
	{"/run/systemd/*", settings},
	{"/usr/lib/systemd/*", settings},
	{"/lib/systemd/*", settings},
	{"/usr/local/lib/systemd/*", settings},
	{"*/snap.yaml", settings},
	{"*/repositories.json", image_names},
	{"*/meta.db", image_names},
	{"/bin/*", program},
	{"/usr/bin/*", program},
	{"/usr/local/bin/*", program},
	{"/sbin/*", program},
	{"/usr/sbin/*", program},
};

static bool below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && path[n] == '/';
}

void keep_file(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	if (below(path, k->dir)) {
		keep_stack(k, path, text, len, out);
		return;
	}
	if (keep_knows_json(path)) {
		keep_json(k, path, text, len, out);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fnmatch(rows[i].path, path, 0) == 0) {
			rows[i].way(k, path, text, len, out);
			return;
		}
	/* A file of a stack that lies elsewhere: what is harmless in it. */
	if (fnmatch("*.y*ml", path, 0) == 0 || fnmatch("*.env", path, 0) == 0)
		keep_stack(k, path, text, len, out);
	else
		nothing(k, path, text, len, out);
}
