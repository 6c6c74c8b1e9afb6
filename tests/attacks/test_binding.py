"""Items that the transcript does not absorb, and what a prover then makes of them.

`deaf_to(label)` is the protocol whose transcript, on both sides, passes one item over: the prover
knows the challenge before it has to decide on the item. The item is then chosen so that the
equation holds that the challenge was to make unlikely.
"""

from __future__ import annotations

import numpy as np
import pytest

import cstark as cs
from cstark import Reason, field
from cstark.protocol import fri
from cstark.protocol.fri import FriProver
from cstark.protocol.lookup import build_lookups
from cstark.protocol.statement import token_sum
from cstark.protocol.transcript import Transcript
from tests.attacks import false_statements
from tests.attacks.linear import solve
from tests.attacks.solving import solve_layers
from tests.attacks.toolkit import (
    BoldLiar,
    CheatingProver,
    Liar,
    P,
    Statement,
    changed,
    deaf_to,
    forge,
    show,
    stated,
)
from tests.oracles import zoo

# A proof made for the deaf protocol meets other challenges in the real one; what refuses it there
# is whatever is compared first.
ANY = (Reason.CONSTRAINTS, Reason.BUS_SUM, Reason.FORMAT, Reason.FINAL_POLYNOMIAL, Reason.MERKLE,
       Reason.FRI)  # fmt: skip
OPTIONS = {"queries": 6, "grinding": 0, "max_log_height": 8}


# ---- the statement -------------------------------------------------------------------------


class Ends(cs.Air):
    """Four columns that do not change; what they are is public."""

    columns = {"x": (4,)}

    def __init__(self, *constants: int) -> None:
        self.constants = constants
        self.publics = () if constants else {"start": (4,)}

    def constrain(self, t):
        for k in range(4):
            wanted = self.constants[k] if self.constants else t.publics.start[k]
            t.first_row.equal(t.now.x[k], wanted)
            t.transition.equal(t.next.x[k], t.now.x[k])


def ends_trace():
    return {"ends": np.tile(np.array([3, 1, 4, 1], dtype=np.uint64), (8, 1))}


class KeepsBeta(CheatingProver):
    """Leaves beta where the test finds it."""

    found: list = []

    def round_3_quotient(self):
        super().round_3_quotient()
        self.found.append(self.beta)


def shift_unseen(beta):
    """Changes d_k of four constants that the combined constraints do not notice.

    They enter as sum_k beta^(2k) d_k, with d_k in F_p: three equations for four unknowns.
    """
    rows = [field.power(beta, 2 * k) for k in range(4)]
    # d_3 = 1: sum_(k < 3) beta^(2k) d_k = -beta^6
    shift = [*solve(rows[:3], field.neg(rows[3])), 1]
    assert any(shift)
    return shift


def test_publics_not_absorbed():
    """Frozen Heart: public values chosen after the proof."""
    machine = cs.Machine({"ends": Ends()}, cs.Options(**OPTIONS))
    true = Statement(machine, {"ends": [3, 1, 4, 1]})
    honest = machine.prove(ends_trace(), true.publics)
    with deaf_to("publics"):
        KeepsBeta.found = []
        forged = forge(KeepsBeta, true, ends_trace())
    shift = shift_unseen(KeepsBeta.found[0])
    publics = [(v + d) % P for v, d in zip([3, 1, 4, 1], shift, strict=True)]
    false = true.but(publics={"ends": publics})
    assert not machine.check(ends_trace(), false.publics)
    show(true, honest, false, forged, ANY, deaf_to("publics"))


def test_key_not_absorbed():
    """A machine chosen after the proof: its constants are what the prover needs them to be."""
    true = Statement(cs.Machine({"ends": Ends(3, 1, 4, 1)}, cs.Options(**OPTIONS)))
    honest = true.machine.prove(ends_trace())
    with deaf_to("key"):
        KeepsBeta.found = []
        forged = forge(KeepsBeta, true, ends_trace())
    shift = shift_unseen(KeepsBeta.found[0])
    constants = [(v + d) % P for v, d in zip([3, 1, 4, 1], shift, strict=True)]
    false = Statement(cs.Machine({"ends": Ends(*constants)}, cs.Options(**OPTIONS)))
    assert not false.machine.check(ends_trace())
    show(true, honest, false, forged, ANY, deaf_to("key"))


class AnyTokens(CheatingProver):
    """Finds counts of three made-up messages that cancel the sum; the statement follows."""

    found: list = []

    def round_2_lookup(self):
        super().round_2_lookup()
        target = field.ZERO
        for value in self.sums.values():
            target = field.sub(target, value)
        rows = []
        for message in ([7, 700], [8, 800], [9, 900]):
            print_ = field.sub(self.z, (1, 0, 0))
            print_ = field.sub(print_, field.scale(self.alpha, message[0]))
            print_ = field.sub(print_, field.scale(field.square(self.alpha), message[1]))
            rows.append(field.inverse(print_))
        self.found.append(solve(rows, target))


def test_tokens_not_absorbed():
    pair = false_statements.lookup()
    honest, true = pair.honest(), pair.true
    wrong = {name: trace.copy() for name, trace in pair.traces.items()}
    number = 0
    while True:  # until the counts are small enough not to be refused for wrapping around
        number += 1
        wrong["range"][0, 0] += np.uint64(1)
        with deaf_to("tokens"):
            AnyTokens.found = []
            forged = forge(AnyTokens, true, wrong)
        counts = AnyTokens.found[0]
        if sum(min(c, P - c) for c in counts) < P - 4096:
            break
    tokens = tuple(
        cs.Send("range", message, count)
        if count < P // 2
        else cs.Receive("range", message, P - count)
        for message, count in zip(([7, 700], [8, 800], [9, 900]), counts, strict=True)
    )
    false = true.but(tokens=tokens)
    assert not true.machine.check(wrong, tokens=tokens)
    show(true, honest, false, forged, ANY, deaf_to("tokens"))


def test_claim_not_absorbed():
    """The claim in the file could be exchanged."""
    pair = false_statements.fibonacci()
    true = pair.true
    honest = true.machine.prove(pair.traces, true.publics, claim=b"A")
    with deaf_to("claim"):
        made = true.machine.prove(pair.traces, true.publics, claim=b"A")
        forged = cs.Proof(made.options, made.log_heights, b"B", made.body)
    false = true.but(claim=b"B")
    show(true.but(claim=b"A"), honest, false, forged, ANY, deaf_to("claim"))


@pytest.mark.parametrize("label", ["protocol", "options", "log heights"])
def test_other_parts_of_the_statement(label):
    """A proof of one statement is no proof of another that differs in this item alone.

    What differs is made by a prover whose transcript hears something else.
    """
    pair = false_statements.fibonacci()
    honest = pair.honest()

    class Mishears(CheatingProver):
        def round_0_statement(self):
            absorb = self.transcript.absorb
            self.transcript.absorb = lambda name, data: absorb(
                name, data + b"\0" if name == label else data
            )
            super().round_0_statement()

    forged = forge(Mishears, pair.true, pair.traces)
    show(pair.true, honest, pair.true, forged, ANY, mishearing(label))


def mishearing(label):
    honest = Transcript.absorb

    def absorb(self, name, data):
        honest(self, name, data + b"\0" if name == label else data)

    return changed(Transcript, "absorb", absorb)


# ---- commitments ---------------------------------------------------------------------------


class LateCounts(CheatingProver):
    """Commits to the main columns after it has seen z and alpha.

    Three counts of the range table, in F_p, are chosen so that the sum vanishes: its messages may
    be anything.
    """

    def round_1_main(self):
        self.z = self.transcript.extension("z")
        self.alpha = self.transcript.extension("alpha")
        _, sums = build_lookups(self.proving_key, self.instance, self.traces, self.z, self.alpha)
        target = token_sum(self.key, self.instance, self.z, self.alpha)
        for value in sums.values():
            target = field.add(target, value)
        rows = []
        for v in range(3):  # what one more count of the pair (v, v + 1) takes away
            print_ = field.sub(self.z, (1, 0, 0))
            print_ = field.sub(print_, field.scale(self.alpha, v))
            print_ = field.sub(print_, field.scale(field.square(self.alpha), v + 1))
            rows.append(field.inverse(print_))
        table = self.key.names.index("range")
        counts = self.traces[table] = self.traces[table].copy()
        for v, step in enumerate(solve(rows, target)):
            counts[v, 0] = (int(counts[v, 0]) + step) % P
        self._commit("main", dict(enumerate(self.traces)))


@pytest.mark.parametrize("lanes", [1, 3])
def test_main_root_not_absorbed(lanes):
    pair = false_statements.lookup(lanes)
    with deaf_to("main root"):
        forged = forge(LateCounts, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, ANY, deaf_to("main root"))


class LateColumns(CheatingProver):
    """Commits to the lookup columns after it has seen beta.

    Only the combination of the two lookup constraints of the sender has to vanish on each row:
    beta^a (c D1 - N1) + beta^(a + 1) ((A' - A + L/N - c) D2 - N2) = 0. The pair column c moves by
    d on row 0; so A' moves by d (1 - D1 / (beta D2)), and d is chosen to reach the stated sum.
    """

    def round_2_lookup(self):
        columns, self.sums = build_lookups(
            self.proving_key, self.instance, self.traces, self.z, self.alpha
        )
        total = token_sum(self.key, self.instance, self.z, self.alpha)
        for value in self.sums.values():
            total = field.add(total, value)
        table = self.key.names.index("sender")
        missing = field.neg(total)
        self.sums[table] = field.add(self.sums[table], missing)
        self.stream.write("table sums", np.array(list(self.sums.values()), dtype="<u8").tobytes())
        self.beta = self.transcript.extension("beta")

        matrix, rows = columns[table], len(self.traces[table])
        trace = self.traces[table]
        one, two = self.denominators(trace[0])
        rate = field.sub(field.ONE, field.mul(one, field.inverse(field.mul(self.beta, two))))
        step = field.mul(missing, field.inverse(rate))
        matrix[0, :3] = field.add(tuple(matrix[0, :3].tolist()), step)
        # A on row i > 0: what row 0 added, less i times what is stated to be added on each row
        share = field.scale(missing, pow(rows, -1, P))
        for i in range(1, rows):
            moved = field.sub(field.mul(step, rate), field.scale(share, i))
            matrix[i, 3:6] = field.add(tuple(matrix[i, 3:6].tolist()), moved)
        self._commit("lookup", columns)
        self.stream.items[-2:] = self.stream.items[
            :-3:-1
        ]  # in the file the root stands before the sums

    def denominators(self, row):
        """D1 of the pair (lanes 0, 1) and D2 of the absorbed lane 2, on a row."""
        prints = []
        for lane in range(3):
            value = int(row[lane])
            print_ = field.sub(self.z, (1, 0, 0))
            print_ = field.sub(print_, field.scale(self.alpha, value))
            prints.append(field.sub(print_, field.scale(field.square(self.alpha), value + 1)))
        return field.mul(prints[0], prints[1]), prints[2]


def test_lookup_root_not_absorbed():
    pair = false_statements.lookup(3)
    with deaf_to("lookup root"):
        forged = forge(LateColumns, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, ANY, deaf_to("lookup root"))


class LateSums(CheatingProver):
    """States the table sums after it has seen zeta, as the values of a polynomial there.

    L is the same on all rows only because it is a number. Let it be a polynomial L(X): the
    accumulator still closes when its mean over the trace domain H is the true sum. The tables must
    have L1 = -L2, so the two means have to be S1 and -S2; over domains of different size the means
    of X^n differ: 1 over the n-th roots of unity, 0 over the 2n-th. So
    L1(X) = S1 - (S1 + S2) X^n has the means S1 and -S2, and both tables are consistent for every
    zeta. Then the numbers L1(zeta) and L2(zeta) are stated.
    """

    def round_2_lookup(self):
        columns, sums = build_lookups(
            self.proving_key, self.instance, self.traces, self.z, self.alpha
        )
        tall, short = sorted(sums, key=lambda table: -self.log_heights[table])
        assert self.log_heights[tall] == self.log_heights[short] + 1
        n = 1 << self.log_heights[short]
        self.height = n
        step = field.add(sums[tall], sums[short])
        self.coefficients = {
            tall: (sums[tall], field.neg(step)),
            short: (field.neg(sums[tall]), step),
        }
        for table, matrix in columns.items():
            rows = len(matrix)
            generator = self.proving_key.domain(self.log_heights[table]).generator
            share, moved = pow(rows, -1, P), field.ZERO
            last = self.accumulator(table)
            for i in range(rows):
                matrix[i, last : last + 3] = field.add(
                    tuple(matrix[i, last : last + 3].tolist()), moved
                )
                here = self.sum_at(table, (pow(generator, i, P), 0, 0))
                moved = field.add(moved, field.scale(field.sub(sums[table], here), share))
            assert moved == field.ZERO, "the accumulator closes"
        self._commit("lookup", columns)
        self.beta = self.transcript.extension("beta")
        self.sums = {}
        self.place = len(self.stream.items)

    def accumulator(self, table):
        return 3 * ((len(self.key.tables[table].interactions) + 1) // 2 - 1)

    def sum_at(self, table, x):
        constant, factor = self.coefficients[table]
        return field.add(constant, field.mul(factor, field.power(x, self.height)))

    def _quotient(self, table, coset):
        """Q is linear in L: Q(L) = Q(0) + L (Q(1) - Q(0)), point by point."""
        self.sums = {table: field.ZERO}
        none = super()._quotient(table, coset).copy()
        self.sums = {table: field.ONE}
        out = super()._quotient(table, coset)
        domain = self.proving_key.domain(self.log_heights[table])
        for i in range(domain.height):
            x = domain.shifts[coset] * pow(domain.generator, i, P) % P
            zero = tuple(none[i, :3].tolist())
            slope = field.sub(tuple(out[i, :3].tolist()), zero)
            out[i, :3] = field.add(zero, field.mul(slope, self.sum_at(table, (x, 0, 0))))
        return out

    def round_3_quotient(self):
        super().round_3_quotient()
        self.sums = {table: self.sum_at(table, self.zeta) for table in self.layout.lookup_tables()}
        self.stream.items.insert(
            self.place, np.array(list(self.sums.values()), dtype="<u8").tobytes()
        )


def test_table_sums_not_absorbed():
    """Known from two other systems, in 2025 and 2026."""
    pair = false_statements.lookup(1, 4, 3)
    unbalanced = {name: trace.copy() for name, trace in pair.traces.items()}
    unbalanced["range"][0, 0] += np.uint64(5)
    assert not pair.true.machine.check(unbalanced)
    with deaf_to("table sums"):
        forged = forge(LateSums, pair.true, unbalanced)
    show(pair.true, pair.honest(), pair.true, forged, ANY, deaf_to("table sums"))


class LateQuotient(CheatingProver):
    """Commits to the quotient after it has seen zeta: chunk 0 is the constant that is needed."""

    def round_3_quotient(self):
        self.zeta = self.transcript.extension_outside_base("zeta")
        zeros = {
            matrix: np.zeros((1 << matrix.log_height, 4), dtype=np.uint64)
            for matrix in self.layout.trees[self.layout.tree_index("quotient")].matrices
        }
        self._commit_quotient({(m.table, m.chunk): z.copy() for m, z in zeros.items()})
        self.stream.items.pop()
        self.openings = self._opened()
        needed = {
            table: field.mul(self.gap(table), field.inverse(self.chunk_weight(table, 0)))
            for table in range(len(self.key.tables))
        }
        chunks = {}
        for matrix in zeros:
            values = zeros[matrix]
            if matrix.chunk == 0:
                values[:, :3] = needed[matrix.table]
            chunks[matrix.table, matrix.chunk] = values
        self._commit_quotient(chunks)


@pytest.mark.parametrize("kind", ["fibonacci", "flag"])
def test_quotient_root_not_absorbed(kind):
    pair = getattr(false_statements, kind)()
    with deaf_to("quotient root"):
        forged = forge(LateQuotient, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, ANY, deaf_to("quotient root"))


# ---- openings and FRI ----------------------------------------------------------------------


class LateOpenings(CheatingProver):
    """Opens two chunks of the quotient to values off by d0 and d1, when gamma is known:
    what they add to the constraints is what is needed, what they add to the reduced word is 0."""

    def round_4_openings(self):
        self.openings = self._opened()
        self.gamma = self.transcript.extension("gamma")
        table = 0
        first, second = (self.opening_of("quotient", table, chunk=c) for c in (0, 1))
        w0, w1 = (self.chunk_weight(table, c) for c in (0, 1))
        # w0 d0 + w1 d1 = gap, gamma^first d0 + gamma^second d1 = 0
        ratio = field.neg(field.power(self.gamma, second - first))
        d1 = field.mul(self.gap(table), field.inverse(field.add(field.mul(w0, ratio), w1)))
        for number, step in ((first, field.mul(ratio, d1)), (second, d1)):
            self.openings[number] = field.add(self.openings[number], step)
        assert self.gap(table) == field.ZERO
        self.stream.write("openings", np.array(self.openings, dtype="<u8").tobytes())


def test_openings_not_absorbed():
    case = zoo.cubic(4)
    true = stated(case)
    honest = case.prove(true.machine)
    wrong = {"cubic": case.traces["cubic"].copy()}
    wrong["cubic"][3, 0] += np.uint64(1)
    assert not true.machine.check(wrong)
    with deaf_to("openings"):
        forged = forge(LateOpenings, true, wrong)
    show(true, honest, true, forged, ANY, deaf_to("openings"))


class LateFinal(BoldLiar):
    """Sends a final polynomial through what the positions, known by then, fold to."""

    def round_5_fri(self):
        super().round_5_fri()
        self.stream.items.pop()
        self.place = len(self.stream.items)

    def round_6_queries(self):
        honest_open = self.fri.open

        def open_then_fit(positions, write):
            self.stream.items.insert(self.place, self.fitted(positions).tobytes())
            honest_open(positions, write)

        self.fri.open = open_then_fit
        super().round_6_queries()

    def fitted(self, positions):
        """Coefficients through the last word's values at the positions, by Lagrange."""
        layout = self.layout
        log_height = layout.schedule.layers[-1]
        word = self.last_word
        coset = positions >> layout.log_max_height
        row = positions & ((1 << log_height) - 1)
        root = (
            self.proving_key.domain(log_height).shifts[1]
            * pow(self.key.options.coset_offset, -1, P)
            % P
        )
        known = {
            pow(root, q + layout.blowup * i, P): tuple(word[:, q, i].tolist())
            for q, i in zip(coset.tolist(), row.tolist(), strict=True)
        }
        assert len(known) <= layout.schedule.final_length
        total = [field.ZERO] * layout.schedule.final_length
        for x, value in known.items():
            basis, scale = [1], 1
            for other in known:
                if other != x:
                    basis = [
                        (low - other * high) % P
                        for low, high in zip([0, *basis], [*basis, 0], strict=True)
                    ]
                    scale = scale * (x - other) % P
            for k, coefficient in enumerate(basis):
                step = field.scale(value, coefficient * pow(scale, -1, P) % P)
                total[k] = field.add(total[k], step)
        return np.array(total, dtype=np.uint64)

    def _reduced(self):
        words = super()._reduced()
        honest = fri.interpolate

        def remember(word):
            fri.interpolate = honest
            self.last_word = word.copy()
            return honest(word)

        fri.interpolate = remember
        return words


@pytest.mark.parametrize("options", [{}, {"final_length": 16}])
def test_final_polynomial_not_absorbed(options):
    pair = false_statements.fibonacci(6, **options)
    with deaf_to("final polynomial"):
        forged = forge(LateFinal, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, ANY, deaf_to("final polynomial"))


class LateLayer(Liar):
    """Commits to layer 0 after the positions are known: any word of low degree at first, then the
    groups at the positions are bent to the reduced word and to what they must fold to."""

    def round_5_fri(self):
        self.place = len(self.stream.items)
        super().round_5_fri()

    def round_6_queries(self):
        work = self.fri

        def open_bent(positions, write):
            opened, groups = solve_layers(self, positions, work.challenges)[0]
            word, _ = work.layers[0]
            arity = groups.shape[1]
            coset, row = np.divmod(opened.leaves, 1 << opened.log_rows)
            for g in range(len(groups)):
                for j in range(arity):
                    word[:, coset[g], row[g] + (j << opened.log_rows)] = groups[g, j]
            tree = work._tree(word, arity)
            work.layers[0] = (word, tree)
            self.stream.items[self.place] = tree.root
            FriProver.open(work, positions, write)

        work.open = open_bent
        super().round_6_queries()


def test_fri_root_not_absorbed():
    pair = false_statements.fibonacci(6, final_length=8)
    with deaf_to("FRI root 0"):
        forged = forge(LateLayer, pair.false, pair.wrong)
    show(pair.true, pair.honest(), pair.false, forged, ANY, deaf_to("FRI root 0"))
