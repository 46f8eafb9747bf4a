"""What `paretocli prune` is going to do, in words."""

import json

from rich.table import Table

from paretocli.cli.tables import as_text
from paretocli.library.pruning import Baseline


def plan_text(baseline: Baseline, *, as_json: bool) -> str:
    """Which dense networks are trained, and to which sizes they are pruned."""
    config, partners = baseline.resolved.config, baseline.partners
    if as_json:
        content = {
            "directory": str(config.out),
            "from": "larger" if config.pruned_gradually else "dense",
            "epochs": config.epochs,
            "weights": [list(row) for row in config.weights],
            "partners": [
                {
                    "partner": one.point,
                    "weights": list(one.weights),
                    "pruned_to": one.size,
                    "epochs": one.epochs,
                }
                for one in partners
            ],
        }
        return json.dumps(content, indent=2)
    table = Table(box=None, pad_edge=False, header_style="bold")
    headers = ("like\npoint", "parameters\nat most", "epochs")
    for header in (*headers, *(f"w {name}" for name in config.objectives)):
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    for one in partners:
        numbers = (str(one.point), f"{one.size:,}", str(one.epochs))
        table.add_row(*numbers, *(f"{weight:.4f}" for weight in one.weights))
    count = len(config.weights)
    networks = "1 dense network" if count == 1 else f"{count} dense networks"
    source = "each from the next larger one" if config.pruned_gradually else "from the dense one"
    lines = {
        "dense": f"{networks}, {config.epochs} epochs each",
        "pruned": f"{len(partners)}, {source}",
        "directory": str(config.out),
    }
    described = "\n".join(f"{name:<10} {text}" for name, text in lines.items())
    return "\n\n".join([described, as_text(table), "Nothing was run."])
