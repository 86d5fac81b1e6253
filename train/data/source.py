"""Where pictures come from, as plain data that checkpoints keep. Each kind is split by name (train.data.split)."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pix2phone.console import say
from pix2phone.errors import UserError
from train.config import DIRECTIONS
from train.styles.choice import StyleChoice

BUILTIN = "builtin"


@dataclass(frozen=True)
class Paired:
    """Ready pairs of photo and target below the folder `pairs`; `direction` says which side is the photo.

    `folders`: those below `pairs` that hold them, as `train.data.layout` found them; () finds them again.
    """

    pairs: str
    direction: str = DIRECTIONS[0]
    folders: tuple[str, ...] = ()
    skip_bad: bool = False


@dataclass(frozen=True)
class Painted:
    """Photos that `style` paints. `photos` holds folders, or the word "builtin".

    They are shrunk to `longest` pixels before they are painted.
    """

    photos: tuple[str, ...] = (BUILTIN,)
    style: StyleChoice = field(default_factory=StyleChoice)
    longest: int = 768
    skip_bad: bool = False


@dataclass(frozen=True)
class Unpaired:
    """Two sets of pictures, A and B, below the folder `root`; none belongs to another. `folders`: as in `Paired`."""

    root: str
    folders: tuple[str, ...] = ()
    skip_bad: bool = False


@dataclass(frozen=True)
class Images:
    """Pictures by themselves. `images` holds folders, or the word "builtin"."""

    images: tuple[str, ...] = (BUILTIN,)
    skip_bad: bool = False


@dataclass(frozen=True)
class Clips:
    """Folders of frames: each folder in one of `clips` is a clip, its pictures in order are the frames.

    A sample is `length` consecutive frames.
    """

    clips: tuple[str, ...]
    length: int = 2
    skip_bad: bool = False


Pairs = Paired | Painted  # sources of photos with targets
Source = Paired | Painted | Unpaired | Images | Clips
KINDS: dict[str, type[Source]] = {kind.__name__: kind for kind in (Paired, Painted, Unpaired, Images, Clips)}


def to_data(source: Source) -> dict[str, Any]:
    """The source as plain JSON, with its "kind"."""
    return {"kind": type(source).__name__, **asdict(source)}


def from_data(content: dict[str, Any]) -> Source:
    """The source of `content`. Older checkpoints have no "kind": with "pairs" they are `Paired`, else `Painted`.

    KeyError or TypeError for anything else.
    """
    if "kind" not in content:
        return _without_kind(content)
    kind = KINDS[content["kind"]]
    found: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    found.pop("kind")
    if kind is Painted:
        found["style"] = StyleChoice.of(found["style"])
    return kind(**found)


def _without_kind(content: dict[str, Any]) -> Pairs:
    given = {name: content[name] for name in ("skip_bad", "direction", "longest") if name in content}
    longest = given.pop("longest", Painted.longest)
    if content.get("pairs"):
        return Paired(content["pairs"], folders=tuple(content.get("folders", ())), **given)
    given.pop("direction", None)
    return Painted(tuple(content["photos"]), StyleChoice.of(content["style"]), longest, **given)


def pairs_of(data: dict[str, Any]) -> Pairs:
    """The pairs in a checkpoint's data entry. Photo folders that are not here are left out, and named.

    UserError when it records none.
    """
    try:
        found = from_data(data["source"])
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"the checkpoint lacks its training data ({error!r}); train it again") from None
    if isinstance(found, Paired):
        return found
    if not isinstance(found, Painted):
        raise UserError(f"the checkpoint learnt from {type(found).__name__}, which have no targets; name one of pairs")
    here = tuple(folder for folder in found.photos if folder == BUILTIN or Path(folder).is_dir())
    for folder in found.photos:
        if folder not in here:
            say(f"photos in {folder}: not here, going on without them")
    return replace(found, photos=here or (BUILTIN,))
