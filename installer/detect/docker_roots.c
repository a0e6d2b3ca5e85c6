/* SPDX-License-Identifier: MIT */
#include "detect/docker_roots.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/units.h"

#define DEFAULT_SOCKET "/run/docker.sock"
/* The Docker snap's own paths (snapcraft.io/docker). */
#define SNAP_ROOT "/var/snap/docker/common/var-lib-docker"
#define SNAP_JSON "/var/snap/docker/current/config/daemon.json"
#define UNIX "unix://"
/* Longer than any real command line of dockerd; and how many users are looked at. */
#define MAX_CMDLINE ((size_t)16384)
#define MAX_USERS 4096

struct finder {
	const struct sysroot *r;
	struct arena *a;
	struct docker_roots *out;
};

/* What a daemon's command line or configuration says. */
struct daemon {
	const char *root;
	const char *socket;
	const char *config; /* --config-file */
	const char *source;
};

static const char *tidy(struct arena *a, const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return arena_strndup(a, path, n);
}

static struct docker_root *known(const struct finder *f, const char *path, const char *socket)
{
	for (size_t i = 0; i < f->out->count; i++) {
		struct docker_root *root = &f->out->items[i];

		if (path ? root->path && STR_EQ(root->path, path) : root->socket && STR_EQ(root->socket, socket))
			return root;
	}
	return NULL;
}

static void add(const struct finder *f, const char *path, const char *socket, const char *source, uid_t uid)
{
	struct docker_root *root;

	if (!path && !socket)
		return;
	path = path ? tidy(f->a, path) : NULL;
	root = known(f, path, socket);
	if (root) {
		root->socket = root->socket ? root->socket : socket;
		return;
	}
	if (f->out->count < MAX_DOCKER_ROOTS)
		f->out->items[f->out->count++] = (struct docker_root){path, socket, source, uid != 0, uid};
}

static const char *unix_path(struct arena *a, const char *host)
{
	return host && strncmp(host, UNIX, strlen(UNIX)) == 0 && host[strlen(UNIX)] == '/'
		       ? arena_strdup(a, host + strlen(UNIX))
		       : NULL;
}

static const char *absolute_text(struct arena *a, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && text[0] == '/' ? arena_strdup(a, text) : NULL;
}

/* Reads "data-root" (formerly "graph") and the socket in "hosts". The command line overrides both. */
static void read_config(const struct finder *f, const char *path, struct daemon *d)
{
	json_error_t error;
	json_t *config, *host;
	const char *root;
	char *text;
	size_t len, i;

	if (sysroot_read(f->r, f->a, path, 0, &text, &len) < 0)
		return;
	config = json_loadb(text, len, 0, &error);
	root = absolute_text(f->a, config, "data-root");
	if (!root)
		root = absolute_text(f->a, config, "graph");
	if (root && !d->root) {
		d->root = root;
		d->source = path;
	}
	json_array_foreach(json_object_get(config, "hosts"), i, host) if (!d->socket) d->socket =
		unix_path(f->a, json_string_value(host));
	json_decref(config);
}

/* The value of "--name VALUE" or "--name=VALUE" at word; NULL if it is another word. */
static const char *option_value(const char *word, const char *next, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return NULL;
	if (word[n] == '=')
		return word + n + 1;
	return word[n] == '\0' ? next : NULL;
}

static void read_words(struct arena *a, const char *text, size_t len, struct daemon *d)
{
	static const char *const roots[] = {"--data-root", "-g", "--graph"}, *const hosts[] = {"-H", "--host"};

	for (const char *word = text, *next; word < text + len; word = next) {
		const char *value;

		next = word + strlen(word) + 1;
		for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
			if ((value = option_value(word, next < text + len ? next : NULL, roots[i])) && value[0] == '/')
				d->root = value;
		for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
			if ((value = option_value(word, next < text + len ? next : NULL, hosts[i])) && !d->socket)
				d->socket = unix_path(a, value);
		if ((value = option_value(word, next < text + len ? next : NULL, "--config-file")) && value[0] == '/')
			d->config = value;
	}
}

static uid_t process_uid(const struct finder *f, const char *pid)
{
	const char *status = sysroot_find(f->r, f->a, arena_printf(f->a, "/proc/%s/status", pid), "Uid:", 4096);
	uint64_t uid;
	const char *at = status ? status + 4 + strspn(status + 4, " \t") : "";

	return parse_uint(arena_strndup(f->a, at, strspn(at, "0123456789")), UINT32_MAX, &uid) ? (uid_t)uid : 0;
}

static bool is_dockerd(const char *cmdline)
{
	const char *slash = strrchr(cmdline, '/');

	return STR_EQ(slash ? slash + 1 : cmdline, "dockerd");
}

/* A running dockerd: its command line, or the configuration that it names, may set data root and socket. */
static void look_at_process(const struct finder *f, const char *pid)
{
	const char *path = arena_printf(f->a, "/proc/%s/cmdline", pid),
		   *name = sysroot_read_line(f->r, f->a, arena_printf(f->a, "/proc/%s/comm", pid));
	struct daemon d = {.source = path};
	char *text;
	size_t len;

	/* A sysroot may lack comm; then argv[0] decides. */
	if ((name && !STR_EQ(name, "dockerd")) || sysroot_read(f->r, f->a, path, MAX_CMDLINE, &text, &len) < 0 ||
	    len == 0 || !is_dockerd(text))
		return;
	read_words(f->a, text, len, &d);
	if (d.config)
		read_config(f, d.config, &d);
	add(f, d.root, d.socket, d.source, process_uid(f, pid));
}

static void look_at_processes(const struct finder *f)
{
	char **names;
	long n = sysroot_list(f->r, f->a, "/proc", &names);

	for (long i = 0; i < n; i++)
		if (names[i][0] >= '0' && names[i][0] <= '9')
			look_at_process(f, names[i]);
}

static void look_at_system(const struct finder *f)
{
	struct daemon d = {.source = DOCKER_DEFAULT_ROOT};

	read_config(f, DOCKER_DAEMON_JSON, &d);
	add(f, d.root ? d.root : DOCKER_DEFAULT_ROOT, d.socket ? d.socket : DEFAULT_SOCKET, d.source, 0);
}

static void look_at_snap(const struct finder *f)
{
	struct daemon d = {.source = SNAP_ROOT};

	if (!sysroot_exists(f->r, "/var/snap/docker") && !sysroot_exists(f->r, "/snap/docker"))
		return;
	read_config(f, SNAP_JSON, &d);
	add(f, d.root ? d.root : SNAP_ROOT, d.socket ? d.socket : DEFAULT_SOCKET, d.source, 0);
}

/* One user's rootless Docker: below the home, or as the user's own daemon.json says. */
static void look_at_home(const struct finder *f, const char *home, uid_t uid)
{
	const char *config = arena_printf(f->a, "%s/.config/docker/daemon.json", home),
		   *usual = arena_printf(f->a, "%s/.local/share/docker", home),
		   *socket = arena_printf(f->a, "/run/user/%u/docker.sock", (unsigned)uid);
	struct daemon d = {.source = usual};

	read_config(f, config, &d);
	if (!d.socket && sysroot_exists(f->r, socket))
		d.socket = socket;
	if (d.root)
		add(f, d.root, d.socket, d.source, uid);
	else if (sysroot_exists(f->r, usual))
		add(f, usual, d.socket, d.source, uid);
	else if (d.socket)
		add(f, NULL, d.socket, d.socket, uid);
}

/* The n-th field (from 0) of a line of /etc/passwd. */
static const char *field(struct arena *a, const char *line, size_t len, int n)
{
	const char *end = line + len, *colon;

	for (; n > 0; n--) {
		colon = memchr(line, ':', (size_t)(end - line));
		if (!colon)
			return "";
		line = colon + 1;
	}
	colon = memchr(line, ':', (size_t)(end - line));
	return arena_strndup(a, line, (size_t)((colon ? colon : end) - line));
}

static void look_at_users(const struct finder *f)
{
	char *text;
	size_t len;
	int left = MAX_USERS;

	if (sysroot_read(f->r, f->a, "/etc/passwd", 0, &text, &len) < 0)
		return;
	for (const char *line = text; *line && left-- > 0;) {
		size_t n = strcspn(line, "\n");
		const char *home = field(f->a, line, n, 5);
		uint64_t uid;

		if (home[0] == '/' && home[1] && parse_uint(field(f->a, line, n, 2), UINT32_MAX, &uid) && uid > 0)
			look_at_home(f, tidy(f->a, home), (uid_t)uid);
		line += n + (line[n] == '\n');
	}
}

/* Users who are not in /etc/passwd (LDAP, systemd-homed) show only by their socket. */
static void look_at_sockets(const struct finder *f)
{
	char **names;
	long n = sysroot_list(f->r, f->a, "/run/user", &names);
	uint64_t uid;

	for (long i = 0; i < n; i++) {
		const char *socket = arena_printf(f->a, "/run/user/%s/docker.sock", names[i]);

		if (parse_uint(names[i], UINT32_MAX, &uid) && uid > 0 && sysroot_exists(f->r, socket) &&
		    !known(f, NULL, socket))
			add(f, NULL, socket, socket, (uid_t)uid);
	}
}

static void look_at_caller(const struct finder *f, const struct docker_caller *caller)
{
	const char *socket;

	add(f, NULL, unix_path(f->a, caller->docker_host), "DOCKER_HOST", 0);
	if (caller->xdg_runtime_dir && caller->xdg_runtime_dir[0] == '/') {
		socket = arena_printf(f->a, "%s/docker.sock", tidy(f->a, caller->xdg_runtime_dir));
		if (sysroot_exists(f->r, socket))
			add(f, NULL, socket, "XDG_RUNTIME_DIR", 0);
	}
	if (caller->xdg_data_home && caller->xdg_data_home[0] == '/') {
		const char *root = arena_printf(f->a, "%s/docker", tidy(f->a, caller->xdg_data_home));

		if (sysroot_exists(f->r, root))
			add(f, root, NULL, "XDG_DATA_HOME", 0);
	}
}

/* "165536.165536": with userns-remap, dockerd keeps its data one level down, in a directory UID.GID. */
static bool is_namespace(const char *name)
{
	size_t n = strspn(name, "0123456789");

	return n > 0 && name[n] == '.' && name[n + 1] && strspn(name + n + 1, "0123456789") == strlen(name + n + 1);
}

static void look_into(const struct finder *f)
{
	size_t count = f->out->count;

	for (size_t i = 0; i < count; i++) {
		const struct docker_root root = f->out->items[i];
		char **names;
		long n = root.path ? sysroot_list(f->r, f->a, root.path, &names) : 0;

		for (long k = 0; k < n; k++)
			if (is_namespace(names[k]))
				add(f, arena_printf(f->a, "%s/%s", root.path, names[k]), root.socket, root.path,
				    root.uid);
	}
}

void docker_roots_find(const struct sysroot *r, struct arena *a, const struct docker_caller *caller,
		       struct docker_roots *ret)
{
	const struct finder f = {r, a, ret};

	ret->count = 0;
	if (caller)
		look_at_caller(&f, caller);
	look_at_processes(&f);
	look_at_system(&f);
	look_at_snap(&f);
	look_at_users(&f);
	look_at_sockets(&f);
	look_into(&f);
}

void docker_roots_of_caller(const struct sysroot *r, struct arena *a, struct docker_roots *ret)
{
	const struct docker_caller caller = {getenv("DOCKER_HOST"), getenv("XDG_DATA_HOME"), getenv("XDG_RUNTIME_DIR")};

	docker_roots_find(r, a, sysroot_is_live(r) ? &caller : NULL, ret);
}
