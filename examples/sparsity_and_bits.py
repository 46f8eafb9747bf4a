"""A front of sparsity and bits: the points of a sparse sweep as files of 32, 16, 8 and 4 bits.

    paretocli sweep --config examples/multimnist_sparsity.toml
    python examples/sparsity_and_bits.py runs/multimnist-sparsity --out runs/bits

Exports every solved point as ONNX in single precision, in 16, eight and four bits, and keeps of
each file its bytes, the milliseconds of a call and the tasks' mean accuracy. The front of these
three is chosen by validation accuracies; test accuracies are shown beside it. Writes `bits.csv` and
`bits.png`; a point that loses more than `--max-drop` in some bits is told and left out in these.
Options of the sweep's problem are those of its directory.
"""

import argparse
import shutil
from functools import partial
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
import pandas as pd
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

import paretocli

FORMATS = {"onnx": 32, "onnx-fp16": 16, "onnx-int8": 8, "onnx-int4": 4}
ROUNDS = 500
MARKERS = {32: "o", 16: "s", 8: "^", 4: "v"}


def mean_accuracy(row, split):
    """The mean of all tasks' accuracies of a row of results."""
    names = [n for n in row.index if n.startswith("accuracy_") and n.endswith(f"_{split}")]
    return float(row[names].mean())


def files_of(run, row, out, threads, max_drop):
    """The rows of the files of one point: bits, bytes, milliseconds and accuracies."""
    point = int(row["point"])
    shown = {"point": point, "weight_sparsity": row.get("weight_sparsity")}
    for name, bits in FORMATS.items():
        folder = out / f"{point}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        lossy = {} if bits == 32 else {"max_drop": max_drop}
        try:
            found = run.export(point, folder, [name], threads, **lossy)
        except paretocli.InputError as error:
            print(f"Point {point}, {name}: {error}")
            continue
        if bits == 32:
            size, file = found.after.bytes["network.onnx"], "network.onnx"
            accuracies = [mean_accuracy(row, split) for split in ("val", "test")]
        else:
            written = found.lossy[name]
            size, file = written.bytes, written.file
            each = (written.validation, written.test)
            accuracies = [np.mean([drop.after for drop in drops.values()]) for drops in each]
        yield {
            **shown,
            "bits": bits,
            "bytes": size,
            "file": folder / file,
            "val": accuracies[0],
            "test": accuracies[1],
        }


def milliseconds(files, threads):
    """The median time of a call with one sample, of all files in turn: a machine has its moods."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    calls = []
    for file in files:
        session = onnxruntime.InferenceSession(file, options)
        stored = np.load(file.parent / "samples.npz")
        names = [argument.name for argument in session.get_inputs()]
        given = {name: stored[f"input_{place}"][:1] for place, name in enumerate(names)}
        calls.append(partial(session.run, None, given))
    times = np.zeros((ROUNDS, len(calls)))
    for row in times:
        for place, call in enumerate(calls):
            call()  # the first one after another network has its numbers to fetch
            start = perf_counter()
            call()
            row[place] = perf_counter() - start
    return 1000 * np.median(times, axis=0)


def on_front(table):
    """Which rows no other is better than: accuracy on validation data, bytes, milliseconds."""
    costs = np.column_stack([-table["val"], table["bytes"], table["ms"]])
    beaten = [((costs <= c).all(axis=1) & (costs < c).any(axis=1)).any() for c in costs]
    return ~np.array(beaten)


def picture(table, file):
    """Test accuracy against bytes, a marker for each number of bits; the front is filled."""
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for place, (bits, rows) in enumerate(table.groupby("bits", sort=False)):
        colour = f"C{place}"
        for front, filled in ((True, colour), (False, "none")):
            part = rows[rows["front"] == front]
            axes.scatter(
                part["bytes"] / 1000,
                100 * part["test"],
                marker=MARKERS[bits],
                facecolors=filled,
                edgecolors=colour,
                label=f"{bits} bits" if front else None,
                s=45,
            )
    axes.set(xscale="log", xlabel="file, kB", ylabel="mean test accuracy, %")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend(title="filled: on the front of\naccuracy, bytes and ms")
    axes.grid(alpha=0.3)
    figure.savefig(file, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="the directory of a sparse sweep")
    parser.add_argument("--out", type=Path, required=True, help="for the files, table and picture")
    parser.add_argument("--max-drop", type=float, default=0.5, help="points of accuracy a task")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data-dir", type=Path, help="where data sets lie")
    given = parser.parse_args()
    run = paretocli.load_run(given.run, data_dir=given.data_dir)
    solved = run.results[run.results["status"] == "done"]
    given.out.mkdir(parents=True, exist_ok=True)
    rows = [
        file
        for _, row in solved.iterrows()
        for file in files_of(run, row, given.out, given.threads, given.max_drop)
    ]
    table = pd.DataFrame(rows)
    table["ms"] = milliseconds(table.pop("file"), given.threads)
    table["front"] = on_front(table)
    table.to_csv(given.out / "bits.csv", index=False)
    picture(table, given.out / "bits.png")
    print(table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
