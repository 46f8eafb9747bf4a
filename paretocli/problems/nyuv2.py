"""Scene understanding: what every pixel is, how far away it is, and which way its surface faces."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from paretocli.core.problem import Defaults, Problem
from paretocli.errors import InputError
from paretocli.networks.mtan import MTAN
from paretocli.networks.segnet import SharedSegNet, Stages
from paretocli.problems import dense, scene_files
from paretocli.problems.scenes import Scenes

SPLIT_SEED = 3
VALIDATION_SHARE = 0.2
OUTPUTS = (scene_files.CLASSES, 1, 3)


@dataclass(frozen=True)
class DataSet:
    """What is particular to a data set of scenes.

    Attributes:
        name: Of the problem, and of its folder in the data directory.
        stages: Width and number of convolutions of the networks' stages, finest first.
        evaluation_batch: Scenes that are measured at once.
        otherwise: What to do where there is none.
        defaults: Those of the problem.
    """

    name: str
    stages: Stages
    evaluation_batch: int
    otherwise: str
    defaults: Defaults


NYUV2 = DataSet(
    "nyuv2",
    stages=((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)),
    evaluation_batch=8,
    otherwise="NYUv2 is not downloaded by this program: put its preprocessed arrays there, as "
    "train and val with folders image, label, depth and normal of files N.npy each, or name the "
    "folder that holds nyuv2 with --data-dir",
    defaults=Defaults(
        network="hps", points=10, epochs=100, batch_size=8, lr=1e-4, retrain_epochs=30
    ),
)
SCENES = DataSet(
    "scenes",
    stages=((16, 2), (32, 2), (64, 2)),
    evaluation_batch=40,
    otherwise="write some there with examples/make_scenes.py, or name the folder that holds "
    "scenes with --data-dir",
    defaults=Defaults(network="hps", points=10, epochs=20, batch_size=8, lr=3e-3),
)


def make(data_dir: Path) -> Problem:
    """NYUv2: indoor scenes with 13 classes, depths in metres and surface normals.

    Read from `nyuv2` in the data directory, in the layout in which the field hands it on
    (`paretocli.problems.scene_files`). There is no test part in it: `val/`, which everybody reports
    on, is the test split, and the validation split is a fifth of `train/`, drawn by a fixed seed,
    so that nothing is chosen on test data. Of the usual 795 scenes in `train/` and 654 in `val/`,
    636 are for training, 159 for validation and 654 for test.

    Silberman, Hoiem, Kohli and Fergus, *Indoor Segmentation and Support Inference from RGBD
    Images*, ECCV 2012. Networks and losses as in Liu, Johns and Davison, CVPR 2019.

    Args:
        data_dir: The folder that holds `nyuv2`.

    Raises:
        InputError: It is not there, or a file's name, type or shape is wrong.
    """
    return _problem(NYUV2, data_dir)


def make_scenes(data_dir: Path) -> Problem:
    """Small scenes of one's own in the layout of NYUv2, with the same tasks and narrower networks.

    Read from `scenes` in the data directory, and split as `make` splits; `examples/make_scenes.py`
    writes such scenes.

    Args:
        data_dir: The folder that holds `scenes`.

    Raises:
        InputError: It is not there, or a file's name, type or shape is wrong.
    """
    return _problem(SCENES, data_dir)


def _problem(data_set: DataSet, data_dir: Path) -> Problem:
    root = data_dir / data_set.name
    if not root.is_dir():
        raise InputError(f"There is no folder {root}; {data_set.otherwise}.")
    train, val = scene_files.find(root.absolute())  # workers may run in another folder
    _refuse_small(data_set, train)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(train.numbers))
    held_out = max(1, round(VALIDATION_SHARE * len(order)))
    shuffled = [train.numbers[place] for place in order]
    return Problem(
        name=data_set.name,
        tasks=[
            dense.segmentation("segmentation", scene_files.CLASSES),
            dense.depth("depth"),
            dense.normals("normals"),
        ],
        train=Scenes(train, tuple(shuffled[held_out:])),
        val=Scenes(train, tuple(shuffled[:held_out])),
        test=Scenes(val, val.numbers),
        networks={
            "hps": partial(SharedSegNet, data_set.stages, OUTPUTS),
            "mtan": partial(MTAN, data_set.stages, OUTPUTS),
        },
        generic=False,
        evaluation_batch=data_set.evaluation_batch,
        defaults=data_set.defaults,
    )


def _refuse_small(data_set: DataSet, train: scene_files.Part) -> None:
    """Refuse too few scenes to hold some out, and images too small for the networks' poolings."""
    if len(train.numbers) < 2:
        raise InputError(
            f"{train.folder} holds a single scene, of which none can be held out for validation; "
            "at least 2 are needed."
        )
    smallest = 2 ** len(data_set.stages)
    if min(train.size) < smallest:
        height, width = train.size
        raise InputError(
            f"The images in {train.folder} have {height} × {width} pixels, but the networks halve "
            f"them {len(data_set.stages)} times: give them at least {smallest} × {smallest}."
        )
