"""The moving average of parameters: what is evaluated and kept, and its zero rows."""

import pytest
import torch

from paretocli.sparsity.pattern import zero_rows
from paretocli.training.evaluation import evaluate
from paretocli.training.turns import TurnsTrainer
from tests.toys import CPU, HIDDEN, growl_of, make_trainer, pictures, quadratics, solve, vectors
from tests.training.test_joint_training import SPARSE, WEIGHTS, branching
from tests.training.test_trainer import assert_same, saved_and_loaded, train

DECAY = 0.9
SEARCH = 4


def sparse(weights=SPARSE, **settings):
    problem = vectors()
    known = {"epochs": SEARCH, "retrain_epochs": 2, "retrain_lr": 0.05, "share_similarity": 0.5}
    known |= {"ema": DECAY, "lr": 0.1}
    return make_trainer(problem, weights, sparsity=growl_of(problem), **known | settings)


def dense(weights=WEIGHTS, *, dropout=0.3, **settings):
    known = {"epochs": 4, "ema": DECAY, "lr": 0.05}
    return make_trainer(pictures(dropout=dropout), weights, **known | settings)


def test_it_is_the_average_by_hand():
    problem = quadratics([[0.0], [4.0]], [1.0], steps=12)
    trainer = make_trainer(problem, [[0.25, 0.75]], "linear", epochs=2, ema=0.6)
    average, places = None, []
    step = trainer.descent.step

    def noted(*given):
        step(*given)
        places.append(trainer.population.parameters["variable"].item())

    trainer.descent.step = noted
    reports = train(trainer, 2)
    for number, place in enumerate(places):
        decay = min(0.6, number / (number + 9))
        average = place if average is None else decay * average + (1 - decay) * place
        if number == 11:
            assert reports[0].figures["val"][0][0, 0].item() == pytest.approx(average**2, rel=1e-5)
    assert trainer.finish().tensors["variable"].item() == pytest.approx(average, rel=1e-6)
    # What is trained is not the average.
    assert trainer.epoch == 2
    assert places[-1] != pytest.approx(average, rel=1e-3)


def test_what_is_trained_is_what_it_was_without():
    found, expected = dense(), dense(ema=0.0)
    for one, other in zip(train(found, 3), train(expected, 3), strict=True):
        torch.testing.assert_close(one.figures["train"][0], other.figures["train"][0])
        assert not torch.equal(one.figures["val"][0], other.figures["val"][0])
    for name, tensor in expected.population.state_dict().items():
        assert torch.equal(found.population.state_dict()[name], tensor)


def test_what_is_kept_is_what_was_evaluated():
    trainer = dense()
    reports = train(trainer, 4)
    outcome = trainer.finish()
    for member, epoch in enumerate(outcome.best_epoch.tolist()):
        chosen = reports[epoch - 1].figures
        for split in ("val", "test"):
            torch.testing.assert_close(outcome.figures[split][0][member], chosen[split][0][member])
    running = solve(dense(ema=0.0)).tensors["body.1.running_mean"]
    assert not torch.equal(outcome.tensors["body.1.running_mean"], running)


@pytest.mark.parametrize("retrain_epochs", [0, 2])
def test_zero_rows_are_those_of_the_network(retrain_epochs):
    trainer = sparse(retrain_epochs=retrain_epochs)
    while not trainer.finished:
        report = trainer.run_epoch()
        own = trainer.population.parameters[HIDDEN].detach().clone()
        with trainer.descent.averaged(trainer.phases.standstill.ended):
            average = trainer.population.parameters[HIDDEN].detach().clone()
            losses, _ = evaluate(trainer.population, trainer.splits["val"], trainer.prepare, 1000)
            f0 = trainer.sparsity.value(trainer.population.parameters)
        assert torch.equal(zero_rows(average), zero_rows(own))
        assert not torch.equal(average, own)
        torch.testing.assert_close(report.figures["val"][0][:, 1:], losses)
        torch.testing.assert_close(report.figures["val"][0][:, 0], f0.detach())
        assert report.zero_rows.tolist() == zero_rows(average).sum(dim=1).tolist()
    kept = trainer.finish().tensors[HIDDEN]
    assert zero_rows(kept).any()
    if retrain_epochs:
        pattern = trainer.pattern.representatives[HIDDEN]
        for member, rows in enumerate(pattern):
            assert zero_rows(kept)[member][rows < 0].all()
            for row, first in enumerate(rows.tolist()):
                if first >= 0:
                    assert torch.equal(kept[member, :, row], kept[member, :, first])


def test_a_row_that_comes_back_begins_where_it_is():
    trainer = sparse()
    averages = trainer.descent._averages
    weight = trainer.population.parameters[HIDDEN]
    for value in (1.0, 2.0, 0.0, 5.0):
        with torch.no_grad():
            weight[0, :, 0] = value
        averages.update()
        found = averages.tensors[HIDDEN][0, :, 0]
        if value in (0.0, 5.0):
            assert (found == value).all()


def test_the_search_goes_on_from_the_network_itself():
    found, expected = sparse(), sparse(ema=0.0)
    train(found, SEARCH + 1)
    train(expected, SEARCH + 1)
    for name, tensor in expected.search_end.items():
        assert torch.equal(found.search_end[name], tensor)


MAKERS = {
    "dense": dense,
    "sparse": sparse,
    "patience": lambda: dense(patience=1),
    "branching": lambda: branching(pictures(), branch_at=(0.25, 0.75), ema=DECAY),
    "fp16": lambda: dense(autocast=torch.float16),
}


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("kind", MAKERS)
def test_at_once_and_in_two_parts(kind, epoch):
    straight, resumed = MAKERS[kind](), MAKERS[kind]()
    train(straight, epoch)
    resumed.load_state_dict(saved_and_loaded(straight.state_dict()))
    rest = 0
    while not straight.finished:
        assert_same(straight.run_epoch(), resumed.run_epoch())
        rest += 1
    assert rest or kind == "patience"
    assert resumed.finished
    assert_same(straight.finish(), resumed.finish())


def test_what_has_ended_stays():
    trainer = dense(epochs=6, patience=1, lr=0.5)
    ended, shown = trainer.phases.standstill.ended, None
    seen = False
    while not trainer.finished:
        before = ended.clone()
        figures = trainer.run_epoch().figures
        for member in before.nonzero().flatten().tolist() if shown else ():
            seen = True
            for split in ("train", "val", "test"):
                assert torch.equal(figures[split][0][member], shown[split][0][member])
        shown = figures
    assert seen


@pytest.mark.parametrize("make", [dense, sparse])
def test_points_that_take_turns_come_out_the_same(make):
    rows = WEIGHTS if make is dense else SPARSE

    def part(members):
        trainer = make([rows[member] for member in members], patience=1, evaluate_every=3)
        trainer.population.stacked = False  # one network's kernels round as they do alone
        return trainer

    whole, turns = part(range(len(rows))), TurnsTrainer(part, len(rows), 1, device=CPU)
    while not whole.finished:
        expected, found = whole.run_epoch().figures, turns.run_epoch().figures
        assert expected.keys() == found.keys()
        for split, (losses, _) in expected.items():
            torch.testing.assert_close(found[split][0], losses)
    assert turns.finished
    found, expected = turns.finish(), whole.finish()
    assert found.best_epoch.tolist() == expected.best_epoch.tolist()
    for name, tensor in expected.tensors.items():
        torch.testing.assert_close(found.tensors[name], tensor)


def test_averages_of_other_networks_are_refused():
    trainer = dense()
    state = saved_and_loaded(trainer.state_dict())
    state["descent"][-1]["tensors"].pop("body.0.weight")
    with pytest.raises(ValueError, match="averages are of other networks"):
        trainer.load_state_dict(state)
