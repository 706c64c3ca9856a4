"""Find tests and the methods they test in any Java source tree.

The heuristics are Methods2Test's (Tufano et al., 2022): the class under test by name and path, then the method by the
test's name, else the only method of that class that the test calls. Some known gaps are closed: overloads are told
apart by the call, and nested classes, JUnit 3 and a project's own annotations of tests are found. More heuristics find
more pairs; each has a label of its own, and its precision was checked by hand (``docs/mining.md``).

model: what is known of classes and tests. reader, calls: one file. types, reach: what a call can mean. focal_class,
focal_method: what a test tests. pairs: both together. all_tests: whole projects. one_test: one test at a time, for
``trident suggest``.
"""

from trident.corpus.mining.all_tests import HOW_TO_GET, RECORDS, every_test, mine, mine_into, summary
from trident.corpus.mining.model import Skipped
from trident.corpus.mining.one_test import Project, root_of

__all__ = ["HOW_TO_GET", "RECORDS", "Project", "Skipped", "every_test", "mine", "mine_into", "root_of", "summary"]
