/* An access that is not aligned: the bytes of one word, or of two. */
#ifndef CSTARK_VM_WINDOW_H
#define CSTARK_VM_WINDOW_H

#include "memory.h"

typedef struct {
    uint64_t m, w;            /* the two words before the access; w is 0 where it stays in one */
    uint64_t *m_at, *w_at;    /* where they are; w_at is NULL where it stays in one */
    uint32_t *m_seen, *w_seen; /* and their times, where times are kept */
    uint32_t m_time, w_time;  /* times before the access */
    uint64_t value;           /* bytes from the address on, of both words */
    unsigned offset;          /* of the first byte in the word */
} vm_window;

static int vm_open_window(vm_memory *memory, uint64_t address, unsigned size, vm_window *v) {
    const unsigned k = vm_place(address), offset = address & 7;
    vm_page *page = vm_page_of(memory, address), *other = page;
    if (!page) return -1;
    *v = (vm_window){.m = page->word[k], .m_at = &page->word[k], .offset = offset};
    v->m_seen = &page->time[k];
    v->value = v->m >> 8 * offset;
    if (offset + size <= 8) return 0;
    const uint64_t next = address + 8;
    other = vm_page_of(memory, next);
    if (!other) return -1;
    v->w_at = &other->word[vm_place(next)];
    v->w_seen = &other->time[vm_place(next)];
    v->w = *v->w_at;
    v->value |= v->w << (64 - 8 * offset); /* it crosses: the offset is not 0 */
    return 0;
}

static void vm_see_window(vm_window *v, uint32_t now) {
    v->m_time = *v->m_seen;
    *v->m_seen = now;
    if (!v->w_at) return;
    v->w_time = *v->w_seen;
    *v->w_seen = now;
}

static void vm_store_window(const vm_window *v, uint64_t value, uint64_t mask) {
    const unsigned up = 8 * v->offset;
    *v->m_at = (v->m & ~(mask << up)) | value << up;
    if (v->w_at) *v->w_at = (v->w & ~(mask >> (64 - up))) | value >> (64 - up);
}

#endif
