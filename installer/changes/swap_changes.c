/* SPDX-License-Identifier: MIT */
#include "changes/swap_changes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "files/at.h"
#include "swap/fstab.h"
#include "core/i18n.h"
#include "swap/at_boot.h"
#include "swap/unit.h"
#include "core/units.h"

struct building {
	struct arena *a;
	const struct changeset_request *req;
	struct diag_list *diags;
	struct changeset *set;
};

static int cannot(const struct building *b, const char *path, int rc)
{
	diag_add(b->diags, SEV_ERROR, path, _("cannot be read: %s; nothing was written"),
		 file_at_why(b->req->root, b->a, rc))
		->hint = file_at_hint(rc, _("vpsfit leaves it as it is; move it away or fix it, then run again"));
	return rc;
}

/* Adds a file to the set if it differs from `wanted` (NULL: should not exist). */
static int add_file(const struct building *b, const char *path, const char *wanted, bool link)
{
	struct file_change f = {.name = strrchr(path, '/') + 1, .path = path, .mode = 0644, .link = link};
	struct file_at at;
	char *text;
	int rc = file_at_find(b->req->root, b->a, path, !link, &at);

	if (rc == 0)
		rc = link ? file_at_read_link(&at, b->a, &text, &f.old_len)
			  : file_at_read(&at, b->a, &text, &f.old_len, &f.old_st);
	if (rc == 0)
		f.old_text = text;
	else if (rc != -ENOENT && rc != -ENOTDIR)
		return cannot(b, path, rc);
	f.new_text = wanted;
	f.new_len = wanted ? strlen(wanted) : 0;
	if (!f.old_text && !wanted)
		return 0;
	if (f.old_text && wanted && f.old_len == f.new_len && memcmp(f.old_text, wanted, f.new_len) == 0)
		f.kind = CHANGE_NONE;
	else
		f.kind = !wanted ? CHANGE_REMOVE : f.old_text ? CHANGE_EDIT : CHANGE_CREATE;
	if (b->set->count == CHANGE_FILES) {
		diag_add(b->diags, SEV_ERROR, path, _("is one file too many for one change"));
		return -E2BIG;
	}
	b->set->files[b->set->count++] = f;
	return 0;
}

/* Returns 0, or a negative errno. */
static int read_text(const struct building *b, const char *path, char **ret, size_t *ret_len)
{
	struct file_at at;
	int rc = file_at_find(b->req->root, b->a, path, true, &at);

	return rc < 0 ? rc : file_at_read(&at, b->a, ret, ret_len, NULL);
}

/* Is there something else than a file, such as a device or a directory? */
static bool is_no_file(int rc)
{
	return rc == -EINVAL || rc == -EISDIR;
}

static void not_at_boot(const struct building *b, const char *path, const char *why, const char *how)
{
	diag_note(b->diags, "not-done", SEV_WARNING, path, _("%s: the swap is turned on now, and not at the next boot"),
		  why)
		->hint = how;
}

/* A person's own unit: has boot start it, and does it lead to the area that its name says? */
static void check_own(const struct building *b, const char *path, const char *what, const char *text)
{
	const char *name = strrchr(path, '/') + 1, *says = swap_unit_value(b->a, text, "What");
	const char *mend = swap_unit_mend(b->req->root, b->a, name, text);

	if (!says || !STR_EQ(says, what))
		not_at_boot(b, path, arena_printf(b->a, _("is not vpsfit's, and names %s"), says ? says : _("nothing")),
			    arena_printf(b->a, _("write 'What=%s' into it"), what));
	else if (mend)
		not_at_boot(b, path, _("is not vpsfit's, and nothing has it started"),
			    arena_printf(b->a, _("'%s' changes that"), mend));
}

/*
 * A unit of the same name that is somebody else's is left alone: another one turns the area on just as well, and one
 * that is masked (a link to /dev/null, or empty) is their decision. Then swap is made all the same; that no boot turns
 * it on is said where it is wanted.
 */
static bool is_foreign(const struct building *b, const char *path, const char *what, bool wanted)
{
	char *text = NULL;
	size_t len;
	int rc = read_text(b, path, &text, &len);
	bool masked = is_no_file(rc) || (rc == 0 && len == 0);
	bool own = rc == 0 && len > 0 && strncmp(text, SWAP_UNIT_MARK, strlen(SWAP_UNIT_MARK)) != 0;

	if (masked && wanted)
		not_at_boot(b, path, _("is masked"),
			    arena_printf(b->a, _("'systemctl unmask %s', then run again"), strrchr(path, '/') + 1));
	else if (own && wanted)
		check_own(b, path, what, text);
	return masked || own;
}

/* Unit before link when adding, link before unit when removing: the link never dangles. */
static int add_unit(const struct building *b, const struct swap_change *area, bool wanted)
{
	const char *what = swap_unit_what(b->a, area->path, area->uuid);
	const char *unit = swap_unit_path(b->a, what), *wants = swap_unit_wants(b->a, what);
	int rc;

	if (is_foreign(b, unit, what, wanted))
		return 0;
	if (!wanted) {
		rc = add_file(b, wants, NULL, true);
		return rc < 0 ? rc : add_file(b, unit, NULL, false);
	}
	rc = add_file(b, unit, swap_unit_text(b->a, what), false);
	return rc < 0 ? rc : add_file(b, wants, unit, true);
}

struct lines {
	const char *comes[SWAP_MAX_OWN];
	size_t come_count;
	const char *goes[SWAP_MAX_OWN];
	size_t go_count;
};

/* *ret is NULL where it cannot be read, or is no text. Returns 0, or a negative errno. */
static int read_fstab(const struct building *b, const char **ret)
{
	char *text;
	size_t len;
	int rc = read_text(b, FSTAB_PATH, &text, &len);

	*ret = rc == 0 && strlen(text) == len ? text : NULL;
	return rc;
}

static int add_fstab(const struct building *b, const struct lines *lines)
{
	const char *text, *edited;
	int rc = read_fstab(b, &text);

	if (is_no_file(rc) && lines->come_count > 0)
		not_at_boot(b, FSTAB_PATH,
			    arena_printf(b->a, _("cannot be read (%s)"), file_at_why(b->req->root, b->a, rc)),
			    _("make it a regular file again, then run again"));
	if (is_no_file(rc))
		return 0;
	if (lines->come_count == 0 && (lines->go_count == 0 || !text))
		return 0;
	rc = fstab_edit(b->a, FSTAB_PATH, text ? text : "", lines->comes, lines->come_count, lines->goes,
			lines->go_count, b->diags, &edited);
	return rc < 0 ? rc : add_file(b, FSTAB_PATH, edited, false);
}

/*
 * Makes what stays permanent and what goes temporary; new entries come before old ones are removed. If somebody listed
 * an area in /etc/fstab, that line is enough and no unit is needed.
 */
static int add_lasting(const struct building *b)
{
	struct lines lines = {.come_count = 0};
	const char *fstab;
	bool systemd = b->req->plan->machine->systemd;
	int rc = 0;

	read_fstab(b, &fstab);
	/* Swap that cannot be changed here, or whose entries could not be written just now, stays as it is. */
	if (!b->req->plan->machine->swap.possible)
		return 0;
	for (int wanted = 1; rc == 0 && wanted >= 0; wanted--)
		for (size_t i = 0; rc == 0 && i < b->set->area_count; i++) {
			const struct swap_change *area = &b->set->areas[i];
			const char *source = swap_fstab_source(b->a, area->path, area->uuid);

			/* Another stack's unchanged area has its own entry. */
			if ((!area->recorded && !swap_is_changed(area)) || area->after.on != wanted)
				continue;
			/* An unmarked fstab line for a partition may be wanted without vpsfit. */
			if (!wanted && (!area->device || (fstab && fstab_marks(b->a, fstab, source))))
				lines.goes[lines.go_count++] = source;
			else if (wanted && !systemd)
				lines.comes[lines.come_count++] = source;
			if (wanted && (!systemd || (fstab && fstab_lists(b->a, fstab, source))))
				continue;
			rc = add_unit(b, area, wanted);
		}
	if (rc == 0)
		rc = add_fstab(b, &lines);
	/* A line alone does nothing where OpenRC's service is in no runlevel; others may count on it afterwards. */
	if (rc == 0 && lines.come_count > 0 && b->req->plan->machine->swap.openrc)
		rc = add_file(b, SWAP_RUNLEVEL, SWAP_OPENRC, true);
	return rc;
}

static int add_swappiness(const struct building *b)
{
	const int64_t swappiness = answer_number(b->req->answers, ANSWER_SWAPPINESS);
	const char *now = sysroot_read_line(b->req->root, b->a, "/proc/sys/vm/swappiness");
	uint64_t value = 0;

	if (swappiness < 0)
		return 0;
	b->set->swappiness = (int)swappiness;
	b->set->swappiness_now = now && parse_uint(now, 200, &value) ? (int)value : -1;
	return add_file(b, SWAPPINESS_PATH,
			arena_printf(b->a, "# vpsfit: as asked for by --swappiness\nvm.swappiness = %lld\n",
				     (long long)swappiness),
			false);
}

int swap_changes_build(struct arena *a, const struct changeset_request *req, struct diag_list *diags,
		       struct changeset *set)
{
	const struct building b = {a, req, diags, set};
	const struct plan_swap *s = &req->plan->swap;
	int rc;

	set->swappiness = set->swappiness_now = -1;
	if (!sysroot_is_live(req->root) || geteuid() != 0)
		return 0;
	memcpy(set->areas, s->areas, sizeof(set->areas));
	set->area_count = s->area_count;
	rc = add_lasting(&b);
	return rc < 0 ? rc : add_swappiness(&b);
}
