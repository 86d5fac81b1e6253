"""A network that takes or gives more than a picture is refused in one line before anything is run on it."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.fx import GraphModule
from two_inputs import STRENGTH, Masked, Steered, Strong, Twofold, masked_graph, refusal

from compress.graph import check_inputs, export_graph, input_of
from compress.int8.calibrate import calibrate
from compress.int8.equalise import equalise
from compress.int8.quantize import FakeQuantised
from compress.macs import gmacs
from compress.pruning.channels import Channels
from train.models import build
from train.models.generator import Generator, pad_to_multiple
from train.models.spec import ModelSpec
from train.tasks.distillation import last_convolution

PHOTO = np.random.default_rng(0).integers(0, 256, (10, 13, 3), np.uint8)


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (Masked(ModelSpec(4)), ["image", "mask"]),  # not declared
        (Masked(ModelSpec(4, controls=(STRENGTH,))), ["mask", "strength"]),  # another one declared
        (Strong(), ["strength"]),  # declared, but no file has it
        (Steered(), ["strength", "memory"]),
        (Twofold(), ["2"]),
    ],
)
def test_export_names_what_is_beside_the_picture(
    model: Generator, named: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    line = refusal(lambda: export_graph(model), capsys)
    assert all(name in line for name in named)


@pytest.mark.parametrize(
    "use",
    [
        check_inputs,
        lambda graph: input_of(graph, PHOTO),
        lambda graph: calibrate(graph, [PHOTO]),
        lambda graph: equalise(Masked(ModelSpec(4)), graph, [PHOTO]),
        lambda graph: FakeQuantised(graph, {}),
    ],
)
def test_a_graph_with_a_second_picture_is_refused(
    use: Callable[[GraphModule], object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "mask" in refusal(lambda: use(masked_graph()), capsys)


def test_a_graph_with_no_input_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    graph = torch.fx.GraphModule({}, torch.fx.Graph())
    graph.meta["spec"] = ModelSpec(4)
    assert "nothing" in refusal(lambda: check_inputs(graph), capsys)


def test_a_photo_is_padded_once_and_scaled() -> None:
    graph = export_graph(build("nano").eval())
    picture = torch.from_numpy(PHOTO).permute(2, 0, 1)[None] / 255
    assert input_of(graph, PHOTO).shape == (1, 3, 12, 16)
    torch.testing.assert_close(input_of(graph, PHOTO), pad_to_multiple(picture, 4))


def test_a_network_with_a_control_is_counted_and_pruned_at_its_defaults() -> None:
    model = Strong().eval()
    assert gmacs(model, 64) == pytest.approx(64 * 64 * (27 * 8 + 8 * 3) / 1e9)
    assert last_convolution(model) is model.paint[2]
    assert Channels(model).full == [8]
