/* Sorting and binary search: the ranks of some numbers among private ones.

   Statement: "among my n numbers, so many are smaller than each of these".  With a query for each
   limit it is a histogram that reveals no single number.

   Input (private):  n and q, 4 bytes each; n numbers, then q queries, 4 bytes each; little endian.
   Output (public):  n; then for each query the query and how many of the numbers are smaller.
   Exit code:        0; 2 if the input is not of this form; 3 if there is not enough memory.

   Lesson 1.  Never trust a number from the input.  4 * (n + q) of two 32-bit numbers does not wrap
   in 64 bits; in 32 it would, and a prover would find the n that does.

   Lesson 2.  What a check may cost.  To prove that an array is sorted one could take the sorted one
   from the input and verify n - 1 comparisons, and that it holds the same numbers, which is the
   harder part.  A guest may always take help from the input, if it verifies what it was told.
   Sorting here takes n log n steps; that is simple, and no mistake in a check can hide in it. */

#include <cstark.h>

static uint32_t load(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, 4);
    return value;
}

/* Merge sort: runs of 1, 2, 4, ... numbers, between two arrays.  Returns the one that is sorted. */
static uint32_t *sort(uint32_t *from, uint32_t *to, size_t count) {
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t start = 0; start < count; start += 2 * run) {
            size_t middle = start + run < count ? start + run : count;
            size_t end = middle + run < count ? middle + run : count;
            size_t left = start, right = middle;
            for (size_t at = start; at < end; at++) {
                if (left < middle && (right == end || from[left] <= from[right])) {
                    to[at] = from[left++];
                } else {
                    to[at] = from[right++];
                }
            }
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* How many of the sorted numbers are smaller than `value`. */
static uint32_t rank(const uint32_t *sorted, size_t count, uint32_t value) {
    size_t low = 0, high = count; /* the answer is in low ... high */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    if (size < 8) {
        return 2;
    }
    uint64_t n = load(data), q = load(data + 4);
    if (size != 8 + 4 * (n + q)) {
        return 2;
    }
    data += 8;
    uint32_t *numbers = malloc(4 * n), *scratch = malloc(4 * n);
    if (!numbers || !scratch) {
        return 3;
    }
    memcpy(numbers, data, 4 * n);
    const uint32_t *sorted = sort(numbers, scratch, n);

    uint32_t count = (uint32_t)n;
    write_output((const uint8_t *)&count, 4);
    for (size_t i = 0; i < q; i++) {
        uint32_t answer[2];
        answer[0] = load(data + 4 * (n + i));
        answer[1] = rank(sorted, n, answer[0]);
        write_output((const uint8_t *)answer, sizeof answer);
    }
    return 0;
}
