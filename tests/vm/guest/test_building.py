"""What a build makes, and what it refuses."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import sys

import pytest
from elftools.elf.elffile import ELFFile

from cstark import vm
from cstark.vm import abi, guest
from cstark.vm.errors import BuildError
from cstark.vm.guest import compilers, examples, purity
from tests.vm.guest.emulator import GuestError, execute

MAIN = "#include <cstark.h>\nint main(void) { return 3; }\n"


@pytest.fixture
def source(tmp_path):
    """``source(text)``: a C file."""

    def write(text: str = MAIN, name: str = "main.c"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


# --- what comes out -----------------------------------------------------------------------------


def test_the_file(compiler, source):
    source = examples.load("json_field").source
    program = guest.build(source, compiler=compiler, debug=False)
    elf = ELFFile(io.BytesIO(program))
    assert (elf.elfclass, elf.little_endian, elf["e_machine"]) == (64, True, "EM_RISCV")
    assert elf["e_type"] == "ET_EXEC" and elf["e_flags"] == 0 and elf["e_entry"] == 0x10000
    loads = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"]
    assert [s["p_flags"] for s in loads] == [5, 4, 6]  # R X, R, R W
    assert loads[0]["p_vaddr"] == 0x10000
    end = 0x10000
    for segment in loads:
        assert segment["p_vaddr"] - end < 16 and segment["p_vaddr"] % 16 == 0
        assert (segment["p_vaddr"] - segment["p_offset"]) % segment["p_align"] == 0
        end = segment["p_vaddr"] + segment["p_memsz"]
    symbols = {s.name: s for s in elf.get_section_by_name(".symtab").iter_symbols()}
    assert symbols["_end"]["st_value"] == end and end % 16 == 0
    for name in ("main", "_start", "memcpy", "sha256_compress"):
        assert symbols[name]["st_info"]["type"] == "STT_FUNC" and symbols[name]["st_size"], name
    # What nobody calls is not there.
    assert not {"malloc", "qsort", "__udivti3", "print_hex"} & set(symbols)
    assert not [s for s in elf.iter_sections() if s.name.startswith((".debug", ".eh", ".comment"))]


def test_the_same_sources_give_the_same_bytes(compiler, tmp_path):
    files = [examples.load("sudoku").source]
    first = guest.build(files, compiler=compiler, debug=False)
    for folder in (tmp_path / "a", tmp_path / "another"):
        folder.mkdir()
        shutil.copy(files[0], folder)
        assert guest.build(folder / files[0].name, compiler=compiler, debug=False) == first
    with_lines = guest.build(files, compiler=compiler)
    assert ELFFile(io.BytesIO(with_lines)).has_dwarf_info()
    assert guest.build(folder / files[0].name, compiler=compiler) == with_lines

    def image(program: bytes) -> list[bytes]:
        return [s.data() for s in ELFFile(io.BytesIO(program)).iter_segments("PT_LOAD")]

    assert image(with_lines) == image(first)
    assert bytes(tmp_path) not in first and bytes(files[0].parent) not in with_lines


def test_options(compiler, source, tmp_path):
    (tmp_path / "headers").mkdir()
    (tmp_path / "headers" / "other.h").write_text("#define FROM_HEADER 100\n")
    main = source(
        '#include "other.h"\n#include "beside.h"\nint more(void);\n'
        "#ifdef FLAG\nint main(void) { return more() + NUMBER + FROM_HEADER + BESIDE; }\n#endif\n"
    )
    source("#define BESIDE 1000\n", "beside.h")
    source(".globl more\nmore: li a0, PLUS\n ret\n", "more.S")
    output = tmp_path / "out.elf"
    made = guest.build(
        [main, tmp_path / "more.S"],
        output,
        compiler=compiler,
        define={"NUMBER": 10, "FLAG": "", "PLUS": "1"},
        include=[tmp_path / "headers"],
        optimize=1,
        flags=["-Wextra"],
    )
    assert made == output and execute(output.read_bytes()).exit_code == 1111


def test_names_that_a_command_line_could_misread(compiler, tmp_path):
    folder = tmp_path / "a folder, with -things"
    folder.mkdir()
    for name in ("-o.c", "a b.c"):
        (folder / name).write_text(MAIN)
        assert execute(guest.build(folder / name, compiler=compiler)).exit_code == 3


def test_where_a_run_stops(compiler, source):
    """Function and line; and it does stop, where C leaves open what happens."""
    text = """
#include <cstark.h>
int main(void) {
    const uint8_t *data;
    size_t size;
    read_input(&data, &size);
    return ((const volatile uint8_t *)0)[size]; /* line 7 */
}
"""
    program = vm.Program.from_elf(guest.build(source(text), compiler=compiler))
    with pytest.raises(vm.GuestError, match=r"outside memory, at 0x3: .*main.*main\.c:7"):
        program.run(b"abc")
    text = """
#include <cstark.h>
int main(void) {
    print("before");
    __builtin_unreachable();
}
int next(void) { return 7; }
"""
    if compiler != "gcc" or any("unreachable" in word for word in guest.find("gcc").compile):
        program = vm.Program.from_elf(guest.build(source(text), compiler=compiler))
        with pytest.raises(vm.GuestError, match="in main"):
            program.run(max_steps=1000)


def test_what_the_header_says_is_what_the_machine_has():
    header = (guest.INCLUDE / "cstark.h").read_text()
    crate = (guest.CRATE / "src" / "lib.rs").read_text()
    assert f"#define CSTARK_INPUT {abi.INPUT:#x}u" in header
    assert f"#define CSTARK_OUTPUT {abi.OUTPUT:#x}u" in header
    assert abi.INPUT == abi.STACK_TOP and abi.OUTPUT - abi.INPUT == 0x2000_0000
    assert "CSTARK_INPUT_BYTES (0x20000000u - 8u)" in header
    assert abi.MAX_INPUT <= 0x2000_0000 - 8
    assert "CSTARK_OUTPUT_BYTES (256u * 1024u)" in header and abi.MAX_OUTPUT == 256 * 1024
    text = crate.replace("_", "")
    assert f"INPUT: usize = {abi.INPUT:#x};" in text and f"OUTPUT: usize = {abi.OUTPUT:#x};" in text
    script = (guest.INCLUDE.parent / "link.ld").read_text()
    assert f"<= {abi.STACK_TOP:#x}" in script and abi.IMAGE_LOW <= 0x10000
    start = (guest.INCLUDE.parent / "lib" / "crt0.S").read_text()
    assert f"lui     sp, {abi.STACK_TOP >> 12:#x}" in start and f"li      a7, {abi.EXIT}" in start


def test_a_warning_is_passed_on(compiler, source):
    with pytest.warns(UserWarning, match="unused variable"):
        guest.build(source("int main(void) { int x; return 0; }\n"), compiler=compiler)


def test_a_store_into_the_text_is_noticed(compiler, source):
    """By the emulator of these tests, which is what says that no other guest does it."""
    text = "int main(void) { *(volatile int *)main = 0; return 0; }\n"
    with pytest.raises(GuestError, match="store into the text"):
        execute(guest.build(source(text), compiler=compiler))


# --- what the author did wrong ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("int main(void) { return x; }\n", "main.c:1:"),
        ("int main(void) { }\n", "return"),
        ("int main(void) { return f(); }\n", "'?f'?"),
        ("#include <stdio.h>\nint main(void) { return 0; }\n", "cstark.h has print"),
        ("int f(void) { return 0; }\n", "needs a function main"),
        ("int g(void);\nint main(void) { return g(); }\n", "undefined (symbol|reference).*g"),
        ("char b[1L << 30];\nint main(void) { return b[0]; }\n", "variables do not fit|truncated"),
    ],
)
def test_errors_of_the_source(text, said, compiler, source, tmp_path):
    output = tmp_path / "out.elf"
    with pytest.raises(BuildError, match=said):
        guest.build(source(text), output, compiler=compiler)
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"sources": []}, "no sources"),
        ({"sources": "main.cpp"}, r"ends in \.c, \.S or \.s"),
        ({"sources": "absent.c"}, "absent.c: there is no such file"),
        ({"optimize": "4"}, "optimize is '4'"),
        ({"optimize": "2 -march=rv64gc"}, "optimize is"),
        ({"define": {"A B": "1"}}, "no name of a macro"),
        ({"define": {"-o": "1"}}, "no name of a macro"),
        ({"include": ["absent"]}, "no folder absent"),
        ({"flags": "-g"}, "list of options"),
        ({"compiler": "tcc"}, "compiler 'tcc'"),
        ({"compiler": sys.executable}, "no GCC for RISC-V"),
        ({"output": "."}, "is a directory"),
        ({"output": "main.c"}, "is one of the sources"),
        ({"output": "absent/out.elf"}, "absent/out.elf: No such file"),
    ],
)
def test_errors_of_the_call(arguments, said, source, monkeypatch):
    monkeypatch.chdir(source().parent)
    with pytest.raises(BuildError, match=said):
        guest.build(**{"sources": "main.c", **arguments})
    assert (source().parent / "main.c").read_text() == MAIN


def forget(monkeypatch, *, zig: bool, path: str):
    for probe in (compilers._zig, compilers._clang, compilers._gcc):
        probe.cache_clear()
    monkeypatch.setenv("PATH", path)
    if not zig:
        monkeypatch.setattr(compilers.importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def fresh():
    yield
    for probe in (compilers._zig, compilers._clang, compilers._gcc):
        probe.cache_clear()


def test_without_a_compiler(monkeypatch, tmp_path, source, fresh):
    forget(monkeypatch, zig=False, path=str(tmp_path))
    assert guest.available() == [] or sys.platform == "darwin"
    with pytest.raises(BuildError, match=r"no compiler for RISC-V was(.*\n)*.*pip install ziglang"):
        guest.build(source())
    with pytest.raises(BuildError, match=r"no gcc for RISC-V(.*\n)*.*gcc-riscv64-unknown-elf"):
        guest.build(source(), compiler="gcc")


def test_the_order(monkeypatch, tmp_path, fresh):
    """zig, clang, gcc; clang only if it has RISC-V and a linker is there."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def program(name: str, text: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    program("riscv64-elf-gcc", 'case "$1" in -dumpmachine) echo riscv64-elf;; '
                               "*) echo version;; esac")  # fmt: skip
    program("clang", "echo '  x86-64 - 64-bit'")
    program("ld.lld", "exit 0")
    forget(monkeypatch, zig=False, path=str(folder))
    assert [c.name for c in guest.available()] == ["gcc"]
    program("clang", "echo '  riscv64 - 64-bit RISC-V'")
    forget(monkeypatch, zig=False, path=str(folder))
    assert [c.name for c in guest.available()] == ["clang", "gcc"]
    assert guest.find().name == "clang" and guest.find("gcc").name == "gcc"
    assert guest.find(str(folder / "riscv64-elf-gcc")).name == "gcc"
    (folder / "ld.lld").unlink()
    forget(monkeypatch, zig=False, path=str(folder))
    assert [c.name for c in guest.available()] == ["gcc"]
    program("zig", "echo 0.99")
    forget(monkeypatch, zig=False, path=str(folder))
    assert guest.find().version == "zig 0.99"


# --- what the compiler did wrong ----------------------------------------------------------------


@pytest.fixture(scope="module")
def pure():
    """A program of the first compiler, to be changed."""
    return guest.build(examples.FIB_ITERATIVE, define={"ITERATIONS": 5000}, library=False)


def changed(program: bytes, offset: int, layout: str, value: int) -> bytes:
    out = bytearray(program)
    struct.pack_into(layout, out, offset, value)
    return bytes(out)


@pytest.mark.parametrize(
    ("offset", "layout", "value", "said"),
    [
        (5, "B", 2, "EI_DATA"),
        (16, "<H", 3, "e_type"),
        (18, "<H", 62, "e_machine"),
        (48, "<I", 4, "e_flags: a floating-point"),
        (64, "<I", 3, "PT_INTERP"),
        (68, "<I", 7, "p_flags"),
    ],
)
def test_a_file_that_is_not_for_the_machine(pure, offset, layout, value, said):
    purity.check_guest(pure)
    with pytest.raises(BuildError, match=f"not for the machine: .*{said}"):
        purity.check_guest(changed(pure, offset, layout, value))


@pytest.mark.parametrize(
    ("number", "value", "said"),
    [
        (2, 0x4501_4501, r"at 0x10008 \(_start\+0x8\): 0x45014501 is a compressed instruction"),
        (5, 0x0000_0000, r"at 0x10014 \(_start\+0x14\).*zero"),
        (2, 0x1005_22AF, "atomic"),
        (6, 0x02A5_0553, r"at 0x10018 \(_start\+0x18\).*floating"),
        (2, 0x0005_3507, "floating"),
        (2, 0x00A5_3027, "floating"),
        (2, 0xC000_2573, "control register"),
        (2, 0x0000_100F, "fence.i"),
        (2, 0x6005_1513, "no instruction of RV64IM"),  # clz, of Zbb
        (2, 0x20B5_2533, "no instruction of RV64IM"),  # sh1add, of Zba
        (2, 0x08B5_053B, "no instruction of RV64IM"),  # add.uw, of Zba
    ],
)
def test_an_instruction_that_the_machine_has_not(pure, number, value, said):
    (start,) = struct.unpack_from("<Q", pure, 64 + 8)
    with pytest.raises(BuildError, match=f"(?s)something else than RV64IM.*{said}"):
        purity.check_guest(changed(pure, start + 4 * number, "<I", value))


def test_a_trap_is_where_nothing_can_get_to(pure, compiler, source):
    (start,) = struct.unpack_from("<Q", pure, 64 + 8)
    for trap in (0x0010_0073, 0xC000_1073):
        assert purity.check_guest(changed(pure, start + 8, "<I", trap)) == 12
    text = "#include <cstark.h>\nint main(void) { __builtin_trap(); }\n"
    with pytest.raises(GuestError):
        execute(guest.build(source(text), compiler=compiler))


def test_every_instruction_is_known(source):
    """The check agrees with an assembler on all of RV64IM."""
    text = """
    lui a0, 1; auipc a0, 1; jal x0, .; jalr a0, 4(a1)
    beq a0, a1, .; bne a0, a1, .; blt a0, a1, .; bge a0, a1, .; bltu a0, a1, .; bgeu a0, a1, .
    lb a0, 0(a1); lh a0, 0(a1); lw a0, 0(a1); ld a0, 0(a1); lbu a0, 0(a1); lhu a0, 0(a1)
    lwu a0, -1(a1); sb a0, 0(a1); sh a0, 0(a1); sw a0, 0(a1); sd a0, -8(a1)
    addi a0, a1, -1; slti a0, a1, 1; sltiu a0, a1, 1; xori a0, a1, 1; ori a0, a1, 1; andi a0, a1, 1
    slli a0, a1, 63; srli a0, a1, 63; srai a0, a1, 63
    add a0, a1, a2; sub a0, a1, a2; sll a0, a1, a2; slt a0, a1, a2; sltu a0, a1, a2
    xor a0, a1, a2; srl a0, a1, a2; sra a0, a1, a2; or a0, a1, a2; and a0, a1, a2
    fence; ecall; ebreak
    addiw a0, a1, -1; slliw a0, a1, 31; srliw a0, a1, 31; sraiw a0, a1, 31
    addw a0, a1, a2; subw a0, a1, a2; sllw a0, a1, a2; srlw a0, a1, a2; sraw a0, a1, a2
    mul a0, a1, a2; mulh a0, a1, a2; mulhsu a0, a1, a2; mulhu a0, a1, a2
    div a0, a1, a2; divu a0, a1, a2; rem a0, a1, a2; remu a0, a1, a2
    mulw a0, a1, a2; divw a0, a1, a2; divuw a0, a1, a2; remw a0, a1, a2; remuw a0, a1, a2
    """
    lines = [line.strip() for line in text.replace(";", "\n").split("\n") if line.strip()]
    path = source("", "all.S")
    path.write_text(".globl _start\n_start:\n" + "\n".join(lines) + "\n")
    instructions = purity.check_guest(guest.build(path, library=False))
    assert len(lines) == 65 and instructions == 68  # nops fill it up


@pytest.mark.parametrize("march", ["rv64imc", "rv64ima", "rv64imafd", "rv64imzbb"])
def test_a_compiler_told_otherwise(march, source):
    """Options that add instructions: what comes of them is found in the program."""
    text = """
    #include <cstark.h>
    int main(void) {
        static _Atomic unsigned count;
        static volatile double x = 2;
        count++;
        x = x * x + CSTARK_INPUT;
        return __builtin_popcountll(CSTARK_INPUT * (uint64_t)count);
    }
    """
    try:
        compiler = guest.find("clang" if march != "rv64imzbb" else "gcc")
    except BuildError:
        pytest.skip("no compiler that takes -march")
    said = "compressed|atomic|floating|no instruction|does not compile|does not link"
    with pytest.raises(BuildError, match=said):
        guest.build(source(text), compiler=compiler.name, flags=[f"-march={march}"])


def test_as_a_person_would(tmp_path):
    """`python -m cstark guest`, in a process of its own."""
    command = [sys.executable, "-m", "cstark", "guest", "new", str(tmp_path / "mine")]
    subprocess.run(command, check=True, capture_output=True)
    subprocess.run(
        [sys.executable, "-m", "cstark", "guest", "build", "main.c", "-o", "main.elf"],
        check=True,
        capture_output=True,
        cwd=tmp_path / "mine",
    )
    text = (tmp_path / "mine" / "input.txt").read_bytes()
    run = execute((tmp_path / "mine" / "main.elf").read_bytes(), text)
    assert run.exit_code == 0 and run.output == len(text.split()).to_bytes(8, "little")
    assert run.log == b"%d words\n" % len(text.split())
