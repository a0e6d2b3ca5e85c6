/* SPDX-License-Identifier: MIT */
#include "answers/kinds.h"

#include <arpa/inet.h>
#include <string.h>

#include "answers/nodes.h"
#include "core/text.h"
#include "core/units.h"

/* Paths end up in messages and in files: reject control characters, which would break a line. */
static bool clean_path(const char *v)
{
	for (const char *p = v; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return false;
	return v[0] != '\0' && strlen(v) < 3000;
}

static bool has_dotdot(const char *v)
{
	size_t n = strlen(v);

	return STR_EQ(v, "..") || strncmp(v, "../", 3) == 0 || strstr(v, "/../") || (n > 2 && STR_EQ(v + n - 3, "/.."));
}

static bool take(struct answer *ret, const char *text, int64_t number)
{
	ret->text = text;
	ret->number = number;
	return true;
}

/* Any word that is not empty. */
bool kind_name(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	(void)row, (void)a;
	return value[0] && take(ret, value, 0);
}

/* An integer between the row's least and most. */
bool kind_count(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	uint64_t n;

	if (!parse_uint(value, (uint64_t)row->most, &n) || (int64_t)n < row->least)
		return false;
	return take(ret, arena_printf(a, "%lld", (long long)n), (int64_t)n);
}

/* A size of at least the row's least; a bare number is MiB. */
bool kind_size(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	int64_t mib;

	if (!parse_size_mib(value, true, &mib) || mib < row->least)
		return false;
	return take(ret, arena_printf(a, "%lldM", (long long)mib), mib);
}

/* Seconds; "s", "m" or "h" may follow. */
bool kind_time(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	size_t digits = strspn(value, "0123456789");
	const char *unit = value + digits;
	int64_t times = STR_EQ(unit, "h") ? 3600 : STR_EQ(unit, "m") ? 60 : STR_EQ(unit, "s") || !unit[0] ? 1 : 0;
	uint64_t n;

	if (times == 0 || !parse_uint(arena_strndup(a, value, digits), (uint64_t)(row->most / times), &n) ||
	    (int64_t)n * times < row->least)
		return false;
	return take(ret, value, (int64_t)n * times);
}

bool kind_yes_no(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	(void)row, (void)a;
	return (STR_EQ(value, "yes") || STR_EQ(value, "no")) && take(ret, value, STR_EQ(value, "yes"));
}

/* One of the words of the row's argument: "slim|full|auto". */
bool kind_choice(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	const char *words = row->argument;

	(void)a;
	for (size_t n; *words; words += n + (words[n] == '|')) {
		n = strcspn(words, "|");
		if (strlen(value) == n && strncmp(words, value, n) == 0)
			return take(ret, value, 0);
	}
	return false;
}

bool kind_new(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	(void)row, (void)a;
	return STR_EQ(value, "new") && take(ret, value, 1);
}

static bool names_a_device(const char *v)
{
	static const char *const begins[] = {"/dev/", "UUID=", "LABEL="};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(v, begins[i], strlen(begins[i])) == 0)
			return clean_path(v) && !has_dotdot(v) && v[strlen(begins[i])];
	return false;
}

/* "none", a size, or a device as fstab(5) names it. */
bool kind_swap(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	if (STR_EQ(value, "none") || names_a_device(value))
		return take(ret, value, 0);
	return kind_size(row, a, value, ret);
}

/* What= of a systemd unit loses trailing blanks and backslashes; a trailing slash names no file. */
static bool fits_a_unit(const char *v)
{
	size_t n = strlen(v);

	return n > 0 && !strchr("/\\ ", v[n - 1]);
}

bool kind_swap_file(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	(void)row, (void)a;
	return clean_path(value) && value[0] == '/' && !has_dotdot(value) && fits_a_unit(value) && take(ret, value, 0);
}

/*
 * A directory or file on the target machine, absolute or relative. "~" is a shell's: where it gets this far, as within
 * quotes or in an answers file, a directory of that name is not meant.
 */
bool kind_path(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	(void)row, (void)a;
	return clean_path(value) && value[0] != '~' && !has_dotdot(value) && take(ret, value, 0);
}

/* A path on the host that vpsfit runs on; vpsfit only reads it. */
bool kind_host_path(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	(void)row, (void)a;
	return clean_path(value) && take(ret, value, 0);
}

bool kind_compose(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	return value[0] && value[strlen(value) - 1] != '/' && kind_path(row, a, value, ret);
}

/* Letters, digits and inner hyphens, at most 63 (RFC 1123). */
static bool is_label(const char *label, size_t n)
{
	return n > 0 && n <= 63 && label[0] != '-' && label[n - 1] != '-' &&
	       strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n;
}

/*
 * "none", or a host name that a certificate can be got for: with a dot, in small letters, without wildcard, port or
 * scheme. The last label is no number: that would be an address. Names of other alphabets are given as xn--...
 */
bool kind_domain(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	char *name = arena_strdup(a, value), *label = name;
	size_t n = 0;

	(void)row;
	if (STR_EQ(value, "none"))
		return take(ret, "none", 0);
	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	if (strlen(name) > 253 || !strchr(name, '.'))
		return false;
	for (;; label += n + 1) {
		n = strcspn(label, ".");
		if (!is_label(label, n))
			return false;
		if (label[n] == '\0')
			break;
	}
	return strspn(label, "0123456789") != n && take(ret, name, 1);
}

/* An IPv4 or IPv6 address without brackets. IPv6 is normalised, so that any spelling of ::1 compares equal. */
bool kind_address(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	char usual[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;

	(void)row;
	if (inet_pton(AF_INET, value, &v4) == 1)
		return take(ret, value, 0);
	return inet_pton(AF_INET6, value, &v6) == 1 && inet_ntop(AF_INET6, &v6, usual, sizeof(usual)) &&
	       take(ret, arena_strdup(a, usual), 0);
}

/* Nodes as nodes_parse reads them, or "ask". */
bool kind_node(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret)
{
	struct node_set *nodes = arena_alloc(a, sizeof(*nodes));

	(void)row;
	return (STR_EQ(value, NODES_ASK) || nodes_parse(a, value, nodes)) && take(ret, value, 0);
}
