"""The comparison of lookups: one file of rows for all, and what the programs made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from peers.contests import contests
from peers.ours import SMALL, exchange, measure, refuse_forgery
from peers.programs import SOURCE
from peers.runs import KEYS, read
from peers.statements import Exchange, Pairs

import cstark as cs
from cstark.machines.lookup_bench import LOG_ROWS, VALUES, LookupBench

RECORDED = Path(__file__).with_name("recorded") / "plonky3.txt"
SCALE = 4
#: The statement that the recorded lines are about, with the folder that stands in them.
STATEMENT = Exchange(SCALE, Path("/nowhere"))
FEW = {"queries": 5, "grinding": 0}


def lookups_contenders():
    made = contests(Pairs(10, 4), STATEMENT)
    return [one for name in ("lookups", "lookups-best") for one in made[name].contenders]


def peer_lines():
    """What Plonky3's program printed for each of its parameters."""
    lines = RECORDED.read_text().splitlines()
    for contender in lookups_contenders():
        if contender.prover == "plonky3":
            wanted = "# " + " ".join(contender.words(STATEMENT, 2))
            yield contender, read(contender, lines[lines.index(wanted) + 1])


def test_the_file_holds_the_rows_that_cstark_proves(tmp_path):
    statement = Exchange(SCALE, tmp_path / "made")
    statement.write()
    words = np.fromfile(statement.file, dtype="<u8")
    traces = LookupBench(scale=SCALE).prepare().traces
    assert np.array_equal(words, np.concatenate([trace.ravel() for trace in traces.values()]))
    assert [len(trace) for trace in traces.values()] == [1 << log for log in statement.log_heights]


def test_everybody_proves_the_same_rows():
    ours = measure({"exchange": {"scale": SCALE}, "threads": 1, "proofs": 1, "options": FEW})
    assert set(ours) == set(KEYS)
    found = list(peer_lines())
    assert len(found) == 3  # equal, at its best, with wide trees
    for _, line in found:
        for name in ("rows", "columns", "result"):
            assert line[name] == ours[name], name


def test_both_estimators_say_the_same_of_equal_parameters():
    for contender, line in peer_lines():
        # Plonky3 counts as we do, but for the lookups, which do not bind; it rounds down.
        assert line["own_bits"]["list"] == int(contender.security(STATEMENT).bits)


def test_the_result_tells_other_rows_apart():
    subject = exchange(SCALE, cs.Options(**FEW))
    starts, sums = subject.result[:4], subject.result[4:]
    assert starts == [0, 16384, 20480, 22528]
    for trace, expected in zip(subject.traces.values(), sums, strict=True):
        value = 0
        for cell in reversed(trace.ravel().tolist()):
            value = (7 * value + cell) % cs.P
        assert value == expected


def test_a_proof_of_another_statement_is_not_accepted():
    subject = exchange(SCALE, cs.Options(**FEW))
    data = subject.prove().to_bytes()
    subject.verify(data)
    with pytest.raises(cs.VerificationError):
        subject.other(data)


def test_a_forgery_that_passed_would_end_the_program(monkeypatch):
    refuse_forgery(cs.Options(**FEW))
    honest = LookupBench(scale=SMALL).prepare()

    class Blind(cs.Machine):
        """Proves the honest rows whatever it is given: as if the forgery had a proof."""

        def prove(self, traces, *args, **words):
            return super().prove(honest.traces, *args, **words)

    monkeypatch.setattr(cs, "Machine", Blind)
    with pytest.raises(SystemExit, match="a row takes what nobody posted"):
        refuse_forgery(cs.Options(**FEW))


def test_the_program_knows_the_shape_of_the_tables():
    source = (SOURCE / "harness/src/exchange.rs").read_text()
    assert f"const LOG_ROWS: [usize; 4] = {list(LOG_ROWS)};" in source
    assert f"pub const VALUES: usize = {VALUES};" in source


def test_plonky3_is_held_to_the_same_strength_with_more_openings():
    ours = lookups_contenders()[0]
    theirs = replace(ours, prover="plonky3")
    shapes = [one.security(STATEMENT).shape for one in (ours, theirs)]
    assert [shape.deep_terms for shape in shapes] == [184, 512]
    assert shapes[0].fractions == shapes[1].fractions
    assert json.dumps(theirs.security(STATEMENT).to_dict())
