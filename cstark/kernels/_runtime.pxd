cdef int current_isa                     # index into every family's table list: 0 portable, 1 avx2
cdef int team(Py_ssize_t work, Py_ssize_t cutoff) noexcept nogil
cdef int max_team() noexcept nogil
cdef int enter_region(int wanted) noexcept nogil
cdef void leave_region() noexcept nogil
cdef int isa_index() noexcept nogil
