/* SPDX-License-Identifier: MIT */
/* Private to the planner's files: the steps of plan_build, in their order. */
#ifndef VPSFIT_PLANNER_H
#define VPSFIT_PLANNER_H

#include "core/plan.h"

struct planning {
	struct arena *arena;
	const struct machine *machine;
	const struct service_set *services;
	const struct profile_set *profiles;
	const struct cost_model_set *models; /* all models, to compare the chosen one with */
	const struct cost_model *model;
	const struct answers *answers;
	struct diag_list *diags;
	const struct image_set *images;
	const struct stack_images *stack;   /* NULL: not known */
	const struct plan_service *planned; /* of the plan that is made: which image each service has */
	const struct beside *beside;	    /* of the plan that is made: what else runs here */
	struct applied_size applied;	    /* zero: nothing was applied yet */
	int64_t present_workers;	    /* that the stack's file has now; 0: not known */
	int64_t held_workers;		    /* as in struct knowledge */
	int64_t most_workers;
	int64_t former_workers;
	int64_t connections_stay;
	const struct standing_sizes *standing; /* indexed like services; NULL: nothing stays */
};

/* Useful workers per core; more only compete for the CPU. */
#define WORKERS_PER_CORE 2
#define GOAL_PERCENT 75
#define TIGHT_PERCENT 80
/* Idle use above so many per cent of the RAM that profiles are held against only thrashes, whatever swap there is. */
#define THRASH_PERCENT 150

int64_t planning_ram_for_profile(const struct machine *m);
const struct profile *plan_smallest_profile(const struct planning *in);
int plan_choose_profile(const struct planning *in, struct plan *p) must_check;
int plan_choose_workers(const struct planning *in, struct plan *p) must_check;
void plan_choose_variants(const struct planning *in, struct plan *p);
void plan_lower_workers(const struct planning *in, struct plan *p);
bool plan_rises_too_far(const struct planning *in, const struct plan *p);
int64_t plan_most_workers(const struct planning *in, enum not_raised *ret_why);
void plan_list_rejected(const struct planning *in, struct plan *p);
void plan_budget(const struct planning *in, struct plan *p);
void plan_outlook(const struct planning *in, struct plan *p);
void plan_swap_advice(const struct planning *in, struct plan *p);
void plan_swap_allowance(const struct planning *in, struct plan *p);
const char *advice_smaller_image(const struct planning *in, const struct plan *p);
const char *advice_smaller_foreign(const struct planning *in, const struct plan *p);
const char *advice_smaller_offered(const struct planning *in, const struct plan *p);
void plan_advice(const struct planning *in, struct plan *p);
/* advice_size.c: the rules about the size of the machine, for the table in advice.c. */
const char *advice_no_profile(const struct planning *in, const struct plan *p);
const char *advice_exceeds_target(const struct planning *in, const struct plan *p);
const char *advice_exceeds_target_peak(const struct planning *in, const struct plan *p);
const char *advice_lightweight(const struct planning *in, const struct plan *p);
/* advice_beside.c: the rules about what is not planned. */
const char *advice_not_counted(const struct planning *in, const struct plan *p);
const char *advice_others_unknown(const struct planning *in, const struct plan *p);
const char *advice_not_told(const struct planning *in, const struct plan *p);
const char *advice_condition(const struct planning *in, const struct plan *p);
const char *advice_usual(const struct planning *in, const struct plan *p);
const char *advice_unlimited(const struct planning *in, const struct plan *p);
const char *advice_limit_kept(const struct planning *in, const struct plan *p);
const char *advice_limit_beyond(const struct planning *in, const struct plan *p);
const char *advice_uses_more(const struct planning *in, const struct plan *p);
/* advice_images.c: the rules about images, and about models that were measured with others. */
const char *advice_image_never_use(const struct planning *in, const struct plan *p);
const char *advice_image_old(const struct planning *in, const struct plan *p);
const char *advice_images_move(const struct planning *in, const struct plan *p);
const char *advice_image_left(const struct planning *in, const struct plan *p);
const char *advice_image_collation(const struct planning *in, const struct plan *p);
const char *advice_model_other(const struct planning *in, const struct plan *p);
const char *advice_model_by_image(const struct planning *in, const struct plan *p);
const char *advice_model_kept(const struct planning *in, const struct plan *p);
const char *advice_larger_profile(const struct planning *in, const struct plan *p);
const char *advice_does_not_fit(const struct planning *in, const struct plan *p);
const char *advice_idle_needs_swap(const struct planning *in, const struct plan *p);
const char *advice_daily_use(const struct planning *in, const struct plan *p);
/* advice_machine.c: the rules about the machine itself. */
const char *advice_fstab_swap(const struct planning *in, const struct plan *p);
const char *advice_swap_passing(const struct planning *in, const struct plan *p);
const char *advice_swap_offered(const struct planning *in, const struct plan *p);
const char *advice_stops_snapshots(const struct planning *in, const struct plan *p);
const char *advice_swap_file_idle(const struct planning *in, const struct plan *p);
const char *advice_engine_missing(const struct planning *in, const struct plan *p);
const char *advice_engine_old(const struct planning *in, const struct plan *p);
const char *advice_compose_missing(const struct planning *in, const struct plan *p);
const char *advice_engine_confined(const struct planning *in, const struct plan *p);
const char *advice_engine_in_vm(const struct planning *in, const struct plan *p);
const char *advice_engine_of_host(const struct planning *in, const struct plan *p);
const char *advice_swap_unlimited(const struct planning *in, const struct plan *p);
/* advice_needs.c: the rules about what else the stack needs of the machine. */
const char *advice_port_taken(const struct planning *in, const struct plan *p);
const char *advice_published_taken(const struct planning *in, const struct plan *p);
const char *advice_domain(const struct planning *in, const struct plan *p);
const char *advice_domain_unknown(const struct planning *in, const struct plan *p);
const char *advice_bind_elsewhere(const struct planning *in, const struct plan *p);
const char *advice_cpu_old(const struct planning *in, const struct plan *p);
const char *advice_not_kept(const struct planning *in, const struct plan *p);
const char *advice_not_served(const struct planning *in, const struct plan *p);
const char *advice_read_only(const struct planning *in, const struct plan *p);
const char *advice_no_modes(const struct planning *in, const struct plan *p);
const char *advice_no_version_4(const struct planning *in, const struct plan *p);
/* advice_start.c: the rules about limits and what services need while they start. */
const char *advice_limit_below_start(const struct planning *in, const struct plan *p);
const char *advice_limit_near_start(const struct planning *in, const struct plan *p);
const char *advice_limits_hold_start(const struct planning *in, const struct plan *p);
/* advice_workers.c: the rules about how many workers there are. */
const char *advice_workers_capped(const struct planning *in, const struct plan *p);
const char *advice_workers_lowered(const struct planning *in, const struct plan *p);
const char *advice_no_room_for_more(const struct planning *in, const struct plan *p);
const char *advice_workers_kept(const struct planning *in, const struct plan *p);
const char *advice_workers_over_cores(const struct planning *in, const struct plan *p);
enum verdict plan_verdict(int64_t need_mib, int64_t ram_mib, int64_t swap_mib);
bool plan_is_the_most(const struct planning *in, const struct plan *p, int64_t workers, int64_t saved_mib);
enum verdict plan_no_better_than_tight(enum verdict v);
enum verdict plan_judge_idle(const struct planning *in, const struct plan *p, int64_t need_mib, bool is_the_most);
bool plan_thrashes(const struct planning *in, int64_t idle_mib);
enum verdict plan_idle_verdict(const struct planning *in, const struct plan *p, int64_t need_mib);
bool budget_is_over(const struct planning *in, const struct plan *p);
bool budget_wants(const struct planning *in, size_t service, int64_t workers);
void plan_beside(const struct planning *in, int64_t workers, struct beside *ret);
bool beside_measured(const struct planning *in, size_t part, int64_t *ret);
int64_t beside_held(const struct planning *in, size_t part);
int64_t beside_started_workers(const struct planning *in, size_t part);
int64_t beside_expected_at(const struct planning *in, int64_t workers);
int64_t beside_peak_at(const struct planning *in, int64_t workers);
bool beside_is_settled(const struct planning *in, size_t part);
struct fact beside_planned_use(const struct planning *in, const struct plan *p);
int64_t beside_copies(const struct stack_images *stack, size_t part);
int64_t budget_optional(const struct planning *in, int64_t workers);
bool beside_is_idle(const struct planning *in, size_t part);
int64_t budget_besides(const struct planning *in, int64_t workers);
bool budget_is_held(const struct planning *in, int64_t workers);
int64_t budget_idle(const struct planning *in, int64_t workers);
int64_t budget_total(const struct planning *in, int64_t workers, int64_t system_mib);
int64_t budget_system(const struct planning *in);
int64_t budget_peak(const struct planning *in, int64_t workers, int64_t system_mib);
/* needs.c: what the settings of a stack that somebody else wrote add. */
int64_t needs_pool(const struct planning *in);
int64_t needs_gateways(const struct planning *in);
int64_t needs_connections(const struct planning *in, int64_t workers);
enum beside_source needs_source(const struct planning *in, size_t service, int64_t expected_mib);
bool needs_count_hidden(const struct planning *in);
int64_t needs_kept_limit(const struct planning *in, size_t service);
bool needs_open(const struct planning *in, size_t service);
size_t needs_unknown_parts(const struct planning *in);
const char *needs_unknown(const struct planning *in, size_t service);
const struct cost_service *needs_costs(const struct planning *in, const struct cost_model *model, size_t service,
				       int64_t workers, const struct cost_service *base);
const struct service_condition *budget_condition(const struct planning *in, const struct cost_model *model,
						 size_t service, int64_t workers);
const struct cost_service *budget_costs(const struct planning *in, const struct cost_model *model, size_t service,
					int64_t workers);

#endif
