#include "core/text.h"

#include <string.h>

/* Longer words are nobody's typing error for one of ours. */
#define MAX_WORD 40

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * Edits (insert, delete, replace, swap of neighbours) between two words, case ignored for letters. Words longer than MAX_WORD are
 * infinitely far: the longer one's length.
 */
size_t text_distance(const char *a, const char *b)
{
	size_t d[MAX_WORD + 1][MAX_WORD + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX_WORD || m > MAX_WORD)
		return n > m ? n : m;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			size_t cost = (a[i - 1] | 0x20) != (b[j - 1] | 0x20);

			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][m];
}

/* The candidate nearest to word, where it is near enough (a third of its length, at least one edit); NULL else. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	size_t best_distance = MAX_WORD;

	for (size_t i = 0; i < n; i++) {
		size_t distance = text_distance(word, candidates[i]);
		size_t allowed = strlen(candidates[i]) / 3;

		if (distance < best_distance && distance <= (allowed ? allowed : 1)) {
			best = candidates[i];
			best_distance = distance;
		}
	}
	return best;
}
