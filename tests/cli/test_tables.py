"""Tables through the real program."""

import json

import numpy as np
import pandas as pd
import pytest

from paretocli.cli.tables import weight_cell
from tests.pictures import DRAWN
from tests.program import paretocli


def write_table(path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=80), "kind": rng.choice(["a", "b"], size=80)})
    frame["price"] = 100 + 5 * frame["size"] + rng.normal(size=80)
    frame["rent, net [/m²]"] = 3 - frame["size"] ** 2
    frame.loc[::9, "price"] = np.nan
    path.parent.mkdir(exist_ok=True)
    frame.to_csv(path, index=False)


def test_a_sweep_over_a_table_of_ones_own(tmp_path):
    write_table(tmp_path / "conf" / "houses.csv")
    (tmp_path / "conf" / "sweep.toml").write_text(
        'problem = "table:houses.csv"\ntargets = \'price,"rent, net [/m²]"\'\n'
        "epochs = 3\npoints = 3\nsparsity = false\n"
    )
    done = paretocli("sweep", "--config", "conf/sweep.toml", "--out", "run", cwd=tmp_path, **DRAWN)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "run" / "results.csv")
    assert len(table) == 3
    for name in ("price", "rent_net_[/m²]"):
        for split in ("val", "test"):
            assert table[f"rmse_{name}_{split}"].between(0.01, 20).all()
            assert (table[f"r2_{name}_{split}"] < 1).all()
    config = json.loads((tmp_path / "run" / "sweep.json").read_text())["config"]
    assert config["targets"] == ["price", "rent, net [/m²]"]
    assert config["objectives"] == ["price", "rent_net_[/m²]"]
    assert (tmp_path / "run" / "front.png").stat().st_size > 10_000


def test_fourteen_targets_get_as_many_points_as_asked_for(tmp_path, mulan_dir):
    done = paretocli(*("sweep", "mulan:wq", "--points", 20, "--dry-run", "--json"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert np.array(found["weights"]).shape == (20, 15)
    assert found["objectives"][0] == "sparsity"
    assert found["targets"] == []
    assert "20 weights spread evenly take its place" in done.stderr


def test_the_list_names_the_families_and_what_is_there(tmp_path):
    (tmp_path / "mulan").mkdir()
    (tmp_path / "mulan" / "enb.arff").touch()
    done = paretocli("problems", "--json", "--data-dir", tmp_path, cwd=tmp_path)
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["mulan:NAME"]["data"] == "there: enb"
    assert rows["table:FILE.csv"]["data"] == "yours"
    assert rows["multifashion"]["data"] == "FashionMNIST to be downloaded"
    assert rows["fashionandmnist"]["data"] == "FashionMNIST and MNIST to be downloaded"


@pytest.mark.parametrize(
    ("weight", "shown"),
    [(0.0, "0.000"), (0.0005, "5e-04"), (0.00099, "0.001"), (0.3333, "0.333"), (1.0, "1.000")],
)
def test_small_weights_are_not_rounded_to_others(weight, shown):
    assert weight_cell(weight) == shown
