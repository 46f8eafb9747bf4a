import dataclasses
from pathlib import Path

import pytest

from paretocli.config import SweepConfig, digest_of
from paretocli.config_file import FILE_KEYS, WEIGHT_OPTIONS, merge, read_config_file
from paretocli.errors import InputError

VALUES = {
    "problem": "vlmop2",
    "targets": (),
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
    "sparsity_of": "macs",
    "sparsity_shares": (1.0,),
    "theta": "spike",
    "theta_slope": 1.0,
    "sparsity_scale": "relative",
    "max_layer_sparsity": 0.5,
    "share_similarity": 0.8,
    "retrain_epochs": 2,
    "retrain_lr": 0.05,
    "frozen_point": "",
    "taught_by": "",
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
    "batches": "shared",
    "seed": 0,
    "device": "cpu",
    "compile": False,
    "threads": 1,
    "stack": 2,
    "jobs": 3,
    "cluster": "",
    "log": "none",
    "out": Path("out"),
    "freeze_sparsity": None,
    "teachers": None,
    "data_dir": Path("data"),
    "checkpoint_every": 10.0,
}
RUNTIME = {
    *("jobs", "cluster", "log", "out", "freeze_sparsity", "teachers", "data_dir"),
    *("checkpoint_every", "sparsity_shares"),  # the latter follows from sparsity_of
}
CHANGED = {
    "log": "tensorboard",
    "problem": "zdt1",
    "targets": ("price", "area"),
    "objectives": ("f1", "f3"),
    "weights": ((0.2, 0.8), (0.4, 0.6)),
    "precision": "bf16",
    "scale": "initial",
    "ideal": (0.0, -1.0),
    "sparsity": False,
    "sparse_layers": ("body.weight", "head.weight"),
    "sparsity_of": "own",
    "sparsity_shares": (0.5, 0.5),
    "theta": "ramp",
    "sparsity_scale": "absolute",
    "max_layer_sparsity": 0.4,
    "share_similarity": 0.9,
    "frozen_point": "5f2e",
    "taught_by": "77aa",
    "distillation": 0.5,
    "distill_at": "body",
    "freeze_sparsity": Path("runs/a:3"),
    "teachers": Path("runs/single"),
    "init": "lsuv",
    "transfer_strength": 0.6,
    "transfer_until": 0.8,
    "transfer_tensors": ("heads.*",),
    "branch_at": (0.2, 0.5),
    "batches": "independent",
    "compile": True,
}


def config(**changes):
    return SweepConfig(**(VALUES | changes))


# Identity and runtime


@pytest.mark.parametrize("field", dataclasses.fields(SweepConfig), ids=lambda field: field.name)
def test_every_field_is_declared_identity_or_runtime(field):
    assert field.metadata.get("kind") in ("identity", "runtime")
    # A new field has to be entered here too: does it change results?
    assert field.name in VALUES
    assert (field.metadata["kind"] == "runtime") == (field.name in RUNTIME)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(SweepConfig)])
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
        ({"transfer_reach": 0.0}, "--transfer-reach should be positive"),
        ({"branch_at": ()}, "--branch-at should be rising shares between 0 and 1"),
        ({"branch_at": (0.0,)}, "--branch-at should be rising shares between 0 and 1"),
        ({"branch_at": (0.5, 1.0)}, "--branch-at should be rising shares between 0 and 1"),
        ({"branch_at": (0.5, 0.3)}, "--branch-at should be rising shares between 0 and 1"),
        ({"batches": "own"}, "--batches should be one of shared, independent, found own"),
        ({"precision": "fp16"}, "--precision should be one of fp32, tf32, bf16, found fp16"),
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
    SweepConfig.check({"retrain_epochs": 0, "lr": 0.1, "not a field": -1})
    SweepConfig.check({})
    with pytest.raises(InputError, match="--lr should be positive and finite, found -1"):
        SweepConfig.check({"retrain_epochs": 0, "lr": -1})


def test_the_epochs_of_both_phases():
    assert config(epochs=3, retrain_epochs=2).total_epochs == 5
    assert config(epochs=3, retrain_epochs=0).total_epochs == 3


# The file


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "sweep.toml"
        path.write_text(text, encoding="utf-8")
        return read_config_file(path)

    return read


def test_a_file(read, tmp_path):
    found = read(
        'problem = "vlmop2"\nbatch-size = 8\nweight_decay = 0\nlr = 1e-2\n'
        'out = "runs/a"\ndata-dir = "/data"\nweights = [[0.2, 0.8], [1, 3]]\n'
    )
    assert found == {
        "problem": "vlmop2",
        "batch_size": 8,
        "weight_decay": 0,
        "lr": 0.01,
        "out": tmp_path / "runs/a",
        "data_dir": Path("/data"),
        "weights": ["0.2,0.8", "1,3"],
    }


def test_paths_are_relative_to_the_file(read, tmp_path):
    found = read('problem = "mine.py:make"\nweights-file = "w.csv"\n')
    assert found["problem"] == str(tmp_path / "mine.py:make")
    assert found["weights_file"] == tmp_path / "w.csv"
    # As a person would write it, without the way there and back.
    assert str(read('out = "../runs/a"\n')["out"]) == str(tmp_path.parent / "runs/a")


def test_a_table_is_relative_to_the_file_too(read, tmp_path):
    found = read('problem = "table:data/houses.csv"\ntargets = "price,area"\n')
    assert found == {
        "problem": f"table:{tmp_path / 'data' / 'houses.csv'}",
        "targets": "price,area",
    }
    assert read('problem = "table:/data/h.csv"') == {"problem": "table:/data/h.csv"}
    assert read('problem = "mulan:enb"') == {"problem": "mulan:enb"}


def test_the_point_to_start_from_is_relative_to_the_file_as_well(read, tmp_path):
    found = read('freeze-sparsity = "runs/a:3"\n')
    assert found == {"freeze_sparsity": tmp_path / "runs/a:3"}
    assert read('freeze-sparsity = "/runs/a"\n') == {"freeze_sparsity": Path("/runs/a")}


def test_a_file_about_sparsity(read):
    found = read(
        'sparsity = true\nsparse-layers = "body.*, head"\nfix = ["sparsity=0.01", "left = 0.3"]\n'
        "theta = 'ramp'\ntheta-slope = 2\nretrain-epochs = 0\ninit = 'lsuv'\n"
    )
    assert found == {
        "sparsity": True,
        "sparse_layers": "body.*, head",
        "fix": ["sparsity=0.01", "left = 0.3"],
        "theta": "ramp",
        "theta_slope": 2,
        "retrain_epochs": 0,
        "init": "lsuv",
    }
    assert read("sparsity = false") == {"sparsity": False}
    assert read("fix = []") == {"fix": []}


def test_one_weights_vector(read):
    assert read("weights = [0.2, 0.8]")["weights"] == ["0.2,0.8"]


def test_an_empty_file(read):
    assert read("# nothing\n") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "has the unknown key 'epoch'; did you mean 'epochs'"),
        ("batchsize = 3", "did you mean 'batch_size'"),
        ("learning_rate = 3", r"unknown key 'learning_rate'; .*"),
        ("zzz = 3", "unknown key 'zzz'; known: problem, targets, out, data_dir"),
        ("[train]\nepochs = 3", "unknown key 'train'"),
        ('epochs = "3"', "The key 'epochs' in .* should be a whole number, found \"3\""),
        ("epochs = 3.0", "should be a whole number, found 3.0"),
        ("epochs = true", "should be a whole number, found true"),
        ("lr = true", "The key 'lr' in .* should be a number, found true"),
        ('lr = "0.1"', "should be a number"),
        ("problem = 3", "should be a text, found 3"),
        ("weights = 0.5", "should be a list, found 0.5"),
        ("weights = []", "should be a list of numbers or a list of such lists, found"),
        ('weights = ["a", 1]', "should be a list of numbers"),
        ("weights = [[0.2, 0.8], 1]", "should be a list of numbers"),
        ("weights = [true, false]", "should be a list of numbers"),
        ('sparsity = "yes"', "The key 'sparsity' in .* should be true or false, found \"yes\""),
        ("sparsity = 1", "should be true or false, found 1"),
        ("sparse-layers = ['body']", "The key 'sparse-layers' in .* should be a text"),
        ('fix = "sparsity=0.01"', "The key 'fix' in .* should be a list, found"),
        ("fix = [0.01]", "'fix' in .* should be a list of texts such as .*, found .0.01."),
        ('fix = ["sparsity=0.01", ["left=0.3"]]', "should be a list of texts"),
        ("fix = {sparsity = 0.01}", "should be a list, found"),
        ("retrain_epochs = 1.5", "should be a whole number, found 1.5"),
        ("retrain_lr = true", "should be a number, found true"),
        ("epochs = ", "is not valid TOML"),
        ("epochs = 1\nepochs = 2", "is not valid TOML"),
    ],
)
def test_bad_files(read, text, message):
    with pytest.raises(InputError, match=message) as caught:
        read(text)
    assert "sweep.toml" in str(caught.value)


@pytest.mark.parametrize("key", FILE_KEYS)
def test_every_key_has_its_type(read, key):
    wrong = "[1, {a = 2}]" if FILE_KEYS[key] == "a list" else "[1]"
    with pytest.raises(InputError, match=f"The key '{key}' in .* should be {FILE_KEYS[key]}"):
        read(f"{key} = {wrong}")


def test_every_key_of_a_file_means_something():
    assert set(FILE_KEYS) <= set(VALUES) | set(WEIGHT_OPTIONS) | {"fix"}
    # Only what is worked out from the problem, or from a file, cannot be asked for.
    assert set(VALUES) - set(FILE_KEYS) == {
        *("objectives", "frozen_point", "taught_by", "sparsity_shares")
    }


def test_files_that_are_no_files(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml does not exist"):
        read_config_file(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_config_file(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'problem = "\xe9"')
    with pytest.raises(InputError, match="cannot be read"):
        read_config_file(tmp_path / "latin.toml")


# Flags over the file


def test_flags_win_and_unused_flags_do_not():
    flags = {"epochs": 5, "lr": None, "weights": [], "out": (), "seed": 0}
    found = merge(flags, {"epochs": 3, "lr": 0.1, "seed": 7, "stack": 2})
    assert found == {"epochs": 5, "lr": 0.1, "seed": 0, "stack": 2}


@pytest.mark.parametrize("flag", [("points", 5), ("weights", ["0.2,0.8"]), ("weights_file", "w")])
@pytest.mark.parametrize("key", [("divisions", 4), ("points", 9), ("weights", ["1,1"])])
def test_asking_for_weights_replaces_every_other_way_in_the_file(flag, key):
    found = merge(dict([flag]), dict([key]) | {"epochs": 3})
    assert found == {**dict([flag]), "epochs": 3}


def test_the_files_way_stands_where_no_flag_asks():
    assert merge({"points": None, "epochs": 1}, {"divisions": 4}) == {"divisions": 4, "epochs": 1}


@pytest.mark.parametrize(
    ("flags", "file"),
    [({"points": 5, "divisions": 4}, {}), ({"epochs": 2}, {"points": 5, "divisions": 4})],
)
def test_two_ways_at_one_level(flags, file):
    with pytest.raises(InputError, match="--points and --divisions were given together"):
        merge(flags, file)


def test_false_is_a_flag_that_was_given():
    assert merge({"sparsity": False}, {"sparsity": True}) == {"sparsity": False}
    assert merge({"sparsity": None}, {"sparsity": False}) == {"sparsity": False}


def test_fixed_weights_go_with_every_way_of_asking_for_weights():
    file = {"fix": ["sparsity=0.01"], "divisions": 4}
    assert merge({"points": 5, "fix": []}, file) == {"points": 5, "fix": ["sparsity=0.01"]}
    found = merge({"points": None, "fix": ["left=0.5"]}, file)
    assert found == {"fix": ["left=0.5"], "divisions": 4}


def test_merging_changes_neither():
    flags, file = {"points": 5}, {"divisions": 4}
    merge(flags, file)
    assert (flags, file) == ({"points": 5}, {"divisions": 4})
