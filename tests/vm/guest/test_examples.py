"""The eight examples: every compiler's program computes what Python does, on any input."""

from __future__ import annotations

import random

import pytest

from cstark.vm import guest
from cstark.vm.guest import examples
from cstark.vm.guest.examples import fibonacci, network
from tests.vm.guest.emulator import execute

BUILT: dict[tuple[str, str], bytes] = {}


@pytest.fixture
def built(compiler):
    def build(name: str) -> bytes:
        if (name, compiler) not in BUILT:
            BUILT[name, compiler] = examples.load(name).build(compiler=compiler)
        return BUILT[name, compiler]

    return build


def agree(program: bytes, name: str, data: bytes):
    output, exit_code = examples.load(name).reference(data)
    run = execute(program, data)
    assert (run.output, run.exit_code) == (output, exit_code), (name, data)
    return run


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_a_small_run(name, built):
    data = examples.load(name).make_input(1)
    run = agree(built(name), name, data)
    assert run.exit_code == 0 and run.output and 1_000 < run.steps < 50_000
    larger = agree(built(name), name, examples.load(name).make_input(3))
    assert larger.exit_code == 0
    assert name == "sudoku" or larger.steps > 1.5 * run.steps


def variants(data: bytes):
    """Broken inputs: cut, extended, changed."""
    yield b""
    source = random.Random(1)
    for size in {1, 7, 8, 9, 15, 16, 17, len(data) // 2, len(data) - 1}:
        yield data[:size]
    yield data + b"\0"
    for _ in range(12):
        changed = bytearray(data)
        for _ in range(source.randrange(1, 3)):
            changed[source.randrange(len(changed))] = source.choice((0, 1, 34, 92, 128, 255))
        yield bytes(changed)


@pytest.mark.parametrize("name", [name for name in examples.EXAMPLES if name != "fibonacci"])
def test_any_input(name, built):
    for data in variants(examples.load(name).make_input(1)):
        agree(built(name), name, data)


def test_fibonacci(built):
    for n in (0, 1, 2, 94, 1000):
        agree(built("fibonacci"), "fibonacci", n.to_bytes(8, "little"))
    for size in (0, 7, 9):
        agree(built("fibonacci"), "fibonacci", bytes(size))


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 128])
def test_sha256_of_every_padding(size, built):
    agree(built("sha256"), "sha256", bytes(range(size)))


def test_search(built):
    def numbers(*words: int) -> bytes:
        return b"".join(word.to_bytes(4, "little") for word in words)

    for data in (
        numbers(0, 0),
        numbers(0, 1, 5),
        numbers(1, 3, 5, 4, 5, 6),
        numbers(3, 2, 7, 7, 7, 7, 8),
        numbers(2, 1, 2**32 - 1, 0, 2**32 - 1),
        numbers(2**32 - 1, 1, 7),  # n + q wraps in 32 bits
        numbers(2**31, 2**31),
        numbers(2**30, 0),  # 4 n wraps in 32 bits
    ):
        agree(built("search"), "search", data)


JSON = [
    b'a\n{"a":1}', b'a\n {"a" : [1, {"b" : null}] } \n', b'a.b\n{"a":{"b":-0.5e+3}}', b"a\n{}",
    b'a\n{"b":1}', b"a\n[]", b"a\n7", b'\n{"":3}', b'a.\n{"a":{"":4}}', b'a.b\n{"a":1}',
    b'a.b\n{"a":1,"a":{"b":2}}', b'a\n{"a":1,"a":1}', b'a\n{"b":{"a":1,"a":1},"a":2}',
    b'a.b\n{"a":{"b":1,"c":2,"b":3}}', b'a\n{"a":1,}', b'a\n{"a" 1}', b'a\n{,"a":1}',
    b'a\n{"a":1 "b":2}', b'a\n{"a":[1,]}', b'a\n{"a":[,]}', b'a\n{"a":01}', b'a\n{"a":-}',
    b'a\n{"a":1.}', b'a\n{"a":.5}', b'a\n{"a":1e}', b'a\n{"a":+1}', b'a\n{"a":"\\u00g0"}',
    b'a\n{"a":"\\u00e9\\n"}', b'a\n{"a":"\\x"}', b'a\n{"a":"\t"}', b'a\n{"a":"', b'a\n{"a":"\\',
    b'a\n{"a":tru}', b'a\n{"a":nul', b'a\n{"a":NaN}', b'a\n{"a":1}x', b'a\n{"a":1} {', b"a\n",
    b"a", b"\n", b'\xe9\n{"\xe9":"\xff\xfe"}', b'a\n{"a":1\0}', b"a\n" + b"[" * 64 + b"]" * 64,
    b"a\n" + b"[" * 65 + b"]" * 65, b"a\n" + b"[" * 66 + b"]" * 66,
    b"a\n" + b"[" * 64 + b"1" + b"]" * 64,
    b"a\n" + b"[" * 65 + b"1" + b"]" * 65, b"a\n" + b'{"a":' * 70 + b"1" + b"}" * 70,
]  # fmt: skip


def test_json(built):
    seen = set()
    for data in JSON:
        seen.add(agree(built("json_field"), "json_field", data).exit_code)
    assert seen == {0, 1, 2}


def test_network(built):
    assert network.header() == (examples.load("network").headers[0]).read_text()
    run = agree(built("network"), "network", random.Random(3).randbytes(16 * 20))
    assert len(set(run.output)) > 2
    for pixel in (b"\x80", b"\x7f"):
        agree(built("network"), "network", pixel * 16)


def test_sudoku(built):
    data = examples.load("sudoku").make_input(5)
    wrong = bytearray(data)
    wrong[81], wrong[82] = wrong[82], wrong[81]
    assert agree(built("sudoku"), "sudoku", bytes(wrong)).exit_code == 1
    filled = data[81:] * 2  # nothing to find
    assert agree(built("sudoku"), "sudoku", filled).exit_code == 0
    # rows and columns are right, boxes are not
    square = b"".join(b"123456789123456789"[row : row + 9] for row in range(9))
    assert agree(built("sudoku"), "sudoku", b"." * 81 + square).exit_code == 1
    assert agree(built("sudoku"), "sudoku", b"." * 81 + b"1" * 81).exit_code == 1


def test_merkle_path(built):
    def path(position: int, depth: int, levels: int) -> bytes:
        header = position.to_bytes(8, "little") + depth.to_bytes(8, "little")
        return header + bytes(range(32)) * levels + b"entry"

    codes = [
        agree(built("merkle_path"), "merkle_path", data).exit_code
        for data in (
            path(0, 0, 0),
            path(1, 0, 0),
            path(1, 1, 1),
            path(2, 1, 1),
            path(0, 2, 1),
            path(2**64 - 1, 64, 64),
            path(0, 65, 65),
            path(0, 2**59, 1),  # 32 * depth wraps
        )
    ]
    assert codes == [0, 2, 0, 2, 2, 0, 2, 2]


def test_decompress(built):
    from cstark.vm.guest.examples.decompress import compress, make_input

    assert agree(built("decompress"), "decompress", make_input(2)).exit_code == 0
    source = random.Random(2)
    for data in (b"", b"a", b"ab" * 300, bytes(700), source.randbytes(300), b"abcdefghijk" * 9):
        assert agree(built("decompress"), "decompress", compress(data)).exit_code == 0
    broken = [
        b"\x10", b"\x10a\x00\x00", b"\x10a\x02\x00\x00", b"\x10a\x01\x00", b"\xf0", b"\xf0\xff",
        b"\x1fa\x01\x00" + b"\xff" * 300 + b"\x00\x00", b"\x1fa\x01\x00" + b"\xff" * 10,
        b"\xf0" + b"\xff" * 400,
    ]  # fmt: skip
    for block in broken:
        assert agree(built("decompress"), "decompress", block).exit_code == 2
    # Each byte of a valid block changed, wherever the result leads.
    block = compress(b"abcabcabcabcabcabcabcabc, and so on and so on")
    for at in range(len(block)):
        agree(built("decompress"), "decompress", block[:at] + b"\xf7" + block[at + 1 :])


@pytest.mark.parametrize("n", [0, 1, 2, 94, 2047, 2048])
def test_the_benchmark(n, compiler):
    program = guest.build(
        examples.FIB_ITERATIVE, compiler=compiler, define={"ITERATIONS": n}, library=False
    )
    run = execute(program)
    assert run.exit_code == fibonacci.fibonacci(n)
    assert run.steps == 5 * n + 5 + (n > 2047) and run.output == b""
    loop = ["add", "mv", "mv", "addi", "bnez"]
    words = (0x00B50633, 0x00058513, 0x00060593, 0xFFF28293, 0xFE0298E3)
    assert len(loop) == len(words)
    for word in words:
        assert run.words[word.to_bytes(4, "little")] == n
