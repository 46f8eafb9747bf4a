import numpy as np
import pytest
import torch
from PIL import Image

from paretocli.problems import overlay
from paretocli.problems.overlay import blend, overlay_pairs


def random_digits(count, height=5, width=4, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, size=(count, height, width), dtype=np.uint8)
    return torch.from_numpy(images), torch.from_numpy(rng.integers(0, 10, size=count))


def naive(images, partners, shift, canvas):
    """Pixel by pixel."""
    count, height, width = images.shape
    sheets = np.zeros((count, canvas, canvas), dtype=np.uint8)
    for i in range(count):
        for row in range(canvas):
            for column in range(canvas):
                left = right = 0
                if row < height and column < width:
                    left = images[i, row, column]
                if 0 <= row - shift < height and 0 <= column - shift < width:
                    right = images[partners[i], row - shift, column - shift]
                sheets[i, row, column] = max(left, right)
    return sheets


def partners_of(seed, count):
    return np.random.default_rng(seed).permutation(count)


@pytest.mark.parametrize("shift", [0, 2, 4])
def test_against_a_loop_over_pixels(shift):
    images, labels = random_digits(7)
    pairs = overlay_pairs(images, labels, shift=shift, canvas=9, size=9, seed=3)
    partners = partners_of(3, 7)
    assert pairs.inputs.dtype == torch.uint8
    assert pairs.inputs.shape == (7, 1, 9, 9)
    np.testing.assert_array_equal(pairs.inputs[:, 0], naive(images.numpy(), partners, shift, 9))
    np.testing.assert_array_equal(pairs.targets[0], labels)
    np.testing.assert_array_equal(pairs.targets[1], labels[partners])
    assert all(target.dtype == torch.int64 for target in pairs.targets)


def test_shrinking_against_pillow():
    images, labels = random_digits(5, 28, 28)
    pairs = overlay_pairs(images, labels, shift=6, canvas=36, size=28, seed=1)
    sheets = naive(images.numpy(), partners_of(1, 5), 6, 36)
    for found, sheet in zip(pairs.inputs[:, 0], sheets, strict=True):
        expected = np.asarray(Image.fromarray(sheet).resize((28, 28), Image.Resampling.BILINEAR))
        assert np.abs(found.numpy().astype(int) - expected).max() <= 1


def test_every_image_is_once_left_and_once_right():
    count = 50
    images = torch.arange(1, count + 1, dtype=torch.uint8).reshape(-1, 1, 1).expand(count, 2, 2)
    pairs = overlay_pairs(images, torch.arange(count), shift=2, canvas=4, size=4, seed=8)
    left, right = pairs.inputs[:, 0, 0, 0], pairs.inputs[:, 0, 3, 3]
    np.testing.assert_array_equal(left, torch.arange(1, count + 1))
    np.testing.assert_array_equal(right.sort().values, torch.arange(1, count + 1))
    np.testing.assert_array_equal(right.long() - 1, pairs.targets[1])
    assert not torch.equal(left, right)


def test_chunks_do_not_show(monkeypatch):
    images, labels = random_digits(11, 8, 8)
    settings = {"shift": 3, "canvas": 11, "size": 9, "seed": 0}
    whole = overlay_pairs(images, labels, **settings)
    monkeypatch.setattr(overlay, "CHUNK", 3)
    np.testing.assert_array_equal(overlay_pairs(images, labels, **settings).inputs, whole.inputs)


def test_the_seed_decides_and_inputs_are_left_alone():
    images, labels = random_digits(30)
    before = images.clone()
    settings = {"shift": 2, "canvas": 9, "size": 9}
    one, same, other = (
        overlay_pairs(images, labels, seed=seed, **settings).inputs for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(images, before)


def test_a_blend_is_the_mean_in_every_channel():
    digits, _ = random_digits(7, 6, 6, seed=1)
    rng = np.random.default_rng(2)
    pictures = torch.from_numpy(rng.integers(0, 256, size=(7, 3, 6, 6), dtype=np.uint8))
    before = pictures.clone()
    found = blend(pictures, digits)
    assert found.dtype == torch.uint8
    numbers = (pictures.numpy().astype(float) + digits.numpy()[:, None]) / 2
    np.testing.assert_array_equal(found, np.floor(numbers + 0.5))
    assert torch.equal(pictures, before)


def test_a_blend_at_the_ends_of_the_range():
    black, white = torch.zeros(1, 3, 4, 4, dtype=torch.uint8), torch.full((1, 4, 4), 255).byte()
    assert blend(black, white).unique().tolist() == [128]
    assert blend(255 - black, white).unique().tolist() == [255]
    assert blend(black, 255 - white).unique().tolist() == [0]


def test_digits_in_a_blend_grow_to_the_size_of_the_pictures(monkeypatch):
    digits, _ = random_digits(5, 28, 28)
    pictures = torch.zeros(5, 3, 32, 32, dtype=torch.uint8)
    found = blend(pictures, digits)
    for blended, digit in zip(found, digits, strict=True):
        grown = Image.fromarray(digit.numpy()).resize((32, 32), Image.Resampling.BILINEAR)
        assert np.abs(blended.numpy() - np.asarray(grown).astype(float) / 2).max() <= 1
    monkeypatch.setattr(overlay, "CHUNK", 2)
    assert torch.equal(blend(pictures, digits), found)


def test_partners_from_another_set():
    rng = np.random.default_rng(5)
    garments, digits = (
        torch.from_numpy(rng.integers(0, 256, size=(7, 4, 4), dtype=np.uint8)) for _ in range(2)
    )
    pairs = overlay_pairs(
        garments,
        torch.arange(7),
        right=(digits, torch.arange(10, 17)),
        shift=4,
        canvas=8,
        size=8,
        seed=3,
    )
    np.testing.assert_array_equal(pairs.inputs[:, 0, :4, :4], garments)
    order = pairs.targets[1] - 10
    assert pairs.targets[0].tolist() == list(range(7))
    assert sorted(order.tolist()) == list(range(7))
    np.testing.assert_array_equal(pairs.inputs[:, 0, 4:, 4:], digits[order])
    assert (pairs.inputs[:, 0, :4, 4:] == 0).all()
