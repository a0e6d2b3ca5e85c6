/* SPDX-License-Identifier: MIT */
/* The journal, which root executes at the next boot: read as it was written or refused, naming nothing outside. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>

#include "apply/transaction.h"
#include "state/state.h"

#define STATE "{\"schema\": \"vpsfit.state/2\", \"dir\": \"/opt/gw\", \"files\": []}"
#define BASE "/opt/gw"

static struct transaction fresh(struct store_bench *s)
{
	return (struct transaction){.a = &s->b.arena,
				    .root = &s->root,
				    .diags = &s->b.diags,
				    .store = s->store,
				    .base = BASE,
				    .time = "2026-01-02T03:04:05Z",
				    .state = STATE,
				    .swappiness_before = 60,
				    .swappiness_after = 10};
}

static struct tx_copy copy(const char *text, mode_t mode, uid_t uid, gid_t gid)
{
	return (struct tx_copy){.present = true, .text = text, .len = strlen(text), .owner = {mode, uid, gid}};
}

/* A file that comes, one that changes, one that goes, and a link; a swap file that grows beside a device. */
static void fill(struct transaction *t)
{
	struct tx_copy link = copy("../gw.swap", 0, 0, 0);

	link.link = true;
	transaction_add(t, BASE "/new")->after = copy("new\n", 0600, 0, 0);
	transaction_add(t, BASE "/changed")->before = copy("before\n", 0640, 7, 8);
	t->files[1].after = copy("after\n", 0644, 9, 10);
	transaction_add(t, BASE "/gone")->before = copy("", 0, 0, 0);
	transaction_add_link(t, "/etc/systemd/system/swap.target.wants/gw.swap")->after = link;
	t->areas[0] = (struct swap_change){.path = "/swapfile", .before = {1024, true}, .after = {2048, true}};
	t->areas[1] =
		(struct swap_change){.path = "/dev/vdb1", .device = true, .before = {512, false}, .after = {512, true}};
	t->area_count = 2;
	(t->undoes ? &t->gone : &t->made)->of[0] = BASE "/sub";
	(t->undoes ? &t->gone : &t->made)->count = 1;
	if (t->undoes)
		t->made = (struct tx_dirs){{"/opt", BASE}, 2};
}

static const char *tx_of(struct store_bench *s)
{
	return arena_printf(&s->b.arena, "%s/tx", s->store);
}

static const char *in_tx(struct store_bench *s, const char *name)
{
	return arena_printf(&s->b.arena, "%s/%s", tx_of(s), name);
}

/* Writes it all into tx. Returns the journal's text. */
static const char *written(struct store_bench *s, const struct transaction *t)
{
	char *text = journal_text(t);
	const char *kept;

	assert_non_null(text);
	kept = arena_strdup(&s->b.arena, text);
	make_dir(tx_of(s));
	assert_int_equal(journal_write(t, tx_of(s), text), 0);
	free(text);
	return kept;
}

static int read_back(struct store_bench *s, struct transaction *ret)
{
	*ret = (struct transaction){.a = &s->b.arena, .root = &s->root, .diags = &s->b.diags, .store = s->store};
	return journal_read(ret, tx_of(s));
}

static int read_text(struct store_bench *s, const char *text, size_t len, struct transaction *ret)
{
	put_file(in_tx(s, "journal.json"), text, len);
	return read_back(s, ret);
}

static int read_json(struct store_bench *s, const json_t *root, struct transaction *ret)
{
	char *text = json_dumps(root, 0);
	int rc = read_text(s, text, strlen(text), ret);

	free(text);
	return rc;
}

static bool same_copy(const struct tx_copy *x, const struct tx_copy *y)
{
	if (!x->present || !y->present)
		return x->present == y->present;
	return x->link == y->link && x->len == y->len && memcmp(x->text, y->text, x->len) == 0 &&
	       (x->link ||
		(x->owner.mode == y->owner.mode && x->owner.uid == y->owner.uid && x->owner.gid == y->owner.gid));
}

static bool same_area(const struct swap_change *x, const struct swap_change *y)
{
	return strcmp(x->path, y->path) == 0 && x->device == y->device && x->before.mib == y->before.mib &&
	       x->after.mib == y->after.mib && x->before.on == y->before.on && x->after.on == y->after.on;
}

static bool same_dirs(const struct tx_dirs *x, const struct tx_dirs *y)
{
	bool same = x->count == y->count;

	for (size_t i = 0; same && i < x->count; i++)
		same = strcmp(x->of[i], y->of[i]) == 0;
	return same;
}

static bool same(const struct transaction *x, const struct transaction *y)
{
	bool well = strcmp(x->base, y->base) == 0 && strcmp(x->time, y->time) == 0 && x->undoes == y->undoes &&
		    x->count == y->count && x->area_count == y->area_count && same_dirs(&x->made, &y->made) &&
		    same_dirs(&x->gone, &y->gone) && x->swappiness_before == y->swappiness_before &&
		    x->swappiness_after == y->swappiness_after;

	for (size_t i = 0; well && i < x->count; i++)
		well = strcmp(x->files[i].path, y->files[i].path) == 0 &&
		       same_copy(&x->files[i].before, &y->files[i].before) &&
		       same_copy(&x->files[i].after, &y->files[i].after);
	for (size_t i = 0; well && i < x->area_count; i++)
		well = same_area(&x->areas[i], &y->areas[i]);
	return well;
}

static void read_again(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;

	fill(&t);
	written(s, &t);
	assert_int_equal(read_back(s, &is), 0);
	assert_true(same(&t, &is));
	assert_int_equal(journal_check(&is), 0);
}

static void rollback_read_again(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;

	t.undoes = 7;
	fill(&t);
	written(s, &t);
	assert_int_equal(read_back(s, &is), 0);
	assert_true(same(&t, &is));
}

/* Nothing of it is for others: it has copies of .env. */
static void private(void **state)
{
	static const char *const names[] = {"journal.json", "state.json", "0.after", "1.before",
					    "1.after",	    "2.before",	  "3.after"};
	struct store_bench *s = *state;
	struct transaction t = fresh(s);
	struct stat st;

	fill(&t);
	written(s, &t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(stat(in_tx(s, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_int_not_equal(stat(in_tx(s, "0.before"), &st), 0);
}

static void cut(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;
	const char *text;

	t.undoes = 1;
	fill(&t);
	text = written(s, &t);
	for (size_t len = 0; len < strlen(text); len++)
		if (read_text(s, text, len, &is) != -EBADMSG)
			fail_msg("%zu bytes are a journal", len);
	assert_int_equal(read_text(s, arena_printf(&s->b.arena, "%s{}", text), strlen(text) + 2, &is), -EBADMSG);
	assert_int_equal(read_text(s, text, strlen(text), &is), 0);
}

/* "remade" was added later: a rollback without it makes no directories. */
static void check_without(struct store_bench *s, const json_t *root, const char *key)
{
	struct transaction is;
	int rc = read_json(s, root, &is);

	if (strcmp(key, "remade") == 0)
		assert_true(rc == 0 && is.made.count == 0 && is.gone.count == 1);
	else if (rc != -EBADMSG)
		fail_msg("read without '%s'", key);
}

/* Takes away each key of the tree by itself. */
static void remove_each(struct store_bench *s, json_t *root, json_t *at)
{
	const char *keys[32];
	size_t count = 0;
	const char *name;
	json_t *one;

	json_object_foreach(at, name, one) keys[count++] = arena_strdup(&s->b.arena, name);
	for (size_t i = 0; i < count; i++) {
		one = json_incref(json_object_get(at, keys[i]));
		json_object_del(at, keys[i]);
		check_without(s, root, keys[i]);
		json_object_set(at, keys[i], one);
		remove_each(s, root, one);
		json_decref(one);
	}
	for (size_t i = 0; json_is_array(at) && i < json_array_size(at); i++)
		remove_each(s, root, json_array_get(at, i));
}

static void a_key_is_gone(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;
	json_t *root;

	t.undoes = 1;
	fill(&t);
	root = json_loads(written(s, &t), 0, NULL);
	remove_each(s, root, root);
	assert_int_equal(read_json(s, root, &is), 0);
	assert_true(same(&t, &is));
	json_decref(root);
}

/* The first journals had neither areas nor swappiness. */
static void first_journals(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;
	json_t *root;

	fill(&t);
	root = json_loads(written(s, &t), 0, NULL);
	json_object_del(root, "areas");
	json_object_del(root, "swappiness");
	assert_int_equal(read_json(s, root, &is), 0);
	json_decref(root);
	t.area_count = 0;
	t.swappiness_before = t.swappiness_after = -1;
	assert_true(same(&t, &is));
}

/* Has this value a meaning of its own there, though another one? */
static bool has_meaning(const char *key, const json_t *was, const json_t *is)
{
	if (strcmp(key, "undoes") == 0 || strcmp(key, "size_mib") == 0 || strcmp(key, "uid") == 0 ||
	    strcmp(key, "gid") == 0 || strcmp(key, "mode") == 0)
		return json_is_integer(is);
	return (json_typeof(was) == json_typeof(is) && json_typeof(is) != JSON_OBJECT) ||
	       (json_is_boolean(was) && json_is_boolean(is)) ||
	       (json_is_null(is) && (strcmp(key, "before") == 0 || strcmp(key, "after") == 0));
}

static void replace_each(struct store_bench *s, json_t *root, json_t *at)
{
	const char *key;
	void *next;
	json_t *old, *wrong;

	json_object_foreach_safe(at, next, key, old)
	{
		json_incref(old);
		for (size_t i = 0; (wrong = wrong_value(i)); i++) {
			struct transaction is;
			int rc;

			json_object_set_new(at, key, wrong);
			rc = read_json(s, root, &is);
			if (rc == 0 && !has_meaning(key, old, wrong))
				fail_msg("'%s' may be wrong value %zu", key, i);
			assert_true(is.count <= TX_MAX_FILES && is.area_count <= SWAP_MAX_OWN);
		}
		json_object_set_new(at, key, old);
		replace_each(s, root, old);
	}
	for (size_t k = 0; json_is_array(at) && k < json_array_size(at); k++)
		replace_each(s, root, json_array_get(at, k));
}

static void wrong_types(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s);
	json_t *root;

	t.undoes = 1;
	fill(&t);
	root = json_loads(written(s, &t), 0, NULL);
	replace_each(s, root, root);
	json_decref(root);
}

/* A number that is none of its kind would be cut to one that is. */
static void out_of_range(void **state)
{
	static const struct {
		const char *part, *key;
		json_int_t bad;
	} rows[] = {
		{"after", "mode", -1},	     {"after", "mode", 010644},	   {"after", "uid", -1},
		{"after", "uid", 1LL << 32}, {"after", "gid", -1},	   {"after", "gid", 1LL << 32},
		{NULL, "undoes", -1},	     {"swappiness", "before", -2}, {"swappiness", "after", 1LL << 31},
	};
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;
	const char *text;

	fill(&t);
	text = written(s, &t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *root = json_loads(text, 0, NULL), *file = json_array_get(json_object_get(root, "files"), 0);
		json_t *at = !rows[i].part			   ? root
			     : json_object_get(root, rows[i].part) ? json_object_get(root, rows[i].part)
								   : json_object_get(file, rows[i].part);

		json_object_set_new(at, rows[i].key, json_integer(rows[i].bad));
		if (read_json(s, root, &is) != -EBADMSG)
			fail_msg("row %zu is read", i);
		json_decref(root);
	}
}

static void a_copy_is_gone(void **state)
{
	static const char *const names[] = {"0.after", "1.before", "1.after", "2.before", "3.after"};
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;

	fill(&t);
	written(s, &t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(rename(in_tx(s, names[i]), in_tx(s, "away")), 0);
		assert_int_equal(read_back(s, &is), -EBADMSG);
		assert_int_equal(rename(in_tx(s, "away"), in_tx(s, names[i])), 0);
	}
	assert_int_equal(chmod(in_tx(s, "1.before"), 0666), 0);
	assert_int_equal(read_back(s, &is), -EBADMSG);
	assert_int_equal(chmod(in_tx(s, "1.before"), 0600), 0);
	assert_int_equal(read_back(s, &is), 0);
	assert_int_equal(remove(in_tx(s, "journal.json")), 0);
	assert_int_equal(read_back(s, &is), -ENOENT);
}

/* A list is never cut to what there is room for. */
static void too_many(void **state)
{
	static const char *const lists[] = {"files", "areas", "dirs"};
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;
	const char *text;

	fill(&t);
	text = written(s, &t);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		json_t *root = json_loads(text, 0, NULL), *list = json_object_get(root, lists[i]);

		while (json_array_size(list) < 200)
			json_array_append(list, json_array_get(list, 0));
		assert_true(read_json(s, root, &is) < 0);
		json_decref(root);
	}
}

static void not_to_be_said(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s);

	fill(&t);
	t.files[1].path = BASE "/\xff";
	assert_null(journal_text(&t));
	t.files[1].path = BASE "/x";
	t.areas[0].path = "/\xff";
	assert_null(journal_text(&t));
	t.areas[0].path = "/x";
	t.made.of[0] = "/opt/\xff";
	assert_null(journal_text(&t));
}

/* 0 if a change may touch the file. */
static int file_checked(struct transaction *t, const char *path)
{
	t->count = 0;
	return transaction_add(t, path) ? journal_check(t) : -EBADMSG;
}

static void files_of_a_change(void **state)
{
	static const char *const inside[] = {BASE "/a",
					     BASE "/a/b/c",
					     BASE "/..a",
					     BASE "/a..",
					     "/etc/fstab",
					     "/etc/sysctl.d/60-vpsfit.conf",
					     "/etc/systemd/system/swapfile.swap",
					     "/etc/systemd/system/swap.target.wants/swapfile.swap"};
	static const char *const outside[] = {BASE,
					      BASE "x",
					      "/opt",
					      "/opt/gwx/a",
					      "/opt/g",
					      "/etc/passwd",
					      "/",
					      "/etc/fstab/x",
					      "/etc/fstab2",
					      "/etc/systemd/system/gw.service",
					      "/etc/systemd/system/sub/x.swap",
					      "/etc/systemd/system/.swap/x",
					      "/etc/systemd/systemx/a.swap",
					      "/lib/systemd/system/a.swap",
					      "/etc/sysctl.d/60-vpsfit.conf.d",
					      "/etc/systemd/system/swap.target.wants/x.service",
					      BASE "/../x",
					      BASE "/a/../b",
					      BASE "/..",
					      "/etc/systemd/system/../x.swap",
					      "/etc/systemd/system/swap.target.want2/x.swap",
					      "/etc/systemd/system/swap.target.wants2/x.swap",
					      "/etc/systemd/systeM/x.swap"};
	struct store_bench *s = *state;
	struct transaction t = fresh(s);
	size_t errors;

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (file_checked(&t, inside[i]) != 0)
			fail_msg("%s is refused", inside[i]);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		errors = diag_errors(&s->b.diags);
		if (file_checked(&t, outside[i]) != -EBADMSG)
			fail_msg("%s is taken", outside[i]);
		assert_int_equal(diag_errors(&s->b.diags), errors + 1);
		assert_string_equal(s->b.diags.items[s->b.diags.count - 1].file, outside[i]);
	}
}

static int dir_checked(struct transaction *t, const char *path)
{
	t->made = (struct tx_dirs){{path}, 1};
	t->gone.count = 0;
	if (journal_check(t) == 0)
		return 0;
	t->gone = t->made;
	t->made.count = 0;
	return journal_check(t);
}

static void directories_of_a_change(void **state)
{
	static const char *const inside[] = {BASE,	     BASE "/a/b",    "/opt",
					     "/etc",	     "/etc/systemd", "/etc/systemd/system/swap.target.wants",
					     "/etc/sysctl.d"};
	static const char *const outside[] = {"/opt/other", "/opt/g",	"/opt/gwx",
					      "/home",	    "/etc/ssh", "/etc/sysctl.dx",
					      BASE "/../x", BASE "/..", "/etc/systemd/system/swap.target.wants/x"};
	struct store_bench *s = *state;
	struct transaction t = fresh(s);

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (dir_checked(&t, inside[i]) != 0)
			fail_msg("%s is refused", inside[i]);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		if (dir_checked(&t, outside[i]) != -EBADMSG)
			fail_msg("%s is taken", outside[i]);
}

/* A stack at "/" holds every file, and vpsfit's own state lies in it. Only kept.env may change, and not as a link. */
static void own_state(void **state)
{
	struct store_bench *s = *state;
	struct transaction t;

	sysroot_close(&s->root);
	assert_int_equal(sysroot_open(&s->root, s->top), 0);
	t = fresh(s);
	t.base = "/";
	assert_int_equal(file_checked(&t, "/root/a"), 0);
	assert_int_equal(file_checked(&t, "/statex/a"), 0);
	assert_int_equal(file_checked(&t, "/state/a"), -EBADMSG);
	assert_int_equal(file_checked(&t, "/state/other-0123456789abcdef/kept.env"), -EBADMSG);
	assert_int_equal(file_checked(&t, "/state/gw-0123456789abcdef/history/000001/journal.json"), -EBADMSG);
	assert_int_equal(file_checked(&t, "/state/gw-0123456789abcdef/kept.env"), 0);
	t.files[0].after.link = true;
	assert_int_equal(journal_check(&t), -EBADMSG);
	/* The way through a link is the same file. */
	assert_int_equal(symlink("state", arena_printf(&s->b.arena, "%s/way", s->top)), 0);
	assert_int_equal(file_checked(&t, "/way/gw-0123456789abcdef/tx/journal.json"), -EBADMSG);
	/* A stack inside of the state directory is a stack; its store is not part of it. */
	t.base = "/state/stack";
	assert_int_equal(file_checked(&t, "/state/stack/a"), 0);
	t.base = "/state";
	assert_int_equal(file_checked(&t, "/state/gw-0123456789abcdef/state.json"), -EBADMSG);
}

/* A journal that names what it may not is refused as a whole, wherever in it that stands. */
static void outside_in_the_text(void **state)
{
	struct store_bench *s = *state;
	struct transaction t = fresh(s), is;
	json_t *root, *files, *dirs;

	fill(&t);
	root = json_loads(written(s, &t), 0, NULL);
	files = json_object_get(root, "files");
	dirs = json_object_get(root, "dirs");
	json_array_append_new(files, json_pack("{s:s, s:n, s:n}", "path", "/etc/passwd", "before", "after"));
	assert_int_equal(read_json(s, root, &is), -EBADMSG);
	json_array_remove(files, json_array_size(files) - 1);
	json_array_append_new(files, json_pack("{s:s, s:n, s:n}", "path", "relative", "before", "after"));
	assert_int_equal(read_json(s, root, &is), -EBADMSG);
	json_array_remove(files, json_array_size(files) - 1);
	json_array_append_new(dirs, json_string("/home"));
	assert_int_equal(read_json(s, root, &is), -EBADMSG);
	json_array_remove(dirs, json_array_size(dirs) - 1);
	assert_int_equal(read_json(s, root, &is), 0);
	json_decref(root);
}

static const char *base_of(struct store_bench *s, const char *where, const char *text)
{
	struct transaction t = fresh(s);
	const char *path = arena_printf(&s->b.arena, "%s/state.json", where);

	t.base = NULL;
	put_file(path, text, strlen(text));
	(void)!journal_find_base(&t, tx_of(s));
	assert_int_equal(remove(path), 0);
	return t.base ? t.base : "";
}

static void the_stack_it_belongs_to(void **state)
{
	struct store_bench *s = *state;
	const char *tx = tx_of(s), *undone = in_tx(s, "undone");

	make_dir(tx);
	make_dir(undone);
	assert_string_equal(base_of(s, tx, STATE), BASE);
	assert_string_equal(base_of(s, s->entry, STATE), BASE);
	assert_string_equal(base_of(s, undone, STATE), BASE);
	/* An adopted compose file: by its listing, or because it is one. */
	assert_string_equal(base_of(s, tx, "{\"dir\": \"/a/c.yaml\", \"files\": [{\"path\": \"/a/c.yaml\"}]}"), "/a");
	assert_string_equal(base_of(s, tx, "{\"dir\": \"/c.yaml\", \"files\": [{\"path\": \"/c.yaml\"}]}"), "/");
	assert_string_equal(base_of(s, tx, "{\"dir\": \"/a/gw\", \"files\": [{\"path\": \"/a/gw/c\"}, {\"path\": 1}]}"),
			    "/a/gw");
	put_file(arena_printf(&s->b.arena, "%s/root/opt/c.yaml", s->top), "", 0);
	assert_string_equal(base_of(s, tx, "{\"dir\": \"/opt/c.yaml\"}"), "/opt");
	assert_string_equal(base_of(s, tx, "{\"dir\": \"/opt/d.yaml\"}"), "/opt/d.yaml");
	assert_int_equal(s->b.diags.count, 0);
	for (const char *const *p =
		     (const char *const[]){"{\"dir\": \"opt/gw\"}", "{\"dir\": \"/opt/../etc\"}",
					   "{\"dir\": \"/opt/..\"}", "{\"dir\": 1}", "{}", "[]", "{", "", NULL};
	     *p; p++)
		assert_string_equal(base_of(s, tx, *p), "");
	assert_int_equal(s->b.diags.count, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(read_again),
		store_test(rollback_read_again),
		store_test(private),
		store_test(cut),
		store_test(a_key_is_gone),
		store_test(first_journals),
		store_test(wrong_types),
		store_test(out_of_range),
		store_test(a_copy_is_gone),
		store_test(too_many),
		store_test(not_to_be_said),
		store_test(files_of_a_change),
		store_test(directories_of_a_change),
		store_test(own_state),
		store_test(outside_in_the_text),
		store_test(the_stack_it_belongs_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
