#include "commands/command_line.h"

#include <string.h>

#include "commands/options.h"
#include "core/i18n.h"
#include "stack/project.h"

/* How an answer is said as an option's value: NULL where it is not said, "" for a switch that is on. */
struct saying {
	const char *option;
	const char *(*say)(struct session *s);
};

static const char *number(struct session *s, int64_t value, const char *unit)
{
	return arena_printf(&s->arena, "%lld%s", (long long)value, unit);
}

static const char *say_profile(struct session *s)
{
	return s->answers.profile_auto ? "auto" : s->answers.profile;
}

static const char *say_workers(struct session *s)
{
	if (s->answers.workers > 0)
		return number(s, s->answers.workers, "");
	return s->answers.workers_auto ? "auto" : NULL;
}

static const char *say_swap(struct session *s)
{
	if (s->answers.swap == SWAP_SIZE)
		return number(s, s->answers.swap_mib, "M");
	if (s->answers.swap == SWAP_DEVICE)
		return s->answers.swap_device;
	return s->answers.swap == SWAP_NO ? "none" : s->answers.swap_said ? "auto" : NULL;
}

static const char *say_swappiness(struct session *s)
{
	return s->answers.swappiness >= 0 ? number(s, s->answers.swappiness, "") : NULL;
}

static const char *unless(const char *value, const char *usual)
{
	return value && !(usual && STR_EQ(value, usual)) ? value : NULL;
}

static const char *say_swap_file(struct session *s)
{
	return unless(s->answers.swap_file, "/swapfile");
}

/* The directories as they were settled: a relative one holds wherever the line is run. */
static const char *say_dir(struct session *s)
{
	return s->answers.compose ? NULL : unless(s->dir ? s->dir : s->answers.dir, "/opt/ai-gateway");
}

static const char *say_compose(struct session *s)
{
	return s->compose ? arena_printf(&s->arena, "%s/%s", s->dir, s->compose) : s->answers.compose;
}

/* "litellm=proxy,postgres=db" */
static const char *say_services(struct session *s)
{
	const char *text = NULL;

	for (int i = 0; i < SERVICE_COUNT; i++)
		if (s->answers.services[i])
			text = arena_printf(&s->arena, "%s%s%s=%s", text ? text : "", text ? "," : "",
					    service_name((enum service)i), s->answers.services[i]);
	return text;
}

static const char *say_state(struct session *s)
{
	return s->answers.state && s->state_dir ? s->state_dir : s->answers.state;
}

/* An IPv6 address is kept in the brackets that Compose wants; the option takes it without. */
static const char *say_bind(struct session *s)
{
	const char *bind = s->answers.bind;

	return bind && bind[0] == '[' ? arena_strndup(&s->arena, bind + 1, strlen(bind) - 2) : bind;
}

static const char *say_port(struct session *s)
{
	return s->answers.port > 0 ? number(s, s->answers.port, "") : NULL;
}

static const char *say_ram(struct session *s)
{
	return s->answers.ram_mib > 0 ? number(s, s->answers.ram_mib, "M") : NULL;
}

static const char *say_cpus(struct session *s)
{
	return s->answers.cpus > 0 ? number(s, s->answers.cpus, "") : NULL;
}

static const char *say_overhead(struct session *s)
{
	return s->answers.overhead_mib >= 0 ? number(s, s->answers.overhead_mib, "M") : NULL;
}

static const char *say_cost_model(struct session *s)
{
	return s->answers.cost_model;
}

/* Decisions that were made one by one are as good as the flag where they all went one way. */
static const char *say_edits(struct session *s, enum edit_policy policy)
{
	if (s->answers.edits == policy)
		return "";
	for (size_t i = 0; i < s->decision_count; i++)
		if (s->decisions[i].keep != (policy == EDITS_KEEP))
			return NULL;
	return s->answers.edits == EDITS_ASK && s->decision_count > 0 ? "" : NULL;
}

static const char *say_keep_edits(struct session *s)
{
	return say_edits(s, EDITS_KEEP);
}

static const char *say_overwrite_edits(struct session *s)
{
	return say_edits(s, EDITS_OVERWRITE);
}

static const char *say_yes(struct session *s)
{
	(void)s;
	return "";
}

static const char *say_force(struct session *s)
{
	return s->answers.force ? "" : NULL;
}

static const char *say_sysroot(struct session *s)
{
	return s->answers.sysroot;
}

static const struct saying sayings[] = {
	{"profile", say_profile},
	{"workers", say_workers},
	{"swap", say_swap},
	{"swappiness", say_swappiness},
	{"swap-file", say_swap_file},
	{"dir", say_dir},
	{"compose", say_compose},
	{"service", say_services},
	{"state", say_state},
	{"bind", say_bind},
	{"port", say_port},
	{"ram", say_ram},
	{"cpus", say_cpus},
	{"overhead", say_overhead},
	{"cost-model", say_cost_model},
	{"keep-edits", say_keep_edits},
	{"overwrite-edits", say_overwrite_edits},
	{"yes", say_yes},
	{"force", say_force},
	{"sysroot", say_sysroot},
};

static const struct saying *find(const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(sayings); i++)
		if (STR_EQ(sayings[i].option, option))
			return &sayings[i];
	return NULL;
}

bool command_line_knows(const char *option)
{
	return find(option) != NULL;
}

/* As one word of a POSIX shell. */
static void add_word(struct strbuf *out, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@%";

	if (word[0] && strspn(word, safe) == strlen(word)) {
		strbuf_puts(out, word);
		return;
	}
	strbuf_putc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			strbuf_puts(out, "'\\'");
		strbuf_putc(out, *word);
	}
	strbuf_putc(out, '\'');
}

static void add_option(struct session *s, const struct option_def *o, struct strbuf *out)
{
	const struct saying *saying = find(o->name);
	const char *value = saying ? saying->say(s) : NULL;

	if (!value)
		return;
	strbuf_printf(out, " --%s", o->name);
	if (!o->argument)
		return;
	strbuf_putc(out, ' ');
	add_word(out, value);
}

void command_line_render(struct session *s, struct strbuf *out)
{
	strbuf_puts(out, "vpsfit apply");
	for (size_t i = 0; i < option_def_count; i++)
		add_option(s, &option_defs[i], out);
}

void command_line_sudo(struct session *s, struct strbuf *out)
{
	strbuf_puts(out, "sudo vpsfit");
	for (size_t i = 0; i < option_def_count; i++)
		if (!STR_EQ(option_defs[i].name, "yes"))
			add_option(s, &option_defs[i], out);
	if (s->answers.plain)
		strbuf_puts(out, " --plain");
}

/* So that the very files are started that Compose took before: by the directory where it finds them there, else all by name. */
void command_line_start(struct session *s, struct strbuf *out)
{
	const struct changeset *c = &s->changes;
	const char *compose = s->machine.engine.compose_command;
	bool named = s->changes_known ? !c->by_dir : s->compose && !project_is_usual_name(s->compose);

	if (named) {
		strbuf_puts(out, compose);
		for (size_t i = 0; s->changes_known && i < c->named_count; i++) {
			strbuf_puts(out, " -f ");
			add_word(out, c->named[i]);
		}
		if (!s->changes_known) {
			strbuf_puts(out, " -f ");
			add_word(out, say_compose(s));
		}
	} else {
		strbuf_puts(out, "cd ");
		add_word(out, s->dir);
		strbuf_printf(out, " && %s", compose);
	}
	strbuf_puts(out, " up -d");
}

void command_line_status_there(struct session *s, struct strbuf *out)
{
	static const char *const options[] = {"dir", "compose", "state"};

	strbuf_puts(out, "vpsfit status");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		add_option(s, option_find(options[i]), out);
}

void command_line_status(struct session *s, struct strbuf *out)
{
	command_line_status_there(s, out);
	add_option(s, option_find("sysroot"), out);
}

static void note_decisions(const struct session *s, struct strbuf *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->decision_count; i++)
		kept += s->decisions[i].keep;
	if (kept > 0 && kept < s->decision_count)
		strbuf_puts(out, _("Values edited by hand were decided one by one; no flag says that.\n"));
}

static void note_keys(const struct session *s, struct strbuf *out)
{
	for (size_t i = 0; i < PROVIDER_COUNT; i++)
		if (s->answers.provider_keys[i])
			strbuf_printf(out, _("The key for %s is not in it: give it as '%s' in an answers file.\n"),
				      secret_answers[i].provider, secret_answers[i].name);
}

void command_line_note(const struct session *s, struct strbuf *out)
{
	note_decisions(s, out);
	note_keys(s, out);
}
