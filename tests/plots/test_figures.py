import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from paretocli.errors import InputError
from paretocli.plots import style
from paretocli.plots.data import Axis, FrontData, Series, gather, loss_columns
from paretocli.plots.front_figure import figure_of, save_front
from paretocli.plots.numbers import format_range

MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def picture(table, *, higher=None, names=("Chebyshev",), labels=None):
    tables = [np.asarray(table, dtype=float)] * len(names)
    m = tables[0].shape[1]
    axes = tuple(
        Axis(
            f"c{j}",
            labels[j] if labels else f"Test loss, objective number {j}",
            bool(higher and higher[j]),
            tables[0][:, j].min(),
            tables[0][:, j].max(),
        )
        for j in range(m)
    )
    series = tuple(
        Series(name, one, np.arange(len(one)) % 3 > 0, 0, 0, tuple(range(len(one))))
        for name, one in zip(names, tables, strict=True)
    )
    return FrontData(axes, series, "toy, test split")


def spread(count, m, seed=0):
    return np.random.default_rng(seed).random((count, m))


def words_of(figure):
    shown = [text for text in figure.findobj(Text) if text.get_visible()]
    return [text.get_text() for text in shown if text.get_text().strip()]


@pytest.mark.parametrize(
    ("m", "kind"), [(2, "svg"), (3, "pdf"), (3, "png"), (5, "png"), (9, "svg"), (9, "pdf")]
)
def test_every_kind_of_picture_in_every_format(make, tmp_path, m, kind):
    run = make(spread(7, m))
    file = tmp_path / f"front.{kind}"
    save_front([run], loss_columns([run], "test"), file, "A title")
    assert file.read_bytes().startswith(MAGIC[kind])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"front.{kind}", "run"]


def test_the_same_data_gives_the_same_file(make, tmp_path):
    run = make(spread(5, 2))
    for name in ("a.svg", "b.svg"):
        save_front([run], loss_columns([run], "test"), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(("m", "panels"), [(2, 1), (3, 4), (4, 1), (7, 1), (8, 2)])
def test_panels_by_number_of_columns(m, panels):
    assert len(figure_of(picture(spread(6, m))).axes) == panels


def test_axes_of_a_scatter_mark_the_better_direction():
    (axes,) = figure_of(picture(spread(6, 2), higher=(True, False))).axes
    assert axes.get_xlabel().endswith("(better\N{NO-BREAK SPACE}→)")
    # Upright, turned to the left: this arrow points down on the page.
    assert axes.get_ylabel().endswith("(better\N{NO-BREAK SPACE}←)")
    assert axes.yaxis.label.get_rotation() == 90


def test_parallel_coordinates_print_each_range_and_direction():
    table = np.array([[0.0, 1.0, -5.0, 1000.0], [2.0, 3.0, 5.0, 3000.0]])
    words = words_of(figure_of(picture(table, higher=(True, False, False, False))))
    assert {"0.000", "2.000", "-5.00", "5.00", "1000", "3000"} <= set(words)
    assert sum("better ↑" in word for word in words) == 1
    assert sum("better ↓" in word for word in words) == 3


def test_the_legend_names_solvers_and_what_is_faded():
    words = words_of(figure_of(picture(spread(6, 2), names=("Chebyshev", "linear"))))
    assert "Chebyshev: 4 of 6 on the front" in words
    assert "linear: 4 of 6 on the front" in words
    assert "faded: dominated" in words


def test_points_on_top_of_each_other_are_counted():
    table = [[0.0, 1.0]] * 9 + [[1.0, 0.0]] * 9
    words = words_of(figure_of(picture(table)))
    assert "Chebyshev: 12 of 18 on the front, at 2 places" in words


@pytest.mark.parametrize("name", ["_underscore", "$5 and $6", "very long " * 30])
def test_any_name_is_shown_as_it_is(name, tmp_path):
    data = picture(spread(4, 2), names=(name,))
    figure = figure_of(data)
    figure.savefig(tmp_path / "a.png")
    shown = " ".join(" ".join(words_of(figure)).split())
    assert " ".join(name.split()) in shown


@pytest.mark.parametrize("m", [2, 3, 4, 12])
@pytest.mark.parametrize("names", [("Chebyshev",), ("Chebyshev", "linear", "a third solver")])
@pytest.mark.parametrize("label", ["Validation pixel accuracy, walls of the tallest house"])
def test_no_text_is_cut_off_or_lies_on_another(m, names, label, legible):
    table = spread(30, m) * 1e-4 + 0.9712
    data = picture(table, names=names, labels=[f"{label} {j}" for j in range(m)])
    # A heat map has no ends of ranges, and of so many points no numbers.
    assert len(legible(figure_of(data))) > (2 * m if m < 8 else m)


@pytest.mark.parametrize(
    ("m", "label"),
    [
        *((m, "Test loss, " + "W" * 40) for m in (7, 14, 30)),
        *((m, "Test loss, LBL+ALLMINPA+FUT 001") for m in (14, 30)),
        *((30, label) for label in ("f", "Test loss, 25400")),
    ],
)
def test_many_axes_keep_their_names_apart(m, label, legible):
    data = picture(spread(6, m) * 1e-4 + 0.9712, labels=[f"{label} {j}" for j in range(m)])
    assert len(legible(figure_of(data))) > 3 * m


def test_inputs_differ_by_colour_and_marker_and_line():
    looks = [style.style_of(index) for index in range(4)]
    assert len({look.colour for look in looks}) == 4
    assert len({look.marker for look in looks}) == 4
    assert len({look.line for look in looks}) == 4
    many = [style.style_of(index) for index in range(140)]
    assert len(set(many)) == 140


def test_colours_are_dark_enough_on_white():
    for index in range(7):
        red, green, blue = to_rgb(style.style_of(index).colour)
        assert 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.75


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (0.0, 0.0), (-2.0, -2.0), (0.5, 0.6)])
def test_limits_leave_room_around_the_points(low, high):
    ends = style.limits_of(Axis("c", "c", False, low, high))
    assert ends[0] < low <= high < ends[1]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9712310, 0.9712319, ("0.9712310000", "0.9712319000")),
        (0.4, 295.9, ("0.4", "295.9")),
        (12345678.0, 12345999.0, ("1.2345678e+07", "1.2345999e+07")),
        (2.0, 2.0, ("2", "2")),
    ],
)
def test_both_ends_of_a_range_are_told_apart(low, high, expected):
    assert format_range(low, high) == expected


@pytest.mark.parametrize("name", ["front.bmp", "front", ".png/x.gif"])
def test_other_formats_are_refused(make, tmp_path, name):
    run = make(spread(4, 2))
    with pytest.raises(InputError, match=r"\.png, \.svg or \.pdf"):
        save_front([run], loss_columns([run], "test"), tmp_path / name)


def test_an_old_picture_survives_a_failure(make, tmp_path, monkeypatch):
    run = make(spread(4, 2))
    file = tmp_path / "front.png"
    file.write_bytes(b"old")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="No space left"):
        save_front([run], loss_columns([run], "test"), file)
    assert file.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["front.png", "run"]


def test_gathered_values_reach_the_scatter(make):
    run = make([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    (axes,) = figure_of(gather([run], loss_columns([run], "test"))).axes
    offsets = [np.asarray(one.get_offsets()).tolist() for one in axes.collections]
    assert offsets == [[[2.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sizes", [[5000, 20_000, 300_000], [5508, 5508, 5508]])
def test_a_scatter_of_sizes_is_logarithmic(make, legible, sizes):
    run = make([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    run.frame["parameters_kept"] = sizes
    figure = figure_of(gather([run], ["parameters_kept", "loss_f1_test"]))
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    low, high = axes.get_xlim()
    assert low < min(sizes) <= max(sizes) < high
    words = legible(figure)
    assert sum(word.endswith("k") for word in words) >= 3
    # The staircase reaches the worse end.
    assert axes.lines[0].get_xdata().max() == high


def test_projections_of_three_columns_are_logarithmic_where_that_helps(make):
    losses = [[0.1, 1.0, 5.0], [0.11, 2.0, 4.0], [0.12, 3.0, 3.0], [0.13, 4.0, 2.0], [9, 5, 1]]
    figure = figure_of(gather([make(losses)], ["loss_f1_test", "loss_f2_test", "loss_f3_test"]))
    space, *projections = figure.axes
    assert space.get_xscale() == "linear"
    assert [axes.get_xscale() for axes in projections] == ["log", "log", "linear"]
    assert {axes.get_yscale() for axes in projections} == {"linear"}
