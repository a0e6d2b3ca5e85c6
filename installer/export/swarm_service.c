/* SPDX-License-Identifier: MIT */
/* One service of the stack file, with what a swarm takes differently from Compose. */
#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "export/swarm.h"

#define LONGEST_NAME 63
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* The name of the service with so many workers. */
const char *swarm_copies_name(struct arena *a, const struct nodes_plan *p, int64_t workers)
{
	return arena_printf(a, "%s-w%lld", p->set->items[p->part].name, (long long)workers);
}

/* A name that Docker and YAML take, from a file's name. */
const char *swarm_key(struct arena *a, const char *name)
{
	char *plain = arena_strdup(a, name);

	for (char *p = plain; *p; p++)
		if (!strchr(PLAIN, *p))
			*p = '-';
	return plain;
}

static bool ends(const struct block *b)
{
	return b->once || b->helper;
}

static const struct export_mount *mount_of(const struct writing *w, const char *entry, const char **ret_target)
{
	for (size_t i = 0; i < w->source->mount_count; i++) {
		const char *name = w->source->mounts[i].name, *rest;
		size_t n = strlen(name);

		if (strncmp(entry, "./", 2) != 0 || strncmp(entry + 2, name, n) != 0 || entry[2 + n] != ':')
			continue;
		rest = entry + 3 + n;
		*ret_target = arena_strndup(w->e.a, rest, strcspn(rest, ":"));
		return &w->source->mounts[i];
	}
	return NULL;
}

/* 'docker stack deploy' gives an empty variable the value that whoever calls it has in the environment. */
static void note_empty(struct writing *w, const char *name)
{
	struct export_result *r = w->result;

	for (size_t i = 0; i < r->empty_count; i++)
		if (STR_EQ(r->empty[i], name))
			return;
	if (r->empty_count < ARRAY_SIZE(r->empty) && export_is_name(name))
		r->empty[r->empty_count++] = name;
}

/* A variable of the environment, written where it is plain and kept as a secret to mount where it is not. */
static int put_variable(struct writing *w, const struct block *b, const char *name, const char *raw)
{
	const struct export_secret *secret;
	int rc = secret_of(&w->secrets, b->name, name, raw, &secret);

	if (rc < 0)
		return rc;
	if (secret) {
		w->targets[w->used_count] = name;
		w->used[w->used_count++] = secret;
		if (w->used_count < MAX_EXPORT_SECRETS)
			return 0;
		diag_add(w->diags, SEV_ERROR, b->name,
			 _("%s is one secret too many for an export; nothing was written"), name);
		return -EINVAL;
	}
	if (!w->in_environment)
		emit_line(&w->e, 4, "environment:");
	w->in_environment = true;
	raw = interpolate(w->e.a, w->e.variables, raw);
	if (!raw[0])
		note_empty(w, name);
	emit_pair(&w->e, 6, name, raw);
	return 0;
}

static int put_assignment(struct writing *w, const struct block *b, const char *text)
{
	const char *equals = strchr(text, '=');

	return equals ? put_variable(w, b, arena_strndup(w->e.a, text, (size_t)(equals - text)), equals + 1) : 0;
}

static int put_environment(struct writing *w, const struct block *b)
{
	const struct yaml_node *env = emit_target(yaml_get(b->node, "environment"));
	const char *others = w->plan->set->items[b->service].swarm.others;
	int rc = 0;

	w->used_count = 0;
	w->in_environment = false;
	for (size_t i = 0; rc == 0 && env && env->kind == YAML_MAPPING && i + 1 < env->count; i += 2) {
		const struct yaml_node *value = emit_target(env->items[i + 1]);

		if (yaml_is_scalar(value))
			rc = put_variable(w, b, env->items[i]->value, value->value);
	}
	for (size_t i = 0; rc == 0 && env && env->kind == YAML_SEQUENCE && i < env->count; i++)
		if (yaml_is_scalar(emit_target(env->items[i])))
			rc = put_assignment(w, b, emit_target(env->items[i])->value);
	if (rc == 0 && others && b->service == w->plan->part && !ends(b) && w->plan->set->items[b->service].swarm.once)
		rc = put_assignment(w, b, others);
	return rc;
}

static void put_secrets(struct writing *w)
{
	if (w->used_count == 0)
		return;
	emit_line(&w->e, 4, "secrets:");
	for (size_t i = 0; i < w->used_count; i++) {
		emit_line(&w->e, 6, "- source: %s", w->used[i]->key);
		emit_line(&w->e, 6, "  target: %s", w->targets[i]);
	}
}

/* The limit of a helper is its block's own. */
static struct node_sizes sizes_of(const struct writing *w, const struct block *b)
{
	const struct nodes_plan *p = w->plan;
	const char *text = yaml_text(yaml_path(b->node, "deploy/resources/limits/memory"));
	struct node_sizes size = b->service == p->part ? p->copies[b->workers] : p->sizes[b->service];

	if (b->helper && text)
		(void)parse_size_mib(text, false, &size.limit_mib);
	return size;
}

/* The word of a command that follows from the plan, in place of the file's; NULL: the file's stays. */
static const char *planned_word(const struct writing *w, const struct block *b, const struct yaml_node *list, size_t i)
{
	const struct service *s = &w->plan->set->items[b->service];
	const char *text = yaml_text(list->items[i]);

	for (size_t k = 0; text && k < s->owned_count; k++) {
		const struct service_owned *o = &s->owned[k];
		size_t n = o->word ? strlen(o->word) : 0;

		if (n == 0)
			continue;
		if (o->value == VALUE_WORKERS && i > 0 && yaml_text(list->items[i - 1]) &&
		    STR_EQ(yaml_text(list->items[i - 1]), o->word))
			return arena_printf(w->e.a, "%lld", (long long)b->workers);
		if (o->value == VALUE_CONNECTIONS && strncmp(text, o->word, n) == 0 && text[n] == '=')
			return arena_printf(w->e.a, "%s=%lld", o->word, (long long)w->plan->connections);
	}
	return NULL;
}

/* A word that belongs to more workers than there are. */
static bool is_left_out(const struct writing *w, const struct block *b, const char *word)
{
	const struct service *s = &w->plan->set->items[b->service];

	for (size_t i = 0; word && b->service == w->plan->part && i < s->piece_count; i++)
		if (s->pieces[i].entry && STR_EQ(s->pieces[i].below, "command") && STR_EQ(s->pieces[i].entry, word) &&
		    s->pieces[i].from_workers > b->workers)
			return true;
	return false;
}

static void put_word(struct writing *w, const char *text)
{
	strbuf_puts(w->e.out, "      - ");
	emit_text(&w->e, text);
	strbuf_putc(w->e.out, '\n');
}

static void put_command(struct writing *w, const struct block *b)
{
	const struct yaml_node *list = emit_target(yaml_get(b->node, "command"));
	const char *once = w->plan->set->items[b->service].swarm.once;

	if (list && list->kind != YAML_SEQUENCE)
		emit_entry(&w->e, 4, "command", list);
	if (!list || list->kind != YAML_SEQUENCE)
		return;
	emit_line(&w->e, 4, "command:");
	for (size_t i = 0; i < list->count; i++) {
		const char *planned = planned_word(w, b, list, i);

		if (!yaml_is_scalar(emit_target(list->items[i])) || is_left_out(w, b, yaml_text(list->items[i])))
			continue;
		put_word(w, planned ? planned : emit_value(&w->e, emit_target(list->items[i])));
	}
	if (b->once && once)
		put_word(w, once);
}

/* Programs that read their secrets from variables are started by a script that makes variables of files. */
static int put_entry(struct writing *w, const struct block *b)
{
	const struct yaml_node *own = emit_target(yaml_get(b->node, "entrypoint"));
	const struct service_swarm *swarm = &w->plan->set->items[b->service].swarm;

	if (w->used_count == 0) {
		if (own)
			emit_entry(&w->e, 4, "entrypoint", own);
		return 0;
	}
	if ((own && own->kind != YAML_SEQUENCE) || (!own && swarm->start_count == 0)) {
		diag_add(w->diags, SEV_ERROR, w->source->compose->name,
			 _("'%s' gets secrets, and what starts it is not known; nothing was written"), b->name)
			->hint = _("give it an entrypoint that is a list of words");
		return -EINVAL;
	}
	w->entry = true;
	emit_line(&w->e, 4, "entrypoint:");
	put_word(w, "sh");
	put_word(w, SWARM_ENTRY);
	for (size_t i = 0; own && i < own->count; i++)
		put_word(w, emit_value(&w->e, emit_target(own->items[i])));
	for (size_t i = 0; !own && i < swarm->start_count; i++)
		put_word(w, swarm->starts[i]);
	return 0;
}

static void put_config(struct writing *w, const char *name, const char *target, bool first)
{
	if (first)
		emit_line(&w->e, 4, "configs:");
	emit_line(&w->e, 6, "- source: %s", swarm_key(w->e.a, name));
	emit_pair(&w->e, 8, "target", target);
}

static void note_left_out(struct writing *w, const struct block *b, const char *entry)
{
	diag_note(w->diags, "left-out", SEV_WARNING, w->source->compose->name,
		  _("%s: %s is on one machine only and was left out"), b->name, entry)
		->hint = _("put it into the image, or into a file of its own that is mounted by name");
}

static void keep_volume(struct writing *w, const char *name)
{
	for (size_t i = 0; i < w->volume_count; i++)
		if (STR_EQ(w->volumes[i], name))
			return;
	if (w->volume_count < ARRAY_SIZE(w->volumes))
		w->volumes[w->volume_count++] = name;
}

static bool is_volume(const char *entry)
{
	return !strchr("./~$", entry[0]) && strchr(entry, ':');
}

/* "/tmp:size=16m" of tmpfs, which a swarm takes as a mount. */
static void put_tmpfs(struct writing *w, const char *entry)
{
	const char *size = strstr(entry, "size=");
	int64_t mib;

	emit_line(&w->e, 6, "- type: tmpfs");
	emit_pair(&w->e, 8, "target", arena_strndup(w->e.a, entry, strcspn(entry, ":")));
	if (!size || !parse_size_mib(arena_strndup(w->e.a, size + 5, strcspn(size + 5, ",")), false, &mib) || mib < 1)
		return;
	emit_line(&w->e, 8, "tmpfs:");
	emit_line(&w->e, 10, "size: %lld", (long long)mib << 20);
}

static void put_volumes(struct writing *w, const struct block *b)
{
	const struct yaml_node *list = emit_target(yaml_get(b->node, "volumes")),
			       *memory = emit_target(yaml_get(b->node, "tmpfs"));
	bool first = true;

	for (size_t i = 0; list && i < list->count; i++) {
		const char *entry = export_mount_text(w->e.a, list->items[i]);

		if (!entry || !is_volume(entry))
			continue;
		if (first)
			emit_line(&w->e, 4, "volumes:");
		first = false;
		put_word(w, entry);
		keep_volume(w, arena_strndup(w->e.a, entry, strcspn(entry, ":")));
	}
	for (size_t i = 0; memory && memory->kind == YAML_SEQUENCE && i < memory->count; i++) {
		if (!yaml_text(emit_target(memory->items[i])))
			continue;
		if (first)
			emit_line(&w->e, 4, "volumes:");
		first = false;
		put_tmpfs(w, yaml_text(emit_target(memory->items[i])));
	}
}

static void put_mounts(struct writing *w, const struct block *b)
{
	const struct yaml_node *list = emit_target(yaml_get(b->node, "volumes"));
	bool first = true;
	const char *target;

	for (size_t i = 0; list && i < list->count; i++) {
		const char *entry = export_mount_text(w->e.a, list->items[i]);

		if (entry && mount_of(w, entry, &target)) {
			put_config(w, mount_of(w, entry, &target)->name, target, first);
			first = false;
		} else if (!entry || !is_volume(entry)) {
			note_left_out(w, b, entry ? entry : "volumes");
		}
	}
	if (w->used_count > 0)
		put_config(w, SWARM_ENTRY_FILE, SWARM_ENTRY, first);
	put_volumes(w, b);
}

/* The last two parts of ADDRESS:PORT:PORT; NULL: the port is not published by number. */
static bool ports_of(struct arena *a, const char *text, const char **ret_published, const char **ret_target)
{
	const char *last = strrchr(text, ':'), *before = last;

	if (!last)
		return false;
	while (before > text && before[-1] != ':')
		before--;
	*ret_published = arena_strndup(a, before, (size_t)(last - before));
	*ret_target = arena_strndup(a, last + 1, strcspn(last + 1, "/"));
	return strspn(*ret_published, "0123456789") == strlen(*ret_published) && (*ret_published)[0] &&
	       strspn(*ret_target, "0123456789") == strlen(*ret_target);
}

/* A swarm publishes on every address of the node, whatever address is written: so only where that was asked for. */
static void put_ports(struct writing *w, const struct block *b)
{
	const struct yaml_node *list = emit_target(yaml_get(b->node, "ports"));
	bool first = true;

	for (size_t i = 0; list && list->kind == YAML_SEQUENCE && i < list->count; i++) {
		const struct yaml_node *one = emit_target(list->items[i]);
		const char *published, *target;

		if (!yaml_is_scalar(one) || !ports_of(w->e.a, emit_value(&w->e, one), &published, &target))
			continue;
		if (!w->result->door.target)
			w->result->door = (struct export_door){b->service, target, published, w->source->port != NULL};
		if (!w->source->port)
			continue;
		if (first)
			emit_line(&w->e, 4, "ports:");
		first = false;
		emit_line(&w->e, 6, "- target: %s", target);
		emit_line(&w->e, 6, "  published: %s", published);
		emit_line(&w->e, 6, "  protocol: tcp");
		emit_line(&w->e, 6, "  mode: host");
	}
}

size_t swarm_copies(const struct nodes_plan *p, int64_t workers, bool *ret_start_first)
{
	size_t n = 0;

	*ret_start_first = true;
	for (size_t i = 0; i < p->count; i++)
		if (p->nodes[i].workers == workers) {
			*ret_start_first &= p->nodes[i].start_first;
			n++;
		}
	return n;
}

static void put_placement(struct writing *w, const struct block *b, size_t copies, bool start_first)
{
	const struct nodes_plan *p = w->plan;

	emit_line(&w->e, 6, "mode: replicated");
	emit_line(&w->e, 6, "replicas: %zu", copies);
	emit_line(&w->e, 6, "endpoint_mode: dnsrr");
	emit_line(&w->e, 6, "placement:");
	if (b->service == p->part && !ends(b))
		emit_line(&w->e, 8, "max_replicas_per_node: %d", start_first ? 2 : 1);
	emit_line(&w->e, 8, "constraints:");
	strbuf_puts(w->e.out, "          - ");
	if (ends(b))
		emit_quoted(w->e.out, "node.labels." NODE_LABEL_ONCE " == true");
	else
		emit_quoted(w->e.out, b->service == p->part ? arena_printf(w->e.a, "node.labels.%s == %lld",
									   NODE_LABEL_WORKERS, (long long)b->workers)
							    : arena_printf(w->e.a, "node.labels.%s%s == true",
									   NODE_LABEL, p->set->items[b->service].name));
	strbuf_putc(w->e.out, '\n');
}

/* A share of the cores that somebody gave the service; the plan has none. */
static void put_cpus(struct writing *w, const struct block *b, const char *kind)
{
	const struct yaml_node *cpus = yaml_path(b->node, arena_printf(w->e.a, "deploy/resources/%s/cpus", kind));

	if (yaml_is_scalar(cpus))
		emit_pair(&w->e, 10, "cpus", emit_value(&w->e, cpus));
}

static void put_deploy(struct writing *w, const struct block *b)
{
	const struct nodes_plan *p = w->plan;
	const bool of_workers = b->service == p->part && !ends(b);
	const struct node_sizes size = sizes_of(w, b);
	bool start_first = false;
	const size_t copies = of_workers ? swarm_copies(p, b->workers, &start_first) : 1;

	emit_line(&w->e, 4, "deploy:");
	put_placement(w, b, copies, start_first);
	emit_line(&w->e, 6, "resources:");
	emit_line(&w->e, 8, "limits:");
	emit_line(&w->e, 10, "memory: \"%lldM\"", (long long)size.limit_mib);
	put_cpus(w, b, "limits");
	/* What only runs for a moment waits for no room of its own. */
	if (!ends(b)) {
		emit_line(&w->e, 8, "reservations:");
		emit_line(&w->e, 10, "memory: \"%lldM\"", (long long)size.reservation_mib);
		put_cpus(w, b, "reservations");
	}
	emit_line(&w->e, 6, "restart_policy:");
	emit_line(&w->e, 8, "condition: %s", ends(b) ? "on-failure" : "any");
	emit_line(&w->e, 8, "delay: 5s");
	emit_line(&w->e, 8, "window: 120s");
	emit_line(&w->e, 6, "update_config:");
	emit_line(&w->e, 8, "parallelism: 1");
	emit_line(&w->e, 8, "delay: %s", of_workers && copies > 1 ? "10s" : "0s");
	emit_line(&w->e, 8, "order: %s", start_first ? "start-first" : "stop-first");
	emit_line(&w->e, 8, "failure_action: %s", of_workers ? "rollback" : "pause");
}

static void put_network(struct writing *w, const struct block *b)
{
	emit_line(&w->e, 4, "networks:");
	emit_line(&w->e, 6, NETWORK ":");
	if (!ends(b)) {
		emit_line(&w->e, 8, "aliases:");
		emit_line(&w->e, 10, "- %s", w->plan->set->items[b->service].name);
	} else {
		emit_line(&w->e, 8, "aliases: []");
	}
}

/* Keys that a swarm takes as Compose does: of the file's version, and not among those that it ignores. */
static bool is_taken(const char *key)
{
	static const char *const keys[] = {
		"cap_add",     "cap_drop",   "credential_spec",
		"dns",	       "dns_search", "extra_hosts",
		"hostname",    "image",	     "init",
		"isolation",   "labels",     "logging",
		"read_only",   "stdin_open", "stop_grace_period",
		"stop_signal", "sysctls",    "tty",
		"ulimits",     "user",	     "working_dir",
	};

	return text_is_among(key, keys, ARRAY_SIZE(keys)) || strncmp(key, "x-", 2) == 0;
}

/* Keys that are written otherwise, or follow from the plan, or mean nothing in a swarm. */
static bool is_settled(const char *key)
{
	static const char *const keys[] = {
		"environment", "command",     "entrypoint",   "volumes",	"ports",
		"deploy",      "tmpfs",	      "networks",     "healthcheck",	"restart",
		"scale",       "expose",      "depends_on",   "mem_limit",	"memswap_limit",
		"extends",     "pull_policy", "security_opt", "container_name", "mem_reservation",
	};

	return text_is_among(key, keys, ARRAY_SIZE(keys));
}

/* Is the service in networks of somebody's own? */
static bool has_other_networks(const struct yaml_node *block)
{
	const struct yaml_node *all = emit_target(yaml_get(block, "networks"));
	const size_t step = all && all->kind == YAML_MAPPING ? 2 : 1;

	for (size_t i = 0; all && all->kind != YAML_SCALAR && i < all->count; i += step) {
		const char *name = yaml_text(emit_target(all->items[i]));

		if (name && !STR_EQ(name, NETWORK))
			return true;
	}
	return false;
}

/* What is left out changes what runs, so it is said. */
static void note_missed(struct writing *w, const struct block *b)
{
	const struct service *s = &w->plan->set->items[b->service];

	for (size_t i = 0; !b->once && i + 1 < b->node->count; i += 2) {
		const char *key = yaml_text(b->node->items[i]);

		if (key && !is_taken(key) &&
		    (!is_settled(key) || (STR_EQ(key, "networks") && has_other_networks(b->node))))
			export_note_missed(w->diags, w->source, s->name, key);
	}
}

/* Without what later versions of Compose know. */
static void put_healthcheck(struct writing *w, const struct block *b)
{
	static const char *const keys[] = {"test", "interval", "timeout", "retries", "start_period", "disable"};
	const struct yaml_node *check = emit_target(yaml_get(b->node, "healthcheck"));

	if (b->once || !check || check->kind != YAML_MAPPING || check->count == 0)
		return;
	emit_line(&w->e, 4, "healthcheck:");
	for (size_t i = 0; i + 1 < check->count; i += 2) {
		const char *key = yaml_text(check->items[i]);

		if (key && text_is_among(key, keys, ARRAY_SIZE(keys)))
			emit_entry(&w->e, 6, key, check->items[i + 1]);
	}
}

/* A swarm's name of a service has the stack's before it, and is one of a host. */
static int check_name(struct writing *w, const struct block *b)
{
	if (strlen(w->source->name) + 1 + strlen(b->name) <= LONGEST_NAME)
		return 0;
	diag_add(w->diags, SEV_ERROR, w->source->compose->name,
		 _("the stack is called '%s', which is too long for a swarm: %s_%s is more than %d characters; nothing "
		   "was written"),
		 w->source->name, w->source->name, b->name, LONGEST_NAME)
		->hint =
		_("a shorter name of its directory, or COMPOSE_PROJECT_NAME in its .env, does; volumes are named "
		  "after it");
	return -EINVAL;
}

int swarm_put_service(struct writing *w, const struct block *b)
{
	int rc = check_name(w, b);

	if (rc < 0)
		return rc;
	emit_line(&w->e, 2, "%s:", b->name);
	for (size_t i = 0; i + 1 < b->node->count; i += 2) {
		const char *key = yaml_text(b->node->items[i]);

		if (key && is_taken(key))
			emit_entry(&w->e, 4, key, b->node->items[i + 1]);
	}
	put_healthcheck(w, b);
	note_missed(w, b);
	rc = put_environment(w, b);
	if (rc == 0)
		rc = put_entry(w, b);
	if (rc < 0)
		return rc;
	put_command(w, b);
	put_secrets(w);
	put_mounts(w, b);
	put_ports(w, b);
	put_network(w, b);
	put_deploy(w, b);
	strbuf_putc(w->e.out, '\n');
	return 0;
}
