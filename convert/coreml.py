"""A generator as a Core ML package: an ML Program for iOS 16, image in, image out."""

from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import torch
from coremltools.optimize.coreml import (
    OpPalettizerConfig,
    OptimizationConfig,
    get_weights_metadata,
    palettize_weights,
)

from compress.rounded import table_bits
from convert import metadata
from convert.wrapper import Bytes
from pix2phone.errors import CheckFailed
from train.models.contract import Generator

SIZES = ((256, 256), (512, 512), (1024, 1024), (720, 1280), (1280, 720), (1080, 1920), (1920, 1080))
DEFAULT = (512, 512)


def sizes_for(multiple: int) -> list[tuple[int, int]]:
    """(height, width) of the pictures that the package takes: `SIZES`, rounded up to `multiple`."""
    return [(height + -height % multiple, width + -width % multiple) for height, width in SIZES]


def write_coreml(
    model: Generator,
    path: Path,
    facts: dict[str, Any],
    palette_bits: int | None = None,
    sizes: list[tuple[int, int]] | None = None,
) -> None:
    """Write `image` -> `painted`, RGB images of the sizes listed, computed in float16.

    `sizes` (height, width) are those of `sizes_for`, if none are given.
    With `palette_bits` each kernel, which has the few values that a palettize step left it, is a look-up table of them.

    Sizes are listed and not free, because a free range keeps a network off the Neural Engine. The network is traced,
    since coremltools does not read torch.export's graph of a pixel shuffle. Raises CheckFailed if the saved package,
    read back, does not say what it should.
    """
    sizes = sizes or sizes_for(model.spec.multiple)
    default = DEFAULT if DEFAULT in sizes else sizes[0]
    shapes, shape = [(1, 3, *size) for size in sizes], (1, 3, *default)
    with torch.inference_mode():
        traced = torch.jit.trace(Bytes(model).eval(), torch.zeros(shape))
    rgb = ct.colorlayout.RGB
    listed = ct.EnumeratedShapes(shapes, default=shape) if len(shapes) > 1 else shape
    package = ct.convert(
        traced,
        inputs=[ct.ImageType("image", shape=listed, color_layout=rgb)],
        outputs=[ct.ImageType("painted", color_layout=rgb)],
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS16,
    )
    if palette_bits:
        package = _with_tables(package, palette_bits)
    package.short_description = f"pix2phone {facts['model']}: a picture in, the painted picture out"
    package.version = facts["versions"]["pix2phone"]
    package.user_defined_metadata[metadata.KEY] = metadata.dumps(facts | {"sizes": sizes})
    package.save(str(path))
    _read_back(path, sizes)


def _with_tables(package: ct.models.MLModel, bits: int) -> ct.models.MLModel:
    """`package` with a look-up table for each kernel (constexpr_lut_to_dense); the values stay what they are."""

    def look_up(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, places = np.unique(kernel, return_inverse=True)
        size = 2 ** table_bits(len(values), bits)
        return np.pad(values, (0, size - len(values))), places.flatten().astype(np.uint8)

    names = [
        name
        for name, weights in get_weights_metadata(package, weight_threshold=1).items()
        if any(child.params_name_mapping.get("weight") == name for child in weights.child_ops)
    ]
    table = OpPalettizerConfig(mode="custom", lut_function=look_up, weight_threshold=1)
    return palettize_weights(package, OptimizationConfig(op_name_configs=dict.fromkeys(names, table)))


def _read_back(path: Path, sizes: list[tuple[int, int]]) -> None:
    description = ct.models.MLModel(str(path), skip_model_load=True).get_spec().description
    image, painted = description.input[0].type.imageType, description.output[0].type.imageType
    listed = [(size.height, size.width) for size in image.enumeratedSizes.sizes or [image]]
    if sorted(listed) != sorted(sizes):
        raise CheckFailed(f"{path.name}: the saved package takes {listed}, not {sizes}")
    if image.colorSpace != image.RGB or painted.colorSpace != painted.RGB:
        raise CheckFailed(f"{path.name}: the saved package is not RGB image in, RGB image out")
