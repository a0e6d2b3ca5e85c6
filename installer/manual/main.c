/* SPDX-License-Identifier: MIT */
/*
 * vpsfit-manual TEMPLATE: prints the template, each line "@NAME@" replaced with a list from the program's own tables.
 * Man pages and completion are generated this way, so they cannot contradict the program.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "manual/sections.h"

static const struct section sections[] = {
	{"COMMANDS", section_commands},
	{"OPTIONS", section_options},
	{"EXIT-CODES", section_exit_codes},
	{"WARNINGS", section_warnings},
	{"ANSWERS", section_answers},
	{"PROFILE-KEYS", section_profile_keys},
	{"COST-MODEL-KEYS", section_cost_model_keys},
	{"SERVICE-KEYS", section_service_keys},
	{"IMAGES-KEYS", section_images_keys},
	{"USUAL-KEYS", section_usual_keys},
	{"SHELL-COMMANDS", section_shell_commands},
	{"SHELL-OPTIONS", section_shell_options},
	{"SHELL-VALUES", section_shell_values},
	{"FISH-COMMANDS", section_fish_commands},
	{"FISH-OPTIONS", section_fish_options},
};

static const struct section *find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strlen(sections[i].name) == len && strncmp(sections[i].name, name, len) == 0)
			return &sections[i];
	return NULL;
}

/* Expands one line of the template, with its newline. Returns -EINVAL for an unknown section. */
static int expand(const char *line, struct strbuf *out)
{
	size_t n = strcspn(line, "\n");
	const struct section *s;

	if (n < 3 || line[0] != '@' || line[n - 1] != '@') {
		strbuf_puts(out, line);
		return 0;
	}
	s = find(line + 1, n - 2);
	if (!s)
		return -EINVAL;
	s->write(out);
	return 0;
}

static int expand_file(FILE *f, const char *name, struct strbuf *out)
{
	char *line = NULL;
	size_t cap = 0;
	int rc = 0;

	while (rc == 0 && getline(&line, &cap, f) >= 0)
		rc = expand(line, out);
	if (rc < 0)
		fprintf(stderr, "vpsfit-manual: %s: there is no section %s", name, line);
	free(line);
	return rc;
}

int main(int argc, char **argv)
{
	struct strbuf out = STRBUF_INIT;
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	bool done;

	if (!f) {
		fprintf(stderr, "vpsfit-manual: %s\n", argc == 2 ? strerror(errno) : "wants one template");
		return 1;
	}
	done = expand_file(f, argv[1], &out) == 0 && !ferror(f) && fputs(strbuf_text(&out), stdout) >= 0 &&
	       fflush(stdout) == 0;
	fclose(f);
	strbuf_clear(&out);
	return done ? 0 : 1;
}
