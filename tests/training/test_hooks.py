"""Training by optimisers that a hook makes."""

from functools import partial

import pytest
import torch
from torch.optim import Adafactor, Adam, NAdam

from tests.toys import growl_of, make_trainer, pictures, solve, vectors
from tests.training.test_joint_training import SPARSE, WEIGHTS, branching
from tests.training.test_trainer import assert_same, saved_and_loaded, train

MAKERS = {
    "apart": lambda: make_trainer(pictures(), WEIGHTS, epochs=4, hook=Adafactor),
    "stacked": lambda: make_trainer(
        pictures(), WEIGHTS, epochs=4, hook=partial(Adam, amsgrad=True)
    ),
    "sparse": lambda: sparse(Adafactor),
    "sparse, amsgrad": lambda: sparse(partial(Adam, amsgrad=True)),
    "sparse, nadam": lambda: sparse(NAdam),
    "branching": lambda: branching(pictures(), branch_at=(0.25, 0.75), hook=Adafactor),
}


def sparse(hook, weights=SPARSE, **settings):
    problem = vectors()
    known = {"epochs": 3, "retrain_epochs": 1, "retrain_lr": 0.05, "share_similarity": 0.9}
    return make_trainer(
        problem, weights, sparsity=growl_of(problem), hook=hook, lr=0.3, **known, **settings
    )


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("kind", MAKERS)
def test_four_epochs_at_once_and_in_two_parts(kind, epoch):
    straight, resumed = MAKERS[kind](), MAKERS[kind]()
    train(straight, epoch)
    resumed.load_state_dict(saved_and_loaded(straight.state_dict()))
    rest = train(straight, 4 - epoch)
    for one, other in zip(rest, train(resumed, 4 - epoch), strict=True):
        assert_same(one, other)
    assert_same(straight.finish(), resumed.finish())


@pytest.mark.parametrize("make", [sparse, partial(make_trainer, vectors(), epochs=3, lr=0.05)])
def test_a_point_comes_out_the_same_alone_and_in_company(make):
    """Adafactor's steps go by the size of all that it is given."""
    rows = SPARSE if make is sparse else WEIGHTS
    given = {"hook": Adafactor}
    together = solve(make(weights=rows, **given))
    for member, row in enumerate(rows):
        alone = solve(make(weights=[row], **given))
        for name, tensor in alone.tensors.items():
            torch.testing.assert_close(
                tensor[0], together.tensors[name][member], rtol=1e-4, atol=1e-5
            )


def test_zero_rows_with_adafactor():
    found = solve(sparse(Adafactor))
    rows = found.tensors["body.4.weight"]
    assert (rows == 0).all(dim=1).any()
