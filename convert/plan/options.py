"""The flags of `python -m convert` as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from convert.coreml.write import IOS
from convert.plan.model_card import Author
from convert.sizes import Size
from pix2phone.external.convention import Convention


@dataclass(frozen=True)
class ConvertOptions:
    """`targets` among "coreml", "onnx", "tflite" and the keys of convert.plan.apps.APPS; `sizes` (height, width), none
    for the defaults.

    `ios` and `flexible` are as in write_coreml. `network`: statements about an external one.
    """

    targets: Sequence[str]
    sizes: Sequence[Size] = ()
    ios: int = IOS
    flexible: bool = False
    author: Author = field(default_factory=Author)
    keep_failed: bool = False
    network: Convention = field(default_factory=Convention)
