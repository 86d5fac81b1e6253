"""Limitations of artefacts that users might not expect: printed before conversion."""

from collections.abc import Iterable, Iterator

from convert.coreml.write import IOS_OF_TABLES
from convert.plan.apps import is_wanted
from convert.plan.model_card import Metadata
from convert.plan.options import ConvertOptions
from convert.runtimes import tiles
from convert.runtimes.base import TILE, WHOLE
from convert.sizes import round_up, size_text


def caveats(options: ConvertOptions, metadata: Metadata, palette_bits: int | None = None) -> Iterator[str]:
    """A line for each; `metadata` of the network, `options` with the sizes of its files."""
    is_global = metadata.get("tiling") == "global"
    if is_global:
        yield (
            f"{_reason(metadata)}: files paint a picture in one piece, never by tiles, and those of listed sizes "
            "refuse a larger one"
        )
    elif any(is_wanted(free, options.targets) for free in ("tflite", "onnx")) and not _large_pictures_will_do(metadata):
        yield (
            f"tiles of {TILE} px, by which pictures beyond {WHOLE / 1e6:.0f} megapixels are painted, show seams: the "
            f"receptive field of {metadata['reach']} px is too much for them"
        )
    if metadata.get("sizes") and not is_global and not _tiles_will_do(metadata["sizes"], metadata):
        yield f"larger pictures show seams: the receptive field of {metadata['reach']} px is too much for its tiles"
    if not is_wanted("coreml", options.targets) or metadata.get("sizes"):
        return
    if palette_bits and options.ios < IOS_OF_TABLES:
        yield f"--ios: {options.ios}: holds no palettes: the {palette_bits}-bit ones are left out, weights are float16"
    if options.flexible:
        yield "--flexible: Core ML can use the Neural Engine at the packages' default size alone"
    elif not is_global and not _tiles_will_do(_listed(options, metadata), metadata):
        largest = size_text(max(_listed(options, metadata)))
        least = tiles.least_side(metadata["reach"], metadata["multiple"])
        yield (
            f"--sizes: {largest} is too small for tiles that overlap by twice the receptive field of "
            f"{metadata['reach']} px: Core ML shows seams in larger pictures; add {least}"
        )


def _reason(metadata: Metadata) -> str:
    """The reason why a network is not painted by tiles."""
    if metadata["global_operator"]:
        return f"{metadata['global_operator']} looks at the whole picture"
    return f"the receptive field is beyond the {metadata['reach_beyond']} px that were measured"


def _large_pictures_will_do(metadata: Metadata) -> bool:
    """Whether files of free size, if these are, paint pictures larger than a tile without seams."""
    side = TILE + -TILE % metadata["multiple"]
    return bool(metadata.get("sizes")) or _tiles_will_do([(side, side)], metadata)


def _tiles_will_do(sizes: Iterable[tuple[int, int]], metadata: Metadata) -> bool:
    """Whether tiles of one of `sizes` overlap by twice the receptive field."""
    return any(tiles.overlap_enough(size, metadata["reach"], metadata["multiple"]) for size in sizes)


def _listed(options: ConvertOptions, metadata: Metadata) -> list[tuple[int, int]]:
    return round_up(options.sizes, metadata["multiple"])
