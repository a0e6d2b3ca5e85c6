/* SPDX-License-Identifier: MIT */
#include "files/why.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"

const char *file_read_why(int rc)
{
	if (rc == -EFBIG)
		return _("the file is over 1 MiB");
	if (rc == -EBADMSG)
		return _("it is not what vpsfit writes");
	if (rc == -ELOOP)
		return _("it is a symbolic link that is not followed, or one of a circle");
	return rc == -EINVAL ? _("it is not a regular file") : strerror(-rc);
}
