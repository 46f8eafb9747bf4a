"""A page that is rewritten while a sweep runs, as a user follows it."""

import json
import signal
import subprocess
import time

import pytest

from paretocli.run_directory.lock import sole_user
from tests.program import PROGRAM, environment, files_below, paretocli
from tests.runs import write_run

WAIT = 60  # seconds, at most; no more than it takes


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run", [[1.0, 2.0], [2.0, 1.0]])


class Follower:
    """The program, following `run` into `page.html`."""

    def __init__(self, folder):
        self.page = folder / "page.html"
        self.process = subprocess.Popen(
            [str(PROGRAM), "plot-front", "run", "--html", "page.html", "--follow"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, holds):
        end = time.monotonic() + WAIT
        while not (self.page.exists() and holds(self.data())):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)

    def data(self):
        text = self.page.read_text()
        start = text.index('<script type="application/json" id="data">')
        start = text.index(">", start) + 1
        return json.loads(text[start : text.index("</script>", start)])

    def ended(self):
        out, err = self.process.communicate(timeout=WAIT)
        return self.process.returncode, out, err


def points(data):
    return len(data["series"][0]["points"])


def test_the_page_grows_with_the_sweep_and_stays_when_it_has_ended(run, tmp_path):
    table = (run / "results.csv").read_text().splitlines(keepends=True)
    with sole_user(run):
        (run / "results.csv").write_text("".join(table[:1]))  # no point is finished
        follower = Follower(tmp_path)
        line = follower.process.stderr.readline()
        assert line.startswith("Following run (process ")
        assert "No point is finished yet" in follower.process.stderr.readline()
        (run / "results.csv").write_text("".join(table[:2]))
        follower.until(lambda data: points(data) == 1 and data["reload"] == 5)
        (run / "results.csv").write_text("".join(table))
        follower.until(lambda data: points(data) == 2)
    code, out, err = follower.ended()
    assert (code, out) == (0, "page.html\n")
    assert err.splitlines()[-1] == "Ended: no process is at it any more."
    assert "page.html: 2 points, 2 on the front." in err
    assert follower.data()["reload"] is None
    assert sorted(files_below(tmp_path)) == [
        *("page.html", "run/normalisation.json", "run/results.csv", "run/sweep.json")
    ]


def test_ctrl_c_ends_it_with_a_page_that_stays(run, tmp_path):
    with sole_user(run):
        follower = Follower(tmp_path)
        follower.until(lambda data: data["reload"] == 5)
        follower.process.send_signal(signal.SIGINT)
        code, out, err = follower.ended()
    assert (code, out) == (0, "page.html\n")
    assert "Stopping; the page reloads itself no more." in err
    assert follower.data()["reload"] is None


def test_a_sweep_that_has_ended_is_drawn_once(run, tmp_path):
    done = paretocli("plot-front", "run", "--html", "page.html", "--follow", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "page.html\n")
    assert done.stderr.startswith("No process is at run; the page is written once.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--html", "page.html"], "no sweep.json"),
        (["empty", "--html", "page.html"], "no sweep.json"),
        (["run/results.csv", "--html", "page.html"], "is a file"),
        (["run"], "name its file with --html"),
        (["run", "--html", "page.html", "--out", "a.png"], "does not go with --out"),
        (["run", "--html", "page.html", "--history"], "--html does not go with --history"),
        (["run", "--history"], "name its file with --html"),
    ],
)
def test_wrong_wishes_are_one_sentence(run, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    before = files_below(tmp_path)
    done = paretocli("plot-front", *arguments, "--follow", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert files_below(tmp_path) == before
