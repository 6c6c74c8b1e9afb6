/* A series of mallocs, callocs, reallocs and frees in 32 slots: what lies in a block is what was
   written there, until it is freed.  Exit code 0, or which check failed. */

#include <cstark.h>

struct slot {
    uint8_t *memory;
    size_t size;
    uint8_t mark;
};

static struct slot slots[32];

static void check(const struct slot *slot, size_t size) {
    for (size_t i = 0; i < size && i < slot->size; i++) {
        if (slot->memory[i] != (uint8_t)(slot->mark + i)) {
            exit(1);
        }
    }
}

static void take(struct slot *slot, void *memory, size_t size, uint8_t mark) {
    if (!memory) {
        exit(2);
    }
    if ((uintptr_t)memory % 16) {
        exit(3);
    }
    slot->memory = memory;
    slot->size = size;
    slot->mark = mark;
    for (size_t i = 0; i < size; i++) {
        slot->memory[i] = (uint8_t)(mark + i);
    }
}

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    for (; size >= 4; data += 4, size -= 4) {
        struct slot *slot = &slots[data[1] % 32];
        size_t wanted = data[2] | (size_t)data[3] << 8;
        uint8_t mark = (uint8_t)(data[1] * 5 + data[2]);
        switch (data[0] % 4) {
        case 0:
            if (!slot->memory) {
                take(slot, malloc(wanted), wanted, mark);
            }
            break;
        case 1:
            if (!slot->memory) {
                uint8_t *zero = calloc(wanted, 1);
                for (size_t i = 0; zero && i < wanted; i++) {
                    if (zero[i]) {
                        return 4;
                    }
                }
                take(slot, zero, wanted, mark);
            }
            break;
        case 2: {
            struct slot old = *slot;
            slot->memory = realloc(slot->memory, wanted);
            if (old.memory) {
                check(&(struct slot){slot->memory, old.size, old.mark}, wanted);
            }
            take(slot, slot->memory, wanted, mark);
            break;
        }
        default:
            if (slot->memory) {
                check(slot, slot->size);
            }
            free(slot->memory);
            slot->memory = NULL;
        }
    }
    for (int i = 0; i < 32; i++) {
        if (slots[i].memory) {
            check(&slots[i], slots[i].size);
        }
    }
    /* What cannot be had is NULL, and the heap works on. */
    static const size_t huge[] = {SIZE_MAX,        SIZE_MAX - 15,   SIZE_MAX - 16, SIZE_MAX / 2,
                                  (size_t)1 << 62, (size_t)1 << 32, 0x40000001,    0x40000000,
                                  0x3fffffff,      0x3ff00000};
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        volatile size_t bytes = huge[i];
        if (malloc(bytes) || realloc(NULL, bytes) || calloc(bytes, 1) || calloc(1, bytes)) {
            return 5;
        }
    }
    volatile size_t half = (size_t)1 << 33;
    if (calloc(half, half) || calloc(half, (half >> 2) + 1)) {
        return 6;
    }
    uint8_t *large = malloc(0x10000000); /* 256 MiB: what is not touched costs nothing */
    if (!large || !malloc(1)) {
        return 7;
    }
    large[0x10000000 - 1] = 1;
    free(large);
    return malloc(0x10000000) == large ? 0 : 8;
}
