"""Two tasks from four numbers: name a handwritten digit, and draw it again.

Change what is here to your own. In this folder, to try it and to see its front:

    paretocli check problem.py:make
    paretocli sweep --config sweep.toml

A table with several columns to predict needs no such file: paretocli sweep table:FILE.csv.
Nor does a folder of images: paretocli sweep images:FOLDER --labels FILE.csv.
"""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from paretocli.problems import Defaults, Problem, Samples, Task


# Any module of torch will do that returns one output a task, in the order of the tasks below or in
# a dictionary by their names.
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
        self.name = nn.Linear(4, 10)
        self.draw = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, images):
        code = self.body(images)
        return [self.name(code), self.draw(code)]


# A loss or a metric gets a task's outputs (B, …) and targets (B, …), and returns one number a
# sample (B,) or their mean. What is no mean over samples, such as AUROC or F1, is given as
# Metric.whole(function).
def accuracy(output, label):
    return (output.argmax(dim=1) == label).float().mean()


def make():
    # Your data, a row a sample: here images (1797, 64) and labels (1797,).
    images, labels = map(torch.tensor, load_digits(return_X_y=True))
    images = images.float() / 16
    # Targets are one tensor a task, or a tuple or dictionary of them. Inputs may be several: those
    # of a tuple become the arguments of forward, those of a dictionary its keywords. A Dataset of
    # torch, arrays or a data frame become samples by Samples.of; what is too large for memory is
    # LazySamples(dataset).
    samples = Samples(inputs=images, targets=(labels, images))
    # Validation chooses the best epoch, test is only reported. Or make three Samples yourself.
    train, val, test = samples.split(0.6, 0.2, 0.2)
    return Problem(
        name="digits",
        # A task has a name, a loss that is trained, and metrics to look at. Where samples have no
        # label, missing=-1 says what stands in its place.
        tasks=[Task("name", cross_entropy, {"accuracy": accuracy}), Task("draw", mse_loss)],
        train=train,
        val=val,
        test=test,
        # Of several, --network NAME chooses one.
        networks={"own": Network},
        # What is used where no option says otherwise.
        defaults=Defaults(points=9, epochs=30, batch_size=64, lr=3e-3),
    )
