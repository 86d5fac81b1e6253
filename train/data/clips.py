"""Clips: folders of frames in order. They are split by the clip, so that no frame trains beside one that is judged."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from pix2phone.errors import UserError
from pix2phone.pictures import list_pictures, read_picture
from train.data.checked import gather, large_enough
from train.data.source import Clips
from train.data.split import part_of_groups


@dataclass(frozen=True)
class Clip:
    """The files of one clip's frames, in order."""

    name: str
    frames: tuple[Path, ...]

    def read(self, start: int, length: int) -> dict[str, np.ndarray]:
        """One sample: "frames", `length` consecutive ones from the number `start` on, uint8 T x H x W x 3.

        UserError when a frame is unreadable or too small, or their sizes disagree. ValueError beyond the clip's end.
        """
        if not 0 <= start <= len(self.frames) - length:
            raise ValueError(f"frames {start} to {start + length} of {len(self.frames)}")
        pictures = [_frame(path) for path in self.frames[start : start + length]]
        self._check_size(start, [picture.shape[:2] for picture in pictures])
        return {"frames": np.stack(pictures)}

    def check(self, length: int) -> None:
        """UserError unless every frame can be read, all are of one size, and there are `length` of them."""
        if len(self.frames) < length:
            raise UserError(
                f"{self.frames[0].parent}: {len(self.frames)} frames: a sample takes {length}; add frames or remove it"
            )
        self._check_size(0, [_frame(path).shape[:2] for path in self.frames])

    def _check_size(self, start: int, sizes: list[tuple[int, ...]]) -> None:
        for path, size in zip(self.frames[start:], sizes, strict=False):
            if size != sizes[0]:
                sides = " and ".join(f"{width}x{height}" for height, width in (sizes[0], size))
                raise UserError(f"{self.frames[start]}, {path}: sizes {sides} disagree; make them equal")


@cache
def list_clips(source: Clips, split: str) -> tuple[Clip, ...]:
    """The clips of "train", "val" or "test" that can be read, split by the names of their folders.

    UserError for bad clips, unless `source.skip_bad`, and when there is none.
    """
    groups = [_listed(Path(folder)) for folder in source.clips]

    def checked(clip: Clip) -> Clip:
        clip.check(source.length)
        return clip

    found = part_of_groups(groups, split, lambda clip: clip.name)
    good = gather(found, checked, f"checking {split} clips", source.skip_bad)
    if not good:
        raise UserError(f"{' '.join(source.clips)}: no {split} clips; add more")
    return tuple(good)


def _listed(folder: Path) -> list[Clip]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name one that holds a folder of frames for each clip")
    below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not below:
        raise UserError(f"{folder}: no folder of frames in it; put the frames of each clip into a folder of its own")
    return [Clip(path.name, tuple(sorted(list_pictures(path), key=_number))) for path in below]


def _number(path: Path) -> list[tuple[str, int]]:
    """The sort key that puts frame 2 before frame 10."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", path.stem)]


def _frame(path: Path) -> np.ndarray:
    return large_enough(path, read_picture(path))
