/* SPDX-License-Identifier: MIT */
/*
 * What an export is made from: the stack in the stack's directory as an apply would leave it, or a new one where there
 * is none. Nothing is written.
 */
#include "session/export_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answers/table.h"
#include "apply/make_secret.h"
#include "changes/gone.h"
#include "compose/env.h"
#include "compose/project.h"
#include "core/docker_name.h"
#include "core/i18n.h"
#include "core/vps.h"
#include "files/files.h"
#include "session/compare.h"
#include "session/session.h"

/* Below templates/. */
#define ENTRY_OF_SWARM "swarm/with_secrets.sh"
#define ENTRY_OF_HELM "helm/commands.sh"
/* Large enough for any number of workers: only the texts count here, the sizes are those of the nodes. */
#define ANY_MIB (1 << 20)

bool session_exports_helm(const struct session *s)
{
	const char *format = answer_text(&s->answers, ANSWER_FORMAT);

	return format && STR_EQ(format, EXPORT_HELM);
}

static void answer_yes_no(struct answer *a, bool yes)
{
	*a = (struct answer){ORIGIN_FLAG, yes ? "yes" : "no", yes, NULL};
}

/* The answers with which a stack for one machine has the same services and, in one copy, as many workers. */
static struct answers answers_for(struct session *s, const struct nodes_plan *p)
{
	struct answers all = s->answers;
	const int64_t most = nodes_most_workers(p);

	all.of[ANSWER_WORKERS] =
		(struct answer){ORIGIN_FLAG, arena_printf(&s->arena, "%lld", (long long)most), most, NULL};
	all.of[ANSWER_SWAP] = (struct answer){ORIGIN_FLAG, "none", 0, NULL};
	for (size_t i = 0; i < p->set->count; i++)
		if (p->set->items[i].optional_from > 0 && p->set->items[i].answer >= 0 &&
		    answer_is_yes_no(&answer_rows[p->set->items[i].answer]))
			answer_yes_no(&all.of[p->set->items[i].answer], p->in[i]);
	return all;
}

/* Takes the messages from the said-th on that are no errors out of the list. */
static void keep_errors(struct diag_list *l, size_t said)
{
	size_t kept = said;

	for (size_t i = said; i < l->count; i++)
		if (l->items[i].severity == SEV_ERROR)
			l->items[kept++] = l->items[i];
	l->count = kept;
}

/* Compares as an apply would. What it has to note is of one machine, so only errors are kept. */
static int compare(struct session *s, const struct nodes_plan *p)
{
	const struct machine here = {.arch = "unknown", .kernel = "unknown"};
	const struct answers asked = s->answers;
	const size_t said = s->diags.count;
	int rc;

	s->machine = vps_fresh(&here, ANY_MIB, MAX_WORKERS);
	s->answers = answers_for(s, p);
	rc = session_plan_for(s, &s->machine, &s->answers, &s->plan);
	if (rc == 0)
		rc = session_compare_once(s);
	s->answers = asked;
	if (rc == 0)
		s->diags.count = said;
	else
		keep_errors(&s->diags, said);
	return rc;
}

static const struct file_change *change_of(const struct session *s, const char *name)
{
	for (size_t i = 0; i < s->changes.count; i++)
		if (STR_EQ(s->changes.files[i].name, name) && s->changes.files[i].new_text)
			return &s->changes.files[i];
	return NULL;
}

/* The text that a file of the stack would have; NULL: there is none that can be read. */
static const char *text_of(struct session *s, const char *name, size_t *ret_len)
{
	const struct file_change *f = change_of(s, name);
	char *text;

	if (f) {
		*ret_len = f->new_len;
		return f->new_text;
	}
	if (sysroot_read(&s->root, &s->arena, arena_printf(&s->arena, "%s/%s", s->dir, name), 0, &text, ret_len) < 0)
		return NULL;
	return text;
}

static int fail(struct session *s, const char *path, const char *why)
{
	diag_add(&s->diags, SEV_ERROR, path, _("%s; nothing was written"), why)->hint = _("fix that, then run again");
	return -EINVAL;
}

/* A file of the project as an apply would leave it. */
static int read_merged(void *context, const char *path, const char **ret, size_t *ret_len)
{
	struct session *s = context;
	const size_t n = strlen(s->dir);
	const struct file_change *f =
		strncmp(path, s->dir, n) == 0 && path[n] == '/' ? change_of(s, path + n + 1) : NULL;
	char *text;
	int rc;

	if (f) {
		*ret = f->new_text;
		*ret_len = f->new_len;
		return 0;
	}
	rc = sysroot_read(&s->root, &s->arena, path, 0, &text, ret_len);
	*ret = text;
	return rc < 0 ? rc : 0;
}

/* This machine's environment does not apply to another one's tree. */
static const char *environment(void *context, const char *name)
{
	const struct session *s = context;

	return sysroot_is_live(&s->root) ? getenv(name) : NULL;
}

/* What Compose merges counts as it merges it; variables stay, for they tell what is secret. */
static int read_project(struct session *s, const char *path, struct export_source *ret)
{
	const struct project_request req = {
		.read = read_merged, .environment = environment, .context = s, .dir = s->dir, .as_written = true};
	struct project *p;
	int rc = project_load(&s->arena, &req, &s->diags, &p);

	if (rc == -ENOENT || (rc == 0 && !p->doc))
		return fail(s, path, _("cannot be read"));
	if (rc == 0 && (p->partial || p->included))
		return fail(s, path, _("includes or extends a file that an export cannot merge"));
	if (rc == 0)
		ret->compose = p->doc;
	return rc;
}

static bool takes_from_others(const struct yaml_doc *doc)
{
	const struct yaml_node *all = yaml_get(doc->root, "services");
	bool takes = yaml_get(doc->root, "include") != NULL;

	for (size_t i = 0; all && all->kind == YAML_MAPPING && i + 1 < all->count; i += 2)
		takes |= yaml_get(all->items[i + 1], "extends") || yaml_get(all->items[i + 1], "<<");
	return takes;
}

static int read_compose(struct session *s, struct export_source *ret)
{
	const char *name = s->changes.layout.file ? s->changes.layout.file : "compose.yaml", *text;
	const char *path = arena_printf(&s->arena, "%s/%s", s->dir, name);
	struct yaml_doc *doc;
	size_t len;

	text = text_of(s, name, &len);
	if (!text)
		return fail(s, path, _("cannot be read"));
	if (yaml_parse(&s->arena, path, text, len, &s->diags, &doc) < 0)
		return fail(s, path, _("is not understood"));
	ret->compose = doc;
	return s->changes.named_count > 1 || takes_from_others(doc) ? read_project(s, path, ret) : 0;
}

/* A service that the stack has by an answer for one machine, such as a TLS proxy, goes out of the export. */
static void note_taken_out(struct session *s, const struct nodes_plan *p, const struct export_source *source)
{
	for (size_t i = 0; i < s->changes.taken_out_count; i++) {
		const size_t at = service_find(p->set, s->changes.taken_out[i]);
		const struct service *one = at == NO_SERVICE ? NULL : &p->set->items[at];

		if (one && one->answer >= 0 && !answer_is_yes_no(&answer_rows[one->answer]))
			diag_note(&s->diags, "left-out", SEV_WARNING, source->compose->name,
				  _("%s is for one machine (--%s) and was left out"), one->name,
				  answer_rows[one->answer].name)
				->hint =
				_("a proxy in a stack of its own takes its place; plan.txt says what it leads to");
	}
}

/* An image is what other machines can fetch. */
static int check_images(struct session *s, const struct nodes_plan *p, const struct export_source *source)
{
	for (size_t i = 0; i < p->set->count; i++) {
		const struct yaml_node *one =
			p->in[i] ? export_block(&s->arena, source->compose, p->set->items[i].name) : NULL;

		if (one && !yaml_get(one, "image"))
			return fail(
				s, source->compose->name,
				arena_printf(&s->arena,
					     _("%s has no image, and is built here: other machines cannot fetch it"),
					     p->set->items[i].name));
		if (!one && i == p->database)
			return fail(s, source->compose->name,
				    arena_printf(&s->arena, _("%s is not there, and .env says nothing of %s"),
						 p->set->items[i].name, ENV_DATABASE_URL));
	}
	return 0;
}

/* "./NAME:/TARGET:ro": a file beside the compose file. */
static void take_mount(struct session *s, const char *entry, struct export_source *ret)
{
	struct export_mount *m = &ret->mounts[ret->mount_count];

	if (!entry || strncmp(entry, "./", 2) != 0 || !strchr(entry, ':') || ret->mount_count == MAX_EXPORT_FILES)
		return;
	m->name = arena_strndup(&s->arena, entry + 2, strcspn(entry + 2, ":"));
	for (size_t i = 0; i < ret->mount_count; i++)
		if (STR_EQ(ret->mounts[i].name, m->name))
			return;
	if (strstr(m->name, "..") || !m->name[0])
		return;
	m->text = text_of(s, m->name, &m->len);
	/* A file with NUL bytes is no text. */
	if (m->text && strlen(m->text) == m->len)
		ret->mount_count++;
}

static void take_mounts_of(struct session *s, const char *service, struct export_source *ret)
{
	const struct yaml_node *list = yaml_get(export_block(&s->arena, ret->compose, service), "volumes");

	for (size_t k = 0; list && list->kind == YAML_SEQUENCE && k < list->count; k++)
		take_mount(s, export_mount_text(&s->arena, list->items[k]), ret);
}

static void take_mounts(struct session *s, const struct nodes_plan *p, struct export_source *ret)
{
	for (size_t i = 0; i < p->set->count; i++) {
		const struct service *one = &p->set->items[i];

		if (!p->in[i])
			continue;
		take_mounts_of(s, one->name, ret);
		for (size_t k = 0; k < one->helper_count; k++)
			take_mounts_of(s, one->helpers[k], ret);
	}
}

/* A secret that an earlier export made or took over stays; one that nobody has is made. */
static int settle_secret(struct session *s, const struct service_secret *secret, const char *exported,
			 const char **text)
{
	const char *has = exported ? env_get(&s->arena, exported, secret->key) : NULL, *now;
	struct strbuf out = STRBUF_INIT;
	char made[SECRET_TEXT];

	now = env_get(&s->arena, *text, secret->key);
	if (!has || !has[0])
		has = now && now[0] && !STR_EQ(now, ENV_PLACEHOLDER) ? now : NULL;
	if (!has && secret_make(secret, made) < 0)
		return fail(s, NULL, _("no random bytes for secrets"));
	if (!env_set(*text, secret->key, has ? has : made, &out)) {
		strbuf_clear(&out);
		return fail(s, arena_printf(&s->arena, "%s/.env", s->dir), _("ends within quotes"));
	}
	*text = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return 0;
}

static int read_env(struct session *s, const struct nodes_plan *p, const char *exported, struct export_source *ret)
{
	size_t len;
	const char *text = text_of(s, ".env", &len);
	const struct service_secret *secret;
	size_t of;
	int rc = 0;

	/* New ones would open nothing of what the database and the volumes hold. */
	if (!exported && sysroot_exists(&s->root, ret->compose->name) &&
	    !sysroot_exists(&s->root, arena_printf(&s->arena, "%s/.env", s->dir)))
		return fail(s, arena_printf(&s->arena, "%s/.env", s->dir),
			    _("is missing beside a stack, and with it its secrets"));
	if (!text)
		text = "";
	for (size_t i = 0; rc == 0 && (secret = service_secret(p->set, i, &of)); i++)
		if (p->in[of])
			rc = settle_secret(s, secret, exported, &text);
	ret->env = env_pair_read(&s->arena, text);
	return rc;
}

/* A file of the package; NULL: it has none of that name. */
static const char *template_of(struct session *s, const char *name)
{
	size_t len;
	char *text;
	int rc = file_read(&s->arena, arena_printf(&s->arena, "%s/templates/%s", s->data_dir, name), &text, &len, NULL);

	return rc == 0 ? text : NULL;
}

/* What the chart of a service takes; NULL: no values are written for it. */
const char *session_helm_values(struct session *s, size_t service)
{
	return template_of(s, arena_printf(&s->arena, "helm/%s.yaml", s->catalog.services.items[service].name));
}

static int read_templates(struct session *s, struct export_source *ret)
{
	const bool helm = session_exports_helm(s);
	const char *entry = helm ? ENTRY_OF_HELM : ENTRY_OF_SWARM;

	ret->entry = template_of(s, entry);
	for (size_t i = 0; helm && i < s->catalog.services.count; i++)
		ret->values[i] = session_helm_values(s, i);
	return ret->entry ? 0 : fail(s, entry, _("is missing in the package"));
}

/* The address of a database elsewhere: as answered, else as .env of the stack has it; NULL: it is vpsfit's own. */
const char *session_database_url(struct session *s)
{
	char *text;
	size_t len;

	if (s->answers.database_url || s->answers.database_own)
		return s->answers.database_url;
	if (sysroot_read(&s->root, &s->arena, arena_printf(&s->arena, "%s/.env", s->dir), 0, &text, &len) < 0)
		return NULL;
	text = env_get(&s->arena, text, ENV_DATABASE_URL);
	return text && text[0] ? text : NULL;
}

static const char *name_of(struct session *s)
{
	const char *named = gone_project(&s->arena, &s->root, s->dir, NULL), *base = strrchr(s->dir, '/');

	if (!named || !named[0])
		named = docker_project_name(&s->arena, base ? base + 1 : s->dir);
	return named[0] ? named : "ai-gateway";
}

/*
 * Fills in the source. exported_env: .env of an earlier export to the same place, or NULL. Returns 0, or a negative
 * errno with an error in diags.
 */
int session_export_source(struct session *s, const struct nodes_plan *p, const char *exported_env,
			  struct export_source *ret)
{
	int rc = compare(s, p);

	*ret = (struct export_source){.name = NULL};
	if (rc == 0)
		rc = read_compose(s, ret);
	if (rc == 0)
		rc = check_images(s, p, ret);
	if (rc == 0)
		rc = read_env(s, p, exported_env, ret);
	if (rc == 0)
		rc = read_templates(s, ret);
	if (rc < 0)
		return rc;
	ret->name = name_of(s);
	ret->earlier = exported_env;
	ret->database_url = session_database_url(s);
	take_mounts(s, p, ret);
	note_taken_out(s, p, ret);
	return 0;
}
