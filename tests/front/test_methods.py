"""Which sweeps are one method, and what it is called."""

from pathlib import Path

import pytest

from paretocli.front.methods import group_by_method, method_names

CONFIG = {
    "problem": "toy",
    "objectives": ["a", "b"],
    "solver": "chebyshev",
    "weights": [[0.5, 0.5], [0.2, 0.8]],
    "lr": 0.1,
    "smoothing": 0.1,
    "transfer": "none",
    "branch_at": [0.5],
    "frozen_point": "",
    "taught_by": "",
    "pruned_from": "",
    "started_from": "",
    "seed": 0,
}


def grouped(*changes):
    return group_by_method([CONFIG | change for change in changes])


def named(*changes, paths=None):
    configs = [CONFIG | change for change in changes]
    places = paths or [f"runs/{number}" for number in range(len(configs))]
    return method_names(configs, [Path(place) for place in places])


def test_sweeps_that_differ_in_their_seed_alone_are_one_method():
    changes = [{}, {"seed": 1}, {"lr": 0.2}, {"seed": 2}, {"lr": 0.2, "seed": 1}]
    assert grouped(*changes) == [[0, 1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        (({"frozen_point": "ab"}, {"frozen_point": "cd", "seed": 1}), [[0, 1]]),
        (({"frozen_point": "ab"}, {"frozen_point": "cd"}), [[0], [1]]),
        (({}, {"frozen_point": "ab", "seed": 1}), [[0], [1]]),
        (({"taught_by": "ab"}, {"taught_by": "cd", "seed": 1}, {}), [[0, 1], [2]]),
        (({"started_from": "ab"}, {"started_from": "cd", "seed": 1}, {}), [[0, 1], [2]]),
        (({"started_from": "ab"}, {"started_from": "cd"}), [[0], [1]]),
        (({"threads": 2}, {"threads": 8, "stack": 1, "seed": 1}), [[0, 1]]),
        (({"threads": 2}, {"seed": 1}, {"threads": 8}), [[0], [1], [2]]),
        (({"evaluate_every": 1}, {"evaluate_every": 0, "seed": 1}), [[0, 1]]),
        # Threads alone repeat no seed: frozen points are still a repetition's own.
        (
            (
                {"frozen_point": "ab", "threads": 2},
                {"frozen_point": "ab", "threads": 8},
                {"frozen_point": "cd", "threads": 2, "seed": 1},
                {"frozen_point": "cd", "threads": 8, "seed": 1},
            ),
            [[0, 2], [1, 3]],
        ),
    ],
)
def test_what_goes_with_the_seed_makes_a_method_only_where_a_seed_is_repeated(changes, groups):
    assert grouped(*changes) == groups


def test_the_order_of_settings_in_a_file_makes_no_method():
    assert group_by_method([CONFIG, dict(reversed(CONFIG.items()))]) == [[0, 1]]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        (({}, {"solver": "linear"}), ["chebyshev", "linear"]),
        (({}, {"lr": 0.2}), ["lr 0.1", "lr 0.2"]),
        (
            ({"frozen_point": "0123456789"}, {}),
            ["frozen point 01234567", "frozen point none"],
        ),
        (({"started_from": 64 * "3"}, {}), ["started from 33333333", "started from none"]),
        (
            ({"sparse_layers": []}, {"sparse_layers": ["a", "b"]}),
            ["sparse layers none", "sparse layers a, b"],
        ),
        (({}, {"solver": "linear", "weights": []}), ["chebyshev", "linear"]),
        (
            ({}, {"transfer": "split", "solver": "linear"}),
            ["transfer none, chebyshev", "transfer split, linear"],
        ),
        (
            ({"smoothing": 0.2}, {"solver": "stch"}, {"solver": "stch", "smoothing": 0.2}),
            ["chebyshev", "stch, smoothing 0.1", "stch, smoothing 0.2"],
        ),
        (
            ({}, {"transfer": "split"}, {"transfer": "split", "branch_at": [0.2, 0.5]}),
            [
                "transfer none",
                "transfer split, branch at 0.5",
                "transfer split, branch at 0.2, 0.5",
            ],
        ),
    ],
)
def test_methods_are_named_by_what_differs(changes, names):
    assert named(*changes) == names


PRUNED = {"pruned_from": "5c0e", "warm": "none", "epochs": 9, "transfer": "none"}


def test_a_baseline_is_named_as_one_and_not_by_what_follows_from_its_sweep():
    sweep = {"warm": "path", "epochs": 6, "transfer": "split"}
    assert named(sweep, PRUNED) == ["chebyshev", "magnitude pruning"]
    larger = PRUNED | {"pruned_gradually": True}
    assert named(sweep, larger) == ["chebyshev", "magnitude pruning from the next larger"]
    assert named(PRUNED, larger) == [
        "magnitude pruning",
        "magnitude pruning from the next larger",
    ]
    other = {**sweep, "lr": 0.2, "epochs": 7}
    assert named(sweep, other, PRUNED) == [
        "lr 0.1, epochs 6",
        "lr 0.2, epochs 7",
        "magnitude pruning, lr 0.1",
    ]


def test_baselines_of_several_seeds_are_one_method():
    seeds = [{"seed": seed, "pruned_from": f"{seed:08x}"} for seed in (1, 2)]
    assert grouped({"seed": 1}, {"seed": 2}, *seeds) == [[0, 1], [2, 3]]


def test_directories_name_what_settings_do_not():
    assert named({}, {"weights": []}) == ["0", "1"]
    assert named({}) == ["0"]
    assert named({}, {"weights": []}, paths=["a/run", "b/run"]) == ["a/run", "b/run"]


def test_a_setting_that_another_version_does_not_know_is_left_out():
    old = {key: value for key, value in CONFIG.items() if key != "smoothing"}
    configs = [CONFIG | {"solver": "stch"}, old]
    assert method_names(configs, [Path("a"), Path("b")]) == ["stch, smoothing 0.1", "chebyshev"]


def test_who_has_teachers_is_taught():
    assert named({}, {"taught_by": 64 * "a"}) == ["untaught", "taught"]
    taught = {"taught_by": 64 * "a", "distillation": 2.0, "distill_at": "body"}
    expected = ["untaught", "taught, distillation 2.0, distill at body"]
    assert named({"distillation": 1.0, "distill_at": "shared"}, taught) == expected


def test_folds_of_one_method():
    changes = [{"set": {"fold": k, "width": width}} for width in (8, 16) for k in range(2)]
    assert grouped(*changes) == [[0, 1], [2, 3]]
    assert named(changes[0], changes[2]) == ["width=8", "width=16"]
    # Each fold with each seed, and nothing twice.
    both = [{"seed": seed, "set": {"fold": k}} for seed in range(2) for k in range(2)]
    assert grouped(*both) == [[0, 1, 2, 3]]
    threads = [{"threads": 2, "set": {"fold": 0}}, {"threads": 8, "set": {"fold": 0}}]
    assert grouped(*threads) == [[0], [1]]


def test_an_argument_that_one_method_lacks_is_said_of_it():
    assert named({}, {"set": {"width": 8}}) == ["width not set", "width=8"]
    # A truth value and a number are two things, though Python finds them equal.
    assert named({"set": {"w": True}}, {"set": {"w": 1}}) == ["w=True", "w=1"]
