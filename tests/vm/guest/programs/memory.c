/* The functions of mem.S on an arena, as the input's records of four numbers say; the output is
   what each comparison found, and the arena. */

#include <cstark.h>

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

#define ARENA 512

static uint8_t arena[ARENA];

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    /* Calls, whatever the compiler knows of these functions. */
    void *(*volatile copy)(void *restrict, const void *restrict, size_t) = memcpy;
    void *(*volatile move)(void *, const void *, size_t) = memmove;
    void *(*volatile fill)(void *, int, size_t) = memset;
    int (*volatile compare)(const void *, const void *, size_t) = memcmp;
    for (size_t i = 0; i < ARENA; i++) {
        arena[i] = (uint8_t)(7 * i + i / 64);
    }
    for (; size >= 8; data += 8, size -= 8) {
        uint32_t what = data[0] | data[1] << 8, to = data[2] | data[3] << 8;
        uint32_t from = data[4] | data[5] << 8, n = data[6] | data[7] << 8;
        void *result = arena + to;
        uint8_t order;
        switch (what) {
        case 0:
            result = copy(arena + to, arena + from, n);
            break;
        case 1:
            result = move(arena + to, arena + from, n);
            break;
        case 2:
            result = fill(arena + to, (int)from, n);
            break;
        default:
            order = (uint8_t)compare(arena + to, arena + from, n);
            order = order == 0 ? 0 : compare(arena + to, arena + from, n) < 0 ? 1 : 2;
            write_output(&order, 1);
        }
        if (result != arena + to) {
            return 1;
        }
    }
    write_output(arena, ARENA);
    return 0;
}
