"""What the page knows of a sweep beyond its table: the predicted front, commands for more."""

import json
import shlex
import subprocess

import pytest

from tests.browser import Page
from tests.program import paretocli

NAME = 'it\'s a "run" $HOME'
OTHER = "-rival"
POINTS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sweep to which points were added, in a directory that a shell has to be told with care."""
    folder = tmp_path_factory.mktemp("refined")
    sweep = ("sweep", "vlmop2", "--epochs", "4", "--points", POINTS - 2, "--quiet")
    added = ("--between", "0,3", "--points", "2", "--quiet")
    for name in (NAME, f"./{OTHER}"):
        assert paretocli(*sweep, "--out", name, cwd=folder).returncode == 0
        assert paretocli("refine", name, *added, cwd=folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def files(folder):
    """The page of the sweep, that of two, and one of three objectives with a point out of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, paths in {"one": [NAME], "two": [NAME, f"./{OTHER}"]}.items():
            page = paretocli("plot-front", *paths, "--html", f"{name}.html", "-q", cwd=folder)
            assert page.returncode == 0, page.stderr
    return {name: folder / f"{name}.html" for name in ("one", "two")}


@pytest.fixture
def page(driver):
    page = Page(driver)
    yield page
    assert page.console() == []


def run(command, folder):
    """Run a command as a shell reads it, but add nothing."""
    shell = ["sh", "-c", f"printf '%s\\0' {command}"]
    done = subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=True)
    program, *words = done.stdout.split("\0")[:-1]
    assert program == "paretocli"
    return paretocli(*words, "--dry-run", "--json", cwd=folder)


def commands(page):
    return [text for text in page.texts("#details code") if text.startswith("paretocli refine")]


def empty_place(page):
    box = page.boxes("#scatter .nsewdrag")[0]
    return box["left"] + 0.06 * (box["right"] - box["left"]), box["bottom"] - 40


def test_commands_of_a_point_a_pair_and_a_place(page, files, folder):
    page.open(files["one"])
    page.run("choose(points[1])")
    (around,) = commands(page)
    assert shlex.split(around) == ["paretocli", "refine", NAME, "--around", "1"]
    page.pick("pair", "2")
    _, between = commands(page)
    assert shlex.split(between) == ["paretocli", "refine", NAME, "--between", "1,2"]
    assert page.run("return document.activeElement.id") == "pair"
    page.press("\ue00c")
    assert page.all("#details") == []
    place = empty_place(page)
    page.drag(place, place)
    (want,) = commands(page)
    words = shlex.split(want)
    assert words[:3] == ["paretocli", "refine", NAME]
    conditions = words[4::2]
    assert words[3::2] == ["--want", "--want"]
    assert [one.split()[:2] for one in conditions] == [
        ["loss_f1_val", "<="],
        ["loss_f2_val", "<="],
    ]  # the axes show the test data, by which nothing is chosen
    # The place is where it was clicked: between the ends of the axes, near their lower left.
    (low, high), (bottom, top) = page.run(
        "const { xaxis, yaxis } = document.getElementById('scatter')._fullLayout;"
        "return [xaxis.range, yaxis.range]"
    )
    x, y = (float(one.split()[2]) for one in conditions)
    assert x == pytest.approx(low + 0.06 * (high - low), abs=0.01 * (high - low))
    assert bottom < y < bottom + 0.15 * (top - bottom)
    for command in (around, between, want):
        done = run(command, folder)
        assert done.returncode == 0, (command, done.stderr)
        if command is between:
            assert len(json.loads(done.stdout)["weights"]) == 1
    # Other axes, other columns: what was asked for in these is no more.
    page.pick("x", "Weight, f1")
    assert page.all("#details") == []
    assert page.all("#wish") == []


def test_a_pair_is_made_with_the_shift_key_within_a_sweep(page, files):
    page.open(files["two"])
    first, second = page.all("#scatter .points path.point")[:2]
    page.click(first)
    page.shift_click(second)
    numbers = page.run("return [state.chosen.number, state.pair.number]")
    assert commands(page)[1].endswith(f"--between {numbers[0]},{numbers[1]}")
    other = page.run("return points.findIndex((one) => one.source !== state.chosen.source)")
    page.run("chooseOrPair(points[arguments[0]], true)", other)
    (around,) = commands(page)  # of the other sweep: no pair
    assert {NAME, f"./{OTHER}"} >= {shlex.split(around)[2]}
    page.press("\ue00c")
    page.click(page.one("#wish"))
    (menu,) = page.all("#details select")
    assert len(page.run("return [...arguments[0].options]", menu)) == 2
    page.run("arguments[0].value = '0.25'", page.all("#details input")[0])
    page.run("arguments[0].dispatchEvent(new Event('input'))", page.all("#details input")[0])
    assert "'loss_f1_val <= 0.25'" in commands(page)[0]


def test_the_predicted_front_and_its_band(page, files):
    page.open(files["one"])
    words = page.text("#predicted-words")
    assert words == "too few points tell how far off it may be"
    assert len(page.all("#scatter .js-line")) > 1
    page.click(page.one("#predicted"))
    assert len(page.all("#scatter .js-line")) == 1  # the border
    page.click(page.one("#predicted"))
    page.run(
        "data.series[0].predicted.left_out = {loss_f1_test: {size: 0.1, factor: false,"
        " points: 5}, loss_f2_test: {size: 0.2, factor: false, points: 4}}; refresh()"
    )
    assert page.text("#predicted-words").endswith("by 4 points predicted from the others")
    # What rectangles of 0.2 by 0.4 cover that are moved down a straight line.
    corners = page.run(
        "columns.get('loss_f1_test').high = columns.get('loss_f2_test').high = 9;"
        "return outline([{x: 1, y: 2}, {x: 2, y: 1}], errorsOf(data.series[0].predicted))"
        ".map(({x, y}) => [x, y])"
    )
    wanted = [(0.9, 2.2), (1.1, 2.2), (2.1, 1.2), (2.1, 0.8), (1.9, 0.8), (0.9, 1.8)]
    assert [tuple(one) for one in corners] == [pytest.approx(one) for one in wanted]
    page.run("data.series[0].predicted.recorded = data.series[0].predicted.left_out; refresh()")
    assert "written down before the points were solved" in page.text("#predicted-words")
    page.pick("x", "Weight, f1")
    assert page.text("#predicted-words") == "not in these columns"


def test_what_was_expected_and_what_is_out_of_interest(page, files):
    page.open(files["one"])
    assert "Typically off from what was expected of 2 points: loss_f1_val" in page.text("#notes")
    page.run("choose(points[5])")
    box = page.text("#details .landing")
    assert box.startswith("Expected before it was solved: Figure Expected Landed")
    page.run("choose(points[0])")
    assert page.all("#details .landing") == []
    assert page.all("#outside") == []
    page.run("data.series[0].inside[2] = false; refresh()")
    opacities = page.run(
        "return [...document.querySelectorAll('#scatter .points path.point')]"
        ".map((one) => Number(getComputedStyle(one).opacity))"
    )
    assert opacities.count(0.25) == 1


def test_the_page_reloads_itself_and_keeps_what_was_chosen(page, files, tmp_path):
    text = files["one"].read_text()
    assert text.count('"reload":null') == 1
    own = tmp_path / "own.html"
    own.write_text(text.replace('"reload":null', '"reload":600'))
    page.open(own)
    assert "The page reloads itself" in page.text("#notes")
    page.pick("x", "Weight, f1")
    page.pick("colour", "Weight, f2")
    page.pick("point", "3")
    page.run("Plotly.relayout('scatter', {'xaxis.range': [0.2, 0.6]})")
    own.write_text(text)
    page.run("window.before = true; reloadLater(1)")  # as soon as the reader is at ease
    page.until(
        "return window.before === undefined && document.getElementById('count')?.textContent !== ''"
    )
    assert page.run("return [state.x, state.colour]") == ["weight_f1", "weight_f2"]
    assert page.run("return document.getElementById('x').value") == "weight_f1"
    assert page.text("#details h2") == "Point 3"
    axes = "const {xaxis, yaxis} = document.getElementById('scatter').layout;"
    assert page.run(f"{axes} return [xaxis.range, yaxis.autorange]") == [[0.2, 0.6], True]
    assert "reloads itself" not in page.text("#notes")
    assert page.run("return data.reload") is None
    # Opened anew, it opens as ever.
    page.open(files["one"])
    page.open(own)
    assert page.run("return [state.x, state.chosen]") == ["loss_f1_test", None]
    assert page.run(f"{axes} return xaxis.autorange")
