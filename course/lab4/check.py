"""The checks of lab 4: ``check.cqs(cqs)``, and with a hint ``check.cqs(cqs, hint=1)``."""

from __future__ import annotations

from course.lab4.check_differences import bootstrap, permutation_p
from course.lab4.check_scores import cqs, split_by_group, token_accuracy
from course.lab4.faults import HUNT

EXERCISES = (split_by_group, token_accuracy, cqs, bootstrap, permutation_p)
hunt = HUNT.judge

__all__ = ["EXERCISES", "bootstrap", "cqs", "hunt", "permutation_p", "split_by_group", "token_accuracy"]
