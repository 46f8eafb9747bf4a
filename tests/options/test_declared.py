"""What follows from the declarations."""

from dataclasses import dataclass
from importlib import metadata

import pytest

from paretocli.errors import InputError
from paretocli.option import UNSET, option, options_of
from paretocli.options.config import SweepConfig
from paretocli.options.declared import declared, taken_by, why_idle
from paretocli.population.transfer import TRANSFERS
from paretocli.solvers.registry import SOLVERS, SolverKind

# What 0.1.0 wrote into `sweep.json`: nobody's directory lacks these.
OF_0_1_0 = {
    *("averaging", "batch_size", "batches", "branch_at", "compile", "device", "distill_at"),
    *("distillation", "epochs", "epsilon", "ideal", "init", "lr", "max_layer_sparsity"),
    *("network", "optimizer", "penalty", "precision", "problem", "retrain_epochs", "retrain_lr"),
    *("scale", "schedule", "seed", "share_similarity", "smoothing", "solver", "sparse_layers"),
    *("sparsity", "sparsity_scale", "stack", "targets", "theta", "theta_slope", "threads"),
    *("train_samples", "transfer", "transfer_kernel", "transfer_reach", "transfer_strength"),
    *("transfer_tensors", "transfer_until", "weight_decay"),
}


def test_what_came_after_a_release_says_what_was_meant_without_it():
    identity = {one.name for one in declared().values() if one.kind == "identity"}
    # The weights are settled; how they are asked for is no part of a sweep.
    asked = {"points", "divisions", "weights", "weights_file", "fix", "placement", "columns"}
    asked |= {"lean"}
    asked |= {"where", "budget", "max_parameters", "max_macs"}
    later = identity - asked - OF_0_1_0
    assert {name for name in later if declared()[name].before is UNSET} == set()
    assert later == {
        *("sparsity_of", "groups", "warm", "warm_epochs", "warm_retrain_epochs"),
        *("patience", "keep", "set"),
        *("labels", "image_size", "task", "class_weights", "split", "group", "stratify"),
        "leave_out",
        *("relaxed", "round_to", "held_lr"),
        "auxiliary",
        *("indicators", "embed", "delimiter", "encoding", "sparse_inputs"),
        *("fair", "fair_notion", "fair_surrogate", "fair_feature"),
        "evaluate_every",
        *("manifold_draws", "manifold_until", "dirichlet", "rank", "cosmos_pull"),
        *("micro_batch", "warm_up", "clip_norm", "lr_of", "no_decay", "thaw", "ema"),
    }


def test_every_option_has_its_say():
    for name, one in declared().items():
        assert one.name == name
        assert one.text.endswith(".")
        assert one.panel
        assert one.given in (str, int, float, bool, list) or one.given.__name__ == "Path"


def test_a_default_is_in_range():
    for one in declared().values():
        if one.default is not UNSET:
            one.check(one.default)


def test_what_concerns_several_points_is_nothing_for_one():
    several = set(declared()) - set(declared(single=True))
    assert several == {
        *("points", "divisions", "weights_file", "stack", "at_once", "jobs", "cluster"),
        *("transfer", "batches", "transfer_strength", "transfer_until", "transfer_kernel"),
        *("transfer_reach", "transfer_tensors", "branch_at", "warm", "warm_epochs"),
        *("warm_retrain_epochs", "keep"),
        *("manifold_draws", "manifold_until", "dirichlet", "rank", "cosmos_pull"),
        *("placement", "columns", "where", "budget", "lean"),
    }


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        ("smoothing", {"solver": "chebyshev"}, "with --solver chebyshev"),
        ("smoothing", {"solver": "stch"}, ""),
        ("smoothing", {"solver": "somebody's"}, ""),
        ("smoothing", {}, ""),
        ("branch_at", {"transfer": "none"}, "with --transfer none"),
        ("branch_at", {"transfer": "split"}, ""),
        ("manifold_draws", {"transfer": "split"}, "with --transfer split"),
        ("manifold_until", {"transfer": "manifold"}, ""),
        ("patience", {"transfer": "manifold"}, "with --transfer manifold"),
        ("transfer_until", {"transfer": "adaptive"}, ""),
        ("transfer_reach", {"transfer": "adaptive"}, "with --transfer adaptive"),
        ("transfer", {"weights": [[0.5, 0.5]]}, "with one point, which has nobody to learn from"),
        ("distill_at", {"taught_by": ""}, "without --teachers"),
        ("distill_at", {"taught_by": "a3"}, ""),
        ("start_at", {"started_from": ""}, "without --start-from"),
        ("start_partly", {"started_from": "a3"}, ""),
        ("theta", {"sparsity": False}, "without sparsity"),
        ("theta", {"sparsity": False, "frozen_point": "a3"}, "with --freeze-sparsity"),
        ("theta", {"sparsity": True, "frozen_point": "a3"}, ""),
        ("retrain_lr", {"sparsity": True, "frozen_point": "a3"}, "with --freeze-sparsity"),
        ("retrain_lr", {"sparsity": True, "retrain_epochs": 0}, "without retraining"),
        ("held_lr", {"sparsity": True, "retrain_epochs": 0}, "without retraining"),
        ("held_lr", {"sparsity": True, "retrain_epochs": 2}, ""),
        ("theta_slope", {"sparsity": True, "theta": "flat"}, "with --theta flat"),
        ("relaxed", {"sparsity": True, "solver": "chebyshev", "retrain_epochs": 2}, ""),
        ("relaxed", {"sparsity": True, "retrain_epochs": 0}, "without retraining"),
        ("relaxed", {"sparsity": False, "retrain_epochs": 2}, "without sparsity"),
        ("relaxed", {"solver": "mgda"}, "with --solver mgda, whose points have no weights"),
        ("round_to", {"solver": "mgda", "retrain_epochs": 2}, ""),
        ("round_to", {"sparsity": True, "retrain_epochs": 0}, "without retraining"),
        ("round_to", {"sparsity": True, "frozen_point": "a3"}, "with --freeze-sparsity"),
        ("sparsity_of", {"sparsity_scale": "absolute"}, "with --sparsity-scale absolute"),
        ("groups", {"sparsity": False}, "without sparsity"),
        ("groups", {"sparsity": True, "frozen_point": "a3"}, "with --freeze-sparsity"),
        ("at_once", {"stack": 1}, "with --stack 1"),
        ("at_once", {"stack": 2}, ""),
        ("lr", {}, ""),
        ("a setting of the future", {}, ""),
    ],
)
def test_what_has_no_effect_says_why(name, config, reason):
    assert why_idle(name, config) == reason


# Methods from outside


@dataclass(frozen=True, kw_only=True)
class Told:
    radius: float = option("How far.", default=2.0)


@dataclass(frozen=True, kw_only=True)
class Clashing:
    smoothing: float = option("Something else.", default=3.0)


class Installed:
    """An entry point of another package."""

    dist = None
    value = "theirs:KIND"

    def __init__(self, name, kind):
        self.name, self.kind = name, kind

    def load(self):
        if isinstance(self.kind, Exception):
            raise self.kind
        return self.kind


@pytest.fixture
def install(monkeypatch):
    """Solvers of other packages, until the test ends."""

    def install(**kinds):
        points = [Installed(name, kind) for name, kind in kinds.items()]
        offered = {"paretocli.solvers": points}
        monkeypatch.setattr(metadata, "entry_points", lambda group: offered.get(group, []))
        forget()

    def forget():
        for kept in ("_offered", "_loaded"):
            vars(SOLVERS).pop(kept, None)
        SOLVERS._loaded = {}
        declared.cache_clear()

    yield install
    monkeypatch.undo()
    forget()


def test_a_solver_of_another_package_brings_its_options(install):
    install(theirs=SolverKind(lambda scalarization, options: None, options=Told))
    assert declared()["radius"].default == 2.0
    assert why_idle("radius", {"solver": "stch"}) == "with --solver stch"
    assert why_idle("radius", {"solver": "theirs"}) == ""
    # An option that is not the program's own is no part of other sweeps' identity.
    own = {"penalty", "averaging", "smoothing"}
    assert {one.name for one in taken_by(SOLVERS, "theirs")} == own | {"radius"}
    assert {one.name for one in taken_by(SOLVERS, "linear")} == own


def test_a_solver_whose_option_there_is_already(install):
    install(theirs=SolverKind(lambda scalarization, options: None, options=Clashing))
    assert declared()["smoothing"].default == 0.1
    with pytest.raises(InputError, match="solver theirs declares the option smoothing, which"):
        taken_by(SOLVERS, "theirs")
    assert taken_by(SOLVERS, "stch")


@dataclass(frozen=True, kw_only=True)
class Greedy:
    theta: float = option("Something else.", default=3.0)


def test_a_solver_that_takes_a_name_of_another_panel(install):
    install(theirs=SolverKind(lambda scalarization, options: None, options=Greedy))
    assert declared()["theta"].default == "flat"
    assert why_idle("theta", {"solver": "stch", "sparsity": True}) == ""
    with pytest.raises(InputError, match="solver theirs declares the option theta, which"):
        taken_by(SOLVERS, "theirs")


def test_a_package_that_is_broken_does_no_harm_to_others(install):
    install(theirs=ImportError("no module named x"), other=3)
    assert "radius" not in declared()
    assert {"theirs", "other"} <= set(SOLVERS)
    assert not {"theirs", "other"} & set(SOLVERS.sound)
    with pytest.raises(InputError, match=r"Loading the solver theirs of .* ImportError: no module"):
        _ = SOLVERS["theirs"]
    with pytest.raises(InputError, match=r"theirs:KIND, .* is of type int, and Solv"):
        _ = SOLVERS["other"]
    with pytest.raises(KeyError):
        _ = SOLVERS["nobody's"]


def test_names_of_the_programs_own_stay_its_own(install):
    install(theirs=SolverKind(lambda scalarization, options: None), stch=3)
    assert TRANSFERS["split"] is TRANSFERS.own["split"]
    assert SOLVERS["stch"] is SOLVERS.own["stch"]
    assert len(SOLVERS) == len(SOLVERS.own) + 1


def test_types_follow_from_annotations():
    given = {one.name: one.given for one in options_of(SweepConfig, "")}
    assert (given["lr"], given["epochs"], given["compile"]) == (float, int, bool)
    assert (given["targets"], given["ideal"]) == (str, str)
    assert given["teachers"].__name__ == given["out"].__name__ == "Path"
    # Several numbers are a text with commas on the command line.
    assert declared()["branch_at"].given is str
