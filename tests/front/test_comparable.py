"""What is refused, because it cannot be compared."""

import pytest

from paretocli.errors import InputError
from paretocli.front.comparable import (
    check_comparable,
    check_same_box,
    check_same_objectives,
    code_hints,
)
from paretocli.front.sweeps import read_sweep
from tests.runs import write_run

FRONT = [[0.2, 0.8], [0.8, 0.2]]


@pytest.fixture
def sweep(tmp_path):
    def make(name, losses=FRONT, **settings):
        return read_sweep(write_run(tmp_path / name, losses, **settings))

    return make


def test_methods_and_seeds_of_one_question_pass(sweep):
    sweeps = [sweep("a"), sweep("b", seed=1), sweep("c", solver="linear", network="mtan")]
    check_comparable(sweeps)
    check_same_objectives(sweeps, "")
    check_same_box(sweeps, "ideal")
    check_same_box(sweeps, "reference_point")


def test_different_problems(sweep):
    with pytest.raises(InputError, match=r"b is of the problem other, but .*a of toy"):
        check_comparable([sweep("a"), sweep("b", problem="other")])


def test_different_objectives(sweep):
    sweeps = [sweep("a"), sweep("b", objectives=["f2", "f1"])]
    with pytest.raises(
        InputError, match=r"b has the objectives f2, f1, but .*a has f1, f2; do this\.$"
    ):
        check_same_objectives(sweeps, "do this")
    check_comparable(sweeps)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"val": "9"}, "the val split differ;"),
        ({"test": "9", "train": "9"}, "the train and test splits differ;"),
        (dict.fromkeys(("train", "val", "test"), "9"), "the train, val and test splits differ;"),
    ],
)
def test_different_data_of_a_split(sweep, data, words):
    sweeps = [sweep("a"), sweep("b", solver="linear"), sweep("c", seed=1, data=data)]
    with pytest.raises(InputError, match=rf"/a and .*/c were made from other data: .* {words}"):
        check_comparable(sweeps)


def test_the_same_sweep_twice(sweep):
    sweeps = [sweep("a"), sweep("b", seed=1), sweep("c")]
    with pytest.raises(InputError, match=r"/a and .*/c are the same sweep with the same seed .0."):
        check_comparable(sweeps)


@pytest.mark.parametrize(
    ("corner", "option", "words"),
    [
        ("reference", "--reference", "reference point of f2 is 2 in one and 2.5 in the other"),
        ("ideal", "--ideal", "ideal of f2 is 2 in one and 2.5 in the other"),
    ],
)
def test_equal_seeds_must_have_the_same_box(sweep, corner, option, words):
    checked = "ideal" if corner == "ideal" else "reference_point"
    far = {"reference": [5.0, 5.0]}
    sweeps = [
        sweep("a", **far | {corner: [1.0, 2.0]}),
        sweep("b", **far | {corner: [3.0, 4.0]}, seed=1),
        sweep("c", **far | {corner: [1.0, 2.5]}, solver="linear"),
    ]
    check_same_box(sweeps[:2], checked)
    with pytest.raises(InputError) as caught:
        check_same_box(sweeps, checked)
    message = str(caught.value)
    assert words in message
    assert f"{sweeps[0].path} and {sweeps[2].path} have the same seed (0)" in message
    assert option in message


def test_the_last_digits_of_single_precision_make_no_difference(sweep):
    sweeps = [sweep("a", reference=[1.0, 2.0]), sweep("b", reference=[1.000001, 2.0], lr=1.0)]
    check_same_box(sweeps, "reference_point")


def test_another_version_of_the_users_own_code_is_noticed(sweep):
    one, two = sweep("a", data={"source": "1"}), sweep("b", data={"source": "1"}, seed=1)
    three = sweep("c", data={"source": "2"}, seed=2)
    check_comparable([one, two, three])
    (hint,) = code_hints([one, two, three])
    assert hint == f"{three.path} was made from another version of the problem's own file."


def fold(number, data):
    return {"set": {"fold": number}, "data": dict.fromkeys(("train", "val", "test"), data)}


def test_folds_have_data_of_their_own(sweep):
    sweeps = [sweep("a", **fold(0, "0")), sweep("b", **fold(1, "1"), ideal=[0.1, 0.0])]
    check_comparable(sweeps)
    check_same_box(sweeps, "ideal")


def test_the_same_fold_of_other_data(sweep):
    sweeps = [sweep("a", **fold(0, "0")), sweep("b", **fold(1, "1"))]
    with pytest.raises(InputError, match=r"/b and .*/c were made from other data"):
        check_comparable([*sweeps, sweep("c", seed=1, **fold(1, "9"))])


def test_folds_that_hold_nothing_of_their_own_out(sweep):
    with pytest.raises(InputError, match=r"a is fold 0 and .*b fold 1, but their data are the sam"):
        check_comparable([sweep("a", **fold(0, "0")), sweep("b", **fold(1, "0"))])


def test_a_fold_beside_a_sweep_that_names_none(sweep):
    sweeps = [sweep("a", **fold(1, "0")), sweep("b")]
    for pair in (sweeps, sweeps[::-1]):
        with pytest.raises(InputError, match=r"b does not name its fold, and .*a has fold 1; comp"):
            check_comparable(pair)


def test_the_same_fold_twice(sweep):
    with pytest.raises(InputError, match=r"the same sweep with the same seed \(0, fold 1\)"):
        check_comparable([sweep("a", **fold(1, "0")), sweep("b", **fold(1, "0"))])
