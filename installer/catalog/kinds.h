/* SPDX-License-Identifier: MIT */
/* Private to this folder: the readers of the five kinds of file. Their tables of keys are for the man page, too. */
#ifndef VPSFIT_KINDS_H
#define VPSFIT_KINDS_H

#include <errno.h>

#include "catalog/fields.h"
#include "core/profile.h"

int read_profile(const struct fields_reader *r, struct profile_set *set) must_check;
int read_cost_model(const struct fields_reader *r, const struct service_set *services,
		    struct cost_model_set *set) must_check;
int read_service(const struct fields_reader *r, struct service_set *set) must_check;
int read_images(const struct fields_reader *r, const struct service_set *services, struct image_set *ret) must_check;
int read_usual(const struct fields_reader *r, struct usual_cost *ret) must_check;
int check_service(const struct fields_reader *r, const struct service_set *set, const struct service *s) must_check;
int check_service_set(const struct service_set *set, struct diag_list *diags) must_check;
int read_costs(const struct fields_reader *r, const struct yaml_node *node, struct cost_service *ret) must_check;
int check_costs(const struct fields_reader *r, const struct yaml_node *node,
		const struct cost_service *costs) must_check;

extern const struct field_group profile_group;
extern const struct field_group cost_model_groups[];
extern const size_t cost_model_group_count;
extern const struct field_group costs_groups[];
extern const size_t costs_group_count;
extern const struct field_group service_groups[];
extern const size_t service_group_count;
extern const struct field_group images_groups[];
extern const size_t images_group_count;
extern const struct field_group usual_group;

#endif
