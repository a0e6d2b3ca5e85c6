/* SPDX-License-Identifier: MIT */
/* Stands for every program of the stack: what a service is started with stays, what a health check asks is well. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The first process of a container is ended by no signal that it does not handle. */
static void end(int signal_number)
{
	_exit(signal_number ? 0 : 1);
}

static char held[8 << 20];

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	int stays = strcmp(name, "stand") == 0;

	for (int i = 1; i < argc; i++)
		stays |= strstr(argv[i], "vpsfit_launch.py") || strncmp(argv[i], "exec valkey-server", 18) == 0;
	signal(SIGTERM, end);
	/* Something to be seen in the sums. */
	if (stays)
		memset(held, 1, sizeof(held));
	while (stays)
		pause();
	return 0;
}
