"""Names from files and from other people's code never steer a terminal."""

import pytest

from tests.damage import run

STEERING = "\x1b[2J\x1b]0;mine\x07"
TABLE = (
    "point,weight_{0},weight_b,loss_{0}_val,loss_b_val,acc_{0}_val\n"
    "0,0.1,0.9,1,2,3\n"
    "1,0.9,0.1,2,1,3\n"
)


@pytest.mark.parametrize(
    "command",
    [
        ("front", "mine.csv"),
        ("select", "mine.csv", "--knee"),
        ("select", "mine.csv", "--maximize", f"none{STEERING}"),
        ("status", f"nowhere{STEERING}"),
    ],
)
def test_nothing_steers_a_terminal(command, tmp_path):
    (tmp_path / "mine.csv").write_text(TABLE.format(f"a{STEERING}"))
    shown = run(tmp_path, *command)
    said = shown.stdout + shown.stderr
    assert "\N{REPLACEMENT CHARACTER}[2J" in said
    assert said.replace("\n", "").isprintable()
