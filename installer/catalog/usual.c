/* SPDX-License-Identifier: MIT */
#include "catalog/usual.h"

#include <errno.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "files/sysroot.h"
#include "yaml/tree.h"

/* The administrator's files, below the sysroot. */
#define ADMIN_DIR "/etc/vpsfit/catalogue"

/* What a look-up works with. */
struct lookup {
	struct arena *a;
	const char *data_dir;
	const struct sysroot *r;
	struct diag_list *diags;
	struct usual_set *set;
};

static struct usual_entry *entry_of(const struct lookup *l, const char *name)
{
	struct usual_entry *e = l->set->first;

	while (e && !STR_EQ(e->name, name))
		e = e->next;
	if (e)
		return e;
	e = arena_alloc(l->a, sizeof(*e));
	*e = (struct usual_entry){.name = name, .next = l->set->first};
	l->set->first = e;
	return e;
}

/* A file that cannot be read stops nothing, for its images then count as not known. */
static void only_warn(const struct lookup *l, size_t from)
{
	const char *until = _("until this is fixed, what images of that name use counts as not known");

	for (size_t i = from; i < l->diags->count; i++) {
		struct diag *d = &l->diags->items[i];

		d->severity = SEV_WARNING;
		d->code = "usual-cost-unusable";
		d->hint = d->hint ? arena_printf(l->a, "%s (%s)", d->hint, until) : until;
	}
}

static struct usual_file parse_file(const struct lookup *l, const char *path, const char *text, size_t len)
{
	struct usual_cost *cost = arena_alloc(l->a, sizeof(*cost));
	struct yaml_doc *doc;
	size_t before = l->diags->count;

	if (yaml_parse(l->a, path, text, len, l->diags, &doc) == 0) {
		const struct fields_reader reader = {l->a, doc, l->diags};

		if (read_usual(&reader, cost) == 0)
			return (struct usual_file){.looked = true, .cost = cost};
	}
	only_warn(l, before);
	return (struct usual_file){.looked = true, .broken = true};
}

static struct usual_file read_file(const struct lookup *l, const struct sysroot *r, const char *path)
{
	char *text;
	size_t len;
	int rc = sysroot_read(r, l->a, path, YAML_MAX_BYTES, &text, &len);

	if (rc == -ENOENT || rc == -ENOTDIR)
		return (struct usual_file){.looked = true};
	if (rc == 0)
		return parse_file(l, path, text, len);
	diag_note(l->diags, "usual-cost-unusable", SEV_WARNING, path,
		  _("cannot be read: %s; what images of that name use counts as not known"),
		  rc == -EFBIG ? _("it is over 1 MiB") : strerror(-rc));
	return (struct usual_file){.looked = true, .broken = true};
}

static const struct usual_file *own_file(const struct lookup *l, struct usual_entry *e)
{
	if (!e->own.looked)
		e->own = read_file(l, l->r, arena_printf(l->a, ADMIN_DIR "/%s.yaml", e->name));
	return &e->own;
}

/* Always from this host, like the rest of what the package brings. */
static const struct usual_file *shipped_file(const struct lookup *l, struct usual_entry *e)
{
	struct sysroot host;

	if (e->shipped.looked)
		return &e->shipped;
	e->shipped = (struct usual_file){.looked = true};
	if (sysroot_open(&host, "/") == 0) {
		e->shipped =
			read_file(l, &host, arena_printf(l->a, "%s/templates/catalogue/%s.yaml", l->data_dir, e->name));
		sysroot_close(&host);
	}
	return &e->shipped;
}

/* Name, title and images stay those of the cost. */
static const struct usual_cost *take_figures(struct arena *a, const struct usual_cost *cost,
					     const struct usual_cost *from)
{
	struct usual_cost *whole = arena_alloc(a, sizeof(*whole));

	*whole = *cost;
	whole->same_as = NULL;
	whole->idle_mib = from->idle_mib;
	whole->floor_mib = from->floor_mib;
	whole->depends_on = from->depends_on;
	whole->unknown = from->unknown;
	whole->source = from->source;
	return whole;
}

/* The cost with its figures, its own or those of the file that it names. NULL: that one has none, which was said. */
static const struct usual_cost *with_figures(const struct lookup *l, const struct usual_cost *cost)
{
	const struct usual_file *other;

	if (!cost->same_as)
		return cost;
	other = shipped_file(l, entry_of(l, cost->same_as));
	if (other->cost && !other->cost->same_as)
		return take_figures(l->a, cost, other->cost);
	if (!other->broken)
		diag_note(l->diags, "usual-cost-unusable", SEV_WARNING, cost->file,
			  _("no figures are shipped for '%s'; what these images use counts as not known"),
			  cost->same_as)
			->hint = _("'same_as' names a file of the package that has figures of its own");
	return NULL;
}

/* What 'same_as' names is looked up once; where it has no figures, the file is taken for a broken one from then on. */
static const struct usual_cost *settle(const struct lookup *l, struct usual_file *file)
{
	if (!file->whole && !file->broken)
		file->whole = with_figures(l, file->cost);
	file->broken = file->whole == NULL;
	return file->whole;
}

/*
 * The usual cost of an image, named as in a compose file, with its variables filled in. Looks for the file of the
 * image's name below /etc/vpsfit/catalogue, then in the package, and reads none twice in a run; c keeps what was read.
 * The administrator's file holds for its images, or for none if it cannot be read; the shipped one for others of that
 * name. NULL: no file has the image, or the one that would have it cannot be read, which diags say as a warning. With
 * idle_mib 0 the program is known and what it uses is not. Everything is owned by a.
 */
const struct usual_cost *catalog_usual(struct arena *a, const char *data_dir, const struct sysroot *r,
				       struct diag_list *diags, struct catalog *c, const char *image)
{
	const struct lookup l = {a, data_dir, r, diags, &c->usual};
	const char *name = usual_cost_name(a, image);
	struct usual_entry *e;

	if (!name)
		return NULL;
	e = entry_of(&l, name);
	if (own_file(&l, e)->broken)
		return NULL;
	if (e->own.cost && usual_cost_is_of(a, e->own.cost, image))
		return settle(&l, &e->own);
	if (shipped_file(&l, e)->cost && usual_cost_is_of(a, e->shipped.cost, image))
		return settle(&l, &e->shipped);
	return NULL;
}
