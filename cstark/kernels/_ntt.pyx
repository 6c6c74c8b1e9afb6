"""Number-theoretic transforms and low-degree extensions along the rows of a matrix.

The algorithm is told in ``families/ntt_plan.h`` (stages of one block) and ``families/ntt.h``
(passes over memory).
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from cstark.kernels._chunks cimport Job, chunk_function, run_jobs, run_long
from cstark.kernels._runtime cimport isa_index, team

from cstark.kernels import _runtime

include "digest.pxi"

cdef extern from *:
    """
    #include "ntt_types.h"
    ISA_TABLES(ntt);
    """

    ctypedef struct ntt_block_plan:
        int log_size

    ctypedef struct ntt_table:
        int lanes
        chunk_function whole_extension, outer_inverse, inner, outer_forward
        chunk_function factors, narrow_outer_inverse, narrow_inner, narrow_outer_forward
        chunk_function whole, outer, inner_last

    ctypedef struct gl_twiddle:
        pass

    ctypedef struct ntt_call:
        const ntt_block_plan *outer
        const ntt_block_plan *inner
        int log_size
        const uint64_t *src
        Py_ssize_t src_pitch, width
        uint64_t *out
        uint64_t *last
        Py_ssize_t out_pitch, out_limit, columns, outer_tile, inner_tile, groups, side
        int cosets, coset
        const uint64_t *shifts
        gl_twiddle *factors
        int program
        uint64_t root, root_inverse, scale
        Py_ssize_t given
        const uint64_t *masks
        const uint64_t *mask_factors
        Py_ssize_t mask_rows
        uint64_t *fold
        const uint64_t *fold_weights
        Py_ssize_t fold_rows
        uint64_t *temporary
        uint64_t *scratch
        Py_ssize_t scratch_words

    const ntt_table **isa_tables
    const int NTT_INVERSE_FREQUENCY
    const int NTT_FORWARD_FREQUENCY
    const int NTT_MAX_LOG
    Py_ssize_t ntt_scratch_size(const ntt_call *) noexcept nogil
    int ntt_block_plan_make(ntt_block_plan *, int) noexcept nogil
    void ntt_block_plan_free(ntt_block_plan *) noexcept nogil
    Py_ssize_t ntt_cache_words() noexcept nogil
    uint64_t gl_root(int) noexcept nogil
    uint64_t gl_inverse(uint64_t) noexcept nogil
    uint64_t gl_mul(uint64_t, uint64_t) noexcept nogil
    uint64_t gl_sub(uint64_t, uint64_t) noexcept nogil

cdef enum:
    WHOLE_LOG = 13              # above 2^13 rows every transform is split into outer and inner
    SPLIT_LOG = 10              # below 2^10 rows none is; between, those with too many columns
    NARROW_LOG = 6              # from 2^6 rows on those are whose rows are no whole vectors
    NARROW_WORDS = 64           # in a row of an outer block of theirs
    NARROW_SIDE = 16            # of an inner one, at least
    TILE = 8                    # columns: a cache line, the least a tile may have
    GROUP_COLUMNS = 64          # narrow matrices: columns of adjacent rows in an outer block
    TEMPORARY_COLUMNS = 32      # of a split transform at a time
    SERIAL_WORDS = 1 << 15      # below so many words in and out a call stays on one thread
    CHUNK_WORDS = 1 << 14       # words in a chunk that a thread takes

# Nanoseconds of one thread for a word in a pass; see `run_long`.
cdef double WORD_COST = 2.4


# A block's buffer may fill the second-level cache in a strided pass, half of it in the fused pass,
# which holds two. Smaller tiles would stay there more safely, but the shorter runs of words cost
# more: rows a power of two apart crowd into few sets of the caches whatever the tile.
cdef Py_ssize_t OUTER_WORDS = ntt_cache_words()
cdef Py_ssize_t INNER_WORDS = OUTER_WORDS // 2


cdef class _Block:
    """The constants of a transform of 2^log_size rows in one block; shared by all plans."""

    cdef ntt_block_plan plan
    cdef int log_size

    def __cinit__(self, int log_size):
        self.log_size = log_size
        if ntt_block_plan_make(&self.plan, log_size) != 0:
            raise MemoryError("cannot allocate the twiddles of a transform")

    def __dealloc__(self):
        ntt_block_plan_free(&self.plan)


cdef dict _blocks = {}


cdef _Block _block(int log_size):
    """Made at first use; a second thread that makes the same one at once does no harm."""
    found = _blocks.get(log_size)
    if found is None:
        found = _blocks.setdefault(log_size, _Block(log_size))
    return found


cdef class Plan:
    """Constants of transforms of 2^log_n rows. Immutable; may be shared by threads.

    Parameters
    ----------
    log_n : int
        From 0 to 26.
    """

    cdef readonly int log_n
    cdef _Block whole, outer, inner     # None where no transform of this size uses them
    cdef uint64_t root, root_inverse, size_inverse

    def __cinit__(self, int log_n):
        if not 0 <= log_n <= NTT_MAX_LOG:
            raise ValueError(f"log_n must be between 0 and {NTT_MAX_LOG}, not {log_n}")
        self.log_n = log_n
        if 0 < log_n <= WHOLE_LOG:
            self.whole = _block(log_n)
        if log_n >= NARROW_LOG:
            self.inner = _block(log_n // 2)
            self.outer = _block(log_n - log_n // 2)
        self.root = gl_root(log_n)
        self.root_inverse = gl_inverse(self.root)
        self.size_inverse = gl_inverse(<uint64_t>1 << log_n)

    @property
    def rows(self):
        """Number of rows, 2^log_n."""
        return 1 << self.log_n

    def __repr__(self):
        return f"Plan({self.log_n})"

    def __reduce__(self):
        return (Plan, (self.log_n,))


cdef Py_ssize_t _tile(Py_ssize_t columns, Py_ssize_t words, int log_rows) noexcept:
    """Columns of a tile: `words` hold it, whole cache lines, all tiles about equally wide."""
    cdef Py_ssize_t most = (words >> log_rows) // TILE * TILE
    if most < TILE:
        most = TILE
    cdef Py_ssize_t tiles = (columns + most - 1) // most
    cdef Py_ssize_t tile = (columns + tiles - 1) // tiles
    return (tile + TILE - 1) // TILE * TILE if tiles > 1 else columns


cdef const ntt_table *table_for(Plan plan, Py_ssize_t width, Py_ssize_t stride) noexcept:
    """The functions for rows of `width` words, `stride` apart.

    Rows without pads are taken by vectors whatever their width, and padded ones end at whole
    groups of four words: where eight lanes would leave half a vector there, four do all of it.
    """
    cdef int isa = isa_index()
    if stride != width or plan.log_n < NARROW_LOG:
        while isa_tables[isa].lanes > 4 and (width + 3) // 4 * 4 % isa_tables[isa].lanes:
            isa -= 1
    return isa_tables[isa]


include "ntt_run.pxi"


cdef Py_ssize_t _pitch(Py_ssize_t rows, Py_ssize_t width, Py_ssize_t row_stride,
                       Py_ssize_t column_stride) except? -1:
    """Words between two rows of `src`."""
    if width > 1 and column_stride != 8:
        raise ValueError("src: the columns of a row must be adjacent")
    if rows > 1 and row_stride % 8 != 0:
        raise ValueError("src: rows must begin at whole words")
    return row_stride // 8 if rows > 1 else width


cdef bint _overlap(const uint64_t *a, Py_ssize_t rows, Py_ssize_t pitch, Py_ssize_t width,
                   const uint64_t *b, Py_ssize_t words) noexcept:
    cdef const uint64_t *low = a if pitch >= 0 else a + (rows - 1) * pitch
    cdef const uint64_t *high = (a if pitch < 0 else a + (rows - 1) * pitch) + width
    return low < b + words and b < high


def transform(Plan plan not None, const uint64_t[:, :] src not None,
              uint64_t[:, ::1] out not None, bint inverse):
    """Transform the columns of `src`, natural order on both sides.

    Parameters
    ----------
    plan : Plan
    src : uint64 array (rows, width)
        Columns adjacent, rows any distance apart; any words.
    out : uint64 array (rows, stride >= width)
        Canonical values; columns from `width` on become zero. May be `src` itself.
    inverse : bool
        From values to coefficients (with the factor 1/rows), not from coefficients to values.

    Raises
    ------
    ValueError
        A shape does not fit, or `src` and `out` overlap without being the same memory.
    """
    cdef Py_ssize_t rows = <Py_ssize_t>1 << plan.log_n
    cdef Py_ssize_t width = src.shape[1]
    if src.shape[0] != rows or width < 1:
        raise ValueError(
            f"src must have {rows} rows and a column, its shape is {src.shape[0]} x {width}"
        )
    if out.shape[0] != rows or out.shape[1] < width:
        raise ValueError(
            f"out must be {rows} x at least {width}, its shape is {out.shape[0]} x {out.shape[1]}"
        )
    cdef Py_ssize_t pitch = _pitch(rows, width, src.strides[0], src.strides[1])
    cdef bint same = &src[0, 0] == &out[0, 0] and (pitch == out.shape[1] or rows == 1)
    if not same and _overlap(&src[0, 0], rows, pitch, width, &out[0, 0], rows * out.shape[1]):
        raise ValueError("out: overlaps src without being the same array")
    cdef Py_ssize_t i
    if plan.log_n == 0:
        for i in range(out.shape[1]):
            out[0, i] = src[0, i] % _P if i < width else 0
        return
    cdef _Run r = _Run(plan, width, 0, 2 * rows * width)
    cdef ntt_call *call = &r.call
    call.src_pitch = pitch
    call.out_pitch = out.shape[1]
    call.out_limit = out.shape[1]
    call.program = NTT_INVERSE_FREQUENCY if inverse else NTT_FORWARD_FREQUENCY
    if inverse:
        call.root = plan.root_inverse
    else:
        call.scale = 1
    cdef uint64_t[::1] temporary
    cdef Py_ssize_t columns = call.columns
    cdef Py_ssize_t first, last
    if call.inner == NULL:
        call.src = &src[0, 0]
        call.out = &out[0, 0]
        r.allocate()
        r.each(r.table.whole, r.tiles(), rows * call.outer_tile)
    else:
        # Groups of columns share one temporary array, which is then smaller than the matrix.
        call.columns = min(columns, <Py_ssize_t>TEMPORARY_COLUMNS)
        call.outer_tile = _tile(call.columns, OUTER_WORDS, plan.outer.log_size)
        call.inner_tile = _tile(call.columns, INNER_WORDS, plan.inner.log_size)
        r.group()
        r.allocate()
        temporary = _runtime.aligned(rows * call.columns)
        call.temporary = &temporary[0]
        first = 0
        while first < width:
            last = min(first + <Py_ssize_t>TEMPORARY_COLUMNS, columns)
            call.columns = last - first
            call.outer_tile = min(call.outer_tile, call.columns)
            call.inner_tile = min(call.inner_tile, call.columns)
            call.width = min(last, width) - first
            call.src = &src[0, first]
            call.out = &out[0, first]
            call.out_limit = out.shape[1] - first
            r.outer(r.table.outer)
            r.inner(r.table.inner_last, 1)
            first = last
    _clear(&out[0, 0], rows, out.shape[1], columns)


cdef enum:
    _P = 0xFFFFFFFF00000001


cdef void _clear(uint64_t *out, Py_ssize_t rows, Py_ssize_t pitch, Py_ssize_t first) noexcept:
    """Columns from `first` on, which no kernel has written, become zero."""
    cdef Py_ssize_t row
    if first < pitch:
        for row in range(rows):
            memset(out + row * pitch + first, 0, (pitch - first) * 8)


def lde_scratch_bytes(calls):
    """Bytes that `lde_many` allocates for itself while it runs, with the threads now set.

    Parameters
    ----------
    calls : sequence of (Plan, int, int, int)
        Of each extension the plan, width, stride and number of cosets.
    """
    cdef Plan plan
    cdef Py_ssize_t width, stride, cosets, words = 0, most = 0, factors = 0
    cdef _Run r
    for plan, width, stride, cosets in calls:
        if plan.log_n:
            r = _Run(plan, width, stride, ((1 + cosets) << plan.log_n) * width)
            r.extension(cosets, stride)
            r.words()
            words += r.weight
            most = max(most, r.call.scratch_words)
            factors += r.factor_words
    return 8 * (team(words, SERIAL_WORDS) * most + factors)


def transform_scratch_bytes(Plan plan not None, Py_ssize_t width):
    """Bytes that `transform` allocates for itself while it runs, with the threads now set."""
    if plan.log_n == 0:
        return 0
    cdef Py_ssize_t rows = <Py_ssize_t>1 << plan.log_n
    cdef _Run r = _Run(plan, width, 0, 2 * rows * width)
    if r.call.inner == NULL:
        return 8 * r.words()
    r.call.columns = min(r.call.columns, <Py_ssize_t>TEMPORARY_COLUMNS)
    r.call.outer_tile = _tile(r.call.columns, OUTER_WORDS, plan.outer.log_size)
    r.call.inner_tile = _tile(r.call.columns, INNER_WORDS, plan.inner.log_size)
    r.group()
    return 8 * (r.words() + rows * r.call.columns)


def lde_cost(Plan plan not None, Py_ssize_t width, Py_ssize_t stride, Py_ssize_t cosets):
    """Nanoseconds that `lde` should take on one thread."""
    if plan.log_n == 0:
        return 0.0
    cdef _Run r = _Run(plan, width, stride, 0)
    cdef double words = <double>((width if r.narrow else r.call.columns) << plan.log_n)
    if r.call.inner == NULL:
        return WORD_COST * (1 + cosets) * r.tiles() * <double>(r.call.outer_tile << plan.log_n)
    return WORD_COST * words * (2 + 2 * cosets)


def outer_rows(Plan plan not None):
    """The least number of rows that `lde` can fold to."""
    return 1 if plan.outer is None else 1 << plan.outer.log_size


cdef _Run _extension(
    Plan plan, const uint64_t[:, :] src, uint64_t[:, :, ::1] out, const uint64_t[::1] shifts,
    const uint64_t[:, ::1] masks, const uint64_t[::1] factors, uint64_t[:, :, ::1] fold,
    const uint64_t[:, ::1] weights, uint64_t[:, ::1] last, bint coefficients,
):
    """The call of an extension, see `lde`, checked, without scratch; None if it is done already."""
    cdef Py_ssize_t rows = <Py_ssize_t>1 << plan.log_n
    cdef Py_ssize_t width = src.shape[1]
    cdef Py_ssize_t cosets = shifts.shape[0]
    cdef bint fits = 0 < src.shape[0] <= rows if coefficients else src.shape[0] == rows
    if not fits or width < 1:
        raise ValueError(
            f"src must have {'at most ' * coefficients}{rows} rows and a column, its shape is "
            f"{src.shape[0]} x {width}"
        )
    if coefficients and (masks is not None or last is not None):
        raise ValueError("coefficients have no masks, and no coset takes their place")
    if cosets < 1:
        raise ValueError("shifts is empty")
    cdef Py_ssize_t held = cosets if last is None else cosets - 1
    if held < 1:
        raise ValueError("shifts has one coset, which is to be in out, not in last")
    if out.shape[0] != held or out.shape[1] != rows or out.shape[2] < width:
        raise ValueError(
            f"out must be {held} x {rows} x at least {width}, its shape is "
            f"{out.shape[0]} x {out.shape[1]} x {out.shape[2]}"
        )
    if last is not None and (last.shape[0] != rows or last.shape[1] != out.shape[2]):
        raise ValueError(
            f"last must be {rows} x {out.shape[2]} as out, its shape is "
            f"{last.shape[0]} x {last.shape[1]}"
        )
    cdef Py_ssize_t q, i
    for q in range(cosets):
        if not 0 < shifts[q] < _P:
            raise ValueError(f"shifts[{q}] is {shifts[q]}; it must be between 1 and p - 1")
    cdef Py_ssize_t stride = out.shape[2]
    cdef Py_ssize_t pitch = _pitch(src.shape[0], width, src.strides[0], src.strides[1])
    cdef Py_ssize_t words = rows * stride
    cdef uint64_t *target = &out[cosets - 1, 0, 0] if last is None else &last[0, 0]
    cdef bint same = &src[0, 0] == target and (pitch == stride or rows == 1)
    if (coefficients or not same) and (
        _overlap(&src[0, 0], src.shape[0], pitch, width, &out[0, 0, 0], held * words)
        or _overlap(&src[0, 0], src.shape[0], pitch, width, target, words)
    ):
        raise ValueError("out: overlaps src without being its last coset")
    if last is not None and _overlap(target, rows, stride, stride, &out[0, 0, 0], held * words):
        raise ValueError("last: overlaps out")
    if (masks is None) != (factors is None) or (fold is None) != (weights is None):
        raise ValueError("masks need factors, and a fold needs weights")
    if masks is not None and (
        not 0 < masks.shape[0] <= rows or masks.shape[1] != width or factors.shape[0] != cosets
    ):
        raise ValueError("masks, factors: a shape does not fit")
    if fold is not None and (
        fold.shape[0] != 2 or fold.shape[1] & (fold.shape[1] - 1) or fold.shape[2] != width
        or not outer_rows(plan) <= fold.shape[1] <= rows
        or weights.shape[0] != 2 or weights.shape[1] != rows // fold.shape[1]
    ):
        raise ValueError("fold, weights: a shape does not fit")
    if plan.log_n == 0:
        if masks is not None or fold is not None:
            raise ValueError("a single row has neither masks nor folds")
        for q in range(cosets):
            for i in range(stride):
                (target if q == cosets - 1 else &out[q, 0, 0])[i] = (
                    src[0, i] % _P if i < width else 0
                )
        return None
    cdef _Run r = _Run(plan, width, stride, (1 + cosets) * rows * width)
    cdef ntt_call *call = &r.call
    cdef uint64_t[::1] increments = None, scaled = None
    cdef uint64_t before = 0
    if masks is not None:
        increments = _runtime.aligned(cosets)
        for q in range(cosets):
            increments[q] = gl_mul(gl_sub(factors[q], before), <uint64_t>rows)
            before = factors[q]
        call.masks = &masks[0, 0]
        call.mask_factors = &increments[0]
        call.mask_rows = masks.shape[0]
    if fold is not None:
        scaled = _runtime.aligned(2 * weights.shape[1])
        for i in range(2 * weights.shape[1]):
            scaled[i] = (&weights[0, 0])[i]
            if not coefficients:
                scaled[i] = gl_mul(scaled[i], plan.size_inverse)
        call.fold = &fold[0, 0, 0]
        call.fold_weights = &scaled[0]
        call.fold_rows = fold.shape[1]
        memset(call.fold, 0, 16 * fold.shape[1] * width)
    if coefficients:
        call.given, call.scale = src.shape[0], 1
    call.src = &src[0, 0]
    call.src_pitch = pitch
    call.out = &out[0, 0, 0]
    call.last = target
    call.out_pitch = stride
    call.out_limit = stride
    call.cosets = <int>cosets
    call.shifts = &shifts[0]
    r.extension(cosets, stride)
    r.words()  # settles how much scratch a thread needs
    r.keep = (src, out, last, shifts, masks, fold, increments, scaled)
    return r


def lde(Plan plan not None, const uint64_t[:, :] src not None, uint64_t[:, :, ::1] out not None,
        const uint64_t[::1] shifts not None, const uint64_t[:, ::1] masks=None,
        const uint64_t[::1] factors=None, uint64_t[:, :, ::1] fold=None,
        const uint64_t[:, ::1] weights=None, uint64_t[:, ::1] last=None,
        bint coefficients=False):
    """Low-degree extension: values on a subgroup to values on cosets of it.

    With masks r, the values on coset q are those of f + factors[q] r. A fold is taken of f alone:
    the sum of weights[k, u] f_(i + m u) over u is coefficient i of fold k, for i below m.

    Parameters
    ----------
    plan : Plan
        For 2^log_n rows; g is the root of unity of that order.
    src : uint64 array (rows, width)
        ``src[i]`` is f(g^i) for the polynomials f, one for each column. Columns adjacent, rows any
        distance apart, any words. Only read, unless the last coset takes its place.
    out : uint64 array (cosets, rows, stride >= width)
        ``out[q, i]`` becomes f(shifts[q] g^i), canonical; columns from `width` on become zero. Its
        last coset may be `src`.
    shifts : uint64 array (cosets,)
        Not zero, canonical.
    masks : uint64 array (h, width), optional
        Coefficients of r, canonical, constants first; h at most the rows.
    factors : uint64 array (cosets,), optional
        Canonical; with masks only.
    fold : uint64 array (2, m, width), optional
        Receives the folds; m a power of two from `outer_rows` to the rows.
    weights : uint64 array (2, rows / m), optional
        Canonical; with a fold only.
    last : uint64 array (rows, stride), optional
        Receives the last coset, which `out` then lacks; there are others. May be `src`.
    coefficients : bool
        ``src[k]`` is coefficient k of the polynomials f, of which there are at most as many as
        rows; there are neither masks nor `last`, and `out` does not overlap `src`.

    Raises
    ------
    ValueError
        A shape does not fit, a shift is 0 or not below p, or arrays overlap that must not.
    """
    _extend(
        [_extension(plan, src, out, shifts, masks, factors, fold, weights, last, coefficients)]
    )


def lde_many(calls):
    """Several extensions, which share parallel regions.

    Parameters
    ----------
    calls : sequence of tuple
        All ten arguments of `lde`, of each. None may read or write what another one writes.
    """
    cdef list runs = []
    for plan, src, out, shifts, masks, factors, fold, weights, last, coefficients in calls:
        if plan is None or src is None or out is None or shifts is None:
            raise TypeError("an extension lacks plan, src, out or shifts")
        runs.append(
            _extension(plan, src, out, shifts, masks, factors, fold, weights, last, coefficients)
        )
    _extend(runs)
