"""From examples and answers to what a JVM says of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm.auto import tqdm

from trident.evaluation.execution import cache, projects
from trident.evaluation.execution.cases import Blank, blanks
from trident.evaluation.execution.jvm import Case, Outcome, Workers
from trident.experiment import artifacts
from trident.experiment.paths import Run, inside_root
from trident.java import jdk
from trident.java.lexer import canonical

#: What a JVM says of an answer, with the types of the columns. Each can be missing.
COLUMNS = {
    "verdict": "object",
    "compiles": "boolean",
    "passes": "boolean",
    "mutants": "Int64",
    "reference_kills": "Int64",
    "kills": "Int64",
    "relative_mutation_score": "float64",
    "equivalent": "float64",
}
#: The columns whose mean is a result.
MEANS = ("compiles", "passes", "equivalent", "relative_mutation_score")
#: At most so many mutants of a blank are run with every answer.
MUTANTS = 8
#: What can be said of a mutant with which the reference comes to an end, first what an answer can be compared with.
_ENDED = (("killed", "survives"), ("killed elsewhere",))
#: So many outcomes are written at a time: what a killed process loses.
_PORTION = 1000


@dataclass(frozen=True)
class _Question:
    """A blank whose reference has been run. `kept`: which mutants of the blank its `case` has; `digest`: of the case"""

    kept: tuple[int, ...]
    case: Case
    digest: str


class Executor:
    """Runs answers to the blanks of some examples, each distinct answer once, and remembers what came out.

    left_out    how many examples have no verdict, by reason; complete after :meth:`run`
    """

    def __init__(
        self,
        examples: Sequence[Mapping[str, Any]],
        corpus_seed: int,
        folder: Path,
        projects: Sequence[projects.Project] = (),
        java: jdk.Jdk | None = None,
    ) -> None:
        """Find a JDK, what to run of each example, and what has been run before.

        Args:
            examples: with the columns of :class:`trident.corpus.schema.Example`.
            corpus_seed: the seed that the sandbox corpus was made with.
            folder: keeps the outcomes, for all models of a grid.
            projects: of examples of real Java. Their tests run as they are: only for projects that you trust.
            java: what they were compiled with; None: the JDK that is found.

        Raises:
            NoJdk: there is no JDK or no JUnit 4; the message says what to install.
            CacheError: a file of the folder is damaged, or does not belong there.
            TemplateError: the corpus was made from other templates.
        """
        self._jdk, self._folder = java or jdk.find(), folder
        self._known = cache.load(folder)
        self._blanks = blanks(examples, corpus_seed)
        by_name = {project.name: project for project in projects}
        for position, example in enumerate(examples):
            project = by_name.get(example["origin"].partition("/")[0])
            if project and example["source"] != "sandbox":
                self._blanks[position] = project.blank(example)
        self.left_out: Counter[str] = Counter()
        self._digest = lru_cache(None)(cache.digest)
        self._question = lru_cache(None)(self._choose)

    def run(self, answers: Sequence[str], progress: bool = False) -> pd.DataFrame:
        """What the JVM says of one answer to each example: :meth:`table` with one row per example.

        Raises:
            ValueError: not one answer per example.
            JdkError: the JVM failed, and no answer is the cause.
        """
        return self.table([[answer] for answer in answers], progress)

    def table(self, answers: Sequence[Sequence[str]], progress: bool = False) -> pd.DataFrame:
        """What the JVM says of several answers to each example.

        Returns:
            One row per answer, in their order, those to the first example first, with :data:`COLUMNS`. An answer
            *passes* if the test with it does, on the class under test. It *kills* a mutant if the test passes on the
            class and fails on the mutant at this answer. `reference_kills` and `kills` count what reference and answer
            kill, `mutants` what there is to kill: mutants that compile, end, and reach the end of the test or the blank
            before another assertion notices them. `relative_mutation_score` is the share of the reference's kills that
            the answer has too, `equivalent` is 1 for an answer that passes and kills exactly what the reference kills,
            else 0. Both are missing where the reference kills none. All are missing where the example cannot be run,
            see `left_out`.

        Raises:
            ValueError, JdkError: as :meth:`run`.
        """
        self.ask(answers, progress)
        self.left_out = Counter()
        rows: list[dict[str, Any]] = []
        for blank, some in zip(self._blanks, answers, strict=True):
            reason = blank if isinstance(blank, str) else self._failure(blank)
            if reason:
                self.left_out[reason] += 1
            rows += [{} if reason or isinstance(blank, str) else self._row(blank, answer) for answer in some]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)

    def ask(self, answers: Sequence[Sequence[str]], progress: bool = False) -> None:
        """Run several answers to each example, and remember what comes out: less work than to run one after the other.

        Raises:
            ValueError, JdkError: as :meth:`run`.
        """
        pairs = zip(self._blanks, answers, strict=True)
        self._execute([(blank, some) for blank, some in pairs if isinstance(blank, Blank)], progress)

    def kills(self, position: int, answers: Sequence[str]) -> pd.DataFrame:
        """What answers to the example at a position do to each of its mutants.

        Returns:
            One row per mutant that the answers are run on, with `operator`, `line`, `before`, `after`, and a column for
            each answer: ``killed``, ``survives`` and so on, empty if the answer does not pass.

        Raises:
            ValueError: the example cannot be run.
        """
        blank = self._blanks[position]
        reason = blank if isinstance(blank, str) else self._failure(blank)
        if reason or isinstance(blank, str):
            raise ValueError(f"example {position} cannot be run: {reason}")
        self._execute([(blank, answers)], False)
        original = blank.class_source.splitlines()
        kept = [blank.mutants[i] for i in self._question(blank).kept]
        frame = pd.DataFrame(
            {
                "operator": [mutant.operator for mutant in kept],
                "line": [mutant.line for mutant in kept],
                "before": [original[mutant.line - 1].strip() for mutant in kept],
                "after": [mutant.source.splitlines()[mutant.line - 1].strip() for mutant in kept],
            }
        )
        for answer in answers:
            frame[answer] = self._outcome(blank, answer).mutants or ""
        return frame

    def mutants(self) -> pd.DataFrame:
        """What the references do to all mutants that were drawn, after :meth:`run`.

        Returns:
            One row per mutant: `position` of the example, `operator`, `outcome` (``killed``, ``survives``, ``killed
            elsewhere``, ``does not compile``, ``no end``, …).
        """
        rows = [
            (position, mutant.operator, outcome)
            for position, blank in enumerate(self._blanks)
            if isinstance(blank, Blank)
            for mutant, outcome in zip(blank.mutants, self._of_reference(blank).mutants, strict=False)
        ]
        return pd.DataFrame(rows, columns=["position", "operator", "outcome"])

    def _of_reference(self, blank: Blank) -> Outcome:
        """The outcome of the reference with all mutants that were drawn."""
        return self._known[cache.key(self._digest(blank.case), blank.reference)]

    def _outcome(self, blank: Blank, answer: str) -> Outcome:
        question, text = self._question(blank), canonical(answer)
        if text == blank.reference:
            whole = self._of_reference(blank)
            return replace(whole, mutants=tuple(whole.mutants[i] for i in question.kept))
        return self._known[cache.key(question.digest, text)]

    def _failure(self, blank: Blank) -> str:
        """Why a blank says nothing of answers: its reference does not pass."""
        verdict = self._of_reference(blank).verdict
        return "" if verdict == "passes" else f"reference: {verdict}"

    def _choose(self, blank: Blank) -> _Question:
        """The mutants that answers are run on: of those with which the reference comes to an end, the first drawn."""
        said = self._of_reference(blank).mutants
        ended = [i for some in _ENDED for i, outcome in enumerate(said) if outcome in some]
        kept = tuple(sorted(ended[:MUTANTS]))
        answers = blank.case.answers if blank.needs_reference else ()
        case = replace(blank.case, mutants=tuple(blank.case.mutants[i] for i in kept), answers=answers)
        return _Question(kept, case, cache.digest(case))

    def _execute(self, asked: Sequence[tuple[Blank, Sequence[str]]], progress: bool) -> None:
        """Run what is not known yet, and keep it on disk: first the references, as these choose the mutants."""
        whole = [(self._digest(blank.case), blank.case, [blank.reference]) for blank, _ in asked]
        self._run(whole, "references", progress)
        others = []
        for blank, answers in asked:
            if not self._failure(blank):
                question = self._question(blank)
                texts = [text for text in map(canonical, answers) if text != blank.reference]
                others.append((question.digest, question.case, texts))
        self._run(others, "answers", progress)

    def _run(self, asked: Iterable[tuple[str, Case, Sequence[str]]], what: str, progress: bool) -> None:
        """Run answers to cases that are not known yet, after those that a case has already."""
        cases: dict[str, Case] = {}
        for digest, case, answers in asked:
            missing = [answer for answer in answers if cache.key(digest, answer) not in self._known]
            if missing:
                earlier = cases.get(digest, case)
                cases[digest] = replace(case, answers=tuple(dict.fromkeys((*earlier.answers, *missing))))
        if not cases:
            return
        found: dict[str, Outcome] = {}
        count = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
        bar = tqdm(total=len(cases), desc=what, unit="blank", disable=not progress)
        try:
            with bar, Workers(self._jdk, count) as workers:
                for (digest, case), outcomes in zip(cases.items(), workers.run(list(cases.values())), strict=True):
                    bar.update()
                    for answer, outcome in zip(case.answers, outcomes, strict=True):
                        found.setdefault(cache.key(digest, answer), outcome)
                    if len(found) >= _PORTION:
                        self._keep(found)
        finally:
            self._keep(found)

    def _keep(self, found: dict[str, Outcome]) -> None:
        """Write outcomes, so that a run that is stopped goes on from here, and empty `found`."""
        new = {key: outcome for key, outcome in found.items() if key not in self._known}
        cache.save(self._folder, new)
        self._known |= new
        found.clear()

    def _row(self, blank: Blank, answer: str) -> dict[str, Any]:
        said = self._of_reference(blank).mutants
        reference = [said[i] for i in self._question(blank).kept]
        required = {i for i, one in enumerate(reference) if one == "killed"}
        outcome = self._outcome(blank, answer)
        passes = outcome.verdict == "passes"
        killed = {i for i, one in enumerate(outcome.mutants) if one == "killed"}
        return {
            "verdict": outcome.verdict,
            "compiles": outcome.verdict != "does not compile",
            "passes": passes,
            "mutants": sum(one != "killed elsewhere" for one in reference),
            "reference_kills": len(required),
            "kills": len(killed),
            "relative_mutation_score": len(killed & required) / len(required) if required else None,
            "equivalent": float(passes and killed == required) if required else None,
        }


def for_run(run: Run, examples: Sequence[Mapping[str, Any]], checkouts: str) -> Executor:
    """The executor of a run's examples. What comes out is kept in the run's folder, for all models.

    Args:
        checkouts: the parameter of this name; see :func:`trident.evaluation.execution.projects.of_examples`.

    Raises:
        NoJdk, CacheError, TemplateError: as :class:`Executor`.
        ProjectError, JdkError: as :func:`trident.evaluation.execution.projects.of_examples`.
    """
    corpus_seed = artifacts.require(run.corpus, "corpus")["parameters"]["corpus_seed"]
    if not checkouts:
        return Executor(examples, corpus_seed, run.executions)
    java = projects.with_junit5(jdk.find())
    found = projects.of_examples(examples, inside_root(checkouts), java, run.folder / "projects")
    return Executor(examples, corpus_seed, run.executions, found, java)


def summarise(frame: pd.DataFrame) -> dict[str, float]:
    """The means of :data:`MEANS` over the rows that have them; one that no row has is left out."""
    return {name: float(frame[name].mean()) for name in MEANS if name in frame and frame[name].notna().any()}
