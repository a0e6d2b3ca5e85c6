#include "apply/changeset.h"

#include <errno.h>
#include <string.h>

#include "apply/files.h"
#include "apply/volumes.h"
#include "stack/env.h"

/* The name that the template gives to it. */
#define DATABASE_VOLUME "postgres_data"

struct stack_file {
	const char *name;
	mode_t mode;
	bool owned; /* has owned values */
	bool env;
};

/* In the order of writing: secrets first, so that no compose file ever stands without them. */
static const struct stack_file stack_files[STACK_FILES] = {
	{".env", 0600, false, true},
	{"nginx/nginx.conf", 0644, false, false},
	{LITELLM_FILE, 0644, true, false},
	{COMPOSE_FILE, 0644, true, false},
};

struct building {
	struct arena *a;
	const struct changeset_request *req;
	struct diag_list *diags;
	struct changeset *set;
};

const char *change_kind_name(enum change_kind k)
{
	static const char *const names[] = {"none", "create", "edit"};

	return names[k];
}

static int cannot_read(const struct building *b, const char *path, int rc)
{
	struct diag *d = diag_add(b->diags, SEV_ERROR, path, "cannot be read: %s; nothing was written",
				  rc == -EFBIG	 ? "it is over 1 MiB"
				  : rc == -EINVAL ? "it is no regular file"
						  : strerror(-rc));

	d->hint = "vpsfit leaves it as it is; move it away or mend it, then run again";
	return rc;
}

static int load_template(const struct building *b, const char *name, char **ret, size_t *ret_len)
{
	const char *path = arena_printf(b->a, "%s/templates/%s", b->req->data_dir, name);
	int rc = file_read(b->a, path, ret, ret_len, NULL);

	return rc < 0 ? cannot_read(b, path, rc) : 0;
}

static int load_current(const struct building *b, const struct stack_file *sf, struct file_change *f)
{
	char *text;
	int rc;

	f->name = sf->name;
	f->mode = sf->mode;
	f->path = arena_printf(b->a, "%s/%s", b->req->dir, sf->name);
	f->host_path = sysroot_resolve(b->req->root, b->a, f->path);
	if (!f->host_path)
		return cannot_read(b, f->path, -ELOOP);
	rc = file_read(b->a, f->host_path, &text, &f->old_len, &f->old_st);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return cannot_read(b, f->path, rc);
	f->old_text = text;
	return 0;
}

/* What is to become of a value that was edited by hand. */
static enum edit_policy policy_for(const struct building *b, const char *key)
{
	for (size_t i = 0; i < b->req->decision_count; i++)
		if (STR_EQ(b->req->decisions[i].key, key))
			return b->req->decisions[i].keep ? EDITS_KEEP : EDITS_OVERWRITE;
	return b->req->answers->edits;
}

/* Was it kept by an earlier apply, and is it still what stood there then? */
static bool was_kept(const struct state_value *was, const struct edit *e)
{
	return was && was->kept && STR_EQ(e->current, was->kept);
}

/*
 * A value that is there is left as it is, is written, or is in conflict: edited by hand, for it is neither what was written last nor
 * what is wanted now. Returns whether there is something to show.
 */
static bool judge(const struct building *b, struct edit *e, struct value_change *v)
{
	const struct state_value *was = state_find(&b->set->state, e->owned->key);
	enum edit_policy policy = policy_for(b, e->owned->key);

	if (STR_EQ(e->current, e->owned->wanted))
		return false;
	if (was_kept(was, e) && policy != EDITS_OVERWRITE) {
		e->keep = true;
	} else if (was && !STR_EQ(e->current, was->written) && !was_kept(was, e)) {
		v->conflict = policy == EDITS_ASK;
		v->edited = true;
		e->keep = policy != EDITS_OVERWRITE;
		b->set->conflicts += v->conflict;
		b->set->decided += policy == EDITS_KEEP;
	}
	if (e->keep)
		b->set->kept[e->owned - b->set->owned] = e->current;
	return !was_kept(was, e) || !e->keep;
}

static void note_values(const struct building *b, struct edit_file *edits, bool fresh, struct file_change *f)
{
	for (size_t i = 0; i < edits->count; i++) {
		struct edit *e = &edits->edits[i];
		struct value_change v = {.label = e->owned->label, .key = e->owned->key, .from = e->current,
					 .to = e->owned->wanted};

		if (fresh)
			v.from = NULL;
		else if (!e->current) {
			/* A config.yaml that somebody made their own may well lack the pool limit. */
			e->keep = !STR_EQ(e->owned->file, COMPOSE_FILE);
			continue;
		} else if (!judge(b, e, &v))
			continue;
		v.kept = e->keep;
		f->values[f->value_count++] = v;
	}
}

static int plan_edits(const struct building *b, const char *text, size_t len, bool fresh, struct file_change *f)
{
	struct edit_file edits;
	struct strbuf out = STRBUF_INIT;
	int rc = edit_find(b->a, f->path, text, len, f->name, b->set->owned, b->set->owned_count, b->diags, &edits);

	if (rc < 0)
		return rc;
	note_values(b, &edits, fresh, f);
	rc = edit_render(b->a, &edits, b->diags, &out);
	if (rc == 0) {
		f->new_text = arena_strndup(b->a, strbuf_text(&out), out.len);
		f->new_len = out.len;
	}
	strbuf_clear(&out);
	return rc;
}

static void set_env(const struct building *b, struct file_change *f, const char *key, const char *value)
{
	struct strbuf out = STRBUF_INIT;
	const char *now = env_get(b->a, f->new_text, key);

	if (!value || (now && STR_EQ(now, value)))
		return;
	env_set(f->new_text, key, value, &out);
	f->new_text = arena_strdup(b->a, strbuf_text(&out));
	f->new_len = out.len;
	strbuf_clear(&out);
}

/*
 * A database keeps the password it was made with: a new one would lock the gateway out of its own data. 0, or -EKEYREJECTED with an
 * error where the secret is neither in .env nor kept from a rollback.
 */
static int guard_database(const struct building *b, const struct file_change *f, const char *key)
{
	const char *volume;
	char *kept;
	size_t len;
	struct diag *d;

	if (!env_secret_find(key)->in_database ||
	    (file_read(b->a, arena_printf(b->a, "%s/kept.env", b->set->state.store), &kept, &len, NULL) == 0 &&
	     env_has(b->a, kept, key)))
		return 0;
	volume = volumes_find(b->req->root, b->a, b->req->dir, f->old_text, DATABASE_VOLUME);
	if (!volume)
		return 0;
	d = diag_add(b->diags, SEV_ERROR, f->path, "%s is missing, and the database volume %s was made with it; "
		     "nothing was written", key, volume);
	d->hint = arena_printf(b->a, "put the old %s back into %s, or remove the volume with everything in it: docker volume rm %s",
			       key, f->path, volume);
	return -EKEYREJECTED;
}

/* A provider's key that is given takes the place of the one that is there: a new one was bought, or the old one was mistyped. */
static void set_provider_keys(const struct building *b, struct file_change *f)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++) {
		const char *before = f->new_text;

		set_env(b, f, env_provider_keys[i], b->req->answers->provider_keys[i]);
		if (f->new_text != before)
			f->given[f->given_count++] = env_provider_keys[i];
	}
}

/* Address and port change only where they were asked for; secrets are named here and made by apply. */
static int plan_env(const struct building *b, const char *text, size_t len, struct file_change *f)
{
	const struct answers *ans = b->req->answers;

	if (strlen(text) != len) {
		diag_add(b->diags, SEV_ERROR, f->path, "holds a NUL byte; nothing was written")->hint =
			"take it out with an editor, then run again";
		return -EINVAL;
	}
	f->new_text = text;
	f->new_len = len;
	set_env(b, f, "GATEWAY_BIND", ans->bind);
	if (ans->port > 0)
		set_env(b, f, "GATEWAY_PORT", arena_printf(b->a, "%lld", (long long)ans->port));
	set_provider_keys(b, f);
	for (size_t i = 0; i < env_secret_count; i++) {
		if (env_has(b->a, text, env_secrets[i].key))
			continue;
		if (guard_database(b, f, env_secrets[i].key) < 0)
			return -EKEYREJECTED;
		f->secrets[f->secret_count++] = env_secrets[i].key;
	}
	return 0;
}

static void settle_kind(struct file_change *f)
{
	if (!f->old_text)
		f->kind = CHANGE_CREATE;
	else if (f->secret_count > 0 || f->new_len != f->old_len || memcmp(f->new_text, f->old_text, f->new_len) != 0)
		f->kind = CHANGE_EDIT;
}

static int build_file(const struct building *b, const struct stack_file *sf, struct file_change *f)
{
	bool fresh;
	char *text;
	size_t len;
	int rc = load_current(b, sf, f);

	if (rc < 0)
		return rc;
	fresh = !f->old_text;
	text = (char *)f->old_text;
	len = f->old_len;
	if (fresh && (rc = load_template(b, sf->name, &text, &len)) < 0)
		return rc;
	if (sf->owned)
		rc = plan_edits(b, text, len, fresh, f);
	else if (sf->env)
		rc = plan_env(b, text, len, f);
	else
		f->new_text = text, f->new_len = len;
	if (rc == 0)
		settle_kind(f);
	return rc;
}

/* The state directory may lie inside the stack directory (make run does that); it does not make it foreign. */
static bool is_state_dir(const struct building *b, const char *name)
{
	const char *path = arena_printf(b->a, "%s/%s", b->req->dir, name);
	size_t n = strlen(path);

	return strncmp(b->req->state_dir, path, n) == 0 &&
	       (b->req->state_dir[n] == '\0' || b->req->state_dir[n] == '/');
}

static int refuse_foreign(const struct building *b)
{
	char **names;
	long n = sysroot_list(b->req->root, b->a, b->req->dir, &names);

	if (b->set->state.present || n == -ENOENT)
		return 0;
	if (n < 0)
		return cannot_read(b, b->req->dir, (int)n);
	for (long i = 0; i < n; i++) {
		if (is_state_dir(b, names[i]))
			continue;
		diag_add(b->diags, SEV_ERROR, b->req->dir,
			 "is not empty ('%s' is there) and was not written by vpsfit; nothing was written", names[i])
			->hint = "choose another directory with --dir, or move what is there away";
		return -ENOTEMPTY;
	}
	return 0;
}

/*
 * Compares the plan with the stack directory. Reads only. Returns 0; -ENOTEMPTY where the directory is somebody
 * else's; another negative errno where a file cannot be read or edited; errors are in diags. Conflicts with edits by
 * hand are counted, not refused: that is the command's decision.
 */
int changeset_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		    struct changeset *ret)
{
	struct changeset *set = arena_alloc(a, sizeof(*set));
	const struct building b = {a, req, diags, set};
	int rc;

	set->dir = req->dir;
	set->state = *req->state;
	rc = refuse_foreign(&b);
	if (rc < 0)
		return rc;
	set->owned_count = owned_values(a, req->plan, set->owned);
	for (size_t i = 0; i < STACK_FILES; i++) {
		rc = build_file(&b, &stack_files[i], &set->files[set->count++]);
		if (rc < 0)
			return rc;
	}
	*ret = *set;
	return 0;
}

/* Is there anything to write? */
bool changeset_pending(const struct changeset *c)
{
	if (c->decided > 0)
		return true;
	for (size_t i = 0; i < c->count; i++)
		if (c->files[i].kind != CHANGE_NONE)
			return true;
	return false;
}
