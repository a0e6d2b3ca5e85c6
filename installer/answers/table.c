/* SPDX-License-Identifier: MIT */
#include "answers/table.h"

#include <string.h>

#include "answers/kinds.h"
#include "answers/nodes.h"
#include "answers/refused.h"
#include "core/i18n.h"
#include "core/text.h"

#define MAX_CPUS 8192
#define MAX_TIME_S (24 * 3600)

const struct answer_row answer_rows[ANSWER_COUNT] = {
	[ANSWER_PROFILE] = {"profile", 0, "NAME|auto", FOR_ANY_SIZE, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			    N_("profile to use; auto recommends one"), N_("the name of a profile, or auto"), kind_name,
			    0, 0, NULL},
	[ANSWER_WORKERS] = {"workers", 0, "N|auto", FOR_NODES,
			    IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE | NOT_WITH_NEW_SIZE,
			    N_("LiteLLM workers; auto: the profile's"), N_("auto, or a number from 1 to 64"),
			    kind_count, 1, MAX_WORKERS, NULL},
	[ANSWER_SWAP] = {"swap", 0, "auto|none|SIZE|DEVICE", FOR_ANY_SIZE, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			 N_("swap to make, or an idle partition; none takes away what vpsfit made"),
			 N_("auto, none, a size of at least 64M such as 2G, or a swap partition such as /dev/vdb1"),
			 kind_swap, 64, 0, NULL},
	[ANSWER_SWAP_FILE] = {"swap-file", 0, "PATH", FOR_ALL, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			      N_("where a swap file goes (/swapfile)"), N_("an absolute path without '..', or auto"),
			      kind_swap_file, 0, 0, DEFAULT_SWAP_FILE},
	[ANSWER_SWAPPINESS] = {"swappiness", 0, "N|auto", FOR_FIT, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			       N_("set vm.swappiness, 0 to 200; auto leaves it alone"),
			       N_("auto, or a number from 0 to 200"), kind_count, 0, 200, NULL},
	[ANSWER_OPEN_WEBUI] =
		{"open-webui", 0, "slim|full|auto", FOR_NODES, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
		 N_("image of Open WebUI; slim needs less and does less; auto: where a new stack needs it"),
		 N_("auto, slim or full"), kind_choice, 0, 0, NULL},
	[ANSWER_REDIS] = {"redis", 0, "auto|yes|no", FOR_NODES, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			  N_("count rate limits for all workers in one place; auto: with two and more"),
			  N_("auto, yes or no"), kind_yes_no, 0, 0, NULL},
	[ANSWER_DOMAIN] = {"domain", 0, "NAME|none", FOR_ANY_SIZE, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			   N_("name of the gateway: HTTPS with certificates of its own, on ports 80 and 443"),
			   N_("a host name with a dot in it, such as chat.example.org, or none"), kind_domain, 0, 0,
			   NULL},
	[ANSWER_LIMITS] = {"limits", 0, "on|off", FOR_ANY_SIZE, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			   N_("write memory limits; off takes away those that vpsfit wrote"), N_("on or off"),
			   kind_choice, 0, 0, "on"},
	[ANSWER_DIR] = {"dir", 0, "DIR", FOR_ALL, IN_FILE | IN_PLAN | ON_THE_LINE,
			N_("directory of the stack (/opt/ai-gateway)"), N_("a directory without '..'"), kind_path, 0, 0,
			DEFAULT_DIR},
	[ANSWER_COMPOSE] = {"compose", 0, "FILE", FOR_ALL, IN_FILE | IN_PLAN | ON_THE_LINE,
			    N_("fit this compose file, which vpsfit did not write"),
			    N_("a compose file, its path without '..'"), kind_compose, 0, 0, NULL},
	/* Parsed per part, see answer_set. */
	[ANSWER_SERVICE] = {"service", 0, "PART=NAME|none", FOR_ANY_SIZE, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			    N_("with --compose: which service of the file is a part of the stack; none: no service is"),
			    N_("PART=NAME or PART=none, PART a service of vpsfit's own stack; several with commas "
			       "between"),
			    NULL, 0, 0, NULL},
	[ANSWER_STATE] = {"state", 0, "DIR", FOR_ALL, IN_FILE | ON_THE_LINE, N_("where vpsfit remembers what it wrote"),
			  N_("a directory without '..'"), kind_path, 0, 0, NULL},
	[ANSWER_MOVED_FROM] = {"moved-from", 0, "DIR", FOR_FIT, IN_FILE | ON_THE_LINE,
			       N_("where the stack was before it was moved: takes its state and history along"),
			       N_("a directory without '..'"), kind_path, 0, 0, NULL},
	[ANSWER_BIND] = {"bind", 0, "ADDR", FOR_FIT | FOR_EXPORT, IN_FILE | NOTED | IN_PLAN | ON_THE_LINE,
			 N_("address the gateway listens on (127.0.0.1)"),
			 N_("an address such as 127.0.0.1, 0.0.0.0 or ::1"), kind_address, 0, 0, NULL},
	[ANSWER_PORT] = {"port", 0, "N", FOR_FIT | FOR_EXPORT, IN_FILE | NOTED | IN_PLAN | ON_THE_LINE,
			 N_("port the gateway listens on (8080)"), N_("a port from 1 to 65535"), kind_count, 1, 65535,
			 NULL},
	[ANSWER_IMAGES] = {"images", 0, "new", FOR_FIT, IN_FILE | IN_PLAN | ON_THE_LINE,
			   N_("new moves the images of an existing stack to today's tags; back up its data first"),
			   N_("the word new"), kind_new, 0, 0, NULL},
	[ANSWER_START] = {"start", 0, NULL, FOR_WIZARD | FOR_APPLY, IN_FILE | ON_THE_LINE,
			  N_("start the stack, and wait until it answers"), NULL, NULL, 0, 0, NULL},
	[ANSWER_START_TIMEOUT] = {"start-timeout", 0, "TIME", FOR_WIZARD | FOR_APPLY, IN_FILE | ON_THE_LINE,
				  N_("how long --start waits (15m)"),
				  N_("a time from 1s to 24h, such as 900s, 15m or 1h"), kind_time, 1, MAX_TIME_S, NULL},
	[ANSWER_WATCH] = {"watch", 0, "on|off", FOR_WIZARD | FOR_APPLY, IN_FILE | ON_THE_LINE,
			  N_("after writing, turn the sampler on or off; left alone unless said"), N_("on or off"),
			  kind_choice, 0, 0, NULL},
	[ANSWER_RAM] = {"ram", 0, "SIZE", FOR_FIT | FOR_DETECT, IN_FILE | IN_PLAN | ON_THE_LINE,
			N_("plan as if the machine had this much RAM"), N_("a size of at least 64M such as 4G or 4096"),
			kind_size, 64, 0, NULL},
	[ANSWER_CPUS] = {"cpus", 0, "N", FOR_ANY_SIZE | FOR_DETECT, IN_FILE | IN_PLAN | ON_THE_LINE,
			 N_("plan as if the machine had this many cores"), N_("a number of cores from 1 to 8192"),
			 kind_count, 1, MAX_CPUS, NULL},
	[ANSWER_OVERHEAD] = {"overhead", 0, "SIZE|auto", FOR_NODES, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			     N_("what the system itself takes"), N_("auto, or a size such as 700 or 1.2G"), kind_size,
			     0, 0, NULL},
	[ANSWER_COST_MODEL] = {"cost-model", 0, "NAME|auto", FOR_NODES, IN_FILE | REMEMBERED | IN_PLAN | ON_THE_LINE,
			       N_("cost model to count with"), N_("the name of a cost model, or auto"), kind_name, 0, 0,
			       NULL},
	[ANSWER_FORMAT] = {"format", 0, "swarm|helm", FOR_EXPORT, IN_FILE,
			   N_("what to write: a stack for Docker Swarm, or values for Helm's charts"),
			   N_("swarm or helm"), kind_choice, 0, 0, NULL},
	/* Added to the nodes before it, see answer_set. */
	[ANSWER_NODE] =
		{"node", 0, "NAME=RAM,CPUS", FOR_PLAN | FOR_EXPORT, IN_FILE,
		 N_("a machine to plan for, once for each; with export, ask takes them from this manager"),
		 N_("NAME=RAM,CPUS such as a=4G,2, each name once, labels KEY=VALUE behind further commas; or ask"),
		 kind_node, 0, 0, NULL},
	[ANSWER_NODES] = {"nodes", 0, "FILE", FOR_PLAN | FOR_EXPORT, IN_FILE,
			  N_("plan for several machines, as listed in a YAML file"), N_("a file"), kind_host_path, 0, 0,
			  NULL},
	[ANSWER_OUTPUT] = {"output", 0, "PATH", FOR_EXPORT | FOR_REPORT, IN_FILE,
			   N_("what to write: the export's directory (./ai-gateway-FORMAT), or the report "
			      "(./vpsfit-report.tar)"),
			   N_("a path without '..'"), kind_path, 0, 0, NULL},
	[ANSWER_ANSWERS] = {"answers", 0, "FILE", FOR_ALL, 0,
			    N_("read answers from a YAML file; flags take precedence"), N_("a file"), kind_host_path, 0,
			    0, NULL},
	[ANSWER_KEEP_EDITS] = {"keep-edits", 0, NULL, FOR_FIT | FOR_ROLLBACK, IN_FILE | ON_THE_LINE,
			       N_("keep values that were edited by hand"), NULL, NULL, 0, 0, NULL},
	[ANSWER_OVERWRITE_EDITS] = {"overwrite-edits", 0, NULL, FOR_FIT | FOR_ROLLBACK | FOR_EXPORT,
				    IN_FILE | ON_THE_LINE, N_("replace values that were edited by hand"), NULL, NULL, 0,
				    0, NULL},
	[ANSWER_YES] = {"yes", 'y', NULL, FOR_FIT | FOR_ROLLBACK | FOR_RECOVER | FOR_FORGET,
			IN_FILE | ON_THE_LINE | ALWAYS, N_("do not ask"), NULL, NULL, 0, 0, NULL},
	[ANSWER_FORCE] = {"force", 0, NULL, FOR_FIT | FOR_FORGET | FOR_CALIBRATE | FOR_REPORT | FOR_EXPORT,
			  IN_FILE | ON_THE_LINE,
			  N_("go on although it does not fit; forget a stack that is there; calibrate from too little; "
			     "replace a report; export with new secrets"),
			  NULL, NULL, 0, 0, NULL},
	[ANSWER_JSON] = {"json", 0, NULL, FOR_ALL, 0, N_("one JSON document on standard output"), NULL, NULL, 0, 0,
			 NULL},
	[ANSWER_QUIET] = {"quiet", 'q', NULL, FOR_ALL, 0, N_("print nothing but errors"), NULL, NULL, 0, 0, NULL},
	[ANSWER_EXIT_CODE] = {"exit-code", 0, NULL, FOR_FIT | FOR_ROLLBACK | FOR_NOTICE | FOR_CALIBRATE, 0,
			      N_("end with 6 where changes are pending"), NULL, NULL, 0, 0, NULL},
	[ANSWER_DRY_RUN] = {"dry-run", 'n', NULL,
			    FOR_WIZARD | FOR_APPLY | FOR_ROLLBACK | FOR_FORGET | FOR_CALIBRATE | FOR_REPORT, 0,
			    N_("show what would be done, and do nothing"), NULL, NULL, 0, 0, NULL},
	[ANSWER_PLAIN] = {"plain", 0, NULL, FOR_WIZARD, 0, N_("ask line by line, without a full screen"), NULL, NULL, 0,
			  0, NULL},
	[ANSWER_SYSROOT] = {"sysroot", 0, "DIR", FOR_ALL, ON_THE_LINE, N_("look at another machine's tree below DIR"),
			    N_("a directory"), kind_host_path, 0, 0, NULL},
	[ANSWER_FOLLOW] = {"follow", 0, NULL, FOR_WATCH, 0, N_("look again and again, until interrupted"), NULL, NULL,
			   0, 0, NULL},
	[ANSWER_INTERVAL] = {"interval", 0, "TIME", FOR_WATCH, 0, N_("with --follow: time between two looks (2s)"),
			     N_("a time from 1s to 1h, such as 5s or 1m"), kind_time, 1, 3600, NULL},
	[ANSWER_ENABLE] = {"enable", 0, NULL, FOR_WATCH, 0,
			   N_("turn on the sampler, which keeps what it sees and warns"), NULL, NULL, 0, 0, NULL},
	[ANSWER_DISABLE] = {"disable", 0, NULL, FOR_WATCH, 0, N_("turn it off; what it saw is kept"), NULL, NULL, 0, 0,
			    NULL},
	[ANSWER_FROM] = {"from", 0, "FILE", FOR_CALIBRATE, 0,
			 N_("read the samples of this ring, not of the stack's own"), N_("a file"), kind_host_path, 0,
			 0, NULL},
	[ANSWER_PROBE] = {"probe", 0, NULL, FOR_CALIBRATE, 0,
			  N_("find out first which page cache each container cannot do without (three minutes)"), NULL,
			  NULL, 0, 0, NULL},
	[ANSWER_HELP] = {"help", 'h', NULL, FOR_ALL, 0, N_("this text"), NULL, NULL, 0, 0, NULL},
	[ANSWER_VERSION] = {"version", 'V', NULL, FOR_ALL, 0, N_("the version"), NULL, NULL, 0, 0, NULL},
};

/* The row named name (without "--"), or NULL. */
const struct answer_row *answer_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(answer_rows); i++)
		if (STR_EQ(answer_rows[i].name, name))
			return &answer_rows[i];
	return NULL;
}

enum answer_id answer_id(const struct answer_row *row)
{
	return (enum answer_id)(row - answer_rows);
}

/* Is it a yes-or-no question? */
bool answer_is_yes_no(const struct answer_row *row)
{
	return row->parse == kind_yes_no;
}

/* Is it answered with one of the words that its argument lists? */
bool answer_is_choice(const struct answer_row *row)
{
	return row->parse == kind_choice;
}

/* The name that was probably meant, or NULL if none is close. */
const char *answer_nearest(const char *name)
{
	const char *names[ANSWER_COUNT];

	for (size_t i = 0; i < ARRAY_SIZE(answer_rows); i++)
		names[i] = answer_rows[i].name;
	return text_nearest(name, names, ARRAY_SIZE(names));
}

/*
 * Parses "litellm=proxy,postgres=db", or "auto" to forget all. Names of parts cannot be checked before the services
 * have been read: answers_check_services does that.
 */
static bool set_services(struct answers *all, struct arena *a, const char *value, enum origin origin)
{
	if (STR_EQ(value, "auto")) {
		memset(all->parts, 0, sizeof(all->parts));
		all->of[ANSWER_SERVICE] = (struct answer){.origin = origin};
		return true;
	}
	for (size_t n; *value; value += n + (value[n] == ',')) {
		size_t part = strcspn(value, "=,");
		struct answer said = {.origin = origin};

		n = strcspn(value, ",");
		if (part == n || part == 0)
			return false;
		said.text = arena_strndup(a, value + part + 1, n - part - 1);
		if (said.text[0] == '\0' || strchr(said.text, '/') ||
		    !answer_set_service(all, arena_strndup(a, value, part), &said))
			return false;
	}
	return true;
}

/* A node is added to those that the same source named before. */
static bool add_node(struct answers *all, struct arena *a, const char *value, enum origin origin)
{
	const struct answer *was = &all->of[ANSWER_NODE];
	struct answer said = {.origin = origin};

	if (was->text && was->origin == origin)
		value = arena_printf(a, "%s%c%s", was->text, NODE_SEPARATOR, value);
	if (!kind_node(&answer_rows[ANSWER_NODE], a, value, &said))
		return false;
	all->of[ANSWER_NODE] = said;
	return true;
}

/* What is wrong with a node that was not added. */
static const char *wrong_node(const struct answers *all, const char *value)
{
	const char *text = all->of[ANSWER_NODE].text;
	const size_t n = strcspn(value, "=") + 1;

	for (const char *at = text; at && value[n - 1]; at = strchr(at, NODE_SEPARATOR), at += at != NULL)
		if (strncasecmp(at, value, n) == 0)
			return N_("another name: there is a --node of this one already");
	return answer_rows[ANSWER_NODE].expected;
}

/*
 * Sets an answer; a switch is turned on whatever value is. Returns NULL, or what is expected instead, untranslated, for
 * people; then nothing has changed.
 */
const char *answer_set(struct answers *all, struct arena *a, enum answer_id id, const char *value, enum origin origin)
{
	const struct answer_row *row = &answer_rows[id];
	struct answer said = {.origin = origin};
	struct answers before;

	/* The journal and the state are JSON and can only hold UTF-8. */
	if (row->argument && !text_is_utf8(value))
		return N_("a text in UTF-8");
	if (id == ANSWER_SERVICE) {
		before = *all;
		if (set_services(all, a, value, origin))
			return NULL;
		*all = before;
		return row->expected;
	}
	if (id == ANSWER_NODE)
		return add_node(all, a, value, origin) ? NULL : wrong_node(all, value);
	if (!row->argument)
		said.number = 1;
	else if (!((row->flags & REMEMBERED) && STR_EQ(value, "auto")) && !row->parse(row, a, value, &said))
		return answer_refused(row, value);
	all->of[id] = said;
	return NULL;
}

/* "litellm=proxy,postgres=db", or NULL if no part was named. */
const char *answers_services_text(const struct answers *all, struct arena *a)
{
	const char *text = NULL;

	for (size_t i = 0; i < MAX_SERVICES && all->parts[i].part; i++)
		text = arena_printf(a, "%s%s%s=%s", text ? text : "", text ? "," : "", all->parts[i].part,
				    all->parts[i].said.text);
	return text;
}
