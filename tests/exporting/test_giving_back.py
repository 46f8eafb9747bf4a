"""Which layers go back to single precision."""

import pytest
import torch

from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.giving_back import fewest_given_back, most_sensitive_first
from paretocli.exporting.fewer_bits.lossiness import Lossiness, asked_lossiness
from paretocli.exporting.fewer_bits.output_error import OutputError, output_error


@pytest.mark.parametrize("needed", range(1, 12))
def test_as_few_layers_as_hold(needed):
    layers = list("abcdefghijkl")
    tried = []

    def holds(back):
        tried.append(len(back))
        return len(back) >= needed

    assert fewest_given_back(layers, holds) == needed
    assert len(tried) <= 5
    assert needed in tried  # what is taken was seen to hold


def test_all_layers_but_one_may_not_do():
    assert fewest_given_back("abc", lambda back: False) is None
    assert fewest_given_back("a", lambda back: True) is None


def test_layers_are_compared_alone():
    errors = {"a": 0.1, "b": 0.3, "c": 0.2}

    def error(kept):
        (alone,) = errors.keys() - {*kept}
        return errors[alone]

    assert most_sensitive_first("abc", error) == ["b", "c", "a"]


def test_an_error_is_relative_to_how_much_an_output_varies():
    one = torch.tensor([[0.0], [2.0]])
    assert output_error([one], [one]) == 0
    assert output_error([one + 7], [one + 8]) == pytest.approx(1.0)
    assert output_error([one, 100 * one], [one + 0.5, one * 100]) == pytest.approx(0.5)
    assert output_error([one / 0], [one / 0]) == 0  # what is masked says nothing
    assert output_error([one], [one / 0]) == torch.inf
    assert output_error([torch.ones(2)], [torch.ones(2) * 2]) == torch.inf


def test_errors_of_batches_add_up_to_those_of_all():
    """A batch of one alone has no spread at all, and is no reason to refuse anything."""
    torch.manual_seed(0)
    exact = [torch.randn(33, 2) + 100, torch.randn(33)]
    found = [one + torch.randn_like(one) / 10 for one in exact]
    error = OutputError()
    assert error.largest() == 0
    for batch in (slice(16), slice(16, 32), slice(32, 33)):
        error.add([one[batch] for one in exact], [one[batch] for one in found])
    pairs = zip(exact, found, strict=True)
    right = max(float((b - a).norm() / (a - a.mean()).norm()) for a, b in pairs)
    assert error.largest() == pytest.approx(right, rel=1e-4)
    assert output_error(exact, found) == pytest.approx(right, rel=1e-4)
    error.add([torch.ones(1, 2), torch.ones(1)], [torch.ones(1, 2), torch.full((1,), torch.nan)])
    assert error.largest() == torch.inf


@pytest.mark.parametrize(
    ("formats", "drop", "samples", "words"),
    [
        (["onnx-int8"], 0.0, None, "--max-drop should be a number above 0, .*, found 0"),
        (["onnx-int8"], -1.0, None, "--max-drop should be a number above 0, .*, found -1"),
        (["onnx-int8"], float("nan"), None, "--max-drop should be a number above 0, .*, found nan"),
        (["onnx-int8"], None, 31, "--calibration-samples should be at least 32, .*, found 31"),
        (
            ["onnx"],
            1.0,
            None,
            "--max-drop is for formats .*name onnx-int8, onnx-int4, onnx-fp16 or onnx-bf16",
        ),
        (
            ["onnx-fp16"],
            None,
            64,
            "--calibration-samples is for .*; name onnx-int8 or onnx-int4 with --format",
        ),
    ],
)
def test_what_is_no_such_number_or_has_no_effect_is_refused(formats, drop, samples, words):
    with pytest.raises(InputError, match=words):
        asked_lossiness(formats, drop, samples)


def test_what_is_asked_for():
    assert asked_lossiness(["onnx"], None, None) == Lossiness(0.5, None)
    assert asked_lossiness(["program", "onnx-int8"], 2, 100) == Lossiness(2, 100)
