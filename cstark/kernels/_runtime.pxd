cdef int team(Py_ssize_t work, Py_ssize_t cutoff) noexcept nogil
cdef int max_team() noexcept nogil
cdef int enter_region(int wanted) noexcept nogil
cdef void leave_region() noexcept nogil
cdef int isa_index() noexcept nogil      # into the `isa_tables` of every family
cdef bint sha_in_use() noexcept nogil
