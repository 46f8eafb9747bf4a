"""Points of given sizes: `refine --sizes`."""

import json
import shutil

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import paretocli
from paretocli.distillation.imitation import is_adaptor
from paretocli.errors import InputError
from paretocli.planning.shrinking import refuse_sizes
from paretocli.run_directory.rounds import round_path
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.kept import KeptStart, as_kept
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.starts import searched_network
from paretocli.sweeping.sweep_network import fresh_network, stored_names
from paretocli.training.retrained import Retrained

SPARSE = {
    "problem": "multidigits",
    "network": "hps",
    "weights": [[0.001, 0.4995, 0.4995], [0.02, 0.7, 0.28]],
    "train_samples": 512,
    "epochs": 8,
    "retrain_epochs": 4,
    "threads": 1,
    "jobs": 1,
    "baselines": False,
}


def sizes(path):
    return pd.read_csv(path / "results.csv")["compact_parameters"].tolist()


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    path = tmp_path_factory.mktemp("sizes") / "run"
    paretocli.sweep(**SPARSE, out=path, progress=False)
    return path


@pytest.fixture
def again(dense, tmp_path):
    return shutil.copytree(dense, tmp_path / "run")


def test_networks_shrink_from_one_size_to_the_next(again, capsys):
    whole = sizes(again)
    run = paretocli.Run(again).refine(sizes=(4000, 9000), progress=False)
    large, small = sizes(again)[len(whole) :]
    assert 0.75 * 9000 < large <= 9000
    assert 0.75 * 4000 < small <= 4000
    first, second = read_sweep_file(again).rounds
    assert (first.limits, second.limits) == (
        {"compact_parameters": 9000},
        {"compact_parameters": 4000},
    )
    # Half of three tenths of the epochs each; the second starts from the first.
    assert [(one.epochs, one.retrain_epochs) for one in (first, second)] == [(1, 2), (1, 2)]
    assert second.parents == first.points
    # The tasks' mixture is that of a larger one; sparsity's weight grows as the size shrinks.
    (before,), (row,) = first.weights, second.weights
    assert row[1] / row[2] == pytest.approx(before[1] / before[2])
    odds = (row[0] / (1 - row[0])) / (before[0] / (1 - before[0]))
    assert odds == pytest.approx(large / 4000)
    # Asked for once more, all is there, and so is what is hardly smaller.
    run.refine(sizes=(4000, 9000), progress=False)
    run.refine(sizes=(9100,))
    assert len(sizes(again)) == len(whole) + 2
    assert f"Point {first.points[0]} has {large:,} parameters, which will do for 9,100." in (
        " ".join(capsys.readouterr().err.split())
    )


def shrunk_once(path, **rates):
    """A network, and how far what it keeps at a given size is from what it was."""
    options = {**SPARSE, "weights": SPARSE["weights"][:1], "share_similarity": 1.0, **rates}
    run = paretocli.sweep(**options, out=path, progress=False)
    run.refine(sizes=(9000,), progress=False)
    parent, own = (load_file(path / "points" / f"000{point}.safetensors") for point in (0, 1))
    kept = {name: own[name] != 0 for name in own}
    assert 0 < sum(map(torch.sum, kept.values())) < sum(map(torch.numel, kept.values()))
    return parent, max(float((own[n] - parent[n])[kept[n]].abs().max()) for n in own)


def test_they_retrain_at_a_rate_of_their_own(tmp_path):
    """That of the search, unless it is to be that of all others, which it never changes."""
    parent, far = shrunk_once(tmp_path / "own", retrain_lr=1e-9)
    same, near = shrunk_once(tmp_path / "others", retrain_lr=1e-9, held_lr=0.0)
    assert near < 1e-3 < far
    assert all(parent[name].equal(same[name]) for name in parent)


def test_what_rows_were_taken_away_from_is_said(again, tmp_path):
    """How large it was at the end of its search."""
    large = int(max(sizes(again)))
    run = paretocli.Run(again).refine(sizes=(9000,), progress=False)
    run = run.refine(want=f"compact_parameters <= {large // 4}", progress=False)
    frame = pd.read_csv(again / "results.csv")
    assert frame["shrunk_from"].isna().tolist()[:2] == [True, True]
    for row in frame.iloc[2:].itertuples():
        limit = read_sweep_file(again).rounds[row.point - 2].limits["compact_parameters"]
        assert row.compact_parameters <= limit < row.shrunk_from
        assert row.shrunk_from == searched_size(again, row.point)
    run.export(2, tmp_path / "folder")
    card = tmp_path / "folder" / "card.md"
    words = " ".join(card.read_text().split())
    assert (
        f"ended it had {int(frame['shrunk_from'][2]):,} parameters, where those were too many"
        in words
    )


def searched_size(path, point):
    """The size of the network that a search ended with, as `export` would write it."""
    found = resolve({**SPARSE, "weights": ["1,1,1"], "out": str(path)})
    problem = found.problem
    network = fresh_network(found.config.network, "default", problem, found.config.seed)
    search = (path / "searches" / f"{point:04d}.safetensors").read_bytes()
    state = searched_network(search, stored_names(network))
    return TracedNetwork(network, problem).size_with(state).parameters


def test_points_between_such_networks_have_sizes_between(again, tmp_path):
    run = paretocli.Run(again).refine(sizes=(9000, 2500), progress=False)
    large, small = sizes(again)[2:]
    half = shutil.copytree(again, tmp_path / "half")
    run.refine(between=(2, 3), points=2, progress=False)
    found = sizes(again)[4:]
    limits = [one.limits["compact_parameters"] for one in read_sweep_file(again).rounds[2:]]
    assert limits == [round(large ** (1 - s) * small**s) for s in (1 / 3, 2 / 3)]
    assert small < found[1] <= limits[1] < found[0] <= limits[0] < large
    # One that was stopped after the first of them goes on.
    first = read_sweep_file(again).rounds[2]
    round_path(half, 3).write_text(round_path(again, 3).read_text())
    assert not first.ended
    paretocli.Run(half).refine(between=(2, 3), points=2, progress=False)
    columns = ["point", "weight_sparsity", "compact_parameters", "shrunk_from", "loss_left_val"]
    both = [pd.read_csv(path / "results.csv")[columns] for path in (again, half)]
    pd.testing.assert_frame_equal(*both)


def test_epochs_on_the_way_lack_the_same_rows():
    record = {"point": 5, "status": "done"}
    assert as_kept(record, KeptStart(3, 2, b"", shrunk_from=5000))["shrunk_from"] == 5000
    assert "shrunk_from" not in as_kept(record, KeptStart(3, 2, b""))


def test_what_no_point_can_shrink_to_is_said(again, capsys):
    before = sizes(again)
    paretocli.Run(again).refine(sizes=(10**6,))
    assert sizes(again) == before
    assert "No point has more than 1,000,000 parameters" in capsys.readouterr().err


def test_what_cannot_become_so_small_is_said_and_nothing_smaller_is_tried(again, capsys):
    before = sizes(again)
    paretocli.Run(again).refine(sizes=(10, 5))
    (found,) = sizes(again)[len(before) :]
    said = " ".join(capsys.readouterr().err.split())
    assert f"could not shrink to 10 parameters; it has {int(found):,} parameters." in said
    assert "Nor is 5 tried." in said


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ((0,), "at least 1, found 0"),
        ((0.5,), "at least 1, found 0.5"),
        ((5000, 5000), "names a size twice"),
    ],
)
def test_what_is_no_size_is_refused(again, wanted, words):
    with pytest.raises(InputError, match=words):
        paretocli.Run(again).refine(sizes=wanted, progress=False)


@pytest.mark.parametrize("without", [{"sparsity": False}, {"retrain_epochs": 0}])
def test_a_sweep_whose_rows_stay_is_refused(tmp_path, without):
    weights = [",".join(["1"] * (3 if without.get("sparsity", True) else 2))]
    given = {**SPARSE, **without, "weights": weights, "out": str(tmp_path / "run")}
    config = resolve(given).config
    with pytest.raises(InputError, match="but this is a sweep with --"):
        refuse_sizes(config, (5000,))


def test_what_serves_training_alone_goes_on(tmp_path):
    """Adaptors to teachers are in no file of a point that others start from."""
    teachers, out = tmp_path / "teachers", tmp_path / "run"
    known = {**SPARSE, "epochs": 4, "retrain_epochs": 2, "progress": False}
    single = {k: v for k, v in known.items() if k not in ("weights", "retrain_epochs")}
    paretocli.sweep(**single, solver="single", sparsity=False, out=teachers)
    run = paretocli.sweep(**known, teachers=teachers, out=out)
    seen = []
    put = Retrained.put_

    def spied(self, population, sparsity, members):
        before = {name: t.clone() for name, t in population.state_dict().items()}
        put(self, population, sparsity, members)
        own = {n for n in before if is_adaptor(n)}
        seen.append((own, {n for n in own if torch.equal(population.state_dict()[n], before[n])}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Retrained, "put_", spied)
        run.refine(sizes=(5000,), progress=False)
    ((own, kept),) = seen
    assert own
    assert kept == own
    assert sizes(out)[-1] <= 5000


def test_what_is_held_to_a_size_is_retrained_for_the_tasks_alone(tmp_path):
    """Sparsity, whose term is by far the largest, has no multiplier, and no part in the value."""
    path = tmp_path / "run"
    run = paretocli.sweep(**SPARSE | {"weights": [[0.8, 0.1, 0.1]]}, out=path, progress=False)
    run.refine(sizes=(int(sizes(path)[0] * 0.6),), progress=False)
    held = json.loads((path / "points" / "0001.json").read_text())
    note = json.loads((path / "normalisation.json").read_text())
    losses = [held["loss"]["train"][name] for name in ("sparsity", "left", "right")]
    known = zip(held["weights"], losses, note["ideal"], note["scale"], strict=True)
    first, *others = [weight * (loss - ideal) / scale for weight, loss, ideal, scale in known]
    assert held["multipliers"][0] == 0
    assert sum(held["multipliers"]) == pytest.approx(1, abs=1e-5)
    assert held["chebyshev_value"] == pytest.approx(max(others), rel=1e-2)
    assert first > 2 * max(others)
