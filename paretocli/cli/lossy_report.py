"""What `paretocli export` says of formats that store fewer bits."""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from paretocli.cli.tables import as_text

WIDTH = 80
EXACT_BITS = 32
NOISE = 0.05  # of a ratio of two medians that were measured in turn

if TYPE_CHECKING:
    from paretocli.exporting.fewer_bits.drops import Drop
    from paretocli.exporting.fewer_bits.lossy import Lossy


def lossy_report(found: "Mapping[str, Lossy]") -> list[str]:
    """A table of the formats beside ONNX in single precision, and what was chosen for each."""
    if not found:
        return []
    lines = ["", as_text(_table(found)), ""]
    for name, lossy in found.items():
        sentences = [_chosen_text(name, lossy), _training_text(lossy), _validation_text(lossy)]
        text = " ".join(sentence for sentence in sentences if sentence)
        lines += [textwrap.fill(text, WIDTH, break_on_hyphens=False), ""]
    lines += [
        textwrap.fill(
            "What is lost on the test data is told here, and nothing was chosen by it. Accuracies "
            "and latencies are those of this machine: on processors without instructions for "
            "eight bits, both may be worse.",
            WIDTH,
        )
    ]
    return lines


def _table(found: "Mapping[str, Lossy]") -> Table:
    several = [*found.values()]
    first = several[0]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("compact, as ONNX")
    for header in ("fp32", *(name.removeprefix("onnx-") for name in found)):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_row("bits", "32", *(str(one.bits) for one in several))
    kilobytes = [first.bytes_exact, *(one.bytes for one in several)]
    table.add_row("file, kB", *(f"{size / 1000:,.1f}" for size in kilobytes))
    for words, of in (
        ("smaller than fp32", first.bytes_exact),
        ("smaller than dense fp32", first.bytes_dense),
    ):
        table.add_row(words, *(f"{of / size:.1f} ×" for size in kilobytes))
    for batch in first.latency:
        times = [one.latency_exact[batch] / one.latency[batch] for one in several]
        table.add_row(f"speed, {batch}", "1.00 ×", *map(_ratio, times))
    for task, drop in first.test.items():
        figures = [drop.before, *(one.test[task].after for one in several)]
        words = f"test {drop.figure.replace('_', ' ')}"
        table.add_row(words, *(f"{figure:.4f}" for figure in figures))
    return table


def _ratio(speed: float) -> str:
    return f"{speed:.2f} ×" + (" slower" if speed < 1 - NOISE else "")


def _chosen_text(name: str, lossy: "Lossy") -> str:
    ranges = (
        f" on {lossy.calibration_samples:,} training samples" if lossy.calibration_samples else ""
    )
    kept = ", ".join(lossy.given_back)
    back = (
        f" In {_back(lossy)} stay {len(lossy.given_back)} of {len(lossy.layers)} layers: {kept}."
        if kept
        else f" No layer of {len(lossy.layers)} had to stay in {_back(lossy)}."
    )
    return f"{name}: {lossy.how}{ranges}; {100 * lossy.share:.0f} % of all numbers.{back}"


def _training_text(lossy: "Lossy") -> str:
    """Whether it was trained further, and what it lost before."""
    if not lossy.quantise_aware:
        return ""
    if lossy.trained is None:
        if lossy.given_back:
            return (
                "What training with its numbers rounded made of it needs more layers in "
                f"{_back(lossy)}, and was dropped."
            )
        return "It was not trained further, for it loses no more than it may without."
    course, lost = lossy.trained.course, lossy.trained.untrained
    each = "; ".join(map(_loss_text, lost.values()))
    return (
        f"Its weights and ranges were trained for {course.epochs} epochs with all numbers rounded "
        f"(epoch {course.best_epoch} was best on the validation data): it is no longer the "
        f"point's own network. Without that, in {lossy.bits} bits alone, there was lost: {each}."
    )


def _back(lossy: "Lossy") -> str:
    return "fp32" if lossy.back == EXACT_BITS else f"{lossy.back} bits"


def _validation_text(lossy: "Lossy") -> str:
    each = "; ".join(map(_loss_text, lossy.validation.values()))
    most = max(lossy.differences.values(), default=0.0)
    said = f"Outputs differ by up to {most:.2g} on the test data."
    if lossy.trained is not None:
        near = max(lossy.agreement.values(), default=0.0)
        said = (
            f"On the test data its outputs differ by up to {most:.2g} from the point's network, "
            f"and by {near:.2g} from the one that was trained, with its numbers rounded."
        )
    return f"Lost on the validation data, where {lossy.max_drop:g} is allowed: {each}. {said}"


def _loss_text(drop: "Drop") -> str:
    words = drop.figure.replace("_", " ")
    lost = 0.0 if abs(drop.drop) < 0.005 else drop.drop  # no “-0.00”
    return f"{words} {lost:.2f} {drop.unit}"
