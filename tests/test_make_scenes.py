"""The example script that renders rooms."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from paretocli.problems.nyuv2 import make_scenes
from tests.program import files_below

SCRIPT = Path(__file__).parents[1] / "examples" / "make_scenes.py"
FOCAL = 0.9


def script(folder, *arguments):
    command = [sys.executable, str(SCRIPT), str(folder), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A data directory with 12 and 2 scenes of 24 × 32 pixels."""
    data_dir = tmp_path_factory.mktemp("data")
    done = script(data_dir / "scenes", "--train", 12, "--val", 2, "--height", 24, "--width", 32)
    assert done.returncode == 0, done.stderr
    return data_dir


def test_what_it_writes_is_a_problem(written):
    problem = make_scenes(written)
    problem.checksums()
    assert [len(split) for split in problem.splits().values()] == [10, 2, 2]
    batch = problem.train.rows(slice(None))
    labels, depths, normals = batch.targets
    assert batch.inputs.shape == (10, 3, 24, 32)
    assert 0 <= batch.inputs.min() < batch.inputs.max() <= 1
    assert len(labels.unique()) > 8
    assert 0 < (labels == -1).float().mean() < 0.15
    assert 0 < (depths == 0).float().mean() < 0.15
    lengths = normals.norm(dim=1)[depths[:, 0] > 0]
    np.testing.assert_allclose(lengths, 1, atol=1e-5)
    assert not normals.norm(dim=1)[depths[:, 0] == 0].any()


def test_depths_and_normals_belong_together(written):
    """Neighbours on one plane lie across its normal, and surfaces face the camera."""
    _, depths, normals = make_scenes(written).train.rows(slice(None)).targets
    depths, normals = depths[:, 0].numpy().astype(float), normals.numpy().astype(float)
    height, width = depths.shape[1:]
    x = (np.arange(width) + 0.5 - width / 2) / (FOCAL * width)
    y = (np.arange(height) + 0.5 - height / 2) / (FOCAL * width)
    rays = np.stack([*np.meshgrid(x, y), np.ones((height, width))])
    assert ((rays * normals).sum(axis=1)[depths > 0] < 0).all()
    points = depths[:, None] * rays
    step = points[..., 1:] - points[..., :-1]
    same = (normals[..., 1:] == normals[..., :-1]).all(axis=1)
    same &= (depths[..., 1:] > 0) & (np.linalg.norm(step, axis=1) < 0.2)
    off_plane = np.abs((step * normals[..., :-1]).sum(axis=1))[same]
    assert len(off_plane) > 1000
    # But where something of the same normal stands in front.
    assert (off_plane < 1e-5).mean() > 0.9


def test_a_seed_is_a_data_set(written, tmp_path):
    arguments = ("--train", 1, "--val", 1, "--height", 24, "--width", 32)
    assert script(tmp_path / "same", *arguments).returncode == 0
    assert script(tmp_path / "other", *arguments, "--seed", 1).returncode == 0
    same, other = files_below(tmp_path / "same"), files_below(tmp_path / "other")
    first = files_below(written / "scenes")
    assert all(first[name] == content for name, content in same.items())
    assert all(other[name] != content for name, content in same.items())
    assert same["train/image/0.npy"] != same["val/image/0.npy"]


def test_it_refuses_what_it_would_spoil(written, tmp_path):
    before = files_below(written)
    done = script(written / "scenes", "--train", 1)
    assert done.returncode == 2
    assert "is not an empty folder" in done.stderr
    assert files_below(written) == before
    done = script(tmp_path / "new", "--train", 0)
    assert done.returncode == 2
    assert "--train should be at least 1, found 0" in done.stderr
    assert not (tmp_path / "new").exists()
