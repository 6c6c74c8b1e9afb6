"""cstark beside other provers: the same statement, parameters of the same strength, one table.

`tools/peers` runs this package.  It needs cargo for the programs in `rust`, which prove the
Fibonacci pairs of `cstark.machines.fib_pair` with the published crates of Plonky3 and winterfell,
and the tables of `cstark.machines.lookup_bench` with Plonky3's, at the versions that
`rust/Cargo.lock` fixes.  Nothing of cstark needs any of it.

=============  ==================================================================
`arguments`    the command line
`statements`   what is proved
`contests`     who meets whom with which parameters, and what these prove
`programs`     the Rust programs, built by cargo
`ours`         cstark's side, run in a process of its own
`runs`         the schedule, the processes, what they must agree on
`show`         the table
=============  ==================================================================
"""
