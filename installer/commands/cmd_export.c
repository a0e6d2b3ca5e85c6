/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "commands/nodes_steps.h"
#include "commands/report.h"
#include "commands/run.h"
#include "core/i18n.h"
#include "core/text.h"
#include "export/helm.h"
#include "export/write.h"
#include "output/nodes.h"
#include "session/export_source.h"
#include "session/session.h"

static enum exit_code usage(struct session *s, const char *text, const char *hint)
{
	diag_add(&s->diags, SEV_ERROR, NULL, "%s", text)->hint = hint;
	return EXIT_USAGE;
}

/* A swarm publishes a port on every address of a node or not at all. */
static bool is_every_address(const char *bind)
{
	return STR_EQ(bind, "0.0.0.0") || STR_EQ(bind, "::");
}

static enum exit_code check(struct session *s)
{
	const char *bind = answer_text(&s->answers, ANSWER_BIND);

	if (!answer_said(&s->answers, ANSWER_FORMAT))
		return usage(s, _("export needs a format; nothing was written"), _("--format swarm, or --format helm"));
	if (!nodes_are_said(s))
		return usage(s, _("export needs the nodes; nothing was written"),
			     _("--node NAME=RAM,CPUS for each, --nodes FILE, or --node ask on a manager"));
	if (answer_said(&s->answers, ANSWER_COMPOSE))
		return usage(s, _("a stack that somebody else wrote is not exported; nothing was written"),
			     _("--dir names the directory of vpsfit's own stack"));
	if (!bind && answer_said(&s->answers, ANSWER_PORT))
		return usage(s, _("--port without --bind publishes nothing; nothing was written"),
			     session_exports_helm(s)
				     ? _("leave --port out, and set the charts' ingress")
				     : _("--bind 0.0.0.0 publishes it, behind a firewall; or leave --port out"));
	if (bind && session_exports_helm(s))
		return usage(s, _("a cluster publishes by its ingress; nothing was written"),
			     _("leave --bind out, and set the charts' ingress"));
	if (bind && !is_every_address(bind))
		return usage(s, _("Swarm publishes a port on every address of a node, or none; nothing was written"),
			     _("--bind 0.0.0.0 publishes it, behind a firewall; without --bind nothing is published"));
	return EXIT_DONE;
}

/* The secrets of an earlier export to the same place, as lines of .env; NULL: there was none. */
static const char *earlier_secrets(struct session *s, const struct export_target *t)
{
	const char *text = "";

	if (!session_exports_helm(s))
		return export_read(t, ".env");
	for (size_t i = 0; i < s->catalog.services.count; i++) {
		const char *name = s->catalog.services.items[i].name;
		const char *one = export_read(t, arena_printf(&s->arena, "%s.env", name));
		const char *password = one && i == service_by_part(&s->catalog.services, PART_DATABASE)
					       ? env_get(&s->arena, one, "password")
					       : NULL;

		/* Only what each service makes itself: a name may mean another thing in another one. */
		for (size_t k = 0; one && k < s->catalog.services.items[i].secret_count; k++) {
			const char *key = s->catalog.services.items[i].secrets[k].key;
			const char *value = password ? password : env_get(&s->arena, one, key);

			if (value && value[0])
				text = arena_printf(&s->arena, "%s%s=%s\n", text, key, value);
		}
	}
	return text[0] ? text : NULL;
}

static const char *target_dir(struct session *s)
{
	const char *said = answer_text(&s->answers, ANSWER_OUTPUT);
	const char *name =
		said ? said : arena_printf(&s->arena, "ai-gateway-%s", answer_text(&s->answers, ANSWER_FORMAT));

	return session_path(s, name);
}

static const char *plan_as_text(struct session *s, const struct nodes_plan *p, const struct export_result *r, bool json)
{
	const struct style plain = {.colour = false};
	struct strbuf out = STRBUF_INIT;
	const char *text;

	if (json) {
		nodes_json(p, &s->answers, NULL, &out);
	} else {
		nodes_text(p, &plain, &out);
		export_text(p, r, &out);
	}
	text = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static int add_plan(struct session *s, const struct nodes_plan *p, struct export_result *r)
{
	const char *text = plan_as_text(s, p, r, false), *json = plan_as_text(s, p, r, true);
	const struct export_file files[] = {{"plan.txt", text, strlen(text), 0644},
					    {"plan.json", json, strlen(json), 0644}};
	int rc = export_add(r, &s->diags, &files[0]);

	return rc < 0 ? rc : export_add(r, &s->diags, &files[1]);
}

static bool show(struct session *s, const struct nodes_plan *p, const char *dir, size_t changed,
		 const struct export_result *r)
{
	struct strbuf out = STRBUF_INIT;
	bool written = true;

	if (answer_on(&s->answers, ANSWER_JSON)) {
		export_json(p, &s->answers, dir, r, changed, &s->diags, &out);
	} else {
		nodes_text(p, &s->style, &out);
		export_text(p, r, &out);
		if (changed > 0)
			text_printf(&out,
				    Q_("\n%s: %zu file was written.\n", "\n%s: %zu files were written.\n", changed),
				    dir, changed);
		else
			text_printf(&out, _("\n%s: nothing has changed.\n"), dir);
		text_printf(&out,
			    session_exports_helm(s)
				    ? _("Where kubectl and helm reach the cluster, in a copy of that directory: sh "
					"commands.sh\n")
				    : _("On a manager of the swarm, in a copy of that directory: sh deploy.sh\n"));
	}
	if (!answer_on(&s->answers, ANSWER_QUIET))
		written = report_out(&out);
	strbuf_clear(&out);
	return written;
}

/* Is a file that has the secrets of this plan gone, which an earlier export wrote? */
static const char *gone_secrets(struct session *s, const struct export_target *t, const struct nodes_plan *p)
{
	if (!session_exports_helm(s))
		return record_has_file(t->record, ".env") && !export_read(t, ".env") ? ".env" : NULL;
	for (size_t i = 0; i < p->set->count; i++) {
		const char *name = arena_printf(&s->arena, "%s.env", p->set->items[i].name);

		if (p->in[i] && record_has_file(t->record, name) && !export_read(t, name))
			return name;
	}
	return NULL;
}

/* New secrets would open nothing of what was made with those of an earlier export. */
static bool lacks_secrets(struct session *s, const struct export_target *t, const struct nodes_plan *p)
{
	const char *gone = gone_secrets(s, t, p), *path;

	/* The stack's own are what the export had. */
	if (!gone || sysroot_exists(&s->root, arena_printf(&s->arena, "%s/.env", s->dir)))
		return false;
	path = arena_printf(&s->arena, "%s/%s", t->dir, gone);
	if (answer_on(&s->answers, ANSWER_FORCE)) {
		diag_note(&s->diags, "secret-new", SEV_WARNING, path,
			  _("was written by the last export and is gone; secrets that it alone had are new"))
			->hint = _("a database and volumes that were made with the old ones do not open with these");
		return false;
	}
	diag_add(&s->diags, SEV_ERROR, path,
		 _("was written by the last export and is gone, and with it the secrets; nothing was written"))
		->hint =
		_("put your copy of it back; --force makes new secrets, which do not open the database that is "
		  "there");
	return true;
}

/* The stack's own files have the names of an export's, and among them are its secrets. */
static bool is_the_stacks(struct session *s, const char *dir)
{
	struct stat one, other;

	return STR_EQ(dir, s->dir) ||
	       (sysroot_stat(&s->root, dir, &one) == 0 && sysroot_stat(&s->root, s->dir, &other) == 0 &&
		one.st_dev == other.st_dev && one.st_ino == other.st_ino);
}

/* What the last export to the same place left. One directory has the files of one engine. */
static enum exit_code read_record(struct session *s, struct export_target *t, struct export_record *ret)
{
	const char *format = answer_text(&s->answers, ANSWER_FORMAT);

	*t = (struct export_target){
		&s->root, &s->arena, target_dir(s), answer_on(&s->answers, ANSWER_OVERWRITE_EDITS), &s->diags, ret, ""};
	if (is_the_stacks(s, t->dir)) {
		diag_add(&s->diags, SEV_ERROR, t->dir,
			 _("is the directory of the stack itself, which an export leaves alone; nothing was written"))
			->hint = _("name another directory with --output");
		return EXIT_USAGE;
	}
	record_read(&s->arena, &s->catalog.services, export_read(t, EXPORT_LIST), ret);
	if (!ret->format || STR_EQ(ret->format, format))
		return EXIT_DONE;
	diag_add(&s->diags, SEV_ERROR, t->dir, _("has an export for %s; nothing was written"), ret->format)->hint =
		_("name another directory with --output");
	return EXIT_USAGE;
}

/* Makes the files and writes them. */
static enum exit_code write_files(struct session *s, const struct export_target *target, const struct nodes_plan *p)
{
	struct export_source *source = arena_alloc(&s->arena, sizeof(*source));
	struct export_result *result = arena_alloc(&s->arena, sizeof(*result));
	const char *port = answer_text(&s->answers, ANSWER_PORT);
	size_t changed;
	int rc;

	*result = (struct export_result){.count = 0};
	if (lacks_secrets(s, target, p) || session_export_source(s, p, earlier_secrets(s, target), source) < 0)
		return EXIT_FAILED;
	source->record = target->record;
	if (answer_said(&s->answers, ANSWER_BIND))
		source->port = port ? port : env_pair_get(&s->arena, &source->env, "GATEWAY_PORT");
	rc = session_exports_helm(s) ? helm_export(&s->arena, source, p, &s->diags, result)
				     : swarm_export(&s->arena, source, p, &s->diags, result);
	if (rc < 0 || add_plan(s, p, result) < 0)
		return EXIT_FAILED;
	rc = export_write(target, result, &changed);
	if (rc < 0)
		return rc == -EEXIST ? EXIT_EDITED : EXIT_FAILED;
	return show(s, p, target->dir, changed, result) ? EXIT_DONE : EXIT_FAILED;
}

/* Plans for the nodes, and writes what their engine takes. Nothing of this machine's stack is changed. */
enum exit_code command_export(struct session *s)
{
	struct nodes_plan *p = arena_alloc(&s->arena, sizeof(*p));
	struct node_set *nodes = arena_alloc(&s->arena, sizeof(*nodes));
	struct export_record *record = arena_alloc(&s->arena, sizeof(*record));
	struct export_target target;
	enum exit_code code = check(s);

	if (code == EXIT_DONE)
		code = session_prepare_elsewhere(s) < 0 ? EXIT_USAGE : read_record(s, &target, record);
	if (code == EXIT_DONE)
		code = nodes_prepare(s, session_exports_helm(s) ? NULL : record, nodes, p);
	if (code != EXIT_DONE)
		return code;
	if (!p->fits)
		return nodes_refuse(s, p);
	target.notes = record_of_plan(&s->arena, record, p, answer_text(&s->answers, ANSWER_FORMAT));
	return write_files(s, &target, p);
}
