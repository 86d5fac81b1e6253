"""What made files will not do as one might take for granted: said before they are made."""

from collections.abc import Iterable, Iterator

from convert.coreml.write import IOS_OF_TABLES
from convert.plan.apps import is_wanted
from convert.plan.model_card import Facts
from convert.plan.options import Wishes
from convert.runtimes import tiles
from convert.sizes import round_up, size_text


def caveats(wishes: Wishes, facts: Facts, palette_bits: int | None = None) -> Iterator[str]:
    """A line for each; `facts` of the network, `wishes` with the sizes that its files are made for."""
    is_global = facts.get("tiling") == "global"
    if is_global:
        yield (
            f"{facts['global_operator'] or 'a cut shows all over the picture: it'} looks at the whole picture: files "
            "paint it in one piece, never by tiles, and those of listed sizes refuse a larger one"
        )
    if facts.get("sizes") and not is_global and not _tiles_will_do(facts["sizes"], facts):
        yield f"larger pictures show seams: the network's reach of {facts['reach']} px is too much for its tiles"
    if not is_wanted("coreml", wishes.targets) or facts.get("sizes"):
        return
    if palette_bits and wishes.ios < IOS_OF_TABLES:
        yield f"--ios: {wishes.ios}: holds no palettes: the {palette_bits}-bit ones are left out, weights are float16"
    if wishes.flexible:
        yield "--flexible: Core ML can use the Neural Engine at the packages' default size alone"
    elif not is_global and not _tiles_will_do(_listed(wishes, facts), facts):
        largest = size_text(max(_listed(wishes, facts)))
        yield (
            f"--sizes: {largest} is too small for tiles that overlap by twice the network's reach of {facts['reach']} "
            f"px: Core ML shows seams in larger pictures; add {tiles.least_side(facts['reach'], facts['multiple'])}"
        )


def _tiles_will_do(sizes: Iterable[tuple[int, int]], facts: Facts) -> bool:
    """Whether tiles of one of `sizes` overlap by twice the network's reach."""
    return any(tiles.overlap_enough(size, facts["reach"], facts["multiple"]) for size in sizes)


def _listed(wishes: Wishes, facts: Facts) -> list[tuple[int, int]]:
    return round_up(wishes.sizes, facts["multiple"])
