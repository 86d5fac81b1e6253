"""Any stylising network in ONNX or TFLite form as the painter; layout and range by flags or from the file."""

import hashlib
from functools import cache
from pathlib import Path

from pix2phone.errors import UserError
from train.styles import Style
from train.styles.choice import RANGES, StyleChoice
from train.styles.engines import tflite_engine
from train.styles.exported import inference_engine
from train.styles.network import Flags, open_file
from train.styles.sizes import find_sizes

FLAGS = Flags("--style", range="--style-range", layout="--style-layout")


@cache
def load_model_style(choice: StyleChoice) -> Style:
    """The network `choice.name` as a Style. UserError for a file that is unreadable or makes no pictures."""
    path = Path(choice.name)
    if not path.is_file():
        raise UserError(f"--style: {path}: no such file; name an .onnx or .tflite model")
    opened = open_file(path, FLAGS, inference_engine if path.suffix.lower() == ".onnx" else tflite_engine)
    network = find_sizes(opened, choice.layout or opened.layout())
    value_range = choice.range or network.guess_range()
    identity = f"{hashlib.sha256(path.read_bytes()).hexdigest()} {network.layout} {value_range}"
    network.paint(network.trial(), RANGES[value_range])  # what it cannot do at all is said once, before any photo
    return Style(identity, lambda photo: network.paint(photo, RANGES[value_range]), network.size)
