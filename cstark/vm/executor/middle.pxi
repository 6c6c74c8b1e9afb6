# The middle of a run: what a part of it needs to be executed alone.


def watch(Hart hart not None):
    """Keep, from here on, each word of memory as it is before its first access.

    `watched` gives them. What was kept before is forgotten.

    Raises
    ------
    ValueError
        The mode is not `COUNT`, or the run is over.
    """
    cdef vm_state *vm = &hart.vm
    hart.rest()
    if hart.mode != VM_COUNT or vm.halted or vm.error:
        raise ValueError("words are watched in mode COUNT, before the run is over")
    vm.since, vm.word_count = <uint32_t>(4 * (vm.row + 1)), 0


def watched(Hart hart not None):
    """Give the words accessed since `watch` as they were before.

    Returns
    -------
    addresses, values, times : uint64 array (n,)
        In the order of the addresses; the time is 0 where there was no access before.
    """
    cdef vm_state *vm = &hart.vm
    cdef uint64_t[::1] address, value, time
    cdef uint64_t k, count = vm.word_count
    hart.rest()
    arrays = tuple(np.zeros(count, dtype=np.uint64) for _ in range(3))
    if count:
        address, value, time = arrays
        for k in range(count):
            address[k] = vm.words[k].address
            value[k], time[k] = vm.words[k].value, vm.words[k].time
    order = np.argsort(arrays[0])
    return tuple(array[order] for array in arrays)


def restore(
    Hart hart not None, uint64_t rows, Py_ssize_t operation,
    const uint64_t[::1] registers not None, const uint64_t[::1] register_times not None,
    const uint64_t[::1] addresses not None, const uint64_t[::1] values not None,
    const uint64_t[::1] times not None,
):
    """Go to the middle of a run, as another hart was there.

    Parameters
    ----------
    rows : int
        Rows executed so far.
    operation : int
        The `operation` that comes next.
    registers, register_times : uint64 array (48,)
    addresses, values, times : uint64 array (n,)
        Words of memory, and when they were last accessed, 0 for never. The others are as at
        the start of a run.

    Raises
    ------
    ValueError
        This run has begun, keeps no times, or no run could be there.
    MemoryError
        There is no memory for so many pages.
    """
    cdef vm_state *vm = &hart.vm
    cdef vm_page *page
    cdef int r
    cdef Py_ssize_t k
    cdef uint64_t now = 4 * (rows + 1)
    hart.rest()
    if vm.row or not vm.memory.timed:
        raise ValueError("a hart that keeps times is restored before it runs")
    if rows >= vm.max_rows or not 0 <= operation < vm.count:
        raise ValueError(
            f"no run of {vm.max_rows} rows is at operation {operation} after {rows}"
        )
    if registers.shape[0] != VM_REGISTERS or register_times.shape[0] != VM_REGISTERS:
        raise ValueError(f"there are {VM_REGISTERS} registers")
    if addresses.shape[0] != values.shape[0] or addresses.shape[0] != times.shape[0]:
        raise ValueError("each word has an address, a value and a time")
    for r in range(VM_REGISTERS):
        if register_times[r] >= now:
            raise ValueError(f"register {r} was accessed at time {register_times[r]}, later")
    for k in range(addresses.shape[0]):
        if (
            addresses[k] & 7 or addresses[k] < vm.memory.low
            or addresses[k] - vm.memory.low >= vm.memory.size or times[k] >= now
        ):
            raise ValueError(f"no word {addresses[k]:#x} of time {times[k]}")
    for k in range(addresses.shape[0]):
        page = vm_page_of(&vm.memory, addresses[k])
        if page == NULL:
            raise MemoryError("no memory for the guest's memory")
        page.word[vm_place(addresses[k])] = values[k]
        page.time[vm_place(addresses[k])] = <uint32_t>times[k]
    for r in range(VM_REGISTERS):
        vm.x[r], vm.seen[r] = registers[r], <uint32_t>register_times[r]
    vm.row, vm.at = rows, vm.all + operation
