"""Networks with more than a picture at their ends, and the line and exit code with which they are refused."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.fx import GraphModule

from pix2phone.errors import run_command
from train.models.generator import Generator
from train.models.spec import Control, ModelSpec, State

STRENGTH = Control("strength", size=2, low=0.0, high=1.0, default=(0.25, 1.0))
MEMORY = State("memory", channels=5, stride=2)


class Masked(Generator):
    """A picture painted where a second one, the mask, is white; its spec is `spec`."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.paint = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return image + mask * self.paint(image)


class Steered(Generator):
    """A strength and a memory beside the picture, both declared: it gives (picture, next memory)."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4, controls=(STRENGTH,), state=(MEMORY,))
        self.down = nn.Conv2d(3, 5, 2, stride=2)
        self.up = nn.ConvTranspose2d(5, 3, 2, stride=2)

    def forward(
        self, image: torch.Tensor, strength: torch.Tensor, memory: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        memory = memory + self.down(image)
        return image + self.up(memory) * strength.sum(1).view(-1, 1, 1, 1), memory


class Strong(Generator):
    """A strength beside the picture, declared."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4, controls=(STRENGTH,))
        self.paint = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))

    def forward(self, image: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
        return image + self.paint(image) * strength.sum(1).view(-1, 1, 1, 1)


class Twofold(Generator):
    """One picture in, two out."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return image * 0.5, image * 2


def masked_graph() -> GraphModule:
    """The graph of a two-picture network under the spec of a one-picture one, as it might come from elsewhere."""
    spec = ModelSpec(multiple=4)
    image = spec.example(8, 12)["image"]
    graph = torch.export.export(Masked(spec).eval(), (image, image)).module(check_guards=False)
    graph.meta["spec"] = spec
    return graph


def refusal(act: Callable[[], Any], capsys: pytest.CaptureFixture[str]) -> str:
    """The line that `act`, run as a command, ends with, of exit code 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        run_command(act)
    line = capsys.readouterr().err
    assert end.value.code == 2 and line.count("\n") == 1
    return line
