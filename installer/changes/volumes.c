/* SPDX-License-Identifier: MIT */
#include "changes/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/docker_name.h"
#include "detect/docker_roots.h"
#include "compose/env.h"

/* Give up on an engine after this time, so that an apply never hangs. */
#define PATIENCE_S 3

/*
 * Compose's rules: COMPOSE_PROJECT_NAME from the environment, then from .env, then the file's `name`, then the
 * directory's name in lower case without odd characters. This host's environment does not apply to another machine's
 * tree.
 */
static const char *project_name(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
				const char *own)
{
	const char *callers = sysroot_is_live(r) ? getenv("COMPOSE_PROJECT_NAME") : NULL;
	const char *given = callers ? callers : env_text ? env_get(a, env_text, "COMPOSE_PROJECT_NAME") : NULL;
	const char *base = strrchr(dir, '/');

	if (given && given[0])
		return given;
	if (own && own[0])
		return own;
	return docker_project_name(a, base ? base + 1 : dir);
}

static int connect_engine(const char *socket_path)
{
	const struct timeval patience = {PATIENCE_S, 0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* On a Unix socket, SO_SNDTIMEO also limits connect(2). */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -ENOTCONN;
	}
	return fd;
}

/* Asks the engine's API, because its data may be anywhere. Only a clear yes counts. */
static bool engine_has(struct arena *a, const char *socket_path, const struct docker_name *name)
{
	const char *request = arena_printf(a, "GET /volumes/%s HTTP/1.0\r\nHost: docker\r\n\r\n", name->text);
	size_t len = strlen(request);
	char answer[64] = "";
	ssize_t n;
	int fd = connect_engine(socket_path);

	if (fd < 0)
		return false;
	n = send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len ? recv(fd, answer, sizeof(answer) - 1, 0) : -1;
	close(fd);
	return n > 12 && strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 200", 4) == 0;
}

static const char *folder_with_data(const struct sysroot *r, struct arena *a, const char *dir, const char *folder)
{
	const char *path =
		folder[0] == '/' ? folder : arena_printf(a, "%s/%s", dir, folder + (strncmp(folder, "./", 2) ? 0 : 2));
	char **names;

	return sysroot_list(r, a, path, &names) > 0 ? path : NULL;
}

/* Several data roots may share a socket: ask each socket once. */
static bool asked_before(const struct docker_roots *roots, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (roots->items[k].socket && STR_EQ(roots->items[k].socket, roots->items[i].socket))
			return true;
	return false;
}

static bool some_docker_has(const struct sysroot *r, struct arena *a, const struct docker_name *name)
{
	struct docker_roots roots;

	docker_roots_of_caller(r, a, &roots);
	for (size_t i = 0; i < roots.count; i++)
		if (roots.items[i].path &&
		    sysroot_exists(r, arena_printf(a, "%s/volumes/%s", roots.items[i].path, name->text)))
			return true;
	for (size_t i = 0; i < roots.count && sysroot_is_live(r); i++)
		if (roots.items[i].socket && !asked_before(&roots, i) && engine_has(a, roots.items[i].socket, name))
			return true;
	return false;
}

/* The volume's name for the engine. An invalid one is no volume, and must not get into a path or a request. */
static bool volume_name(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			const struct database_place *place, struct docker_name *ret)
{
	const char *name = place->fixed;

	if (!place->volume)
		return false;
	if (!name)
		name = arena_printf(a, "%s_%s", project_name(r, a, dir, env_text, place->project), place->volume);
	return docker_name_set(ret, name);
}

const char *volumes_find(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			 const struct database_place *place)
{
	struct docker_name checked;

	if (place->folder)
		return folder_with_data(r, a, dir, place->folder);
	return volume_name(r, a, dir, env_text, place, &checked) && some_docker_has(r, a, &checked)
		       ? arena_strdup(a, checked.text)
		       : NULL;
}

/*
 * Where the volume's files are; NULL: not here. *ret_hidden, unless it is NULL: they may be where nobody but root can
 * look.
 */
static const char *volume_path(const struct sysroot *r, struct arena *a, const struct docker_roots *roots,
			       const char *name, bool *ret_hidden)
{
	char **names;

	for (size_t i = 0; i < roots->count; i++) {
		const char *all = roots->items[i].path ? arena_printf(a, "%s/volumes", roots->items[i].path) : NULL;
		const char *path = all ? arena_printf(a, "%s/%s/_data", all, name) : NULL;

		if (path && sysroot_exists(r, path))
			return path;
		if (ret_hidden)
			*ret_hidden |= all && sysroot_list(r, a, all, &names) == -EACCES;
	}
	return NULL;
}

const char *volumes_folder(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			   const struct database_place *place, const struct docker_roots **roots)
{
	struct docker_roots *found;
	struct docker_name name;

	if (!*roots) {
		found = arena_alloc(a, sizeof(*found));
		docker_roots_of_caller(r, a, found);
		*roots = found;
	}
	return volume_name(r, a, dir, env_text, place, &name) ? volume_path(r, a, *roots, name.text, NULL) : NULL;
}

bool volumes_of_project(const struct sysroot *r, struct arena *a, const char *project, const char *volume)
{
	struct docker_name checked;

	return docker_name_set(&checked, arena_printf(a, "%s_%s", project, volume)) && some_docker_has(r, a, &checked);
}

static bool is_listed(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (STR_EQ(names[i], name))
			return true;
	return false;
}

size_t volumes_projects(const struct sysroot *r, struct arena *a, const char *volume, const char **ret, size_t max)
{
	const char *tail = arena_printf(a, "_%s", volume);
	struct docker_roots roots;
	size_t count = 0;

	docker_roots_of_caller(r, a, &roots);
	for (size_t i = 0; i < roots.count; i++) {
		char **names;
		long n = roots.items[i].path
				 ? sysroot_list(r, a, arena_printf(a, "%s/volumes", roots.items[i].path), &names)
				 : 0;

		for (long k = 0; k < n && count < max; k++) {
			const size_t len = strlen(names[k]), end = strlen(tail);
			const char *project = len > end && STR_EQ(names[k] + len - end, tail)
						      ? arena_strndup(a, names[k], len - end)
						      : "";

			/* Only what Compose would name so itself: it goes into .env. */
			if (project[0] && STR_EQ(project, docker_project_name(a, project)) &&
			    !is_listed(ret, count, project))
				ret[count++] = project;
		}
	}
	return count;
}

enum volume_data volumes_hold(const struct sysroot *r, struct arena *a, const char *dir, const char *env_text,
			      const struct database_place *place, const char *const *folders, size_t count)
{
	const char *found = volumes_find(r, a, dir, env_text, place), *path = found;
	bool hidden = !place->volume && !place->folder;
	enum volume_data data = VOLUME_EMPTY;

	if (!place->folder) {
		const char *name = found ? found : "-";
		struct docker_roots roots;

		docker_roots_of_caller(r, a, &roots);
		path = volume_path(r, a, &roots, name, &hidden);
		if (!path)
			return found || hidden ? VOLUME_UNKNOWN : VOLUME_EMPTY;
	}
	for (size_t i = 0; path && i < count; i++) {
		char **names;
		long n = sysroot_list(r, a, arena_printf(a, "%s/%s", path, folders[i]), &names);

		if (n > 0)
			return VOLUME_HOLDS;
		if (n < 0 && n != -ENOENT)
			data = VOLUME_UNKNOWN;
	}
	return data;
}
