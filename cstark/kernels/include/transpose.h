/* LANES rows of four words into columns and back, on any lanes; include it in a family, after the lanes.
 *
 *     columns_from_rows(row, stride, out, plane)   column k to out + k * plane
 *     rows_from_columns(column, out, stride)       four vectors, one a column, to rows
 */
#define transpose_4 FN(transpose_4)
#define columns_from_rows FN(columns_from_rows)
#define rows_from_columns FN(rows_from_columns)

#if LANES == 4
#include "../avx2/transpose.h"
#else
#include "../portable/transpose.h"
#endif
