import math

import numpy as np
import pytest
import torch

from paretocli.problems.images import Normalise, RandomRotation, resized, rotated


def random_images(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, size=shape, dtype=np.uint8))


def test_images_of_the_right_size_stay_as_they_are():
    images = random_images(2, 3, 9, 9)
    assert torch.equal(resized(images, 9), images)
    assert resized(random_images(2, 3, 5, 9), 9).shape == (2, 3, 9, 9)


# Normalising


@pytest.mark.parametrize("channels", [1, 3])
def test_normalised_images_have_mean_0_and_deviation_1(channels):
    images = random_images(40, channels, 9, 9)
    images[:, :, 0] = 0
    images[:, 0] //= 3
    normalise = Normalise(images)
    before = images.clone()
    found = normalise(images)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.mean((0, 2, 3)), np.zeros(channels), atol=1e-5)
    np.testing.assert_allclose(found.std((0, 2, 3), correction=0), np.ones(channels), atol=1e-5)
    assert torch.equal(images, before)
    # The same map for every batch, whatever is in it.
    np.testing.assert_array_equal(normalise(images[3:4])[0], found[3])
    numbers = images.numpy() / 255
    assert normalise.means == pytest.approx(numbers.mean((0, 2, 3)))
    assert normalise.deviations == pytest.approx(numbers.std((0, 2, 3)))


# Rotating


def blobs(count, side=32, radius=9.0):
    """Images of one soft spot to the right of the centre."""
    axis = torch.arange(side) - (side - 1) / 2
    spot = torch.exp(-((axis[None] - radius) ** 2 + axis[:, None] ** 2) / 4)
    return spot.expand(count, 2, side, side)


def directions(images):
    """Where each image's spot lies, in degrees, anticlockwise from the right."""
    axis = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    right = (images[:, 0] * axis).sum((1, 2))
    down = (images[:, 0] * axis[:, None]).sum((1, 2))
    return torch.rad2deg(torch.atan2(-down, right))


def test_no_angle_no_change():
    images = torch.randn(5, 3, 32, 32)
    torch.testing.assert_close(rotated(images, torch.zeros(5)), images, atol=1e-5, rtol=0)


def test_quarter_turns_are_exact():
    images = torch.randn(4, 3, 8, 8)
    found = rotated(images, torch.arange(4) * math.pi / 2)
    for turns in range(4):
        expected = torch.rot90(images[turns], turns, (1, 2))
        torch.testing.assert_close(found[turns], expected, atol=1e-4, rtol=0)


def test_each_image_has_its_own_angle():
    angles = torch.tensor([-20.0, -3, 0, 7, 45, 120])
    found = directions(rotated(blobs(6), torch.deg2rad(angles)))
    torch.testing.assert_close(found, angles, atol=0.1, rtol=0)


def test_random_angles_are_uniform_within_their_bounds():
    torch.manual_seed(0)
    found = directions(RandomRotation(20)(blobs(2000)))
    assert found.abs().max() <= 20.1
    assert len(found.unique()) > 1900
    shares = np.histogram(found, bins=8, range=(-20.1, 20.1))[0] / len(found)
    assert np.abs(shares - 1 / 8).max() < 0.03


def test_torchs_own_seed_decides_the_angles():
    images, rotate = torch.randn(6, 3, 32, 32), RandomRotation(20)
    before = images.clone()
    torch.manual_seed(3)
    first, second = rotate(images), rotate(images)
    torch.manual_seed(3)
    assert torch.equal(rotate(images), first)
    assert not torch.allclose(first, second)
    assert torch.equal(images, before)


def test_corners_do_not_tell_the_angle():
    flat = torch.full((3, 1, 16, 16), 5.0)
    found = rotated(flat, torch.deg2rad(torch.tensor([-20.0, 10, 45])))
    torch.testing.assert_close(found, flat)
