"""A RISC-V machine: an ELF file in, a proof of its run out.

The machine is RV64IM, little endian, with one hart and no privileged mode.

* `cstark.vm.abi`: the memory map, the system calls and the limits
* `cstark.vm.elf`, `cstark.vm.image`: from a file to what is loaded
* `cstark.vm.isa`: decoding, the operations that a program becomes, and disassembly
* `cstark.vm.executor`: running a guest
* `cstark.vm.trace`: the rows of a run
* `cstark.vm.guest`: programs in C for it, and how they are compiled
"""
