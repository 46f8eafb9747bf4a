"""The columns of a table that a problem's inputs come from."""

from collections.abc import Sequence

from torch import Tensor

from paretocli.core.samples import Data
from paretocli.errors import InputError


def refuse_other_columns(columns: Sequence[str], data: Data, name: str) -> None:
    """Refuse names of columns that are not one for each number of a sample's inputs.

    Args:
        columns: The column of each input (D,), none where inputs are no table's.
        data: The training samples.
        name: That of the problem.

    Raises:
        InputError: The inputs are other than a tensor of floating-point numbers (N, D).
    """
    if not columns:
        return
    inputs = data.rows(slice(1)).inputs
    if not (isinstance(inputs, Tensor) and inputs.is_floating_point()):
        raise InputError(
            f"Problem {name} names columns of its inputs, which should be one tensor (N, D) of "
            "floating-point numbers then; leave out columns."
        )
    if inputs.shape[1:] != (len(columns),):
        raise InputError(
            f"Problem {name} names the columns of {len(columns)} inputs, and its samples have "
            f"{' × '.join(map(str, inputs.shape[1:])) or 'one'}; name one for each."
        )
