/* SPDX-License-Identifier: MIT */
/* What is remembered of a stack: what is rendered is loaded again, and a state that is not whole is refused. */
#include "store.h"

#include <errno.h>

#include "core/strbuf.h"
#include "state/state.h"

static const struct profile profile = {.name = "small"};
static const struct machine machine = {.ram.nominal = {.value = 4096}, .cpus.effective = {.value = 2}};
static const struct cost_model model = {.name = "ours"};
static const struct plan plan = {.machine = &machine, .profile = &profile, .model = &model, .workers = 3};

static const struct owned_value owned[] = {
	{.key = "compose.yaml:a"}, {.key = "compose.yaml:b"}, {.key = "compose.yaml:c"}, {.key = "compose.yaml:d"}};
static const char *const kept[] = {NULL, "7M", "8M", NULL};
static const char *const written[] = {"64M", "65M", NULL, NULL};
static const struct remembered_answer answers[] = {{"workers", "3", "2026-01-02T03:04:05Z"}, {"swap", "none", NULL}};
static const struct state_file files[] = {{"/opt/gw/.env", 0, 0},
					  {"/opt/gw/compose.yaml", 0xfedcba9876543210u, 0x123u}};
static const struct swap_change areas[] = {
	{.path = "/swapfile", .recorded = true, .after = {2048, true}},
	{.path = "/dev/vdb1", .device = true, .recorded = true, .uuid = "ab-cd", .after = {1024, true}},
	{.path = "/theirs", .after = {512, true}},
	{.path = "/gone", .recorded = true, .before = {512, false}},
	{.path = "/dev/vdc1", .device = true, .recorded = true, .after = {512, false}},
};

static const struct state_record whole = {
	.dir = "/opt/gw",
	.time = "2026-01-02T03:04:05Z",
	.plan = &plan,
	.answers = answers,
	.answer_count = ARRAY_SIZE(answers),
	.owned = owned,
	.kept = kept,
	.written = written,
	.owned_count = ARRAY_SIZE(owned),
	.files = files,
	.file_count = ARRAY_SIZE(files),
	.areas = areas,
	.area_count = ARRAY_SIZE(areas),
};

static const char *rendered(struct bench *b, const struct state_record *rec)
{
	struct strbuf out = STRBUF_INIT;
	const char *text = NULL;

	if (state_render(rec, &out) == 0)
		text = arena_strdup(&b->arena, strbuf_text(&out));
	else
		assert_int_equal(out.len, 0);
	strbuf_clear(&out);
	return text;
}

static int loaded_bytes(struct store_bench *s, const char *text, size_t len, struct state *ret)
{
	put_file(arena_printf(&s->b.arena, "%s/state.json", s->entry), text, len);
	return state_load(&s->b.arena, s->store, &s->b.diags, ret);
}

static int loaded(struct store_bench *s, const char *text, struct state *ret)
{
	return loaded_bytes(s, text, strlen(text), ret);
}

static void is_whole(const struct state *s)
{
	assert_true(s->present);
	assert_int_equal(s->entry, 1);
	assert_string_equal(s->dir, "/opt/gw");
	assert_string_equal(s->time, "2026-01-02T03:04:05Z");
	assert_string_equal(s->profile, "small");
	assert_int_equal(s->workers, 3);
	assert_int_equal(s->nominal_mib, 4096);
	assert_int_equal(s->cpus, 2);
	assert_int_equal(s->answer_count, 2);
	assert_string_equal(s->answers[0].name, "workers");
	assert_string_equal(s->answers[0].text, "3");
	assert_string_equal(s->answers[0].since, "2026-01-02T03:04:05Z");
	assert_string_equal(s->answers[1].text, "none");
	assert_null(s->answers[1].since);
}

static void holds_values(const struct state *s)
{
	assert_int_equal(s->count, 3);
	assert_string_equal(state_find(s, "compose.yaml:a")->written, "64M");
	assert_null(state_find(s, "compose.yaml:a")->kept);
	assert_string_equal(state_find(s, "compose.yaml:b")->written, "65M");
	assert_string_equal(state_find(s, "compose.yaml:b")->kept, "7M");
	assert_string_equal(state_find(s, "compose.yaml:c")->written, "");
	assert_string_equal(state_find(s, "compose.yaml:c")->kept, "8M");
	assert_null(state_find(s, "compose.yaml:d"));
	assert_int_equal(s->file_count, 2);
	assert_int_equal(s->files[0].hash, 0);
	assert_string_equal(s->files[1].path, "/opt/gw/compose.yaml");
	assert_true(s->files[1].shipped == 0x123u && s->files[0].shipped == 0);
	assert_true(s->files[1].hash == 0xfedcba9876543210u);
}

/* Only areas that are this stack's after the apply are remembered. */
static void holds_areas(const struct state *s)
{
	assert_int_equal(s->swap_count, 2);
	assert_string_equal(s->swaps[0].path, "/swapfile");
	assert_int_equal(s->swaps[0].kind, SWAP_KIND_FILE);
	assert_int_equal(s->swaps[0].size_mib, 2048);
	assert_null(s->swaps[0].uuid);
	assert_string_equal(s->swaps[1].path, "/dev/vdb1");
	assert_int_equal(s->swaps[1].kind, SWAP_KIND_PARTITION);
	assert_string_equal(s->swaps[1].uuid, "ab-cd");
}

static void loaded_again(void **state)
{
	struct store_bench *s = *state;
	struct state is;

	assert_int_equal(loaded(s, rendered(&s->b, &whole), &is), 0);
	is_whole(&is);
	holds_values(&is);
	holds_areas(&is);
	assert_int_equal(s->b.diags.count, 0);
}

static void nothing_there(void **state)
{
	struct store_bench *s = *state;
	struct state is;

	assert_int_equal(rmdir(s->entry), 0);
	assert_int_equal(state_load(&s->b.arena, s->store, &s->b.diags, &is), 0);
	assert_false(is.present);
	assert_int_equal(is.entry, 0);
	assert_int_equal(state_load(&s->b.arena, arena_printf(&s->b.arena, "%s/none", s->top), &s->b.diags, &is), 0);
	assert_false(is.present);
	assert_int_equal(s->b.diags.count, 0);
}

/* An entry without its state, a cut one, another program's: an error that names the file and what to do. */
static void not_whole(void **state)
{
	struct store_bench *s = *state;
	const char *text = rendered(&s->b, &whole);
	struct state is;

	assert_int_equal(state_load(&s->b.arena, s->store, &s->b.diags, &is), -EBADMSG);
	for (size_t len = 0; len + 1 < strlen(text); len++)
		if (loaded_bytes(s, text, len, &is) != -EBADMSG || is.present)
			fail_msg("%zu bytes are a state", len);
	for (const char *const *p =
		     (const char *const[]){"[]", "{}", "null", "{\"schema\": 2}", "{\"schema\": \"vpsfit.plan/1\"}",
					   "{\"schema\": \"vpsfit.state/2\", \"schema\": \"vpsfit.state/2\"}",
					   "{\"schema\": \"vpsfit.state/2\"} {}", NULL};
	     *p; p++)
		assert_int_equal(loaded(s, *p, &is), -EBADMSG);
	for (size_t i = 0; i < s->b.diags.count; i++) {
		assert_int_equal(s->b.diags.items[i].severity, SEV_ERROR);
		assert_string_equal(s->b.diags.items[i].file, is.path);
		assert_non_null(strstr(s->b.diags.items[i].hint, ".damaged"));
	}
}

/* A state that no vpsfit wrote, for its size, is damaged. A history that cannot be read is not: it must stay. */
static void unreadable(void **state)
{
	struct store_bench *s = *state;
	char *text = arena_alloc(&s->b.arena, 3 << 20);
	struct state is;

	memset(text, ' ', 3 << 20);
	assert_int_equal(loaded_bytes(s, text, 3 << 20, &is), -EBADMSG);
	assert_non_null(strstr(s->b.diags.items[0].hint, ".damaged"));
	assert_int_equal(remove(arena_printf(&s->b.arena, "%s/state.json", s->entry)), 0);
	assert_int_equal(rmdir(s->entry) + rmdir(arena_printf(&s->b.arena, "%s/history", s->store)), 0);
	put_file(arena_printf(&s->b.arena, "%s/history", s->store), "", 0);
	assert_int_equal(state_load(&s->b.arena, s->store, &s->b.diags, &is), -EBADMSG);
	assert_string_equal(s->b.diags.items[1].hint, "fix that, then run again");
}

/* A newer version's state is not damaged: it must not be renamed away. */
static void newer(void **state)
{
	struct store_bench *s = *state;
	struct state is;

	assert_int_equal(loaded(s, "{\"schema\": \"vpsfit.state/3\", \"dir\": \"/opt/gw\"}", &is), -EBADMSG);
	assert_non_null(strstr(s->b.diags.items[0].text, "vpsfit.state/3"));
	assert_non_null(strstr(s->b.diags.items[0].hint, "newer vpsfit"));
	assert_null(strstr(s->b.diags.items[0].hint, ".damaged"));
}

/* What every reader of a loaded state relies on. */
static void is_sound(const struct state *s, const char *what)
{
	bool well = s->present;

	for (size_t i = 0; i < s->count; i++)
		well &= s->values[i].key && s->values[i].written;
	for (size_t i = 0; i < s->file_count; i++)
		well &= s->files[i].path != NULL;
	for (size_t i = 0; i < s->answer_count; i++)
		well &= s->answers[i].name && s->answers[i].text;
	for (size_t i = 0; i < s->swap_count; i++)
		well &= s->swaps[i].path && s->swaps[i].path[0] == '/';
	if (!well)
		fail_msg("not sound: %s", what);
}

static void load_changed(struct store_bench *s, const json_t *root, const char *schema)
{
	char *text = json_dumps(root, 0);
	struct state is;
	int rc = loaded(s, text, &is);

	if (rc == 0)
		is_sound(&is, text);
	else
		assert_false(json_string_value(json_object_get(root, "schema")) &&
			     strcmp(json_string_value(json_object_get(root, "schema")), schema) == 0);
	free(text);
}

/* Each value of the tree in turn is replaced by each that does not belong there. */
static void replace_each(struct store_bench *s, json_t *root, json_t *at, const char *schema)
{
	const char *key;
	void *next;
	json_t *old, *wrong;

	json_object_foreach_safe(at, next, key, old)
	{
		json_incref(old);
		for (size_t i = 0; (wrong = wrong_value(i)); i++) {
			json_object_set_new(at, key, wrong);
			load_changed(s, root, schema);
		}
		json_object_set_new(at, key, old);
		replace_each(s, root, old, schema);
	}
	for (size_t k = 0; json_is_array(at) && k < json_array_size(at); k++)
		replace_each(s, root, json_array_get(at, k), schema);
}

static void wrong_types(void **state)
{
	struct store_bench *s = *state;
	json_t *root = json_loads(rendered(&s->b, &whole), 0, NULL);

	replace_each(s, root, root, "vpsfit.state/2");
	json_decref(root);
}

/* A later version may add keys anywhere: this one passes over them. */
static void unknown_keys(void **state)
{
	struct store_bench *s = *state;
	json_t *root = json_loads(rendered(&s->b, &whole), 0, NULL), *one;
	const char *key;
	struct state is;
	char *text;

	json_object_set_new(root, "later", json_pack("{s:[i]}", "x", 1));
	json_object_foreach(json_object_get(root, "values"), key, one) json_object_set_new(one, "later", json_true());
	json_object_set_new(json_object_get(root, "values"), "of another kind", json_pack("{s:i}", "later", 1));
	json_object_set_new(json_array_get(json_object_get(root, "files"), 0), "later", json_null());
	json_object_set_new(json_array_get(json_object_get(root, "swap"), 0), "later", json_integer(1));
	text = json_dumps(root, 0);
	json_decref(root);
	assert_int_equal(loaded(s, text, &is), 0);
	free(text);
	is_whole(&is);
	holds_values(&is);
	holds_areas(&is);
}

/* state/1: one key per answer, numbers as numbers. */
static void first_version(void **state)
{
	static const char *const wanted[][2] = {
		{"profile", "small"},	{"workers", "4"},  {"cost-model", "m"},	       {"overhead", "700M"},
		{"service", "a=b,c=d"}, {"swap", "2048M"}, {"swap-file", "/var/swap"}, {"swappiness", "0"},
	};
	struct store_bench *s = *state;
	struct state is;

	assert_int_equal(
		loaded(s,
		       "{\"schema\": \"vpsfit.state/1\", \"time\": \"T\", \"asked\": {\"profile\": \"small\", \"workers\": 4,"
		       " \"cost_model\": \"m\", \"overhead_mib\": 700, \"services\": {\"a\": \"b\", \"x\": 1, \"c\": \"d\"},"
		       " \"swap\": 2048, \"swap_file\": \"/var/swap\", \"swappiness\": 0}}",
		       &is),
		0);
	assert_int_equal(is.answer_count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_string_equal(is.answers[i].name, wanted[i][0]);
		assert_string_equal(is.answers[i].text, wanted[i][1]);
		assert_string_equal(is.answers[i].since, "T");
	}
	assert_int_equal(
		loaded(s, "{\"schema\": \"vpsfit.state/1\", \"asked\": {\"swap\": \"none\", \"workers\": \"4\"}}", &is),
		0);
	assert_int_equal(is.answer_count, 1);
	assert_string_equal(is.answers[0].text, "none");
	/* The keys of state/1 mean nothing in state/2. */
	assert_int_equal(loaded(s, "{\"schema\": \"vpsfit.state/2\", \"asked\": {\"workers\": 4}}", &is), 0);
	assert_int_equal(is.answer_count, 0);
}

static void first_version_wrong_types(void **state)
{
	json_t *root = json_loads("{\"schema\": \"vpsfit.state/1\", \"asked\": {\"profile\": \"p\", \"workers\": 4,"
				  " \"services\": {\"a\": \"b\"}, \"swap\": 1, \"swap_file\": \"/s\"}}",
				  0, NULL);

	replace_each(*state, root, root, "vpsfit.state/1");
	json_decref(root);
}

static void hostile_texts(void **state)
{
	static const char *const texts[] = {"\"",	    "\\",    "\n",  "\033[2J", "a\",\"schema\":\"x",
					    "\xe2\x80\xae", "$(id)", "%s%n"};
	struct store_bench *s = *state;
	struct state_record rec = whole;
	struct state is;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct remembered_answer said = {texts[i], texts[i], texts[i]};
		const char *const by_hand[] = {texts[i], texts[i], texts[i], texts[i]};

		rec.dir = texts[i];
		rec.answers = &said;
		rec.answer_count = 1;
		rec.kept = by_hand;
		assert_int_equal(loaded(s, rendered(&s->b, &rec), &is), 0);
		assert_string_equal(is.dir, texts[i]);
		assert_string_equal(is.answers[0].name, texts[i]);
		assert_string_equal(is.answers[0].text, texts[i]);
		assert_string_equal(is.answers[0].since, texts[i]);
		assert_string_equal(state_find(&is, "compose.yaml:d")->kept, texts[i]);
	}
}

/* JSON holds only UTF-8. A state that lacks what it cannot say would be worse than none. */
static void not_to_be_said(void **state)
{
	static const char bad[] = "/opt/\xff";
	static const struct remembered_answer said = {"workers", bad, NULL}, named = {bad, "1", NULL},
					      since = {"workers", "1", bad};
	static const char *const values[] = {bad, bad, bad, bad};
	static const struct state_file file = {bad, 0, 0};
	static const struct swap_change path = {.path = bad, .recorded = true, .after = {1, false}},
					uuid = {.path = "/s", .uuid = bad, .recorded = true, .after = {1, false}};
	struct state_record rec[10];

	for (size_t i = 0; i < ARRAY_SIZE(rec); i++)
		rec[i] = whole;
	rec[0].dir = bad;
	rec[1].time = bad;
	rec[2].answers = &said, rec[2].answer_count = 1;
	rec[3].answers = &named, rec[3].answer_count = 1;
	rec[4].answers = &since, rec[4].answer_count = 1;
	rec[5].kept = values;
	rec[6].written = values;
	rec[7].files = &file, rec[7].file_count = 1;
	rec[8].areas = &path, rec[8].area_count = 1;
	rec[9].areas = &uuid, rec[9].area_count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(rec); i++)
		if (rendered(*state, &rec[i]))
			fail_msg("record %zu was rendered", i);
}

/* More than there is room for is cut, not written past the end. */
static void too_many(void **state)
{
	struct store_bench *s = *state;
	json_t *root = json_pack("{s:s, s:[], s:[], s:{}, s:{}}", "schema", "vpsfit.state/2", "files", "swap", "values",
				 "answers");
	struct state is;
	char *text;

	for (int i = 0; i < 3000; i++) {
		const char *name = arena_printf(&s->b.arena, "/%d", i);

		json_array_append_new(json_object_get(root, "files"), json_pack("{s:s}", "path", name));
		json_array_append_new(json_object_get(root, "swap"), json_pack("{s:s}", "path", name));
		json_object_set_new(json_object_get(root, "values"), name, json_pack("{s:s}", "written", "1"));
		json_object_set_new(json_object_get(root, "answers"), name, json_pack("{s:s}", "value", "1"));
	}
	text = json_dumps(root, 0);
	json_decref(root);
	assert_int_equal(loaded(s, text, &is), 0);
	free(text);
	assert_int_equal(is.file_count, STATE_MAX_FILES);
	assert_int_equal(is.swap_count, SWAP_MAX_OWN);
	assert_int_equal(is.count, 2 * MAX_OWNED);
	assert_int_equal(is.answer_count, ANSWER_COUNT);
}

/* An apply with nothing to write notes what is new of machine, profile and answers, and leaves all else. */
static void noted(void **state)
{
	struct store_bench *s = *state;
	const char *text = rendered(&s->b, &whole), *news;
	struct plan other = plan;
	struct state_record rec = whole;
	struct state is;

	assert_null(state_noted(&s->b.arena, text, strlen(text), &whole));
	other.workers = 5;
	rec.plan = &other;
	rec.kept = (const char *const[]){NULL, NULL, NULL, NULL};
	rec.area_count = rec.file_count = 0;
	rec.time = "later";
	news = state_noted(&s->b.arena, text, strlen(text), &rec);
	assert_non_null(news);
	assert_int_equal(loaded(s, news, &is), 0);
	assert_int_equal(is.workers, 5);
	assert_string_equal(is.model, "ours");
	is.workers = 3;
	is_whole(&is);
	holds_values(&is);
	holds_areas(&is);
	rec.plan = &plan;
	rec.answers = (const struct remembered_answer[]){{"workers", "3", "2026-01-02T03:04:05Z"}};
	rec.answer_count = 1;
	news = state_noted(&s->b.arena, text, strlen(text), &rec);
	assert_int_equal(loaded(s, news, &is), 0);
	assert_int_equal(is.answer_count, 1);
	assert_null(state_noted(&s->b.arena, "[]", 2, &rec));
	assert_null(state_noted(&s->b.arena, text, strlen(text) - 3, &rec));
	rec.answers = (const struct remembered_answer[]){{"workers", "\xff", NULL}};
	assert_null(state_noted(&s->b.arena, text, strlen(text), &rec));
}

/* Noting in a state/1 makes it a state/2: what it asked for would be stale. */
static void first_version_noted(void **state)
{
	static const char text[] = "{\"schema\": \"vpsfit.state/1\", \"dir\": \"/d\", \"asked\": {\"workers\": 9},"
				   " \"values\": {\"k\": {\"written\": \"1\"}}}";
	struct store_bench *s = *state;
	struct state is;

	assert_int_equal(loaded(s, state_noted(&s->b.arena, text, strlen(text), &whole), &is), 0);
	assert_int_equal(is.answer_count, 2);
	assert_string_equal(is.answers[0].text, "3");
	assert_string_equal(is.dir, "/d");
	assert_string_equal(state_find(&is, "k")->written, "1");
}

/* A state without it was applied with the first model: it is noted only where it is another one. */
static void model_noted(void **state)
{
	static const char text[] =
		"{\"schema\": \"vpsfit.state/2\", \"dir\": \"/d\", \"profile\": \"small\", \"workers\": 3, "
		"\"nominal_mib\": 4096, \"cpus\": 2, \"answers\": {}, \"values\": {}}";
	const struct cost_model first = {.name = FIRST_MODEL};
	struct store_bench *s = *state;
	struct state_record rec = whole;
	struct plan same = plan;
	struct state is;

	same.model = &first;
	rec.plan = &same;
	rec.answer_count = 0;
	assert_null(state_noted(&s->b.arena, text, strlen(text), &rec));
	assert_int_equal(loaded(s, text, &is), 0);
	assert_string_equal(is.model, FIRST_MODEL);
	rec.plan = &plan;
	assert_int_equal(loaded(s, state_noted(&s->b.arena, text, strlen(text), &rec), &is), 0);
	assert_string_equal(is.model, "ours");
}

static void newest(void **state)
{
	static const char *const names[] = {"000002", "000007", "000010",	  "7",	   "0000099", "99999x",
					    "-00001", "000000", "000099.damaged", "1e5000"};
	struct store_bench *s = *state;
	struct arena *a = &s->b.arena;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		make_dir(arena_printf(a, "%s/history/%s", s->store, names[i]));
	assert_int_equal(state_newest(a, s->store, 0), 10);
	assert_int_equal(state_newest(a, s->store, 10), 7);
	assert_int_equal(state_newest(a, s->store, 7), 2);
	assert_int_equal(state_newest(a, s->store, 1), 0);
	assert_string_equal(state_entry_dir(a, "/s", 7), "/s/history/000007");
	assert_int_equal(state_newest(a, arena_printf(a, "%s/root", s->top), 0), 0);
	put_file(arena_printf(a, "%s/root/history", s->top), "", 0);
	assert_int_equal(state_newest(a, arena_printf(a, "%s/root", s->top), 0), -ENOTDIR);
}

/* What another user could have written is not believed. */
static void others_could_write(void **state)
{
	struct store_bench *s = *state;
	const char *text = rendered(&s->b, &whole);
	const char *state_json = arena_printf(&s->b.arena, "%s/state.json", s->entry);
	const char *const places[] = {arena_printf(&s->b.arena, "%s/state", s->top), s->store,
				      arena_printf(&s->b.arena, "%s/history", s->store), s->entry, state_json};
	struct state is;

	assert_int_equal(loaded(s, text, &is), 0);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		assert_int_equal(chmod(places[i], 0777), 0);
		if (state_load(&s->b.arena, s->store, &s->b.diags, &is) != -EBADMSG || is.present)
			fail_msg("%s is believed", places[i]);
		assert_int_equal(chmod(places[i], 0700), 0);
	}
	assert_int_equal(state_load(&s->b.arena, s->store, &s->b.diags, &is), 0);
}

static void names(void **state)
{
	struct bench *b = *state;
	const char *gw = state_store(&b->arena, "/s", "/opt/gw"), *other = state_store(&b->arena, "/s", "/srv/gw");

	assert_int_equal(strncmp(gw, "/s/gw-", 6), 0);
	assert_int_equal(strlen(gw), strlen("/s/gw-") + 16);
	assert_string_not_equal(gw, other);
	assert_string_equal(gw, state_store(&b->arena, "/s", "/opt/gw"));
	assert_int_equal(strncmp(state_store(&b->arena, "/s", "/"), "/s/stack-", 9), 0);
	assert_true(state_may_be_store("gw-0123456789abcdef") && state_may_be_store(".gw-0123456789abcdef"));
	assert_false(state_may_be_store("gw-1") || state_may_be_store("gw-0123456789abcdef.bak") ||
		     state_may_be_store("lost+found") || state_may_be_store(".") || state_may_be_store("..") ||
		     state_may_be_store(".lock") || state_may_be_store(".gw-0123456789abcdeg") ||
		     state_may_be_store(".gw-0123456789abcdef0"));
	assert_true(state_hash("", 0) != 0 && state_hash("a", 1) != state_hash("b", 1) &&
		    state_hash("a\0b", 3) != state_hash("a\0c", 3));
	/* Reference value of FNV-1a, 64 bits. */
	assert_true(state_hash("foobar", 6) == 0x85944171f73967e8u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(loaded_again),  store_test(nothing_there),	    store_test(not_whole),
		store_test(newer),	   store_test(unreadable),	    store_test(wrong_types),
		store_test(unknown_keys),  store_test(first_version),	    store_test(first_version_wrong_types),
		store_test(hostile_texts), store_test(not_to_be_said),	    store_test(too_many),
		store_test(noted),	   store_test(first_version_noted), store_test(model_noted),
		store_test(newest),	   store_test(others_could_write),  store_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
