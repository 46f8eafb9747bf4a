"""The record of a point, `points/<number>.json`: its fields, each with the form that is checked.

Here alone a field is declared. One without a form is believed as it stands.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from paretocli.core.splits import SPLITS, Split
from paretocli.run_directory import forms

_FIGURE = forms.or_null(forms.number)

BySplit = dict[Split, dict[str, float | None]]
"""Losses by objective, or metrics by name, on each split; None where one was not finite."""

Status = Annotated[Literal["done", "failed"], forms.one_of("done", "failed")]
Weights = Annotated[list[float], forms.listed(forms.not_negative)]


class LossesAndMetrics(TypedDict):
    """What a point reached; which objectives there are, the sweep says."""

    loss: BySplit
    metric: BySplit


class AuxiliaryPart(TypedDict, total=False):
    """What there is of auxiliary losses: their values on the training data, by name."""

    auxiliary: Annotated[dict[str, float | None], forms.mapped(_FIGURE)]


class LayerRecord(TypedDict):
    """What is left of one layer; see `paretocli.sparsity.figures.LayerFigures`."""

    layer: forms.Name
    role: forms.Name
    rows: forms.Count
    zero_rows: forms.Count
    shared_rows: forms.Count
    unique_rows: forms.Count
    parameters: NotRequired[forms.Count]
    parameters_kept: NotRequired[forms.Count]
    unique_parameters: NotRequired[forms.Count]
    macs: NotRequired[forms.Count]


class KeptRecord(TypedDict):
    """An epoch of a point that was kept beside its best one.

    Attributes:
        epoch: Which one.
        loss: Of all objectives on the validation data.
        sha256: Of the file of its network, `kept/<point>-<epoch>.safetensors`, which is there until
            it is known whether it becomes a point.
    """

    epoch: forms.Positive
    loss: Annotated[dict[str, float], forms.mapped(forms.number)]
    sha256: forms.Text


class Machine(TypedDict):
    """Where something was computed."""

    platform: str
    device: str
    threads: int


class MadeWith(TypedDict, total=False):
    """What something was made with: versions of packages by name, and the machine."""

    versions: forms.Texts
    machine: Machine


def _layer(value: Any) -> None:
    forms.form_of(LayerRecord)(value)
    if value["zero_rows"] + value["shared_rows"] > value["rows"]:
        raise forms.FormError("do not add up", ("rows",))


class RecordPart(AuxiliaryPart, total=False):
    """What a record may say beside.

    Attributes:
        best_epoch: Whose network it is.
        failed_epoch: In which it diverged.
        chebyshev_value: Of its training losses.
        gap: How far that is from the best value at most, where it is known.
        relative_gap: The same, as a share.
        stationarity: The norm of the certificate's gradient.
        device: That it was trained on.
        error: Why it failed.
        weights_file: Its network, from the run directory.
        weights_sha256: Of the network's file.
        multipliers: One an objective, where the solver has any.
        mean_multipliers: The same, averaged over the epochs up to the best one, where it does so.
        mean_stationarity: With these.
        sparsity: Figures of the whole network, as `paretocli.sparsity.figures.NetworkFigures`.
        layers: Those of its layers, in order.
        made_with: What it was made with.
        failed_step: Of the failed epoch, None where the parameters were bad after it.
        failed_losses: The objectives and auxiliary losses that were not finite then.
        losses_grew: Whether they had grown before.
        below_ideal: The objectives whose training losses fell below their ideal.
        compact_parameters: Of the network as `export` writes it, None where there is none.
        compact_macs: Its multiply-accumulates for a sample, None where nobody knows them.
        not_compact: Why one of these is None.
        round: The number of its round.
        parent: The point that it started from, None where it started from scratch.
        search_sha256: Of the file of its search's end.
        kept: Its epochs that were kept beside the best one, with `--keep front`.
        kept_epoch: The epoch of its parent that it is, where it was not trained itself.
        shrunk_from: The parameters that its exported network had when its search ended, where it
            was to have a size at most: rows were then taken away, unless it was no larger.
        pruned_to: The parameters that its exported network was to have at most, where it was
            pruned from its parent.
        partner: The point of the sparse sweep that has these.
    """

    best_epoch: forms.Figure
    failed_epoch: forms.Figure
    chebyshev_value: forms.Figure
    gap: forms.Figure
    relative_gap: forms.Figure
    stationarity: forms.Figure
    device: forms.Text
    error: forms.Text
    weights_file: forms.Text
    weights_sha256: forms.Text
    multipliers: Annotated[list[float | None] | None, forms.or_null(forms.listed(_FIGURE))]
    mean_multipliers: Annotated[list[float | None] | None, forms.or_null(forms.listed(_FIGURE))]
    mean_stationarity: forms.Figure
    sparsity: Annotated[dict[str, float | None], forms.mapped(_FIGURE)]
    layers: Annotated[list[LayerRecord], forms.listed(_layer)]
    made_with: Annotated[MadeWith, forms.form_of(MadeWith)]
    failed_step: int | None
    failed_losses: list[str]
    losses_grew: bool
    below_ideal: list[str]
    compact_parameters: int | None
    compact_macs: int | None
    not_compact: str
    round: int
    parent: int | None
    search_sha256: forms.Text
    kept: Annotated[list[KeptRecord], forms.listed(forms.form_of(KeptRecord))]
    kept_epoch: forms.Positive
    shrunk_from: forms.Positive
    pruned_to: forms.Positive
    partner: forms.Count


class RecordAlone(RecordPart):
    """What is known of a record where nobody knows the sweep."""

    status: Status
    weights: NotRequired[Weights]


class PointRecord(RecordPart):
    """The record of a point.

    Attributes:
        point: Its number.
        status: done or failed.
        weights: One an objective.
        epochs: That it trained for; of one that failed, that it was to.
        seconds: Time spent on it; points that train together share theirs.
        loss: At its best epoch, on all splits; of a failed point too, or not at all.
        metric: The same.
    """

    point: forms.Count
    status: Status
    weights: Weights
    epochs: forms.Count
    seconds: forms.NotNegative
    loss: NotRequired[BySplit]
    metric: NotRequired[BySplit]


RECORD_ALONE = forms.form_of(RecordAlone)


def record_form(objectives: list[str]) -> forms.Form:
    """The form of the record of a point of some objectives."""
    weights = forms.listed(forms.not_negative, len(objectives))
    losses = forms.made_of(dict.fromkeys(objectives, forms.number))
    kept = forms.listed(forms.form_of(KeptRecord, loss=losses))
    record = forms.form_of(PointRecord, weights=weights, kept=kept)
    figures = figures_form(objectives)

    def form(value: Any) -> None:
        record(value)
        # One that failed has no figures, or all of them, and no network.
        if value["status"] == "done" or value.keys() & {"loss", "metric"}:
            figures(value)
        if value["status"] == "failed" and "weights_sha256" in value:
            raise forms.FormError("is failed, but there is a network", ("status",))

    return form


def figures_form(objectives: list[str], known: Sequence[Split] = SPLITS) -> forms.Form:
    """The form of what has losses of all objectives and metrics, on some splits at least."""
    losses = forms.made_of(dict.fromkeys(objectives, _FIGURE))
    metrics = forms.mapped(_FIGURE)

    def both(value: Any) -> None:
        metrics(value)
        losses(value)

    others = [split for split in SPLITS if split not in known]
    loss = forms.made_of(dict.fromkeys(known, both), dict.fromkeys(others, both))
    metric = forms.made_of(dict.fromkeys(known, metrics), dict.fromkeys(others, metrics))
    return forms.form_of(LossesAndMetrics, loss=loss, metric=metric)
