"""What `sweep.json` holds: its fields, each with the form that is checked."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from paretocli.options.tables import KINDS
from paretocli.run_directory import forms
from paretocli.run_directory.point_record import Machine

FORMAT = 1


class Settings(TypedDict):
    """What of a sweep's identity stands by itself; its weights go by the objectives.

    Attributes:
        objectives: Their names, in order.
        targets: The columns of a table that are to be learned.
        labels: The table of a folder of images.
        image_size: The side that these are brought to.
        task: What the columns hold, by name or pattern, where it was said.
        class_weights: How much classes count.
        leave_out: Columns that are no features, by name or pattern.
        split: The column that divides the rows of a table.
        group: The column whose values stay in one split.
        indicators: Whether features that are missing get one that says so.
        embed: From how many categories on a column gets embeddings.
        fair: The column whose groups are compared.
        fair_notion: By what.
        fair_surrogate: What stands for rates in that loss.
        fair_feature: Whether it is a feature too.
        delimiter: What is between the cells of a table.
        encoding: Of its file.
        stratify: Whether classes have the same shares in all splits.
        set: Arguments of the function that makes the problem.
        auxiliary: Coefficients of auxiliary losses, by name.
        network: Its name.
        solver: Its name.
        epochs: Of each point, of the first phase.
        retrain_epochs: The same of the second.
        stack: How many points train together.
        evaluate_every: Epochs after which the test split is measured.
    """

    objectives: forms.Names
    targets: NotRequired[Annotated[list[str], forms.listed(forms.text)]]
    labels: NotRequired[Annotated[str | None, forms.or_null(forms.text)]]
    image_size: NotRequired[Annotated[int | None, forms.or_null(forms.whole(1))]]
    task: NotRequired[Annotated[dict[str, str], forms.mapped(forms.one_of(*KINDS))]]
    class_weights: NotRequired[Annotated[str, forms.one_of("none", "balanced")]]
    leave_out: NotRequired[Annotated[list[str], forms.listed(forms.text)]]
    split: NotRequired[Annotated[str | None, forms.or_null(forms.text)]]
    group: NotRequired[Annotated[str | None, forms.or_null(forms.text)]]
    stratify: NotRequired[Annotated[bool, forms.truth]]
    indicators: NotRequired[Annotated[bool, forms.truth]]
    embed: NotRequired[forms.Count]
    fair: NotRequired[Annotated[str | None, forms.or_null(forms.text)]]
    fair_notion: NotRequired[Annotated[str, forms.one_of("parity", "opportunity", "odds")]]
    fair_surrogate: NotRequired[Annotated[str, forms.one_of("probability", "tanh")]]
    fair_feature: NotRequired[Annotated[bool, forms.truth]]
    delimiter: NotRequired[Annotated[str | None, forms.or_null(forms.text)]]
    encoding: NotRequired[Annotated[str | None, forms.or_null(forms.text)]]
    set: NotRequired[Annotated[dict[str, Any], forms.mapped(forms.scalar)]]
    auxiliary: NotRequired[Annotated[dict[str, float], forms.mapped(forms.not_negative)]]
    network: NotRequired[forms.Name]
    solver: NotRequired[forms.Name]
    epochs: NotRequired[forms.Positive]
    retrain_epochs: NotRequired[forms.Count]
    stack: NotRequired[forms.Positive]
    evaluate_every: NotRequired[forms.Count]


class Identity(Settings):
    """What a sweep is: what readers of its directory know of that.

    There is more in it, as `paretocli.options` declares it and those who extend the program.

    Attributes:
        problem: As the user named it.
        seed: Of whatever is drawn at random.
        weights: Of each point, one an objective.
    """

    problem: forms.Text
    seed: forms.Count
    weights: list[list[float]]


class Runtime(TypedDict, total=False):
    """Settings that change no results, as far as readers know them."""

    jobs: forms.Positive


def _identity(value: Any) -> None:
    forms.form_of(Settings)(value)
    objectives = value["objectives"]
    if not objectives or len(set(objectives)) < len(objectives):
        raise forms.FormError("are not distinct names", ("objectives",))
    weights = forms.listed(forms.listed(forms.not_negative, len(objectives)))
    forms.form_of(Identity, weights=weights)(value)
    if not value["weights"]:
        raise forms.FormError("is empty", ("weights",))


def _format(value: Any) -> None:
    forms.whole(1)(value)
    if value > FORMAT:
        raise forms.FormError(
            f"is {value}, of a newer version of the program, which this one does not know", ()
        )


class SweepContent(TypedDict):
    """What `sweep.json` holds.

    Attributes:
        config: The sweep's identity.
        data: Checksums of the data of each split, and of the user's own code, if any.
        format: Of the run directory.
        runtime: Settings that change no results.
        directions: The better directions of the metrics, as they were declared.
        versions: Of the packages that it was begun with.
        imported: SHA-256 of the modules that the user's own code imported then, by file.
        machine: That it was begun on.
    """

    config: Annotated[Identity, _identity]
    data: forms.Texts
    format: NotRequired[Annotated[int, _format]]
    runtime: NotRequired[Annotated[Runtime, forms.form_of(Runtime)]]
    directions: NotRequired[Annotated[Mapping[str, Any], forms.made_of({})]]
    versions: NotRequired[forms.Texts]
    imported: NotRequired[forms.Texts]
    machine: NotRequired[Machine]


SWEEP_CONTENT = forms.form_of(SweepContent)
