/* What is there before main: arguments, constructors in order, zeroed and initialised variables,
   atomics, sorting; the exit code is main's value, or which check failed. */

#include <assert.h>
#include <cstark.h>
#include <stdatomic.h>

static int order[2], at;
static uint64_t zero[1000];
static uint32_t set = 41;
static const char *names[] = {"a", "b"};

__attribute__((constructor(202))) static void second(void) { order[at++] = 2; }
__attribute__((constructor(201))) static void first(void) { order[at++] = 1; }

static int by_value(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc || argv) {
        return 1;
    }
    if (at != 2 || order[0] != 1 || order[1] != 2) {
        return 2;
    }
    for (size_t i = 0; i < 1000; i++) {
        if (zero[i]) {
            return 3;
        }
    }
    set++;
    if (set != 42 || names[1][0] != 'b') {
        return 4;
    }
    _Atomic uint64_t wide = 5;
    _Atomic uint32_t word = 6;
    _Atomic uint16_t half = 7;
    _Atomic uint8_t byte = 8;
    uint64_t wanted = 5;
    if (atomic_fetch_add(&wide, 10) != 5 || atomic_fetch_sub(&word, 7) != 6 ||
        atomic_fetch_or(&half, 8) != 7 || atomic_exchange(&byte, 9) != 8 ||
        atomic_fetch_xor(&word, 1) != UINT32_MAX || atomic_fetch_and(&half, 9) != 15) {
        return 5;
    }
    if (atomic_compare_exchange_strong(&wide, &wanted, 1) || wanted != 15 ||
        !atomic_compare_exchange_strong(&wide, &wanted, 1) || atomic_load(&wide) != 1) {
        return 6;
    }
    atomic_store(&byte, 255);
    if (atomic_fetch_add(&byte, 1) != 255 || byte != 0 || word != UINT32_MAX - 1 || half != 9) {
        return 7;
    }
    int32_t numbers[] = {5, -3, 9, 0, 5, INT32_MAX, INT32_MIN, 1, 1, 8, -7};
    const size_t count = sizeof numbers / sizeof *numbers;
    qsort(numbers, count, sizeof *numbers, by_value);
    for (size_t i = 1; i < count; i++) {
        if (numbers[i - 1] > numbers[i]) {
            return 8;
        }
    }
    for (int32_t key = -8; key < 10; key++) {
        bool there = key == 5 || key == -3 || key == 9 || key == 0 || key == 1 || key == 8 || key == -7;
        int32_t *found = bsearch(&key, numbers, count, sizeof *numbers, by_value);
        if (there ? !found || *found != key : found != NULL) {
            return 9;
        }
    }
    static_assert(sizeof(void *) == 8 && sizeof(long) == 8, "lp64");
    if (abs(-3) != 3 || labs(-3) != 3 || llabs(3) != 3) {
        return 10;
    }
    assert(set == 42);
    return -5;
}
