"""Constants of a program, from public values and challenges.

The recipes are listed in `cstark.program.encode`; scalars are described in
`cstark.program.scalars`.
"""

import numpy as np

from libc.stdint cimport uint64_t

cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    """
    const char *CSTARK_SOURCE_DIGEST

cdef extern from "goldilocks.h":
    ctypedef struct ext:
        uint64_t c[3]
    uint64_t GL_P
    uint64_t gl_add(uint64_t a, uint64_t b) noexcept nogil
    uint64_t gl_sub(uint64_t a, uint64_t b) noexcept nogil
    uint64_t gl_mul(uint64_t a, uint64_t b) noexcept nogil
    uint64_t gl_inverse(uint64_t a) noexcept nogil
    ext ext_add(ext a, ext b) noexcept nogil
    ext ext_sub(ext a, ext b) noexcept nogil
    ext ext_scale(ext a, uint64_t b) noexcept nogil
    ext ext_mul(ext a, ext b) noexcept nogil


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()


def scalar_values(list nodes not None, publics):
    """Value of every scalar.

    Parameters
    ----------
    nodes : list of ScalarNode
    publics : sequence of int
        Below p.

    Returns
    -------
    uint64 array (n,)
    """
    cdef Py_ssize_t count = len(nodes), i, a, b
    found = np.empty(count + 1, dtype=np.uint64)  # one more, so that there is a first
    cdef uint64_t[::1] out = found
    for i in range(count):
        kind, first, second = nodes[i]
        if kind == "constant":
            out[i] = first
        elif kind == "public":
            out[i] = publics[first]
        else:
            a, b = first, second
            if not (0 <= a < i and 0 <= b < i):
                raise ValueError(f"scalar {i} is made of {a} and {b}, which are not before it")
            if kind == "add":
                out[i] = gl_add(out[a], out[b])
            elif kind == "sub":
                out[i] = gl_sub(out[a], out[b])
            else:
                out[i] = gl_mul(out[a], out[b])
    return found[:count]


cdef ext read(value) except *:
    """Three Python integers below p."""
    cdef ext result
    result.c[0], result.c[1], result.c[2] = value
    return result


cdef ext *elements_of(uint64_t[:, ::1] words) noexcept:
    return <ext *>&words[0, 0]


cdef object powers(ext base, Py_ssize_t count, ext first):
    """first base^k for k < count, which is at least 1: (count, 3)."""
    found = np.empty((count, 3), dtype=np.uint64)
    cdef ext *out = elements_of(found)
    cdef Py_ssize_t k
    out[0] = first
    for k in range(1, count):
        out[k] = ext_mul(out[k - 1], base)
    return found


cdef ext times_w(ext value, Py_ssize_t power) noexcept:
    """value w^power; the cube of w is 2."""
    cdef uint64_t top
    cdef Py_ssize_t _k
    for _k in range(power):
        top = value.c[2]
        value.c[2], value.c[1], value.c[0] = value.c[1], value.c[0], gl_add(top, top)
    return value


cdef class _Binder:
    """What the recipes refer to, and bounds for the numbers in them."""

    cdef ext *alphas
    cdef ext *betas
    cdef ext *weighted      # W beta^j
    cdef const uint64_t[::1] scalars
    cdef uint64_t[4] factors
    cdef Py_ssize_t alpha_count, beta_count
    cdef ext z, mean
    cdef object bus_numbers, keep

    def __cinit__(self, constants, weights, const uint64_t[::1] scalars, challenges):
        cdef ext one
        cdef Py_ssize_t alpha = 0, beta = 0, k, power
        for recipe in constants:
            kind = recipe[0]
            if kind == "ratio":
                beta = max(beta, <Py_ssize_t>recipe[1])
            elif kind == "fingerprint":
                for power, _ in recipe[2]:
                    alpha = max(alpha, power)
            elif kind == "offset":
                for power, _ in recipe[2]:
                    beta = max(beta, power)
        for recipe in weights:
            if recipe[0] == "alpha":
                alpha = max(alpha, <Py_ssize_t>recipe[1])
            elif recipe[0] == "beta":
                beta = max(beta, <Py_ssize_t>recipe[1])
        one.c[0], one.c[1], one.c[2] = 1, 0, 0
        self.alpha_count, self.beta_count = alpha + 1, beta + 1
        a = powers(read(challenges.alpha), self.alpha_count, one)
        b = powers(read(challenges.beta), self.beta_count, one)
        w = powers(read(challenges.beta), self.beta_count, read(challenges.weight))
        self.keep = (a, b, w)
        self.alphas, self.betas, self.weighted = elements_of(a), elements_of(b), elements_of(w)
        self.scalars = scalars
        self.z, self.mean = read(challenges.z), read(challenges.mean)
        self.bus_numbers = challenges.bus_numbers
        for k in range(4):
            self.factors[k] = challenges.factors[k]

    cdef uint64_t scalar(self, Py_ssize_t number) except? 0:
        if not 0 <= number < self.scalars.shape[0]:
            raise ValueError(f"there is no scalar {number}")
        return self.scalars[number]

    cdef uint64_t factor(self, Py_ssize_t number) except? 0:
        if not 0 <= number < 4:
            raise ValueError(f"there is no class {number} of constraints")
        return self.factors[number]

    cdef ext sum(self, terms, const ext *table) except *:
        """Sum of the products of an entry of a table of powers and a scalar."""
        cdef ext total
        cdef Py_ssize_t power, number
        total.c[0] = total.c[1] = total.c[2] = 0
        for power, number in terms:  # `__cinit__` has made the table long enough
            if power < 0:
                raise ValueError("powers must not be negative")
            total = ext_add(total, ext_scale(table[power], self.scalar(number)))
        return total

    cdef ext constant(self, recipe) except *:
        cdef ext value
        cdef Py_ssize_t power
        value.c[0] = value.c[1] = value.c[2] = 0
        kind = recipe[0]
        if kind == "fingerprint":
            value.c[0] = self.bus_numbers[recipe[1]] % GL_P
            value = ext_sub(ext_sub(self.z, value), self.sum(recipe[2], self.alphas))
        elif kind == "offset":
            value = ext_scale(self.sum(recipe[2], self.weighted), self.factor(recipe[1]))
        elif kind == "ratio":
            power = recipe[1]
            if power < 0:
                raise ValueError("powers must not be negative")
            value = ext_scale(
                self.betas[power],
                gl_mul(self.factor(recipe[2]), gl_inverse(self.factor(recipe[3]))),
            )
        elif kind == "mean":
            value = self.mean
        elif kind != "zero":
            raise ValueError(f"there is no recipe {kind!r}")
        return value

    cdef ext weight(self, recipe) except *:
        cdef ext value
        cdef Py_ssize_t power = recipe[1]
        value.c[0] = value.c[1] = value.c[2] = 0
        if power < 0:
            raise ValueError("powers must not be negative")
        if recipe[0] == "alpha":
            return ext_sub(value, ext_scale(self.alphas[power], self.scalar(recipe[2])))
        if recipe[0] == "unit":
            value.c[0] = self.scalar(recipe[2])
            return times_w(value, power)
        value = ext_scale(
            self.weighted[power], gl_mul(self.scalar(recipe[4]), self.factor(recipe[2]))
        )
        return times_w(value, recipe[3])


def elements(tuple constants not None, tuple weights not None,
             const uint64_t[::1] scalars not None, challenges not None):
    """Values of extension constants and of weights.

    Parameters
    ----------
    constants, weights : tuple of tuple
        Recipes.
    scalars : uint64 array (n,)
        As `scalar_values` returns them.
    challenges : Challenges

    Returns
    -------
    uint64 array (k, 3), uint64 array (m, 3)
    """
    cdef _Binder binder
    cdef Py_ssize_t k
    cdef ext *out
    found = np.empty((len(constants) + 1, 3), dtype=np.uint64)
    weighed = np.empty((len(weights) + 1, 3), dtype=np.uint64)
    if constants or weights:
        binder = _Binder(constants, weights, scalars, challenges)
        out = elements_of(found)
        for k in range(len(constants)):
            out[k] = binder.constant(constants[k])
        out = elements_of(weighed)
        for k in range(len(weights)):
            out[k] = binder.weight(weights[k])
    return found[: len(constants)], weighed[: len(weights)]
