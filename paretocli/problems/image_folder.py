"""The family `images:FOLDER`: several tasks on images of one's own, with labels in a CSV file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from paretocli.core.problem import Defaults, Problem
from paretocli.errors import InputError
from paretocli.problems.column_kinds import asked_kinds
from paretocli.problems.csv_text import read_texts
from paretocli.problems.described import description_of
from paretocli.problems.image_files import Form, Header, each, header, images_below
from paretocli.problems.image_rows import file_column
from paretocli.problems.images import Normalise
from paretocli.problems.images_read import look_through, room_for_images
from paretocli.problems.label_columns import labels_of
from paretocli.problems.label_notes import label_notes
from paretocli.problems.splitting import SPLIT_COLUMN, Rows, as_marked, at_random
from paretocli.problems.targets import check_targets, matching_columns

# Sides in pixels of images that are brought to one size, where nobody says.
SMALLEST_SIDE, LARGEST_SIDE = 32, 128
LARGEST_WHOLE = 256  # side of images of one size that stay as they are
EVALUATED_PIXELS = 1000 * 32 * 32  # of all images that are measured at once
FEWEST_EVALUATED = 16


def make(
    argument: str,
    data_dir: Path,
    targets: Sequence[str],
    labels: Path | None,
    image_size: int | None,
    task: Mapping[str, str],
) -> Problem:
    """Tell classes or predict numbers, a task for each column of labels, from images of a folder.

    Args:
        argument: The folder.
        data_dir: Not needed: the paths are the user's own.
        targets: Names of the columns to predict, or patterns of names; none for all but file names
            and split.
        labels: A CSV file with a column of file names, seen from the folder.
        image_size: The side in pixels that images are brought to, None for what suits them.
        task: What columns hold, by name or pattern; the others are found out.

    Raises:
        InputError: A file is missing, no image or not in the table; or the table has no column of
            file names, or one of no use. The message names the file or the line.
    """
    if labels is None:
        raise InputError(
            f"images:{argument} does not say what is on the images; name a CSV file with a column "
            "of file names and one for each task with --labels, as in --labels labels.csv."
        )
    folder = Path(argument)
    names = images_below(folder)
    read = read_texts(labels)
    table = read.frame
    column = file_column(table, names, labels, folder)
    no_targets = (column, SPLIT_COLUMN)
    wanted = matching_columns(targets, list(table.columns), labels, no_targets) or [
        name for name in table.columns if name not in no_targets
    ]
    if not wanted:
        raise InputError(f"{labels} has no column to predict beside {column}; add some.")
    if column in wanted:
        raise InputError(f"The column {column} of {labels} names the files; choose other targets.")
    check_targets(wanted, list(table.columns), labels)
    rows, how = _split(table, wanted, labels)
    kinds = asked_kinds(task, wanted, labels)
    found = [labels_of(table[name], rows, labels, kinds[name]) for name in wanted]
    # Workers may run in another folder.
    paths = [folder.absolute() / name for name in table[column]]
    form, size_words = _form(paths, list(each(header, paths)), image_size)
    pictures = look_through(paths, form, rows["train"], room_for_images())
    splits = {
        split: pictures.samples(part, [one.target for one in found]) for split, part in rows.items()
    }
    height, width = form.size
    return Problem(
        name=folder.resolve().name,
        tasks=[one.task for one in found],
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        prepare=Normalise.from_counts(pictures.levels),
        evaluation_batch=min(1000, max(FEWEST_EVALUATED, EVALUATED_PIXELS // (height * width))),
        defaults=Defaults(points=9, epochs=20, batch_size=64, lr=1e-3, retrain_epochs=10),
        notes=(
            *read.notes,
            f"{len(paths):,} images, {size_words}; the rows are split {how}.",
            *label_notes([(one.task.name, one.words) for one in found]),
        ),
        description=description_of(found, preparation=[_prepared(form)]),
    )


def _split(table: pd.DataFrame, targets: Sequence[str], path: Path) -> tuple[Rows, str]:
    if SPLIT_COLUMN in table.columns and SPLIT_COLUMN not in targets:
        return as_marked(table[SPLIT_COLUMN], path)
    return at_random(len(table), path), "60 : 20 : 20 at random"


def _form(paths: Sequence[Path], headers: Sequence[Header], asked: int | None) -> tuple[Form, str]:
    """What the images are brought to, and how that is said."""
    sizes = {one.size for one in headers}
    grey = all(one.grey for one in headers)
    colours = "grey" if grey else "in colour"
    first = headers[0].size
    if asked is None and len(sizes) == 1 and max(first) <= LARGEST_WHOLE:
        return Form(first, grey, resized=False), f"{colours}, {_pixels(first)}"
    side = asked or _side(headers)
    form = Form((side, side), grey, resized=sizes != {(side, side)})
    if not form.resized:
        return form, f"{colours}, {_pixels(form.size)}"
    low, high = min(sizes), max(sizes)
    of = _pixels(low) if len(sizes) == 1 else f"{_pixels(low)} to {_pixels(high)}"
    hint = "" if asked else " (--image-size says another side)"
    return form, f"{colours}, resized from {of} to {_pixels(form.size)}{hint}"


def _prepared(form: Form) -> str:
    """What is done to an image before it is a sample."""
    colours = "one grey channel" if form.grey else "red, green and blue"
    resized = ", resized bilinearly where they have another size" if form.resized else ""
    return f"Images are upright, {colours}, height × width {_pixels(form.size)}{resized}."


def _side(headers: Sequence[Header]) -> int:
    """That of the smaller half of the images, within what networks and memory are fit for."""
    sides = sorted(min(one.size) for one in headers)
    return min(LARGEST_SIDE, max(SMALLEST_SIDE, sides[len(sides) // 2]))


def _pixels(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]}"
