"""The executor: runs the operations of a program, counts rows, or records them.

One interpreter (``interpreter.h``) is compiled four times: `FAST` only executes; `COUNT` also
keeps the times of all accesses and counts the rows of every table; `RECORD` writes the rows into
traces; `PROFILE` counts cells by call stack.  They are the same source and deterministic, so what
was counted is what is recorded.
"""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memset

import numpy as np

include "../../kernels/digest.pxi"

FAST, COUNT, RECORD, PROFILE = VM_FAST, VM_COUNT, VM_RECORD, VM_PROFILE
TABLES = VM_TABLES
LIMBS = 1 << 16
# Rows between two looks for signals: a hundredth of a second, or less.
cdef uint64_t SLICE = 1 << 18


def width(int table):
    """Columns of the rows that are recorded for a table, by its number."""
    return vm_width(table)


cdef class Hart:
    """One run of a program, as far as it has come.

    The wrapper `cstark.vm.executor.start` makes one from a program and knows the memory map; this
    class trusts nothing that would make it read or write elsewhere.

    Parameters
    ----------
    operations : structured array (n,)
        Records of 56 bytes, as in ``operations.h``; copied.
    index : uint32 array (words,)
        Of each word of text, the index of its first operation, or 0xFFFFFFFF.
    low : int
        Address of the first word of text.
    entry : int
        Index of the operation to begin with.
    image_low : int
        Address of the first byte of memory, a multiple of 8.
    image : uint64 array (words,)
        What memory holds from there on; then come zeros.
    text : (int, int)
        First address of the text, and the one behind it: no store may touch a word of these.
    input : bytes-like
        What the input window holds behind its length.
    mode : int
        `FAST`, `COUNT`, `RECORD` or `PROFILE`.
    map : (int, int, int)
        Addresses of the input window and of the output window, and the end of memory.
    calls : (int, int)
        Numbers of the system calls that end the run and that print.
    max_rows, max_output, max_log, max_pages : int
        Rows, bytes of output, bytes printed, pages of 4 KiB.
    traces : sequence of uint64 arrays (h, width) or None, optional
        In mode `RECORD`: one for each table, zeros. None for a table that gets no rows.

    Attributes
    ----------
    rows, instructions : int
        Executed so far.
    registers, register_times : uint64 array (48,)
        Their values; the times of their last accesses, in the modes that keep times.
    pc, operation : int
        Address of the instruction that comes next; index of the operation.
    halted : bool
        Whether the guest has ended its run; then there is an `exit_code`.
    error : (int, int, int) or None
        Number of the kind, pc and address, where the guest was stopped.
    log : bytes
        What it printed; `log_dropped` bytes more did not fit.
    pages : int
        Pages of memory in use.
    counts : uint64 array (n,)
        How often each operation was executed; zeros in mode `FAST`.
    table_rows : uint64 array (TABLES,)
        Rows of each table of instructions in their order, and of ``refresh`` behind them; zeros in
        mode `FAST`.
    lookups : dict of str to uint64 array (65536,)
        In mode `RECORD`: how often the rows recorded look each limb up.
    """

    cdef vm_state vm
    cdef int mode
    cdef bint running  # in some thread
    cdef object held, count_array, lookup_arrays

    def __cinit__(self, *args, **kwargs):
        memset(&self.vm, 0, sizeof(self.vm))

    def __init__(
        self, operations, const uint32_t[::1] index not None, uint64_t low, Py_ssize_t entry,
        uint64_t image_low, const uint64_t[::1] image not None, text, const uint8_t[::1] input,
        int mode=VM_FAST, *, map, calls, uint64_t max_rows, uint64_t max_output, uint64_t max_log,
        uint64_t max_pages, traces=None,
    ):
        cdef vm_state *vm = &self.vm
        cdef Py_ssize_t k, count = len(operations)
        cdef int64_t wrong
        cdef uint64_t[::1] counts
        if vm.all != NULL:
            raise ValueError("a hart is made once")
        if mode not in (VM_FAST, VM_COUNT, VM_RECORD, VM_PROFILE):
            raise ValueError(f"no mode {mode}")
        if not 0 <= entry < count < 0xFFFFFFFF:
            raise ValueError(f"operation {entry} is not among the {count} of the program")
        if operations.dtype.itemsize != sizeof(vm_operation) or operations.ndim != 1:
            raise ValueError(f"operations are records of {sizeof(vm_operation)} bytes")
        if mode != VM_FAST and max_rows > 1 << 28:
            raise ValueError(f"times are kept for at most 2^28 rows, not {max_rows}")
        for k in range(index.shape[0]):
            if index[k] >= count and index[k] != 0xFFFFFFFF:
                raise ValueError(f"word {k} of the text names operation {index[k]} of {count}")
        input_window, output_window, end = map
        if not 0 < image_low < input_window < output_window < end < 1 << 32 or (
            (image_low | input_window | output_window | end) & 7
        ):
            raise ValueError("the parts of memory are out of order")
        if image.shape[0] * 8 > input_window - image_low:
            raise ValueError("the image reaches into the input window")
        if input.shape[0] > output_window - input_window - 8:
            raise ValueError(f"{input.shape[0]} bytes of input do not fit the window")
        if max_output > end - output_window - 8:
            raise ValueError("the output window is smaller than max_output")

        self.mode = mode
        copy = np.zeros(count + 1, dtype=operations.dtype)
        copy[:count] = operations
        cdef uint8_t[::1] raw = copy.view(np.uint8)
        vm.all, vm.count = <vm_operation *>&raw[0], <uint32_t>count
        wrong = vm_prepare(vm.all, vm.count, VM_REGISTERS)
        if wrong >= 0:
            raise ValueError(f"operation {wrong} is none of the machine: {operations[wrong]}")
        vm.at = vm.all + entry
        vm.index = &index[0] if index.shape[0] else NULL
        vm.text_low, vm.text_words = low, index.shape[0]
        vm.exit_call, vm.write_call = calls
        vm.max_rows, vm.max_output, vm.log_limit = max_rows, max_output, max_log
        vm.output = output_window

        vm.memory.low, vm.memory.size = image_low, end - image_low
        vm.memory.image, vm.memory.image_words = (
            &image[0] if image.shape[0] else NULL, image.shape[0]
        )
        vm.memory.input, vm.memory.input_length = input_window, input.shape[0]
        vm.memory.input_bytes = &input[0] if input.shape[0] else NULL
        first, last = text
        if first < last:
            vm.memory.fixed = first & ~7
            vm.memory.fixed_size = (last + 7 & ~7) - (first & ~7)
        vm.memory.page_limit, vm.memory.timed = max_pages, mode != VM_FAST
        if vm_memory_open(&vm.memory):
            raise MemoryError("no memory for the guest's memory")
        # Views keep alive what the C side points at.
        self.held = [raw, index, image, input]
        self.count_array = np.zeros(count + 1 if mode != VM_FAST else 1, dtype=np.uint64)
        counts = self.count_array
        vm.counts = &counts[0]
        self.lookup_arrays = {}
        if mode == VM_RECORD:
            self.take_traces(traces)

    cdef int take_traces(self, traces) except -1:
        cdef vm_state *vm = &self.vm
        cdef uint64_t[:, ::1] view
        cdef uint64_t[::1] lookups
        cdef int k
        if traces is None or len(traces) != VM_TABLES:
            raise ValueError(f"recording needs {VM_TABLES} traces")
        for k, trace in enumerate(traces):
            if trace is None:
                continue
            view = trace
            if view.shape[1] != vm_width(k):
                raise ValueError(f"trace {k} has {view.shape[1]} columns, not {vm_width(k)}")
            if view.shape[0]:
                vm.trace[k], vm.height[k] = &view[0, 0], view.shape[0]
            self.held.append(view)
        for name in ("range", "top", "low", "bytes", "shifts"):
            self.lookup_arrays[name] = np.zeros(LIMBS, dtype=np.uint64)
        lookups = self.lookup_arrays["range"]
        vm.range = &lookups[0]
        lookups = self.lookup_arrays["top"]
        vm.top = &lookups[0]
        lookups = self.lookup_arrays["low"]
        vm.low = &lookups[0]
        lookups = self.lookup_arrays["bytes"]
        vm.bytes = &lookups[0]
        lookups = self.lookup_arrays["shifts"]
        vm.shifts = &lookups[0]
        return 0

    def __dealloc__(self):
        vm_memory_close(&self.vm.memory)
        free(self.vm.log)
        free(self.vm.words)
        free(self.vm.profile.nodes)

    def profile(
        self, const uint32_t[::1] function not None, const uint8_t[::1] turn not None,
        const uint64_t[::1] cost not None,
    ):
        """Say, before a run in mode `PROFILE`, what its cells are sorted by.

        Parameters
        ----------
        function : uint32 array (n + 1,)
            Of each operation, the number of the function it belongs to; one more element behind.
        turn : uint8 array (n + 1,)
            Of each operation: 1 if it calls, 2 if it returns, else 0.
        cost : uint64 array (TABLES,)
            Cells of a row of each table.

        Raises
        ------
        ValueError
            The mode is another one, the run has begun, or an array has another length.
        """
        cdef vm_state *vm = &self.vm
        if self.mode != VM_PROFILE or vm.row or vm.profile.nodes != NULL:
            raise ValueError("a profile is prepared once, before a run in mode PROFILE")
        if function.shape[0] != vm.count + 1 or turn.shape[0] != vm.count + 1:
            raise ValueError(f"function and turn have one element for each of {vm.count} and one")
        if cost.shape[0] != VM_TABLES:
            raise ValueError(f"cost has {cost.shape[0]} elements, not {VM_TABLES}")
        self.held += [function, turn, cost]
        vm.profile.function, vm.profile.turn, vm.profile.cost = &function[0], &turn[0], &cost[0]
        vm_child(&vm.profile, 0, 0)  # the root; its own parent
        if vm.profile.nodes == NULL:
            raise MemoryError("no memory for a profile")
        vm.profile.at = vm_child(&vm.profile, 0, function[vm.at - vm.all])

    def stacks(self):
        """The tree of call stacks of a run in mode `PROFILE`.

        Returns
        -------
        parents, functions : uint32 array (nodes,)
            Node 0 is the root, which is no function.
        cells : uint64 array (nodes,)
            What the rows of each node's own cost.
        """
        cdef vm_profile *p = &self.vm.profile
        cdef uint32_t k
        self.rest()
        if p.nodes == NULL:
            raise ValueError("no profile was prepared")
        vm_settle(p)
        parents = np.array([p.nodes[k].parent for k in range(p.count)], dtype=np.uint32)
        functions = np.array([p.nodes[k].function for k in range(p.count)], dtype=np.uint32)
        cells = np.array([p.nodes[k].cells for k in range(p.count)], dtype=np.uint64)
        return parents, functions, cells

    def run(self, uint64_t rows):
        """Execute at most so many further rows.

        Signals are looked for every few milliseconds, without the GIL in between.

        Returns
        -------
        bool
            Whether the guest is still running.

        Raises
        ------
        RuntimeError
            A trace had no room for a row: the traces are not those of this run. Or the hart is
            running in another thread.
        """
        cdef vm_state *vm = &self.vm
        cdef uint64_t part
        if self.mode == VM_PROFILE and vm.profile.nodes == NULL:
            raise ValueError("mode PROFILE needs a call of profile() first")
        self.rest()
        self.running = True
        try:
            while rows and not vm.halted and not vm.error:
                part = min(rows, SLICE)
                with nogil:
                    vm_run(vm, self.mode, part)
                if vm.overflow:
                    raise RuntimeError("a trace has fewer rows than the run")
                if vm.words_lost:
                    raise MemoryError("no memory for the words that are watched")
                rows -= part
                PyErr_CheckSignals()
        finally:
            self.running = False
        return not vm.halted and not vm.error

    cdef int rest(self) except -1:
        """What follows must not happen while the guest changes its memory."""
        if self.running:
            raise RuntimeError("the hart is running in another thread")
        return 0

    @property
    def rows(self):
        return self.vm.row

    @property
    def instructions(self):
        return self.vm.instructions

    @property
    def registers(self):
        return np.array([self.vm.x[k] for k in range(VM_REGISTERS)], dtype=np.uint64)

    @property
    def register_times(self):
        return np.array([self.vm.seen[k] for k in range(VM_REGISTERS)], dtype=np.uint64)

    @property
    def pc(self):
        return self.vm.at.label & 0xFFFFFFFF

    @property
    def operation(self):
        return min(<uint64_t>(self.vm.at - self.vm.all), <uint64_t>self.vm.count)

    @property
    def halted(self):
        return bool(self.vm.halted)

    @property
    def exit_code(self):
        return self.vm.exit_code if self.vm.halted else None

    @property
    def error(self):
        if not self.vm.error:
            return None
        return self.vm.error, self.vm.error_pc, self.vm.error_address

    @property
    def log(self):
        self.rest()
        return (<char *>self.vm.log)[:self.vm.log_size] if self.vm.log_size else b""

    @property
    def log_dropped(self):
        return self.vm.log_dropped

    @property
    def pages(self):
        return self.vm.memory.page_count

    @property
    def counts(self):
        if self.mode == VM_FAST:
            return np.zeros(self.vm.count, dtype=np.uint64)
        return self.count_array[:self.vm.count].copy()

    @property
    def table_rows(self):
        return np.array([self.vm.rows[k] for k in range(VM_TABLES)], dtype=np.uint64)

    @property
    def lookups(self):
        return self.lookup_arrays

    def read(self, uint64_t address, uint64_t length):
        """Bytes of memory as they are now.

        Raises
        ------
        ValueError
            They do not all lie in memory.
        """
        cdef vm_memory *memory = &self.vm.memory
        cdef uint64_t k, offset = address - memory.low
        self.rest()
        if address < memory.low or length > memory.size or offset > memory.size - length:
            raise ValueError(f"[{address:#x}, {address + length:#x}) does not lie in memory")
        result = bytearray(length)
        cdef uint8_t[::1] out = result
        with nogil:
            for k in range(length):
                out[k] = <uint8_t>(
                    vm_peek(memory, (address + k) & ~<uint64_t>7) >> 8 * ((address + k) & 7)
                )
        return bytes(result)

    def output(self):
        """The bytes in the output window: as many as its first word says.

        Raises
        ------
        ValueError
            It says more than there may be.
        """
        self.rest()
        cdef uint64_t length = vm_peek(&self.vm.memory, self.vm.output)
        if length > self.vm.max_output:
            raise ValueError(f"the output window claims {length} bytes")
        return self.read(self.vm.output + 8, length)

    def touched(self, uint64_t start, uint64_t end):
        """Words of memory that were accessed, in the modes that keep times.

        Parameters
        ----------
        start, end : int
            Addresses: words of [start, end).

        Returns
        -------
        addresses, values, times : uint64 array (n,)
            In the order of the addresses: what the words hold, and when they were last accessed.
        """
        cdef const vm_memory *memory = &self.vm.memory
        cdef uint64_t[::1] address, value, time
        cdef uint64_t count = self.count_touched(start, end)
        arrays = tuple(np.zeros(count, dtype=np.uint64) for _ in range(3))
        if count:
            address, value, time = arrays
            start, end = max(start, memory.low), min(end, memory.low + memory.size)
            with nogil:
                vm_touched(memory, start, end, &address[0], &value[0], &time[0])
        return arrays

    def count_touched(self, uint64_t start, uint64_t end):
        """How many words of [start, end) were accessed, in the modes that keep times."""
        cdef const vm_memory *memory = &self.vm.memory
        cdef uint64_t count = 0
        self.rest()
        if not memory.timed:
            raise ValueError("this mode keeps no times")
        start, end = max(start, memory.low), min(end, memory.low + memory.size)
        if start < end:
            with nogil:
                count = vm_touched(memory, start, end, NULL, NULL, NULL)
        return count

    def last_touched(self, uint64_t start, uint64_t end):
        """Address of the last word of [start, end) that was accessed, or None if none was."""
        cdef const vm_memory *memory = &self.vm.memory
        cdef uint64_t address = 0
        self.rest()
        if not memory.timed:
            raise ValueError("this mode keeps no times")
        start, end = max(start, memory.low), min(end, memory.low + memory.size)
        if start < end:
            with nogil:
                address = vm_last_touched(memory, start, end)
        return address or None


include "middle.pxi"
