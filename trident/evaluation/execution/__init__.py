"""What a JVM says of an answer: does it compile in its place, does it pass, and which mutants does it kill?

    executor = for_run(run, examples, checkouts)
    table = executor.run(answers)  # one row per example, with COLUMNS
    summarise(table)

`mutants` puts small faults into a class. `cases` makes programs of examples, `jvm` runs them, `cache` keeps what came
out, and `executor` does all this and compares each answer with the reference. `verdicts` asks for the answers of all
models of a grid at once. `projects` makes programs of mined examples, where their checkouts are here.
"""

from trident.evaluation.execution.cache import CacheError
from trident.evaluation.execution.executor import COLUMNS, MEANS, Executor, for_run, summarise

__all__ = ["COLUMNS", "MEANS", "CacheError", "Executor", "for_run", "summarise"]
