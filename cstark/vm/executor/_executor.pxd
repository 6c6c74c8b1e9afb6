"""What the compiled module sees of the C headers."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "executor.h" nogil:
    int VM_FAST, VM_COUNT, VM_RECORD, VM_PROFILE
    enum:
        VM_REGISTERS
        VM_TABLES
        FAMILY_REFRESH
    int VM_PAGE_BITS

    ctypedef struct vm_operation:
        uint64_t label
        uint16_t code

    ctypedef struct vm_memory:
        uint64_t low, size, fixed, fixed_size, image_words, input, input_length
        const uint64_t *image
        const uint8_t *input_bytes
        uint64_t page_count, page_limit
        int timed

    ctypedef struct vm_node:
        uint64_t cells
        uint32_t parent, function

    ctypedef struct vm_profile:
        const uint32_t *function
        const uint8_t *turn
        const uint64_t *cost
        vm_node *nodes
        uint32_t count, at

    ctypedef struct vm_page:
        uint64_t word[1]
        uint32_t time[1]

    ctypedef struct vm_word:
        uint64_t value
        uint32_t address, time

    ctypedef struct vm_state:
        vm_profile profile
        uint64_t x[VM_REGISTERS]
        uint32_t seen[VM_REGISTERS]
        vm_memory memory
        vm_operation *all
        uint32_t count
        const vm_operation *at
        const uint32_t *index
        uint64_t text_low, text_words
        uint64_t row, instructions, max_rows, exit_code
        int halted, error
        uint64_t error_pc, error_address
        uint64_t exit_call, write_call, output, max_output
        uint8_t *log
        uint64_t log_size, log_limit, log_dropped
        uint64_t *counts
        uint64_t rows[VM_TABLES]
        uint64_t *trace[VM_TABLES]
        uint64_t height[VM_TABLES]
        uint64_t *range
        uint64_t *top
        uint64_t *low
        uint64_t *bytes
        uint64_t *shifts
        uint32_t since
        vm_word *words
        uint64_t word_count
        int words_lost
        int overflow

    uint32_t vm_child(vm_profile *p, uint32_t parent, uint32_t function)
    void vm_settle(vm_profile *p)
    int64_t vm_prepare(vm_operation *all, uint32_t count, int registers)
    int vm_memory_open(vm_memory *m)
    void vm_memory_close(vm_memory *m)
    vm_page *vm_page_of(vm_memory *m, uint64_t address)
    unsigned vm_place(uint64_t address)
    uint64_t vm_peek(const vm_memory *m, uint64_t address)
    uint64_t vm_touched(const vm_memory *m, uint64_t start, uint64_t end, uint64_t *address,
                        uint64_t *value, uint64_t *time)
    uint64_t vm_last_touched(const vm_memory *m, uint64_t start, uint64_t end)
    void vm_run(vm_state *vm, int mode, uint64_t rows)
    int vm_width(int table)
