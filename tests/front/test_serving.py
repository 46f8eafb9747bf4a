import numpy as np
import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.front.results import read_results
from paretocli.front.serving import mean_of_served, served_by, serving
from paretocli.library.choosing import chosen_by

LOSSES = np.array([[1.0, 5.0, 2.0], [3.0, 4.0, 2.0], [9.0, 9.0, 9.0]])
TASKS = ("a", "b", "c")


def table(**changes):
    columns = {"point": [0, 1, 2], "status": ["done"] * 3}
    for place, task in enumerate(TASKS):
        columns[f"weight_{task}"] = [1 / 3] * 3
        columns[f"loss_{task}_val"] = LOSSES[:, place]
        columns[f"loss_{task}_test"] = LOSSES[:, place] + 10 * np.arange(3)
    return pd.DataFrame(columns | {"serves": ["a, c", "b", ""]} | changes)


def test_each_task_is_served_by_the_best_and_of_equals_by_the_first():
    assert served_by(LOSSES).tolist() == [0, 1, 0]
    assert serving(LOSSES, TASKS) == ["a, c", "b", ""]


def test_how_well_they_do_together():
    """Who serves is decided on the validation data, whatever is shown."""
    assert mean_of_served(table(), TASKS, "val") == pytest.approx((1 + 4 + 2) / 3)
    assert mean_of_served(table(), TASKS, "test") == pytest.approx((1 + 14 + 2) / 3)


@pytest.mark.parametrize(
    "frame",
    [
        table(serves=[None] * 3),
        table().drop(columns="serves"),
        table(loss_b_test=[1.0, np.nan, 1.0]),
    ],
    ids=["not whole", "no set", "no figure"],
)
def test_where_nothing_is_said(frame):
    assert mean_of_served(frame, TASKS, "test") is None


def test_weights_do_not_tell_networks_of_a_set(tmp_path):
    table().to_csv(tmp_path / "results.csv", index=False)
    results = read_results(tmp_path)
    with pytest.raises(InputError, match="all networks of a set have the same; --minimize"):
        chosen_by(results, [0, 1], "val", closest_to="1,1,1")
    assert chosen_by(results, [0, 1], "val", minimize="loss_b")[0] == 1
