from pathlib import Path

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.front.results import read_results

HEADER = "point,status,problem,solver,weight_a,weight_b,loss_a_test,loss_b_test,error\n"
DONE = "0,done,toy,chebyshev,0.2,0.8,1.5,2.5,\n"
FAILED = "1,failed,toy,chebyshev,0.5,0.5,,,diverged at epoch 3\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_run_directory(tmp_path):
    run = tmp_path / "my-run"
    run.mkdir()
    write(run / "results.csv", HEADER + FAILED + DONE)
    results = read_results(run)
    assert results.objectives == ("a", "b")
    assert results.failed == 1
    assert results.source == "my-run"
    assert results.name == "chebyshev, toy"
    assert results.values(["loss_b_test", "loss_a_test"]).tolist() == [[2.5, 1.5]]


def test_a_foreign_file_has_the_name_of_its_file(tmp_path):
    results = read_results(write(tmp_path / "mine.csv", "cost,gain\n1,2\n3,\n"))
    assert results.name == results.source == "mine"
    assert results.objectives == ()
    assert results.failed == 0
    np.testing.assert_array_equal(results.values(["cost", "gain"]), [[1, 2], [3, np.nan]])


def test_a_column_that_varies_is_no_constant(tmp_path):
    results = read_results(write(tmp_path / "a.csv", "solver,x\nlinear,1\nchebyshev,2\n"))
    assert results.constant("solver") == ""
    assert results.constant("nothing") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (HEADER, "no finished point .found no rows"),
        (HEADER + FAILED, "no finished point .found 1 that did not finish"),
        ("some prose\nwithout a table\n", "does not look like a CSV"),
        ("a,b\n1,2\n1,2,3,4\n", "is not a CSV"),
        ("a,b\n1,2,3\n4,5,6\n", "more cells than its header"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_results(write(tmp_path / "file.csv", text))


def test_a_picture_is_no_table(tmp_path):
    (tmp_path / "front.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff,\xfe")
    with pytest.raises(InputError, match="is not a CSV"):
        read_results(tmp_path / "front.png")


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_results(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"holds no results\.csv"):
        read_results(tmp_path)


def test_a_missing_column_names_the_closest(tmp_path):
    results = read_results(write(tmp_path / "file.csv", HEADER + DONE))
    with pytest.raises(InputError, match=r'no column "loss_a_tset"; the closest are loss_a_test'):
        results.values(["loss_a_tset"])
    with pytest.raises(InputError, match="its columns of numbers are point, weight_a"):
        results.values(["zzzzzzzz"])


def test_a_word_among_numbers_is_refused_with_its_place(tmp_path):
    text = HEADER + DONE + DONE.replace("2.5", "2.5.1")
    results = read_results(write(tmp_path / "file.csv", text))
    with pytest.raises(InputError, match=r'"loss_b_test" of .* holds "2.5.1" in row 2 '):
        results.values(["loss_b_test"])
    assert results.values(["loss_a_test"]).tolist() == [[1.5], [1.5]]
