"""The split into train, val and test, decided by a hash of each picture's name alone.

`train` is learnt and calibrated on. Whatever is chosen (int8 rules, `--auto`, `--max-drop`, `--floor`) is chosen on
`val`, and scores that are printed, kept and compared are of `test`, so that no choice used their photos.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from pix2phone.console import say

Item = TypeVar("Item")
Name = Callable[[Item], str]
SPLITS = ("train", "val", "test")
HELD_OUT_BYTE = 64  # of 256: about every fourth name is val or test
NEXT_BIT = 32  # the hash's bit after those two: 0 is val, 1 is test


def part(items: Sequence[Item], split: str, name: Name[Item]) -> list[Item]:
    """The `items` of `split`, in their order: three quarters train, an eighth is val, an eighth test.

    A picture never changes sides when others come or go, or when a disk spells its accents in another way. Only where
    all names would fall on one side (a handful may), the smallest hash is held out or the largest trains.
    """
    chosen = held_out(items, name)
    if split != SPLITS[0]:
        return half(chosen, split, name)
    names = {name(item) for item in chosen}
    return [item for item in items if name(item) not in names]


def held_out(items: Sequence[Item], name: Name[Item]) -> list[Item]:
    """Those that do not train, val and test together."""
    chosen = _below({_digest(name(item)) for item in items}, HELD_OUT_BYTE)
    return [item for item in items if _digest(name(item)) in chosen]


def half(items: Sequence[Item], split: str, name: Name[Item]) -> list[Item]:
    """The "val" or the "test" half of held-out `items`, by the next bit of the same hash.

    Where all fall into one half, the smallest hash is val or the largest test. A single one is both, which is said:
    its scores are of the very picture that choices look at.
    """
    rest = {name(item): _rest(_digest(name(item))) for item in items}
    if len(rest) == 1:
        _say_both(*rest)
        return list(items)
    val = _below(set(rest.values()), NEXT_BIT)
    return [item for item in items if (rest[name(item)] in val) == (split == "val")]


def part_of_groups(groups: Sequence[Sequence[Item]], split: str, name: Name[Item]) -> list[Item]:
    """The items of `split` where each group by itself holds about a quarter out; those held out by all are halved."""
    if split == SPLITS[0]:
        return [item for group in groups for item in part(group, split, name)]
    return half([item for group in groups for item in held_out(group, name)], split, name)


def part_of_folders(found: dict[str, list[Item]], split: str, name: Name[Item]) -> list[Item]:
    """The items of `split` where folders of those names may set val and test aside.

    `found`: the items of each folder of `SPLITS` that there is; under "" those of folders that tell no split. Val and
    test are halves of the one folder, if there is but one, and parts of all items where there is none.
    """
    train = [*found.get("", []), *found.get(SPLITS[0], [])]
    apart = {one: found[one] for one in SPLITS[1:] if found.get(one)}
    if not apart:
        return part(train, split, name)
    if split == SPLITS[0]:
        return train
    return apart[split] if len(apart) == 2 else half(next(iter(apart.values())), split, name)


def _digest(name: str) -> bytes:
    return hashlib.sha256(unicodedata.normalize("NFC", name).encode()).digest()


def _rest(digest: bytes) -> bytes:
    """The hash without the two bits that tell train from the others."""
    return bytes([digest[0] % HELD_OUT_BYTE]) + digest[1:]


def _below(digests: set[bytes], limit: int) -> set[bytes]:
    """Those whose first byte is below `limit`: never the highest, and the lowest in any case where there are two."""
    lowest, highest = min(digests, default=b""), max(digests, default=b"")
    return {one for one in digests if one != highest and (one[0] < limit or one == lowest)}


@cache  # each is said once
def _say_both(name: str) -> None:
    say(f"{name}: the only picture held out, so it is val and test: choices use the test picture; add more pictures")
