/* cstark.h: what a guest of the RISC-V machine can call.

   A guest is an ordinary C program whose run is proved.  It reads an input that only the prover
   knows, writes an output that everybody learns, and halts with an exit code that everybody
   learns:

       #include <cstark.h>

       int main(void) {
           const uint8_t *data;
           size_t size;
           read_input(&data, &size);
           uint64_t sum = 0;
           for (size_t i = 0; i < size; i++) {
               sum += data[i];
           }
           write_output((const uint8_t *)&sum, sizeof sum);
           return 0;
       }

   proves: "I know bytes whose sum is this number".

   What to think of while writing one:

   * Whoever proves chooses the input, all of it, its length as well.  Check a length before every
     read, as in any program that takes bytes from a stranger.  A proof says no more than: there
     is some content of the input window with which this program wrote this output.
   * What is not in the output (or in the program itself) the verifier does not know.  A guest that
     checks a password against a hash that it has read from the input proves nothing; it has to
     write the hash to its output.
   * The exit code is part of the result.  A guest that returns 1 is proved just as well.
   * Every executed instruction costs time to prove, printing included.  There is no parallelism,
     no cache and no branch prediction: count instructions and nothing else.  Bytes are dearer than
     words, division is no dearer than multiplication, a misaligned access is twice an aligned one.
   * There are no floating-point instructions: double and float work, as calls of the library of
     about a hundred instructions each.  Integers do it in one.
   * Memory below 0x4000_0000 is all there, zero at first: a large array costs what is touched.

   Memory, registers and the calls below are described in link.ld, crt0.S and io.c beside this
   file.  No operating system is there: no files, clock, threads or random numbers. */

#ifndef CSTARK_H
#define CSTARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The windows: a word with the length in bytes, then the bytes. */
#define CSTARK_INPUT 0x40000000u
#define CSTARK_OUTPUT 0x60000000u
#define CSTARK_INPUT_BYTES (0x20000000u - 8u)
#define CSTARK_OUTPUT_BYTES (256u * 1024u)

/* Exit code of abort, panic and a failed assert, as a shell reports an aborted program. */
#define CSTARK_ABORTED 134

/* The private input: where it lies and how many bytes it has.  Nothing is copied: `*data` points
   into the window and is aligned to 8 bytes.

   `*size` is what the prover says.  It is at most CSTARK_INPUT_BYTES (the guest aborts otherwise),
   so that `*data + *size` cannot wrap; nothing else is known of it.  Trust it no further than what
   you read. */
void read_input(const uint8_t **data, size_t *size);

/* Append `size` bytes to the public output.  The guest aborts beyond CSTARK_OUTPUT_BYTES in all. */
void write_output(const uint8_t *data, size_t size);

/* Halt with a 64-bit exit code.  exit(int), of stdlib.h, extends the sign of its argument: exit(-1)
   is halt(0xffffffffffffffff).  Returning from main is exit. */
__attribute__((noreturn)) void halt(uint64_t code);

/* Print while the guest executes, to look at it: no part of the proof, but its instructions are. */
void print(const char *text);
void print_bytes(const void *text, size_t size);
void print_unsigned(uint64_t value);
void print_signed(int64_t value);
void print_hex(uint64_t value);

/* Print why, and halt with CSTARK_ABORTED. */
__attribute__((noreturn)) void panic(const char *text);

#ifdef __cplusplus
}
#endif

#endif
