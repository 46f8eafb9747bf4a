"""Data, tasks and a network: one file a problem.

A problem of your own is a function that returns a `Problem`; see `paretocli.problems.problem`.
"""

from paretocli.problems.problem import Defaults, Problem, Samples, Task

__all__ = ["Defaults", "Problem", "Samples", "Task"]
