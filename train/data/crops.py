"""Random crops of pairs as a map-style dataset in which sample k is a function of (seed, k) alone.

So a run that was killed goes on with the very samples it would have seen, whatever the number of workers.
"""

import numpy as np
import torch
from torch.utils.data import Dataset

from train.data.augment import Augmentation, random_crop
from train.data.paired import Pair

KEPT_BYTES = 2 << 30


class Crops(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """`length` samples an epoch of float32 3 x size x size in [0, 1] pairs; `epoch` chooses which ones."""

    def __init__(self, pairs: list[Pair], size: int, length: int, augmentation: Augmentation, seed: int) -> None:
        self.pairs, self.size, self.length = pairs, size, length
        self.augmentation, self.seed = augmentation, seed
        self.epoch = 0
        self._decoded: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._kept = 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        sample = self.epoch * self.length + index
        # Every pair once a round, in a new order each round.
        order, place = divmod(sample, len(self.pairs))
        chosen = int(np.random.default_rng((self.seed, order)).permutation(len(self.pairs))[place])
        photo, target = self._read(chosen)
        return random_crop(photo, target, self.size, self.augmentation, np.random.default_rng((self.seed, 1, sample)))

    def _read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        # Decoded pictures stay in memory while there is room: decoding costs more than the rest of a sample.
        if index in self._decoded:
            return self._decoded[index]
        photo, target = self.pairs[index].read()
        if self._kept + 2 * photo.nbytes <= KEPT_BYTES:
            self._kept += 2 * photo.nbytes
            self._decoded[index] = photo, target
        return photo, target
