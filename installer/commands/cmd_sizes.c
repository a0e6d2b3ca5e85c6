/* SPDX-License-Identifier: MIT */
#include "commands/report.h"
#include "commands/run.h"
#include "core/vps.h"
#include "output/sizes.h"

/*
 * A compose file that cannot be planned for. What is wrong with it is found where it is compared, with the plan of one
 * size; nothing is written.
 */
static bool is_unusable(struct session *s, const struct plan *plan)
{
	if (!s->compose || s->stack.known)
		return false;
	s->plan = *plan;
	s->machine = *plan->machine;
	return session_compare(s) < 0;
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

	if (session_prepare_elsewhere(s) < 0)
		return EXIT_USAGE;
	for (size_t i = 0; i < VPS_SIZES; i++) {
		const struct machine here = {.arch = "unknown", .kernel = "unknown"};

		sizes->machines[i] = vps_fresh(&here, vps_sizes[i], cores > 0 ? cores : vps_cores(vps_sizes[i]));
		if (session_plan_for(s, &sizes->machines[i], &s->answers, &sizes->plans[i]) < 0 ||
		    is_unusable(s, &sizes->plans[i]))
			return EXIT_USAGE;
	}
	return show(s, sizes) ? EXIT_DONE : EXIT_FAILED;
}
