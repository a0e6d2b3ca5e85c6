#include "apply/state.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apply/files.h"

#define SCHEMA "vpsfit.state/1"

/* FNV-1a, 64 bits: tells the directories apart in a file name; nothing depends on it being hard to forge. */
static uint64_t fnv1a(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

/* The state file of a stack directory. The directory's own name is in it, so that a person finds it. */
char *state_path(struct arena *a, const char *state_dir, const char *stack_dir)
{
	const char *base = strrchr(stack_dir, '/');
	char *path = arena_printf(a, "%s/stack-%.40s-%016llx.json", state_dir, base ? base + 1 : stack_dir,
				  (unsigned long long)fnv1a(stack_dir));

	return path;
}

static const char *text_of(struct arena *a, const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? arena_strdup(a, s) : NULL;
}

static void load_values(struct arena *a, const json_t *values, struct state *s)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)values, key, value) {
		const char *written = text_of(a, value, "written");

		if (!written || s->count == ARRAY_SIZE(s->values))
			continue;
		s->values[s->count++] =
			(struct state_value){arena_strdup(a, key), written, text_of(a, value, "previous")};
	}
}

static int bad_state(struct arena *a, const char *path, const char *what, struct diag_list *diags)
{
	struct diag *d = diag_add(diags, SEV_ERROR, path, "the state cannot be used: %s; nothing was written", what);

	d->hint = arena_printf(a, "move %s away; files that are there are then taken for somebody else's", path);
	return -EINVAL;
}

/* Loads the state; a missing file is no error (present is false then). Returns 0 or a negative errno with an error. */
int state_load(struct arena *a, const char *path, struct diag_list *diags, struct state *ret)
{
	struct state s = {.path = path};
	json_error_t error;
	json_t *root;
	char *text;
	size_t len;
	int rc = file_read(a, path, &text, &len, NULL);

	*ret = s;
	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	if (rc < 0)
		return bad_state(a, path, strerror(-rc), diags);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return bad_state(a, path, error.text, diags);
	if (!text_of(a, root, "schema") || !STR_EQ(text_of(a, root, "schema"), SCHEMA)) {
		json_decref(root);
		return bad_state(a, path, "it is of another version", diags);
	}
	s.present = true;
	s.dir = text_of(a, root, "dir");
	s.profile = text_of(a, root, "profile");
	load_values(a, json_object_get(root, "values"), &s);
	json_decref(root);
	*ret = s;
	return 0;
}

const struct state_value *state_find(const struct state *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (STR_EQ(s->values[i].key, key))
			return &s->values[i];
	return NULL;
}

/* Appends the state as JSON. Values that change keep the old one beside them until the apply is through. */
void state_render(const struct state_record *rec, const struct state *old, struct strbuf *out)
{
	json_t *values = json_object();
	bool done = STR_EQ(rec->status, "done");
	json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "schema", SCHEMA, "status", rec->status,
				 "dir", rec->dir, "time", rec->time, "profile", rec->plan->profile->name,
				 "workers", (json_int_t)rec->plan->workers, "nominal_mib",
				 (json_int_t)rec->plan->machine->ram.nominal.value, "usable_mib",
				 (json_int_t)rec->plan->machine->ram.usable.value);
	char *text;

	for (size_t i = 0; i < rec->owned_count; i++) {
		const struct owned_value *v = &rec->owned[i];
		const struct state_value *was = old ? state_find(old, v->key) : NULL;
		json_t *value = json_pack("{s:s}", "written", v->wanted);

		if (!done && was)
			json_object_set_new(value, "previous", json_string(was->written));
		json_object_set_new(values, v->key, value);
	}
	json_object_set_new(root, "values", values);
	text = json_dumps(root, JSON_INDENT(2));
	strbuf_puts(out, text ? text : "");
	strbuf_putc(out, '\n');
	free(text);
	json_decref(root);
}
