"""Eight bits for a network that loses too much in them: training it with its numbers rounded."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, fx, nn

from paretocli.core.inputs import Inputs, of_form, tensors_of
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.quantised import Quantised
from paretocli.exporting.fewer_bits.trials import Network
from paretocli.exporting.fewer_bits.variants import Exact, Variant
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.onnx_file import ONNX
from paretocli.exporting.quantise_aware.course import Course
from paretocli.exporting.quantise_aware.fake_quantised import (
    activations_first,
    fake_quantised,
    own_tensors,
    ranges_of,
)
from paretocli.exporting.quantise_aware.places import Places, places_of
from paretocli.exporting.quantise_aware.recipe import Recipe
from paretocli.exporting.quantise_aware.same_values import nodes_of, values_in
from paretocli.exporting.quantise_aware.training import train

_STEP = "_scale"  # what onnxruntime's quantiser adds to the name of a tensor


@dataclass(frozen=True, eq=False)
class Tuned:
    """A network that was trained with its numbers rounded.

    Attributes:
        network: It, without any rounding.
        exact: It as an ONNX file in single precision.
        variant: How it is stored in eight bits.
        course: How the training went.
    """

    network: Network
    exact: Exact
    variant: Variant
    course: Course

    def rounded(self, given_back: tuple[str, ...]) -> nn.Module:
        """It with its numbers rounded as the file does, from raw inputs to the outputs' tensors."""
        assert self.variant.quantised is not None
        assert self.network.recipe is not None
        graph, _ = _fake_quantised(self.network, self.variant.quantised, given_back)
        return _AsUsed(self.network.problem, self.network.recipe, graph).eval()


def tuned(network: Network, variant: Variant, epochs: int, folder: Path) -> Tuned:
    """Train a network as it is in eight bits, all its layers.

    Args:
        network: It, with a recipe.
        variant: How it is stored in eight bits.
        epochs: Passes over the training data.
        folder: Where a file of the trained network stays.

    Raises:
        InputError: It cannot be trained so.
    """
    assert variant.quantised is not None
    assert network.recipe is not None
    graph, places = _fake_quantised(network, variant.quantised, ())
    course = train(graph, network.form, network.recipe, epochs)
    small = copy.deepcopy(network.small)
    own = own_tensors(graph)
    _take_up(small, own)
    recipe = replace(network.recipe, graph=copy.deepcopy(network.recipe.graph))
    _take_up(recipe.graph, own)
    after = replace(network, small=small, recipe=recipe)
    FORMATS["onnx"].write(small, network.names, network.few, folder)
    before = variant.quantised.exact
    parameters = {name: tensor.detach().numpy() for name, tensor in small.state_dict().items()}
    exact = Exact(folder / ONNX, parameters, before.calibration)
    ranges = {scale.removesuffix(_STEP): ends for scale, ends in ranges_of(graph, places).items()}
    made = variant.quantised.again(exact, f"trained {variant.quantised.method}", ranges)
    return Tuned(after, exact, made.variant(), course)


def _fake_quantised(
    network: Network, quantised: Quantised, given_back: tuple[str, ...]
) -> tuple[fx.GraphModule, Places]:
    """The network from prepared inputs on, rounded as it is in eight bits, and where that is."""
    recipe = network.recipe
    assert recipe is not None
    _refuse_others(recipe.graph, network.small)
    model = quantised.model()
    places = places_of(quantised.quantised(given_back), model, quantised.exact.parameters)
    raw = dict(zip(network.few, tensors_of(recipe.raw).values(), strict=True))
    names = [name for place in places.between for name in (place.source, place.tensor)]
    graph = copy.deepcopy(recipe.graph)
    activations_first(graph)
    prepared = [*tensors_of(recipe.prepared).values()]
    nodes = nodes_of(graph, prepared, values_in(model, names, raw))
    return fake_quantised(graph, places, nodes), places


def _refuse_others(graph: nn.Module, small: nn.Module) -> None:
    """Refuse a graph whose parameters are not those of the network that is written."""
    there = small.state_dict()
    for name, parameter in graph.named_parameters():
        if name not in there or not torch.equal(there[name], parameter):
            raise InputError(
                "This network cannot be trained with its numbers rounded: without what prepares "
                "its inputs it becomes another one; leave out --quantise-aware."
            )


@torch.no_grad()
def _take_up(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give a network's parameters the numbers that tensors of the same names have."""
    for name, parameter in module.named_parameters():
        if name in tensors:
            parameter.copy_(tensors[name])


class _AsUsed(nn.Module):
    """A graph that takes prepared inputs, with what prepares them."""

    def __init__(self, problem: Problem, recipe: Recipe, graph: nn.Module) -> None:
        super().__init__()
        self.graph = graph
        self._prepare = problem.prepare
        self._form: Inputs = recipe.raw

    @torch.no_grad()
    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        prepared = self._prepare(of_form(self._form, tensors))
        found: tuple[Tensor, ...] = self.graph(*tensors_of(prepared).values())
        return found
