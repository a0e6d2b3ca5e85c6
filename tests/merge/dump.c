/* SPDX-License-Identifier: MIT */
/*
 * Prints the project as vpsfit sees it: dump DIR [-f NAME] [-1] [--yaml | --stack]. By default prints lines with the
 * files, the services, and each scalar of a service with its value, file and byte range; with --yaml prints the merged
 * tree as one equivalent compose file; with --stack, what its services are to the machine. For tests only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose/project.h"
#include "compose/project_parts.h"
#include "compose/stack_services.h"

static int read_file(void *context, const char *path, const char **ret, size_t *ret_len)
{
	struct arena *a = context;
	FILE *f = fopen(path, "re");
	char *text;

	if (!f)
		return -errno;
	text = arena_alloc(a, YAML_MAX_BYTES + 2);
	*ret_len = fread(text, 1, YAML_MAX_BYTES + 1, f);
	*ret = text;
	fclose(f);
	return 0;
}

static const char *environment(void *context, const char *name)
{
	(void)context;
	return getenv(name);
}

/* Compose substitutes variables in values only, not in keys. */
static void quoted(const char *s, const char *dollar)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\x%02x", (unsigned char)*s);
		else if (*s == '$')
			printf("%s", dollar);
		else
			putchar(*s);
	}
	putchar('"');
}

/*
 * Unquoted text stays unquoted, because it may be a number. Text from a variable is written as a variable, because
 * Compose assigns its type after substitution.
 */
static void scalar(const struct yaml_node *n)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.";
	bool simple = n->value[0] && strspn(n->value, plain) == n->value_len;
	const struct yaml_node *from = project_node(n)->from;

	if (simple && from->value && strchr(from->value, '$'))
		printf("\"${VPSFIT_NOTHING:-%s}\"", n->value);
	else if (n->style == YAML_PLAIN && (simple || project_is_null(n)))
		printf("%s", n->value[0] ? n->value : "null");
	else
		quoted(n->value, "$$");
}

static void tree(const struct yaml_node *n)
{
	bool map = n->kind == YAML_MAPPING;

	if (n->kind == YAML_SCALAR) {
		scalar(n);
		return;
	}
	putchar(map ? '{' : '[');
	for (size_t i = 0; i < n->count; i += 1 + map) {
		printf(i ? ", " : "");
		if (map) {
			quoted(n->items[i]->value, "$");
			printf(": ");
		}
		tree(n->items[i + map]);
	}
	putchar(map ? '}' : ']');
}

static void values(struct arena *a, const struct project *p, const char *service, const char *path,
		   const struct yaml_node *n)
{
	struct project_value v;

	if (n->kind == YAML_MAPPING)
		for (size_t i = 0; i + 1 < n->count; i += 2)
			values(a, p, service, arena_printf(a, "%s%s%s", path, *path ? "/" : "", n->items[i]->value),
			       n->items[i + 1]);
	if (n->kind == YAML_MAPPING || strchr(path, '.') || !project_service_value(a, p, service, path, &v))
		return;
	printf("value\t%s\t%s\t%s\t%zu\t%zu\t%s\t", service, path, v.file->path, v.start, v.end,
	       v.direct ? "direct" : "shared");
	tree(v.node);
	putchar('\n');
}

static void report(struct arena *a, const struct project *p)
{
	static const char *const sources[] = {"none", "found", "env", "caller", "named", "running"};

	printf("source\t%s\nname\t%s\n", sources[p->source], p->name);
	for (size_t i = 0; i < p->file_count; i++)
		printf("file\t%s\n", p->files[i].path);
	for (size_t i = 0; i < p->service_count; i++)
		printf("service\t%s\t%s\n", p->services[i].name, p->services[i].active ? "on" : "off");
	for (size_t i = 0; i < p->service_count; i++)
		values(a, p, p->services[i].name, "", p->services[i].node);
}

static void stack(struct arena *a, const struct project *p)
{
	static const struct service_set none;
	static const struct owned_layout nobody;
	const struct stack_service *all;
	size_t count = stack_services(a, p, &none, &nobody, &all);

	for (size_t i = 0; i < count; i++)
		printf("%s\t%lld\t%s\t%s\t%lld\t%lld\t%s\n", all[i].name, (long long)all[i].copies,
		       all[i].active ? "on" : "off", all[i].one_shot ? "ends" : "stays", (long long)all[i].limit_mib,
		       (long long)all[i].reservation_mib, all[i].image ? all[i].image : "-");
}

int main(int argc, char **argv)
{
	struct arena a = ARENA_INIT;
	struct diag_list diags;
	struct strbuf text = STRBUF_INIT;
	struct project *p;
	struct project_request req = {.read = read_file, .environment = environment, .context = &a};
	bool yaml = false, services = false;
	int rc;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-f") == 0 && i + 1 < argc)
			req.file = argv[++i];
		else if (strcmp(argv[i], "-1") == 0)
			req.compose1 = true;
		else if (strcmp(argv[i], "--yaml") == 0)
			yaml = true;
		else if (strcmp(argv[i], "--stack") == 0)
			services = true;
		else
			req.dir = argv[i];
	}
	diag_init(&diags, &a);
	rc = req.dir ? project_load(&a, &req, &diags, &p) : -EINVAL;
	for (size_t i = 0; i < diags.count; i++)
		diag_render(&diags.items[i], &text);
	fputs(strbuf_text(&text), stderr);
	if (rc == 0 && services) {
		stack(&a, p);
	} else if (rc == 0 && yaml && p->doc->root) {
		tree(p->doc->root);
		putchar('\n');
	} else if (rc == 0) {
		report(&a, p);
	}
	strbuf_clear(&text);
	diag_clear(&diags);
	arena_clear(&a);
	return rc == 0 ? 0 : 1;
}
