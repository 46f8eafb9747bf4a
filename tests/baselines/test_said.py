"""What tasks' outputs say, where nobody declared it."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import nn

from paretocli.baselines.learned import baselines_of
from paretocli.baselines.said import prediction_of
from paretocli.core.prediction import Classes, Number
from paretocli.core.problem import Problem, Samples, Task

LABELS = torch.tensor([0, 2, 1, 0])
NUMBERS = torch.tensor([0.5, 1.5, 2.0, 4.0])


def own_loss(output, target):
    return F.mse_loss(output, target)


@pytest.mark.parametrize(
    ("task", "target", "said"),
    [
        (Task("a", F.cross_entropy), LABELS, Classes(3)),
        (Task("a", nn.CrossEntropyLoss()), LABELS, Classes(3)),
        (Task("a", F.cross_entropy, missing=-1), torch.tensor([-1, 3]), Classes(4)),
        (Task("a", F.cross_entropy), torch.tensor([-100, 3]), None),  # ignored in a batch's mean
        (Task("a", nn.CrossEntropyLoss(weight=torch.ones(3))), LABELS, None),
        (Task("a", F.cross_entropy), torch.rand(4, 3), None),
        (Task("a", F.cross_entropy), torch.zeros(4, 5, 5).long(), None),
        (Task("a", F.mse_loss), NUMBERS, Number(flat=True)),
        (Task("a", nn.MSELoss()), NUMBERS.unsqueeze(1), Number()),
        (Task("a", F.mse_loss), torch.rand(4, 2), None),
        (Task("a", own_loss), NUMBERS, None),
        (Task("a", own_loss, prediction=Number(2.0)), NUMBERS, Number(2.0)),
        (Task("a", F.l1_loss, prediction=Number()), NUMBERS, Number(flat=True)),
        (Task("a", F.cross_entropy, prediction=Classes(9)), LABELS, Classes(9)),
    ],
)
def test_what_is_said(task, target, said):
    assert prediction_of(task, [target, target]) == said


@pytest.mark.parametrize("column", [False, True])
def test_a_row_of_targets_is_not_compared_with_a_column_of_outputs(column):
    x = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    target = x.sum(dim=1, keepdim=True) if column else x.sum(dim=1)
    samples = Samples(x, (target,))
    problem = Problem(
        name="p", tasks=[Task("a", F.mse_loss)], train=samples, val=samples, test=samples
    )
    found = {one["name"]: one["figures"]["loss_a_test"] for one in baselines_of(problem).baselines}
    assert found["constant"] == pytest.approx(target.var(correction=0).item(), rel=1e-4)
    assert found["linear"] < 1e-3
