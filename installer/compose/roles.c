/* SPDX-License-Identifier: MIT */
#include "compose/roles.h"

#include <errno.h>
#include <string.h>

#include "core/i18n.h"
#include "core/shell.h"
#include "core/strbuf.h"
#include "compose/place.h"

/* The text without "${...}". */
static const char *without_variables(struct arena *a, const char *text)
{
	struct strbuf out = STRBUF_INIT;
	const char *result;

	while (*text) {
		const char *end = text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;

		if (!end)
			strbuf_putc(&out, *text++);
		else
			text = end + 1;
	}
	result = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return result;
}

/* "registry:5000/owner/name:tag@digest" -> "name"; "" if the name is a variable. */
static const char *image_name(struct arena *a, const char *image)
{
	const char *plain = without_variables(a, image), *last;

	plain = arena_strndup(a, plain, strcspn(plain, "@"));
	last = strrchr(plain, '/');
	last = last ? last + 1 : plain;
	return arena_strndup(a, last, strcspn(last, ":"));
}

/* How well a name matches a service. */
enum likeness { UNLIKE, ALIKE, EXACTLY };

/* Exporters, admin pages and the like carry the name of what they serve, but are not it. */
static bool is_companion(const char *name)
{
	static const char *const words[] = {"exporter", "backup", "admin",   "prometheus", "proxy-manager", "bouncer",
					    "mcp",	"meta",	  "monitor", "migrat",	   "init"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

/* Matches an image name, or one that starts with it as a whole word: "postgres-16" is postgres, "postgrest" is not. */
static enum likeness likeness(const char *name, const struct service *s)
{
	enum likeness best = UNLIKE;

	for (size_t i = 0; i < s->image_count; i++) {
		size_t n = strlen(s->images[i]);

		if (strncmp(name, s->images[i], n) != 0)
			continue;
		if (name[n] == '\0')
			return EXACTLY;
		if (strchr("-_.", name[n]) && !is_companion(name))
			best = ALIKE;
	}
	return best;
}

static enum likeness plays(struct arena *a, const char *service_key, const struct yaml_node *service,
			   const struct service *s)
{
	const struct yaml_node *image = yaml_get(service, "image");
	const char *name = yaml_is_scalar(image) ? image_name(a, image->value) : "";
	enum likeness by_image = likeness(name, s), by_key;

	/* An image that is built here, or named by a variable, may have any name: the service's name tells. */
	by_key = !name[0] || yaml_get(service, "build") ? likeness(service_key, s) : UNLIKE;
	return by_image > by_key ? by_image : by_key;
}

static struct role candidates(struct arena *a, const struct yaml_node *services, const struct service *s,
			      enum likeness least)
{
	struct role r = {.count = 0};

	for (size_t i = 0; services && services->kind == YAML_MAPPING && i + 1 < services->count; i += 2) {
		const struct yaml_node *key = services->items[i];

		if (yaml_is_scalar(key) && !strchr(key->value, '/') && r.count < MAX_CANDIDATES &&
		    plays(a, key->value, services->items[i + 1], s) >= least)
			r.candidates[r.count++] = key->value;
	}
	return r;
}

/* Exact matches; only if there are none, similar ones. */
struct role roles_candidates(struct arena *a, const struct yaml_doc *doc, const struct service *s)
{
	const struct yaml_node *services = doc->root ? yaml_get(doc->root, "services") : NULL;
	struct role exactly = candidates(a, services, s, EXACTLY);

	return exactly.count > 0 ? exactly : candidates(a, services, s, ALIKE);
}

static const char *listed(struct arena *a, const struct role *r)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	for (size_t i = 0; i < r->count; i++)
		strbuf_printf(&out, "%s%s", i ? ", " : "", r->candidates[i]);
	text = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static int choose(struct arena *a, const struct yaml_doc *doc, const struct service *s, const char *chosen,
		  struct diag_list *diags, const char **ret)
{
	struct role r = roles_candidates(a, doc, s);

	*ret = chosen ? chosen : r.count == 1 ? r.candidates[0] : NULL;
	if (chosen && (strchr(chosen, '/') || !yaml_get(doc->root ? yaml_get(doc->root, "services") : NULL, chosen))) {
		diag_add(diags, SEV_ERROR, doc->name, _("there is no service '%s'; nothing was written"), chosen);
		return -ENOENT;
	}
	if (!chosen && r.count > 1) {
		diag_add(diags, SEV_ERROR, doc->name, _("more than one service could be %s: %s; nothing was written"),
			 s->name, listed(a, &r))
			->hint =
			arena_printf(a, _("say which: --service %s=%s"), s->name, shell_quoted(a, r.candidates[0]));
		return -ENOTUNIQ;
	}
	if (!*ret && s->part == PART_WORKERS) {
		diag_add(diags, SEV_ERROR, doc->name, _("no service runs an image of %s; nothing was written"), s->name)
			->hint = doc->root && yaml_get(doc->root, "include")
					 ? _("what the file includes is not looked into: name that file with --compose")
					 : arena_printf(a, _("say which it is: --service %s=NAME"), s->name);
		return -ENOENT;
	}
	return 0;
}

static bool is_old_style(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "mem_limit") || place_effective(a, service, "mem_reservation");
}

static bool is_new_style(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "deploy/resources/limits/memory") ||
	       place_effective(a, service, "deploy/resources/reservations/memory");
}

/* Beside these keys, even empty ones, Compose accepts mem_limit only if deploy repeats it. */
static bool has_resources(struct arena *a, const struct yaml_node *service)
{
	return place_effective(a, service, "deploy/resources/limits") ||
	       place_effective(a, service, "deploy/resources/reservations");
}

/* The style of the file's other services, for one that has no limits. */
static bool file_is_old_style(struct arena *a, const struct yaml_node *services)
{
	size_t old = 0, new = 0;

	for (size_t i = 0; services->kind == YAML_MAPPING && i + 1 < services->count; i += 2) {
		old += is_old_style(a, services->items[i + 1]);
		new += is_new_style(a, services->items[i + 1]);
	}
	return old > 0 && new == 0;
}

void roles_style(struct arena *a, const struct yaml_doc *doc, struct owned_layout *layout)
{
	const struct yaml_node *services = doc->root ? yaml_get(doc->root, "services") : NULL;

	for (size_t s = 0; services && s < MAX_SERVICES; s++) {
		const struct yaml_node *service = layout->services[s] ? yaml_get(services, layout->services[s]) : NULL;

		if (!service)
			continue;
		layout->old_style[s] =
			!has_resources(a, service) && (is_old_style(a, service) || file_is_old_style(a, services));
		layout->both_styles[s] = has_resources(a, service) && is_old_style(a, service);
	}
}

int roles_find(struct arena *a, const struct yaml_doc *doc, const struct service_set *set,
	       const struct answers *answers, struct diag_list *diags, struct owned_layout *ret)
{
	for (size_t s = 0; s < set->count; s++) {
		const struct service *one = &set->items[s];
		int rc = one->optional_from > 0
				 ? 0
				 : choose(a, doc, one, answer_service(answers, one->name), diags, &ret->services[s]);

		if (rc < 0)
			return rc;
	}
	roles_style(a, doc, ret);
	return 0;
}
