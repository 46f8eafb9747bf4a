from pathlib import Path

import pytest

from paretocli.errors import InputError
from paretocli.options.declared import declared
from paretocli.options.file import read_config_file
from paretocli.options.given import merge

TEXT = "a text"
WORDS = {str: TEXT, Path: TEXT, int: "a whole number", float: "a number", bool: "true or false"}
NAMES = ("targets", "sparse_layers", "transfer_tensors", "branch_at", "no_decay", "leave_out")
KINDS = {
    name: "a list"
    if one.numbers
    else WORDS.get(one.given, "a list")
    if name not in NAMES
    else "a text or a list"
    for name, one in declared().items()
}


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
    images = 'problem = "images:photos"\nlabels = "l.csv"\nimage-size = 64\n'
    assert read(images) == {
        "problem": f"images:{tmp_path / 'photos'}",
        "labels": tmp_path / "l.csv",
        "image_size": 64,
    }


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


def test_a_table_for_what_can_be_repeated(read):
    found = read("fix = {sparsity = 0.01}\n[set]\nfold = 1\nkind = 'a=1'\nwide = true\n")
    assert found == {
        "fix": ["sparsity=0.01"],
        "set": ["fold=1", 'kind="a=1"', "wide=true"],
    }
    assert read('set = ["fold=1"]') == {"set": ["fold=1"]}


def test_what_is_set_on_the_command_line_leaves_other_names_to_the_file():
    file = {"set": ["fold=0", "wide=true"]}
    assert merge({"set": ["fold=2"]}, file)["set"] == ["wide=true", "fold=2"]
    assert merge({"set": None}, file)["set"] == file["set"]
    assert merge({"set": ["fold=2"]}, {})["set"] == ["fold=2"]


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
        ("zzz = 3", "unknown key 'zzz'; known: points, divisions, weights"),
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
        ("sparse-layers = true", "The key 'sparse-layers' in .* should be a text or a list of"),
        ('fix = "sparsity=0.01"', "The key 'fix' in .* should be a list, found"),
        ("fix = [0.01]", "'fix' in .* should be a list of texts such as .*, found .0.01."),
        ('fix = ["sparsity=0.01", ["left=0.3"]]', "should be a list of texts"),
        ("fix = {sparsity = [1]}", "texts, finite numbers, true or false; sparsity is"),
        ("set = {fold = 1979-05-27}", "The key 'set' in .* fold is datetime.date"),
        ("set = {fold = nan}", "finite numbers, true or false; fold is nan"),
        ("set = {'' = 1}", "should have names for its entries, found ''"),
        ("set = {'a=b' = 1}", "should have names for its entries, found 'a=b'"),
        ("set = 'fold=1'", "should be a list, found"),
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


@pytest.mark.parametrize("key", KINDS)
def test_every_key_has_its_type(read, key):
    wrong = "[1, {a = 2}]" if "list" in KINDS[key] else "[1]"
    with pytest.raises(InputError, match=f"The key '{key}' in .* should be {KINDS[key]}"):
        read(f"{key} = {wrong}")


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
