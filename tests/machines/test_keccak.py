"""The Keccak machine: true statements have proofs, other ones none."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from Crypto.Hash import keccak

import cstark as cs
from cstark.air import describe
from cstark.cli.main import main
from cstark.errors import Reason
from cstark.kernels import _runtime
from cstark.machines.keccak import Keccak256, KeccakTable, _trace, keccak_trace, padded_blocks
from cstark.machines.keccak import constants as keccak_constants
from cstark.machines.keccak.trace import Placement
from cstark.machines.keccak.workload import MAX_LENGTH
from cstark.workload.claim import encode_claim
from tests.oracles import plain_keccak
from tests.oracles.forging import prove_anyway
from tests.oracles.plain_check import P, violations

#: Few queries: what is tested here does not hide in a small part of a codeword.
OPTIONS = cs.Options(queries=8, grinding=0)
#: The public values that say in which byte the padding starts.
PAD_BYTE = range(1, 9)
LENGTHS = [0, 1, 135, 136, 137, 300]


def message_of(length: int) -> bytes:
    return np.random.default_rng(length).bytes(length)


def claim_of(message: bytes) -> dict:
    digest = keccak.new(digest_bits=256, data=message).hexdigest()
    return {"digest": digest, "length": len(message)}


@cache
def machine(rows: int) -> cs.Machine:
    """The machine depends on the height alone; compiling it takes most of the time."""
    return cs.Machine({"keccak": KeccakTable(rows)}, OPTIONS)


def publics_of(claim: dict) -> list[int]:
    return list(Keccak256.statement(claim).publics["keccak"])


def broken(trace: np.ndarray, publics: list[int]) -> set[str]:
    """Names of the constraints that do not hold, without subscripts."""
    one = machine(len(trace))
    found = one.proving_key.programs.check(0).violations(trace, None, publics)
    return {one.descriptions[0].constraints[index].name.split("[")[0] for index, _, _ in found}


def forced(claim: dict, trace: np.ndarray) -> bytes:
    """A proof made without looking at whether the claim is true."""
    statement = Keccak256.statement(claim)
    one = machine(len(trace))
    return prove_anyway(
        one, {"keccak": trace}, statement.publics, (), encode_claim(claim)
    ).to_bytes()


def verify(proof: bytes) -> dict:
    """As `Keccak256.verify`, with machines that are kept."""
    claim, statement = Keccak256.read_statement(cs.Proof.from_bytes(proof).claim)
    one = machine(statement.tables["keccak"].rows)
    one.verify(proof, statement.publics, claim=claim, min_security=0)
    return cs.decode_claim(claim)


def rows_from(states: np.ndarray, blocks: np.ndarray, claim: dict) -> np.ndarray:
    """Rows that permute as they should, from states and blocks of a prover's choice."""
    placement = Placement.of(claim["length"])
    trace = np.empty((placement.rows, _trace.WIDTH), dtype=np.uint64)
    _trace.write_rows(states, blocks, placement.pad_row, placement.final_row, trace)
    return trace


def digest_in(trace: np.ndarray, row: int) -> str:
    limbs = KeccakTable(len(trace)).view(trace).out[row].reshape(-1)[:16]
    return limbs.astype("<u2").tobytes().hex()


# --- the trace -------------------------------------------------------------------------------


def test_constants():
    # first and last of the table in the reference
    assert keccak_constants.ROUND_CONSTANTS[:3] == (1, 0x8082, 0x800000000000808A)
    assert keccak_constants.ROUND_CONSTANTS[23] == 0x8000000080008008
    assert keccak_constants.ROTATIONS[:, 1].tolist() == [1, 44, 10, 45, 2]


def test_the_compiled_columns_are_those_of_the_table():
    assert describe("keccak", KeccakTable(32)).width == _trace.WIDTH == 2671


@pytest.mark.parametrize("length", [0, 7, 129, 135, 136, 200])
def test_rows_against_plain_python(length):
    message = message_of(length)
    rows = Placement.of(length).rows
    plain = np.array(plain_keccak.table(message, rows, KeccakTable.columns), dtype=np.uint64)
    assert np.array_equal(keccak_trace(message), plain)


def test_threads_do_not_matter():
    message = message_of(1000)
    before = _runtime.threads()
    traces = []
    for threads in (1, 2, 3, 7):
        _runtime.set_threads(threads)
        traces.append(keccak_trace(message))
    _runtime.set_threads(before)
    assert all(np.array_equal(trace, traces[0]) for trace in traces)


def test_wrong_shapes_are_refused():
    states, blocks = np.zeros((2, 25), dtype=np.uint64), np.zeros((1, 17), dtype=np.uint64)
    out = np.zeros((32, _trace.WIDTH), dtype=np.uint64)
    with pytest.raises(ValueError, match="columns"):
        _trace.write_rows(states, blocks, 0, 23, np.ascontiguousarray(out[:, 1:]))
    with pytest.raises(ValueError, match="2 rows"):
        _trace.write_rows(states[:1], blocks, 0, 23, out)
    with pytest.raises(ValueError, match="1 to 2"):
        _trace.write_rows(states, np.zeros((3, 17), dtype=np.uint64), 0, 23, out)
    with pytest.raises(ValueError, match="25"):
        _trace.permute_blocks(blocks, states[:, :24].copy())
    with pytest.raises(ValueError, match="each block"):
        _trace.permute_blocks(np.zeros((3, 17), dtype=np.uint64), states)


# --- true statements -------------------------------------------------------------------------


@pytest.mark.parametrize("length", LENGTHS)
def test_round_trips(length):
    message = message_of(length)
    claim = claim_of(message)
    trace = keccak_trace(message)
    publics = publics_of(claim)
    proof = machine(len(trace)).prove(
        {"keccak": trace}, {"keccak": publics}, claim=encode_claim(claim)
    )
    assert verify(proof.to_bytes()) == claim


def test_every_length_of_one_block():
    """Each place of the padding, and the block that padding alone fills."""
    for length in range(137):
        message = message_of(length)
        trace = keccak_trace(message)
        assert not broken(trace, publics_of(claim_of(message))), length


def test_the_exact_oracle_agrees():
    message = message_of(100)
    description = machine(32).descriptions[0]
    publics = publics_of(claim_of(message))
    assert not violations(description, keccak_trace(message), publics)
    assert description.degree == 3


def test_the_workload(tmp_path, capsys):
    """The command line: a file's digest is proved, and printed by who verifies."""
    file = tmp_path / "message"
    file.write_bytes(message_of(300))
    small = ["--queries", "20", "--grinding", "0"]
    proof = str(tmp_path / "proof")
    assert main(["prove", "keccak", "--message", str(file), *small, "-o", proof]) == 0
    assert main(["verify", "keccak", proof, "--min-security", "5"]) == 0
    assert claim_of(message_of(300))["digest"] in capsys.readouterr().out
    assert main(["prove", "keccak", "--message", str(tmp_path / "none"), "-o", proof]) == 2
    assert "No such file" in capsys.readouterr().err


def test_messages():
    assert Keccak256(text="añ").prepare().claim == claim_of("añ".encode())
    assert Keccak256().prepare().claim == claim_of(b"")
    with pytest.raises(cs.StatementError, match="not both"):
        Keccak256(text="a", message="b")
    with pytest.raises(cs.StatementError, match="not Unicode"):
        Keccak256(text="\ud800").prepare()


# --- false ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 137])
def test_wrong_digests(length):
    message = message_of(length)
    claim = claim_of(message)
    trace = keccak_trace(message)
    last = Placement.of(length).final_row
    for at in range(0, 64, 4):
        digest = bytearray(bytes.fromhex(claim["digest"]))
        digest[at // 2] ^= 1 << at % 8
        assert broken(trace, publics_of({**claim, "digest": digest.hex()})) == {"digest"}
    # what another row holds
    for row in (last - 1, last + 1, 0):
        false = {**claim, "digest": digest_in(trace, row)}
        assert broken(trace, publics_of(false)) == {"digest"}
    with pytest.raises(cs.VerificationError) as refusal:
        verify(forced(false, trace))
    assert refusal.value.reason is Reason.CONSTRAINTS


@pytest.mark.parametrize(("true", "false"), [(10, 9), (10, 11), (10, 0), (135, 134), (200, 140)])
def test_wrong_lengths(true, false):
    """With the rows of the true message, and with those that say what the claim wants."""
    message = message_of(true)
    claim = {**claim_of(message), "length": false}
    publics = publics_of(claim)
    assert broken(keccak_trace(message), publics)
    blocks = padded_blocks(message)
    states = np.empty((-(-Placement.of(true).rows // 24), 25), dtype=np.uint64)
    _trace.permute_blocks(blocks, states)
    trace = rows_from(states, blocks, claim)
    wrong = broken(trace, publics)
    assert wrong
    assert all(name.startswith(("padding in byte", "digest")) for name in wrong)
    with pytest.raises(cs.VerificationError) as refusal:
        verify(forced(claim, trace))
    assert refusal.value.reason is Reason.CONSTRAINTS


def changed_blocks(message: bytes, changes: dict[tuple[int, int], int]) -> np.ndarray:
    """The padded message with words changed: (block, word) -> bits flipped."""
    blocks = padded_blocks(message).copy()
    for place, flip in changes.items():
        blocks[place] ^= np.uint64(flip)
    return blocks


@pytest.mark.parametrize(
    ("length", "changes", "name"),
    [
        (10, {(0, 1): (0x01 ^ 0x06) << 16}, "padding in byte 2"),  # that of SHA3
        (10, {(0, 1): 1 << 63}, "padding in byte 7"),
        (10, {(0, 5): 1 << 20}, "padding in byte 2"),
        (10, {(0, 16): 1 << 63}, "padding in byte 7"),  # no last bit
        (10, {(0, 16): 1 << 62}, "padding in byte 7"),
        (135, {(0, 16): 1 << 63}, "padding in byte 7"),
        (135, {(0, 16): 1 << 56}, "padding in byte 7"),
        (136, {(1, 0): 1}, "padding in byte 0"),
        (136, {(1, 16): 1 << 63}, "padding in byte 7"),
        (136, {(1, 9): 1 << 40}, "padding in byte 5"),
    ],
)
def test_other_paddings(length, changes, name):
    """A sponge of other blocks, with the digest that belongs to them."""
    message = message_of(length)
    blocks = changed_blocks(message, changes)
    placement = Placement.of(length)
    states = np.empty((-(-placement.rows // 24), 25), dtype=np.uint64)
    _trace.permute_blocks(blocks, states)
    trace = rows_from(states, blocks, {"length": length})
    claim = {"digest": digest_in(trace, placement.final_row), "length": length}
    assert broken(trace, publics_of(claim)) == {name}


@pytest.mark.parametrize(
    ("permutation", "lane", "names"),
    [
        (0, 0, {"the rate starts at zero"}),
        (0, 16, {"the rate starts at zero"}),
        (0, 17, {"the capacity starts at zero"}),
        (0, 24, {"the capacity starts at zero"}),
        (1, 0, {"queue"}),
        (1, 16, {"queue"}),
        (1, 17, {"capacity"}),
        (1, 24, {"capacity"}),
    ],
)
def test_other_states(permutation, lane, names):
    """One lane of the state is not what the permutation before left."""
    message = message_of(200)
    blocks = padded_blocks(message)
    placement = Placement.of(200)
    states = np.zeros((-(-placement.rows // 24), 25), dtype=np.uint64)
    # The state that a permutation leaves is in the last of its rows: go on from there.
    states[0, lane] ^= np.uint64(permutation == 0)
    for k in range(1, len(states)):
        trace = rows_from(states, blocks, {"length": 200})
        out = KeccakTable(placement.rows).view(trace).out[24 * k - 1].reshape(25, 4)
        shifts = np.arange(4, dtype=np.uint64) * np.uint64(16)
        states[k] = (out << shifts).sum(axis=1, dtype=np.uint64)
        states[k, lane] ^= np.uint64(permutation == k)
    trace = rows_from(states, blocks, {"length": 200})
    claim = {"digest": digest_in(trace, placement.final_row), "length": 200}
    assert broken(trace, publics_of(claim)) == names


def test_a_digest_of_too_few_or_too_many_blocks():
    """The rows of one length, with the digest where another length has it."""
    message = message_of(200)
    trace = keccak_trace(message)
    for length in (100, 136 + 136):
        claim = {**claim_of(message), "length": length}
        placement = Placement.of(length)
        claim["digest"] = digest_in(trace, min(placement.final_row, 63))
        publics = publics_of(claim)
        assert {"padding starts here", "padding ends here"} <= broken(trace, publics)


def test_a_message_that_does_not_end():
    view = KeccakTable(32).view(trace := keccak_trace(b""))
    view.full[:], view.pad[:], view.tail[:] = 1, 0, 0
    assert "the message ends" in broken(trace, publics_of(claim_of(b"")))
    view.full[:] = 0
    assert "starts with the message" in broken(trace, publics_of(claim_of(b"")))
    # two rows with padding: the second one is no way to a second digest
    view.pad[[0, 5]], view.tail[1:5] = 1, 1
    assert "after a full row" in broken(trace, publics_of(claim_of(b"")))


def test_every_column_is_bound():
    """A cell of each column, in a row of its own choice, plus 1 and with another bit."""
    message = message_of(150)
    publics = publics_of(claim_of(message))
    trace = keccak_trace(message)
    random = np.random.default_rng(3)
    rows = random.integers(0, len(trace), size=trace.shape[1])
    for column, row in enumerate(rows.tolist()):
        old = trace[row, column]
        trace[row, column] = (int(old) + 1) % P if column % 2 else old ^ np.uint64(1)
        assert broken(trace, publics), (row, column)
        trace[row, column] = old


def test_every_kind_of_cell_in_every_row():
    message = message_of(20)
    publics = publics_of(claim_of(message))
    trace = keccak_trace(message)
    random = np.random.default_rng(4)
    layout = KeccakTable(32)
    kinds = np.cumsum([0, *(int(np.prod(shape)) for shape in layout.columns.values())])
    for row in range(len(trace)):
        for first, after in pairwise(kinds):
            column = random.integers(first, after)
            old = trace[row, column]
            trace[row, column] = random.integers(0, P, dtype=np.uint64)
            assert broken(trace, publics), (row, column)
            trace[row, column] = old


def test_changed_cells_are_refused_by_verifiers():
    message = message_of(20)
    claim = claim_of(message)
    for name in ("word", "full", "queue", "a_theta", "out"):
        trace = keccak_trace(message)
        view = KeccakTable(32).view(trace)
        view[name].reshape(32, -1)[30, 0] ^= np.uint64(1)
        with pytest.raises(cs.VerificationError) as refusal:
            verify(forced(claim, trace))
        assert refusal.value.reason is Reason.CONSTRAINTS


def test_every_public_value_is_bound():
    message = message_of(20)
    publics = publics_of(claim_of(message))
    trace = keccak_trace(message)
    for i in {*range(len(publics))} - {*PAD_BYTE}:
        other = publics.copy()
        other[i] = (other[i] + 1) % P
        assert broken(trace, other), i
    # one of eight is 1: a verifier makes no others
    assert [publics[i] for i in PAD_BYTE] == [0, 0, 0, 0, 1, 0, 0, 0]
    for place in (0, 3, 5, 7):
        other = publics.copy()
        other[1:9] = [int(i == place) for i in range(8)]
        assert broken(trace, other), place


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ({}, "has no 'digest'"),
        ({"digest": "00" * 32}, "has no 'length'"),
        ({"digest": "00" * 31, "length": 0}, "64 lower-case"),
        ({"digest": "0A" * 32, "length": 0}, "64 lower-case"),
        ({"digest": "00" * 32 + "\n", "length": 0}, "64 lower-case"),
        ({"digest": 5, "length": 0}, "is int"),
        ({"digest": "00" * 32, "length": -1}, "length is -1"),
        ({"digest": "00" * 32, "length": MAX_LENGTH + 1}, "not from 0 to"),
        ({"digest": "00" * 32, "length": True}, "is bool"),
        ({"digest": "00" * 32, "length": 0, "message": ""}, "unknown field"),
    ],
)
def test_senseless_claims_are_refused(claim, text):
    with pytest.raises(cs.StatementError, match=text):
        Keccak256.read_statement(claim)


def test_the_longest_message_fits():
    assert Placement.of(MAX_LENGTH).rows == 1 << 20
    assert Placement.of(MAX_LENGTH + 1).rows == 1 << 21
