/* SPDX-License-Identifier: MIT */
/*
 * Generates a foreign compose file from the input: block and flow style, comments, trailing commas, anchors, variables,
 * environments as lists and mappings, every line end. It must be editable, the lines for manual changes must parse, and
 * a second run must find nothing to do.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "compose/edit.h"
#include "compose/roles.h"
#include "alone.h"
#include "six_workers.h"
#include "compose/same_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME "compose.yaml"
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct gen {
	const uint8_t *data;
	size_t left;
	struct strbuf out;
};

static void must(bool is)
{
	if (!is)
		abort();
}

/* A number below n; 0 once the input is used up, which selects the plainest variant everywhere. */
static unsigned pick(struct gen *g, unsigned n)
{
	if (g->left == 0)
		return 0;
	g->left--;
	return *g->data++ % n;
}

static const char *one_of(struct gen *g, const char *const *texts)
{
	unsigned n = 0;

	while (texts[n])
		n++;
	return texts[pick(g, n)];
}

static void put(struct gen *g, const char *text)
{
	strbuf_puts(&g->out, text);
}

static void new_line(struct gen *g, size_t indent)
{
	put(g, "\n");
	strbuf_fill(&g->out, ' ', indent);
}

/* In block style, a comment ends a line or has a line of its own. */
static void comment(struct gen *g, size_t indent)
{
	unsigned what = pick(g, 8);

	if (what == 1)
		put(g, " # words, and {more: [of], them");
	if (what == 2)
		put(g, " # vpsfit: old words");
	if (what != 3)
		return;
	new_line(g, indent);
	put(g, "# - NUM_WORKERS=9");
}

/* In flow style, anything may be between two items. */
static void space(struct gen *g, size_t indent)
{
	unsigned what = pick(g, 6);

	if (what == 1)
		put(g, " ");
	if (what == 3)
		put(g, " # a, b}");
	if (what == 2 || what == 3)
		new_line(g, indent + 2);
}

static void text(struct gen *g, const char *value, bool flow)
{
	bool plain = value[0] && !strpbrk(value, " ,[]{}#&*!|>'\"%@`") && !strstr(value, ": ");
	unsigned how = pick(g, 4);

	if (how == 0 && !plain && strpbrk(value, "${"))
		how = 2;
	if (how == 3 && !flow && value[0]) {
		put(g, value);
		return;
	}
	if (how == 1 || !plain)
		strbuf_printf(&g->out, "\"%s\"", value);
	else if (how == 2)
		strbuf_printf(&g->out, "'%s'", value);
	else
		put(g, value);
}

/* Where an anchor is allowed, so is an alias. */
static bool alias(struct gen *g, const char *name)
{
	unsigned what = pick(g, 12);

	if (what == 1)
		strbuf_printf(&g->out, "*%s", name);
	if (what == 2)
		strbuf_printf(&g->out, "&%s_own ", name);
	if (what == 3)
		put(g, one_of(g, TEXTS("!reset ", "!override ", "!!map ")));
	return what == 1;
}

static void entries(struct gen *g, const char *const *texts, size_t indent, bool flow)
{
	unsigned count = 1 + pick(g, 4);

	flow |= pick(g, 3) == 1;
	put(g, flow ? "[" : "");
	for (unsigned i = 0; i < count; i++) {
		if (flow) {
			put(g, i ? "," : "");
			space(g, indent);
		} else {
			new_line(g, indent);
			put(g, pick(g, 8) == 1 ? "-   " : "- ");
		}
		text(g, one_of(g, texts), flow);
		if (!flow)
			comment(g, indent);
	}
	if (!flow)
		return;
	put(g, pick(g, 2) ? "," : "");
	space(g, indent);
	put(g, "]");
}

struct pair;
typedef void (*value_fn)(struct gen *g, size_t indent, bool flow);

struct pair {
	const char *key;
	value_fn value;
};

/* A mapping of some of the pairs in varying order. Keys starting with "i" are always included. */
static void mapping(struct gen *g, const struct pair *pairs, size_t count, size_t indent, bool flow)
{
	size_t first = pick(g, (unsigned)count), step = 2 + 2 * (pick(g, 4) == 1);
	bool any = false, json = pick(g, 6) == 1;

	flow |= pick(g, 4) == 1;
	put(g, flow ? "{" : "");
	for (size_t k = 0; k < count; k++) {
		const struct pair *p = &pairs[(first + k) % count];

		if (p->key[0] != 'i' && pick(g, 3) == 1)
			continue;
		if (flow) {
			put(g, any ? "," : "");
			space(g, indent);
		} else {
			comment(g, indent);
			new_line(g, indent);
		}
		any = true;
		strbuf_printf(&g->out, json ? "\"%s\":" : "%s:", p->key);
		if (pick(g, 10) != 1 || p->key[0] == 'i') {
			put(g, " ");
			p->value(g, indent + step, flow);
		} else if (pick(g, 2)) {
			put(g, one_of(g, TEXTS(" ~", " null")));
		}
	}
	if (flow) {
		put(g, any && pick(g, 2) ? "," : "");
		space(g, indent);
	}
	put(g, flow ? "}" : any ? "" : "{}");
}

static void size(struct gen *g, size_t indent, bool flow)
{
	(void)indent;
	text(g,
	     one_of(g, TEXTS("1g", "${MEM:-1g}", "2048M", "${MEM}", "${GB:-2}g", "${A:-${B:-2g}}", "3856M", "$OTHER",
			     "1.5G")),
	     flow);
}

static void memory_alone(struct gen *g, size_t indent, bool flow)
{
	static const struct pair pairs[] = {{"memory", size}, {"cpus", size}};

	mapping(g, pairs, ARRAY_SIZE(pairs), indent, flow);
}

static void resources(struct gen *g, size_t indent, bool flow)
{
	static const struct pair pairs[] = {{"limits", memory_alone}, {"reservations", memory_alone}};

	mapping(g, pairs, ARRAY_SIZE(pairs), indent, flow);
}

static void deploy(struct gen *g, size_t indent, bool flow)
{
	static const struct pair pairs[] = {{"resources", resources}, {"labels", memory_alone}};

	if (!alias(g, "deploy"))
		mapping(g, pairs, ARRAY_SIZE(pairs), indent, flow);
}

static void words(struct gen *g, size_t indent, bool flow)
{
	(void)indent;
	if (!flow && pick(g, 6) == 1) {
		put(g, one_of(g, TEXTS("|", ">-", "|+")));
		new_line(g, indent);
		put(g, one_of(g, TEXTS("--num_workers 2", "--port 4000")));
		new_line(g, indent);
		put(g, one_of(g, TEXTS("--config /c", "and more # of it", "--num_workers ${W:-3}")));
		return;
	}
	text(g,
	     one_of(g, TEXTS("2", "${W:-2}", "sk-secret, quite", "--num_workers 2 --port 1",
			     "--num_workers=${W} -c max_connections=100", "9${W:-1}", "6")),
	     flow);
}

static void environment(struct gen *g, size_t indent, bool flow)
{
	static const struct pair pairs[] = {{"A", words}, {"NUM_WORKERS", words}, {"KEY", words}};

	if (alias(g, "env"))
		return;
	if (pick(g, 2))
		mapping(g, pairs, ARRAY_SIZE(pairs), indent, flow);
	else
		entries(g,
			TEXTS("A=1", "NUM_WORKERS", "NUM_WORKERS=2", "KEY=sk-secret", "NUM_WORKERS=${W:-3}",
			      "NUM_WORKERS = 3", "KEY", "NUM_WORKERS=", "B={a, b}"),
			indent, flow);
}

static void command(struct gen *g, size_t indent, bool flow)
{
	if (alias(g, "command"))
		return;
	if (pick(g, 3) == 1)
		words(g, indent, flow);
	else
		entries(g,
			TEXTS("--config", "--num_workers", "2", "--num_workers=3", "${W:-2}", "-c",
			      "max_connections=100", "--port"),
			indent, flow);
}

static void image(struct gen *g, size_t indent, bool flow)
{
	(void)indent;
	text(g, one_of(g, TEXTS("litellm", "ghcr.io/berriai/litellm:v1", "busybox", "example.org/a/b@sha256:0")), flow);
}

static void service(struct gen *g, size_t indent, bool flow)
{
	static const struct pair pairs[] = {
		{"image", image},     {"environment", environment}, {"deploy", deploy},	 {"mem_limit", size},
		{"command", command}, {"memswap_limit", size},	    {"env_file", words}, {"mem_reservation", size},
		{"<<", deploy},	      {"labels", environment}};

	mapping(g, pairs, ARRAY_SIZE(pairs), indent, flow);
}

static void services(struct gen *g, size_t indent, bool flow)
{
	static const struct pair pairs[] = {
		{"i-litellm", service}, {"db", service}, {"webui", service}, {"other", service}};

	mapping(g, pairs, ARRAY_SIZE(pairs), indent, flow);
}

/* The last choice taken from the input is the line end. */
static void end_lines(struct gen *g)
{
	const char *end = one_of(g, TEXTS("\n", "\r\n", "\r", "\n"));
	struct strbuf out = STRBUF_INIT;

	if (pick(g, 3))
		put(g, "\n");
	for (const char *c = strbuf_text(&g->out); *c; c++)
		if (*c == '\n')
			strbuf_puts(&out, end);
		else
			strbuf_putc(&out, *c);
	strbuf_clear(&g->out);
	g->out = out;
}

static void file(struct gen *g)
{
	put(g, "x-env: &env\n  A: \"1\"\nx-deploy: &deploy {resources: {limits: {memory: 2G}}}\nx-command: &command "
	       "[--config, c]\n");
	put(g, one_of(g, TEXTS("", "x-w: ${W}\n", "# words\n")));
	put(g, "services: ");
	services(g, 2 + 2 * pick(g, 2), false);
	end_lines(g);
}

static bool ends_in(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && STR_EQ(text + strlen(text) - strlen(end), end);
}

/* Suggested lines must be YAML, and must not replace a service or its environment by a number. */
static void check_by_hand(struct arena *a, const struct yaml_doc *doc, const struct edit *e)
{
	const char *lines = edit_by_hand(a, doc, e, NULL), *path = e->place.path;
	struct diag_list diags;
	struct yaml_doc *read;
	const struct yaml_node *n;

	diag_init(&diags, a);
	must(yaml_parse(a, "by-hand", lines, strlen(lines), &diags, &read) == 0);
	diag_clear(&diags);
	must(e->place.kind != PLACE_MANUAL || e->place.why);
	n = yaml_path(read->root, path);
	must(n && strchr(strchr(path, '/') + 1, '/'));
	must((e->place.form == FORM_VALUE) == (n->kind == YAML_SCALAR));
	must(!ends_in(path, "/environment") || e->place.form == FORM_ENTRY);
}

static void choose(struct answers *all, const char *part, const char *name)
{
	const struct answer said = {ORIGIN_FLAG, name, 0, NULL};

	must(answer_set_service(all, part, &said));
}

static bool edit(struct arena *a, const char *bytes, size_t len, struct strbuf *out)
{
	struct owned_layout layout = {.file = NAME};
	struct owned_value owned[MAX_OWNED];
	struct answers chosen = {.of = {{ORIGIN_DEFAULT, NULL, 0, NULL}}};
	struct diag_list diags;
	struct edit_file f;
	struct yaml_doc *doc = NULL, *after;
	struct project project = {.dir = "/"};
	const struct yaml_doc *made;
	bool is = false;

	diag_init(&diags, a);
	choose(&chosen, "litellm", "i-litellm");
	if (yaml_parse(a, NAME, bytes, len, &diags, &doc) == 0 && yaml_path(doc->root, "services/db"))
		choose(&chosen, "postgres", "db");
	if (doc && yaml_path(doc->root, "services/webui"))
		choose(&chosen, "open-webui", "webui");
	if (doc)
		project = alone(a, doc);
	if (doc && roles_find(a, &project, plan.set, &chosen, &diags, &layout) == 0) {
		edit_find(a, doc, NAME, owned, owned_values(a, &plan, &layout, owned), &f);
		made = edit_render(a, &f);
		strbuf_add(out, made->text, made->len);
		for (size_t i = 0; i < f.count; i++)
			check_by_hand(a, doc, &f.edits[i]);
		must(yaml_parse(a, NAME, strbuf_text(out), out->len, &diags, &after) == 0);
		must(same_services(doc, after));
		is = true;
	} else {
		must(diag_errors(&diags) > 0);
	}
	diag_clear(&diags);
	return is;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct arena a = ARENA_INIT;
	struct gen g = {data, length, STRBUF_INIT};
	struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;

	plan.set = shipped_services();
	file(&g);
	if (getenv("SHOW"))
		fprintf(stderr, "%s\n--\n", strbuf_text(&g.out));
	if (edit(&a, strbuf_text(&g.out), g.out.len, &once)) {
		must(edit(&a, strbuf_text(&once), once.len, &twice));
		if (getenv("SHOW"))
			fprintf(stderr, "%s\n--\n%s\n", strbuf_text(&once), strbuf_text(&twice));
		must(twice.len == once.len && memcmp(strbuf_text(&twice), strbuf_text(&once), once.len) == 0);
		must(!strstr(strbuf_text(&g.out), "KEY=sk-secret") || strstr(strbuf_text(&once), "KEY=sk-secret"));
	}
	strbuf_clear(&g.out);
	strbuf_clear(&once);
	strbuf_clear(&twice);
	arena_clear(&a);
	return 0;
}
