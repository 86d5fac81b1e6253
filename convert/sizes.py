"""Picture sizes: the flags' text form, and the sizes that files are made for and checked at."""

from collections.abc import Sequence

from compress.macs import gmacs
from pix2phone.errors import UserError
from train.models.generator import Generator

Size = tuple[int, int]  # height, width
LIVE: tuple[Size, ...] = ((256, 256), (512, 512), (720, 1280), (1280, 720), (1080, 1920), (1920, 1080))
STILL: tuple[Size, ...] = ((256, 256), (512, 512))
LIVE_GMACS = 20.0  # at 512 x 512; heavier ones are not for video, and attention would take gigabytes at 1920 x 1080
LARGEST_SIDE = 8192


def parse_size(text: str) -> Size:
    """The size in `text`, "512" (square) or "720x1280" (height x width). UserError for anything else."""
    numbers = text.lower().split("x")
    if len(numbers) <= 2 and all(number.isascii() and number.isdigit() for number in numbers):
        size = int(numbers[0]), int(numbers[-1])
        if all(1 <= side <= LARGEST_SIDE for side in size):
            return size
    raise UserError(f"--sizes: {text!r}: give sides from 1 to {LARGEST_SIDE}, as 512 or as 720x1280 (height x width)")


def default_sizes(model: Generator) -> tuple[Size, ...]:
    """Sizes of live video if `model` is light enough, else squares for stills."""
    return LIVE if gmacs(model, 512) <= LIVE_GMACS else STILL


def round_up(sizes: Sequence[Size], multiple: int) -> list[Size]:
    """Round each side up to a multiple of `multiple`; each size once."""
    rounded = [(height + -height % multiple, width + -width % multiple) for height, width in sizes]
    return list(dict.fromkeys(rounded))


def size_text(size: Size) -> str:
    """height x width, in the form of the flags."""
    return "x".join(map(str, size))
