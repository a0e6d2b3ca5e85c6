#include "apply/state.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/files.h"
#include "core/i18n.h"
#include "core/units.h"

#define SCHEMA_NAME "vpsfit.state/"
#define SCHEMA SCHEMA_NAME "1"
#define MAX_ENTRY 999999

/* FNV-1a, 64 bits. */
uint64_t state_hash(const char *bytes, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
	return h ? h : 1;
}

/* Where a stack's state lies. The stack is named by its directory, or by its compose file; a person finds it by the
 * name. */
const char *state_store(struct arena *a, const char *host_state_dir, const char *stack)
{
	const char *base = strrchr(stack, '/');

	return arena_printf(a, "%s/%.40s-%016llx", host_state_dir, base && base[1] ? base + 1 : "stack",
			    (unsigned long long)state_hash(stack, strlen(stack)));
}

char *state_entry_dir(struct arena *a, const char *store, long entry)
{
	return arena_printf(a, "%s/history/%06ld", store, entry);
}

long state_newest(struct arena *a, const char *store, long below)
{
	DIR *dir = opendir(arena_printf(a, "%s/history", store));
	const struct dirent *e;
	uint64_t newest = 0, n;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(dir)))
		if (strlen(e->d_name) == 6 && parse_uint(e->d_name, MAX_ENTRY, &n) && n > newest &&
		    (below == 0 || n < (uint64_t)below))
			newest = n;
	closedir(dir);
	return (long)newest;
}

static const char *text_of(struct arena *a, const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? arena_strdup(a, s) : NULL;
}

static int64_t number_of(const json_t *object, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(object, key));
}

static void load_values(struct arena *a, const json_t *values, struct state *s)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)values, key, value)
	{
		const char *written = text_of(a, value, "written");

		if (!written || s->count == ARRAY_SIZE(s->values))
			continue;
		s->values[s->count++] = (struct state_value){arena_strdup(a, key), written, text_of(a, value, "kept")};
	}
}

static int bad_state(const char *path, const char *what, const char *hint, struct diag_list *diags)
{
	struct diag *d = diag_add(diags, SEV_ERROR, path, _("the state cannot be used: %s; nothing was written"), what);

	d->hint = hint;
	return -EBADMSG;
}

/* The entry is kept under a name that does not count: the apply before it does then, or the stack is taken up from its own files. */
static const char *damaged_hint(struct arena *a, const char *entry)
{
	return arena_printf(a,
			    _("put the file back from a backup; without one rename the directory %s to %s.damaged, then run again: "
			      "the apply before it counts then, or the stack is taken up from its own files"),
			    entry, entry);
}

static const char *newer_hint(void)
{
	return _("a newer vpsfit wrote it: install that version again, or a later one; the stack itself goes on as it is");
}

static const char *unreadable_hint(int rc)
{
	return rc == -EACCES || rc == -EPERM ? _("it is another user's: run as the one who applied the stack (sudo vpsfit)")
					     : _("mend that, then run again");
}

static bool is_newer(const char *schema)
{
	return schema && strncmp(schema, SCHEMA_NAME, strlen(SCHEMA_NAME)) == 0;
}

static void load_files(struct arena *a, const json_t *files, struct state *s)
{
	const json_t *file;
	size_t i;

	json_array_foreach((json_t *)files, i, file)
	{
		const char *path = text_of(a, file, "path"), *hex = text_of(a, file, "hash");
		uint64_t hash = 0;

		if (!path || s->file_count == STATE_MAX_FILES || (hex && !parse_hex(hex, UINT64_MAX, &hash)))
			continue;
		s->files[s->file_count++] = (struct state_file){path, hash};
	}
}

static void load_asked(struct arena *a, const json_t *asked, struct state *s)
{
	s->asked_profile = text_of(a, asked, "profile");
	s->asked_workers = number_of(asked, "workers");
	s->asked_cost_model = text_of(a, asked, "cost_model");
	s->asked_overhead_mib = json_object_get(asked, "overhead_mib") ? number_of(asked, "overhead_mib") : -1;
	for (int i = 0; i < SERVICE_COUNT; i++)
		s->asked_services[i] = text_of(a, json_object_get(asked, "services"), service_name((enum service)i));
}

static void load_asked_swap(struct arena *a, const json_t *asked, struct state *s)
{
	const json_t *size = json_object_get(asked, "swap");
	const char *word = text_of(a, asked, "swap");

	s->asked_swap_mib = (int64_t)json_integer_value(size);
	s->asked_swap_device = word && !STR_EQ(word, "none") ? word : NULL;
	s->asked_swap = s->asked_swap_device	? SWAP_DEVICE
			: word			? SWAP_NO
			: s->asked_swap_mib > 0 ? SWAP_SIZE
						: SWAP_AUTO;
	s->asked_swap_file = text_of(a, asked, "swap_file");
	s->asked_swappiness = json_object_get(asked, "swappiness") ? number_of(asked, "swappiness") : -1;
}

static void load_swaps(struct arena *a, const json_t *swaps, struct state *s)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)swaps, i, one)
	{
		const struct swap_record r = {text_of(a, one, "path"), json_is_true(json_object_get(one, "device")),
					      number_of(one, "size_mib"), text_of(a, one, "uuid")};

		if (r.path && r.path[0] == '/' && s->swap_count < ARRAY_SIZE(s->swaps))
			s->swaps[s->swap_count++] = r;
	}
}

static int parse_state(struct arena *a, const char *text, size_t len, struct diag_list *diags, struct state *s)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	const char *schema = root ? text_of(a, root, "schema") : NULL;

	if (!schema || !STR_EQ(schema, SCHEMA)) {
		json_decref(root);
		return is_newer(schema)
			       ? bad_state(s->path, arena_printf(a, _("it is of another version (%s)"), schema), newer_hint(),
					   diags)
			       : bad_state(s->path, root ? _("it is not what vpsfit writes") : error.text,
					   damaged_hint(a, state_entry_dir(a, s->store, s->entry)), diags);
	}
	s->present = true;
	s->dir = text_of(a, root, "dir");
	s->time = text_of(a, root, "time");
	s->profile = text_of(a, root, "profile");
	s->workers = number_of(root, "workers");
	s->nominal_mib = number_of(root, "nominal_mib");
	s->cpus = number_of(root, "cpus");
	load_asked(a, json_object_get(root, "asked"), s);
	load_asked_swap(a, json_object_get(root, "asked"), s);
	load_swaps(a, json_object_get(root, "swap"), s);
	load_values(a, json_object_get(root, "values"), s);
	load_files(a, json_object_get(root, "files"), s);
	json_decref(root);
	return 0;
}

/*
 * Loads the newest state from a stack's store; none is no error (present is false then). Returns 0 or a negative errno
 * with an error.
 */
int state_load(struct arena *a, const char *store, struct diag_list *diags, struct state *ret)
{
	char *text;
	size_t len;
	int rc;

	*ret = (struct state){.store = store, .asked_overhead_mib = -1, .asked_swappiness = -1};
	ret->entry = state_newest(a, store, 0);
	if (ret->entry == 0)
		return 0;
	if (ret->entry < 0)
		return bad_state(arena_printf(a, "%s/history", store), strerror((int)-ret->entry),
				 unreadable_hint((int)ret->entry), diags);
	ret->path = arena_printf(a, "%s/state.json", state_entry_dir(a, store, ret->entry));
	rc = file_read(a, ret->path, &text, &len, NULL);
	if (rc < 0)
		return bad_state(ret->path, strerror(-rc),
				 rc == -ENOENT || rc == -EFBIG ? damaged_hint(a, state_entry_dir(a, store, ret->entry))
							       : unreadable_hint(rc),
				 diags);
	return parse_state(a, text, len, diags, ret);
}

const struct state_value *state_find(const struct state *s, const char *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (STR_EQ(s->values[i].key, key))
			return &s->values[i];
	return NULL;
}

/* The names of devices change from boot to boot: the partition is remembered by its UUID where it has one. */
static json_t *asked_device(const struct state_record *rec)
{
	const struct plan_device *device = &rec->plan->swap.device;

	return device->uuid ? json_sprintf("UUID=%s", device->uuid) : json_string(rec->answers->swap_device);
}

static json_t *asked_json(const struct state_record *rec)
{
	const struct answers *ans = rec->answers;
	json_t *asked = json_object(), *services = json_object();

	if (ans->profile)
		json_object_set_new(asked, "profile", json_string(ans->profile));
	if (ans->workers > 0)
		json_object_set_new(asked, "workers", json_integer((json_int_t)ans->workers));
	if (ans->cost_model)
		json_object_set_new(asked, "cost_model", json_string(ans->cost_model));
	if (ans->overhead_mib >= 0)
		json_object_set_new(asked, "overhead_mib", json_integer((json_int_t)ans->overhead_mib));
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (ans->services[i])
			json_object_set_new(services, service_name((enum service)i), json_string(ans->services[i]));
	if (json_object_size(services) > 0)
		json_object_set(asked, "services", services);
	json_decref(services);
	if (ans->swap == SWAP_NO)
		json_object_set_new(asked, "swap", json_string("none"));
	if (ans->swap == SWAP_SIZE)
		json_object_set_new(asked, "swap", json_integer((json_int_t)ans->swap_mib));
	if (ans->swap == SWAP_DEVICE)
		json_object_set_new(asked, "swap", asked_device(rec));
	if (ans->swap_file_said)
		json_object_set_new(asked, "swap_file", json_string(ans->swap_file));
	if (ans->swappiness >= 0)
		json_object_set_new(asked, "swappiness", json_integer((json_int_t)ans->swappiness));
	return asked;
}

/* Every area that is this stack's when the apply is done. */
static json_t *swaps_json(const struct state_record *rec)
{
	json_t *swaps = json_array();

	for (size_t i = 0; i < rec->area_count; i++) {
		const struct plan_area *area = &rec->areas[i];
		json_t *one;

		if (!area->recorded || area->after_mib == 0 || (area->device && !area->after_on))
			continue;
		one = json_pack("{s:s, s:b, s:I}", "path", area->path, "device", area->device, "size_mib",
				(json_int_t)area->after_mib);
		if (area->uuid)
			json_object_set_new(one, "uuid", json_string(area->uuid));
		json_array_append_new(swaps, one);
	}
	return swaps;
}

static json_t *files_json(const struct state_record *rec)
{
	json_t *files = json_array();

	for (size_t i = 0; i < rec->file_count; i++) {
		json_t *file = json_pack("{s:s}", "path", rec->files[i].path);
		char hex[24];

		snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)rec->files[i].hash);
		if (rec->files[i].hash)
			json_object_set_new(file, "hash", json_string(hex));
		json_array_append_new(files, file);
	}
	return files;
}

/* Appends the state as JSON. It holds no secret. */
void state_render(const struct state_record *rec, struct strbuf *out)
{
	json_t *values = json_object();
	json_t *root =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "schema", SCHEMA, "dir", rec->dir, "time",
			  rec->time, "profile", rec->plan->profile->name, "workers", (json_int_t)rec->plan->workers,
			  "nominal_mib", (json_int_t)rec->plan->machine->ram.nominal.value, "cpus",
			  (json_int_t)rec->plan->machine->cpus.effective.value, "asked", asked_json(rec));
	char *text;

	for (size_t i = 0; i < rec->owned_count; i++) {
		json_t *value = json_pack("{s:s}", "written", rec->owned[i].wanted);

		if (rec->kept[i])
			json_object_set_new(value, "kept", json_string(rec->kept[i]));
		json_object_set_new(values, rec->owned[i].key, value);
	}
	json_object_set_new(root, "values", values);
	json_object_set_new(root, "files", files_json(rec));
	json_object_set_new(root, "swap", swaps_json(rec));
	text = json_dumps(root, JSON_INDENT(2));
	strbuf_puts(out, text ? text : "");
	strbuf_putc(out, '\n');
	free(text);
	json_decref(root);
}
