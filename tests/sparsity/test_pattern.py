import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.sparsity.pattern import (
    Pattern,
    equal_rows,
    present_pattern,
    row_matrix,
    tied_pattern,
    zero_rows,
)
from tests.sparsity.convex import matrix_of
from tests.toys import CPU, pictures

# A zero row, a cluster of three, a cluster of two, and a row alone; and another member's.
ROWS = [[-1, 1, 2, 1, 2, 5, 1], [0, 1, 0, -1, -1, 5, 5]]


def random_weights(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def strided(tensor):
    """The same kernels (K, out, in, h, w), channels last in memory, as a population holds them."""
    return tensor.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)


def projected(weights, rows):
    """The projection of (K, out, R, …), in place and as what it was given as."""
    Pattern({"w": torch.tensor(rows)}).project_({"w": weights})
    return weights


def closest(matrix, rows):
    """The matrix (R, D) of the subspace closest to the given one, by least squares."""
    chosen = sorted(set(rows) - {-1})
    members = np.array([[float(row == first) for first in chosen] for row in rows])
    matrix = matrix.astype(float)
    return members @ np.linalg.lstsq(members.reshape(len(rows), -1), matrix, rcond=None)[0]


def assert_kept(weights, rows):
    """Zero rows are exactly zero, and rows of a cluster equal bit for bit."""
    for weight, firsts in zip(weights, rows, strict=True):
        for row, first in enumerate(firsts):
            if first < 0:
                assert (weight[:, row] == 0).all()
            else:
                assert torch.equal(weight[:, row], weight[:, first])


# Onto a pattern


@pytest.mark.parametrize("shape", [(2, 4, 7), (2, 1, 7), (2, 3, 7, 2), (2, 3, 7, 2, 3)])
def test_the_projection_is_the_closest_that_keeps_the_pattern(shape):
    weights = random_weights(*shape)
    before = weights.clone()
    projected(weights, ROWS)
    assert_kept(weights, ROWS)
    for k in range(2):
        expected = closest(matrix_of(before[k]), ROWS[k])
        np.testing.assert_allclose(matrix_of(weights[k]), expected, atol=1e-6)


def test_the_projection_by_hand():
    weights = torch.tensor([[[5.0, 1.0, 7.0, 3.0], [6.0, 2.0, -8.0, 5.0]]])
    found = projected(weights, [[-1, 1, 2, 1]])
    assert found.tolist() == [[[0, 2, 7, 2], [0, 3.5, -8, 3.5]]]


def test_kernels_with_the_channels_last():
    plain, last = random_weights(2, 3, 7, 2, 3), strided(random_weights(2, 3, 7, 2, 3))
    assert not last.is_contiguous()
    stride = last.stride()
    projected(plain, ROWS)
    projected(last, ROWS)
    assert_kept(last, ROWS)
    assert last.stride() == stride
    torch.testing.assert_close(last, plain, rtol=0, atol=1e-7)


patterns = st.integers(1, 9).flatmap(
    lambda rows: st.lists(st.integers(-1, rows - 1), min_size=rows, max_size=rows)
)


@settings(deadline=None)
@given(patterns, st.integers(0, 1000))
def test_any_pattern(labels, seed):
    firsts = [-1 if label < 0 else labels.index(label) for label in labels]
    weights = random_weights(1, 3, len(labels), seed=seed)
    before = weights.clone()
    projected(weights, [firsts])
    assert_kept(weights, [firsts])
    expected = closest(matrix_of(before[0]), firsts)
    np.testing.assert_allclose(matrix_of(weights[0]), expected, atol=1e-6)
    again = projected(weights.clone(), [firsts])
    assert_kept(again, [firsts])
    torch.testing.assert_close(again, weights, rtol=0, atol=1e-6)


def test_a_projection_stays_bit_for_bit():
    once = projected(random_weights(1, 40, 12), [[-1, *[1] * 11]])
    assert torch.equal(projected(once.clone(), [[-1, *[1] * 11]]), once)


def test_each_member_by_its_own_pattern():
    weights = random_weights(2, 3, 7)
    both = projected(weights.clone(), ROWS)
    for k in range(2):
        alone = projected(weights[k : k + 1].clone(), ROWS[k : k + 1])
        assert torch.equal(both[k : k + 1], alone)


def test_a_diverged_member_spoils_no_other():
    weights = random_weights(2, 3, 7)
    healthy = projected(weights.clone(), ROWS)
    weights[0, :, 1] = torch.nan
    found = projected(weights, ROWS)
    assert torch.equal(found[1], healthy[1])
    assert not found[0, :, 3].isfinite().any()
    assert (found[0, :, 0] == 0).all()


def test_a_zero_row_that_diverged_is_zero_again():
    weights = random_weights(2, 3, 7)
    weights[0, :, 0] = torch.nan
    assert (projected(weights, ROWS)[0, :, 0] == 0).all()


def test_what_the_pattern_does_not_name_stays():
    tensors = {"w": random_weights(2, 3, 7), "other": random_weights(2, 3, 7, seed=1)}
    Pattern({"w": torch.tensor(ROWS)}).project_(tensors)
    assert torch.equal(tensors["other"], random_weights(2, 3, 7, seed=1))


def test_a_pattern_of_rows_alone_changes_nothing():
    weights = random_weights(2, 3, 7)
    assert torch.equal(projected(weights.clone(), [list(range(7))] * 2), weights)


def test_parameters_that_are_trained_can_be_projected():
    weights = random_weights(2, 3, 7).requires_grad_()
    projected(weights, ROWS)
    assert weights.requires_grad
    assert_kept(weights.detach(), ROWS)


# Reading a pattern off


@pytest.mark.parametrize("form", [lambda t: t, strided])
def test_zero_and_equal_rows_are_found(form):
    weights = random_weights(2, 3, 7, 2, 2)
    projected(weights, ROWS)
    found = present_pattern({"w": form(weights)})
    assert found.representatives["w"].tolist() == ROWS


def test_minus_zero_is_zero():
    weights = random_weights(1, 3, 4)
    weights[0, :, 0] = torch.tensor([0.0, -0.0, -0.0])
    weights[0, :, 1] = torch.tensor([0.0, -0.0, 1.0])
    weights[0, :, 3] = torch.tensor([-0.0, 0.0, 1.0])
    assert present_pattern({"w": weights}).representatives["w"].tolist() == [[-1, 1, 2, 1]]
    assert zero_rows(weights).tolist() == [[True, False, False, False]]


def test_the_pattern_of_many_layers_and_members():
    kernels, matrix = random_weights(3, 2, 3, 2, 2), random_weights(3, 4, 5)
    kernels[1, :, 2] = kernels[1, :, 0]
    matrix[2, :, 4] = 0
    matrix[0, :, 1] = matrix[0, :, 3]
    found = present_pattern({"kernels": kernels, "matrix": matrix}).representatives
    own, other = [0, 1, 2], [0, 1, 2, 3, 4]
    assert found["kernels"].tolist() == [own, [0, 1, 0], own]
    assert found["matrix"].tolist() == [[0, 1, 2, 1, 4], other, [0, 1, 2, 3, -1]]


def test_the_pattern_of_a_population():
    problem = pictures()
    network = build_network("noisy", problem, 0)
    population = Population(network, problem.tasks, 2, device=CPU)
    name = "body.3.weight"
    weights = population.state_dict()[name]
    assert not weights.is_contiguous()
    rows = [[0, -1, 0, 3], [0, 1, 2, 1]]
    Pattern({name: torch.tensor(rows)}).project_(population.state_dict())
    assert_kept(population.parameters[name].detach(), rows)
    assert present_pattern({name: weights}).representatives[name].tolist() == rows
    start = dict(network.named_parameters())[name]
    for k in range(2):
        expected = closest(matrix_of(start.detach()), rows[k])
        np.testing.assert_allclose(matrix_of(weights[k]), expected, atol=1e-6)


def test_rows_that_are_almost_equal_are_tied_by_similarity_alone():
    # Equal, then like row 0 by 0.95, opposite, all zero.
    weights = random_weights(1, 50, 6)
    weights[0, :, 2] = weights[0, :, 0]
    weights[0, :, 3] = 0.95 * weights[0, :, 0]
    weights[0, :, 4] = -weights[0, :, 0]
    weights[0, :, 5] = 0
    before = weights.clone()
    assert present_pattern({"w": weights}).representatives["w"].tolist() == [[0, 1, 0, 3, 4, -1]]
    loose = tied_pattern({"w": weights}, 0.8, 1)
    assert loose.representatives["w"].tolist() == [[0, 1, 0, 0, 4, -1]]
    strict = tied_pattern({"w": weights}, 0.97, 1)
    assert strict.representatives["w"].tolist() == [[0, 1, 0, 3, 4, -1]]
    assert torch.equal(weights, before)
    loose.project_({"w": weights})
    mean = before[0, :, 0] * (2.95 / 3)
    torch.testing.assert_close(weights[0, :, 3], mean)
    assert present_pattern({"w": weights}).representatives["w"].tolist() == [[0, 1, 0, 0, 4, -1]]


def test_similar_rows_are_tied_within_each_member_and_layer():
    weights = {"a": random_weights(2, 50, 3, 1, 1), "b": random_weights(2, 40, 4, seed=1)}
    weights["a"][1, :, 2] = 0.99 * weights["a"][1, :, 1]
    weights["b"][0, :, 3] = 1.01 * weights["b"][0, :, 0]
    # Like a row of another member, or of another layer: no tie.
    weights["a"][0, :, 0] = weights["a"][1, :, 0]
    found = tied_pattern(weights, 0.8, 1).representatives
    assert found["a"].tolist() == [[0, 1, 2], [0, 1, 1]]
    assert found["b"].tolist() == [[0, 1, 2, 0], [0, 1, 2, 3]]


def test_at_similarity_one_zero_rows_are_kept_and_nothing_is_tied():
    weights = random_weights(1, 3, 4)
    weights[0, :, 2] = weights[0, :, 1]
    weights[0, :, 0] = 0
    assert tied_pattern({"w": weights}, 1.0, 1).representatives["w"].tolist() == [[-1, 1, 2, 3]]


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, -1.0]), min_size=2, max_size=2), min_size=1))
def test_the_first_equal_row(rows):
    found = equal_rows(np.array(rows, dtype=np.float32))
    assert found.tolist() == [rows.index(row) for row in rows]


def test_rows_as_a_matrix():
    weight = strided(random_weights(1, 3, 4, 2, 5))[0]
    np.testing.assert_array_equal(row_matrix(weight), matrix_of(weight))
    assert not np.signbit(row_matrix(torch.tensor([[-0.0]]))).any()


# Zero rows


@pytest.mark.parametrize("form", [lambda t: t, strided])
def test_zero_rows_hold_zeros_alone(form):
    weights = random_weights(2, 3, 4, 2, 2)
    weights[0, :, 1] = 0
    weights[1, :, 2] = 0
    weights[1, 0, 2, 1, 1] = 1e-30
    # A row whose entries sum to zero is not a zero row.
    weights[1, :, 0] = 0
    weights[1, 0, 0, 0, 0], weights[1, 2, 0, 1, 0] = 1, -1
    found = zero_rows(form(weights))
    assert found.tolist() == [[False, True, False, False], [False] * 4]
    assert zero_rows(torch.tensor([[[1.0, 0.0], [-1.0, 0.0]]])).tolist() == [[False, True]]
