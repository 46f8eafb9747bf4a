"""What networks took, read as if anybody might have written it."""

import json

import pytest

from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.measurements import (
    BYTES,
    FIGURES,
    MEASUREMENTS_FILE,
    Measurements,
    figures_of,
    parsed_measurements,
    read_measurements,
)
from tests.misfits import misfits
from tests.planted import measurements, timed


def read(folder, content):
    (folder / MEASUREMENTS_FILE).write_text(
        content if isinstance(content, str) else json.dumps(content)
    )
    return read_measurements(folder)


def changed(*path, to):
    found = measurements({0: 1.0, 1: 2.0})
    inner = found
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = to
    return found


def test_what_is_declared_is_read(tmp_path):
    assert read_measurements(tmp_path) is None
    found = read(tmp_path, measurements({0: 1.0, 3: 2.0}))
    assert not list(misfits(found, Measurements))
    assert [one["point"] for one in found["points"]] == [0, 3]


def test_figures_are_those_of_their_batches():
    one = measurements({0: 1.5})["points"][0]
    assert figures_of(one) == {
        "latency_ms": 1.5,
        "latency_ms_p95": 3.0,
        "latency_ms_64": 15.0,
        "latency_ms_64_p95": 30.0,
        "file_bytes": 1500,
    }
    del one["latency"]["64"]
    assert figures_of(one)["latency_ms_64"] is None
    assert {*figures_of(one)} == {*FIGURES, BYTES}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no JSON"),
        ("[]", "is no object"),
        ("{}", "recipe is missing"),
        (changed("threads", to=0), "threads is below 1"),
        (changed("device", "name", to="a\x1b[2J"), "device, name is no name"),
        (changed("points", 1, "point", to=0), "points, point comes twice"),
        (changed("points", 1, "file_bytes", to=-3), "file_bytes is below 1"),
        (changed("points", 1, "latency", "1", to=timed(0.0)), "median_ms is not above 0"),
        (changed("points", 1, "latency", "1", "halves_ms", to=[1.0]), "list of 1 in place of 2"),
        (changed("points", 1, "latency", to={"1": timed(1.0)}), "not of the batches of dense"),
        (changed("dense", "latency", "1", "median_ms", to="fast"), "median_ms is no number"),
        (json.dumps(changed("dense", "latency", "1", "p95_ms", to=float("nan"))), "number that is"),
    ],
)
def test_what_is_of_another_form_is_damaged(tmp_path, content, reason):
    with pytest.raises(DamagedError, match=reason):
        read(tmp_path, content)


def test_what_was_made_in_another_way_is_none(tmp_path):
    assert read(tmp_path, {"recipe": 2}) is None
    with pytest.raises(DamagedError, match="made in another way"):
        parsed_measurements(tmp_path / "figures.json", b'{"recipe": 2}')
    with pytest.raises(DamagedError, match="holds no measurements"):
        parsed_measurements(tmp_path / "figures.json", b"{}")
