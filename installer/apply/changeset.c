#include "apply/changeset.h"

#include <errno.h>
#include <string.h>

#include "apply/building.h"
#include "apply/files.h"
#include "apply/swap_changes.h"
#include "core/i18n.h"
#include "stack/place.h"

#define NGINX_FILE "nginx/nginx.conf"

const char *change_kind_name(enum change_kind k)
{
	static const char *const names[] = {N_("none"), N_("create"), N_("edit"), N_("remove")};

	return names[k];
}

int building_cannot_read(const struct building *b, const char *path, int rc)
{
	struct diag *d = diag_add(b->diags, SEV_ERROR, path, _("cannot be read: %s; nothing was written"),
				  rc == -EFBIG	  ? _("it is over 1 MiB")
				  : rc == -EINVAL ? _("it is no regular file")
						  : strerror(-rc));

	d->hint = _("vpsfit leaves it as it is; move it away or mend it, then run again");
	return rc;
}

int building_template(const struct building *b, const char *name, char **ret, size_t *ret_len)
{
	const char *path = arena_printf(b->a, "%s/templates/%s", b->req->data_dir, name);
	int rc = file_read(b->a, path, ret, ret_len, NULL);

	return rc < 0 ? building_cannot_read(b, path, rc) : 0;
}

/* Fills in what is on disk; old_text stays NULL where nothing is. mode is for a new file. */
int building_load(const struct building *b, const char *name, mode_t mode, struct file_change *f)
{
	char *text;
	int rc;

	f->name = name;
	f->mode = mode;
	f->path = arena_printf(b->a, "%s/%s", b->req->dir, name);
	f->host_path = sysroot_resolve(b->req->root, b->a, f->path);
	if (!f->host_path)
		return building_cannot_read(b, f->path, -ELOOP);
	rc = file_read(b->a, f->host_path, &text, &f->old_len, &f->old_st);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return building_cannot_read(b, f->path, rc);
	f->old_text = text;
	return 0;
}

void building_settle_kind(struct file_change *f)
{
	if (!f->old_text)
		f->kind = CHANGE_CREATE;
	else if (f->secret_count > 0 || f->new_len != f->old_len || memcmp(f->new_text, f->old_text, f->new_len) != 0)
		f->kind = CHANGE_EDIT;
}

static int parse(const struct building *b, const struct file_change *f, const char *text, size_t len,
		 struct yaml_doc **ret)
{
	int rc = yaml_parse(b->a, f->path, text, len, b->diags, ret);

	if (rc < 0)
		diag_add(b->diags, SEV_ERROR, f->path, _("is not understood; nothing was written"))->hint =
			_("mend what is shown above, then run again");
	return rc;
}

/* A file of vpsfit's own stack: the template where it is not there yet. ret_doc is NULL for a file without owned
 * values. */
static int build_own(struct building *b, const char *name, struct file_change *f, const struct yaml_doc **ret_doc)
{
	struct yaml_doc *doc;
	char *text, *shipped;
	size_t len, shipped_len;
	int rc = building_load(b, name, 0644, f);

	if (rc == 0)
		rc = building_template(b, name, &shipped, &shipped_len);
	if (rc < 0)
		return rc;
	f->shipped = shipped;
	text = f->old_text ? (char *)f->old_text : shipped;
	len = f->old_text ? f->old_len : shipped_len;
	f->new_text = text;
	f->new_len = len;
	if (ret_doc && (rc = parse(b, f, text, len, &doc)) == 0) {
		*ret_doc = doc;
		rc = values_plan(b, doc, !f->old_text, f);
	}
	if (rc == 0)
		building_settle_kind(f);
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
		return building_cannot_read(b, b->req->dir, (int)n);
	for (long i = 0; i < n; i++) {
		if (is_state_dir(b, names[i]))
			continue;
		diag_add(b->diags, SEV_ERROR, b->req->dir,
			 _("is not empty ('%s' is there) and was not written by vpsfit; nothing was written"), names[i])
			->hint = _("choose another directory with --dir, fit a stack that is there with --compose "
				   "FILE, or move it away");
		return -ENOTEMPTY;
	}
	return 0;
}

/* Secrets first, so that no compose file ever stands without them. */
static void put_env_files(struct building *b)
{
	for (size_t i = 0; i < b->env_count; i++) {
		struct file_change *f = &b->envs[i].change;

		if (!b->envs[i].loaded || (!f->old_text && f->new_len == 0))
			continue;
		building_settle_kind(f);
		b->set->files[b->set->count++] = *f;
	}
}

/* Does a text with this in it stand in a service's list or string, in Compose's short form or its long one? */
static bool mentions(const struct yaml_node *node, const char *text)
{
	if (!node || node->kind == YAML_SCALAR)
		return node && strstr(node->value, text);
	for (size_t i = 0; node->kind != YAML_ALIAS && i < node->count; i++)
		if (mentions(node->items[i], text))
			return true;
	return false;
}

static bool service_mentions(const struct building *b, enum service s, const char *key, const char *text)
{
	const char *path = arena_printf(b->a, "services/%s/%s", b->set->layout.services[s], key);

	return mentions(place_effective(b->a, b->compose->root, path), text);
}

/*
 * Where the compose file does not mount it, nobody would read it: a stack of an earlier version, or somebody who does
 * without. Where it does, Docker makes a directory in the place of a file that is not there.
 */
static int build_sharing(struct building *b, struct file_change *f)
{
	return service_mentions(b, SERVICE_LITELLM, "volumes", SHARING_FILE) ? build_own(b, SHARING_FILE, f, NULL) : 0;
}

static int build_stack(struct building *b)
{
	const struct yaml_doc *litellm;
	struct file_change nginx = {.kind = CHANGE_NONE}, config = {.kind = CHANGE_NONE},
			   sharing = {.kind = CHANGE_NONE}, compose = {.kind = CHANGE_NONE};
	int rc = refuse_foreign(b);

	b->set->layout = owned_layout_own;
	b->set->owned_count = owned_values(b->a, b->req->plan, &b->set->layout, b->set->owned);
	if (rc == 0)
		rc = build_own(b, COMPOSE_FILE, &compose, &b->compose);
	if (rc == 0)
		rc = build_own(b, LITELLM_FILE, &config, &litellm);
	if (rc == 0)
		rc = build_sharing(b, &sharing);
	if (rc == 0)
		rc = build_own(b, NGINX_FILE, &nginx, NULL);
	if (rc == 0)
		rc = env_files_plan_own(b);
	if (rc < 0)
		return rc;
	put_env_files(b);
	b->set->files[b->set->count++] = nginx;
	b->set->files[b->set->count++] = config;
	if (sharing.new_text)
		b->set->files[b->set->count++] = sharing;
	b->set->files[b->set->count++] = compose;
	return 0;
}

static int load_foreign(struct building *b, struct file_change *f)
{
	struct yaml_doc *doc;
	int rc = building_load(b, b->req->compose, 0644, f);

	if (rc == 0 && !f->old_text) {
		diag_add(b->diags, SEV_ERROR, f->path, _("is not there; nothing was written"))->hint =
			_("--compose names the compose file of a stack that is there; without it vpsfit writes one of "
			  "its own");
		return -ENOENT;
	}
	if (rc == 0)
		rc = parse(b, f, f->old_text, f->old_len, &doc);
	if (rc == 0)
		b->compose = doc;
	return rc;
}

/* A stack that somebody else wrote: its compose file, and the env files in which a variable stands for an owned value.
 */
static int build_adopted(struct building *b)
{
	struct file_change compose = {.kind = CHANGE_NONE};
	int rc = load_foreign(b, &compose);

	if (rc < 0)
		return rc;
	b->set->compose = compose.path;
	b->set->layout = (struct owned_layout){.file = b->req->compose};
	rc = roles_find(b->a, b->compose, b->req->answers->services, b->diags, &b->set->layout);
	if (rc < 0)
		return rc;
	b->set->owned_count = owned_values(b->a, b->req->plan, &b->set->layout, b->set->owned);
	rc = values_plan(b, b->compose, false, &compose);
	if (rc < 0)
		return rc;
	building_settle_kind(&compose);
	put_env_files(b);
	b->set->files[b->set->count++] = compose;
	return 0;
}

/* Compose merges such a file over the other by itself: what it says of a limit holds. */
static void warn_of_override(const struct building *b)
{
	static const char *const names[] = {"compose.override.yaml", "compose.override.yml",
					    "docker-compose.override.yml", "docker-compose.override.yaml"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *path = arena_printf(b->a, "%s/%s", b->req->dir, names[i]);

		if (!sysroot_exists(b->req->root, path))
			continue;
		diag_add(b->diags, SEV_WARNING, path,
			 _("is not looked into, and Compose merges it over the other file"))
			->hint = _("a worker count or a limit in it goes before what vpsfit writes");
		return;
	}
}

/*
 * Without this flag each worker loads LiteLLM for itself: two need 1693 MiB to start (profiles/README.md), which is
 * more than a limit that counts with shared memory. What else the command does is not known, so a person puts it in.
 */
static void warn_of_loading(const struct building *b)
{
	const char *name = b->set->layout.services[SERVICE_LITELLM];

	if (b->req->plan->workers < 2 || service_mentions(b, SERVICE_LITELLM, "command", "--run_gunicorn"))
		return;
	diag_add(b->diags, SEV_WARNING, b->compose->name,
		 _("%s is started without --run_gunicorn: each of %lld workers loads the program for itself, which may "
		   "need more than its limit"),
		 name, (long long)b->req->plan->workers)
		->hint = _("put \"--run_gunicorn\" into its command, or watch its memory after the start");
}

/* A stack of vpsfit's that was written before there was such a file. One worker has nobody to share with. */
static void note_sharing(const struct building *b)
{
	if (!b->set->layout.own || b->req->plan->workers < 2 ||
	    !service_mentions(b, SERVICE_LITELLM, "command", "--run_gunicorn") ||
	    service_mentions(b, SERVICE_LITELLM, "volumes", SHARING_FILE))
		return;
	diag_add(b->diags, SEV_INFO, b->compose->name,
		 _("litellm does not mount %s: its workers share their memory only until Python collects garbage"),
		 SHARING_FILE)
		->hint = arena_printf(b->a,
				      _("copy its line and that of PYTHONPATH from %s/templates/compose.yaml, and "
					"apply again"),
				      b->req->data_dir);
}

/*
 * Compares the plan with the stack. Reads only. Returns 0; -ENOTEMPTY where the directory is somebody else's; -ENOTUNIQ
 * where a compose file leaves open which service is which; another negative errno where a file cannot be read or
 * edited; errors are in diags. Conflicts with edits by hand are counted, not refused: that is the command's decision.
 */
int changeset_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		    struct changeset *ret)
{
	struct changeset *set = arena_alloc(a, sizeof(*set));
	struct building b = {.a = a, .req = req, .diags = diags, .set = set};
	int rc;

	set->dir = req->dir;
	set->state = *req->state;
	warn_of_override(&b);
	rc = req->compose ? build_adopted(&b) : build_stack(&b);
	if (rc == 0) {
		warn_of_loading(&b);
		note_sharing(&b);
	}
	if (rc == 0)
		rc = swap_changes_build(a, req, diags, set);
	if (rc == 0)
		*ret = *set;
	return rc;
}

bool changeset_open_choice(struct arena *a, const struct changeset_request *req, struct open_choice *ret)
{
	struct arena scratch = ARENA_INIT;
	struct diag_list unheard;
	struct file_change f = {.kind = CHANGE_NONE};
	struct building b = {.a = a, .req = req, .diags = &unheard};
	bool found = false, readable;

	diag_init(&unheard, &scratch);
	readable = req->compose && load_foreign(&b, &f) == 0;
	for (int s = 0; readable && s < SERVICE_COUNT && !found; s++) {
		struct role r = roles_candidates(a, b.compose, (enum service)s);

		found = !req->answers->services[s] && r.count > 1;
		if (!found)
			continue;
		ret->service = (enum service)s;
		ret->count = r.count;
		memcpy(ret->candidates, r.candidates, sizeof(ret->candidates));
	}
	diag_clear(&unheard);
	arena_clear(&scratch);
	return found;
}

static bool swap_pending(const struct changeset *c)
{
	bool pending = c->swappiness >= 0 && c->swappiness_now >= 0 && c->swappiness != c->swappiness_now;

	for (size_t i = 0; i < c->area_count; i++)
		pending |= plan_area_changes(&c->areas[i]);
	return pending;
}

/* Is there anything to write? */
bool changeset_pending(const struct changeset *c)
{
	if (c->decided > 0 || swap_pending(c))
		return true;
	for (size_t i = 0; i < c->count; i++)
		if (c->files[i].kind != CHANGE_NONE)
			return true;
	return false;
}
