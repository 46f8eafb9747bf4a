import io
import math

import pytest
import torch

from paretocli.training.breakdown import Breakdown


def observed(*epochs):
    found = Breakdown(2, 2)
    for steps in epochs:
        found.observe(torch.tensor(steps))
    return found


FINE = [1.0, 1.0]


def test_the_first_step_and_its_losses_are_kept():
    found = observed(
        [[FINE, FINE], [FINE, FINE]],
        [[FINE, FINE], [FINE, [1.0, math.nan]], [FINE, [math.inf, 1.0]]],
        [[FINE, [math.nan, math.nan]]],
    )
    assert found.step.tolist() == [0, 2]
    assert found.losses.tolist() == [[False, False], [False, True]]
    assert not found.grew.any()


@pytest.mark.parametrize("again", [False, True])
def test_losses_that_grew_before_are_told_from_those_that_did_not(again):
    before = observed([[FINE, FINE], [[5.0, 1.0], [1.5, 0.0]]])
    if again:
        file = io.BytesIO()
        torch.save(before.state_dict(), file)
        file.seek(0)
        before = Breakdown(2, 2)
        before.load_state_dict(torch.load(file, weights_only=True))
    before.observe(torch.tensor([[[math.inf, 1.0], [math.nan, 0.0]]]))
    assert before.step.tolist() == [1, 1]
    assert before.grew.tolist() == [True, False]


def test_what_fails_on_held_out_data_alone_has_no_step():
    found = observed([[FINE, FINE]])
    losses = torch.tensor([[1.0, math.nan], [1.0, 1.0]])
    found.observe_held_out(losses, torch.tensor([True, True]))
    assert found.step.tolist() == [0, 0]
    assert found.losses.tolist() == [[False, True], [False, False]]
    found.load_state_dict({})  # as of an older checkpoint
    assert found.losses[0, 1]
