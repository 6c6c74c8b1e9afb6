/* The heap: from _end upwards, freed blocks kept in lists of one size each.

   A block is 16 bytes with its size, then what the caller gets.  Blocks up to SMALL have the exact
   size, rounded up to 16; larger ones a power of two.  Nothing is ever split or joined, so that
   malloc and free take a few instructions; memory that is not touched costs nothing. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UNIT 16u
#define SMALL 1024u
#define STACK_RESERVE 0x100000u /* the heap stays so far below the stack as it is now */
#define MOST 0x40000000u

struct block {
    size_t size;        /* of what follows */
    struct block *next; /* in its list, while it is free */
};

extern char _end[];

static struct block *lists[SMALL / UNIT + 1 + 64];
static char *top = _end;

/* The list for blocks of *size bytes, which becomes the size of the block. */
static size_t list_of(size_t *size) {
    size_t rounded = (*size + (UNIT - 1)) & ~(size_t)(UNIT - 1);
    if (rounded <= SMALL) {
        *size = rounded;
        return rounded / UNIT;
    }
    size_t power = SMALL, list = SMALL / UNIT;
    while (power < rounded) {
        power *= 2;
        list++;
    }
    *size = power;
    return list;
}

void *malloc(size_t size) {
    if (size > MOST) { /* before any sum with it */
        return NULL;
    }
    if (size == 0) {
        size = 1;
    }
    size_t list = list_of(&size);
    struct block *block = lists[list];
    if (block) {
        lists[list] = block->next;
        return block + 1;
    }
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
    uintptr_t limit = stack > STACK_RESERVE ? stack - STACK_RESERVE : 0;
    uintptr_t start = (uintptr_t)top;
    if (start > limit || limit - start < sizeof *block || limit - start - sizeof *block < size) {
        return NULL;
    }
    block = (struct block *)top;
    block->size = size;
    top += sizeof *block + size;
    return block + 1;
}

void free(void *memory) {
    if (!memory) {
        return;
    }
    struct block *block = (struct block *)memory - 1;
    size_t size = block->size;
    size_t list = list_of(&size);
    block->next = lists[list];
    lists[list] = block;
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    char *before = top;
    void *memory = malloc(bytes);
    if (memory && top == before) { /* used before; new memory is zero */
        memset(memory, 0, bytes);
    }
    return memory;
}

void *realloc(void *memory, size_t size) {
    if (!memory) {
        return malloc(size);
    }
    struct block *block = (struct block *)memory - 1;
    if (size <= block->size) {
        return memory;
    }
    void *larger = malloc(size);
    if (larger) {
        memcpy(larger, memory, block->size);
        free(memory);
    }
    return larger;
}
