"""The model families, and the names under which recipes know their members."""

import re
from dataclasses import asdict
from typing import Any

from pix2phone.errors import UserError, first_line
from train.models.dynamic_unet import DynamicUnet, UnetConfig
from train.models.generator import Generator
from train.models.imported import Imported, ImportedConfig
from train.models.student import Student, StudentConfig

Config = StudentConfig | UnetConfig | ImportedConfig
FAMILIES: dict[str, tuple[type[Generator], type[Config]]] = {  # the names that checkpoints hold
    "student": (Student, StudentConfig),
    "unet": (DynamicUnet, UnetConfig),
    "imported": (Imported, ImportedConfig),
}
MODELS: dict[str, Config] = {
    "unet-resnet18": UnetConfig("resnet18"),
    "unet-resnet34": UnetConfig("resnet34"),
    "nano": StudentConfig(width=16, detail=1, trunk=1),
    "small": StudentConfig(width=16, detail=4, trunk=2),
    "base": StudentConfig(width=32, detail=4, trunk=2),
    "large": StudentConfig(width=48, detail=8, trunk=2),
}
PRETRAINABLE = ("unet-resnet18", "unet-resnet34")
STUDENTS = ("nano", "small", "base", "large")
OTHER_STUDENT = re.compile(r"student-([1-9]\d{0,2})x(\d|[1-9]\d)x(\d|[1-9]\d)")  # WIDTHxDETAILxTRUNK


def build(name: str, pretrained: bool = False) -> Generator:
    """A new generator by its name in `MODELS`, or the student "student-WIDTHxDETAILxTRUNK".

    `pretrained`: with ImageNet weights where it is in `PRETRAINABLE`.
    Raises UserError for an unknown name, train.models.encoders.WeightsUnavailable when the weights cannot be had.
    """
    config = config_of(name)
    if pretrained and isinstance(config, UnetConfig):
        return DynamicUnet(config.encoder, pretrained=True)
    return build_member(*describe(config))


def check_name(name: str) -> None:
    """UserError unless `build` knows it."""
    config_of(name)


def config_of(name: str) -> Config:
    """The arguments of the network `name`. UserError for an unknown name."""
    if match := OTHER_STUDENT.fullmatch(name):
        return StudentConfig(*map(int, match.groups()))
    if name not in MODELS:
        raise UserError(f"model: {name!r}: unknown; use one of {', '.join(MODELS)} or student-WIDTHxDETAILxTRUNK")
    return MODELS[name]


def describe(config: Config) -> tuple[str, dict[str, Any]]:
    """The family of a network, a key of `FAMILIES`, and its arguments there as data, for `build_member`."""
    family = next(name for name, (_, kind) in FAMILIES.items() if isinstance(config, kind))
    return family, asdict(config)


def build_member(family: str, config: dict[str, Any]) -> Generator:
    """A new member of `family` with random weights. UserError for an unknown family or arguments that it refuses."""
    if family not in FAMILIES:
        raise UserError(f"family: {family!r}: unknown; this version knows {', '.join(FAMILIES)}")
    make, kind = FAMILIES[family]
    try:
        return make(**asdict(kind(**config)))
    except (KeyError, RuntimeError, TypeError, ValueError) as error:  # of the dataclass, of torch, of a table's key
        raise UserError(
            f"config: {config}: refused by family {family!r} ({first_line(error)}); make the file again"
        ) from None


def is_student(name: str) -> bool:
    """Whether `name` is a small network for phones."""
    return name in STUDENTS or OTHER_STUDENT.fullmatch(name) is not None
