"""Of the page for an exported network: how good it is, over all and for classes and groups."""

from collections.abc import Mapping
from typing import Any

from paretocli.exporting.handing_over.markdown import item, paragraph, plain, table

Part = Mapping[str, Any]

NO_FIGURE = "none"


def metrics_text(test: Part) -> list[str]:
    """How good it is on the test data."""
    intervals = test["intervals"]
    rows, remarks = [], []
    for name, one in test["metrics"].items():
        rows.append((plain(name.replace("_", " ")), *_cells(one)))
        remarks += _remarks(name, one)
    if not rows:
        return [paragraph("The tasks have no metrics; their losses stand below.")]
    return [
        table(("test metric", "figure", f"{_level(test)} interval", "resamples"), rows),
        paragraph(
            f"On {test['samples']:,} test samples. Intervals are by the percentile bootstrap: test "
            f"samples drawn with replacement, the same ones for all tasks (seed "
            f"{intervals['seed']}). They say how much the figures depend on which samples were "
            "tested, as if each was drawn by itself: where several have one source, such as one "
            "person, they are too narrow. Of other networks or data they say nothing."
        ),
        *_listed(remarks),
    ]


def classes_text(test: Part) -> list[str]:
    """How good it is for each class of a task, where these are few."""
    found = []
    for name, task in test["tasks"].items():
        if not task["recall"]:
            continue
        rows, remarks = [], []
        for label, one in task["recall"].items():
            rows.append((plain(label), f"{task['classes'][label]:,}", *_cells(one)))
            if one["value"] is not None:  # the table says that there is no sample
                remarks += _remarks(f"the recall of {label}", one)
        head = ("class", "test samples", "recall", f"{_level(test)} interval", "resamples")
        found.append(
            paragraph(
                f"By the classes of {plain(name)}: of the test samples of each, the share that the "
                "network takes for it (recall)."
            )
        )
        found += [table(head, rows), *_listed(remarks)]
    return found


def groups_text(test: Part) -> list[str]:
    """The metrics of each group that is compared."""
    found = []
    for name, task in test["tasks"].items():
        if not task["by_group"]:
            continue
        rows, remarks = [], []
        for group, metrics in task["by_group"].items():
            count = task["groups"][group]
            for metric, one in metrics.items():
                words = plain(metric.replace("_", " "))
                rows.append((words, plain(group), f"{count:,}", *_cells(one)))
                if count:  # the table says that there is no sample
                    remarks += _remarks(f"{metric} of {group}", one)
        head = ("metric", "group", "test samples", "figure", f"{_level(test)} interval")
        found.append(paragraph(f"By the groups of {plain(name)}:"))
        found += [table((*head, "resamples"), rows, left=2), *_listed(remarks)]
    return found


def _level(test: Part) -> str:
    return f"{test['intervals']['level']:.0%}".replace("%", " %")


def _cells(one: Part) -> tuple[str, str, str]:
    """A figure, its interval, and of how many resamples that is."""
    if one["low"] is None:
        return _figure(one["value"]), NO_FIGURE, ""
    between = f"{_figure(one['low'])} – {_figure(one['high'])}"
    return _figure(one["value"]), between, str(one["resamples"])


def _remarks(name: str, one: Part) -> list[str]:
    """What is to be known of a figure's interval."""
    known = one["low"] is not None
    if one["reason"]:
        return [f"{plain(name)} has no interval: {plain(one['reason'])}"]
    if one["undefined"]:
        return [
            f"{plain(name)} has no value in {one['undefined']} of its {one['resamples']} "
            "resamples, which are left out."
        ]
    if known and one["low"] == one["high"]:
        return [f"{plain(name)} is the same in all resamples, which says nothing of other data."]
    if known and not one["low"] <= one["value"] <= one["high"]:
        return [f"{plain(name)} lies outside its interval: drawing samples again shifts it."]
    return []


def _listed(remarks: list[str]) -> list[str]:
    return ["\n".join(map(item, remarks))] if remarks else []


def _figure(value: float | None) -> str:
    if value is None:
        return NO_FIGURE
    if value and not 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    return f"{value:.4f}"
