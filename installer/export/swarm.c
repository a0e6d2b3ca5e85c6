/* SPDX-License-Identifier: MIT */
/*
 * The stack file for Docker Swarm: vpsfit's own compose file, service by service. Copies with as many workers are one
 * service; all of them have the same name in the network.
 */
#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "export/record.h"
#include "export/swarm.h"

#define DIGEST 12

const char *swarm_config_name(const struct export_source *source, struct arena *a, const char *name, const char *text,
			      size_t len)
{
	return arena_printf(a, "%.16s_%.32s_%.*s", source->name, swarm_key(a, name), DIGEST,
			    record_digest(a, text, len));
}

/* One service for each number of workers that a node has, the most first. */
static int put_copies(struct writing *w, struct block b)
{
	int rc = 0;

	for (int64_t workers = MAX_WORKERS; rc == 0 && workers > 0; workers--) {
		bool unused;

		if (swarm_copies(w->plan, workers, &unused) == 0)
			continue;
		b.name = swarm_copies_name(w->e.a, w->plan, workers);
		b.workers = workers;
		rc = swarm_put_service(w, &b);
	}
	if (rc < 0 || !w->plan->set->items[b.service].swarm.once)
		return rc;
	b.name = arena_printf(w->e.a, "%s-tables", w->plan->set->items[b.service].name);
	b.workers = 1;
	b.once = true;
	return swarm_put_service(w, &b);
}

static int put_services(struct writing *w)
{
	const struct yaml_node *all = yaml_get(w->source->compose->root, "services");
	int rc = 0;

	emit_line(&w->e, 0, "services:");
	for (size_t i = 0; rc == 0 && all && i + 1 < all->count; i += 2) {
		const char *name = yaml_text(all->items[i]);
		bool helper = false;
		const size_t s = name ? service_of_block(w->plan->set, name, &helper) : NO_SERVICE;
		const struct block b = {s, name, emit_target(all->items[i + 1]), 1, false, helper};

		if (s == NO_SERVICE)
			diag_note(w->diags, "left-out", SEV_WARNING, w->source->compose->name,
				  _("%s is no service of vpsfit's own and was left out"), name ? name : "?")
				->hint =
				_("it has a stack file of its own; the network of this one can be joined by name");
		else if (w->plan->in[s])
			rc = s == w->plan->part && !helper ? put_copies(w, b) : swarm_put_service(w, &b);
	}
	return rc;
}

/* A volume of another name, or of another driver, is the one that has the data. */
static void put_volume(struct writing *w, const char *name)
{
	const struct yaml_node *one = emit_target(yaml_get(yaml_get(w->source->compose->root, "volumes"), name));

	if (one && one->kind == YAML_MAPPING)
		emit_entry(&w->e, 2, name, one);
	else
		emit_empty(&w->e, 2, name);
}

static void put_tail(struct writing *w)
{
	const struct export_result *r = w->result;

	emit_line(&w->e, 0, "networks:");
	emit_line(&w->e, 2, NETWORK ":");
	emit_line(&w->e, 4, "driver: overlay");
	emit_line(&w->e, 4, "attachable: false");
	emit_line(
		&w->e, 4,
		"# What the nodes say to each other is not encrypted; where others could listen, take the next two lines in.");
	emit_line(&w->e, 4, "# driver_opts:");
	emit_line(&w->e, 4, "#   encrypted: \"true\"");
	if (w->volume_count > 0)
		emit_line(&w->e, 0, "volumes:");
	for (size_t i = 0; i < w->volume_count; i++)
		put_volume(w, w->volumes[i]);
	if (r->secret_count > 0)
		emit_line(&w->e, 0, "secrets:");
	for (size_t i = 0; i < r->secret_count; i++) {
		emit_line(&w->e, 2, "%s:", r->secrets[i].key);
		emit_line(&w->e, 4, "external: true");
		emit_line(&w->e, 4, "name: %s", r->secrets[i].name);
	}
}

static int put_config_file(struct writing *w, const char *name, const char *text, size_t len)
{
	const struct export_file file = {name, text, len, 0600};

	emit_line(&w->e, 2, "%s:", swarm_key(w->e.a, name));
	emit_line(&w->e, 4, "name: %s", swarm_config_name(w->source, w->e.a, name, text, len));
	emit_pair(&w->e, 4, "file", arena_printf(w->e.a, "./%s", name));
	return export_add(w->result, w->diags, &file);
}

static int put_configs(struct writing *w)
{
	int rc = 0;

	if (!w->entry && w->source->mount_count == 0)
		return 0;
	emit_line(&w->e, 0, "configs:");
	for (size_t i = 0; rc == 0 && i < w->source->mount_count; i++) {
		const struct export_mount *m = &w->source->mounts[i];

		export_note_secrets(w->e.a, w->source, m, w->diags);
		rc = put_config_file(w, m->name, m->text, m->len);
	}
	if (rc == 0 && w->entry)
		rc = put_config_file(w, SWARM_ENTRY_FILE, w->source->entry, strlen(w->source->entry));
	return rc;
}

static const char *look_up(void *context, const char *name)
{
	const struct writing *w = context;

	if (w->source->port && STR_EQ(name, "GATEWAY_PORT"))
		return w->source->port;
	if (w->source->port && STR_EQ(name, "GATEWAY_BIND"))
		return "0.0.0.0";
	return env_pair_get(w->e.a, &w->source->env, name);
}

int export_add(struct export_result *r, struct diag_list *diags, const struct export_file *file)
{
	if (r->count == MAX_EXPORT_FILES) {
		diag_add(diags, SEV_ERROR, file->name, _("is one file too many for an export; nothing was written"));
		return -EINVAL;
	}
	r->files[r->count++] = *file;
	return 0;
}

int export_add_text(struct arena *a, struct export_result *r, struct diag_list *diags, const char *name,
		    struct strbuf *text, mode_t mode)
{
	const struct export_file file = {name, arena_strdup(a, strbuf_text(text)), text->len, mode};

	strbuf_clear(text);
	return export_add(r, diags, &file);
}

/* One line for each secret; the commands read it. */
static int add_env(struct writing *w)
{
	struct strbuf text = STRBUF_INIT;
	const struct service_secret *secret;

	strbuf_puts(
		&text,
		"# The gateway's secrets, one a line and nothing quoted. deploy.sh makes Docker secrets of them. Keep it to yourself.\n");
	for (size_t i = 0; i < w->result->secret_count; i++)
		strbuf_printf(&text, "%s=%s\n", w->result->secrets[i].key, w->result->secrets[i].value);
	/* What a volume was made with is needed again when the database comes back. */
	for (size_t i = 0; (secret = service_secret(w->plan->set, i, NULL)); i++) {
		const char *had = w->source->earlier && secret->in_database
					  ? env_get(w->e.a, w->source->earlier, secret->key)
					  : NULL;

		if (had && had[0] && !strpbrk(had, "\r\n") && !secret_find(w->result, secret->key))
			strbuf_printf(&text, "# Not used by this export; a volume may need it.\n%s=%s\n", secret->key,
				      had);
	}
	return export_add_text(w->e.a, w->result, w->diags, ".env", &text, 0600);
}

/*
 * Makes the files of a swarm's stack: stack.yaml, the configurations, deploy.sh and .env. Texts are allocated from a.
 * Returns 0, or a negative errno with an error in diags.
 */
int swarm_export(struct arena *a, const struct export_source *source, const struct nodes_plan *plan,
		 struct diag_list *diags, struct export_result *ret)
{
	struct strbuf out = STRBUF_INIT, script = STRBUF_INIT;
	struct variables variables = {.look_up = look_up};
	struct writing w = {.e = {a, &out, &variables}, .source = source, .plan = plan, .diags = diags, .result = ret};
	int rc;

	variables.context = &w;
	ret->stack = source->name;
	w.secrets = (struct secret_finder){a, source, plan->set, &w.e, diags, ret};
	strbuf_puts(
		&out,
		"# AI gateway for Docker Swarm, planned by vpsfit export. plan.txt says what runs where; deploy.sh has the commands.\n"
		"# A new export makes this file anew.\n"
		"version: \"3.8\"\n\n");
	rc = put_services(&w);
	if (rc == 0) {
		put_tail(&w);
		rc = put_configs(&w);
	}
	if (rc == 0)
		rc = export_add_text(a, ret, diags, "stack.yaml", &out, 0644);
	if (rc == 0)
		rc = add_env(&w);
	if (rc == 0) {
		swarm_script(source, plan, ret, &script);
		rc = export_add_text(a, ret, diags, "deploy.sh", &script, 0755);
	}
	strbuf_clear(&out);
	strbuf_clear(&script);
	return rc;
}
