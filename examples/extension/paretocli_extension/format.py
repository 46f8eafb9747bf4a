"""The whole module as one pickle, for those who trust each other."""

from paretocli.exporting.formats import Format

FILE = "network.pkl"


def write(network, names, batch, folder):
    import cloudpickle

    (folder / FILE).write_bytes(cloudpickle.dumps(network.eval()))


def read(folder):
    import cloudpickle
    import torch

    return torch.no_grad()(cloudpickle.loads((folder / FILE).read_bytes()))


PICKLE = Format(write, (FILE,), read, "one file, to be trusted")
