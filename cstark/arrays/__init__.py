"""Arithmetic on NumPy arrays of field elements, usable on its own.

============ ==================================================================
`goldilocks` arrays over the base field
`ext3`       arrays over its cubic extension, coordinates along the last axis
`fft`        transforms and low-degree extensions
`polynomial` evaluate, interpolate, multiply, divide
`hashing`    BLAKE3, SHA-256 and Keccak-256 of bytes and of rows
`operands`   what all of them do around a kernel call: check, broadcast, allocate
============ ==================================================================

All but `operands` are public, as ``cs.goldilocks`` and so on. Scalars, as Python integers and
tuples of three, are in `cstark.field`.
"""
