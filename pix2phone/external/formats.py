"""The format of a network's file by its suffix; and how to export a file that holds no runnable network."""

import zipfile
from pathlib import Path

ONNX, TORCHSCRIPT = (".onnx",), (".pt", ".pth", ".ts", ".torchscript")
LEARNER = ".pth"
TORCH = (
    'export it where its code is: torch.onnx.export(network.eval(), torch.rand(1, 3, 256, 256), "net.onnx", '
    'input_names=["x"], dynamic_axes={"x": {2: "height", 3: "width"}}, dynamo=False)'
)
KERAS = "export it: python -m tf2onnx.convert --keras {name} --output net.onnx"
CODELESS = {suffix: TORCH for suffix in (".pth", ".pt", ".pkl", ".pickle", ".ckpt", ".bin")}
CODELESS |= dict.fromkeys((".h5", ".hdf5", ".keras"), KERAS)
CODELESS[".pb"] = "export its folder: python -m tf2onnx.convert --saved-model FOLDER --output net.onnx"


def how_to_export(path: Path) -> str:
    """The remedy for a file that holds weights or an object without the code to run them; "" for any other ending."""
    return CODELESS.get(path.suffix.lower(), "").replace("{name}", path.name)


def is_learner(path: Path) -> bool:
    """Whether fastai's `learn.save` may have written the file `path`; TorchScript may have the same ending."""
    if path.suffix.lower() != LEARNER or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return not any("/code/" in name for name in archive.namelist())
