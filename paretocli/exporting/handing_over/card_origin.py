"""Of the page for an exported network: how it was chosen and made, and what certifies it."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocli.exporting.handing_over.markdown import code, item, paragraph, plain, table
from paretocli.front.costs import ExchangeRates

Part = Mapping[str, Any]

LONGEST = 60  # of a setting that is shown; all of them are in card.json
ALWAYS = ("problem", "network", "solver", "seed", "epochs", "retrain_epochs")


def point_text(card: Part) -> list[str]:
    """Which point it is, and what decided that."""
    point, sweep = card["point"], card["sweep"]
    weights = ", ".join(f"{plain(name)} {value:g}" for name, value in point["weights"].items())
    sentences = [f"It is point {point['number']}, for the weights {weights}."]
    if sweep is not None:
        of = f"of {sweep['points']}" if sweep["points"] > 1 else "the only one"
        solver = sweep["settings"].get("solver")
        sentences[0] = (
            f"It is point {point['number']}, {of} of its sweep, for the weights {weights}"
            + (f", by the solver {plain(solver)}." if solver else ".")
        )
    if "best_epoch" in point and point["best_epoch"] is not None:
        sentences.append(
            f"The validation data chose epoch {point['best_epoch']} of its training; the test data "
            "chose nothing there."
        )
    if sweep is None or sweep["points"] > 1:
        sentences.append(
            "Who picked this point among those of its sweep, and by what, is not noted: if it was "
            "by test figures, these are better than those of other data."
        )
    sentences += _history(point)
    if point["serves"]:
        sentences.append(
            f"It is one of a set, and serves these tasks: {plain(point['serves'])}. For the others "
            "there are better networks in the set."
        )
    elif point["serves"] == "":
        sentences.append("It is one of a set, and not the best of it at any task.")
    return ["\n".join(map(item, sentences)), *_losses(point)]


def _history(point: Part) -> list[str]:
    found = []
    if point.get("kept_epoch") is not None:
        found.append(
            f"It is epoch {point['kept_epoch']} of point {point['parent']}, and was not trained "
            "for weights of its own."
        )
    elif point.get("pruned_to") is not None:
        found.append(
            f"It was pruned from point {point['parent']} to {point['pruned_to']:,} parameters at "
            "most, and retrained."
        )
    elif point.get("parent") is not None:
        found.append(f"Its training started from point {point['parent']}.")
    if point.get("shrunk_from") is not None:
        found.append(
            f"It was held to a size: when its search ended it had {point['shrunk_from']:,} "
            "parameters, where those were too many rows were taken away, if enough could be, and "
            "what was left was retrained for the tasks alone. So its size does not follow from "
            "its weights, and its relative gap is one of the tasks."
        )
    return found


def _losses(point: Part) -> list[str]:
    losses = point.get("loss")
    if not losses:
        return []
    splits = [split for split in ("train", "val", "test") if split in losses]
    names = list(losses[splits[0]]) if splits else []
    rows = [(plain(name), *(_loss(losses[split].get(name)) for split in splits)) for name in names]
    return [table(("loss", *splits), rows)] if rows else []


def _loss(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def certificate_text(card: Part, rates: ExchangeRates) -> list[str]:
    """What certifies the point, and what a step along the front costs there."""
    certificate = card["certificate"]
    gap, stationarity = certificate.get("relative_gap"), certificate.get("stationarity")
    mean = certificate.get("mean_stationarity")
    sentences = []
    if gap is not None:
        sentences.append(
            f"Relative gap {gap:.2g}: 0 where the weighted losses are balanced as the weights ask, "
            "or the largest one carries all the multiplier."
        )
    if stationarity is not None:
        sentences.append(
            f"Stationarity {stationarity:.2g}: 0 where the gradients of the objectives cancel, 1 "
            "where training could still improve all of them."
            + ("" if mean is None else f" With the mean of the multipliers over epochs {mean:.2g}.")
        )
    if certificate.get("below_ideal"):
        names = ", ".join(map(plain, certificate["below_ideal"]))
        sentences.append(f"The training losses of {names} fell below their ideal.")
    lines = [*map(item, sentences)] or [paragraph("Its record has no certificate.")]
    # Rates are words in lines already; a block keeps them.
    found = ["\n".join(lines), f"```text\n{_block(str(rates))}\n```"]
    if rates.steps:
        found.append(paragraph("Metrics in this are those of the validation data."))
    return found


def _block(text: str) -> str:
    return text.replace("`", "'")


def data_text(data: Part) -> list[str]:
    """The data that it was made with."""
    names = [*data["samples"], *(name for name in data["checksums"] if name not in data["samples"])]
    found = []
    for name in names:
        count = data["samples"].get(name)
        found.append(item(plain(name) if count is None else f"{plain(name)}: {count:,} samples"))
        if name in data["checksums"]:
            found.append(f"  {code(data['checksums'][name])}")
    if not data["checksums"]:
        return ["\n".join(found)]
    return [
        "\n".join(found),
        paragraph(
            "Checksums are SHA-256, as the sweep noted them. The test data was the same when the "
            "network was exported."
        ),
    ]


def made_text(card: Part) -> list[str]:
    """How it was made: settings, versions, machines and the command."""
    found = []
    if card["sweep"] is not None:
        found += _settings(card["sweep"])
    training, export = card["made_with"]["training"], card["made_with"]["export"]
    found += [_made_with("Trained", training), _made_with("Exported", export)]
    found += [
        paragraph("The command that exports it like this:"),
        f"```sh\n{card['export_command']}\n```",
    ]
    return [part for part in found if part]


def _made_with(what: str, noted: Part) -> str:
    """What one of the two was done with, empty where nothing is noted."""
    machine = noted.get("machine", noted)
    parts = [f"{plain(name)} {plain(one)}" for name, one in noted.get("versions", {}).items()]
    parts += [code(machine[name]) for name in ("platform", "device") if name in machine]
    if "threads" in machine:
        parts.append(f"{machine['threads']} thread{'s' if machine['threads'] > 1 else ''}")
    return paragraph(f"{what} with {', '.join(parts)}.") if parts else ""


def _settings(sweep: Part) -> list[str]:
    settings = sweep["settings"]
    shown = [name for name in ALWAYS if name in settings]
    shown += [name for name in sweep["unusual"] if name not in shown]
    rows = [
        (code(name), code(_setting(settings[name])))
        for name in shown
        if len(_setting(settings[name])) <= LONGEST
    ]
    return [
        paragraph(
            f"The run directory was {code(sweep['directory'])}. The text of the command that made "
            "it is not noted there; its settings are, and those that are not the usual ones are "
            "(`card.json` has all):"
        ),
        table(("setting", "value"), rows, left=2),
    ]


def _setting(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)
