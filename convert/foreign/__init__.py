"""Networks that were not trained here, ONNX or TorchScript: opened, wrapped and written as our own files are."""

from pix2phone.external.formats import ONNX, TORCHSCRIPT

SUFFIXES = (*ONNX, *TORCHSCRIPT)
