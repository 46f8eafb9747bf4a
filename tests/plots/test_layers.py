import json

import pytest
from matplotlib.colors import to_rgb

from paretocli.errors import InputError
from paretocli.plots.layers_data import LayerRows, read_layers
from paretocli.plots.layers_figure import figure_of_layers, save_layers, wrap_name

SPARSITY = {
    "sparsity_rate": 62.5,
    "compression_rate": 4.0,
    "parameter_sharing": 1.5,
    "rows": 1608,
    "rows_kept": 603,
    "parameters": 1_234_567,
    "parameters_kept": 45_678,
    "unique_parameters": 3210,
    "macs": 9,
}
LONG = "model.backbone.stages.3.blocks.11.attention.self.output_projection_of_values.dense"


def layer(name, rows, zero=0, shared=0, unique=None, role="hidden"):
    unique = rows - zero - shared + (shared > 0) if unique is None else unique
    return {
        "layer": name,
        "role": role,
        "rows": rows,
        "zero_rows": zero,
        "shared_rows": shared,
        "unique_rows": unique,
        "parameters": 10 * rows,
        "parameters_kept": 10 * (rows - zero),
        "unique_parameters": 10 * unique,
        "macs": rows,
    }


LAYERS = [
    layer("shared.0", 9, role="input"),
    layer("shared.3", 32, zero=20, shared=4, unique=9),
    layer("shared.7", 1568, zero=1500, shared=3),
    layer("heads.1", 50, role="head"),
]


@pytest.fixture
def directory(tmp_path):
    """Give a function that writes a run directory with one record a point."""

    def write(records, *, problem="toy", objectives=("sparsity", "left")):
        (tmp_path / "run" / "points").mkdir(parents=True)
        for point, record in records.items():
            file = tmp_path / "run" / "points" / f"{point:04d}.json"
            file.write_text(record if isinstance(record, str) else json.dumps(record))
        if problem:
            config = {"problem": problem, "objectives": objectives}
            (tmp_path / "run" / "sweep.json").write_text(json.dumps({"config": config}))
        return tmp_path / "run"

    return write


def record(layers=None, **others):
    layers = LAYERS if layers is None else layers
    done = {"status": "done", "weights": [0.25, 0.75], "sparsity": SPARSITY, "layers": layers}
    return done | others


def test_rows_are_cut_into_three_kinds(directory):
    data = read_layers(directory({4: record()}), 4)
    assert [one.layer for one in data.layers] == ["shared.0", "shared.3", "shared.7", "heads.1"]
    assert data.layers[1] == LayerRows(
        layer="shared.3",
        role="hidden",
        rows=32,
        unshared_rows=8,
        shared_rows=4,
        zero_rows=20,
        unique_rows=9,
    )
    assert data.title == "toy, point 4: rows of each layer"
    assert data.weights == {"sparsity": 0.25, "left": 0.75}
    assert data.sparsity == SPARSITY


def test_a_directory_without_its_configuration_has_a_name(directory):
    data = read_layers(directory({0: record()}, problem=None), 0, title=None)
    assert data.title == "run, point 0: rows of each layer"
    assert data.weights == {}


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ({}, "is no run directory with finished points"),
        ({0: record(), 1: record(), 2: record(), 7: record()}, "no point 5; .*: 0-2, 7\\."),
        ({5: {"status": "failed", "error": "diverged"}}, r"has no network \(diverged\)"),
        ({5: {"status": "done", "weights": [1]}}, "has no layers, as those of analytic problems"),
        ({5: "{"}, "no file of a sweep"),
        ({5: "[]"}, "is no object"),
        ({5: record([{"layer": "a"}])}, "layers, 0, role is missing"),
        ({5: record([layer("a", 3) | {"zero_rows": 4}])}, "layers, 0, rows do not add up"),
        ({5: record(sparsity={"rows": "many"})}, "sparsity, rows is no number"),
        ({5: json.dumps(record()).replace("1568", "1e400")}, "rows is no whole number"),
        ({5: record(weights=["a", "b"])}, "weights, 0 is no number"),
        ({5: record(weights=[1.0])}, "no file of a sweep"),
    ],
)
def test_wrong_directories_and_records(directory, records, message):
    with pytest.raises(InputError, match=message):
        read_layers(directory(records), 5)


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(InputError, match="does not exist; give the run directory"):
        read_layers(tmp_path / "nowhere", 0)


def bars_of(figure):
    """Give the bars as rows of (left, width), by place."""
    bars = {}
    for patch in figure.axes[0].patches:
        place = patch.get_y() + patch.get_height() / 2
        bars.setdefault(round(place, 6), []).append((patch.get_x(), patch.get_width()))
    return [bars[place] for place in sorted(bars)]


def test_bars_stand_in_order_and_fill_the_axis(directory):
    bars = bars_of(figure_of_layers(read_layers(directory({0: record()}), 0)))
    assert bars[0] == [(0, 100)]
    assert bars[1] == [(0, 25), (25, 12.5), (37.5, 62.5)]
    assert len(bars) == 4
    for bar in bars:
        assert sum(width for _, width in bar) == pytest.approx(100)


@pytest.mark.parametrize("names", [["a", "b", "c"], [LONG, "b", "x" * 80]])
def test_names_and_roles_stand_beside_their_bars_from_the_top_down(directory, names):
    layers = [layer(name, 5 + i) for i, name in enumerate(names)]
    figure = figure_of_layers(read_layers(directory({0: record(layers)}), 0))
    (axes,) = figure.axes
    texts = {text.get_text(): text.get_window_extent() for text in axes.texts}
    roles = [text.get_window_extent() for text in axes.texts if text.get_text() == "hidden"]
    bars = [patch.get_window_extent() for patch in axes.patches]
    heights = []
    for name, role, bar in zip(names, roles, bars, strict=True):
        above = texts[wrap_name(name)]
        middle = (bar.y0 + bar.y1) / 2
        assert (above.y1 + role.y0) / 2 == pytest.approx(middle, abs=0.05 * figure.dpi)
        assert above.x1 == pytest.approx(role.x1, abs=2)
        assert above.x1 < bar.x0
        heights.append(middle)
    assert heights == sorted(heights, reverse=True)


def test_numbers_stand_where_they_fit(directory):
    figure = figure_of_layers(read_layers(directory({0: record()}), 0))
    inside = {text.get_text(): text.get_visible() for text in figure.axes[0].texts}
    assert inside["20"]
    assert inside["1,500"]
    assert inside["3"] is False, "3 of 1568 rows are too narrow for a number"


@pytest.mark.parametrize(
    ("count", "name"), [(1, LONG), (12, LONG), (60, LONG), (12, "shared"), (60, "x" * 80)]
)
def test_every_text_is_legible(directory, legible, count, name):
    layers = [
        layer(f"{name}.{i}", 10 ** (i % 5 + 1), zero=4 * (i % 3), shared=2 * (i % 2))
        for i in range(count)
    ]
    words = legible(figure_of_layers(read_layers(directory({0: record(layers)}), 0)))
    assert sum(word.replace("\n", "").startswith(name) for word in words) == count
    assert words.count("hidden") == count
    assert {"rows", "unique", "toy, point 0: rows of each layer"} <= set(words)


def test_what_stands_above_the_bars(directory, legible):
    words = legible(figure_of_layers(read_layers(directory({0: record()}), 0)))
    notes = next(word for word in words if "sparsity rate" in word)
    assert notes.splitlines() == [
        "45,678 of 1,234,567 parameters kept, 3,210 of them unique",
        "sparsity rate 62.5 %, compression rate 4.00, parameter sharing 1.50",
        "weights: sparsity\N{NO-BREAK SPACE}0.25, left\N{NO-BREAK SPACE}0.75",
    ]
    assert {"kept, not shared", "kept, shared with another row", "zero"} <= set(words)


def test_the_legend_lies_above_the_bars(directory):
    figure = figure_of_layers(read_layers(directory({0: record()}), 0))
    (axes,) = figure.axes
    assert axes.get_legend().get_window_extent().y0 >= axes.bbox.y1 - 1


def test_kinds_of_rows_differ_in_grey_too(directory):
    figure = figure_of_layers(read_layers(directory({0: record()}), 0))
    patches = figure.axes[0].get_legend().get_patches()
    colours = [to_rgb(patch.get_facecolor()) for patch in patches]
    greys = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in colours]
    assert greys[0] + 0.2 < greys[1] < greys[2] - 0.15


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("shared.7", ["shared.7"]),
        (
            LONG,
            [
                "model.backbone.stages.3.",
                "blocks.11.attention.self.",
                "output_projection_of_values.",
                "dense",
            ],
        ),
        ("x" * 70, ["x" * 30, "x" * 30, "x" * 10]),
        ("", [""]),
    ],
)
def test_long_names_break_after_dots(name, lines):
    assert wrap_name(name).split("\n") == lines


def test_a_layer_without_rows_is_drawn(directory):
    data = read_layers(directory({0: record([layer("empty", 0), layer("b", 2)])}), 0)
    assert bars_of(figure_of_layers(data)) == [[(0, 100)]]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_picture_is_written(directory, tmp_path, kind):
    data = read_layers(directory({0: record()}), 0)
    save_layers(data, tmp_path / f"a.{kind}")
    assert (tmp_path / f"a.{kind}").stat().st_size > 5000
    with pytest.raises(InputError, match=r"\.png, \.svg or \.pdf"):
        save_layers(data, tmp_path / "a.bmp")
