"""External networks, ONNX or TorchScript: opened, wrapped and written like the files of this toolkit."""

from pix2phone.external.formats import ONNX, TORCHSCRIPT

SUFFIXES = (*ONNX, *TORCHSCRIPT)
