"""What stands for no label: a number, or one for some parts of a target of several tensors."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from paretocli.core.inputs import AnyForm, Several, of_form, tensors_of
from paretocli.errors import InputError

Missing = float | int | Mapping[str, float | int]


def without_label(missing: Missing, target: Several) -> Tensor:
    """Which samples of a target (B, …) have no label (B,).

    Those of which all entries are the sign for none, in all parts that have one.
    """
    parts = tensors_of(target)
    found = [_gone(parts[name], sign) for name, sign in _signs(missing).items()]
    return torch.stack(found).all(dim=0)


def unlabelled(missing: Missing, like: AnyForm, size: int) -> AnyForm:
    """A target (`size`, …) without a label, of the form and types of another one (B, …)."""
    signs = _signs(missing)
    tensors = [
        tensor.new_full((size, *tensor.shape[1:]), signs.get(name, 0))
        for name, tensor in tensors_of(like).items()
    ]
    return of_form(like, tensors)


def refuse_impossible(name: str, missing: Missing | None, target: Several, where: str) -> None:
    """Refuse a sign for no label that no target can be.

    Args:
        name: That of the task.
        missing: Its sign, None where all samples have labels.
        target: Some of its targets.
        where: What they are, for the message.

    Raises:
        InputError: It names no part of several tensors, or one that is not there, or targets of
            this type never have that value.
    """
    if missing is None:
        return
    parts = tensors_of(target)
    signs = _signs(missing)
    if not signs or not signs.keys() <= parts.keys():
        given = "a number for them all" if "" in signs else ", ".join(map(repr, signs)) or "none"
        advice = (
            "give a number"
            if "" in parts
            else f"name some of them, as missing={{{next(iter(parts))!r}: -1}} does"
        )
        raise InputError(
            f"Task {name} has missing={missing}, but its targets in {where} are "
            f"{_described(parts)}, found {given}; {advice}."
        )
    for part, sign in signs.items():
        _refuse_impossible_number(name, sign, parts[part], where)


def _refuse_impossible_number(name: str, sign: float, target: Tensor, where: str) -> None:
    if target.is_floating_point():
        return
    held = torch.iinfo(target.dtype) if target.dtype != torch.bool else None
    low, high = (0, 1) if held is None else (held.min, held.max)
    if not (float(sign).is_integer() and low <= sign <= high):
        raise InputError(
            f"Task {name} has missing={sign}, which none of its targets in {where} "
            f"can be: they are of {str(target.dtype).removeprefix('torch.')}; give a number of "
            "that type."
        )


def _signs(missing: Missing) -> dict[str, float | int]:
    """The sign of each part that has one; a lone tensor's part has the empty name."""
    return dict(missing) if isinstance(missing, Mapping) else {"": missing}


def _gone(target: Tensor, sign: float) -> Tensor:
    gone = target.isnan() if math.isnan(sign) else target == sign
    # The targets of samples may be single numbers: (B,).
    return gone.unsqueeze(-1).flatten(1).all(dim=1)


def _described(parts: Mapping[str, Tensor]) -> str:
    return "one tensor" if "" in parts else f"several tensors ({', '.join(parts)})"
