/* Batch inversion (Montgomery's trick) on any lanes; include it in a family, after the lanes.
 *
 *     ptrdiff_t invert_chunk(const uint64_t *x, uint64_t *out, ptrdiff_t n)
 *         out[i] = 1 / x[i].  Any n; any words in; any words out.  out may not overlap x.
 *     ptrdiff_t invert_chunk_canonical(...)
 *         the same with canonical words out
 *     ptrdiff_t invert_chunk_ext(const uint64_t *x, uint64_t *out, ptrdiff_t n)
 *         extension elements, coordinates side by side; any words in, canonical words out.  out may
 *         be x itself, not overlap otherwise.
 *     ptrdiff_t first_zero(const uint64_t *x, ptrdiff_t n)
 *         index of the first word that stands for zero (0 or p), or -1
 *
 * The inversions return the index of the first zero, or -1.  After a zero the contents of `out`
 * are unspecified.  The test costs nothing: a block has a zero exactly when its product is zero.
 */

/* Elements per inversion of a product. 1024 make the 72 products of that inversion cheap, while the
 * words, their prefix products and the caller's data stay in the first-level cache. */
#define INVERT_BLOCK 1024
/* Products are latency bound: four independent chains of vectors fill the multiplier. */
#define INVERT_STEP (4 * LANES)

static ptrdiff_t first_zero(const uint64_t *x, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++)
        if (x[i] == 0 || x[i] == GL_P) return i;
    return -1;
}

/* Inverses in place of n < LANES + INVERT_STEP words, canonical out; 1 if one of them is zero. */
static int invert_few(uint64_t *x, int n) {
    uint64_t prefix[LANES + INVERT_STEP], product = 1;
    for (int i = 0; i < n; i++) {
        prefix[i] = product;
        product = gl_mul_any(product, x[i]);
    }
    if (gl_canonical(product) == 0) return 1;
    product = gl_inverse(product);
    for (int i = n - 1; i >= 0; i--) {
        const uint64_t inverse = gl_mul(product, prefix[i]);
        product = gl_mul_any(product, x[i]);
        x[i] = inverse;
    }
    return 0;
}

/* Lane l of chain k runs over the elements i = k LANES + l mod INVERT_STEP. On the way forward out[i]
 * receives the product of the elements before i in its chain; the chains' totals are multiplied to one
 * vector, whose lanes and the last n mod INVERT_STEP elements are inverted together, in scalar registers;
 * on the way back out[i] becomes that prefix times the inverse of the product up to i. */
INLINE ptrdiff_t invert_block(const uint64_t *x, uint64_t *out, ptrdiff_t n, const int canonical) {
    const ptrdiff_t rest = n % INVERT_STEP, even = n - rest;
    const int lanes = even ? LANES : 0;
    uint64_t few[LANES + INVERT_STEP];
    vec c0 = v_set1(0), c1 = c0, c2 = c0, c3 = c0, c01 = c0, c23 = c0; /* `even` guards every use,
                                                                          but no compiler sees it */
    if (even) {
        c0 = v_load(x), c1 = v_load(x + LANES), c2 = v_load(x + 2 * LANES), c3 = v_load(x + 3 * LANES);
        /* Stored before x[i] is taken in: the prefix at i excludes i. The prefix of the first step
         * would be 1 and is not stored. */
        for (ptrdiff_t i = INVERT_STEP; i < even; i += INVERT_STEP) {
            v_store(out + i, c0), v_store(out + i + LANES, c1);
            v_store(out + i + 2 * LANES, c2), v_store(out + i + 3 * LANES, c3);
            c0 = v_mul(c0, v_load(x + i)), c1 = v_mul(c1, v_load(x + i + LANES));
            c2 = v_mul(c2, v_load(x + i + 2 * LANES)), c3 = v_mul(c3, v_load(x + i + 3 * LANES));
        }
        c01 = v_mul(c0, c1), c23 = v_mul(c2, c3);
        v_store(few, v_mul(c01, c23));
    }
    for (ptrdiff_t i = 0; i < rest; i++) few[lanes + i] = x[even + i];
    if (invert_few(few, lanes + (int)rest)) return first_zero(x, n);
    for (ptrdiff_t i = 0; i < rest; i++) out[even + i] = few[lanes + i];
    if (even) {
        const vec all = v_load(few), i01 = v_mul(all, c23), i23 = v_mul(all, c01);
        const vec i0 = v_mul(i01, c1), i1 = v_mul(i01, c0), i2 = v_mul(i23, c3), i3 = v_mul(i23, c2);
        c0 = i0, c1 = i1, c2 = i2, c3 = i3;
        /* Before step i, c is the inverse of its chain up to i: times the prefix it is 1 / x[i], times
         * x[i] the inverse of the chain up to the step before. What is left in the end is 1 / x[0]. */
        for (ptrdiff_t i = even - INVERT_STEP; i > 0; i -= INVERT_STEP) {
            vec r0 = v_mul(c0, v_load(out + i)), r1 = v_mul(c1, v_load(out + i + LANES));
            vec r2 = v_mul(c2, v_load(out + i + 2 * LANES)), r3 = v_mul(c3, v_load(out + i + 3 * LANES));
            if (canonical)
                r0 = v_canonical(r0), r1 = v_canonical(r1), r2 = v_canonical(r2), r3 = v_canonical(r3);
            v_store(out + i, r0), v_store(out + i + LANES, r1);
            v_store(out + i + 2 * LANES, r2), v_store(out + i + 3 * LANES, r3);
            c0 = v_mul(c0, v_load(x + i)), c1 = v_mul(c1, v_load(x + i + LANES));
            c2 = v_mul(c2, v_load(x + i + 2 * LANES)), c3 = v_mul(c3, v_load(x + i + 3 * LANES));
        }
        if (canonical)
            c0 = v_canonical(c0), c1 = v_canonical(c1), c2 = v_canonical(c2), c3 = v_canonical(c3);
        v_store(out, c0), v_store(out + LANES, c1);
        v_store(out + 2 * LANES, c2), v_store(out + 3 * LANES, c3);
    }
    return -1;
}

static ptrdiff_t invert_chunk(const uint64_t *x, uint64_t *out, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i += INVERT_BLOCK) {
        const ptrdiff_t zero = invert_block(x + i, out + i, n - i < INVERT_BLOCK ? n - i : INVERT_BLOCK, 0);
        if (zero >= 0) return i + zero;
    }
    return -1;
}

static ptrdiff_t invert_chunk_canonical(const uint64_t *x, uint64_t *out, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i += INVERT_BLOCK) {
        const ptrdiff_t zero = invert_block(x + i, out + i, n - i < INVERT_BLOCK ? n - i : INVERT_BLOCK, 1);
        if (zero >= 0) return i + zero;
    }
    return -1;
}

/* Elements of extension blocks: adjugates, norms and their inverses fill most of a first-level cache. */
#define INVERT_EXT_BLOCK 512

/* Through the norm: 1 / a = adjugate(a) / norm(a), one base field inversion instead of products of
 * extension elements. The norm is zero exactly when a is. */
static ptrdiff_t invert_chunk_ext(const uint64_t *x, uint64_t *out, ptrdiff_t n) {
    enum { PLANE = INVERT_EXT_BLOCK };
    uint64_t adjugates[3 * PLANE], norms[PLANE], inverses[PLANE];
    for (ptrdiff_t start = 0; start < n; start += PLANE, x += 3 * PLANE, out += 3 * PLANE) {
        const ptrdiff_t count = n - start < PLANE ? n - start : PLANE;
        const ptrdiff_t whole = count - count % LANES;
        const int rest = (int)(count - whole);
        vec norm;
        for (ptrdiff_t i = 0; i < whole; i += LANES) {
            e_store(adjugates + i, PLANE, e_adjugate(e_load_rows(x + 3 * i), &norm));
            v_store(norms + i, norm);
        }
        if (rest) {
            e_store(adjugates + whole, PLANE, e_adjugate(e_load_rows_some(x + 3 * whole, rest), &norm));
            v_store(norms + whole, norm); /* the block is whole vectors */
        }
        const ptrdiff_t zero = invert_block(norms, inverses, count, 0);
        if (zero >= 0) return start + zero;
        for (ptrdiff_t i = 0; i < whole; i += LANES)
            e_store_rows(out + 3 * i, e_canonical(e_scale(e_load(adjugates + i, PLANE), v_load(inverses + i))));
        if (rest)
            e_store_rows_some(out + 3 * whole, rest,
                              e_canonical(e_scale(e_load(adjugates + whole, PLANE), v_load(inverses + whole))));
    }
    return -1;
}
