"""The files made of a network that was not trained here, with the writer and the reference of each."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import onnx

from convert.foreign.coreml import write_package
from convert.foreign.layers import ForeignLocator
from convert.foreign.litert import LiteRTFiles
from convert.foreign.onnx2tf import NAMES
from convert.foreign.open import Foreign
from convert.gate.layers import INT8_DB
from convert.gate.parity import Gate, Reference
from convert.metadata import KEY, dumps
from convert.plan.apps import files_for_apps, is_wanted
from convert.plan.jobs import FLOAT_FLOOR, FLOAT_LARGEST, INT8_WHOLE_FLOOR, Job
from convert.plan.model_card import Metadata
from convert.plan.options import ConvertOptions


def list_foreign_jobs(network: Foreign, metadata: Metadata, options: ConvertOptions) -> list[Job]:
    """A job for every file of the targets in `options`, checked against the original network."""
    reference = Reference(network.reference)
    near = Gate(reference, FLOAT_FLOOR, locate=ForeignLocator(network))
    exact = replace(near, largest=FLOAT_LARGEST)
    rounded = Gate(reference, INT8_WHOLE_FLOOR, locate=ForeignLocator(network, INT8_DB))
    gates = {"float32": exact, "float16": near, "dynamic": rounded}
    jobs = []
    if is_wanted("coreml", options.targets):
        package = partial(write_package, network, metadata | {"precision": "float16"}, options)
        jobs.append(Job("Model.mlpackage", "coreml", "float16", near, package))
    if "onnx" in options.targets:
        jobs.append(Job("model.onnx", "onnx", "float32", exact, partial(_write_onnx, network, metadata)))
    made = {f"model-{precision}.tflite": precision for precision in NAMES}
    files = made if "tflite" in options.targets else files_for_apps("tflite", options.targets, made)
    if precisions := [precision for file, precision in made.items() if file in files]:
        writer = LiteRTFiles(network, options.sizes[0])
        for precision in precisions:
            write = partial(writer.write, precision, metadata)
            jobs.append(Job(f"model-{precision}.tflite", "tflite", precision, gates[precision], write))
    return jobs


def _write_onnx(network: Foreign, metadata: Metadata, path: Path) -> None:
    onnx.helper.set_model_props(network.wrapped, _properties(network.wrapped) | {KEY: dumps(metadata)})
    network.wrapped.doc_string = metadata.get("description", "")
    onnx.save(network.wrapped, path)


def _properties(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}
