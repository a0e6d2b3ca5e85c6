#include "apply/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "apply/files.h"
#include "stack/env.h"

#define SECRET_BYTES 32

struct transaction {
	struct arena *a;
	const struct changeset *set;
	struct diag_list *diags;
	apply_progress progress;
	void *context;
	struct staged_file staged[STACK_FILES];
	bool committed[STACK_FILES];
	char *made_dirs[STACK_FILES + 2]; /* outermost directory that was made, in order */
	char *wanted_dirs[STACK_FILES + 2];
	size_t dir_count;
	const char *state_dir;
	bool state_written;
};

static void say(const struct transaction *t, const char *text)
{
	if (t->progress)
		t->progress(t->context, text);
}

static int failed(const struct transaction *t, const char *path, const char *what, int rc)
{
	struct diag *d = diag_add(t->diags, SEV_ERROR, path, "%s: %s; everything was put back as it was", what,
				  strerror(-rc));

	d->hint = rc == -EACCES || rc == -EPERM ? "run as root, or choose --dir and --state where you may write"
		: rc == -ENOSPC		        ? "free some space, then run again"
					        : "mend that, then run again";
	return rc;
}

/* One secret: 32 bytes of getrandom(2) in hex, which is safe in URLs and in YAML. */
static int make_secret(const struct env_secret *secret, char out[static 2 * SECRET_BYTES + 8])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[SECRET_BYTES];
	size_t n = strlen(secret->prefix);

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	memcpy(out, secret->prefix, n);
	for (size_t i = 0; i < SECRET_BYTES; i++) {
		out[n + 2 * i] = digits[bytes[i] >> 4];
		out[n + 2 * i + 1] = digits[bytes[i] & 15];
	}
	out[n + sizeof(bytes) * 2] = '\0';
	return 0;
}

/* The text of .env with the missing secrets made; the existing ones are not touched. */
static int fill_secrets(const struct transaction *t, const struct file_change *f, const char **text)
{
	for (size_t i = 0; i < env_secret_count; i++) {
		char secret[2 * SECRET_BYTES + 8];
		struct strbuf out = STRBUF_INIT;
		int rc;

		if (env_has(t->a, *text, env_secrets[i].key))
			continue;
		rc = make_secret(&env_secrets[i], secret);
		if (rc < 0)
			return failed(t, f->path, "no random bytes for secrets", rc);
		env_set(*text, env_secrets[i].key, secret, &out);
		*text = arena_strdup(t->a, strbuf_text(&out));
		strbuf_clear(&out);
	}
	return 0;
}

static int make_dir(struct transaction *t, const char *path, mode_t mode)
{
	char *first;
	int rc = file_make_dirs(path, mode, &first, t->a);

	if (rc < 0)
		return failed(t, path, "the directory cannot be made", rc);
	if (first) {
		t->wanted_dirs[t->dir_count] = arena_strdup(t->a, path);
		t->made_dirs[t->dir_count++] = first;
	}
	return 0;
}

static int stage(struct transaction *t, size_t i)
{
	const struct file_change *f = &t->set->files[i];
	const char *slash = strrchr(f->host_path, '/');
	const char *text = f->new_text;
	size_t len = f->new_len;
	int rc = make_dir(t, arena_strndup(t->a, f->host_path, (size_t)(slash - f->host_path)), 0755);

	if (rc < 0)
		return rc;
	if (f->secret_count > 0) {
		rc = fill_secrets(t, f, &text);
		if (rc < 0)
			return rc;
		len = strlen(text);
	}
	rc = file_stage(t->a, f->host_path, text, len, f->mode, f->old_text ? &f->old_st : NULL, &t->staged[i]);
	return rc < 0 ? failed(t, f->path, "cannot be written", rc) : 0;
}

/* Has somebody written to the file since it was read? */
static int check_unchanged(const struct transaction *t, const struct file_change *f)
{
	struct stat st;
	int rc = stat(f->host_path, &st) < 0 ? -errno : 0;
	bool same = f->old_text ? rc == 0 && st.st_ino == f->old_st.st_ino && st.st_size == f->old_st.st_size &&
					  st.st_mtim.tv_sec == f->old_st.st_mtim.tv_sec &&
					  st.st_mtim.tv_nsec == f->old_st.st_mtim.tv_nsec
				: rc == -ENOENT;

	if (same)
		return 0;
	diag_add(t->diags, SEV_ERROR, f->path, "was changed by somebody else meanwhile; nothing was written")->hint =
		"run again to see the new difference";
	return -EAGAIN;
}

static int write_state(struct transaction *t, const struct state_record *rec)
{
	struct strbuf out = STRBUF_INIT;
	struct staged_file staged = {NULL, NULL};
	int rc;

	state_render(rec, &t->set->state, &out);
	rc = file_stage(t->a, t->set->state.path, strbuf_text(&out), out.len, 0600, NULL, &staged);
	if (rc == 0)
		rc = file_commit(&staged);
	if (rc < 0)
		file_discard(&staged);
	else
		t->state_written = true;
	strbuf_clear(&out);
	return rc < 0 ? failed(t, t->set->state.path, "the state cannot be written", rc) : 0;
}

static int put_back(struct transaction *t, const struct file_change *f)
{
	struct staged_file old;
	int rc;

	if (!f->old_text)
		return unlink(f->host_path) < 0 ? -errno : file_sync_parent(f->host_path);
	rc = file_stage(t->a, f->host_path, f->old_text, f->old_len, f->mode, &f->old_st, &old);
	return rc < 0 ? rc : file_commit(&old);
}

/* Removes the directories from wanted up to first, as long as they are empty. */
static void remove_dirs(struct arena *a, const char *wanted, const char *first)
{
	size_t stop = strlen(first);

	for (size_t n = strlen(wanted); n >= stop; n--)
		if ((wanted[n] == '/' || wanted[n] == '\0') && rmdir(arena_strndup(a, wanted, n)) < 0)
			return;
}

static void undo(struct transaction *t, const char *old_state, size_t old_state_len)
{
	struct staged_file state;

	for (size_t i = t->set->count; i-- > 0;) {
		int rc = 0;

		if (t->committed[i])
			rc = put_back(t, &t->set->files[i]);
		else
			file_discard(&t->staged[i]);
		if (rc < 0)
			diag_add(t->diags, SEV_ERROR, t->set->files[i].path, "could not be put back: %s",
				 strerror(-rc))->hint = "run 'vpsfit apply' again to finish it";
	}
	if (t->state_written && !old_state)
		unlink(t->set->state.path);
	else if (t->state_written &&
		 file_stage(t->a, t->set->state.path, old_state, old_state_len, 0600, NULL, &state) == 0 &&
		 file_commit(&state) < 0)
		file_discard(&state);
	for (size_t i = t->dir_count; i-- > 0;)
		remove_dirs(t->a, t->wanted_dirs[i], t->made_dirs[i]);
}

static int stage_all(struct transaction *t)
{
	int rc = make_dir(t, t->state_dir, 0700);

	for (size_t i = 0; rc == 0 && i < t->set->count; i++)
		if (t->set->files[i].kind != CHANGE_NONE)
			rc = stage(t, i);
	for (size_t i = 0; rc == 0 && i < t->set->count; i++)
		if (t->set->files[i].kind != CHANGE_NONE)
			rc = check_unchanged(t, &t->set->files[i]);
	return rc;
}

static int commit_all(struct transaction *t)
{
	for (size_t i = 0; i < t->set->count; i++) {
		const struct file_change *f = &t->set->files[i];
		int rc;

		if (f->kind == CHANGE_NONE)
			continue;
		say(t, arena_printf(t->a, "%s %s", f->kind == CHANGE_CREATE ? "create" : "edit  ", f->path));
		rc = file_commit(&t->staged[i]);
		t->committed[i] = rc == 0;
		if (rc < 0)
			return failed(t, f->path, "cannot be put in its place", rc);
	}
	return 0;
}

static int take_lock(struct transaction *t, int *ret_fd)
{
	int fd = open(t->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed(t, t->state_dir, "the state directory cannot be opened", -errno);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		diag_add(t->diags, SEV_ERROR, t->state_dir, "another vpsfit is at work; nothing was written")->hint =
			"wait for it to end, then run again";
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}

static int run(struct transaction *t, struct state_record *rec)
{
	int rc = stage_all(t);
	int lock = -1;

	if (rc == 0)
		rc = take_lock(t, &lock);
	if (rc == 0)
		rc = write_state(t, rec);
	if (rc == 0)
		rc = commit_all(t);
	if (rc == 0) {
		rec->status = "done";
		rc = write_state(t, rec);
	}
	if (lock >= 0)
		close(lock);
	return rc;
}

/*
 * Stages every file, records the state as "applying", puts the files in their places and records "done". A failure undoes what was
 * done and returns a negative errno with errors in diags. Cut off in the middle, the next run finds its own state
 * and finishes. `time` is recorded. With nothing to change nothing is written.
 */
int apply_changes(struct arena *a, const struct changeset *set, const struct plan *plan, const char *time,
		  apply_progress progress, void *context, struct diag_list *diags)
{
	struct transaction t = {.a = a, .set = set, .diags = diags, .progress = progress, .context = context,
				.state_dir = set->host_state_dir};
	struct state_record rec = {"applying", set->dir, time, plan, set->owned, set->owned_count};
	char *old_state = NULL;
	size_t old_len = 0;
	int rc;

	if (!changeset_pending(set))
		return 0;
	if (set->state.present && (rc = file_read(a, set->state.path, &old_state, &old_len, NULL)) < 0)
		return failed(&t, set->state.path, "the state cannot be read", rc);
	rc = run(&t, &rec);
	if (rc < 0)
		undo(&t, old_state, old_len);
	return rc;
}
