"""Ranges narrowed where that helps: rare large values are cut off, and all others get finer steps.

The picture alone shows the best range: before a relu that follows an addition, values far below zero have no effect,
however often they occur.
"""

from torch.fx import GraphModule

from compress.int8.calibrate import nudge
from compress.int8.quantize import FakeQuantised
from compress.int8.sensitivity import Pictures, layers, pooled_psnr, sensitivities
from operators.levels import Ranges

NARROWED_LAYERS = 5  # layers whose ranges are tried
NARROWER = 0.8


def narrow(graph: GraphModule, ranges: Ranges, in_float: Pictures) -> tuple[Ranges, float]:
    """`ranges` with those of the most sensitive layers narrowed, and the PSNR (dB) to the float network's outputs.

    An end moves towards zero for as long as that brings the pictures nearer. `in_float`: photos and its pictures.
    """
    best, members = pooled_psnr(FakeQuantised(graph, ranges).eval(), in_float), layers(graph)
    for layer in list(sensitivities(graph, ranges, in_float))[:NARROWED_LAYERS]:
        for end in (0, 1):
            while (value_range := ranges[layer]) and value_range[end]:
                low, high = value_range
                moved = (low * NARROWER, high) if end == 0 else (low, high * NARROWER)
                tried = ranges | dict.fromkeys(members[layer], nudge(*moved))
                near = pooled_psnr(FakeQuantised(graph, tried).eval(), in_float)
                if near <= best:
                    break
                ranges, best = tried, near
    return ranges, best
