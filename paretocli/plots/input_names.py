"""What a picture calls its inputs."""

from collections.abc import Collection, Sequence

from paretocli.front.methods import PRUNING
from paretocli.front.results import Results
from paretocli.front.sizes import PRUNED_TO
from paretocli.problems.source_names import name_for_people
from paretocli.solvers.registry import SOLVERS

_DIFFERENCES = ("problem", "network", "seed")


def legend_names(results: Sequence[Results]) -> list[str]:
    """Name every input by its solver, or as a baseline, and by what sets it apart from the others.

    Where solver, problem, network and seed do not tell two inputs apart, the name of their
    directory or file does, and at last their path.
    """
    solvers = [result.constant("solver") for result in results]
    if not all(solvers):
        names = [result.source for result in results]
    else:
        names = list(map(_title, results))
        for column in _DIFFERENCES:
            values = [result.constant(column) for result in results]
            if len(set(values)) > 1 and all(values):
                word = "seed " if column == "seed" else ""
                names = [f"{name}, {word}{one}" for name, one in zip(names, values, strict=True)]
        if len(set(names)) < len(names):
            names = [f"{name}, {one.source}" for name, one in zip(names, results, strict=True)]
    if len(set(names)) < len(names):
        names = [str(result.path) for result in results]
    return names


def _title(result: Results) -> str:
    if PRUNED_TO in result.frame.columns:
        return PRUNING
    solver = str(result.constant("solver"))
    kind = SOLVERS.sound.get(solver)
    return (kind and kind.title) or solver


def title_of(results: Sequence[Results], splits: Collection[str | None]) -> str:
    """Say the problem and, where all columns come from the same one, the split."""
    named = (result.constant("problem") or result.source for result in results)
    problems = dict.fromkeys(map(name_for_people, named))
    words = " and ".join(problems) if len(problems) < 3 else f"{len(problems)} problems"
    if len(splits) != 1:
        return words
    (split,) = splits
    return f"{words}, {split_word(str(split))} split"


def split_word(split: str) -> str:
    """Spell out the name of a split."""
    return {"val": "validation", "train": "training"}.get(split, split)
