"""Experts that two tasks mix each in its own way (MMoE), on a table with two labels.

    paretocli sweep examples/experts_table.py:make

From ten features of the cells in a picture of a tumour, and how uncertain each of them is: is it
malignant, and how large are the largest of the cells? The data comes with scikit-learn.

Ma, Zhao, Yi, Chen, Hong and Chi, *Modeling task relationships in multi-task learning with
multi-gate mixture-of-experts*, KDD 2018.
"""

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.nn.functional import cross_entropy

from paretocli.problems import Defaults, Metric, Problem, Samples, Task

FEATURES = 20  # the last ten columns are what the second task is about


class MMoE(nn.Module):
    """Each task's gate says how much of each expert its tower gets, sample by sample."""

    def __init__(self, experts=6, width=24, outputs=(2, 1)):
        super().__init__()
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(FEATURES, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
            for _ in range(experts)
        )
        self.gates = nn.ModuleList(nn.Linear(FEATURES, experts) for _ in outputs)
        self.towers = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, count))
            for count in outputs
        )

    def forward(self, rows):
        found = torch.stack([expert(rows) for expert in self.experts], dim=1)  # (B, experts, width)
        outputs = []
        for gate, tower in zip(self.gates, self.towers, strict=True):
            shares = gate(rows).softmax(dim=1)
            outputs.append(tower((shares.unsqueeze(2) * found).sum(dim=1)))
        return outputs


def right(output, label):
    return (output.argmax(dim=1) == label).float()


def squared(output, size):
    return (output.squeeze(1) - size) ** 2


def root_mean_square(output, size):
    return float(squared(output, size).mean() ** 0.5)


def make(experts=6):
    table, benign = load_breast_cancer(return_X_y=True)
    table = torch.tensor(table, dtype=torch.float32)
    order = torch.randperm(len(table), generator=torch.Generator().manual_seed(0))
    train = order[: int(0.6 * len(table))]
    table = (table - table[train].mean(dim=0)) / table[train].std(dim=0)
    malignant, largest_radius = 1 - torch.tensor(benign), table[:, FEATURES]
    samples = Samples(table[:, :FEATURES], (malignant, largest_radius)).rows(order)
    train, val, test = (
        samples.rows(part) for part in torch.arange(len(table)).tensor_split([len(train), 455])
    )
    return Problem(
        name="tumours",
        tasks=[
            Task("malignant", cross_entropy, {"accuracy": right}),
            Task(
                "size",
                squared,
                {"rmse": Metric.whole(root_mean_square, higher_is_better=False)},
                lower_bound=0.0,
            ),
        ],
        train=train,
        val=val,
        test=test,
        networks={"mmoe": lambda: MMoE(experts)},
        defaults=Defaults(points=10, epochs=60, batch_size=64, lr=3e-3, retrain_epochs=20),
    )
