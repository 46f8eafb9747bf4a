from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocli.errors import InputError
from paretocli.planning.preferences import (
    LARGEST_GRID,
    checked,
    closest_divisions,
    floored,
    lattice_size,
    parse_fixed,
    parse_weights,
    read_weights_file,
    simplex_lattice,
    with_fixed,
)

small_lattices = st.tuples(st.integers(1, 5), st.integers(1, 8))


def as_set(rows):
    return {tuple(np.round(row, 12)) for row in rows}


# The lattice


@given(small_lattices)
def test_a_lattice_has_all_multiples_once(shape):
    objectives, divisions = shape
    lattice = simplex_lattice(objectives, divisions)
    assert lattice.shape == (comb(divisions + objectives - 1, objectives - 1), objectives)
    assert len(lattice) == lattice_size(objectives, divisions) == len(as_set(lattice))
    steps = lattice * divisions
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
    assert (lattice >= 0).all()
    np.testing.assert_allclose(lattice.sum(axis=1), 1, atol=1e-12)


@given(small_lattices, st.randoms())
def test_objectives_are_all_alike_to_a_lattice(shape, random):
    lattice = simplex_lattice(*shape)
    order = list(range(shape[0]))
    random.shuffle(order)
    assert as_set(lattice[:, order]) == as_set(lattice)


@given(small_lattices)
def test_a_lattice_is_in_order(shape):
    rows = [tuple(row) for row in simplex_lattice(*shape)]
    assert rows == sorted(rows)


def test_lattices_by_hand():
    np.testing.assert_allclose(simplex_lattice(2, 4)[:, 0], [0, 0.25, 0.5, 0.75, 1])
    expected = [[0, 0, 2], [0, 1, 1], [0, 2, 0], [1, 0, 1], [1, 1, 0], [2, 0, 0]]
    np.testing.assert_allclose(simplex_lattice(3, 2), np.array(expected) / 2)
    np.testing.assert_allclose(simplex_lattice(4, 0), [[0.25] * 4])
    np.testing.assert_allclose(simplex_lattice(1, 7), [[1.0]])


@pytest.mark.parametrize(("objectives", "divisions"), [(0, 3), (2, -1), (3, 10_000)])
def test_impossible_lattices(objectives, divisions):
    with pytest.raises(InputError, match=r"choose (larger numbers|fewer divisions)"):
        simplex_lattice(objectives, divisions)


# As many points as asked for


@pytest.mark.parametrize("points", [1, 2, 3, 9, 21, 100, 1001])
def test_two_objectives_get_exactly_the_points_asked_for(points):
    assert len(simplex_lattice(2, closest_divisions(2, points))) == points


@pytest.mark.parametrize("objectives", [3, 4, 5])
def test_the_closest_lattice_by_brute_force(objectives):
    sizes = {divisions: lattice_size(objectives, divisions) for divisions in range(1, 30)}
    for points in range(2, 200):
        expected = min(sizes, key=lambda h: (abs(sizes[h] - points), -sizes[h]))
        assert closest_divisions(objectives, points) == expected, points


def test_the_larger_of_two_equally_close_lattices():
    # Three objectives: 3 divisions make 10 points, 4 make 15, 5 make 21.
    assert closest_divisions(3, 18) == 5
    assert closest_divisions(3, 17) == 4
    assert closest_divisions(3, 12) == 3
    assert closest_divisions(3, 13) == 4


@pytest.mark.parametrize("objectives", [1, 2, 3, 6])
def test_one_point_is_the_barycentre(objectives):
    lattice = simplex_lattice(objectives, closest_divisions(objectives, 1))
    np.testing.assert_allclose(lattice, np.full((1, objectives), 1 / objectives))


def test_one_objective_has_one_point():
    assert closest_divisions(1, 50) == 0


@pytest.mark.parametrize("points", [0, -3, LARGEST_GRID + 1])
def test_impossible_numbers_of_points(points):
    with pytest.raises(InputError, match=f"number of points should be .*found {points}"):
        closest_divisions(2, points)


# The floor


@given(st.integers(2, 4), st.integers(1, 12))
def test_the_floor_keeps_points_apart_and_sums(objectives, divisions):
    lattice = simplex_lattice(objectives, divisions)
    floor = min(0.01, 0.5 / divisions)
    lifted = floored(lattice, floor)
    assert len(as_set(lifted)) == len(lattice)
    np.testing.assert_allclose(lifted.sum(axis=1), 1, atol=1e-12)
    assert lifted.min() >= floor / (1 + objectives * floor) - 1e-15
    # What weighs more still does.
    above = lattice[:, :, None] > lattice[:, None, :] + 1e-12
    assert (lifted[:, :, None] - lifted[:, None, :])[above].min() > 0


def test_the_floor_by_hand():
    np.testing.assert_allclose(floored(np.array([0.0, 1.0]), 0.25), [0.2, 0.8])
    np.testing.assert_allclose(floored(np.array([[0.3, 0.7]]), 0.01), [[0.3, 0.7]])


@pytest.mark.parametrize("floor", [-0.1, 0.5, 2.0])
def test_impossible_floors(floor):
    with pytest.raises(InputError, match=r"at least 0 and below 1/2, found"):
        floored(np.array([[0.0, 1.0]]), floor)


# Weights as text

positive = st.lists(st.floats(0.001, 1000), min_size=1, max_size=6)


@given(positive, st.floats(0.001, 1000))
def test_parsed_weights_sum_to_1_and_know_no_units(numbers, factor):
    names = [f"f{i}" for i in range(len(numbers))]
    parsed = parse_weights(",".join(map(repr, numbers)), names)
    scaled = parse_weights(",".join(repr(factor * n) for n in numbers), names)
    assert parsed.sum() == pytest.approx(1)
    np.testing.assert_allclose(scaled, parsed, rtol=1e-12)
    np.testing.assert_allclose(parsed * sum(numbers), numbers, rtol=1e-12)


def test_spaces_and_zeros_are_fine():
    np.testing.assert_allclose(parse_weights(" 3 , 0,1 ", ["a", "b", "c"]), [0.75, 0, 0.25])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.2;0.8", "is not a list of numbers"),
        ("", "is not a list of numbers"),
        ("0.2,", "is not a list of numbers"),
        ("0.2,0.3,0.5", "has 3 numbers, but there are 2 objectives .left, right."),
        ("1", "has 1 number, but there are 2"),
        ("-0.2,1.2", "holds a negative number"),
        ("nan,1", "not finite"),
        ("inf,1", "not finite"),
        ("0,0", "zeros alone"),
    ],
)
def test_bad_weights(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_weights(text, ["left", "right"])
    assert str(caught.value).startswith(f"--weights {text}")


def test_the_origin_is_named():
    with pytest.raises(InputError, match=r"^Line 7 of file\.csv holds a negative number"):
        checked([-1, 2], ["a", "b"], "Line 7 of file.csv")


# Weights as a file


@pytest.fixture
def weights_file(tmp_path):
    def write(content):
        path = tmp_path / "weights.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "left,right\n1,3\n0.5,0.5\n",
        "right,left\n3,1\n2,2\n",
        "\ufeffleft, right\r\n1, 3\r\n\r\n 4,4 \r\n",
        '"left","right"\n"1","3"\n1e0,1.0',
    ],
)
def test_weights_files(weights_file, text):
    weights = read_weights_file(weights_file(text), ["left", "right"])
    np.testing.assert_allclose(weights, [[0.25, 0.75], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"has the columns \(none\); it should have one for each objective: left, right"),
        ("left\n1\n", "has the columns left; it should"),
        ("left,rihgt\n1,2\n", "has the columns left, rihgt; it should"),
        ("left,right,up\n1,2,3\n", "has the columns left, right, up; it should"),
        ("left,left\n1,2\n", "has the columns left, left; it should"),
        ("left,right\n", "has no row"),
        ("left,right\n1,2\n1,x\n", "Line 3 of .* not a number"),
        ("left,right\n1,\n", "Line 2 of .* not a number"),
        ("left,right\n1\n", "Line 2 of .* not a number"),
        ("left,right\n1,1\n\n1,2,3\n", "Line 4 of .* more cells than the header"),
        ("left,right\n1,1\n2,-1\n", "Line 3 of .* negative"),
        ("left,right\n0,0\n", "Line 2 of .* zeros alone"),
        ("left,right\nnan,1\n", "Line 2 of .* not finite"),
        (b"\x89PNG\xff\xfe\x00", "cannot be read"),
    ],
)
def test_bad_weights_files(weights_file, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_weights_file(weights_file(content), ["left", "right"])
    assert "weights.csv" in str(caught.value)


def test_a_weights_file_that_is_no_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv does not exist"):
        read_weights_file(tmp_path / "none.csv", ["a"])
    with pytest.raises(InputError, match="cannot be read"):
        read_weights_file(tmp_path, ["a"])


# Fixed weights


NAMES = ("sparsity", "left", "right")


def test_fixed_weights_by_hand():
    assert parse_fixed([], NAMES) == {}
    assert parse_fixed(["sparsity=0.01"], NAMES) == {"sparsity": 0.01}
    assert parse_fixed([" right = 0.5 ", "sparsity=1e-3"], NAMES) == {
        "right": 0.5,
        "sparsity": 0.001,
    }
    assert parse_fixed(["left=0"], NAMES) == {"left": 0.0}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["sparsity"], "--fix sparsity should be an objective and a number from 0 to below 1, as"),
        (["0.01"], "--fix 0.01 should be an objective and a number"),
        ([""], "should be an objective and a number"),
        (["=0.1"], "--fix =0.1 names no objective; the objectives are sparsity, left, right"),
        (["sparsity=little"], "--fix sparsity=little should be an objective and a number"),
        (["sparsity=0.1=0.2"], "should be an objective and a number"),
        (["sparsity=0.1,left=0.2"], "should be an objective and a number"),
        (["sparsity=-0.1"], "--fix sparsity=-0.1 should be .* a number from 0 to below 1"),
        (["sparsity=1"], "--fix sparsity=1 should be .* a number from 0 to below 1"),
        (["sparsity=nan"], "a number from 0 to below 1"),
        (["sparsity=inf"], "a number from 0 to below 1"),
        (["up=0.1"], "--fix up=0.1 names no objective; the objectives are sparsity, left, right"),
        (["left=0.1", "left=0.1"], "--fix names left twice"),
        (["left=0.1", "right=0.1", "sparsity=0.1"], "--fix names all objectives; leave at least"),
        (["left=0.5", "right=0.5"], "The weights of --fix sum to 1; they should leave something"),
        (["left=0.9", "right=0.75"], "The weights of --fix sum to 1.65"),
    ],
)
def test_bad_fixed_weights(entries, message):
    with pytest.raises(InputError, match=message):
        parse_fixed(entries, NAMES)


def test_the_only_objective_cannot_be_fixed():
    with pytest.raises(InputError, match="--fix names all objectives"):
        parse_fixed(["left=0.5"], ["left"])


def test_fixed_weights_are_put_in_their_places():
    free = np.array([[0.25, 0.75], [1.0, 0.0]])
    np.testing.assert_allclose(
        with_fixed(free, NAMES, {"left": 0.2}), [[0.2, 0.2, 0.6], [0.8, 0.2, 0.0]]
    )
    np.testing.assert_allclose(
        with_fixed(np.ones((2, 1)), NAMES, {"right": 0.3, "sparsity": 0.1}), [[0.1, 0.6, 0.3]] * 2
    )
    np.testing.assert_array_equal(free, [[0.25, 0.75], [1.0, 0.0]])


def test_without_fixed_weights_rows_are_what_they_were():
    rows = simplex_lattice(3, 4)
    np.testing.assert_array_equal(with_fixed(rows, NAMES, {}), rows)


@given(
    st.integers(2, 5),
    st.lists(positive, min_size=1, max_size=4),
    st.dictionaries(st.integers(0, 4), st.floats(0, 0.19), max_size=4),
)
def test_rows_with_fixed_weights_sum_to_1_and_keep_their_proportions(count, numbers, chosen):
    names = [f"f{i}" for i in range(count)]
    fixed = {f"f{i}": weight for i, weight in chosen.items() if i < count}
    fixed = dict(list(fixed.items())[: count - 1])
    free = [i for i in range(count) if names[i] not in fixed]
    rows = np.array(
        [np.resize(row, len(free)) / np.resize(row, len(free)).sum() for row in numbers]
    )
    whole = with_fixed(rows, names, fixed)
    assert whole.shape == (len(rows), count)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-12)
    for name, weight in fixed.items():
        assert (whole[:, names.index(name)] == weight).all()
    shares = whole[:, free] / whole[:, free].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, rows, rtol=1e-12)
