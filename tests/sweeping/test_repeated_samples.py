import dataclasses

import pandas as pd
import torch

import paretocli
from tests.toys import pictures

# Points that compute one after another would else each get a worker, an interpreter of its own.
SHORT = {"points": 2, "epochs": 2, "retrain_epochs": 1, "jobs": 1, "progress": False}


def test_a_sweep_of_repeated_samples_is_that_of_the_longer_data(tmp_path):
    plain = pictures()
    weights = torch.arange(len(plain.train)) % 3 + 1.0
    repeated = dataclasses.replace(plain, train_weights=weights)
    by_hand = dataclasses.replace(plain, train=repeated.an_epoch)
    tables = []
    for number, problem in enumerate((repeated, by_hand, plain)):
        out = tmp_path / str(number)
        paretocli.sweep(problem, out=out, **SHORT)
        tables.append(pd.read_csv(out / "results.csv").drop(columns="seconds"))
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not tables[0].equals(tables[2])
