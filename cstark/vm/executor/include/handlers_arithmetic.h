/* Constants, sums, comparisons, bitwise operations, shifts, products and quotients. */

    OP(JUMP) {
        RECORD(JUMP, AFTER(JUMP))
        NEXT
    }
    OP(LI) {
        TAKE_D
        RECORD(LI, AFTER(LI) INTO(LI) HALVES(LI))
        GIVE_D(o->imm)
        NEXT
    }
    UNARY(MV, MV, a, )

    UNARY(ADDI, ADDI, a + o->imm, HALVES(ADDI) fill_limbs(vm, cell + ADDI_C, c);)
    BINARY(ADD, ADD, a + b, fill_limbs(vm, cell + ADD_C, c);)
    BINARY(SUB, SUB, a - b, fill_limbs(vm, cell + SUB_C, c);)
    OP(ADDI_INPLACE) {
        const uint64_t a = x[o->rd], c = a + o->imm;
        SEE(a, o->rd, 2)
        RECORD(ADDI_INPLACE, AFTER(ADDI_INPLACE) IN_PLACE(ADDI_INPLACE) HALVES(ADDI_INPLACE)
               fill_limbs(vm, cell + ADDI_INPLACE_C, c);)
        GIVE_D(c)
        NEXT
    }
    /* rs2 is read before rd is changed, and they may be one register. */
    OP(ADD_INPLACE) {
        READ_B
        const uint64_t a = x[o->rd], c = a + b;
        SEE(a, o->rd, 2)
        RECORD(ADD_INPLACE, AFTER(ADD_INPLACE) IN_PLACE(ADD_INPLACE) FROM_B(ADD_INPLACE)
               fill_limbs(vm, cell + ADD_INPLACE_C, c);)
        GIVE_D(c)
        NEXT
    }
    OP(SUB_INPLACE) {
        READ_B
        const uint64_t a = x[o->rd], c = a - b;
        SEE(a, o->rd, 2)
        RECORD(SUB_INPLACE, AFTER(SUB_INPLACE) IN_PLACE(SUB_INPLACE) FROM_B(SUB_INPLACE)
               fill_limbs(vm, cell + SUB_INPLACE_C, c);)
        GIVE_D(c)
        NEXT
    }
    BINARY(ADDW, ADDW, vm_extend(a + b), fill_word(vm, cell + ADDW_C, cell + ADDW_S, c);)
    BINARY(SUBW, SUBW, vm_extend(a - b), fill_word(vm, cell + SUBW_C, cell + SUBW_S, c);)
    UNARY(ADDIW, ADDIW, vm_extend(a + o->imm),
          cell[ADDIW_IMM0] = o->imm0; fill_word(vm, cell + ADDIW_C, cell + ADDIW_S, c);)

    OP(SLTU) {
        READ_A READ_B
        const uint64_t c = a < b;
        TAKE_D
        if (NEAR(a, b)) {
            RECORD(NEAR_SET, AFTER(NEAR_SET) FROM_A(NEAR_SET) FROM_B_NEAR(NEAR_SET) INTO(NEAR_SET)
                   fill_near(vm, cell, NEAR_SET_LT, NEAR_SET_M, NEAR_SET_KIND, a, b, 0);)
        } else {
            RECORD(SET_LTU, AFTER(SET_LTU) FROM_A(SET_LTU) FROM_B(SET_LTU) INTO(SET_LTU)
                   fill_order(vm, cell, SET_LTU_LT, SET_LTU_FAR, SET_LTU_M, a, b);)
        }
        GIVE_D(c)
        NEXT
    }
    OP(SLT) {
        READ_A READ_B
        const uint64_t c = (int64_t)a < (int64_t)b;
        TAKE_D
        if (NEAR(a, b)) {
            RECORD(NEAR_SET, AFTER(NEAR_SET) FROM_A(NEAR_SET) FROM_B_NEAR(NEAR_SET) INTO(NEAR_SET)
                   fill_near(vm, cell, NEAR_SET_LT, NEAR_SET_M, NEAR_SET_KIND, a, b, 1);)
        } else {
            RECORD(SET_LT, AFTER(SET_LT) FROM_A(SET_LT) FROM_B(SET_LT) INTO(SET_LT)
                   fill_order(vm, cell, SET_LT_LT, SET_LT_FAR, SET_LT_M, a ^ SIGN, b ^ SIGN);
                   fill_sign(vm, cell + SET_LT_UA, cell + SET_LT_SA, a >> 32);
                   fill_sign(vm, cell + SET_LT_UB, cell + SET_LT_SB, b >> 32);)
        }
        GIVE_D(c)
        NEXT
    }
    UNARY(SLTIU, SET_LTU_I, a < o->imm,
          HALVES(SET_LTU_I)
          fill_order(vm, cell, SET_LTU_I_LT, SET_LTU_I_FAR, SET_LTU_I_M, a, o->imm);)
    UNARY(SLTI, SET_LT_I, (int64_t)a < (int64_t)o->imm,
          HALVES(SET_LT_I)
          fill_order(vm, cell, SET_LT_I_LT, SET_LT_I_FAR, SET_LT_I_M, a ^ SIGN, o->imm ^ SIGN);
          fill_sign(vm, cell + SET_LT_I_UA, cell + SET_LT_I_SA, a >> 32);)

    BINARY(AND, AND, a & b, fill_bytes(vm, cell + AND_X, cell + AND_Y, cell + AND_Z, a, b, c);)
    BINARY(OR, OR, a | b, fill_bytes(vm, cell + OR_X, cell + OR_Y, cell + OR_Z, a, b, c);)
    BINARY(XOR, XOR, a ^ b, fill_bytes(vm, cell + XOR_X, cell + XOR_Y, cell + XOR_Z, a, b, c);)
    UNARY(ANDI, BITWISE_I, a & o->imm, fill_bitwise_i(vm, cell, o, a, c);)
    UNARY(ORI, BITWISE_I, a | o->imm, fill_bitwise_i(vm, cell, o, a, c);)
    UNARY(XORI, BITWISE_I, a ^ o->imm, fill_bitwise_i(vm, cell, o, a, c);)
    UNARY(ANDI_SMALL, AND_SMALL, a & o->imm, HALVES(AND_SMALL) fill_and_small(vm, cell, o, a);)

    UNARY(SLLI, SHIFT_I, a << (o->imm & 63), fill_shift_i(vm, cell, o, a, c, 0);)
    UNARY(SRLI, SHIFT_I, a >> (o->imm & 63), fill_shift_i(vm, cell, o, a, c, 1);)
    UNARY(SRAI, SRA_I, (uint64_t)((int64_t)a >> (o->imm & 63)), fill_sra_i(vm, cell, o, a, c);)
    BINARY(SLL, SHIFT_R, a << (b & 63), fill_shift_r(vm, cell, a, b, c, 0);)
    BINARY(SRL, SHIFT_R, a >> (b & 63), fill_shift_r(vm, cell, a, b, c, 1);)
    BINARY(SRA, SRA_R, (uint64_t)((int64_t)a >> (b & 63)), fill_sra_r(vm, cell, a, b, c);)
    UNARY(SLLI32, HALF_UP, a << 32, )
    UNARY(SRLI32, HALF_DOWN, a >> 32, )
    UNARY(ZEXT, ZEXT_W, (uint32_t)a, )
    UNARY(SLLIW, SHIFT_W_I, vm_extend(a << (o->imm & 31)), fill_shift_w_i(vm, cell, o, a);)
    UNARY(SRLIW, SRL_W_I, vm_extend((uint32_t)a >> (o->imm & 31)), fill_srl_w_i(vm, cell, o, a);)
    UNARY(SRAIW, SRA_W_I, (uint64_t)((int64_t)(int32_t)a >> (o->imm & 31)),
          fill_sra_w_i(vm, cell, o, a, c);)

    BINARY(MUL, MUL, a * b, fill_mul(vm, cell, a, b);)
    BINARY(MULHU, MULHU, (uint64_t)((u128)a * b >> 64), fill_mulhu(vm, cell, a, b, c);)
    BINARY(MULW, MUL_W, vm_extend(a * b), fill_mul_w(vm, cell, a, b, c);)
    BINARY(DIVU, DIVU, b ? a / b : ~0ull, fill_divu(vm, cell, b, c, b ? a % b : a);)
    BINARY(REMU, REMU, b ? a % b : a, fill_remu(vm, cell, b, b ? a / b : ~0ull, c);)
    BINARY(DIVUW, DIVU_W, vm_divuw(a, b), fill_divu_w(vm, cell, a, b);)
    BINARY(REMUW, REMU_W, vm_remuw(a, b), fill_remu_w(vm, cell, a, b);)
    BINARY(DIVW, DIV_W, vm_divw(a, b), fill_div_w(vm, cell, a, b, c);)
    BINARY(REMW, REM_W, vm_remw(a, b), fill_rem_w(vm, cell, a, b, c);)

    BINARY(SELN, SELECT_NEGATIVE, (int64_t)a < 0 ? b : 0, fill_select(vm, cell, a, c, 0);)
    BINARY(SELP, SELECT_NEGATIVE, (int64_t)a < 0 ? 0 : b, fill_select(vm, cell, a, c, 1);)
    BINARY(CNEG, NEGATE_IF, (int64_t)b < 0 ? 0 - a : a, fill_negate(vm, cell, b, c);)
