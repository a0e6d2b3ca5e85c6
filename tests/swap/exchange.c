/* SPDX-License-Identifier: MIT */
/*
 * The attacker for place.py: exchange UID DIRECTORY NAME OTHER. Runs as UID, waits for NAME to appear in the directory
 * and at once exchanges it with OTHER, repeatedly. Prints the number of exchanges when terminated.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void end(int sig)
{
	(void)sig;
	over = 1;
}

static int seen(int watch, const char *name)
{
	_Alignas(struct inotify_event) char events[4096];
	ssize_t n = read(watch, events, sizeof(events));
	int found = 0;

	for (char *at = events; n > 0 && at < events + n;
	     at += sizeof(struct inotify_event) + ((struct inotify_event *)(void *)at)->len)
		found |= ((struct inotify_event *)(void *)at)->len > 0 &&
			 strcmp(((struct inotify_event *)(void *)at)->name, name) == 0;
	return found;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = end};
	struct pollfd ready;
	int dir, won = 0;

	if (argc != 5 || setgid((gid_t)atoi(argv[1])) < 0 || setuid((uid_t)atoi(argv[1])) < 0)
		return 2;
	sigaction(SIGTERM, &action, NULL);
	dir = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
	ready = (struct pollfd){inotify_init1(IN_NONBLOCK | IN_CLOEXEC), POLLIN, 0};
	if (dir < 0 || inotify_add_watch(ready.fd, argv[2], IN_CREATE) < 0)
		return 2;
	puts("watching");
	fflush(stdout);
	while (!over)
		if (poll(&ready, 1, 1000) > 0 && seen(ready.fd, argv[3]))
			won += renameat2(dir, argv[3], dir, argv[4], RENAME_EXCHANGE) == 0;
	printf("%d\n", won);
	return 0;
}
