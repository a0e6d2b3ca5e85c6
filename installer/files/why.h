/* SPDX-License-Identifier: MIT */
#ifndef VPSFIT_FILES_WHY_H
#define VPSFIT_FILES_WHY_H

/* What an errno of reading a file means, for people. */
const char *file_read_why(int rc);

#endif
