/* SPDX-License-Identifier: MIT */
/* Exit codes, the same for all commands. Help, man page and tests derive from this list. */
#ifndef VPSFIT_EXIT_CODES_H
#define VPSFIT_EXIT_CODES_H

#include "core/i18n.h"

#define EXIT_CODE_LIST(X)                                                                                              \
	X(EXIT_DONE, 0, N_("done, or nothing to do"))                                                                  \
	X(EXIT_FAILED, 1, N_("failed; nothing was changed, or all of it was put back"))                                \
	X(EXIT_USAGE, 2, N_("the command line or a file given to it is wrong"))                                        \
	X(EXIT_DOES_NOT_FIT, 3, N_("it does not fit"))                                                                 \
	X(EXIT_NO_TERMINAL, 4, N_("a question must be answered and there is no terminal to ask on"))                   \
	X(EXIT_EDITED, 5, N_("a value vpsfit owns was edited by hand; say --keep-edits or --overwrite-edits"))         \
	X(EXIT_PENDING, 6, N_("with --exit-code: changes are pending"))                                                \
	X(EXIT_TOO_LITTLE, 7, N_("too little was seen to say it (calibrate)"))                                         \
	X(EXIT_NO_ANSWER, 8, N_("with --start: it is written, and it did not start or does not answer"))

#define EXIT_CODE_ENUM(name, value, text) name = value,
enum exit_code { EXIT_CODE_LIST(EXIT_CODE_ENUM) };
#undef EXIT_CODE_ENUM

#endif
