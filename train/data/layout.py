"""The layouts in which people keep pairs, told by the names of the folders, in upper or lower case.

`a/ b/` with equal names; `trainA/ trainB/`, beside them `valA/ valB/` and `testA/ testB/`, also as `A/train` or as
`train/A`; side-by-side pictures, A left, in `train/ val/ test/` or right in the folder. Most of them come from
https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePath

from pix2phone.errors import UserError
from pix2phone.pictures import list_pictures
from train.data.split import SPLITS

KNOWN = "a/ b/, trainA/ trainB/ with testA/ testB/, or side-by-side pictures, in train/ val/ test/ or right there"
HERE = "."
_FORM = re.compile(r"(?P<split>train|val(id(ation)?)?|test)?[-_ ]?(?P<side>[ab])?", re.IGNORECASE)
_OTHER = str.maketrans("abAB", "baBA")


@dataclass(frozen=True)
class Place:
    """`a` and `b` hold pictures of equal names, or `a` alone holds both, side by side.

    `split`: one of `SPLITS`, or "" where no folder's name tells it.
    """

    split: str
    a: Path
    b: Path | None


def find_folders(root: Path) -> tuple[str, ...]:
    """The folders that hold pairs, as paths below `root`; `HERE` alone for side-by-side pictures right there.

    UserError when there are neither such folders nor pictures.
    """
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; name a folder of pairs")
    found: list[str] = []
    for folder in _named(root):
        # A/train or train/A: one name gives the side, the other one the split.
        whole = [inner for inner in _named(root / folder) if all(_told(f"{folder}/{inner}")) and not all(_told(folder))]
        found += [f"{folder}/{inner}" for inner in whole] or [folder]
    if not found:
        try:
            list_pictures(root)
        except UserError as error:
            raise UserError(f"{error}; or lay pairs out as {KNOWN}") from None
    return tuple(found) or (HERE,)


def find_places(root: Path, folders: tuple[str, ...]) -> list[Place]:
    """The pictures in the `folders` below `root`, training pairs first. UserError for folders that make no layout."""
    found: dict[tuple[str, str], str] = {}
    for folder in folders:
        if (told := _told(folder)) in found:
            raise UserError(f"{root / folder}: is the same as {found[told]}/ beside it; keep one of them")
        found[told] = folder
    if len({(bool(split), bool(side)) for split, side in found}) > 1:
        raise UserError(f"{root}: {listing(folders)}: more than one layout; keep one: {KNOWN}")
    splits = {split for split, _ in found}
    if not splits & {"", "train"}:
        raise UserError(f"{root}: {listing(folders)}: no train/ beside; put the pairs to learn from there")
    return [_place(root, found, split) for split in ("", *SPLITS) if split in splits]


def listing(folders: tuple[str, ...]) -> str:
    """The layout in words."""
    names = "" if folders == (HERE,) else " ".join(f"{folder}/" for folder in folders)
    return names if all(_told(folder)[1] for folder in folders) else f"{names} side by side".strip()


def _place(root: Path, found: dict[tuple[str, str], str], split: str) -> Place:
    if (split, "") in found:
        return Place(split, root / found[split, ""], None)
    for side, other in ("ab", "ba"):
        if (split, side) not in found:
            parts = PurePath(found[split, other]).parts
            missing = root.joinpath(
                *(part[:-1] + part[-1].translate(_OTHER) if _told(part)[1] else part for part in parts)
            )
            raise UserError(f"{missing}: no such folder; it holds the other halves of {root / found[split, other]}")
    return Place(split, root / found[split, "a"], root / found[split, "b"])


def _named(folder: Path) -> list[str]:
    """The folders in `folder` whose names tell something, by name."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and any(_told(path.name)))


def _told(folder: str) -> tuple[str, str]:
    """The split and the side ("a" or "b") that a path's names tell together, "" where they do not."""
    split = side = ""
    for name in PurePath(folder).parts:
        if form := _FORM.fullmatch(name):
            split = split or (form["split"] or "").lower()[:5]
            side = side or (form["side"] or "").lower()
    return ("val" if split.startswith("val") else split), side
