"""Make a page that runs two points of a front beside each other on digits that one draws.

    paretocli sweep multidigits --network hps --weights 0.1,0.45,0.45 --weights 0.6,0.2,0.2 \
        --out runs/digits
    python examples/browser/make_page.py runs/digits 0 1 --out page

Open page/index.html: it needs no server and no network, for all that it loads lies in its folder.
Needs the extra export, and npm, which fetches onnxruntime-web in the version that package.json
names; `--runtime FILE` takes that package as `npm pack` has written it.
"""

import argparse
import base64
import gzip
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PAGE = ("index.html", "page.css", "drawing.js", "answers.js", "page.js")
RUNTIME = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
TASKS = ("left", "right")
SAMPLES = 20


class WrongInputError(Exception):
    """What is wrong, in a sentence."""


def fetched(folder: Path) -> Path:
    """The package of onnxruntime-web, as npm writes it into a folder."""
    version = json.loads((HERE / "package.json").read_text())["dependencies"]["onnxruntime-web"]
    npm = shutil.which("npm")
    if npm is None:
        raise WrongInputError(
            "npm is not installed, and fetches onnxruntime-web; install Node.js, or name the "
            "package with --runtime."
        )
    # Offline it says so at once, and does not try again for minutes.
    patience = ["--fetch-retries=0", "--fetch-timeout=60000"]
    command = [npm, "pack", "--prefer-offline", *patience, f"onnxruntime-web@{version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = [*folder.glob("*.tgz")]
    if done.returncode or not found:
        reason = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
        raise WrongInputError(
            f"npm did not fetch onnxruntime-web {version} ({reason}); try again where it can, or "
            "name the package with --runtime."
        )
    return found[0]


def runtime_in(package: Path) -> dict[str, bytes]:
    """The files of onnxruntime-web that the page needs, from its package."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(package) as archive:
            for member in archive:
                name = Path(member.name).name
                if name in RUNTIME and (file := archive.extractfile(member)) is not None:
                    found[name] = file.read()
                if len(found) == len(RUNTIME):
                    return found
    except (OSError, tarfile.TarError) as error:
        raise WrongInputError(f"{package} cannot be read ({error}).") from None
    missing = ", ".join(name for name in RUNTIME if name not in found)
    raise WrongInputError(f"{package} is no package of onnxruntime-web: it lacks {missing}.")


def write_page(out: Path, content: dict[str, object], runtime: dict[str, bytes]) -> None:
    """Write the page's folder.

    Args:
        out: The folder, which is not there yet.
        content: The networks with what is said of them, and samples; see `content_with`.
        runtime: As `runtime_in` gives it.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
        folder = Path(temporary) / "page"
        folder.mkdir()
        for name in PAGE:
            shutil.copyfile(HERE / name, folder / name)
        script, *others = RUNTIME
        (folder / script).write_bytes(runtime[script])
        # A page that is opened from a folder may load scripts, and nothing else that lies there.
        packed = {
            Path(name).suffix[1:]: text_of(gzip.compress(runtime[name], 6)) for name in others
        }
        (folder / "runtime.js").write_text(f"const RUNTIME = {json.dumps(packed)};\n")
        written = json.dumps(content, indent=1, allow_nan=False)
        (folder / "content.js").write_text(f"const CONTENT = {written};\n")
        folder.replace(out)


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def networks_of(run_directory: Path, points: list[int]) -> list[dict[str, object]]:
    """Points of a run as networks, with what the page says of them."""
    import paretocli

    run = paretocli.load_run(run_directory)
    problem = run.config["problem"]
    if problem != "multidigits":
        raise WrongInputError(
            f"{run_directory} is a run of {problem}; the page draws digits as multidigits has them."
        )
    weights = [n.removeprefix("weight_") for n in run.results.columns if n.startswith("weight_")]
    networks = []
    with tempfile.TemporaryDirectory() as temporary:
        for point in points:
            folder = Path(temporary) / str(point)
            run.export(point, folder, ["onnx"])
            networks.append(network_of(folder, weights))
    return networks


def network_of(folder: Path, objectives: list[str]) -> dict[str, object]:
    """One network: its file, and what the page says of it, from its exported folder."""
    exported = json.loads((folder / "export.json").read_text())
    after, onnx = exported["after"], (folder / "network.onnx").read_bytes()
    return {
        "point": exported["point"],
        "weights": dict(zip(objectives, exported["weights"], strict=True)),
        "parameters": after["parameters"],
        "bytes": len(onnx),
        "accuracy": {task: after["metrics"][f"accuracy_{task}"] for task in TASKS},
        "onnx": text_of(onnx),
    }


def content_with(networks: list[dict[str, object]]) -> dict[str, object]:
    """What the page shows: networks, samples of the test data, and how a picture is made."""
    from paretocli.problems.multidigits import DIGIT, INK_LEVELS, SHIFT, make

    test = make().test
    labels = zip(*(target[:SAMPLES].tolist() for target in test.targets), strict=True)
    samples = [
        {"pixels": pixels.flatten().tolist(), "labels": list(pair)}
        for pixels, pair in zip(test.inputs[:SAMPLES], labels, strict=True)
    ]
    form = {"digit": DIGIT, "shift": SHIFT, "size": DIGIT + SHIFT, "levels": INK_LEVELS}
    return {"tasks": list(TASKS), "form": form, "networks": networks, "samples": samples}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a run directory of multidigits")
    parser.add_argument("points", type=int, nargs=2, help="the numbers of two of its points")
    parser.add_argument("--out", type=Path, default=Path("page"), help="the folder to write")
    parser.add_argument("--runtime", type=Path, help="onnxruntime-web, as npm pack writes it")
    given = parser.parse_args(arguments)
    try:
        if len(set(given.points)) == 1:
            raise WrongInputError("Both points are the same; name two of them.")
        if given.out.exists():
            raise WrongInputError(f"{given.out} is there already; name another folder with --out.")
        with tempfile.TemporaryDirectory() as temporary:
            runtime = runtime_in(given.runtime or fetched(Path(temporary)))
        content = content_with(networks_of(given.run, given.points))
        write_page(given.out, content, runtime)
    except Exception as error:
        from paretocli.errors import InputError

        if not isinstance(error, WrongInputError | InputError):
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"Open {given.out / 'index.html'} in a browser.")


if __name__ == "__main__":
    main()
