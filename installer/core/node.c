/* SPDX-License-Identifier: MIT */
/* One node by itself. */
#include <string.h>
#include <strings.h>

#include "core/nodes.h"
#include "core/vps.h"

/* Is the label there, and true? */
bool node_has_label(const struct node *n, const char *key)
{
	for (size_t i = 0; i < n->label_count; i++)
		if (STR_EQ(n->labels[i].key, key))
			return STR_EQ(n->labels[i].value, "true");
	return false;
}

/* Index of the node of that name; Swarm's commands do not tell upper from lower case. MAX_NODES: there is none. */
size_t node_find(const struct node_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcasecmp(set->items[i].name, name) == 0)
			return i;
	return MAX_NODES;
}

/* Letters, digits, '.', '_' and '-', a letter or digit first: as hosts are named, and safe in a command. */
bool node_name_is_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	size_t n = strlen(name);

	return n > 0 && n <= MAX_NODE_NAME && strspn(name, letters) == n && !strchr("-._", name[0]);
}

/* A node of a size as VPSes are sold, without labels. The name is borrowed. */
struct node node_of(const char *name, int64_t ram_mib, int64_t cpus)
{
	return (struct node){
		.name = name, .ram_mib = ram_mib, .usable_mib = vps_usable(ram_mib), .cpus = cpus, .system_mib = -1};
}
