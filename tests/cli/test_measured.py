"""What commands make of latencies that a test has planted: no time is measured here."""

import json
import shutil

import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.measuring.again import measure_again
from paretocli.planning.growth import Growth, emptiest
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.timing.device import this_device
from tests.planted import DEVICE, measurements, plant
from tests.program import files_below, in_process
from tests.toys import vectors

COLUMNS = ("latency_ms", "latency_ms_p95", "latency_ms_64", "latency_ms_64_p95", "file_bytes")


@pytest.fixture
def run(folder, monkeypatch, capfd):
    """Call the program in a folder whose sweep has three points."""

    def run(*arguments):
        return in_process(*arguments, cwd=folder, monkeypatch=monkeypatch, capfd=capfd)

    return run


def refused(ended, *words):
    code, out, err = ended
    assert (code, out) == (2, "")
    (line,) = err.strip().splitlines()
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    "arguments",
    [
        ("select", "run", "--where", "latency_ms <= 3"),
        ("select", "run", "--minimize", "latency_ms_64"),
        ("refine", "run", "--want", "latency_ms <= 3"),
        ("plot-front", "run", "--x", "latency_ms", "--y", "f1"),
        ("plot-front", "run", "--against", "file_bytes"),
    ],
)
def test_before_anybody_has_measured_it_is_said_how(run, arguments):
    refused(run(*arguments), "before its networks are measured; run paretocli measure run.")


def test_points_are_selected_by_latency(run, folder):
    plant(folder / "run", {0: 5.0, 1: 2.5, 2: 1.0})
    where = ("--where", "latency_ms <= 3", "--maximize", "file_bytes", "--json")
    code, out, err = run("select", "run", *where)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["point"], found["latency_ms_p95"], found["left_out_points"]) == (1, 5.0, [])
    code, out, _ = run("front", "run")
    assert code == 0
    assert "latency" in out
    assert [line.split()[-1] for line in out.splitlines() if "." in line][:3] == [
        "5.0000",
        "2.5000",
        "1.0000",
    ]


def test_points_solved_later_are_left_out_and_that_is_said(run, folder):
    plant(folder / "run", {0: 5.0, 2: 1.0})
    where = ("--where", "latency_ms <= 3")
    code, out, err = run("select", "run", *where, "--json")
    assert code == 0
    assert json.loads(out)["point"] == 2
    said = "left out 1 with an empty or infinite latency_ms (point 1)"
    assert err == f"run: {said}; paretocli measure measures all points.\n"
    picture = ("plot-front", "run", "--x", "latency_ms", "--y", "loss_f1_test", "--json")
    code, out, err = run(*picture)
    assert code == 0
    assert said in err
    assert json.loads(out)["better"] == {"latency_ms": "lower", "loss_f1_test": "lower"}
    code, out, err = run("front", "run")
    assert code == 0
    assert err == "Point 1 was not measured; paretocli measure run measures all points.\n"


def test_pictures_and_pages_take_these_columns(run, folder):
    plant(folder / "run", {0: 5.0, 1: 2.5, 2: 1.0})
    code, _, err = run("plot-front", "run", "--against", "latency_ms_64")
    assert (code, err) == (0, "")
    assert (folder / "run" / "against-latency_ms_64.png").is_file()
    code, _, err = run("plot-front", "run", "--html", "page.html")
    assert (code, err) == (0, "")
    page = (folder / "page.html").read_text()
    assert "Latency, batch 1 (ms)" in page
    assert "Latency, batch 64, 95th percentile (ms)" in page


def test_sweeps_that_were_not_measured_alike_are_not_compared(run, folder):
    shutil.copytree(folder / "run", folder / "other")
    plant(folder / "run", {0: 5.0, 1: 2.5, 2: 1.0})
    plant(folder / "other", {0: 5.0, 1: 2.5, 2: 1.0}, device=DEVICE | {"name": "desk"}, threads=2)
    drawn = ("plot-front", "run", "other", "--x", "latency_ms", "--y", "loss_f1_test")
    words = ("board (Some CPU) against desk (Some CPU)", "number of threads: 1 against 2")
    refused(run(*drawn), *words)
    refused(run(*drawn, "--html", "page.html"), *words)
    code, _, err = run("plot-front", "run", "other", "--html", "page.html")
    assert code == 0
    assert err.startswith("Left out latency_ms, latency_ms_p95")
    assert "Latency" not in (folder / "page.html").read_text()
    plant(folder / "other", {0: 5.0, 1: 2.5, 2: 1.0}, processors=[3])
    assert run(*drawn)[0] == 0


def test_nothing_is_changed_or_placed_by_what_is_not_known_while_points_train(run, folder):
    plant(folder / "run", {0: 5.0, 1: 2.5, 2: 1.0})
    change = ("refine", "run", "--from", "0", "--improve", "latency_ms", "--worsen", "f1")
    said = ("latency_ms is measured once points are trained", "refine --want")
    refused(run(*change), *said)
    sweep = read_sweep_file(folder / "run")
    for growth in (Growth(columns=("latency_ms", "f1")), Growth(where=("latency_ms<= 3",))):
        with pytest.raises(InputError, match=said[0]):
            emptiest(sweep, growth, 1, 1)


def between(folder):
    """A condition on the loss that is worse at point 2 than at 1, which 2 alone does not meet."""
    table = pd.read_csv(folder / "run" / "results.csv")
    losses = table[["loss_f1_val", "loss_f2_val"]]
    (rises,) = losses.columns[losses.loc[2] > losses.loc[1]]
    return f"{rises} <= {losses[rises][1] + 0.97 * (losses[rises][2] - losses[rises][1])}"


def test_a_wish_for_a_latency_waits_until_its_point_is_measured(run, folder):
    """What lies between points 1 and 2 meets it, but neither of them does."""
    plant(folder / "run", {0: 5.0, 1: 2.5, 2: 1.0})
    wish = ("refine", "run", "--want", "latency_ms <= 2", "--want", between(folder))
    code, _, err = run(*wish)
    assert code == 0
    command = "run paretocli measure run, and then this command again, which goes on."
    assert f"Point 3 was trained for it and is not measured yet; {command}" in err
    (one,) = json.loads((folder / "run" / "rounds" / "0001.json").read_text())["expected"]
    assert one["latency_ms"] <= 2.0
    table = pd.read_csv(folder / "run" / "results.csv")
    assert table["latency_ms"][:3].tolist() == [5.0, 2.5, 1.0]
    assert table.loc[3, [*COLUMNS]].isna().all()
    code, _, err = run(*wish)
    assert code == 0
    assert "Point 3 was trained for it and is not measured yet" in err
    assert not (folder / "run" / "rounds" / "0002.json").exists()
    assert "run were measured on board (Some CPU), which is another device than this" in err

    plant(folder / "run", {0: 5.0, 1: 2.5, 2: 1.0, 3: 1.9})
    code, _, err = run(*wish)
    assert code == 0
    assert "Point 3 is as wished: latency_ms 1.9" in err
    status = run("status", "run")[1]
    assert "latency_ms off by a factor of" in " ".join(status.split())


def test_a_wish_for_a_latency_measures_its_points_where_the_others_were(run, folder, monkeypatch):
    """The first try is slower than was expected, and so are both corrections of it."""
    plant(folder / "run", {0: 5.0, 1: 2.5, 2: 1.0}, device=this_device())
    took, asked = {0: 5.1, 1: 2.6, 2: 1.1, 3: 2.3, 4: 2.2, 5: 2.1}, []

    def measured(points, form, threads, note, *, calls):
        known = {one.record["point"]: one.record["weights_sha256"] for one in points}
        asked.append((form, threads, calls, list(known)))
        latencies = {point: took[point] for point in known}
        return measurements(latencies, known, device=this_device())

    monkeypatch.setattr("paretocli.measuring.again.measured", measured)
    wish = ("refine", "run", "--want", "latency_ms <= 2", "--want", between(folder))
    code, _, err = run(*wish)
    assert code == 0, err
    assert asked == [("onnx", 1, 200, [*range(points)]) for points in (4, 5, 6)]
    assert err.count("Measuring all points, as they were measured before.") == 3
    assert "No point is as wished; point " in err
    table = pd.read_csv(folder / "run" / "results.csv")
    assert table["latency_ms"].tolist() == [*took.values()]


def test_why_points_are_not_measured_again(folder):
    notes, path, problem = [], folder / "run", vectors()

    def again():
        return measure_again(path, problem, folder, notes.append)

    assert not again()
    assert not notes
    plant(path, {0: 5.0}, device=this_device(), format="abacus")
    assert not again()
    assert notes[-1].startswith("Nothing was measured: There is no format named 'abacus'")
    plant(path, {0: 5.0}, device=this_device(), format="torch")
    before = files_below(path)
    assert not again()
    assert "Nothing was measured: The test split is another one than" in notes[-1]
    (path / "measurements.json").write_text("{")
    assert not again()
    assert "measurements.json" in notes[-1]
    plant(path, {0: 5.0}, device=this_device(), format="torch")
    assert files_below(path) == before
