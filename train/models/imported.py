"""Networks that were not trained here, as graphs of aten calls: plain data, from which they are built again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from operators import table
from train.models.generator import Generator
from train.models.spec import IMAGE, ModelSpec, Tiling

NODE = "node"  # the key of an argument that names another call's output
CALLS = {str(target): target for target in table.OPERATORS}


@dataclass(frozen=True)
class ImportedConfig:
    """`calls`, in order: a name, the aten call (a key of `CALLS`), its arguments and its keywords. The last
    gives the picture.

    An argument {"node": name} is the output of the call of that name, the constant of that name, or the "image".
    `tensors`: the shape of each constant, float32, by its name, "layer.tensor".
    """

    calls: list[list[Any]]
    tensors: dict[str, list[int]]
    multiple: int
    tiling: str


class Imported(Generator):
    """The network that an `ImportedConfig` describes; its weights are zeros until they are filled in.

    Raises KeyError for an operator that has no entry, or a name that nothing gives.
    """

    least_side = 32  # mirrored borders need pixels to mirror

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.config = ImportedConfig(**config)
        self.spec = ModelSpec(self.config.multiple, tiling=Tiling(self.config.tiling))
        self.calls = [(name, CALLS[call], given, named) for name, call, given, named in self.config.calls]
        for name, shape in self.config.tensors.items():
            layer, _, tensor = name.rpartition(".")
            if layer not in self._modules:
                self.add_module(layer, nn.Module())
            self.get_submodule(layer).register_buffer(tensor, torch.zeros(shape))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        values: dict[str, Any] = {IMAGE: image, **dict(self.named_buffers())}
        for name, call, given, named in self.calls:
            values[name] = call(*_map_nodes(given, values.__getitem__), **named)
        return values[self.calls[-1][0]]


def _map_nodes(given: Any, value_of: Callable[[str], Any]) -> Any:
    """`given` with values in place of the names of nodes."""
    if isinstance(given, dict):
        return value_of(given[NODE])
    return [_map_nodes(one, value_of) for one in given] if isinstance(given, list) else given
