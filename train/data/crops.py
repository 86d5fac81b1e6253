"""Random crops of pairs as a map-style dataset in which sample k is a function of (seed, k) alone.

So a run that was killed goes on with the very samples it would have seen, whatever the number of workers.
"""

import numpy as np
import torch
from torch.utils.data import Dataset

from train.data.augment import Augmentation, random_crop
from train.data.paired import Pair

KEPT_BYTES = 2 << 30
Pictures = dict[str, np.ndarray]


class Crops(Dataset[dict[str, torch.Tensor]]):
    """Samples {"photo", "target"}, float32 3 x size x size in [0, 1], numbered from 0 without end."""

    def __init__(self, pairs: list[Pair], size: int, augmentation: Augmentation, seed: int) -> None:
        self.pairs, self.size, self.augmentation, self.seed = pairs, size, augmentation, seed
        self._decoded: dict[int, Pictures] = {}
        self._kept = 0

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        # Every pair once a round, in a new order each round.
        order, place = divmod(index, len(self.pairs))
        chosen = int(np.random.default_rng((self.seed, order)).permutation(len(self.pairs))[place])
        rng = np.random.default_rng((self.seed, 1, index))
        return random_crop(self._read(chosen), self.size, self.augmentation, rng)

    def _read(self, index: int) -> Pictures:
        # Decoded pictures stay in memory while there is room: decoding costs more than the rest of a sample.
        if index in self._decoded:
            return self._decoded[index]
        pictures = dict(zip(("photo", "target"), self.pairs[index].read(), strict=True))
        size = sum(picture.nbytes for picture in pictures.values())
        if self._kept + size <= KEPT_BYTES:
            self._kept += size
            self._decoded[index] = pictures
        return pictures
