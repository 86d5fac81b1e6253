"""Any stylising network in ONNX or TFLite form as the painter; what its numbers mean is said or judged."""

from functools import cache
from pathlib import Path

from pix2phone.console import say
from pix2phone.errors import UserError
from train.contents import network_hash
from train.styles import Style
from train.styles.choice import StyleChoice
from train.styles.engines import tflite_engine
from train.styles.exported import inference_engine
from train.styles.network import Flags, open_file
from train.styles.parallel import in_each_thread
from train.styles.plausible import settle
from train.styles.sizes import find_sizes

FLAGS = Flags("--style")


@cache
def load_model_style(choice: StyleChoice) -> Style:
    """The network `choice.name` as a Style. UserError for a file that is unreadable or makes no pictures."""
    path = Path(choice.name)
    if not path.is_file():
        raise UserError(f"--style: {path}: no such file; name an .onnx or .tflite model")
    engine = in_each_thread(inference_engine if path.suffix.lower() == ".onnx" else tflite_engine)
    opened = open_file(path, FLAGS, engine, choice.network)
    network = settle(find_sizes(opened, opened.layout(), enlarged=True), choice.network)
    trial = network.trial()
    network.paint(trial)  # what it cannot do at all is said once, before any photo
    if (made := network.call(trial).shape[:2]) != (given := trial.shape[:2]):
        sizes = f"{made[1]}x{made[0]} of {given[1]}x{given[0]}"
        say(FLAGS.line(path, f"makes {sizes}; its pictures are scaled down to the photos' size"))
    identity = f"{network_hash(path)} {network.layout} {network.convention.facts}"
    return Style(identity, network.paint, network.size)
