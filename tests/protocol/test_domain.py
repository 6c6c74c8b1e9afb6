"""Domains, their cache, and what is shared."""

from __future__ import annotations

import numpy as np

import cstark as cs
from cstark.field import base_root
from cstark.protocol.domain import Domain, DomainCache
from cstark.protocol.periodic import coset_values
from tests.oracles import zoo

P = cs.P


def test_the_key_is_all_that_a_domain_depends_on():
    cache = DomainCache()
    seen = {cache.get(h, b, o) for h in (3, 4) for b in (2, 4) for o in (3, 7)}
    assert len(seen) == 8 and (cache.hits, cache.misses) == (0, 8)
    assert cache.get(3, 2, 3) in seen
    assert cache.get(3, 2, 3).shifts != cache.get(3, 2, 7).shifts
    assert (cache.hits, cache.misses) == (3, 8)


def test_machines_of_unequal_offsets_share_a_cache():
    """Without the offset in the key the second machine would get the first one's cosets."""
    case = zoo.together(zoo.fibonacci(5), zoo.fibonacci(6))

    def machines_of_both():
        return [case.machine(coset_offset=offset) for offset in (3, 7)]

    alone = [case.prove(machine).to_bytes() for machine in machines_of_both()]
    assert alone[0] != alone[1]
    shared, machines = DomainCache(), machines_of_both()
    for machine in machines:
        machine.proving_key.domains = shared
    for machine, expected in zip(machines, alone, strict=True):
        proof = case.prove(machine)
        assert proof.to_bytes() == expected
        case.verify(machine, proof)
    assert len(shared) == shared.misses == 4


def test_the_cache_is_bounded():
    cache = DomainCache(limit=2)
    for h in (3, 4, 5, 3):
        cache.get(h, 2, 3)
    assert len(cache) == 2 and cache.misses == 4


def test_tables_of_one_height_share_a_domain():
    case = zoo.together(*(zoo.fibonacci(5) for _ in range(4)), zoo.fibonacci(6))
    machine = case.machine()
    case.prove(machine)
    assert machine.proving_key.domains.misses == 2
    case.prove(machine)
    assert machine.proving_key.domains.misses == 2


def test_cosets_and_selectors():
    domain = Domain(4, 4, 3)
    step = base_root(6)
    for q in range(4):
        points = [3 * pow(step, q + 4 * i, P) % P for i in range(16)]
        assert domain.shifts[q] == points[0]
        # Z_H is the same, and not zero, on all of a coset
        assert {pow(x, 16, P) for x in points} == {pow(domain.shifts[q], 16, P)} != {1}
        inverse = domain.inverse_first(points[0])
        assert all(int(v) * (x - 1) % P == 1 for v, x in zip(inverse, points, strict=True))


def horner(coefficients, x):
    total = 0
    for c in reversed(coefficients):
        total = (total * x + c) % P
    return total


def test_extension_from_a_coset():
    domain = Domain(3, 4, 3)
    coefficients = [5, 0, 1, P - 1, 7, 2, 9, 11]
    step = base_root(5)
    on_coset = [[3 * pow(step, q + 4 * i, P) % P for i in range(8)] for q in range(4)]
    for source in range(4):
        values = np.array([[horner(coefficients, x)] for x in on_coset[source]], dtype=np.uint64)
        extended = domain.lde(values, domain.shifts[source])
        for q in range(4):
            expected = [horner(coefficients, x) for x in on_coset[q]]
            assert extended[q][:, 0].tolist() == expected
            assert not extended[q][:, 1:].any()


def test_periodic_columns_on_a_coset():
    domain = Domain(4, 2, 3)
    values = (4, 1, P - 3, 9)
    root = base_root(2)
    inverse = pow(4, -1, P)
    coefficients = [
        inverse * sum(v * pow(root, -i * k, P) for i, v in enumerate(values)) % P for k in range(4)
    ]
    for q in range(2):
        (found,) = coset_values([values], domain.shifts[q], domain.height)
        points = [domain.shifts[q] * pow(domain.generator, i, P) % P for i in range(16)]
        expected = [horner(coefficients, pow(x, 4, P)) for x in points]
        assert [int(found[i % 4]) for i in range(16)] == expected
