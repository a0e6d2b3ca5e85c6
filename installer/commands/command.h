/* The commands. Each has a file of its own; main only looks them up here. */
#ifndef VPSFIT_COMMAND_H
#define VPSFIT_COMMAND_H

#include "answers/table.h"
#include "session/session.h"

struct command {
	const char *name; /* "" for a bare vpsfit */
	const char *synopsis;
	const char *help;
	enum exit_code (*run)(struct session *s);
	unsigned bit; /* FOR_...: which answers it takes */
};

extern const struct command commands[];
extern const size_t command_count;

const struct command *command_find(const char *name);
const char *command_nearest(const char *name);
bool command_takes(const struct command *c, const struct answer_row *option);

enum exit_code command_detect(struct session *s);
enum exit_code command_plan(struct session *s);
enum exit_code command_apply(struct session *s);
enum exit_code command_status(struct session *s);
enum exit_code command_rollback(struct session *s);
enum exit_code command_recover(struct session *s);
enum exit_code command_notice(struct session *s);
/* In wizard/: all the others are in this folder. */
enum exit_code command_bare(struct session *s);

/* --help for one command, or for all where c is NULL. */
void help_text(const struct command *c, struct strbuf *out);

#endif
