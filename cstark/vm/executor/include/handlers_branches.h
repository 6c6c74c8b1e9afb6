/* Branches, jumps to registers, system calls. */

    OP(BNE) {
        READ_A READ_B
        const int other = a != b;
        RECORD(BRANCH_EQ, AFTER(BRANCH_EQ) FROM_A(BRANCH_EQ) FROM_B(BRANCH_EQ)
               fill_branch_eq(cell, o, a, b);)
        GO(other ? o->target : o->follow, other ? o->imm0 : o->next)
    }
    OP(BNEZ) {
        READ_A
        RECORD(BRANCH_ZERO, AFTER(BRANCH_ZERO) FROM_A(BRANCH_ZERO) fill_branch_zero(cell, o, a);)
        GO(a ? o->target : o->follow, a ? o->imm0 : o->next)
    }
    OP(BLTU) {
        READ_A READ_B
        const int less = a < b;
        if (NEAR(a, b)) {
            RECORD(NEAR_BRANCH, AFTER(NEAR_BRANCH) FROM_A(NEAR_BRANCH) FROM_B_NEAR(NEAR_BRANCH)
                   cell[NEAR_BRANCH_IMM0] = o->imm0;
                   fill_near(vm, cell, NEAR_BRANCH_LT, NEAR_BRANCH_M, NEAR_BRANCH_KIND, a, b, 0);)
        } else {
            RECORD(BRANCH_LTU, AFTER(BRANCH_LTU) FROM_A(BRANCH_LTU) FROM_B(BRANCH_LTU)
                   cell[BRANCH_LTU_IMM0] = o->imm0;
                   fill_order(vm, cell, BRANCH_LTU_LT, BRANCH_LTU_FAR, BRANCH_LTU_M, a, b);)
        }
        GO(less ? o->target : o->follow, less ? o->imm0 : o->next)
    }
    OP(BLT) {
        READ_A READ_B
        const int less = (int64_t)a < (int64_t)b;
        if (NEAR(a, b)) {
            RECORD(NEAR_BRANCH, AFTER(NEAR_BRANCH) FROM_A(NEAR_BRANCH) FROM_B_NEAR(NEAR_BRANCH)
                   cell[NEAR_BRANCH_IMM0] = o->imm0;
                   fill_near(vm, cell, NEAR_BRANCH_LT, NEAR_BRANCH_M, NEAR_BRANCH_KIND, a, b, 1);)
        } else {
            RECORD(BRANCH_LT, AFTER(BRANCH_LT) FROM_A(BRANCH_LT) FROM_B(BRANCH_LT)
                   cell[BRANCH_LT_IMM0] = o->imm0;
                   fill_order(vm, cell, BRANCH_LT_LT, BRANCH_LT_FAR, BRANCH_LT_M, a ^ SIGN,
                              b ^ SIGN);
                   fill_sign(vm, cell + BRANCH_LT_UA, cell + BRANCH_LT_SA, a >> 32);
                   fill_sign(vm, cell + BRANCH_LT_UB, cell + BRANCH_LT_SB, b >> 32);)
        }
        GO(less ? o->target : o->follow, less ? o->imm0 : o->next)
    }

    OP(JALR) {
        READ_A
        TAKE_D
        RECORD(JALR, AFTER(JALR) FROM_A_LOW(JALR) INTO(JALR)
               cell[JALR_IMM0] = o->imm0; cell[JALR_BIT] = (a + o->imm) & 1;)
        const uint64_t to = (a + o->imm) & ~1ull;
        GIVE_D(o->next)
        GO(vm_find(vm, to), to)
    }
    OP(JR) {
        READ_A
        RECORD(JR, FROM_A_LOW(JR) cell[JR_IMM0] = o->imm0; cell[JR_BIT] = (a + o->imm) & 1;)
        const uint64_t to = (a + o->imm) & ~1ull;
        GO(vm_find(vm, to), to)
    }

    OP(ECALL) {
        const uint64_t call = x[17];
        if (call == vm->exit_call) {
            fault = vm_check_output(vm, &address);
            if (fault) goto stop;
            SEE(a, 17, 0)
            const uint64_t b = x[10];
            SEE(b, 10, 1)
            RECORD(HALT, AFTER(HALT) cell[HALT_A_TIME] = a_time; PUT(HALT_B, b)
                   cell[HALT_B_TIME] = b_time;)
            vm->exit_code = b;
            vm->halted = 1;
            goto leave;
        }
        address = call;
        if (call != vm->write_call) STOP(VM_E_UNKNOWN_CALL)
        fault = vm_print(vm, &address);
        if (fault) goto stop;
        SEE(a, 17, 0)
        RECORD(PRINT, AFTER(PRINT) cell[PRINT_A_TIME] = a_time;)
        NEXT
    }
