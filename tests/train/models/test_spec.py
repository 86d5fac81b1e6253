"""A spec gives the inputs of its network, and refuses contradictions."""

from typing import Any

import pytest
import torch
from model_tester import picture
from two_inputs import MEMORY, STRENGTH, Steered, Strong

from train.models.generator import paint
from train.models.spec import Control, ModelSpec, State, Tiling


def test_example_has_every_input_by_name_and_in_order() -> None:
    spec = ModelSpec(multiple=8, channels=4, controls=(STRENGTH,), state=(MEMORY,))
    example = spec.example(17, 32)
    assert tuple(example) == spec.inputs == ("image", "strength", "memory")
    assert [tuple(tensor.shape) for tensor in example.values()] == [(1, 4, 24, 32), (1, 2), (1, 5, 12, 16)]
    assert example["strength"].tolist() == [[0.25, 1.0]]
    assert not example["image"].any() and not example["memory"].any()
    assert all(tensor.dtype == torch.float32 for tensor in example.values())
    assert {tensor.device.type for tensor in spec.example(8, 8, "meta").values()} == {"meta"}


def test_a_spec_that_says_nothing_more_takes_a_picture_alone() -> None:
    spec = ModelSpec(multiple=4)
    assert spec.tiling is Tiling.LOCAL and spec.inputs == ("image",)
    assert [tuple(tensor.shape) for tensor in spec.example(4, 8).values()] == [(1, 3, 4, 8)]


@torch.inference_mode()
def test_a_picture_of_any_size_is_painted_with_controls_at_their_defaults() -> None:
    torch.manual_seed(0)
    model, image = Strong().eval(), picture(13, 22, batch=2)
    painted = paint(model, image)
    assert painted.shape == image.shape
    whole = picture(12, 20, batch=2)
    torch.testing.assert_close(paint(model, whole), model(whole, torch.tensor([[0.25, 1.0]] * 2)))
    assert not torch.allclose(paint(model, whole), model(whole, torch.zeros(2, 2)))


@torch.inference_mode()
def test_a_network_with_a_state_paints_a_first_frame() -> None:
    torch.manual_seed(0)
    model, image = Steered().eval(), picture(12, 20)
    expected, memory = model(image, torch.tensor([[0.25, 1.0]]), torch.zeros(1, 5, 6, 10))
    torch.testing.assert_close(paint(model, image), expected)
    assert memory.any() and paint(model, picture(13, 22)).shape == (1, 3, 13, 22)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Control("strength", 2, 0.0, 1.0, (1.0,)), "strength"),
        (lambda: Control("strength", 1, 0.0, 1.0, (1.5,)), "1.5"),
        (lambda: Control("strength", 1, 0.0, 1.0, (float("nan"),)), "nan"),
        (lambda: ModelSpec(4, controls=(STRENGTH, STRENGTH)), "strength, strength"),
        (lambda: ModelSpec(4, state=(State("image", 3, 1),)), "image, image"),
        (lambda: ModelSpec(4, state=(State("memory", 3, 8),)), "8"),
    ],
)
def test_what_contradicts_itself_is_refused(make: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        make()
