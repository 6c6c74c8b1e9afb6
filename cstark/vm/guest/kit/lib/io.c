/* Input, output, printing and the end of a run: see cstark.h. */

#include <cstark.h>

#define WORD(address) (*(volatile uint64_t *)(uintptr_t)(address))

void read_input(const uint8_t **data, size_t *size) {
    uint64_t length = WORD(CSTARK_INPUT);
    /* Nothing proves the length.  Within the window no sum of a pointer and it can wrap. */
    if (length > CSTARK_INPUT_BYTES) {
        panic("the input is longer than its window");
    }
    *data = (const uint8_t *)(uintptr_t)(CSTARK_INPUT + 8);
    *size = length;
}

void write_output(const uint8_t *data, size_t size) {
    uint64_t length = WORD(CSTARK_OUTPUT);
    if (length > CSTARK_OUTPUT_BYTES || size > CSTARK_OUTPUT_BYTES - length) {
        panic("more than 256 KiB of output");
    }
    memcpy((uint8_t *)(uintptr_t)(CSTARK_OUTPUT + 8) + length, data, size);
    WORD(CSTARK_OUTPUT) = length + size;
}

void halt(uint64_t code) {
    register uint64_t a0 __asm__("a0") = code;
    register uint64_t a7 __asm__("a7") = 93;
    __asm__ volatile("ecall" : : "r"(a0), "r"(a7) : "memory");
    __builtin_unreachable();
}

void exit(int code) { halt((uint64_t)(int64_t)code); }

void _Exit(int code) { exit(code); }

void abort(void) { halt(CSTARK_ABORTED); }

void print_bytes(const void *text, size_t size) {
    register uint64_t a0 __asm__("a0") = 1;
    register const void *a1 __asm__("a1") = text;
    register size_t a2 __asm__("a2") = size;
    register uint64_t a7 __asm__("a7") = 64;
    __asm__ volatile("ecall" : : "r"(a0), "r"(a1), "r"(a2), "r"(a7) : "memory");
}

void print(const char *text) { print_bytes(text, strlen(text)); }

void print_unsigned(uint64_t value) {
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    print_bytes(text + at, sizeof text - at);
}

void print_signed(int64_t value) {
    if (value < 0) {
        print("-");
        print_unsigned(-(uint64_t)value);
    } else {
        print_unsigned((uint64_t)value);
    }
}

void print_hex(uint64_t value) {
    char text[18];
    size_t at = sizeof text;
    do {
        text[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    text[--at] = 'x';
    text[--at] = '0';
    print_bytes(text + at, sizeof text - at);
}

void panic(const char *text) {
    print("panic: ");
    print(text);
    print("\n");
    abort();
}

void cstark_assertion_failed(const char *text, const char *file, int line) {
    print(file);
    print(":");
    print_unsigned((uint64_t)line);
    print(": assertion failed: ");
    print(text);
    print("\n");
    abort();
}
