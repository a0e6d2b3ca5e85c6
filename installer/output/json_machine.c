/* SPDX-License-Identifier: MIT */
#include "output/json_machine.h"

static void set(json_t *object, const char *key, json_t *value)
{
	json_put(object, key, value);
}

static json_t *source(const struct fact *f)
{
	json_t *s = json_object();

	set(s, "confidence", json_text(confidence_name(f->confidence)));
	set(s, "source", json_text(f->source));
	set(s, "why", json_text(f->why));
	return s;
}

/* Sets KEY to the value and sources.KEY to its origin. */
static void set_fact(json_t *object, json_t *sources, const char *key, const struct fact *f)
{
	set(object, key, f->confidence == FACT_UNKNOWN ? json_null() : json_integer((json_int_t)f->value));
	set(sources, key, source(f));
}

static json_t *ram(const struct machine_ram *r)
{
	json_t *o = json_object(), *s = json_object();

	set_fact(o, s, "nominal_mib", &r->nominal);
	set_fact(o, s, "usable_mib", &r->usable);
	set_fact(o, s, "effective_mib", &r->effective);
	set_fact(o, s, "available_mib", &r->available);
	set_fact(o, s, "in_use_mib", &r->in_use);
	set_fact(o, s, "gateway_mib", &r->gateway);
	set_fact(o, s, "containers_mib", &r->containers);
	set_fact(o, s, "daemons_mib", &r->daemons);
	set(o, "huge_pages_mib", json_integer((json_int_t)r->huge_pages_mib));
	set(o, "arc_mib", json_integer((json_int_t)r->arc_mib));
	set(o, "gap", json_text(ram_gap_name(r->gap)));
	set(o, "gap_mib", json_integer((json_int_t)r->gap_mib));
	set(o, "gap_text", json_text(r->gap_text));
	set(o, "sources", s);
	return o;
}

static json_t *cpus(const struct machine_cpus *c)
{
	json_t *o = json_object(), *s = json_object();

	set_fact(o, s, "online", &c->online);
	set_fact(o, s, "affinity", &c->affinity);
	set_fact(o, s, "cpuset", &c->cpuset);
	set_fact(o, s, "quota_milli", &c->quota_milli);
	set_fact(o, s, "effective", &c->effective);
	if (c->lacks)
		set(o, "lacks", json_text(c->lacks));
	set(o, "sources", s);
	return o;
}

static json_t *areas(const struct swap_area *list, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();

		set(o, "path", json_text(list[i].path));
		set(o, "kind", json_text(swap_kind_name(list[i].kind)));
		set(o, "size_mib", json_integer((json_int_t)list[i].size_mib));
		set(o, "used_mib", json_integer((json_int_t)list[i].used_mib));
		set(o, "priority", json_integer(list[i].priority));
		set(o, "deleted", json_boolean(list[i].deleted));
		if (list[i].uuid)
			set(o, "uuid", json_text(list[i].uuid));
		if (list[i].label)
			set(o, "label", json_text(list[i].label));
		if (list[i].passing)
			set(o, "at_boot", json_false());
		if (list[i].holes)
			set(o, "holes", json_true());
		if (list[i].held)
			set(o, "held_by", json_text(list[i].held));
		if (list[i].spared)
			set(o, "only_if_named", json_text(list[i].spared));
		json_add(all, o);
	}
	return all;
}

/* Swap areas that vpsfit made. */
static json_t *candidates(const struct machine_swap *w)
{
	json_t *all = json_array();

	for (size_t i = 0; i < w->candidate_count; i++) {
		const struct swap_area *c = &w->candidates[i];
		json_t *o;

		if (c->owner != SWAP_OWNER_OURS)
			continue;
		o = json_object();
		set(o, "path", json_text(c->path));
		set(o, "size_mib", json_integer((json_int_t)c->size_mib));
		set(o, "used_mib", json_integer((json_int_t)c->used_mib));
		set(o, "active", json_boolean(c->active));
		set(o, "by_this_stack", json_boolean(c->recorded));
		json_add(all, o);
	}
	return all;
}

static json_t *texts(const char *const *list, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_add(all, json_text(list[i]));
	return all;
}

static json_t *swap(const struct machine_swap *w)
{
	json_t *o = json_object(), *s = json_object();

	set_fact(o, s, "active_mib", &w->active);
	set(o, "zram_mib", json_integer((json_int_t)w->zram_mib));
	set(o, "used_mib", json_integer((json_int_t)w->used_mib));
	set_fact(o, s, "containers_mib", &w->containers);
	set_fact(o, s, "system_mib", &w->system);
	set(o, "areas", areas(w->areas, w->area_count));
	set(o, "inactive", areas(w->inactive, w->inactive_count));
	set(o, "idle_files", areas(&w->idle_file, w->idle_file.path ? 1 : 0));
	set(o, "own", candidates(w));
	set(o, "fstab_not_in_use", texts(w->fstab_inactive, w->fstab_inactive_count));
	set(o, "zswap", json_boolean(w->zswap));
	set(o, "possible", json_boolean(w->possible));
	set(o, "impossible_why", json_text(w->impossible));
	set(o, "sources", s);
	return o;
}

static json_t *distro(const struct machine_distro *d)
{
	json_t *o = json_object();

	set(o, "id", json_text(d->id));
	set(o, "version", json_text(d->version));
	set(o, "name", json_text(d->name));
	set(o, "class", json_text(distro_class_name(d->class)));
	set(o, "confidence", json_text(confidence_name(d->confidence)));
	set(o, "evidence", json_text(d->evidence));
	set(o, "source", json_text(d->source));
	return o;
}

static json_t *disk(const struct machine_disk *d)
{
	json_t *o = json_object(), *s = json_object();

	set(o, "path", json_text(d->path));
	set(o, "fs", json_text(d->fs));
	set_fact(o, s, "free_mib", &d->free);
	set(o, "read_only", json_boolean(d->read_only));
	set(o, "no_swap", json_text(d->no_swap));
	set(o, "wants_images", json_boolean(d->wants_images));
	set(o, "sources", s);
	return o;
}

static json_t *tool(bool present, const char *path, const char *version, const char *where)
{
	json_t *o = json_object();

	set(o, "present", json_boolean(present));
	set(o, "path", json_text(path));
	set(o, "version", json_text(version));
	set(o, "source", json_text(where));
	return o;
}

static json_t *engine(const struct machine_engine *e)
{
	static const char *const enforced[] = {
		[ENFORCED_UNKNOWN] = "unknown",
		[ENFORCED_YES] = "yes",
		[ENFORCED_NO] = "no",
	};

	ALL_NAMED(enforced, ENFORCED_COUNT);
	json_t *o = json_object();

	set(o, "docker", tool(e->docker, e->docker_path, e->docker_version, e->docker_source));
	set(o, "compose", tool(e->compose, e->compose_path, e->compose_version, e->compose_source));
	set(o, "kind", json_text(engine_kind_name(e->kind)));
	set(o, "instead", json_text(e->instead));
	set(o, "compose_command", json_text(e->compose_command));
	set(o, "rootless", json_boolean(e->rootless));
	set(o, "rootless_why", json_text(e->rootless_why));
	set(o, "cgroup_version", json_integer(e->cgroup_version));
	set(o, "limits_enforced", json_text(enforced[e->limits]));
	set(o, "limits_why", json_text(e->limits_why));
	set(o, "data_root", json_text(e->data_root));
	set(o, "data_root_source", json_text(e->data_root_source));
	set(o, "image_store", json_text(e->image_store));
	return o;
}

static json_t *disks(const struct machine *m)
{
	json_t *o = json_object();

	set(o, "stack", disk(&m->stack_disk));
	set(o, "swap_file", disk(&m->swap_disk));
	set(o, "images", disk(&m->image_disk));
	return o;
}

static json_t *containers(const struct machine_containers *list)
{
	json_t *all = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct machine_container *c = &list->items[i];
		json_t *o = json_object(), *s = json_object();

		set(o, "name", json_text(c->name));
		set(o, "id", json_text(c->id));
		set(o, "image", json_text(c->image));
		set(o, "project", json_text(c->project));
		set(o, "service", json_text(c->service));
		set(o, "working_dir", json_text(c->working_dir));
		set(o, "of_this_stack", json_boolean(c->ours));
		set(o, "limit_mib", json_integer((json_int_t)c->limit_mib));
		set_fact(o, s, "use_mib", &c->use);
		set(o, "cache_mib", json_integer((json_int_t)c->cache_mib));
		set_fact(o, s, "swap_mib", &c->swap);
		set(o, "sources", s);
		json_add(all, o);
	}
	return all;
}

json_t *json_machine(const struct machine *m)
{
	json_t *o = json_object(), *virt = json_object();

	set(virt, "confidence", json_text(confidence_name(m->virt.confidence)));
	set(virt, "source", json_text(m->virt.source));
	set(virt, "why", json_text(m->virt.why));
	set(virt, "unprivileged", json_boolean(m->virt.unprivileged));
	set(o, "arch", json_text(m->arch));
	set(o, "kernel", json_text(m->kernel));
	set(o, "systemd", json_boolean(m->systemd));
	set(o, "ram", ram(&m->ram));
	set(o, "cpus", cpus(&m->cpus));
	set(o, "swap", swap(&m->swap));
	set(o, "distro", distro(&m->distro));
	set(o, "virt", json_text(virt_kind_name(m->virt.kind)));
	set(o, "virt_source", virt);
	set(o, "disk", disks(m));
	set(o, "engine", engine(&m->engine));
	set(o, "containers", containers(&m->containers));
	return o;
}
