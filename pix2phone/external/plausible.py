"""The value range of a network, judged by its output for real photos: that must be a picture of them.

A wrong convention gives black, white or washed-out pictures, or values far outside the range. Fields that are not given
are found by trials of the usual conventions; where two of them look right and differ, none is assumed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from pix2phone.artefacts import PHOTOS_DIR
from pix2phone.console import say, track
from pix2phone.errors import UserError
from pix2phone.external.convention import Convention
from pix2phone.external.network import Network
from pix2phone.pictures import read_picture

PHOTOS = ("mariachi.jpg", "mysore-palace.jpg")  # from black to white, most values in between
SIDES = (96, 128)  # of the photos, or the next multiples that the network accepts
IMAGENET: dict[str, Any] = {"mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225"}
RARE = "-127.5..127.5"
# Where several fit alike the first is taken: a network that only scales shows in the widest where it has its clamp.
INPUTS: tuple[dict[str, Any], ...] = (
    {"input_range": "0..255"},
    {"input_range": "0..1"},
    {"input_range": "-1..1"},
    {"input_range": RARE},
    IMAGENET,
)
DIM, BEYOND, CLIPPED = 0.15, 1.0, 0.9  # limits: least contrast, most beyond the range, most black and white
FLAT = 0.03  # the least contrast where nothing is guessed: some looks are dim
# By how much of `Seen.fault` one may be better than a likelier or as likely one: less is doubt.
DOUBT, PLAIN_DOUBT, MEAN_DOUBT = 0.15, 0.4, 0.8  # as likely; likelier; likelier, where mean and deviation are guessed
UNEQUAL, RARELY = 0.2, 0.3  # of `Seen.rarity`
ALIKE = 28.0  # dB between two conventions' pictures, from which on it does not matter which is right


@dataclass(frozen=True)
class Seen:
    """The output of a network for the photos by one convention: `pictures` are RGB, float32, in about [0, 1]."""

    convention: Convention
    pictures: list[np.ndarray]
    photos: list[np.ndarray]
    least: float = DIM

    @property
    def contrast(self) -> float:
        """Standard deviation of the lightness, as a share of the photos'."""
        made, real = (np.mean([_light(picture).std() for picture in each]) for each in (self.pictures, self.photos))
        return float(made / real)

    @property
    def beyond(self) -> float:
        """How far values lie outside of [0, 1], on average."""
        return float(np.mean([np.maximum(np.maximum(-one, one - 1), 0).mean() for one in self.pictures]))

    @property
    def clipped(self) -> float:
        """The share of values that are black or white, less the share in the photos."""
        made, real = (np.mean([_extreme(picture).mean() for picture in each]) for each in (self.pictures, self.photos))
        return float(made - real)

    @property
    def fault(self) -> float:
        """How unlike a picture of the photos it is; 0 is best."""
        contrast = abs(np.log2(max(self.contrast, 0.001)))
        return float(round(0.5 * contrast + 2 * max(self.clipped, 0) + 5 * self.beyond, 2))

    @property
    def rarity(self) -> float:
        """How unlikely the convention is by itself: most networks have one of the usual ranges at both ends."""
        convention = self.convention
        unequal = convention.output_range not in (None, convention.input_range)
        return UNEQUAL * unequal + RARELY * (convention.input_range == RARE or convention.mean is not None)

    @property
    def wrong(self) -> str:
        """The reason why it is no picture; empty if it may be one."""
        if self.beyond > BEYOND:
            return "values far outside the range"
        if self.contrast < self.least or self.clipped > CLIPPED:
            light = np.mean([picture.clip(0, 1).mean() for picture in self.pictures])
            return (
                "white" if light > 0.9 else "black" if light < 0.1 else "dim" if self.clipped <= CLIPPED else "clipped"
            )
        return ""


def settle(network: Network, said: Convention) -> Network:
    """With all of its convention: the parts `said`, and the rest found and printed in a line.

    UserError where no convention, or not that which is said, makes pictures of photos, or where several do.
    """
    opened, photos = network.opened, _photos(network)
    conventions = list(_inputs(network, said))
    guessed = len(conventions) > 1 or not said.output_range
    found = _try_all(network, conventions, photos, said)
    if not guessed:
        found = [replace(seen, least=FLAT) for seen in found]
    best = min(found, key=lambda seen: (bool(seen.wrong), seen.fault + seen.rarity))
    if best.wrong:
        output = f"its output for photos is {best.wrong}"
        raise opened.error(f"{output} ({best.convention}); give its value range and colour order: {said.flags}")
    if guessed:
        _refuse_doubt(network, best, found)
        about = f"{network.layout}, {opened.dtype}, {best.convention}"
        part = "the output is" if len(conventions) == 1 else "its numbers are"
        say(
            opened.flags.line(
                opened.path,
                f"{about} ({part} judged by its output, the order of colours is not; overruled by {said.flags})",
            )
        )
    return replace(network, convention=best.convention)


def _refuse_doubt(network: Network, best: Seen, found: list[Seen]) -> None:
    for other in found:
        if not other.wrong and other.fault <= best.fault + _doubt(best, other) and not _alike(best, other):
            both = f"{best.convention}, or {other.convention}"
            raise network.opened.error(f"its output fits {both}; say which: {best.convention.flags}")


def _doubt(best: Seen, other: Seen) -> float:
    """How much worse than `best` the other may be and still be right; below 0 where it is rarer: how much better."""
    rarer = other.rarity - best.rarity
    if rarer > 0:
        return UNEQUAL - rarer
    if rarer == 0:
        return DOUBT
    return MEAN_DOUBT if best.convention.mean else PLAIN_DOUBT


def _inputs(network: Network, said: Convention) -> Iterator[Convention]:
    """The conventions possible for the input."""
    if network.opened.dtype == np.uint8:
        if said.mean or said.std or said.input_range not in (None, "0..255"):
            wrong = next(name for name in ("mean", "std", "input_range") if getattr(said, name))
            raise network.opened.error(f"takes bytes; leave out {said.flag(wrong)} {getattr(said, wrong)}")
        yield replace(said, input_range="0..255")
    elif said.input_range:
        yield said
    elif said.mean or said.std:
        yield from (replace(said, input_range=one) for one in ("0..1", "0..255"))
    else:
        usual = [replace(said, **{"input_range": "0..1"} | how) for how in INPUTS]
        span = network.opened.engine.span  # that a quantised input has shows which numbers it was made for
        yield from [one for one in usual if span and _reaches(one, span, 0.02)] or usual


def _try_all(network: Network, conventions: list[Convention], photos: list[np.ndarray], said: Convention) -> list[Seen]:
    """The network's output by each input convention, with the conventions possible for the output."""
    made, stopped = [], None
    for one in track(conventions, "judging its range", len(conventions)):
        try:
            made.append((one, [network.call(photo, one) for photo in photos]))
        except UserError as error:  # by another convention it may work
            stopped = error
    if stopped and not made:
        raise stopped
    limits = _limits([values for _, each in made for values in each]) if len(made) == len(INPUTS) else None
    real = [photo.astype(np.float32) / 255 for photo in photos]
    found = []
    for one, each in made:
        for output in [said.output_range] if said.output_range else _outputs(one, each, limits):
            full = replace(one, output_range=output)
            found.append(Seen(full, [network.unit(values, full) for values in each], real))
    return found


def _limits(made: list[np.ndarray]) -> dict[str, Any] | None:
    """Which of INPUTS has just the ends of all that was ever `made`, as a clamp or tanh leaves it."""
    extent = min(map(np.min, made)), max(map(np.max, made))
    return next((one for one in INPUTS if _reaches(Convention(**one), extent, 0.01)), None)


def _reaches(convention: Convention, extent: tuple[float, float], tolerance: float) -> bool:
    """Whether numbers from `ends[0]` to `ends[1]` are those of pictures by the input of the convention."""
    low, high = np.min(convention.entry.shift), np.max(np.add(*convention.entry))
    return bool(np.allclose(extent, (low, high), atol=tolerance * (high - low)))


def _outputs(convention: Convention, made: list[np.ndarray], limits: dict[str, Any] | None) -> list[str | None]:
    """The conventions possible for the output: None is the same as the input."""
    if limits:
        return [limits.get("input_range")] if limits is not IMAGENET or convention.mean else []
    low, high = np.percentile(np.concatenate([values.ravel() for values in made]), (0.5, 99.5))
    large, small = "0..255" if low > -64 else RARE, "-1..1" if low < -0.1 else "0..1"
    return [None, large if high > 2 else small]


def _photos(network: Network) -> list[np.ndarray]:
    height, width = network.size or (side + -side % network.multiple for side in SIDES)
    pictures = (Image.fromarray(read_picture(PHOTOS_DIR / name)) for name in PHOTOS)
    return [np.array(ImageOps.fit(one, (width, height), Image.Resampling.LANCZOS)) for one in pictures]


def _light(picture: np.ndarray) -> np.ndarray:
    return picture.clip(0, 1) @ np.array([0.299, 0.587, 0.114], np.float32)


def _extreme(picture: np.ndarray) -> np.ndarray:
    return np.abs(picture - 0.5) > 0.5 - 1 / 128


def _alike(first: Seen, second: Seen) -> bool:
    pairs = zip(first.pictures, second.pictures, strict=True)
    error = np.mean([np.mean((one.clip(0, 1) - other.clip(0, 1)) ** 2) for one, other in pairs])
    return bool(error < 10 ** (-ALIKE / 10))
