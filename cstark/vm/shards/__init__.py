"""A run proved in shards: parts of it, each proved alone, together one statement.

* `cstark.vm.executor.marks`: rows of every table at places along a run that was counted
* `cstark.vm.shards.cutting`: where to cut it, for shards of at most so many cells
* `cstark.vm.shards.shard`: a part of a run, which makes its traces where it is proved
* `cstark.vm.shards.fitting`: shards for so much memory
* `cstark.vm.shards.runs`: what `cstark.vm.Execution` can do in shards
* `cstark.vm.trace.snapshot`: what a part of a run begins with
"""
