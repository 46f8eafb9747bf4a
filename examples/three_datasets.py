"""One network for three data sets, each with the labels of one task: wine, tumours, diabetes.

    paretocli sweep examples/three_datasets.py:make

They come with scikit-learn, and have nothing in common but that a row is some numbers; each has a
first layer of its own here, and all share what follows. A sample has no label of the other two
tasks: it counts nowhere there, neither in training nor in a figure. What is no mean over samples,
such as the area under a curve, is worked out over a split at once.
"""

import math

import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from paretocli.problems import Defaults, Metric, Problem, Task, joined

WIDTHS = (13, 30, 10)  # of the rows of the three data sets
SHARES = (0.6, 0.8)  # where training and validation end


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.own = nn.ModuleList(nn.Linear(width, 24) for width in WIDTHS)
        self.body = nn.Sequential(nn.ReLU(), nn.Linear(24, 24), nn.ReLU())
        self.heads = nn.ModuleList(nn.Linear(24, size) for size in (3, 1, 1))

    def forward(self, rows):
        parts = rows.split(WIDTHS, dim=1)  # zero but for the sample's own data set
        features = self.body(sum(layer(part) for layer, part in zip(self.own, parts, strict=True)))
        wine, tumour, sugar = (head(features) for head in self.heads)
        return [wine, tumour.squeeze(1), sugar.squeeze(1)]


def right(output, label):
    return (output.argmax(dim=1) == label).float()


def auroc(output, label):
    return roc_auc_score(label, output)


TASKS = (
    Task("wine", cross_entropy, {"accuracy": Metric.mean(right)}, missing=-1),
    Task(
        "tumour",
        binary_cross_entropy_with_logits,
        {"auroc": Metric.whole(auroc, higher_is_better=True)},
        missing=math.nan,
    ),
    Task("sugar", mse_loss, missing=math.nan),
)


def make():
    wine, tumour, sugar = (
        tuple(map(torch.tensor, load(return_X_y=True)))
        for load in (load_wine, load_breast_cancer, load_diabetes)
    )
    sugar = sugar[0], (sugar[1] - sugar[1].mean()) / sugar[1].std()
    data = {"wine": wine, "tumour": (tumour[0], tumour[1].float()), "sugar": sugar}

    def split(part):
        return joined(TASKS, *(_rows(place, name, data[name], part) for place, name in PLACES))

    return Problem(
        name="three-datasets",
        tasks=TASKS,
        train=split(0),
        val=split(1),
        test=split(2),
        networks={"own": Network},
        defaults=Defaults(points=9, epochs=60, batch_size=64, lr=3e-3),
    )


PLACES = tuple(enumerate(task.name for task in TASKS))


def _rows(place, name, table, part):
    """A third of a data set in its columns of the whole, and its labels."""
    x, y = table
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    ends = [0, *(int(len(x) * share) for share in SHARES), len(x)]
    train, rows = order[: ends[1]], order[ends[part] : ends[part + 1]]
    x = (x - x[train].mean(dim=0)) / x[train].std(dim=0)
    whole = torch.zeros(len(rows), sum(WIDTHS))
    first = sum(WIDTHS[:place])
    whole[:, first : first + WIDTHS[place]] = x[rows]
    return whole, {name: y[rows].long() if name == "wine" else y[rows].float()}
