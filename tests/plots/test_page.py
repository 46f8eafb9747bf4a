"""The interactive page in a real browser."""

import itertools
import re

import pytest

from paretocli.front.results import read_results
from paretocli.plots.page_data import gather_page
from paretocli.plots.page_file import save_page
from tests.browser import Page
from tests.exact import exact_points
from tests.solved import EPSILON, exact_multipliers, write_solved
from tests.sparse_run import write_sparse_run

SIZES = {"wide": (1400, 900), "narrow": (420, 800)}
LINES = ".line:not(.out) > path:first-child"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Pages by name: one sweep, two, one of 14 objectives, a hostile table, and one with a gap."""
    folder = tmp_path_factory.mktemp("pages")
    one = write_sparse_run(folder / "runs" / "one sweep")
    two = write_sparse_run(folder / "runs" / "rival", "linear", shift=0.03)
    tasks = [f"objective number {j}" for j in range(14)]
    header = [*(f"weight_{task}" for task in tasks), *(f"loss_{task}_test" for task in tasks)]
    rows = [[1 / 14] * 14 + [(5 * k + 3 * j) % 17 + k / 100 for j in range(14)] for k in range(12)]
    lines = [",".join(map(str, line)) for line in [header, *rows]]
    (folder / "many.csv").write_text("\n".join(lines))
    (folder / "hostile.csv").write_text(
        '<script>window.hacked=1</script>,"</script><img src=x onerror=window.hacked=2>",'
        "<a href='https://example.org'>%{x}&amp;</a>,__proto__\n1,2,3,1\n2,1,4,1\n3,3,,1\n"
    )
    (folder / "gap.csv").write_text("cost,bytes,other\n1,2,1\n2,1,3\n3,3,2\n,0,1\n")
    hostile = [
        line.strip('"') for line in (folder / "hostile.csv").read_text().split("\n")[0].split(",")
    ]
    inputs = {
        "one": ([one], None),
        "two": ([one, two], None),
        "many": ([folder / "many.csv"], None),
        "hostile": ([folder / "hostile.csv"], hostile[:2]),
        "gap": ([folder / "gap.csv"], ["cost", "bytes"]),
    }
    weights = [[w, 1 - w] for w in (0.3, 0.5, 0.7)]
    losses = exact_points("vlmop2", weights, EPSILON)
    multipliers = exact_multipliers("vlmop2", weights, EPSILON)
    inputs["solved"] = ([write_solved(folder / "solved", losses, weights, multipliers)], None)
    for name, (paths, columns) in inputs.items():
        title = "<img src=x onerror=window.hacked=3>" if name == "hostile" else None
        results = [read_results(path) for path in paths]
        data = gather_page(results, "test", columns=columns, minimise=columns or (), title=title)
        save_page(data, folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in inputs}


@pytest.fixture
def page(driver):
    """A reader with the page; in the end the console has said nothing and nothing was asked for."""
    page = Page(driver)
    yield page
    assert page.console() == []
    outside = [url for url in page.requests() if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []


def markers(page):
    return page.all("#scatter .points path.point")


def positions(page):
    """Where the markers are: (x, y) of the middle of each, in pixels of the window."""
    boxes = page.boxes("#scatter .points path.point")
    return [((one["left"] + one["right"]) / 2, (one["top"] + one["bottom"]) / 2) for one in boxes]


def colours_of(page):
    """The colours of all markers, which are the edge's where they are hollow."""
    return set(
        page.run(
            "return [...document.querySelectorAll('#scatter .points path.point')].map((one) => {"
            "const { fill, stroke } = getComputedStyle(one);"
            "return fill === 'none' ? stroke : fill; })"
        )
    )


def test_a_page_loads_alone(page, files):
    page.open(files["one"])
    assert page.driver.title == "toy"
    assert len(markers(page)) == 4
    assert page.text("#count") == "4 of 4 points shown."
    assert "Chebyshev: 3 of 4 on the front" in page.text("#legend")
    assert "Chebyshev: 1 unfinished or failed left out." in page.text("#notes")
    assert [url for url in page.requests() if url.startswith("file:")] == [files["one"].as_uri()]


def test_the_page_forbids_itself_any_request(driver, files):
    page = Page(driver)
    page.open(files["one"])
    answer = driver.execute_async_script(
        "fetch('https://example.org/').then(() => arguments[0]('came'), () => arguments[0]('no'))"
    )
    assert answer == "no"
    complaints = page.console()
    assert complaints
    assert all("Content Security Policy" in complaint for complaint in complaints)


def test_hover_tells_of_a_point(page, files):
    page.open(files["one"])
    assert page.all("#tooltip") == []
    # Dominated points are drawn first, so the markers are those of the points 2, 0, 1 and 3.
    page.hover(markers(page)[1])
    assert page.text("#tooltip") == (
        "Point 0 Weight Loss Accuracy sparsity 0.1000 0.9000 left 0.1000 0.1000 0.9500 "
        "right 0.1000 0.4000 0.8000 Sparsity rate (%) 0 "
        "Compression rate (rows / unique rows) 1 Relative gap 0.01000"
    )
    page.hover(markers(page)[0])
    assert page.text("#tooltip").startswith("Point 2 ")
    assert page.text("#tooltip").endswith("Dominated in the test losses.")
    page.hover(page.one("h1"))
    assert page.all("#tooltip") == []


def test_the_axes_change(page, files):
    page.open(files["one"])
    assert page.text("#scatter .xtitle") == "Loss, sparsity (better ←)"
    heights = [y for _, y in positions(page)]
    assert max(heights) == heights[1]  # the point 0 has the smallest loss of the left
    page.pick("x", "Sparsity rate (%)")
    page.pick("y", "Test accuracy, left")
    assert page.text("#scatter .xtitle") == "Sparsity rate (%) (better →)"
    assert page.text("#scatter .ytitle") == "Test accuracy, left (better →)"
    places = positions(page)
    left_to_right = sorted(range(4), key=lambda index: places[index][0])
    assert left_to_right == [1, 0, 2, 3]  # by the sparsity rate: the points 0, 2, 1, 3
    assert min(y for _, y in places) == places[1][1]
    page.pick("x", "Parameters kept")
    assert page.text("#scatter .xtitle") == "Parameters kept, log scale (better ←)"
    ticks = [text.removesuffix("k") for text in page.texts("#scatter .xtick")]
    assert ticks
    sizes = [1000 * float(text) for text in ticks]
    assert sizes == sorted(sizes)  # not the first digit alone between powers of ten


def test_a_point_without_a_figure_is_left_out(page, files):
    page.open(files["one"])
    page.pick("x", "Relative gap")
    assert len(markers(page)) == 3
    assert page.text("#count") == "3 of 4 points shown. 1 has no figure for one of the axes."


def test_the_border_goes_round_the_worse_side(page, files):
    page.open(files["one"])
    page.pick("x", "Sparsity rate (%)")
    page.pick("y", "Test accuracy, left")
    # Both are maximised: from the point 3 left to where 1 is, up to it; then the same to 0.
    middles = positions(page)
    (border,) = page.all("#scatter .js-line")
    moves = re.findall(r"([MLHV])([-\d.]+)(?:,([-\d.]+))?", border.get_attribute("d"))
    assert [kind for kind, *_ in moves] == ["M", "H", "V", "H", "V"]
    start, *corners = [float(one) for _, *numbers in moves for one in numbers if one][1:]
    (x0, y0), (x1, y1), (x3, y3) = (middles[index] for index in (1, 2, 3))
    wanted = [x1 - x3, y1 - y3, x0 - x3, y0 - y3]
    origin = [float(moves[0][1]), start] * 2
    assert [one - zero for one, zero in zip(corners, origin, strict=True)] == pytest.approx(
        wanted, abs=1
    )


def test_dominated_points_come_and_go(page, files):
    page.open(files["two"])
    assert "Dominated points (2 by test losses)" in page.text("#legend")
    assert len(markers(page)) == 8
    page.click(page.one("#dominated"))
    assert len(markers(page)) == 6
    assert page.text("#count") == "6 of 8 points shown."
    page.press(" ")  # it has kept the focus
    assert len(markers(page)) == 8


def test_a_point_without_a_deciding_figure_is_not_judged(page, files):
    page.open(files["gap"])
    assert "Dominated points (1 by cost and bytes)" in page.text("#legend")
    page.pick("x", "other")
    assert len(markers(page)) == 4
    page.run("choose(points[3])")
    assert "Not judged: a figure is missing." in page.text("#details")
    page.press("\ue00c")  # Escape
    page.click(page.one("#dominated"))
    assert len(markers(page)) == 3
    page.hover(markers(page)[0])
    assert page.text("#tooltip").endswith("Not judged: a figure is missing.")


def test_steps_are_explained_where_there_are_any(page, files):
    page.open(files["gap"])
    for axis, words in (("x", "other"), ("y", "Bytes"), ("x", "cost"), ("x", "Bytes")):
        page.pick(axis, words)
        drawn = any(path.get_attribute("d") for path in page.all("#scatter .js-line"))
        assert ("Steps bound" in page.text("#notes")) == drawn == (words == "cost")


def test_the_arrow_stays_with_its_word(page, files):
    page.open(files["one"])
    lines = page.run("return wrapped('Loss, sparsity (better\\u00a0←)', 22)")
    assert lines == ["Loss, sparsity", "(better\u00a0←)"]


def test_sweeps_come_and_go_without_a_mouse(page, files):
    page.open(files["two"])
    first, second = page.all("#sweeps label")
    assert first.text == "Chebyshev: 3 of 4 on the front"
    assert second.text == "linear (weighted sum): 3 of 4 on the front"
    page.run("arguments[0].querySelector('input').focus()", second)
    page.press(" ")
    assert len(markers(page)) == 4
    page.press(" ")
    assert len(markers(page)) == 8


def test_colour_by_a_column(page, files):
    page.open(files["two"])
    assert colours_of(page) == {"rgb(0, 114, 178)", "rgb(213, 94, 0)"}
    assert page.all("#ramp") == []
    page.pick("colour", "Rank of dominance")
    assert page.text("#ramp") == "1 2 Rank of dominance"
    assert colours_of(page) == {"rgb(0, 34, 78)", "rgb(191, 174, 92)"}
    page.pick("colour", "Sparsity rate (%)")
    assert page.text("#ramp") == "0 80 Sparsity rate (%)"
    colours = colours_of(page)
    assert len(colours) == 4  # both sweeps have the same four rates
    assert {"rgb(0, 34, 78)", "rgb(191, 174, 92)"} < colours  # those at the ends of the scale


def test_a_click_shows_all_figures_and_the_command(page, files):
    page.open(files["two"])
    assert page.all("#details") == []
    page.click(markers(page)[1])
    details = page.text("#details")
    assert details.startswith("Chebyshev, point 0 ×")
    assert "Not dominated in the test losses." in details
    assert "Loss, left 0 0.05000 0.1000" in details
    for words in (
        "Accuracy, left – 0.9750 0.9500",
        "Parameters kept 40,000",
        "Weight, left 0.1000",
        "solver chebyshev",
    ):
        assert words in details
    run = files["two"].parent / "runs" / "one sweep"
    assert page.one("#details code").text == f"paretocli export '{run}' 0 --out 'one sweep-0'"


def test_a_click_shows_what_a_step_costs(page, files):
    page.open(files["solved"])
    page.run("choose(points[1])")
    costs = page.text("#details .costs")
    for words in (
        "What a step costs here:",
        "0.1 less training loss f1 costs about 0.1 training loss f2.",
        "Measured at point 2, next better in f1:",
        "By the multipliers",
    ):
        assert words in costs
    page.open(files["one"])
    page.run("choose(points[1])")
    costs = page.text("#details .costs")
    assert costs.startswith("What was measured beside it: Measured at point 3, next better in")
    assert "No exchange rates at point 1: " in costs
    page.open(files["gap"])
    page.run("choose(points[1])")
    assert page.all("#details .costs") == []


def test_the_view_makes_room_for_the_details(page, files):
    page.open(files["one"])
    page.click(markers(page)[1])
    panel = page.one("#details").rect
    assert page.one("#scatter .plotly").rect["width"] < panel["x"]
    assert all(x < panel["x"] for x, _ in positions(page))
    page.click(page.one("#details header button"))
    assert page.all("#details") == []
    assert page.one("#scatter .plotly").rect["width"] > 1300


def test_the_command_is_copied(page, files):
    page.open(files["one"])
    page.click(markers(page)[1])
    page.click(page.all("#details .command button")[0])
    page.until("return document.querySelector('#details .command [role=status]').textContent")
    assert page.text("#details .command [role=status]") == "Copied."
    page.run("document.body.append(document.createElement('textarea'))")
    page.click(page.one("textarea"))
    page.paste()
    pasted = page.run("return document.querySelector('textarea').value")
    assert pasted == page.one("#details code").text


def test_the_command_is_selected_where_the_browser_forbids_copying(page, files):
    page.open(files["one"])
    page.run("navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'))")
    page.run("document.execCommand = () => false")
    page.click(markers(page)[1])
    page.click(page.all("#details .command button")[0])
    page.until("return document.querySelector('#details .command [role=status]').textContent")
    assert page.text("#details .command [role=status]").startswith("Selected: press Ctrl+C")
    assert page.run("return String(getSelection())") == page.one("#details code").text


def test_a_point_is_chosen_without_a_mouse(page, files):
    page.open(files["one"])
    page.run("document.getElementById('point').focus()")
    page.press("\ue015", "\ue015")  # twice the arrow down
    assert page.text("#details h2") == "Point 1"
    page.press("\ue00c")  # Escape
    assert page.all("#details") == []
    assert page.run("return document.getElementById('point').value") == ""


def test_plotly_offers_nothing_that_sends_the_data_away(page, files):
    page.open(files["one"])
    page.hover(page.one("#scatter"))
    titles = [one.get_attribute("data-title") for one in page.all("#scatter .modebar-btn")]
    assert titles == ["Zoom", "Pan", "Zoom in", "Zoom out", "Reset axes"]


def test_many_objectives_start_with_parallel_coordinates(page, files):
    page.open(files["many"])
    assert page.all("#scatter") == []
    assert len(page.all("#parallel .axis")) == 14
    assert len(page.all(LINES)) == 12
    assert page.text("#notes").startswith("The best value of each axis is at the top.")
    # The axis of the first objective: its smallest loss is at its upper end.
    assert page.texts("#parallel .value")[:2] == ["16.10", "0"]
    worst, best = page.boxes("#parallel .value")[:2]
    assert best["top"] < worst["top"]


@pytest.mark.parametrize("size", SIZES)
def test_labels_of_parallel_axes_do_not_touch(page, files, size):
    page.open(files["many"], width=SIZES[size][0], height=SIZES[size][1])
    boxes = page.boxes("#parallel .label, #parallel .value")
    assert len(boxes) == 3 * 14
    for one, other in itertools.combinations(boxes, 2):
        width = min(one["right"], other["right"]) - max(one["left"], other["left"])
        height = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
        assert width <= 1 or height <= 3, (one, other)
    for box in boxes:
        assert 0 <= box["left"] <= box["right"] <= SIZES[size][0]


def test_a_drag_over_an_axis_keeps_a_range(page, files):
    page.open(files["many"])
    axis = page.all("#parallel .axis")[0].rect
    x = axis["x"] + axis["width"] / 2
    # The upper 48 %: losses from 0 to 8.37. Of (5 k) mod 17 + k / 100 these are 7 of 12.
    page.drag((x, axis["y"] + 0.52 * axis["height"]), (x, axis["y"] - 5))
    assert len(page.all(LINES)) == 7
    assert page.text("#count") == (
        "7 of 12 points shown. 5 left out by ranges of: Test loss, objective number 0."
    )
    kept = [k for k in range(12) if (5 * k) % 17 + k / 100 < 8.37]
    options = page.run(
        "return [...document.getElementById('point').options].map(({ text }) => text)"
    )
    assert options == ["none", *map(str, kept)]
    page.click(page.all("[name=view]")[0])
    assert len(markers(page)) == 7
    page.click(page.one("#clear"))
    assert len(markers(page)) == 12
    assert page.all("#clear") == []


def test_a_click_on_an_axis_keeps_all_of_it(page, files):
    page.open(files["many"])
    axis = page.all("#parallel .axis")[3].rect
    x, y = axis["x"] + axis["width"] / 2, axis["y"] + axis["height"] / 2
    page.drag((x, y), (x, y - 60))
    assert len(page.all(LINES)) < 12
    page.drag((x, y + 100), (x, y + 100))
    assert len(page.all(LINES)) == 12


def test_a_range_is_kept_without_a_mouse(page, files):
    page.open(files["many"])
    worst, best = page.all("#parallel .grip")[:2]
    assert worst.get_attribute("aria-label") == "objective number 0: worst value to keep"
    page.run("arguments[0].focus()", worst)
    page.press("\ue013")  # the arrow up
    assert len(page.all(LINES)) == 11  # without the largest loss
    assert worst.get_attribute("aria-valuetext") == "15.78"
    page.press("\ue015")
    assert len(page.all(LINES)) == 12
    assert best.get_attribute("aria-valuetext") == "0"


def test_a_line_is_hovered_and_chosen(page, files):
    page.open(files["many"])
    # Between the first two axes, three tenths of the way along the line of the fourth point.
    x, y = page.run(
        "const line = document.querySelectorAll('.catcher')[3];"
        "const [x0, y0, x1, y1] = line.getAttribute('d').match(/[0-9.]+/g).map(Number);"
        "const { left, top } = line.ownerSVGElement.getBoundingClientRect();"
        "return [left + 0.7 * x0 + 0.3 * x1, top + 0.7 * y0 + 0.3 * y1];"
    )
    page.move((x, y))
    assert page.text("#tooltip").startswith("Point 3 Weight Loss objective number 0 0.07143 15.03")
    page.drag((x, y), (x, y))
    assert page.all("#tooltip") == []
    assert page.text("#details h2") == "Point 3"
    assert page.one("#parallel .chosen").get_attribute("d").startswith("M")


def test_parallel_axes_of_metrics(page, files):
    page.open(files["two"])
    page.click(page.all("[name=view]")[1])
    assert page.texts("#parallel .label") == ["sparsity", "left", "right"]
    page.pick("axes", "Test accuracy")
    assert page.texts("#parallel .label") == ["left", "right", "Sparsity rate (%)"]
    worst, best = page.boxes("#parallel .value")[-2:]
    assert page.texts("#parallel .value")[-2:] == ["0", "80"]
    assert best["top"] < worst["top"]


def test_hostile_text_is_harmless(page, files):
    page.open(files["hostile"])
    column = "</script><img src=x onerror=window.hacked=2>"
    assert page.one("h1").text == "<img src=x onerror=window.hacked=3>"
    assert page.text("#scatter .xtitle") == "<script>window.hacked=1</script> (better ←)"
    assert page.text("#scatter .ytitle") == f"{column} (better ←)"
    page.hover(markers(page)[1])
    assert column in page.text("#tooltip")
    page.click(markers(page)[1])
    assert column in page.text("#details")
    page.pick("x", "<a href='https://example.org'>%{x}&amp;</a>")
    assert page.text("#scatter .xtitle") == "<a href='https://example.org'>%{x}&amp;</a>"
    assert page.run("return window.hacked") is None
    assert page.run("return document.querySelectorAll('img, a[href], text a').length") == 0
    assert page.run("return document.scripts.length") == 3


@pytest.mark.parametrize("name", ["two", "many", "hostile"])
def test_a_narrow_page_does_not_scroll_sideways(page, files, name):
    page.open(files[name], width=420, height=800)
    for radio in page.all("[name=view]") or [page.one("h1")]:
        page.click(radio)
        page.run("choose(points[0])")
        width, shown = page.run(
            "const { scrollWidth, clientWidth } = document.documentElement;"
            "return [scrollWidth, clientWidth]"
        )
        assert width <= shown
        for box in page.boxes("select, button, input, #details table, #scatter .main-svg"):
            assert 0 <= box["left"] <= box["right"] <= 420


def test_every_control_has_a_name_and_is_reached_by_the_keyboard(page, files):
    page.open(files["two"])
    page.run("choose(points[0])")
    controls = [*page.all("select, input"), *page.all("#details button")]
    assert len(controls) == 11
    for control in controls:
        assert control.accessible_name, control.get_attribute("outerHTML")
        assert control.get_attribute("tabindex") in {None, "0"}


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_marks_stand_out(page, files, dark):
    page.open(files["two"], dark=dark)
    paper, ink, faint, panel = (
        luminance(page.run(f"return theme('--{name}')"))
        for name in ("paper", "ink", "faint", "panel")
    )
    assert (paper < 0.1) == dark
    for words, ground in itertools.product((ink, faint), (paper, panel)):
        assert contrast(words, ground) >= 4.5
    # As WCAG 2.1 asks of what is no text.
    looks = page.run(
        "return ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000', '#E69F00', '#56B4E9'].map("
        "(colour) => { data.series[0].style.colour = colour; return colourOfSweep(0); })"
    )
    assert contrast(luminance(looks[0]), paper) >= 3
    assert min(contrast(luminance(look), paper) for look in looks) >= 2
    assert page.run("return getComputedStyle(document.querySelector('.xtick text')).fill") == (
        page.run("return getComputedStyle(document.body).color")
    )


def luminance(colour):
    """Relative luminance of a colour such as #0072b2, after WCAG 2.1."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
