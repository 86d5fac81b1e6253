"""What the flags of `python -m convert` ask for, as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from convert.coreml import IOS
from convert.facts import Maker
from convert.sizes import Size
from train.styles.convention import Convention


@dataclass(frozen=True)
class Wishes:
    """`targets` among "coreml", "onnx", "tflite" and the keys of convert.apps.APPS; `sizes` (height, width), none for
    the defaults.

    `ios` and `flexible` are as in convert.coreml.write_coreml. `network`: what is said of one that was not trained
    here.
    """

    targets: Sequence[str]
    sizes: Sequence[Size] = ()
    ios: int = IOS
    flexible: bool = False
    maker: Maker = field(default_factory=Maker)
    keep_failed: bool = False
    network: Convention = field(default_factory=Convention)
