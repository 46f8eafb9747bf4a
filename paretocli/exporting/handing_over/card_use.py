"""Of the page for an exported network: what it takes and gives, and how large it is."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from paretocli.exporting.handing_over.markdown import code, item, paragraph, plain, table
from paretocli.lists import some_of

Part = Mapping[str, Any]

MOST_ROWS = 60  # of columns; all of them are in card.json
MOST_CLASSES = 20


def inputs_text(inputs: Part) -> list[str]:
    """What the network takes."""
    rows = [(code(one["name"]), one["dtype"], one["shape"]) for one in inputs["tensors"]]
    found = [table(("input", "numbers", "shape"), rows, left=3)]
    found.append(paragraph(f"B is the number of samples. {plain(inputs['within'])}"))
    if inputs["before"]:
        found.append("\n".join(item(plain(sentence)) for sentence in inputs["before"]))
    found += _features_text(inputs)
    if inputs["unread"]:
        names = some_of([code(name) for name in inputs["unread"]])
        found.append(paragraph(f"It reads nothing of the columns {names}."))
    return found


def _features_text(inputs: Part) -> list[str]:
    """How numbers are made of the columns of a table, before the network."""
    if not inputs["features"]:
        if not inputs["columns"]:
            return []
        names = some_of([code(name) for name in inputs["columns"]], most=MOST_ROWS)
        return [paragraph(f"The columns of its inputs, in order: {names}.")]
    numbered = list(enumerate(inputs["features"]))
    rows = []
    for (column, kind), group in groupby(numbered, lambda one: (one[1]["column"], one[1]["kind"])):
        places = list(group)
        rows.append((code(column), _places(places), _made(kind, [one for _, one in places])))
    found = [
        paragraph(
            "Its inputs are numbers of a table's columns. They have to be made as for training, "
            "which the network does not do:"
        ),
        table(("column", "inputs", "how each is made of a cell"), rows[:MOST_ROWS], left=3),
    ]
    if len(rows) > MOST_ROWS:
        found.append(paragraph(f"And {len(rows) - MOST_ROWS} more; `card.json` has all of them."))
    return found


def _places(places: Sequence[tuple[int, Part]]) -> str:
    first, last = places[0][0], places[-1][0]
    return str(first) if first == last else f"{first}–{last}"


def _made(kind: str, features: Sequence[Part]) -> str:
    one = features[0]
    standard = "" if (one["mean"], one["deviation"]) == (0, 1) else ", standardised"
    cells = [" or ".join(feature["categories"]) for feature in features]
    listed = some_of([code(cell) for cell in cells], most=5)
    match kind:
        case "number":
            return f"(x − {one['mean']:.6g}) / {one['deviation']:.6g}; missing: 0"
        case "missing":
            return "1 where it is missing, else 0"
        case "code":
            return f"number from 1 on of {some_of([code(c) for c in one['categories']], most=6)}"
    each = "in turn " if len(cells) > 1 else ""
    return f"1 where it is {each}{listed}, else 0{standard}"


def outputs_text(outputs: Sequence[Part]) -> list[str]:
    """What the network gives."""
    found = []
    for one in outputs:
        text = f"{code(one['name'])}, {one['dtype']} {one['shape']}: {_meaning(one['meaning'])}"
        if one["also_measured"]:
            tasks = ", ".join(plain(name) for name in one["also_measured"])
            text += f" It is what {tasks} was measured on as well."
        found.append(item(text))
    return ["\n".join(found)]


def _meaning(meaning: Part | None) -> str:
    if meaning is None:
        return "what the numbers stand for, the problem does not say."
    match meaning["kind"]:
        case "number":
            return (
                f"a standardised number; {meaning['mean']:.6g} + {meaning['deviation']:.6g} × "
                "output is the prediction."
            )
        case "count":
            return f"{meaning['mean']:.6g} × exp(output) is the expected count."
    names = some_of([code(name) for name in meaning["names"]], most=MOST_CLASSES)
    order = f", in this order: {names}" if names else ", by their numbers from 0 on"
    return f"logits of {meaning['count']} classes{order}; softmax gives probabilities."


def sizes_text(sizes: Part, threads: int) -> list[str]:
    """How large and how fast it is, beside the network that was trained."""
    before, after = sizes["before"], sizes["after"]
    pairs = [("parameters", before["parameters"], after["parameters"], "{:,}")]
    if before["macs"] is not None and after["macs"] is not None:
        pairs.append(("multiply-accumulates", before["macs"], after["macs"], "{:,}"))
    for file, size in after["bytes"].items():
        pairs.append((f"{plain(file)}, bytes", before["bytes"].get(file), size, "{:,}"))
    rows = [
        (name, "" if was is None else form.format(was), form.format(now))
        for name, was, now, form in pairs
    ]
    rows += [
        (f"{plain(name)}, ms (95 %)", _times_text(before, name), _times_text(after, name))
        for name in after["latency"]
    ]
    found = [table(("", "as trained", "exported"), rows)]
    found.append(
        paragraph(
            "Latencies are medians, and what 95 of 100 calls did not exceed, with "
            f"{threads} thread{'s' if threads > 1 else ''} on the machine that exported it, named "
            "below."
        )
    )
    if sizes["uncounted"]:
        found.append(paragraph(f"Multiply-accumulates are not there: {plain(sizes['uncounted'])}."))
    return found


def _times_text(side: Part, name: str) -> str:
    """Milliseconds of a network: the median, and the 95th percentile in brackets."""
    if name not in side["latency"]:
        return ""
    return f"{1000 * side['latency'][name]:.3f} ({1000 * side['latency_p95'][name]:.3f})"


def fewer_bits_text(lossy: Part) -> list[str]:
    """What the files in fewer bits are, and what they lose on the test data."""
    if not lossy:
        return []
    rows = [
        (
            plain(one["file"]),
            str(one["bits"]),
            f"{one['bytes']:,}",
            f"{plain(drop['figure'])} {drop['before']:.4f}",
            f"{drop['after']:.4f}",
        )
        for one in lossy.values()
        for drop in one["test"].values()
    ]
    head = ("file in fewer bits", "bits", "bytes", "on the test data, was", "is")
    note = (
        "Its numbers were chosen on the validation data, where no task lost more than was allowed"
    )
    allowed = ", ".join(sorted({f"{one['max_drop']:g}" for one in lossy.values()}))
    return [
        table(head, rows),
        paragraph(f"{note} ({allowed}: points of shares, else per cent)."),
        *[paragraph(_how_text(one)) for one in lossy.values()],
        *[_trained_text(one) for one in lossy.values() if one["trained"] is not None],
    ]


def _how_text(one: Part) -> str:
    """How a file stores numbers."""
    text = f"{plain(one['file'])}: {plain(one['how'])}"
    if not one["given_back"]:
        return f"{text}."
    kept = ", ".join(map(plain, one["given_back"]))
    return f"{text}; layers of {one['back']} bits: {kept}."


def _trained_text(one: Part) -> str:
    """Of a file that holds another network than the point's: how it came to be."""
    course, lost = one["trained"]["course"], one["trained"]["untrained"].values()
    counted = ", ".join(f"{plain(n)} {value:.3g}" for n, value in course["coefficients"].items())
    without = "; ".join(
        f"{plain(drop['figure'])} {drop['before']:.4f} to {drop['after']:.4f}" for drop in lost
    )
    return paragraph(
        f"{plain(one['file'])} does not hold the weights of this point: they and the ranges of "
        f"what is between layers were trained for {course['epochs']} epochs more on the training "
        f"split, with all numbers rounded as in the file (Adam, learning rate {course['rate']:g}, "
        f"of ranges {course['range_rate']:g}, both falling to 0 along a cosine; batches of "
        f"{course['batch_size']}; losses weighted by {counted}); the validation data chose epoch "
        f"{course['best_epoch']}. Without that, {one['bits']} bits lost on the validation data: "
        f"{without}. "
        "Exchange rates and the certificate above are those of the point. The stored samples have "
        "the outputs of the trained network, rounded, for this file."
    )
