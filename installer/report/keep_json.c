/* SPDX-License-Identifier: MIT */
/* JSON of the engine, of which only these keys are kept. A container's environment is not among them. */
#include <fnmatch.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/keep.h"

#define COMPOSE "Config|Labels|com.docker.compose."
#define MAX_PARTS 4

static const char *const container[] = {"ID",
					"Name",
					"State|Running",
					"State|Paused",
					"State|Restarting",
					"State|OOMKilled",
					"State|Dead",
					"State|Pid",
					"State|ExitCode",
					"State|StartedAt",
					"State|FinishedAt",
					"State|Health|Status",
					"State|Health|FailingStreak",
					"RestartCount",
					"Args",
					"Image",
					"Created",
					"Config|Image",
					COMPOSE "project",
					COMPOSE "service",
					COMPOSE "project.working_dir",
					COMPOSE "project.config_files",
					COMPOSE "oneoff",
					NULL};
static const char *const host_config[] = {"Memory",   "MemoryReservation", "MemorySwap",  "NanoCpus", "CpuShares",
					  "CpuQuota", "CpuPeriod",	   "OomScoreAdj", NULL};
static const char *const engine[] = {"data-root",      "graph",		"exec-root", "hosts",
				     "storage-driver", "cgroup-parent", "exec-opts", "log-driver",
				     "live-restore",   "userns-remap",	"features",  NULL};

static const struct {
	const char *path;
	const char *const *keys;
} rows[] = {{"*/config.v2.json", container}, {"*/hostconfig.json", host_config}, {"*/daemon.json", engine}};

static const char *const *keys_for(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fnmatch(rows[i].path, path, 0) == 0)
			return rows[i].keys;
	return NULL;
}

bool keep_knows_json(const char *path)
{
	return keys_for(path) != NULL;
}

/* Of a list: sockets of this machine, settings of control groups, and the number of workers. */
static json_t *kept_list(struct keeper *k, const json_t *from)
{
	json_t *to = json_array();

	for (size_t i = 0; i < json_array_size(from); i++) {
		const char *word = json_string_value(json_array_get(from, i)),
			   *next = json_string_value(json_array_get(from, i + 1));
		bool number = word && STR_EQ(word, "--num_workers");

		if (word && (strncmp(word, "unix:///", 8) == 0 || strncmp(word, "native.cgroupdriver=", 20) == 0 ||
			     strncmp(word, "--num_workers=", 14) == 0 || number))
			json_array_append_new(to, json_string(redact_string(k->r, word)));
		else
			k->r->times[REDACT_VALUE]++;
		if (number && next && next[0] && strspn(next, "0123456789") == strlen(next)) {
			json_array_append_new(to, json_string(next));
			i++;
		}
	}
	return to;
}

static json_t *kept(struct keeper *k, const json_t *from)
{
	if (json_is_array(from))
		return kept_list(k, from);
	if (json_is_string(from))
		return json_string(redact_string(k->r, json_string_value(from)));
	return json_is_object(from) ? NULL : json_deep_copy(from);
}

/* Copies what is at "A|B|C". */
static void copy(struct keeper *k, const json_t *from, const char *way, json_t *to)
{
	for (const char *part = way;;) {
		size_t n = strcspn(part, "|");
		const char *name = arena_strndup(k->a, part, n);
		json_t *there = json_object_get(from, name), *next;

		if (!there)
			return;
		if (!part[n]) {
			next = kept(k, there);
			if (next)
				json_object_set_new(to, name, next);
			return;
		}
		next = json_object_get(to, name);
		if (!next) {
			next = json_object();
			json_object_set_new(to, name, next);
		}
		from = there;
		to = next;
		part += n + 1;
	}
}

void keep_json(struct keeper *k, const char *path, const char *text, size_t len, struct strbuf *out)
{
	json_t *from = json_loadb(text, len, 0, NULL), *to = json_object();
	char *shown;

	for (const char *const *keys = keys_for(path); json_is_object(from) && *keys; keys++)
		copy(k, from, *keys, to);
	k->r->times[REDACT_VALUE] += json_object_size(from) - json_object_size(to);
	shown = json_is_object(from) ? json_dumps(to, JSON_INDENT(1)) : NULL;
	if (shown)
		strbuf_printf(out, "%s\n", shown);
	else
		strbuf_puts(out, "(broken)\n");
	free(shown);
	json_decref(from);
	json_decref(to);
}
