import dataclasses
from pathlib import Path

import pytest

from paretocli.errors import InputError
from paretocli.option import kind_of
from paretocli.options.config import SweepConfig, digest_of
from paretocli.options.declared import check_ranges

VALUES = {
    "problem": "vlmop2",
    "targets": (),
    "labels": None,
    "image_size": None,
    "task": {},
    "class_weights": "none",
    "leave_out": (),
    "split": None,
    "group": None,
    "stratify": False,
    "indicators": True,
    "embed": 0,
    "fair": None,
    "fair_notion": "opportunity",
    "fair_surrogate": "probability",
    "fair_feature": True,
    "delimiter": None,
    "encoding": None,
    "set": {},
    "objectives": ("f1", "f2"),
    "network": "variable",
    "solver": "chebyshev",
    "weights": ((0.2, 0.8), (0.5, 0.5)),
    "train_samples": 100,
    "epochs": 3,
    "batch_size": 4,
    "lr": 0.1,
    "optimizer": "adam",
    "weight_decay": 0.0,
    "schedule": "cosine",
    "precision": "fp32",
    "scale": "none",
    "ideal": (0.0, 0.0),
    "epsilon": 1e-4,
    "penalty": 5.0,
    "averaging": 5,
    "smoothing": 0.1,
    "sparsity": True,
    "sparse_layers": ("body.weight",),
    "sparse_inputs": False,
    "sparsity_of": "macs",
    "sparsity_shares": (1.0,),
    "groups": "streams",
    "grouped_rows": ((("a.weight", "0:4"), ("b.weight", "0:4")),),
    "theta": "spike",
    "theta_slope": 1.0,
    "sparsity_scale": "relative",
    "max_layer_sparsity": 0.5,
    "share_similarity": 0.8,
    "retrain_epochs": 2,
    "retrain_lr": 0.05,
    "held_lr": 0.1,
    "relaxed": False,
    "round_to": 1,
    "frozen_point": "",
    "taught_by": "",
    "start_from": None,
    "start_at": "",
    "start_partly": False,
    "pruned_from": "",
    "pruned_gradually": False,
    "started_from": "",
    "distillation": 1.0,
    "distill_at": "shared",
    "init": "default",
    "transfer": "neighbours",
    "transfer_strength": 0.5,
    "transfer_until": 0.7,
    "transfer_kernel": "gaussian",
    "transfer_reach": 1.0,
    "transfer_tensors": ("*",),
    "branch_at": (0.5,),
    "manifold_draws": 2,
    "manifold_until": 1.0,
    "dirichlet": 1.0,
    "rank": 0,
    "cosmos_pull": 0.01,
    "batches": "shared",
    "seed": 0,
    "device": "cpu",
    "compile": False,
    "threads": 1,
    "patience": 0,
    "evaluate_every": 1,
    "micro_batch": 0,
    "warm_up": 0.0,
    "clip_norm": 0.0,
    "auxiliary": {},
    "lr_of": (),
    "thaw": (),
    "no_decay": (),
    "ema": 0.0,
    "warm": "none",
    "warm_epochs": 0,
    "warm_retrain_epochs": 0,
    "keep": "best",
    "stack": 2,
    "at_once": 0,
    "workers": None,
    "devices": 1,
    "jobs": 3,
    "cluster": "",
    "log": "none",
    "out": Path("out"),
    "freeze_sparsity": None,
    "teachers": None,
    "data_dir": Path("data"),
    "baselines": True,
    "checkpoint_every": 10.0,
}
RUNTIME = {
    *(
        "jobs",
        "at_once",
        "workers",
        "devices",
        "cluster",
        "log",
        "out",
        "freeze_sparsity",
        "teachers",
    ),
    "data_dir",
    *("baselines", "checkpoint_every", "sparsity_shares"),  # the latter follows from sparsity_of
    "grouped_rows",  # which follows from groups
    *("start_from", "start_at", "start_partly"),  # from which started_from follows
}
CHANGED = {
    "log": "tensorboard",
    "problem": "zdt1",
    "targets": ("price", "area"),
    "labels": Path("labels.csv"),
    "image_size": 64,
    "workers": 2,
    "task": {"a": "class"},
    "class_weights": "balanced",
    "leave_out": ("id", "note*"),
    "split": "part",
    "group": "patient",
    "stratify": True,
    "indicators": False,
    "embed": 10,
    "fair": "sex",
    "fair_notion": "parity",
    "fair_surrogate": "tanh",
    "fair_feature": False,
    "delimiter": ";",
    "encoding": "cp1252",
    "set": {"fold": 1},
    "objectives": ("f1", "f3"),
    "weights": ((0.2, 0.8), (0.4, 0.6)),
    "precision": "bf16",
    "scale": "initial",
    "ideal": (0.0, -1.0),
    "sparsity": False,
    "sparse_layers": ("body.weight", "head.weight"),
    "sparse_inputs": True,
    "sparsity_of": "own",
    "sparsity_shares": (0.5, 0.5),
    "groups": "none",
    "grouped_rows": (),
    "theta": "ramp",
    "sparsity_scale": "absolute",
    "max_layer_sparsity": 0.4,
    "share_similarity": 0.9,
    "frozen_point": "5f2e",
    "taught_by": "77aa",
    "start_from": Path("weights.pt"),
    "start_partly": True,
    "pruned_from": "5c0e",
    "pruned_gradually": True,
    "started_from": "a3",
    "distillation": 0.5,
    "distill_at": "body",
    "freeze_sparsity": Path("runs/a:3"),
    "teachers": Path("runs/single"),
    "init": "lsuv",
    "transfer_strength": 0.6,
    "transfer_until": 0.8,
    "transfer_tensors": ("heads.*",),
    "branch_at": (0.2, 0.5),
    "manifold_until": 0.9,
    "batches": "independent",
    "compile": True,
    "solver": "stch",
    "transfer": "adaptive",
    "warm": "path",
    "keep": "front",
    "warm_up": 0.1,
    "auxiliary": {"balance": 0.1},
    "lr_of": (("body.*", 0.1),),
    "thaw": (("body.*", 3),),
    "no_decay": ("norms",),
    "ema": 0.99,
    "transfer_kernel": "triangle",
}


def config(**changes):
    return SweepConfig.of(VALUES | changes)


# Identity and runtime


def test_every_field_is_declared_identity_or_runtime():
    declared = {field.name: kind_of(field) for field in dataclasses.fields(SweepConfig)}
    owned = {name for name, kind in declared.items() if kind == "owned"}
    values = [value for name in owned for value in getattr(config(), name)]
    assert owned == {"solver_options", "transfer_options"}
    # A new field has to be entered here too: does it change results?
    assert {*declared, *values} - owned == set(VALUES)
    assert {name for name, kind in declared.items() if kind == "runtime"} == RUNTIME


@pytest.mark.parametrize("name", VALUES)
def test_the_digest_follows_identity_alone(name):
    value = VALUES[name]
    other = CHANGED.get(name)
    if other is None:
        other = value + 1 if isinstance(value, int | float) else type(value)(f"{value}x")
    same_digest = config(**{name: other}).digest() == config().digest()
    assert same_digest == (name in RUNTIME)


def test_the_kinds_together_are_the_configuration():
    identity, runtime = config().of_kind("identity"), config().of_kind("runtime")
    assert set(runtime) == RUNTIME
    assert set(identity) == set(VALUES) - RUNTIME
    assert identity["weights"] == [[0.2, 0.8], [0.5, 0.5]]
    assert identity["sparse_layers"] == ["body.weight"]
    assert runtime["out"] == "out"
    assert runtime["freeze_sparsity"] is None
    assert config(freeze_sparsity=Path("a:3")).of_kind("runtime")["freeze_sparsity"] == "a:3"
    assert config().digest() == digest_of(identity)
    assert digest_of(dict(reversed(identity.items()))) == config().digest()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "--epochs should be at least 1, found 0"),
        ({"batch_size": -2}, "--batch-size should be at least 1, found -2"),
        ({"lr": 0.0}, "--lr should be positive and finite, found 0.0"),
        ({"lr": float("nan")}, "--lr should be positive and finite, found nan"),
        ({"lr": float("inf")}, "--lr should be positive and finite, found inf"),
        ({"weight_decay": -0.1}, "--weight-decay should be at least 0 and finite, found -0.1"),
        ({"epsilon": -1e-9}, "--epsilon should be at least 0"),
        ({"epsilon": float("inf")}, "--epsilon should be at least 0 and finite"),
        ({"penalty": 0}, "--penalty should be positive"),
        ({"averaging": 0}, "--averaging should be at least 1"),
        ({"seed": -1}, "--seed should be at least 0 and below 2^63, found -1"),
        ({"threads": 0}, "--threads should be from 1 to 4096"),
        ({"stack": 0}, "--stack should be at least 1"),
        ({"jobs": 0}, "--jobs should be from 1 to 4096, found 0"),
        ({"transfer_strength": 0.0}, "--transfer-strength should be above 0 and at most 1"),
        ({"transfer_until": 1.5}, "--transfer-until should be above 0 and at most 1"),
        ({"transfer_kernel": "box"}, "--transfer-kernel should be one of gaussian, triangle, unif"),
        ({"transfer_reach": 0.0}, "--transfer-reach should be positive"),
        ({"branch_at": ()}, "--branch-at should be rising shares between 0 and 1"),
        ({"branch_at": (0.0,)}, "--branch-at should be rising shares between 0 and 1"),
        ({"branch_at": (0.5, 1.0)}, "--branch-at should be rising shares between 0 and 1"),
        ({"branch_at": (0.5, 0.3)}, "--branch-at should be rising shares between 0 and 1"),
        ({"batches": "own"}, "--batches should be one of shared, independent, found own"),
        ({"precision": "fp8"}, "--precision should be one of fp32, tf32, bf16, fp16, found fp8"),
        ({"scale": "pay"}, "--scale should be one of initial, none, payoff, found pay"),
        ({"checkpoint_every": -1.0}, "--checkpoint-every should be at least 0"),
        ({"theta": "steep"}, "--theta should be one of flat, spike, linear, ramp, found steep"),
        ({"theta_slope": -0.5}, "--theta-slope should be at least 0 and finite, found -0.5"),
        ({"theta_slope": float("inf")}, "--theta-slope should be at least 0 and finite"),
        ({"sparsity_scale": "own"}, "--sparsity-scale should be one of relative, absolute, found"),
        ({"max_layer_sparsity": -0.1}, "--max-layer-sparsity should be from 0 to 1, found -0.1"),
        ({"max_layer_sparsity": 1.5}, "--max-layer-sparsity should be from 0 to 1, found 1.5"),
        ({"max_layer_sparsity": float("nan")}, "--max-layer-sparsity should be from 0 to 1"),
        ({"share_similarity": 0.0}, "--share-similarity should be above 0 and at most 1, found 0"),
        ({"share_similarity": 1.1}, "--share-similarity should be above 0 and at most 1"),
        ({"share_similarity": float("nan")}, "--share-similarity should be above 0"),
        ({"retrain_epochs": -1}, "--retrain-epochs should be at least 0, found -1"),
        ({"round_to": 0}, "--round-to should be at least 1, found 0"),
        ({"retrain_lr": 0.0}, "--retrain-lr should be positive and finite, found 0.0"),
        ({"retrain_lr": float("inf")}, "--retrain-lr should be positive and finite"),
        ({"init": "xavier"}, "--init should be one of default, lsuv, found xavier"),
    ],
)
def test_numbers_out_of_range(changes, message):
    with pytest.raises(InputError) as caught:
        config(**changes)
    assert message in str(caught.value)


def test_the_ends_of_the_ranges_are_fine():
    config(epochs=1, weight_decay=0.0, epsilon=0.0, seed=0, averaging=1, checkpoint_every=0)
    config(theta_slope=0.0, max_layer_sparsity=0.0, share_similarity=1.0, retrain_epochs=0)
    config(max_layer_sparsity=1.0)


def test_some_values_are_checked_before_the_others_are_known():
    check_ranges({"retrain_epochs": 0, "lr": 0.1, "not a field": -1})
    check_ranges({})
    with pytest.raises(InputError, match="--lr should be positive and finite, found -1"):
        check_ranges({"retrain_epochs": 0, "lr": -1})


def test_the_epochs_of_both_phases():
    assert config(epochs=3, retrain_epochs=2).total_epochs == 5
    assert config(epochs=3, retrain_epochs=0).total_epochs == 3
