/* fib_iterative: the benchmark of five instructions a step, with nothing around it.

   Built with -DITERATIONS=n, without the library:

       cstark guest build fib_iterative.S -D ITERATIONS=20000 --no-library -o fib.elf

   Statement: "this program halts with the exit code F(n) modulo 2^64", after 5 n + 4 instructions
   and those that load n (one below 2048, two below 2^31 - 2048).  It reads and writes no memory.

   The loop tests its counter at the end, so for n = 0 it is left out. */

#ifndef ITERATIONS
#error "say how often the loop runs: -DITERATIONS=20000"
#endif

    .text
    .globl  _start
    .type   _start, @function
_start:
    li      t0, ITERATIONS
    li      a0, 0
    li      a1, 1
    li      a7, 93
#if ITERATIONS > 0
loop:
    add     a2, a0, a1
    mv      a0, a1
    mv      a1, a2
    addi    t0, t0, -1
    bnez    t0, loop
#endif
    ecall                           /* exit(a0) */
    .size   _start, . - _start

    .section .note.GNU-stack, "", @progbits
