"""What is said of formats of fewer bits."""

from dataclasses import replace

from paretocli.cli.lossy_report import lossy_report
from paretocli.exporting.fewer_bits.drops import Drop
from paretocli.exporting.fewer_bits.lossy import Lossy, Trained
from paretocli.exporting.quantise_aware.course import Course

EIGHT = Lossy(
    file="network.int8.onnx",
    bits=8,
    bytes=10_000,
    bytes_exact=40_000,
    bytes_dense=400_000,
    share=0.95,
    how="weights of 7 bits per channel, activations of 8 bits, ranges by entropy",
    calibration_samples=512,
    layers=("shared_0", "shared_3", "heads_0"),
    given_back=("shared_3",),
    back=32,
    max_drop=0.5,
    validation={
        "left": Drop("accuracy_left", "points", 0.95, 0.947, 0.3),
        "ink": Drop("mse_ink", "%", 2.0, 1.99999, -0.0005),
    },
    test={
        "left": Drop("accuracy_left", "points", 0.94, 0.931, 0.9),
        "ink": Drop("mse_ink", "%", 2.0, 2.002, 0.1),
    },
    differences={"left": 0.5, "ink": 0.02},
    agreement={"left": 0.25, "ink": 0.01},
    latency={"batch 1": 2e-3, "batch 64": 1e-3},
    latency_exact={"batch 1": 1e-3, "batch 64": 2e-3},
)


def test_eight_bits_beside_single_precision():
    half = replace(EIGHT, bits=16, given_back=(), calibration_samples=0, how="weights of 16 bits")
    text = "\n".join(lossy_report({"onnx-int8": EIGHT, "onnx-fp16": half, "onnx-bf16": half}))
    rows = [line.split() for line in text.splitlines()]
    assert ["compact,", "as", "ONNX", "fp32", "int8", "fp16", "bf16"] in rows
    assert ["bits", "32", "8", "16", "16"] in rows
    slower = ["0.50", "×", "slower"]
    assert ["speed,", "batch", "1", "1.00", "×", *slower, *slower, *slower] in rows
    assert ["speed,", "batch", "64", "1.00", "×", *(["2.00", "×"] * 3)] in rows
    assert ["smaller", "than", "dense", "fp32", "10.0", "×", *(["40.0", "×"] * 3)] in rows
    assert ["test", "accuracy", "left", "0.9400", *(["0.9310"] * 3)] in rows
    plain = " ".join(text.split())
    assert "ranges by entropy on 512 training samples; 95 % of all numbers." in plain
    assert "In fp32 stay 1 of 3 layers: shared_3." in plain
    assert "where 0.5 is allowed: accuracy left 0.30 points; mse ink 0.00 %." in plain
    assert "weights of 16 bits; 95 % of all numbers. No layer of 3 had to stay in fp32." in plain
    assert max(map(len, text.splitlines())) <= 80
    four = lossy_report({"onnx-int4": replace(EIGHT, bits=4, back=8)})
    assert "In 8 bits stay 1 of 3 layers: shared_3." in " ".join("\n".join(four).split())


def test_nothing_is_said_of_none():
    assert lossy_report({}) == []


def test_what_came_of_training_further_is_told():
    def said(**changes):
        return " ".join("\n".join(lossy_report({"onnx-int8": replace(EIGHT, **changes)})).split())

    assert "trained" not in said()
    assert "needs more layers in fp32, and was dropped." in said(quantise_aware=3)
    assert "loses no more than it may without." in said(quantise_aware=3, given_back=())
    course = Course(3, 2, (1.0, 0.9, 0.8, 0.85), {"left": 1.0}, 1e-3, 1e-2, 32, 500)
    lost = {"left": Drop("accuracy_left", "points", 0.95, 0.9, 5.0)}
    text = said(quantise_aware=3, trained=Trained(course, lost))
    assert "trained for 3 epochs with all numbers rounded (epoch 2 was best" in text
    assert "there was lost: accuracy left 5.00 points." in text
    assert "by up to 0.5 from the point's network, and by 0.25 from the one that was" in text
