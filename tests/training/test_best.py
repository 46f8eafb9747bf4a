import torch

from paretocli.training.best import Best

LOSSES = torch.zeros(3, 2)  # by which further epochs would be kept


def tensors(value):
    return {"a": torch.full((3, 2), float(value)), "count": torch.full((3,), value)}


def test_each_keeps_its_own_best():
    best = Best(tensors(0), 3)
    for epoch, values in enumerate(([3.0, 1.0, 5.0], [2.0, 2.0, 5.0], [4.0, 0.5, 5.0]), start=1):
        best.update(torch.tensor(values), torch.full((3,), epoch), tensors(epoch), LOSSES)
    assert best.epoch.tolist() == [2, 3, 1]  # of equals, the first
    assert best.value.tolist() == [2.0, 0.5, 5.0]
    assert best.tensors["a"].tolist() == [[2, 2], [3, 3], [1, 1]]
    assert best.tensors["count"].tolist() == [2, 3, 1]


def test_nan_is_never_best():
    best = Best(tensors(0), 3)
    best.update(torch.tensor([1.0, torch.nan, torch.nan]), torch.full((3,), 1), tensors(1), LOSSES)
    best.update(torch.tensor([torch.nan, 7.0, torch.nan]), torch.full((3,), 2), tensors(2), LOSSES)
    assert best.epoch.tolist() == [1, 2, 0]
    assert best.tensors["count"].tolist() == [1, 2, 0]


def test_what_it_keeps_are_copies():
    current = tensors(1)
    best = Best(current, 3)
    best.update(torch.zeros(3), torch.ones(3, dtype=torch.int64), current, LOSSES)
    current["a"].fill_(9)
    assert best.tensors["a"].tolist() == [[1, 1]] * 3


def test_a_state_round_trip():
    best = Best(tensors(0), 3)
    best.update(torch.tensor([1.0, 2.0, torch.nan]), torch.full((3,), 1), tensors(1), LOSSES)
    other = Best(tensors(5), 3)
    other.load_state_dict(best.state_dict())
    assert torch.equal(other.value, best.value)
    assert torch.equal(other.epoch, best.epoch)
    assert all(torch.equal(other.tensors[name], best.tensors[name]) for name in best.tensors)
