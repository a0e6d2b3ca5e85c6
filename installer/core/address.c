/* SPDX-License-Identifier: MIT */
#include "core/address.h"

#include <string.h>

#include "core/macros.h"

bool address_is_any(const char *address)
{
	return STR_EQ(address, "0.0.0.0") || STR_EQ(address, "::") || STR_EQ(address, "[::]");
}

bool address_is_loopback(const char *address)
{
	static const char mapped[] = "::ffff:127.";

	return strncmp(address, "127.", 4) == 0 || STR_EQ(address, "::1") || STR_EQ(address, "[::1]") ||
	       STR_EQ(address, "localhost") || strncmp(address, mapped, strlen(mapped)) == 0;
}

bool address_url_is_loopback(const char *url)
{
	const char *host = strstr(url, "://");
	char name[64];
	size_t n;

	host = host ? host + 3 : url;
	n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	if (n >= sizeof(name) || n > strlen(host))
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	return address_is_loopback(name) || address_is_any(name);
}
