import pytest
import torch

from paretocli.training.best import Best
from paretocli.training.kept import KeptEpochs


def tensors(epoch, size=1):
    return {"a": torch.full((size, 2), float(epoch)), "count": torch.full((size,), epoch)}


def kept_of(rows, most=4, values=None):
    """What is kept of one subproblem with these losses after its epochs; its best epoch too."""
    best = Best(tensors(0), 1, most)
    for epoch, row in enumerate(rows, start=1):
        losses = torch.tensor([row])
        value = losses.amax(dim=1) if values is None else torch.tensor([values[epoch - 1]])
        best.update(value, torch.tensor([epoch]), tensors(epoch), losses)
    (found,) = best.beside(None)
    return [one.epoch for one in found], int(best.epoch[0]), found


def test_epochs_that_none_other_beats_are_kept_beside_the_best():
    # The fourth beats the first; the second and the best stay.
    rows = [[3.0, 3.0], [1.0, 4.0], [2.0, 2.0], [2.5, 2.5], [4.0, 1.0]]
    epochs, best, found = kept_of(rows)
    assert (epochs, best) == ([2, 5], 3)
    assert found[0].losses == (1.0, 4.0)
    assert found[0].tensors["a"].tolist() == [2, 2]
    assert found[0].tensors["count"].tolist() == 2


def test_a_better_one_takes_the_place_of_those_that_it_beats():
    assert kept_of([[1.0, 5.0], [2.0, 3.0], [0.5, 4.0]])[:2] == ([3], 2)


def test_of_equal_ones_the_first_is_kept():
    assert kept_of([[1.0, 4.0], [2.0, 2.0], [1.0, 4.0]])[:2] == ([1], 2)


def test_of_too_many_those_that_lie_closest_go():
    rows = [[0.0, 10.0], [1.0, 9.0], [1.1, 8.9], [4.0, 6.0], [8.0, 2.0], [10.0, 0.0]]
    # The best one is kept whatever it lies next to, and so are the ends.
    assert kept_of(rows, most=4)[:2] == ([1, 3, 5, 6], 4)
    assert kept_of(rows, most=3)[:2] == ([1, 5, 6], 4)
    values = [9.0, 9.0, 1.0, 9.0, 9.0, 9.0]
    assert kept_of(rows, most=4, values=values)[:2] == ([1, 4, 5, 6], 3)


def test_the_bound_holds_for_many_objectives():
    rows = torch.eye(6).mul(5).tolist()
    assert len(kept_of(rows, most=2, values=[1.0, 9.0, 9.0, 9.0, 9.0, 9.0])[0]) == 2


def test_who_has_failed_keeps_nothing_of_that_epoch():
    best = Best(tensors(0, 2), 2, 4)
    best.update(
        torch.tensor([2.0, 2.0]),
        torch.tensor([1, 1]),
        tensors(1, 2),
        torch.tensor([[2.0, 2.0]] * 2),
    )
    losses = torch.tensor([[1.0, 4.0], [1.0, 4.0]])
    best.update(torch.tensor([4.0, torch.nan]), torch.tensor([2, 2]), tensors(2, 2), losses)
    assert [[one.epoch for one in own] for own in best.beside(None)] == [[2], []]


def test_points_may_be_in_epochs_of_their_own():
    best, losses = Best(tensors(0, 2), 2, 4), torch.tensor([[1.0, 4.0], [1.0, 4.0]])
    best.update(torch.tensor([1.0, 1.0]), torch.tensor([3, 2]), tensors(3, 2), losses)
    best.update(torch.tensor([2.0, torch.nan]), torch.tensor([4, 2]), tensors(4, 2), 1 / losses)
    assert best.epoch.tolist() == [3, 2]
    assert [[one.epoch for one in own] for own in best.beside(None)] == [[4], []]


def test_what_is_kept_does_not_change_afterwards():
    best, there = Best(tensors(0), 1, 4), tensors(1)
    best.update(torch.tensor([1.0]), torch.tensor([1]), tensors(5), torch.tensor([[1.0, 1.0]]))
    best.update(torch.tensor([2.0]), torch.tensor([2]), there, torch.tensor([[0.5, 2.0]]))
    there["a"].fill_(9)
    assert best.beside(None)[0][0].tensors["a"].tolist() == [1, 1]


def test_nothing_is_kept_where_nobody_asks_for_it():
    best = Best(tensors(0), 1)
    best.update(torch.tensor([1.0]), torch.tensor([1]), tensors(1), torch.tensor([[1.0, 1.0]]))
    assert best.beside(None) == ()
    assert "kept" not in best.state_dict()


def test_a_state_round_trip():
    losses = [[[1.0, 4.0]], [[2.0, 2.0]], [[4.0, 1.0]]]
    best = Best(tensors(0), 1, 4)
    for epoch, row in enumerate(losses, start=1):
        best.update(
            torch.tensor(row).amax(dim=1), torch.tensor([epoch]), tensors(epoch), torch.tensor(row)
        )
    other = Best(tensors(9), 1, 4)
    other.load_state_dict(best.state_dict())
    for own, mine in zip(best.beside(None)[0], other.beside(None)[0], strict=True):
        assert (own.epoch, own.losses) == (mine.epoch, mine.losses)
        assert own.tensors["a"].tolist() == mine.tensors["a"].tolist()


@pytest.mark.parametrize("change", ["subproblems", "shape", "name"])
def test_a_state_of_other_networks_is_refused(change):
    best = Best(tensors(0), 1, 4)
    best.update(torch.tensor([1.0]), torch.tensor([1]), tensors(1), torch.tensor([[1.0, 1.0]]))
    kept = best.state_dict()["kept"]
    if change == "subproblems":
        kept = kept * 2
    elif change == "shape":
        kept[0][0]["tensors"]["a"] = torch.zeros(3)
    else:
        kept[0][0]["tensors"]["b"] = torch.zeros(3)
    with pytest.raises(ValueError, match="kept epoch"):
        KeptEpochs(1, 4).load_state_dict(kept, tensors(0))
