/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "changes/secrets_source.h"
#include "commands/report.h"
#include "commands/run.h"
#include "core/i18n.h"
#include "core/shell.h"
#include "core/text.h"
#include "files/at.h"
#include "files/files.h"
#include "output/changes_text.h"
#include "output/json.h"
#include "output/plan_text.h"
#include "report/manifest.h"
#include "session/command_line.h"
#include "session/own_model.h"

#define DEFAULT_FILE "vpsfit-report.tar"
#define FREE_SPACE_FILE BUNDLE_OWN "/free-space"

struct report_run {
	struct session *s;
	struct redactor redactor;
	struct keeper keeper;
	struct bundle bundle;
	bool planned;
};

static const char *below_dir(const struct session *s, const char *path)
{
	return path + strlen(s->dir) + 1;
}

/* The package's file, which lies in templates/ as in the stack. */
static const char *shipped(void *context, const char *path, const char *text, size_t len, bool *ret_ours)
{
	struct session *s = ((struct report_run *)context)->s;
	const struct state_file *was = state_file_at(&s->state, path);
	const char *from;
	char *own;
	size_t own_len;

	*ret_ours = was && was->hash == state_hash(text, len);
	if (strncmp(path, s->dir, strlen(s->dir)) != 0)
		return NULL;
	from = arena_printf(&s->arena, "%s/templates/%s", s->data_dir, below_dir(s, path));
	return file_read(&s->arena, from, &own, &own_len, NULL) == 0 ? own : NULL;
}

static void begin(struct report_run *r)
{
	struct session *s = r->s;

	r->redactor = (struct redactor){.a = &s->arena};
	r->keeper = (struct keeper){.a = &s->arena, .r = &r->redactor, .dir = "/", .shipped = shipped, .context = r};
	r->bundle = (struct bundle){.a = &s->arena, .root = &s->root, .keeper = &r->keeper};
	if (!s->root_open)
		return;
	bundle_find_names(&s->root, &r->redactor);
	sysroot_trace(&s->root, bundle_saw, &r->bundle);
}

/* Values that the plan shows, and the images whose names tell whether the engine has them. */
static void know_the_stack(struct report_run *r)
{
	struct session *s = r->s;
	const char **shown = arena_array(&s->arena, ARRAY_SIZE(s->state.values) + 1, sizeof(*shown)), **images;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < s->state.count; i++)
		if (s->state.values[i].written[0])
			shown[n++] = s->state.values[i].written;
	r->keeper.shown = shown;
	r->keeper.shown_count = n;
	r->keeper.dir = s->dir;
	for (size_t i = 0; i < s->catalog.services.count; i++)
		room += s->catalog.services.items[i].image_count;
	images = arena_array(&s->arena, room + 1, sizeof(*images));
	for (size_t i = 0; i < s->catalog.services.count; i++) {
		const struct service *one = &s->catalog.services.items[i];

		redact_not_word(&r->redactor, one->name, strlen(one->name));
		for (size_t k = 0; k < one->image_count; k++) {
			const char *part = one->images[k];

			images[r->keeper.image_count++] = part;
			for (; *part; part += strcspn(part, "/"), part += *part == '/')
				redact_not_word(&r->redactor, part, strcspn(part, "/"));
		}
	}
	r->keeper.images = images;
}

/* A text beside the machine's tree. */
static void add_text(struct report_run *r, const char *name, const char *text)
{
	const char *clean = redact_string(&r->redactor, text);

	bundle_add(&r->bundle, TAR_FILE, name, clean, strlen(clean));
}

static void add_plan(struct report_run *r)
{
	const struct style plain = {.colour = false};
	struct session *s = r->s;
	struct strbuf text = STRBUF_INIT, json = STRBUF_INIT, line = STRBUF_INIT;
	const struct changeset *changes = s->changes_known ? &s->changes : NULL;

	plan_text(&s->plan, &s->answers, &s->arena, &plain, &text);
	if (changes) {
		strbuf_putc(&text, '\n');
		changes_text(&s->arena, changes, &plain, &text);
	}
	plan_json(&s->plan, &s->answers, changes, &s->diags, NULL, &json);
	command_line_render(s, &line);
	strbuf_putc(&line, '\n');
	add_text(r, BUNDLE_OWN "/plan.txt", strbuf_text(&text));
	add_text(r, BUNDLE_OWN "/plan.json", strbuf_text(&json));
	add_text(r, BUNDLE_OWN "/flags.txt", strbuf_text(&line));
	strbuf_clear(&text);
	strbuf_clear(&json);
	strbuf_clear(&line);
}

static void add_messages(struct report_run *r)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < r->s->diags.count; i++)
		diag_render(&r->s->diags.items[i], &out);
	if (out.len > 0)
		add_text(r, BUNDLE_OWN "/messages.txt", strbuf_text(&out));
	strbuf_clear(&out);
}

static void put_free(const struct machine_disk *d, struct strbuf *out)
{
	if (d->path && d->free.confidence != FACT_UNKNOWN)
		text_printf(out, "%s\t%lld\n", d->path, (long long)d->free.value);
}

/* A tree does not tell how much room there is: detection reads this file where it looks at one. */
static void add_facts(struct report_run *r)
{
	const struct machine *m = &r->s->machine;
	struct strbuf out = STRBUF_INIT;

	put_free(&m->stack_disk, &out);
	put_free(&m->swap_disk, &out);
	put_free(&m->image_disk, &out);
	if (out.len > 0)
		add_text(r, FREE_SPACE_FILE, strbuf_text(&out));
	strbuf_clear(&out);
	text_printf(&out, "vpsfit %s\nkernel %s\narchitecture %s\ndistribution %s %s\nengine %s\n", VPSFIT_VERSION,
		    m->kernel ? m->kernel : "-", m->arch ? m->arch : "-", m->distro.id ? m->distro.id : "-",
		    m->distro.version ? m->distro.version : "-",
		    m->engine.docker_version ? m->engine.docker_version : "-");
	add_text(r, BUNDLE_OWN "/versions.txt", strbuf_text(&out));
	strbuf_clear(&out);
}

/* Below the state's usual place, by the stack's name as the report has it. */
static const char *store_name(struct report_run *r, const char *name)
{
	struct session *s = r->s;
	const char *stack = s->state.present && s->state.dir ? s->state.dir
			    : s->compose		     ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose)
							     : s->dir;
	const char *store = state_store(&s->arena, ROOTS_STATE_DIR, redact_string(&r->redactor, stack));

	return arena_printf(&s->arena, "%s/%s", store + 1, name);
}

static const char *with_hashes(struct report_run *r, const char *text)
{
	const struct bundle *b = &r->bundle;
	char *out = arena_strdup(b->a, text);

	for (size_t i = 0; i < b->hash_count; i++) {
		const char *was = b->hashes[i].was, *is = b->hashes[i].is;

		for (char *at = strstr(out, was); at; at = strstr(at, was))
			memcpy(at, is, strlen(is));
	}
	return out;
}

static void add_store(struct report_run *r)
{
	struct session *s = r->s;
	const char *path = arena_printf(&s->arena, "%s/" KEPT_ENV, s->store), *name;
	struct strbuf kept = STRBUF_INIT;
	char *text;
	size_t len;

	if (s->state.path && file_read(&s->arena, s->state.path, &text, &len, NULL) == 0) {
		name = bundle_state(&r->bundle, text, len);
		bundle_add(&r->bundle, TAR_FILE,
			   store_name(r, arena_printf(&s->arena, "history/%06ld/state.json", s->state.entry)), name,
			   strlen(name));
	}
	if (file_read(&s->arena, path, &text, &len, NULL) == 0) {
		keep_env(&r->keeper, path, text, len, &kept);
		bundle_add(&r->bundle, TAR_FILE, store_name(r, KEPT_ENV),
			   arena_strndup(&s->arena, strbuf_text(&kept), kept.len), kept.len);
		strbuf_clear(&kept);
	}
	if (file_read(&s->arena, session_own_model_path(s), &text, &len, NULL) == 0)
		add_text(r, store_name(r, OWN_MODEL_FILE), with_hashes(r, text));
}

/* The machine's id is a token, so that what names its hash has to name that of the token. */
static void note_machine(struct report_run *r)
{
	const char *id = sysroot_read_line(&r->s->root, &r->s->arena, "/etc/machine-id"), *is;

	if (!id)
		return;
	is = redact_string(&r->redactor, id);
	bundle_note_hash(&r->bundle, id, strlen(id), is, strlen(is));
}

static void add_ring(struct report_run *r)
{
	int dir = r->s->store ? open(r->s->store, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	const char *text = dir >= 0 ? bundle_ring(&r->s->arena, &r->redactor, dir) : NULL;

	if (dir >= 0)
		close(dir);
	if (text)
		add_text(r, BUNDLE_OWN "/watched.txt", text);
}

static void gather(struct report_run *r)
{
	struct session *s = r->s;
	int rc = session_plan(s);

	r->planned = rc == 0;
	if (rc == 0)
		(void)!session_compare(s);
	if (!s->root_open)
		return;
	if (s->data_dir)
		know_the_stack(r);
	bundle_collect(&r->bundle);
	note_machine(r);
	if (r->planned) {
		add_plan(r);
		add_facts(r);
	}
	add_messages(r);
	if (s->store)
		add_store(r);
	add_ring(r);
}

/* On this machine even where another one's tree is looked at: that tree is not to be changed. */
static const char *target_of(struct session *s)
{
	const char *said = answer_text(&s->answers, ANSWER_OUTPUT);
	char cwd[PATH_MAX];

	said = said ? said : DEFAULT_FILE;
	return said[0] == '/' || !getcwd(cwd, sizeof(cwd)) ? said : arena_printf(&s->arena, "%s/%s", cwd, said);
}

static enum exit_code cannot(struct session *s, const char *path, const struct sysroot *host, int rc)
{
	diag_add(&s->diags, SEV_ERROR, path, _("cannot be written: %s; nothing was written"),
		 file_at_why(host, &s->arena, rc))
		->hint = file_at_hint(rc, _("name another file with --output"));
	return EXIT_FAILED;
}

static enum exit_code write_to(struct session *s, const struct sysroot *host, const char *path,
			       const struct strbuf *tar)
{
	const struct file_owner owner = {0600, geteuid(), getegid()};
	struct file_at at;
	struct stat st;
	char *link;
	size_t len;
	int rc = file_at_find(host, &s->arena, path, false, &at);
	bool there, regular;

	if (rc < 0)
		return cannot(s, path, host, rc);
	there = !at.missing && (fstatat(at.dir, at.name, &st, AT_SYMLINK_NOFOLLOW) == 0);
	regular = there && S_ISREG(st.st_mode) && file_at_read_link(&at, &s->arena, &link, &len) < 0;
	if (there && (!regular || !answer_on(&s->answers, ANSWER_FORCE))) {
		diag_add(&s->diags, SEV_ERROR, path, _("is there already; nothing was written"))->hint =
			regular ? _("--force replaces it; --output names another file")
				: _("name another file with --output");
		return EXIT_FAILED;
	}
	rc = file_at_stage(&at, &s->arena, strbuf_text(tar), tar->len, &owner, NULL);
	if (rc == 0) {
		rc = file_at_commit(&at, &s->arena);
		if (rc < 0)
			file_at_discard(&at, &s->arena);
	}
	return rc < 0 ? cannot(s, path, host, rc) : EXIT_DONE;
}

static const char *command_for(struct report_run *r)
{
	struct session *s = r->s;
	struct strbuf out = STRBUF_INIT;
	const char *text;

	strbuf_puts(&out, "vpsfit plan --sysroot .");
	if (s->compose || (s->dir && !STR_EQ(s->dir, DEFAULT_DIR))) {
		strbuf_puts(&out, s->compose ? " --compose " : " --dir ");
		shell_word(&out, s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : s->dir);
	}
	text = redact_string(&r->redactor, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static const char *now_text(struct arena *a, int64_t now)
{
	const time_t at = (time_t)now;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, text);
}

static enum exit_code say(struct session *s, const struct manifest *m, bool dry)
{
	struct strbuf out = STRBUF_INIT;
	size_t replaced = 0;
	bool written;

	for (int i = 0; i < REDACT_KINDS; i++)
		replaced += m->redactor->times[i];
	if (answer_on(&s->answers, ANSWER_JSON))
		manifest_json(m, &out);
	else if (dry)
		manifest_text(m, &out);
	else
		text_printf(&out,
			    _("%s: %zu entries; %zu things were taken out or replaced. %s, the first in it, lists "
			      "them: read it before you hand the report on.\n"),
			    m->file, m->count, replaced, MANIFEST_NAME);
	written = (answer_on(&s->answers, ANSWER_QUIET) && !answer_on(&s->answers, ANSWER_JSON)) || report_out(&out);
	strbuf_clear(&out);
	return written ? EXIT_DONE : EXIT_FAILED;
}

static void pack(const struct manifest *m, int64_t now, struct strbuf *out)
{
	struct strbuf list = STRBUF_INIT;

	manifest_text(m, &list);
	tar_add(out, &(struct tar_entry){TAR_FILE, MANIFEST_NAME, strbuf_text(&list), list.len, 0600}, now);
	for (size_t i = 0; i < m->count; i++)
		tar_add(out, &m->entries[i], now);
	tar_end(out);
	strbuf_clear(&list);
}

static enum exit_code finish(struct report_run *r)
{
	struct session *s = r->s;
	const int64_t now = time(NULL);
	bool dry = answer_on(&s->answers, ANSWER_DRY_RUN);
	struct manifest m = {
		VPSFIT_VERSION, now_text(&s->arena, now), command_for(r), dry ? NULL : target_of(s), NULL, 0,
		&r->redactor};
	struct strbuf tar = STRBUF_INIT;
	struct sysroot host;
	enum exit_code code = EXIT_DONE;

	m.entries = bundle_entries(&r->bundle, &m.count);
	if (!dry) {
		if (sysroot_open(&host, "/") < 0)
			return EXIT_FAILED;
		pack(&m, now, &tar);
		code = write_to(s, &host, m.file, &tar);
		strbuf_clear(&tar);
		sysroot_close(&host);
	}
	return code == EXIT_DONE ? say(s, &m, dry) : code;
}

/* One file for whoever is asked for help, with nothing in it that opens or names anything. Asks no engine. */
enum exit_code command_report(struct session *s)
{
	struct report_run r = {.s = s};
	enum exit_code code;

	begin(&r);
	gather(&r);
	code = s->root_open ? finish(&r) : EXIT_USAGE;
	bundle_clear(&r.bundle);
	redact_clear(&r.redactor);
	return code;
}
