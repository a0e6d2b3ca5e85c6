/* SPDX-License-Identifier: MIT */
#include "session/calibrating.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "catalog/write_cost_model.h"
#include "core/calibrated.h"
#include "core/i18n.h"
#include "core/units.h"
#include "files/files.h"
#include "session/own_model.h"
#include "watch/identity.h"

static size_t service_of(const struct session *s, const char *name)
{
	for (size_t i = 0; i < s->stack.service_count; i++)
		if (STR_EQ(s->stack.services[i].name, name))
			return s->stack.services[i].part;
	return service_find(&s->catalog.services, name);
}

static int open_dir(struct session *s, const char **ret_name)
{
	const char *from = answer_text(&s->answers, ANSWER_FROM), *slash = from ? strrchr(from, '/') : NULL;
	const char *dir = !from ? s->store : slash ? arena_strndup(&s->arena, from, (size_t)(slash - from) + 1) : ".";
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_name = from ? (slash ? slash + 1 : from) : RING_NAME;
	return fd < 0 ? -errno : fd;
}

static int read_ring(struct session *s, bool force, struct series *ret)
{
	const char *name, *from = answer_text(&s->answers, ANSWER_FROM);
	int dir = open_dir(s, &name), rc = dir;
	const char *shown = from ? from : arena_printf(&s->arena, "%s/" RING_NAME, s->store_path);
	struct diag *d;

	if (dir >= 0) {
		rc = series_read(dir, name, ret);
		close(dir);
	}
	if (rc == 0 && ret->samples > 0 && (force || ret->header.machine == watch_machine(&s->root)))
		return 0;
	if (rc == 0 && ret->samples > 0) {
		diag_add(&s->diags, SEV_ERROR, shown, _("the samples are of another machine"))->hint =
			_("--force takes them all the same");
		return -ENODATA;
	}
	if (rc == 0 && from) {
		diag_add(&s->diags, SEV_ERROR, from, _("there is no sample in it"))->hint =
			_("--from takes a copy of a ring, which is the file 'ring' in the stack's directory of state");
		return -ENODATA;
	}
	if ((rc == 0 || rc == -ENOENT) && !from) {
		d = diag_add(&s->diags, SEV_ERROR, s->dir,
			     _("nothing was watched yet, so there is nothing to calibrate with"));
		d->hint = _("'sudo vpsfit watch --enable' begins; a day later there is something to say");
		return -ENODATA;
	}
	d = diag_add(&s->diags, SEV_ERROR, shown, _("the samples cannot be read: %s"),
		     rc == -EBADMSG || rc == -ENODATA ? _("it is no ring of this version") : strerror(-rc));
	d->hint =
		rc == -EACCES ? _("run it as root")
		: from ? _("--from takes a copy of a ring, which is the file 'ring' in the stack's directory of state")
		       : _("'vpsfit watch --enable' begins a new one");
	return rc == -ENODATA ? -EBADMSG : rc;
}

static const char *lack_text(struct session *s, const struct series_service *one)
{
	const int64_t hours = (one->last - one->first) / 3600;

	switch (one->lack) {
	case SERIES_SHORT:
		return arena_printf(&s->arena,
				    _("%s was watched for %lld hours (%lld samples) with this image, worker count and "
				      "limit; it takes 24 hours and 100 samples"),
				    one->row.service, (long long)hours, (long long)one->seen.samples);
	case SERIES_GAPS:
		return arena_printf(&s->arena, _("a tenth or more of the time is missing for %s"), one->row.service);
	case SERIES_CLOCK:
		return arena_printf(
			&s->arena,
			_("the clock was set by minutes while %s was watched, and only the %lld hours (%lld "
			  "samples) after that count; it takes 24 hours and 100 samples"),
			one->row.service, (long long)hours, (long long)one->seen.samples);
	case SERIES_UNSETTLED:
		return arena_printf(&s->arena, _("%s has run for less than 12 hours since its last start"),
				    one->row.service);
	case SERIES_ENOUGH:
		break;
	}
	return "";
}

static void judge(struct session *s, const struct calibration *c, const struct series_service *one, bool force,
		  const struct probe *probed, struct calibration_row *ret)
{
	const struct plan_service *planned;
	struct rule_seen seen = one->seen;

	*ret = (struct calibration_row){.of = one, .service = service_of(s, one->row.service)};
	if (ret->service >= MAX_SERVICES || !s->plan.services[ret->service].in || seen.median_kib == 0 ||
	    (one->lack != SERIES_ENOUGH && !force))
		return;
	ret->other_workers = one->row.workers > 0 && one->row.workers != s->plan.workers;
	if (ret->other_workers)
		return;
	planned = &s->plan.services[ret->service];
	ret->plan_limit_mib = planned->limit_mib;
	/* The shipped figure holds for a start that nobody saw. */
	if (seen.start_kib == 0)
		seen.start_model_mib = cost_line_at(&s->plan.model->services[ret->service].start_peak, s->plan.workers);
	seen.unnamed = c->series.unnamed;
	seen.cache_mib = probe_cache_mib(probed, one->row.service);
	rule_judge(&seen, &ret->says);
	/* Where the limit in force is not the plan's: not below either of them. */
	if (seen.unnamed > 0 && ret->says.limit_mib > 0 && ret->says.limit_mib < planned->limit_mib) {
		ret->says.limit_mib = planned->limit_mib;
		ret->says.held = RULE_UNNAMED;
	}
	ret->used = ret->says.limit_mib > 0;
	ret->changes = ret->used && ret->says.limit_mib != planned->limit_mib;
}

static const char *days_text(struct session *s, int64_t days10)
{
	return arena_printf(&s->arena, "%lld.%lld", (long long)(days10 / 10), (long long)(days10 % 10));
}

static const char *remarks(struct session *s, const struct calibration *c)
{
	struct strbuf out = STRBUF_INIT;
	const char *text;

	strbuf_printf(&out, "# Written by vpsfit calibrate (%s) from %zu samples, checksum %08x.\n", VPSFIT_VERSION,
		      c->series.samples, c->series.digest);
	strbuf_printf(&out,
		      "# Kernel %s, cgroup version %d. Calibrate again after a change; remove it to do without.\n",
		      s->machine.kernel, s->machine.engine.cgroup_version);
	for (size_t i = 0; i < c->count; i++) {
		const struct calibration_row *r = &c->rows[i];

		if (!r->used)
			continue;
		strbuf_printf(&out, "# service %zu: %s days, %lld samples, %lld starts, %lld kills, image %s\n",
			      r->service, days_text(s, r->of->seen.days10), (long long)r->of->seen.samples,
			      (long long)r->of->seen.starts, (long long)r->of->seen.kills,
			      r->of->row.image[0] ? r->of->row.image : "unknown");
	}
	text = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	return text;
}

static const char *today(struct session *s)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[16] = "";

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	return arena_strdup(&s->arena, text);
}

static struct cost_model new_model(struct session *s, const struct calibration *c)
{
	struct cost_model m = *s->plan.model;

	m.name = OWN_MODEL;
	m.date = today(s);
	m.source = arena_printf(&s->arena, "vpsfit calibrate, from %s", s->plan.model->name);
	m.measured_on = arena_printf(&s->arena, "measured here over %s days", days_text(s, c->days10));
	m.machine = session_machine_hash(s);
	for (size_t i = 0; i < c->count; i++) {
		const struct calibration_row *r = &c->rows[i];
		const struct calibrated to = {s->plan.workers, s->plan.services[r->used ? r->service : 0].model_mib,
					      r->says.expected_mib, r->says.limit_mib, r->of->seen.start_kib >> 10};

		if (!r->used)
			continue;
		calibrated_move(&s->arena, &m.services[r->service], &to);
		m.measured[r->service] = true;
	}
	return m;
}

/* Plans with this machine's own model; workers: 0: as many as the answers say. */
static int plan_as(struct session *s, int64_t workers, struct plan *ret)
{
	struct answers asked = s->answers;

	asked.of[ANSWER_COST_MODEL] = (struct answer){ORIGIN_FLAG, OWN_MODEL, 0, NULL};
	if (workers > 0)
		asked.of[ANSWER_WORKERS] = (struct answer){
			ORIGIN_FLAG, arena_printf(&s->arena, "%lld", (long long)workers), workers, NULL};
	return session_what_if(s, &asked, ret);
}

/* Plans with the new model as it will be read. */
static int plan_with(struct session *s, struct calibration *c)
{
	int rc = catalog_add_text(&s->arena, OWN_MODEL_FILE, c->model, strlen(c->model), &s->diags, &s->catalog);

	return rc < 0 ? rc : plan_as(s, 0, &c->after);
}

static int64_t all_limits(const struct session *s, const struct plan *p)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->catalog.services.count; i++)
		sum += p->services[i].limit_mib * p->services[i].copies;
	return sum;
}

/* The most workers with which it does without swap, or else fits; or else one fewer, to show what that would bring. */
static void plan_fewer(struct session *s, struct calibration *c)
{
	struct plan *one = arena_alloc(&s->arena, sizeof(*one));

	for (int64_t w = s->plan.workers - 1; w > 0 && c->after.idle >= VERDICT_NEEDS_SWAP; w--) {
		if (plan_as(s, w, one) < 0 || plan_idle_mib(one) >= plan_idle_mib(&c->after) ||
		    (c->fewer_workers > 0 && one->idle >= c->fewer.idle))
			continue;
		c->fewer = *one;
		c->fewer_workers = w;
		if (one->idle < VERDICT_NEEDS_SWAP)
			return;
	}
}

static void weigh(struct session *s, struct calibration *c)
{
	struct plan more;

	c->freed_mib = all_limits(s, &c->before) - all_limits(s, &c->after);
	/* Whose kills they were nobody knows: while there are any, there is no room to tell of. */
	if (c->series.unnamed == 0 && plan_as(s, s->plan.workers + 1, &more) == 0 && more.idle == VERDICT_COMFORTABLE &&
	    more.peak == VERDICT_COMFORTABLE)
		c->more_workers = 1;
	plan_fewer(s, c);
}

static int64_t hours_left(const struct series_service *one)
{
	return max_i64(1, (one->wait + 3599) / 3600);
}

/* The names of services lie in a file of their own beside the ring. */
static const char *not_ours_hint(struct session *s, const struct calibration *c)
{
	const char *from = answer_text(&s->answers, ANSWER_FROM);

	if (from && c->count == 0)
		return arena_printf(&s->arena, _("the names of the services lie in %s.services: copy it along with %s"),
				    from, from);
	return from ? _("is it a ring of this stack? --dir names the stack, and --from its samples")
		    : _("is it the right --dir? 'vpsfit watch' shows what is seen");
}

static void refuse_workers(struct session *s, const struct series_service *one)
{
	diag_add(&s->diags, SEV_ERROR, NULL,
		 _("%s was watched with %lld workers, and the plan has %lld now: what it needed says nothing of that"),
		 one->row.service, (long long)one->row.workers, (long long)s->plan.workers)
		->hint = arena_printf(
		&s->arena, _("apply the plan and watch it for a day; or keep the count: 'vpsfit apply --workers %lld'"),
		(long long)one->row.workers);
}

static int refuse(struct session *s, const struct calibration *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].other_workers)
			refuse_workers(s, c->rows[i].of);
	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].service < MAX_SERVICES && c->rows[i].of->lack != SERIES_ENOUGH)
			diag_add(&s->diags, SEV_ERROR, NULL, "%s", lack_text(s, c->rows[i].of))->hint =
				arena_printf(&s->arena,
					     Q_("wait %lld more hour, or say --force to calibrate from what there is",
						"wait %lld more hours, or say --force to calibrate from what there is",
						hours_left(c->rows[i].of)),
					     (long long)hours_left(c->rows[i].of));
	if (diag_errors(&s->diags) == 0)
		diag_add(&s->diags, SEV_ERROR, s->dir,
			 _("no service of this stack is among the samples, so there is nothing to calibrate with"))
			->hint = not_ours_hint(s, c);
	return -ENODATA;
}

/* Every service of the stack must have been seen enough: half a calibrated plan is none. */
static bool is_enough(const struct calibration *c)
{
	bool any = false;

	for (size_t i = 0; i < c->count; i++) {
		if (c->rows[i].other_workers ||
		    (c->rows[i].service < MAX_SERVICES && !c->rows[i].used && c->rows[i].of->lack != SERIES_ENOUGH))
			return false;
		any |= c->rows[i].used;
	}
	return any;
}

int session_calibrate(struct session *s, bool force, const struct probe *probed, struct calibration *c)
{
	struct strbuf out = STRBUF_INIT;
	struct cost_model m;
	int rc;

	memset(c, 0, sizeof(*c));
	rc = read_ring(s, force, &c->series);
	if (rc < 0)
		return rc;
	c->before = s->plan;
	c->count = c->series.count;
	for (size_t i = 0; i < c->count; i++) {
		judge(s, c, &c->series.services[i], force, probed, &c->rows[i]);
		c->changes |= c->rows[i].changes;
		if (c->rows[i].used && (c->days10 == 0 || c->rows[i].of->seen.days10 < c->days10))
			c->days10 = c->rows[i].of->seen.days10;
	}
	if (!is_enough(c))
		return refuse(s, c);
	m = new_model(s, c);
	cost_model_write(&m, &s->catalog.services, remarks(s, c), &out);
	c->model = arena_strdup(&s->arena, strbuf_text(&out));
	strbuf_clear(&out);
	rc = plan_with(s, c);
	if (rc == 0)
		weigh(s, c);
	return rc;
}

/* Writes the model; limits change with the next apply. Returns 0, or a negative errno with an error. */
int session_calibrate_write(struct session *s, const struct calibration *c)
{
	const struct file_owner owner = {0600, geteuid(), getegid()};
	const char *path = session_own_model_path(s);
	int rc = file_replace(&s->arena, path, c->model, strlen(c->model), &owner);

	if (rc < 0)
		diag_add(&s->diags, SEV_ERROR, path, _("cannot be written: %s; nothing was changed"), strerror(-rc))
			->hint = rc == -EACCES ? _("run it as root") : _("fix that, then run again");
	return rc;
}

static const char *seen_text(struct session *s, const struct series_service *one)
{
	const char *killed = "", *use;

	if (one->seen.kills > 0)
		killed = arena_printf(&s->arena,
				      Q_("; %lld of its processes was killed for lack of memory within 30 days",
					 "; %lld of its processes were killed for lack of memory within 30 days",
					 one->seen.kills),
				      (long long)one->seen.kills);
	use = one->seen.limit_mib > 0
		      ? arena_printf(&s->arena, _("%s: usually %lld, at most %lld of %lld MiB"), one->row.service,
				     (long long)(one->seen.median_kib >> 10), (long long)(one->seen.max_kib >> 10),
				     (long long)one->seen.limit_mib)
		      : arena_printf(&s->arena, _("%s: usually %lld, at most %lld MiB, without a limit"),
				     one->row.service, (long long)(one->seen.median_kib >> 10),
				     (long long)(one->seen.max_kib >> 10));
	return arena_printf(&s->arena, "%s%s", use, killed);
}

static const char *worth_text(struct session *s, const struct calibration *c)
{
	if (!c->changes || c->freed_mib == 0)
		return NULL;
	if (c->freed_mib < 0)
		return arena_printf(&s->arena, _("'vpsfit calibrate' would raise the limits by %lld MiB in all"),
				    (long long)-c->freed_mib);
	return arena_printf(&s->arena,
			    c->more_workers > 0
				    ? _("'vpsfit calibrate' would free %lld MiB of limits: room for one more worker")
				    : _("'vpsfit calibrate' would free %lld MiB of limits"),
			    (long long)c->freed_mib);
}

static const char *unnamed_text(struct session *s, int64_t kills)
{
	return arena_printf(
		&s->arena,
		Q_("%lld process was killed for lack of memory within 30 days, and no container told whose it was",
		   "%lld processes were killed for lack of memory within 30 days, and no container told whose they were",
		   kills),
		(long long)kills);
}

/* What calibrating would bring, without what it says of itself. False: nothing was seen that can be read. */
static bool look_at_ring(struct session *s, struct calibration *c, const char **ret_worth)
{
	const size_t before = s->diags.count;
	const struct catalog kept = s->catalog;
	int rc = s->store && s->state.present ? session_calibrate(s, false, NULL, c) : -ENOENT;

	*ret_worth = rc == 0 ? worth_text(s, c) : NULL;
	s->diags.count = before;
	s->catalog = kept;
	return rc == 0 || rc == -ENODATA;
}

/* Seconds since 1970 of the last apply; 0: not known. */
static int64_t applied_at(const struct state *state)
{
	struct tm tm = {.tm_isdst = 0};

	return state->time && strptime(state->time, "%Y-%m-%dT%H:%M:%SZ", &tm) ? (int64_t)timegm(&tm) : 0;
}

size_t session_watched(struct session *s, const char **ret, size_t most)
{
	struct calibration *c = arena_alloc(&s->arena, sizeof(*c));
	const char *worth;
	size_t n = 0;

	if (!look_at_ring(s, c, &worth))
		return 0;
	for (size_t i = 0; i < c->series.count && n < most; i++)
		if (c->rows[i].service < MAX_SERVICES && c->series.services[i].seen.median_kib > 0)
			ret[n++] = seen_text(s, &c->series.services[i]);
	if (c->series.unnamed > 0 && n < most)
		ret[n++] = unnamed_text(s, c->series.unnamed);
	if (worth && n < most)
		ret[n++] = worth;
	return n;
}

size_t session_notable(struct session *s, const char **ret, size_t most)
{
	struct calibration *c = arena_alloc(&s->arena, sizeof(*c));
	const int64_t since = applied_at(&s->state);
	const char *worth;
	size_t n = 0;

	if (!look_at_ring(s, c, &worth))
		return 0;
	for (size_t i = 0; i < c->series.count && n < most; i++) {
		const struct series_service *one = &c->series.services[i];
		const time_t last = (time_t)one->last_kill;
		char when[32] = "";
		struct tm tm;

		if (one->last_kill == 0 || one->last_kill < since || !localtime_r(&last, &tm))
			continue;
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
		ret[n++] = arena_printf(
			&s->arena,
			_("%s: processes were killed for lack of memory since the last apply, last at %s; 'vpsfit watch' shows it"),
			one->row.service, when);
	}
	if (worth && n < most)
		ret[n++] = worth;
	return n;
}
