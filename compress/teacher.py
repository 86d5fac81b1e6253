"""A teacher: a big checkpoint from whose paintings and features a student learns."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from compress.load import load
from compress.steps import digest
from pix2phone.pictures import read_picture, write_picture
from train.data.checked import gather
from train.data.painted import CACHE, painted_files
from train.data.paired import Pair, train_pairs
from train.data.source import Painted, Pairs
from train.models.generator import Generator, painter
from train.styles import Style


@dataclass(frozen=True)
class Teacher:
    """The checkpoint `path`, a `model` of that kind; `weights` is a hash of its weights and history."""

    path: str
    model: str
    weights: str

    @classmethod
    def at(cls, path: Path) -> "Teacher":
        """The teacher in the checkpoint `path`. UserError as for `compress.load.load`."""
        network = load(path)
        return cls(str(path), network.card.model, digest(network))

    def network(self) -> Generator:
        """The float generator, folded, frozen, in evaluation mode."""
        return load(Path(self.path)).folded.requires_grad_(False)

    def style(self) -> Style:
        """The teacher as a look that paints whole pictures of any size, one at a time: it needs the memory itself."""
        paint_picture, alone = painter(self.network()), Lock()

        def paint_alone(photo: np.ndarray) -> np.ndarray:
            with alone:
                return paint_picture(photo)

        return Style(f"teacher {self.weights}", paint_alone)


def teacher_pairs(teacher: Teacher, source: Pairs, scales: tuple[float, ...]) -> list[Pair]:
    """The photos of the source's training pairs with the output of `teacher` for each.

    Each is painted once, whole, and kept in `CACHE` under the photo's content and the teacher's weights. UserError when
    some are bad, which are named.
    """
    style = teacher.style()
    known = train_pairs(source, scales)
    return gather(known, lambda pair: _relabel(pair, style), "the teacher paints training photos", source.skip_bad)


def paint_photos(teacher: Teacher, photos: Painted, scales: tuple[float, ...]) -> list[Pair]:
    """The training photos of `photos`, split by name like all others, with the output of `teacher`; kept as above.

    The style of `photos` does not count. UserError when some are bad, which are named.
    """
    return [Pair(*files) for files in painted_files(photos, "train", scales, teacher.style())]


def _relabel(pair: Pair, style: Style) -> Pair:
    """The same photo with the style's painting as its target, painted now if it is not in the cache."""
    # "srgb": as pictures are read since profiles are followed; paintings of before are not taken for these.
    held = f"srgb {pair.target is None} {pair.reverse}".encode()
    content = hashlib.sha256(pair.photo.read_bytes() + held).hexdigest()[:20]
    look = hashlib.sha256(style.identity.encode()).hexdigest()[:12]
    photo = CACHE / f"{content}.png" if pair.target is None else pair.photo  # half of it, where both are in one file
    target = CACHE / f"{content}-{look}.png"
    if not photo.exists():
        write_picture(photo, pair.read()[0])
    if not target.exists():
        write_picture(target, style.paint(read_picture(photo)))
    return Pair(pair.name, photo, target)
