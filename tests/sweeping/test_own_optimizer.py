"""Problems that bring their own optimiser: what is refused, and how the others are trained."""

import dataclasses
import json
from functools import partial

import pytest
import torch
from torch.optim import LBFGS, SGD, Adafactor, Adam, AdamW, Muon, RMSprop, Rprop

from paretocli.errors import InputError
from paretocli.examination import examine
from paretocli.library.calls import check, sweep
from paretocli.problems.made_in_python import code_checksum
from paretocli.sweeping.resolve import resolve
from tests.toys import Wide, vectors


def problem_with(hook, **defaults):
    problem = vectors()
    return dataclasses.replace(
        problem, optimizer=hook, defaults=dataclasses.replace(problem.defaults, **defaults)
    )


def settled(hook, *, sparsity=False, defaults=None, **options):
    return resolve(
        {"device": "cpu", "sparsity": sparsity, "points": 3, **options},
        made=problem_with(hook, **(defaults or {})),
    )


@pytest.mark.parametrize("hook", [Adafactor, RMSprop, partial(AdamW, betas=(0.8, 0.9)), Adam])
def test_a_class_of_torch_is_a_hook(hook):
    assert settled(hook).config.optimizer == "own"
    assert settled(hook, weight_decay=0.1, no_decay="biases", lr_of=["body.*=0.1"])


def test_the_option_wins_over_the_hook():
    assert settled(Adafactor, optimizer="sgd").config.optimizer == "sgd"


@pytest.mark.parametrize("hook", [Adafactor, SGD, partial(Adam, amsgrad=True)])
def test_with_sparsity_where_the_proximal_step_is_known(hook):
    assert settled(hook, sparsity=True).config.sparsity


def only_matrices(named, lr, weight_decay):
    return Adam([p for _, p in named if p.ndim == 2], lr=lr, weight_decay=weight_decay)


class Forgetful(SGD):
    """Counts its steps where no state holds them."""

    taken = 0

    def step(self):
        self.taken += 1
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad /= self.taken
        super().step()


class Unreadable(SGD):
    def step(self):
        super().step()
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter]["it"] = self


def steady(named, lr, weight_decay):
    return Rprop(named, lr=lr)


def deaf(named, lr, weight_decay):
    return Adam(named, lr=0.1, weight_decay=weight_decay)


def own_decay(named, lr, weight_decay):
    return AdamW(named, lr=lr)


def no_decay(named, lr, weight_decay):
    return SGD(named, lr=lr)


def another(named, lr, weight_decay):
    return Adam([*(p for _, p in named), torch.zeros(1)], lr=lr)


@pytest.mark.parametrize(
    ("hook", "options", "message"),
    [
        (lambda named, lr, weight_decay: None, {}, "of torch's kind .* found NoneType"),
        (only_matrices, {}, r"\(Adam\) leaves out body.1.weight, body.1.bias, .*requires_grad_"),
        (another, {}, "steps 1 tensors that are none of the parameters"),
        (partial(Adam, maximize=True), {}, "maximises"),
        (deaf, {}, r"\(Adam\) should learn at the rate lr that it is told"),
        (own_decay, {}, "decays weights although it is told weight_decay=0"),
        (no_decay, {"weight_decay": 0.1}, "takes no heed of the weight decay 0.1"),
        (steady, {}, r"\(Rprop\) do not get shorter .* --schedule and --warm-up"),
        (Rprop, {}, "raised TypeError in steps of its own optimizer: .*weight_decay"),
        (Muon, {}, "raised ValueError in steps of its own optimizer: .*2D"),
        (
            lambda named, lr, weight_decay: LBFGS([p for _, p in named], lr=lr),
            {},
            r"raised TypeError in steps of its own optimizer: .*step\(\) is called without one",
        ),
        (Forgetful, {}, r"\(Forgetful\) does not go on from its state_dict"),
        (Unreadable, {}, r"\(Unreadable\) cannot be written to a file"),
        (RMSprop, {"sparsity": True}, "NAdam, RAdam or Adafactor of torch.*found RMSprop"),
    ],
)
def test_what_is_refused(hook, options, message):
    with pytest.raises(InputError, match=message):
        settled(hook, **options)


def test_a_problem_without_one():
    with pytest.raises(InputError, match="--optimizer own asks for the problem's own, but vectors"):
        settled(None, optimizer="own")


def test_check_says_what_is_wrong_and_what_sparsity_needs(monkeypatch):
    (fault,) = check(problem_with(deaf), device="cpu").failures
    assert "should learn at the rate lr" in str(fault)
    # The export of a point, which takes long, has nothing to do with it.
    monkeypatch.setattr(examine, "has_inputs", lambda problem: False)
    found = check(problem_with(RMSprop), device="cpu")
    assert not found.failures
    assert any("found RMSprop" in note for note in found.notes)


def test_another_hook_is_another_sweep():
    network = Wide()
    hooks = [
        *(None, Adam, AdamW, Adafactor, partial(Adam, betas=(0.8, 0.9))),
        *(partial(Adam, betas=(0.9, 0.9)), deaf, steady),
    ]
    found = [code_checksum(problem_with(hook), network)["source"] for hook in hooks]
    assert len(set(found)) == len(hooks)


@pytest.mark.parametrize("sparsity", [False, True])
def test_a_sweep_with_a_hook_is_the_one_with_the_optimiser_of_that_name(tmp_path, sparsity):
    known = {"sparsity": sparsity, "points": 3, "epochs": 2, "retrain_epochs": 1}
    known |= {"device": "cpu", "threads": 1, "jobs": 1, "weight_decay": 0.01}
    records = []
    for name, problem in {
        "hook": problem_with(partial(torch.optim.SGD, momentum=0.9, nesterov=True)),
        "name": problem_with(None, optimizer="sgd"),
    }.items():
        sweep(problem, out=tmp_path / name, **known)
        files = sorted((tmp_path / name / "points").glob("*.safetensors"))
        records.append([file.read_bytes() for file in files])
    assert len(records[0]) == 3
    assert records[0] == records[1]
    written = json.loads((tmp_path / "hook" / "sweep.json").read_text())
    assert "own" in json.dumps(written)
