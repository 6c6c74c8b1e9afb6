/* LANES rows of four words into four columns and back, one lane. */

INLINE void columns_from_rows(const uint64_t *row, ptrdiff_t stride, uint64_t *out, ptrdiff_t plane) {
    (void)stride;
    for (int k = 0; k < 4; k++) out[k * plane] = row[k];
}
INLINE void rows_from_columns(const vec column[4], uint64_t *out, ptrdiff_t stride) {
    (void)stride;
    for (int k = 0; k < 4; k++) out[k] = column[k];
}
