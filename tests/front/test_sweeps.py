"""Reading finished sweeps."""

import json

import pytest

from paretocli.errors import InputError
from paretocli.front.sweeps import read_sweep
from tests.runs import write_run

FRONT = [[0.2, 0.8], [0.8, 0.2]]


def test_a_sweep_is_read(tmp_path):
    sweep = read_sweep(write_run(tmp_path / "a", FRONT, reference=[1.5, 2.0], seed=3, failed=1))
    assert (sweep.seed, sweep.objectives) == (3, ["f1", "f2"])
    assert sweep.box.reference_point.tolist() == [1.5, 2.0]
    assert sweep.results.values(["loss_f1_val", "loss_f2_val"]).tolist() == FRONT
    assert sweep.results.failed == 1
    assert sweep.checksums["train"] == "0123"


def test_an_unfinished_sweep_is_refused(tmp_path):
    write_run(tmp_path / "part", FRONT, missing=3)
    with pytest.raises(InputError, match=r"part is not finished: 3 of 5 points have no result yet"):
        read_sweep(tmp_path / "part")
    (write_run(tmp_path / "none", FRONT) / "results.csv").unlink()
    with pytest.raises(InputError, match=r"none is not finished: 2 of 2 points have no result yet"):
        read_sweep(tmp_path / "none")


def test_what_is_no_run_directory_is_refused(tmp_path):
    run = write_run(tmp_path / "a", FRONT)
    with pytest.raises(InputError, match=r"results\.csv is not a directory; give run directories"):
        read_sweep(run / "results.csv")
    with pytest.raises(InputError, match=r"holds no sweep\.json; give the run directory"):
        read_sweep(tmp_path)
    (run / "normalisation.json").write_text('{"ideal": [0, 0]}')
    with pytest.raises(InputError, match=r"damaged \(reference_point is missing\)"):
        read_sweep(run)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"sweep\.json is not of the form .*no JSON"),
        ("[]", r"sweep\.json is not of the form .*no object"),
        ("{}", r"sweep\.json is not of the form that this program writes"),
        (json.dumps({"config": {"weights": []}, "data": {}}), "is not of the form"),
        (json.dumps({"config": [], "data": {}}), "is not of the form"),
    ],
)
def test_a_foreign_sweep_json_is_refused(tmp_path, text, message):
    run = write_run(tmp_path / "a", FRONT)
    (run / "sweep.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_sweep(run)
