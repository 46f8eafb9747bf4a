"""Seeds and folds."""

from paretocli.front.repetitions import Repetition, repeated_over, repetition_of, without_repetition


def test_a_fold_is_one_of_the_arguments():
    config = {"seed": 3, "set": {"fold": 1, "width": 8}, "lr": 0.1}
    assert repetition_of(config) == (3, 1)
    assert repetition_of({"seed": 3}) == (3, None)
    assert without_repetition(config) == {"set": {"width": 8}, "lr": 0.1}
    assert without_repetition({"seed": 3}) == {"set": {}}


def test_what_a_method_is_repeated_over():
    both = [Repetition(0, 1), Repetition(1, 2)]
    assert repeated_over([both[:1], both[1:]]) == "seeds"  # nothing is repeated
    assert repeated_over([[Repetition(0, None), Repetition(1, None)]]) == "seeds"
    assert repeated_over([[Repetition(0, 1), Repetition(0, 2)]]) == "folds"
    assert repeated_over([both]) == "sweeps"


def test_repetitions_have_an_order_whatever_their_folds_are():
    folds = ["b", 10, None, 2, "a"]
    found = sorted((Repetition(0, fold) for fold in folds), key=lambda one: one.place)
    assert [one.fold for one in found] == [None, 2, 10, "a", "b"]
