/* memcpy, memmove, memset, memcmp: eight bytes at a time.

   In assembler, because a compiler that sees a loop which copies makes it a call of memcpy.  A
   misaligned load or store works on the machine and is dearer than an aligned one, much cheaper
   than eight single bytes: the first and the last eight bytes are done misaligned, if need be, and
   overlap what lies between them, where the destination is aligned. */

/* void *memmove(void *to, const void *from, size_t size) */
    .section .text.memcpy, "ax", @progbits
    .globl  memmove
    .type   memmove, @function
memmove:
    sub     t0, a0, a1
    bltu    t0, a2, backwards       /* from <= to < from + size; otherwise as memcpy does */

/* void *memcpy(void *to, const void *from, size_t size): right also if to <= from */
    .globl  memcpy
    .type   memcpy, @function
memcpy:
    sltiu   t0, a2, 8
    bnez    t0, 4f
    add     a4, a1, a2
    add     a5, a0, a2
    ld      t5, 0(a1)               /* first and last: read now, written in the end */
    ld      t6, -8(a4)
    andi    a3, a0, -8
    addi    a3, a3, 8               /* the next aligned word of the destination */
    sub     t0, a3, a0
    add     a1, a1, t0
    addi    a5, a5, -8              /* words that start below here are whole */
    addi    a4, a5, -24             /* and four of them */
    bgeu    a3, a4, 2f
1:  ld      t0, 0(a1)
    sd      t0, 0(a3)
    ld      t1, 8(a1)
    sd      t1, 8(a3)
    ld      t2, 16(a1)
    sd      t2, 16(a3)
    ld      t3, 24(a1)
    sd      t3, 24(a3)
    addi    a1, a1, 32
    addi    a3, a3, 32
    bltu    a3, a4, 1b
2:  bgeu    a3, a5, 3f
    ld      t0, 0(a1)
    sd      t0, 0(a3)
    addi    a1, a1, 8
    addi    a3, a3, 8
    j       2b
3:  sd      t5, 0(a0)
    sd      t6, 0(a5)
    ret
4:  beqz    a2, 6f
    add     a5, a0, a2
    mv      a3, a0
5:  lbu     t0, 0(a1)
    sb      t0, 0(a3)
    addi    a1, a1, 1
    addi    a3, a3, 1
    bne     a3, a5, 5b
6:  ret
    .size   memcpy, . - memcpy

backwards:
    sltiu   t0, a2, 8
    add     a4, a1, a2
    add     a5, a0, a2
    bnez    t0, 4f
    ld      t5, 0(a1)
    ld      t6, -8(a4)
    andi    a3, a5, -8              /* the last aligned word's end */
    sub     t0, a3, a5
    add     a4, a4, t0
    addi    a6, a0, 8               /* words that end above here are whole */
2:  bgeu    a6, a3, 3f
    ld      t0, -8(a4)
    sd      t0, -8(a3)
    addi    a4, a4, -8
    addi    a3, a3, -8
    j       2b
3:  sd      t5, 0(a0)
    sd      t6, -8(a5)
    ret
4:  beq     a5, a0, 6f
5:  lbu     t0, -1(a4)
    sb      t0, -1(a5)
    addi    a4, a4, -1
    addi    a5, a5, -1
    bne     a5, a0, 5b
6:  ret
    .size   memmove, . - memmove

/* void *memset(void *to, int byte, size_t size) */
    .section .text.memset, "ax", @progbits
    .globl  memset
    .type   memset, @function
memset:
    add     a5, a0, a2
    sltiu   t0, a2, 8
    bnez    t0, 4f
    andi    a1, a1, 255
    beqz    a1, 1f
    slli    t0, a1, 8
    or      a1, a1, t0
    slli    t0, a1, 16
    or      a1, a1, t0
    slli    t0, a1, 32
    or      a1, a1, t0
1:  sd      a1, 0(a0)
    sd      a1, -8(a5)
    andi    a3, a0, -8
    addi    a3, a3, 8
    addi    a5, a5, -8
    addi    a4, a5, -24
    bgeu    a3, a4, 3f
2:  sd      a1, 0(a3)
    sd      a1, 8(a3)
    sd      a1, 16(a3)
    sd      a1, 24(a3)
    addi    a3, a3, 32
    bltu    a3, a4, 2b
3:  bgeu    a3, a5, 6f
    sd      a1, 0(a3)
    addi    a3, a3, 8
    j       3b
4:  beqz    a2, 6f
    mv      a3, a0
5:  sb      a1, 0(a3)
    addi    a3, a3, 1
    bne     a3, a5, 5b
6:  ret
    .size   memset, . - memset

/* int memcmp(const void *a, const void *b, size_t size) */
    .section .text.memcmp, "ax", @progbits
    .globl  memcmp
    .globl  bcmp
    .type   memcmp, @function
    .type   bcmp, @function
memcmp:
bcmp:
    add     a5, a0, a2
    sltiu   t0, a2, 8
    bnez    t0, 3f
    addi    a4, a5, -8
1:  bgeu    a0, a4, 2f
    ld      t0, 0(a0)
    ld      t1, 0(a1)
    bne     t0, t1, 4f
    addi    a0, a0, 8
    addi    a1, a1, 8
    j       1b
    /* The last eight bytes, some of them for the second time. */
2:  sub     t0, a0, a4
    sub     a1, a1, t0
    mv      a0, a4
    ld      t0, 0(a0)
    ld      t1, 0(a1)
    bne     t0, t1, 4f
    j       5f
3:  beqz    a2, 5f
4:  lbu     t0, 0(a0)
    lbu     t1, 0(a1)
    addi    a0, a0, 1
    addi    a1, a1, 1
    bne     t0, t1, 6f
    bne     a0, a5, 4b
5:  li      a0, 0
    ret
6:  sub     a0, t0, t1
    ret
    .size   memcmp, . - memcmp
    .size   bcmp, . - bcmp

    .section .note.GNU-stack, "", @progbits
