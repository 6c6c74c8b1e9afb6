"""The rows of a run: what the tables of the machine hold.

* `cstark.vm.trace.planning`: rows and heights of every table, from a run that was counted
* `cstark.vm.trace.splitting`: into how many tables the rows of a family go
* `cstark.vm.trace.gathering`: which of them lie beside those of other families
* `cstark.vm.trace.snapshot`: the state of a run between two rows
* `cstark.vm.trace.record`: the same run recorded, as traces
* ``fill*.h``: how the rows of each family are filled; ``layout.h`` has the places of the columns,
  made from the tables by `cstark.vm.trace.header`
* `cstark.vm.trace.around`: the tables around those of the families
* `cstark.vm.trace.inverses`: the cells that hold an inverse
"""
