"""Problems made of folders of images."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from paretocli.errors import InputError
from paretocli.problems import image_folder
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem
from tests.image_folder import draw_folder


@pytest.fixture
def made(tmp_path):
    """Draw a folder and make its problem."""

    def made(targets=(), image_size=None, **drawn):
        folder, labels = draw_folder(tmp_path, **drawn)
        return loaded(folder, labels, targets, image_size)

    return made


def loaded(folder, labels, targets=(), image_size=None):
    asked = Asked(targets=targets, labels=labels, image_size=image_size)
    return load_problem(f"images:{folder}", folder, asked)


def test_columns_are_tasks(made):
    problem = made()
    assert problem.name == "photos"
    assert problem.objectives == ("shade", "level")
    assert problem.metrics == ("accuracy_shade", "rmse_level", "r2_level")
    assert [len(data) for data in problem.splits().values()] == [24, 8, 8]
    assert problem.train.inputs.dtype == torch.uint8
    assert problem.train.inputs.shape == (24, 3, 8, 8)
    assert problem.notes[0] == (
        "40 images, in colour, 8 × 8; the rows are split 60 : 20 : 20 at random."
    )
    assert problem.notes[1] == "shade: 2 classes, in this order: bright, dark."
    assert problem.notes[2].startswith("level: a number, from 0.0")


def test_each_image_has_the_labels_of_its_line(made):
    problem = made()
    for data in problem.splits().values():
        darkest = data.inputs.flatten(1).min(dim=1).values.double()
        # Noise of up to 4 levels lies on the level that is the label.
        assert torch.allclose(darkest / 255, data.targets[1], atol=5 / 255)
        assert torch.equal(data.targets[0] == 1, darkest < 105)


def test_pixels_are_normalised_by_the_training_images(made):
    problem = made()
    prepared = problem.prepare(problem.train.inputs)
    assert prepared.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert torch.allclose(prepared.std(dim=(0, 2, 3), correction=0), torch.ones(3), atol=1e-5)


def test_grey_images_have_one_channel(made):
    problem = made(mode="L")
    assert problem.input_shape == (1, 8, 8)
    assert "grey" in problem.notes[0]


def test_the_columns_that_are_named_are_the_tasks(made):
    assert made(targets=("level",), other=["a"] * 40).objectives == ("level",)


def test_a_column_marks_the_splits(made):
    split = ["train"] * 30 + ["val"] * 4 + ["test"] * 6
    problem = made(split=split)
    assert problem.objectives == ("shade", "level")
    assert [len(data) for data in problem.splits().values()] == [30, 4, 6]
    assert torch.equal(problem.test.targets[0], torch.tensor([1, 0] * 3))


def test_without_rows_for_validation_a_fifth_of_the_others_is(made):
    problem = made(split=["train"] * 30 + ["test"] * 10)
    assert [len(data) for data in problem.splits().values()] == [24, 6, 10]
    assert "which marks none as val: a fifth of those for training is taken" in problem.notes[0]


def test_images_of_several_sizes_are_brought_to_one(tmp_path):
    folder, labels = draw_folder(tmp_path, side=40)
    Image.new("RGB", (90, 50)).save(folder / "01.png")
    problem = loaded(folder, labels)
    assert problem.input_shape == (3, 40, 40)
    assert "resized from 40 × 40 to 50 × 90 to 40 × 40 (--image-size says" in problem.notes[0]
    assert loaded(folder, labels, image_size=16).input_shape == (3, 16, 16)


def test_resizing_keeps_what_is_even(made):
    problem = made(side=40, image_size=8)
    level = problem.train.inputs.flatten(1).double().mean(dim=1) / 255
    assert torch.allclose(level, problem.train.targets[1], atol=5 / 255)


def test_images_that_do_not_fit_into_memory_are_read_as_needed(made, tmp_path, monkeypatch):
    held = made()
    monkeypatch.setattr(image_folder, "room_for_images", lambda: 40 * 3 * 8 * 8 - 1)
    read = loaded(tmp_path / "photos", tmp_path / "labels.csv")
    assert not hasattr(read.train, "inputs")
    assert read.checksums() == held.checksums()
    assert read.prepare.means == held.prepare.means
    for split, data in read.splits().items():
        rows = torch.tensor([3, 0, 3])
        for part in (rows, slice(2, 5), slice(None)):
            found, expected = data.rows(part), held.splits()[split].rows(part)
            assert torch.equal(found.inputs, expected.inputs)
            assert all(map(torch.equal, found.targets, expected.targets))
    assert len(read.train) == 24
    (tmp_path / "photos" / "01.png").unlink()
    with pytest.raises(InputError, match=r"01\.png cannot be read \(No such file"):
        [data.rows(slice(None)) for data in read.splits().values()]


def test_the_checksum_is_of_files_and_labels(tmp_path):
    folder, labels = draw_folder(tmp_path)
    before = loaded(folder, labels).checksums()
    assert loaded(folder, labels).checksums() == before
    Image.new("RGB", (8, 8), "red").save(folder / "01.png")
    image = loaded(folder, labels).checksums()
    assert sum(image[split] != before[split] for split in before) == 1
    table = pd.read_csv(labels, dtype=str)
    table.loc[1, "level"] = "0.25"
    table.to_csv(labels, index=False)
    assert sum(loaded(folder, labels).checksums()[split] != image[split] for split in before) == 1


def test_a_camera_says_which_side_is_up(tmp_path):
    folder, labels = draw_folder(tmp_path, side=16)
    pixels = np.zeros((16, 16, 3), dtype=np.uint8)
    pixels[:8] = 255  # the upper half as it is stored, the right one as it is looked at
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(folder / "40.jpg", exif=exif)
    with labels.open("a") as file:
        file.write("40.jpg,dark,0.5\n")
    problem = loaded(folder, labels)
    (found,) = [
        data.inputs[row]
        for data in problem.splits().values()
        for row in range(len(data))
        if data.targets[1][row] == 0.5
    ]
    assert found[:, :, 9:].min() > 200
    assert found[:, :, :7].max() < 50


def test_a_channel_that_is_the_same_everywhere(tmp_path):
    folder, labels = draw_folder(tmp_path)
    for path in folder.rglob("*.png"):
        pixels = np.asarray(Image.open(path)).copy()
        pixels[..., 2] = 7
        Image.fromarray(pixels).save(path)
    problem = loaded(folder, labels)
    assert problem.prepare(problem.train.inputs).isfinite().all()


# Wrong input


def change(labels, old, new):
    text = labels.read_text()
    assert old in text
    labels.write_text(text.replace(old, new, 1))


WRONG = {
    "no image": (
        lambda folder, labels: (folder / "01.png").write_text("no image"),
        r"photos/01\.png cannot be read as an image \(cannot identify image file",
    ),
    "torn": (
        lambda folder, labels: (folder / "01.png").write_bytes(
            (folder / "02.png").read_bytes()[:60]
        ),
        r"photos/01\.png cannot be read as an image",
    ),
    "deep": (
        lambda folder, labels: Image.new("I;16", (8, 8)).save(folder / "01.png"),
        r"photos/01\.png has more than 8 bits a channel \(Pillow's mode I",
    ),
    "not there": (
        lambda folder, labels: (folder / "01.png").unlink(),
        r"Line 3 of .*labels\.csv names '01\.png', and there is no such image in .*photos; put",
    ),
    "without a line": (
        lambda folder, labels: Image.new("RGB", (8, 8)).save(folder / "more" / "x.png"),
        r"The image .*photos/more/x\.png has no line in .*labels\.csv; add one",
    ),
    "twice": (
        lambda folder, labels: change(labels, "02.png", "01.png"),
        r"Lines 3 and 4 of .*labels\.csv both name '01\.png'; remove one",
    ),
    "empty name": (
        lambda folder, labels: change(labels, "01.png", ""),
        r"Line 3 of .*labels\.csv names no image in column file; add it",
    ),
    "no folder": (
        lambda folder, labels: folder.rename(folder.with_name("elsewhere")),
        r"There is no folder .*photos; name one that holds images",
    ),
    "no table": (lambda folder, labels: labels.unlink(), r"There is no file .*labels\.csv"),
    "no column of names": (
        lambda folder, labels: labels.write_text("a,b\nx,1\n"),
        r"No column of .*labels\.csv names images of .*photos; one with names such as '01\.png'",
    ),
    "no targets": (
        lambda folder, labels: (
            pd.read_csv(labels)[["file"]].assign(split="train").to_csv(labels, index=False)
        ),
        r"labels\.csv has no column to predict beside file",
    ),
    "a number that is none": (
        lambda folder, labels: (
            pd.read_csv(labels)
            .assign(level=[*map(str, range(39)), "x"])
            .to_csv(labels, index=False)
        ),
        r"Line 41 of .*labels\.csv holds 'x' in column level, where numbers were expected",
    ),
}


@pytest.mark.parametrize(("damage", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(damage, message, tmp_path):
    folder, labels = draw_folder(tmp_path)
    damage(folder, labels)
    with pytest.raises(InputError, match=message) as caught:
        loaded(folder, labels)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"split": ["train"] * 39 + ["tset"]}, "Line 41 of .* holds 'tset' in column split, where"),
        ({"split": ["train"] * 40}, "marks 0 rows as test; mark 1 or more"),
        ({"split": ["test"] * 39 + ["train"]}, "marks 1 rows as train; mark 2 or more"),
        ({"again": [f"{n:02d}.png" for n in range(40)]}, "Several columns .*: file, again; leave"),
        ({"same": ["x"] * 40}, "The column same of .* is x in all of the training rows"),
        ({"empty": [""] * 40}, "The column empty of .* is missing in all of the 24 training rows"),
        ({"text": [f"t{n}" for n in range(40)]}, "has 40 different texts in 40 rows, which are no"),
        ({"a b": ["x", "y"] * 20, "a,b": ["x", "y"] * 20}, "would both be called a_b"),
    ],
)
def test_columns_of_no_use(made, columns, message):
    with pytest.raises(InputError, match=message):
        made(**columns)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (("shades",), "has no column 'shades' to predict; did you mean 'shade'"),
        (("shade", "file"), "The column file of .* names the files; choose other targets"),
        (("shade", "shade"), "The target shade is named twice"),
    ],
)
def test_targets_of_no_use(made, targets, message):
    with pytest.raises(InputError, match=message):
        made(targets=targets)


def test_options_of_other_problems(tmp_path):
    with pytest.raises(InputError, match=r"images:x does not say what is on the images; name a"):
        load_problem("images:x", tmp_path)
    for asked, flag in ((Asked(labels=tmp_path), "labels"), (Asked(image_size=3), "image-size")):
        message = f"--{flag} .* and vlmop2 is made from none; leave it out, or choose images:FOL"
        with pytest.raises(InputError, match=message):
            load_problem("vlmop2", tmp_path, asked)
    with pytest.raises(InputError, match=r"--set gives .* and images:x is made from none"):
        load_problem("images:x", tmp_path, Asked(set={"a": 1}))
