/* qsort, bsearch and absolute values of stdlib.h. */

#include <stdint.h>
#include <stdlib.h>

typedef int comparison(const void *, const void *);

static void swap(char *a, char *b, size_t size) {
    for (; size; size--, a++, b++) {
        char kept = *a;
        *a = *b;
        *b = kept;
    }
}

/* Let items[root] sink until both of its children are at most as large. */
static void sink(char *items, size_t root, size_t count, size_t size, comparison *compare) {
    while (root < count / 2) {
        size_t child = 2 * root + 1;
        if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0) {
            child++;
        }
        if (compare(items + root * size, items + child * size) >= 0) {
            return;
        }
        swap(items + root * size, items + child * size, size);
        root = child;
    }
}

void qsort(void *items, size_t count, size_t size, comparison *compare) {
    for (size_t root = count / 2; root--;) {
        sink(items, root, count, size, compare);
    }
    while (count > 1) {
        count--;
        swap(items, (char *)items + count * size, size);
        sink(items, 0, count, size, compare);
    }
}

void *bsearch(const void *key, const void *items, size_t count, size_t size, comparison *compare) {
    const char *low = items;
    while (count) {
        const char *middle = low + count / 2 * size;
        int order = compare(key, middle);
        if (order == 0) {
            return (void *)(uintptr_t)middle;
        }
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}

int abs(int value) { return value < 0 ? -value : value; }
long labs(long value) { return value < 0 ? -value : value; }
long long llabs(long long value) { return value < 0 ? -value : value; }
