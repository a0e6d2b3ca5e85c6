/* SPDX-License-Identifier: MIT */
#include "session/own_model.h"

#include <errno.h>
#include <string.h>

#include "catalog/catalog.h"
#include "core/calibrated.h"
#include "core/i18n.h"
#include "files/files.h"

const char *session_own_model_path(struct session *s)
{
	return arena_printf(&s->arena, "%s/" OWN_MODEL_FILE, s->store);
}

/* The id itself is the machine's own business. */
const char *session_machine_hash(struct session *s)
{
	const char *id = sysroot_read_line(&s->root, &s->arena, "/etc/machine-id");

	return id ? state_hash_text(&s->arena, id, strlen(id)) : "unknown";
}

static void forget_own(struct cost_model_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++)
		if (!STR_EQ(set->items[i].name, OWN_MODEL))
			set->items[kept++] = set->items[i];
	set->count = kept;
}

static bool is_this_machines(struct session *s)
{
	const struct cost_model *m = cost_model_find(&s->catalog.models, OWN_MODEL);

	return m && m->machine && STR_EQ(m->machine, session_machine_hash(s));
}

void session_own_model(struct session *s)
{
	struct diag_list unheard;
	struct stat st;
	const char *path;
	char *text;
	size_t len;
	int rc;

	if (!s->store)
		return;
	path = session_own_model_path(s);
	rc = file_read(&s->arena, path, &text, &len, &st);
	if (rc == -ENOENT)
		return;
	diag_init(&unheard, &s->arena);
	if (rc == 0)
		rc = catalog_add_text(&s->arena, path, text, len, &unheard, &s->catalog);
	if (rc == 0 && !is_this_machines(s)) {
		forget_own(&s->catalog.models);
		diag_note(&s->diags, "own-model-elsewhere", SEV_INFO, path,
			  _("the cost model that was calibrated is of another machine, and is not used here"))
			->hint = _("'vpsfit calibrate' makes one of this machine");
	}
	if (rc < 0)
		diag_note(&s->diags, "own-model-broken", SEV_WARNING, path,
			  _("this machine's own cost model cannot be read and was not used: %s"),
			  unheard.count > 0 ? unheard.items[0].text : strerror(-rc))
			->hint = _("'vpsfit calibrate' writes it anew");
	diag_clear(&unheard);
}

const struct cost_model *session_own_model_for(struct session *s)
{
	const struct cost_model *m = cost_model_find(&s->catalog.models, OWN_MODEL);

	if (!m || !m->machine)
		return NULL;
	/* Where nothing is known of the stack's images, there is nothing to say against it. */
	return s->stack.known && model_other_image(m, &s->stack) != NO_SERVICE ? NULL : m;
}
