"""Which families go into `rare`, and runs whose rows are there."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import cstark as cs
from cstark import pure, vm
from cstark.air import padded_rows
from cstark.vm.executor import COUNT
from cstark.vm.tables import FAMILIES, tables_of
from cstark.vm.tables.rare import APART
from cstark.vm.trace.gathering import MOST, MOST_FOR_SMALL, gather, prices_of
from cstark.vm.trace.planning import RECORDED, plan_rows
from cstark.vm.trace.record import traces
from tests.vm import encode, summing
from tests.vm.guests import Guest, exit_with, li, tokens
from tests.vm.trace.test_random_programs import program as random_guest

ZK = cs.Options(zk=True)
QUICK = cs.Options(queries=4, grinding=0, max_log_height=16, zk=True)
SMALL = cs.Options(queries=4, grinding=0, max_log_height=16, blowup=8)


def choose(rows, cells, options=ZK, used=1 << 26):
    heights = {name: (padded_rows(count),) if count else () for name, count in rows.items()}
    prices = prices_of(options)
    found = gather(rows, heights, cells, prices, used=used, tallest=1 << 24)
    return found, lambda names: (
        sum(cells[n] * prices.opened(h) for n in rows if n not in names for h in heights[n])
        + (cells["rare"] * prices.opened(padded_rows(sum(rows[n] for n in names))) if names else 0)
    )


def test_nothing_is_gathered_where_rows_are_cheap():
    assert prices_of(cs.Options()) is None and prices_of(cs.Options(blowup=2)) is None
    assert all(prices_of(cs.Options(blowup=b)) for b in (4, 8, 16))


@pytest.mark.parametrize("options", [ZK, cs.Options.small(), cs.Options(blowup=4)])
def test_bytes_are_the_fewest_of_all_that_take_the_shortest(options):
    rnd = random.Random(7)
    names = [f"family {k}" for k in range(14)]
    for _ in range(60):
        rows = {n: rnd.choice((0, 1, 3, 9, 70, 900, 1 << rnd.randrange(20))) for n in names}
        cells = {n: rnd.randrange(20, 90) for n in names} | {"rare": rnd.randrange(100, 200)}
        found, weigh = choose(rows, cells, options)
        order = sorted((n for n in names if rows[n]), key=lambda n: rows[n])
        assert set(found) == set(order[: len(found)])
        assert weigh(found) <= weigh(())
        best = min((weigh(order[:k]) for k in range(len(order) + 1)
                    if cells["rare"] * padded_rows(sum(rows[n] for n in order[:k])) <= 1 << 20),
                   default=0)  # fmt: skip
        assert weigh(found) <= best


def test_one_family_alone_is_not_gathered():
    cells = {"li": 19, "rare": 100}
    assert choose({"li": 5}, cells)[0] == ()
    assert choose({"li": 0}, cells)[0] == ()


@pytest.mark.parametrize(("options", "most"), [(ZK, MOST), (cs.Options.small(), MOST_FOR_SMALL)])
def test_cells_that_are_committed_in_addition_are_few(options, most):
    """Bytes are spared at the price of time, up to a limit."""
    rows = {f"family {k}": 1 << 10 for k in range(16)}
    cells = dict.fromkeys(rows, 40) | {"rare": 150}
    added = 150 * (1 << 14) - 40 * (1 << 14)
    assert len(choose(rows, cells, options, int(added / most) + 1)[0]) == 16
    fewer = choose(rows, cells, options, int(added / most) - 100)[0]
    assert 0 < len(fewer) < 16


def test_short_codes_that_hide_count_as_tall_as_they_are():
    """Of a table of 8 rows a code of 2^10 rows is made: as many gathered rows cost no more."""
    rows = {f"family {k}": 40 for k in range(16)}
    cells = dict.fromkeys(rows, 40) | {"rare": 150}
    assert prices_of(ZK).coded(8) == prices_of(ZK).coded(1024) == 1024
    assert prices_of(cs.Options.small()).coded(8) == 8
    assert len(choose(rows, cells, used=0)[0]) == 16
    assert len(choose(rows, cells, cs.Options.small(), used=0)[0]) == 0


def test_no_taller_than_a_table_may_be():
    rows = {f"family {k}": 40 for k in range(16)}
    cells, heights = dict.fromkeys(rows, 40) | {"rare": 150}, dict.fromkeys(rows, (64,))
    arguments = rows, heights, cells, prices_of(ZK)
    assert len(gather(*arguments, used=1 << 26, tallest=1 << 10)) == 16
    assert len(gather(*arguments, used=1 << 26, tallest=256)) == 6


def test_plans_say_what_is_gathered():
    program = vm.Program.from_elf(summing.ELF)
    run = program.run(summing.number(20))
    for options in (QUICK, cs.Options.small(max_log_height=20)):
        plan = run.plan_for(options)
        assert len(plan.gathered) > 4 and set(plan.gathered) <= set(FAMILIES)
        together = sum(run.plan.rows[name] for name in plan.gathered)
        assert plan.heights["rare"] == (padded_rows(together),)
        assert all(plan.heights[name] == () for name in plan.gathered)
        assert plan.rows == run.plan.rows and list(plan.heights) == list(run.plan.heights)
        assert plan.rare_width == program.rare(counted=not options.zk).width
        assert plan.words < run.plan.words + plan.rare_width * plan.height("rare")
    for options in (None, cs.Options(), cs.Options(blowup=2, queries=5)):
        plain = run.plan_for(options)
        assert plain.gathered == () == plain.heights["rare"]


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
    heights = dict(zip(program.tables(), proof.log_heights, strict=True))
    assert len(heights["rare"]) == 1 and heights["halt"] == ()
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
    heights = plan.heights | dict.fromkeys(names, ())
    heights["rare"] = (padded_rows(sum(plan.rows[name] for name in names)),)
    plan = replace(plan, heights=heights, gathered=names, rare_width=rare.width)
    return hart, names, traces(guest.code, guest.image, input, plan, rare=rare)


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
    cells = program.row_cells()
    plan = plan_rows(13, every, cells, rare=program.rare(), prices=prices_of(ZK))
    assert plan.gathered == () and plan.heights["li"] == (16,)
