"""Which families go into `rare`, and runs whose rows are there."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

import cstark as cs
from cstark import pure, vm
from cstark.air import padded_rows
from cstark.machines.fib_iterative import fibonacci_program
from cstark.protocol.layout import Layout
from cstark.protocol.statement import checked_log_heights
from cstark.vm.executor import COUNT
from cstark.vm.tables import FAMILIES, tables_of
from cstark.vm.tables.rare import APART, RARE
from cstark.vm.trace import gathering
from cstark.vm.trace.gathering import gather, prices_of
from cstark.vm.trace.planning import RECORDED, plan_rows
from cstark.vm.trace.record import traces
from cstark.vm.trace.splitting import split
from tests.vm import encode, summing
from tests.vm.guests import Guest, exit_with, li, tokens
from tests.vm.trace.test_random_programs import program as random_guest

ZK = cs.Options(zk=True)
QUICK = cs.Options(queries=4, grinding=0, max_log_height=16, zk=True)
SMALL = cs.Options(queries=4, grinding=0, max_log_height=16, blowup=8)


MACHINE = {options: vm.Program.from_elf(summing.ELF).machine(options)
           for options in (ZK, cs.Options.small(), cs.Options(blowup=4))}  # fmt: skip


def choose(rows, cells, tables, options=ZK, around=None, **settings):
    """What is gathered, and what it weighs: bytes, cells that are coded, and both."""
    prices = prices_of(MACHINE[options])
    around = around or {}
    other = sum(cells[name] * sum(heights) for name, heights in around.items())
    plain = split(rows, cells, used=other, committed=other)
    found = gather(rows, cells, tables, prices, around=around, plain=plain, **settings)

    def weigh(heights):
        both = [(n, h) for part in (heights, around) for n, hs in part.items() for h in hs]
        opened = sum(prices.words(cells[n]) * prices.bytes(h) for n, h in both)
        coded = sum(prices.words(cells[n]) * prices.sizes.coded(h) for n, h in both)
        return opened, coded

    opened, coded = weigh({n: (padded_rows(count),) for n, count in rows.items() if count})
    price = prices.weight * opened / max(1, coded)
    return found, lambda heights: np.dot(weigh(heights), (1, price))


def test_nothing_is_gathered_where_rows_are_cheap():
    program = vm.Program.from_elf(summing.ELF)
    assert all(prices_of(program.machine(cs.Options(blowup=b))) is None for b in (2,))
    assert prices_of(program.machine()) is None
    assert all(prices_of(machine) for machine in MACHINE.values())


def drawn(rnd, names):
    rows = {n: rnd.choice((0, 1, 3, 9, 70, 900, rnd.randrange(1 << 19))) for n in names}
    return rows, {n: rnd.randrange(20, 90) for n in names} | {"rare": rnd.randrange(100, 200)}


@pytest.mark.parametrize("options", list(MACHINE))
def test_every_row_lies_somewhere(options):
    """Tables of a family are full but for the last one, which is not if rows lie elsewhere."""
    rnd = random.Random(8)
    names = [f"family {k}" for k in range(12)]
    for _ in range(40):
        rows, cells = drawn(rnd, names)
        cells["narrow"] = cells["rare"] * 2 // 3
        tables = {"narrow": set(names[:6]), "rare": set(names[:11])}
        tallest = 1 << rnd.randrange(10, 20)
        found, _ = choose(rows, cells, tables, options, tallest=tallest)
        assert set(found.heights) == {*names, *tables}
        for name, count in rows.items():
            elsewhere = [part.get(name, 0) for part in found.rows.values()]
            assert sum(map(bool, elsewhere)) <= 1
            heights, own = found.heights[name], count - sum(elsewhere)
            assert list(heights) == sorted(heights, reverse=True)
            assert own == sum(heights) if any(elsewhere) else own <= sum(heights)
            assert own > sum(heights[:-1]) or not heights
        for table, part in found.rows.items():
            assert set(part) <= tables[table]
            assert found.heights[table] == (padded_rows(sum(part.values())),)
        assert max(h for hs in found.heights.values() for h in hs) <= tallest


@pytest.mark.parametrize("options", list(MACHINE))
def test_it_costs_no_more_than_what_is_easily_found(options):
    """No table for any; all short families in one; what is left of all in one."""
    rnd = random.Random(7)
    names = [f"family {k}" for k in range(14)]
    for _ in range(40):
        rows, cells = drawn(rnd, names)
        around = {"range": (1 << 16,)}
        cells["range"] = 10
        found, weigh = choose(rows, cells, {"rare": names}, options, around)
        fewest = {n: (padded_rows(rows[n]),) if rows[n] else () for n in names}
        ways = [fewest]
        for most in (10, 100, 1000):
            short = [n for n in names if 0 < rows[n] <= most]
            if short:
                rare = {"rare": (padded_rows(sum(rows[n] for n in short)),)}
                ways.append(fewest | dict.fromkeys(short, ()) | rare)
        # It is sought step by step; and of proofs that hide fewer bytes may have been taken.
        assert weigh(found.heights) <= 1.05 * min(map(weigh, ways))


def test_what_is_left_of_families_lies_together():
    """Three families of a power of two and some rows: in a proof that hides, not in another."""
    rows = {f"family {k}": (1 << 17) + 900 * k for k in (1, 2, 3)}
    cells = dict.fromkeys(rows, 40) | {"rare": 70}
    found, _ = choose(rows, cells, {"rare": set(rows)})
    assert all(found.heights[name] == (1 << 17,) for name in rows)
    assert found.rows == {"rare": {name: count - (1 << 17) for name, count in rows.items()}}
    assert found.heights["rare"] == (8192,)


def test_short_rows_lie_in_the_narrow_table():
    rows = {f"family {k}": 40 for k in range(16)}
    cells = dict.fromkeys(rows, 40) | {"narrow": 90, "rare": 150}
    some = [f"family {k}" for k in range(15)]
    found, _ = choose(rows, cells, {"narrow": some, "rare": set(rows)})
    assert list(found.rows) == ["narrow"] and set(found.rows["narrow"]) == set(some)
    assert found.heights["family 15"] == (64,) and found.heights["rare"] == ()


def test_one_family_alone_is_not_gathered():
    cells = {"li": 19, "rare": 100}
    assert choose({"li": 5}, cells, {"rare": {"li"}})[0].rows == {}
    assert choose({"li": 0}, cells, {"rare": {"li"}})[0].rows == {}


def test_codes_are_as_tall_as_those_of_the_protocol():
    """Of short tables of proofs that hide at least twice as tall, of others as the table."""
    for options, machine in MACHINE.items():
        key, sizes = machine.proving_key.description, prices_of(machine).sizes
        fixed = {d.name: 8 for d in key.tables if d.rows is None and d.stands != "any"}
        for rows in (8, 1 << 10, 1 << 11, 1 << 14, 1 << 15, 1 << 18):
            layout = Layout(key, checked_log_heights(key, {**fixed, "li": rows}))
            names = [table.name for table in layout.key.tables]
            code = layout.code_heights[names.index("li")]
            assert sizes.coded(rows) == 1 << code
            assert sizes.coded(rows) >= (2 * rows if options.zk and rows < 1 << 14 else rows)


def test_no_taller_than_a_table_may_be():
    rows = {f"family {k}": 40 for k in range(16)}
    cells = dict.fromkeys(rows, 40) | {"rare": 150}
    assert len(choose(rows, cells, {"rare": rows}, tallest=1 << 10)[0].rows["rare"]) == 16
    assert len(choose(rows, cells, {"rare": rows}, tallest=256)[0].rows["rare"]) == 6


def test_proofs_that_hide_open_hardly_more_where_that_is_cheap(monkeypatch):
    """Long loops of four families, and a few rows of others."""
    rows = {"a": 400_004, "b": 200_011, "c": 200_003, "d": 200_002}
    rows |= {f"family {k}": 3 for k in range(12)}
    cells = {"a": 28, "b": 34, "c": 43, "d": 24, "rare": 130, "range": 10}
    cells |= {name: 40 for name in rows if name not in cells}
    around = {"range": (1 << 16,)}
    prices = prices_of(MACHINE[ZK])

    def opened(heights):
        both = [(n, h) for part in (heights, around) for n, hs in part.items() for h in hs]
        return sum((cells[n] + 1) * prices.bytes(h) for n, h in both)

    other = cells["range"] << 16
    parts = split(rows, cells, used=other, committed=other) | around
    plain = sum(
        cells[name] * (8 * prices.sizes.opened_plainly(height) + 24)
        for name, heights in parts.items() for height in heights
    )  # fmt: skip
    within = choose(rows, cells, {"rare": rows}, around=around)[0]
    assert opened(within.heights) <= gathering.BOUND * plain
    monkeypatch.setattr(gathering, "BOUND", float("inf"))  # as in shards
    dearer = choose(rows, cells, {"rare": rows}, around=around)[0]
    assert opened(dearer.heights) > opened(within.heights)


def test_a_million_steps_in_a_proof_that_hides_over_one_that_does_not():
    """What is left of three families in 2^14 rows; the loop's branches would fit into 2^15."""
    run = fibonacci_program(200_000).run()
    plan = run.plan_for(ZK)
    assert plan.heights["rare"] == (1 << 14,) and plan.heights["branch_zero"] == (1 << 18,)
    assert [plan.elsewhere(name) for name in ("mv", "add", "addi_inplace")] == [6784, 3392, 3392]
    hidden, plain = (run.estimate(options) for options in (ZK, cs.Options()))
    assert hidden.proof_bytes <= 1.15 * plain.proof_bytes
    assert hidden.peak_bytes <= 1.2 * plain.peak_bytes


def test_plans_say_what_is_gathered():
    program = vm.Program.from_elf(summing.ELF)
    run = program.run(summing.number(20))
    for options in (QUICK, cs.Options.small(max_log_height=20)):
        plan = run.plan_for(options)
        rares = program.rares(counted=not options.zk)
        assert plan.gathered and set(plan.gathered) <= set(rares)
        for table, part in plan.gathered.items():
            assert set(part) <= set(rares[table].families)
            assert plan.heights[table] == (padded_rows(sum(part.values())),)
            assert plan.width(table) == rares[table].width
            assert all(plan.elsewhere(name) == count for name, count in part.items())
        for name in FAMILIES.keys() & plan.heights.keys():
            assert plan.height(name) + plan.elsewhere(name) >= plan.rows[name]
        assert plan.rows == run.plan.rows
        order = [name for name in plan.heights if name != "rare_narrow"]
        assert order == list(run.plan.heights)
        added = sum(plan.width(table) * plan.height(table) for table in plan.gathered)
        assert plan.words < run.plan.words + added
    for options in (None, cs.Options(), cs.Options(blowup=2, queries=5)):
        plain = run.plan_for(options)
        assert plain.gathered == {} and plain.heights["rare"] == ()


def test_a_plan_that_gathers_needs_the_table():
    program = vm.Program.from_elf(summing.ELF)
    run = program.run(summing.number(5))
    with pytest.raises(ValueError, match="no table is given"):
        traces(program.code, program.image, run.input, run.plan_for(QUICK))


@pytest.mark.parametrize("options", [QUICK, SMALL])
def test_proofs_of_runs_whose_rows_are_there(options):
    """Both verifiers; and what the claim says is the same."""
    program = vm.Program.from_elf(summing.ELF)
    run = program.run(summing.number(20))
    proof = run.prove(options)
    tables = program.tables(counted=not options.zk)
    heights = dict(zip(tables, proof.log_heights, strict=True))
    assert len(heights["rare"]) + len(heights.get("rare_narrow", ())) and heights["halt"] == ()
    result = program.verify(proof, options, min_security=0)
    assert (result.exit_code, result.output) == (run.exit_code, run.output)
    said = program.statement(run.claim_for(options))
    statement = program.machine(options).statement(tokens=said.tokens, claim=proof.claim)
    pure.verify(pure.read_statement(statement.to_json()), proof.to_bytes(), min_security=0)


def gathered_traces(guest, input=b""):
    """The traces of a guest all of whose rows are in `rare`, and the hart that counted them."""
    hart = guest.run(input, COUNT)
    plan = guest.plan(hart, input)
    rare = tables_of(guest.code, guest.image)["rare"]
    names = tuple(name for name in rare.families if plan.rows[name])
    rows = {name: plan.rows[name] for name in names}
    heights = plan.heights | dict.fromkeys(names, ()) | {"rare": (padded_rows(sum(rows.values())),)}
    plan = replace(plan, heights=heights, gathered={"rare": rows}, widths={"rare": rare.width})
    return hart, names, traces(guest.code, guest.image, input, plan, rares={"rare": rare})


def test_every_row_of_random_programs_may_be_there():
    seen = set()
    for seed in (1, 2):
        hart, names, found = gathered_traces(*(made := random_guest(seed, 400)))
        guest = made[0]
        report = guest.machine().check(found, tokens=tokens(hart, guest.image.entry))
        assert report, report
        seen |= set(names)
    assert len(seen) > 50, sorted(set(FAMILIES) - seen)
    assert not seen & APART


def spread(guest, input=b""):
    """Traces of a guest with 8 rows of each family in a table of its own, others in two for any."""
    hart = guest.run(input, COUNT)
    plan = guest.plan(hart, input)
    tables = tables_of(guest.code, guest.image, counted=False)
    rares = {name: tables[name] for name in RARE if name in tables}
    heights, gathered = dict(plan.heights), {name: {} for name in rares}
    for name in rares["rare"].families:
        if plan.rows[name] > 8:
            table = next(table for table in rares if name in rares[table].families)
            gathered[table][name] = plan.rows[name] - 8
            heights[name] = (8,)
    for table, rows in gathered.items():
        heights[table] = (padded_rows(sum(rows.values())),)
    widths = {name: table.width for name, table in rares.items()}
    plan = replace(plan, heights=heights, gathered=gathered, widths=widths)
    return hart, gathered, traces(guest.code, guest.image, input, plan, rares=rares)


def test_rows_of_a_family_here_and_there():
    """Part of them in its own table, part in one of two for any; each lies in one of them."""
    made = random_guest(3, 700)
    hart, gathered, found = spread(*made)
    assert all(len(rows) > 3 for rows in gathered.values())
    machine = cs.Machine(tables_of(made[0].code, made[0].image, counted=False))
    every = tokens(hart, made[0].image.entry)
    said = [t for t in every if t.bus != "state" or isinstance(t, cs.Send)]
    report = machine.check(found, tokens=said)
    assert report, report
    name = next(iter(gathered["rare_narrow"]))
    # A row that also lies in its own table would be executed twice at one time.
    table = machine.tables["rare_narrow"]
    [trace] = found["rare_narrow"]
    found[name][0][0] = table.rows_of(name, trace)[0]
    report = machine.check(found, tokens=said)
    assert {one.bus for one in report.imbalances} >= {"state", "fetch"}


def test_a_row_that_is_false_is_named_with_its_family():
    guest = Guest([*li(5, 7), *li(6, 8), encode.r("add", 7, 5, 6), *exit_with(7)])
    hart, _, found = gathered_traces(guest)
    rare = tables_of(guest.code, guest.image)["rare"]
    [trace] = found["rare"]
    row = int(trace[:, list(rare.families).index("add")].argmax())
    shared = rare.sharing.families["add"]
    trace[row, rare.first + shared.cells[shared.form.labels.index("c[0]")]] += 1
    report = guest.machine().check(found, tokens=tokens(hart, guest.image.entry))
    assert "add: carry of the low half" in {one.name for one in report.violations}
    place = guest.image.entry + 8
    mark = f"row {row} [is_add = 1, pc = {place} ({place:#x})]"
    assert f"table 'rare', {mark}: 'add: carry of the low half'" in str(report)
    assert f"table 'rare', {mark} (limb of the sum 0" in str(report)


def test_two_families_of_few_rows_are_too_few():
    every = dict.fromkeys(RECORDED, 0) | {"li": 9, "mv": 4, "fresh": 8, "program": 64}
    program = vm.Program.from_elf(summing.ELF)
    rares = {"rare": program.rares()["rare"]}
    plan = plan_rows(13, every, program.row_cells(), rares=rares, prices=prices_of(MACHINE[ZK]))
    assert plan.gathered == {} and plan.heights["li"] == (16,)
