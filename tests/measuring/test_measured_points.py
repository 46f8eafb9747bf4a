"""Networks of points that nobody had to train, timed by a clock that stands still or goes on."""

from dataclasses import replace

import pytest
import torch

from paretocli.compaction import shipping
from paretocli.errors import RunError
from paretocli.measuring.measure import batches_of, measured
from paretocli.run_directory.measurements import measurements_form


class Clock:
    """Each look at it finds it a millisecond later."""

    now = 0.0

    def __call__(self):
        self.now += 0.001
        return self.now


def measure(points, form, **options):
    said = []
    found = measured(iter(points), form, 1, said.append, clock=Clock(), **options)
    measurements_form(found)
    return found, said


def test_all_points_are_measured_beside_the_dense_network(points):
    found, said = measure(points[1:], "torch", calls=30)
    assert (found["format"], found["engine"]["name"], found["threads"]) == ("torch", "torch", 1)
    assert [one["point"] for one in found["points"]] == [4]
    (one,) = found["points"]
    assert one["checkpoint"] == points[1].record["weights_sha256"]
    assert one["file_bytes"] < found["dense"]["file_bytes"]
    assert one["sha256"] != found["dense"]["sha256"]
    for network in (found["dense"], one):
        assert list(network["latency"]) == ["1", "64"]
        for timed in network["latency"].values():
            assert timed["median_ms"] == timed["p95_ms"] == pytest.approx(1.0)
            assert timed["calls"] == 30
    assert said[-1] == "Timing 2 networks at batch 64"


def test_large_batches_are_left_out_where_they_do_not_fit(points):
    problem = points[0].problem
    assert batches_of(problem) == [1, 64]
    assert batches_of(replace(problem, evaluation_batch=63)) == [1]


def test_a_network_with_other_outputs_is_not_measured(points, monkeypatch):
    def wrong(module):
        for tensor in module.state_dict().values():
            tensor.mul_(1.01)
        return module

    monkeypatch.setattr(shipping, "compacted", torch.no_grad()(wrong))
    with pytest.raises(RunError, match="small network of point 3 gives other outputs"):
        measure(points, "torch")


def test_versions_are_those_of_the_packages():
    from importlib import metadata

    from paretocli.measuring.measure import _version_of

    assert _version_of("onnxruntime") == metadata.version("onnxruntime")
    assert _version_of("sklearn.svm") == metadata.version("scikit-learn")
    assert _version_of("") == "unknown"
