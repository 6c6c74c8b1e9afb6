"""From an idea to a sound table.

A proof shows that the equations of some tables hold and that their buses balance. Whether that is
what you wanted to say is for you to see to, and there are six places where the two come apart. Each
is shown below on a table that looks right, proves a true statement, and proves a false one as
well; and then what closes it. The examples run as they stand.

1. Write the statement down
---------------------------
One sentence, before any table, in words that somebody could be wrong about. *I know a sequence x,
x^7 + 5, ... of 1024 steps that starts at 3 and ends at the value I publish.* Every word of it must
be held by something: an equation, a public value, a message, or a fixed number of rows. The page is
a list of words that people forget.

>>> import numpy as np
>>> import cstark as cs
>>> class Steps(cs.Air):
...     columns = ("x", "cube", "power")
...     publics = ("start", "end")
...     def constrain(self, t):
...         now, nxt, public = t.now, t.next, t.publics
...         t.first_row.equal(now.x, public.start)
...         t.every_row.equal(now.cube, now.x**3)
...         t.every_row.equal(now.power, now.cube**2 * now.x)
...         t.transition.equal(nxt.x, now.power + 5)
...         t.last_row.equal(now.power + 5, public.end)
>>> def run(rows):
...     x = [3]
...     while len(x) < rows:
...         x.append((pow(x[-1], 7, cs.P) + 5) % cs.P)
...     return np.array([[v, pow(v, 3, cs.P), pow(v, 7, cs.P)] for v in x], dtype=np.uint64)
>>> def values(trace):
...     return {"steps": {"start": 3, "end": (int(trace[-1, 2]) + 5) % cs.P}}

2. Heights: how many rows?
--------------------------
"1024 steps" is nowhere in that table. A table has the height that the prover gives it, so this
machine accepts a proof of 8 steps as readily:

>>> machine = cs.Machine({"steps": Steps()})
>>> short = run(8)
>>> proof = machine.prove({"steps": short}, values(short))
>>> machine.verify(proof, values(short))  # no complaint

`print(machine)` and `check` name tables whose height is open and may matter. Say it in the table,
and it is part of the verifying key; or demand it of each proof:

>>> class Steps1024(Steps):
...     rows = 1024
>>> try:
...     cs.Machine({"steps": Steps1024()}).check({"steps": short}, values(short))
... except cs.TraceError as error:
...     print(error)
trace of table 'steps': 8 rows, but the table always has 1024
>>> try:
...     machine.verify(proof, values(short), heights={"steps": 1024})
... except cs.VerificationError as error:
...     print(error)
table 'steps' has 2^3 rows, not the 2^10 expected

Where the number of steps is no power of two, count them in a column, publish the count, and mark
the rows behind the last step (see 5). Tables that others only look things up in need no height:
what they say is said row by row.

3. Missing equations: what determines each cell?
------------------------------------------------
Take out one equation, the cube. Every proof of a true statement still goes through, and tests of
the trace will never notice:

>>> class Forgetful(Steps):
...     def constrain(self, t):
...         now, nxt, public = t.now, t.next, t.publics
...         t.first_row.equal(now.x, public.start)
...         t.every_row.equal(now.power, now.cube**2 * now.x)
...         t.transition.equal(nxt.x, now.power + 5)
...         t.last_row.equal(now.power + 5, public.end)
>>> forgetful = cs.Machine({"steps": Forgetful()})
>>> bool(forgetful.check({"steps": short}, values(short)))
True

But now *any* end can be proved that is 5 more than a square times x: the prover chooses the cube in
the last row, and the power follows.

>>> false = short.copy()
>>> false[-1, 1:] = 1, false[-1, 0]  # cube = 1, power = x
>>> forgetful.verify(forgetful.prove({"steps": false}, values(false)), values(false))

To change cells one at a time would not show it, as the power notices another cube. ``mutate=``
also runs the rank test, which looks for columns that can move together. It takes what comes before
a row as given and asks whether everything else in the row is determined:

>>> report = forgetful.check({"steps": short}, values(short), mutate=1000)
>>> bool(report), [one.columns for one in report.rank.undetermined]
(False, [('cube', 'power')])
>>> bool(machine.check({"steps": short}, values(short), mutate=1000))
True

What the prover may really choose, such as a secret, is declared: ``inputs = ("secret",)``. Declare
as little as you can, since what is declared is not looked at. Cells that mean nothing on some rows
are named by `Air.free_cells`, with the reason. `cstark.check.rank` says what the test can and
cannot see; it finds slips, and is no proof that there is none.

4. Counts: who decides how often?
---------------------------------
A bus balances if the counts of what is sent and what is received add up, modulo p. Here a byte is
looked up as often as a column says:

>>> class Payments(cs.Air):
...     columns = ("cents", "used")
...     def constrain(self, t):
...         t.send("range", [t.now.cents], count=t.now.used)
>>> BYTES = cs.gadgets.RangeTable(8)
>>> try:
...     cs.Machine({"payments": Payments(), "bytes": BYTES})
... except cs.AirError as error:
...     print(str(error).partition(". ")[2][:89], "...")
State t.every_row.boolean(t.now.used), or give weight=, a bound on |count| that the const ...

The refusal is there because of this: counts of 1 and p - 1, which is -1, cancel. Whoever silences
it with a weight that no constraint enforces proves that 300 is a byte.

>>> class Silenced(Payments):
...     def constrain(self, t):
...         t.send("range", [t.now.cents], count=t.now.used, weight=1)
>>> silenced = cs.Machine({"payments": Silenced(), "bytes": BYTES})
>>> traces = {"payments": [[300, 1], [300, cs.P - 1]] + [[0, 0]] * 6, "bytes": BYTES.zeros()}
>>> silenced.verify(silenced.prove(traces))  # a proof of nothing

With ``t.every_row.boolean(t.now.used)`` it is a flag, and the proof above is impossible. Two rules
cover the rest:

* **A fact** may be used any number of times. Its row is true whatever its count is, so the count is
  the prover's and nothing bounds it: range tables, programs, lists. `Machine.count` fills it in,
  from all tables that send, so that none is forgotten.
* **An event** happened once: an access to a memory, a number in a permutation. It is sent and
  received with a constant count, or with a flag and ``weight=1`` on both sides. With a count of the
  prover's choice, one event could stand for two and another for none.

5. Padding: what do the other rows say?
---------------------------------------
A table has a power of two of rows (`cs.padded_rows`), so most have rows that only fill them. They
satisfy the same constraints and use the same buses as all others; what they say, the proof says
too. Three payments of at most 255 cents, and a sum that is public:

>>> class Till(cs.Air):
...     columns = ("cents", "sum", "used")
...     publics = ("total", "payments")
...     def constrain(self, t):
...         now, nxt = t.now, t.next
...         t.every_row.boolean(now.used)
...         t.transition.zero(nxt.used * (1 - now.used))  # once it is over, it stays over
...         t.every_row.zero((1 - now.used) * now.cents)  # then nothing is paid
...         t.first_row.equal(now.sum, now.cents)
...         t.transition.equal(nxt.sum, now.sum + nxt.cents)
...         t.last_row.equal(now.sum, t.publics.total)
...         t.send("range", [now.cents], count=now.used)

Without its third line, padding would pay as well, and not even bytes: the lookup has count 0 there.
Without the second, rows in use could follow rows that are not, which does no harm here, and much
where a row means something to the next one.

The height may stay the prover's, since padding pays nothing. But the number of payments is a public
value that nothing reads, so that it may be anything; `check` says so, as the end of the example
shows. Count the payments, or leave the word out of the statement:

>>> class CountingTill(Till):
...     columns = ("cents", "sum", "used", "number")
...     inputs = ("cents", "used")
...     def constrain(self, t):
...         super().constrain(t)
...         now, nxt = t.now, t.next
...         t.first_row.equal(now.number, now.used)
...         t.transition.equal(nxt.number, now.number + nxt.used)
...         t.last_row.equal(now.number, t.publics.payments)
>>> till = CountingTill()
>>> machine = cs.Machine({"till": till, "bytes": BYTES})
>>> traces = {"till": till.zeros(cs.padded_rows(3))}
>>> cells = till.view(traces["till"])
>>> cells.cents[:3], cells.used[:3] = [20, 255, 30], 1
>>> cells.sum, cells.number = np.cumsum(cells.cents), np.cumsum(cells.used)
>>> traces["bytes"] = machine.count(traces, "range")
>>> publics = {"till": {"total": 305, "payments": 3}}
>>> bool(machine.check(traces, publics, mutate=1000))
True
>>> uncounted = cs.Machine({"till": Till(), "bytes": BYTES})
>>> report = uncounted.check({**traces, "till": traces["till"][:, :3]}, publics)
>>> print(report.notes[1])
table 'till': nothing reads public value 'payments', so a proof holds for any value there

6. Ranges: does it hold among the integers?
-------------------------------------------
Equations hold modulo p. `sum` above is a sum of integers because each of at most 2^31 rows adds at
most 255, which stays far below p. Without the lookup, a payment of p - 5 would be a refund. The
same goes for every "less than", every division with remainder and every carry: an equation has
solutions among the field elements that it does not have among the integers, until what has to be
small is looked up in a list. `cs.gadgets.Limbs` is for numbers of up to 63 bits,
`cs.gadgets.LessThan` for comparisons of any length; `cstark.machines.range_check` shows how one
could cheat without them.

7. Before you trust it
----------------------
* ``machine.check(traces, publics, mutate=10_000)`` on small traces of every kind: empty ones, full
  ones, ones in which every flag occurs. Read what it lists as free, undetermined, or held by
  ranges alone.
* Take each equation out and see that something complains: the rank test, or a trace that you forge.
  An equation that nothing misses is redundant, or your traces are too tame.
* Write the forgery that each equation is there for. The pages of `cstark.machines` say for each of
  theirs what could be proved without it, and their tests do it.
* Look at what the verifier holds: public values, tokens, heights, the claim. What is in none of
  them, the prover chose.
* A check tries what it is shown. Nothing here replaces a second reader.

Last, options: ``cs.Machine(tables, cs.Options.small())`` where proofs are kept or sent and their
size matters more than the time to make them, ``cs.Options.fast()`` for very short tables;
``machine.choices(heights)`` says what every option would do to yours.
"""
