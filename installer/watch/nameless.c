/* SPDX-License-Identifier: MIT */
/*
 * Containers for those who may not read the engine's records: control groups are world-readable, with the id of the
 * container in their names, and the name of a process is no secret either. Whose container it is they do not tell.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "watch/containers.h"

/* As `docker ps` shows an id. */
#define SHORT_ID 12

/* The id in the name of a group as Docker's two drivers name it; NULL: it is none. */
static const char *id_in(const char *name, char ret[CONTAINER_ID + 1])
{
	const char *id = strncmp(name, "docker-", 7) == 0 ? name + 7 : name;

	if (id != name &&
	    (strnlen(id, CONTAINER_ID + 8) != CONTAINER_ID + 6 || strcmp(id + CONTAINER_ID, ".scope") != 0))
		return NULL;
	snprintf(ret, CONTAINER_ID + 1, "%.*s", CONTAINER_ID, id);
	return is_container_id(ret) && (id != name || strlen(name) == CONTAINER_ID) ? ret : NULL;
}

/* "postgres 0123456789ab"; without the program's name where no process of the group can be seen. */
static void name_it(struct watch_container *one, struct reading *r)
{
	char text[64], path[32], comm[17] = "";
	int dir = reading_dir(r, one->group);
	const char *end;
	uint64_t pid;

	if (dir >= 0 && reading_at(r, dir, "cgroup.procs", text, sizeof(text)) > 0 &&
	    parse_uint_prefix(text, INT32_MAX, &pid, &end) && pid > 0) {
		snprintf(path, sizeof(path), "/proc/%llu/comm", (unsigned long long)pid);
		if (reading_file(r, path, comm, sizeof(comm)) < 0)
			comm[0] = '\0';
	}
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(one->is.name, sizeof(one->is.name), "%s%s%.*s", comm, comm[0] ? " " : "", SHORT_ID, one->id);
}

static void look_into(struct watch_containers *c, struct reading *r, const struct watch_places *p, const char *below)
{
	char path[WATCH_PATH + NAME_MAX + 2], id[CONTAINER_ID + 1];
	struct watch_container *one;
	struct dirent *e;
	int fd;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", p->cgroup_mount, below);
	fd = sysroot_open_dir(r->root, path);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	while (dir && (e = readdir(dir))) {
		one = id_in(e->d_name, id) ? watch_containers_add(c, id) : NULL;
		if (!one)
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", p->cgroup_mount, below, e->d_name);
		watch_container_take_group(one, path);
		one->is = (struct watch_record){.running = true, .restarts = -1};
		name_it(one, r);
		watch_container_read(one, r, p);
		reading_end(r);
	}
	if (dir)
		closedir(dir);
}

void watch_nameless_look(struct watch_containers *c, struct reading *r, const struct watch_places *p)
{
	if (p->cgroup_version == 0)
		return;
	look_into(c, r, p, "system.slice");
	look_into(c, r, p, "docker");
}
