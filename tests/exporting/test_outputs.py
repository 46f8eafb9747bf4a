"""What is said of an exported network's metrics."""

import dataclasses

import pytest

from paretocli.exporting.measure import compare_outputs
from tests.core.test_labels import Network, by_sklearn, population, problem


@pytest.mark.parametrize("batch", [7, 120])
def test_metrics_are_those_of_the_labelled_samples_of_the_test_data(batch):
    made = problem()
    made = dataclasses.replace(made, evaluation_batch=batch)
    networks = population()
    functions = {}
    for member in range(2):
        network = Network()
        network.load_state_dict({n: t[member].detach() for n, t in networks.state_dict().items()})
        functions[str(member)] = network
    form = functions["0"](made.test.inputs)
    found = compare_outputs(made, functions, form).metrics
    for member in range(2):
        _, expected = by_sklearn(networks, member, made.test)
        assert list(found[str(member)]) == list(made.metrics)
        assert list(found[str(member)].values()) == pytest.approx(expected, rel=1e-6)
