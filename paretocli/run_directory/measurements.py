"""What the networks of a sweep took on a device, as its run directory keeps it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, cast

from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, parsed, read_object

MEASUREMENTS = "measurements"
MEASUREMENTS_FILE = f"{MEASUREMENTS}.json"

RECIPE = 1
"""How they are made; those of another number are none."""

FEWEST_CALLS = 2  # for two halves


def _positive(value: Any) -> None:
    forms.number(value)
    if value <= 0:
        raise forms.FormError("is not above 0")


class TimedBatch(TypedDict):
    """How long calls took for a batch, in milliseconds.

    Attributes:
        median_ms: Of all calls.
        p95_ms: What 95 of 100 calls did not exceed.
        halves_ms: The medians of the first half of the calls and of the second.
        calls: How many there were.
    """

    median_ms: Annotated[float, _positive]
    p95_ms: Annotated[float, _positive]
    halves_ms: Annotated[list[float], forms.listed(_positive, 2)]
    calls: Annotated[int, forms.whole(FEWEST_CALLS)]


class MeasuredNetwork(TypedDict):
    """What a network took.

    Attributes:
        file_bytes: Of all its files.
        sha256: Of their content, one after the other.
        latency: By the size of the batch.
    """

    file_bytes: forms.Positive
    sha256: forms.Text
    latency: Annotated[Mapping[str, TimedBatch], forms.mapped(forms.form_of(TimedBatch))]


class MeasuredPoint(MeasuredNetwork):
    """What a point's small network took.

    Attributes:
        point: Its number.
        checkpoint: SHA-256 of the file of the network that it was made of.
    """

    point: forms.Count
    checkpoint: forms.Text


class Device(TypedDict):
    """What the networks ran on; see `paretocli.timing.device`."""

    name: forms.Name
    processor: forms.Name
    cores: forms.Positive
    system: forms.Name


class Engine(TypedDict):
    """What ran them."""

    name: forms.Name
    version: forms.Name


class Setting(TypedDict):
    """How networks were measured: figures of one setting can be compared.

    Attributes:
        device: Where.
        engine: With what.
        format: In which format the networks were.
        threads: That computed.
        processors: Those that the threads were kept on; none where they were not.
    """

    device: Annotated[Device, forms.form_of(Device)]
    engine: Annotated[Engine, forms.form_of(Engine)]
    format: forms.Name
    threads: forms.Positive
    processors: Annotated[list[int], forms.listed(forms.whole())]


class Measurements(Setting):
    """What `measurements.json` holds.

    Attributes:
        recipe: How it was made.
        date: When it was, in UTC.
        dense: What a network took as it was trained, of the first of the points.
        points: Those that were measured, all of them in turn with each other and `dense`.
    """

    recipe: forms.Positive
    date: forms.Name
    dense: Annotated[MeasuredNetwork, forms.form_of(MeasuredNetwork)]
    points: Annotated[list[MeasuredPoint], forms.listed(forms.form_of(MeasuredPoint))]


FIGURES: Mapping[str, tuple[str, Literal["median_ms", "p95_ms"]]] = {
    "latency_ms": ("1", "median_ms"),
    "latency_ms_p95": ("1", "p95_ms"),
    "latency_ms_64": ("64", "median_ms"),
    "latency_ms_64_p95": ("64", "p95_ms"),
}
"""The columns of `results.csv` that are latencies: the batch that each is of, and what of it."""

BYTES = "file_bytes"
"""The column of the size of files."""


def figures_of(network: MeasuredNetwork) -> dict[str, float | None]:
    """The columns of a network, None where a batch was not measured."""
    found: dict[str, float | None] = {}
    for column, (batch, figure) in FIGURES.items():
        timed = network["latency"].get(batch)
        found[column] = None if timed is None else timed[figure]
    return {**found, BYTES: network["file_bytes"]}


def measurements_form(value: Any) -> None:
    """The form of `Measurements`, whose networks have all the same batches."""
    forms.form_of(Measurements)(value)
    numbers = [one["point"] for one in value["points"]]
    if len(set(numbers)) < len(numbers):
        raise forms.FormError("comes twice", ("points", "point"))
    for place, one in enumerate(value["points"]):
        if one["latency"].keys() != value["dense"]["latency"].keys():
            raise forms.FormError("is not of the batches of dense", ("points", f"{place}"))


def read_measurements(directory: Path) -> Measurements | None:
    """What `measurements.json` holds; None where there is none, or it was made in another way.

    Raises:
        DamagedError: It is none.
        InputError: The system does not let it be read.
    """
    return _of_today(read_object(directory / MEASUREMENTS_FILE, _form))


def parsed_measurements(path: Path, content: bytes) -> Measurements:
    """The same of the content of a file.

    Raises:
        DamagedError: It holds something else.
    """
    try:
        found = parsed(content)
        _form(found)
    except ValueError as error:
        raise DamagedError(path, f"holds no measurements ({error})") from None
    if (measured := _of_today(found)) is None:
        raise DamagedError(path, f"was made in another way than version {RECIPE}")
    return measured


def _form(value: Any) -> None:
    forms.made_of({"recipe": forms.whole(1)})(value)
    if value["recipe"] == RECIPE:
        measurements_form(value)


def _of_today(found: Mapping[str, Any] | None) -> Measurements | None:
    return None if found is None or found["recipe"] != RECIPE else cast(Measurements, found)
