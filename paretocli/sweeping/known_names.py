"""Names among the options that are none, and what is not installed, found before data is read."""

from paretocli.execution.cluster import check_cluster
from paretocli.extras import require
from paretocli.options.declared import declared
from paretocli.options.given import Options
from paretocli.population.optimizers import OPTIMIZERS, OWN, SCHEDULES
from paretocli.population.transfer import TRANSFERS
from paretocli.registries import lookup
from paretocli.solvers.registry import SOLVERS


def refuse_unknown(options: Options) -> None:
    """Refuse names that are none, and what is not installed.

    Raises:
        InputError: There is such a thing.
    """
    for option, known in (
        ("solver", SOLVERS),
        ("optimizer", {**OPTIMIZERS, OWN: None}),
        ("schedule", SCHEDULES),
        ("transfer", TRANSFERS),
    ):
        if option in options:
            lookup(known, str(options[option]), option)
    for module in SOLVERS[str(options.get("solver", declared()["solver"].default))].needs:
        require(module, extra="rivals", asked=f"--solver {options['solver']}")
    if options.get("log") == "tensorboard":
        require("torch.utils.tensorboard", extra="tensorboard", asked="--log tensorboard")
    if "cluster" in options:
        check_cluster(str(options["cluster"]))
