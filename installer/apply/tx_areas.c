/* SPDX-License-Identifier: MIT */
#include "apply/tx_areas.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/macros.h"
#include "files/run_program.h"
#include "swap/activate.h"
#include "swap/unit.h"

#define SWAPPINESS "/proc/sys/vm/swappiness"
#define SYSTEMCTL_MS 30000

/* An area's way in the direction that the transaction takes. */
static struct swap_step step_of(struct transaction *t, struct swap_change *area, bool forwards)
{
	return (struct swap_step){.a = t->a,
				  .root = t->root,
				  .diags = t->diags,
				  .progress = t->progress,
				  .context = t->context,
				  .why = &t->swap_why,
				  .area = area,
				  .from = forwards ? area->before : area->after,
				  .to = forwards ? area->after : area->before};
}

static bool as_planned(const struct swap_step *s, enum swap_found found)
{
	if (s->from.mib == 0)
		return found == SWAP_FOUND_NOTHING;
	return found == (s->from.on ? SWAP_FOUND_ON : SWAP_FOUND_OFF);
}

int areas_check(struct transaction *t)
{
	for (size_t i = 0; i < t->area_count; i++) {
		const struct swap_step s = step_of(t, &t->areas[i], true);
		enum swap_found found;
		int rc = swap_look(&s, &found);

		if (rc < 0)
			return rc;
		if (!as_planned(&s, found))
			return swap_failed(&s, _("is not as it was when the plan was made; nothing was written"),
					   _("run again to see the new plan"), -EAGAIN);
	}
	return 0;
}

int areas_take_back(struct transaction *t, const struct swap_change *done)
{
	struct swap_change back = swap_change_back(done);
	const struct swap_step s = step_of(t, &back, true);
	enum swap_found found;
	int rc;

	if (!sysroot_is_live(t->root) || t->area_count == SWAP_MAX_OWN)
		return 0;
	rc = swap_look(&s, &found);
	if (rc < 0)
		return rc;
	if (found == SWAP_FOUND_FOREIGN && back.after.mib > 0)
		return swap_failed(
			&s,
			_("vpsfit's swap was here before that apply, and something else is now; nothing was changed"),
			_("move it away, then run again"), -EEXIST);
	if (found == SWAP_FOUND_FOREIGN || (found == SWAP_FOUND_NOTHING && (back.after.mib == 0 || back.device)))
		return 0;
	back.before =
		(struct swap_state){found == SWAP_FOUND_NOTHING ? 0 : swap_change_mib(done), found == SWAP_FOUND_ON};
	if (swap_is_changed(&back))
		t->areas[t->area_count++] = back;
	return 0;
}

int areas_turn_on(struct transaction *t, bool forwards)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->area_count; i++) {
		const struct swap_step s = step_of(t, &t->areas[i], forwards);

		if (s.to.mib > 0 && !s.area->lost)
			rc = swap_bring(&s);
	}
	return rc;
}

int areas_turn_off(struct transaction *t, bool forwards)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->area_count; i++) {
		const struct swap_step s = step_of(t, &t->areas[i], forwards);

		if (!s.to.on && !s.area->lost)
			rc = swap_turn_off(&s);
	}
	return rc;
}

int areas_remove(struct transaction *t, bool forwards)
{
	int worst = 0;

	for (size_t i = 0; i < t->area_count; i++) {
		const struct swap_step s = step_of(t, &t->areas[i], forwards);
		int rc = s.area->device || s.to.mib > 0 || s.area->lost ? 0 : swap_remove(&s);

		worst = rc < 0 ? rc : worst;
	}
	return worst;
}

bool areas_will_drop(const struct transaction *t)
{
	for (size_t i = 0; i < t->area_count; i++)
		if (!t->areas[i].device && t->areas[i].before.mib > 0 && t->areas[i].after.mib == 0)
			return true;
	return false;
}

static void set_swappiness(const struct transaction *t, int value)
{
	int fd = open(SWAPPINESS, O_WRONLY | O_CLOEXEC);
	const char *text = arena_printf(t->a, "%d\n", value);

	if (fd < 0 || TEMP_FAILURE_RETRY(write(fd, text, strlen(text))) < 0)
		diag_note(t->diags, "not-done", SEV_WARNING, SWAPPINESS,
			  _("cannot be set to %d now: %s; it holds from the next boot on"), value, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static bool has_units(const struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (swap_is_unit(t->files[i].path))
			return true;
	return false;
}

/* systemd follows /proc/swaps, but must be told of new and removed units. */
static void reload_units(const struct transaction *t)
{
	static const char *const argv[] = {"systemctl", "daemon-reload", NULL};
	const char *said;
	int rc = run_program(t->a, argv, SYSTEMCTL_MS, &said);

	if (rc != 0)
		diag_note(t->diags, "not-done", SEV_WARNING, NULL,
			  _("systemctl daemon-reload: %s; systemd learns of the swap unit at the next boot"),
			  rc < 0 ? strerror(-rc) : said);
}

void areas_settle(struct transaction *t, bool forwards)
{
	int value = forwards ? t->swappiness_after : t->swappiness_before;

	if (!sysroot_is_live(t->root))
		return;
	if (value >= 0)
		set_swappiness(t, value);
	if (has_units(t) && sysroot_exists(t->root, "/run/systemd/system"))
		reload_units(t);
}
