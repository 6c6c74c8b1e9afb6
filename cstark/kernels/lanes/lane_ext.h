/* LANES elements of F = F_p[w] / (w^3 - 2), coordinate by coordinate, on any lanes.
 * Vocabulary in lane_names.h; formulas beside ext_mul and ext_adjugate in goldilocks.h. */

typedef struct {
    vec c[3];
} vec3;
typedef struct {
    digits c[3];
} digits3;

/* planar: coordinate k starts at p + k * plane */
INLINE vec3 e_load(const uint64_t *p, ptrdiff_t plane) {
    vec3 r = {{v_load(p), v_load(p + plane), v_load(p + 2 * plane)}};
    return r;
}
INLINE void e_store(uint64_t *p, ptrdiff_t plane, vec3 a) {
    v_store(p, a.c[0]), v_store(p + plane, a.c[1]), v_store(p + 2 * plane, a.c[2]);
}
/* interleaved: coordinates of an element side by side, as in (n, 3) arrays */
INLINE vec3 e_load_rows(const uint64_t *p) {
    vec3 r;
    v_load_3(p, r.c);
    return r;
}
INLINE void e_store_rows(uint64_t *p, vec3 a) { v_store_3(p, a.c); }
INLINE vec3 e_load_rows_some(const uint64_t *p, int count) {
    uint64_t padded[3 * LANES] = {0};
    memcpy(padded, p, 3 * sizeof(uint64_t) * (size_t)count);
    return e_load_rows(padded);
}
INLINE void e_store_rows_some(uint64_t *p, int count, vec3 a) {
    uint64_t padded[3 * LANES];
    e_store_rows(padded, a);
    memcpy(p, padded, 3 * sizeof(uint64_t) * (size_t)count);
}
INLINE vec3 e_load_some(const uint64_t *p, ptrdiff_t plane, int count) {
    vec3 r = {{v_load_some(p, count), v_load_some(p + plane, count), v_load_some(p + 2 * plane, count)}};
    return r;
}
INLINE void e_store_some(uint64_t *p, ptrdiff_t plane, int count, vec3 a) {
    for (int k = 0; k < 3; k++) v_store_some(p + k * plane, count, a.c[k]);
}
INLINE vec3 e_set1(ext a) {
    vec3 r = {{v_set1(a.c[0]), v_set1(a.c[1]), v_set1(a.c[2])}};
    return r;
}
INLINE vec3 e_add(vec3 a, vec3 b) {
    vec3 r = {{v_add(a.c[0], b.c[0]), v_add(a.c[1], b.c[1]), v_add(a.c[2], b.c[2])}};
    return r;
}
INLINE vec3 e_sub(vec3 a, vec3 b) {
    vec3 r = {{v_sub(a.c[0], b.c[0]), v_sub(a.c[1], b.c[1]), v_sub(a.c[2], b.c[2])}};
    return r;
}
INLINE vec3 e_scale(vec3 a, vec b) {
    vec3 r = {{v_mul(a.c[0], b), v_mul(a.c[1], b), v_mul(a.c[2], b)}};
    return r;
}
INLINE vec3 e_canonical(vec3 a) {
    vec3 r = {{v_canonical(a.c[0]), v_canonical(a.c[1]), v_canonical(a.c[2])}};
    return r;
}
/* Nine products in three sums. */
INLINE void e_products(vec3 a, vec3 b, products s[3]) {
    s[0] = s[1] = s[2] = products_zero();
    products_add(&s[0], a.c[1], b.c[2]);
    products_add(&s[0], a.c[2], b.c[1]);
    products_twice(&s[0]);
    products_add(&s[0], a.c[0], b.c[0]);
    products_add(&s[1], a.c[2], b.c[2]);
    products_twice(&s[1]);
    products_add(&s[1], a.c[0], b.c[1]);
    products_add(&s[1], a.c[1], b.c[0]);
    products_add(&s[2], a.c[0], b.c[2]);
    products_add(&s[2], a.c[1], b.c[1]);
    products_add(&s[2], a.c[2], b.c[0]);
}
INLINE digits3 e_product(vec3 a, vec3 b) {
    products s[3];
    e_products(a, b, s);
    digits3 r = {{products_wide(&s[0]), products_wide(&s[1]), products_wide(&s[2])}};
    return r;
}
INLINE vec3 e_value(digits3 a) {
    vec3 r = {{w_value(a.c[0]), w_value(a.c[1]), w_value(a.c[2])}};
    return r;
}
INLINE vec3 e_digits_value(digits3 a) {
    vec3 r = {{d_value(a.c[0]), d_value(a.c[1]), d_value(a.c[2])}};
    return r;
}
INLINE digits3 e_split(vec3 a) {
    digits3 r = {{w_split(a.c[0]), w_split(a.c[1]), w_split(a.c[2])}};
    return r;
}
INLINE digits3 e_digits_add(digits3 a, digits3 b) {
    digits3 r = {{d_add(a.c[0], b.c[0]), d_add(a.c[1], b.c[1]), d_add(a.c[2], b.c[2])}};
    return r;
}
INLINE vec3 e_mul(vec3 a, vec3 b) { return e_value(e_product(a, b)); }
/* a b + c, with c unreduced: the sum is reduced once. */
INLINE vec3 e_mul_add(vec3 a, vec3 b, digits3 c) { return e_value(e_digits_add(e_product(a, b), c)); }
INLINE vec3 e_mul_add_digits(vec3 a, vec3 b, digits3 c) {
    products s[3];
    e_products(a, b, s);
    const digits3 product = {{products_digits(&s[0]), products_digits(&s[1]), products_digits(&s[2])}};
    return e_digits_value(e_digits_add(product, c));
}
/* (a0^2 + 4 a1 a2, 2 a0 a1 + 2 a2^2, 2 a0 a2 + a1^2): six products, summed before they are reduced. */
INLINE vec3 e_square(vec3 a) {
    const digits a00 = w_mul_vec(a.c[0], a.c[0]), a12 = w_mul_vec(a.c[1], a.c[2]);
    const digits a01 = w_mul_vec(a.c[0], a.c[1]), a22 = w_mul_vec(a.c[2], a.c[2]);
    const digits a02 = w_mul_vec(a.c[0], a.c[2]), a11 = w_mul_vec(a.c[1], a.c[1]);
    vec3 r = {{w_value(d_add(a00, w_twice(w_twice(a12)))), w_value(w_twice(d_add(a01, a22))),
               w_value(d_add(w_twice(a02), a11))}};
    return r;
}
/* a * adjugate = norm, in the base field. */
INLINE vec3 e_adjugate(vec3 a, vec *norm) {
    const digits a00 = w_mul_vec(a.c[0], a.c[0]), a12 = w_mul_vec(a.c[1], a.c[2]);
    const digits a22 = w_mul_vec(a.c[2], a.c[2]), a01 = w_mul_vec(a.c[0], a.c[1]);
    const digits a11 = w_mul_vec(a.c[1], a.c[1]), a02 = w_mul_vec(a.c[0], a.c[2]);
    vec3 r = {{w_value(d_sub(a00, w_twice(a12))), w_value(d_sub(w_twice(a22), a01)), w_value(d_sub(a11, a02))}};
    const digits twice = d_add(w_mul_vec(a.c[1], r.c[2]), w_mul_vec(a.c[2], r.c[1]));
    *norm = w_value(d_add(w_mul_vec(a.c[0], r.c[0]), w_twice(twice)));
    return r;
}
