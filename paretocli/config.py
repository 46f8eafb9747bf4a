"""The configuration: options from flags, environment and file in; validated and hashed out."""

import hashlib
import json
import math
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

from paretocli.errors import InputError

OptionValue = str | int | float | bool | Path | list[Any]
Options = dict[str, OptionValue]

# How weights can be asked for; the ones named at the highest level win together.
WEIGHT_OPTIONS = ("points", "divisions", "weights", "weights_file")

# Problems that name a file
TABLE = "table:"

TEXT, WHOLE, NUMBER, LIST = "a text", "a whole number", "a number", "a list"
SWITCH = "true or false"

FILE_KEYS: dict[str, str] = {
    "problem": TEXT,
    "targets": TEXT,
    "out": TEXT,
    "data_dir": TEXT,
    "network": TEXT,
    "solver": TEXT,
    "points": WHOLE,
    "divisions": WHOLE,
    "weights": LIST,
    "weights_file": TEXT,
    "epochs": WHOLE,
    "batch_size": WHOLE,
    "lr": NUMBER,
    "optimizer": TEXT,
    "weight_decay": NUMBER,
    "schedule": TEXT,
    "precision": TEXT,
    "scale": TEXT,
    "ideal": LIST,
    "epsilon": NUMBER,
    "penalty": NUMBER,
    "averaging": WHOLE,
    "sparsity": SWITCH,
    "sparse_layers": TEXT,
    "theta": TEXT,
    "theta_slope": NUMBER,
    "sparsity_scale": TEXT,
    "max_layer_sparsity": NUMBER,
    "share_similarity": NUMBER,
    "retrain_epochs": WHOLE,
    "retrain_lr": NUMBER,
    "freeze_sparsity": TEXT,
    "fix": LIST,
    "init": TEXT,
    "transfer": TEXT,
    "transfer_strength": NUMBER,
    "transfer_until": NUMBER,
    "transfer_kernel": TEXT,
    "transfer_reach": NUMBER,
    "transfer_tensors": TEXT,
    "branch_at": TEXT,
    "batches": TEXT,
    "train_samples": WHOLE,
    "device": TEXT,
    "threads": WHOLE,
    "stack": WHOLE,
    "seed": WHOLE,
    "checkpoint_every": NUMBER,
}

_TYPES: dict[str, Callable[[Any], bool]] = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    LIST: lambda value: isinstance(value, list),
    SWITCH: lambda value: isinstance(value, bool),
}


def read_config_file(path: Path) -> Options:
    """Read options from a TOML file; keys are the options' names without the dashes in front.

    Relative paths in the file are relative to the file.

    Raises:
        InputError: The file cannot be read, a key is unknown, or a value has the wrong type.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        raise InputError(f"The config file {path} does not exist; check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The config file {path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The config file {path} is not valid TOML: {error}.") from None
    options: Options = {}
    for written, value in content.items():
        key = written.replace("-", "_")
        if key not in FILE_KEYS:
            close = get_close_matches(key, FILE_KEYS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(FILE_KEYS)}."
            raise InputError(f"The config file {path} has the unknown key {written!r}; {hint}")
        kind = FILE_KEYS[key]
        if not _TYPES[kind](value):
            raise InputError(
                f"The key {written!r} in {path} should be {kind}, found "
                f"{json.dumps(value, default=str)}."
            )
        options[key] = value
    for key in ("out", "data_dir", "weights_file", "freeze_sparsity"):
        if key in options:
            options[key] = Path(os.path.normpath(path.parent / str(options[key])))
    if isinstance(problem := options.get("problem"), str):
        options["problem"] = _relative_to(path.parent, problem)
    _read_lists(options, path)
    return options


def _relative_to(folder: Path, problem: str) -> str:
    """The problem with the path that it names, if it does, taken from a folder."""
    if problem.startswith(TABLE):
        return f"{TABLE}{folder / problem.removeprefix(TABLE)}"
    return str(folder / problem) if ".py" in problem else problem


def _read_lists(options: Options, path: Path) -> None:
    """Bring keys that hold lists into the form that flags have."""
    if isinstance(ideal := options.get("ideal"), list):
        if not all(_TYPES[NUMBER](number) for number in ideal):
            raise InputError(
                f"The key 'ideal' in {path} should be a list of numbers, found "
                f"{json.dumps(ideal, default=str)}."
            )
        options["ideal"] = ",".join(str(number) for number in ideal)
    fix = options.get("fix")
    if isinstance(fix, list) and not all(isinstance(entry, str) for entry in fix):
        raise InputError(
            f"The key 'fix' in {path} should be a list of texts such as \"sparsity=0.01\", found "
            f"{json.dumps(fix, default=str)}."
        )
    if "weights" in options:
        options["weights"] = _weights_from_file(options["weights"], path)


def _weights_from_file(value: Any, path: Path) -> list[str]:
    rows = value if all(isinstance(row, list) for row in value) else [value]
    if not value or not all(_TYPES[NUMBER](cell) for row in rows for cell in row):
        raise InputError(
            f"The key 'weights' in {path} should be a list of numbers or a list of such lists, "
            f"found {json.dumps(value, default=str)}."
        )
    return [",".join(repr(cell) for cell in row) for row in rows]


def merge(flags: Mapping[str, OptionValue | None], file: Options) -> Options:
    """Flags over file. Asking for weights in one way drops what a lower level says in another."""
    # Typer gives an empty sequence for a repeatable option that was not used.
    given = {key: value for key, value in flags.items() if value not in (None, [], ())}
    lower = dict(file)
    if any(key in given for key in WEIGHT_OPTIONS):
        for key in WEIGHT_OPTIONS:
            lower.pop(key, None)
    merged = {**lower, **given}
    asked = [key for key in WEIGHT_OPTIONS if key in merged]
    if len(asked) > 1:
        names = " and ".join(f"--{key.replace('_', '-')}" for key in asked)
        raise InputError(f"{names} were given together; give one of them.")
    return merged


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
    `sparsity` says whether it is an objective, `sparse_layers` names the layers that it counts, and
    `frozen_point` holds the SHA-256 of the network in `freeze_sparsity`. `transfer_tensors` are
    patterns of names.
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
    precision: str = _identity(*_one_of("fp32", "bf16"))
    scale: str = _identity(*_one_of("initial", "none", "payoff"))
    ideal: tuple[float, ...] = _identity()
    epsilon: float = _identity(*_NOT_NEGATIVE)
    penalty: float = _identity(*_POSITIVE)
    averaging: int = _identity(*_AT_LEAST_1)
    sparsity: bool = _identity()
    sparse_layers: tuple[str, ...] = _identity()
    theta: str = _identity(*_one_of("flat", "spike", "linear", "ramp"))
    theta_slope: float = _identity(*_NOT_NEGATIVE)
    sparsity_scale: str = _identity(*_one_of("relative", "absolute"))
    max_layer_sparsity: float = _identity(lambda value: 0 <= value <= 1, "from 0 to 1")
    share_similarity: float = _identity(*_SHARE)
    retrain_epochs: int = _identity(lambda value: value >= 0, "at least 0")
    retrain_lr: float = _identity(*_POSITIVE)
    frozen_point: str = _identity()
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
    threads: int = _identity(lambda value: 1 <= value <= 4096, "from 1 to 4096")
    stack: int = _identity(*_AT_LEAST_1)
    out: Path = _runtime()
    freeze_sparsity: Path | None = _runtime()
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
