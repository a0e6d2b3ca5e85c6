/* SPDX-License-Identifier: MIT */
/* One node by itself. */
#include <string.h>

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
