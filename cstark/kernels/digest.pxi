# Included by every module: the digest of its sources, which setup.py compiles in.
cdef extern from *:
    """
    #ifndef CSTARK_SOURCE_DIGEST
    #define CSTARK_SOURCE_DIGEST ""
    #endif
    """
    const char *CSTARK_SOURCE_DIGEST


def source_digest():
    """Digest of the sources this module was compiled from."""
    return CSTARK_SOURCE_DIGEST.decode()
