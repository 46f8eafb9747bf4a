"""What `paretocli export` says of latencies."""

from pathlib import Path

from paretocli.cli.export_report import export_report
from paretocli.exporting.export import Exported, Side


def side(fast, slow):
    """A network with a latency for each of two batches."""
    latency = {"torch, batch 1": fast, "torch, batch 64": slow}
    return Side(
        parameters=10,
        bytes={},
        macs=None,
        latency=latency,
        latency_p95={name: 2 * seconds for name, seconds in latency.items()},
        latency_halves={name: (seconds, seconds) for name, seconds in latency.items()},
        metrics={},
    )


def shown(before, after):
    gaps = {"module": {"a": 0.0}}
    exported = Exported(
        *(before, after, gaps, {"a": 1.0}),
        samples=8,
        threads=1,
        processors=(1,),
        calls=dict.fromkeys(before.latency, 200),
        files=(),
    )
    return export_report(exported, Path("small"))


def test_ratios_come_first_and_slower_is_said():
    said = shown(side(0.004, 0.01), side(0.002, 0.02))
    rows = [line.split() for line in said.splitlines()]
    assert ["torch,", "batch", "1,", "ms", "2.00", "×", "4.000", "2.000"] in rows
    assert ["torch,", "batch", "1,", "ms", "(95", "%)", "8.000", "4.000"] in rows
    assert ["torch,", "batch", "64,", "ms", "0.50", "×,", "slower", "10.000", "20.000"] in rows
    assert "Slower than before: torch, batch 64." in said
    assert "1 thread kept on processor 1" in said.replace("\n", " ")


def test_nothing_is_slower_where_nothing_is():
    said = shown(side(0.004, 0.01), side(0.002, 0.01))
    assert "Slower" not in said
    assert "1.00 ×, within noise" in said
