/* SPDX-License-Identifier: MIT */
#include "core/docker_name.h"

#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool docker_name_set(struct docker_name *ret, const char *text)
{
	size_t len = strnlen(text, DOCKER_NAME_MAX + 1);

	*ret = (struct docker_name){""};
	if (len == 0 || len > DOCKER_NAME_MAX || !strchr(ALNUM, text[0]) || strspn(text, ALNUM "_.-") != len)
		return false;
	memcpy(ret->text, text, len);
	return true;
}
