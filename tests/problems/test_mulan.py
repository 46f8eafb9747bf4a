"""The Mulan data sets, small ones and the real ones."""

import pytest

from paretocli.errors import InputError
from paretocli.problems.mulan import make
from paretocli.problems.mulan_files import found


@pytest.fixture
def data_dir(tmp_path):
    """A data directory with `slump` (3 targets) and `mine`, 25 rows each."""
    (tmp_path / "mulan").mkdir()
    header = "".join(f"@attribute c{i} numeric\n" for i in range(6))
    rows = "".join(",".join(str((7 * i + j**2) % 11) for j in range(6)) + "\n" for i in range(25))
    for name in ("slump", "mine"):
        (tmp_path / "mulan" / f"{name}.arff").write_text(f"@relation r\n{header}@data\n{rows}")
    return tmp_path


def test_the_last_columns_or_those_named(data_dir):
    problem = make("slump", data_dir, ())
    assert problem.name == "slump"
    assert problem.objectives == ("c3", "c4", "c5")
    assert problem.input_shape == (3,)
    assert make("slump", data_dir, ("c1", "c0")).objectives == ("c1", "c0")
    assert make("mine", data_dir, ("c4", "c5")).name == "mine"
    assert found(data_dir) == ["mine", "slump"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine", r"columns of mulan:mine are targets is not known; .*--targets .*c3, c4, c5"),
        ("enb", r"There is no file .*enb\.arff; .*data sets there: mine, slump"),
        ("../enb", r"There is no file"),
    ],
)
def test_no_such_set(data_dir, name, message):
    with pytest.raises(InputError, match=message):
        make(name, data_dir, ())


@pytest.mark.parametrize(
    ("name", "rows", "features", "targets"),
    [("enb", 768, 8, 2), ("wq", 1060, 16, 14), ("atp1d", 337, 411, 6)],
)
def test_the_real_files(name, rows, features, targets, mulan_dir):
    problem = make(name, mulan_dir, ())
    assert len(problem.tasks) == targets
    assert sum(len(split) for split in problem.splits().values()) == rows
    assert problem.input_shape == (features,)
    assert all(split.inputs.isfinite().all() for split in problem.splits().values())
    if name == "atp1d":
        assert problem.objectives[0] == "LBL+ALLminpA+fut_001"
