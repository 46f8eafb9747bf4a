"""What two networks give and cost."""

import pytest
import torch

from paretocli.errors import RunError
from paretocli.exporting.differences import refuse_difference
from paretocli.exporting.latencies import latencies
from paretocli.exporting.measure import Outputs, compare_outputs
from tests.toys import vectors


def test_differences_are_those_of_each_task():
    problem = vectors(sizes=(8, 8, 8))

    def one(inputs):
        return [torch.zeros(len(inputs), 3), torch.full((len(inputs), 3), -torch.inf)]

    def other(inputs):
        first, second = one(inputs)
        first[-1, 2] = torch.nan
        return [first, second]

    functions = {"one": one, "other": other, "same": one}
    found = compare_outputs(problem, functions, one(problem.test.inputs))
    assert found.difference["same"] == {"a": 0.0, "b": 0.0}
    assert found.difference["other"] == pytest.approx({"a": torch.nan, "b": 0.0}, nan_ok=True)
    assert found.largest == {"a": 0.0, "b": 0.0}


def test_each_task_has_a_tolerance_of_its_own():
    largest = {"large": 1e6, "small": 2.0}
    refuse_difference(Outputs({}, {"module": {"large": 1.0, "small": 1e-5}}, largest))
    with pytest.raises(RunError, match="outputs of task small that differ by"):
        refuse_difference(Outputs({}, {"module": {"large": 1.0, "small": 1e-2}}, largest))


def test_pairs_are_timed_for_each_batch():
    called = []
    batches = {1: [torch.zeros(1)], 4: [torch.zeros(4)]}
    found = latencies({"torch": (called.append, len)}, batches)
    assert list(found) == ["torch, batch 1", "torch, batch 4"]
    assert {len(batch) for batch in called} == {1, 4}
    for pair in found.values():
        assert len(pair) == 2
        assert [one.calls for one in pair] == [4, 4]
