/* SPDX-License-Identifier: MIT */
/* Where the engine keeps its data and its images, and which images it has. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/units.h"
#include "detect/probe.h"

#define CONTAINERD_CONFIG "/etc/containerd/config.toml"
#define CONTAINERD_ROOT "/var/lib/containerd"
/* containerd's record of images, a bbolt file: names are in it as they are (core/metadata/buckets.go). */
#define CONTAINERD_META "io.containerd.metadata.v1.bolt/meta.db"
/* From this version on, an engine without images of its own keeps them in containerd's store (moby's release notes). */
#define CONTAINERD_SINCE 29
#define MAX_META ((size_t)64 << 20)
#define CHUNK ((size_t)1 << 16)
/* Longer than a part of an image's name may be. */
#define MAX_NAME 128

/* Does the caller's DOCKER_HOST name this socket? */
static bool is_callers(const struct probe *p, const char *socket)
{
	for (size_t i = 0; i < p->roots->count; i++)
		if (STR_EQ(p->roots->items[i].source, "DOCKER_HOST") && STR_EQ(p->roots->items[i].socket, socket))
			return true;
	return false;
}

/*
 * The less, the likelier that the stack's engine uses it. One with a socket of its own is somebody's private engine,
 * and less likely than the usual place that is not there yet.
 */
static int rank(const struct probe *p, const struct docker_root *root)
{
	const char *s = root->socket;
	bool usual = !s || STR_EQ(s, "/run/docker.sock") || STR_EQ(s, "/var/run/docker.sock") || root->rootless ||
		     is_callers(p, s);
	/* The snap's root is listed only where the snap is. */
	bool snap = strncmp(root->path, "/var/snap/", strlen("/var/snap/")) == 0;
	int there = !sysroot_exists(p->root, root->path) ? (snap ? 1 : 2) : usual ? 0 : 3;

	return there + (root->rootless != p->m->engine.rootless ? 4 : 0);
}

static void find_data_root(const struct probe *p)
{
	struct machine_engine *e = &p->m->engine;
	int best = 0;

	for (size_t i = 0; i < p->roots->count; i++) {
		const struct docker_root *root = &p->roots->items[i];

		if (!root->path || (e->data_root && rank(p, root) >= best))
			continue;
		best = rank(p, root);
		e->data_root = root->path;
		e->data_root_source = root->source;
	}
	if (!e->data_root)
		e->data_root = e->data_root_source = DOCKER_DEFAULT_ROOT;
}

/* "features": {"containerd-snapshotter": true|false}. */
static bool said_of_containerd(const struct probe *p, bool *ret)
{
	const json_t *said;
	json_t *config;
	bool found;
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, DOCKER_DAEMON_JSON, 0, &text, &len) < 0)
		return false;
	config = json_loadb(text, len, 0, NULL);
	said = json_object_get(json_object_get(config, "features"), "containerd-snapshotter");
	found = json_is_boolean(said);
	*ret = json_is_true(said);
	json_decref(config);
	return found;
}

/* Calls back for each driver's list of images in the engine's own store; true as soon as one callback is. */
static bool each_repositories(const struct probe *p, bool (*is)(const struct probe *, const char *path))
{
	const char *dir = arena_printf(p->a, "%s/image", p->m->engine.data_root);
	char **drivers;
	long n = sysroot_list(p->root, p->a, dir, &drivers);

	for (long i = 0; i < n; i++)
		if (is(p, arena_printf(p->a, "%s/%s/repositories.json", dir, drivers[i])))
			return true;
	return false;
}

static bool exists(const struct probe *p, const char *path)
{
	return sysroot_exists(p->root, path);
}

/* Debian writes "20.10.24+dfsg1", Docker's own packages "5:29.0.1-1~debian.12~bookworm". */
static int64_t major_version(const char *version)
{
	const char *colon = version ? strchr(version, ':') : NULL, *end;
	uint64_t major;

	return version && parse_uint_prefix(colon ? colon + 1 : version, 10000, &major, &end) ? (int64_t)major : 0;
}

static bool uses_containerd(const struct probe *p)
{
	bool said;

	if (said_of_containerd(p, &said))
		return said;
	return !each_repositories(p, exists) && major_version(p->m->engine.docker_version) >= CONTAINERD_SINCE;
}

/* root = "/path" at the start of containerd's configuration. */
static const char *containerd_root(const struct probe *p)
{
	const char *line = sysroot_find(p->root, p->a, CONTAINERD_CONFIG, "root", SYSROOT_MAX_READ), *at, *end;

	at = line ? line + strlen("root") : "";
	at += strspn(at, " \t");
	at += *at == '=' ? 1 + strspn(at + 1, " \t") : 0;
	end = *at == '"' || *at == '\'' ? strchr(at + 1, *at) : NULL;
	return end && at[1] == '/' ? arena_strndup(p->a, at + 1, (size_t)(end - at - 1)) : CONTAINERD_ROOT;
}

/* An engine with a containerd of its own (snap, rootless, static binaries) keeps that below its data root. */
static const char *image_store(const struct probe *p)
{
	const struct machine_engine *e = &p->m->engine;
	const char *own = arena_printf(p->a, "%s/containerd", e->data_root);

	if (!uses_containerd(p))
		return e->data_root;
	return e->rootless || sysroot_exists(p->root, own) ? own : containerd_root(p);
}

/* Fills in data_root and image_store. */
void probe_engine_store(const struct probe *p)
{
	find_data_root(p);
	p->m->engine.image_store = image_store(p);
}

/* Marks the services whose image's name stands in the text, between a slash and its tag or digest. */
static void mark(const struct service_set *services, const char *text, size_t len, bool *found)
{
	for (size_t s = 0; s < services->count; s++)
		for (size_t i = 0; i < services->items[s].image_count && !found[s]; i++) {
			char name[MAX_NAME + 4];
			int n = snprintf(name, sizeof(name), "/%s", services->items[s].images[i]);
			const char *at = text;

			while (n > 0 && n < (int)sizeof(name) &&
			       (at = memmem(at, len - (size_t)(at - text), name, (size_t)n))) {
				at += n;
				found[s] |= at < text + len && (*at == ':' || *at == '@');
			}
		}
}

static bool all_found(const struct service_set *services, const bool *found)
{
	for (size_t s = 0; s < services->count; s++)
		if (!found[s] && services->items[s].optional_from == 0)
			return false;
	return true;
}

/* A long file in pieces that overlap by the longest name. */
static bool meta_names_all(const struct probe *p, const char *path)
{
	const struct service_set *services = p->request->services;
	int fd = sysroot_open_file(p->root, path);
	bool found[MAX_SERVICES] = {false};
	char *text = arena_alloc(p->a, MAX_NAME + CHUNK);
	size_t kept = 0, left = MAX_META;
	ssize_t n;

	while (fd >= 0 && left >= CHUNK && (n = read(fd, text + kept, CHUNK)) > 0) {
		size_t have = kept + (size_t)n;

		mark(services, text, have, found);
		kept = have < MAX_NAME ? have : MAX_NAME;
		memmove(text, text + have - kept, kept);
		left -= CHUNK;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 && all_found(services, found);
}

/* Does the engine's repositories.json name an image of every service that all stacks have? */
static bool repositories_name_all(const struct probe *p, const char *path)
{
	const struct service_set *services = p->request->services;
	bool found[MAX_SERVICES] = {false};
	char *text;
	size_t len;

	if (sysroot_read(p->root, p->a, path, 0, &text, &len) < 0)
		return false;
	for (size_t s = 0; s < services->count; s++)
		for (size_t i = 0; i < services->items[s].image_count; i++)
			found[s] |= strstr(text, services->items[s].images[i]) != NULL;
	return all_found(services, found);
}

bool engine_has_images(const struct probe *p)
{
	const char *store = p->m->engine.image_store;

	if (STR_EQ(store, p->m->engine.data_root))
		return each_repositories(p, repositories_name_all);
	return meta_names_all(p, arena_printf(p->a, "%s/" CONTAINERD_META, store)) ||
	       meta_names_all(p, arena_printf(p->a, "%s/daemon/" CONTAINERD_META, store));
}
