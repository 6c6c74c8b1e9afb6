"""What a proof will take: memory, work, time, and what other options would change.

========== ====================================================================
`memory`   the prover's buffers under each memory plan, and the plan that fits
`work`     the work of each step, for progress that is shown while a proof is made
`estimate` what `Machine.estimate` returns: memory, bytes, cells, and time
`seconds`  time on this computer, extrapolated from short runs of the prover itself
`tables`   what the height of a table means: rows that are coded, rows that are opened
`choices`  bytes, memory, time and security of the options next to a machine's own
========== ====================================================================

Nothing is computed here by a formula of its own: bits come from `cstark.security`, bytes from
`cstark.protocol.length`, memory from the prover's rounds played through with sizes instead of
arrays, and seconds from runs.
"""
