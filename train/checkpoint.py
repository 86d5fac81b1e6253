"""A checkpoint: one safetensors file whose metadata has one key with sorted JSON. No pickles are read, ever.

Format 2 holds the network as data: `family` (a key of train.models.FAMILIES), `config` (its arguments) and `spec`
(its inputs and outputs, as its family declared them when the file was made). Format 1 has the network's name instead.
"""

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
from pix2phone.external.formats import LEARNER
from train.fastai_learner import load_learner
from train.models import build_member, config_of, describe
from train.models.generator import Generator

FORMAT = 2
KEY = "pix2phone"
Content = dict[str, Any]
Reshape = Callable[[Generator, list[dict[str, Any]]], Generator]


@dataclass(frozen=True)
class Card:
    """The history of a checkpoint, beside its network. `model`: the name of the network for recipes and people.

    `history`: the compression steps in order, one {name: settings} each.
    """

    model: str
    recipe: str
    history: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def save(path: Path, model: Generator, card: Card) -> None:
    """Write weights, card and description of `model`, a member of train.models.FAMILIES, through a temporary name."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    family, config = describe(model.config)
    content = asdict(card) | {"format": FORMAT, "family": family, "config": config, "spec": asdict(model.spec)}
    metadata = {KEY: json.dumps(content, sort_keys=True)}
    with replacing(path) as temporary:
        temporary.write_bytes(serialise(tensors, metadata))  # save_file makes a file for its owner alone


def load(path: Path, reshape: Reshape | None = None) -> tuple[Generator, Card]:
    """The float generator in evaluation mode, and its card. `path` may be a file of fastai's `learn.save`.

    `reshape` gives a freshly built generator the shapes that the history of steps has left it with.
    Raises UserError for a file that is no checkpoint, has a newer format, describes a network that this version builds
    in another way, or has a missing or extra tensor.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a checkpoint in it")
    if path.suffix.lower() == LEARNER and path.exists():
        model, name = load_learner(path)
        return model, Card(name, recipe="fastai")
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(KEY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise UserError(f"{path}: no such checkpoint; train one with python -m train") from None
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: no readable safetensors file ({error}); make it again") from None
    card, network = _read(path, text)
    try:
        model = build_member(network["family"], network["config"])
        _compare(model, network["spec"], network["format"])
        model = reshape(model, card.history) if reshape else model
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{path}: its history is broken ({error}); make it again") from None
    _fill(model, tensors, path)
    return model.eval(), card


def _read(path: Path, text: str | None) -> tuple[Card, Content]:
    """The card, and the description of the network: "family", "config", "spec", and the "format" it was written in."""
    if text is None:
        raise UserError(f"{path}: safetensors without a {KEY!r} key; it is no checkpoint of this toolkit")
    try:
        content = json.loads(text)
        if content["format"] > FORMAT:
            raise UserError(f"{path}: format {content['format']}, this version reads up to {FORMAT}; upgrade pix2phone")
        _check(content, {"model": str, "spec": dict})
        if content["format"] == 1:
            content["family"], content["config"] = _described(path, content["model"])
        network = {name: content.pop(name) for name in ("format", "family", "config", "spec")}
        _check(network, {"family": str, "config": dict})
        card = Card(**content)
        _check_card(card)
        return card, network
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise UserError(f"{path}: its {KEY!r} key is broken ({error}); make it again") from None


def _described(path: Path, name: str) -> tuple[str, Content]:
    """The format-2 entry of a network that format 1 knows by its name alone."""
    try:
        return describe(config_of(name))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _compare(model: Generator, written: Content, version: int) -> None:
    """UserError unless `model` has the spec that was `written` in a file of that format version.

    Of format 1 only the fields count that are still there: it lacked some, and had others that nothing read.
    """
    built = json.loads(json.dumps(asdict(model.spec)))
    names = built.keys() & written.keys() if version == 1 else built.keys() | written.keys()
    for name in sorted(names):
        found, wanted = (spec.get(name, "nothing") for spec in (written, built))
        if found != wanted:
            raise UserError(
                f"spec: {name}: {found} in the file, {wanted} in the network that this version builds; "
                "use the version that made the file, or train again"
            )


def _check(content: Content, kinds: dict[str, type]) -> None:
    """TypeError unless each of those fields has its type, KeyError for a missing one."""
    for name, kind in kinds.items():
        if not isinstance(content[name], kind):
            raise TypeError(f"{name} is no {kind.__name__}")


def _check_card(card: Card) -> None:
    """TypeError unless each field has the type that `Card` gives, as far as a reader relies on it."""
    _check(vars(card), {"model": str, "recipe": str, "history": list, "data": dict, "metrics": dict})
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
