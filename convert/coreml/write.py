"""A network as a Core ML package: an ML Program, image in, image out, computed in float16 or with 8-bit values."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import coremltools as ct
import numpy as np
import torch
from coremltools.optimize.coreml import (
    OpPalettizerConfig,
    OptimizationConfig,
    get_weights_metadata,
    palettize_weights,
)
from torch import nn
from torch.fx import Graph, GraphModule

from compress.graph import check_inputs
from compress.int8.quantize import FakeQuantised
from compress.rounded import table_bits
from convert.coreml.torch_operators import IOS_OF_ACTIVATIONS, IOS_OF_KERNELS
from convert.metadata import KEY, dumps
from convert.runtimes.base import LARGEST_SIDE
from convert.sizes import LIVE, Size, round_up
from operators import table
from operators.levels import Ranges
from pix2phone.errors import CheckFailed, UserError
from train.models.spec import IMAGE, ModelSpec

TARGETS = {15: ct.target.iOS15, 16: ct.target.iOS16, 17: ct.target.iOS17, 18: ct.target.iOS18}
IOS = 16
IOS_OF_TABLES = 16
DEFAULT = (512, 512)
TRACEABLE = {target: entry.traced for target, entry in table.OPERATORS.items() if entry.traced}


class Bytes(nn.Module):
    """N x 3 x H x W in [0, 255] in and out, the range of Core ML's images; the network works in [0, 1]."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image / 255) * 255


def precision_of(ranges: Ranges | None, palette_bits: int | None, ios: int = IOS) -> str:
    """The contents of a package for `ios` made with these, without those that an older version cannot hold."""
    if ranges is not None:
        return "int8" if ios >= IOS_OF_ACTIVATIONS else "8-bit weights"
    return f"float16, {palette_bits}-bit palettes" if palette_bits and ios >= IOS_OF_TABLES else "float16"


def write_coreml(
    graph: GraphModule,
    path: Path,
    metadata: dict[str, Any],
    *,
    palette_bits: int | None = None,
    ranges: Ranges | None = None,
    ios: int = IOS,
    sizes: Sequence[Size] = LIVE,
    flexible: bool = False,
) -> None:
    """Write `image` -> `painted`, RGB images, from `graph`, made by compress.graph.export_graph, for `ios` and later.

    With `palette_bits` each kernel, which has few distinct values after a palettize step, is stored as a look-up table,
    from iOS 16 on. With `ranges` the kernels of int8 convolutions have 8 bits and, from iOS 17 on, the activations too.
    The rest is as for `write_module`; UserError also when `ranges` belongs to another network, or `graph` has inputs
    besides a picture.
    """
    check_inputs(graph)
    if ranges is not None and ios < IOS_OF_KERNELS:
        raise UserError(f"--ios: {ios}: no 8-bit weights before iOS {IOS_OF_KERNELS}; name that, or make float16 only")
    network = _traceable(graph if ranges is None else FakeQuantised(graph, ranges).network)
    bits = palette_bits if ranges is None and ios >= IOS_OF_TABLES else None
    spec = graph.meta["spec"]
    write_module(network, spec, path, metadata, palette_bits=bits, ios=ios, sizes=sizes, flexible=flexible)


def write_module(
    module: nn.Module,
    spec: ModelSpec,
    path: Path,
    metadata: dict[str, Any],
    *,
    palette_bits: int | None = None,
    ios: int = IOS,
    sizes: Sequence[Size] = LIVE,
    flexible: bool = False,
) -> None:
    """Write any traceable `module` from and to 1 x 3 x H x W in [0, 1], sides multiples of `spec.multiple`.

    `sizes`: (height, width) of the supported pictures, rounded up to the multiple; the default is `DEFAULT`, else the
    first. They are enumerated, because a range, selected by `flexible`, keeps a network off the Neural Engine at other
    sizes than its default. `metadata` are stored in the package. The same arguments produce the same bytes.
    Raises UserError for an unknown `ios`, CheckFailed if the saved package, read back, has another interface.
    """
    if ios not in TARGETS:
        raise UserError(f"--ios: {ios}: unknown; use one of {', '.join(map(str, TARGETS))}")
    sizes = round_up(sizes, spec.multiple)
    default = default_size(sizes)
    shape = _range(spec.multiple, default) if flexible else _list(sizes, default)
    package = _convert(module, spec.example(*default)[IMAGE], shape, ios)
    if palette_bits:
        package = _with_tables(package, palette_bits)
    _describe(package, metadata | ({} if flexible else {"sizes": sizes}))
    package.save(str(path))
    for part in path.rglob("*"):
        part.chmod(0o755 if part.is_dir() else 0o644)  # coremltools leaves some accessible only to their owner
    _name_parts(path)
    _read_back(path, [] if flexible else sizes)


def default_size(sizes: Sequence[Size]) -> Size:
    """The default among the sizes of a package."""
    return DEFAULT if DEFAULT in sizes else sizes[0]


def _range(multiple: int, default: Size) -> ct.Shape:
    sides = (ct.RangeDim(multiple, LARGEST_SIDE, side) for side in default)
    return ct.Shape((1, 3, *sides))


def _list(sizes: Sequence[Size], default: Size) -> Any:
    shape = (1, 3, *default)
    return ct.EnumeratedShapes([(1, 3, *size) for size in sizes], default=shape) if len(sizes) > 1 else shape


def _convert(module: nn.Module, example: torch.Tensor, shape: Any, ios: int) -> ct.models.MLModel:
    """`module`, traced: coremltools does not read torch.export's graph of a pixel shuffle."""
    with torch.inference_mode():
        traced = torch.jit.trace(Bytes(module).eval(), example, check_trace=False)
    passes = ct.PassPipeline.DEFAULT
    passes.remove_passes({"common::distributive_quantized_binary_op_scale_normalization"})  # it computes its own scales
    rgb = ct.colorlayout.RGB
    return ct.convert(
        traced,
        inputs=[ct.ImageType(IMAGE, shape=shape, color_layout=rgb)],
        outputs=[ct.ImageType("painted", color_layout=rgb)],
        convert_to="mlprogram",
        minimum_deployment_target=TARGETS[ios],
        pass_pipeline=passes,
    )


def _traceable(network: GraphModule) -> GraphModule:
    copy = Graph()
    copy.output(copy.graph_copy(network.graph, {}))
    for node in copy.nodes:
        node.target = TRACEABLE.get(node.target, node.target)
    return GraphModule(network, copy)


def _with_tables(package: ct.models.MLModel, bits: int) -> ct.models.MLModel:
    """`package` with a look-up table for each kernel (constexpr_lut_to_dense); the values stay the same."""

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


def _describe(package: ct.models.MLModel, metadata: dict[str, Any]) -> None:
    """Put `metadata` into the fields shown by Xcode and Netron, and all of them once more for this project."""
    package.short_description = metadata.get("description", "")
    package.author = metadata.get("author", "")
    package.license = metadata.get("licence", "")
    package.version = metadata["versions"]["pix2phone"]
    plain = {name: str(value) for name, value in metadata.items() if isinstance(value, str | int | float)}
    package.user_defined_metadata.update(plain | {KEY: dumps(metadata)})


def _name_parts(path: Path) -> None:
    """Identifiers derived from the parts' names, in place of coremltools' random ones."""
    file = path / "Manifest.json"
    manifest = json.loads(file.read_text())
    names = {old: str(uuid5(NAMESPACE_URL, part["path"])) for old, part in manifest["itemInfoEntries"].items()}
    manifest["itemInfoEntries"] = {names[old]: part for old, part in manifest["itemInfoEntries"].items()}
    manifest["rootModelIdentifier"] = names[manifest["rootModelIdentifier"]]
    file.write_text(json.dumps(manifest, indent=4, sort_keys=True) + "\n")


def _read_back(path: Path, sizes: Sequence[Size]) -> None:
    """CheckFailed unless the saved package takes and returns RGB images of `sizes`, or of any size."""
    description = ct.models.MLModel(str(path), skip_model_load=True).get_spec().description
    image, painted = description.input[0].type.imageType, description.output[0].type.imageType
    alone = [image] if len(sizes) == 1 else []
    listed = [(size.height, size.width) for size in image.enumeratedSizes.sizes or alone]
    if sorted(listed) != sorted(sizes):
        raise CheckFailed(f"{path.name}: the saved package takes {listed}, not {sizes}")
    if image.colorSpace != image.RGB or painted.colorSpace != painted.RGB:
        raise CheckFailed(f"{path.name}: the saved package is not RGB image in, RGB image out")
