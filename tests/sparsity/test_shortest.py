"""Rows by their length, across layers."""

import torch

from paretocli.sparsity.pattern import zero_rows
from paretocli.sparsity.shortest import make_zero, shortest_first


def layers():
    matrix = torch.tensor([[3.0, 0.0, 1.0, 2.0]])  # (out, R): lengths 3, 0, 1, 2
    kernel = torch.zeros(2, 3, 1, 1)
    kernel[0, :, 0, 0] = torch.tensor([40.0, 50.0, 10.0])
    return {"matrix": matrix, "kernel": kernel}


def test_rows_go_by_their_share_of_the_longest_of_their_layer():
    found = shortest_first(layers(), {"matrix": 1, "kernel": 1})
    assert found == [("kernel", 2), ("matrix", 2), ("matrix", 3), ("kernel", 0)]


def test_a_factor_between_layers_changes_nothing():
    scaled = layers()
    scaled["kernel"] *= 100
    assert shortest_first(scaled, {"matrix": 1, "kernel": 1}) == shortest_first(
        layers(), {"matrix": 1, "kernel": 1}
    )


def test_the_longest_ones_are_spared():
    assert shortest_first(layers(), {"matrix": 3, "kernel": 2}) == [("kernel", 2)]
    assert shortest_first({"none": torch.zeros(2, 3)}, {"none": 1}) == []


def test_rows_become_zero_and_no_others():
    weights = layers()
    make_zero(weights, [("kernel", 2), ("matrix", 3)])
    assert zero_rows(weights["kernel"].unsqueeze(0)).tolist() == [[False, False, True]]
    assert weights["matrix"].tolist() == [[3.0, 0.0, 1.0, 0.0]]
