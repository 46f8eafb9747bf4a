"""Tests of parts from outside: a problem, a network, a solver, a transfer rule or a format.

Each is one call in a test of yours, and fails with an `AssertionError` that says what is expected:

    from paretocli import testing

    def test_my_solver():
        testing.check_solver("mine")
"""

from paretocli.testing.formats import check_format
from paretocli.testing.networks import check_network
from paretocli.testing.problems import check_problem
from paretocli.testing.solvers import check_solver
from paretocli.testing.transfers import check_transfer

__all__ = ["check_format", "check_network", "check_problem", "check_solver", "check_transfer"]
