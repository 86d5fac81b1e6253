"""The limits of converted files, printed before they are made."""

from collections.abc import Iterable, Iterator

from convert.coreml.write import IOS_OF_TABLES
from convert.plan.apps import is_wanted
from convert.plan.model_card import Facts
from convert.plan.options import Wishes
from convert.runtimes import tiles
from convert.runtimes.base import TILE, WHOLE
from convert.sizes import round_up, size_text


def caveats(wishes: Wishes, facts: Facts, palette_bits: int | None = None) -> Iterator[str]:
    """A line for each; `facts` of the network, `wishes` with the sizes that its files are made for."""
    is_global = facts.get("tiling") == "global"
    if is_global:
        yield (
            f"{_reason(facts)}: files paint a picture in one piece, never by tiles, and those of listed sizes refuse a "
            "larger one"
        )
    elif any(is_wanted(free, wishes.targets) for free in ("tflite", "onnx")) and not _large_pictures_will_do(facts):
        yield (
            f"tiles of {TILE} px, by which pictures beyond {WHOLE / 1e6:.0f} megapixels are painted, show seams: the "
            f"network's receptive field of {facts['reach']} px is too large for them"
        )
    if facts.get("sizes") and not is_global and not _tiles_will_do(facts["sizes"], facts):
        yield f"larger pictures show seams: the receptive field of {facts['reach']} px is too large for its tiles"
    if not is_wanted("coreml", wishes.targets) or facts.get("sizes"):
        return
    if palette_bits and wishes.ios < IOS_OF_TABLES:
        yield f"--ios: {wishes.ios}: holds no palettes: the {palette_bits}-bit ones are left out, weights are float16"
    if wishes.flexible:
        yield "--flexible: Core ML can use the Neural Engine at the packages' default size alone"
    elif not is_global and not _tiles_will_do(_listed(wishes, facts), facts):
        largest = size_text(max(_listed(wishes, facts)))
        yield (
            f"--sizes: {largest} is too small for tiles that overlap by twice the receptive field of {facts['reach']} "
            f"px: Core ML shows seams in larger pictures; add {tiles.least_side(facts['reach'], facts['multiple'])}"
        )


def _reason(facts: Facts) -> str:
    """Why a network is not painted by tiles."""
    if facts["global_operator"]:
        return f"{facts['global_operator']} looks at the whole picture"
    return f"the receptive field is beyond the {facts['reach_beyond']} px that were measured"


def _large_pictures_will_do(facts: Facts) -> bool:
    """Whether files of free size, if these are, paint tiled pictures without seams."""
    side = TILE + -TILE % facts["multiple"]
    return bool(facts.get("sizes")) or _tiles_will_do([(side, side)], facts)


def _tiles_will_do(sizes: Iterable[tuple[int, int]], facts: Facts) -> bool:
    """Whether tiles of one of `sizes` overlap by twice the network's reach."""
    return any(tiles.overlap_enough(size, facts["reach"], facts["multiple"]) for size in sizes)


def _listed(wishes: Wishes, facts: Facts) -> list[tuple[int, int]]:
    return round_up(wishes.sizes, facts["multiple"])
