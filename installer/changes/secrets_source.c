/* SPDX-License-Identifier: MIT */
#include "changes/secrets_source.h"

#include <string.h>

#include "core/macros.h"

int secrets_source_known(const struct secrets_source *from, struct arena *a, const struct sysroot *root,
			 const char *store, const char **ret)
{
	struct secrets_memory *m = from->memory;
	int rc;

	for (size_t i = 0; m && i < m->count && i < SECRETS_READS; i++)
		if (STR_EQ(m->reads[i].store, store)) {
			*ret = m->reads[i].known;
			return 0;
		}
	rc = from->known(a, root, store, ret);
	if (rc == 0 && m)
		m->reads[m->count++ % SECRETS_READS] = (struct secrets_read){store, *ret};
	return rc;
}
