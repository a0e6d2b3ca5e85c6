/* SPDX-License-Identifier: MIT */
/* An engine's record of a container (config.v2.json; moby's container/container.go). Pure. */
#include <string.h>

#include "core/macros.h"
#include "core/units.h"
#include "core/utc.h"
#include "watch/containers.h"
#include "watch/json_scan.h"

#define LABEL "com.docker.compose."
#define WORKERS_FLAG "--num_workers"
#define MAX_WORDS 256

/* The count behind --num_workers in the arguments that it was started with; 0: they do not say. */
static int64_t workers_of(struct scan_at args)
{
	char word[32];
	uint64_t n;

	for (size_t i = 0; i < MAX_WORDS; i++) {
		struct scan_at one = scan_element(args, i);

		if (!one.at)
			return 0;
		if (!scan_string(one, word, sizeof(word)) || strncmp(word, WORKERS_FLAG, strlen(WORKERS_FLAG)) != 0)
			continue;
		if (word[strlen(WORKERS_FLAG)] == '=')
			return parse_uint(word + strlen(WORKERS_FLAG) + 1, 1024, &n) ? (int64_t)n : 0;
		if (word[strlen(WORKERS_FLAG)] == '\0' && scan_string(scan_element(args, i + 1), word, sizeof(word)))
			return parse_uint(word, 1024, &n) ? (int64_t)n : 0;
	}
	return 0;
}

/* A trailing slash makes no other directory. */
static bool same_dir(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	while (n > 1 && a[n - 1] == '/')
		n--;
	while (m > 1 && b[m - 1] == '/')
		m--;
	return n == m && memcmp(a, b, n) == 0;
}

static bool is_ours(struct scan_at labels, const struct watch_places *p)
{
	char text[WATCH_PATH];

	if (scan_string(scan_member(labels, LABEL "project.working_dir"), text, sizeof(text)) && p->stack_dir[0] &&
	    same_dir(text, p->stack_dir))
		return true;
	return p->project[0] && scan_string(scan_member(labels, LABEL "project"), text, sizeof(text)) &&
	       STR_EQ(text, p->project);
}

static void read_state(struct scan_at state, struct watch_record *ret)
{
	char text[40];

	ret->running = scan_true(scan_member(state, "Running"));
	ret->restarting = scan_true(scan_member(state, "Restarting"));
	ret->out_of_memory = scan_true(scan_member(state, "OOMKilled"));
	scan_number(scan_member(state, "Pid"), &ret->pid);
	scan_number(scan_member(state, "ExitCode"), &ret->exit_code);
	ret->started = scan_string(scan_member(state, "StartedAt"), text, sizeof(text)) ? utc_seconds(text) : 0;
}

/* A name of another user's may be anything; the engine's own are ASCII. */
static void make_plain(char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			*name = '?';
}

/* "sha256:0123..." without its start. */
static void read_digest(struct scan_at root, char *ret, size_t size)
{
	char text[96];
	const char *colon;

	if (!scan_string(scan_member(root, "Image"), text, sizeof(text)))
		return;
	colon = strchr(text, ':');
	memcpy(ret, colon ? colon + 1 : text, size - 1);
	ret[size - 1] = '\0';
	ret[strspn(ret, "0123456789abcdef")] = '\0';
}

/* False: it is no record. Texts are cut to their fields, and hold no control characters. */
bool watch_first_was_killed(const struct watch_record *r)
{
	return r->out_of_memory && (!r->running || r->restarting || r->restarts > 0);
}

bool watch_record_read(const char *text, size_t len, const struct watch_places *p, struct watch_record *ret)
{
	const struct scan_at root = scan_text(text, len), config = scan_member(root, "Config"),
			     labels = scan_member(config, "Labels"), state = scan_member(root, "State");
	char name[WATCH_NAME + 1] = "";

	*ret = (struct watch_record){.pid = 0};
	if (!config.at || !state.at)
		return false;
	read_state(state, ret);
	scan_string(scan_member(root, "Name"), name, sizeof(name));
	memcpy(ret->name, name[0] == '/' ? name + 1 : name, strnlen(name, WATCH_NAME - 1));
	scan_string(scan_member(labels, LABEL "service"), ret->service, sizeof(ret->service));
	make_plain(ret->name);
	make_plain(ret->service);
	read_digest(root, ret->image, sizeof(ret->image));
	scan_number(scan_member(root, "RestartCount"), &ret->restarts);
	ret->restarts = max_i64(0, ret->restarts);
	ret->workers = workers_of(scan_member(root, "Args"));
	ret->ours = is_ours(labels, p);
	return true;
}
