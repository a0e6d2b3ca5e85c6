/* SPDX-License-Identifier: MIT */
/*
 * Files for a Swarm. 'docker stack deploy' validates against the schema of version 3, which has no memswap_limit
 * ("forbidden properties"): a file that could be deployed must stay one.
 */
#include <string.h>

#include "changes/building.h"
#include "compose/service_runs.h"
#include "core/i18n.h"
#include "core/text.h"

static bool has_any(const struct yaml_node *map, const char *const *keys, size_t count)
{
	for (size_t i = 0; map && i < count; i++)
		if (yaml_get(map, keys[i]))
			return true;
	return false;
}

/* Settings that only a Swarm heeds. */
static bool is_for_swarm(const struct yaml_node *service)
{
	static const char *const keys[] = {"mode", "placement", "endpoint_mode", "update_config", "rollback_config"};

	return has_any(yaml_get(service, "deploy"), keys, ARRAY_SIZE(keys));
}

/*
 * Settings that a Swarm refuses or passes over: who writes them runs the file with Compose. None that vpsfit writes,
 * or the next run would think otherwise.
 */
static bool is_for_compose(const struct yaml_node *service)
{
	static const char *const keys[] = {"restart", "container_name", "build",   "network_mode",
					   "cpus",    "profiles",	"extends", "scale"};

	return has_any(service, keys, ARRAY_SIZE(keys));
}

/*
 * A service whose settings show that the project is for a Swarm; NULL: it is not. Compose heeds `replicas` too: alone
 * it says so only in a file without anything of Compose's own, mem_limit among them.
 */
static const char *swarm_service(const struct project *p, const struct owned_layout *layout)
{
	const char *copied = NULL;
	bool composed = false;

	for (size_t s = 0; s < MAX_SERVICES; s++)
		composed |= layout->services[s] && (layout->old_limit[s] || layout->old_reservation[s]);
	for (size_t i = 0; i < p->service_count; i++) {
		const struct yaml_node *s = p->services[i].node;

		if (is_for_swarm(s))
			return p->services[i].name;
		composed |= is_for_compose(s);
		if (!copied && yaml_path(s, "deploy/replicas") && service_copies(s) > 1)
			copied = p->services[i].name;
	}
	return composed ? NULL : copied;
}

/* Leaves memswap_limit out of a file for a Swarm, where it is not there already. */
void swarm_settle(struct building *b)
{
	if (!swarm_service(b->project, &b->set->layout))
		return;
	for (size_t i = 0; i < b->set->owned_count; i++)
		if (b->set->owned[i].size == SIZE_MEMSWAP)
			b->set->owned[i].missing = MISSING_FINE;
}

/* Says so. */
void swarm_note(const struct building *b)
{
	const bool silent = b->set->layout.own || b->set->layout.unlimited;
	const char *name = silent ? NULL : swarm_service(b->project, &b->set->layout);

	if (!name)
		return;
	diag_note(b->diags, "swarm-settings", SEV_WARNING, b->compose->name,
		  _("%s has settings of a Swarm: memswap_limit is left out, for 'docker stack deploy' refuses it"),
		  name)
		->hint =
		_("where Compose runs it, add \"memswap_limit\" with the limit's figure, or swap may double the limit");
}
