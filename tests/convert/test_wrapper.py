"""The wrappers paint as `paint` does."""

import pytest
import torch

from convert.wrapper import AnySize, Bytes
from train.models.contract import paint
from train.models.student import Student


@pytest.mark.parametrize("multiple", [4, 32])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 2), (3, 64), (7, 9), (33, 31), (64, 64), (41, 53)])
def test_any_size_pads_as_paint_does(multiple: int, size: tuple[int, int]) -> None:
    image = torch.rand(1, 3, *size)
    average = torch.nn.AvgPool2d(5, stride=1, padding=2)  # sees the padding
    assert torch.equal(AnySize(average, multiple)(image), paint(average, image, multiple))


def test_bytes_scales_both_ways() -> None:
    image = torch.rand(1, 3, 8, 8)
    student = Student(width=4, depth=2)  # starts as the identity
    assert torch.allclose(Bytes(student)(image * 255), image * 255, atol=1e-4)
