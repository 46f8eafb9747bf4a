import os
import random
import signal
import time

import cloudpickle
import numpy as np
import pytest
import torch
from torch.utils.data import Dataset
from torchvision.transforms import v2

import paretocli.reading.ahead
from paretocli import InputError, LazySamples, RunError, Samples


class Numbers(Dataset):
    """Images that are all of the number of their sample, and two labels."""

    def __init__(self, count=24, at=None, do=None):
        self.count, self.at, self.do = count, at, do

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        if number == self.at:
            self.do()
        return np.full((1, 4, 4), number, dtype=np.int16), number % 3, number / 2


def noisy(item):
    """Draws from each of the generators that people use."""
    image, *labels = item
    drawn = torch.rand(1) + np.random.rand() + random.random()
    return torch.as_tensor(image) + drawn, *labels


ROWS = [torch.arange(start, start + 4) for start in range(0, 24, 4)]
SEEDS = [100 + rows for rows in ROWS]


@pytest.fixture(autouse=True)
def _worth_it(monkeypatch):
    """Processes are started for data that takes no time, too."""
    monkeypatch.setattr(paretocli.reading.ahead, "WORTHWHILE", -1.0)


def read(data, rows=ROWS, seeds=None):
    batches = list(data.batches(rows, seeds))
    return Samples(
        torch.cat([batch.inputs for batch in batches]),
        tuple(torch.cat(parts) for parts in zip(*(b.targets for b in batches), strict=True)),
    )


@pytest.mark.parametrize("augment", [None, noisy])
def test_the_number_of_workers_changes_nothing(augment):
    found = [
        read(LazySamples(Numbers(), augment=augment, workers=w), ROWS, SEEDS) for w in (0, 1, 2)
    ]
    assert len({samples.checksum() for samples in found}) == 1


def test_what_is_read_ahead_is_what_is_there():
    data = LazySamples(Numbers(), augment=noisy, workers=2)
    held = Samples.of(Numbers())
    assert read(data).checksum() == held.checksum()
    order = [torch.tensor([5, 3]), torch.tensor([0, 3]), slice(22, 30)]
    found = read(data, order)
    assert found.inputs[:, 0, 0, 0].tolist() == [5, 3, 0, 3, 22, 23]
    assert data.rows(slice(3)).inputs.shape == (3, 1, 4, 4)
    assert data.rows(torch.tensor([7])).targets[1].tolist() == [3.5]
    assert len(data) == 24


def test_every_sample_of_a_batch_draws_on_its_own():
    rows, seeds = [torch.arange(16)], [torch.arange(16)]
    crops = v2.RandomCrop(4)
    data = LazySamples([(torch.arange(64.0).reshape(1, 8, 8), 0)] * 16, augment=crops, workers=0)
    drawn = read(data, rows, seeds)
    assert len({image[0, 0, 0].item() for image in drawn.inputs}) > 8
    assert read(data, rows, seeds).checksum() == drawn.checksum()
    assert read(data, rows, [seeds[0] + 50]).checksum() != drawn.checksum()
    assert read(data, rows).inputs.shape == (16, 1, 8, 8)  # evaluation: nothing is cropped


def test_a_sample_draws_alike_whatever_is_beside_it():
    data = LazySamples(Numbers(), augment=noisy, workers=0)
    together = read(data, ROWS, SEEDS)
    alone = read(data, [torch.tensor([17])], [torch.tensor([117])])
    assert torch.equal(alone.inputs[0], together.inputs[17])


def test_chance_of_the_data_set_itself_repeats_in_evaluation():
    class Random(Numbers):
        def __getitem__(self, number):
            return noisy(super().__getitem__(number))

    data = LazySamples(Random(), workers=0)
    assert read(data).checksum() == read(LazySamples(Random(), workers=2)).checksum()
    assert torch.equal(data.rows(slice(4)).inputs, read(data).inputs[:4])
    assert not torch.equal(read(data, ROWS, SEEDS).inputs, read(data).inputs)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_generators_of_the_training_are_left_alone(workers):
    torch.manual_seed(3), np.random.seed(3), random.seed(3)
    expected = torch.rand(1), np.random.rand(), random.random()
    torch.manual_seed(3), np.random.seed(3), random.seed(3)
    read(LazySamples(Numbers(), augment=noisy, workers=workers), ROWS, SEEDS)
    assert (torch.rand(1), np.random.rand(), random.random()) == expected


def test_masks_are_changed_with_their_images():
    from torchvision import tv_tensors

    image = torch.arange(16.0).reshape(1, 4, 4)
    items = [(tv_tensors.Image(image), tv_tensors.Mask(image[0] * 2))] * 8
    data = LazySamples(items, augment=v2.RandomHorizontalFlip(), workers=0)
    found = read(data, [torch.arange(8)], [torch.arange(8)])
    assert torch.equal(found.inputs[:, 0] * 2, found.targets[0])
    assert len({image[0, 0, 0].item() for image in found.inputs}) == 2
    assert type(found.inputs) is torch.Tensor


def test_a_batch_is_padded_by_itself():
    def padded(items):
        inputs, labels = zip(*items, strict=True)
        ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in inputs], True)
        return {"ids": ids, "mask": ids > 0}, torch.tensor(labels)

    texts = [([1] * (1 + number % 5), number) for number in range(12)]
    data = LazySamples(texts, collate=padded, workers=2)
    batches = list(data.batches([torch.tensor([0, 1]), torch.tensor([4, 0, 5])] * 3, None))
    assert [tuple(batch.inputs["ids"].shape) for batch in batches] == [(2, 2), (3, 5)] * 3
    assert batches[1].inputs["mask"].sum(dim=1).tolist() == [5, 1, 1]
    assert len(batches[1]) == 3
    assert data.checksum() == LazySamples(texts, collate=padded).checksum()


def torn():
    raise ValueError("a torn file")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_sample_that_cannot_be_read_is_named(workers):
    data = LazySamples(Numbers(at=17, do=torn), workers=workers)
    read_before = []
    with pytest.raises(
        InputError,
        match=r"^Sample 17 of the data set Numbers cannot be read: ValueError: a torn file; mend",
    ):
        read_before.extend(data.batches(ROWS, None))
    assert len(read_before) == 4
    with pytest.raises(InputError, match=r"augment failed on sample 0 of the .* TypeError: "):
        read(LazySamples(Numbers(), augment=lambda: None, workers=workers), ROWS, SEEDS)
    ragged = LazySamples([(torch.ones(1 + n // 9), n) for n in range(24)], workers=workers)
    with pytest.raises(InputError, match=r"Sample 9 of the data set list has \(2,\) of float32 in"):
        read(ragged)


def test_the_death_of_a_process_is_told_with_the_sample():
    data = LazySamples(Numbers(at=17, do=lambda: os.kill(os.getpid(), signal.SIGKILL)))
    with pytest.raises(RunError, match="Numbers was killed by SIGKILL while it was at sample 17;"):
        read(data)


def children():
    here = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    with open(here) as file:  # noqa: PTH123 - no file that a test has written
        return file.read().split()


def test_no_process_is_left_where_reading_ends_early():
    before = children()
    batches = LazySamples(Numbers(), workers=2).batches(ROWS, None)
    next(batches)
    assert len(children()) == len(before) + min(2, len(os.sched_getaffinity(0)))
    batches.close()
    assert children() == before


def test_signals_for_all_do_not_end_a_process_that_reads():
    before = children()
    batches = LazySamples(Numbers(), workers=2).batches(ROWS, None)
    for _ in range(3):  # the first is read here; by the third both have begun
        next(batches)
    for child in set(children()) - set(before):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            os.kill(int(child), number)
    assert len(list(batches)) == len(ROWS) - 3


def test_little_is_read_without_processes(monkeypatch):
    monkeypatch.setattr(paretocli.reading.ahead, "WORTHWHILE", 60.0)
    before = children()
    batches = LazySamples(Numbers(), workers=2).batches(ROWS, None)
    next(batches)
    assert children() == before
    assert len(list(batches)) == len(ROWS) - 1


def test_the_next_batches_are_read_before_they_are_asked_for(tmp_path):
    class Noted(Numbers):
        def __getitem__(self, number):
            (tmp_path / str(number)).touch()
            return super().__getitem__(number)

    batches = LazySamples(Noted(), workers=1).batches(ROWS, None)
    next(batches)
    end = time.monotonic() + 60
    while not (tmp_path / "11").exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert (tmp_path / "11").exists()
    assert not (tmp_path / "23").exists()
    batches.close()


def test_a_process_that_is_to_have_no_children_reads_ahead_too():
    import multiprocessing

    here = multiprocessing.current_process()
    here._config["daemon"] = True
    try:
        assert (
            read(LazySamples(Numbers(), workers=2)).checksum() == Samples.of(Numbers()).checksum()
        )
        assert here.daemon
    finally:
        here._config["daemon"] = False


def test_the_checksum_covers_what_it_says():
    data = LazySamples(Numbers(300))
    assert data.checksum() == LazySamples(Numbers(300), workers=0, augment=noisy).checksum()
    assert data.checksum() != LazySamples(Numbers(301)).checksum()
    assert data.checksum() != LazySamples(Numbers(300), version="2").checksum()

    class Known(Numbers):
        def checksum(self):
            return "known"

    assert LazySamples(Known()).checksum() == "known"
    read_again = LazySamples(Numbers(300, at=0, do=torn))
    with pytest.raises(InputError, match="Sample 0 of"):
        read_again.checksum()
    data.checksum()


def test_it_is_sent_to_other_processes():
    data = LazySamples(Numbers(), augment=noisy, workers=0).to(torch.device("cpu"))
    again = cloudpickle.loads(cloudpickle.dumps(data))
    assert read(again, ROWS, SEEDS).checksum() == read(data, ROWS, SEEDS).checksum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": -1}, "There should be 0 workers or more, found workers=-1"),
        ({"dataset": []}, "The data set list has no items"),
        ({"dataset": torch.ones(3)}, "A data set is wanted, found Tensor"),
    ],
)
def test_what_cannot_be_read_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        LazySamples(**({"dataset": Numbers()} | options))
