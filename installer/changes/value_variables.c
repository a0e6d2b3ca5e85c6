/* SPDX-License-Identifier: MIT */
/* Owned values that stand in a variable: what it holds now, and whether its line may be changed. */
#include <errno.h>
#include <string.h>

#include "changes/building.h"
#include "changes/value_variables.h"
#include "compose/env.h"
#include "compose/variables.h"
#include "core/discreet.h"
#include "core/i18n.h"
#include "core/units.h"

/* A variable may hold anything, even a secret: only use text that looks like the value. */
const char *values_readable(const struct owned_value *v, const char *value)
{
	int64_t mib;
	uint64_t number;

	if (v->image)
		return discreet_shape_fits(SHAPE_IMAGE, value) ? value : "something else";
	if (v->size != SIZE_NONE ? owned_mib(value, &mib) : parse_uint(value, INT64_MAX, &number))
		return value;
	return "something else";
}

/* Does nothing but the owned value read the variable's line in this env file? */
static bool is_alone(const struct building *b, const struct edit *e, const struct env_file *env)
{
	size_t own = e->place.kind == PLACE_MISSING; /* the service's own env_file */

	return variable_file_uses(b->compose, e->place.env_file) <= own &&
	       (!own || !STR_EQ(env->name, ".env") || variable_uses(b->compose, e->place.variable) == 0) &&
	       !variable_in_env(env->change.new_text, e->place.variable) &&
	       !variable_used_beside(b, e->owned->file, e->place.variable, env);
}

/*
 * Resolves a variable to its value in the env file, else its default; one that no env file sets may not be a variable
 * at all. If others read it too, the number is written in place of the variable. Returns -EIO if the env file cannot be
 * read.
 */
int values_look_up(struct building *b, struct edit *e)
{
	size_t errors = diag_errors(b->diags);
	struct env_file *env;
	const char *value;
	bool wanted;

	if (!e->place.variable || !e->place.env_file)
		return 0;
	env = env_files_get(b, e->place.env_file);
	if (!env && diag_errors(b->diags) > errors)
		return -EIO;
	value = env ? env_get(b->a, env->change.new_text, e->place.variable) : NULL;
	if (value && value[0])
		e->current = values_readable(e->owned, value);
	wanted = e->current && owned_same(e->owned, e->current);
	if (e->place.kind == PLACE_VARIABLE && !env)
		place_write_here(&e->place, _("it is set in an env file outside of the stack's directory"));
	else if (e->place.kind == PLACE_VARIABLE && !wanted && !is_alone(b, e, env))
		place_write_here(&e->place, _("its variable stands for something else too"));
	else if (e->place.kind == PLACE_MISSING && value && (wanted || is_alone(b, e, env)))
		e->place.kind = PLACE_VARIABLE;
	return diag_errors(b->diags) > errors ? -EIO : 0;
}
