/* SPDX-License-Identifier: MIT */
/*
 * Values for charts that other people maintain: numbers and switches, secrets by name only. A service's values are
 * templates/helm/NAME.yaml with its figures put in; its secrets are NAME.env, which a command makes a Secret of.
 */
#include "export/helm.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/units.h"
#include "export/secrets.h"

/* Lines from one that begins so, with a service's name, to the other one are for that service. */
#define ONLY_WITH "#@with "
#define END_OF_ONLY "#@end"

struct filling {
	struct arena *a;
	const struct export_source *source;
	const struct nodes_plan *plan;
	struct diag_list *diags;
	struct emitter e;
	struct secret_finder secrets;
	size_t service;
	const struct yaml_node *node; /* of the service in the compose file */
	struct strbuf map, list, env; /* its environment, as a mapping and as a list; its secrets */
	const char *secret_files;     /* names of those with secrets, with blanks between them */
};

static int take_variable(struct filling *f, const char *name, const char *raw)
{
	const struct export_secret *secret;
	int rc = secret_of(&f->secrets, f->plan->set->items[f->service].name, name, raw, &secret);

	if (rc < 0)
		return rc;
	if (secret) {
		strbuf_printf(&f->env, "%s=%s\n", name, secret->value);
		return 0;
	}
	raw = interpolate(f->a, f->e.variables, raw);
	/* An empty one would hide what a Secret has under that name. */
	if (!raw[0])
		return 0;
	strbuf_printf(&f->map, "  %s: ", name);
	emit_quoted(&f->map, raw);
	strbuf_printf(&f->list, "  - name: %s\n    value: ", name);
	emit_quoted(&f->list, raw);
	strbuf_putc(&f->map, '\n');
	strbuf_putc(&f->list, '\n');
	return 0;
}

static int take_environment(struct filling *f)
{
	const struct yaml_node *env = emit_target(yaml_get(f->node, "environment"));
	int rc = 0;

	if (yaml_get(f->node, "env_file"))
		export_note_missed(f->diags, f->source, f->plan->set->items[f->service].name, "env_file");
	for (size_t i = 0; rc == 0 && env && env->kind == YAML_MAPPING && i + 1 < env->count; i += 2)
		if (yaml_is_scalar(emit_target(env->items[i + 1])))
			rc = take_variable(f, env->items[i]->value, emit_target(env->items[i + 1])->value);
	return rc;
}

/* A service or helper in the compose file; NULL: it has none of that name. */
static const struct yaml_node *block_of_service(const struct filling *f, const char *name)
{
	return export_block(f->a, f->source->compose, name);
}

/* The secrets of the service's helpers come with its own: the commands run what they do in its container. */
static int take_secrets_of_helpers(struct filling *f)
{
	const struct service *one = &f->plan->set->items[f->service];
	const struct yaml_node *own = emit_target(yaml_get(f->node, "environment"));
	int rc = 0;

	for (size_t k = 0; k < one->helper_count; k++) {
		const struct yaml_node *node = block_of_service(f, one->helpers[k]);
		const struct yaml_node *env = node ? emit_target(yaml_get(node, "environment")) : NULL;

		for (size_t i = 0; rc == 0 && env && env->kind == YAML_MAPPING && i + 1 < env->count; i += 2) {
			const char *name = env->items[i]->value, *raw = yaml_text(emit_target(env->items[i + 1]));
			const struct export_secret *secret = NULL;

			if (raw && !(own && yaml_get(own, name)))
				rc = secret_of(&f->secrets, one->name, name, raw, &secret);
			if (rc == 0 && secret)
				strbuf_printf(&f->env, "%s=%s\n", name, secret->value);
		}
	}
	return rc;
}

static const char *number(const struct filling *f, int64_t n)
{
	return arena_printf(f->a, "%lld", (long long)n);
}

/* The image's name without its tag, or the tag. */
static const char *of_image(const struct filling *f, bool tag)
{
	const struct yaml_node *image = emit_target(yaml_get(f->node, "image"));
	const char *text = image ? emit_value(&f->e, image) : "", *colon = strrchr(text, ':');

	if (!colon || strchr(colon, '/'))
		return tag ? "" : text;
	return tag ? colon + 1 : arena_strndup(f->a, text, (size_t)(colon - text));
}

/* The one configuration that its chart does not make, LiteLLM's own. */
static bool is_configuration(const struct export_mount *m)
{
	return strstr(m->name, "config.yaml") != NULL;
}

/*
 * What the values have by name only: its secrets, and the configuration. A chart starts nothing anew where no value has
 * changed, so this one does.
 */
static const char *settings_digest(const struct filling *f)
{
	const char *text = strbuf_text(&f->env);

	for (size_t i = 0; f->service == f->plan->part && i < f->source->mount_count; i++)
		if (is_configuration(&f->source->mounts[i]))
			text = arena_printf(f->a, "%s\n%s", text, f->source->mounts[i].text);
	return secret_digest(&f->secrets, f->plan->set->items[f->service].name, text);
}

static struct node_sizes sizes_of(const struct filling *f, int64_t *ret_workers)
{
	const struct nodes_plan *p = f->plan;

	*ret_workers = f->service == p->part ? nodes_most_workers(p) : 1;
	return f->service == p->part ? p->copies[*ret_workers] : p->sizes[f->service];
}

/* What stands for a name between two @; NULL: nothing does. */
static const char *filled(struct filling *f, const char *name)
{
	const struct nodes_plan *p = f->plan;
	int64_t workers;
	const struct node_sizes size = sizes_of(f, &workers);
	const struct {
		const char *name, *text;
	} words[] = {
		{"copies", number(f, f->service == p->part ? p->copy_count : 1)},
		{"workers", number(f, workers)},
		{"limit", number(f, size.limit_mib)},
		{"reservation", number(f, size.reservation_mib)},
		{"once-limit", number(f, p->copies[1].limit_mib)},
		{"once-reservation", number(f, p->copies[1].reservation_mib)},
		{"connections", number(f, p->connections)},
		{"most", number(f, size.limit_mib * 60 / 100)},
		{"repository", of_image(f, false)},
		{"tag", of_image(f, true)},
		{"secret-files", f->secret_files},
		{"settings", settings_digest(f)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (STR_EQ(words[i].name, name))
			return words[i].text;
	return NULL;
}

static const char *block_of(const struct filling *f, const char *line, size_t len)
{
	if (len == strlen("@environment-map@") && strncmp(line, "@environment-map@", len) == 0)
		return f->map.len > 0 ? strbuf_text(&f->map) : "  {}\n";
	if (len == strlen("@environment-list@") && strncmp(line, "@environment-list@", len) == 0)
		return f->list.len > 0 ? strbuf_text(&f->list) : "  []\n";
	return NULL;
}

static void fill_line(struct filling *f, const char *line, size_t len, struct strbuf *out)
{
	const char *end = line + len, *from, *to, *text;

	while ((from = memchr(line, '@', (size_t)(end - line)))) {
		to = memchr(from + 1, '@', (size_t)(end - from - 1));
		text = to ? filled(f, arena_strndup(f->a, from + 1, (size_t)(to - from - 1))) : NULL;
		strbuf_add(out, line, (size_t)(from - line));
		if (text)
			strbuf_puts(out, text);
		else
			strbuf_putc(out, '@');
		line = text ? to + 1 : from + 1;
	}
	strbuf_add(out, line, (size_t)(end - line));
}

static bool is_planned(const struct filling *f, const char *name)
{
	bool helper;
	const size_t s = service_of_block(f->plan->set, name, &helper);

	return s != NO_SERVICE && f->plan->in[s] && f->source->values[s] && (!helper || block_of_service(f, name));
}

static void fill(struct filling *f, const char *text, struct strbuf *out)
{
	bool left_out = false;

	for (size_t n; *text; text += n + (text[n] == '\n')) {
		const char *block;

		n = strcspn(text, "\n");
		if (strncmp(text, ONLY_WITH, strlen(ONLY_WITH)) == 0) {
			left_out = !is_planned(f, arena_strndup(f->a, text + strlen(ONLY_WITH), n - strlen(ONLY_WITH)));
			continue;
		}
		if (n == strlen(END_OF_ONLY) && strncmp(text, END_OF_ONLY, n) == 0) {
			left_out = false;
			continue;
		}
		if (left_out)
			continue;
		block = block_of(f, text, n);
		if (block) {
			strbuf_puts(out, block);
			continue;
		}
		fill_line(f, text, n, out);
		strbuf_putc(out, '\n');
	}
}

/* The commands name each of these files: what else lies in the directory is not taken. */
static int put_secrets(struct filling *f, const char *name, struct export_result *ret)
{
	const char *file = arena_printf(f->a, "%s.env", name);

	f->secret_files = f->secret_files[0] ? arena_printf(f->a, "%s %s", f->secret_files, file) : file;
	return export_add_text(f->a, ret, f->diags, file, &f->env, 0600);
}

/* The values of a service, and its secrets. */
static int put_service(struct filling *f, struct export_result *ret)
{
	const char *name = f->plan->set->items[f->service].name;
	struct strbuf out = STRBUF_INIT;
	int rc;

	f->node = block_of_service(f, name);
	rc = f->node ? take_environment(f) : 0;
	if (rc == 0 && f->node)
		rc = take_secrets_of_helpers(f);
	/* PostgreSQL's operator reads a user's name and password by these names. */
	if (rc == 0 && f->service == f->plan->database) {
		const struct yaml_node *env = emit_target(yaml_get(f->node, "environment"));
		const char *user = env ? yaml_text(yaml_get(env, "POSTGRES_USER")) : NULL;
		const char *password = env_pair_get(f->a, &f->source->env, "POSTGRES_PASSWORD");

		strbuf_clear(&f->env);
		strbuf_printf(&f->env, "username=%s\npassword=%s\n", user ? user : "", password ? password : "");
	}
	if (rc == 0) {
		fill(f, f->source->values[f->service], &out);
		rc = export_add_text(f->a, ret, f->diags, arena_printf(f->a, "%s.yaml", name), &out, 0644);
	}
	if (rc == 0 && f->env.len > 0)
		rc = put_secrets(f, name, ret);
	strbuf_clear(&out);
	strbuf_clear(&f->map);
	strbuf_clear(&f->list);
	strbuf_clear(&f->env);
	return rc;
}

/* Does a helper mount the file? */
static bool is_of_helper(const struct filling *f, const char *file)
{
	const struct service_set *set = f->plan->set;

	for (size_t s = 0; s < set->count; s++)
		for (size_t i = 0; i < set->items[s].helper_count; i++) {
			const struct yaml_node *node = block_of_service(f, set->items[s].helpers[i]);
			const struct yaml_node *list = node ? emit_target(yaml_get(node, "volumes")) : NULL;

			for (size_t k = 0; list && list->kind == YAML_SEQUENCE && k < list->count; k++) {
				const char *entry = export_mount_text(f->a, list->items[k]);

				if (entry && strncmp(entry, "./", 2) == 0 && strstr(entry, file) == entry + 2)
					return true;
			}
		}
	return false;
}

static int put_mounts(struct filling *f, struct export_result *ret)
{
	int rc = 0;

	/* The configuration, and what helpers run. */
	for (size_t i = 0; rc == 0 && i < f->source->mount_count; i++) {
		const struct export_mount *m = &f->source->mounts[i];
		const struct export_file file = {m->name, m->text, m->len, 0600};

		if (!is_configuration(m) && !is_of_helper(f, m->name))
			continue;
		export_note_secrets(f->a, f->source, m, f->diags);
		rc = export_add(ret, f->diags, &file);
	}
	return rc;
}

static const char *look_up(void *context, const char *name)
{
	const struct filling *f = context;

	return env_pair_get(f->a, &f->source->env, name);
}

/*
 * Makes the files: NAME.yaml and NAME.env for each service that has values, and the commands. Texts are allocated from
 * a. Returns 0, or a negative errno with an error in diags.
 */
int helm_export(struct arena *a, const struct export_source *source, const struct nodes_plan *plan,
		struct diag_list *diags, struct export_result *ret)
{
	struct variables variables = {.look_up = look_up};
	struct filling f = {
		.a = a, .source = source, .plan = plan, .diags = diags, .e = {a, NULL, &variables}, .secret_files = ""};
	struct strbuf script = STRBUF_INIT;
	struct export_result secrets = {.count = 0};
	int rc = 0;

	variables.context = &f;
	f.secrets = (struct secret_finder){a, source, plan->set, &f.e, diags, &secrets};
	for (size_t s = 0; rc == 0 && s < plan->set->count; s++) {
		f.service = s;
		if (plan->in[s] && source->values[s])
			rc = put_service(&f, ret);
	}
	if (rc == 0)
		rc = put_mounts(&f, ret);
	if (rc == 0) {
		fill(&f, source->entry, &script);
		rc = export_add_text(a, ret, diags, "commands.sh", &script, 0755);
	}
	strbuf_clear(&script);
	return rc;
}
