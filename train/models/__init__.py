"""The model families: a name for each generator that a checkpoint can hold."""

import re
from collections.abc import Callable
from functools import partial

from pix2phone.errors import UserError
from train.models.contract import Generator
from train.models.dynamic_unet import DynamicUnet
from train.models.student import Student

MODELS: dict[str, Callable[..., Generator]] = {
    "unet-resnet18": partial(DynamicUnet, "resnet18"),
    "unet-resnet34": partial(DynamicUnet, "resnet34"),
    "nano": partial(Student, width=16, detail=1, trunk=1),
    "small": partial(Student, width=16, detail=4, trunk=2),
    "base": partial(Student, width=32, detail=4, trunk=2),
    "large": partial(Student, width=48, detail=8, trunk=2),
}
PRETRAINABLE = ("unet-resnet18", "unet-resnet34")
STUDENTS = ("nano", "small", "base", "large")
OTHER_STUDENT = re.compile(r"student-([1-9]\d{0,2})x(\d|[1-9]\d)x(\d|[1-9]\d)")  # WIDTHxDETAILxTRUNK


def build(name: str, pretrained: bool = False) -> Generator:
    """A new generator by its name in `MODELS`, or the student "student-WIDTHxDETAILxTRUNK".

    `pretrained`: with ImageNet weights where it is in `PRETRAINABLE`.
    Raises UserError for an unknown name, train.models.encoders.WeightsUnavailable when the weights cannot be had.
    """
    check_name(name)
    if match := OTHER_STUDENT.fullmatch(name):
        return Student(*map(int, match.groups()))
    return MODELS[name](pretrained=True) if pretrained and name in PRETRAINABLE else MODELS[name]()


def check_name(name: str) -> None:
    """UserError unless `build` knows it."""
    if name not in MODELS and not is_student(name):
        raise UserError(f"model: {name!r}: unknown; use one of {', '.join(MODELS)} or student-WIDTHxDETAILxTRUNK")


def is_student(name: str) -> bool:
    """Whether `name` is a small network for phones."""
    return name in STUDENTS or OTHER_STUDENT.fullmatch(name) is not None
