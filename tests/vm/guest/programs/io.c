/* Chunks of output, of the sizes in the input: 4 bytes each; then an exit code of 8 bytes. */

#include <cstark.h>

static uint8_t bytes[300 * 1024];

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i % 251 + 1);
    }
    for (; size >= 12; data += 4, size -= 4) {
        uint32_t chunk;
        memcpy(&chunk, data, 4);
        write_output(bytes, chunk);
    }
    uint64_t code;
    memcpy(&code, data, 8);
    print("p");
    print_bytes("q\0r", 3);
    print_unsigned(0);
    print_unsigned(UINT64_MAX);
    print_signed(INT64_MIN);
    print_signed(7);
    print_hex(0);
    print_hex(0xfedcba9876543210);
    halt(code);
}
