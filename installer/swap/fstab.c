/* SPDX-License-Identifier: MIT */
#include "swap/fstab.h"

#include <errno.h>
#include <libmount.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/i18n.h"
#include "core/strbuf.h"
#include "swap/unit.h"

/* Skip lines that libmount cannot parse, as libmount does by default. */
static int pass_over(struct libmnt_table *table, const char *file, int line)
{
	(void)table, (void)file, (void)line;
	return 1;
}

/* NULL if libmount fails. */
static struct libmnt_table *parse(const char *text, size_t len)
{
	static const char nothing[] = "\n";
	struct libmnt_table *table = mnt_new_table();
	FILE *f = fmemopen((void *)(len ? text : nothing), len ? len : 1, "re");

	if (table && f) {
		mnt_table_set_parser_errcb(table, pass_over);
		if (mnt_table_parse_stream(table, f, "fstab") < 0) {
			mnt_unref_table(table);
			table = NULL;
		}
	}
	if (f)
		fclose(f);
	return table;
}

struct mark {
	bool ours; /* vpsfit's own line */
	bool off;  /* noauto: boot passes it over */
};

/* The swap area that one line of fstab names; NULL if it is no such line. */
static const char *source_of_line(struct arena *a, const char *line, size_t len, struct mark *mark)
{
	struct libmnt_table *table = parse(line, len);
	struct libmnt_fs *fs = NULL;
	const char *source = NULL;

	if (table && mnt_table_first_fs(table, &fs) == 0 && mnt_fs_is_swaparea(fs) && mnt_fs_get_source(fs)) {
		source = arena_strdup(a, mnt_fs_get_source(fs));
		mark->ours = mnt_fs_get_option(fs, SWAP_FSTAB_MARK, NULL, NULL) == 0;
		mark->off = mnt_fs_get_option(fs, "noauto", NULL, NULL) == 0;
	}
	mnt_unref_table(table);
	return source;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* Quotes around a tag's value mean nothing, nor does the case of a UUID. */
static bool same_source(const char *one, const char *other)
{
	static const char *const uuid = "UUID=";
	const size_t n = strlen(uuid);
	size_t quoted = one[0] != '\0' && one[strlen(one) - 1] == '"';

	if (STR_EQ(one, other))
		return true;
	if (strncmp(one, uuid, n) != 0 || strncmp(other, uuid, n) != 0)
		return false;
	one += n + (one[n] == '"');
	other += n;
	return strlen(one) == strlen(other) + quoted && strncasecmp(one, other, strlen(other)) == 0;
}

static bool find(struct arena *a, const char *text, const char *source, bool only_marked)
{
	for (const char *line = text; *line; line = next_line(line)) {
		struct mark mark = {false, false};
		const char *found = source_of_line(a, line, (size_t)(next_line(line) - line), &mark);

		if (found && same_source(found, source) && (only_marked ? mark.ours : !mark.off))
			return true;
	}
	return false;
}

bool fstab_lists(struct arena *a, const char *text, const char *source)
{
	return find(a, text, source, false);
}

bool fstab_marks(struct arena *a, const char *text, const char *source)
{
	return find(a, text, source, true);
}

static bool listed(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (STR_EQ(names[i], name))
			return true;
	return false;
}

/* Escapes blanks, backslashes and '#' as fstab(5) requires. */
static void add_escaped(struct strbuf *out, const char *s)
{
	for (; *s; s++)
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\' || *s == '#')
			strbuf_printf(out, "\\%03o", (unsigned)(unsigned char)*s);
		else
			strbuf_putc(out, *s);
}

/* nofail: a missing file must not stop the boot. */
static void add_line(struct strbuf *out, const char *source)
{
	add_escaped(out, source);
	strbuf_puts(out, " none swap sw,nofail," SWAP_FSTAB_MARK " 0 0\n");
}

static int entry(struct libmnt_table *table, struct libmnt_iter *iter, struct strbuf *out)
{
	struct libmnt_fs *fs;

	if (mnt_table_next_fs(table, iter, &fs) != 0)
		return 0;
	strbuf_clear(out);
	strbuf_printf(out, "%s\t%s\t%s\t%s\t%d\t%d", mnt_fs_get_source(fs) ? mnt_fs_get_source(fs) : "",
		      mnt_fs_get_target(fs) ? mnt_fs_get_target(fs) : "",
		      mnt_fs_get_fstype(fs) ? mnt_fs_get_fstype(fs) : "",
		      mnt_fs_get_options(fs) ? mnt_fs_get_options(fs) : "", mnt_fs_get_freq(fs), mnt_fs_get_passno(fs));
	return 1;
}

/*
 * Is the new table the old one without the entries of `goes`, in the same order, and with come_count more at its end?
 */
static bool differ_as_meant(struct libmnt_table *was, struct libmnt_table *is, const char *const *goes, size_t go_count,
			    size_t come_count)
{
	struct libmnt_iter *w = mnt_new_iter(MNT_ITER_FORWARD), *n = mnt_new_iter(MNT_ITER_FORWARD);
	struct strbuf old = STRBUF_INIT, new = STRBUF_INIT;
	size_t more = 0;
	bool same = w && n;

	while (same && entry(was, w, &old)) {
		const char *source = strbuf_text(&old);
		bool gone = false;

		/* A source may itself hold a tab. */
		for (size_t i = 0; i < go_count; i++)
			gone |= strncmp(goes[i], source, strlen(goes[i])) == 0 && source[strlen(goes[i])] == '\t' &&
				strstr(source, "\tswap\t");
		if (!gone)
			same = entry(is, n, &new) && STR_EQ(strbuf_text(&old), strbuf_text(&new));
	}
	while (same && entry(is, n, &new))
		more++;
	strbuf_clear(&old);
	strbuf_clear(&new);
	mnt_free_iter(w);
	mnt_free_iter(n);
	return same && more == come_count;
}

static int check(const char *path, const char *was, const char *is, const char *const *goes, size_t go_count,
		 size_t come_count, struct diag_list *diags)
{
	struct libmnt_table *old = parse(was, strlen(was)), *new = parse(is, strlen(is));
	bool well = old && new &&differ_as_meant(old, new, goes, go_count, come_count);

	mnt_unref_table(old);
	mnt_unref_table(new);
	if (well)
		return 0;
	diag_add(diags, SEV_ERROR, path,
		 _("a line for swap cannot be changed without changing others; nothing was written"))
		->hint = _("'findmnt --verify' says what is wrong with the file");
	return -EBADMSG;
}

int fstab_edit(struct arena *a, const char *path, const char *text, const char *const *comes, size_t come_count,
	       const char *const *goes, size_t go_count, struct diag_list *diags, const char **ret)
{
	struct strbuf out = STRBUF_INIT;
	size_t added = 0;

	for (const char *line = text; *line; line = next_line(line)) {
		size_t len = (size_t)(next_line(line) - line);
		struct mark mark;

		if (!listed(goes, go_count, source_of_line(a, line, len, &mark)))
			strbuf_add(&out, line, len);
	}
	for (size_t i = 0; i < come_count; i++) {
		if (fstab_lists(a, text, comes[i]))
			continue;
		if (out.len > 0 && strbuf_text(&out)[out.len - 1] != '\n')
			strbuf_putc(&out, '\n');
		add_line(&out, comes[i]);
		added++;
	}
	*ret = arena_strdup(a, strbuf_text(&out));
	strbuf_clear(&out);
	return check(path, text, *ret, goes, go_count, added, diags);
}
