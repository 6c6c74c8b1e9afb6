/* The memory of a guest: pages of 4 KiB, made when they are first touched.
 *
 * A page begins as the image, the input or zeros say, so neither is copied before it is needed.
 * Where times are kept, a word's is 0 until it is first touched: the words that were touched are
 * those whose time is not 0. */
#ifndef CSTARK_VM_MEMORY_H
#define CSTARK_VM_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "goldilocks.h"

enum {
    VM_PAGE_BITS = 12,
    VM_PAGE_WORDS = 1 << (VM_PAGE_BITS - 3),
    VM_GROUP_BITS = 9, /* pages of a group: whoever goes through all pages skips empty groups */
    VM_GROUPS = 1 << (32 - VM_PAGE_BITS - VM_GROUP_BITS)
};

typedef struct {
    uint64_t word[VM_PAGE_WORDS];
    uint32_t time[]; /* of the last access; absent when times are not kept */
} vm_page;

typedef struct {
    vm_page **pages; /* by address >> VM_PAGE_BITS, NULL where nothing was touched */
    uint64_t low, size;           /* all of memory: [low, low + size) */
    uint64_t fixed, fixed_size;   /* words that hold text, which no store may touch */
    uint64_t image_words, input, input_length;
    const uint64_t *image;
    const uint8_t *input_bytes;
    uint64_t page_count, page_limit;
    int timed;
    uint8_t used[VM_GROUPS]; /* of each group, whether it has a page */
} vm_memory;

static uint64_t vm_page_numbers(const vm_memory *m) {
    return ((m->low + m->size - 1) >> VM_PAGE_BITS) + 1;
}

/* The number of the first page from `number` on, below `end`, that was made; `end` if none was. */
static uint64_t vm_next_page(const vm_memory *m, uint64_t number, uint64_t end) {
    while (number < end && !m->pages[number]) {
        number++;
        /* memory of 4 GiB has a million pages and few guests touch a thousand: whole groups are skipped */
        while (number < end && !m->used[number >> VM_GROUP_BITS])
            number = ((number >> VM_GROUP_BITS) + 1) << VM_GROUP_BITS;
    }
    return number < end ? number : end;
}

static int vm_memory_open(vm_memory *m) {
    m->pages = calloc(vm_page_numbers(m), sizeof *m->pages);
    return m->pages ? 0 : -1;
}

static void vm_memory_close(vm_memory *m) {
    if (!m->pages) return;
    const uint64_t end = vm_page_numbers(m);
    for (uint64_t n = vm_next_page(m, 0, end); n < end; n = vm_next_page(m, n + 1, end))
        free(m->pages[n]);
    free(m->pages);
    m->pages = NULL;
}

/* What an aligned word of memory holds before the run. */
static uint64_t vm_first_word(const vm_memory *m, uint64_t address) {
    const uint64_t in_image = (address - m->low) >> 3, in_input = address - m->input;
    if (address >= m->low && in_image < m->image_words) return m->image[in_image];
    if (address == m->input) return m->input_length;
    if (address > m->input && in_input - 8 < m->input_length) {
        const uint64_t at = in_input - 8, left = m->input_length - at;
        uint64_t word = 0;
        memcpy(&word, m->input_bytes + at, left < 8 ? left : 8);
        return word;
    }
    return 0;
}

/* Make a page; NULL when it would be one too many, or when the system has no memory. */
static __attribute__((noinline)) vm_page *vm_new_page(vm_memory *m, uint64_t number) {
    if (m->page_count >= m->page_limit) return NULL;
    const size_t times = m->timed ? VM_PAGE_WORDS * sizeof(uint32_t) : 0;
    vm_page *page = malloc(sizeof *page + times);
    if (!page) return NULL;
    const uint64_t first = number << VM_PAGE_BITS;
    for (uint64_t k = 0; k < VM_PAGE_WORDS; k++) page->word[k] = vm_first_word(m, first + 8 * k);
    memset(page->time, 0, times);
    m->page_count++;
    m->used[number >> VM_GROUP_BITS] = 1;
    return m->pages[number] = page;
}

/* The page of an address inside memory; NULL as above. */
INLINE vm_page *vm_page_of(vm_memory *m, uint64_t address) {
    vm_page *page = m->pages[address >> VM_PAGE_BITS];
    return __builtin_expect(page != NULL, 1) ? page : vm_new_page(m, address >> VM_PAGE_BITS);
}

INLINE unsigned vm_place(uint64_t address) { return (address >> 3) & (VM_PAGE_WORDS - 1); }

/* Whether `bytes` at an address lie in memory; whether they touch a word that holds text. */
INLINE int vm_inside(const vm_memory *m, uint64_t address, unsigned bytes) {
    return address - m->low <= m->size - bytes;
}
INLINE int vm_is_fixed(const vm_memory *m, uint64_t address, unsigned bytes) {
    return address + bytes - 1 - m->fixed < m->fixed_size + bytes - 1;
}

/* What a word holds now; nothing is touched. */
static uint64_t vm_peek(const vm_memory *m, uint64_t address) {
    const vm_page *page = m->pages[address >> VM_PAGE_BITS];
    return page ? page->word[vm_place(address)] : vm_first_word(m, address & ~7ull);
}

/* Touched words of [from, to) in order: their number, and where arrays are given, address, value
 * and time of each. */
static uint64_t vm_touched(const vm_memory *m, uint64_t from, uint64_t to, uint64_t *address,
                           uint64_t *value, uint64_t *time) {
    const uint64_t end = ((to - 1) >> VM_PAGE_BITS) + 1;
    uint64_t count = 0, number = vm_next_page(m, from >> VM_PAGE_BITS, end);
    for (; number < end; number = vm_next_page(m, number + 1, end)) {
        const vm_page *page = m->pages[number];
        for (uint64_t k = 0; k < VM_PAGE_WORDS; k++) {
            const uint64_t here = (number << VM_PAGE_BITS) + 8 * k;
            /* the first and the last page may reach beyond the range; a page is not only touched words */
            if (!page->time[k] || here < from || here >= to) continue;
            if (address) {
                address[count] = here;
                value[count] = page->word[k];
                time[count] = page->time[k];
            }
            count++;
        }
    }
    return count;
}

/* Address of the last touched word of [from, to), or 0. */
static uint64_t vm_last_touched(const vm_memory *m, uint64_t from, uint64_t to) {
    const uint64_t end = ((to - 1) >> VM_PAGE_BITS) + 1;
    uint64_t last = 0, number = vm_next_page(m, from >> VM_PAGE_BITS, end);
    for (; number < end; number = vm_next_page(m, number + 1, end)) {
        const vm_page *page = m->pages[number];
        for (uint64_t k = 0; k < VM_PAGE_WORDS; k++) {
            const uint64_t here = (number << VM_PAGE_BITS) + 8 * k;
            if (page->time[k] && here >= from && here < to) last = here;
        }
    }
    return last;
}

#endif
