/* What runs before main: registers and memory are zero, so little is left to do. */

    .section .text._start, "ax", @progbits
    .globl  _start
    .type   _start, @function
_start:
    .option push
    .option norelax                 /* gp cannot be found by means of gp */
    lui     gp, %hi(__global_pointer$)
    addi    gp, gp, %lo(__global_pointer$)
    .option pop
    lui     sp, 0x40000             /* the stack ends where the input window begins */
    lui     s0, %hi(__init_array_start)
    addi    s0, s0, %lo(__init_array_start)
    lui     s1, %hi(__init_array_end)
    addi    s1, s1, %lo(__init_array_end)
    beq     s0, s1, 2f
1:  ld      t0, 0(s0)               /* functions that ask to run before main */
    jalr    t0
    addi    s0, s0, 8
    bne     s0, s1, 1b
    li      s0, 0
    li      a0, 0                   /* no arguments: argc = 0, argv = NULL */
    li      a1, 0
2:  call    main
    li      a7, 93                  /* exit(what main returned) */
    ecall
    .size   _start, . - _start

    .section .note.GNU-stack, "", @progbits
