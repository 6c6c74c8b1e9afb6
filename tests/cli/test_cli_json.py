"""What `--json` prints can be read with doubles for numbers, as JavaScript reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest

import cstark as cs
from cstark.cli.main import main
from cstark.text import exact

QUICK = ["--queries", "4", "--grinding", "0"]
MOST = cs.P - 1


class Large(cs.Air):
    """A column that stays what it is, sent to a table that may lack it."""

    columns = ("x", "flag")
    publics = ("x",)
    rows = 8

    def constrain(self, t):
        t.first_row.equal(t.now.x, t.publics.x)
        t.transition.equal(t.next.x, t.now.x)
        t.every_row.boolean(t.now.flag)
        t.send("count", [t.now.x], count=t.now.flag)


class Counted(cs.Air):
    columns = ("x", "times")
    rows = 8

    def constrain(self, t):
        t.receive("count", [t.now.x], count=t.now.times)


@dataclass(frozen=True)
class Elements(cs.Workload):
    """Large field elements everywhere."""

    fault: str = ""

    def prepare(self):
        large = np.full((8, 2), [MOST, 1], dtype=np.uint64)
        counted = np.array([[MOST, 8]] + [[0, 0]] * 7, dtype=np.uint64)
        if self.fault == "cell":
            large[3, 0] = MOST - 1
        if self.fault == "count":
            counted[0, 1] = 7
        claim = {"x": MOST, "deep": {"list": [2**60, True, "7"]}}
        return cs.Prepared(claim, {"count": large, "values": counted})

    @classmethod
    def statement(cls, claim):
        # a table and a public value have names of what a report says of them
        return cs.Statement({"count": Large(), "values": Counted()}, {"count": [claim["x"]]})


NAME = f"{__name__}:Elements"


def numbers(value, path=()):
    """Every number of a document, with where it stands."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from numbers(item, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value


def printed(capsys, *words):
    code = main([str(word) for word in words])
    data = json.loads(capsys.readouterr().out)
    # read again with doubles alone: nothing is lost
    for path, number in numbers(data):
        assert float(number) == number and abs(number) <= 2**53, path
    return code, data


@pytest.fixture(scope="module")
def proof(tmp_path_factory):
    file = tmp_path_factory.mktemp("json") / "proof.bin"
    assert main(["prove", NAME, "-o", str(file), *QUICK]) == 0
    return file


CLAIM = {"x": str(MOST), "deep": {"list": [str(2**60), True, "7"]}}


def test_claims_are_exact(proof, tmp_path, capsys):
    key = tmp_path / "key.json"
    weak = ["--min-security", "0"]
    for words in (
        ["prove", NAME, "-o", tmp_path / "again.bin", *QUICK],
        ["verify", NAME, proof, *weak],
        ["key", NAME, proof, "-o", key],
        ["verify", "--key", key, proof, *weak],
        ["verify", "--pure", "--key", key, proof, *weak],
        ["inspect", proof],
    ):
        code, data = printed(capsys, *words, "--json")
        assert code == 0 and data["claim"] == CLAIM, words
    # the file that a verifier reads keeps numbers: it is a statement, not a report
    assert json.loads(key.read_text())["claim"]["x"] == MOST


def test_a_violation_is_exact(capsys):
    code, data = printed(capsys, "check", NAME, "--fault", "cell", "--json")
    assert code == 1
    first = data["violations"][0]
    assert first["values"] == {"now.x": str(MOST), "next.x": str(MOST - 1)}
    assert {first["left"], first["right"]} == {str(MOST), str(MOST - 1)}
    assert first["row"] == 2 and first["failing_rows"] == 2
    assert data["heights"] == {"count": 8, "values": 8}
    assert str(MOST - 1) in {value for each in data["imbalances"] for value in each["values"]}


def test_an_imbalance_is_exact(capsys):
    code, data = printed(capsys, "check", NAME, "--fault", "count", "--json", "--mutate", "40")
    assert code == 1
    found = data["imbalances"][0]
    assert found["values"] == [str(MOST)] and found["surplus"] == "1"
    assert {touch["count"] for touch in found["touches"]} == {"1", "7"}
    assert data["unbalanced"] == {"count": 1}


def test_a_free_cell_is_exact(capsys):
    code, data = printed(capsys, "check", NAME, "--json", "--mutate", "200")
    cells = [cell for column in data["mutations"]["free"] for cell in column["examples"]]
    assert code == 1 and cells
    assert all(isinstance(cell["old"], str) and isinstance(cell["row"], int) for cell in cells)
    assert all(isinstance(number, int) for number in data["rank"]["rows"].values())


def test_exact_leaves_what_is_no_integer():
    assert exact([1, True, None, 0.5, "1", (2,), {"a": -(2**70)}]) == [
        "1", True, None, 0.5, "1", ["2"], {"a": str(-(2**70))},
    ]  # fmt: skip
