"""What proofs in shards cost: `tools/shards`.

* `sharded.task`: one measurement, in a process of its own
* ``__main__``: measurements, one after another, and what they say of each other
"""
