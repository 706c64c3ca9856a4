"""The dress rehearsal of the `paper` profile: its own notebooks and sizes, a handful of examples, random weights.

`inputs` makes what a hub and a download would give: checkpoints and the archives of Methods2Test. `run` takes the
notebooks through it, one job after the other, and measures each. `cost` counts the operations and the memory of one
training example, `projection` says what that means for the whole grid on a GPU, and `report` writes the tables.
"""
