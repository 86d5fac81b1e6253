"""A teacher: a big checkpoint whose paintings, and whose features, a student learns from."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from torch import nn

from compress.load import load
from compress.steps import digest
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture, write_picture
from train.data.checked import gather
from train.data.painted import CACHE, painted_files
from train.data.paired import Pair, train_pairs
from train.data.source import Source
from train.losses import FEATURE_WEIGHT, Loss, attention_transfer
from train.models.generator import Generator, paint, painter
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


def teacher_pairs(teacher: Teacher, source: Source, scales: tuple[float, ...], unpaired: tuple[str, ...]) -> list[Pair]:
    """The photos of the source's training pairs, and those in the folders `unpaired`, with what `teacher` paints there.

    Each is painted once, whole, and kept in `CACHE` under the photo's content and the teacher's weights. The photos of
    `unpaired` are split by name like all others. UserError when some are bad, which are named.
    """
    style = teacher.style()
    known = train_pairs(source, scales)
    pairs = gather(known, lambda pair: _relabel(pair, style), "the teacher paints training photos", source.skip_bad)
    if unpaired:
        more = replace(source, photos=unpaired, pairs=None)
        pairs += [Pair(*files) for files in painted_files(more, "train", scales, style)]
    return pairs


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


class FeatureLoss:
    """A pixel loss plus attention transfer from the features that the teacher paints its picture of.

    Those are what each network's last convolution takes, so any two generators can be matched. The teacher sees every
    crop without gradients: a step then costs the teacher's forward pass more. For the ResNet18 U-Net that is 7 GMACs
    a crop of 128 x 128, where `nano` itself takes 0.01.
    """

    def __init__(self, loss: Loss, student: Generator, teacher: Generator) -> None:
        self.loss, self.teacher = loss, teacher
        self.seen: dict[str, torch.Tensor] = {}  # what the hooks saw of the pass that is being judged
        student.register_forward_pre_hook(self._keep("photo"))
        last_convolution(student).register_forward_pre_hook(self._keep("student"))
        last_convolution(teacher).register_forward_pre_hook(self._keep("teacher"))

    def _keep(self, name: str) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], None]:
        def hook(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            self.seen[name] = inputs[0]

        return hook

    def __call__(self, picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        photo = self.seen["photo"]
        with torch.no_grad():
            paint(self.teacher.to(photo.device), photo)
        features = attention_transfer(self.seen["student"], self.seen["teacher"])
        return self.loss(picture, target) + FEATURE_WEIGHT * features


def last_convolution(model: Generator) -> nn.Conv2d:
    """The Conv2d of `model` that runs last. UserError when it has none."""
    order: list[nn.Conv2d] = []
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    handles = [module.register_forward_hook(lambda module, *_: order.append(module)) for module in convolutions]
    training, device = model.training, next(model.parameters()).device
    with torch.no_grad():
        model.eval()(*model.spec.example(64, 64, device).values())
    model.train(training)
    for handle in handles:
        handle.remove()
    if not order:
        raise UserError("--learn: features: this network has no convolution to compare; learn targets or outputs")
    return order[-1]
