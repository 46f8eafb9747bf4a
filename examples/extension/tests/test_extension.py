"""Every part is what paretocli expects."""

from paretocli import testing


def test_the_problem():
    testing.check_problem("circles")


def test_the_network():
    testing.check_network("deep")


def test_the_solver():
    testing.check_solver("power")
    testing.check_solver("power", solver_power=20.0)


def test_the_transfer_rule():
    testing.check_transfer("ring")


def test_the_format():
    testing.check_format("pickle")
