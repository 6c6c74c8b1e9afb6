"""Proofs without a witness: what zero-knowledge says can be made.

It knows the statement and, as the random oracle is its to program, all challenges and positions
beforehand (`programmed`). It chooses what a proof shows, in the distribution in which an honest
proof shows it (`cstark.protocol.hiding`): all that is free uniformly, and what the verifier
computes from it as the verifier does. No trace enters.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

import cstark as cs
from cstark import field
from cstark.field import Element, P
from cstark.program import Challenges, Opened, point_values
from cstark.protocol.commitment import OpenedTree, distinct_positions
from cstark.protocol.domain import Domain
from cstark.protocol.fri import FriProver
from cstark.protocol.layout import Layout, Quotient
from cstark.protocol.masked import quotient_factors
from cstark.protocol.openings import Combination, Pins
from cstark.protocol.proof import Proof
from cstark.protocol.shards.challenges import Place
from cstark.protocol.shards.proof import ShardProof
from cstark.protocol.shards.prover import ShardKey
from cstark.protocol.statement import Instance, token_sum
from cstark.protocol.stream import ProofWriter
from cstark.protocol.transcript import ALGORITHMS
from tests.oracles.programmed import Programmed

Row = dict[tuple[int, str], list[Element]]


class Simulator:
    """One simulated proof.

    Parameters
    ----------
    machine : Machine
        With ``Options(zk=True, grinding=0)``.
    log_heights : sequence of int
    publics, tokens
        The statement.
    """

    sums: dict[int, Element]

    def __init__(
        self, machine: cs.Machine, log_heights: Any, publics: Any = None, tokens: Any = ()
    ) -> None:
        self.key = machine.verifying_key()
        self.preprocessed = machine.proving_key.preprocessed()
        self.instance = Instance.build(self.key, publics, tokens, b"")
        self.layout = Layout(self.key, log_heights)
        self._ask()

    def _ask(self) -> None:
        """The oracle's answers."""
        self.options = self.key.options
        self.random = np.random.default_rng(int.from_bytes(os.urandom(16), "little"))
        self.sums = {}
        oracle = Programmed(self.options.hash)
        self.z, self.alpha, self.beta, self.delta, self.zeta, self.gamma = (
            oracle.extension(name) for name in ("z", "alpha", "beta", "delta", "zeta", "gamma")
        )
        bits = self.layout.log_max_height + self.layout.log_blowup
        drawn = oracle.positions("positions", self.options.queries, bits)
        self.positions = np.unique(np.array(drawn, dtype=np.int64))

    def prove(self) -> Proof:
        """A proof that a verifier accepts under the programmed answers."""
        layout, stream = self.layout, ProofWriter(self.options.hash)
        stream.transcript = Programmed(self.options.hash)
        if not self.sums:
            self._choose_sums()
        self._choose_openings()
        trees = [self._rows_of(number) for number in range(len(layout.trees))]
        words = self._words(trees)
        siblings, roots = [], {}
        for tree in trees:
            siblings.append(self._siblings(tree))
            roots[tree.shape.name] = tree.root(ALGORITHMS[self.options.hash], siblings[-1])
        stream.write("main root", roots["main"])
        if layout.pins:
            stream.write("pins", _bytes(self.pins.values.values()))
        if layout.tree("lookup") is None:
            stream.absent("lookup root")
        else:
            stream.write("lookup root", roots["lookup"])
        stream.write("table sums", _bytes(self.sums.values()))
        stream.write("quotient root", roots["quotient"])
        stream.write("openings", _bytes(self.openings))
        fri = FriProver(ALGORITHMS[self.options.hash], layout, words)
        fri.commit(stream)
        stream.write("nonce", bytes(8))
        for tree, digests in zip(trees, siblings, strict=True):
            if tree.shape.name == "preprocessed":
                assert self.preprocessed is not None
                self.preprocessed.open(self.positions, layout.log_max_height, stream.write)
                continue
            assert tree.salts is not None
            stream.write(f"salts of {tree.shape.name}", tree.salts.tobytes())
            for rows in tree.rows:
                stream.write(f"rows of {tree.shape.name}", rows.tobytes())
            stream.write(f"siblings of {tree.shape.name}", digests.tobytes())
        fri.open(self.positions, stream.write)
        return Proof(self.options, layout.key.heights, b"", stream.body())

    # ---- what is uniform --------------------------------------------------------------------

    def base(self) -> int:
        return int(self.random.integers(0, P, dtype=np.uint64))

    def element(self) -> Element:
        return (self.base(), self.base(), self.base())

    def _choose_sums(self) -> None:
        tables = self.layout.lookup_tables()
        self.sums = {table: self.element() for table in tables[:-1]}
        total = token_sum(self.key, self.instance, self.z, self.alpha)
        assert total is not None
        for value in self.sums.values():
            total = field.add(total, value)
        if tables:
            self.sums[tables[-1]] = field.neg(total)

    def _choose_openings(self) -> None:
        oracle = Programmed(self.options.hash)
        eta, omega = oracle.extension("eta"), oracle.extension("omega")
        self.pins = Pins(eta, omega, {height: self.element() for height in self.layout.pins})
        self._choose_opened()

    def _choose_opened(self) -> None:
        """All uniform but the preprocessed columns', which are public, and each last chunk."""
        layout = self.layout
        self.openings = [self.element() for _ in range(layout.openings)]
        opened: dict[tuple[int, str, bool], list[int]] = {}
        for group in (g for groups in layout.groups.values() for g in groups):
            matrix = layout.trees[group.tree].matrices[group.matrix]
            numbers = range(group.start, group.start + len(group.columns))
            if matrix.tree == "preprocessed":
                point = field.scale(self.zeta, field.base_root(group.point))
                values = self._preprocessed_at(matrix.table, point)
                for number, column in zip(numbers, group.columns, strict=True):
                    self.openings[number] = values[column]
            key = (matrix.log_rows if matrix.tree == "quotient" else matrix.table, matrix.tree)
            opened.setdefault((*key, group.next), []).extend(numbers)
        for quotient in layout.quotients:
            rows: dict[bool, Row] = {False: {}, True: {}}
            for table in quotient.tables:
                for tree in ("preprocessed", "main", "lookup"):
                    for following in (False, True):
                        numbers = opened.get((table, tree, following), [])
                        rows[following][table, tree] = [self.openings[n] for n in numbers]
            value = self._air(quotient, self.zeta, rows[False], rows[True])
            numbers = opened[quotient.log_rows, "quotient", False]
            chunks = [self.openings[n] for n in numbers[:-1]]
            self.openings[numbers[-1]] = self._last_chunk(quotient, self.zeta, value, chunks)

    def _preprocessed_at(self, table: int, point: Element) -> list[Element]:
        """Preprocessed columns at a point, from their coefficients."""
        assert self.preprocessed is not None
        shape = self.preprocessed.shape
        place = shape.of(self.layout.key.places[table])
        assert place is not None
        width, log_height = shape.matrices[place].width, shape.matrices[place].log_height
        domain = self._domain(log_height)
        values = self.preprocessed.matrices[place].coset(0)[:, :width]
        coefficients = cs.fft.intt(np.ascontiguousarray(values))
        argument = field.scale(point, pow(domain.shifts[0], -1, P))
        result = []
        for column in coefficients.T.tolist():
            result.append(field.horner((field.lift(c) for c in column), argument))
        return result

    # ---- what the verifier computes ---------------------------------------------------------

    def _air(self, quotient: Quotient, point: Element, now: Row, following: Row) -> Element:
        """Q at a point, from the columns there and at the next row."""
        total, weight = field.ZERO, field.ONE
        for table in quotient.tables:
            description = self.key.tables[table]
            main, mask = now[table, "main"], None
            if table in self.layout.hidden_sums:
                *main, mask = main
            log_rows = self.layout.log_heights[table]
            share = pow(1 << log_rows, -1, P)
            value = point_values(
                description,
                Opened(
                    main=main,
                    main_next=following[table, "main"],
                    preprocessed=now[table, "preprocessed"],
                    preprocessed_next=following[table, "preprocessed"],
                    lookup=now[table, "lookup"],
                    accumulator_next=(following[table, "lookup"] or [field.ZERO])[-1],
                    sum_mask=mask,
                ),
                self.instance.publics[table],
                Challenges(
                    self.z,
                    self.alpha,
                    self.beta,
                    field.scale(self.sums.get(table, field.ZERO), share),
                    self.key.bus_numbers,
                ),
                point,
                log_rows,
            )
            total = field.add(total, field.mul(weight, value))
            weight = field.mul(weight, self.delta)
        return total

    def _last_chunk(
        self, quotient: Quotient, point: Element, value: Element, chunks: list[Element]
    ) -> Element:
        """The remainder that Q and the chunks leave, at a point that no chunk has in its coset.

        Or the last piece.
        """
        if quotient.pieces:
            power = field.power(point, quotient.stride)
            left = field.sub(value, field.horner(chunks, power))
            return field.mul(left, field.inverse(field.power(power, len(chunks))))
        lagrange, vanishing = quotient_factors(quotient, self._domain(quotient.log_height), point)
        for factor, chunk in zip(lagrange, chunks, strict=True):
            value = field.sub(value, field.mul(factor, chunk))
        return field.mul(value, field.inverse(vanishing))

    def _chunks_at(self, quotient: Quotient, point: int, value: Element) -> list[Element]:
        """Chunks and remainder at a position: uniform, but for what Q makes of one of them."""
        at = (point, 0, 0)
        if quotient.pieces:
            others = [self.element() for _ in range(quotient.pieces - 1)]
            return [*others, self._last_chunk(quotient, at, value, others)]
        lagrange, vanishing = quotient_factors(quotient, self._domain(quotient.log_height), at)
        chunks = [self.element() for _ in lagrange]
        if vanishing != field.ZERO:
            return [*chunks, self._last_chunk(quotient, at, value, chunks)]
        chunks[lagrange.index(field.ONE)] = value
        return [*chunks, self.element()]

    def _domain(self, log_height: int) -> Domain:
        return Domain(log_height, self.options.blowup, self.options.coset_offset)

    def _point(self, log_height: int, position: int) -> int:
        coset, row = divmod(position, 1 << log_height)
        domain = self._domain(log_height)
        return domain.shifts[coset] * pow(domain.generator, row, P) % P

    # ---- what is opened ---------------------------------------------------------------------

    def _rows_of(self, number: int) -> OpenedTree:
        """The opened rows of a tree; those of the quotient after those of all others."""
        layout = self.layout
        tree = OpenedTree(layout.trees[number], self.positions, layout.log_max_height)
        if not number:
            self.rows: dict[tuple[int, str], np.ndarray] = {}
        if tree.shape.salted:
            shape = (tree.salted(), 2)
            tree.salts = self.random.integers(0, 2**64, shape, dtype=np.uint64)
        quotient_rows: dict[int, np.ndarray] = {}
        for matrix in tree.shape.matrices:
            at = tree.positions[matrix.log_height]
            if matrix.tree == "preprocessed":
                assert self.preprocessed is not None
                place = self.preprocessed.shape.of(layout.key.places[matrix.table])
                assert place is not None
                found = self.preprocessed.matrices[place].take_rows(at)
            elif matrix.tree != "quotient":
                found = self.random.integers(0, P, (len(at), matrix.width), dtype=np.uint64)
            elif matrix.is_mask:
                found = np.zeros((len(at), 3), dtype=np.uint64)  # until the words are chosen
            else:
                if matrix.chunk == 0:
                    (quotient,) = (q for q in layout.quotients if q.log_rows == matrix.log_rows)
                    quotient_rows = self._quotient_rows(quotient, at)
                found = quotient_rows[matrix.chunk]
            if matrix.tree != "quotient":
                self.rows[matrix.table, matrix.tree] = found
            tree.rows.append(found)
        return tree

    def _quotient_rows(self, quotient: Quotient, at: np.ndarray) -> dict[int, np.ndarray]:
        """The chunks of a height at its positions; rows at x g are drawn, and thrown away."""
        found: dict[int, list[Element]] = {chunk: [] for chunk in range(quotient.columns)}
        place = {int(position): k for k, position in enumerate(at)}
        height = 1 << quotient.log_height
        beyond: dict[tuple[int, int, str], list[Element]] = {}
        for position in place:
            coset, row = divmod(position, height)
            now, then = self._row(quotient, place, position, beyond), {}
            for table in quotient.tables:
                step = height >> self.layout.log_heights[table]
                following = coset * height + (row + step) % height
                found_row = self._row(quotient, place, following, beyond)
                then.update({key: value for key, value in found_row.items() if key[0] == table})
                description = self.key.tables[table]
                then[table, "main"] = [then[table, "main"][c] for c in description.next_main]
                then[table, "preprocessed"] = [
                    then[table, "preprocessed"][c] for c in description.next_preprocessed
                ]
            point = self._point(quotient.log_height, position)
            value = self._air(quotient, (point, 0, 0), now, then)
            for chunk, element in enumerate(self._chunks_at(quotient, point, value)):
                found[chunk].append(element)
        return {chunk: np.array(values, dtype=np.uint64) for chunk, values in found.items()}

    def _row(self, quotient: Quotient, place: Any, position: int, beyond: Any) -> Row:
        """The columns of the tables of a height at a position, drawn where they are not opened."""
        row: Row = {}
        for table in quotient.tables:
            for name in ("preprocessed", "main", "lookup"):
                shape = self.layout.tree(name)
                number = None if shape is None else shape.of(table)
                if shape is None or number is None:
                    row[table, name] = []
                    continue
                width = shape.matrices[number].width
                if position in place:
                    words = self.rows[table, name][place[position]].tolist()
                elif name == "preprocessed":
                    assert self.preprocessed is not None
                    matrix = self.preprocessed.matrices[number]
                    coset, at = divmod(position, 1 << quotient.log_height)
                    words = matrix.coset(coset)[at, :width].tolist()
                else:
                    key = (table, position, name)
                    words = beyond.setdefault(key, [self.base() for _ in range(width)])
                if name == "lookup":
                    row[table, name] = [
                        (words[c], words[c + 1], words[c + 2]) for c in range(0, width, 3)
                    ]
                else:
                    row[table, name] = [field.lift(word) for word in words]
        return row

    def _words(self, trees: list[OpenedTree]) -> dict[int, np.ndarray]:
        """Reduced words: that of the tallest height is uniform, and the hiding word fits it.

        Of the others only the values at the positions matter, which the opened rows determine: any
        polynomial of low degree with these values will do.
        """
        combination = Combination(self.layout, self.gamma, self.openings, self.zeta, self.pins)
        words = {}
        for log_height in self.layout.groups:
            at = distinct_positions(self.positions, self.layout.log_max_height, log_height)
            values = self._reduced(trees, combination, log_height, at)
            if log_height < self.layout.log_max_height:
                words[log_height] = self._through(log_height, at, values)
                continue
            word = words[log_height] = self._uniform_word()
            fitted = []
            for value, position in zip(values, at.tolist(), strict=True):
                chosen: Element = tuple(word[:, *divmod(position, 1 << log_height)].tolist())  # type: ignore[assignment]
                fitted.append(field.sub(chosen, value))  # it counts gamma^0
            for m in trees[-1].shape.at(log_height):
                if trees[-1].shape.matrices[m].is_mask:
                    trees[-1].rows[m] = np.array(fitted, dtype=np.uint64)
        return words

    def _uniform_word(self) -> np.ndarray:
        """Of all degrees that the final polynomial allows: (3, blowup, M)."""
        domain = self._domain(self.layout.log_max_height)
        values = self.random.integers(0, P, (domain.height, 3), dtype=np.uint64)
        more = self.layout.word_dimension - len(values)
        masks = self.random.integers(0, P, (more, 3), dtype=np.uint64) if more else None
        cosets = np.array(domain.lde(values, masks=masks))
        return np.ascontiguousarray(cosets[:, :, :3].transpose(2, 0, 1))

    def _through(self, log_height: int, at: np.ndarray, values: list[Element]) -> np.ndarray:
        """The polynomial of lowest degree with these values at positions: (3, blowup, M)."""
        points = [self._point(log_height, position) for position in at.tolist()]
        total = np.zeros((len(points), 3), dtype=object)
        for x, value in zip(points, values, strict=True):
            term, scale = [1], 1  # Lagrange's polynomial, constants first
            for other in points:
                if other != x:
                    below, above = [0, *term], [*term, 0]
                    term = [(a - other * b) % P for a, b in zip(below, above, strict=True)]
                    scale = scale * (x - other) % P
            weight = np.array([c * pow(scale, -1, P) % P for c in value], dtype=object)
            total = (total + np.array(term, dtype=object)[:, None] * weight) % P
        code = self._domain(log_height)
        cosets = np.array(code.evaluate(np.ascontiguousarray(total.astype(np.uint64))))
        return np.ascontiguousarray(cosets[:, :, :3].transpose(2, 0, 1))

    def _reduced(
        self, trees: list[OpenedTree], combination: Combination, log_height: int, at: np.ndarray
    ) -> list[Element]:
        """What the opened rows make of the reduced word at positions, without what hides it."""
        groups, found = self.layout.combined(log_height), []
        for k, position in enumerate(at.tolist()):
            value, x = field.ZERO, self._point(log_height, position)
            for point in {group.point for group in groups}:
                total = combination.value(log_height, point)
                for group in (g for g in groups if g.point == point):
                    coefficients = combination.coefficients(group).tolist()
                    opened = trees[group.tree].rows[group.matrix][k].tolist()
                    for word, factor in zip(opened, coefficients, strict=True):
                        total = field.sub(total, field.scale(tuple(factor), word))
                at_point = combination.point(point)
                share = field.inverse(field.sub(at_point, (x, 0, 0)))
                value = field.add(value, field.mul(total, share))
            found.append(value)
        return found

    def _siblings(self, tree: OpenedTree) -> np.ndarray:
        return self.random.integers(0, 256, (tree.siblings(), 32), dtype=np.uint8)


class SimulatedShard(Simulator):
    """One shard of a simulated proof.

    Parameters
    ----------
    machine : Machine
        With ``Options(zk=True, grinding=0)``.
    log_heights : sequence of (int or tuple of int)
        As in the header of the shard.
    place : Place
    publics : mapping
    """

    def __init__(self, machine: cs.Machine, log_heights: Any, place: Place, publics: Any) -> None:
        key = ShardKey(machine.proving_key, log_heights, place)
        self.key = key.description  # type: ignore[assignment]  # of the tables that stand
        self.preprocessed = key.preprocessed()
        whole = Instance.build(machine.proving_key.sharded_key(), publics, (), b"")
        self.instance = whole.at(key.description)
        self.layout = key.layout(log_heights)
        self._ask()


def simulated_shards(
    machine: cs.Machine, log_heights: Any, publics: Any = None, tokens: Any = ()
) -> cs.ShardedProof:
    """A proof in shards of these heights, made without any trace.

    Over all shards the sums are uniform but for what the tokens leave.
    """
    key, count = machine.proving_key.sharded_key(), len(log_heights)
    shards = [
        SimulatedShard(machine, heights, Place(index, count), publics)
        for index, heights in enumerate(log_heights)
    ]
    instance = Instance.build(key, publics, tokens, b"")
    total = token_sum(key, instance, shards[0].z, shards[0].alpha)
    assert total is not None
    last = None
    for shard in shards:
        for table in shard.layout.lookup_tables():
            shard.sums[table], last = shard.element(), (shard, table)
            total = field.add(total, shard.sums[table])
    if last is not None:
        shard, table = last
        shard.sums[table] = field.sub(shard.sums[table], total)
    parts = []
    for heights, shard in zip(log_heights, shards, strict=True):
        parts.append(ShardProof(tuple(heights), shard.prove().body).to_bytes())
    return cs.ShardedProof(key.options, b"", parts)


def _bytes(values: Any) -> bytes:
    return np.array(list(values), dtype="<u8").reshape(-1).tobytes()
