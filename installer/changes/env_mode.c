/* SPDX-License-Identifier: MIT */
#include "changes/env_mode.h"

#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/i18n.h"
#include "core/macros.h"

/* File systems without modes of their own (linux/magic.h): they ignore chmod(2), whatever it returns. */
static const unsigned long modeless[] = {
	0x4d44,	    /* msdos, vfat */
	0x2011bab0, /* exfat */
	0xff534d42, /* cifs */
	0xfe534d42, /* smb2 */
	0x517b,	    /* smb */
	0x5346544e, /* ntfs */
	0x7366746e, /* ntfs3 */
};

/* Does the file system store modes? If not, do not try to fix the mode on every run. */
bool env_mode_is_kept(const char *host_path)
{
	struct statfs fs;

	if (statfs(host_path, &fs) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(modeless); i++)
		if (((unsigned long)fs.f_type & 0xffffffffu) == modeless[i])
			return false;
	return true;
}

/* Is the owner neither the caller nor the owner of the file's directory? */
bool env_is_foreign(const struct stat *file, const char *host_path)
{
	struct arena a = ARENA_INIT;
	const char *slash = strrchr(host_path, '/');
	struct stat dir;
	bool known = slash &&
		     stat(arena_strndup(&a, host_path, slash > host_path ? (size_t)(slash - host_path) : 1), &dir) == 0;

	arena_clear(&a);
	return file->st_uid != geteuid() && (!known || file->st_uid != dir.st_uid);
}

void env_open_warning(struct diag_list *diags, const char *path, mode_t mode)
{
	diag_note(diags, "env-exposed", SEV_WARNING, path,
		  _("others can read the secrets in it (mode %04o), and this file system keeps no modes"),
		  (unsigned)mode)
		->hint = _(
		"mount it with umask=077 (vfat, exFAT) or file_mode=0600 (CIFS), or move the stack to another file system");
}
