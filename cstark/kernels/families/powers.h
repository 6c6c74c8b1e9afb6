/* Geometric sequences on any lanes; include it in a family, after the lanes.
 *
 *     void fill_powers(uint64_t *out, ptrdiff_t n, uint64_t first, uint64_t ratio)
 *         out[i] = first * ratio^i, any words.  Any n; first and ratio canonical.
 */

/* Four chains of vectors, as in inverse.h: each step multiplies by ratio^(4 LANES). */
static void fill_powers(uint64_t *out, ptrdiff_t n, uint64_t first, uint64_t ratio) {
    enum { STEP = 4 * LANES };
    uint64_t stride = 1; /* ratio^STEP in the end, where n reaches so far: else nobody asks for it */
    for (ptrdiff_t i = 0; i < n && i < STEP; i++) {
        out[i] = first;
        first = gl_mul(first, ratio);
        stride = gl_mul(stride, ratio);
    }
    if (n < 2 * STEP) { /* not one whole step follows: vectors would gain nothing */
        for (ptrdiff_t i = STEP; i < n; i++) out[i] = gl_mul(out[i - STEP], stride);
        return;
    }
    const vec step = v_set1(stride);
    vec c0 = v_load(out), c1 = v_load(out + LANES), c2 = v_load(out + 2 * LANES), c3 = v_load(out + 3 * LANES);
    ptrdiff_t i = STEP;
    for (; i + STEP <= n; i += STEP) {
        c0 = v_mul(c0, step), c1 = v_mul(c1, step), c2 = v_mul(c2, step), c3 = v_mul(c3, step);
        v_store(out + i, c0), v_store(out + i + LANES, c1);
        v_store(out + i + 2 * LANES, c2), v_store(out + i + 3 * LANES, c3);
    }
    for (; i < n; i++) out[i] = gl_mul_any(out[i - STEP], stride);
}
