"""Write CIFAR-10 as a folder of images with a table of two labels.

    python examples/unpack_cifar10.py data/cifar10/cifar10-jpeg.zip pictures
    paretocli sweep images:pictures/images --labels pictures/labels.csv

The zip holds `train/<class>/NNNN.jpg` and `test/<class>/NNNN.jpg`. The labels say which of the ten
classes it is, and whether that is an animal; a tenth of the images for training is for validation.
`--train` and `--test` take that many of them, of each class as many.
"""

import argparse
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pandas as pd

ANIMALS = {"bird", "cat", "deer", "dog", "frog", "horse"}
VALIDATION = 10  # one of so many

asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
asked.add_argument("zip", type=Path)
asked.add_argument("folder", type=Path, help="for the folder images and the file labels.csv")
asked.add_argument("--train", type=int, default=50_000)
asked.add_argument("--test", type=int, default=10_000)
given = asked.parse_args()

rows, taken = [], Counter()
with ZipFile(given.zip) as pictures:
    names = sorted(name for name in pictures.namelist() if name.endswith(".jpg"))
    for name in names:
        part, kind, _ = name.split("/")
        if taken[part, kind] < (given.train if part == "train" else given.test) // 10:
            split = "val" if part == "train" and taken[part, kind] % VALIDATION == 0 else part
            taken[part, kind] += 1
            pictures.extract(name, given.folder / "images")
            alive = "yes" if kind in ANIMALS else "no"
            rows.append({"file": name, "object": kind, "alive": alive, "split": split})
pd.DataFrame(rows).sample(frac=1, random_state=0).to_csv(given.folder / "labels.csv", index=False)
print(f"{len(rows):,} images are in {given.folder / 'images'}.")
