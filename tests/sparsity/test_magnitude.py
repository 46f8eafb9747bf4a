"""The order in which magnitude pruning takes rows."""

import torch

from paretocli.sparsity.magnitude import smallest_first


def layers():
    matrix = torch.tensor([[3.0, 0.0, 1.0, 2.0]])  # (out, R): squares 9, 0, 1, 4
    kernel = torch.zeros(2, 3, 1, 1)
    kernel[0, :, 0, 0] = torch.tensor([4.0, 5.0, 1.0])  # 16, 25, 1
    return {"matrix": matrix, "kernel": kernel}


ONE_EACH = {"matrix": 1, "kernel": 1}


def test_rows_go_by_their_share_of_those_that_are_as_long():
    # 1/42 of the kernel, 1/14 of the matrix, then 4/13 there and 16/41 here.
    expected = [("kernel", 2), ("matrix", 2), ("matrix", 3), ("kernel", 0)]
    assert smallest_first(layers(), ONE_EACH) == expected


def test_parameters_that_go_with_a_row_count_as_much_as_they_are_to():
    # The kernel's rows have two each: 1/84 of it, 1/14 of the matrix, then 16/82 and 4/13.
    expected = [("kernel", 2), ("matrix", 2), ("kernel", 0), ("matrix", 3)]
    assert smallest_first(layers(), ONE_EACH, cost=1) == expected
    # With a root of two the last two are 0.28 and 0.31; with its root, 0.33 and 0.31.
    assert smallest_first(layers(), ONE_EACH, cost=0.5) == expected
    assert smallest_first(layers(), ONE_EACH, cost=0.25)[2:] == [("matrix", 3), ("kernel", 0)]


def test_many_equal_rows_of_a_wide_layer_go_before_one_of_two():
    """Where shares of the longest row are all alike, rows of which there are more go first."""
    weights = {"narrow": torch.ones(1, 2), "wide": torch.ones(1, 5)}
    found = smallest_first(weights, {"narrow": 1, "wide": 1})
    # 1/5, 1/4 and 1/3 of the wide layer, then 1/2 of both.
    assert [name for name, _ in found] == ["wide"] * 3 + ["narrow", "wide"]


def test_a_factor_between_layers_changes_nothing():
    scaled = layers()
    scaled["kernel"] *= 100
    assert smallest_first(scaled, ONE_EACH) == smallest_first(layers(), ONE_EACH)


def test_the_longest_ones_are_spared_and_zero_rows_are_gone():
    assert smallest_first(layers(), {"matrix": 3, "kernel": 2}) == [("kernel", 2)]
    assert smallest_first({"none": torch.zeros(2, 3)}, {"none": 1}) == []
