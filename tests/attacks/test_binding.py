"""Items of the body that the transcript does not absorb, and what a prover then makes of them.

`deaf_to(label)` is the protocol whose transcript, on both sides, passes one item over, `hollow`
one that absorbs the label alone: the prover knows the challenge before it has to decide on the
item. The item is then chosen so that the equation holds that the challenge was to make unlikely.
The prover absorbs a placeholder where the protocol has the item, so that the same attack is tried
on the code as it is. `test_binding_statement` does this to the statement.
"""

from __future__ import annotations

import numpy as np
import pytest

from cstark import field
from cstark.program import evaluate_quotients
from cstark.protocol import fri
from cstark.protocol.fri import FriProver
from cstark.protocol.logup import build_lookups
from cstark.protocol.statement import token_sum
from tests.attacks import false_statements
from tests.attacks.linear import solve
from tests.attacks.solving import solve_layers
from tests.attacks.toolkit import (
    BoldLiar,
    CheatingProver,
    Liar,
    P,
    deaf_to,
    forge,
    hollow,
    show_adaptive,
    stated,
)
from tests.oracles import zoo


def show_late(pair, label, make):
    """An attack on an item of the body: `make()` gives the forged proof of the false statement."""
    show_adaptive(
        pair.true, pair.honest(), lambda: (pair.false, make()), deaf_to(label), hollow(label)
    )


# ---- commitments ---------------------------------------------------------------------------


class LateCounts(CheatingProver):
    """Commits to the main columns after it has seen z and alpha.

    Three counts of the range table, in F_p, are chosen so that the sum vanishes: its messages may
    be anything.
    """

    def round_1_main(self):
        self.early("main root")
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
        with self.unheard():
            self._commit("main", dict(enumerate(self.traces)))


@pytest.mark.parametrize("lanes", [1, 3])
def test_main_root_not_absorbed(lanes):
    pair = false_statements.lookup(lanes)
    show_late(pair, "main root", lambda: forge(LateCounts, pair.false, pair.wrong))


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
        self.early("lookup root")
        self.stream.write("table sums", np.array(list(self.sums.values()), dtype="<u8").tobytes())
        self.beta = self.transcript.extension("beta")
        self.delta = self.transcript.extension("delta")

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
        with self.unheard():
            self._commit("lookup", columns)
        # in the file the root stands before the sums
        self.stream.items[-2:] = self.stream.items[:-3:-1]

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
    show_late(pair, "lookup root", lambda: forge(LateColumns, pair.false, pair.wrong))


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
        self.early("table sums")
        self.beta = self.transcript.extension("beta")
        self.delta = self.transcript.extension("delta")
        self.sums = {}
        self.place = len(self.stream.items)

    def accumulator(self, table):
        return 3 * (self.key.tables[table].lookup_columns - 1)

    def sum_at(self, table, x):
        constant, factor = self.coefficients[table]
        return field.add(constant, field.mul(factor, field.power(x, self.height)))

    def _quotient(self, quotient, coset, place, out, waiting):
        """Q is linear in L: Q(L) = Q(0) + L (Q(1) - Q(0)), point by point."""
        (table,) = quotient.tables
        none = np.empty_like(out)
        for total, values in ((field.ZERO, none), (field.ONE, out)):
            self.sums, calls = {table: total}, []
            super()._quotient(quotient, coset, place, values, calls)
            evaluate_quotients([calls])
        domain = self.proving_key.domain(self.log_heights[table])
        for i in range(domain.height):
            x = domain.shifts[coset] * pow(domain.generator, i, P) % P
            zero = tuple(none[i, :3].tolist())
            slope = field.sub(tuple(out[i, :3].tolist()), zero)
            out[i, :3] = field.add(zero, field.mul(slope, self.sum_at(table, (x, 0, 0))))

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
    pair.false = pair.true
    show_late(pair, "table sums", lambda: forge(LateSums, pair.true, unbalanced))


class LateQuotient(CheatingProver):
    """Commits to the quotient after it has seen zeta: chunk 0 is the constant that is needed."""

    def round_3_quotient(self):
        self.early("quotient root")
        self.zeta = self.transcript.extension_outside_base("zeta")
        zeros = {
            matrix: np.zeros((1 << matrix.log_height, 3), dtype=np.uint64)
            for matrix in self.layout.tree("quotient").matrices
        }
        with self.unheard():
            self._commit_quotient({(m.log_rows, m.chunk): z.copy() for m, z in zeros.items()})
        self.stream.items.pop()
        self.openings = self._opened()
        needed = {
            q.log_rows: field.mul(self.gap(q), field.inverse(self.chunk_weight(q, 0)))
            for q in self.layout.quotients
        }
        chunks = {}
        for matrix in zeros:
            values = zeros[matrix]
            if matrix.chunk == 0:
                values[:, :3] = needed[matrix.log_rows]
            chunks[matrix.log_rows, matrix.chunk] = values
        with self.unheard():
            self._commit_quotient(chunks)


@pytest.mark.parametrize("kind", ["fibonacci", "flag"])
def test_quotient_root_not_absorbed(kind):
    pair = getattr(false_statements, kind)()
    show_late(pair, "quotient root", lambda: forge(LateQuotient, pair.false, pair.wrong))


# ---- openings and FRI ----------------------------------------------------------------------


class LateOpenings(CheatingProver):
    """Opens two chunks of the quotient to values off by d0 and d1, when gamma is known:
    what they add to the constraints is what is needed, what they add to the reduced word is 0."""

    def round_4_openings(self):
        self.openings = self._opened()
        self.early("openings")
        self.gamma = self.transcript.extension("gamma")
        (quotient,) = self.layout.quotients
        first, second = (self.opening_of("quotient", 0, chunk=c) for c in (0, 1))
        w0, w1 = (self.chunk_weight(quotient, c) for c in (0, 1))
        # w0 d0 + w1 d1 = gap, gamma^first d0 + gamma^second d1 = 0
        ratio = field.neg(field.power(self.gamma, second - first))
        d1 = field.mul(self.gap(quotient), field.inverse(field.add(field.mul(w0, ratio), w1)))
        for number, step in ((first, field.mul(ratio, d1)), (second, d1)):
            self.openings[number] = field.add(self.openings[number], step)
        assert self.gap(quotient) == field.ZERO
        with self.unheard():
            self.stream.write("openings", np.array(self.openings, dtype="<u8").tobytes())


def test_openings_not_absorbed():
    case = zoo.cubic(4)
    true = stated(case)
    honest = case.prove(true.machine)
    wrong = {"cubic": case.traces["cubic"].copy()}
    wrong["cubic"][3, 0] += np.uint64(1)
    assert not true.machine.check(wrong)
    show_adaptive(
        true, honest, lambda: (true, forge(LateOpenings, true, wrong)),
        deaf_to("openings"), hollow("openings"),
    )  # fmt: skip


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

        def remember(word, length):
            fri.interpolate = honest
            self.last_word = word.copy()
            return honest(word, length)

        fri.interpolate = remember
        return words


@pytest.mark.parametrize("options", [{}, {"final_length": 16}])
def test_final_polynomial_not_absorbed(options):
    pair = false_statements.fibonacci(6, **options)
    show_late(pair, "final polynomial", lambda: forge(LateFinal, pair.false, pair.wrong))


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
    show_late(pair, "FRI root 0", lambda: forge(LateLayer, pair.false, pair.wrong))
