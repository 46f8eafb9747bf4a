"""The size of the network that is shipped, in records and tables."""

import json
import math
import struct

import pandas as pd
import pytest
import torch

from paretocli.exporting.export import export_point
from paretocli.exporting.point import SolvedPoint
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping import sizes
from paretocli.sweeping.point_files import load_point
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.sweep_network import fresh_network
from tests.sweeping.test_odd_networks import swept
from tests.sweeping.test_odd_networks import table as table_of

SPARSE = {"weights": ["0.9,0.05,0.05", "0.2,0.4,0.4", "0.01,0.495,0.495"], "epochs": 10, "lr": 0.05}
SIZES = ["compact_parameters", "compact_macs"]


def parameters_in(file, floats=("F32", "F64")):
    """Numbers in a safetensors file, from its header alone."""
    content = file.read_bytes()
    header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    header.pop("__metadata__", None)
    return sum(math.prod(t["shape"]) for t in header.values() if t["dtype"] in floats)


def exported(found, record, out):
    """What export makes of a point, with its file."""
    config, problem = found.config, found.problem
    network = fresh_network(config.network, "default", problem, config.seed)
    file = config.out / record["weights_file"]
    load_point(file, network)
    sweep = read_sweep_file(config.out)
    solved = SolvedPoint(config.out, record, problem, network.eval(), file, sweep)
    after = export_point(solved, out, [], threads=1).after
    return after, out / "network.safetensors"


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    """A sweep of a network with batch norm, some rows of which are zero."""
    torch.set_num_threads(1)
    return swept("batch_norm", tmp_path_factory.mktemp("sizes") / "run", **SPARSE)


def test_every_point_has_the_size_that_export_writes(sparse, tmp_path):
    found, records = sparse
    table = pd.read_csv(found.config.out / "results.csv")
    for record in records:
        after, file = exported(found, record, tmp_path / str(record["point"]))
        sizes = [parameters_in(file), after.macs]
        assert [record[name] for name in SIZES] == sizes
        assert table.loc[record["point"], SIZES].tolist() == sizes
        assert "not_compact" not in record
    kept = table["parameters_kept"]
    assert (table["compact_parameters"] < kept).any()
    assert table["compact_parameters"].nunique() > 1


def test_a_network_is_traced_once(tmp_path, monkeypatch):
    """For the shares of its layers, and for the sizes of all points."""
    traced, trace = [], sizes.traced_as_used

    def counted(network, problem):
        traced.append(network)
        return trace(network, problem)

    monkeypatch.setattr(sizes, "traced_as_used", counted)
    few = {"epochs": 1, "retrain_epochs": 1, "points": 3}
    found, records = swept("spectral", tmp_path / "run", **few)
    assert len(found.config.sparse_layers) > 1  # or nobody asks for their shares
    assert len(traced) == 1
    assert all(record["compact_parameters"] for record in records)


def test_sizes_do_not_depend_on_how_points_are_solved(sparse, tmp_path):
    swept("batch_norm", tmp_path / "run", **SPARSE, stack=1)
    pd.testing.assert_frame_equal(
        table_of(tmp_path / "run")[SIZES], table_of(sparse[0].config.out)[SIZES]
    )


def test_a_directory_of_an_older_program_is_filled_in(sparse, tmp_path):
    found, records = sparse
    directory = RunDirectory(found.config.out)
    before = (directory.path / "results.csv").read_bytes()
    for record in records[:2]:
        directory.amend_point({k: v for k, v in record.items() if k not in SIZES})
    _, again = swept("batch_norm", directory.path, **SPARSE)
    assert again == records
    assert directory.records() == [*map(dict, records)]
    assert (directory.path / "results.csv").read_bytes() == before


def test_without_a_graph_sizes_are_empty_and_the_reason_is_said_once(tmp_path):
    told = []
    _, records = swept("control_flow", tmp_path / "run", notes=told)
    assert [[record[name] for name in SIZES] for record in records] == [[None, None]] * 3
    assert all("torch.export makes no graph" in record["not_compact"] for record in records)
    (note,) = [note for note in told if "compact" in note]
    assert note.startswith("compact_parameters and compact_macs stay empty: torch.export makes no")
    assert table_of(tmp_path / "run")[SIZES].isna().all(axis=None)
    # Asked again, the finished sweep says it again.
    swept("control_flow", tmp_path / "run", notes=told)
    assert len([note for note in told if "compact" in note]) == 2


@pytest.mark.parametrize("name", ["lstm", "transformer", "tied", "buffers"])
def test_fused_layers_and_tied_parameters(name, tmp_path):
    """Also the column `macs` counts what has no rows."""
    found, records = swept(name, tmp_path / "run", weights=["1,1,1"], epochs=1, retrain_epochs=0)
    after, file = exported(found, records[0], tmp_path / "out")
    assert [records[0][name] for name in SIZES] == [after.parameters, after.macs]
    assert records[0]["sparsity"]["macs"] >= after.macs > 0
    buffers = {"buffers": parameters_in(file) - after.parameters}
    assert parameters_in(file) == after.parameters + buffers.get(name, 0)


def test_what_is_no_network_has_no_size_and_no_note(tmp_path):
    told = []
    _, records = swept(
        "", tmp_path / "run", notes=told, problem="vlmop2", points=2, epochs=2, train_samples=4
    )
    assert not any("compact" in note for note in told)
    assert not any("compact" in key for record in records for key in record)
    assert table_of(tmp_path / "run")[SIZES].isna().all(axis=None)
