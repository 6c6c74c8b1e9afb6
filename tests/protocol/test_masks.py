"""Every mask is there, has as many coefficients as it needs, and is never used twice."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import cstark as cs
from cstark import field
from cstark.field import P
from cstark.protocol import columns as columns_module
from cstark.protocol import prover as prover_module
from cstark.protocol.hiding import chunk_mask_length, mask_length
from cstark.protocol.layout import Layout
from cstark.protocol.masked import quotient_factors, sum_mask_column
from cstark.protocol.masks import Masks
from cstark.protocol.policy import Policy
from cstark.protocol.verifier import Verifier
from tests.attacks.toolkit import changed
from tests.oracles import zoo
from tests.oracles.forging import forgiving, prover_for
from tests.oracles.programmed import programmed
from tests.oracles.shown import shown_by

SEED = bytes(32)


class Subject:
    """A machine with masks, and what it proves.

    Tables with messages, of different heights, preprocessed columns, degrees 2 and 3.
    """

    def __init__(self, log_rows, tall, case=None):
        self.case = case or zoo.together(
            zoo.lookup(3, log_rows, log_rows - 1, tokens=True), zoo.cubic(log_rows - 1)
        )
        self.machine = self.case.machine(zk=True, queries=6, blowup=4, tall=tall)
        self.log_rows = log_rows

    def prove(self, **settings):
        return self.case.prove(self.machine, **settings)


SHORT, TALL = Subject(5, False), Subject(8, True)
SUBJECTS = {"short": SHORT, "tall": TALL, "both": Subject(6, True)}  # of the last, one is tall


@pytest.fixture(params=SUBJECTS)
def subject(request):
    return SUBJECTS[request.param]


def test_subjects_are_what_their_names_say():
    tall = {
        name: [q.tall for q in Layout(s.machine.verifying_key(), heights(s)).quotients]
        for name, s in SUBJECTS.items()
    }
    assert tall == {"short": [False], "tall": [True, True], "both": [True]}


def verified(proof, subject):
    """A verifier that has accepted the proof: it knows all that the proof shows."""
    key, made = subject.machine.verifying_key(), subject.case
    verifier = Verifier.begin(key, proof, made.publics, made.tokens, None)
    verifier.verify(Policy.of(key, 0, "best", None))
    return verifier


def shown(proof, subject):
    """What a proof shows, by name."""
    verifier = verified(proof, subject)
    items = {f"sum of {t}": np.array(value) for t, value in verifier.sums.items()}
    for groups in verifier.layout.groups.values():
        for group in groups:
            matrix = verifier.layout.trees[group.tree].matrices[group.matrix]
            name = f"openings {matrix.tree} {matrix.table} {matrix.chunk} {group.next}"
            values = verifier.openings[group.start : group.start + len(group.columns)]
            items[name] = np.array(values)
    for tree in verifier.trees:
        for matrix, rows in zip(tree.shape.matrices, tree.rows, strict=True):
            items[f"rows {matrix.tree} {matrix.table} {matrix.chunk} {matrix.log_height}"] = rows
        if tree.salts is not None:
            items[f"salts {tree.shape.name}"] = tree.salts
    items["final"] = verifier.final
    return items


class OneKind(Masks):
    """The same words in every proof, but those whose label begins as it is told."""

    varied = "nothing"
    number = 0

    def stream(self, state, label):
        number = self.number if label.startswith(self.varied) else 0
        return super().stream(bytes([number]) * 32, label)


def differing(label, subject):
    """Names of what differs in two proofs of equal challenges, and masks equal but for a kind."""
    label = label.replace("top", str(subject.log_rows))
    found = []
    with programmed(), changed(prover_module, "Masks", OneKind):
        for number in (0, 1):
            OneKind.varied, OneKind.number = label, number
            found.append(shown(subject.prove(insecure_seed=SEED), subject))
    first, second = found
    return {name for name in first if not np.array_equal(first[name], second[name])}


# What must differ when the masks of a kind do: all columns of the item, and in every word.
KINDS = {
    "main of table 0": ("openings main 0 0 False", "rows main 0 0"),
    "lookup of table 1": ("openings lookup 1 0 False", "openings lookup 1 0 True"),
    "sums": ("sum of 0", "sum of 1"),
    "chunk 0 of top": ("openings quotient 0 0 False", "rows quotient 0 0"),
    "chunk 1 of top": ("openings quotient 0 1 False", "openings quotient 0 2 False"),
    "word of": ("final", "rows quotient 0 -1"),
    "salts of main": ("salts main",),
    "salts of lookup": ("salts lookup",),
    "salts of quotient": ("salts quotient",),
}  # fmt: skip


@pytest.mark.parametrize("label", KINDS)
def test_what_a_mask_hides_changes_with_it(label, subject):
    names = differing(label, subject)
    if label == "chunk 1 of top" and subject is SHORT:  # the last of two pieces has none
        assert not names
        return
    for wanted in KINDS[label]:
        assert any(name.startswith(wanted) for name in names), (wanted, sorted(names))


def test_without_other_masks_nothing_else_changes(subject):
    """The test above would notice if it looked at what changes anyhow."""
    assert differing("no such mask", subject) == set()
    assert differing("salts of main", subject) == {"salts main"}


def without_columns(tree):
    before = columns_module.column_masks

    def none(masks, state, shape, queries):
        return before(Zeros() if shape.tree == tree else masks, state, shape, queries)

    return changed(columns_module, "column_masks", none)


class Zeros:
    """Masks that are none."""

    def elements(self, state, label, *shape, out=None):
        found = np.zeros(shape, dtype=np.uint64) if out is None else out
        found.fill(0)
        return found

    def fill(self, out, first=0):
        out.fill(0)

    def pairs_at(self, numbers):
        return np.zeros((len(numbers), 2), dtype=np.uint64)


def without_chunks():
    before = columns_module.chunk_masks
    return changed(columns_module, "chunk_masks", lambda masks, *rest: before(Zeros(), *rest))


def without_words():
    before = columns_module.word_of_masks
    return changed(columns_module, "word_of_masks", lambda masks, *rest: before(Zeros(), *rest))


def without_sums():
    def none(self):
        self.sum_masks = dict.fromkeys(self.layout.hidden_sums, field.ZERO)

    return changed(columns_module.ColumnMaker, "_draw_sum_masks", none)


def without_salts():
    return changed(columns_module.ColumnMaker, "_salts", lambda self, shape: Zeros())


LEFT_OUT = {
    "main of table 0": lambda: without_columns("main"),
    "lookup of table 1": lambda: without_columns("lookup"),
    "sums": without_sums,
    "chunk 0 of top": without_chunks,
    "chunk 1 of top": without_chunks,
    "word of": without_words,
    "salts of main": without_salts,
    "salts of lookup": without_salts,
    "salts of quotient": without_salts,
}


@pytest.mark.parametrize("label", LEFT_OUT)
def test_a_prover_that_leaves_a_mask_out_is_noticed(label, subject):
    """Its proofs are accepted: no verifier can tell. What the mask hides does not change, then."""
    with LEFT_OUT[label]():
        names = differing(label, subject)
    assert not names, sorted(names)


# ---- counts --------------------------------------------------------------------------------


def coordinates(rows):
    """Equations over F, of elements, as equations over F_p: each coordinate."""
    return [[value[k] for value in row] for row in rows for k in range(3)]


def powers(point, count):
    row = [field.ONE]
    for _ in range(1, count):
        row.append(field.mul(row[-1], point))
    return row


def visible(verifier, log_height, log_rows, machine):
    """Positions of a code height, as points of the base field, and of their next rows."""
    (tree,) = (tree for tree in verifier.trees if tree.shape.name == "main")
    code = machine.proving_key.domain(log_height)
    step = field.base_root(log_rows)
    points = []
    for position in tree.positions[log_height].tolist():
        coset, row = divmod(position, 1 << log_height)
        points.append(code.shifts[coset] * pow(code.generator, row, P) % P)
    return points, sorted({x * step % P for x in points} | set(points))


@pytest.mark.parametrize("place", range(2))
def test_masks_of_columns_have_full_rank_at_what_a_proof_shows(place, subject):
    """And h coefficients are needed for so many different points: one less does not do."""
    verifier = verified(subject.prove(), subject)
    layout = verifier.layout
    log_rows, log_height = sorted(set(zip(layout.log_heights, layout.code_heights, strict=True)))[
        -1 - place
    ]
    _, points = visible(verifier, log_height, log_rows, subject.machine)
    following = field.scale(verifier.zeta, field.base_root(log_rows))
    n, h = 1 << log_rows, mask_length(subject.machine.resolved.queries)

    def matrix(count):
        rows = []
        for x in points:
            scale = pow(x, n, P) - 1
            rows.append([scale * pow(x, i, P) % P for i in range(count)])
        for point in (verifier.zeta, following):
            scale = field.sub(field.power(point, n), field.ONE)
            rows += coordinates([[field.mul(scale, value) for value in powers(point, count)]])
        return rows

    seen = len(points) + 6
    assert seen <= h
    assert base_rank(matrix(h)) == seen
    assert base_rank(matrix(seen)) == seen
    assert base_rank(matrix(seen - 1)) == seen - 1  # which leaves a relation between what is shown


@pytest.mark.parametrize("place", range(2))
def test_masks_of_chunks_have_full_rank_at_what_a_proof_shows(place, subject):
    """All chunks and the remainder together show Q and, besides it, k values at each point."""
    verifier = verified(subject.prove(), subject)
    quotient = verifier.layout.quotients[place % len(verifier.layout.quotients)]
    points, _ = visible(verifier, quotient.log_height, quotient.log_rows, subject.machine)
    count = chunk_mask_length(subject.machine.resolved.queries)
    assert len(points) + 1 <= count
    if quotient.pieces:
        shown = [*((x, 0, 0) for x in points), verifier.zeta]
        rank = (quotient.pieces - 1) * len(shown)
        assert rank
        assert extension_rank(masks_of_pieces(quotient, shown, count)) == rank
        assert extension_rank(masks_of_pieces(quotient, shown, len(points))) < rank
        return
    code = subject.machine.proving_key.domain(quotient.log_height)
    n, k = 1 << quotient.log_rows, quotient.chunks
    shifts = []
    for j in range(k):
        coset, step = quotient.place(j)
        shifts.append(code.shifts[coset] * pow(code.generator, step, P) % P)
    ends = [pow(shift, n, P) for shift in shifts]
    weights = [
        pow(int(np.prod([ends[j] - e for e in ends if e != ends[j]], dtype=object)) % P, -1, P)
        for j in range(k)
    ]

    def matrix(count):
        rows = []
        for point in [*((x, 0, 0) for x in points), verifier.zeta]:
            here, power = powers(point, count), field.power(point, n)
            for j in range(k):  # chunk j: (X^N - s_j^N) t_j
                scale = field.sub(power, (ends[j], 0, 0))
                rows.append(
                    [field.mul(scale, v) if i == j else field.ZERO for i in range(k) for v in here]
                )
            rows.append([field.scale(v, P - weights[i]) for i in range(k) for v in here])
        return rows

    lagrange, vanishing = quotient_factors(quotient, code, verifier.zeta)
    assert len(lagrange) == k and vanishing != field.ZERO
    assert extension_rank(matrix(count)) == k * (len(points) + 1)
    assert extension_rank(matrix(len(points))) < k * (len(points) + 1)


def masks_of_pieces(quotient, points, count):
    """What pieces have at points of masks of so many coefficients: X^T t_i - t_(i - 1)."""
    rows, masks = [], quotient.pieces - 1
    for point in points:
        here, power = powers(point, count), field.power(point, quotient.stride)
        for i in range(quotient.pieces):
            row = [field.ZERO] * (masks * count)
            if i < masks:
                row[i * count : (i + 1) * count] = [field.mul(power, v) for v in here]
            if i:
                row[(i - 1) * count : i * count] = [field.neg(v) for v in here]
            rows.append(row)
    return rows


@pytest.mark.parametrize("log_rows", [3, 4, 9, 16])
def test_a_column_has_any_mask_of_a_sum(log_rows):
    """The map from three rows of u to mu, by coordinates, has full rank; and is inverted so."""
    g, random = field.base_root(log_rows), np.random.default_rng(log_rows)
    matrix = [[pow(g, row * k, P) for row in range(3)] for k in range(3)]
    assert base_rank(matrix) == 3
    masks = random.integers(0, P, (20, 3), dtype=np.uint64).tolist()
    for mask in [*masks, [0, 0, 0], [0, 1, 0], [P - 1, 0, 0]]:
        column = sum_mask_column(tuple(mask), log_rows).tolist()
        found = field.ZERO
        for row, value in enumerate(column):
            point = pow(g, row, P)
            found = field.add(found, field.scale((1, point, point * point % P), value))
        assert list(found) == mask
        assert (not any(column)) == (not any(mask))


def base_rank(rows):
    """Rank of a matrix over F_p."""
    return extension_rank([[field.lift(value) for value in row] for row in rows])


def extension_rank(rows):
    """Rank of a matrix over F."""
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((r for r in range(found, len(rows)) if rows[r][column] != field.ZERO), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        scale = field.inverse(rows[found][column])
        for r in range(found + 1, len(rows)):
            if rows[r][column] != field.ZERO:
                factor = field.mul(rows[r][column], scale)
                rows[r] = [
                    field.sub(a, field.mul(factor, b))
                    for a, b in zip(rows[r], rows[found], strict=True)
                ]
        found += 1
    return found


PAIRS = Subject(5, False, zoo.together(zoo.ring(5), zoo.lookup(3, 5, 4)))


@pytest.mark.parametrize("name", [*SUBJECTS, "pairs of messages"])
def test_degrees_are_those_said(name):
    """The committed polynomials have the degrees of the page.

    They reach them where an accumulator has the highest degree: else the 2 that the mask of its sum
    adds, or the 1 that a transition adds, is not there.
    """
    subject = SUBJECTS.get(name, PAIRS)
    loose = 2 * (subject is not PAIRS)
    machine, case = subject.machine, subject.case
    kept = {}

    class Keeping(forgiving(prover_module.Prover)):
        def round_3_quotient(self):
            super().round_3_quotient()
            kept.update(self.commitments)

    prover_for(machine, case.traces, case.publics, case.tokens, kind=Keeping).prove()
    s, layout = machine.resolved.queries, Layout(machine.verifying_key(), heights(subject))
    h, reached = mask_length(s), False
    for name in ("main", "lookup", "quotient"):
        for shape, matrix in zip(kept[name].shape.matrices, kept[name].matrices, strict=True):
            degree = degree_of(matrix, machine.resolved.blowup)
            rows = 1 << shape.log_rows
            if name != "quotient":
                assert degree == rows + h - 1
            elif shape.is_mask:
                assert degree == layout.word_dimension - 1
            else:
                quotient = layout.quotient_of(shape)
                d = max(machine.verifying_key().tables[t].degree for t in quotient.tables)
                last = shape.chunk == quotient.columns - 1
                expected = d * (h - 1) + 2 if last else rows + s
                if quotient.pieces:
                    before = (quotient.pieces - 1) * quotient.stride
                    expected = expected + (d - 1) * rows - before if last else quotient.stride + s
                assert degree <= expected
                assert degree < layout.dimensions[shape.log_height]
                reached |= last and degree >= expected - loose
    assert reached  # preprocessed columns add no masks


def degree_of(matrix, blowup):
    """Of the polynomials of a matrix, from its values on all points of the code."""
    cosets = np.stack([matrix.coset(q) for q in range(blowup)], axis=1)  # by (i, q)
    values = np.ascontiguousarray(cosets.reshape(-1, matrix.width))
    return int(np.flatnonzero(cs.fft.intt(values).any(axis=1))[-1])


def heights(subject):
    return [len(trace).bit_length() - 1 for trace in subject.case.traces.values()]


# ---- once ----------------------------------------------------------------------------------


def fresh(machine):
    return SHORT.case.prove(machine).to_bytes()


def alone(proofs, subject=SHORT):
    """Each proof shares nothing with any other."""
    found = [shown_by(verified(proof, subject)) for proof in proofs]
    total = set().union(*found)
    assert len(total) == sum(map(len, found))
    assert len({bytes(p) for p in proofs}) == len(proofs)


def test_two_proofs_have_nothing_in_common(subject):
    alone([subject.prove().to_bytes() for _ in range(2)], subject)


def test_threads_and_copies():
    copies = [
        SHORT.machine,
        pickle.loads(pickle.dumps(SHORT.machine)),
        pickle.loads(pickle.dumps(SHORT.machine)),
    ]
    with ThreadPoolExecutor(3) as threads:
        alone(list(threads.map(fresh, copies)))


def fork_worker(pipe, machine):
    pipe.send(fresh(machine))
    pipe.close()


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="there is no fork")
def test_forked_workers():
    """They have the same memory: no secret is in it before a proof is begun."""
    fresh(SHORT.machine)
    context = multiprocessing.get_context("fork")
    proofs = []
    for _ in range(2):
        receiving, sending = context.Pipe(False)
        worker = context.Process(target=fork_worker, args=(sending, SHORT.machine))
        worker.start()
        proofs.append(receiving.recv())
        worker.join()
    alone([*proofs, fresh(SHORT.machine)])


def test_equal_seeds_give_equal_proofs_and_masks_follow_the_statement(subject):
    """Even then: another claim, other masks."""
    first, again = (subject.prove(insecure_seed=SEED) for _ in range(2))
    assert first == again
    other = subject.prove(insecure_seed=SEED, claim=b"{}")
    assert not shown_by(verified(first, subject)) & shown_by(verified(other, subject))


def test_a_secret_goes_nowhere():
    masks = Masks(bytes(range(32)))
    with pytest.raises(TypeError, match="not to be copied"):
        pickle.dumps(masks)
    assert repr(masks) == "<Masks>"
    proof = SHORT.case.prove(SHORT.machine, insecure_seed=bytes(range(32)))
    assert bytes(range(32)) not in proof.to_bytes()
    assert bytes(range(32)).hex() not in str(proof.report) + repr(proof.report.to_dict())


@pytest.mark.parametrize("seed", [b"", b"short", "0" * 32, 7, bytes(33)])
def test_seeds_that_are_none(seed):
    with pytest.raises(cs.OptionsError, match="insecure_seed"):
        SHORT.case.prove(SHORT.machine, insecure_seed=seed)


def test_a_seed_where_nothing_is_hidden():
    with pytest.raises(cs.OptionsError, match=r"insecure_seed: of use only with Options\(zk=True"):
        SHORT.case.prove(SHORT.case.machine(queries=5), insecure_seed=SEED)
