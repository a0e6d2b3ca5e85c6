/* SPDX-License-Identifier: MIT */
#include "catalog/catalog.h"

#include <errno.h>
#include <string.h>

#include "catalog/kinds.h"
#include "core/i18n.h"
#include "yaml/tree.h"
#include "files/sysroot.h"
#include "core/text.h"

/* The administrator's own files, below the sysroot. */
#define ADMIN_DIR "/etc/vpsfit"

static int unknown_kind(const struct fields_reader *r, const struct yaml_node *kind)
{
	struct diag *d;

	if (!kind) {
		field_error(r, r->doc->root, _("the key 'kind' is missing, the file was not read"));
		return -EINVAL;
	}
	if (yaml_is_scalar(kind) && STR_EQ(kind->value, "usual-cost")) {
		d = yaml_diag(r->diags, SEV_ERROR, r->doc, kind, _("usual costs have a folder of their own"));
		d->hint = _("move it to /etc/vpsfit/catalogue, under the name of the image");
		return -EINVAL;
	}
	d = yaml_diag(r->diags, SEV_ERROR, r->doc, kind, _("this kind of file is not known"));
	d->hint = _("kind: profile, kind: cost-model, kind: service or kind: images");
	return -EINVAL;
}

/* Reads one document and adds its contents. Returns 0, or -EINVAL with errors in diags and c unchanged. */
int catalog_add_text(struct arena *a, const char *name, const char *text, size_t len, struct diag_list *diags,
		     struct catalog *c)
{
	struct yaml_doc *doc;
	struct fields_reader r = {a, NULL, diags};
	const struct yaml_node *kind;

	if (yaml_parse(a, name, text, len, diags, &doc) < 0)
		return -EINVAL;
	r.doc = doc;
	if (!doc->root || doc->root->kind != YAML_MAPPING) {
		diag_add(diags, SEV_ERROR, name, _("the file holds no mapping of keys to values; it was not read"))
			->line = 1;
		return -EINVAL;
	}
	kind = yaml_get(doc->root, "kind");
	if (kind && yaml_is_scalar(kind) && STR_EQ(kind->value, "profile"))
		return read_profile(&r, &c->profiles);
	if (kind && yaml_is_scalar(kind) && STR_EQ(kind->value, "cost-model"))
		return read_cost_model(&r, &c->services, &c->models);
	if (kind && yaml_is_scalar(kind) && STR_EQ(kind->value, "service"))
		return read_service(&r, &c->services);
	if (kind && yaml_is_scalar(kind) && STR_EQ(kind->value, "images"))
		return read_images(&r, &c->services, &c->images);
	return unknown_kind(&r, kind);
}

/* NAME.compose.yaml is no catalog file: it is the Compose part of the service in NAME.yaml. */
static bool is_yaml(const char *name)
{
	return name[0] != '.' && (text_ends(name, ".yaml") || text_ends(name, ".yml")) &&
	       !text_ends(name, ".compose.yaml");
}

/*
 * Only the package can bring a service, which has a block, files and an option, and the images that it is tested with.
 */
static int refuse_packages(const char *path, const char *what, struct diag_list *diags)
{
	diag_add(diags, SEV_ERROR, path, "%s", what)->hint =
		_("profiles and cost models are read here: kind: profile or kind: cost-model");
	return -EINVAL;
}

static int add_file(struct arena *a, const struct sysroot *r, const char *dir, const char *name, bool shipped,
		    struct diag_list *diags, struct catalog *c)
{
	char *path = arena_printf(a, "%s/%s", dir, name);
	size_t services = c->services.count;
	const char *images = c->images.file;
	char *text;
	size_t len;
	int rc = sysroot_read(r, a, path, YAML_MAX_BYTES, &text, &len);

	if (rc < 0) {
		diag_add(diags, SEV_ERROR, path, _("cannot be read: %s; nothing was planned"),
			 rc == -EFBIG ? _("it is over 1 MiB") : strerror(-rc));
		return rc;
	}
	rc = catalog_add_text(a, path, text, len, diags, c);
	for (size_t i = 0; i < c->models.count; i++)
		if (STR_EQ(c->models.items[i].file, path))
			c->models.items[i].shipped = shipped;
	if (!shipped && c->services.count > services)
		return refuse_packages(path, _("is a service, and services belong to the package; it was not read"),
				       diags);
	if (!shipped && c->images.file != images)
		return refuse_packages(path, _("names images, and images belong to the package; it was not read"),
				       diags);
	return rc;
}

static int add_dir(struct arena *a, const struct sysroot *r, const char *dir, bool shipped, struct diag_list *diags,
		   struct catalog *c)
{
	char **names;
	long n = sysroot_list(r, a, dir, &names);
	int result = 0;

	if (n < 0 && !shipped && (n == -ENOENT || n == -ENOTDIR))
		return 0;
	if (n < 0) {
		diag_add(diags, SEV_ERROR, dir, _("cannot be listed: %s; nothing was planned"), strerror((int)-n));
		return (int)n;
	}
	for (long i = 0; i < n; i++)
		if (is_yaml(names[i]) && add_file(a, r, dir, names[i], shipped, diags, c) < 0)
			result = -EINVAL;
	return result;
}

/* Loads what the package installed in data_dir. Always from this host, not from the sysroot. */
static int load_shipped(struct arena *a, const char *data_dir, bool services_alone, struct diag_list *diags,
			struct catalog *c)
{
	struct sysroot host;
	int rc = sysroot_open(&host, "/");

	if (rc < 0) {
		diag_add(diags, SEV_ERROR, data_dir, _("the profiles cannot be read: %s; nothing was planned"),
			 strerror(-rc))
			->hint = _("run again");
		return rc;
	}
	/* Services first: cost models refer to them. */
	rc = add_dir(a, &host, arena_printf(a, "%s/templates/services", data_dir), true, diags, c);
	if (rc == 0)
		rc = check_service_set(&c->services, diags);
	if (rc == 0 && !services_alone)
		rc = add_file(a, &host, arena_printf(a, "%s/templates", data_dir), "images.yaml", true, diags, c);
	if (rc == 0 && !services_alone)
		rc = add_dir(a, &host, arena_printf(a, "%s/profiles", data_dir), true, diags, c);
	sysroot_close(&host);
	return rc;
}

/* Loads only the services of data_dir. Returns 0, or a negative errno with errors in diags. */
int catalog_load_services(struct arena *a, const char *data_dir, struct diag_list *diags, struct catalog *ret)
{
	memset(ret, 0, sizeof(*ret));
	return load_shipped(a, data_dir, true, diags, ret);
}

/*
 * Loads services, images, profiles and cost models: data_dir/templates and data_dir/profiles on this host, then
 * /etc/vpsfit and /etc/vpsfit/profiles below the sysroot. Reports all errors of a directory before it gives up.
 * Returns 0, or a negative errno with errors in diags.
 */
int catalog_load(struct arena *a, const char *data_dir, const struct sysroot *r, struct diag_list *diags,
		 struct catalog *ret)
{
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = load_shipped(a, data_dir, false, diags, ret);
	if (rc == 0)
		rc = add_dir(a, r, ADMIN_DIR, false, diags, ret);
	if (rc == 0)
		rc = add_dir(a, r, ADMIN_DIR "/profiles", false, diags, ret);
	ret->models.default_name = DEFAULT_MODEL;
	return rc;
}
