"""The wrapper paints as the network does."""

import torch

from convert.coreml.wrapper import Bytes
from train.models.student import Student


def test_bytes_scales_both_ways() -> None:
    image = torch.rand(1, 3, 8, 8)
    student = Student(width=4, detail=2, trunk=2)  # starts as the identity
    assert torch.allclose(Bytes(student)(image * 255), image * 255, atol=1e-4)
