"""A checkpoint: one safetensors file whose metadata has one key with sorted JSON. No pickles are read, ever."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise

from pix2phone.artefacts import replacing
from pix2phone.errors import UserError
from train.models import build
from train.models.contract import Generator

FORMAT = 1
KEY = "pix2phone"
Reshape = Callable[[Generator, list[dict[str, Any]]], Generator]


@dataclass(frozen=True)
class Card:
    """What a checkpoint says of itself. `history`: the compression steps in order, one {name: settings} each."""

    model: str
    recipe: str
    history: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    format: int = FORMAT


def save(path: Path, model: Generator, card: Card) -> None:
    """Write weights and card to `path` through a temporary name."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    metadata = {KEY: json.dumps(asdict(card) | {"spec": asdict(model.spec)}, sort_keys=True)}
    with replacing(path) as temporary:
        temporary.write_bytes(serialise(tensors, metadata))  # save_file makes a file for its owner alone


def load(path: Path, reshape: Reshape | None = None) -> tuple[Generator, Card]:
    """The float generator in evaluation mode, and its card.

    `reshape` gives a freshly built generator the shapes that the history of steps has left it with.
    Raises UserError for a file that is no checkpoint, has a newer format, or has a missing or extra tensor.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a checkpoint in it")
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(KEY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint; train one with python -m train") from None
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: no readable safetensors file ({error}); make it again") from None
    card = _read_card(path, text)
    try:
        model = build(card.model)
        model = reshape(model, card.history) if reshape else model
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{path}: its history is broken ({error}); make it again") from None
    _fill(model, tensors, path)
    return model.eval(), card


def _read_card(path: Path, text: str | None) -> Card:
    if text is None:
        raise UserError(f"{path}: safetensors without a {KEY!r} key; it is no checkpoint of this toolkit")
    try:
        content = json.loads(text)
        if content["format"] > FORMAT:
            raise UserError(f"{path}: format {content['format']}, this version reads up to {FORMAT}; upgrade pix2phone")
        content.pop("spec")
        card = Card(**content)
        _check(card)
        return card
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{path}: its {KEY!r} key is broken ({error}); make it again") from None


def _check(card: Card) -> None:
    """TypeError unless each field is what `Card` says, as far as a reader relies on it."""
    kinds = {"model": str, "recipe": str, "history": list, "data": dict, "metrics": dict}
    for name, kind in kinds.items():
        if not isinstance(getattr(card, name), kind):
            raise TypeError(f"{name} is no {kind.__name__}")
    for step in card.history:
        if not (isinstance(step, dict) and len(step) == 1 and all(isinstance(kept, dict) for kept in step.values())):
            raise TypeError(f"{step!r} is no step")
    if not all(isinstance(score, int | float) for score in card.metrics.values()):
        raise TypeError("a score is no number")


def _fill(model: Generator, tensors: dict[str, torch.Tensor], path: Path) -> None:
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    for name in sorted(expected.keys() | tensors.keys()):
        if name not in tensors or name not in expected:
            what = "missing" if name not in tensors else "unknown"
            raise UserError(f"{path}: tensor {name!r} is {what}; this file does not fit its model, make it again")
        if tensors[name].shape != expected[name]:
            raise UserError(f"{path}: tensor {name!r} has shape {tuple(tensors[name].shape)}; make the file again")
    model.load_state_dict(tensors)
