import subprocess
import sys

import pytest

import paretocli as package
from tests.program import freshly_started, paretocli

COMMANDS = (
    *("init", "check", "train", "sweep", "status", "front", "select", "export"),
    *("plot-front", "compare", "problems"),
)


def test_help_names_every_command(tmp_path):
    done = freshly_started("--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, tmp_path):
    done = paretocli(command, "-h", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"paretocli {command}" in done.stdout


def test_version(tmp_path):
    done = paretocli("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"paretocli {package.__version__}\n")


def test_help_imports_nothing_heavy(tmp_path):
    # The modules are listed after the program has shown its help, in the same process.
    script = (
        "import sys\n"
        "from paretocli.cli.main import main\n"
        "sys.argv = ['paretocli', '--help']\n"
        "try:\n    main()\n"
        "finally:\n"
        "    heavy = {'torch', 'pandas', 'matplotlib', 'numpy', 'sklearn'} & set(sys.modules)\n"
        "    print('HEAVY', sorted(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "Commands" in done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_listing_problems_imports_no_torch(tmp_path):
    script = (
        "import sys\n"
        "from paretocli.cli.main import main\n"
        "sys.argv = ['paretocli', 'problems']\n"
        "try:\n    main()\n"
        "finally:\n    print('TORCH', 'torch' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "multidigits" in done.stdout
    assert done.stdout.splitlines()[-1] == "TORCH False"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--colour"], "No such option: --colour"),
        (["swep"], "swep"),
        (["sweep", "vlmop2", "--epochs", "many"], "'--epochs': Input should be a valid integer"),
        (["sweep", "vlmop2", "--lr", "fast"], "'--lr': Input should be a valid number"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments, said, tmp_path):
    done = paretocli(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
