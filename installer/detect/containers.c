/* SPDX-License-Identifier: MIT */
/*
 * The containers that run, and what each uses. Asks no engine: reads what it keeps of each container in its data root
 * (config.v2.json, moby's container/container.go), then the control group of the container's process.
 *
 * A data root may be another user's (rootless): its texts are bounded and never trusted. Whatever they claim, only
 * memory that a control group with the container's id holds is counted, and each id once.
 */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/cgroup_line.h"
#include "core/i18n.h"
#include "core/units.h"
#include "detect/containers.h"
#include "detect/process_age.h"

/* Bounds against hostile records. Names longer than this are cut; a real record has a few KiB. */
#define MAX_TEXT 255
#define MAX_RECORD ((size_t)256 << 10)
#define MAX_RECORDS 8192
#define LABEL "com.docker.compose."

struct finder {
	const struct probe *p;
	const struct cgroup_tree *tree;
	struct cgroup_index index;
	bool indexed;
	const char *unread; /* what could not be read, so that some containers are unknown; NULL: nothing */
	const char *unread_why;
	struct machine_container *found;
	size_t count;
	size_t looked_at;
};

/* What the engine recorded of a container. */
struct record {
	struct machine_container is;
	bool running;
	bool said; /* the record has a state */
	json_int_t pid;
	const char *started; /* NULL: not said */
};

static void unread(struct finder *f, const char *what, const char *why)
{
	if (f->unread)
		return;
	f->unread = what;
	f->unread_why = why;
}

static const char *text_of(struct arena *a, const json_t *object, const char *key, size_t max)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && text[0] ? arena_strndup(a, text, strnlen(text, max)) : NULL;
}

/* Loads JSON; *ret_rc is 0 or -errno (-EBADMSG: it is none). The text does not stay in memory. */
static json_t *load(const struct finder *f, const char *path, int *ret_rc)
{
	struct arena scratch = ARENA_INIT;
	json_t *root = NULL;
	char *text;
	size_t len;

	*ret_rc = sysroot_read(f->p->root, &scratch, path, MAX_RECORD, &text, &len);
	if (*ret_rc == 0) {
		root = json_loadb(text, len, 0, NULL);
		*ret_rc = json_is_object(root) ? 0 : -EBADMSG;
	}
	arena_clear(&scratch);
	return root;
}

static void read_labels(struct arena *a, const json_t *config, struct machine_container *c)
{
	const json_t *labels = json_object_get(config, "Labels");

	c->image = text_of(a, config, "Image", MAX_TEXT);
	c->project = text_of(a, labels, LABEL "project", MAX_TEXT);
	c->service = text_of(a, labels, LABEL "service", MAX_TEXT);
	c->working_dir = text_of(a, labels, LABEL "project.working_dir", PATH_MAX);
}

/* Compose starts a stack in the directory as it was named, through links or not. */
static bool same_place(const struct probe *p, const char *one, const char *other)
{
	const char *a = one[0] == '/' ? sysroot_resolve(p->root, p->a, one) : NULL, *b;

	if (STR_EQ(one, other))
		return true;
	b = a ? sysroot_resolve(p->root, p->a, other) : NULL;
	return b && STR_EQ(a, b);
}

/* Is a stack there still, by the files that each has? */
static bool is_inhabited(const struct probe *p, const char *dir)
{
	static const char *const files[] = {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml",
					    ".env"};

	for (size_t i = 0; dir[0] == '/' && i < ARRAY_SIZE(files); i++)
		if (sysroot_exists(p->root, arena_printf(p->a, "%s/%s", dir, files[i])))
			return true;
	return false;
}

/*
 * A stack that was moved or lost its name runs on as it was started: from the old directory, under the old name. What
 * runs from where another stack is now is that one's.
 */
static bool is_former(const struct probe *p, const struct machine_container *c)
{
	const char *project = p->request->former_project, *dir = p->request->former_dir;

	if (c->working_dir && dir && same_place(p, c->working_dir, dir))
		return true;
	return c->project && project && STR_EQ(c->project, project) &&
	       !(c->working_dir && is_inhabited(p, c->working_dir));
}

static bool is_ours(const struct probe *p, const struct machine_container *c)
{
	const char *project = p->request->project;

	return (c->working_dir && same_place(p, c->working_dir, p->request->stack_dir)) ||
	       (c->project && project && project[0] && STR_EQ(c->project, project)) || is_former(p, c);
}

/* HostConfig.Memory, in bytes; 0: no limit. */
static int64_t declared_limit(const struct finder *f, const char *dir, bool *ret_known)
{
	int rc;
	json_t *root = load(f, arena_printf(f->p->a, "%s/hostconfig.json", dir), &rc);
	json_int_t bytes = json_integer_value(json_object_get(root, "Memory"));

	*ret_known = json_is_integer(json_object_get(root, "Memory"));
	json_decref(root);
	return bytes > 0 ? max_i64(1, (int64_t)bytes >> 20) : 0;
}

/* The count behind --num_workers in the arguments that the container was started with. */
static int64_t declared_workers(const json_t *args)
{
	static const char flag[] = "--num_workers";
	uint64_t n = 0;

	for (size_t i = 0; i < json_array_size(args); i++) {
		const char *word = json_string_value(json_array_get(args, i)),
			   *next = json_string_value(json_array_get(args, i + 1));

		if (word && STR_EQ(word, flag) && next && parse_uint(next, INT32_MAX, &n))
			return (int64_t)n;
		if (word && strncmp(word, flag, strlen(flag)) == 0 && word[strlen(flag)] == '=' &&
		    parse_uint(word + strlen(flag) + 1, INT32_MAX, &n))
			return (int64_t)n;
	}
	return 0;
}

/* False: there is no such container any more, or it cannot be read. */
static bool read_record(struct finder *f, const char *dir, const char *id, struct record *ret)
{
	struct arena *a = f->p->a;
	const char *path = arena_printf(a, "%s/config.v2.json", dir), *name;
	const json_t *state;
	int rc;
	json_t *root = load(f, path, &rc);

	if (rc < 0) {
		if (rc != -ENOENT || sysroot_readlink(f->p->root, a, path))
			unread(f, path, rc == -EBADMSG ? _("it is not JSON") : strerror(-rc));
		json_decref(root);
		return false;
	}
	state = json_object_get(root, "State");
	name = text_of(a, root, "Name", MAX_TEXT);
	*ret = (struct record){.said = json_is_object(state),
			       .running = json_is_true(json_object_get(state, "Running")),
			       .pid = json_integer_value(json_object_get(state, "Pid")),
			       .started = text_of(a, state, "StartedAt", MAX_TEXT)};
	ret->is.id = arena_strdup(a, id);
	name = name && name[0] == '/' ? name + 1 : name;
	ret->is.name = name && name[0] ? name : arena_strndup(a, id, 12);
	read_labels(a, json_object_get(root, "Config"), &ret->is);
	ret->is.workers = declared_workers(json_object_get(root, "Args"));
	json_decref(root);
	return true;
}

static const char *search(struct finder *f, const char *id)
{
	if (!f->indexed)
		cgroup_index_build(f->p, f->tree, &f->index);
	f->indexed = true;
	return cgroup_index_find(&f->index, id);
}

enum running { RUNS_NOT, RUNS, RUNS_UNSEEN };

/*
 * The group of a container that is recorded as running. A record may be stale (the machine went down): if its process
 * is another's now, or nothing of it is there, it does not run.
 */
static enum running find_group(struct finder *f, const struct docker_root *root, const struct record *r,
			       const char **ret_dir)
{
	const struct probe *p = f->p;
	const char *pid = arena_printf(p->a, "%lld", (long long)r->pid), *path = NULL;
	enum cgroup_found found = r->pid > 0 ? cgroup_of_process(p, f->tree, pid, &path, ret_dir) : CGROUP_NO_PROCESS;
	bool guarded = found != CGROUP_NO_PROCESS && path && strstr(path, r->is.id);

	if (guarded) {
		*ret_dir = found == CGROUP_FOUND ? cgroup_path_to(p->a, *ret_dir, r->is.id) : NULL;
		return *ret_dir ? RUNS : RUNS_UNSEEN;
	}
	/* A rootless engine may number its processes in a namespace of its own. */
	if (found != CGROUP_NO_PROCESS && path && !root->rootless)
		return RUNS_NOT;
	*ret_dir = search(f, r->is.id);
	if (*ret_dir)
		return RUNS;
	if (!r->said || (found != CGROUP_NO_PROCESS && path))
		return RUNS_NOT;
	return sysroot_is_live(p->root) && r->pid > 0 && f->index.whole ? RUNS_NOT : RUNS_UNSEEN;
}

static void measure(struct finder *f, enum running runs, const char *dir, const struct record *r,
		    struct machine_container *c)
{
	struct cgroup_use use = {.source = "/proc", .swap_source = "/proc"};

	if (runs == RUNS)
		cgroup_read_use(f->p, f->tree, dir, &use);
	if (use.known)
		c->use = fact_exact(use.mib, use.source);
	else if (runs == RUNS)
		c->use = fact_unknown(use.source, _("it cannot be read: is the memory controller on?"));
	else
		c->use = fact_unknown(use.source, r->pid > 0 ? _("its control group is out of sight")
							     : _("it is between two starts"));
	c->cache_mib = use.cache_mib;
	if (f->p->m->swap.active.confidence == FACT_EXACT && f->p->m->swap.used_mib == 0)
		c->swap = fact_exact(0, "/proc/swaps");
	else if (use.swap_known)
		c->swap = fact_exact(use.swap_mib, use.swap_source);
	else
		c->swap = fact_unknown(use.swap_source ? use.swap_source : use.source,
				       use.known ? _("the kernel does not count swap by control group here")
						 : c->use.why);
}

/* By its process, else by what the engine recorded. 0: it cannot be told; what has just started is a second old. */
static int64_t age_of(const struct finder *f, const struct record *r)
{
	int64_t age = process_age(f->p, arena_printf(f->p->a, "%lld", (long long)r->pid));

	if (age < 0)
		age = age_since(f->p, r->started);
	return age < 0 ? 0 : max_i64(1, age);
}

static bool seen(const struct finder *f, const char *id)
{
	for (size_t i = 0; i < f->count; i++)
		if (STR_EQ(f->found[i].id, id))
			return true;
	return false;
}

static void look_at(struct finder *f, const struct docker_root *root, const char *dir, const char *id)
{
	const char *group = NULL;
	enum running runs;
	struct record r;

	if (seen(f, id))
		return;
	if (f->count == MACHINE_MAX_CONTAINERS || f->looked_at++ == MAX_RECORDS) {
		f->looked_at = MAX_RECORDS;
		unread(f, dir, _("there are more containers than are looked at"));
		return;
	}
	if (!read_record(f, dir, id, &r) || (r.said && !r.running))
		return;
	runs = find_group(f, root, &r, &group);
	if (runs == RUNS_NOT)
		return;
	measure(f, runs, group, &r, &r.is);
	/* It may end while we look. */
	if (runs == RUNS && r.is.use.confidence == FACT_UNKNOWN && sysroot_is_live(f->p->root) &&
	    !sysroot_exists(f->p->root, group))
		return;
	if (!f->found)
		f->found = arena_array(f->p->a, MACHINE_MAX_CONTAINERS, sizeof(*f->found));
	r.is.group = group;
	r.is.age_seconds = age_of(f, &r);
	r.is.limit_mib = declared_limit(f, dir, &r.is.limit_known);
	r.is.ours = is_ours(f->p, &r.is);
	f->found[f->count++] = r.is;
}

/* False if its containers cannot be listed. */
static bool look_into(struct finder *f, const struct docker_root *root)
{
	const struct probe *p = f->p;
	const char *dir = arena_printf(p->a, "%s/containers", root->path);
	char **ids;
	long n = sysroot_list(p->root, p->a, dir, &ids);

	if (n < 0 && n != -ENOENT && n != -ENOTDIR)
		unread(f, dir,
		       n == -EACCES || n == -EPERM ? _("it cannot be read; run as root to tell containers apart")
						   : strerror((int)-n));
	for (long i = 0; i < n; i++)
		if (is_container_id(ids[i]))
			look_at(f, root, arena_printf(p->a, "%s/%s", dir, ids[i]), ids[i]);
	return n >= 0;
}

static int by_name(const void *a, const void *b)
{
	const struct machine_container *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->id, y->id);
}

/*
 * The sum of one fact over the containers (of the planned stack alone, or all). Unknown, with the reason, if it is
 * unknown of one of them, or if there are containers that could not be read.
 */
static struct fact sum_up(const struct finder *f, size_t fact, bool ours_only)
{
	const struct probe *p = f->p;
	int64_t sum = 0;

	if (f->unread)
		return fact_unknown(f->unread, f->unread_why);
	for (size_t i = 0; i < f->count; i++) {
		const struct machine_container *c = &f->found[i];
		const struct fact *one = (const struct fact *)(const void *)((const char *)c + fact);

		if (ours_only && !c->ours)
			continue;
		if (one->confidence == FACT_UNKNOWN)
			return fact_unknown(one->source, arena_printf(p->a, _("container %s: %s"), c->name, one->why));
		sum += one->value;
	}
	return fact_exact(sum, arena_printf(p->a, "%s/containers", p->m->engine.data_root));
}

/* An engine whose containers are nowhere has a data root that nothing names. */
static void check_engines(struct finder *f, const struct engine_processes *engines, const bool *listed)
{
	const struct docker_roots *roots = f->p->roots;

	for (size_t e = 0; e < engines->daemon_count; e++) {
		const struct engine_daemon *d = &engines->daemons[e];
		bool told = false;

		for (size_t i = 0; i < roots->count; i++)
			told |= listed[i] && (roots->items[i].uid == d->uid ||
					      STR_EQ(roots->items[i].source, "XDG_DATA_HOME")); /* the caller's own */
		if (!told)
			unread(f, d->source, _("an engine runs there, and its data root was not found"));
	}
}

void containers_find(const struct probe *p, const struct cgroup_tree *tree, const struct engine_processes *engines)
{
	struct finder f = {.p = p, .tree = tree};
	struct machine *m = p->m;
	bool listed[MAX_DOCKER_ROOTS] = {false};

	/* Root's engines first: a user's record may claim another container's id, and the first one counts. */
	for (int user = 0; user <= 1; user++)
		for (size_t i = 0; i < p->roots->count; i++)
			if (p->roots->items[i].path && p->roots->items[i].rootless == (user == 1))
				listed[i] = look_into(&f, &p->roots->items[i]);
	check_engines(&f, engines, listed);
	if (f.count > 0)
		qsort(f.found, f.count, sizeof(*f.found), by_name);
	m->containers = (struct machine_containers){f.found, f.count};
	m->ram.containers = sum_up(&f, offsetof(struct machine_container, use), false);
	m->ram.gateway = sum_up(&f, offsetof(struct machine_container, use), true);
	m->swap.containers = sum_up(&f, offsetof(struct machine_container, swap), false);
}
