"""Files of fewer bits: what is in them, what they lose, and what is refused."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from paretocli.errors import InputError, RunError
from paretocli.exporting.fewer_bits import lossy_files as writing
from paretocli.exporting.fewer_bits.choosing import least_lost
from paretocli.exporting.fewer_bits.lossiness import Lossiness
from paretocli.exporting.fewer_bits.lossy_files import write_lossy
from paretocli.exporting.fewer_bits.variants import Variant
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.onnx_file import ONNX
from tests.exporting.quantising import Pooled, images, network_of, problem_of
from tests.program import files_below

ALL = ("onnx-int8", "onnx-int4", "onnx-fp16", "onnx-bf16")


# Kinds of tensors of ONNX: int8, float16, bfloat16, int4.
NARROW = (3, 10, 16, 22)


@pytest.fixture(scope="module")
def written():
    torch.manual_seed(0)
    network = Pooled().eval()
    return network_of(network, problem_of(network), ["images"])


@pytest.fixture(scope="module", autouse=True)
def _exported_once(tmp_path_factory):
    """The exporter takes most of the time, and all of these are of a few networks."""
    made, write, patch = {}, FORMATS["onnx"].write, pytest.MonkeyPatch()

    def once(network, names, few, folder):
        if network not in made:
            write(network, names, few, folder)
            made[network] = (folder / ONNX).read_bytes()
        (folder / ONNX).write_bytes(made[network])

    patch.setitem(FORMATS.own, "onnx", replace(FORMATS["onnx"], write=once))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def made(written, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lossy")
    return folder, write_lossy(written, ["program", *ALL], folder, Lossiness(6.0), 1)


def test_all_formats_are_files_that_run(written, made):
    folder, found = made
    assert set(files_below(folder)) == {one.file for one in found.values()}
    assert [found[name].bits for name in ALL] == [8, 4, 16, 16]
    inputs = images(7)
    with torch.no_grad():
        expected = written.small(inputs)
    for name in ALL:
        one = found[name]
        assert one.bytes == (folder / one.file).stat().st_size < one.bytes_exact
        onnx.checker.check_model(onnx.load(folder / one.file), full_check=True)
        session = onnxruntime.InferenceSession(folder / one.file)
        for size in (1, 7):
            outputs = session.run(None, {"images": inputs[:size].numpy()})
            for task, output, right in zip(("left", "right"), outputs, expected, strict=True):
                gap = np.abs(output - right[:size].numpy()).max()
                assert output.shape == (size, right.shape[1])
                assert gap <= 2 * one.differences[task] + 1e-3
        assert found[name].differences["left"] > 0


def test_losses_are_those_of_what_the_file_says(written, made):
    folder, found = made
    test = written.problem.test
    for one in found.values():
        session = onnxruntime.InferenceSession(folder / one.file)
        outputs = session.run(None, {"images": test.inputs.numpy()})
        for task, output, target in zip(("left", "right"), outputs, test.targets, strict=True):
            right = float((output.argmax(axis=1) == target.numpy()).mean())
            drop = one.test[task]
            assert (drop.figure, drop.unit, drop.before) == (f"accuracy_{task}", "points", 1.0)
            assert drop.after == pytest.approx(right, abs=1e-6)
            assert drop.drop == pytest.approx(100 * (1 - right), abs=1e-4)
        assert all(drop.drop <= 6 for drop in one.validation.values())
    assert found["onnx-int8"].calibration_samples == 64
    assert found["onnx-fp16"].calibration_samples == 0
    assert set(found["onnx-int8"].layers) == {"body.0", "body.3", "hidden", "left", "right"}


def test_weights_are_those_of_the_network_within_half_a_step(written, made):
    folder, _ = made
    graph = onnx.load(folder / "network.int8.onnx").graph
    there = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    decoded = {node.output[0]: node.input for node in graph.node if "Dequ" in node.op_type}
    (layer,) = (node for node in graph.node if node.name == "hidden")
    numbers, step, zero = (there[name] for name in decoded[layer.input[1]])
    weight = written.small.hidden.weight.detach().numpy()
    assert numbers.dtype == np.int8
    assert step.shape == (24,)  # one a channel
    assert not zero.any()
    off = np.abs(numbers * step[:, None] - weight)
    assert (off <= step[:, None] * 0.501).all()


def test_weights_of_four_bits_are_widened_as_the_file_is_loaded(written, made, tmp_path):
    folder, found = made
    model = onnx.load(folder / "network.int4.onnx")
    narrow = {one.name for one in model.graph.initializer if one.data_type == TensorProto.INT4}
    casts = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Cast"}
    assert narrow < {*casts.values()}  # what the network does with its images is a cast too
    decoded = {node.output[0]: node.input for node in model.graph.node if "Dequ" in node.op_type}
    there = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    (layer,) = (node for node in model.graph.node if node.name == "hidden")
    wide, step, _ = decoded[layer.input[1]]
    numbers = there[casts[wide]].astype(float)
    weight = written.small.hidden.weight.detach().numpy()
    np.testing.assert_allclose(there[step], np.abs(weight).max(axis=1) / 7.499, rtol=1e-5)
    assert np.abs(numbers).max(axis=1).tolist() == [7.0] * 24
    assert (np.abs(numbers * there[step][:, None] - weight) <= there[step][:, None] * 0.501).all()
    # Layers of fewer numbers than a cast is worth keep eight bits.
    assert set(found["onnx-int4"].layers) == {"body.3", "hidden", "left", "right"}
    kernels = [_kernels(folder / f"network.{name}.onnx", tmp_path) for name in ("int4", "int8")]
    assert kernels[0] == kernels[1]


def _kernels(file, folder):
    """How often onnxruntime calls each operator."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(file, options)
    return Counter(one.op_type for one in onnx.load(folder / "optimised.onnx").graph.node)


def test_kernels_that_give_something_else_are_found(written, tmp_path, monkeypatch):
    """As those of onnxruntime 1.24.1 do."""
    form = FORMATS["onnx-int8"]

    def wrong(folder):
        right = form.read(folder)
        return lambda *inputs: [output + output.std() / 5 for output in right(*inputs)]

    monkeypatch.setitem(FORMATS.own, "onnx-int8", replace(form, read=wrong))
    words = (
        r"onnxruntime [\d.]+ gives outputs of the onnx-int8 file that are off by 0\.\d+ of their"
    )
    with pytest.raises(RunError, match=words):
        write_lossy(written, ["onnx-int8"], tmp_path, Lossiness(50.0), 1)


def test_what_a_file_is_to_give_is_what_its_operators_give(written, tmp_path):
    kept = {}
    found = write_lossy(written, ["onnx-int8"], tmp_path, Lossiness(9.0), 1, kept.__setitem__)
    one = found["onnx-int8"]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(tmp_path / one.file, options)
    test = written.problem.test.inputs
    outputs = session.run(None, {"images": test.numpy()})
    for right, output in zip(kept[one.file](test), outputs, strict=True):
        np.testing.assert_array_equal(right.numpy(), output)
    assert max(one.agreement.values()) < max(one.differences.values()) / 2


def test_the_same_command_gives_the_same_bytes(written, made, tmp_path):
    folder, found = made
    write_lossy(written, ALL, tmp_path, Lossiness(6.0), 1)
    for one in found.values():
        assert (tmp_path / one.file).read_bytes() == (folder / one.file).read_bytes()


@pytest.mark.parametrize("name", ALL)
def test_a_wrong_weight_is_found(name, written, tmp_path, monkeypatch):
    save = onnx.save

    def wrong(model, file, **options):
        if not options and file.parent == tmp_path:  # a number of the largest
            stored = [one for one in model.graph.initializer if one.data_type in NARROW]
            tensor = max(stored, key=lambda one: len(one.raw_data))
            content = bytearray(tensor.raw_data)
            content[-1] ^= 2
            tensor.raw_data = bytes(content)
        save(model, file, **options)

    monkeypatch.setattr(writing.onnx, "save", wrong)
    with pytest.raises(RunError, match=f"The {name} file has numbers further off than its bits"):
        write_lossy(written, [name], tmp_path, Lossiness(50.0), 1)


class OneBadLayer(nn.Module):
    """A channel of a hidden layer has a weight a thousand times the others, of what is mostly 0."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.bad, self.good = nn.Linear(16, 16), nn.Linear(16, 16)
        self.heads = nn.ModuleList(nn.Linear(16, 4) for _ in range(2))
        with torch.no_grad():
            self.first.weight[0], self.first.bias[0] = 0, 0
            self.bad.weight[:, 0] = 3000

    def forward(self, numbers):
        hidden = torch.relu(self.good(torch.relu(self.bad(torch.relu(self.first(numbers))))))
        return [head(hidden) for head in self.heads]


@pytest.fixture(scope="module")
def bad():
    torch.manual_seed(0)
    network = OneBadLayer().eval()
    return network_of(network, problem_of(network, lambda n: torch.randn(n, 8)), ["numbers"])


def test_the_layer_that_loses_most_is_given_back(bad, tmp_path):
    found = write_lossy(bad, ["onnx-int8"], tmp_path, Lossiness(4.0), 1)["onnx-int8"]
    assert found.given_back == ("bad",)
    assert set(found.layers) == {"first", "bad", "good", "heads.0", "heads.1"}
    size = 16 * 16
    total = sum(parameter.numel() for parameter in bad.small.parameters())
    biases = sum(p.numel() for name, p in bad.small.named_parameters() if "bias" in name)
    assert found.share == pytest.approx((total - biases - size) / total)
    assert max(drop.drop for drop in found.validation.values()) <= 4


def test_layers_that_four_bits_ruin_have_eight(tmp_path):
    torch.manual_seed(0)
    with torch.no_grad():
        network = OneBadLayer().eval()
        network.bad.weight[:, 0] = 5.0  # a step of four bits is wider than all others, of eight not
    made = network_of(network, problem_of(network, lambda n: torch.randn(n, 8)), ["numbers"])
    found = write_lossy(made, ["onnx-int4"], tmp_path, Lossiness(12.0), 1)["onnx-int4"]
    assert found.given_back[0] == "bad"
    assert found.back == 8
    assert 0 < len(found.given_back) < len(found.layers)
    model = onnx.load(tmp_path / found.file)
    kinds = Counter(one.data_type for one in model.graph.initializer if len(one.dims) == 2)
    assert kinds[TensorProto.INT8] == len(found.given_back)
    assert kinds[TensorProto.INT4] == len(found.layers) - len(found.given_back)
    assert kinds[TensorProto.FLOAT] == 0
    assert found.share > 0.9


def test_what_no_layers_make_good_is_refused(written, tmp_path):
    def off_by_little(output, target):
        return ((output.max(dim=1).values - target) ** 2).mean()

    problem = written.problem
    targets = tuple(output.max(dim=1).values for output in written.small(problem.val.inputs))
    tasks = [
        replace(task, metrics={"mse": off_by_little}, loss=off_by_little) for task in problem.tasks
    ]
    val = replace(problem.val, targets=tuple(t.detach() + 1e-6 for t in targets))
    exact = replace(written, problem=replace(problem, tasks=tasks, val=val))
    words = (
        r"onnx-int8 loses [\d.e+]+ % of mse_(left|right) on the validation data .*, and with all "
        r"layers but one in single precision still .*more than --max-drop 0\.5 allows; nothing was"
    )
    with pytest.raises(InputError, match=words):
        write_lossy(exact, ["onnx-int8"], tmp_path, Lossiness(), 1)
    assert not files_below(tmp_path)


def test_too_little_to_calibrate_with_is_refused(written, tmp_path):
    train = written.problem.train.rows(slice(31))
    few = replace(written, problem=replace(written.problem, train=train))
    with pytest.raises(InputError, match="on 32 training samples at least, and problem certain"):
        write_lossy(few, ["onnx-int8"], tmp_path, Lossiness(), 1)
    with pytest.raises(InputError, match="at most 64, the training samples of problem certain"):
        write_lossy(written, ["onnx-int8"], tmp_path, Lossiness(0.5, 65), 1)


def test_a_network_without_layers_is_refused():
    nothing = Variant("", 0, (), lambda layers: onnx.ModelProto())
    with pytest.raises(InputError, match="the network has none whose numbers fit"):
        least_lost("onnx-fp16", [nothing], None)


class Tokens(nn.Module):
    """What transformers are made of: embeddings, layers along a sequence, and a mask."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(30, 16)
        self.norm = nn.LayerNorm(16)
        self.along = nn.ModuleList(nn.Linear(16, 16) for _ in range(3))
        self.left = nn.Linear(16, 3)
        self.right = nn.Linear(16, 30)
        self.right.weight = self.words.weight  # tied, as in language models

    def forward(self, ids, mask):
        words = self.norm(self.words(ids))
        one, two, three = (layer(words) for layer in self.along)
        found = nn.functional.scaled_dot_product_attention(
            one[:, None], two[:, None], three[:, None], attn_mask=mask[:, None, None].bool()
        )
        return self.left(found[:, 0, 0]), self.right(found[:, 0, 1])


def test_embeddings_and_attention(tmp_path):
    def texts(count):
        mask = torch.ones(count, 6, dtype=torch.long)
        mask[::2, 4:] = 0
        return {"ids": torch.randint(0, 30, (count, 6)), "mask": mask}

    torch.manual_seed(0)
    network = Tokens().eval()
    made = network_of(network, problem_of(network, texts, (40, 60, 40)), [])
    both = write_lossy(made, ["onnx-int8", "onnx-int4"], tmp_path, Lossiness(25.0), 1)
    found = both["onnx-int8"]
    # What an embedding shares keeps eight bits.
    assert set(both["onnx-int4"].layers) == {"along.0", "along.1", "along.2"}
    # A weight that is read twice is one layer.
    assert set(found.layers) == {"right", "along.0", "along.1", "along.2", "left"}
    assert found.share > 0.8
    session = onnxruntime.InferenceSession(tmp_path / found.file)
    for size in (1, 5):
        given = {name: tensor.numpy() for name, tensor in texts(size).items()}
        assert [output.shape for output in session.run(None, given)] == [(size, 3), (size, 30)]


def test_the_report_is_json(made):
    from dataclasses import asdict

    text = json.dumps({name: asdict(one) for name, one in made[1].items()})
    assert json.loads(text)["onnx-int8"]["validation"]["left"]["unit"] == "points"
