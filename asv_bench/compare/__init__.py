"""The bench report: two revisions, built apart, run in turn, compared in one table.

`tools/bench` runs this package.  It needs Python's standard library, git and a C compiler, and
nothing of the revision it measures but the interface that `runner` names.

=============  ==================================================================
`arguments`    the command line
`revisions`    from names to commits; a tree with changes is refused
`builds`       each commit in a folder of its own, whole or not at all
`runner`       one measurement; runs in a fresh process of a revision's environment
`runs`         the schedule A B B A, and the processes
`numbers`      median, spread, the paired ratio and its interval, the straight line
`comparison`   from runs to rows: what changed, and whether it is a regression
`growth`       the same for the slope over four sizes
`machine`      what it ran on, and who else ran there
`show`         tables and numbers as text and as data
`console`      what is said meanwhile, and the exit codes
`report`       all of it put together, Markdown or JSON
=============  ==================================================================
"""
