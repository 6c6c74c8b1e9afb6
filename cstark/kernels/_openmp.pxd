# OpenMP when the compiler has it, the serial answers otherwise.
cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #if defined(__GNUC__) && defined(__ELF__)
    /* OpenMP 5.0; older runtimes lack it, so the symbol may be null. */
    #pragma weak omp_pause_resource_all
    static int cstark_openmp_can_pause(void) { return omp_pause_resource_all != 0; }
    #else
    static int cstark_openmp_can_pause(void) { return 1; }
    #endif
    static int cstark_openmp_pause(void) {
        return cstark_openmp_can_pause() ? omp_pause_resource_all(omp_pause_soft) : -1;
    }
    static int cstark_openmp_version(void) { return _OPENMP; }
    static int cstark_openmp_max_threads(void) { return omp_get_max_threads(); }
    #else
    static int cstark_openmp_can_pause(void) { return 0; }
    static int cstark_openmp_pause(void) { return -1; }
    static int cstark_openmp_version(void) { return 0; }
    static int cstark_openmp_max_threads(void) { return 1; }
    #endif
    """
    int cstark_openmp_can_pause() noexcept nogil
    int cstark_openmp_pause() noexcept nogil
    int cstark_openmp_version() noexcept nogil
    int cstark_openmp_max_threads() noexcept nogil
