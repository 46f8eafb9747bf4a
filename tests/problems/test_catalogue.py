"""The list of problems says what they are."""

import pytest

from paretocli.problems.catalogue import BUILT_IN, DATA_SETS
from paretocli.problems.loading import load_problem


@pytest.mark.parametrize("name", [name for name, entry in BUILT_IN.items() if not entry.data])
def test_the_list_is_what_the_problems_are(name, tmp_path):
    check(name, load_problem(name, tmp_path))


def test_the_list_is_what_multimnist_is(mnist_dir, own_cache):
    check("multimnist", load_problem("multimnist", mnist_dir))


def test_data_sets_that_problems_need_are_known(tmp_path):
    assert {data for entry in BUILT_IN.values() for data in entry.data} == set(DATA_SETS)
    assert not any(is_there(tmp_path) for is_there in DATA_SETS.values())


def check(name, problem):
    entry = BUILT_IN[name]
    assert problem.name == name
    assert problem.objectives == entry.tasks
    if entry.sizes is not None:
        assert tuple(len(split) for split in problem.splits().values()) == entry.sizes
