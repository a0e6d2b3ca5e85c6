/* SPDX-License-Identifier: MIT */
/* Which values may be shown: by their key and form, or because they are told elsewhere. */
#include <string.h>

#include "core/discreet.h"
#include "output/secrets.h"

/* Keys and variables whose values are shown if they have the expected form. */
static const struct {
	const char *key;
	enum discreet_shape shape;
} known[] = {
	{"image", SHAPE_IMAGE},
	{"memory", SHAPE_NUMBER},
	{"mem_limit", SHAPE_NUMBER},
	{"mem_reservation", SHAPE_NUMBER},
	{"memswap_limit", SHAPE_NUMBER},
	{"mem_swappiness", SHAPE_NUMBER},
	{"shm_size", SHAPE_NUMBER},
	{"cpus", SHAPE_NUMBER},
	{"cpu_shares", SHAPE_NUMBER},
	{"pids", SHAPE_NUMBER},
	{"pids_limit", SHAPE_NUMBER},
	{"replicas", SHAPE_NUMBER},
	{"retries", SHAPE_NUMBER},
	{"interval", SHAPE_NUMBER},
	{"timeout", SHAPE_NUMBER},
	{"start_period", SHAPE_NUMBER},
	{"start_interval", SHAPE_NUMBER},
	{"stop_grace_period", SHAPE_NUMBER},
	{"delay", SHAPE_NUMBER},
	{"window", SHAPE_NUMBER},
	{"max_attempts", SHAPE_NUMBER},
	{"max-size", SHAPE_NUMBER},
	{"max-file", SHAPE_NUMBER},
	{"version", SHAPE_NUMBER},
	{"init", SHAPE_NUMBER},
	{"tty", SHAPE_NUMBER},
	{"stdin_open", SHAPE_NUMBER},
	{"read_only", SHAPE_NUMBER},
	{"privileged", SHAPE_NUMBER},
	{"external", SHAPE_NUMBER},
	{"internal", SHAPE_NUMBER},
	{"published", SHAPE_PORTS},
	{"target", SHAPE_PORTS},
	{"restart", SHAPE_WORD},
	{"condition", SHAPE_WORD},
	{"driver", SHAPE_WORD},
	{"network_mode", SHAPE_WORD},
	{"pull_policy", SHAPE_WORD},
	{"protocol", SHAPE_WORD},
	{"container_name", SHAPE_NAME},
	{"hostname", SHAPE_NAME},
	{"env_file", SHAPE_PATH},
	{"working_dir", SHAPE_PATH},
	{"database_connection_pool_limit", SHAPE_NUMBER},
	{"num_workers", SHAPE_NUMBER},
	{"num_retries", SHAPE_NUMBER},
	{"request_timeout", SHAPE_NUMBER},
	{"drop_params", SHAPE_NUMBER},
	{"NUM_WORKERS", SHAPE_NUMBER},
	{"DEFAULT_NUM_WORKERS_LITELLM_PROXY", SHAPE_NUMBER},
	{"WEB_CONCURRENCY", SHAPE_NUMBER},
	{"UVICORN_WORKERS", SHAPE_NUMBER},
	{"DATABASE_POOL_SIZE", SHAPE_NUMBER},
	{"GATEWAY_BIND", SHAPE_PORTS},
	{"GATEWAY_PORT", SHAPE_PORTS},
	{"PORT", SHAPE_PORTS},
	{"STORE_MODEL_IN_DB", SHAPE_NUMBER},
	{"LITELLM_MODE", SHAPE_WORD},
	{"LITELLM_LOG", SHAPE_WORD},
	{"MAX_CONNECTIONS", SHAPE_NUMBER},
	{"max_connections", SHAPE_NUMBER},
	{"shared_buffers", SHAPE_NUMBER},
	{"work_mem", SHAPE_NUMBER},
	{"maintenance_work_mem", SHAPE_NUMBER},
	{"effective_cache_size", SHAPE_NUMBER},
};

static bool same_name(const char *key, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(key, name, len) == 0;
}

bool secrets_harmless(struct arena *a, const char *key, size_t key_len, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (same_name(key, key_len, known[i].key))
			return discreet_is_harmless(a, known[i].shape, value);
	return discreet_is_harmless(a, SHAPE_HOST, value);
}

bool secrets_told(const struct secrets_file *f, const char *key, size_t key_len, const char *value)
{
	if (!value[0] || (key && discreet_names_secret(key, key_len)))
		return false;
	for (size_t i = 0; i < f->shown_count; i++)
		if (STR_EQ(f->shown[i], value))
			return true;
	return false;
}

/* Is it vpsfit's own comment behind an owned value? It has only words, no tokens. */
bool secrets_comment_shown(const char *comment, size_t len)
{
	static const char mark[] = "# vpsfit: ";

	if (len <= strlen(mark) || strncmp(comment, mark, strlen(mark)) != 0)
		return false;
	for (size_t at = strlen(mark), n; at < len; at += n + (at + n < len)) {
		const char *end = memchr(comment + at, ' ', len - at);

		n = end ? (size_t)(end - comment) - at : len - at;
		if (n > 40 || discreet_is_token(comment + at, n) || memchr(comment + at, '=', n))
			return false;
	}
	return true;
}
