"""Points that nobody had to train."""

import hashlib

import pytest
import torch
from safetensors.torch import save_file

from paretocli.exporting.point import SolvedPoint
from paretocli.networks.building import build_network
from tests.toys import vectors


@pytest.fixture
def points(tmp_path):
    """Two points, the second of which is sparse."""
    problem, found = vectors(sizes=(8, 8, 8)), []
    for number in range(2):
        network = build_network("wide", problem, number).eval()
        matrices = [p for p in network.parameters() if p.dim() == 2]
        if number:
            with torch.no_grad():
                matrices[1][:, 4:] = 0
        file = tmp_path / f"{number}.safetensors"
        save_file(network.state_dict(), file)
        checksum = hashlib.sha256(file.read_bytes()).hexdigest()
        record = {"point": 3 + number, "status": "done", "weights_sha256": checksum}
        found.append(SolvedPoint(tmp_path, record, problem, network, file))
    return found
