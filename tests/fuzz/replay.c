/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over files, for builds without libFuzzer: replay FILE... Recurses into directories. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LARGEST ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replayed;

static void replay_file(const char *path)
{
	uint8_t *data = malloc(LARGEST);
	FILE *f = fopen(path, "re");
	size_t n = f && data ? fread(data, 1, LARGEST, f) : 0;
	/* Exactly the input's size, so that the sanitizer catches reads beyond it. */
	uint8_t *exact = malloc(n ? n : 1);

	if (!f || !data || !exact)
		abort();
	memcpy(exact, data, n);
	free(data);
	fclose(f);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	replayed++;
}

static void replay(const char *path)
{
	struct stat st;
	DIR *dir;
	const struct dirent *e;
	char inner[4096];

	if (stat(path, &st) < 0)
		abort();
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path);
		return;
	}
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.') {
			snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
			replay(inner);
		}
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%s: %lu inputs replayed\n", strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0], replayed);
	return replayed > 0 ? 0 : 1;
}
