/* SPDX-License-Identifier: MIT */
/* The patterns of what a report must not tell. Each looks at the start of a word only, so that a text is read once. */
#include <arpa/inet.h>
#include <string.h>

#include "report/redact.h"

#define MIN_HEX 32
#define MIN_BASE64 24
#define MIN_BEHIND_PREFIX 8

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_alnum(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

struct span {
	const char *at, *end;
	char before; /* 0: the text begins here */
};

static size_t run_of(const struct span *s, bool (*fits)(char c))
{
	const char *p = s->at;

	while (p < s->end && fits(*p))
		p++;
	return (size_t)(p - s->at);
}

static char behind(const struct span *s, size_t n)
{
	return s->at + n < s->end ? s->at[n] : '\0';
}

static bool of_token(char c)
{
	return is_alnum(c) || c == '_' || c == '-';
}

static size_t known_prefix(const struct span *s)
{
	static const char *const begins[] = {"sk-",  "pk-",	    "rk-",    "sk_",   "gsk_",	"ghp_", "gho_",
					     "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza",
					     "hf_",  "r8_",	    "eyJ",    "tvly-", "pplx-"};
	size_t n = run_of(s, of_token);

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		size_t k = strlen(begins[i]);

		if (n < k || memcmp(s->at, begins[i], k) != 0)
			continue;
		/* A token of three parts, as JSON web tokens are. */
		while (behind(s, n) == '.' && of_token(behind(s, n + 1)))
			n += 1 + run_of(&(struct span){s->at + n + 1, s->end, '.'}, of_token);
		return n >= k + MIN_BEHIND_PREFIX ? n : 0;
	}
	return 0;
}

/* Groups of hexadecimal digits of these lengths, with `mark` between them. */
static size_t groups(const struct span *s, const char *lengths, char mark)
{
	const char *p = s->at;

	for (; *lengths; lengths++) {
		for (int i = 0; i < *lengths; i++, p++)
			if (p >= s->end || !is_hex(*p))
				return 0;
		if (lengths[1] && (p >= s->end || *p++ != mark))
			return 0;
	}
	return p < s->end && (is_alnum(*p) || *p == mark) ? 0 : (size_t)(p - s->at);
}

static size_t ipv4(const struct span *s)
{
	char text[16];
	struct in_addr in;
	size_t n = 0;

	if (s->before == '.')
		return 0;
	while (n < sizeof(text) - 1 && (is_digit(behind(s, n)) || behind(s, n) == '.'))
		n++;
	while (n > 0 && s->at[n - 1] == '.')
		n--;
	memcpy(text, s->at, n);
	text[n] = '\0';
	if (n < 7 || is_alnum(behind(s, n)) || inet_pton(AF_INET, text, &in) != 1)
		return 0;
	/* "5.15.167.4-microsoft-standard" is a version. */
	if (behind(s, n) == '-' && is_alnum(behind(s, n + 1)) && !is_digit(behind(s, n + 1)))
		return 0;
	/* Of every machine: the loop, any address, masks. */
	return strncmp(text, "127.", 4) == 0 || strncmp(text, "0.", 2) == 0 || strncmp(text, "255.", 4) == 0 ? 0 : n;
}

static bool of_ipv6(char c)
{
	return is_hex(c) || c == ':' || c == '.';
}

static size_t ipv6(const struct span *s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr in;
	size_t n = run_of(s, of_ipv6), figures = 0;

	while (n > 0 && (s->at[n - 1] == '.' || (n > 1 && s->at[n - 1] == ':' && s->at[n - 2] != ':')))
		n--;
	if (s->before == ':' || n < 4 || n >= sizeof(text) || is_alnum(behind(s, n)))
		return 0;
	for (size_t i = 0; i < n; i++)
		figures += is_hex(s->at[i]);
	memcpy(text, s->at, n);
	text[n] = '\0';
	/* "0::/user.slice" in /proc/self/cgroup is none. */
	return figures >= 3 && inet_pton(AF_INET6, text, &in) == 1 ? n : 0;
}

static bool of_local_part(char c)
{
	return is_alnum(c) || (c && strchr("._%+-", c));
}

static bool of_domain(char c)
{
	return is_alnum(c) || c == '.' || c == '-';
}

/* "user@1000.service" is a unit. */
static bool ends_as_unit(const char *domain, size_t len)
{
	static const char *const kinds[] = {".service", ".slice",  ".scope", ".socket", ".mount",
					    ".timer",	".target", ".swap",  ".device"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i]);

		if (len > n && memcmp(domain + len - n, kinds[i], n) == 0)
			return true;
	}
	return false;
}

static size_t mail(const struct span *s)
{
	size_t local = run_of(s, of_local_part), domain;
	struct span rest = {s->at + local + 1, s->end, '@'};

	if (local == 0 || behind(s, local) != '@' || of_local_part(s->before))
		return 0;
	domain = run_of(&rest, of_domain);
	while (domain > 0 && !is_alnum(rest.at[domain - 1]))
		domain--;
	if (domain < 4 || !memchr(rest.at, '.', domain) || ends_as_unit(rest.at, domain))
		return 0;
	return local + 1 + domain;
}

/* "user:password" in "scheme://user:password@host" */
static size_t user_and_password(const char *text, size_t at, size_t len)
{
	size_t n = 0;

	if (at < 3 || memcmp(text + at - 3, "://", 3) != 0)
		return 0;
	while (at + n < len && (unsigned char)text[at + n] > ' ' && !strchr("/\"'<>", text[at + n]))
		n++;
	while (n > 0 && text[at + n - 1] != '@')
		n--;
	return n > 1 ? n - 1 : 0;
}

static bool of_base64(char c)
{
	return is_alnum(c) || (c && strchr("+/_-", c));
}

static bool of_base64_in_path(char c)
{
	return c != '/' && of_base64(c);
}

/* Upper case, lower case and figures in one word: names of people's things have them rarely, keys nearly always. */
static size_t base64(const struct span *s)
{
	bool path = s->before == '/' || *s->at == '/';
	size_t n = run_of(s, path ? of_base64_in_path : of_base64), upper = 0, lower = 0, other = 0;

	if (n < MIN_BASE64 || (of_base64(s->before) && !strchr("/-", s->before)))
		return 0;
	for (size_t i = 0; i < n; i++) {
		const char c = s->at[i];

		upper += c >= 'A' && c <= 'Z';
		lower += c >= 'a' && c <= 'z';
		other += is_digit(c) || c == '+';
	}
	while (behind(s, n) == '=')
		n++;
	/* Of 64 signs 26 are upper and 26 lower case; names have a few capitals at most. */
	return 8 * upper >= n && 8 * lower >= n && other > 0 ? n : 0;
}

size_t redact_match(const char *text, size_t len, size_t at, enum redact_kind *ret_kind)
{
	static const struct {
		enum redact_kind kind;
		size_t (*length)(const struct span *s);
	} rows[] = {{REDACT_MAIL, mail}, {REDACT_SECRET, known_prefix}, {REDACT_IPV6, ipv6}, {REDACT_IPV4, ipv4}};
	const struct span s = {text + at, text + len, at > 0 ? text[at - 1] : '\0'};
	size_t n = user_and_password(text, at, len);

	*ret_kind = REDACT_SECRET;
	if (n > 0 || is_alnum(s.before) || !(is_alnum(*s.at) || *s.at == ':'))
		return n;
	n = groups(&s, "\010\004\004\004\014", '-');
	*ret_kind = REDACT_UUID;
	if (n > 0)
		return n;
	n = groups(&s, "\002\002\002\002\002\002", ':');
	*ret_kind = REDACT_MAC;
	for (size_t i = 0; n == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = rows[i].length(&s);
		*ret_kind = rows[i].kind;
	}
	if (n > 0)
		return n;
	n = run_of(&s, is_hex);
	*ret_kind = REDACT_HEX;
	if (n >= MIN_HEX && !is_alnum(behind(&s, n)))
		return n;
	*ret_kind = REDACT_SECRET;
	return base64(&s);
}
