/* stdlib.h: the part of it that a guest has. */

#ifndef CSTARK_STDLIB_H
#define CSTARK_STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

#ifdef __cplusplus
extern "C" {
#endif

/* Memory from the heap, aligned to 16 bytes; NULL if there is not so much left. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);

/* Sort in place (heapsort: n log n comparisons whatever the data), and search what is sorted. */
void qsort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *items, size_t count, size_t size,
              int (*compare)(const void *, const void *));

int abs(int value);
long labs(long value);
long long llabs(long long value);

__attribute__((noreturn)) void exit(int code);
__attribute__((noreturn)) void _Exit(int code);
__attribute__((noreturn)) void abort(void); /* exit code 134 */

#ifdef __cplusplus
}
#endif

#endif
