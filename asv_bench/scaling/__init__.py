"""What more threads are worth: two statements proved by 1 to 16 threads, and a model of more.

`tools/scaling` runs this package.  Thread counts that the machine has processors for are measured,
in fresh processes that take turns.  For larger ones there is a model, which is called a model
wherever it is shown.

=============  ==================================================================
`arguments`    the command line
`sample`       one measurement, in a process of its own
`bandwidth`    how fast the memory is
`model`        serial parts from what was measured, and what follows for more threads
`plot`         the picture, as SVG
`show`         the tables
=============  ==================================================================

The model
---------
A phase p of the proof takes ``s_p + q_p / n`` seconds on n threads: a part that one thread does,
and a part that all share.  Both are fitted to the measured thread counts, for each phase by
itself (least squares in 1/n, neither part below zero).  What must pass through memory at least
once, ``b_p`` bytes as `benchmarks.work` counts them from the shapes, takes ``b_p / B`` seconds,
however many threads there are.  So n threads take ::

    T(n) = sum over p of max(s_p + q_p / n, b_p / B)

The upper curve has B without limit: the memory keeps up with the threads, as where each socket
brings channels of its own.  The lower one has B as measured on this machine with all its
processors: the memory gives no more than it does here.  A machine with more cores than this one
lies between them, if its cores are as fast; neither knows of clocks that fall when many cores
work, of a second socket, or of hyperthreads.
"""
