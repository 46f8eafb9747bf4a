"""What a run would do, in words."""

import json
from types import SimpleNamespace

import pytest

import paretocli
from paretocli.cli.plan_text import points_text
from paretocli.cli.plan_text import test_text as text_of_test
from paretocli.cli.report import dry_run_report
from paretocli.sweeping.resolve import resolve
from tests.toys import vectors

WHOLE = (64, 24, 16)


@pytest.mark.parametrize(
    ("every", "sizes", "words"),
    [
        (0, WHOLE, "measured after the last epoch alone; each time takes about 7.4% of an epoch"),
        (1, WHOLE, "measured after every epoch; each time takes about 7.4% of an epoch"),
        (4, (64, 24, 65), "measured after every 4 epochs and the last; each time takes about 30%"),
        (1, (64, 24, 11), "each time takes about 5.1% of an epoch"),
    ],
)
def test_when_the_test_split_is_measured(every, sizes, words):
    config = SimpleNamespace(evaluate_every=every, batch_size=8)
    assert words in text_of_test(config, vectors(sizes=sizes))["test"]


def planned(tmp_path, problem="vlmop2", **options):
    return resolve({"problem": problem, "out": tmp_path / "run", "epochs": 10, **options})


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"weights": ["0.5,0.5"]}, "1"),
        ({"points": 5}, "5, all together"),
        ({"points": 5, "stack": 2}, "5, in 3 shards of up to 2"),
        ({"points": 5, "stack": 1}, "5, each alone"),
        (
            {"points": 5, "warm": "path", "warm_epochs": 4},
            "5: 1 from scratch, and 4 that start from another, for 4 epochs each, in 2 rounds",
        ),
        (
            {"points": 2, "warm": "path", "warm_epochs": 4},
            "2: 1 from scratch, and 1 that starts from another, for 4 epochs each, in 1 round",
        ),
        (
            {"placement": "adaptive", "points": 7},
            "3, all together; then more as it goes on, up to 7 in all",
        ),
        (
            {"placement": "adaptive", "points": 7, "warm": "nearest", "warm_epochs": 4},
            "3, all together; then more as it goes on, for 4 epochs each, up to 7 in all",
        ),
        (
            {"placement": "adaptive", "budget": 50},
            "3, all together; then more as it goes on, up to 5 in all",
        ),
    ],
)
def test_points_that_are_and_may_come(tmp_path, options, text):
    assert points_text(planned(tmp_path, **options)) == text


def test_a_size_that_is_asked_for(tmp_path):
    asked = {"network": "hps", "retrain_epochs": 2, "points": 3, "max_parameters": 3000}
    text = points_text(planned(tmp_path, "multidigits", **asked))
    assert text == (
        "3, all together; where none has compact_parameters <= 3000, one for that, corrected twice "
        "at most"
    )


def test_weights_that_are_added_to_what_is_there(tmp_path):
    folder = tmp_path / "run"
    short = {"problem": "vlmop2", "epochs": 1, "out": folder, "progress": False}
    paretocli.sweep(**short, points=3)
    resolved = resolve({"problem": "vlmop2", "epochs": 1, "out": folder, "weights": ["0.3,0.7"]})
    assert points_text(resolved) == "3, all together; and 1 with the weights that are added"
    assert json.loads(dry_run_report(resolved, as_json=True))["added"] == [[0.3, 0.7]]


def test_shards_are_those_that_are_run(tmp_path):
    resolved = planned(tmp_path, points=5, warm="path", stack=2, placement="adaptive")
    found = json.loads(dry_run_report(resolved, as_json=True))
    assert found["growth"]["points"] == 5
    assert found["wishes"] == []
    assert found["shards"] == [[2], [0, 1]]  # the one in the middle first
