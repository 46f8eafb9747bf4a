import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from _pytest.pathlib import import_path

from paretocli.problems import cifar10_files, mnist_files, mulan_files
from tests import browser
from tests.commands import remember_commands
from tests.disk import leave_unflushed
from tests.pictures import leave_pictures_blank
from tests.remembered import hasten_onnx, hasten_tracing, remember_traces
from tests.trees import leave_trees_few

TESTS = Path(__file__).parent
SELDOM = (7_000, 20, 20)  # 700, 10 and 10 are what Python begins with
gc.disable()  # until all is imported


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each worker begins with a part of the modules, so that what they share is made once.

    Who is done first takes over from the others.
    """
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.option.dist == "load" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session):
    """Workers compile a part of the modules each, and find what the others have compiled.

    Without it all of them compile the same module at the same time. What cannot be imported is
    told when it is collected.
    """
    given = getattr(session.config, "workerinput", None)
    if given is None or [Path(one).resolve() for one in session.config.args] != [TESTS]:
        return
    files = sorted(TESTS.rglob("test_*.py"))
    number = int(given["workerid"].removeprefix("gw"))
    begin = len(files) * number // given["workercount"]
    for file in files[begin:] + files[:begin]:
        with contextlib.suppress(Exception, pytest.skip.Exception):
            import_path(file, root=session.config.rootpath, consider_namespace_packages=False)


def pytest_collection_finish():
    """What is imported stays to the end: no collection of garbage need look through it.

    Nor is there much else to be found: it is looked for a tenth as often as is usual.
    """
    gc.freeze()
    gc.set_threshold(*SELDOM)
    gc.enable()


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder that holds MNIST; the test is skipped where it is not there."""
    named = os.environ.get("PARETOCLI_DATA")
    if not named:
        pytest.skip("needs MNIST: set PARETOCLI_DATA to the folder that holds MNIST/raw")
    if not mnist_files.is_there(Path(named)):
        pytest.skip(f"needs MNIST, which is not (whole) in PARETOCLI_DATA={named}")
    return Path(named)


@pytest.fixture(scope="session")
def cifar10_dir(mnist_dir) -> Path:
    """The folder that holds MNIST and CIFAR-10; the test is skipped where one is not there."""
    if not cifar10_files.is_there(mnist_dir):
        pytest.skip(f"needs CIFAR-10, which is not (whole) in PARETOCLI_DATA={mnist_dir}")
    return mnist_dir


@pytest.fixture(scope="session")
def mulan_dir() -> Path:
    """The folder that holds the Mulan sets enb, wq and atp1d; skipped where one is missing."""
    named = os.environ.get("PARETOCLI_DATA")
    if not named:
        pytest.skip("needs Mulan sets: set PARETOCLI_DATA to the folder that holds mulan/enb.arff")
    missing = {"enb", "wq", "atp1d"} - set(mulan_files.found(Path(named)))
    if missing:
        pytest.skip(f"needs {', '.join(sorted(missing))} in PARETOCLI_DATA={named}")
    return Path(named)


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """A browser; tests are skipped where there is none, unless they may not be."""
    found = browser.find()
    if found is None:
        words = "needs a browser: install Debian's chromium and chromium-driver, or their like"
        pytest.fail(words) if browser.is_required() else pytest.skip(words)
    driver = browser.start(*found)
    yield driver
    driver.quit()


@pytest.fixture
def own_cache(tmp_path, monkeypatch) -> Path:
    """A cache folder of the test's own, not there yet."""
    path = tmp_path / "cache"
    monkeypatch.setenv("PARETOCLI_CACHE", str(path))
    return path


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Torch computes with one, so that results repeat and tests beside each other do not wait.

    From the start, since what a module's tests share is made before any fixture of a test.
    """
    fresh_torch()


@pytest.fixture(autouse=True)
def nothing_left():
    """The program sets torch's threads and what it does with denormals; tests go on without."""
    yield
    fresh_torch()


@pytest.fixture(autouse=True, scope="session")
def remembered_traces():
    with pytest.MonkeyPatch.context() as patch:
        hasten_tracing(patch.setattr)
        hasten_onnx(patch.setattr)
        remember_traces(patch.setattr)
        yield


@pytest.fixture(autouse=True, scope="session")
def few_calls():
    """A latency is the median of few calls; gives how many calls the program makes."""
    from paretocli.timing import in_turn

    many = {"WARM_UP": in_turn.WARM_UP, "CALLS": in_turn.CALLS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_turn, "WARM_UP", 1)
        patch.setattr(in_turn, "CALLS", 4)
        yield many


@pytest.fixture(autouse=True, scope="session")
def few_trees():
    """Sweeps end with few boosted trees; gives how many the program learns."""
    with pytest.MonkeyPatch.context() as patch:
        yield leave_trees_few(patch.setattr)


@pytest.fixture(autouse=True, scope="session")
def remembered_commands():
    with pytest.MonkeyPatch.context() as patch:
        remember_commands(patch.setattr)
        yield


@pytest.fixture(autouse=True, scope="session")
def blank_pictures():
    with pytest.MonkeyPatch.context() as patch:
        leave_pictures_blank(patch.setattr)
        yield


@pytest.fixture(autouse=True, scope="session")
def unflushed_files():
    with pytest.MonkeyPatch.context() as patch:
        leave_unflushed(patch.setattr)
        yield


def fresh_torch():
    torch.set_num_threads(1)
    torch.set_flush_denormal(False)


@pytest.fixture
def no_export_trial(monkeypatch):
    """`check` tries no export, which takes a second or more; tests of it try it themselves."""
    from paretocli.exporting.possible import ExportTrial

    name = "paretocli.examination.examine.export_trial"
    monkeypatch.setattr(name, lambda problem, network: ExportTrial("nothing", 4321))


@pytest.fixture
def no_costs_tried(monkeypatch):
    """`check` trains nothing to see what memory and time that takes; tests of it do."""
    from paretocli.sweeping.memory import PARTS, Memory, Need

    found = Memory(data=0, **{part: Need(0, 0) for part in ("held", *PARTS, "saving")})
    examine = "paretocli.examination.examine"
    monkeypatch.setattr(f"{examine}.expected_memory", lambda config, problem, points: found)
    monkeypatch.setattr(f"{examine}.step_seconds", lambda problem, network, device, size: 1e-3)
