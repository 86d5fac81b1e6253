"""Sample k is a function of (seed, k): neither order nor memory change a run's samples."""

import numpy as np
import pytest
import tiny
import torch

from train.data import crops
from train.data.augment import Augmentation
from train.data.crops import Crops
from train.data.paired import Pair

COUNT = 5


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    folder = tmp_path_factory.mktemp("pairs")
    tiny.write_pairs(folder, count=COUNT)
    return [Pair(path.stem, path, folder / "b" / path.name) for path in sorted((folder / "a").iterdir())]


def make(pairs: list[Pair], seed: int = 0, augmentation: Augmentation | None = None) -> Crops:
    return Crops(pairs, 32, augmentation or Augmentation(), seed)


def sample(dataset: Crops, number: int) -> torch.Tensor:
    """Both sides of sample `number` of the run, 6 x 32 x 32."""
    both = dataset[number]
    return torch.cat([both["photo"], both["target"]])


def test_order_does_not_matter(pairs: list[Pair]) -> None:
    one, other = make(pairs), make(pairs)
    forwards = [sample(one, number) for number in range(20)]
    backwards = [sample(other, number) for number in reversed(range(20))]
    assert all(torch.equal(a, b) for a, b in zip(forwards, reversed(backwards), strict=True))
    assert len({tensor.numpy().tobytes() for tensor in forwards}) == 20


def test_another_seed_gives_other_samples(pairs: list[Pair]) -> None:
    assert not torch.equal(sample(make(pairs), 3), sample(make(pairs, seed=1), 3))


def test_every_pair_comes_once_a_round_in_a_new_order(pairs: list[Pair]) -> None:
    dataset, seen = make(pairs, augmentation=Augmentation(degrees=0.0, zoom=1.0)), []
    photos = [pair.read()[0] for pair in pairs]
    for number in range(3 * COUNT):
        pixels = sample(dataset, number)[:3].mul(255).round().byte().permute(1, 2, 0).numpy()
        seen.append([_holds(photo, pixels) for photo in photos].index(True))
    rounds = [seen[start : start + COUNT] for start in range(0, 3 * COUNT, COUNT)]
    assert all(sorted(order) == list(range(COUNT)) for order in rounds)
    assert rounds[0] != rounds[1] or rounds[1] != rounds[2]


def _holds(photo: np.ndarray, pixels: np.ndarray) -> bool:
    windows = np.lib.stride_tricks.sliding_window_view(photo, pixels.shape)[:, :, 0]
    return any((windows == either).all(axis=(2, 3, 4)).any() for either in (pixels, pixels[:, ::-1]))


def test_without_room_in_memory_the_samples_are_the_same(pairs: list[Pair], monkeypatch: pytest.MonkeyPatch) -> None:
    kept = make(pairs)
    expected = [sample(kept, number) for number in range(10)]
    assert len(kept._decoded) == COUNT
    monkeypatch.setattr(crops, "KEPT_BYTES", 2 * 2 * 40 * 48 * 3 + 1)
    poor = make(pairs)
    assert all(torch.equal(sample(poor, number), tensor) for number, tensor in enumerate(expected))
    assert len(poor._decoded) == 2
