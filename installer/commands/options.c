#include "commands/options.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"
#include "core/units.h"

#define MAX_CPUS 8192

static const char *set_profile(struct session *s, const char *v)
{
	s->answers.profile_auto = STR_EQ(v, "auto");
	s->answers.profile = s->answers.profile_auto ? NULL : v;
	return v[0] ? NULL : N_("the name of a profile, or auto");
}

static const char *set_workers(struct session *s, const char *v)
{
	uint64_t n = 0;

	if (!STR_EQ(v, "auto") && (!parse_uint(v, MAX_WORKERS, &n) || n == 0))
		return N_("auto, or a number from 1 to 64");
	s->answers.workers_auto = n == 0;
	s->answers.workers = (int64_t)n;
	return NULL;
}

/* Paths end up in messages and in files: nothing that breaks a line. */
static bool clean_path(const char *v)
{
	for (const char *p = v; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return false;
	return v[0] != '\0' && strlen(v) < 3000;
}

static bool climbs(const char *v)
{
	size_t n = strlen(v);

	return STR_EQ(v, "..") || strncmp(v, "../", 3) == 0 || strstr(v, "/../") || (n > 2 && STR_EQ(v + n - 3, "/.."));
}

static bool names_a_device(const char *v)
{
	static const char *const begins[] = {"/dev/", "UUID=", "LABEL="};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(v, begins[i], strlen(begins[i])) == 0)
			return clean_path(v) && !climbs(v) && v[strlen(begins[i])];
	return false;
}

static const char *set_swap(struct session *s, const char *v)
{
	int64_t mib;

	s->answers.swap_said = true;
	if (STR_EQ(v, "auto")) {
		s->answers.swap = SWAP_AUTO;
	} else if (STR_EQ(v, "none")) {
		s->answers.swap = SWAP_NO;
	} else if (parse_size_mib(v, true, &mib) && mib >= 64) {
		s->answers.swap = SWAP_SIZE;
		s->answers.swap_mib = mib;
	} else if (names_a_device(v)) {
		s->answers.swap = SWAP_DEVICE;
		s->answers.swap_device = v;
	} else {
		return N_("auto, none, a size of at least 64M such as 2G, or a swap partition such as /dev/vdb1");
	}
	return NULL;
}

/* What the journal and the state (JSON) cannot hold is not worked with. NULL where it is well, else what is expected. */
static const char *why_not(const char *v, bool well, const char *expected)
{
	return !text_is_utf8(v) ? N_("a path in UTF-8") : well ? NULL : expected;
}

/* What a unit's What= can hold: nothing at its end that a line would lose. */
static bool fits_a_unit(const char *v)
{
	size_t n = strlen(v);

	return n > 0 && !strchr("/\\ ", v[n - 1]);
}

static const char *set_swap_file(struct session *s, const char *v)
{
	s->answers.swap_file = v;
	s->answers.swap_file_said = true;
	return why_not(v, clean_path(v) && v[0] == '/' && !climbs(v) && fits_a_unit(v),
		       N_("an absolute path without '..'"));
}

static const char *set_swappiness(struct session *s, const char *v)
{
	uint64_t n;

	if (!parse_uint(v, 200, &n))
		return N_("a number from 0 to 200");
	s->answers.swappiness = (int64_t)n;
	return NULL;
}

static const char *set_dir(struct session *s, const char *v)
{
	s->answers.dir = v;
	s->answers.dir_given = true;
	return why_not(v, clean_path(v) && !climbs(v), N_("a directory without '..'"));
}

static const char *set_compose(struct session *s, const char *v)
{
	size_t n = strlen(v);

	s->answers.compose = v;
	return why_not(v, clean_path(v) && !climbs(v) && v[n - 1] != '/', N_("a compose file, its path without '..'"));
}

static bool set_service(struct session *s, const char *part, size_t len, const char *name)
{
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (strlen(service_name((enum service)i)) == len &&
		    strncmp(service_name((enum service)i), part, len) == 0) {
			s->answers.services[i] = name;
			return name[0] != '\0' && !strchr(name, '/');
		}
	return false;
}

/* "litellm=proxy,postgres=db" */
static const char *set_services(struct session *s, const char *v)
{
	static const char expected[] =
		N_("PART=NAME, PART one of litellm, open-webui, postgres and nginx; several with commas between");

	for (size_t n; *v; v += n + (v[n] == ',')) {
		size_t part = strcspn(v, "=,");

		n = strcspn(v, ",");
		if (part == n || !set_service(s, v, part, arena_strndup(&s->arena, v + part + 1, n - part - 1)))
			return expected;
	}
	return NULL;
}

static const char *set_state(struct session *s, const char *v)
{
	s->answers.state = v;
	return why_not(v, clean_path(v) && !climbs(v), N_("a directory without '..'"));
}

static const char *set_bind(struct session *s, const char *v)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, v, &v4) == 1)
		s->answers.bind = v;
	else if (inet_pton(AF_INET6, v, &v6) == 1)
		s->answers.bind = arena_printf(&s->arena, "[%s]", v);
	else
		return N_("an address such as 127.0.0.1, 0.0.0.0 or ::1");
	return NULL;
}

static const char *set_port(struct session *s, const char *v)
{
	uint64_t n;

	if (!parse_uint(v, 65535, &n) || n == 0)
		return N_("a port from 1 to 65535");
	s->answers.port = (int64_t)n;
	return NULL;
}

static const char *set_ram(struct session *s, const char *v)
{
	if (!parse_size_mib(v, true, &s->answers.ram_mib) || s->answers.ram_mib < 64)
		return N_("a size of at least 64M such as 4G or 4096");
	return NULL;
}

static const char *set_cpus(struct session *s, const char *v)
{
	uint64_t n;

	if (!parse_uint(v, MAX_CPUS, &n) || n == 0)
		return N_("a number of cores from 1 to 8192");
	s->answers.cpus = (int64_t)n;
	return NULL;
}

static const char *set_overhead(struct session *s, const char *v)
{
	return parse_size_mib(v, true, &s->answers.overhead_mib) ? NULL : N_("a size such as 700 or 1.2G");
}

static const char *set_cost_model(struct session *s, const char *v)
{
	s->answers.cost_model = v;
	return v[0] ? NULL : N_("the name of a cost model");
}

static const char *set_sysroot(struct session *s, const char *v)
{
	s->answers.sysroot = v;
	return clean_path(v) ? NULL : N_("a directory");
}

static const char *set_edits(struct session *s, enum edit_policy policy)
{
	if (s->answers.edits != EDITS_ASK && s->answers.edits != policy)
		return N_("one of --keep-edits and --overwrite-edits, not both");
	s->answers.edits = policy;
	return NULL;
}

static const char *set_keep_edits(struct session *s, const char *v)
{
	(void)v;
	return set_edits(s, EDITS_KEEP);
}

static const char *set_overwrite_edits(struct session *s, const char *v)
{
	(void)v;
	return set_edits(s, EDITS_OVERWRITE);
}

static const char *set_answers(struct session *s, const char *v)
{
	(void)s;
	return clean_path(v) ? NULL : N_("a file");
}

#define SWITCH(fn, member)                                                                                             \
	static const char *fn(struct session *s, const char *v)                                                        \
	{                                                                                                              \
		(void)v;                                                                                               \
		s->answers.member = true;                                                                              \
		return NULL;                                                                                           \
	}
SWITCH(set_yes, yes)
SWITCH(set_force, force)
SWITCH(set_json, json)
SWITCH(set_quiet, quiet)
SWITCH(set_exit_code, exit_code)
SWITCH(set_dry_run, dry_run)
SWITCH(set_plain, plain)

/* --help and --version are done by main before any command runs. */
static const char *set_nothing(struct session *s, const char *v)
{
	(void)s, (void)v;
	return NULL;
}

const struct option_def option_defs[] = {
	{"profile", 0, "NAME|auto", true, N_("profile to use; auto recommends one"), set_profile},
	{"workers", 0, "N|auto", true, N_("LiteLLM workers; auto: the profile's"), set_workers},
	{"swap", 0, "auto|none|SIZE|DEVICE", true,
	 N_("swap to make, or an idle partition; none takes away what vpsfit made"), set_swap},
	{"swap-file", 0, "PATH", true, N_("where a swap file goes (/swapfile)"), set_swap_file},
	{"swappiness", 0, "N", true, N_("set vm.swappiness, 0 to 200; left alone unless asked"), set_swappiness},
	{"dir", 0, "DIR", true, N_("directory of the stack (/opt/ai-gateway)"), set_dir},
	{"compose", 0, "FILE", true, N_("fit this compose file, which somebody else wrote"), set_compose},
	{"service", 0, "PART=NAME", true,
	 N_("with --compose: the service that is litellm, open-webui, postgres or nginx"), set_services},
	{"state", 0, "DIR", true, N_("where vpsfit remembers what it wrote"), set_state},
	{"bind", 0, "ADDR", true, N_("address the gateway listens on (127.0.0.1)"), set_bind},
	{"port", 0, "N", true, N_("port the gateway listens on (8080)"), set_port},
	{"ram", 0, "SIZE", true, N_("what if: nominal RAM"), set_ram},
	{"cpus", 0, "N", true, N_("what if: cores"), set_cpus},
	{"overhead", 0, "SIZE", true, N_("what the system itself takes"), set_overhead},
	{"cost-model", 0, "NAME", true, N_("cost model to count with"), set_cost_model},
	{"answers", 0, "FILE", false, N_("read answers from a YAML file; flags go before it"), set_answers},
	{"keep-edits", 0, NULL, true, N_("keep values that were edited by hand"), set_keep_edits},
	{"overwrite-edits", 0, NULL, true, N_("replace values that were edited by hand"), set_overwrite_edits},
	{"yes", 'y', NULL, true, N_("do not ask"), set_yes},
	{"force", 0, NULL, true, N_("go on although it does not fit"), set_force},
	{"json", 0, NULL, false, N_("one JSON document on standard output"), set_json},
	{"quiet", 'q', NULL, false, N_("say nothing but errors"), set_quiet},
	{"exit-code", 0, NULL, false, N_("end with 6 where changes are pending"), set_exit_code},
	{"dry-run", 'n', NULL, false, N_("show what would be done, and do nothing"), set_dry_run},
	{"plain", 0, NULL, false, N_("ask line by line, without a full screen"), set_plain},
	{"sysroot", 0, "DIR", false, N_("look at another machine's tree below DIR"), set_sysroot},
	{"help", 'h', NULL, false, N_("this text"), set_nothing},
	{"version", 'V', NULL, false, N_("the version"), set_nothing},
};
const size_t option_def_count = ARRAY_SIZE(option_defs);

const struct option_def *option_find(const char *name)
{
	for (size_t i = 0; i < option_def_count; i++)
		if (STR_EQ(option_defs[i].name, name))
			return &option_defs[i];
	return NULL;
}

/* The option that was probably meant; NULL where nothing is near. */
const char *option_nearest(const char *name)
{
	const char *names[ARRAY_SIZE(option_defs)];

	for (size_t i = 0; i < option_def_count; i++)
		names[i] = option_defs[i].name;
	return text_nearest(name, names, option_def_count);
}
