"""The loss of picture quality from 8 bits, layer by layer, and the layers to leave in float because of it.

A layer is all nodes of one range: the output of a convolution, with its weights, or the sum of two outputs.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from torch.fx import GraphModule

from compress.graph import picture_of
from compress.int8.quantize import CONVOLUTIONS, FakeQuantised, end_of, quantised
from operators.entry import arguments
from operators.levels import Ranges
from pix2phone.console import track
from train.metrics import psnr
from train.models.generator import Generator, painter

Pictures = Sequence[tuple[np.ndarray, np.ndarray]]  # photo and target, uint8 H x W x 3


def layers(graph: GraphModule) -> dict[str, list[str]]:
    """The nodes of each range by the name of its first; the picture itself, in and out, is none of them."""
    groups = quantised(graph)
    pictures = {groups[node] for node in groups if node.op == "placeholder" or node is picture_of(graph)}
    members: dict[str, list[str]] = {}
    first: dict[object, str] = {}
    for node, group in groups.items():
        if group not in pictures:
            members.setdefault(first.setdefault(group, node.name), []).append(node.name)
    return members


def sensitivities(graph: GraphModule, ranges: Ranges, pictures: Pictures) -> dict[str, float]:
    """For each layer in `ranges` the PSNR (dB) to the targets lost when it alone has 8 bits; most sensitive first."""
    nothing: Ranges = dict.fromkeys(ranges, None)
    in_float = mean_psnr(FakeQuantised(graph, nothing), pictures)
    lost = {}
    found = layers(graph).items()
    for layer, names in track(found, "int8: what each layer costs", len(found)):
        kernels = {n for n in graph.graph.nodes if n.target in CONVOLUTIONS and end_of(n).name in names}
        alone = FakeQuantised(graph, nothing | {name: ranges[name] for name in names}, kernels)
        lost[layer] = round(in_float - mean_psnr(alone, pictures), 4)
    return dict(sorted(lost.items(), key=lambda item: -item[1]))


def fewest_in_float(
    graph: GraphModule, ranges: Ranges, order: Iterable[str], drop: Callable[[Ranges], float], limit: float
) -> Ranges:
    """`ranges` with None for the layers to leave in float so that `drop` of it (dB) is at most `limit`.

    They leave in `order`, the most sensitive first, until the limit is met; then each goes back to 8 bits, the
    cheapest first, if the limit is still met without it.
    """
    names, mixed, left = layers(graph), ranges, list[str]()
    for layer in order:
        if drop(mixed) <= limit:
            break
        left.append(layer)
        mixed = mixed | dict.fromkeys(names[layer])
    for layer in reversed(left[:-1]):  # without the last one the limit was not met
        fewer = mixed | {name: ranges[name] for name in names[layer]}
        mixed = fewer if drop(fewer) <= limit else mixed
    return mixed


def weights_of(graph: GraphModule, layer: str) -> str:
    """The module whose kernel gives `layer`, "" where it is no convolution's."""
    names = layers(graph)[layer]
    kernels = [
        str(arguments(node)["weight"].target).removesuffix(".weight")
        for node in graph.graph.nodes
        if node.target in CONVOLUTIONS and end_of(node).name in names
    ]
    return " + ".join(kernels)


def mean_psnr(network: Generator, pictures: Pictures) -> float:
    """Mean PSNR (dB) of the outputs of `network` to the targets."""
    paint = painter(network)
    return float(np.mean([psnr(paint(photo), target) for photo, target in pictures]))


def pooled_psnr(network: Generator, pictures: Pictures) -> float:
    """PSNR (dB) over all `pictures` as if they were one, so that a single one with clipped colours counts."""
    paint = painter(network)
    errors = [10 ** (-psnr(paint(photo), target) / 10) for photo, target in pictures]
    return float(-10 * np.log10(np.mean(errors)))
