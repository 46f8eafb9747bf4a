"""How long points train that start from solved ones."""

import pytest

from paretocli.planning.rounds import warm_epochs
from paretocli.sweeping.resolve import resolve

SPARSE = {"problem": "multidigits", "network": "hps", "train_samples": 64, "points": 3}
SPARSE |= {"epochs": 20, "retrain_epochs": 10}


@pytest.mark.parametrize(
    ("given", "epochs"),
    [
        ({}, (6, 3)),
        ({"warm_epochs": 13}, (13, 3)),
        ({"warm_retrain_epochs": 8}, (6, 8)),
        ({"warm_epochs": 8, "warm_retrain_epochs": 9}, (8, 9)),
        ({"retrain_epochs": 0, "warm_retrain_epochs": 8}, (6, 0)),
        ({"epochs": 1, "retrain_epochs": 1}, (1, 1)),
    ],
)
def test_the_search_and_what_follows_have_lengths_of_their_own(tmp_path, given, epochs):
    config = resolve({**SPARSE, "warm": "path", **given, "out": str(tmp_path / "run")}).config
    assert warm_epochs(config) == epochs


@pytest.mark.parametrize(
    ("given", "epochs"),
    [
        ({}, (2, 7)),
        ({"epochs": 1, "retrain_epochs": 1}, (1, 1)),
        ({"warm_epochs": 7}, (7, 3)),
        ({"warm_retrain_epochs": 7}, (6, 7)),
        ({"retrain_epochs": 0}, (6, 0)),
    ],
)
def test_most_of_the_epochs_make_up_for_rows_that_a_size_takes(tmp_path, given, epochs):
    config = resolve({**SPARSE, "warm": "path", **given, "out": str(tmp_path / "run")}).config
    assert warm_epochs(config, limited=True) == epochs
