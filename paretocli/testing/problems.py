"""Tests of a problem."""

import tempfile
from pathlib import Path
from typing import Any

from paretocli.core.problem import Problem
from paretocli.library.calls import check, sweep
from paretocli.testing.expect import expect


def check_problem(problem: Problem | str, **options: Any) -> None:
    """Test that a problem can be swept.

    `paretocli check` finds nothing to refuse, a sweep of two points for an epoch gives finite
    losses, the same ones when it is run again, and the networks that it leaves load.

    Args:
        problem: The problem, or a name as the command line takes it.
        **options: Of the sweep; by default two points and an epoch on one thread.

    Raises:
        AssertionError: It cannot.
    """
    found = check(problem)
    expect(not found.failures, " ".join(map(str, found.failures)))
    with tempfile.TemporaryDirectory() as name:
        few = {"points": 2, "epochs": 1, "retrain_epochs": 0, "threads": 1, "jobs": 1}
        runs = [
            sweep(problem, out=Path(name) / part, progress=False, **few | options)
            for part in ("first", "second")
        ]
        first, second = (run.results.drop(columns="seconds") for run in runs)
        losses = first[[column for column in first if str(column).startswith("loss_")]]
        expect(bool(losses.notna().all(axis=None)), "every loss should be finite after an epoch")
        differing = [str(name) for name in first if not first[name].equals(second[name])]
        expect(
            not differing,
            f"a second sweep with the same seed should give the same {', '.join(differing)}",
        )
        runs[0].network(0)
