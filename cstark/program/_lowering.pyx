"""From the nodes of a table to operations: each on demand, and once.

What no constraint needs is never computed, what several need is computed once. Expressions without
columns are scalars (`cstark.program.scalars`), which are known only when a proof is made.
"""

from libc.stdint cimport int8_t, int32_t
from libc.stdlib cimport calloc, free
from cstark.program._operations cimport Ints, Operations, push, release

cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    """
    const char *CSTARK_SOURCE_DIGEST

cdef extern from "block_program.h":
    enum:
        MAX_TERMS
        OP_SET, OP_ADD, OP_ADD_CANONICAL, OP_SUB, OP_SUB_CANONICAL, OP_MUL, OP_SQUARE
        OP_ADD_CONSTANT, OP_SUBTRACT_FROM, OP_MUL_CONSTANT, OP_LINEAR

cdef enum:
    SCALAR
    COLUMN
    ADD
    SUB
    MUL

cdef enum:  # what is known of a node as a sum
    UNKNOWN
    PLAIN
    SUM

cdef enum:  # of a scalar
    SIGN = 1
    OTHER

KINDS = {"column": COLUMN, "add": ADD, "sub": SUB, "mul": MUL}


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()


cdef struct NodeLine:
    int8_t kind
    int8_t sum_state
    int32_t a, b         # operands, or for a column its source's number and index
    int32_t scalar       # number of the scalar that it is, or -1
    int32_t value        # once emitted; else -1
    int32_t shift        # of a column of the next row: 1
    int32_t uses         # how often it is read, by other nodes and from outside
    int32_t slots        # that it takes when its operands are computed in the better order
    int32_t terms        # of a sum, where its terms start: (scale, node) each
    int32_t term_count
    int32_t offset       # of a sum, a scalar


cdef class NodeLowering:
    """Emits nodes of one table into a builder.

    Parameters
    ----------
    nodes : sequence of tuple
        As in `cstark.air.nodes`.
    roots : sequence of int
        Nodes that are read from outside, one entry for each time.
    builder : cstark.program.builder.Builder
    sources : dict
        Number of each source of columns.
    """

    cdef NodeLine *lines
    cdef Py_ssize_t count
    cdef Operations operations
    cdef object builder, scalars
    cdef int32_t one, zero
    cdef Ints terms, pending, scales, inner
    cdef Ints scalar_kinds, negatives, constants, weights  # of each scalar; -1 where not known yet

    def __cinit__(self, nodes, roots, builder, sources):
        cdef Py_ssize_t i
        cdef NodeLine *line
        cdef int32_t a, b, needs_a, needs_b
        self.count = len(nodes)
        self.builder, self.scalars, self.operations = builder, builder.scalars, builder.operations
        self.one, self.zero = self.scalars.one, self.scalars.zero
        self.lines = <NodeLine *>calloc(self.count + 1, sizeof(NodeLine))
        if self.lines == NULL:
            raise MemoryError
        for i in range(self.count):
            node = nodes[i]
            kind = node[0]
            line = &self.lines[i]
            line.scalar = line.value = -1
            line.slots = 1
            if kind == "column":
                line.kind, line.a, line.b, line.shift = COLUMN, sources[node[1]], node[2], node[3]
                continue
            if kind == "constant" or kind == "public":
                line.kind, line.scalar = SCALAR, self.scalars.node(kind, node[1])
                continue
            line.kind = KINDS[kind]
            a, b = node[1], node[2]
            line.a, line.b = a, b
            if not (0 <= a < i and 0 <= b < i):
                raise ValueError(f"node {i} reads nodes {a} and {b}, which do not come before it")
            self.lines[a].uses += 1
            self.lines[b].uses += 1
            needs_a, needs_b = self.lines[a].slots, self.lines[b].slots
            line.slots = needs_a + 1 if needs_a == needs_b else max(needs_a, needs_b)
            if self.lines[a].scalar >= 0 and self.lines[b].scalar >= 0:
                line.scalar = self.scalars.node(kind, self.lines[a].scalar, self.lines[b].scalar)
        for root in roots:
            self.lines[self.checked(root)].uses += 1

    def __dealloc__(self):
        free(self.lines)
        release(&self.terms)
        release(&self.pending)
        release(&self.scales)
        release(&self.inner)
        release(&self.scalar_kinds)
        release(&self.negatives)
        release(&self.constants)
        release(&self.weights)

    cdef int32_t checked(self, Py_ssize_t node) except -1:
        if not 0 <= node < self.count:
            raise IndexError(f"there is no node {node}")
        return <int32_t>node

    # ---- for callers in Python ----

    def scalar(self, Py_ssize_t node):
        """Number of the scalar that a node is, or None when it has columns."""
        cdef int32_t found = self.lines[self.checked(node)].scalar
        return None if found < 0 else found

    def value(self, Py_ssize_t node):
        """The value of a node and the row after (0 or 1) to read it at.

        Emits the node, and what it needs, when it is new.
        """
        cdef int32_t found = self.checked(node)
        if self.lines[found].scalar >= 0:
            push(&self.operations.numbers, self.constant(self.lines[found].scalar))
            return self.operations.add(OP_SET, 1, True, 0, 1), 0
        self.compute(found)
        return self.lines[found].value, self.lines[found].shift

    def affine(self, Py_ssize_t node):
        """A node as scale times another plus offset: (scale, that node or None, offset).

        Scale and offset are scalars. Nothing is emitted.
        """
        cdef int32_t at = self.checked(node)
        cdef int32_t scale = self.one, offset = self.zero
        cdef NodeLine *line
        cdef int32_t a, b
        while self.lines[at].scalar < 0:
            line = &self.lines[at]
            if line.kind == COLUMN:
                break
            a, b = self.lines[line.a].scalar, self.lines[line.b].scalar
            if line.kind == MUL and (a >= 0 or b >= 0):
                scale = self.product(scale, a if a >= 0 else b)
                at = line.b if a >= 0 else line.a
            elif line.kind != MUL and b >= 0:
                kind = "add" if line.kind == ADD else "sub"
                offset = self.scalars.node(kind, offset, self.product(scale, b))
                at = line.a
            elif line.kind != MUL and a >= 0:
                offset = self.sum(offset, self.product(scale, a))
                scale = scale if line.kind == ADD else self.negative(scale)
                at = line.b
            else:
                break
        if self.lines[at].scalar >= 0:
            offset = self.sum(offset, self.product(scale, self.lines[at].scalar))
            return self.one, None, offset
        return scale, at, offset

    # ---- scalars ----

    cdef int32_t product(self, int32_t a, int32_t b) except -1:
        if a == self.one:
            return b
        if b == self.one:
            return a
        return self.scalars.product(a, b)

    cdef int32_t sum(self, int32_t a, int32_t b) except -1:
        if a == self.zero:
            return b
        if b == self.zero:
            return a
        return self.scalars.sum(a, b)

    cdef int32_t negative(self, int32_t scalar) except -1:
        cdef int32_t *known = known_of(&self.negatives, scalar)
        if known[0] < 0:
            known[0] = self.scalars.negative(scalar)
        return known[0]

    cdef int32_t constant(self, int32_t scalar) except -1:
        """Index of a base-field constant."""
        cdef int32_t *known = known_of(&self.constants, scalar)
        if known[0] < 0:
            known[0] = self.builder.constant(scalar)
        return known[0]

    cdef int32_t weight(self, int32_t scalar) except -1:
        """Index of a base-field weight."""
        cdef int32_t *known = known_of(&self.weights, scalar)
        if known[0] < 0:
            known[0] = self.builder.base_weight(scalar)
        return known[0]

    cdef bint is_sign(self, int32_t scalar) except -1:
        """Whether a scalar is 1 or -1."""
        cdef int32_t *known = known_of(&self.scalar_kinds, scalar)
        if known[0] < 0:
            known[0] = SIGN if self.scalars.is_sign(scalar) else OTHER
        return known[0] == SIGN

    # ---- sums ----

    cdef bint is_sum(self, int32_t node) except -1:
        """Whether a node is best computed as one sum of scaled values."""
        cdef NodeLine *line = &self.lines[node]
        cdef Py_ssize_t start = self.terms.used, count, scaled = 0, i
        cdef int32_t a, b
        cdef bint worth
        if line.sum_state != UNKNOWN:
            return line.sum_state == SUM
        a, b = self.lines[line.a].scalar, self.lines[line.b].scalar
        if line.kind == MUL and a < 0 and b < 0:
            line.sum_state = PLAIN
            return False
        line.offset = self.flatten(node)
        count = (self.terms.used - start) // 2
        for i in range(count):
            scaled += not self.is_sign(self.terms.data[start + 2 * i])
        # In vector operations: a term of a sum takes 12 and the sum 30; a product 27 and an
        # addition about 8.
        worth = 12 * count + 30 < 35 * scaled + 8 * (count - scaled) and count <= MAX_TERMS
        if not worth:
            # Parts of a sum that does not pay do not pay either.
            self.terms.used = start
            for i in range(self.inner.used):
                self.lines[self.inner.data[i]].sum_state = PLAIN
        line.sum_state = SUM if worth else PLAIN
        line.terms, line.term_count = <int32_t>start, <int32_t>count
        return worth

    cdef int32_t flatten(self, int32_t node) except -1:
        """Push the terms of a node as a sum, and return its offset.

        Sums and products with scalars are followed down to values that are needed anyway; the
        nodes passed on the way are left in `inner`.
        """
        cdef int32_t offset = self.zero, scale, top, a, b
        cdef NodeLine *line
        self.inner.used = 0
        self.scales.used = 0
        push(&self.scales, self.one)
        push(&self.scales, node)
        while self.scales.used:
            self.scales.used -= 2
            scale, top = self.scales.data[self.scales.used], self.scales.data[self.scales.used + 1]
            line = &self.lines[top]
            if line.scalar >= 0:
                offset = self.sum(offset, self.product(scale, line.scalar))
                continue
            a, b = -1, -1
            if line.kind != COLUMN:
                a, b = self.lines[line.a].scalar, self.lines[line.b].scalar
            # A term of the sum: a column, a product of two values, or what others read as well,
            # which has to be computed in any case.
            if (
                line.kind == COLUMN or (top != node and (line.uses > 1 or line.value >= 0))
                or (line.kind == MUL and a < 0 and b < 0)
            ):
                push(&self.terms, scale)
                push(&self.terms, top)
                continue
            if line.kind == MUL:
                push(&self.scales, self.product(scale, a if a >= 0 else b))
                push(&self.scales, line.b if a >= 0 else line.a)
            else:
                # The left operand is pushed last and so comes first: terms in the order of the
                # expression, which makes the program the same in every run.
                push(&self.scales, scale if line.kind == ADD else self.negative(scale))
                push(&self.scales, line.b)
                push(&self.scales, scale)
                push(&self.scales, line.a)
            if top != node:
                push(&self.inner, top)
        return offset

    # ---- emitting ----

    cdef int compute(self, int32_t root) except -1:
        """Emit a node and what it needs."""
        cdef int32_t top, child
        cdef NodeLine *line
        cdef Py_ssize_t start, i, count
        self.pending.used = 0
        push(&self.pending, root)
        while self.pending.used:
            top = self.pending.data[self.pending.used - 1]
            line = &self.lines[top]
            if line.value >= 0:  # it was pending twice, for two readers
                self.pending.used -= 1
                continue
            start = self.pending.used
            if line.kind != COLUMN:
                if self.is_sum(top):
                    for i in range(line.term_count):
                        child = self.terms.data[line.terms + 2 * i + 1]
                        if self.lines[child].value < 0:
                            push(&self.pending, child)
                else:
                    for child in (line.a, line.b):
                        if self.lines[child].scalar < 0 and self.lines[child].value < 0:
                            push(&self.pending, child)
            count = self.pending.used - start
            if count:
                # The last of `pending` comes first: what needs most slots, before others hold any.
                self.sort(start)
                continue
            self.emit(top)
            self.pending.used -= 1
        return 0

    cdef void sort(self, Py_ssize_t start) noexcept:
        """Bring what is pending from `start` on into order: fewest slots first, stable."""
        cdef int32_t *items = self.pending.data
        cdef int32_t item
        cdef Py_ssize_t i, j
        for i in range(start + 1, self.pending.used):  # at most MAX_TERMS
            item = items[i]
            j = i
            while j > start and self.lines[items[j - 1]].slots > self.lines[item].slots:
                items[j] = items[j - 1]
                j -= 1
            items[j] = item

    cdef int emit(self, int32_t node) except -1:
        cdef NodeLine *line = &self.lines[node]
        cdef Operations operations = self.operations
        cdef int32_t *term
        cdef Py_ssize_t i
        cdef int code
        cdef NodeLine *left
        cdef NodeLine *right
        if line.kind == COLUMN:
            line.value = self.builder.column_value(line.a, line.b)
            return 0
        if line.sum_state == SUM:
            push(&operations.numbers, self.constant(line.offset))
            for i in range(line.term_count):
                term = &self.terms.data[line.terms + 2 * i]
                push(&operations.numbers, self.weight(term[0]))
                operations.add_input(self.lines[term[1]].value, self.lines[term[1]].shift)
            line.value = operations.add(
                OP_LINEAR, 1, False, line.term_count, line.term_count + 1
            )
            return 0
        left, right = &self.lines[line.a], &self.lines[line.b]
        if left.scalar >= 0 or right.scalar >= 0:
            return self.emit_constant(line, left, right)
        if line.kind == MUL:
            operations.add_input(left.value, left.shift)
            if line.a == line.b:
                line.value = operations.add(OP_SQUARE, 1, False, 1, 0)
                return 0
            operations.add_input(right.value, right.shift)
            line.value = operations.add(OP_MUL, 1, False, 2, 0)
            return 0
        # The cheap addition wants its second operand canonical, as columns are.
        if line.kind == ADD and operations.values[left.value].canonical:
            left, right = right, left
        code = OP_ADD if line.kind == ADD else OP_SUB
        if operations.values[right.value].canonical:
            code = OP_ADD_CANONICAL if line.kind == ADD else OP_SUB_CANONICAL
        operations.add_input(left.value, left.shift)
        operations.add_input(right.value, right.shift)
        line.value = operations.add(code, 1, False, 2, 0)
        return 0

    cdef int emit_constant(self, NodeLine *line, NodeLine *left, NodeLine *right) except -1:
        cdef Operations operations = self.operations
        cdef NodeLine *other = right if left.scalar >= 0 else left
        cdef int code = OP_MUL_CONSTANT
        cdef int32_t scalar = left.scalar if left.scalar >= 0 else right.scalar
        if line.kind == ADD:
            code = OP_ADD_CONSTANT
        elif line.kind == SUB:
            code = OP_SUBTRACT_FROM if left.scalar >= 0 else OP_ADD_CONSTANT
            scalar = scalar if left.scalar >= 0 else self.negative(scalar)
        push(&operations.numbers, self.constant(scalar))
        operations.add_input(other.value, other.shift)
        line.value = operations.add(code, 1, False, 1, 1)
        return 0


cdef int32_t *known_of(Ints *known, int32_t scalar) except NULL:
    """Where a fact of a scalar is kept: -1 as long as nothing is."""
    while known.used <= scalar:
        push(known, -1)
    return known.data + scalar
