"""A student whose weights do something, and commands called as a shell would call them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from pix2phone.errors import run_command
from pix2phone.pictures import fit, read_picture
from train.checkpoint import Card, save
from train.data.photos import builtin
from train.models import build
from train.models.student import ResidualPair, Student


def stir(student: torch.nn.Module, std: float) -> None:
    """Give an untrained student, whose pairs and exit are zero, weights that change every picture."""
    for module in student.modules():
        if isinstance(module, ResidualPair):
            module.second.reset_parameters()
    torch.nn.init.normal_(student.get_parameter("exit.weight"), std=std)


def stirred_student(std: float, seed: int) -> Student:
    """A tiny student after `stir`, the same for the same arguments."""
    torch.manual_seed(seed)
    model = Student(width=8, detail=1, trunk=2).eval()
    stir(model, std)
    return model


def save_student(path: Path, with_int8: bool) -> Path:
    """A checkpoint of "small" whose random weights change every picture visibly."""
    torch.manual_seed(0)
    model = build("small").eval()
    stir(model, 0.03)
    history: list[dict[str, Any]] = []
    if with_int8:
        photos = [fit(read_picture(photo), 192) for photo in builtin("train")[:6]]
        history = [{"int8": {"photos": len(photos), "ranges": calibrate(export_graph(model.fold()), photos)}}]
    save(path, model, Card(model="small", recipe="test", history=history))
    return path


def exit_code(main: Callable[[], None], *words: str | Path) -> int | str | None:
    """The exit code of the command `main` called with `words`."""
    kept, sys.argv = sys.argv, ["command", *map(str, words)]
    try:
        run_command(main)
    except SystemExit as end:
        return end.code
    finally:
        sys.argv = kept
    return 0
