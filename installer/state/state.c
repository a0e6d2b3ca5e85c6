/* SPDX-License-Identifier: MIT */
#include "state/state.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"
#include "files/files.h"
#include "files/trust.h"

#define SCHEMA_NAME "vpsfit.state/"
#define SCHEMA SCHEMA_NAME "2"
#define SCHEMA_1 SCHEMA_NAME "1"
#define MAX_ENTRY 999999

/* FNV-1a, 64 bits. */
uint64_t state_hash(const char *bytes, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
	return h ? h : 1;
}

const char *state_hash_text(struct arena *a, const char *bytes, size_t len)
{
	return arena_printf(a, "%016llx", (unsigned long long)state_hash(bytes, len));
}

/*
 * A stack's directory of state: its base name, for people, and a hash of its path (directory or adopted compose file).
 */
const char *state_store(struct arena *a, const char *host_state_dir, const char *stack)
{
	const char *base = strrchr(stack, '/');

	return arena_printf(a, "%s/%.40s-%016llx", host_state_dir, base && base[1] ? base + 1 : "stack",
			    (unsigned long long)state_hash(stack, strlen(stack)));
}

/*
 * Can this name in the state directory be a stack's store? Each ends in a hash. Whatever else lies there, such as
 * lost+found or a copy, is somebody else's.
 */
bool state_may_be_store(const char *name)
{
	const char *dash = strrchr(name, '-');

	return dash && strlen(dash + 1) == 16 && strspn(dash + 1, "0123456789abcdef") == 16;
}

/* Is the store named for the stack that its state tells of? A copy that somebody made of it is not. */
bool state_is_in_place(struct arena *a, const struct state *s)
{
	const char *name = strrchr(s->store, '/');

	return s->dir && name && STR_EQ(strrchr(state_store(a, "", s->dir), '/'), name);
}

static const char *moved(struct arena *a, const char *path, const char *from, const char *to)
{
	size_t n = strlen(from);

	return path && strncmp(path, from, n) == 0 && (path[n] == '/' || path[n] == '\0')
		       ? arena_printf(a, "%s%s", to, path + n)
		       : path;
}

/* What the state says of the directory `from`, it says of `to` then. On disk it stays as it is. */
void state_move(struct arena *a, struct state *s, const char *from, const char *to)
{
	s->dir = moved(a, s->dir, from, to);
	for (size_t i = 0; i < s->file_count; i++)
		s->files[i].path = moved(a, s->files[i].path, from, to);
	for (size_t i = 0; i < s->swap_count; i++)
		s->swaps[i].path = moved(a, s->swaps[i].path, from, to);
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
		const char *written = text_of(a, value, "written"), *kept = text_of(a, value, "kept");

		if ((!written && !kept) || s->count == ARRAY_SIZE(s->values))
			continue;
		s->values[s->count++] = (struct state_value){arena_strdup(a, key), written ? written : "", kept};
	}
}

static int bad_state(const char *path, const char *what, const char *hint, struct diag_list *diags)
{
	diag_add(diags, SEV_ERROR, path, _("the state cannot be used: %s; nothing was written"), what)->hint = hint;
	return -EBADMSG;
}

/*
 * Renaming a damaged entry takes it out of the count: then the apply before it is the newest, or the stack is taken up
 * from its files.
 */
static const char *damaged_hint(struct arena *a, const char *entry)
{
	return text_aprintf(
		a,
		_("put the file back from a backup; without one rename the directory %s to %s.damaged, then run again: "
		  "the apply before it counts then, or the stack is taken up from its own files"),
		entry, entry);
}

static const char *newer_hint(void)
{
	return _(
		"a newer vpsfit wrote it: install that version again, or a later one; the stack itself goes on as it is");
}

/* Do not suggest moving an unreadable state away: the stack would lose it. */
static const char *unreadable_hint(int rc)
{
	return rc == -EACCES || rc == -EPERM ? _("the stack was applied by root or by another user: run it with sudo")
					     : _("fix that, then run again");
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
		const char *path = text_of(a, file, "path"), *hex = text_of(a, file, "hash"),
			   *made = text_of(a, file, "shipped");
		uint64_t hash = 0, shipped = 0;

		if (!path || s->file_count == STATE_MAX_FILES || (hex && !parse_hex(hex, UINT64_MAX, &hash)))
			continue;
		if (made && !parse_hex(made, UINT64_MAX, &shipped))
			shipped = 0;
		s->files[s->file_count++] = (struct state_file){path, hash, shipped};
	}
}

static void add_answer(struct state *s, const char *name, const char *text, const char *since)
{
	if (name && text && s->answer_count < ARRAY_SIZE(s->answers))
		s->answers[s->answer_count++] = (struct remembered_answer){name, text, since};
}

static void load_answers(struct arena *a, const json_t *answers, struct state *s)
{
	const char *name;
	json_t *one;

	json_object_foreach((json_t *)answers, name, one)
		add_answer(s, arena_strdup(a, name), text_of(a, one, "value"), text_of(a, one, "since"));
}

static const char *number_text(struct arena *a, const json_t *object, const char *key, const char *unit)
{
	return json_is_integer(json_object_get(object, key))
		       ? arena_printf(a, "%lld%s", (long long)number_of(object, key), unit)
		       : NULL;
}

static const char *services_text(struct arena *a, const json_t *services)
{
	const char *part, *text = NULL;
	json_t *name;

	json_object_foreach((json_t *)services, part, name) if (json_is_string(name)) text =
		arena_printf(a, "%s%s%s=%s", text ? text : "", text ? "," : "", part, json_string_value(name));
	return text;
}

/* state/1 had one key per answer, with numbers as numbers and without times. */
static void load_answers_1(struct arena *a, const json_t *asked, struct state *s)
{
	const char *swap = text_of(a, asked, "swap");

	add_answer(s, "profile", text_of(a, asked, "profile"), s->time);
	add_answer(s, "workers", number_text(a, asked, "workers", ""), s->time);
	add_answer(s, "cost-model", text_of(a, asked, "cost_model"), s->time);
	add_answer(s, "overhead", number_text(a, asked, "overhead_mib", "M"), s->time);
	add_answer(s, "service", services_text(a, json_object_get(asked, "services")), s->time);
	add_answer(s, "swap", swap ? swap : number_text(a, asked, "swap", "M"), s->time);
	add_answer(s, "swap-file", text_of(a, asked, "swap_file"), s->time);
	add_answer(s, "swappiness", number_text(a, asked, "swappiness", ""), s->time);
}

static void load_swaps(struct arena *a, const json_t *swaps, struct state *s)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)swaps, i, one)
	{
		const bool device = json_is_true(json_object_get(one, "device"));
		const struct swap_area r = {.path = text_of(a, one, "path"),
					    .kind = device ? SWAP_KIND_PARTITION : SWAP_KIND_FILE,
					    .size_mib = number_of(one, "size_mib"),
					    .recorded = true,
					    .uuid = text_of(a, one, "uuid")};

		if (r.path && r.path[0] == '/' && s->swap_count < ARRAY_SIZE(s->swaps))
			s->swaps[s->swap_count++] = r;
	}
}

static int parse_state(struct arena *a, const char *text, size_t len, struct diag_list *diags, struct state *s)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	const char *schema = root ? text_of(a, root, "schema") : NULL;

	if (!schema || (!STR_EQ(schema, SCHEMA) && !STR_EQ(schema, SCHEMA_1))) {
		json_decref(root);
		return is_newer(schema)
			       ? bad_state(s->path, text_aprintf(a, _("it is of another version (%s)"), schema),
					   newer_hint(), diags)
			       : bad_state(s->path, root ? _("it is not what vpsfit writes") : error.text,
					   damaged_hint(a, state_entry_dir(a, s->store, s->entry)), diags);
	}
	s->present = true;
	s->dir = text_of(a, root, "dir");
	s->project = text_of(a, root, "project");
	s->time = text_of(a, root, "time");
	s->profile = text_of(a, root, "profile");
	s->model = text_of(a, root, "cost_model");
	if (!s->model)
		s->model = FIRST_MODEL;
	s->workers = number_of(root, "workers");
	s->workers_most = number_of(root, "workers_most");
	s->nominal_mib = number_of(root, "nominal_mib");
	s->cpus = number_of(root, "cpus");
	s->usable_mib = number_of(root, "usable_mib");
	s->other_swap_mib = json_object_get(root, "other_swap_mib") ? number_of(root, "other_swap_mib") : -1;
	s->system_mib = number_of(root, "system_mib");
	load_answers(a, json_object_get(root, "answers"), s);
	s->one_file = STR_EQ(schema, SCHEMA_1);
	if (s->one_file)
		load_answers_1(a, json_object_get(root, "asked"), s);
	load_swaps(a, json_object_get(root, "swap"), s);
	load_values(a, json_object_get(root, "values"), s);
	load_files(a, json_object_get(root, "files"), s);
	json_decref(root);
	return 0;
}

int state_trust(struct arena *a, const char *store, const char *dir, struct diag_list *diags)
{
	const char *state_dir = arena_strndup(a, store, (size_t)(strrchr(store, '/') - store));
	const char *const parts[] = {state_dir[0] ? state_dir : "/", store, arena_printf(a, "%s/history", store),
				     arena_printf(a, "%s/kept.env", store), dir};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(parts); i++)
		rc = parts[i] ? trust_own(a, parts[i], diags) : 0;
	return rc;
}

/*
 * Loads the newest state from a stack's store. A missing state is no error (present is false). Returns 0, or a negative
 * errno with an error.
 */
int state_load(struct arena *a, const char *store, struct diag_list *diags, struct state *ret)
{
	return state_load_below(a, store, 0, diags, ret);
}

/* As state_load, for the newest entry below that one; 0: the newest. */
int state_load_below(struct arena *a, const char *store, long below, struct diag_list *diags, struct state *ret)
{
	char *text;
	size_t len;
	int rc;

	*ret = (struct state){.store = store};
	rc = state_trust(a, store, NULL, diags);
	if (rc < 0)
		return rc;
	ret->entry = state_newest(a, store, below);
	if (ret->entry == 0)
		return 0;
	if (ret->entry < 0)
		return bad_state(arena_printf(a, "%s/history", store), strerror((int)-ret->entry),
				 unreadable_hint((int)ret->entry), diags);
	ret->path = arena_printf(a, "%s/state.json", state_entry_dir(a, store, ret->entry));
	rc = state_trust(a, store, state_entry_dir(a, store, ret->entry), diags);
	if (rc == 0)
		rc = trust_own(a, ret->path, diags);
	if (rc < 0)
		return rc;
	rc = file_read(a, ret->path, &text, &len, NULL);
	if (rc < 0)
		return bad_state(ret->path, file_read_why(rc),
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

const struct state_file *state_file_at(const struct state *s, const char *path)
{
	for (size_t i = 0; i < s->file_count; i++)
		if (STR_EQ(s->files[i].path, path))
			return &s->files[i];
	return NULL;
}

/*
 * Did an earlier apply leave this service in vpsfit's own compose file? Every service there has this value; an adopted
 * stack has other keys.
 */
bool state_has_service(struct arena *a, const struct state *s, const char *service)
{
	return state_find(s, arena_printf(a, "%s:services/%s/memswap_limit", COMPOSE_FILE, service)) != NULL;
}

/* Fails if the text is not UTF-8 (value is NULL then). */
static bool put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool put_text(json_t *object, const char *key, const char *text)
{
	return !text || put(object, key, json_string(text));
}

/* Swap on disk that is active now, but for the areas of this stack. */
int64_t state_swap_besides(const struct machine *m, const struct swap_area *own, size_t count)
{
	int64_t sum = 0;

	for (size_t i = 0; i < m->swap.area_count; i++) {
		bool ours = m->swap.areas[i].kind == SWAP_KIND_ZRAM;

		for (size_t k = 0; k < count; k++)
			ours |= STR_EQ(own[k].path, m->swap.areas[i].path);
		sum += ours ? 0 : m->swap.areas[i].size_mib;
	}
	return sum;
}

static int64_t state_other_swap(const struct state_record *rec)
{
	struct swap_area own[SWAP_MAX_OWN];
	size_t count = 0;

	for (size_t i = 0; i < rec->area_count && count < SWAP_MAX_OWN; i++)
		if (rec->areas[i].recorded)
			own[count++] = (struct swap_area){.path = rec->areas[i].path};
	return state_swap_besides(rec->plan->machine, own, count);
}

/* What the plan took the system for by itself; 0: it was asked for another figure. */
static int64_t system_found(const struct state_record *rec)
{
	for (size_t i = 0; i < rec->answer_count; i++)
		if (STR_EQ(rec->answers[i].name, "overhead"))
			return 0;
	return rec->plan->totals.system_mib;
}

static bool put_answers(const struct state_record *rec, json_t *root)
{
	json_t *answers = json_object();
	bool well = put(root, "answers", answers);

	for (size_t i = 0; i < rec->answer_count; i++) {
		const struct remembered_answer *one = &rec->answers[i];

		json_t *value = json_object();

		well = put_text(value, "value", one->text) && put_text(value, "since", one->since) && well;
		well = put(answers, one->name, value) && well;
	}
	return well;
}

/* The areas that belong to this stack after the apply. */
static bool put_swaps(const struct state_record *rec, json_t *root)
{
	json_t *swaps = json_array();
	bool well = put(root, "swap", swaps);

	for (size_t i = 0; well && i < rec->area_count; i++) {
		const struct swap_change *area = &rec->areas[i];
		json_t *one;

		if (!area->recorded || area->after.mib == 0 || (area->device && !area->after.on))
			continue;
		one = json_pack("{s:s, s:b, s:I}", "path", area->path, "device", area->device, "size_mib",
				(json_int_t)area->after.mib);
		well = one && put_text(one, "uuid", area->uuid);
		well = json_array_append_new(swaps, one) == 0 && well;
	}
	return well;
}

static bool put_files(const struct state_record *rec, json_t *root)
{
	json_t *files = json_array();
	bool well = put(root, "files", files);

	for (size_t i = 0; well && i < rec->file_count; i++) {
		json_t *file = json_pack("{s:s}", "path", rec->files[i].path);
		char hex[24];

		snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)rec->files[i].hash);
		well = file && (!rec->files[i].hash || put_text(file, "hash", hex));
		snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)rec->files[i].shipped);
		well = well && (!rec->files[i].shipped || put_text(file, "shipped", hex));
		well = json_array_append_new(files, file) == 0 && well;
	}
	return well;
}

/* Sets the key if the value differs; consumes value. Sets *well to false if the value cannot be represented in JSON. */
static bool note(json_t *root, const char *key, json_t *value, bool *well)
{
	bool news = !json_equal(json_object_get(root, key), value);

	*well &= value != NULL && (!news || json_object_set(root, key, value) == 0);
	json_decref(value);
	return news;
}

/*
 * What older versions did not record is only added with other news, so that an apply with nothing to do writes
 * nothing after an upgrade.
 */
static bool note_facts(json_t *root, const struct state_record *rec, bool *well)
{
	const struct plan *p = rec->plan;
	bool news = note(root, "usable_mib", json_integer((json_int_t)p->ram_mib), well);

	if (rec->project)
		news |= note(root, "project", json_string(rec->project), well);
	news |= note(root, "other_swap_mib", json_integer((json_int_t)state_other_swap(rec)), well);
	return note(root, "system_mib", json_integer((json_int_t)system_found(rec)), well) || news;
}

static bool note_answers(json_t *root, const struct state_record *rec, bool *well)
{
	json_t *fresh = json_object();
	bool news;

	*well &= put_answers(rec, fresh);
	news = note(root, "answers", json_incref(json_object_get(fresh, "answers")), well);
	json_decref(fresh);
	return news;
}

/*
 * Updates machine, profile and answers in the text of a state and leaves the rest, for an apply with nothing to write.
 * Returns NULL if nothing changes, or if the text is no state or the result cannot be represented in JSON.
 */
char *state_noted(struct arena *a, const char *text, size_t len, const struct state_record *rec)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const struct plan *plan = rec->plan;
	char *dumped = NULL, *result = NULL;
	bool news = false, well = true;

	if (!json_is_object(root)) {
		json_decref(root);
		return NULL;
	}
	news |= note(root, "profile", json_string(plan->profile->name), &well);
	news |= note(root, "workers", json_integer((json_int_t)plan->workers), &well);
	news |= note(root, "nominal_mib", json_integer((json_int_t)plan->machine->ram.nominal.value), &well);
	news |= note(root, "cpus", json_integer((json_int_t)plan->machine->cpus.effective.value), &well);
	/* A state without it was applied with the first one. */
	if (json_object_get(root, "cost_model") || !STR_EQ(plan->model->name, FIRST_MODEL))
		news |= note(root, "cost_model", json_string(plan->model->name), &well);
	news |= note_answers(root, rec, &well);
	if (news || json_object_get(root, "usable_mib"))
		news |= note_facts(root, rec, &well);
	if (news) {
		/* The same data as in state/1, which would now be stale. */
		json_object_del(root, "asked");
		(void)note(root, "schema", json_string(SCHEMA), &well);
	}
	if (news && well)
		dumped = json_dumps(root, JSON_INDENT(2));
	if (dumped)
		result = arena_printf(a, "%s\n", dumped);
	free(dumped);
	json_decref(root);
	return result;
}

/* Only records what was written, or kept by hand: anything else may change without a question. */
static bool put_values(const struct state_record *rec, json_t *root)
{
	json_t *values = json_object();
	bool well = put(root, "values", values);

	for (size_t i = 0; well && i < rec->owned_count; i++) {
		json_t *value;

		if (!rec->written[i] && !rec->kept[i])
			continue;
		value = json_object();
		well = put_text(value, "written", rec->written[i]) && put_text(value, "kept", rec->kept[i]);
		well = put(values, rec->owned[i].key, value) && well;
	}
	return well;
}

/*
 * Appends the state as JSON; it contains no secrets. Returns 0, or -EILSEQ if part of it cannot be represented in JSON;
 * then nothing is appended.
 */
int state_render(const struct state_record *rec, struct strbuf *out)
{
	json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "schema", SCHEMA, "dir",
				 rec->dir, "time", rec->time, "profile", rec->plan->profile->name, "cost_model",
				 rec->plan->model->name, "workers", (json_int_t)rec->plan->workers, "nominal_mib",
				 (json_int_t)rec->plan->machine->ram.nominal.value, "cpus",
				 (json_int_t)rec->plan->machine->cpus.effective.value, "usable_mib",
				 (json_int_t)rec->plan->ram_mib, "other_swap_mib", (json_int_t)state_other_swap(rec),
				 "system_mib", (json_int_t)system_found(rec));
	bool lowered = rec->workers_most > rec->plan->workers;
	char *text = root && (!lowered || put(root, "workers_most", json_integer((json_int_t)rec->workers_most))) &&
				     put_text(root, "project", rec->project) && put_answers(rec, root) &&
				     put_values(rec, root) && put_files(rec, root) && put_swaps(rec, root)
			     ? json_dumps(root, JSON_INDENT(2))
			     : NULL;

	json_decref(root);
	if (!text)
		return -EILSEQ;
	strbuf_puts(out, text);
	strbuf_putc(out, '\n');
	free(text);
	return 0;
}
