/* SPDX-License-Identifier: MIT */
#include "session/database.h"

#include <errno.h>
#include <string.h>

#include "compose/env.h"
#include "core/i18n.h"
#include "session/rights.h"

static bool env_has_address(struct session *s)
{
	char *text;
	size_t len;

	if (sysroot_read(&s->root, &s->arena, arena_printf(&s->arena, "%s/.env", s->dir), 0, &text, &len) < 0)
		return false;
	return env_has(&s->arena, text, ENV_DATABASE_URL);
}

static bool has_own(const struct session *s)
{
	const size_t database = service_by_part(&s->catalog.services, PART_DATABASE);

	for (size_t i = 0; i < s->stack.service_count; i++)
		if (s->stack.services[i].part == database)
			return true;
	return false;
}

/* A line that nobody reads is no wish: a stack moves to another database only where somebody says so. */
static void tell_of_unread(struct session *s)
{
	if (!s->answers.database_own && has_own(s) && env_has_address(s))
		diag_note(&s->diags, "database-url-unread", SEV_INFO, arena_printf(&s->arena, "%s/.env", s->dir),
			  _("%s is there, and the stack has a database of its own, which stays in use"),
			  ENV_DATABASE_URL)
			->hint =
			_("to move to the other one, answer database-url in an answers file; else take the line out");
}

/* A smaller image that keeps its data in the stack's own database cannot do without it. */
static int refuse_smaller(struct session *s)
{
	const struct service_set *set = &s->catalog.services;
	const size_t database = service_by_part(set, PART_DATABASE);

	for (size_t i = 0; i < set->count && database != NO_SERVICE; i++) {
		const struct service *one = &set->items[i];
		const struct answer *said = one->answer < 0 ? NULL : &s->answers.of[one->answer];

		if (!one->smaller.brings || !STR_EQ(one->smaller.brings, set->items[database].name) || !said ||
		    said->origin <= ORIGIN_REMEMBERED || !said->text || !STR_EQ(said->text, one->smaller.variant))
			continue;
		diag_add(&s->diags, SEV_ERROR, NULL,
			 _("the smaller image of %s keeps its documents in vpsfit's own database, which is to be "
			   "elsewhere; nothing was planned"),
			 one->name)
			->hint = _("plan with the full image, or leave database-url out");
		return -EINVAL;
	}
	return 0;
}

/* As the stack's files have it: where there are none yet, .env says it. */
static bool is_elsewhere(struct session *s)
{
	const struct answers *all = &s->answers;

	if (all->database_url || all->database_own)
		return all->database_url != NULL;
	return s->stack.service_count > 0 ? s->stack.database_elsewhere : !s->state.present && env_has_address(s);
}

/*
 * Finds out whether the stack that is planned for has a database of its own. An answer says it; else the compose file
 * does, and for a stack that is yet to be written .env. Returns 0, or -EINVAL with an error.
 */
int session_settle_database(struct session *s)
{
	struct answers *all = &s->answers;

	all->database_elsewhere = false;
	if (s->compose || session_is_roots(s))
		return 0;
	all->database_elsewhere = is_elsewhere(s);
	if (all->database_elsewhere)
		return refuse_smaller(s);
	tell_of_unread(s);
	return 0;
}
