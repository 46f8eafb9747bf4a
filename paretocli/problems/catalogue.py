"""The problems by name, and what is known of them without making one. Loads no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from paretocli.options.tables import TABLE_OPTIONS
from paretocli.problems import cifar10_files, mnist_files, mulan_files, scene_files, table_files

ENTRY_POINTS = "paretocli.problems"

# Whether a data set lies in a data directory
DATA_SETS: dict[str, Callable[[Path], bool]] = {
    "MNIST": mnist_files.is_there,
    "FashionMNIST": partial(mnist_files.is_there, name="FashionMNIST"),
    "CIFAR-10": cifar10_files.is_there,
    "NYUv2": lambda data_dir: scene_files.is_there(data_dir / "nyuv2"),
    "scenes": lambda data_dir: scene_files.is_there(data_dir / "scenes"),
    "adult": partial(table_files.is_there, name="adult"),
    "compas": partial(table_files.is_there, name="compas"),
}
# Those that are fetched when they are missing
DOWNLOADED = frozenset({"MNIST", "FashionMNIST", "CIFAR-10"})


@dataclass(frozen=True)
class BuiltIn:
    """What is known of a built-in problem without making it.

    Attributes:
        factory: `module:function` that makes it.
        summary: One line for the list of problems.
        tasks: Names of its tasks.
        sizes: Samples for training, validation and test, if it has data.
        data: The data sets that it needs in the data directory, by their names in `DATA_SETS`.
    """

    factory: str
    summary: str
    tasks: tuple[str, ...]
    sizes: tuple[int, int, int] | None = None
    data: tuple[str, ...] = ()


BUILT_IN: dict[str, BuiltIn] = {
    "multidigits": BuiltIn(
        "paretocli.problems.multidigits:make",
        "two 8 × 8 handwritten digits overlaid; the data comes with scikit-learn",
        ("left", "right"),
        (10_780, 1_800, 1_795),
    ),
    "multimnist": BuiltIn(
        "paretocli.problems.multimnist:make",
        "two MNIST digits overlaid",
        ("left", "right"),
        (50_000, 10_000, 10_000),
        data=("MNIST",),
    ),
    "multifashion": BuiltIn(
        "paretocli.problems.multifashion:make",
        "two Fashion-MNIST garments overlaid",
        ("left", "right"),
        (50_000, 10_000, 10_000),
        data=("FashionMNIST",),
    ),
    "fashionandmnist": BuiltIn(
        "paretocli.problems.fashionandmnist:make",
        "a Fashion-MNIST garment on the left, an MNIST digit on the right",
        ("garment", "digit"),
        (50_000, 10_000, 10_000),
        data=("FashionMNIST", "MNIST"),
    ),
    "cifar10mnist": BuiltIn(
        "paretocli.problems.cifar10mnist:make",
        "an MNIST digit, half transparent, on a CIFAR-10 image",
        ("object", "digit"),
        (40_000, 10_000, 10_000),
        data=("MNIST", "CIFAR-10"),
    ),
    "nyuv2": BuiltIn(
        "paretocli.problems.nyuv2:make",
        "indoor scenes: classes of pixels, depths and surface normals",
        ("segmentation", "depth", "normals"),
        (636, 159, 654),
        data=("NYUv2",),
    ),
    "scenes": BuiltIn(
        "paretocli.problems.nyuv2:make_scenes",
        "small scenes of one's own with the tasks of nyuv2; examples/make_scenes.py writes some",
        ("segmentation", "depth", "normals"),
        data=("scenes",),
    ),
    "adult": BuiltIn(
        "paretocli.problems.adult:make",
        "an income above 50,000 dollars, alike for both sexes; as papers on fairness have it",
        ("income", "fair_sex"),
        (34_188, 4_885, 9_769),
        data=("adult",),
    ),
    "compas": BuiltIn(
        "paretocli.problems.compas:make",
        "a new charge within two years, alike for both sexes; as papers on fairness have it",
        ("two_year_recid", "fair_sex"),
        (4_319, 618, 1_235),
        data=("compas",),
    ),
    "vlmop2": BuiltIn(
        "paretocli.problems.analytic:make_vlmop2",
        "10 variables, concave front, known exactly",
        ("f1", "f2"),
    ),
    "zdt1": BuiltIn(
        "paretocli.problems.analytic:make_zdt1",
        "30 variables in a box, convex front, known exactly",
        ("f1", "f2"),
    ),
    "zdt2": BuiltIn(
        "paretocli.problems.analytic:make_zdt2",
        "30 variables in a box, concave front, known exactly",
        ("f1", "f2"),
    ),
    "zdt3": BuiltIn(
        "paretocli.problems.analytic:make_zdt3",
        "30 variables in a box, front in five parts, known exactly",
        ("f1", "f2"),
    ),
    "dtlz2": BuiltIn(
        "paretocli.problems.analytic:make_dtlz2",
        "12 variables in a box, concave front, known exactly",
        ("f1", "f2", "f3"),
    ),
    "dtlz2_5": BuiltIn(
        "paretocli.problems.analytic:make_dtlz2_5",
        "14 variables in a box, concave front of five objectives, known exactly",
        ("f1", "f2", "f3", "f4", "f5"),
    ),
    "idtlz2": BuiltIn(
        "paretocli.problems.analytic:make_idtlz2",
        "12 variables in a box, inverted triangle of a front, known exactly",
        ("f1", "f2", "f3"),
    ),
    "re21": BuiltIn(
        "paretocli.problems.analytic:make_re21",
        "volume and displacement of a truss of four bars, known exactly",
        ("f1", "f2"),
    ),
}


@dataclass(frozen=True)
class Family:
    """Problems made from files of one's own or of a data set, named `prefix:argument`.

    Attributes:
        factory: `module:function` that makes one of the argument, the data_dir and what it takes.
        argument: What to write after the prefix.
        example: An argument.
        summary: One line for the list of problems.
        takes: The options by which it is made, by name.
        found: Names the arguments for which there is data in a data directory, if it lies there.
    """

    factory: str
    argument: str
    example: str
    summary: str
    takes: tuple[str, ...] = ("targets",)
    found: Callable[[Path], list[str]] | None = None


FAMILIES: dict[str, Family] = {
    "mulan": Family(
        "paretocli.problems.mulan:make",
        "NAME",
        "enb",
        "several targets from mulan/NAME.arff in the data directory",
        found=mulan_files.found,
    ),
    "table": Family(
        "paretocli.problems.csv_table:make",
        "FILE.csv",
        "houses.csv",
        "several targets, named with --targets, from a CSV file of your own",
        ("targets", *TABLE_OPTIONS),
    ),
    "images": Family(
        "paretocli.problems.image_folder:make",
        "FOLDER",
        "photos",
        "several tasks, a column of --labels FILE.csv each, on images of your own",
        ("targets", "labels", "image_size", "task"),
    ),
}


def installed() -> dict[str, EntryPoint]:
    """Problems that other packages offer through the entry-point group `paretocli.problems`."""
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def by_name() -> dict[str, Family]:
    """The families by how their problems are named, such as mulan:NAME."""
    return {f"{prefix}:{family.argument}": family for prefix, family in FAMILIES.items()}
