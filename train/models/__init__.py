"""The model families: a name for each generator that a checkpoint can hold."""

from collections.abc import Callable
from functools import partial

from pix2phone.errors import UserError
from train.models.contract import Generator
from train.models.dynamic_unet import DynamicUnet
from train.models.student import Student

MODELS: dict[str, Callable[..., Generator]] = {
    "unet-resnet18": partial(DynamicUnet, "resnet18"),
    "unet-resnet34": partial(DynamicUnet, "resnet34"),
    "small": partial(Student, width=48, pairs=4),
}
PRETRAINABLE = ("unet-resnet18", "unet-resnet34")
STUDENTS = ("small",)


def build(name: str, pretrained: bool = False) -> Generator:
    """A new generator by its name in `MODELS`; `pretrained`: with ImageNet weights where it is in `PRETRAINABLE`.

    Raises UserError for an unknown name, train.models.encoders.WeightsUnavailable when the weights cannot be had.
    """
    if name not in MODELS:
        raise UserError(f"model: {name!r}: unknown; use one of {', '.join(MODELS)}")
    return MODELS[name](pretrained=True) if pretrained and name in PRETRAINABLE else MODELS[name]()
