#include "apply/status.h"

#include <errno.h>

#include "apply/files.h"

const char *file_fate_name(enum file_fate f)
{
	static const char *const names[] = {"as written", "there", "edited since", "missing", "cannot be read"};

	return names[f];
}

/* A file without a hash is meant to be edited: it is only looked whether it is there. */
enum file_fate status_of_file(struct arena *a, const struct sysroot *r, const struct state_file *f)
{
	const char *host = sysroot_resolve(r, a, f->path);
	char *text;
	size_t len;
	int rc = host ? file_read(a, host, &text, &len, NULL) : -ELOOP;

	if (rc == -ENOENT || rc == -ENOTDIR)
		return FILE_MISSING;
	if (rc < 0)
		return FILE_UNREADABLE;
	if (f->hash == 0)
		return FILE_THERE;
	return f->hash == state_hash(text, len) ? FILE_SAME : FILE_EDITED;
}
