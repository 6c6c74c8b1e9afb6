/* Fibonacci: the smallest guest.

   Statement: "I know a number n such that F(n) modulo 2^64 is this", F(0) = 0, F(1) = 1.

   Input (private):  n, 8 bytes, little endian.
   Output (public):  F(n) modulo 2^64, 8 bytes, little endian.
   Exit code:        0; 2 if the input has another length.

   Lesson 1.  A guest is a C program with a main, and what it may call is in cstark.h.  The input
   is memory that only the prover fills, the output memory that the verifier is told.

   Lesson 2.  n is not in the output, so nobody learns it, and nobody can demand it: for another n
   the proof is as good.  If everybody should know that it was F(1000), write n to the output as
   well, or put the constant into the program: a proof is about one program, bit by bit.

   Lesson 3.  Arithmetic is the processor's: sums wrap at 2^64 as they do everywhere.  For the true
   F(1000) one has to write arithmetic of long numbers, and pay for it. */

#include <cstark.h>

int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    if (size != 8) { /* the prover may have given any number of bytes */
        return 2;
    }
    uint64_t n;
    memcpy(&n, data, 8); /* one load: the compiler knows memcpy */

    uint64_t a = 0, b = 1;
    while (n--) {
        uint64_t next = a + b;
        a = b;
        b = next;
    }
    write_output((const uint8_t *)&a, sizeof a);
    return 0;
}
