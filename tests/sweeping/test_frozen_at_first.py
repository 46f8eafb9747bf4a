"""`--thaw`, from what a user gives to the points of a sweep."""

import dataclasses

import pytest

from paretocli.cli.networks_text import networks_text
from paretocli.errors import InputError
from paretocli.options.declared import declared
from paretocli.planning.rounds import first_round, path_rounds
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of
from tests.toys import vectors


def resolved(thaw, problem=None, **options):
    return resolve({"thaw": thaw, "threads": 1, **options}, made=problem or vectors())


@pytest.mark.parametrize(
    "given",
    ["body.*=3", ["body.*=3"], [["body.*", 3]], {"body.*": 3}],
    ids=["text", "texts", "pairs", "mapping"],
)
def test_what_may_be_given(given):
    assert declared()["thaw"].value(given) == (("body.*", 3),)


@pytest.mark.parametrize("given", ["body.*=0", "body.*=1.5", "body.*=-1", "body.*=x", "=3", "body"])
def test_what_may_not_be_given(given):
    with pytest.raises(InputError, match=r"--thaw .* as in --thaw \"body\.\*=3\""):
        declared()["thaw"].value(given)


def test_a_problem_may_bring_it():
    problem = vectors()
    defaults = dataclasses.replace(problem.defaults, thaw={"body.*": 2})
    problem = dataclasses.replace(problem, defaults=defaults)
    found = resolve({"threads": 1}, made=problem)
    assert found.config.thaw == (("body.*", 2),)
    assert networks_text(found) == {"frozen": "at first, body.* for 2 epochs"}


def test_those_that_start_from_solved_points_have_nothing_frozen():
    found = resolved(["body.*=2", "body.4.*=1"], warm="path", points=9)
    config, later = found.config, path_rounds(found.config)
    whole = Subproblems(config, found.problem, without_scale(config), later=later)
    cold, warm = (whole.as_trained(one) for one in (first_round(config, later), later[0]))
    assert cold.config.thaw == config.thaw
    assert cold.config.epochs == 3
    trainer = trainer_of(cold, first_round(config, later).points[:1])
    assert trainer.settings.thaw_epochs["body.0.weight"] == 2
    assert trainer.settings.thaw_epochs["body.4.weight"] == 1
    assert warm.config.thaw == ()
    assert warm.config.epochs == 1


def test_a_task_that_nothing_would_train_at_first_is_refused():
    with pytest.raises(InputError, match="--thaw freezes all parameters at first that the loss of"):
        resolved(["body.*=1", "heads.0.*=2"])


def test_too_many_epochs_are_refused():
    with pytest.raises(InputError, match=r"--thaw body.\*=3 should be below the epochs of"):
        resolved(["body.*=3"])
