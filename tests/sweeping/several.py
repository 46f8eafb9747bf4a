"""Problems whose outputs and targets are several tensors, in every form, and as one tensor."""

SOURCE = """
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from paretocli import Defaults, Metric, Problem, Samples, Task

class Spread(NamedTuple):
    mean: Tensor
    log_variance: Tensor

@dataclass
class Box:
    logits: Tensor
    place: Tensor
    hidden: Tensor | None = None

@dataclass
class Both:
    box: Box
    size: Spread
    features: Tensor | None = None

class ModelOutput(OrderedDict):
    pass  # as that of transformers: a dictionary with its fields in order

class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU())
        self.size, self.box = nn.Linear(8, 2), nn.Linear(8, 5)

    def heads(self, inputs):
        features = self.body(inputs)
        return self.size(features), self.box(features), features

class Joined(Body):
    def forward(self, inputs):
        return self.heads(inputs)[:2]

class Dictionaries(Body):
    def forward(self, inputs):
        size, box, _ = self.heads(inputs)
        return (dict(mean=size[:, 0], log_variance=size[:, 1]),
                dict(logits=box[:, :3], place=box[:, 3:]))

class Tuples(Body):
    def forward(self, inputs):
        size, box, _ = self.heads(inputs)
        return [[size[:, 0], size[:, 1]], (box[:, :3], box[:, 3:])]

class ByName(Body):
    def forward(self, inputs):
        size, box, features = self.heads(inputs)
        return {"features": features, "box": {"logits": box[:, :3], "place": box[:, 3:]},
                "size": Spread(size[:, 0], size[:, 1])}

class Data(Body):
    def forward(self, inputs):
        size, box, features = self.heads(inputs)
        return Both(Box(box[:, :3], box[:, 3:]), Spread(size[:, 0], size[:, 1]), features)

class Transformers(Body):
    def forward(self, inputs):
        size, box, features = self.heads(inputs)
        return ModelOutput(box=ModelOutput(logits=box[:, :3], place=box[:, 3:]),
                           size=Spread(size[:, 0], size[:, 1]), hidden_states=(features,))

def spread_loss(output, target):
    mean, log_variance = output[:, 0], output[:, 1]
    return (log_variance + (target - mean) ** 2 / log_variance.exp()) / 2

def box_loss(output, target):
    place = (output[:, 3:] - target[:, 1:]).square().mean(dim=1)
    return cross_entropy(output[:, :3], target[:, 0].long(), reduction="none") + place

def f1_of(output, target):
    return f1_score(target[:, 0].long(), output[:, :3].argmax(dim=1), average="macro")

def hit(output, target):
    return (output[:, :3].argmax(dim=1) == target[:, 0]).float()

def outputs_joined(output):
    parts = tuple(output.values() if isinstance(output, dict) else output)
    return torch.cat([part if part.dim() == 2 else part.unsqueeze(1) for part in parts], dim=1)

def targets_joined(target):
    label, place = target["label"], target["place"]
    return torch.cat([label.unsqueeze(1).float(), place], dim=1)

def make(network=Joined, several=True, missing=False, **changes):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(90, 6, generator=generator)
    noise = torch.randn(90, generator=generator)
    size = inputs[:, 0] + inputs[:, 1].exp() * 0.3 * noise
    label, place = inputs[:, 2:5].argmax(dim=1), inputs[:, 4:]
    if missing:
        label[::3] = -1
    target = {"label": label, "place": place} if several else targets_joined(
        {"label": label, "place": place})
    sign = {"label": -1} if several else None
    if missing and not several:
        target[::3] = -1.0
        sign = -1
    def box(function):
        def of_parts(output, target):
            output = output if isinstance(output, torch.Tensor) else outputs_joined(output)
            return function(output, targets_joined(target) if several else target)
        return of_parts
    def spread(output, target):
        output = output if isinstance(output, torch.Tensor) else outputs_joined(output)
        return spread_loss(output, target)
    metrics = {"hit": box(hit), "f1": Metric.whole(box(f1_of), higher_is_better=True)}
    tasks = [Task("size", spread, lower_bound=-5.0),
             Task("box", box(box_loss), metrics, missing=sign if missing else None)]
    train, val, test = Samples(inputs, (size, target)).split(0.6, 0.2, 0.2)
    return Problem(name="several", tasks=tasks, train=train, val=val, test=test,
                   networks={"net": network}, generic=False,
                   defaults=Defaults(points=3, epochs=2, batch_size=8, retrain_epochs=1), **changes)
"""

FORMS = ("Joined", "Dictionaries", "Tuples", "ByName", "Data", "Transformers")

FUNCTIONS = {
    f"{form.lower()}{missing}": f"make({form}, missing={bool(missing)})"
    for form in FORMS
    for missing in ("", "_missing")
} | {
    "plain": "make(several=False)",
    "plain_missing": "make(several=False, missing=True)",
}

SOURCE += "".join(f"\n\ndef {name}():\n    return {call}\n" for name, call in FUNCTIONS.items())
