#include "commands/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* The one way out to a person: whatever a machine's files hold, the terminal is not told to obey it. */
static bool write_text(int fd, const struct strbuf *text)
{
	struct strbuf clean = STRBUF_INIT;
	bool written;

	text_printable(&clean, strbuf_text(text), text->len);
	written = write_all(fd, strbuf_text(&clean), clean.len);
	strbuf_clear(&clean);
	return written;
}

bool report_out(const struct strbuf *text)
{
	return write_text(STDOUT_FILENO, text);
}

void report_error_line(const char *text)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_printf(&line, "vpsfit: %s\n", text);
	/* Nothing can be told where standard error is gone. */
	(void)write_text(STDERR_FILENO, &line);
	strbuf_clear(&line);
}

void report_diags(struct session *s)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < s->diags.count; i++) {
		strbuf_puts(&text, "vpsfit: ");
		diag_render(&s->diags.items[i], &text);
	}
	(void)write_text(STDERR_FILENO, &text);
	strbuf_clear(&text);
	diag_clear(&s->diags);
	diag_init(&s->diags, &s->arena);
}

bool report_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool report_ask(const char *text)
{
	struct strbuf line = STRBUF_INIT;
	char first = 'n', c = 0;
	ssize_t n;

	strbuf_printf(&line, "%s [y/N] ", text);
	if (!report_out(&line)) {
		strbuf_clear(&line);
		return false;
	}
	strbuf_clear(&line);
	for (bool at_start = true; (n = read(STDIN_FILENO, &c, 1)) != 0 && c != '\n';) {
		if (n < 0 && errno != EINTR)
			return false;
		if (n == 1 && at_start) {
			first = c;
			at_start = false;
		}
	}
	return n != 0 && (first == 'y' || first == 'Y');
}
