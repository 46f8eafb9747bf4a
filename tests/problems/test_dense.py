"""Losses and metrics of scene understanding, against scikit-learn and by hand."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    jaccard_score,
    log_loss,
    mean_absolute_error,
)
from torch import nn
from torch.func import vmap

from paretocli.core.problem import Samples
from paretocli.population.population import Population
from paretocli.problems import dense
from paretocli.problems.pixel_metrics import mean_iou
from paretocli.training.evaluation import evaluate
from tests.toys import CPU

COUNT, HEIGHT, WIDTH, CLASSES = 7, 5, 6, 4
TASKS = [dense.segmentation("s", CLASSES), dense.depth("d"), dense.normals("n")]


class Given(nn.Module):
    """Outputs that are part of the inputs (B, C + 1 + 3, H, W), turned by a parameter."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, inputs):
        return torch.split(inputs + self.shift, [CLASSES, 1, 3], dim=1)


@pytest.fixture
def split():
    """Random outputs and targets, with masks; the samples have very different numbers of pixels."""
    generator = torch.Generator().manual_seed(0)

    def uniform(*shape):
        return torch.rand(COUNT, *shape, generator=generator)

    kept = uniform(HEIGHT, WIDTH) < torch.linspace(0, 1, COUNT)[:, None, None]
    inputs = torch.randn(COUNT, CLASSES + 4, HEIGHT, WIDTH, generator=generator)
    # Class 3 occurs nowhere, but is predicted.
    labels = torch.where(kept, (3 * uniform(HEIGHT, WIDTH)).long(), -1)
    depths = torch.where(kept.unsqueeze(1), 0.5 + uniform(1, HEIGHT, WIDTH), 0)
    normals = F.normalize(torch.randn(COUNT, 3, HEIGHT, WIDTH, generator=generator), dim=1)
    return Samples(inputs, (labels, depths, torch.where(kept.unsqueeze(1), normals, 0)))


def expected(split, shift=0.0):
    """The metrics by name, from all valid pixels at once."""
    logits, depth, normal = torch.split(split.inputs + shift, [CLASSES, 1, 3], dim=1)
    labels, depths, normals = split.targets
    kept = labels >= 0
    seen, said = labels[kept].numpy(), logits.argmax(dim=1)[kept].numpy()
    true, error = depths[depths > 0], (depth - depths).abs()[depths > 0]
    a, b = (x.movedim(1, -1)[kept].double().numpy() for x in (normal, normals))
    angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), (a * b).sum(axis=1)))
    return {
        "miou_s": jaccard_score(seen, said, average="macro"),
        "pixel_accuracy_s": accuracy_score(seen, said),
        "abs_error_d": error.mean().item(),
        "rel_error_d": (error / true).mean().item(),
        "mean_angle_n": angle.mean(),
        "median_angle_n": np.median(angle),
        "within_11_n": (angle <= 11.25).mean(),
        "within_22_n": (angle <= 22.5).mean(),
        "within_30_n": (angle <= 30).mean(),
    }


def expected_losses(split, shift):
    """The losses (3,), from all valid pixels at once."""
    logits, depth, normal = torch.split(split.inputs + shift, [CLASSES, 1, 3], dim=1)
    labels, depths, normals = split.targets
    kept = labels >= 0
    chances = logits.movedim(1, -1)[kept].double().softmax(dim=-1).numpy()
    a, b = (x.movedim(1, -1)[kept].double().numpy() for x in (normal, normals))
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return [
        log_loss(labels[kept].numpy(), chances, labels=range(CLASSES)),
        mean_absolute_error(depths[depths > 0].numpy(), depth[depths > 0].numpy()),
        1 - cosine.mean(),
    ]


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_figures_are_those_of_all_valid_pixels(split, stacked, batch):
    population = Population(Given(), TASKS, 2, device=CPU, stacked=stacked)
    with torch.no_grad():
        population.parameters["shift"][1] = 0.7
    losses, found = evaluate(population, split, lambda x: x, batch)
    for member, shift in enumerate((0.0, 0.7)):
        np.testing.assert_allclose(losses[member], expected_losses(split, shift), rtol=1e-6)
        values = expected(split, shift)
        assert list(values) == [f"{m}_{task.name}" for task in TASKS for m in task.metrics]
        for (name, value), figure in zip(values.items(), found[member].tolist(), strict=True):
            tolerance = 0.1 if name == "median_angle_n" else 1e-5 * max(1, abs(value))
            assert figure == pytest.approx(value, abs=tolerance), name


def test_the_confusion_matrix(split):
    statistics = mean_iou(CLASSES, ignored=-1).statistics(
        split.inputs[:, :CLASSES], split.targets[0]
    )
    labels = split.targets[0].flatten()
    said = split.inputs[:, :CLASSES].argmax(dim=1).flatten()
    counts = confusion_matrix(labels[labels >= 0], said[labels >= 0], labels=range(CLASSES))
    found = (statistics * labels.numel()).reshape(CLASSES, CLASSES)
    np.testing.assert_allclose(found, counts, atol=1e-4)


def logits(classes):
    return 5 * F.one_hot(torch.tensor(classes), CLASSES).float().movedim(-1, 1)


def test_miou_by_hand():
    # Class 0: 1 of 2, class 1: 1 of 3, class 2: 0 of 1; class 3 does not occur.
    target = torch.tensor([[[0, 0], [1, 1]], [[-1, -1], [-1, 1]]])
    output = logits([[[0, 1], [1, 2]], [[0, 1], [2, 1]]])
    task = TASKS[0]
    miou, accuracy = task.figures(task.statistics(output, target)).tolist()
    assert miou == pytest.approx((1 / 2 + 2 / 4 + 0) / 3)
    assert accuracy == pytest.approx(3 / 5)


def turned(*degrees):
    """Vectors (1, 3, 1, n) of odd lengths at these angles from (0, 0, 1)."""
    angles = torch.deg2rad(torch.tensor(degrees))
    vectors = torch.stack([angles.sin(), torch.zeros_like(angles), angles.cos()])
    return (vectors * torch.linspace(0.3, 4, len(degrees))).reshape(1, 3, 1, -1)


def test_angles_by_hand():
    target = torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1).expand(1, 3, 1, 6).clone()
    target[..., 5] = 0
    output = turned(0.0, 10.0, 20.0, 29.0, 180.0, 77.0)
    figures = TASKS[2].figures(TASKS[2].statistics(output, target)).tolist()
    assert figures[0] == pytest.approx((10 + 20 + 29 + 180) / 5, abs=0.05)
    assert figures[1] == pytest.approx(20, abs=0.1)
    assert figures[2:] == pytest.approx([2 / 5, 3 / 5, 4 / 5])
    loss = TASKS[2].mean_loss(output, target).item()
    cosines = [math.cos(math.radians(angle)) for angle in (0, 10, 20, 29, 180)]
    assert loss == pytest.approx(1 - sum(cosines) / 5, abs=1e-6)


def test_a_prediction_of_length_zero_is_90_degrees_off():
    target = turned(0.0, 0.0)
    output = torch.zeros_like(target).requires_grad_()
    assert TASKS[2].figures(TASKS[2].statistics(output, target))[0].item() == pytest.approx(90)
    TASKS[2].mean_loss(output, target).backward()
    assert output.grad.abs().max() <= 1 / dense.SHORTEST


def test_losses_by_hand(split):
    labels, _, normals = split.targets
    outputs = torch.split(split.inputs, [CLASSES, 1, 3], dim=1)
    found = [t.mean_loss(o, y) for t, o, y in zip(TASKS, outputs, split.targets, strict=True)]
    torch.testing.assert_close(found[0], F.cross_entropy(outputs[0], labels, ignore_index=-1))
    assert found[1].item() == pytest.approx(expected(split)["abs_error_d"], rel=1e-5)
    cosine = F.cosine_similarity(outputs[2], normals, dim=1)[labels >= 0]
    torch.testing.assert_close(found[2], 1 - cosine.mean())


def test_a_batch_without_valid_pixels_teaches_nothing(split):
    outputs = torch.split(split.inputs.clone().requires_grad_(), [CLASSES, 1, 3], dim=1)
    nothing = [torch.full_like(split.targets[0], -1), *map(torch.zeros_like, split.targets[1:])]
    for task, output, target in zip(TASKS, outputs, nothing, strict=True):
        loss = task.mean_loss(output, target)
        (gradient,) = torch.autograd.grad(loss, output)
        assert loss == 0
        assert not gradient.any()
        assert task.figures(task.statistics(output, target)).isnan().all()


def test_a_network_that_has_diverged_breaks_nothing(split):
    outputs = torch.split(torch.full_like(split.inputs, torch.nan), [CLASSES, 1, 3], dim=1)
    for task, output, target in zip(TASKS, outputs, split.targets, strict=True):
        assert task.mean_loss(output, target).isnan()
        task.figures(task.statistics(output, target))


def test_perfect_predictions():
    labels = torch.randint(0, CLASSES, (2, 4, 4), generator=torch.Generator().manual_seed(0))
    outputs = (logits(labels.tolist()), torch.full((2, 1, 4, 4), 2.0), torch.ones(2, 3, 4, 4))
    targets = (labels, *outputs[1:])
    found = [
        task.figures(task.statistics(output, target)).tolist()
        for task, output, target in zip(TASKS, outputs, targets, strict=True)
    ]
    assert found[:2] == [[1, 1], [0, 0]]
    assert found[2] == pytest.approx([0, 0, 1, 1, 1], abs=0.1)


def test_gradients_under_vmap(split):
    outputs = torch.split(split.inputs, [CLASSES, 1, 3], dim=1)
    for task, output, target in zip(TASKS, outputs, split.targets, strict=True):
        both = torch.stack([output, output + 1]).requires_grad_()
        vmap(task.mean_loss, in_dims=(0, None))(both, target).sum().backward()
        for member in range(2):
            alone = both[member].detach().requires_grad_()
            task.mean_loss(alone, target).backward()
            torch.testing.assert_close(both.grad[member], alone.grad)
