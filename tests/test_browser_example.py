"""The example that runs two points in a browser: drawing, answers, and its runtime."""

import base64
import io
import runpy
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

from paretocli.problems.overlay import overlay_pairs
from tests.browser import Page

FOLDER = Path(__file__).parent.parent / "examples" / "browser"
SCRIPT = SimpleNamespace(**runpy.run_path(str(FOLDER / "make_page.py")))
ANSWERED = "document.body.dataset.answered !== undefined"
# Answers with the first ten numbers of the picture, and with the last.
STAND_IN = """var ort = { env: { wasm: {} }, Tensor: class { constructor(kind, data, shape) {
  if (kind !== "uint8" || shape.join() !== "1,1,12,12") throw new Error("no picture");
  this.data = data; } }, InferenceSession: { create: async () => ({ inputNames: ["inputs"],
  run: async ({ inputs: { data } }) =>
    ({ left: { data: data.slice(0, 10) }, right: { data: data.slice(-10) } }) }) } };"""


def network(point, seed):
    """One with weights by chance, as an exported one takes and gives what it does."""
    generator = np.random.default_rng(seed)
    nodes = [
        helper.make_node("Cast", ["inputs"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["numbers"], ["flat"]),
    ]
    matrices = []
    for task in SCRIPT.TASKS:
        numbers = generator.normal(scale=0.01, size=(144, 10)).astype(np.float32)
        matrices.append(numpy_helper.from_array(numbers, f"weight_{task}"))
        nodes.append(helper.make_node("MatMul", ["flat", f"weight_{task}"], [task]))
    given = helper.make_tensor_value_info("inputs", TensorProto.UINT8, ["batch", 1, 12, 12])
    outputs = [
        helper.make_tensor_value_info(task, TensorProto.FLOAT, ["batch", 10])
        for task in SCRIPT.TASKS
    ]
    graph = helper.make_graph(nodes, "network", [given], outputs, matrices)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return {
        "point": point,
        "weights": {"sparsity": 0.2, "left": 0.4, "right": 0.4},
        "parameters": 12345 + point,
        "bytes": 23456,
        "accuracy": {"left": 0.9, "right": 0.8},
        "onnx": SCRIPT.text_of(model.SerializeToString()),
    }


@pytest.fixture(scope="module")
def content():
    return SCRIPT.content_with([network(0, seed=0), network(1, seed=1)])


@pytest.fixture(scope="module")
def drawn(content, tmp_path_factory):
    """The page with something in the place of onnxruntime-web."""
    script, *others = SCRIPT.RUNTIME
    folder = tmp_path_factory.mktemp("stand-in") / "page"
    runtime = {script: STAND_IN.encode()} | dict.fromkeys(others, b"//")
    SCRIPT.write_page(folder, content, runtime)
    return folder / "index.html"


@pytest.fixture
def page(driver):
    """A reader with the page; in the end the console has said nothing and nothing was asked for."""
    page = Page(driver)
    yield page
    assert page.console() == []
    assert [url for url in page.requests() if not url.startswith(("file:", "blob:"))] == []


def packed(files, path):
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return path


def after(page, action):
    """What the page says once it has answered again."""
    before = page.run("return Number(document.body.dataset.answered)")
    action()
    page.until(f"return asked > {before} && Number(document.body.dataset.answered) === asked")
    return page.texts(".answer")


def averaged(ink, digit, levels):
    """The same digit by hand, from ink whose edges fall on whole pixels of it."""
    (rows,), (columns,) = (np.nonzero((ink > 0.1).any(axis=axis)) for axis in (1, 0))
    part = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    blank = (len(part) - part.shape[1]) // 2
    size = len(part) // digit
    square = np.pad(part, ((0, 0), (blank, blank))).reshape(digit, size, digit, size)
    shares = square.mean(axis=(1, 3))
    return np.floor(np.floor(shares * levels + 0.5) * 255 / levels + 0.5).astype(int)


def test_digits_become_what_those_of_the_data_are(page, drawn, content):
    page.open(drawn, drawn=ANSWERED)
    form = content["form"]

    def digit_of(ink):
        side = len(ink)
        return page.run(
            "return digitOf(...arguments)", ink.flatten().astype(float).tolist(), side, form
        )

    # Of any place and size, and with ink of any strength.
    ink = np.zeros((48, 48))
    ink[5:29, 20:36] = np.random.default_rng(0).uniform(0.2, 1, (24, 16))
    assert digit_of(ink) == averaged(ink, 8, 16).flatten().tolist()
    # One of the data that fills its height and lies in the middle is what it was.
    digits = load_digits()
    inked = digits.images > 1.6
    filling = inked[:, 0].any(axis=1) & inked[:, 7].any(axis=1)
    columns = inked.any(axis=1)
    middle = columns.argmax(axis=1) == columns[:, ::-1].argmax(axis=1)
    chosen = digits.images[filling & middle][:3]
    scaled = np.rint(chosen * 255 / 16).astype(np.uint8)
    for image, expected in zip(chosen, scaled, strict=True):
        found = digit_of(np.kron(image / 16, np.ones((3, 3))))
        assert found == expected.flatten().tolist()
    # Two of them lie over each other as they do there.
    pair = torch.from_numpy(scaled[:2])
    options = {"shift": form["shift"], "canvas": form["size"], "size": form["size"], "seed": 0}
    data = overlay_pairs(pair, torch.tensor([0, 1]), **options)
    partner = int(data.targets[1][0])
    lists = [scaled[0].flatten().tolist(), scaled[partner].flatten().tolist()]
    found = page.run("return [...overlaid(...arguments)]", lists, form)
    assert found == data.inputs[0].flatten().tolist()
    # A dot stays small, and nothing is nothing.
    dot = np.zeros((48, 48))
    dot[20:23, 20:23] = 1
    assert sum(level > 0 for level in digit_of(dot)) in {4, 9}
    assert digit_of(np.zeros((48, 48))) is None


def test_what_is_drawn_is_answered_and_cleared(page, drawn):
    page.open(drawn, drawn=ANSWERED)
    assert page.texts(".answer") == ["–"] * 4
    pad = page.boxes(".pad")[0]
    middle = (pad["left"] + pad["right"]) / 2
    ends = (middle, pad["top"] + 30), (middle, pad["bottom"] - 30)
    # An upright line: the brightest of the first row is in the middle. Nothing lies on the right.
    answers = after(page, lambda: page.drag(*ends))
    assert answers[1] == answers[3] == "–"
    assert answers[0] == answers[2]
    assert answers[0].split()[0] in {"3", "4"}
    assert len(page.all(".row.first")) == 2
    assert all(text.endswith(" ms a picture") for text in page.texts(".time"))
    assert after(page, page.one("#clear").click) == ["–"] * 4
    assert page.run("return pads[0].ink().every((one) => one === 0)")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1100])
def test_a_sample_is_shown_on_any_screen(page, drawn, content, width, dark):
    page.open(drawn, width=width, dark=dark, drawn=ANSWERED)
    answers = after(page, page.one("#sample").click)
    sample = content["samples"][0]
    left, right = sample["labels"]
    assert page.text("#said") == f"Sample 1 of 20, in truth left {left}, right {right}."
    expected = [int(np.argmax(part)) for part in (sample["pixels"][:10], sample["pixels"][-10:])]
    assert [int(answer.split()[0]) for answer in answers] == expected * 2
    sizes = [text for text in page.texts("dd") if text.endswith("parameters")]
    assert sizes == ["12,345 parameters", "12,346 parameters"]
    assert "sparsity 0.2, left 0.4, right 0.4" in page.texts("dd")
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    cards = page.boxes("article")
    beside = cards[0]["top"] == cards[1]["top"]
    assert beside == (width > 1000)
    paper, ink = (
        page.run(f"return getComputedStyle(document.body).{name}").strip("rgb()").split(",")
        for name in ("backgroundColor", "color")
    )
    assert (sum(map(int, paper)) < sum(map(int, ink))) == dark


def test_the_runtime_answers_as_in_python(page, content, tmp_path):
    try:
        package = SCRIPT.fetched(tmp_path)
    except SCRIPT.WrongInputError as error:
        pytest.skip(f"needs npm and what it fetches: {error}")
    SCRIPT.write_page(tmp_path / "page", content, SCRIPT.runtime_in(package))
    page.open(tmp_path / "page" / "index.html", drawn=ANSWERED)
    pictures = [sample["pixels"] for sample in content["samples"]]
    found = page.driver.execute_async_script(
        "const done = arguments[1]; Promise.all(sessions.map(async (session) => {"
        " const all = []; for (const picture of arguments[0])"
        " all.push(await outputsOf(session, Uint8Array.from(picture), form)); return all;"
        "})).then(done);",
        pictures,
    )
    inputs = np.array(pictures, np.uint8).reshape(-1, 1, 12, 12)
    for network, outputs in zip(content["networks"], found, strict=True):
        session = onnxruntime.InferenceSession(base64.b64decode(network["onnx"]))
        expected = session.run(["left", "right"], {session.get_inputs()[0].name: inputs})
        for task, of_task in enumerate(expected):
            own = np.array([of_picture[task] for of_picture in outputs])
            np.testing.assert_allclose(own, of_task, atol=1e-4)
    assert found[0] != found[1]


def test_what_cannot_be_shown_is_said(capsys, tmp_path, monkeypatch):
    def refused(*arguments):
        with pytest.raises(SystemExit) as caught:
            SCRIPT.main([*map(str, arguments), "--out", str(tmp_path / "page")])
        assert caught.value.code == 2
        assert not (tmp_path / "page").exists()
        return capsys.readouterr().err

    assert "Both points are the same" in refused("run", 1, 1)
    package = packed(dict.fromkeys(SCRIPT.RUNTIME, b""), tmp_path / "whole.tgz")
    other = packed({"ort.wasm.min.js": b""}, tmp_path / "other.tgz")
    assert "lacks ort-wasm-simd-threaded.mjs, " in refused("run", 0, 1, "--runtime", other)
    (tmp_path / "no.tgz").write_text("no")
    assert "cannot be read" in refused("run", 0, 1, "--runtime", tmp_path / "no.tgz")
    assert "run" in refused(tmp_path / "run", 0, 1, "--runtime", package)
    run = Path(__file__).parent / "released" / "0.2.0-vlmop2"
    assert "is a run of vlmop2; the page draws" in refused(run, 0, 1, "--runtime", package)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "npm is not installed" in refused(run, 0, 1)
    (tmp_path / "npm").write_text("#!/bin/sh\necho npm error code E404 >&2\nexit 1\n")
    (tmp_path / "npm").chmod(0o755)
    said = refused(run, 0, 1)
    assert said.startswith("error: npm did not fetch onnxruntime-web 1.")
    assert "(npm error code E404)" in said
