"""Any stylising network in ONNX or TFLite form as the painter; its value range is given or judged."""

from functools import cache, partial
from pathlib import Path

from pix2phone.console import say
from pix2phone.errors import UserError
from pix2phone.external.exported import inference_session, weights_files
from pix2phone.external.network import Flags, open_file
from pix2phone.external.plausible import settle
from pix2phone.external.sizes import find_sizes
from pix2phone.runtimes.litert_session import LiteRTSession
from pix2phone.runtimes.per_thread import PerThread
from train.contents import files_hash
from train.styles import Style
from train.styles.choice import StyleChoice

FLAGS = Flags("--style")


@cache
def load_model_style(choice: StyleChoice) -> Style:
    """The network `choice.name` as a Style. UserError for a file that is unreadable or makes no pictures."""
    path = Path(choice.name)
    if not path.is_file():
        raise UserError(f"--style: {path}: no such file; name an .onnx or .tflite model")
    kind = inference_session if path.suffix.lower() == ".onnx" else LiteRTSession
    opened = open_file(path, FLAGS, lambda file: PerThread(partial(kind, file)), choice.network)
    network = settle(find_sizes(opened, opened.layout(), enlarged=True), choice.network)
    trial = network.trial()
    network.paint(trial)  # a network that cannot paint at all fails once, before any photo
    if (made := network.call(trial).shape[:2]) != (given := trial.shape[:2]):
        sizes = f"{made[1]}x{made[0]} of {given[1]}x{given[0]}"
        say(FLAGS.line(path, f"makes {sizes}; its pictures are scaled down to the photos' size"))
    identity = f"{files_hash([path, *weights_files(path)])} {network.layout} {network.convention.stated}"
    return Style(identity, network.paint, network.size)
