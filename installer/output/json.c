/* SPDX-License-Identifier: MIT */
#include "output/json.h"

#include <stdio.h>
#include <string.h>

#include "output/changes_text.h"
#include "answers/table.h"
#include "core/text.h"
#include "output/json_beside.h"
#include "output/json_machine.h"
#include "apply/rollback.h"

static void set(json_t *object, const char *key, json_t *value)
{
	json_put(object, key, value);
}

static json_t *number(int64_t n)
{
	return json_integer((json_int_t)n);
}

void machine_json(const struct machine *m, const struct answers *answers, struct strbuf *out)
{
	json_t *root = json_machine(m);
	json_t *document = json_object();

	set(document, "schema", json_text("vpsfit.machine/1"));
	if (json_object_update(document, root) < 0)
		json_sure(NULL);
	json_decref(root);
	set(document, "answers", json_answers(answers, FOR_DETECT));
	json_dump(document, out);
}

/* 0 stands for a figure that nobody measured. */
static json_t *measured(int64_t n)
{
	return json_known(n, n > 0);
}

/* Null where no limits are written. */
static json_t *of_limits(const struct plan *p, int64_t n)
{
	return p->limits_off ? json_null() : number(n);
}

static json_t *of_service(const struct plan *p, const struct plan_service *ps, int64_t n)
{
	return ps->open ? json_null() : of_limits(p, n);
}

static json_t *services(const struct plan *p)
{
	json_t *all = json_object();

	for (size_t s = 0; s < p->set->count; s++) {
		const struct plan_service *ps = &p->services[s];
		json_t *one;

		if (!ps->in)
			continue;
		one = json_object();
		set(one, "expected_mib", number(ps->expected_mib));
		set(one, "reservation_mib", of_service(p, ps, ps->reservation_mib));
		set(one, "limit_mib", ps->limit_mib > 0 ? of_service(p, ps, ps->limit_mib) : json_null());
		set(one, "memswap_mib",
		    ps->limit_mib > 0 && ps->memswap_mib > 0 ? of_service(p, ps, ps->memswap_mib) : json_null());
		if (ps->limit_stays && !p->limits_off)
			set(one, "planned_limit_mib", number(ps->wanted.limit_mib));
		set(one, "error_percent", measured(ps->error_percent));
		set(one, "copies", number(ps->copies));
		if (ps->idle)
			set(one, "started", json_false());
		set(one, "planned", json_true());
		set(one, "source", json_text(ps->held_mib > 0 ? "measured" : beside_source_name(ps->source)));
		set(one, "from", json_text(ps->source == BESIDE_MODEL ? p->model->name : NULL));
		if (ps->variant)
			set(one, "image_variant", json_text(ps->variant));
		set(all, p->set->items[s].name, one);
	}
	json_beside_services(p, all);
	return all;
}

static json_t *totals(const struct plan *p)
{
	json_t *t = json_object();

	set(t, "containers_mib", number(p->totals.containers_mib));
	set(t, "engine_mib", number(p->totals.engine_mib));
	set(t, "system_mib", number(p->totals.system_mib));
	set(t, "total_mib", number(p->totals.total_mib));
	set(t, "peak_mib", of_limits(p, p->totals.peak_mib));
	set(t, "optional_mib", number(p->totals.optional_mib));
	set(t, "optional_peak_mib", of_limits(p, p->totals.optional_peak_mib));
	set(t, "beside_mib", number(p->beside.expected_mib));
	set(t, "beside_peak_mib", of_limits(p, p->beside.peak_mib));
	set(t, "others_mib", number(p->beside.others_mib));
	set(t, "others_peak_mib", of_limits(p, p->beside.others_peak_mib));
	set(t, "set_aside_mib", number(p->totals.set_aside_mib));
	set(t, "set_aside_peak_mib", of_limits(p, p->totals.set_aside_peak_mib));
	set(t, "set_aside_workers", number(p->totals.set_aside_workers));
	set(t, "idle_mib", number(plan_idle_mib(p)));
	return t;
}

/* vpsfit's swap areas, including unchanged ones ("keep"). */
static json_t *plan_areas(const struct plan_swap *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->area_count; i++) {
		const struct swap_change *a = &s->areas[i];
		json_t *one = json_object();

		set(one, "action", json_text(swap_change_name(a)));
		set(one, "path", json_text(a->path));
		set(one, "before_mib", number(a->before.mib));
		set(one, "after_mib", number(a->after.mib));
		set(one, "active", json_boolean(a->after.on));
		json_add(all, one);
	}
	return all;
}

static json_t *swap(const struct plan *p)
{
	json_t *s = json_object();

	set(s, "action", json_text(swap_action_name(p->swap.action)));
	set(s, "size_mib", number(p->swap.size_mib));
	set(s, "path", p->swap.path[0] ? json_text(p->swap.path) : json_null());
	set(s, "present_mib", number(p->swap.present_mib));
	set(s, "total_mib", number(p->swap.total_mib));
	set(s, "why", json_text(p->swap.why));
	set(s, "areas", plan_areas(&p->swap));
	set(s, "left", json_text(p->swap.left));
	return s;
}

static json_t *warning(const struct plan_warning *p)
{
	static const char *const severities[] = {
		[SEV_INFO] = "info",
		[SEV_WARNING] = "warning",
		[SEV_ERROR] = "error",
	};
	json_t *w = json_object();

	ALL_NAMED(severities, SEVERITY_COUNT);
	set(w, "code", json_text(p->code));
	set(w, "severity", json_text(severities[p->severity]));
	set(w, "text", json_text(p->text));
	return w;
}

/* Was it given before? */
static bool is_told(const struct diag_list *diags, size_t i)
{
	const struct diag *d = &diags->items[i];

	for (size_t k = 0; k < i; k++)
		if (STR_EQ(diags->items[k].text, d->text) &&
		    STR_EQ(diags->items[k].file ? diags->items[k].file : "", d->file ? d->file : ""))
			return true;
	return false;
}

/* A warning or note of this run that is no part of the plan, such as of the stack's files. */
static json_t *message(const struct diag *d)
{
	struct strbuf text = STRBUF_INIT;
	json_t *w;

	text_printf(&text, "%s%s%s", d->file ? d->file : "", d->file ? ": " : "", d->text);
	w = warning(&(struct plan_warning){d->code ? d->code : "message", d->severity, strbuf_text(&text)});
	strbuf_clear(&text);
	if (d->hint)
		set(w, "hint", json_text(d->hint));
	return w;
}

void json_messages(const struct diag_list *diags, json_t *all)
{
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].severity != SEV_ERROR && !is_told(diags, i))
			json_add(all, message(&diags->items[i]));
}

static json_t *left_by_hand(const struct manual_change *m)
{
	struct strbuf text = STRBUF_INIT;
	json_t *w;

	text_printf(&text, "%s: %s is left as it is: %s", m->path, m->label, m->why);
	w = warning(&(struct plan_warning){"by-hand", SEV_WARNING, strbuf_text(&text)});
	strbuf_clear(&text);
	return w;
}

/* Whatever is said for people is here too: those who read the document do not see standard error. */
static json_t *warnings(const struct plan *p, const struct changeset *c, const struct diag_list *diags)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->warning_count; i++)
		json_add(all, warning(&p->warnings[i]));
	for (size_t i = 0; c && i < c->manual_count; i++)
		json_add(all, left_by_hand(&c->manual[i]));
	json_messages(diags, all);
	return all;
}

static json_t *assumptions(const struct plan *p)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->assumption_count; i++)
		json_add(all, json_text(p->assumptions[i]));
	return all;
}

static json_t *rejected(const struct plan *p)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->rejected_count; i++) {
		const struct plan_rejected *r = &p->rejected[i];
		json_t *one = json_object();

		set(one, "profile", json_text(r->profile->name));
		set(one, "workers", number(r->profile->workers));
		set(one, "total_mib", number(r->total_mib));
		set(one, "idle_mib", number(r->idle_mib));
		set(one, "reason", json_text(r->reason));
		json_add(all, one);
	}
	return all;
}

static json_t *other_models(const struct plan *p)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->other_count; i++) {
		json_t *one = json_object();

		set(one, "name", json_text(p->others[i].model->name));
		set(one, "total_mib", number(p->others[i].total_mib));
		set(one, "peak_mib", number(p->others[i].peak_mib));
		json_add(all, one);
	}
	return all;
}

static json_t *next_worker(const struct plan *p)
{
	const struct plan_next_worker *n = &p->next_worker;
	json_t *one = json_object();

	set(one, "mib", number(n->mib));
	set(one, "throughput_percent", measured(n->percent));
	set(one, "cores", measured(n->cores));
	set(one, "measured_on", json_text(n->measured_on));
	return one;
}

static json_t *file_values(const struct file_change *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->value_count; i++) {
		json_t *v = json_object();

		set(v, "value", json_text(f->values[i].label));
		set(v, "from", json_text(f->values[i].from));
		set(v, "to", json_text(f->values[i].to));
		set(v, "edited_by_hand", json_boolean(f->values[i].edited));
		set(v, "kept", json_boolean(f->values[i].kept));
		json_add(all, v);
	}
	return all;
}

static json_t *change_diff(const struct file_change *f)
{
	const struct style plain = {false};
	struct strbuf text = STRBUF_INIT;
	struct arena a = ARENA_INIT;
	json_t *diff;

	change_diff_text(&a, f, &plain, &text);
	diff = json_text(strbuf_text(&text));
	strbuf_clear(&text);
	arena_clear(&a);
	return diff;
}

/* Swap has no text to compare: the same keys as for a file. */
static json_t *change_without_text(const char *action, const char *path, json_t *values)
{
	json_t *one = json_object();

	set(one, "action", json_text(action));
	set(one, "path", json_text(path));
	set(one, "values", values);
	set(one, "secrets", json_array());
	set(one, "diff", json_text(""));
	return one;
}

static json_t *area_change(const struct swap_change *c)
{
	json_t *one = change_without_text(swap_change_name(c), c->path, json_array());

	set(one, "swap_mib", number(swap_change_mib(c)));
	return one;
}

static json_t *swappiness_change(int from, int to)
{
	json_t *value = json_object(), *values = json_array();

	set(value, "value", json_text("vm.swappiness"));
	set(value, "from", number(from));
	set(value, "to", number(to));
	json_add(values, value);
	return change_without_text("set", "/proc/sys/vm/swappiness", values);
}

static json_t *names(const char *const *texts, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, json_text(texts[i]));
	return all;
}

static const char *mode_text(mode_t mode, char out[static 8])
{
	snprintf(out, 8, "%04o", (unsigned)mode & 07777);
	return out;
}

static json_t *changes(const struct changeset *c)
{
	json_t *all = json_array();

	for (size_t i = 0; c && i < c->count; i++) {
		const struct file_change *f = &c->files[i];
		json_t *one, *secrets;
		char mode[8];

		if (f->kind == CHANGE_NONE && f->value_count == 0)
			continue;
		one = json_object();
		secrets = json_array();
		for (size_t k = 0; k < f->secret_count; k++)
			json_add(secrets, json_text(f->secrets[k]->key));
		set(one, "action", json_text(change_kind_name(f->kind)));
		set(one, "path", json_text(f->path));
		set(one, "values", file_values(f));
		set(one, "secrets", secrets);
		if (f->restored_count > 0)
			set(one, "restored", names(f->restored, f->restored_count));
		if (f->mode_was)
			set(one, "mode_was", json_text(mode_text(f->mode_was, mode)));
		set(one, "diff", change_diff(f));
		json_add(all, one);
	}
	for (size_t i = 0; c && i < c->area_count; i++)
		if (swap_is_changed(&c->areas[i]))
			json_add(all, area_change(&c->areas[i]));
	if (c && c->swappiness >= 0 && c->swappiness_now >= 0 && c->swappiness != c->swappiness_now)
		json_add(all, swappiness_change(c->swappiness_now, c->swappiness));
	return all;
}

/* Changes that only a person can make, with the lines to write. */
static json_t *kept(const struct changeset *c)
{
	json_t *all = json_array();
	long k;

	for (size_t i = 0; c && (k = changeset_kept(c, i)) >= 0; i++)
		json_add(all, json_text(c->owned[k].label));
	return all;
}

static json_t *by_hand(const struct changeset *c)
{
	json_t *all = json_array();

	for (size_t i = 0; c && i < c->manual_count; i++) {
		const struct manual_change *m = &c->manual[i];
		json_t *one = json_object();

		set(one, "path", json_text(m->path));
		set(one, "value", json_text(m->label));
		set(one, "why", json_text(m->why));
		set(one, "lines", json_text(m->lines));
		json_add(all, one);
	}
	return all;
}

static json_t *next_size(const struct plan *p)
{
	json_t *n;

	if (!p->next)
		return json_null();
	n = json_object();
	set(n, "profile", json_text(p->next->name));
	set(n, "workers", number(p->next_workers));
	set(n, "target_ram_mib", number(p->next->target_ram_mib));
	set(n, "text", json_text(p->next_text));
	return n;
}

void plan_json(const struct plan *p, const struct answers *answers, const struct changeset *c,
	       const struct diag_list *diags, const struct next_steps *next, struct strbuf *out)
{
	json_t *root = json_object();
	json_t *verdict = json_object();

	set(verdict, "idle", json_text(verdict_name(p->idle)));
	set(verdict, "peak", p->limits_off ? json_null() : json_text(verdict_name(p->peak)));
	set(root, "schema", json_text("vpsfit.plan/1"));
	set(root, "machine", json_machine(p->machine));
	set(root, "answers", json_answers(answers, FOR_PLAN));
	set(root, "profile", p->recommended ? json_text(p->profile->name) : json_null());
	set(root, "workers", number(p->recommended ? p->workers : 0));
	set(root, "cost_model", json_text(p->model->name));
	set(root, "fits", json_boolean(plan_fits(p)));
	set(root, "services", services(p));
	set(root, "others", json_others(p));
	if (p->beside.idle_count > 0)
		set(root, "not_started", json_not_started(p));
	set(root, "totals", totals(p));
	set(root, "verdict", verdict);
	set(root, "swap", swap(p));
	set(root, "pool_size", number(p->pool_size));
	set(root, "max_connections", number(p->max_connections));
	if (answers->database_elsewhere)
		set(root, "database", json_text("elsewhere"));
	set(root, "warnings", warnings(p, c, diags));
	set(root, "assumptions", assumptions(p));
	set(root, "rejected", rejected(p));
	set(root, "other_models", other_models(p));
	set(root, "next_worker", next_worker(p));
	set(root, "next", next_size(p));
	set(root, "remedy", json_text(p->remedy));
	set(root, "changes", changes(c));
	set(root, "by_hand", by_hand(c));
	if (c && changeset_kept(c, 0) >= 0)
		set(root, "kept", kept(c));
	if (c && c->moved_from)
		set(root, "moved_from", json_text(c->moved_file ? c->moved_file : c->moved_from));
	if (c && c->taken_up)
		set(root, "taken_up", json_true());
	if (next)
		set(root, "next_steps", json_next(next));
	json_dump(root, out);
}

static json_t *stays(const struct rollback *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->stay_count; i++) {
		json_t *one = json_object();

		set(one, "path", json_text(r->stays[i].path));
		set(one, "why", json_text(r->stays[i].why));
		json_add(all, one);
	}
	return all;
}

void rollback_json(const struct rollback *r, struct strbuf *out)
{
	json_t *root = json_object(), *all = json_array();

	for (size_t i = 0; i < r->t.count; i++) {
		const struct tx_file *f = &r->t.files[i];
		json_t *one = json_object();

		set(one, "action", json_text(!f->after.present ? "remove" : f->before.present ? "restore" : "create"));
		set(one, "path", json_text(f->path));
		json_add(all, one);
	}
	for (size_t i = 0; i < r->t.area_count; i++)
		json_add(all, area_change(&r->t.areas[i]));
	if (r->t.swappiness_after >= 0)
		json_add(all, swappiness_change(r->t.swappiness_before, r->t.swappiness_after));
	set(root, "schema", json_text("vpsfit.rollback/1"));
	set(root, "applied", json_text(r->applied));
	set(root, "changes", all);
	set(root, "moves_images", json_boolean(rollback_moves_images(r)));
	if (r->stay_count > 0)
		set(root, "stays", stays(r));
	if (r->edited_count > 0)
		set(root, "edits_kept", json_text(r->edits_path));
	if (r->kept_count > 0) {
		json_t *kept = json_object();

		set(kept, "path", json_text(r->kept_in));
		set(kept, "secrets", names(r->kept, r->kept_count));
		set(root, "kept", kept);
	}
	json_dump(root, out);
}
