"""The configuration of a sweep: validated and hashed."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from paretocli.errors import InputError


def _identity(check: Callable[[Any], bool] | None = None, expected: str = "") -> Any:
    return field(metadata={"kind": "identity", "check": check, "expected": expected})


def _runtime(check: Callable[[Any], bool] | None = None, expected: str = "") -> Any:
    return field(metadata={"kind": "runtime", "check": check, "expected": expected})


def _is_positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _is_not_negative(value: float) -> bool:
    return math.isfinite(value) and value >= 0


def _rises_inside_0_1(shares: tuple[float, ...]) -> bool:
    ends = (0.0, *shares, 1.0)
    return bool(shares) and all(low < high for low, high in pairwise(ends))


_AT_LEAST_1 = (lambda value: value >= 1, "at least 1")
_POSITIVE = (_is_positive, "positive and finite")
_NOT_NEGATIVE = (_is_not_negative, "at least 0 and finite")
_SHARE = (lambda value: 0 < value <= 1, "above 0 and at most 1")


def _one_of(*names: str) -> tuple[Callable[[Any], bool], str]:
    return (lambda value: value in names), f"one of {', '.join(names)}"


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """A sweep, resolved: every value is set, and what is left is to run it.

    Each field is declared either *identity*, which changes results, or *runtime*, which does not.
    `targets` names the columns that were asked for, none where the problem knows its own.
    `sparsity` says whether it is an objective, `sparse_layers` names the layers that it counts,
    `sparsity_shares` how much each of them does, which follows from `sparsity_of`, and
    `frozen_point` holds the SHA-256 of the network in `freeze_sparsity`, `taught_by` that of the
    networks in `teachers`. An `ideal` that is None is learned. `transfer_tensors` are patterns of
    names.
    """

    problem: str = _identity()
    targets: tuple[str, ...] = _identity()
    objectives: tuple[str, ...] = _identity()
    network: str = _identity()
    solver: str = _identity()
    weights: tuple[tuple[float, ...], ...] = _identity()
    train_samples: int = _identity(*_AT_LEAST_1)
    epochs: int = _identity(*_AT_LEAST_1)
    batch_size: int = _identity(*_AT_LEAST_1)
    lr: float = _identity(*_POSITIVE)
    optimizer: str = _identity()
    weight_decay: float = _identity(*_NOT_NEGATIVE)
    schedule: str = _identity()
    precision: str = _identity(*_one_of("fp32", "tf32", "bf16"))
    scale: str = _identity(*_one_of("initial", "none", "payoff"))
    ideal: tuple[float | None, ...] = _identity()
    epsilon: float = _identity(*_NOT_NEGATIVE)
    penalty: float = _identity(*_POSITIVE)
    averaging: int = _identity(*_AT_LEAST_1)
    smoothing: float = _identity(*_POSITIVE)
    sparsity: bool = _identity()
    sparse_layers: tuple[str, ...] = _identity()
    sparsity_of: str = _identity(*_one_of("parameters", "macs", "own"))
    sparsity_shares: tuple[float, ...] = _runtime()
    theta: str = _identity(*_one_of("flat", "spike", "linear", "ramp"))
    theta_slope: float = _identity(*_NOT_NEGATIVE)
    sparsity_scale: str = _identity(*_one_of("relative", "absolute"))
    max_layer_sparsity: float = _identity(lambda value: 0 <= value <= 1, "from 0 to 1")
    share_similarity: float = _identity(*_SHARE)
    retrain_epochs: int = _identity(lambda value: value >= 0, "at least 0")
    retrain_lr: float = _identity(*_POSITIVE)
    frozen_point: str = _identity()
    taught_by: str = _identity()
    distillation: float = _identity(*_NOT_NEGATIVE)
    distill_at: str = _identity()
    init: str = _identity(*_one_of("default", "lsuv"))
    transfer: str = _identity()
    transfer_strength: float = _identity(*_SHARE)
    transfer_until: float = _identity(*_SHARE)
    transfer_kernel: str = _identity()
    transfer_reach: float = _identity(*_POSITIVE)
    transfer_tensors: tuple[str, ...] = _identity()
    branch_at: tuple[float, ...] = _identity(_rises_inside_0_1, "rising shares between 0 and 1")
    batches: str = _identity(*_one_of("shared", "independent"))
    seed: int = _identity(lambda value: 0 <= value < 2**63, "at least 0 and below 2^63")
    device: str = _identity()
    compile: bool = _identity()
    threads: int = _identity(lambda value: 1 <= value <= 4096, "from 1 to 4096")
    stack: int = _identity(*_AT_LEAST_1)
    jobs: int = _runtime(lambda value: 1 <= value <= 4096, "from 1 to 4096")
    cluster: str = _runtime()
    log: str = _runtime(*_one_of("none", "tensorboard"))
    out: Path = _runtime()
    freeze_sparsity: Path | None = _runtime()
    teachers: Path | None = _runtime()
    data_dir: Path = _runtime()
    checkpoint_every: float = _runtime(*_NOT_NEGATIVE)

    def __post_init__(self) -> None:
        self.check({entry.name: getattr(self, entry.name) for entry in fields(self)})

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Refuse a field's value that is out of its range."""
        for entry in fields(cls):
            check = entry.metadata.get("check")
            if check is not None and entry.name in values and not check(values[entry.name]):
                raise InputError(
                    f"--{entry.name.replace('_', '-')} should be {entry.metadata['expected']}, "
                    f"found {values[entry.name]}."
                )

    @property
    def total_epochs(self) -> int:
        """Epochs of a point, of both phases."""
        return self.epochs + self.retrain_epochs

    def of_kind(self, kind: str) -> dict[str, Any]:
        """The fields declared `identity` or `runtime`, ready for JSON."""
        chosen = {e.name: getattr(self, e.name) for e in fields(self) if e.metadata["kind"] == kind}
        plain: dict[str, Any] = json.loads(json.dumps(chosen, default=str))
        return plain

    def digest(self) -> str:
        """Eight characters that name this configuration."""
        return digest_of(self.of_kind("identity"))


def digest_of(identity: Mapping[str, Any]) -> str:
    """Eight characters that name the fields given."""
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
