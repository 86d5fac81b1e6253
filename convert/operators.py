"""python -m convert.operators FILE...: the operators of an artefact, and the phone units that support each of them.

XNNPACK: the operators that it has taken once LiteRT's interpreter is ready, on this machine.
GPU delegate: it cannot be asked. TensorFlow's analyser is built without the check in the released package (2.19 calls
files with CONV_3D or IF compatible), so `GPU` lists the operators that the check's source lets through
(tensorflow/lite/tools/versioning/gpu_compatibility.cc); of its conditions only the rank of slices is looked at.
Quantised files need the delegate's quantised inference switched on, as it is by default.
Neural Engine: nothing tells on Linux; Xcode's performance report does on a Mac. `LEAVES` has what others found to leave
it: gather and recurrent layers (github.com/hollance/neural-engine, docs/unsupported-layers.md), recurrent layers,
scatter and reduce_prod (ane-guide.readthedocs.io, "Capability surface"). They disagree on dilated convolutions, which
are not listed. Operators not listed may leave it all the same. A range of sizes takes all of them off it but at the
default size (apple.github.io/coremltools, "Flexible Input Shapes").
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pix2phone.console import muted
from pix2phone.errors import OneLineParser, UserError, first_line, run_command

GPU_NAMES = """
    ABS ADD ADD_N ATAN2 AVERAGE_POOL_2D BATCH_MATMUL CAST CEIL CONCATENATION CONV_2D COS CUMSUM DENSIFY
    DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP FLOOR FLOOR_DIV
    FLOOR_MOD FULLY_CONNECTED GATHER GELU GREATER GREATER_EQUAL HARD_SWISH LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND
    LOGISTIC LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL ONE_HOT PACK PAD PADV2 POW PRELU
    QUANTIZE REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR
    RSQRT SELECT SELECT_V2 SIGN SIN SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE
    STABLEHLO_CLAMP STRIDED_SLICE SUB SUM TANH TILE TRANSPOSE TRANSPOSE_CONV
"""
GPU = frozenset(GPU_NAMES.split())
SLICES = ("SLICE", "STRIDED_SLICE")  # of tensors of rank 3 or 4
PICKING = ("gather", "gather_along_axis", "gather_nd", "scatter", "scatter_along_axis", "scatter_nd")
LEAVES = frozenset((*PICKING, "gru", "lstm", "rnn", "reduce_prod"))


@dataclass(frozen=True)
class OperatorCoverage:
    """`operators`: count of each in the file; `outside`: for each unit of a phone, count of unsupported ones.

    `partitions`: into how many pieces XNNPACK's share falls, each handed over to it at a cost; None for Core ML.
    `overflow`: the intermediate values beyond half floats, see convert/gate/half_range.py; "" if nothing does.
    """

    file: str
    operators: dict[str, int]
    outside: dict[str, dict[str, int]]
    partitions: int | None = None
    overflow: str = ""


def where_it_runs(path: Path) -> OperatorCoverage:
    """Coverage of the .tflite or .mlpackage file at `path` by phone units. UserError for any other or broken file."""
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise UserError(f"{path}: no table of operators for it; name one that ends in {' or '.join(READERS)}")
    if not path.exists():
        raise UserError(f"{path}: no such file; make it with python -m convert")
    try:
        with muted():
            from convert.gate.half_range import half_overflow

            return replace(READERS[suffix](path), overflow=half_overflow(path))
    except Exception as error:  # each reader has its own kinds for a broken file
        raise UserError(f"{path}: not readable ({first_line(error)}); make it again with python -m convert") from None


def say_where(coverage: OperatorCoverage) -> str:
    """One line: number of operators, and those unsupported by each unit."""
    pieces = "" if coverage.partitions is None else f", {coverage.partitions} XNNPACK partition(s)"
    shares = []
    for unit, left in coverage.outside.items():
        names = "all" if left == coverage.operators else ", ".join(f"{count} {name}" for name, count in left.items())
        shares.append(f"outside {unit}: {names or 'none'}")
    if coverage.overflow:
        shares.append(f"half floats overflow ({coverage.overflow}): right on the CPU, wrong on GPU and Neural Engine")
    return f"{coverage.file}: {sum(coverage.operators.values())} operators{pieces}; {'; '.join(shares)}"


def _litert(path: Path) -> OperatorCoverage:
    nodes, pieces = _litert_nodes(path)
    names = [node["op_name"] for node in nodes]
    taken = set().union(*(_inside(nodes, piece) for piece in pieces))
    outside = {
        "GPU delegate": Counter(node["op_name"] for node in nodes if not _gpu_takes(node)),
        "XNNPACK": Counter(name for index, name in enumerate(names) if index not in taken),
    }
    return OperatorCoverage(
        path.name, _counted(names), {unit: _counted(left) for unit, left in outside.items()}, len(pieces)
    )


def _litert_nodes(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The file's operators in order, each with the ranks of its tensors, and XNNPACK's replacements."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter

    schema.ModelT.InitFromPackedBuf(path.read_bytes())  # reports a damaged file; the interpreter would crash
    with muted():
        interpreter = Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
    nodes = interpreter._get_ops_details()
    rank = {tensor["index"]: len(tensor["shape"]) for tensor in interpreter.get_tensor_details()}
    own = [node | {"rank": rank.get(next(iter(node["inputs"]), -1))} for node in nodes if node["op_name"] != "DELEGATE"]
    return own, [node for node in nodes if node["op_name"] == "DELEGATE"]


def _inside(nodes: list[dict[str, Any]], piece: dict[str, Any]) -> set[int]:
    """The indices in `nodes` of those between the inputs and the outputs of `piece`."""
    maker = {tensor: index for index, node in enumerate(nodes) for tensor in node["outputs"]}
    given, found = set(piece["inputs"]), set[int]()
    wanted = list(piece["outputs"])
    while wanted:
        tensor = wanted.pop()
        if tensor not in given and tensor in maker and maker[tensor] not in found:
            found.add(maker[tensor])
            wanted.extend(nodes[maker[tensor]]["inputs"])
    return found


def _gpu_takes(node: dict[str, Any]) -> bool:
    return node["op_name"] in GPU and (node["op_name"] not in SLICES or node["rank"] in (3, 4))


def _coreml(path: Path) -> OperatorCoverage:
    with muted():
        import coremltools

    spec = coremltools.utils.load_spec(str(path))
    program = spec.mlProgram
    names = [
        operation.type
        for function in program.functions.values()
        for operation in _operations(function.block_specializations[function.opset])
        if not operation.type.startswith("const")  # weights, however they are packed
    ]
    leaving = _counted(name for name in names if name in LEAVES)
    image = spec.description.input[0].type.imageType
    if not image.HasField("imageSizeRange"):
        return OperatorCoverage(path.name, _counted(names), {"the Neural Engine": leaving})
    coverage = (f"the Neural Engine at {image.height}x{image.width}", "the Neural Engine at any other size")
    return OperatorCoverage(path.name, _counted(names), dict(zip(coverage, (leaving, _counted(names)), strict=True)))


def _operations(block: Any) -> Iterator[Any]:
    for operation in block.operations:
        yield operation
        for inner in operation.blocks:
            yield from _operations(inner)


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


READERS = {".tflite": _litert, ".mlpackage": _coreml}


def main() -> None:
    """Parse, print a table and a line for each file."""
    args = _parser().parse_args()
    from pix2phone.console import hush, say, table

    hush()
    for path in args.files:
        coverage = where_it_runs(path)
        rows = [
            (name, str(count), *(str(left.get(name, "-")) for left in coverage.outside.values()))
            for name, count in coverage.operators.items()
        ]
        columns = ("operator", "count", *(f"outside {unit}" for unit in coverage.outside))
        table(coverage.file, columns, rows)
        say(say_where(coverage))


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m convert.operators", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".tflite files and .mlpackage folders")
    return parser


if __name__ == "__main__":
    run_command(main)
