"""The page for an exported network, `card.md`."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocli.exporting.handing_over.card_figures import (
    classes_text,
    groups_text,
    metrics_text,
)
from paretocli.exporting.handing_over.card_origin import (
    certificate_text,
    data_text,
    made_text,
    point_text,
)
from paretocli.exporting.handing_over.card_use import (
    fewer_bits_text,
    inputs_text,
    outputs_text,
    sizes_text,
)
from paretocli.exporting.handing_over.markdown import code, item, paragraph, plain
from paretocli.front.costs import ExchangeRates

FIGURES = (metrics_text, classes_text, groups_text)


def card_text(card: Mapping[str, Any], rates: ExchangeRates, files: Mapping[str, str]) -> str:
    """The page.

    Args:
        card: What `card.json` holds.
        rates: The exchange rates at the point.
        files: What else lies in the folder, and what each is.
    """
    number = card["point"]["number"]
    tasks = list(dict.fromkeys(one["task"] for one in card["outputs"]))
    inputs = [code(one["name"]) for one in card["inputs"]["tensors"]]
    threads, fewer = card["made_with"]["export"]["threads"], card["fewer_bits"]
    parts: list[tuple[str, Sequence[str]]] = [
        ("What it takes", inputs_text(card["inputs"])),
        ("What it gives", outputs_text(card["outputs"])),
        ("How good it is", [part for text in FIGURES for part in text(card["test"])]),
        ("What is not known", ["\n".join(item(plain(one)) for one in card["limits"])]),
        ("How it was chosen", point_text(card)),
        ("How well it is solved", certificate_text(card, rates)),
        ("Size and speed", [*sizes_text(card["sizes"], threads), *fewer_bits_text(fewer)]),
        ("Data", data_text(card["data"])),
        ("How it was made", made_text(card)),
        ("Verifying it", _verifying(card["verification"], files)),
    ]
    opening = (
        f"A network for {'the tasks' if len(tasks) > 1 else 'the task'} "
        f"{', '.join(map(plain, tasks))}, from {', '.join(inputs)}; exported by paretocli "
        f"{plain(card['paretocli'])}."
    )
    sections = [f"## {title}\n\n" + "\n\n".join(part) for title, part in parts]
    title = f"# Point {number} of a sweep of {plain(card['problem'])}"
    return "\n\n".join([title, paragraph(opening), *sections]) + "\n"


def _verifying(said: Mapping[str, Any], files: Mapping[str, str]) -> list[str]:
    count = len(said["rows_of_test_split"])
    listed = "\n".join(item(f"{code(name)}: {what}") for name, what in files.items())
    if not count:
        return [
            paragraph(
                "`python verify.py`, or `paretocli verify`, compares files with their checksums. "
                "No test samples are stored, so what the network gives cannot be compared. With "
                "`--digest` and the digest that `export` said, a list of checksums that somebody "
                "made anew is found too."
            ),
            listed,
        ]
    return [
        paragraph(
            "`python verify.py` compares all files with their checksums, and what the network "
            "gives for "
            f"{count} test sample{'s' if count > 1 else ''} with what it gave as it was trained. "
            "It needs numpy, and onnxruntime (ONNX) or torch and safetensors, and says what it "
            "could not look at without. `paretocli verify` does the same. With `--digest` and the "
            "digest that `export` said, a list of checksums that somebody made anew is found too."
        ),
        paragraph(
            f"{code(said['samples'])} holds these samples as they are: look whether all who get "
            "the folder may see them."
        ),
        listed,
    ]
