"""The network: other scores need another image, whatever the forger does to its integers."""

from __future__ import annotations

import numpy as np
import pytest
from forgery_support import Forgery, case_of, round_trip

import cstark as cs
from cstark.gadgets import RangeTable
from cstark.machines.network import (
    B1,
    B2,
    HIDDEN,
    PIXELS,
    REST,
    SUM,
    VALUE,
    W1,
    W2,
    Images,
    Network,
    forward,
)

ROWS = 8


def plain(pixels: list[int]) -> list[int]:
    """The network in Python's integers, one product at a time."""
    hidden = []
    for weights, bias in zip(W1.tolist(), B1.tolist(), strict=True):
        total = bias + sum(w * x for w, x in zip(weights, pixels, strict=True))
        hidden.append(total // 128 if total > 0 else 0)
    return [
        bias + sum(w * h for w, h in zip(weights, hidden, strict=True))
        for weights, bias in zip(W2.tolist(), B2.tolist(), strict=True)
    ]


@pytest.mark.parametrize("log_rows", [3, 5])
def test_round_trip(log_rows):
    pixels = np.random.default_rng(4).integers(0, 256, (1 << log_rows, PIXELS))
    scores = [plain(image) for image in pixels.tolist()]
    assert round_trip(Network(log_rows=log_rows, seed=4)) == {"scores": scores}
    assert len({score < 0 for row in scores for score in row}) == 2, "both signs occur"


def test_sums_stay_in_the_range_that_is_split():
    most = np.abs(W1).sum(axis=1).max() * 255 + np.abs(B1).max()
    assert most < SUM and np.abs(np.concatenate([W1, W2])).max() < 128
    black, white = np.zeros((1, PIXELS), dtype=int), np.full((1, PIXELS), 255)
    for image in (black, white):
        assert forward(image)[1].tolist() == [plain(image[0].tolist())]


def images():
    return case_of(Network(log_rows=3, seed=4))


def finish(case, traces):
    """Scores as the row has them, tokens that receive them, and counts of what is a byte."""
    cells = Images(ROWS).view(traces["images"])
    numbers = (cells.value.astype(object) * [1, 256]).sum(axis=2)
    scores = ((cells.positive.astype(object) * numbers) @ W2.T + B2) % cs.P
    cells.scores = scores.astype(np.uint64)
    sent = np.concatenate([
        cells.pixels.reshape(-1), VALUE.sent(cells.value), REST.sent(cells.rest),
    ])  # fmt: skip
    traces["range"] = RangeTable(8).trace(sent[sent < 256])
    tokens = [cs.Receive("scores", [k, *row]) for k, row in enumerate(scores.tolist())]
    return {"traces": traces, "tokens": tokens}


def forged(case, given, *culprits, bus=""):
    """Where the lookups are taken out, nothing is counted."""
    repaired = {"range": RangeTable(8).zeros()} if bus else None
    case.forged(given["traces"], *culprits, bus=bus, tokens=given["tokens"], repaired=repaired)


def test_another_score_in_the_claim():
    false = Forgery(Network(log_rows=3, seed=4))
    false.claim["scores"][7][0] += 1
    false.refused("bus scores")


def test_a_row_that_sends_what_it_did_not_compute():
    case = images()
    traces = case.traces()
    Images(ROWS).view(traces["images"]).scores[2, 1] = 5
    tokens = list(case.tokens)
    values = list(tokens[2].values)
    values[2] = 5
    tokens[2] = cs.Receive("scores", values)
    case.forged(traces, "scores", tokens=tokens)


def test_a_negative_sum_passed_off_as_positive():
    case = images()
    traces = case.traces()
    cells = Images(ROWS).view(traces["images"])
    row, neuron = np.argwhere(cells.positive == 0)[0]
    cells.positive[row, neuron] = 1
    forged(case, finish(case, traces), "split")


def test_a_flag_that_is_a_half():
    """value and rest as they please, positive = 1 + (s - 2^7 value - rest) / 2^20."""
    case = images()
    traces = case.traces()
    cells = Images(ROWS).view(traces["images"])
    row, neuron = 3, 5
    total = int(forward(cells.pixels[row : row + 1].astype(np.int64))[0][0, neuron])
    cells.value[row, neuron] = VALUE.split(100)
    cells.rest[row, neuron] = 0
    cells.positive[row, neuron] = (1 + (total - 12800) * pow(SUM, -1, cs.P)) % cs.P
    given = finish(case, traces)
    case.forged(given["traces"], "a flag", tokens=given["tokens"])


@pytest.mark.parametrize("column", ["value", "rest"])
def test_numbers_without_a_size(column):
    """The sum holds, with a part that is too large for its bits."""
    case = images()
    traces = case.traces()
    cells = Images(ROWS).view(traces["images"])
    row, neuron = np.argwhere(cells.positive == 1)[0]
    if column == "value":  # 2^13 values are SUM: a negative sum's split, with another flag
        row, neuron = np.argwhere(cells.positive == 0)[0]
        cells.positive[row, neuron] = 1
        cells.value[row, neuron, 1] = int(cells.value[row, neuron, 1]) - 32 + cs.P
    else:
        cells.value[row, neuron] = VALUE.split(0)
        total = int(forward(cells.pixels[row : row + 1].astype(np.int64))[0][0, neuron])
        cells.rest[row, neuron, 0] = total
    forged(case, finish(case, traces), "limb", "highest limb", bus="range")


def test_a_pixel_that_is_no_byte():
    case = images()
    pixels = np.random.default_rng(4).integers(0, 256, (ROWS, PIXELS))
    pixels[0, 0] = 256
    sums, _ = forward(pixels)
    assert abs(sums).max() < SUM
    traces = case.traces()
    cells = Images(ROWS).view(traces["images"])
    cells.pixels, cells.positive = pixels, sums >= 0
    cells.value, cells.rest = VALUE.split(sums % SUM >> 7), REST.split(sums % 128)
    forged(case, finish(case, traces), "limb", "highest limb", bus="range")


def test_the_rank_test_finds_a_missing_equation():
    class Loose(Images):
        def constrain(self, t):
            super().constrain(t)
            t._equations[:] = [one for one in t._equations if one.name.partition("[")[0] != "split"]

    case = images()
    machine = cs.Machine({**case.tables, "images": Loose(ROWS)})
    report = machine.check(case.honest, tokens=case.tokens, mutate=500)
    assert report.valid and not report
    assert len({n for one in report.rank.undetermined for n in one.columns}) >= HIDDEN


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[0] * 4] * 9, "the number of claim.scores is 9"),
        ([[0] * 4] * 7 + [[0] * 3], r"claim.scores\[7\] is not a list of 4"),
        ([[0] * 4] * 7 + ["0000"], r"claim.scores\[7\] is not a list of 4"),
        ([[0] * 4] * 7 + [[0, 0, 0, 1 << 32]], r"claim.scores\[7\] has no integers"),
        ([[0] * 4] * 7 + [[0, 0, 0, True]], r"claim.scores\[7\] has no integers"),
    ],
)
def test_senseless_claims_are_refused(scores, message):
    with pytest.raises(cs.StatementError, match=message):
        Network.read_statement({"scores": scores})
