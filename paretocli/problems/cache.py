"""Prepared data, kept so that it is built once."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from paretocli.atomic import write_bytes
from paretocli.core.outputs import flat
from paretocli.core.problem import SPLITS, Samples, Split
from paretocli.directories import cache_dir
from paretocli.problems.images import images_of


def load_or_none(name: str, key: str) -> dict[Split, Samples] | None:
    """The splits stored as `name`, if they are whole and were made from `key`."""
    path = _path(name)
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            tensors = {tensor: file.get_tensor(tensor) for tensor in names}
            notes = file.metadata() or {}
    except (OSError, SafetensorError):
        return None
    if notes.get("key") != key or notes.get("checksum") != _checksum(tensors):
        return None
    splits: dict[Split, Samples] = {}
    for split in SPLITS:
        count = sum(tensor.startswith(f"{split}.target.") for tensor in tensors)
        targets = tuple(tensors[f"{split}.target.{i}"].long() for i in range(count))
        splits[split] = Samples(tensors[f"{split}.inputs"], targets)
    return splits


def store(name: str, key: str, splits: dict[Split, Samples]) -> None:
    """Store splits under `name`; a cache that cannot be written is no reason to stop."""
    tensors = {}
    for split, samples in splits.items():
        tensors[f"{split}.inputs"] = images_of(samples)
        for i, target in enumerate(flat(samples.targets)):
            tensors[f"{split}.target.{i}"] = target.to(torch.uint8)
    notes = {"key": key, "checksum": _checksum(tensors)}
    try:
        _path(name).parent.mkdir(parents=True, exist_ok=True)
        write_bytes(_path(name), save(tensors, metadata=notes))
    except OSError:
        return


def key_of(**parts: object) -> str:
    """One text for all that the stored data depends on."""
    return json.dumps(parts, sort_keys=True)


def _path(name: str) -> Path:
    return cache_dir() / f"{name}.safetensors"


def _checksum(tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().numpy().data)
    return digest.hexdigest()
