/* SPDX-License-Identifier: MIT */
/* Parsers for the values of answers. Each fills in text and number of *ret and returns whether the value is valid. */
#ifndef VPSFIT_ANSWERS_KINDS_H
#define VPSFIT_ANSWERS_KINDS_H

#include "answers/table.h"

bool kind_name(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_count(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_time(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_yes_no(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_new(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_choice(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_size(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_swap(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_swap_file(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_path(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_host_path(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_compose(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_domain(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_address(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);
bool kind_node(const struct answer_row *row, struct arena *a, const char *value, struct answer *ret);

#endif
