import dataclasses

import pytest
import torch

from paretocli.core.problem import Samples
from paretocli.errors import InputError
from paretocli.probing import double_precision
from paretocli.probing.double_precision import refuse_double
from paretocli.probing.rehearsal import rehearse
from tests.second_device import DEVICE
from tests.toys import CPU, vectors

MAC = torch.device("mps")


def problem(inputs=torch.float32, targets=torch.int64):
    made = vectors(sizes=(4, 4, 4))
    first, second = made.val.targets
    val = Samples(made.val.inputs.to(inputs), (first, second.to(targets)))
    return dataclasses.replace(made, val=val)


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (problem(inputs=torch.float64), "The inputs of problem vectors are of float64 in its val"),
        (problem(targets=torch.float64), "The targets of task b of problem vectors are of float64"),
    ],
)
def test_data_in_double_precision_is_refused_where_there_is_none(made, what):
    with pytest.raises(InputError, match=rf"{what}.*does not have; give .*--device cpu\."):
        refuse_double(made, MAC)
    refuse_double(made, torch.device("cuda"))
    refuse_double(made, CPU)


def test_other_data_is_taken():
    refuse_double(problem(), MAC)


def test_it_is_refused_before_anything_is_moved(monkeypatch):

    monkeypatch.setattr(double_precision, "WITHOUT", (DEVICE.type,))
    made = problem(inputs=torch.float64)
    with pytest.raises(InputError, match=f"numbers that {DEVICE.type} does not have"):
        rehearse(made, made.networks["wide"](), DEVICE, batch_size=4)
