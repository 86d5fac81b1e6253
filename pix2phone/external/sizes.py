"""Which layout and sizes a network that was not trained here takes, found by running it.

The one place that finds them, for whatever command opens such a network.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pix2phone.errors import UserError
from pix2phone.external.convention import LAYOUTS, Convention
from pix2phone.external.network import Network, Opened

LARGEST = 256
USUAL = tuple(2**power for power in range(9))  # pixels: halvings
ODD = (3, 5, 7, 9, 11, 13, 15, 21)  # windows and blocks of so many pixels, before any halvings
UNUSUAL = sorted(odd * power for odd in ODD for power in USUAL if odd * power <= LARGEST)
ABOUT = 97  # pixels a side of the pictures that show which multiple of pixels a network needs
FIXED_SIDES = (64, 128, 224, 256, 320, 384, 448, 512, 640, 768, 1024)  # tried where no multiple is right
ANY_RANGE = Convention(input_range="-1..1")  # until it is known: sizes alone are looked at


def find_sizes(opened: Opened, layout: str | None = None, enlarged: bool = False) -> Network:
    """The network with its layout, the multiple that its sides must have, and the size if only one is accepted.

    `layout` of LAYOUTS, where it is known. With `enlarged` its output may be larger than its input, both sides
    alike. UserError for a network that makes no pictures of its input's size.
    """
    unknown = not opened.shape or (len(opened.shape) == 4 and 3 not in (opened.shape[1], opened.shape[3]))
    known = layout or opened.said.layout
    layouts = (known,) if known else LAYOUTS if unknown else (opened.layout(),)
    for layout in layouts:
        size = opened.fixed_size(layout) if opened.shape else None
        candidates = _candidates(Network(opened, layout, size, 1))
        found = next((network for network in candidates if _makes_pictures(network, enlarged)), None)
        if found:
            return found
    raise _why_not(Network(opened, layouts[0], size))


def _candidates(network: Network) -> Iterator[Network]:
    """The size rules possible for the network, the most useful first."""
    if network.size:
        yield network
        return
    yield from (replace(network, multiple=multiple) for multiple in (*USUAL, *UNUSUAL))
    if not network.opened.shape:
        yield from (replace(network, size=(side, side)) for side in FIXED_SIDES)


def _makes_pictures(network: Network, enlarged: bool) -> bool:
    """Whether the output has the input's size, at the network's size or at two whose sides share but the multiple.

    If it may not be `enlarged`, UserError for one that scales both sides alike: no padding to a multiple does that, and
    no other size would help.
    """
    for size in [network.size] if network.size else _trials(network.multiple):
        try:
            made = network.call(_grey(size), ANY_RANGE).shape[:2]
        except UserError:
            return False
        alike = made[0] * size[1] == made[1] * size[0]
        if alike and made != size and not enlarged and not network.size:
            raise network.wrong_size(made, size)
        if made != size and not (alike and enlarged and made > size):
            return False
    return True


def _trials(multiple: int) -> list[tuple[int, int]]:
    odd = max(1, ABOUT // multiple) | 1
    return [(multiple * odd, multiple * (odd + 2)), (multiple * (odd + 2), multiple * odd)]


def _grey(size: tuple[int, int]) -> np.ndarray:
    return np.full((*size, 3), 128, np.uint8)


def _why_not(network: Network) -> UserError:
    """The error for a network that makes no pictures of its input's size."""
    try:
        made = network.call(network.trial(), ANY_RANGE).shape
    except UserError as error:
        return error
    return network.wrong_size(made[:2], network.trial().shape[:2])
