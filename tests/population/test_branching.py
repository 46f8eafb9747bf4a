"""A population that starts as one network and branches."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from paretocli.planning.preferences import simplex_lattice
from paretocli.population.branching import (
    Stage,
    branched,
    index_between,
    mean_weights,
    stages,
)

LINE = simplex_lattice(2, 8)  # 9 weights


def test_one_network_and_then_all():
    plan = stages(LINE, (0.5,), 20)
    assert plan == (Stage(0, (0,) * 9), Stage(10, tuple(range(9))))
    assert [stage.networks for stage in plan] == [1, 9]


def test_a_tree_branches_evenly():
    plan = stages(LINE, (0.25, 0.5), 20)
    assert [stage.first_epoch for stage in plan] == [0, 5, 10]
    assert [stage.networks for stage in plan] == [1, 3, 9]
    # Neighbours on the line stay together.
    groups = np.array(plan[1].groups)
    assert (np.diff(groups) >= 0).all()
    assert sorted(np.bincount(groups)) in ([2, 3, 4], [3, 3, 3], [2, 2, 5])


@pytest.mark.parametrize(("objectives", "divisions"), [(2, 20), (3, 5), (4, 3)])
def test_each_branch_lies_inside_one_of_before(objectives, divisions):
    weights = simplex_lattice(objectives, divisions)
    plan = stages(weights, (0.2, 0.4, 0.6), 50)
    assert plan[-1].groups == tuple(range(len(weights)))
    for before, after in pairwise(plan):
        assert before.networks < after.networks
        for network in range(after.networks):
            origins = {before.groups[member] for member in after.members(network)}
            assert len(origins) == 1
            assert index_between(before, after)[network] == origins.pop()


def test_one_point_has_nothing_to_branch():
    assert {stage.networks for stage in stages(LINE[:1], (0.5,), 10)} == {1}


@pytest.mark.parametrize("epochs", [2, 3, 4])
def test_in_a_short_training_the_last_branching_stays(epochs):
    plan = stages(LINE, (0.1, 0.2), epochs)
    assert plan[0].first_epoch == 0
    assert plan[-1].networks == 9
    assert plan[-1].first_epoch < epochs
    starts = [stage.first_epoch for stage in plan]
    assert starts == sorted(set(starts))


def test_the_mean_weights_of_a_branch():
    weights = torch.tensor([[0.2, 0.8], [0.4, 0.6], [0.9, 0.1]])
    found = mean_weights(Stage(0, (0, 0, 1)), weights)
    torch.testing.assert_close(found, torch.tensor([[0.3, 0.7], [0.9, 0.1]]))


def test_a_state_is_taken_along_and_what_all_share_stays():
    state = {
        "epoch": 3,
        "pattern": None,
        "step": torch.tensor(7.0),
        "descent": [
            {"state": {0: {"mean": torch.tensor([[1.0], [2.0]])}}, "groups": [{"lr": 0.1}]}
        ],
    }
    found = branched(state, torch.tensor([0, 1, 1]))
    assert (found["epoch"], found["pattern"], found["step"]) == (3, None, 7)
    assert found["descent"][0]["state"][0]["mean"].tolist() == [[1.0], [2.0], [2.0]]
    assert found["descent"][0]["groups"] == [{"lr": 0.1}]
    # A copy: branches go their own ways.
    found["descent"][0]["state"][0]["mean"][0] = 9
    assert state["descent"][0]["state"][0]["mean"][0] == 1
