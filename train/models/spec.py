"""ModelSpec: the facts of a generator that every stage reads, and the example inputs from which everything traces."""

from dataclasses import dataclass
from enum import StrEnum

import torch

IMAGE = "image"  # the picture, the first input of every generator


class Tiling(StrEnum):
    """Whether a pixel depends on its neighbourhood, or on the whole picture, which tiles cannot give.

    Attention, instance and group norm and pooling over space make a network global.
    """

    LOCAL = "local"
    GLOBAL = "global"


@dataclass(frozen=True)
class Control:
    """An input beside the picture, constant over it: a strength, or the weights of several looks.

    The tensor is N x `size` float32 in [`low`, `high`]; `default` holds the `size` numbers used where nobody sets it.
    Raises ValueError for a default of another size or outside the range.
    """

    name: str
    size: int
    low: float
    high: float
    default: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.default) != self.size or not all(self.low <= number <= self.high for number in self.default):
            raise ValueError(
                f"control {self.name}: {self.default}: give {self.size} numbers in {self.low}..{self.high}"
            )


@dataclass(frozen=True)
class State:
    """A feature map that a video network takes from the frame before and gives to the next one.

    N x `channels` x H / `stride` x W / `stride` float32 for a picture of H x W; zeros before the first frame.
    """

    name: str
    channels: int
    stride: int


@dataclass(frozen=True)
class ModelSpec:
    """The inputs and the output of a generator.

    It takes a picture, N x `channels` x H x W float32 in [0, 1] whose sides are multiples of `multiple`, then the
    `controls`, then the `state`, and gives a picture of the same shape and range; with a state, a tuple of the picture
    and the next state.
    Raises ValueError for two inputs of one name, or a state whose stride does not divide `multiple`.
    """

    multiple: int
    channels: int = 3
    tiling: Tiling = Tiling.LOCAL
    controls: tuple[Control, ...] = ()
    state: tuple[State, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError(f"inputs {', '.join(self.inputs)}: give each a name of its own")
        for state in self.state:
            if self.multiple % state.stride:
                raise ValueError(f"state {state.name}: stride {state.stride} does not divide {self.multiple}")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in the order of `forward`."""
        return (IMAGE, *(control.name for control in self.controls), *(state.name for state in self.state))

    def inputs_for(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """All inputs with `image`, by name and in order: controls at their defaults, the state before a frame."""
        count, _, height, width = image.shape
        tensors = {IMAGE: image}
        for control in self.controls:
            tensors[control.name] = image.new_tensor(control.default).expand(count, -1)
        for state in self.state:
            sides = height // state.stride, width // state.stride
            tensors[state.name] = image.new_zeros(count, state.channels, *sides)
        return tensors

    def example(self, height: int, width: int, device: str | torch.device = "cpu") -> dict[str, torch.Tensor]:
        """Inputs to trace and to count with: one black picture of those sides, each rounded up to `multiple`."""
        sides = height + -height % self.multiple, width + -width % self.multiple
        return self.inputs_for(torch.zeros(1, self.channels, *sides, device=device))
