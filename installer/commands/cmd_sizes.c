/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "commands/report.h"
#include "commands/run.h"
#include "core/i18n.h"
#include "core/vps.h"
#include "output/sizes.h"

/*
 * The same as a plan for that machine: what stays in the compose file as it is counts, and what is wrong with the file
 * is an error. Nothing is written, and what a plan would note of the file is of no use here.
 */
static int follow_file(struct session *s, struct plan *plan)
{
	const size_t said = s->diags.count;
	int rc;

	if (!s->compose)
		return 0;
	s->plan = *plan;
	s->machine = *plan->machine;
	rc = session_compare(s);
	if (rc == 0)
		s->diags.count = said;
	*plan = s->plan;
	return rc;
}

static int refuse_missing(struct session *s)
{
	const char *path = answer_text(&s->answers, ANSWER_COMPOSE);

	if (!s->compose || sysroot_exists(&s->root, path))
		return 0;
	diag_add(&s->diags, SEV_ERROR, path, _("is not there; no sizes were planned for it"))->hint =
		_("--compose names the compose file of a stack; without it the sizes are those of vpsfit's own stack");
	return -ENOENT;
}

static bool show(const struct session *s, const struct sizes *sizes)
{
	struct strbuf out = STRBUF_INIT;
	bool written;

	if (answer_on(&s->answers, ANSWER_JSON))
		sizes_json(sizes, &s->answers, &out);
	else
		sizes_text(sizes, &s->answers, &s->style, &out);
	written = answer_on(&s->answers, ANSWER_QUIET) || report_out(&out);
	strbuf_clear(&out);
	return written;
}

/*
 * Plans for each usual size of VPS, as it would be when it is fresh. Looks at no machine and no state, so anybody may
 * ask, anywhere.
 */
enum exit_code command_sizes(struct session *s)
{
	const int64_t cores = answer_number(&s->answers, ANSWER_CPUS);
	struct sizes *sizes = arena_alloc(&s->arena, sizeof(*sizes));

	if (session_prepare_elsewhere(s) < 0 || refuse_missing(s) < 0)
		return EXIT_USAGE;
	s->answers.database_elsewhere = s->answers.database_url != NULL;
	for (size_t i = 0; i < VPS_SIZES; i++) {
		const struct machine here = {.arch = "unknown", .kernel = "unknown"};

		sizes->machines[i] = vps_fresh(&here, vps_sizes[i], cores > 0 ? cores : vps_cores(vps_sizes[i]));
		if (session_plan_for(s, &sizes->machines[i], &s->answers, &sizes->plans[i]) < 0 ||
		    follow_file(s, &sizes->plans[i]) < 0)
			return EXIT_USAGE;
		sizes->plans[i].machine = &sizes->machines[i];
	}
	return show(s, sizes) ? EXIT_DONE : EXIT_FAILED;
}
