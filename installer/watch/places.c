/* SPDX-License-Identifier: MIT */
/* The plan file: a line each, a word and what follows it to the line's end. An unknown word is a newer version's. */
#include "watch/places.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/macros.h"
#include "core/units.h"

#define FIRST "vpsfit-watch 1"

struct out {
	char *at;
	size_t left;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->at, o->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= o->left) {
		o->failed = true;
		return;
	}
	o->at += n;
	o->left -= (size_t)n;
}

static void put_text(struct out *o, const char *word, const char *text)
{
	if (!text[0])
		return;
	o->failed |= strpbrk(text, "\n\r") != NULL;
	put(o, "%s %s\n", word, text);
}

bool watch_places_write(const struct watch_places *p, char *ret, size_t size)
{
	struct out o = {ret, size, false};

	put(&o, FIRST "\n");
	put_text(&o, "dir", p->stack_dir);
	put_text(&o, "project", p->project);
	put_text(&o, "store", p->store);
	for (size_t i = 0; i < p->root_count; i++)
		put_text(&o, "root", p->roots[i]);
	put(&o, "cgroup-version %d\n", p->cgroup_version);
	put_text(&o, "cgroup-mount", p->cgroup_mount);
	put_text(&o, "cgroup-top", p->cgroup_top);
	put(&o, "host-kills %d\n", p->host_kills);
	return !o.failed;
}

static bool take(char *ret, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n >= size)
		return false;
	memcpy(ret, text, n + 1);
	return true;
}

static bool take_path(char *ret, size_t size, const char *text)
{
	return text[0] == '/' && take(ret, size, text);
}

static bool take_number(const char *text, uint64_t most, uint64_t *ret)
{
	return parse_uint(text, most, ret);
}

static bool take_root(struct watch_places *p, const char *text)
{
	return p->root_count < WATCH_MAX_ROOTS && take_path(p->roots[p->root_count], WATCH_PATH, text) &&
	       ++p->root_count > 0;
}

static bool take_line(struct watch_places *p, const char *word, const char *rest)
{
	uint64_t n = 0;

	if (STR_EQ(word, "dir"))
		return take_path(p->stack_dir, sizeof(p->stack_dir), rest);
	if (STR_EQ(word, "project"))
		return take(p->project, sizeof(p->project), rest);
	if (STR_EQ(word, "store"))
		return take_path(p->store, sizeof(p->store), rest);
	if (STR_EQ(word, "root"))
		return take_root(p, rest);
	if (STR_EQ(word, "cgroup-mount"))
		return take_path(p->cgroup_mount, sizeof(p->cgroup_mount), rest);
	if (STR_EQ(word, "cgroup-top"))
		return take_path(p->cgroup_top, sizeof(p->cgroup_top), rest);
	if (STR_EQ(word, "cgroup-version")) {
		bool ok = take_number(rest, 2, &n);

		p->cgroup_version = (int)n;
		return ok;
	}
	if (STR_EQ(word, "host-kills")) {
		bool ok = take_number(rest, 1, &n);

		p->host_kills = n > 0;
		return ok;
	}
	return true;
}

const char *watch_places_read(const char *text, struct watch_places *ret, unsigned *ret_line)
{
	memset(ret, 0, sizeof(*ret));
	*ret_line = 1;
	if (strncmp(text, FIRST "\n", strlen(FIRST) + 1) != 0)
		return "it is no plan file of this version";
	for (const char *line = strchr(text, '\n') + 1; *line; line++) {
		char copy[WATCH_PATH + WATCH_NAME];
		size_t n = strcspn(line, "\n"), word;

		++*ret_line;
		if (n >= sizeof(copy) || line[n] != '\n')
			return "the line is too long, or does not end";
		memcpy(copy, line, n);
		copy[n] = '\0';
		word = strcspn(copy, " ");
		if (word == n)
			return "the line has nothing behind its word";
		copy[word] = '\0';
		if (!take_line(ret, copy, copy + word + 1))
			return "what stands behind the word is no value of it";
		line += n;
	}
	return ret->cgroup_version > 0 && !ret->cgroup_mount[0] ? "it does not say where control groups are" : NULL;
}
