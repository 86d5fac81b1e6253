"""An external network as a Core ML package."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from convert.coreml.write import default_size, write_module
from convert.foreign.open import Foreign
from convert.plan.options import ConvertOptions
from convert.sizes import Size, round_up, size_text
from pix2phone.console import say
from pix2phone.errors import CheckFailed, first_line
from pix2phone.external.convention import Convention
from pix2phone.external.torch_module import as_module
from pix2phone.external.torchscript import load_torchscript
from train.models.spec import ModelSpec


class OwnNumbers(nn.Module):
    """N x 3 x H x W in [0, 1] in and out, around a `model` with its own layout and value range."""

    def __init__(self, model: nn.Module, layout: str, convention: Convention) -> None:
        super().__init__()
        self.model, self.nhwc, self.bgr = model, layout == "nhwc", convention.bgr
        self.enter, self.leave = (
            torch.tensor(affine)[..., None, None] for affine in (convention.entry, convention.exit)
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        given = self._turned(image) * self.enter[0] + self.enter[1]
        made = self.model(given.permute(0, 2, 3, 1) if self.nhwc else given)
        return self._turned((made.permute(0, 3, 1, 2) if self.nhwc else made) * self.leave[0] + self.leave[1])

    def _turned(self, image: torch.Tensor) -> torch.Tensor:
        """Convert RGB to the network's channel order, or back."""
        return torch.cat([image[:, 2:], image[:, 1:2], image[:, :1]], dim=1) if self.bgr else image


def write_package(network: Foreign, metadata: dict[str, Any], options: ConvertOptions, path: Path) -> None:
    """Write as `write_module` of convert/coreml does, for the sizes of `options` or the network's only size.

    TorchScript goes directly to coremltools, which fails on branches and loops; then, like ONNX, through onnx2torch.
    If coremltools cannot convert an operator with a free size, the package has only the default size, and a line says
    so. Raises CheckFailed when neither path reads the network.
    """
    size = network.network.size
    try:
        _write(network, metadata, options if size is None else _one_size(options, size), path)
    except CheckFailed as stopped:
        if size or (len(options.sizes) == 1 and not options.flexible):
            raise
        size = default_size(round_up(options.sizes, network.network.multiple))
        _write(network, metadata, _one_size(options, size), path)
        say(f"{stopped} for several sizes; made for {size_text(size)} alone, {network.beyond}")


def _one_size(options: ConvertOptions, size: Size) -> ConvertOptions:
    return replace(options, sizes=[size], flexible=False)


def _write(network: Foreign, metadata: dict[str, Any], options: ConvertOptions, path: Path) -> None:
    ways: list[Callable[[Foreign], nn.Module]] = [by_onnx]
    if network.path.suffix.lower() != ".onnx":
        ways.insert(0, straight)
    for way in ways:
        try:
            model = way(network).eval().requires_grad_(False)
            how: dict[str, Any] = {"ios": options.ios, "sizes": options.sizes, "flexible": options.flexible}
            write_module(model, ModelSpec(network.network.multiple), path, metadata, **how)
            return
        except Exception as error:  # onnx2torch and coremltools raise many kinds for unreadable networks
            why = first_line(error)
    raise CheckFailed(f"Core ML: it cannot be written ({why})")


def straight(network: Foreign) -> nn.Module:
    """The TorchScript `network` itself, N x 3 x H x W in [0, 1]."""
    return OwnNumbers(load_torchscript(network.path), network.network.layout, network.network.convention)


def by_onnx(network: Foreign) -> nn.Module:
    """`network` as onnx2torch reads it, 1 x 3 x H x W in [0, 1]."""
    return as_module(network.wrapped, network.network.size)
