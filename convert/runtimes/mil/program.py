"""An ML Program, read from a saved .mlpackage and evaluated operator by operator where Core ML is unavailable.

The evaluator reads the file, its protobuf and its weights, not the network that it was made of.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import torch
from coremltools.converters.mil.frontend.milproto.load import load
from coremltools.converters.mil.mil import Operation, Var, types

from convert.runtimes.base import NotRun
from convert.runtimes.mil.elementwise import ELEMENTWISE
from convert.runtimes.mil.layers import LAYERS
from convert.runtimes.mil.moves import MOVES
from convert.runtimes.mil.quantised import QUANTISED
from pix2phone.errors import UserError, first_line

TYPES = {
    types.fp16: torch.float16,
    types.fp32: torch.float32,
    types.int32: torch.int32,
    types.int16: torch.int16,
    types.uint16: torch.int32,
    types.int8: torch.int8,
    types.uint8: torch.uint8,
    types.bool: torch.bool,
}
# Arguments have MIL's names (https://apple.github.io/coremltools/source/coremltools.converters.mil.mil.ops.defs.html)
# and come as torch tensors, numbers, strings or booleans. NotImplementedError for an unsupported use. The
# table covers coremltools' output for picture networks; an operator with several results returns a tuple.
OPERATORS: dict[str, Callable[..., Any]] = {**ELEMENTWISE, **LAYERS, **MOVES, **QUANTISED}
Watch = Callable[[Operation, torch.Tensor], None]


class Program:
    """The function "main" of the package at `path`, with one input and one output.

    Each operator computes in float32 from float16 values where the program has float16, and its result is rounded to
    float16: the result of a float16 machine with wider accumulators, up to the order of its sums.
    Raises NotRun naming the operators that are not in `OPERATORS`, UserError for a weight file that
    is missing or cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        model = ct.models.MLModel(str(path), skip_model_load=True)
        spec = model.get_spec()
        self.metadata = dict(model.user_defined_metadata)
        version = spec.specificationVersion
        try:
            program = load(spec, specification_version=version, file_weights_dir=model.weights_dir)
        except (RuntimeError, ValueError) as error:  # the reader of weights has these, and names no file in them
            damaged = f"its weights/weight.bin does not hold the program's weights ({error})"
            raise UserError(f"{path}: {damaged}; make it again with python -m convert") from None
        function = program.functions["main"]
        (self.input,), (self.output,) = function.inputs.values(), function.outputs
        operations = list(function.operations)
        if unknown := sorted({operation.op_type for operation in operations} - OPERATORS.keys() - {"const"}):
            raise self._not_run(f"{', '.join(unknown)}: unknown to the evaluator of ML Programs; only a Mac can run it")
        self.constants: dict[Var, Any] = {}
        for operation in operations:
            if operation.op_type == "const":
                self.constants[operation.outputs[0]] = _constant(operation.outputs[0])
            elif operation.op_type.startswith("constexpr_"):
                (self.constants[operation.outputs[0]],) = self._apply(operation, self.constants)
        self.steps = _with_last_uses([o for o in operations if o.outputs[0] not in self.constants], self.output)

    def __call__(self, image: torch.Tensor, watch: Watch = lambda operation, value: None) -> torch.Tensor:
        """Evaluate 1 x 3 x H x W float32 in [0, 255] to the same; `watch` gets every operator with its first result.

        Raises NotRun for a use of an operator that its entry in the table does not support.
        """
        values = self.constants | {self.input: image}
        with torch.inference_mode():
            for operation, finished in self.steps:
                made = self._apply(operation, values)
                values.update(zip(operation.outputs, made, strict=True))
                watch(operation, made[0])
                for variable in finished:
                    del values[variable]
        return values[self.output]

    def _apply(self, operation: Operation, values: dict[Var, Any]) -> list[torch.Tensor]:
        given = {
            name: [values[part] for part in variable] if isinstance(variable, list | tuple) else values[variable]
            for name, variable in operation.inputs.items()
            if variable is not None
        }
        try:
            made = OPERATORS[operation.op_type](**given)
        except (NotImplementedError, TypeError, LookupError) as error:  # the last two: a missing argument or word
            raise self._not_run(f"{operation.op_type} ({operation.name}): {first_line(error)}") from error
        results = made if isinstance(made, tuple) else (made,)
        return [_typed(value, variable) for value, variable in zip(results, operation.outputs, strict=True)]

    def _not_run(self, reason: str) -> NotRun:
        return NotRun(self.path, reason)


def _constant(variable: Var) -> Any:
    """A number, a word or a truth value, or a tensor: float32 where the file stores float16."""
    value = np.asarray(variable.val)
    if value.ndim == 0:
        return value.item()
    if value.dtype.kind == "f":
        return torch.from_numpy(value.astype(np.float32))
    return torch.from_numpy(value.astype(bool if value.dtype.kind == "b" else np.int64))


def _typed(value: Any, variable: Var) -> torch.Tensor:
    """`value` rounded to the type of `variable`; values stored as float16 come in float32."""
    rounded = torch.as_tensor(value).to(TYPES[variable.dtype])
    return rounded.float() if rounded.is_floating_point() else rounded


def _with_last_uses(operations: list[Operation], output: Var) -> list[tuple[Operation, list[Var]]]:
    """Each operation with the results last used by it, so that those of a large picture can be freed."""
    results = [(variable, operation) for operation in operations for variable in operation.outputs]
    uses = [(variable, operation) for operation in operations for variable in operation.get_flattened_inputs()]
    last = {**dict(results), **dict(uses)}  # unused results are freed at once
    finished: dict[Operation, list[Var]] = {operation: [] for operation in operations}
    for variable, _ in results:
        if variable is not output:
            finished[last[variable]].append(variable)
    return list(finished.items())
