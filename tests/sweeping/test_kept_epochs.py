"""Epochs of points that are kept, and become points where no other one beats them."""

import json
import shutil

import numpy as np
import pytest
import torch

import paretocli
from paretocli.errors import InputError
from paretocli.front.exchange import Exchange
from paretocli.front.history import read_history
from paretocli.front.results import read_results
from paretocli.library.refining import refine, reopen, told
from paretocli.options.warm import warm_start
from paretocli.planning.growth import grown as growth
from paretocli.planning.kept import kept_epochs, with_kept
from paretocli.planning.refinement import Request
from paretocli.planning.rounds import one_after_another
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.kept import KeptStart, kept_files, kept_trainer
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.trainers import trainer_of
from paretocli.training.kept import PATTERN, KeptEpoch
from tests.sweeping.test_growing import GROWING, StopsAfterPoints
from tests.sweeping.test_rounds import SPARSE, Stops, contents, run

KEEPING = {**SPARSE, "retrain_epochs": 16, "warm_epochs": 3, "keep": "front"}
KEEPING["evaluate_every"] = 1  # what was kept is held against the history


def say_nothing(text):
    pass


def run_keeping(path, stop=None, options=KEEPING, note=say_nothing):
    config = resolve({**options, "out": str(path / "run")}).config
    return run(options, path, stop, further=kept_epochs(config, note))


def solved(records):
    return [record for record in records if "kept_epoch" not in record]


def kept(records):
    return [record for record in records if "kept_epoch" in record]


@pytest.fixture(scope="module")
def solved_alone(tmp_path_factory):
    """A sweep whose points are all solved, and whose kept epochs nobody has looked at."""
    path = tmp_path_factory.mktemp("solved")
    run_keeping(path, StopsAfterPoints(4))
    return path


@pytest.fixture(scope="module")
def keeping(solved_alone, tmp_path_factory):
    """The same one at its end."""
    path, notes = tmp_path_factory.mktemp("keeping"), []
    shutil.copytree(solved_alone / "run", path / "run")
    return path, run_keeping(path, note=notes.append), notes


def test_those_that_no_point_beats_are_points_of_a_round_of_their_own(keeping):
    path, records, notes = keeping
    sweep = read_sweep_file(path / "run")
    assert len(solved(records)) == len(sweep.own) == 4
    assert len(kept(records)) == len(sweep.kept) >= 2
    assert [record["round"] for record in kept(records)] == [3] * len(sweep.kept)
    assert sweep.rounds[-1].looked_at == tuple(r["point"] for r in records if r.get("kept"))
    for record in kept(records):
        parent = records[record["parent"]]
        assert record["weights"] == parent["weights"]
        assert record["epochs"] == 0
        assert record["best_epoch"] == record["kept_epoch"] != parent["best_epoch"]
        # What was measured on the way is measured again, in another stack.
        (known,) = [one for one in parent["kept"] if one["epoch"] == record["kept_epoch"]]
        assert record["loss"]["val"] == pytest.approx(known["loss"], rel=1e-5)
    count = sum(len(record.get("kept", ())) for record in records)
    assert notes == [
        f"{count} epochs were kept beside the best ones, and {len(sweep.kept)} that add to the "
        f"front are points 4 to {len(records) - 1}."
    ]
    table = read_results(path / "run").frame
    assert table["on_front"][4:].all()
    assert table["epochs"].sum() == sum(record["epochs"] for record in solved(records))


def test_they_are_epochs_of_the_history(keeping):
    refuse_others(*keeping[:2])


def test_points_that_end_early_keep_epochs_of_their_own(tmp_path):
    records = run_growing(tmp_path, patience=2, epochs=12, warm_epochs=8)
    assert len({record["epochs"] for record in solved(records)}) > 1
    assert kept(records)
    refuse_others(tmp_path, records)


def refuse_others(path, records):
    """What was kept is what the history says of that epoch."""
    lines = [
        json.loads(line)
        for file in (path / "run" / "history").iterdir()
        for line in file.read_text().splitlines()
    ]
    reached = {(line["point"], line["epoch"]): line for line in lines}
    for record in kept(records):
        line = reached[record["parent"], record["kept_epoch"]]
        assert record["loss"]["test"] == pytest.approx(line["loss"]["test"], rel=1e-5)
        assert record["metric"]["test"] == pytest.approx(line["metric"]["test"])


def test_solved_points_are_what_they_are_without(keeping, tmp_path):
    run({**KEEPING, "keep": "best"}, tmp_path)
    for file in (tmp_path / "run" / "points").glob("*.safetensors"):
        assert file.read_bytes() == (keeping[0] / "run" / "points" / file.name).read_bytes()


def test_none_may_add_to_the_front_and_that_is_said_once(tmp_path, monkeypatch):
    monkeypatch.setattr("paretocli.planning.kept.APART", 10.0)
    options = {k: v for k, v in GROWN.items() if k not in ("placement", "warm", "warm_epochs")}
    notes = []
    for _ in range(2):
        records = run_keeping(tmp_path, options={**options, "points": 4}, note=notes.append)
    assert not kept(records)
    count = sum(len(record.get("kept", ())) for record in records)
    assert count > 1
    assert notes == [f"{count} epochs were kept beside the best ones, and none adds to the front."]
    assert read_sweep_file(tmp_path / "run").rounds[-1].points == ()
    assert paretocli.load_run(tmp_path / "run").status().count("done") == 4


def test_nothing_is_left_of_those_that_were_not_taken(keeping):
    assert not list((keeping[0] / "run" / "kept").iterdir())


def test_the_same_again_takes_no_more(keeping, tmp_path):
    shutil.copytree(keeping[0] / "run", tmp_path / "run")
    before = contents(tmp_path)
    run_keeping(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(("stop", "after"), [(Stops, 7), (StopsAfterPoints, 2)])
def test_stopped_again_and_again_it_is_the_same(keeping, tmp_path, stop, after):
    for _ in range(60):
        asked = stop(after)
        records = run_keeping(tmp_path, asked)
        if not asked():
            break
    assert len(records) == len(keeping[1])
    assert contents(tmp_path) == contents(keeping[0])


def test_apart_or_together_the_same_are_kept(keeping, tmp_path):
    records = run_keeping(tmp_path, options={**KEEPING, "stack": 1})
    assert [r["kept_epoch"] for r in kept(records)] == [r["kept_epoch"] for r in kept(keeping[1])]


def test_a_kept_epoch_is_certified_as_its_point_would_be(keeping):
    """The best epoch itself, taken for a kept one: figures and certificate are the point's."""
    path, _, _ = keeping
    config = resolve({**KEEPING, "warm": "none", "out": str(path / "run")}).config
    problem = resolve({**KEEPING, "out": str(path / "run")}).problem
    subproblems = Subproblems(config, problem, without_scale(config))
    trainer = trainer_of(subproblems, (0, 3))
    while not trainer.finished:
        trainer.run_epoch()
    outcome, starts = trainer.finish(), []
    for member, point in enumerate((0, 3)):
        tensors = {name: t[member].clone() for name, t in trainer.best.tensors.items()}
        rows = trainer.pattern.representatives
        tensors |= {f"{PATTERN}{name}": row[member].clone() for name, row in rows.items()}
        one = KeptEpoch(int(outcome.best_epoch[member]), (0.0,) * 3, tensors)
        (state,) = kept_files([one], point, config.objectives)[1].values()
        starts.append(KeptStart(point, one.epoch, state))
    again = kept_trainer(subproblems, (0, 3), starts).finish()
    assert again.best_epoch.tolist() == outcome.best_epoch.tolist()
    for split, (losses, metrics) in outcome.figures.items():
        assert torch.equal(again.figures[split][0], losses)
        assert torch.equal(again.figures[split][1], metrics)
    for name in ("chebyshev_value", "gap", "relative_gap", "stationarity", "multipliers"):
        assert torch.equal(getattr(again, name), getattr(outcome, name)), name
    # Without its zero rows and ties it would be certified as something else.
    trainer.pattern = None
    assert not torch.equal(trainer.finish().stationarity, outcome.stationarity)


def damaged(path, *files):
    for file in files:
        (path / "run" / file).write_bytes(b"nothing")


def test_a_kept_epoch_that_is_damaged_is_made_again_by_its_point(keeping, tmp_path):
    shutil.copytree(keeping[0] / "run", tmp_path / "run")
    point = kept(keeping[1])[0]["point"]
    damaged(tmp_path, f"points/{point:04d}.safetensors")
    stop = Stops(10**6)
    said = []
    stop.note = said.append
    run_keeping(tmp_path, stop)
    assert any("is solved again, which makes it" in text for text in said)
    assert contents(tmp_path) == contents(keeping[0])
    assert not list((tmp_path / "run" / "kept").iterdir())


def test_an_epoch_that_is_lost_before_it_is_looked_at_is_made_again(
    solved_alone, keeping, tmp_path
):
    shutil.copytree(solved_alone / "run", tmp_path / "run")
    files = sorted((tmp_path / "run" / "kept").iterdir())
    assert len(files) >= len(kept(keeping[1]))
    files[0].unlink()
    damaged(tmp_path, f"kept/{files[-1].name}")
    run_keeping(tmp_path)
    assert contents(tmp_path) == contents(keeping[0])


def test_what_cannot_be_made_again_has_failed(keeping, tmp_path):
    shutil.copytree(keeping[0] / "run", tmp_path / "run")
    one = kept(keeping[1])[0]
    parent = tmp_path / "run" / "points" / f"{one['parent']:04d}.json"
    record = json.loads(parent.read_text())
    del record["kept"]  # as if, on another machine, it were not on the way any more
    parent.write_text(json.dumps(record))
    (tmp_path / "run" / "points" / f"{one['point']:04d}.json").unlink()
    records = run_keeping(tmp_path)
    assert records[one["point"]]["status"] == "failed"
    assert "is not kept any more" in records[one["point"]]["error"]
    assert [r["status"] for r in records].count("failed") == 1


def test_points_that_branch_keep_what_is_theirs_alone(tmp_path):
    options = {**KEEPING, "warm": "none", "transfer": "split", "retrain_epochs": 3}
    whole = run_keeping(tmp_path / "whole", options=options)
    for _ in range(60):
        stop = Stops(4)
        run_keeping(tmp_path, stop, options)
        if not stop():
            break
    assert contents(tmp_path) == contents(tmp_path / "whole")
    assert len(solved(whole)) == 4


def test_without_sparsity_all_epochs_count(tmp_path):
    options = {"problem": "multidigits", "weights": ["1,1", "1,4"], "train_samples": 256}
    options |= {"epochs": 8, "lr": 0.02, "jobs": 1, "keep": "front", "sparsity": False}
    records = run_keeping(tmp_path, options=options)
    assert kept(records)
    assert all(record["round"] == 1 for record in kept(records))


GROWN = {**GROWING, "keep": "front", "lr": 0.2, "evaluate_every": 1}


def run_growing(path, **changed):
    options = {**GROWN, **changed}
    found = resolve({**options, "out": str(path / "run")})
    plans = [growth(found.config, found.growth, say_nothing)]
    if (last := with_kept(found.config, None, say_nothing)) is not None:
        plans.append(last)
    return run(options, path, further=one_after_another(plans))


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    path = tmp_path_factory.mktemp("grown")
    return path, run_growing(path)


@pytest.fixture
def again(grown, tmp_path):
    shutil.copytree(grown[0] / "run", tmp_path / "run")
    return tmp_path / "run"


def test_points_are_placed_as_if_there_were_no_kept_epochs(grown, tmp_path):
    without = run_growing(tmp_path / "best", keep="best")
    assert len(without) == 7
    assert kept(grown[1])
    assert [r["weights"] for r in solved(grown[1])] == [r["weights"] for r in without]
    # Those that are added later, too: numbers asked for are of solved points.
    shutil.copytree(grown[0] / "run", tmp_path / "front" / "run")
    more = [run_growing(tmp_path / keep, points=9, keep=keep) for keep in ("front", "best")]
    assert [r["weights"] for r in solved(more[0])] == [r["weights"] for r in more[1]]
    assert len(more[1]) == 9


def test_points_start_from_solved_ones(again):
    sweep = read_sweep_file(again)
    wanted = Request(weights=((0.34, 0.66),))
    records = refined(again, wanted)
    new = [r for r in records[sweep.points :] if "kept_epoch" not in r]
    assert [r["parent"] in sweep.own for r in new] == [True]
    # Nobody was told of its end: the same goes on, and makes no point twice.
    assert len(refined(again, wanted)) == len(records)
    told(again)
    with pytest.raises(InputError, match="are those of point"):
        refined(again, wanted)


def refined(path, request):
    found = reopen(path, None, lambda file: False, {"data_dir": ".", "jobs": 1})
    return refine(found, request, warm_start("nearest", 3), quiet=True)


def test_between_and_around_count_a_weight_vector_once(again):
    sweep = read_sweep_file(again)
    number, parent = next(iter(sweep.kept.items()))
    with pytest.raises(InputError, match="points with the same weights"):
        refined(again, Request(between=(number, parent)))
    with pytest.raises(InputError, match=f"finds {len(sweep.own) - 1} neighbours"):
        refined(again, Request(around=number, points=len(sweep.own)))
    other = next(point for point in sweep.own if point not in (parent, 0, 1, 2))
    new = refined(again, Request(between=(number, other)))[sweep.points]
    ends = np.log([sweep.weights[parent], sweep.weights[other]])
    assert np.diff(np.log(new["weights"])) == pytest.approx(np.diff(ends.mean(axis=0)))


def test_a_wish_may_be_met_by_a_kept_epoch(again):
    table = read_results(again)
    row = next(i for i in range(len(table.frame)) if table.point(i) >= 7)
    losses = table.values(["loss_f1_val", "loss_f2_val"])[row]
    want = tuple(f"loss_f{i}_val <= {loss:.17g}" for i, loss in enumerate(losses, start=1))
    assert len(refined(again, Request(want=want))) == len(table.frame)


def test_exchange_rates_are_of_solved_points(again):
    results = read_results(again)
    sweep = read_sweep_file(again)
    rows = list(range(len(results.frame)))
    number, parent = next(iter(sweep.kept.items()))
    every, alone = (Exchange(results, front, "val") for front in (rows, sweep.own))
    assert f"on the way to point {parent}" in every.at(number).reason
    for row in sweep.own:
        assert every.at(row) == alone.at(row)


def test_the_history_is_of_solved_points(again):
    found = read_history(again)
    sweep = read_sweep_file(again)
    assert found.losses["val"].shape[1] == len(sweep.own)
    assert np.isfinite(found.losses["val"][-1]).all()
    status = paretocli.load_run(again).status()
    assert status.epochs_done == status.epochs_in_all == found.subproblem_epochs[-1]
    assert status.count("done") == sweep.points


def test_how_many_are_to_come_counts_kept_epochs_beside(again):
    sweep = read_sweep_file(again)
    (again / "growing.json").write_text('{"points": 9}')
    status = paretocli.load_run(again).status()
    assert status.points_at_most == max(9, len(sweep.own)) + len(sweep.kept)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kept_epochs": []}, "which epoch each point is"),
        ({"epochs": 3}, "which epoch each point is"),
        ({"looked_at": []}, "for how many epochs"),
        ({"parents": "none"}, "other weights than the points whose epochs"),
        ({"weights": "others"}, "other weights than the points whose epochs"),
    ],
)
def test_a_round_of_kept_epochs_that_does_not_fit(again, change, words):
    number = next(one.number for one in read_sweep_file(again).rounds if one.looked_at)
    file = again / "rounds" / f"{number:04d}.json"
    content = json.loads(file.read_text())
    if "parents" in change:
        change = {"parents": [None] * len(content["points"])}
    if "weights" in change:
        change = {"weights": [[0.123, 0.877]] * len(content["points"])}
    file.write_text(json.dumps({**content, **change}))
    with pytest.raises(InputError, match=words):
        read_sweep_file(again)


def test_an_option_that_does_nothing_says_so(tmp_path):
    config = resolve({**GROWN, "keep": "best", "out": str(tmp_path)}).config
    assert kept_epochs(config, say_nothing) is None
    with pytest.raises(InputError, match="--keep should be one of best, front"):
        resolve({**GROWN, "keep": "all", "out": str(tmp_path)})
